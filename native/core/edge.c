/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The edges: nothing is looked up for a packet before its source is proven to be the port's or a known tunnel endpoint's. */
#include "worker.h"

#include "checksum.h"
#include "encap/mplsoudp.h"
#include "encap/vxlan.h"
#include "lookup.h"
#include "parse_fast.h"

#define UDP_PORT_GENEVE 6081u

const uint8_t weft_gateway_mac[6] = {0x00, 0x00, 0x5e, 0x00, 0x01, 0x00};

bool weft_vif_owns(const struct weft_vif *vif, uint8_t family, const uint8_t *address)
{
	return weft_vif_matches(vif, family, address);
}

/* Whatever the policy says. */
bool weft_forges_tunnel(struct weft_worker *worker, uint8_t family, uint8_t protocol, const uint8_t *destination, uint16_t port)
{
	const struct weft_plane_msg *plane = worker->configured;
	const uint8_t *own = family == 4 ? plane->underlay4 : plane->underlay6;

	if (protocol == WEFT_PROTOCOL_UDP) {
		if (port != WEFT_UDP_PORT_VXLAN && port != WEFT_UDP_PORT_MPLS && port != UDP_PORT_GENEVE)
			return false;
	} else if (protocol != WEFT_PROTOCOL_GRE) {
		return false;
	}
	return memcmp(own, destination, 16) == 0 || weft_endpoint_get(worker->plane, family, destination);
}

static enum weft_drop check_port_addresses(struct weft_vif *vif, const struct weft_step *step)
{
	const struct weft_view *view = &step->view;
	const struct weft_ethernet *ethernet = (const void *)step->packet->data;
	bool group = weft_is_group(view->family, view->destination);

	if (weft_is_bad_source(view->family, view->source)) {
		/* DHCP discovery and multicast listener reports of a port without an address yet: ordinary noise */
		if (group && weft_is_zero(view->source, 16))
			return WEFT_DROP_MULTICAST;
		return WEFT_DROP_INVALID_SOURCE_ADDRESS;
	}
	if ((vif->flags & WEFT_VIF_ADDRESS_CHECK) && !weft_vif_matches(vif, view->family, view->source)) {
		/* mDNS, listener reports: a link-local source is right, the network does not carry them */
		if (group && view->family == 6 && weft_ipv6_is_link_local(view->source))
			return WEFT_DROP_MULTICAST;
		return WEFT_DROP_SPOOFED_SOURCE;
	}
	if (group || (ethernet->destination[0] & 1))
		return WEFT_DROP_MULTICAST;
	if (view->family == 6 && (weft_ipv6_is_link_local(view->destination) || weft_ipv6_is_link_local(view->source)))
		return WEFT_DROP_NO_ROUTE; /* never leaves the link, RFC 4291 2.5.6 */
	return WEFT_DROP_NONE;
}

/*
 * What weft_enter_port does for the frame that most are: parsed, and every check passed, in one go. False: nothing was decided. The
 * first address of each family is compared here, further ones there, and so are ports that mean a tunnel or the agent.
 */
WEFT_HOT_PART bool enter_port_ordinary(struct weft_worker *worker, const struct weft_vif *vif, struct weft_step *step)
{
	const uint64_t *secret = worker->plane->hash_keys;
	struct weft_packet *packet = step->packet;
	struct weft_view *view = &step->view;
	const struct weft_vif_match *own;
	uint64_t frame;
	uint16_t port;

	if (WEFT_UNLIKELY(packet->linear < WEFT_L3 || (packet->data[0] & 1)))
		return false;
	frame = weft_load64(packet->data + 6) & vif->frame_mask;
	if (WEFT_LIKELY(frame == vif->frame4)) {
		if (!weft_parse_ipv4_fast(packet, vif->zone, secret, view, &step->hash))
			return false;
		own = &vif->own4;
		if (WEFT_UNLIKELY((weft_load64(view->source) ^ own->value[0]) & own->mask[0]))
			return false;
	} else if (frame == vif->frame6) {
		if (!weft_parse_ipv6_fast(packet, vif->zone, secret, view, &step->hash))
			return false;
		own = &vif->own6;
		if (WEFT_UNLIKELY(((weft_load64(view->source) ^ own->value[0]) & own->mask[0]) |
				  ((weft_load64(view->source + 8) ^ own->value[1]) & own->mask[1])))
			return false;
	} else {
		return false;
	}
	port = view->key.destination_port;
	if (view->protocol == WEFT_PROTOCOL_UDP &&
	    WEFT_UNLIKELY(port == WEFT_UDP_PORT_VXLAN || port == WEFT_UDP_PORT_MPLS || port == UDP_PORT_GENEVE || port == WEFT_PORT_DHCP ||
			  port == WEFT_PORT_DHCP6))
		return false;
	step->vif_id = vif->vif_id;
	step->vrf_id = vif->vrf_id;
	weft_trim_padding(packet, view);
	return WEFT_LIKELY(!(packet->gso | (packet->flags & WEFT_PACKET_CSUM_PARTIAL))) ||
	       weft_parse_metadata(packet, view) == WEFT_DROP_NONE;
}

