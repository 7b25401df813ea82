/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Property: what one plane segments and sends through a tunnel, another plane's coalescing makes whole again, byte for byte,
 * for random TCP packets of both families; and every segment equals the one a slow reference makes. segments-test BASE.TABLES
 * [SEED]
 */
#include "play.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROUNDS 300
#define UPLINK_ID 9
#define PORT_A 1
#define SEGMENT_MAX 1378 /* what fits 1450 bytes with IPv6 and the longest options here */

static uint64_t state;
static uint8_t whole[VECTOR_FRAME_MAX], back[VECTOR_FRAME_MAX], segment[WEFT_BURST_MAX][2048];

static uint32_t random_below(uint32_t limit)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16) % limit;
}

static uint32_t get16(const uint8_t *at)
{
	return (uint32_t)at[0] << 8 | at[1];
}
static uint32_t get32(const uint8_t *at)
{
	return get16(at) << 16 | get16(at + 2);
}
static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}
static void put32(uint8_t *at, uint32_t value)
{
	put16(at, value >> 16);
	put16(at + 2, value & 0xffff);
}

/* RFC 1071, two bytes at a time. */
static uint32_t slow_sum(const uint8_t *at, uint32_t bytes, uint32_t sum)
{
	for (uint32_t i = 0; i < bytes; i++)
		sum += i % 2 ? at[i] : (uint32_t)at[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static uint32_t slow_pseudo(const uint8_t *frame, bool v6, uint32_t l4_bytes)
{
	uint32_t sum = slow_sum(frame + (v6 ? 22 : 26), v6 ? 32 : 8, 6);

	return slow_sum(NULL, 0, sum + l4_bytes);
}

/* `there`: the direction A -> other host; else the same packet with the ends exchanged. Returns the frame's header bytes. */
static uint32_t make_whole(bool v6, uint32_t payload, uint32_t options)
{
	static const uint8_t a6[16] = {0xfd, 0, 0, 1, [15] = 3}, r6[16] = {0xfd, 0, 0, 1, [15] = 9};
	static const uint8_t ethernet[14] = {0, 0, 0x5e, 0, 1, 0, 2, 0, 0, 0, 0, 0x11, 8, 0};
	uint32_t l4 = v6 ? 54 : 34, header = l4 + 20 + options * 4;
	uint8_t *tcp = whole + l4;

	memset(whole, 0, header);
	memcpy(whole, ethernet, 14);
	for (uint32_t i = 0; i < payload; i++)
		whole[header + i] = (uint8_t)random_below(256);
	if (v6) {
		put16(whole + 12, 0x86dd);
		put32(whole + 14, 0x60000000u | random_below(1 << 20));
		put16(whole + 18, header - l4 + payload);
		whole[20] = 6;
		whole[21] = 64;
		memcpy(whole + 22, a6, 16);
		memcpy(whole + 38, r6, 16);
	} else {
		put16(whole + 14, 0x4500);
		put16(whole + 16, header - 14 + payload);
		put16(whole + 18, random_below(65536));
		put16(whole + 20, random_below(2) ? 0x4000 : 0);
		whole[22] = 64;
		whole[23] = 6;
		put32(whole + 26, 0x0a010103);
		put32(whole + 30, 0x0a010109);
		put16(whole + 24, 0xffff ^ slow_sum(whole + 14, 20, 0));
	}
	put16(tcp, 1000 + random_below(1000));
	put16(tcp + 2, 80);
	put32(tcp + 4, random_below(0xffffffff));
	put32(tcp + 8, random_below(0xffffffff));
	tcp[12] = (uint8_t)((5 + options) << 4);
	tcp[13] = (uint8_t)(0x10 | (random_below(2) ? 8 : 0));
	put16(tcp + 14, random_below(65536));
	for (uint32_t i = 0; i < options * 4; i++)
		tcp[20 + i] = 1;
	put16(tcp + 16, slow_pseudo(whole, v6, header - l4 + payload));
	return header;
}

/* The segment a device would have made, in `back`. Its bytes. */
static uint32_t reference(bool v6, uint32_t header, uint32_t payload, uint32_t size, uint32_t index)
{
	uint32_t l4 = v6 ? 54 : 34, at = index * size, bytes = payload - at < size ? payload - at : size;
	uint8_t *tcp = back + l4;

	memcpy(back, whole, header);
	memcpy(back + header, whole + header + at, bytes);
	if (v6) {
		put16(back + 18, header - l4 + bytes);
	} else {
		put16(back + 16, header - 14 + bytes);
		put16(back + 18, get16(back + 18) + index);
		put16(back + 24, 0);
		put16(back + 24, 0xffff ^ slow_sum(back + 14, 20, 0));
	}
	put32(tcp + 4, get32(tcp + 4) + at);
	if (at + bytes < payload)
		tcp[13] &= (uint8_t)~8u;
	put16(tcp + 16, 0);
	put16(tcp + 16, 0xffff ^ slow_sum(tcp, header - l4 + bytes, slow_pseudo(back, v6, header - l4 + bytes)));
	return header + bytes;
}

/* The other host: an A behind the uplink, the packet's destination on its port. */
static bool open_pair(const char *tables, struct weft_host_plane **here, struct weft_host_plane **there)
{
	static const char *const moved[] = {
	    "route 1 10.1.1.9/32 nexthop=1 proxy same", "route 1 fd00:1::9/128 nexthop=1 proxy same",
	    "route 1 10.1.1.3/32 nexthop=20 label=101 same", "route 1 fd00:1::3/128 nexthop=20 label=101 same"};
	char text[VECTOR_TEXT_MAX] = "";
	struct vector vector;
	bool good = vector_read(&vector, tables);

	*here = weft_host_plane_open();
	*there = weft_host_plane_open();
	good = good && *here && *there;
	for (uint32_t i = 0; good && i < vector.step_count; i++)
		good = play_message(*here, vector.steps[i].bytes, vector.steps[i].byte_count, text) &&
		       play_message(*there, vector.steps[i].bytes, vector.steps[i].byte_count, text);
	for (uint32_t i = 0; good && i < WEFT_ARRAY_COUNT(moved); i++) {
		static uint64_t message[1024 / 8];
		char line[128], *words[8], *rest;
		uint32_t count = 0, bytes;

		memset(message, 0, sizeof(message));
		snprintf(line, sizeof(line), "%s", moved[i]);
		for (char *word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
			words[count++] = word;
		bytes = vector_table(words, count, (uint8_t *)message, text);
		good = bytes && play_message(*there, message, bytes, text);
	}
	if (!good)
		printf("tables: %s%s\n", vector.error, text);
	vector_free(&vector);
	return good;
}

/* Takes the train off the uplink, checks each segment, turns the outer addresses round. Number of segments, or 0. */
static uint32_t take_train(struct weft_host_plane *here, bool v6, uint32_t header, uint32_t payload, uint32_t size,
			   uint32_t bytes[WEFT_BURST_MAX])
{
	static const uint8_t router[6] = {2, 0, 0, 0, 0xaa, 1};
	uint32_t count = 0;

	for (;; count++) {
		struct weft_packet metadata;
		uint8_t outer[8], *frame = count < WEFT_BURST_MAX ? segment[count] : NULL;
		int64_t length;
		uint32_t want;

		if (!frame)
			return 0;
		length = weft_host_plane_collect(here, UPLINK_ID, &metadata, frame, sizeof(segment[0]));
		if (length <= 0)
			return count;
		want = reference(v6, header, payload, size, count);
		if ((uint32_t)length != want + 50 || memcmp(frame + 64, back + 14, want - 14) ||
		    !(metadata.flags & WEFT_PACKET_TRAIN) != !count || metadata.outer_bytes != 42) {
			printf("segment %u is not the reference's: %lld bytes, want %u\n", count, (long long)length, want + 50);
			return 0;
		}
		memcpy(outer, frame + 26, 8);
		memcpy(frame + 26, outer + 4, 4);
		memcpy(frame + 30, outer, 4);
		memcpy(frame + 50, router, 6);
		bytes[count] = (uint32_t)length;
	}
}

static bool round_trip(struct weft_host_plane *here, struct weft_host_plane *there)
{
	bool v6 = random_below(2);
	uint32_t options = random_below(4), size = 1 + random_below(SEGMENT_MAX), count, bytes[WEFT_BURST_MAX], header, payload;
	struct weft_packet metadata;
	const void *frames[WEFT_BURST_MAX];
	int64_t length;

	payload = size + 1 + random_below(size * 40);
	header = make_whole(v6, payload, options);
	memset(&metadata, 0, sizeof(metadata));
	metadata.flags = WEFT_PACKET_CSUM_PARTIAL;
	metadata.gso = v6 ? WEFT_GSO_TCP6 : WEFT_GSO_TCP4;
	metadata.gso_size = (uint16_t)size;
	metadata.csum_start = v6 ? 54 : 34;
	metadata.csum_offset = 16;
	if (weft_host_plane_inject_packet(here, PORT_A, &metadata, whole, header + payload, header + random_below(payload)))
		return false;
	count = take_train(here, v6, header, payload, size, bytes);
	if (count != (payload + size - 1) / size) {
		printf("%u segments, want %u\n", count, (payload + size - 1) / size);
		return false;
	}
	for (uint32_t i = 0; i < count; i++)
		frames[i] = segment[i];
	if (weft_host_plane_inject_burst(there, UPLINK_ID, NULL, frames, bytes, count))
		return false;
	length = weft_host_plane_collect(there, PORT_A, &metadata, back, sizeof(back));
	/* MACs differ: the port's own and the gateway's */
	if (length != header + payload || memcmp(back + 12, whole + 12, header + payload - 12) || metadata.gso_size != size ||
	    metadata.gso != (v6 ? WEFT_GSO_TCP6 : WEFT_GSO_TCP4) || !(metadata.flags & WEFT_PACKET_CSUM_PARTIAL)) {
		printf("coalesced: %lld bytes, want %u; gso %u/%u\n", (long long)length, header + payload, metadata.gso,
		       metadata.gso_size);
		return false;
	}
	return true;
}

int main(int argc, char **argv)
{
	struct weft_host_plane *here = NULL, *there = NULL;
	bool good = argc > 1;
	int round = 0;

	state = argc > 2 ? strtoull(argv[2], NULL, 0) : (uint64_t)time(NULL) * 2654435761u + 1;
	printf("seed %llu\n", (unsigned long long)state);
	good = good && open_pair(argv[1], &here, &there);
	for (; good && round < ROUNDS; round++)
		good = round_trip(here, there);
	good = good && !play_drain(here) && !play_drain(there) && !weft_host_plane_packets_live(here) &&
	       !weft_host_plane_packets_live(there);
	printf("%s: %d rounds\n", good ? "ok" : "not ok", round);
	weft_host_plane_close(here);
	weft_host_plane_close(there);
	return !good;
}
