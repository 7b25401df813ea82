/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Random packets are translated; every checksum is compared with one computed from nothing. */
#include "checksum.h"
#include "test.h"
#include "weft_host_plane.h"
#include "worker.h"

#define ROUNDS 40000u
#define PAYLOAD_MAX 300u
#define FRAME_MAX 1200u

static struct weft_host_plane *host;
static struct weft_worker *worker;
static uint8_t before[FRAME_MAX], after[FRAME_MAX];

static void fill(void *at, uint32_t bytes)
{
	uint8_t *byte = at;

	for (uint32_t i = 0; i < bytes; i++)
		byte[i] = (uint8_t)(test_random() >> 24);
}

/* ---- the slow twin: byte by byte, by the RFCs' words ---- */

static uint32_t slow_sum(const uint8_t *at, uint32_t bytes, uint32_t sum)
{
	for (uint32_t i = 0; i < bytes; i++)
		sum += i % 2 ? at[i] : (uint32_t)at[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static uint32_t slow_pseudo(uint8_t family, const uint8_t *ip, uint8_t protocol, uint32_t bytes)
{
	uint8_t rest[4] = {(uint8_t)(bytes >> 8), (uint8_t)bytes, 0, protocol};
	uint32_t sum = family == 4 ? slow_sum(ip + 12, 8, 0) : slow_sum(ip + 8, 32, 0);

	return slow_sum(rest, 4, sum);
}

static uint32_t slow_crc32c(const uint8_t *sctp, uint32_t bytes)
{
	uint32_t crc = 0xffffffffu;

	for (uint32_t i = 0; i < bytes; i++) {
		crc ^= i >= 8 && i < 12 ? 0 : sctp[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x82f63b78u : crc >> 1;
	}
	return ~crc;
}

static uint32_t checksum_at(uint8_t protocol)
{
	return protocol == 6 ? 16 : protocol == 17 ? 6 : protocol == 132 ? 8 : 2;
}

/* What is wrong with the L4 checksum: 0 when it is right, else something that a translation must not change. */
static uint32_t error_of(uint8_t family, const uint8_t *ip, uint32_t l4, uint8_t protocol, uint32_t bytes)
{
	const uint8_t *at = ip + l4;

	if (protocol == 132) {
		uint32_t stored = (uint32_t)at[8] | (uint32_t)at[9] << 8 | (uint32_t)at[10] << 16 | (uint32_t)at[11] << 24;

		return stored ^ slow_crc32c(at, bytes);
	}
	return slow_sum(at, bytes, protocol == 1 ? 0 : slow_pseudo(family, ip, protocol, bytes)) % 0xffffu;
}

/* ---- packets ---- */

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

static void put_checksum(uint8_t family, uint8_t *ip, uint32_t l4, uint8_t protocol, uint32_t bytes, bool partial)
{
	uint8_t *field = ip + l4 + checksum_at(protocol);
	uint32_t sum;

	if (protocol == 132) {
		uint32_t crc = slow_crc32c(ip + l4, bytes);

		for (uint32_t i = 0; i < 4; i++)
			field[i] = (uint8_t)(crc >> 8 * i);
		return;
	}
	put16(field, 0);
	sum = protocol == 1 ? 0 : slow_pseudo(family, ip, protocol, bytes);
	if (partial) {
		put16(field, sum);
		return;
	}
	sum = slow_sum(ip + l4, bytes, sum) ^ 0xffffu;
	put16(field, protocol == 17 && !sum ? 0xffffu : sum);
}

/* An IP header for `bytes` behind it; answers where those begin. */
static uint32_t put_ip(uint8_t *ip, uint8_t family, uint8_t protocol, uint32_t bytes)
{
	uint32_t header = family == 4 ? 20 + (uint32_t)(test_random() % 4) * 4 : 40;

	fill(ip, header);
	if (family == 6) {
		ip[0] = 0x60;
		put16(ip + 4, bytes);
		ip[6] = protocol;
		return header;
	}
	ip[0] = (uint8_t)(0x40 | header / 4);
	memset(ip + 20, 1, header - 20);
	put16(ip + 2, header + bytes);
	put16(ip + 6, 0);
	ip[9] = protocol;
	put16(ip + 10, 0);
	put16(ip + 10, slow_sum(ip, header, 0) ^ 0xffffu);
	return header;
}

/* A packet of the protocol at `ip`; answers its bytes. Now and then its checksum is wrong, or a UDP one missing. */
static uint32_t put_packet(uint8_t *ip, uint8_t family, uint8_t protocol, uint32_t *l4, bool partial)
{
	uint32_t header = protocol == 6	    ? 20
			  : protocol == 132 ? 12
					    : 8,
		 bytes = header + (uint32_t)(test_random() % PAYLOAD_MAX);
	uint8_t *at;

	*l4 = put_ip(ip, family, protocol, bytes);
	at = ip + *l4;
	fill(at, bytes);
	if (protocol == 6)
		at[12] = 0x50;
	if (protocol == 17)
		put16(at + 4, bytes);
	if (protocol == 1 || protocol == 58)
		at[0] = protocol == 1 ? (test_random() & 1 ? 8 : 0) : (test_random() & 1 ? 128 : 129);
	put_checksum(family, ip, *l4, protocol, bytes, partial);
	if (!partial && test_random() % 8 == 0)
		at[bytes - 1] ^= (uint8_t)(1 + test_random() % 255);
	if (!partial && protocol == 17 && test_random() % 8 == 0)
		put16(at + 6, 0);
	return *l4 + bytes;
}

static struct weft_connection_key random_key(const struct weft_connection_key *mine)
{
	struct weft_connection_key other = *mine;
	bool icmp = mine->protocol == 1 || mine->protocol == 58;

	fill(other.source, mine->family == 4 ? 4 : 16);
	fill(other.destination, mine->family == 4 ? 4 : 16);
	fill(&other.source_port, 2);
	if (!icmp)
		fill(&other.destination_port, 2);
	if (test_random() % 4 == 0) /* nothing changes on one side */
		memcpy(other.destination, mine->source, 16);
	if (test_random() % 16 == 0)
		memset(other.source, test_random() & 1 ? 0xff : 0, mine->family == 4 ? 4 : 16);
	return other;
}

/* Parses the frame in `after` into the step and translates it. */
static enum weft_drop translate(struct weft_step *step, struct weft_packet *packet, uint8_t family, uint32_t bytes,
				struct weft_connection_key *other)
{
	*packet = (struct weft_packet){.data = after, .length = WEFT_L3 + bytes, .linear = WEFT_L3 + bytes};
	*step = (struct weft_step){.packet = packet, .vif_id = WEFT_FROM_FABRIC};
	CHECK(weft_parse_ip(worker, packet, family, &step->view) == WEFT_DROP_NONE);
	*other = random_key(&step->view.key);
	return weft_translate(worker, step, &step->view.key, other);
}

static void check_tuple(const uint8_t *ip, uint32_t l4, uint8_t family, const struct weft_connection_key *other)
{
	uint32_t at = family == 4 ? 12 : 8, bytes = family == 4 ? 4 : 16;
	bool icmp = other->protocol == 1 || other->protocol == 58;

	CHECK(!memcmp(ip + at, other->destination, bytes) && !memcmp(ip + at + bytes, other->source, bytes));
	if (icmp)
		CHECK(ip[l4 + 4] == other->source_port >> 8 && ip[l4 + 5] == (other->source_port & 0xff));
	else
		CHECK(ip[l4] == other->destination_port >> 8 && ip[l4 + 1] == (other->destination_port & 0xff) &&
		      ip[l4 + 2] == other->source_port >> 8 && ip[l4 + 3] == (other->source_port & 0xff));
	if (family == 4)
		CHECK(slow_sum(ip, (ip[0] & 15u) * 4, 0) == 0xffff);
}

/* Nothing but the tuple and the checksums changed. */
static void check_rest(uint32_t l4, uint32_t bytes, uint8_t family, uint8_t protocol)
{
	const uint8_t *was = before + WEFT_L3, *is = after + WEFT_L3;
	uint32_t checksum = l4 + checksum_at(protocol), width = protocol == 132 ? 4 : 2;
	uint32_t ports = protocol == 1 || protocol == 58 ? l4 + 4 : l4,
		 ports_end = protocol == 1 || protocol == 58 ? l4 + 6 : l4 + 4;

	for (uint32_t i = 0; i < bytes; i++) {
		if ((family == 4 ? i >= 10 && i < 20 : i >= 8 && i < 40) || (i >= checksum && i < checksum + width) ||
		    (i >= ports && i < ports_end))
			continue;
		CHECK(was[i] == is[i]);
	}
}

static void everyChecksumIsWhatItWouldBeIfComputedAnew(void)
{
	static const uint8_t protocols[2][4] = {{6, 17, 132, 1}, {6, 17, 132, 58}};

	for (uint32_t round = 0; round < ROUNDS && !test_failed; round++) {
		uint8_t family = test_random() & 1 ? 4 : 6, protocol = protocols[family == 6][test_random() % 4];
		uint32_t l4, bytes = put_packet(before + WEFT_L3, family, protocol, &l4, false);
		bool blank = protocol == 17 && !before[WEFT_L3 + l4 + 6] && !before[WEFT_L3 + l4 + 7];
		struct weft_connection_key other;
		struct weft_packet packet;
		struct weft_step step;

		memcpy(after, before, WEFT_L3 + bytes);
		CHECK(translate(&step, &packet, family, bytes, &other) == WEFT_DROP_NONE);
		check_tuple(after + WEFT_L3, l4, family, &other);
		check_rest(l4, bytes, family, protocol);
		if (blank) {
			CHECK(!after[WEFT_L3 + l4 + 6] && !after[WEFT_L3 + l4 + 7]);
			continue;
		}
		CHECK(error_of(family, before + WEFT_L3, l4, protocol, bytes - l4) ==
		      error_of(family, after + WEFT_L3, l4, protocol, bytes - l4));
		CHECK(protocol != 17 || after[WEFT_L3 + l4 + 6] || after[WEFT_L3 + l4 + 7]);
	}
}

static void aPartialChecksumCompletesToTheRightOne(void)
{
	for (uint32_t round = 0; round < ROUNDS / 4 && !test_failed; round++) {
		uint8_t family = test_random() & 1 ? 4 : 6, protocol = test_random() & 1 ? 6 : 17;
		uint32_t l4, bytes = put_packet(before + WEFT_L3, family, protocol, &l4, true);
		struct weft_connection_key other;
		struct weft_packet packet = {.data = after, .length = WEFT_L3 + bytes, .linear = WEFT_L3 + bytes};
		struct weft_step step = {.packet = &packet, .vif_id = WEFT_FROM_FABRIC};

		memcpy(after, before, WEFT_L3 + bytes);
		packet.flags = WEFT_PACKET_CSUM_PARTIAL;
		packet.csum_start = (uint16_t)(WEFT_L3 + l4);
		packet.csum_offset = (uint16_t)checksum_at(protocol);
		CHECK(weft_parse_ip(worker, &packet, family, &step.view) == WEFT_DROP_NONE);
		other = random_key(&step.view.key);
		CHECK(weft_translate(worker, &step, &step.view.key, &other) == WEFT_DROP_NONE);
		CHECK(weft_checksum_complete(worker, &packet));
		check_tuple(after + WEFT_L3, l4, family, &other);
		CHECK(!error_of(family, after + WEFT_L3, l4, protocol, bytes - l4));
	}
}

/* An error that quotes the whole packet, or its beginning. */
static void anIcmpErrorIsRightInsideAndOutside(void)
{
	static const uint8_t protocols[2][4] = {{6, 17, 132, 1}, {6, 17, 132, 58}};

	for (uint32_t round = 0; round < ROUNDS / 4 && !test_failed; round++) {
		uint8_t family = test_random() & 1 ? 4 : 6, protocol = protocols[family == 6][test_random() % 4];
		uint8_t icmp = family == 4 ? 1 : 58, quoted[FRAME_MAX], *ip = before + WEFT_L3, *inner;
		uint32_t address = family == 4 ? 4 : 16, at = family == 4 ? 12 : 8, l4, inner_l4, whole, part, inner_error;
		struct weft_connection_key other;
		struct weft_packet packet;
		struct weft_step step;

		whole = put_packet(quoted, family, protocol, &inner_l4, false);
		inner_error = error_of(family, quoted, inner_l4, protocol, whole - inner_l4);
		part = test_random() & 1 ? whole : inner_l4 + 8 + (uint32_t)(test_random() % (whole - inner_l4 - 7));
		l4 = put_ip(ip, family, icmp, 8 + part);
		/* to whom the quoted packet came from; by its other end, or by a router */
		memcpy(ip + at + address, quoted + at, address);
		if (test_random() & 1)
			memcpy(ip + at, quoted + at + address, address);
		if (family == 4) {
			put16(ip + 10, 0);
			put16(ip + 10, slow_sum(ip, l4, 0) ^ 0xffffu);
		}
		fill(ip + l4, 8);
		ip[l4] = family == 4 ? 3 : 1;
		memcpy(ip + l4 + 8, quoted, part);
		put_checksum(family, ip, l4, icmp, 8 + part, false);
		memcpy(after, before, WEFT_L3 + l4 + 8 + part);
		CHECK(translate(&step, &packet, family, l4 + 8 + part, &other) == WEFT_DROP_NONE);
		CHECK(step.view.kind == WEFT_KIND_ICMP_ERROR && !step.view.unmatched);
		inner = after + WEFT_L3 + l4 + 8;
		CHECK(!memcmp(after + WEFT_L3 + at + address, other.source, address));
		CHECK(!memcmp(inner + at, other.source, address) && !memcmp(inner + at + address, other.destination, address));
		CHECK(!error_of(family, after + WEFT_L3, l4, icmp, 8 + part));
		if (family == 4)
			CHECK(slow_sum(after + WEFT_L3, l4, 0) == 0xffff && slow_sum(inner, (inner[0] & 15u) * 4, 0) == 0xffff);
		if (part == whole && (protocol != 17 || inner[inner_l4 + 6] || inner[inner_l4 + 7]))
			CHECK(error_of(family, inner, inner_l4, protocol, whole - inner_l4) == inner_error);
	}
}

static void aCutQuoteIsNeverReadBeyond(void)
{
	uint8_t quoted[FRAME_MAX];
	struct weft_connection_key key = {.family = 4, .protocol = 6};

	for (uint32_t round = 0; round < ROUNDS / 8 && !test_failed; round++) {
		uint8_t family = test_random() & 1 ? 4 : 6;
		uint32_t l4, bytes = put_packet(quoted, family, test_random() & 1 ? 6 : 17, &l4, false);
		uint32_t part = (uint32_t)(test_random() % (bytes + 1));
		uint8_t *alone = malloc(part ? part : 1); /* what the sanitizer watches */

		memcpy(alone, quoted, part);
		CHECK(weft_translate_quote(alone, part, family, &key, false) == (part >= l4 + 8));
		free(alone);
	}
}

int main(void)
{
	test_seed();
	host = weft_host_plane_open();
	if (!host)
		return 1;
	worker = weft_worker_get(weft_host_plane_core(host), 0);
	RUN(everyChecksumIsWhatItWouldBeIfComputedAnew);
	RUN(aPartialChecksumCompletesToTheRightOne);
	RUN(anIcmpErrorIsRightInsideAndOutside);
	RUN(aCutQuoteIsNeverReadBeyond);
	weft_host_plane_close(host);
	return test_end();
}
