/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Receive coalescing: consecutive TCP segments of one connection in a burst become one GSO packet for the port. What comes out
 * can be segmented back into exactly what came in: equal headers, equal sizes but the last's, sequence numbers without a gap.
 */
#include "worker.h"

#include "checksum.h"

#define TOTAL_MAX 65535u /* L3 bytes */

static struct weft_tcp *tcp_at(const struct weft_packet *packet, uint32_t l4)
{
	return (void *)(packet->data + l4);
}

static uint64_t pseudo_sum(const struct weft_packet *packet, uint8_t family, uint32_t l4_bytes)
{
	const uint8_t *ip = packet->data + WEFT_L3;

	return family == 4 ? weft_sum_pseudo(4, ip + 12, ip + 16, WEFT_PROTOCOL_TCP, l4_bytes)
			   : weft_sum_pseudo(6, ip + 8, ip + 24, WEFT_PROTOCOL_TCP, l4_bytes);
}

/* Plain data segment: no options or extensions in IP, nothing but ACK and PSH, and its checksum is right. */
static bool is_data_segment(struct weft_worker *worker, const struct weft_step *step, struct weft_packet *packet)
{
	const struct weft_view *view = &step->view;
	uint32_t l4_bytes = packet->length - view->l4;

	if (view->protocol != WEFT_PROTOCOL_TCP || view->fragment != WEFT_FRAGMENT_NONE || packet->gso != WEFT_GSO_NONE)
		return false;
	if (view->l4 != WEFT_L3 + (view->family == 4 ? 20 : 40) || packet->length <= view->payload ||
	    (view->tcp_flags & ~WEFT_TCP_PSH) != WEFT_TCP_ACK)
		return false;
	if (!(packet->flags & WEFT_PACKET_CSUM_VALID)) {
		uint64_t sum = pseudo_sum(packet, view->family, l4_bytes);

		if (!weft_sum_right(weft_packet_sum(worker, packet, view->l4, l4_bytes, sum)))
			return false;
		packet->flags |= WEFT_PACKET_CSUM_VALID;
	}
	return true;
}

/* IP headers but for length, checksum and, without DF, consecutive ids. */
static bool same_ip(const struct weft_group *group, const struct weft_packet *packet)
{
	const uint8_t *one = group->head->data + WEFT_L3, *other = packet->data + WEFT_L3;

	if (group->family == 6)
		return !memcmp(one, other, 4) && !memcmp(one + 6, other + 6, 34);
	if (memcmp(one, other, 2) || memcmp(one + 6, other + 6, 4) || memcmp(one + 12, other + 12, 8))
		return false;
	return (one[6] & 0x40) || weft_be16_get(weft_ipv4_at(packet)->id) == group->next_id;
}

/* TCP headers but for sequence number, PSH and checksum. */
static bool same_tcp(const struct weft_group *group, const struct weft_packet *packet)
{
	const uint8_t *one = group->head->data + group->l4, *other = packet->data + group->l4;

	return !memcmp(one, other, 4) && !memcmp(one + 8, other + 8, 5) && !((one[13] ^ other[13]) & ~WEFT_TCP_PSH) &&
	       !memcmp(one + 14, other + 14, 2) && !memcmp(one + 18, other + 18, (uint32_t)(group->payload - group->l4) - 18);
}

static bool continues(const struct weft_group *group, const struct weft_step *step, const struct weft_packet *packet)
{
	uint32_t bytes = packet->length - step->view.payload;

	return !group->closed && group->family == step->view.family && group->payload == step->view.payload &&
	       bytes <= group->segment_bytes && group->length + bytes - WEFT_L3 <= TOTAL_MAX &&
	       weft_be32_get(tcp_at(packet, group->l4)->sequence) == group->sequence && same_ip(group, packet) &&
	       same_tcp(group, packet);
}

