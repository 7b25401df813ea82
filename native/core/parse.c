/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* From bytes to a view: every length is checked before a byte behind it is read. */
#include "parse.h"

#include "checksum.h"
#include "worker.h"

#define EXTENSION_HEADERS_MAX 8
#define EXTENSION_BYTES_MAX 512u

enum weft_drop weft_need_slow(struct weft_worker *worker, struct weft_packet *packet, uint32_t bytes,
			      enum weft_drop short_reason)
{
	if (packet->length < bytes)
		return short_reason;
	if (packet->linear >= bytes)
		return WEFT_DROP_NONE;
	if (!weft_host_packet_pull(worker->plane, worker->index, packet, bytes) || packet->linear < bytes)
		return WEFT_DROP_NO_MEMORY;
	return WEFT_DROP_NONE;
}

static bool icmp_pairs(uint8_t family, uint8_t type, uint16_t *class)
{
	if (family == 4 && (type == 8 || type == 0))
		*class = 8;
	else if (family == 4 && (type == 13 || type == 14))
		*class = 13;
	else if (family == 6 && (type == 128 || type == 129))
		*class = 128;
	else
		return false;
	return true;
}

bool weft_icmp_has_identifier(uint8_t family, uint8_t type)
{
	uint16_t class;

	return icmp_pairs(family, type, &class);
}

static bool is_extension(uint8_t next)
{
	return next == WEFT_PROTOCOL_HOPOPTS || next == WEFT_PROTOCOL_ROUTING || next == WEFT_PROTOCOL_FRAGMENT ||
	       next == WEFT_PROTOCOL_DSTOPTS || next == WEFT_PROTOCOL_AH;
}

static uint32_t extension_bytes(uint8_t kind, const uint8_t *header)
{
	if (kind == WEFT_PROTOCOL_FRAGMENT)
		return 8;
	return kind == WEFT_PROTOCOL_AH ? (header[1] + 2u) * 4 : (header[1] + 1u) * 8;
}

static bool icmp_is_error(uint8_t family, uint8_t type)
{
	if (family == 4)
		return type == 3 || type == 4 || type == 5 || type == 11 || type == 12;
	return type >= 1 && type <= 4;
}

/*
 * Behind the IPv6 header of a quoted packet: *at goes on to the upper header, *next becomes its protocol. False: cut, endless,
 * or a later fragment, which has no upper header.
 */
static bool skip_quoted_extensions(struct weft_worker *worker, struct weft_packet *packet, uint32_t end, uint32_t *at,
				   uint8_t *next)
{
	for (uint32_t count = 0; is_extension(*next); count++) {
		const uint8_t *header;
		uint32_t bytes;

		if (count == EXTENSION_HEADERS_MAX || *at + 8 > end ||
		    weft_need(worker, packet, *at + 8, WEFT_DROP_MALFORMED_TRANSPORT))
			return false;
		header = packet->data + *at;
		if (*next == WEFT_PROTOCOL_FRAGMENT && (header[2] || header[3] & 0xf8))
			return false;
		bytes = extension_bytes(*next, header);
		*next = header[0];
		*at += bytes;
	}
	return true;
}

/* The ports of a quoted packet, whose first 8 bytes behind IP these are: as the reverse direction has them. */
static bool key_of_quoted(struct weft_connection_key *key, const uint8_t *l4)
{
	uint16_t class;

	switch (key->protocol) {
	case WEFT_PROTOCOL_TCP:
	case WEFT_PROTOCOL_UDP:
	case WEFT_PROTOCOL_SCTP:
		key->source_port = (uint16_t)(l4[2] << 8 | l4[3]);
		key->destination_port = (uint16_t)(l4[0] << 8 | l4[1]);
		return true;
	case WEFT_PROTOCOL_ICMP:
	case WEFT_PROTOCOL_ICMPV6:
		if ((key->protocol == WEFT_PROTOCOL_ICMP) != (key->family == 4) || !icmp_pairs(key->family, l4[0], &class))
			return false;
		key->source_port = (uint16_t)(l4[4] << 8 | l4[5]);
		key->destination_port = class;
		return true;
	default:
		return true;
	}
}

