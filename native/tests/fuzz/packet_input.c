/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Fuzz target: tables, then packets. The tables are those of vectors/fuzz.tables with a few messages changed by the input; a
 * packet record says where it enters and how much of it is put right (MACs, lengths, checksums, tunnel headers) so that the
 * fuzzer reaches behind the first check. Aborts when a packet is neither sent nor dropped, or when a buffer is lost.
 *
 * Input: u8 setting: bits 0-2 table changes, each {u8 message, u8 operation, u16 offset, u8 value}; bit 3: a u32 follows them,
 * the seed of random tables and of what changes between packets. Then records of {u8 form, u8 metadata, u16 gso size, u16
 * linear, u16 length, bytes}, little endian.
 */
#include "fuzz_input.h"

#include <stdio.h>
#include <stdlib.h>

#include "random_tables.h"

#define UPLINK_ID 9
#define RECORDS_MAX 32
#define TABLES_VARIABLE "WEFT_FUZZ_TABLES"

static struct vector tables;
static struct fuzz_random randomness; /* state 0: the input wants none */
static uint64_t now_ns;

struct input {
	const uint8_t *at;
	size_t left;
};

static uint32_t take8(struct input *input)
{
	if (!input->left)
		return 0;
	input->left--;
	return *input->at++;
}

