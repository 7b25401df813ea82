/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * What the uplink brings that is no plain UDP tunnel packet: GRE, fragments of tunnel packets, too-big messages about ours, and
 * what is routed without a tunnel. Off the fast path.
 */
#include "worker.h"

#include "checksum.h"
#include "encap/mplsogre.h"
#include "encap/mplsoudp.h"
#include "encap/native.h"
#include "encap/vxlan.h"

bool weft_outer_udp_right(struct weft_worker *worker, const struct weft_packet *packet, uint8_t family, uint32_t udp,
			  uint32_t end)
{
	const uint8_t *source = family == 4 ? weft_ipv4_at(packet)->source : weft_ipv6_at(packet)->source;
	const uint8_t *destination = family == 4 ? weft_ipv4_at(packet)->destination : weft_ipv6_at(packet)->destination;

	return weft_outer_udp_vouched(packet, udp) ||
	       weft_sum_right(weft_packet_sum(worker, packet, udp, end - udp,
					      weft_sum_pseudo(family, source, destination, WEFT_PROTOCOL_UDP, end - udp)));
}

static enum weft_drop enter_gre(struct weft_worker *worker, struct weft_step *step, const struct weft_underlay *underlay)
{
	struct weft_packet *packet = step->packet;
	struct weft_endpoint *endpoint;
	struct weft_nexthop *nexthop = NULL;
	enum weft_drop reason;
	uint8_t family = 0;

	endpoint = weft_endpoint_of_source(worker, underlay->family, underlay->source);
	if (!endpoint)
		return WEFT_DROP_UNKNOWN_TUNNEL_SOURCE;
	step->vif_id = WEFT_FROM_FABRIC;
	step->entry = endpoint->entry;
	reason = weft_mplsogre_pull(worker, packet, underlay->l4, underlay->end, &nexthop, &family);
	if (reason)
		return reason;
	return weft_enter_inner(worker, step, nexthop, family, underlay->tos,
				underlay->l4 - WEFT_L3 + WEFT_GRE_BYTES + WEFT_MPLS_BYTES);
}

/* Of a packet to this host. `source` is a copy: what follows may move the packet. */
static enum weft_drop to_us(struct weft_worker *worker, struct weft_step *step, const struct weft_underlay *underlay)
{
	enum weft_drop reason;

	if (step->packet->gso != WEFT_GSO_NONE)
		return WEFT_DROP_GSO;
	if (underlay->fragment) {
		if (underlay->protocol != WEFT_PROTOCOL_UDP && underlay->protocol != WEFT_PROTOCOL_GRE)
			return WEFT_DROP_NOT_FOR_US;
		if (!weft_endpoint_of_source(worker, underlay->family, underlay->source))
			return WEFT_DROP_UNKNOWN_TUNNEL_SOURCE;
		reason = weft_reassemble(worker, step->packet, underlay, &step->packet);
		/* it is whole now, so this does not come here again for a fragment */
		return reason ? reason : weft_enter_fabric(worker, step);
	}
	if (underlay->protocol == WEFT_PROTOCOL_GRE)
		return enter_gre(worker, step, underlay);
	if (underlay->protocol == (underlay->family == 4 ? WEFT_PROTOCOL_ICMP : WEFT_PROTOCOL_ICMPV6))
		return weft_path_mtu_input(worker, step->packet, underlay);
	return WEFT_DROP_NOT_FOR_US;
}

static enum weft_drop parse4(struct weft_worker *worker, struct weft_packet *packet, struct weft_underlay *underlay)
{
	uint32_t header, total, field;
	const struct weft_ipv4 *ip;
	enum weft_drop reason;

