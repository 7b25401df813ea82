/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * What vectors cannot say: the connection table when it is full, how long connections live, and buffers that run out at every
 * possible place. paths-test BASE.TABLES
 */
#include "play.h"

#include <stdio.h>
#include <stdlib.h>

#define SECOND_NS 1000000000ull
#define START_NS SECOND_NS
#define SYN 0x02
#define ACK 0x10
#define FIN 0x01
#define RST 0x04

static struct vector tables;
static struct weft_host_plane *host;
static uint64_t now_ns;
static uint32_t failures;

#define CHECK(condition) \
	do { \
		if (!(condition)) { \
			printf("%s:%d: %s\n", __func__, __LINE__, #condition); \
			failures++; \
		} \
	} while (0)

static void open_plane(void)
{
	struct weft_host_plane_options options = {.random_seed = 7, .now_ns = START_NS, .connections_max = 1024};
	char text[VECTOR_TEXT_MAX] = "";

	now_ns = START_NS;
	host = weft_host_plane_open_with(&options);
	if (!host)
		abort();
	for (uint32_t i = 0; i < tables.step_count; i++)
		CHECK(play_message(host, tables.steps[i].bytes, tables.steps[i].byte_count, text));
}

static void close_plane(void)
{
	CHECK(weft_host_plane_packets_live(host) == 0);
	weft_host_plane_close(host);
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void fix_checksum(uint8_t *ip)
{
	uint32_t sum = 0;

	put16(ip + 10, 0);
	for (uint32_t i = 0; i < 20; i += 2)
		sum += (uint32_t)ip[i] << 8 | ip[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	put16(ip + 10, 0xffff ^ sum);
}

/* Port 1 is A = 10.1.1.3, port 2 is B = 10.1.1.4, 10.1.1.9 is remote. Ethernet, IPv4 and TCP or UDP with `payload` bytes. */
static uint32_t make(uint8_t *frame, uint32_t from, uint32_t to, uint8_t protocol, uint32_t ports, uint8_t flags,
		     uint32_t payload, bool dont_fragment)
{
	static const uint8_t ethernet[14] = {0, 0, 0x5e, 0, 1, 0, 2, 0, 0, 0, 0, 0x11, 8, 0};
	uint32_t l4_bytes = (protocol == 6 ? 20 : 8) + payload;

	memset(frame, 0, 34 + l4_bytes);
	memcpy(frame, ethernet, 14);
	frame[11] = (uint8_t)(0x0e + from);
	frame[14] = 0x45;
	put16(frame + 16, 20 + l4_bytes);
	put16(frame + 20, dont_fragment ? 0x4000 : 0);
	frame[22] = 64;
	frame[23] = protocol;
	frame[26] = frame[30] = 10;
	frame[27] = frame[28] = frame[31] = frame[32] = 1;
	frame[29] = (uint8_t)from;
	frame[33] = (uint8_t)to;
	put16(frame + 34, ports >> 16);
	put16(frame + 36, ports & 0xffff);
	if (protocol == 6) {
		frame[46] = 0x50;
		frame[47] = flags;
	} else {
		put16(frame + 38, l4_bytes);
	}
	fix_checksum(frame + 14);
	return 34 + l4_bytes;
}

static uint32_t connections(void)
{
	uint64_t request[(16 + 16 + sizeof(struct weft_plane_msg)) / 8] = {0}, answer[8192 / 8];
	struct weft_frame_header *header = (void *)request;
	struct weft_message_header *message = (void *)(header + 1);

	header->bytes = sizeof(request);
	header->message_count = 1;
	message->object = WEFT_OBJECT_PLANE;
	message->operation = WEFT_OPERATION_GET;
	message->bytes = sizeof(request) - sizeof(*header);
	weft_host_plane_call(host, request, sizeof(request), answer, sizeof(answer));
	return ((struct weft_plane_msg *)(void *)((uint8_t *)answer + 32))->connections_live;
}

/* Enough ticks that the whole table has been looked at. */
static void advance(uint64_t seconds)
{
	now_ns += seconds * SECOND_NS;
	for (int i = 0; i < 2000; i++)
		weft_host_plane_advance(host, now_ns);
}

static uint32_t send_tcp(uint32_t from, uint32_t to, uint32_t ports, uint8_t flags)
{
	static uint8_t frame[2048];
	uint32_t bytes = make(frame, from, to, 6, ports, flags, 0, true);

	CHECK(weft_host_plane_inject(host, from == 3 ? 1 : 2, frame, bytes) == 0);
	return play_drain(host);
}

static uint32_t send_udp(uint32_t from, uint32_t to, uint32_t ports)
{
	static uint8_t frame[2048];
	uint32_t bytes = make(frame, from, to, 17, ports, 0, 4, true);

	CHECK(weft_host_plane_inject(host, from == 3 ? 1 : 2, frame, bytes) == 0);
	return play_drain(host);
}

static void fullTableDropsNewFlowsAndKeepsOldOnes(void)
{
	uint64_t drops[WEFT_DROP_LIMIT];
	uint32_t sent = 0;

	open_plane();
	for (uint32_t i = 0; i < 3000; i++)
		sent += send_udp(3, 4, i << 16 | 53);
	play_drops(host, 1, drops);
	CHECK(sent >= 1000 && sent <= 1024);
	CHECK(drops[WEFT_DROP_CONNECTION_LIMIT] == 3000 - sent);
	CHECK(connections() == sent);
	CHECK(send_udp(3, 4, 0 << 16 | 53) == 1);
	advance(61);
	CHECK(connections() == 0);
	CHECK(send_udp(3, 4, 2999u << 16 | 53) == 1);
	close_plane();
}

static void refusedPacketsLeaveNoConnection(void)
{
	open_plane();
	for (uint32_t i = 0; i < 100; i++) {
		CHECK(send_udp(3, 200, i << 16 | 53) == 0); /* discard route */
		CHECK(send_udp(3, 3, i << 16 | 53) == 0);   /* same port */
		CHECK(send_udp(3, 1, i << 16 | 53) == 0);   /* the gateway */
	}
	CHECK(connections() == 0);
	close_plane();
}

static void udpLivesLongerWhenAnswered(void)
{
	open_plane();
	CHECK(send_udp(3, 4, 1u << 16 | 53) == 1);
	CHECK(send_udp(3, 4, 2u << 16 | 53) == 1);
	CHECK(send_udp(4, 3, 53u << 16 | 2) == 1);
	CHECK(connections() == 2);
	advance(59);
	CHECK(connections() == 2);
	advance(2);
	CHECK(connections() == 1);
	advance(121);
	CHECK(connections() == 0);
	close_plane();
}

static void tcpLifeFollowsItsFlags(void)
{
	uint32_t there = 1000u << 16 | 80, back = 80u << 16 | 1000;

	open_plane();
	CHECK(send_tcp(3, 4, there, SYN) == 1); /* half open */
	advance(29);
	CHECK(connections() == 1);
	advance(2);
	CHECK(connections() == 0);
	CHECK(send_tcp(3, 4, there, SYN) == 1 && send_tcp(4, 3, back, SYN | ACK) == 1 && send_tcp(3, 4, there, ACK) == 1);
	advance(3590);
	CHECK(connections() == 1);
	CHECK(send_tcp(3, 4, there, FIN | ACK) == 1 && send_tcp(4, 3, back, FIN | ACK) == 1);
	advance(4);
	CHECK(connections() == 1);
	advance(2);
	CHECK(connections() == 0);
	CHECK(send_tcp(3, 4, there, SYN) == 1 && send_tcp(4, 3, back, SYN | ACK) == 1 && send_tcp(3, 4, there, ACK) == 1);
	CHECK(send_tcp(4, 3, back, RST) == 1);
	/* the ports again, at once: open, not closed */
	CHECK(send_tcp(3, 4, there, SYN) == 1 && send_tcp(4, 3, back, SYN | ACK) == 1 && send_tcp(3, 4, there, ACK) == 1);
	advance(60);
	CHECK(connections() == 1);
	advance(3600);
	CHECK(connections() == 0);
	close_plane();
}

static void connectionsGoWithTheirPort(void)
{
	uint64_t message[VECTOR_MESSAGE_MAX / 8] = {0};
	char line[] = "delete vif 2 virtual vrf=1 mac=02:00:00:00:00:12", text[VECTOR_TEXT_MAX] = "", *words[8], *rest;
	uint32_t count = 0, bytes;

	open_plane();
	CHECK(send_udp(3, 4, 1u << 16 | 53) == 1);
	for (char *word = strtok_r(line, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		words[count++] = word;
	bytes = vector_table(words, count, (uint8_t *)message, text);
	CHECK(bytes && play_message(host, message, bytes, text));
	if (text[0])
		printf("%s\n", text);
	advance(1);
	CHECK(connections() == 0);
	close_plane();
}

/* The n-th buffer request fails, for every n until none does: whatever is left out is counted and nothing leaks. */
static void missingBuffersAreCounted(void)
{
	static uint8_t frame[20000];
	struct weft_packet gso = {
	    .flags = WEFT_PACKET_CSUM_PARTIAL, .gso = WEFT_GSO_TCP4, .gso_size = 1000, .csum_start = 34, .csum_offset = 16};
	uint64_t drops[WEFT_DROP_LIMIT];
	uint32_t no_memory = 0;

	for (uint64_t n = 0; n < 40; n++) {
		uint32_t sent = 0;

		open_plane();
		weft_host_plane_fail_packets(host, n, 1);
		CHECK(weft_host_plane_inject_packet(host, 1, &gso, frame, make(frame, 3, 9, 6, 5u << 16 | 80, ACK, 9000, true),
						    20) <= 0);
		sent += play_drain(host);
		weft_host_plane_inject_packet(host, 1, NULL, frame, make(frame, 3, 9, 17, 5u << 16 | 80, 0, 3000, false), 20);
		sent += play_drain(host);
		weft_host_plane_inject_packet(host, 1, NULL, frame, make(frame, 3, 9, 17, 5u << 16 | 80, 0, 3000, true), 30);
		sent += play_drain(host);
		play_drops(host, 1, drops);
		no_memory += (uint32_t)drops[WEFT_DROP_NO_MEMORY];
		CHECK(sent + drops[WEFT_DROP_NO_MEMORY] + drops[WEFT_DROP_TOO_BIG] >= 2);
		weft_host_plane_fail_packets(host, 0, 0);
		CHECK(send_udp(3, 4, 1u << 16 | 53) == 1);
		close_plane();
	}
	CHECK(no_memory >= 10);
}

int main(int argc, char **argv)
{
	if (argc != 2 || !vector_read(&tables, argv[1])) {
		printf("usage: paths-test BASE.TABLES %s\n", tables.error);
		return 1;
	}
	fullTableDropsNewFlowsAndKeepsOldOnes();
	refusedPacketsLeaveNoConnection();
	udpLivesLongerWhenAnswered();
	tcpLifeFollowsItsFlags();
	connectionsGoWithTheirPort();
	missingBuffersAreCounted();
	vector_free(&tables);
	printf("%s\n", failures ? "not ok" : "ok");
	return failures != 0;
}