WEFT_HOT enum weft_drop weft_enter_port(struct weft_worker *worker, struct weft_vif *vif, struct weft_step *step)
{
	struct weft_packet *packet = step->packet;
	const struct weft_ethernet *ethernet;
	enum weft_drop reason;
	uint32_t type;

	if (WEFT_LIKELY(enter_port_ordinary(worker, vif, step)))
		return WEFT_DROP_NONE;
	reason = weft_need(worker, packet, sizeof(*ethernet), WEFT_DROP_MALFORMED_ETHERNET);
	if (reason)
		return reason;
	ethernet = (const void *)packet->data;
	if ((vif->flags & WEFT_VIF_ADDRESS_CHECK) && !weft_same_mac(ethernet->source, vif->mac))
		return WEFT_DROP_SPOOFED_SOURCE;
	step->vif_id = vif->vif_id;
	step->vrf_id = vif->vrf_id;
	type = weft_be16_get(ethernet->type);
	if (WEFT_LIKELY(type == WEFT_ETHERTYPE_IPV4 || type == WEFT_ETHERTYPE_IPV6))
		reason = weft_parse_ip(worker, packet, type == WEFT_ETHERTYPE_IPV4 ? 4 : 6, &step->view);
	else if (type == WEFT_ETHERTYPE_ARP)
		return weft_arp_input(worker, vif, step);
	else
		return WEFT_DROP_UNSUPPORTED_ETHERTYPE;
	if (reason)
		return reason;
	if (WEFT_UNLIKELY(packet->gso | (packet->flags & WEFT_PACKET_CSUM_PARTIAL))) {
		reason = weft_parse_metadata(packet, &step->view);
		if (reason)
			return reason;
	}
	if (WEFT_UNLIKELY(step->view.kind == WEFT_KIND_NEIGHBOUR))
		return weft_nd_input(worker, vif, step);
	if (WEFT_UNLIKELY(weft_trap_may_be_service(step))) {
		reason = weft_trap_service(worker, vif, step);
		if (reason || !step->packet)
			return reason;
	}
	reason = check_port_addresses(vif, step);
	if (reason)
		return reason;
	step->view.key.zone = vif->zone;
	if (WEFT_UNLIKELY(step->view.fragment != WEFT_FRAGMENT_NONE)) {
		reason = weft_datagram_enter(worker, step);
		if (reason || !step->packet)
			return reason;
	}
	if (WEFT_UNLIKELY(weft_forges_tunnel(worker, step->view.family, step->view.protocol, step->view.destination,
					     step->view.key.destination_port)))
		return WEFT_DROP_TUNNEL_FROM_PORT;
	step->hash = weft_connection_hash(worker->plane, &step->view.key);
	return WEFT_DROP_NONE;
}

/* What the outer headers say. Offsets from the packet's data. */
struct outer {
	uint8_t family, tos;
	const uint8_t *source;
	uint32_t udp, end; /* end: behind the outer IP packet */
};

static enum weft_drop parse_outer4(struct weft_worker *worker, struct weft_packet *packet, struct outer *outer)
{
	const struct weft_ipv4 *ip;
	uint32_t header, total;
	enum weft_drop reason;

