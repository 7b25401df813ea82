/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The way out: hop limit, size, Ethernet or tunnel, and the queue that a burst's packets leave from together. */
#include "worker.h"

#include "checksum.h"
#include "encap/mplsogre.h"
#include "encap/mplsoudp.h"
#include "encap/native.h"
#include "encap/outer.h"
#include "encap/vxlan.h"

uint64_t weft_packet_sum(struct weft_worker *worker, const struct weft_packet *packet, uint32_t offset, uint32_t bytes,
			 uint64_t sum)
{
	uint32_t part;

	if (WEFT_LIKELY(offset + bytes <= packet->linear))
		return weft_sum(packet->data + offset, bytes, sum);
	while (bytes) {
		part = bytes < WEFT_CHUNK_BYTES ? bytes : WEFT_CHUNK_BYTES;
		weft_host_packet_copy_out(packet, offset, worker->chunk, part);
		sum = weft_sum(worker->chunk, part, sum);
		offset += part;
		bytes -= part;
	}
	return sum;
}

bool weft_checksum_complete(struct weft_worker *worker, struct weft_packet *packet)
{
	uint32_t start = packet->csum_start, field = start + packet->csum_offset;
	uint64_t sum;

	if (!(packet->flags & WEFT_PACKET_CSUM_PARTIAL))
		return true;
	if (weft_need(worker, packet, field + 2, WEFT_DROP_GSO))
		return false;
	sum = weft_packet_sum(worker, packet, start, packet->length - start, 0);
	weft_sum_store(packet->data + field, sum);
	/* RFC 768: a computed zero is sent as ones */
	if (packet->csum_offset == 6 && weft_is_zero(packet->data + field, 2))
		memset(packet->data + field, 0xff, 2);
	packet->flags &= (uint16_t)~WEFT_PACKET_CSUM_PARTIAL;
	return true;
}

/* ---- the queue ---- */

WEFT_HOT void weft_depart_flush(struct weft_worker *worker)
{
	weft_coalesce_finish(worker);
	for (uint32_t i = 0; i < worker->departure_list_count; i++) {
		struct weft_departure_list *list = &worker->departure_lists[i];
		struct weft_vif_counters *counters = &list->vif->counters[worker->index];
		struct weft_packet **packets = worker->departures;
		uint32_t count = worker->departure_list_count == 1 ? worker->departure_count : 0;
		uint64_t bytes = 0;

		worker->departure_list_of[list->vif->vif_id] = 0;
		if (!count) {
			packets = worker->batch;
			for (uint32_t at = list->first; at; at = worker->departure_next[at - 1])
				packets[count++] = worker->departures[at - 1];
		}
		for (uint32_t at = 0; at < count; at++)
			bytes += packets[at]->length;
		weft_count(&counters->tx_packets, count);
		weft_count(&counters->tx_bytes, bytes);
		weft_host_transmit(worker->plane, worker->index, list->vif, packets, count);
	}
	worker->departure_count = worker->departure_list_count = 0;
}

void weft_depart_room(struct weft_worker *worker, uint32_t count)
{
	if (worker->departure_count + count > WEFT_DEPARTURES_MAX)
		weft_depart_flush(worker);
}

/* ---- one packet ---- */

static void write_ethernet(struct weft_packet *packet, const struct weft_vif *vif, uint8_t family)
{
	struct weft_ethernet *ethernet = (void *)packet->data;

	memcpy(ethernet->destination, vif->mac, 6);
	memcpy(ethernet->source, weft_gateway_mac, 6);
	ethernet->type = weft_be16_of(family == 4 ? WEFT_ETHERTYPE_IPV4 : WEFT_ETHERTYPE_IPV6);
}

static enum weft_drop too_big(struct weft_worker *worker, const struct weft_step *step, const struct weft_way *way,
			      uint32_t mtu)
{
	return weft_icmp_error(worker, step, WEFT_ICMP_TOO_BIG, way->vif, mtu, WEFT_DROP_TOO_BIG);
}

static enum weft_drop to_port(struct weft_worker *worker, struct weft_step *step, const struct weft_way *way)
{
	struct weft_packet *packet = step->packet;
	const struct weft_view *view = &step->view;
	bool big = packet->gso == WEFT_GSO_NONE && view->l3_bytes > way->vif->mtu;

