/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Outer headers other than the default ones, and outer packets that leave in fragments. */
#include "outer.h"

#include "../worker.h"

/* Not the same for two packets that one host may be putting together (RFC 6864 4.1, RFC 8200 4.5): workers take turns. */
static uint32_t next_id(struct weft_worker *worker)
{
	return worker->outer_id++ * weft_plane_workers(worker->plane) + worker->index;
}

bool weft_outer_dont_fragment(const struct weft_worker *worker, const struct weft_packet *packet)
{
	const uint8_t *inner = packet->data + WEFT_L3;

	switch (worker->configured->tunnel_df) {
	case WEFT_TUNNEL_DF_COPY:
		return inner[0] >> 4 != 4 || inner[6] & 0x40;
	case WEFT_TUNNEL_DF_CLEAR:
		return false;
	default:
		return true;
	}
}

void weft_outer_restyle(struct weft_worker *worker, struct weft_packet *packet, uint8_t family, bool dont_fragment)
{
	uint8_t hops = worker->configured->tunnel_ttl ? worker->configured->tunnel_ttl : WEFT_OUTER_TTL;
	struct weft_ipv4 *ip = weft_ipv4_at(packet);

	if (family == 6) {
		weft_ipv6_at(packet)->hops = hops;
		return;
	}
	ip->ttl = hops;
	if (!dont_fragment) {
		ip->fragment = weft_be16_of(0);
		ip->id = weft_be16_of(next_id(worker) & 0xffff);
		if (weft_plane_workers(worker->plane) > 1)
			packet->outer_bytes =
			    0; /* a device that cuts a train up counts ids up by one, through those of other workers */
	}
	memset(ip->checksum, 0, 2);
	weft_sum_store(ip->checksum, weft_sum(ip, sizeof(*ip), 0));
}

/* A fragment of the encapsulated packet: `bytes` from `at` on behind its outer IP header. */
static struct weft_packet *cut4(struct weft_worker *worker, const struct weft_packet *packet, uint32_t at, uint32_t bytes,
				bool last)
{
	uint32_t front = WEFT_L3 + (uint32_t)sizeof(struct weft_ipv4);
	struct weft_packet *piece = weft_packet_make(worker, front + bytes);
	struct weft_ipv4 *ip;

	if (!piece)
		return NULL;
	memcpy(piece->data, packet->data, front);
	weft_host_packet_copy_out(packet, front + at, piece->data + front, bytes);
	ip = weft_ipv4_at(piece);
	ip->total = weft_be16_of((uint32_t)sizeof(*ip) + bytes);
	ip->fragment = weft_be16_of(at / 8 | (last ? 0 : WEFT_IPV4_MF));
	memset(ip->checksum, 0, 2);
	weft_sum_store(ip->checksum, weft_sum(ip, sizeof(*ip), 0));
	return piece;
}

static struct weft_packet *cut6(struct weft_worker *worker, const struct weft_packet *packet, uint32_t at, uint32_t bytes,
				bool last, uint32_t id)
{
	uint32_t front = WEFT_L3 + (uint32_t)sizeof(struct weft_ipv6);
	struct weft_packet *piece = weft_packet_make(worker, front + 8 + bytes);
	weft_be32 wire = weft_be32_of(id);
	struct weft_ipv6 *ip;
	uint8_t *header;

	if (!piece)
		return NULL;
	memcpy(piece->data, packet->data, front);
	weft_host_packet_copy_out(packet, front + at, piece->data + front + 8, bytes);
	ip = weft_ipv6_at(piece);
	header = piece->data + front;
	header[0] = ip->next;
	header[1] = 0;
	header[2] = (uint8_t)(at >> 8);
	header[3] = (uint8_t)((at & 0xf8) | (last ? 0 : 1));
	memcpy(header + 4, &wire, sizeof(wire));
	ip->next = WEFT_PROTOCOL_FRAGMENT;
	ip->payload = weft_be16_of(8 + bytes);
	return piece;
}

enum weft_drop weft_outer_fragment_send(struct weft_worker *worker, struct weft_packet *packet, uint8_t tos,
					const struct weft_way *way)
{
	uint8_t family = way->nexthop->endpoint->family;
	uint32_t front = WEFT_L3 + weft_outer_ip_bytes(family), mtu = weft_endpoint_mtu(way->nexthop->endpoint), id, room, at,
		 total, bytes;
	struct weft_packet *piece;
	struct weft_vif *uplink;
	enum weft_drop reason;

	reason = weft_tunnel_push(worker, packet, tos, way, &uplink);
	if (reason)
		return reason;
	mtu -= front - WEFT_L3 + (family == 6 ? 8 : 0);
	if (mtu < 8 || mtu > WEFT_OUTER_WHOLE_MAX)
		return WEFT_DROP_TOO_BIG;
	room = mtu & ~7u;
	total = packet->length - front;
	id = family == 6 ? next_id(worker) : 0; /* IPv4: in the header already, there is no DF */
	for (at = 0; at < total; at += bytes) {
		bytes = total - at < room ? total - at : room;
		piece = family == 4 ? cut4(worker, packet, at, bytes, at + bytes == total)
				    : cut6(worker, packet, at, bytes, at + bytes == total, id);
		if (!piece)
			return WEFT_DROP_NO_MEMORY;
		piece->hash = packet->hash;
		weft_depart(worker, uplink, piece);
	}
	weft_packet_gone(worker, packet);
	return WEFT_DROP_NONE;
}