	reason = weft_need(worker, packet, WEFT_L3 + (uint32_t)sizeof(*ip), WEFT_DROP_MALFORMED_IPV4);
	if (reason)
		return reason;
	ip = weft_ipv4_at(packet);
	if (memcmp(ip->destination, worker->configured->underlay4, 4) || weft_is_zero(ip->destination, 4) ||
	    ip->protocol != WEFT_PROTOCOL_UDP || (weft_be16_get(ip->fragment) & (WEFT_IPV4_OFFSET | WEFT_IPV4_MF)))
		return WEFT_DROP_NOT_FOR_US;
	header = (ip->version_ihl & 0x0fu) * 4;
	total = weft_be16_get(ip->total);
	if (ip->version_ihl >> 4 != 4 || header < sizeof(*ip) || total < header || total > packet->length - WEFT_L3)
		return WEFT_DROP_MALFORMED_IPV4;
	reason = weft_need(worker, packet, WEFT_L3 + header, WEFT_DROP_MALFORMED_IPV4);
	if (reason)
		return reason;
	ip = weft_ipv4_at(packet);
	if (WEFT_LIKELY(header == sizeof(*ip)) ? !weft_ipv4_sum_right((const uint8_t *)ip) : !weft_sum_right(weft_sum(ip, header, 0)))
		return WEFT_DROP_CHECKSUM;
	*outer = (struct outer){4, ip->tos, ip->source, WEFT_L3 + header, WEFT_L3 + total};
	return WEFT_DROP_NONE;
}

static enum weft_drop parse_outer6(struct weft_worker *worker, struct weft_packet *packet, struct outer *outer)
{
	uint32_t at = WEFT_L3 + (uint32_t)sizeof(struct weft_ipv6), payload;
	const struct weft_ipv6 *ip;
	enum weft_drop reason;

	reason = weft_need(worker, packet, at, WEFT_DROP_MALFORMED_IPV6);
	if (reason)
		return reason;
	ip = weft_ipv6_at(packet);
	if (memcmp(ip->destination, worker->configured->underlay6, 16) || weft_is_zero(ip->destination, 16) ||
	    ip->next != WEFT_PROTOCOL_UDP)
		return WEFT_DROP_NOT_FOR_US;
	payload = weft_be16_get(ip->payload);
	if (ip->version_class_label.b[0] >> 4 != 6 || payload > packet->length - at)
		return WEFT_DROP_MALFORMED_IPV6;
	*outer = (struct outer){6, weft_ipv6_class(ip), ip->source, at, at + payload};
	return WEFT_DROP_NONE;
}

/* RFC 6040 4.2: what the inner header becomes. CONGESTION_MARK when the packet must be dropped. */
static enum weft_drop apply_congestion_mark(struct weft_step *step, uint8_t outer_tos)
{
	uint8_t inner = step->view.tos & 3, outer = outer_tos & 3, result = inner;
	uint8_t tos;

	if (outer == 3) {
		if (inner == 0)
			return WEFT_DROP_CONGESTION_MARK;
		result = 3;
	} else if (outer == 1 && inner == 2) {
		result = 1;
	}
	if (result == inner)
		return WEFT_DROP_NONE;
	tos = (uint8_t)((step->view.tos & ~3u) | result);
	if (step->view.family == 4) {
		struct weft_ipv4 *ip = weft_ipv4_at(step->packet);
		uint16_t before, after;

		memcpy(&before, ip, 2);
		ip->tos = tos;
		memcpy(&after, ip, 2);
		weft_sum_replace16(ip->checksum, before, after);
	} else {
		weft_ipv6_class_set(weft_ipv6_at(step->packet), tos);
	}
	step->view.tos = tos;
	return WEFT_DROP_NONE;
}

/* The next hop a label or VNI stands for says the VRF, or the port itself. */
static enum weft_drop apply_context(struct weft_worker *worker, struct weft_step *step, struct weft_nexthop *nexthop)
{
	if (nexthop->type == WEFT_NEXTHOP_VRF) {
		step->vrf_id = nexthop->vrf_id;
		step->view.key.zone = nexthop->vrf_id;
		return WEFT_DROP_NONE;
	}
	if (nexthop->type == WEFT_NEXTHOP_LOCAL && !nexthop->endpoint) {
		struct weft_vif *vif = weft_vif_get(worker->plane, nexthop->vif_id);

		if (!vif)
			return WEFT_DROP_INVALID_VIF;
		step->vrf_id = vif->vrf_id;
		step->view.key.zone = vif->zone;
		step->delivery = nexthop;
		if (WEFT_UNLIKELY(vif->floating))
			weft_nat_deliver(step, vif);
		return WEFT_DROP_NONE;
	}
	return nexthop->type == WEFT_NEXTHOP_DISCARD ? WEFT_DROP_DISCARD : WEFT_DROP_INVALID_NEXTHOP;
}