static uint32_t take16(struct input *input)
{
	uint32_t low = take8(input);

	return low | take8(input) << 8;
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void load_tables(void)
{
	const char *path = getenv(TABLES_VARIABLE);

	if (tables.step_count)
		return;
	if (!vector_read(&tables, path ? path : WEFT_FUZZ_TABLES)) {
		fprintf(stderr, "%s\n", tables.error);
		abort();
	}
}

/* Applies one message of the tables with one byte changed, or as a deletion. Refusals are fine. */
static void change_table(struct weft_host_plane *host, struct input *input)
{
	const struct vector_step *step = &tables.steps[take8(input) % tables.step_count];
	uint8_t operation = (uint8_t)take8(input), message[VECTOR_MESSAGE_MAX] __attribute__((aligned(8)));
	uint32_t offset = take16(input);
	uint8_t value = (uint8_t)take8(input);
	char text[VECTOR_TEXT_MAX];

	memcpy(message, step->bytes, step->byte_count);
	if (operation & 1)
		((struct weft_message_header *)(void *)message)->operation = WEFT_OPERATION_DELETE;
	if (operation & 2)
		message[sizeof(struct weft_message_header) + offset % (step->byte_count - sizeof(struct weft_message_header))] =
		    value;
	play_message(host, message, step->byte_count, text);
}

static void fix_ipv4(uint8_t *ip, uint32_t bytes, bool length)
{
	uint32_t header, sum = 0;

	if (bytes < 20)
		return;
	header = (ip[0] & 15u) * 4;
	if (header < 20 || header > bytes)
		return;
	if (length)
		put16(ip + 2, bytes);
	put16(ip + 10, 0);
	for (uint32_t i = 0; i < header; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	put16(ip + 10, 0xffff ^ sum);
}

static void fix_inner(uint8_t *ip, uint32_t bytes, bool length)
{
	if (bytes && ip[0] >> 4 == 4)
		fix_ipv4(ip, bytes, length);
	else if (bytes >= 40 && length)
		put16(ip + 4, bytes - 40);
}

enum tunnel { TUNNEL_VXLAN, TUNNEL_MPLSOUDP, TUNNEL_MPLSOGRE };

/* What stands between the outer IP header and the inner packet. `number` picks one of a few VNIs or labels. Its bytes. */
static uint32_t put_tunnel(uint8_t *at, enum tunnel tunnel, uint32_t number, const uint8_t *inner, uint32_t bytes)
{
	static const uint8_t inner_ethernet[14] = {2, 0, 0, 0, 0xaa, 1, 0, 0, 0x5e, 0, 1, 0, 8, 0};
	static const uint32_t labels[] = {100, 101, 102, 500};
	uint32_t udp = tunnel == TUNNEL_MPLSOGRE ? 0 : 8, header = udp + (tunnel == TUNNEL_VXLAN ? 22 : udp ? 4 : 8);
	uint32_t entry = labels[number] << 12 | 1 << 8 | 64; /* RFC 3032: bottom of stack, TTL 64 */

	memset(at, 0, header);
	if (udp) {
		put16(at, 50000);
		put16(at + 2, tunnel == TUNNEL_VXLAN ? 4789 : 6635);
		put16(at + 4, header + bytes);
	}
	if (tunnel == TUNNEL_VXLAN) {
		at[8] = 8;
		at[14] = (uint8_t)(101 + number);
		memcpy(at + 16, inner_ethernet, sizeof(inner_ethernet));
		if (bytes && inner[0] >> 4 == 6)
			put16(at + 28, 0x86dd);
		return header;
	}
	if (!udp)
		put16(at + 2, 0x8847); /* RFC 4023 */
	put16(at + header - 4, entry >> 16);
	put16(at + header - 2, entry & 0xffff);
	return header;
}

/* Outer headers in front of the inner packet; the source is the other host of the tables. */
static uint32_t wrap(uint8_t *frame, bool v6, enum tunnel tunnel, uint32_t number, const uint8_t *inner, uint32_t bytes)
{
	static const uint8_t remote6[16] = {0x20, 1, 0x0d, 0xb8, 0, 2, [15] = 2},
			     own6[16] = {0x20, 1, 0x0d, 0xb8, 0, 1, [15] = 1};
	static const uint8_t remote4[4] = {198, 51, 100, 2}, own4[4] = {192, 0, 2, 1};
	uint32_t outer = v6 ? 54 : 34, behind;
	uint8_t protocol = tunnel == TUNNEL_MPLSOGRE ? 47 : 17;

	behind = put_tunnel(frame + outer, tunnel, number, inner, bytes);
	memcpy(frame + outer + behind, inner, bytes);
	behind += bytes;
	memset(frame, 0, outer);
	put16(frame + 12, v6 ? 0x86dd : 0x0800);
	frame[14] = v6 ? 0x60 : 0x45;
	if (v6) {
		put16(frame + 18, behind);
		frame[20] = protocol;
		frame[21] = 64;
		memcpy(frame + 22, remote6, 16);
		memcpy(frame + 38, own6, 16);
	} else {
		frame[22] = 64;
		frame[23] = protocol;
		memcpy(frame + 26, remote4, 4);
		memcpy(frame + 30, own4, 4);
		fix_ipv4(frame + 14, 20 + behind, true);
	}
	return outer + behind;
}

/*
 * form: bits 0-1 port - 1 or, with bit 2, the uplink; bit 3 put right; uplink: bit 4 wrap, bit 5 IPv6 outside, bit 6 VXLAN,
 * else bit 7 MPLSoGRE, bits 0-1 which VNI or label.
 */
static uint32_t make_frame(uint32_t form, const uint8_t *bytes, uint32_t count, uint8_t *frame)
{
	static const uint8_t mac[5] = {2, 0, 0, 0, 0};

	if ((form & 0x14) == 0x14) {
		static uint8_t inner[65536];

		memcpy(inner, bytes, count);
		if (form & 8)
			fix_inner(inner, count, true);
		return wrap(frame, form & 0x20,
			    form & 0x40	  ? TUNNEL_VXLAN
			    : form & 0x80 ? TUNNEL_MPLSOGRE
					  : TUNNEL_MPLSOUDP,
			    form & 3, inner, count);
	}
	memcpy(frame, bytes, count);
	if ((form & 8) && count > 14) {
		if (!(form & 4)) {
			memcpy(frame + 6, mac, 5);
			frame[11] = (uint8_t)(0x11 + (form & 3));
		}
		fix_inner(frame + 14, count - 14, true);
	}
	return count;
}

static void play_record(struct weft_host_plane *host, struct input *input)
{
	static uint8_t frame[65536 + 256];
	uint32_t form = take8(input), bits = take8(input), gso_size = take16(input), linear = take16(input),
		 count = take16(input);
	struct weft_packet metadata;
	char text[VECTOR_TEXT_MAX];
	uint32_t bytes;

	if (count > input->left)
		count = (uint32_t)input->left;
	if (count > 65000)
		count = 65000;
	bytes = make_frame(form, input->at, count, frame);
	input->at += count;
	input->left -= count;
	if (!bytes)
		return;
	memset(&metadata, 0, sizeof(metadata));
	metadata.gso = bits & 3;
	metadata.gso_size = metadata.gso ? (uint16_t)gso_size : 0;
	metadata.flags = (bits & 4 ? WEFT_PACKET_CSUM_PARTIAL : 0) | (bits & 8 ? WEFT_PACKET_CSUM_VALID : 0);
	metadata.csum_start = bits & 0x10 ? 54 : 34;
	metadata.csum_offset = bits & 0x20 ? 6 : 16;
	if (weft_host_plane_inject_packet(host, form & 4 ? UPLINK_ID : 1 + (form & 3), &metadata, frame, bytes,
					  linear < bytes ? linear : 0))
		return;
	play_drain(host);
	if (!play_balanced(host, text)) {
		fprintf(stderr, "a packet of %u bytes: %s\n", bytes, text);
		abort();
	}
	if ((form & 0x84) == 0x80 && randomness.state) {
		fuzz_random_tables(host, &randomness, 3);
		now_ns += (bits & 0x40 ? 61000 : bits & 0x80 ? 2100 : 20) * 1000000ull;
		weft_host_plane_advance(host, now_ns);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct weft_host_plane_options options = {.random_seed = 1, .now_ns = 1000000000ull, .connections_max = 1024};
	struct input input = {data, size};
	struct weft_host_plane *host;
	char text[VECTOR_TEXT_MAX];
	uint32_t changes, setting;

	load_tables();
	now_ns = options.now_ns;
	host = weft_host_plane_open_with(&options);
	if (!host)
		return 0;
	for (uint32_t i = 0; i < tables.step_count; i++)
		play_message(host, tables.steps[i].bytes, tables.steps[i].byte_count, text);
	setting = take8(&input);
	changes = setting % 8;
	for (uint32_t i = 0; i < changes; i++)
		change_table(host, &input);
	randomness.state = 0;
	if (setting & 8) {
		uint32_t low = take16(&input);

		randomness.state = (uint64_t)(take16(&input) << 16 | low) * 0x9e3779b97f4a7c15ull + 1;
		fuzz_random_tables(host, &randomness, 40);
	}
	for (uint32_t i = 0; i < RECORDS_MAX && input.left; i++)
		play_record(host, &input);
	weft_host_plane_advance(host, 1000000000000ull); /* waiting fragments go */
	if (weft_host_plane_packets_live(host)) {
		fprintf(stderr, "packets leaked\n");
		abort();
	}
	weft_host_plane_close(host);
	return 0;
}