	if (WEFT_UNLIKELY(!weft_get(way->vif->carrier) ||
			  way->vif->type == WEFT_VIF_AGENT)) /* who gets nothing that has no trap header */
		return WEFT_DROP_INVALID_VIF;
	if (WEFT_UNLIKELY(way->vif->type == WEFT_VIF_PHYSICAL))
		return weft_native_output(worker, step, way);
	if (WEFT_UNLIKELY(big && view->dont_fragment))
		return too_big(worker, step, way, way->vif->mtu);
	if (weft_is_hop(way->route_flags))
		weft_apply_hop(packet, view->family);
	write_ethernet(packet, way->vif, view->family);
	if (WEFT_UNLIKELY(big))
		return weft_fragment_send(worker, step, way, way->vif->mtu);
	step->packet = NULL;
	if (packet->flags & WEFT_PACKET_FROM_TUNNEL)
		view->protocol == WEFT_PROTOCOL_TCP ? weft_coalesce(worker, way->vif, step, packet)
						    : weft_depart(worker, way->vif, packet);
	else
		weft_depart(worker, way->vif, packet);
	return WEFT_DROP_NONE;
}

uint32_t weft_tunnel_overhead(const struct weft_nexthop *nexthop)
{
	uint32_t outer = weft_outer_ip_bytes(nexthop->family);

	switch (nexthop->encap) {
	case WEFT_ENCAP_VXLAN:
		return outer + (uint32_t)sizeof(struct weft_udp) + WEFT_VXLAN_BYTES;
	case WEFT_ENCAP_MPLSOUDP:
		return outer + (uint32_t)sizeof(struct weft_udp) + WEFT_MPLS_BYTES;
	default:
		return outer + WEFT_GRE_BYTES + WEFT_MPLS_BYTES;
	}
}

enum weft_drop weft_tunnel_push(struct weft_worker *worker, struct weft_packet *packet, uint8_t tos, const struct weft_way *way,
				struct weft_vif **uplink)
{
	const struct weft_nexthop *nexthop = way->nexthop;
	const struct weft_endpoint *endpoint = nexthop->endpoint;
	const struct weft_ways *ways = weft_load(endpoint->ways);
	bool dont_fragment =
	    WEFT_LIKELY(worker->configured->tunnel_df == WEFT_TUNNEL_DF_SET) || weft_outer_dont_fragment(worker, packet);
	const struct weft_hop *hop = NULL;
	enum weft_drop reason;

	*uplink = weft_load(endpoint->uplink);
	if (WEFT_UNLIKELY(ways)) {
		hop = weft_ways_choose(ways, way->entropy_port);
		*uplink = hop ? hop->uplink : NULL;
	}
	if (WEFT_UNLIKELY(!*uplink))
		return ways ? WEFT_DROP_INVALID_VIF : WEFT_DROP_PATH_UNRESOLVED;
	tos = weft_outer_tos(worker->configured, tos);
	if (nexthop->encap == WEFT_ENCAP_VXLAN)
		reason = weft_vxlan_push(packet, nexthop, endpoint, tos, way->entropy_port, way->label);
	else if (nexthop->encap == WEFT_ENCAP_MPLSOUDP)
		reason = weft_mplsoudp_push(packet, nexthop, endpoint, tos, way->entropy_port, way->label);
	else
		reason = weft_mplsogre_push(packet, nexthop, endpoint, tos, way->entropy_port, way->label);
	if (reason)
		return reason;
	if (WEFT_UNLIKELY(!dont_fragment || worker->configured->tunnel_ttl))
		weft_outer_restyle(worker, packet, endpoint->family, dont_fragment);
	if (WEFT_UNLIKELY(hop))
		memcpy(packet->data, hop->rewrite, sizeof(hop->rewrite));
	return WEFT_DROP_NONE;
}

enum weft_drop weft_output_tunnel(struct weft_worker *worker, struct weft_packet *packet, uint8_t tos,
				  const struct weft_way *way, bool train)
{
	struct weft_vif *uplink;
	enum weft_drop reason = weft_tunnel_push(worker, packet, tos, way, &uplink);

	if (reason)
		return reason;
	packet->flags = train && packet->outer_bytes ? WEFT_PACKET_TRAIN : 0;
	packet->gso = WEFT_GSO_NONE;
	packet->gso_size = 0;
	weft_depart(worker, uplink, packet);
	return WEFT_DROP_NONE;
}

