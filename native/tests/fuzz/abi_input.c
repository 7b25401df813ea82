/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Fuzz target: ABI messages. Frames against a host plane, with packets between them, so that what a message left behind is
 * used. Aborts when an answer is not one whole frame that ends with DONE and tells of every message, or when a frame of which
 * nothing was applied changed what the tables dump.
 *
 * Input: u8 setting (bit 0: the fuzz tables come first; bits 1-2: the answer's capacity); then records of {u8 object, u8
 * operation, u16 length, bytes}, little endian: a frame with one message of that object (0 .. 31), or the bytes as they are (32
 * and above), or (31) random table lines from the seed in the bytes.
 */
#include "fuzz_input.h"

#include <stdio.h>
#include <stdlib.h>

#include "random_tables.h"

#define RECORDS_MAX 24
#define BODY_MAX 60000u

static struct vector tables;
static uint64_t frame[(BODY_MAX + 256) / 8], answer[WEFT_FRAME_BYTES_MAX / 8];

static void load_tables(void)
{
	if (tables.step_count)
		return;
	if (!vector_read(&tables, WEFT_FUZZ_TABLES)) {
		fprintf(stderr, "%s\n", tables.error);
		abort();
	}
}

static void bad(const char *what)
{
	fprintf(stderr, "%s\n", what);
	abort();
}

/* What the answer says of the frame's messages. */
static struct weft_done_msg check_answer(uint32_t bytes, uint32_t capacity, uint32_t asked)
{
	const uint8_t *at = (const uint8_t *)answer;
	struct weft_frame_header header;
	struct weft_message_header message = {0};
	struct weft_done_msg done = {0};
	uint32_t offset = sizeof(header), messages = 0;

	memcpy(&header, at, sizeof(header));
	if (header.bytes != bytes || bytes > capacity || bytes % 8)
		bad("the answer's size is not what its header says");
	for (; offset < bytes; offset += message.bytes, messages++) {
		if (bytes - offset < sizeof(message))
			bad("the answer ends inside a header");
		memcpy(&message, at + offset, sizeof(message));
		if (message.bytes < sizeof(message) || message.bytes > bytes - offset)
			bad("a message of the answer has a wrong size");
		if (message.object == WEFT_OBJECT_DONE) {
			memcpy(&done, at + offset + sizeof(message), sizeof(done));
			if (done.applied > asked || done.applied + done.refused > (uint64_t)asked + 1)
				bad("the answer tells of more messages than were sent");
		}
	}
	if (messages != header.message_count || message.object != WEFT_OBJECT_DONE)
		bad("the answer does not end with DONE");
	return done;
}

/* FNV-1a over what every table that can be set dumps, epochs and keys included; counters of vifs do not change meanwhile. */
static uint64_t digest(struct weft_host_plane *host)
{
	static const uint16_t objects[] = {WEFT_OBJECT_PLANE,	 WEFT_OBJECT_VIF,   WEFT_OBJECT_VRF, WEFT_OBJECT_NEXTHOP,
					   WEFT_OBJECT_ROUTE,	 WEFT_OBJECT_LABEL, WEFT_OBJECT_VNI, WEFT_OBJECT_PATH,
					   WEFT_OBJECT_IDENTITY, WEFT_OBJECT_POLICY};
	static uint64_t dumped[WEFT_FRAME_BYTES_MAX / 8];
	uint64_t hash = 0xcbf29ce484222325ull;

	for (uint32_t i = 0; i < WEFT_ARRAY_COUNT(objects); i++) {
		struct {
			struct weft_frame_header frame;
			struct weft_message_header message;
			struct weft_dump_msg body;
		} request = {.frame = {sizeof(request), 1, 1, 0},
			     .message = {objects[i], WEFT_OPERATION_DUMP, sizeof(request) - sizeof(request.frame), 0, 0},
			     .body = {.vrf_id = 0xffffffffu}};
		uint32_t bytes = weft_host_plane_call(host, &request, sizeof(request), dumped, sizeof(dumped));

		for (uint32_t at = 0; at < bytes / 8; at++)
			hash = (hash ^ dumped[at]) * 0x100000001b3ull;
	}
	return hash;
}