struct weft_endpoint *weft_endpoint_of_source(struct weft_worker *worker, uint8_t family, const uint8_t *source)
{
	struct weft_endpoint *last = worker->endpoint;

	if (last && last->family == family && !memcmp(last->destination, source, family == 4 ? 4 : 16))
		return last;
	if (family == 4) {
		uint8_t address[16] = {0};

		memcpy(address, source, 4);
		last = weft_endpoint_get(worker->plane, 4, address);
	} else {
		last = weft_endpoint_get(worker->plane, 6, source);
	}
	if (last)
		worker->endpoint = last;
	return last;
}

static enum weft_drop take_off_tunnel(struct weft_worker *worker, struct weft_step *step, const struct outer *outer,
				      struct weft_nexthop **nexthop, uint8_t *family)
{
	const struct weft_udp *udp = (const void *)(step->packet->data + outer->udp);
	uint32_t port = weft_be16_get(udp->destination), length = weft_be16_get(udp->length);
	struct weft_endpoint *endpoint;

	if (port != WEFT_UDP_PORT_VXLAN && port != WEFT_UDP_PORT_MPLS)
		return WEFT_DROP_NOT_FOR_US;
	if (outer->udp + length != outer->end)
		return WEFT_DROP_MALFORMED_TUNNEL;
	endpoint = weft_endpoint_of_source(worker, outer->family, outer->source);
	if (!endpoint)
		return WEFT_DROP_UNKNOWN_TUNNEL_SOURCE;
	if (WEFT_UNLIKELY(!weft_is_zero(udp->checksum, 2)) &&
	    !weft_outer_udp_right(worker, step->packet, outer->family, outer->udp, outer->end))
		return WEFT_DROP_OUTER_CHECKSUM;
	step->entry = endpoint->entry;
	if (step->packet->length > outer->end)
		weft_host_packet_trim(step->packet, outer->end);
	if (port == WEFT_UDP_PORT_VXLAN)
		return weft_vxlan_pull(worker, step->packet, outer->udp + 8, nexthop, family);
	return weft_mplsoudp_pull(worker, step->packet, outer->udp + 8, nexthop, family);
}

static enum weft_drop check_inner(struct weft_worker *worker, struct weft_step *step, uint8_t outer_tos)
{
	struct weft_view *view = &step->view;
	enum weft_drop reason;

	if (view->kind == WEFT_KIND_NEIGHBOUR)
		return WEFT_DROP_NEIGHBOUR_IGNORED;
	if (weft_is_bad_source(view->family, view->source))
		return WEFT_DROP_INVALID_SOURCE_ADDRESS;
	if (weft_is_group(view->family, view->destination))
		return WEFT_DROP_MULTICAST;
	reason = apply_congestion_mark(step, outer_tos);
	if (reason)
		return reason;
	if (WEFT_UNLIKELY(view->fragment != WEFT_FRAGMENT_NONE))
		return weft_datagram_enter(worker, step);
	return WEFT_DROP_NONE;
}

/* The six bytes of a MAC address as the low ones of a word. */
static inline uint64_t mac_word(const uint8_t mac[6])
{
	return weft_load32(mac) | (uint64_t)weft_load16(mac + 4) << 32;
}

/* What the VNI or the label of an ordinary frame, behind its outer UDP header at `at`, stands for: a VRF, or NULL. *strip:
 * bytes in front of the inner Ethernet header, or of where it will be; *type as on the wire, in memory order. */