/*
 * Reads the packet an ICMP error quotes (RFC 792: header and 8 bytes; RFC 4443: as much as fits) and makes key the reverse of
 * it: the direction the error belongs to. False when it cannot be read.
 */
static bool parse_quoted(struct weft_worker *worker, struct weft_packet *packet, uint32_t at, struct weft_view *view)
{
	uint32_t end = WEFT_L3 + view->l3_bytes, header = view->family == 4 ? 20 : 40;
	struct weft_connection_key *key = &view->key;
	bool v4 = view->family == 4;
	const uint8_t *quoted;
	uint8_t next;

	if (at + header > end || weft_need(worker, packet, at + header, WEFT_DROP_MALFORMED_TRANSPORT))
		return false;
	quoted = packet->data + at;
	if (quoted[0] >> 4 != view->family)
		return false;
	if (v4) {
		header = (quoted[0] & 0x0fu) * 4;
		if (header < 20 || (quoted[6] & 0x1f) || quoted[7])
			return false;
	}
	memcpy(key->source, quoted + (v4 ? 16 : 24), v4 ? 4 : 16);
	memcpy(key->destination, quoted + (v4 ? 12 : 8), v4 ? 4 : 16);
	next = v4 ? quoted[9] : quoted[6];
	at += header;
	if (!v4 && !skip_quoted_extensions(worker, packet, end, &at, &next))
		return false;
	if (at + 8 > end || weft_need(worker, packet, at + 8, WEFT_DROP_MALFORMED_TRANSPORT))
		return false;
	key->protocol = next;
	return key_of_quoted(key, packet->data + at);
}

static enum weft_drop parse_icmp(struct weft_worker *worker, struct weft_packet *packet, struct weft_view *view, uint32_t bytes)
{
	const struct weft_icmp *icmp;
	enum weft_drop reason;
	uint16_t class;

	if (bytes < sizeof(*icmp))
		return WEFT_DROP_MALFORMED_TRANSPORT;
	reason = weft_need(worker, packet, view->l4 + (uint32_t)sizeof(*icmp), WEFT_DROP_MALFORMED_TRANSPORT);
	if (reason)
		return reason;
	icmp = (const void *)(packet->data + view->l4);
	view->icmp_type = icmp->type;
	if (icmp_pairs(view->family, icmp->type, &class)) {
		view->key.source_port = weft_be16_get(icmp->identifier);
		view->key.destination_port = class;
	} else if (icmp_is_error(view->family, icmp->type)) {
		view->kind = WEFT_KIND_ICMP_ERROR;
		/* an error is about the packet its receiver sent */
		view->unmatched = view->fragment != WEFT_FRAGMENT_NONE || !parse_quoted(worker, packet, view->l4 + 8u, view) ||
				  memcmp(view->key.destination, view->destination, 16) != 0;
	} else if (view->family == 6 && icmp->type >= 133 && icmp->type <= 137) {
		view->kind = WEFT_KIND_NEIGHBOUR;
	} else {
		view->key.source_port = icmp->code;
		view->key.destination_port = icmp->type;
	}
	return WEFT_DROP_NONE;
}

static enum weft_drop parse_tcp(struct weft_worker *worker, struct weft_packet *packet, struct weft_view *view, uint32_t bytes)
{
	const struct weft_tcp *tcp;
	enum weft_drop reason;
	uint32_t header;

	if (bytes < sizeof(*tcp))
		return WEFT_DROP_MALFORMED_TRANSPORT;
	reason = weft_need(worker, packet, view->l4 + (uint32_t)sizeof(*tcp), WEFT_DROP_MALFORMED_TRANSPORT);
	if (reason)
		return reason;
	tcp = (const void *)(packet->data + view->l4);
	header = (tcp->data_offset >> 4) * 4u;
	if (header < sizeof(*tcp) || header > bytes)
		return WEFT_DROP_MALFORMED_TRANSPORT;
	reason = weft_need(worker, packet, view->l4 + header, WEFT_DROP_MALFORMED_TRANSPORT);
	if (reason)
		return reason;
	tcp = (const void *)(packet->data + view->l4);
	view->tcp_flags = tcp->flags;
	view->payload = (uint16_t)(view->l4 + header);
	view->key.source_port = weft_be16_get(tcp->source);
	view->key.destination_port = weft_be16_get(tcp->destination);
	return WEFT_DROP_NONE;
}

