/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Fuzz target: ABI messages. Frames against a host plane, with packets between them, so that what a message left behind is
 * used. Aborts when an answer is not one whole frame that ends with DONE and tells of every message.
 *
 * Input: u8 setting (bit 0: the fuzz tables come first; bits 1-2: the answer's capacity); then records of {u8 object, u8
 * operation, u16 length, bytes}, little endian: a frame with one message of that object (0 .. 31), or the bytes as they are (32
 * and above).
 */
#include "fuzz_input.h"

#include <stdio.h>
#include <stdlib.h>

#include "../vectors/play.h"

#define RECORDS_MAX 64
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

static void check_answer(uint32_t bytes, uint32_t capacity, uint32_t asked)
{
	const uint8_t *at = (const uint8_t *)answer;
	struct weft_frame_header header;
	struct weft_message_header message = {0};
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
			struct weft_done_msg done;

			memcpy(&done, at + offset + sizeof(message), sizeof(done));
			if (done.applied > asked || done.applied + done.refused > (uint64_t)asked + 1)
				bad("the answer tells of more messages than were sent");
		}
	}
	if (messages != header.message_count || message.object != WEFT_OBJECT_DONE)
		bad("the answer does not end with DONE");
}

static void call(struct weft_host_plane *host, uint32_t bytes, uint32_t capacity)
{
	struct weft_frame_header header = {0};

	if (bytes >= sizeof(header))
		memcpy(&header, frame, sizeof(header));
	check_answer(weft_host_plane_call(host, frame, bytes, answer, capacity), capacity, header.message_count);
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