static void call(struct weft_host_plane *host, uint32_t bytes, uint32_t capacity)
{
	struct weft_frame_header header = {0};
	struct weft_message_header message = {0};
	uint64_t before = digest(host);
	struct weft_done_msg done;

	if (bytes >= sizeof(header))
		memcpy(&header, frame, sizeof(header));
	if (bytes >= sizeof(header) + sizeof(message))
		memcpy(&message, (uint8_t *)frame + sizeof(header), sizeof(message));
	done = check_answer(weft_host_plane_call(host, frame, bytes, answer, capacity), capacity, header.message_count);
	/* a refused SWEEP may have removed what it could; a DUMP that does not fit counts as refused, and changes nothing
	 * either */
	if (!done.applied && message.operation != WEFT_OPERATION_SWEEP && digest(host) != before)
		bad("a refused message changed the tables");
}

/* A little traffic: each port says something to the others. */
static void send_packets(struct weft_host_plane *host)
{
	static uint8_t packet[42] = {0,	   0, 0x5e, 0,	1,    0,    2,	0, 0, 0, 0,  0x11, 8, 0, 0x45, 0, 0, 28, 0, 0,
				     0x40, 0, 64,   17, 0x24, 0xc4, 10, 1, 1, 3, 10, 1,	   1, 4, 0,    1, 0, 2,	 0, 8};
	static const uint8_t last[] = {4, 5, 9, 10, 11};

	for (uint32_t i = 0; i < sizeof(last); i++) {
		packet[33] = last[i];
		packet[25] = (uint8_t)(0xc8 - last[i]);
		weft_host_plane_inject(host, 1, packet, sizeof(packet));
	}
	play_drain(host);
}

static size_t play_record(struct weft_host_plane *host, const uint8_t *data, size_t left, uint32_t capacity)
{
	uint32_t object = data[0], operation = data[1], length = data[2] | (uint32_t)data[3] << 8, bytes;
	struct weft_frame_header header = {.sequence = 1, .message_count = 1};
	struct weft_message_header message = {.object = (uint16_t)object, .operation = (uint16_t)operation, .epoch = 1};

	data += 4;
	left -= 4;
	if (length > left)
		length = (uint32_t)left;
	if (length > BODY_MAX)
		length = BODY_MAX;
	if (object == 31) {
		struct fuzz_random random = {length ? data[0] + 256ull * data[length - 1] + 1 : 1};

		fuzz_random_tables(host, &random, 1 + operation % 16);
		return 4 + length;
	}
	memset(frame, 0, sizeof(header) + sizeof(message) + length + 8);
	if (object >= 32) {
		memcpy(frame, data, length);
		bytes = length;
	} else {
		message.bytes = (uint32_t)sizeof(message) + ((length + 7) & ~7u);
		bytes = header.bytes = (uint32_t)sizeof(header) + message.bytes;
		memcpy(frame, &header, sizeof(header));
		memcpy((uint8_t *)frame + sizeof(header), &message, sizeof(message));
		memcpy((uint8_t *)frame + sizeof(header) + sizeof(message), data, length);
	}
	call(host, bytes, capacity);
	send_packets(host);
	return 4 + length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint32_t capacities[] = {WEFT_FRAME_BYTES_MAX, 4096, 8192, 4104};
	struct weft_host_plane_options options = {.random_seed = 1, .now_ns = 1000000000ull, .connections_max = 1024};
	struct weft_host_plane *host;
	char text[VECTOR_TEXT_MAX];
	uint32_t setting = size ? data[0] : 0;
	size_t at = 1;

	load_tables();
	host = weft_host_plane_open_with(&options);
	if (!host)
		return 0;
	for (uint32_t i = 0; (setting & 1) && i < tables.step_count; i++)
		play_message(host, tables.steps[i].bytes, tables.steps[i].byte_count, text);
	for (uint32_t i = 0; i < RECORDS_MAX && at + 4 <= size; i++)
		at += play_record(host, data + at, size - at, capacities[setting >> 1 & 3]);
	weft_host_plane_advance(host, 12000000000ull);
	weft_host_plane_close(host);
	return 0;
}