static enum weft_drop parse_udp_sctp(struct weft_worker *worker, struct weft_packet *packet, struct weft_view *view,
				     uint32_t bytes)
{
	uint32_t header = view->protocol == WEFT_PROTOCOL_UDP ? 8 : 12, length;
	const struct weft_udp *udp;
	enum weft_drop reason;

	if (bytes < header)
		return WEFT_DROP_MALFORMED_TRANSPORT;
	reason = weft_need(worker, packet, view->l4 + header, WEFT_DROP_MALFORMED_TRANSPORT);
	if (reason)
		return reason;
	udp = (const void *)(packet->data + view->l4);
	view->key.source_port = weft_be16_get(udp->source);
	view->key.destination_port = weft_be16_get(udp->destination);
	if (view->protocol == WEFT_PROTOCOL_SCTP)
		return WEFT_DROP_NONE;
	length = weft_be16_get(udp->length);
	if (length < header || (length > bytes && view->fragment == WEFT_FRAGMENT_NONE))
		return WEFT_DROP_MALFORMED_TRANSPORT;
	view->payload = (uint16_t)(view->l4 + header);
	return WEFT_DROP_NONE;
}

/* `bytes`: of the IP packet behind view->l4. */
static enum weft_drop parse_transport(struct weft_worker *worker, struct weft_packet *packet, struct weft_view *view,
				      uint32_t bytes)
{
	view->key.protocol = view->protocol;
	view->payload = view->l4;
	if (view->fragment == WEFT_FRAGMENT_LATER)
		return WEFT_DROP_NONE;
	switch (view->protocol) {
	case WEFT_PROTOCOL_TCP:
		return parse_tcp(worker, packet, view, bytes);
	case WEFT_PROTOCOL_UDP:
	case WEFT_PROTOCOL_SCTP:
		return parse_udp_sctp(worker, packet, view, bytes);
	case WEFT_PROTOCOL_ICMP:
		return view->family == 4 ? parse_icmp(worker, packet, view, bytes) : WEFT_DROP_NONE;
	case WEFT_PROTOCOL_ICMPV6:
		return view->family == 6 ? parse_icmp(worker, packet, view, bytes) : WEFT_DROP_NONE;
	default:
		return WEFT_DROP_NONE;
	}
}

static enum weft_drop parse_ipv4(struct weft_worker *worker, struct weft_packet *packet, struct weft_view *view)
{
	uint32_t header, total, fragment;
	const struct weft_ipv4 *ip;
	enum weft_drop reason;

