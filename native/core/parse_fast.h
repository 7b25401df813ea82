/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The ordinary packet, parsed inline: TCP or UDP, no options or extension headers, not a fragment, between unicast addresses that
 * need no second look. The view is written in words, each composed in a register (the machine is little endian, as the ABI is).
 * Whatever is not ordinary is parse.c's, which decides alike.
 */
#ifndef WEFT_PARSE_FAST_H
#define WEFT_PARSE_FAST_H

#include "connection.h"
#include "parse.h"

#define WEFT_PORT_DHCP 67u
#define WEFT_PORT_DHCP6 547u

static inline uint64_t weft_load64(const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}
static inline uint32_t weft_load32(const uint8_t *at)
{
	uint32_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}
static inline uint16_t weft_load16(const uint8_t *at)
{
	uint16_t word;

	memcpy(&word, at, sizeof(word));
	return word;
}
/* Over several fields at once, which the checked memcpy of a kernel takes for a mistake. */
static inline void weft_store64(void *at, uint64_t word) { __builtin_memcpy(at, &word, sizeof(word)); }
static inline void weft_store32(void *at, uint32_t word) { __builtin_memcpy(at, &word, sizeof(word)); }

/* The sum of an IPv4 header without options, its checksum included, as five words in memory order, is right. */
static inline bool weft_ipv4_sum_right(const uint8_t *ip)
{
	uint64_t sum = (uint64_t)weft_load32(ip) + weft_load32(ip + 4) + weft_load32(ip + 8) + weft_load32(ip + 12) + weft_load32(ip + 16);

	return sum % 0xffff == 0; /* ones' complement: 2^16 counts as 1; the sum of a header is not 0 */
}

/* What the transport header behind the IP header at `ip_bytes` says. `bytes`: of the packet behind the IP header. */
struct weft_transport {
	uint32_t header; /* bytes */
	uint32_t ports;	 /* source, destination << 16; host order */
	uint8_t tcp_flags;
};

WEFT_HOT_PART bool weft_transport_fast(const struct weft_packet *packet, const uint8_t *l4, uint32_t at, uint8_t protocol,
				       uint32_t bytes, struct weft_transport *out)
{
	uint32_t ports = __builtin_bswap32(weft_load32(l4));

	out->ports = ports >> 16 | ports << 16;
	out->header = 8;
	out->tcp_flags = 0;
	if (WEFT_LIKELY(protocol == WEFT_PROTOCOL_UDP)) {
		uint32_t length = __builtin_bswap16(weft_load16(l4 + 4));

		return bytes >= 8 && length >= 8 && length <= bytes;
	}
	if (protocol != WEFT_PROTOCOL_TCP || bytes < sizeof(struct weft_tcp) || packet->linear < at + sizeof(struct weft_tcp))
		return false;
	out->header = (l4[12] >> 4) * 4u;
	out->tcp_flags = l4[13];
	return out->header >= sizeof(struct weft_tcp) && out->header <= bytes && packet->linear >= at + out->header;
}

WEFT_ABI_ASSERT(offsetof(struct weft_view, l4) % 8 == 0 && offsetof(struct weft_view, ttl) == offsetof(struct weft_view, l4) + 7 &&
			offsetof(struct weft_view, fragment_id) == offsetof(struct weft_view, l4) + 8 &&
			offsetof(struct weft_view, kind) == offsetof(struct weft_view, l4) + 15,
		"words of a view");

WEFT_HOT_PART void weft_view_write(struct weft_view *view, uint8_t family, uint8_t protocol, uint8_t tos, uint8_t ttl, uint32_t ip_bytes,
				   uint32_t l3_bytes, bool dont_fragment, uint32_t zone, const struct weft_transport *transport)
{
	uint64_t l4 = WEFT_L3 + ip_bytes;

	weft_store64(&view->key.zone, zone | (uint64_t)transport->ports << 32);
	view->l3_bytes = l3_bytes;
	weft_store32(&view->key.family, family | (uint32_t)protocol << 8);
	weft_store64(&view->l4, l4 | (l4 + transport->header) << 16 | (uint64_t)family << 32 | (uint64_t)protocol << 40 |
				    (uint64_t)tos << 48 | (uint64_t)ttl << 56);
	weft_store64(&view->fragment_id, (uint64_t)transport->tcp_flags << 32);
	view->dont_fragment = dont_fragment;
	view->unmatched = false;
}

