/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* weft_output, inline for the ordinary packet: nothing is to be cut, completed, merged or said about it. */
#ifndef WEFT_OUTPUT_FAST_H
#define WEFT_OUTPUT_FAST_H

#include "encap/template.h"
#include "worker.h"

/*
 * weft_output for the tunnel packet that most are: it fits, nothing is to be cut, completed or clamped, there is one way, and
 * the next hop has its headers ready, which are of the default settings. Takes it, or answers false and nothing has changed.
 */
WEFT_HOT_PART bool weft_to_tunnel_ready(struct weft_worker *worker, struct weft_step *step, const struct weft_way *way)
{
	const struct weft_nexthop *nexthop = way->nexthop;
	const struct weft_endpoint *endpoint = nexthop->endpoint;
	struct weft_vif *uplink = weft_load(endpoint->uplink);
	uint32_t bytes = nexthop->header_bytes;
	struct weft_packet *packet = step->packet;
	uint32_t mtu;

	if (WEFT_UNLIKELY(step->view.ttl <= 1 || !bytes || !uplink || !weft_get(uplink->carrier) ||
			  __atomic_load_n(&endpoint->state, __ATOMIC_ACQUIRE) != WEFT_PATH_RESOLVED ||
			  weft_load(endpoint->ways) || weft_outer_is_styled(worker->configured) ||
			  (step->view.tcp_flags & WEFT_TCP_SYN)))
		return false;
	mtu = weft_endpoint_mtu(endpoint);
	if (WEFT_UNLIKELY(packet->gso | (packet->flags & WEFT_PACKET_CSUM_PARTIAL)) || step->view.l3_bytes + bytes > mtu ||
	    packet->headroom < WEFT_L3 + bytes)
		return false;
	if (weft_is_hop(way->route_flags))
		weft_apply_hop(packet, step->view.family);
	/* the template ends where the inner IP packet begins; the outer Ethernet header stands in front of it */
	weft_packet_adjust(packet, -(int32_t)bytes);
	weft_template_write(packet->data, nexthop, endpoint->rewrite, packet->length - WEFT_L3 - bytes, step->view.tos,
			    way->entropy_port, way->label);
	packet->outer_bytes = (uint8_t)(WEFT_L3 + (nexthop->family == 4 ? 20 : 40) + sizeof(struct weft_udp));
	packet->flags = 0;
	step->packet = NULL;
	weft_depart(worker, uplink, packet);
	return true;
}

/* weft_output for the packet to a port that most are. Takes it, or answers false and nothing has changed. */
WEFT_HOT_PART bool weft_to_port_ready(struct weft_worker *worker, struct weft_step *step, const struct weft_way *way)
{
	struct weft_packet *packet = step->packet;
	const struct weft_view *view = &step->view;
	struct weft_vif *vif = way->vif;
	struct weft_ethernet *ethernet;
	bool merges = (packet->flags & WEFT_PACKET_FROM_TUNNEL) && view->protocol == WEFT_PROTOCOL_TCP; /* coalesce.c */

	if (WEFT_UNLIKELY(view->ttl <= 1 || merges || !weft_get(vif->carrier) || vif->type != WEFT_VIF_VIRTUAL ||
			  view->l3_bytes > vif->mtu))
		return false;
	if (weft_is_hop(way->route_flags))
		weft_apply_hop(packet, view->family);
	ethernet = (void *)packet->data;
	memcpy(ethernet->destination, vif->mac, 6);
	memcpy(ethernet->source, weft_gateway_mac, 6);
	ethernet->type = weft_be16_of(view->family == 4 ? WEFT_ETHERTYPE_IPV4 : WEFT_ETHERTYPE_IPV6);
	step->packet = NULL;
	weft_depart(worker, vif, packet);
	return true;
}

#endif