/* The packet must not be cut, but the outer one may: the tunnel takes what its far end can put together. */
static bool may_cut_outer(const struct weft_worker *worker, uint32_t l3_bytes, uint32_t overhead)
{
	return worker->configured->tunnel_df == WEFT_TUNNEL_DF_CLEAR && l3_bytes + overhead <= WEFT_OUTER_WHOLE_MAX;
}

/* What there is to say about a packet that neither the path nor outer fragments take. */
static enum weft_drop too_big_for_tunnel(struct weft_worker *worker, const struct weft_step *step, const struct weft_way *way,
					 uint32_t mtu, uint32_t overhead)
{
	return too_big(worker, step, way,
		       worker->configured->tunnel_df == WEFT_TUNNEL_DF_CLEAR ? WEFT_OUTER_WHOLE_MAX - overhead : mtu);
}

static enum weft_drop to_tunnel(struct weft_worker *worker, struct weft_step *step, const struct weft_way *way)
{
	const struct weft_endpoint *endpoint = way->nexthop->endpoint;
	uint32_t overhead = weft_tunnel_overhead(way->nexthop), mtu, segment_bytes = 0;
	const struct weft_vif *uplink = weft_load(endpoint->uplink);
	struct weft_packet *packet = step->packet;
	const struct weft_view *view = &step->view;
	enum weft_drop reason;
	bool big;

	if (WEFT_UNLIKELY(__atomic_load_n(&endpoint->state, __ATOMIC_ACQUIRE) != WEFT_PATH_RESOLVED || !uplink))
		return WEFT_DROP_PATH_UNRESOLVED;
	if (WEFT_UNLIKELY(!weft_get(uplink->carrier) && !weft_load(endpoint->ways)))
		return WEFT_DROP_INVALID_VIF;
	mtu = weft_endpoint_mtu(endpoint);
	mtu = mtu > overhead ? mtu - overhead : 0;
	big = view->l3_bytes > mtu;
	if (packet->gso != WEFT_GSO_NONE) {
		uint32_t datagram = view->payload - WEFT_L3 + packet->gso_size;

		segment_bytes = weft_segment_bytes(step, mtu);
		if (!segment_bytes && may_cut_outer(worker, datagram, overhead))
			segment_bytes = packet->gso_size;
		if (!segment_bytes)
			return too_big_for_tunnel(worker, step, way, mtu, overhead);
		big = false;
	} else if (WEFT_UNLIKELY(big && view->dont_fragment) && !may_cut_outer(worker, view->l3_bytes, overhead)) {
		return too_big_for_tunnel(worker, step, way, mtu, overhead);
	}
	if (weft_is_hop(way->route_flags))
		weft_apply_hop(packet, view->family);
	weft_mss_clamp(packet, view, mtu);
	if (segment_bytes)
		return weft_segment_send(worker, step, way, segment_bytes, mtu);
	if (WEFT_UNLIKELY(big && !view->dont_fragment))
		return weft_fragment_send(worker, step, way, mtu);
	if (!weft_checksum_complete(worker, packet))
		return WEFT_DROP_NO_MEMORY;
	reason = WEFT_UNLIKELY(big) ? weft_outer_fragment_send(worker, packet, view->tos, way)
				    : weft_output_tunnel(worker, packet, view->tos, way, false);
	if (!reason)
		step->packet = NULL;
	return reason;
}

enum weft_drop weft_output(struct weft_worker *worker, struct weft_step *step, const struct weft_way *way)
{
	if (WEFT_UNLIKELY(weft_is_hop(way->route_flags) && step->view.ttl <= 1))
		return weft_icmp_error(worker, step, WEFT_ICMP_TIME_EXCEEDED, way->vif, 0, WEFT_DROP_TTL_EXCEEDED);
	return way->vif ? to_port(worker, step, way) : to_tunnel(worker, step, way);
}

/* Of several places, the one where the packet came from, or else by its hash. */
static const struct weft_nexthop_member *member_of(struct weft_worker *worker, const struct weft_step *step,
						   const struct weft_nexthop *ecmp)
{
	const struct weft_nexthop_member *member = weft_ecmp_origin(worker->plane, ecmp, step->vif_id, step->entry);

	return member ? member
		      : weft_ecmp_choose(worker->plane, ecmp, weft_ecmp_hash(worker->plane, ecmp, &step->view.key), 0,
					 WEFT_FROM_ANYWHERE);
}

