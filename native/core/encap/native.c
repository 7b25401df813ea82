/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "native.h"

#include "outer.h"

/* A local port, or another host, has the address: what comes with it from outside is not theirs. */
static bool is_taken(struct weft_worker *worker, uint32_t vrf_id, uint8_t family, const uint8_t *source)
{
	struct weft_leaf leaf = weft_route_get(worker->plane, vrf_id, family, source);
	const struct weft_nexthop *nexthop;

	if (leaf.prefix_len == WEFT_NO_ROUTE)
		return false;
	nexthop = weft_nexthop_get(worker->plane, leaf.nexthop_id);
	if (!nexthop)
		return false;
	if (nexthop->type == WEFT_NEXTHOP_LOCAL)
		return !nexthop->endpoint;
	return nexthop->type == WEFT_NEXTHOP_TUNNEL || nexthop->type == WEFT_NEXTHOP_RECEIVE;
}

enum weft_drop weft_native_enter(struct weft_worker *worker, struct weft_step *step, uint8_t family)
{
	const struct weft_vif *vif = worker->vif;
	struct weft_view *view = &step->view;
	enum weft_drop reason;

	if (((const struct weft_ethernet *)(const void *)step->packet->data)->destination[0] & 1)
		return WEFT_DROP_NOT_FOR_US;
	reason = weft_parse_ip(worker, step->packet, family, view);
	if (reason)
		return reason;
	reason = weft_parse_metadata(step->packet, view);
	if (reason)
		return reason;
	if (view->kind == WEFT_KIND_NEIGHBOUR || weft_is_group(family, view->destination) ||
	    (family == 6 && (weft_ipv6_is_link_local(view->source) || weft_ipv6_is_link_local(view->destination))))
		return WEFT_DROP_NOT_FOR_US;
	if (weft_route_get(worker->plane, vif->vrf_id, family, view->destination).prefix_len == WEFT_NO_ROUTE)
		return WEFT_DROP_NOT_FOR_US;
	if (weft_is_bad_source(family, view->source))
		return WEFT_DROP_INVALID_SOURCE_ADDRESS;
	if (is_taken(worker, vif->vrf_id, family, view->source))
		return WEFT_DROP_SOURCE_MISMATCH;
	step->vif_id = vif->vif_id;
	step->vrf_id = vif->vrf_id;
	view->key.zone = vif->zone;
	if (WEFT_UNLIKELY(view->fragment != WEFT_FRAGMENT_NONE)) {
		reason = weft_datagram_enter(worker, step);
		if (reason || !step->packet)
			return reason;
	}
	step->hash = weft_connection_hash(worker->plane, &view->key);
	return WEFT_DROP_NONE;
}

/* The gateway's Ethernet header on this uplink, or NULL. */
static const uint8_t *rewrite_on(const struct weft_endpoint *endpoint, const struct weft_vif *uplink)
{
	const struct weft_ways *ways = weft_load(endpoint->ways);

	if (weft_load(endpoint->uplink) == uplink)
		return endpoint->rewrite;
	for (uint32_t i = 0; ways && i < ways->count; i++) {
		if (ways->ways[i].uplink == uplink)
			return ways->ways[i].rewrite;
	}
	return NULL;
}

static enum weft_drop send(struct weft_worker *worker, struct weft_step *step, const struct weft_way *way, uint32_t mtu)
{
	struct weft_packet *packet = step->packet;
	bool big = step->view.l3_bytes > mtu;
	uint32_t segment_bytes = 0;

	if (packet->gso != WEFT_GSO_NONE) {
		segment_bytes = weft_segment_bytes(step, mtu);
		if (!segment_bytes)
			return weft_icmp_error(worker, step, WEFT_ICMP_TOO_BIG, NULL, mtu, WEFT_DROP_TOO_BIG);
	} else if (big && step->view.dont_fragment) {
		return weft_icmp_error(worker, step, WEFT_ICMP_TOO_BIG, NULL, mtu, WEFT_DROP_TOO_BIG);
	}
	if (weft_is_hop(way->route_flags))
		weft_apply_hop(packet, step->view.family);
	weft_mss_clamp(packet, &step->view, mtu);
	if (segment_bytes)
		return weft_segment_send(worker, step, way, segment_bytes, mtu);
	if (big)
		return weft_fragment_send(worker, step, way, mtu);
	if (!weft_checksum_complete(worker, packet))
		return WEFT_DROP_NO_MEMORY;
	packet->flags = 0;
	packet->outer_bytes = 0;
	step->packet = NULL;
	weft_depart(worker, way->vif, packet);
	return WEFT_DROP_NONE;
}

enum weft_drop weft_native_output(struct weft_worker *worker, struct weft_step *step, const struct weft_way *way)
{
	const struct weft_endpoint *endpoint = way->nexthop ? way->nexthop->endpoint : NULL;
	struct weft_ethernet *ethernet = (void *)step->packet->data;
	const uint8_t *rewrite;
	uint32_t mtu;

	if (!endpoint || __atomic_load_n(&endpoint->state, __ATOMIC_ACQUIRE) != WEFT_PATH_RESOLVED)
		return WEFT_DROP_PATH_UNRESOLVED;
	rewrite = rewrite_on(endpoint, way->vif);
	if (!rewrite)
		return WEFT_DROP_PATH_UNRESOLVED;
	mtu = weft_endpoint_mtu(endpoint);
	mtu = mtu < way->vif->mtu ? mtu : way->vif->mtu;
	memcpy(ethernet, rewrite, 12);
	/* the gateway may be of the other family (RFC 5549) */
	ethernet->type = weft_be16_of(step->view.family == 4 ? WEFT_ETHERTYPE_IPV4 : WEFT_ETHERTYPE_IPV6);
	return send(worker, step, way, mtu);
}
