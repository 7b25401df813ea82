/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* IPv4 packets too big for the path are cut before the port or the tunnel. */
#include "worker.h"

#include "checksum.h"

/* One fragment: `bytes` of the payload from `at` on (RFC 791 3.2). Every fragment keeps all options. */
static struct weft_packet *cut(struct weft_worker *worker, const struct weft_packet *packet, uint32_t header, uint32_t at,
			       uint32_t bytes, bool last)
{
	struct weft_packet *piece = weft_packet_make(worker, WEFT_L3 + header + bytes);
	struct weft_ipv4 *ip;
	uint32_t field;

	if (!piece)
		return NULL;
	memcpy(piece->data, packet->data, WEFT_L3 + header);
	weft_host_packet_copy_out(packet, WEFT_L3 + header + at, piece->data + WEFT_L3 + header, bytes);
	ip = weft_ipv4_at(piece);
	field = weft_be16_get(ip->fragment);
	field = (field & ~(WEFT_IPV4_OFFSET | WEFT_IPV4_MF)) | (((field & WEFT_IPV4_OFFSET) + at / 8) & WEFT_IPV4_OFFSET) |
		(last ? field & WEFT_IPV4_MF : WEFT_IPV4_MF);
	ip->fragment = weft_be16_of(field);
	ip->total = weft_be16_of(header + bytes);
	memset(ip->checksum, 0, 2);
	weft_sum_store(ip->checksum, weft_sum(ip, header, 0));
	piece->hash = packet->hash;
	return piece;
}

static enum weft_drop send_piece(struct weft_worker *worker, struct weft_packet *piece, const struct weft_view *view,
				 const struct weft_way *way)
{
	if (way->vif) {
		weft_depart(worker, way->vif, piece);
		return WEFT_DROP_NONE;
	}
	return weft_output_tunnel(worker, piece, view->tos, way, false);
}

enum weft_drop weft_fragment_send(struct weft_worker *worker, struct weft_step *step, const struct weft_way *way, uint32_t mtu)
{
	uint32_t header = step->view.l4 - WEFT_L3, payload = step->view.l3_bytes - header, room, at = 0, bytes;
	struct weft_packet *packet = step->packet, *piece;
	enum weft_drop reason = WEFT_DROP_NONE;

	if (mtu < header + 8)
		return WEFT_DROP_TOO_BIG;
	if (!weft_checksum_complete(worker, packet))
		return WEFT_DROP_NO_MEMORY;
	room = (mtu - header) & ~7u;
	while (at < payload && !reason) {
		bytes = payload - at < room ? payload - at : room;
		piece = cut(worker, packet, header, at, bytes, at + bytes == payload);
		if (!piece)
			return WEFT_DROP_NO_MEMORY;
		reason = send_piece(worker, piece, &step->view, way);
		if (reason)
			weft_packet_gone(worker, piece);
		at += bytes;
	}
	if (reason)
		return reason;
	step->packet = NULL;
	weft_packet_gone(worker, packet);
	return WEFT_DROP_NONE;
}