enum weft_drop weft_route_way(struct weft_worker *worker, const struct weft_step *step, struct weft_way *way)
{
	const struct weft_view *view = &step->view;
	struct weft_leaf leaf = weft_route_get(worker->plane, step->vrf_id, view->family, view->destination);

	if (leaf.prefix_len == WEFT_NO_ROUTE)
		return WEFT_DROP_NO_ROUTE;
	*way = (struct weft_way){
	    .label = leaf.label, .route_flags = WEFT_ROUTE_SAME_NETWORK, .entropy_port = weft_entropy_port(step->hash)};
	way->nexthop = weft_nexthop_get(worker->plane, leaf.nexthop_id);
	if (way->nexthop && way->nexthop->type == WEFT_NEXTHOP_ECMP) {
		const struct weft_nexthop_member *member = member_of(worker, step, way->nexthop);

		if (!member)
			return WEFT_DROP_NO_LIVE_MEMBER;
		way->label = member->label;
		way->nexthop = weft_nexthop_get(worker->plane, member->nexthop_id);
	}
	if (!way->nexthop)
		return WEFT_DROP_INVALID_NEXTHOP;
	switch (way->nexthop->type) {
	case WEFT_NEXTHOP_LOCAL:
		way->vif = weft_vif_get(worker->plane, way->nexthop->vif_id);
		return way->vif ? WEFT_DROP_NONE : WEFT_DROP_INVALID_VIF;
	case WEFT_NEXTHOP_TUNNEL:
		return way->nexthop->endpoint ? WEFT_DROP_NONE : WEFT_DROP_INVALID_NEXTHOP;
	case WEFT_NEXTHOP_DISCARD:
		return WEFT_DROP_DISCARD;
	case WEFT_NEXTHOP_RECEIVE:
		return WEFT_DROP_NO_RECEIVER;
	default:
		return WEFT_DROP_INVALID_NEXTHOP;
	}
}

void weft_output_back(struct weft_worker *worker, const struct weft_step *step, struct weft_packet *packet, uint8_t family,
		      const uint8_t *destination)
{
	struct weft_step *reply = &worker->reply;
	enum weft_drop reason;
	struct weft_way way;

	memset(reply, 0, sizeof(*reply));
	reply->packet = packet;
	reply->vif_id = step->vif_id;
	reply->vrf_id = step->vrf_id;
	reply->entry = step->entry;
	reply->hash = step->hash;
	reply->view.key = step->view.key;
	reply->view.family = family;
	memcpy(reply->view.destination, destination, sizeof(reply->view.destination));
	reply->view.kind = WEFT_KIND_ICMP_ERROR; /* nothing of the plane's own causes another error */
	reply->view.l3_bytes = packet->length - WEFT_L3;
	reply->view.tos = family == 4 ? weft_ipv4_at(packet)->tos : weft_ipv6_class(weft_ipv6_at(packet));
	reply->view.dont_fragment = true;
	if (step->vif_id != WEFT_FROM_FABRIC && worker->vif->type != WEFT_VIF_PHYSICAL) {
		packet->flags = 0;
		packet->gso = WEFT_GSO_NONE;
		write_ethernet(packet, worker->vif, family);
		weft_depart(worker, worker->vif, packet);
		return;
	}
	/* the frame inside VXLAN */
	((struct weft_ethernet *)(void *)packet->data)->type =
	    weft_be16_of(family == 4 ? WEFT_ETHERTYPE_IPV4 : WEFT_ETHERTYPE_IPV6);
	reason = weft_route_way(worker, reply, &way);
	if (!reason && !way.nexthop->endpoint)
		reason = WEFT_DROP_NO_ROUTE; /* a port: not where the packet came from */
	if (!reason)
		reason = way.vif ? weft_native_output(worker, reply, &way) : to_tunnel(worker, reply, &way);
	if (reason) {
		weft_plane_count_drop(worker->plane, worker->index, worker->vif, reason, 1);
		weft_host_packet_free(worker->plane, worker->index, packet);
	}
}