static void finish(struct weft_group *group)
{
	struct weft_packet *head = group->head;
	struct weft_tcp *tcp;
	uint16_t sum;

	group->head = NULL;
	if (!head || group->segments < 2)
		return;
	tcp = tcp_at(head, group->l4);
	if (group->family == 4) {
		struct weft_ipv4 *ip = weft_ipv4_at(head);

		ip->total = weft_be16_of(head->length - WEFT_L3);
		memset(ip->checksum, 0, 2);
		weft_sum_store(ip->checksum, weft_sum(ip, sizeof(*ip), 0));
	} else {
		weft_ipv6_at(head)->payload = weft_be16_of(head->length - group->l4);
	}
	sum = weft_sum_fold(pseudo_sum(head, group->family, head->length - group->l4));
	memcpy(tcp->checksum, &sum, 2);
	head->flags = (uint16_t)((head->flags & ~WEFT_PACKET_CSUM_VALID) | WEFT_PACKET_CSUM_PARTIAL);
	head->csum_start = group->l4;
	head->csum_offset = 16;
	head->gso = group->family == 4 ? WEFT_GSO_TCP4 : WEFT_GSO_TCP6;
	head->gso_size = group->segment_bytes;
}

void weft_coalesce_finish(struct weft_worker *worker)
{
	for (uint32_t i = 0; i < WEFT_GROUPS_MAX; i++)
		finish(&worker->groups[i]);
}

static void open_group(struct weft_group *group, struct weft_vif *vif, const struct weft_step *step, struct weft_packet *packet)
{
	uint32_t bytes = packet->length - step->view.payload;

	finish(group);
	*group = (struct weft_group){
	    .head = packet,
	    .vif = vif,
	    .hash = step->hash,
	    .sequence = weft_be32_get(tcp_at(packet, step->view.l4)->sequence) + bytes,
	    .length = packet->length,
	    .l4 = step->view.l4,
	    .payload = step->view.payload,
	    .segment_bytes = (uint16_t)bytes,
	    .segments = 1,
	    .family = step->view.family,
	    .closed = step->view.tcp_flags & WEFT_TCP_PSH,
	};
	if (group->family == 4)
		group->next_id = (uint16_t)(weft_be16_get(weft_ipv4_at(packet)->id) + 1);
}

/* Takes the packet, or leaves it as it was. */
static bool append(struct weft_worker *worker, struct weft_group *group, const struct weft_step *step,
		   struct weft_packet *packet)
{
	uint32_t bytes = packet->length - step->view.payload;

	if (!weft_packet_adjust(packet, step->view.payload))
		return false;
	if (!weft_host_packet_chain(worker->plane, worker->index, group->head, packet)) {
		/* the header still stands in front of the payload */
		weft_packet_adjust(packet, -(int32_t)step->view.payload);
		return false;
	}
	weft_count(&worker->gone, 1);
	if (step->view.tcp_flags & WEFT_TCP_PSH)
		tcp_at(group->head, group->l4)->flags |= WEFT_TCP_PSH;
	group->closed = bytes < group->segment_bytes || (step->view.tcp_flags & WEFT_TCP_PSH);
	group->length += bytes;
	group->sequence += bytes;
	group->segments++;
	group->next_id++;
	return true;
}

void weft_coalesce(struct weft_worker *worker, struct weft_vif *vif, const struct weft_step *step, struct weft_packet *packet)
{
	struct weft_group *group = NULL;
	bool data;

	for (uint32_t i = 0; i < WEFT_GROUPS_MAX; i++) {
		if (worker->groups[i].head && worker->groups[i].hash == step->hash && worker->groups[i].vif == vif)
			group = &worker->groups[i];
	}
	data = is_data_segment(worker, step, packet);
	if (group && data && continues(group, step, packet) && append(worker, group, step, packet))
		return;
	if (group)
		finish(group); /* order: nothing behind this packet may join what stands before it */
	if (worker->departure_count == WEFT_DEPARTURES_MAX)
		weft_depart_flush(worker);
	weft_depart(worker, vif, packet);
	if (data)
		open_group(group ? group : &worker->groups[worker->group_next++ % WEFT_GROUPS_MAX], vif, step, packet);
}