WEFT_HOT_PART struct weft_nexthop *ordinary_context(struct weft_worker *worker, const uint8_t *at, uint32_t port,
						    uint32_t *strip, uint16_t *type)
{
	struct weft_plane *plane = worker->plane;
	uint32_t word;

	if (WEFT_LIKELY(port == WEFT_UDP_PORT_VXLAN)) {
		uint64_t mac = weft_load64(at + 8) & 0xffffffffffffull;

		word = __builtin_bswap32(weft_load32(at + 4)) >> 8;
		*type = weft_load16(at + 20);
		*strip = WEFT_L3 + 20 + 8 + 8;
		if (!(at[0] & 0x08) || (mac != mac_word(worker->configured->router_mac) && mac != mac_word(weft_gateway_mac)))
			return NULL;
		if (WEFT_UNLIKELY(word != worker->vni || !worker->vni_nexthop)) {
			worker->vni = word;
			worker->vni_nexthop = weft_target_at(plane, &plane->vnis, word);
		}
		return worker->vni_nexthop;
	}
	word = __builtin_bswap32(weft_load32(at));
	*type = at[4] >> 4 == 4 ? 0x0008 : 0xdd86;
	*strip = 20 + 8 + 4;
	if (port != WEFT_UDP_PORT_MPLS || !(word & 0x100))
		return NULL;
	return weft_target_at(plane, &plane->labels, word >> 12);
}

/* The outer UDP header at `udp` says this length, and no checksum (both in one compare) or one that needs no look. */
static inline bool ordinary_outer_udp(const struct weft_packet *packet, uint32_t udp, uint32_t bytes)
{
	uint32_t differs = weft_load32(packet->data + udp + 4) ^ __builtin_bswap16((uint16_t)bytes);

	return WEFT_LIKELY(!differs) || (!(differs & 0xffff) && weft_outer_udp_vouched(packet, udp));
}

/*
 * What weft_enter_fabric does for the frame that most are: IPv4 outside, no options, a TCP or UDP packet for a VRF inside.
 * Whether the source is known is left to the connection, which says where its packets come from, and to the slow path. False:
 * nothing was decided and the packet is as it was.
 */
WEFT_HOT_PART bool enter_fabric_ordinary(struct weft_worker *worker, struct weft_step *step, enum weft_drop *reason)
{
	const uint64_t *secret = worker->plane->hash_keys;
	struct weft_packet *packet = step->packet;
	const uint8_t *ip = packet->data + WEFT_L3;
	uint32_t total, port, strip, vrf_id, own = weft_load32(worker->configured->underlay4);
	struct weft_nexthop *nexthop;
	uint32_t entry;
	uint64_t first;
	uint16_t type;
	bool parsed;

	/* the largest headers here: VXLAN and an inner IPv4 and UDP header; what is behind them is checked where it is read */
	if (WEFT_UNLIKELY(packet->linear < WEFT_L3 + 20 + 8 + 22 + 28 || packet->gso || weft_load16(ip - 2) != 0x0008))
		return false;
	first = weft_load64(ip);
	total = __builtin_bswap16((uint16_t)(first >> 16));
	port = __builtin_bswap16(weft_load16(ip + 22));
	if (WEFT_UNLIKELY((first & 0xff3f0000000000ffull) != 0x45 || packet->length != WEFT_L3 + total ||
			  ip[9] != WEFT_PROTOCOL_UDP || !own || !ip[12] || weft_load32(ip + 16) != own ||
			  !ordinary_outer_udp(packet, WEFT_L3 + 20, total - 20) || !weft_ipv4_sum_right(ip)))
		return false;
	entry = weft_endpoint_entry(4, ip + 12, 0);
	nexthop = ordinary_context(worker, ip + 28, port, &strip, &type);
	if (WEFT_UNLIKELY(!nexthop || nexthop->type != WEFT_NEXTHOP_VRF || (type != 0x0008 && type != 0xdd86)))
		return false;
	vrf_id = nexthop->vrf_id;
	weft_packet_adjust(packet, (int32_t)strip);
	parsed = type == 0x0008 ? weft_parse_ipv4_fast(packet, vrf_id, secret, &step->view, &step->hash)
				: weft_parse_ipv6_fast(packet, vrf_id, secret, &step->view, &step->hash);
	/* of a SYN the way back must be known */
	if (WEFT_UNLIKELY(!parsed || (step->view.tcp_flags & WEFT_TCP_SYN))) {
		weft_packet_adjust(packet, -(int32_t)strip);
		return false;
	}
	memcpy(packet->data + 12, &type, sizeof(type));
	weft_trim_padding(packet, &step->view);
	packet->flags = WEFT_PACKET_FROM_TUNNEL; /* what the device said was about the outer packet */
	step->vif_id = WEFT_FROM_FABRIC;
	step->entry = entry;
	step->vrf_id = vrf_id;
	*reason = WEFT_LIKELY(!(first & 0x300)) ? WEFT_DROP_NONE : apply_congestion_mark(step, (uint8_t)(first >> 8));
	return true;
}