	reason = weft_need(worker, packet, WEFT_L3 + (uint32_t)sizeof(*ip), WEFT_DROP_MALFORMED_IPV4);
	if (reason)
		return reason;
	ip = weft_ipv4_at(packet);
	header = (ip->version_ihl & 0x0fu) * 4;
	total = weft_be16_get(ip->total);
	if (ip->version_ihl >> 4 != 4 || header < sizeof(*ip) || total < header || total > packet->length - WEFT_L3)
		return WEFT_DROP_MALFORMED_IPV4;
	reason = weft_need(worker, packet, WEFT_L3 + header, WEFT_DROP_MALFORMED_IPV4);
	if (reason)
		return reason;
	ip = weft_ipv4_at(packet);
	if (!weft_sum_right(weft_sum(ip, header, 0)))
		return WEFT_DROP_CHECKSUM;
	if (packet->length > WEFT_L3 + total)
		weft_host_packet_trim(packet, WEFT_L3 + total);
	memcpy(view->source, ip->source, 4);
	memcpy(view->destination, ip->destination, 4);
	view->l3_bytes = total;
	view->l4 = (uint16_t)(WEFT_L3 + header);
	view->protocol = ip->protocol;
	view->tos = ip->tos;
	view->ttl = ip->ttl;
	fragment = weft_be16_get(ip->fragment);
	view->dont_fragment = (fragment & WEFT_IPV4_DF) != 0;
	if (WEFT_UNLIKELY(fragment & (WEFT_IPV4_MF | WEFT_IPV4_OFFSET))) {
		uint32_t offset = (fragment & WEFT_IPV4_OFFSET) * 8;

		if (total == header || offset + total > 65535 || ((fragment & WEFT_IPV4_MF) && (total - header) % 8))
			return WEFT_DROP_MALFORMED_IPV4;
		view->fragment = offset ? WEFT_FRAGMENT_LATER : WEFT_FRAGMENT_FIRST;
		view->fragment_id = weft_be16_get(ip->id);
		view->fragment_from = (uint16_t)offset;
		view->fragment_bytes = (uint16_t)(total - header);
		view->fragment_more = fragment & WEFT_IPV4_MF;
	}
	memcpy(view->key.source, ip->source, 4);
	memcpy(view->key.destination, ip->destination, 4);
	return parse_transport(worker, packet, view, total - header);
}

static bool note_fragment6(struct weft_view *view, const uint8_t *header, uint32_t behind)
{
	uint32_t offset = ((uint32_t)header[2] << 8 | header[3]) & 0xfff8u;
	bool more = header[3] & 1;

	if (!offset && !more)
		return true; /* atomic fragment, RFC 6946: an ordinary packet */
	if (!behind || offset + behind > 65535 || (more && behind % 8))
		return false;
	view->fragment = offset ? WEFT_FRAGMENT_LATER : WEFT_FRAGMENT_FIRST;
	view->fragment_from = (uint16_t)offset;
	view->fragment_bytes = (uint16_t)behind;
	view->fragment_more = more;
	view->fragment_id = (uint32_t)header[4] << 24 | (uint32_t)header[5] << 16 | (uint32_t)header[6] << 8 | header[7];
	return true;
}

/* Walks the extension headers (RFC 8200 4): at most 8 of them and 512 bytes. *at becomes the offset of the upper header. */
static enum weft_drop walk_extensions(struct weft_worker *worker, struct weft_packet *packet, struct weft_view *view,
				      uint8_t next, uint32_t *at)
{
	uint32_t end = WEFT_L3 + view->l3_bytes, bytes;
	enum weft_drop reason;
	const uint8_t *header;

	for (uint32_t count = 0; is_extension(next); count++) {
		if (count == EXTENSION_HEADERS_MAX || *at + 8 > end || *at > WEFT_L3 + 40 + EXTENSION_BYTES_MAX)
			return WEFT_DROP_MALFORMED_IPV6;
		reason = weft_need(worker, packet, *at + 8, WEFT_DROP_MALFORMED_IPV6);
		if (reason)
			return reason;
		header = packet->data + *at;
		bytes = extension_bytes(next, header);
		if (*at + bytes > end)
			return WEFT_DROP_MALFORMED_IPV6;
		if (next == WEFT_PROTOCOL_FRAGMENT) {
			if (view->fragment != WEFT_FRAGMENT_NONE || !note_fragment6(view, header, end - *at - bytes))
				return WEFT_DROP_MALFORMED_IPV6;
		}
		next = header[0];
		*at += bytes;
		if (view->fragment == WEFT_FRAGMENT_LATER)
			break;
	}
	view->protocol = next;
	return WEFT_DROP_NONE;
}

static enum weft_drop parse_ipv6(struct weft_worker *worker, struct weft_packet *packet, struct weft_view *view)
{
	const struct weft_ipv6 *ip;
	enum weft_drop reason;
	uint32_t payload, at = WEFT_L3 + (uint32_t)sizeof(*ip);

