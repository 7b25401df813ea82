/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Segmentation before encapsulation: the packets a device would have made of a GSO packet, each with complete checksums, sent
 * into the tunnel as one train that a port may merge again into one UDP GSO frame.
 */
#include "worker.h"

#include "checksum.h"
#include "encap/outer.h"

#define SEGMENTS_MAX 1024u

uint32_t weft_segment_bytes(const struct weft_step *step, uint32_t mtu)
{
	uint32_t headers = step->view.payload - WEFT_L3, room = mtu > headers ? mtu - headers : 0;
	uint32_t wanted = step->packet->gso_size;

	if (wanted <= room)
		return wanted;
	if (step->packet->gso != WEFT_GSO_UDP)
		return room;
	return step->view.dont_fragment ? 0 : wanted;
}

struct cutter {
	const struct weft_view *view;
	const struct weft_packet *whole;
	uint32_t headers; /* Ethernet to L4 */
	uint32_t index, offset, bytes;
	bool last;
};

static void fix_ip(struct weft_packet *segment, const struct cutter *cutter)
{
	uint32_t l3_bytes = segment->length - WEFT_L3, header = cutter->view->l4 - WEFT_L3;

	if (cutter->view->family == 4) {
		struct weft_ipv4 *ip = weft_ipv4_at(segment);

		ip->total = weft_be16_of(l3_bytes);
		ip->id = weft_be16_of(weft_be16_get(ip->id) + cutter->index);
		memset(ip->checksum, 0, 2);
		weft_sum_store(ip->checksum, weft_sum(ip, header, 0));
	} else {
		weft_ipv6_at(segment)->payload = weft_be16_of(l3_bytes - (uint32_t)sizeof(struct weft_ipv6));
	}
}

static void fix_transport(struct weft_packet *segment, const struct cutter *cutter)
{
	const struct weft_view *view = cutter->view;
	uint32_t l4_bytes = segment->length - view->l4;
	uint8_t *checksum;
	uint64_t sum;

	if (view->protocol == WEFT_PROTOCOL_TCP) {
		struct weft_tcp *tcp = (void *)(segment->data + view->l4);

		tcp->sequence = weft_be32_of(weft_be32_get(tcp->sequence) + cutter->offset);
		if (!cutter->last)
			tcp->flags &= (uint8_t) ~(WEFT_TCP_FIN | WEFT_TCP_PSH);
		if (cutter->index)
			tcp->flags &= (uint8_t)~WEFT_TCP_CWR; /* RFC 3168 6.1.2: once */
		checksum = tcp->checksum;
	} else {
		struct weft_udp *udp = (void *)(segment->data + view->l4);

		udp->length = weft_be16_of(l4_bytes);
		checksum = udp->checksum;
	}
	memset(checksum, 0, 2);
	/* of the segment, not of the view: the addresses may have been translated */
	sum = view->family == 4 ? weft_sum_pseudo(4, weft_ipv4_at(segment)->source, weft_ipv4_at(segment)->destination,
						  view->protocol, l4_bytes)
				: weft_sum_pseudo(6, weft_ipv6_at(segment)->source, weft_ipv6_at(segment)->destination,
						  view->protocol, l4_bytes);
	weft_sum_store(checksum, weft_sum(segment->data + view->l4, l4_bytes, sum));
	if (view->protocol == WEFT_PROTOCOL_UDP && weft_is_zero(checksum, 2))
		memset(checksum, 0xff, 2);
}

static struct weft_packet *cut(struct weft_worker *worker, const struct cutter *cutter)
{
	struct weft_packet *segment = weft_packet_make(worker, cutter->headers + cutter->bytes);

	if (!segment)
		return NULL;
	memcpy(segment->data, cutter->whole->data, cutter->headers);
	weft_host_packet_copy_out(cutter->whole, cutter->headers + cutter->offset, segment->data + cutter->headers,
				  cutter->bytes);
	fix_ip(segment, cutter);
	fix_transport(segment, cutter);
	segment->hash = cutter->whole->hash;
	return segment;
}

static enum weft_drop send_segment(struct weft_worker *worker, struct weft_packet *segment, const struct weft_step *step,
				   const struct weft_way *way, uint32_t mtu, bool train)
{
	struct weft_step *piece = &worker->reply;
	enum weft_drop reason;

	if (WEFT_LIKELY(segment->length - WEFT_L3 <= mtu)) {
		if (WEFT_LIKELY(!way->vif)) {
			reason = weft_output_tunnel(worker, segment, step->view.tos, way, train);
		} else {
			weft_depart(worker, way->vif, segment);
			return WEFT_DROP_NONE;
		}
	} else if (step->view.dont_fragment) {
		reason = weft_outer_fragment_send(worker, segment, step->view.tos, way);
	} else {
		piece->view = step->view;
		piece->view.l3_bytes = segment->length - WEFT_L3;
		piece->packet = segment;
		reason = weft_fragment_send(worker, piece, way, mtu);
	}
	if (reason)
		weft_packet_gone(worker, segment);
	return reason;
}

enum weft_drop weft_segment_send(struct weft_worker *worker, struct weft_step *step, const struct weft_way *way,
				 uint32_t segment_bytes, uint32_t mtu)
{
	struct weft_packet *packet = step->packet;
	struct cutter cutter = {.view = &step->view, .whole = packet, .headers = step->view.payload};
	uint32_t total = packet->length - cutter.headers, count = total ? (total + segment_bytes - 1) / segment_bytes : 1;
	struct weft_packet *segment;
	enum weft_drop reason;

	if (count > SEGMENTS_MAX)
		return WEFT_DROP_GSO;
	weft_depart_room(worker, count < WEFT_DEPARTURES_MAX ? count : WEFT_DEPARTURES_MAX);
	for (; cutter.index < count; cutter.index++) {
		cutter.bytes = total - cutter.offset < segment_bytes ? total - cutter.offset : segment_bytes;
		cutter.last = cutter.index + 1 == count;
		segment = cut(worker, &cutter);
		if (!segment)
			return WEFT_DROP_NO_MEMORY;
		reason = send_segment(worker, segment, step, way, mtu, cutter.index > 0);
		if (reason)
			return reason;
		cutter.offset += cutter.bytes;
	}
	step->packet = NULL;
	weft_packet_gone(worker, packet);
	return WEFT_DROP_NONE;
}