/* An IPv4 packet; the key's zone is `zone`. *hash: of the key. False: not an ordinary one, and the view is not filled. */
WEFT_HOT_PART bool weft_parse_ipv4_fast(struct weft_packet *packet, uint32_t zone, const uint64_t secret[4], struct weft_view *view,
					uint32_t *hash)
{
	const uint8_t *ip = packet->data + WEFT_L3;
	uint32_t total, source, destination;
	struct weft_transport transport;
	uint64_t first;

	if (WEFT_UNLIKELY(packet->linear < WEFT_L3 + sizeof(struct weft_ipv4) + sizeof(struct weft_udp)))
		return false;
	first = weft_load64(ip);
	total = __builtin_bswap16((uint16_t)(first >> 16));
	source = weft_load32(ip + 12);
	destination = weft_load32(ip + 16);
	/* 0/8, 127/8, 224/3: bad sources and groups */
	if (WEFT_UNLIKELY((first & 0xff3f0000000000ffull) != 0x45 || total < sizeof(struct weft_ipv4) || total > packet->length - WEFT_L3 ||
			  (uint8_t)(ip[12] - 1) >= 223 || ip[12] == 127 || ip[16] >= 224 || !weft_ipv4_sum_right(ip)))
		return false;
	if (WEFT_UNLIKELY(!weft_transport_fast(packet, ip + sizeof(struct weft_ipv4), WEFT_L3 + sizeof(struct weft_ipv4), ip[9],
					       total - (uint32_t)sizeof(struct weft_ipv4), &transport)))
		return false;
	weft_store64(view->source, source);
	weft_store64(view->source + 8, 0);
	weft_store64(view->destination, destination);
	weft_store64(view->destination + 8, 0);
	weft_store64(view->key.source, source);
	weft_store64(view->key.source + 8, 0);
	weft_store64(view->key.destination, destination);
	weft_store64(view->key.destination + 8, 0);
	weft_view_write(view, 4, ip[9], (uint8_t)(first >> 8), ip[8], sizeof(struct weft_ipv4), total, first >> 48 & 0x40, zone, &transport);
	*hash = weft_connection_hash4(secret, zone | (uint64_t)transport.ports << 32, 4 | (uint32_t)ip[9] << 8, source, destination);
	return true;
}

/* The same for IPv6. */
WEFT_HOT_PART bool weft_parse_ipv6_fast(struct weft_packet *packet, uint32_t zone, const uint64_t secret[4], struct weft_view *view,
					uint32_t *hash)
{
	const uint8_t *ip = packet->data + WEFT_L3;
	uint64_t source[2], destination[2];
	struct weft_transport transport;
	uint32_t payload;

	if (WEFT_UNLIKELY(packet->linear < WEFT_L3 + sizeof(struct weft_ipv6) + sizeof(struct weft_udp)))
		return false;
	payload = __builtin_bswap16(weft_load16(ip + 4));
	/* ::/8, fe00::/7: unspecified, loopback, link local, multicast */
	if (WEFT_UNLIKELY(ip[0] >> 4 != 6 || payload > packet->length - WEFT_L3 - sizeof(struct weft_ipv6) || ip[8] == 0 || ip[8] >= 0xfe ||
			  ip[24] >= 0xfe))
		return false;
	if (WEFT_UNLIKELY(!weft_transport_fast(packet, ip + sizeof(struct weft_ipv6), WEFT_L3 + sizeof(struct weft_ipv6), ip[6], payload,
					       &transport)))
		return false;
	memcpy(source, ip + 8, sizeof(source));
	memcpy(destination, ip + 24, sizeof(destination));
	memcpy(view->source, source, sizeof(source));
	memcpy(view->destination, destination, sizeof(destination));
	memcpy(view->key.source, source, sizeof(source));
	memcpy(view->key.destination, destination, sizeof(destination));
	weft_view_write(view, 6, ip[6], (uint8_t)(ip[0] << 4 | ip[1] >> 4), ip[7], sizeof(struct weft_ipv6),
			(uint32_t)sizeof(struct weft_ipv6) + payload, true, zone, &transport);
	*hash = weft_connection_hash6(secret, zone | (uint64_t)transport.ports << 32, 6 | (uint32_t)ip[6] << 8, source, destination);
	return true;
}

/* The packet ends where its IP packet does: Ethernet padding goes. */
static inline void weft_trim_padding(struct weft_packet *packet, const struct weft_view *view)
{
	if (WEFT_UNLIKELY(packet->length > WEFT_L3 + view->l3_bytes))
		weft_host_packet_trim(packet, WEFT_L3 + view->l3_bytes);
}

#endif
