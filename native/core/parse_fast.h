/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The ordinary packet, parsed inline: no options or extension headers, not a fragment, TCP or UDP. parse.c does the rest. */
#ifndef WEFT_PARSE_FAST_H
#define WEFT_PARSE_FAST_H

#include "checksum.h"
#include "parse.h"

/* The sum over an IPv4 header without options, its checksum included, is right. */
static inline bool weft_ipv4_sum_right(const struct weft_ipv4 *ip)
{
	uint32_t words[5];
	uint64_t sum;

	memcpy(words, ip, sizeof(words));
	sum = (uint64_t)words[0] + words[1] + words[2] + words[3] + words[4];
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return sum == 0xffff;
}

/* The transport header at view->l4, of a packet with `bytes` of it and what it carries. False: not an ordinary one. */
static inline bool weft_parse_transport_fast(const struct weft_packet *packet, struct weft_view *view, uint32_t bytes)
{
	const uint8_t *l4 = packet->data + view->l4;
	uint32_t header = 8;

	if (WEFT_LIKELY(view->protocol == WEFT_PROTOCOL_UDP)) {
		uint32_t length = weft_be16_get(((const struct weft_udp *)(const void *)l4)->length);

		if (WEFT_UNLIKELY(bytes < header || length < header || length > bytes))
			return false;
		view->tcp_flags = 0;
	} else if (view->protocol == WEFT_PROTOCOL_TCP) {
		const struct weft_tcp *tcp = (const void *)l4;

		if (WEFT_UNLIKELY(bytes < sizeof(*tcp) || packet->linear < view->l4 + sizeof(*tcp)))
			return false;
		header = (tcp->data_offset >> 4) * 4u;
		if (WEFT_UNLIKELY(header < sizeof(*tcp) || header > bytes || packet->linear < view->l4 + header))
			return false;
		view->tcp_flags = tcp->flags;
	} else {
		return false;
	}
	view->key.source_port = weft_be16_get(((const struct weft_udp *)(const void *)l4)->source);
	view->key.destination_port = weft_be16_get(((const struct weft_udp *)(const void *)l4)->destination);
	view->key.protocol = view->protocol;
	view->payload = (uint16_t)(view->l4 + header);
	view->fragment_id = 0;
	view->icmp_type = 0;
	view->fragment = WEFT_FRAGMENT_NONE;
	view->kind = WEFT_KIND_PLAIN;
	view->unmatched = false;
	return true;
}

static inline bool weft_parse_ipv4_fast(struct weft_packet *packet, struct weft_view *view)
{
	const struct weft_ipv4 *ip = weft_ipv4_at(packet);
	uint32_t total, fragment;

	if (WEFT_UNLIKELY(packet->linear < WEFT_L3 + sizeof(*ip) + sizeof(struct weft_udp)))
		return false;
	total = weft_be16_get(ip->total);
	fragment = weft_be16_get(ip->fragment);
	if (WEFT_UNLIKELY(ip->version_ihl != 0x45 || (fragment & (WEFT_IPV4_MF | WEFT_IPV4_OFFSET)) ||
			  total < sizeof(*ip) || total > packet->length - WEFT_L3 || !weft_ipv4_sum_right(ip)))
		return false;
	view->family = view->key.family = 4;
	view->protocol = ip->protocol;
	view->tos = ip->tos;
	view->ttl = ip->ttl;
	view->dont_fragment = (fragment & WEFT_IPV4_DF) != 0;
	view->l3_bytes = total;
	view->l4 = WEFT_L3 + sizeof(*ip);
	memcpy(view->source, ip->source, 4);
	memset(view->source + 4, 0, 12);
	memcpy(view->destination, ip->destination, 4);
	memset(view->destination + 4, 0, 12);
	memcpy(view->key.source, ip->source, 4);
	memset(view->key.source + 4, 0, 12);
	memcpy(view->key.destination, ip->destination, 4);
	memset(view->key.destination + 4, 0, 12);
	return weft_parse_transport_fast(packet, view, total - (uint32_t)sizeof(*ip));
}

static inline bool weft_parse_ipv6_fast(struct weft_packet *packet, struct weft_view *view)
{
	const struct weft_ipv6 *ip = weft_ipv6_at(packet);
	uint32_t payload;

	if (WEFT_UNLIKELY(packet->linear < WEFT_L3 + sizeof(*ip) + sizeof(struct weft_udp)))
		return false;
	payload = weft_be16_get(ip->payload);
	if (WEFT_UNLIKELY(ip->version_class_label.b[0] >> 4 != 6 || payload > packet->length - WEFT_L3 - sizeof(*ip)))
		return false;
	view->family = view->key.family = 6;
	view->protocol = ip->next;
	view->tos = weft_ipv6_class(ip);
	view->ttl = ip->hops;
	view->dont_fragment = true;
	view->l3_bytes = (uint32_t)sizeof(*ip) + payload;
	view->l4 = WEFT_L3 + sizeof(*ip);
	memcpy(view->source, ip->source, 16);
	memcpy(view->destination, ip->destination, 16);
	memcpy(view->key.source, ip->source, 16);
	memcpy(view->key.destination, ip->destination, 16);
	return weft_parse_transport_fast(packet, view, payload);
}

/* weft_parse_ip, inline for the ordinary packet. */
static inline enum weft_drop weft_parse(struct weft_worker *worker, struct weft_packet *packet, uint8_t family,
					struct weft_view *view)
{
	bool ordinary = family == 4 ? weft_parse_ipv4_fast(packet, view) : weft_parse_ipv6_fast(packet, view);

	if (WEFT_UNLIKELY(!ordinary))
		return weft_parse_ip(worker, packet, family, view);
	memset(view->key.zero0, 0, sizeof(view->key.zero0));
	if (WEFT_UNLIKELY(packet->length > WEFT_L3 + view->l3_bytes)) /* Ethernet padding */
		weft_host_packet_trim(packet, WEFT_L3 + view->l3_bytes);
	return WEFT_DROP_NONE;
}

#endif