	reason = weft_need(worker, packet, WEFT_L3 + (uint32_t)sizeof(*ip), WEFT_DROP_MALFORMED_IPV4);
	if (reason)
		return reason;
	header = (weft_ipv4_at(packet)->version_ihl & 0x0fu) * 4;
	total = weft_be16_get(weft_ipv4_at(packet)->total);
	if (weft_ipv4_at(packet)->version_ihl >> 4 != 4 || header < sizeof(*ip) || total < header ||
	    total > packet->length - WEFT_L3)
		return WEFT_DROP_MALFORMED_IPV4;
	reason = weft_need(worker, packet, WEFT_L3 + header, WEFT_DROP_MALFORMED_IPV4);
	if (reason)
		return reason;
	ip = weft_ipv4_at(packet);
	if (!weft_sum_right(weft_sum(ip, header, 0)))
		return WEFT_DROP_CHECKSUM;
	field = weft_be16_get(ip->fragment);
	*underlay = (struct weft_underlay){.family = 4,
					   .protocol = ip->protocol,
					   .tos = ip->tos,
					   .l4 = WEFT_L3 + header,
					   .end = WEFT_L3 + total,
					   .id = weft_be16_get(ip->id),
					   .offset = (field & WEFT_IPV4_OFFSET) * 8,
					   .more = field & WEFT_IPV4_MF,
					   .fragment = field & (WEFT_IPV4_OFFSET | WEFT_IPV4_MF)};
	memcpy(underlay->source, ip->source, 4);
	return WEFT_DROP_NONE;
}

/* No extension header but one of fragmentation, right behind the IPv6 header (RFC 8200 4.5): tunnels use no other. */
static enum weft_drop parse6(struct weft_worker *worker, struct weft_packet *packet, struct weft_underlay *underlay)
{
	uint32_t at = WEFT_L3 + (uint32_t)sizeof(struct weft_ipv6), payload, field;
	const struct weft_ipv6 *ip;
	enum weft_drop reason;
	const uint8_t *header;
	weft_be32 id;

	reason = weft_need(worker, packet, at, WEFT_DROP_MALFORMED_IPV6);
	if (reason)
		return reason;
	ip = weft_ipv6_at(packet);
	payload = weft_be16_get(ip->payload);
	if (ip->version_class_label.b[0] >> 4 != 6 || payload > packet->length - at)
		return WEFT_DROP_MALFORMED_IPV6;
	*underlay = (struct weft_underlay){
	    .family = 6, .protocol = ip->next, .tos = weft_ipv6_class(ip), .l4 = at, .end = at + payload};
	memcpy(underlay->source, ip->source, 16);
	if (ip->next != WEFT_PROTOCOL_FRAGMENT)
		return WEFT_DROP_NONE;
	if (at + 8 > underlay->end)
		return WEFT_DROP_MALFORMED_IPV6;
	reason = weft_need(worker, packet, at + 8, WEFT_DROP_MALFORMED_IPV6);
	if (reason)
		return reason;
	header = packet->data + at;
	field = (uint32_t)header[2] << 8 | header[3];
	memcpy(&id, header + 4, sizeof(id));
	underlay->protocol = header[0];
	underlay->l4 = at + 8;
	underlay->id = weft_be32_get(id);
	underlay->offset = field & ~7u;
	underlay->more = field & 1;
	underlay->fragment = true;
	return WEFT_DROP_NONE;
}

static bool is_ours(const struct weft_worker *worker, const struct weft_packet *packet, uint8_t family)
{
	const struct weft_plane_msg *configured = worker->configured;
	const uint8_t *destination = family == 4 ? weft_ipv4_at(packet)->destination : weft_ipv6_at(packet)->destination;
	const uint8_t *own = family == 4 ? configured->underlay4 : configured->underlay6;
	uint32_t bytes = family == 4 ? 4 : 16;

	return !memcmp(destination, own, bytes) && !weft_is_zero(own, bytes);
}

enum weft_drop weft_underlay_input(struct weft_worker *worker, struct weft_step *step, uint8_t family)
{
	struct weft_packet *packet = step->packet;
	struct weft_underlay underlay;
	enum weft_drop reason;

	reason = weft_need(worker, packet, WEFT_L3 + (family == 4 ? 20u : 40u),
			   family == 4 ? WEFT_DROP_MALFORMED_IPV4 : WEFT_DROP_MALFORMED_IPV6);
	if (reason)
		return reason;
	if (!is_ours(worker, packet, family))
		return worker->vif->flags & WEFT_VIF_NATIVE ? weft_native_enter(worker, step, family) : WEFT_DROP_NOT_FOR_US;
	reason = family == 4 ? parse4(worker, packet, &underlay) : parse6(worker, packet, &underlay);
	return reason ? reason : to_us(worker, step, &underlay);
}
