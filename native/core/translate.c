/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Writes another connection tuple into a packet: addresses, ports or echo identifier, and every checksum that covers them, each
 * by the difference alone (RFC 1624), so that a packet that came broken leaves broken. Also into what ICMP errors quote.
 */
#include "worker.h"

#include "checksum.h"

#define TCP_CHECKSUM_AT 16u
#define UDP_CHECKSUM_AT 6u
#define SCTP_CHECKSUM_AT 8u
#define ICMP_CHECKSUM_AT 2u
#define CRC32C_POLYNOMIAL 0x82f63b78u /* RFC 9260 appendix A, bits reversed */

/* What the headers become. An echo identifier is `source_port` whichever way the packet goes. */
struct tuple {
	const uint8_t *source, *destination;
	uint16_t source_port, destination_port; /* host order */
};

/* One IP packet, or the first bytes of one that is quoted. */
struct headers {
	uint8_t *ip;
	uint32_t bytes;	   /* at ip */
	uint32_t l4;	   /* offset from ip */
	uint32_t l4_bytes; /* of the whole packet */
	uint8_t family, protocol;
	bool later;   /* a fragment without L4 header */
	bool partial; /* the checksum is the pseudo header's sum so far (CSUM_PARTIAL) */
};

/* after - before, to be added to an uncomplemented sum. */
static uint64_t difference(uint64_t before, uint64_t after)
{
	return (uint64_t)(uint16_t)~weft_sum_fold(before) + weft_sum_fold(after);
}

/* A field that holds the complement of the sum (RFC 1624, eqn. 3). */
static void adjust(uint8_t *field, uint64_t delta)
{
	uint16_t stored;

	memcpy(&stored, field, 2);
	weft_sum_store(field, (uint64_t)(uint16_t)~stored + delta);
}

/* A field that holds the sum itself. */
static void adjust_partial(uint8_t *field, uint64_t delta)
{
	uint16_t stored;

	memcpy(&stored, field, 2);
	stored = weft_sum_fold((uint64_t)stored + delta);
	memcpy(field, &stored, 2);
}

/* ---- CRC32c: a polynomial over GF(2), highest power in the lowest bit ---- */

static uint32_t multiply(uint32_t one, uint32_t other)
{
	uint32_t product = 0;

	for (uint32_t bit = 0x80000000u; bit; bit >>= 1) {
		if (one & bit)
			product ^= other;
		other = (other >> 1) ^ (other & 1 ? CRC32C_POLYNOMIAL : 0);
	}
	return product;
}

/* What the CRC of a message changes by when four bytes change by `delta` and `behind` bytes follow them. */
static uint32_t crc_change(uint32_t delta, uint32_t behind)
{
	/* x to the power of 8 * 2^i */
	static const uint32_t powers[] = {0x00800000, 0x00008000, 0x82f63b78, 0x6ea2d55c, 0x18b8ea18, 0x510ac59a,
					  0xb82be955, 0xb8fdb1e7, 0x88e56f72, 0x74c360a4, 0xe4172b16, 0x0d65762a,
					  0x35d73a62, 0x28461564, 0xbf455269, 0xe2ea32dc, 0xfe7740e6};
	uint32_t crc = delta;

	behind += 4;
	for (uint32_t i = 0; behind && i < WEFT_ARRAY_COUNT(powers); i++, behind >>= 1) {
		if (behind & 1)
			crc = multiply(crc, powers[i]);
	}
	return crc;
}