	reason = weft_need(worker, packet, at, WEFT_DROP_MALFORMED_IPV6);
	if (reason)
		return reason;
	ip = weft_ipv6_at(packet);
	payload = weft_be16_get(ip->payload);
	if (ip->version_class_label.b[0] >> 4 != 6 || payload > packet->length - at)
		return WEFT_DROP_MALFORMED_IPV6;
	if (packet->length > at + payload)
		weft_host_packet_trim(packet, at + payload);
	view->l3_bytes = (uint32_t)sizeof(*ip) + payload;
	view->tos = weft_ipv6_class(ip);
	view->ttl = ip->hops;
	view->dont_fragment = true;
	view->protocol = ip->next;
	memcpy(view->source, ip->source, 16);
	memcpy(view->destination, ip->destination, 16);
	memcpy(view->key.source, ip->source, 16);
	memcpy(view->key.destination, ip->destination, 16);
	if (WEFT_UNLIKELY(is_extension(ip->next))) {
		reason = walk_extensions(worker, packet, view, ip->next, &at);
		if (reason)
			return reason;
	}
	view->l4 = (uint16_t)at;
	return parse_transport(worker, packet, view, WEFT_L3 + view->l3_bytes - at);
}

enum weft_drop weft_parse_ip(struct weft_worker *worker, struct weft_packet *packet, uint8_t family, struct weft_view *view)
{
	memset(view, 0, sizeof(*view));
	view->family = family;
	view->key.family = family;
	return family == 4 ? parse_ipv4(worker, packet, view) : parse_ipv6(worker, packet, view);
}

/* Where the transport's own checksum is; 0: not known. Completing one elsewhere would write over what policy has looked at. */
static uint32_t checksum_offset(uint8_t protocol)
{
	switch (protocol) {
	case WEFT_PROTOCOL_TCP:
		return 16;
	case WEFT_PROTOCOL_UDP:
		return 6;
	case WEFT_PROTOCOL_ICMP:
	case WEFT_PROTOCOL_ICMPV6:
		return 2;
	default:
		return 0;
	}
}

static bool gso_agrees(const struct weft_packet *packet, const struct weft_view *view)
{
	bool partial = packet->flags & WEFT_PACKET_CSUM_PARTIAL;
	uint8_t protocol = packet->gso == WEFT_GSO_UDP ? WEFT_PROTOCOL_UDP : WEFT_PROTOCOL_TCP;

	if (packet->gso > WEFT_GSO_UDP || !packet->gso_size || !partial || view->fragment != WEFT_FRAGMENT_NONE)
		return false;
	if (view->protocol != protocol || (packet->gso == WEFT_GSO_TCP4 && view->family != 4) ||
	    (packet->gso == WEFT_GSO_TCP6 && view->family != 6))
		return false;
	if (packet->gso == WEFT_GSO_UDP) {
		const struct weft_udp *udp = (const void *)(packet->data + view->l4);

		/* the datagrams are cut from the whole payload */
		if (weft_be16_get(udp->length) != WEFT_L3 + view->l3_bytes - view->l4)
			return false;
	} else if (view->tcp_flags & (WEFT_TCP_SYN | WEFT_TCP_RST)) {
		return false;
	}
	return packet->csum_start == view->l4 && packet->csum_offset == (protocol == WEFT_PROTOCOL_TCP ? 16 : 6);
}

enum weft_drop weft_parse_metadata(struct weft_packet *packet, const struct weft_view *view)
{
	if (packet->gso != WEFT_GSO_NONE && !gso_agrees(packet, view))
		return WEFT_DROP_GSO;
	if (packet->flags & WEFT_PACKET_CSUM_PARTIAL) {
		uint32_t field = (uint32_t)packet->csum_start + packet->csum_offset, own = checksum_offset(view->protocol);

		/* one header of at most 64 bytes holds the field; it lies in the packet and starts where L4 starts */
		if (packet->csum_start != view->l4 || packet->csum_offset > 62 || field + 2 > WEFT_L3 + view->l3_bytes ||
		    view->fragment != WEFT_FRAGMENT_NONE || view->protocol == WEFT_PROTOCOL_SCTP ||
		    (own && packet->csum_offset != own))
			return WEFT_DROP_GSO;
	}
	return WEFT_DROP_NONE;
}