/* A SYN of the other end: what it offers is lowered to what goes back by a tunnel that adds so many bytes. */
static void clamp(struct weft_worker *worker, struct weft_step *step, uint32_t overhead)
{
	uint32_t mtu = weft_endpoint_mtu(worker->endpoint);

	weft_mss_clamp(step->packet, &step->view, mtu > overhead ? mtu - overhead : 0);
}

enum weft_drop weft_enter_inner(struct weft_worker *worker, struct weft_step *step, struct weft_nexthop *nexthop,
				uint8_t family, uint8_t outer_tos, uint32_t overhead)
{
	enum weft_drop reason;

	/* what the device said was about the outer packet */
	step->packet->flags = WEFT_PACKET_FROM_TUNNEL;
	reason = weft_parse_ip(worker, step->packet, family, &step->view);
	if (reason)
		return reason;
	reason = apply_context(worker, step, nexthop);
	if (reason)
		return reason;
	if (WEFT_UNLIKELY(step->view.tcp_flags & WEFT_TCP_SYN))
		clamp(worker, step, overhead);
	reason = check_inner(worker, step, outer_tos);
	if (reason)
		return reason;
	step->hash = weft_connection_hash(worker->plane, &step->view.key);
	return WEFT_DROP_NONE;
}

WEFT_HOT enum weft_drop weft_enter_fabric(struct weft_worker *worker, struct weft_step *step)
{
	struct weft_packet *packet = step->packet;
	struct weft_nexthop *nexthop = NULL;
	uint8_t family = 0, outer_tos;
	uint32_t type;
	enum weft_drop reason;
	struct outer outer;

	if (WEFT_LIKELY(enter_fabric_ordinary(worker, step, &reason)))
		return reason;
	reason = weft_need(worker, packet, sizeof(struct weft_ethernet), WEFT_DROP_MALFORMED_ETHERNET);
	if (reason)
		return reason;
	if (packet->gso != WEFT_GSO_NONE && !(worker->vif->flags & WEFT_VIF_NATIVE))
		return WEFT_DROP_GSO;
	type = weft_be16_get(((const struct weft_ethernet *)(const void *)packet->data)->type);
	if (type == WEFT_ETHERTYPE_IPV4)
		reason = parse_outer4(worker, packet, &outer);
	else if (type == WEFT_ETHERTYPE_IPV6)
		reason = parse_outer6(worker, packet, &outer);
	else
		return WEFT_DROP_NOT_FOR_US;
	if (WEFT_UNLIKELY(reason == WEFT_DROP_NOT_FOR_US))
		return weft_underlay_input(worker, step, type == WEFT_ETHERTYPE_IPV4 ? 4 : 6);
	if (reason)
		return reason;
	if (packet->gso != WEFT_GSO_NONE)
		return WEFT_DROP_GSO;
	if (outer.udp + sizeof(struct weft_udp) > outer.end)
		return WEFT_DROP_MALFORMED_TUNNEL;
	reason = weft_need(worker, packet, outer.udp + (uint32_t)sizeof(struct weft_udp), WEFT_DROP_MALFORMED_TUNNEL);
	if (reason)
		return reason;
	outer.source = outer.family == 4 ? weft_ipv4_at(packet)->source : weft_ipv6_at(packet)->source;
	outer_tos = outer.tos;
	step->vif_id = WEFT_FROM_FABRIC;
	reason = take_off_tunnel(worker, step, &outer, &nexthop, &family);
	if (reason)
		return reason;
	/* what the device said was about the outer packet */
	packet->flags = WEFT_PACKET_FROM_TUNNEL;
	return weft_enter_inner(worker, step, nexthop, family, outer_tos, outer.end - packet->length);
}