static uint32_t read32(const uint8_t *at)
{
	return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static void write32(uint8_t *at, uint32_t value)
{
	for (uint32_t i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> 8 * i);
}

/* ---- one packet's headers ---- */

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* Answers the difference of the pseudo header's sum. */
static uint64_t write_addresses(struct headers *h, const struct tuple *tuple)
{
	uint32_t at = h->family == 4 ? 12 : 8, bytes = h->family == 4 ? 4 : 16;
	uint64_t before = weft_sum(h->ip + at, 2 * bytes, 0), delta;

	memcpy(h->ip + at, tuple->source, bytes);
	memcpy(h->ip + at + bytes, tuple->destination, bytes);
	delta = difference(before, weft_sum(h->ip + at, 2 * bytes, 0));
	if (h->family == 4)
		adjust(h->ip + offsetof(struct weft_ipv4, checksum), delta);
	return delta;
}

/* Answers the difference that the ports make. */
static uint64_t write_ports(uint8_t *l4, const struct tuple *tuple)
{
	uint64_t before = weft_sum(l4, 4, 0);

	put16(l4, tuple->source_port);
	put16(l4 + 2, tuple->destination_port);
	return difference(before, weft_sum(l4, 4, 0));
}

static void fix_checksum(const struct headers *h, uint32_t checksum_at, uint64_t addresses, uint64_t ports)
{
	uint8_t *field = h->ip + h->l4 + checksum_at;

	if (h->l4 + checksum_at + 2 > h->bytes)
		return; /* quoted without it */
	if (h->partial) {
		adjust_partial(field, addresses);
		return;
	}
	if (h->protocol == WEFT_PROTOCOL_UDP && weft_is_zero(field, 2))
		return; /* RFC 768: none was made */
	adjust(field, addresses + ports);
	if (h->protocol == WEFT_PROTOCOL_UDP && weft_is_zero(field, 2))
		memset(field, 0xff, 2);
}

static void write_sctp(const struct headers *h, const struct tuple *tuple)
{
	uint8_t *l4 = h->ip + h->l4;
	uint32_t before = read32(l4), delta;

	write_ports(l4, tuple);
	delta = before ^ read32(l4);
	if (!delta || h->l4 + SCTP_CHECKSUM_AT + 4 > h->bytes || h->l4_bytes < 12)
		return;
	write32(l4 + SCTP_CHECKSUM_AT, read32(l4 + SCTP_CHECKSUM_AT) ^ crc_change(delta, h->l4_bytes - 4));
}

static void write_icmp(const struct headers *h, const struct tuple *tuple, uint64_t addresses)
{
	uint8_t *l4 = h->ip + h->l4, *identifier = l4 + offsetof(struct weft_icmp, identifier);
	uint64_t delta = 0;

	if (weft_icmp_has_identifier(h->family, l4[0])) {
		uint64_t before = weft_sum(identifier, 2, 0);

		put16(identifier, tuple->source_port);
		delta = difference(before, weft_sum(identifier, 2, 0));
	}
	fix_checksum(h, ICMP_CHECKSUM_AT, h->family == 6 ? addresses : 0, delta);
}

/* L4 headers of 8 bytes at least are there, unless h->later. */
static void write_tuple(struct headers *h, const struct tuple *tuple)
{
	uint64_t addresses = write_addresses(h, tuple);

	if (h->later)
		return;
	switch (h->protocol) {
	case WEFT_PROTOCOL_TCP:
		fix_checksum(h, TCP_CHECKSUM_AT, addresses, write_ports(h->ip + h->l4, tuple));
		break;
	case WEFT_PROTOCOL_UDP:
		fix_checksum(h, UDP_CHECKSUM_AT, addresses, write_ports(h->ip + h->l4, tuple));
		break;
	case WEFT_PROTOCOL_SCTP:
		write_sctp(h, tuple);
		break;
	case WEFT_PROTOCOL_ICMP:
	case WEFT_PROTOCOL_ICMPV6:
		if ((h->protocol == WEFT_PROTOCOL_ICMP) == (h->family == 4))
			write_icmp(h, tuple, addresses);
		break;
	default:
		break;
	}
}

/* ---- packets ---- */

/* The headers of a packet that an ICMP error quotes. False: too few bytes of it are there. */
static bool read_quoted(uint8_t *ip, uint32_t bytes, uint8_t family, struct headers *h)
{
	uint32_t total;

	*h = (struct headers){.ip = ip, .bytes = bytes, .family = family};
	if (bytes < (family == 4 ? 20u : 40u))
		return false;
	h->l4 = family == 4 ? (ip[0] & 0x0fu) * 4 : 40;
	h->protocol = family == 4 ? ip[9] : ip[6];
	total = family == 4 ? (uint32_t)(ip[2] << 8 | ip[3]) : 40 + (uint32_t)(ip[4] << 8 | ip[5]);
	h->l4_bytes = total > h->l4 ? total - h->l4 : 0;
	return h->l4 + 8 <= bytes;
}

bool weft_translate_quote(uint8_t *ip, uint32_t bytes, uint8_t family, const struct weft_connection_key *key, bool partial)
{
	struct tuple tuple = {key->source, key->destination, key->source_port, key->destination_port};
	struct headers h;

	if (!read_quoted(ip, bytes, family, &h))
		return false;
	h.partial = partial;
	write_tuple(&h, &tuple);
	return true;
}

/* What the error quotes becomes the packet that the error's receiver sent; who reports it stays, unless it is the other end. */
static enum weft_drop translate_error(struct weft_worker *worker, struct weft_step *step,
				      const struct weft_connection_key *mine, const struct weft_connection_key *other)
{
	const struct weft_view *view = &step->view;
	struct weft_packet *packet = step->packet;
	uint32_t quote = view->l4 + 8u, end = WEFT_L3 + view->l3_bytes, most = quote + 60 + TCP_CHECKSUM_AT + 2;
	bool from_end = !memcmp(view->source, mine->source, 16);
	struct headers h = {.family = view->family, .protocol = view->protocol, .l4 = view->l4 - WEFT_L3};
	struct tuple tuple = {from_end ? other->destination : view->source, other->source, 0, 0};
	uint64_t before, addresses;
	uint32_t bytes;

	bytes = (end < most ? end : most) - quote;
	if (weft_need(worker, packet, quote + bytes, WEFT_DROP_MALFORMED_TRANSPORT))
		return WEFT_DROP_NO_MEMORY;
	h.ip = packet->data + WEFT_L3;
	h.bytes = view->l3_bytes;
	before = weft_sum(packet->data + quote, bytes, 0);
	if (!weft_translate_quote(packet->data + quote, bytes, view->family, other, false))
		return WEFT_DROP_UNTRANSLATABLE;
	addresses = write_addresses(&h, &tuple);
	h.partial = packet->flags & WEFT_PACKET_CSUM_PARTIAL;
	fix_checksum(&h, ICMP_CHECKSUM_AT, view->family == 6 ? addresses : 0,
		     difference(before, weft_sum(packet->data + quote, bytes, 0)));
	return WEFT_DROP_NONE;
}

enum weft_drop weft_translate(struct weft_worker *worker, struct weft_step *step, const struct weft_connection_key *mine,
			      const struct weft_connection_key *other)
{
	const struct weft_view *view = &step->view;
	struct weft_packet *packet = step->packet;
	bool icmp = view->protocol == WEFT_PROTOCOL_ICMP || view->protocol == WEFT_PROTOCOL_ICMPV6;
	struct tuple tuple = {other->destination, other->source, other->destination_port, other->source_port};
	struct headers h = {.ip = packet->data + WEFT_L3,
			    .bytes = view->l3_bytes,
			    .l4 = view->l4 - WEFT_L3,
			    .l4_bytes = WEFT_L3 + view->l3_bytes - view->l4,
			    .family = view->family,
			    .protocol = view->protocol,
			    .later = view->fragment == WEFT_FRAGMENT_LATER,
			    .partial = packet->flags & WEFT_PACKET_CSUM_PARTIAL};

	if (icmp)
		tuple.source_port = other->source_port;
	if (step->vif_id != WEFT_FROM_FABRIC &&
	    weft_forges_tunnel(worker, view->family, view->protocol, tuple.destination, tuple.destination_port))
		return WEFT_DROP_TUNNEL_FROM_PORT;
	step->translated = true;
	if (WEFT_UNLIKELY(view->kind == WEFT_KIND_ICMP_ERROR))
		return translate_error(worker, step, mine, other);
	/* the CRC covers the whole message, of which only a part is here */
	if (WEFT_UNLIKELY(view->protocol == WEFT_PROTOCOL_SCTP && view->fragment == WEFT_FRAGMENT_FIRST &&
			  (mine->source_port != tuple.source_port || mine->destination_port != tuple.destination_port)))
		return WEFT_DROP_UNTRANSLATABLE;
	write_tuple(&h, &tuple);
	return WEFT_DROP_NONE;
}
