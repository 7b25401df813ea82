/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* ARP (RFC 826) and neighbour discovery (RFC 4861) of ports: the plane answers for what it routes, with one MAC. */
#include "worker.h"

#include "checksum.h"

#define ND_ROUTER_SOLICIT 133u
#define ND_SOLICIT 135u
#define ND_ADVERTISE 136u
#define ND_OPTION_SOURCE_MAC 1u
#define ND_OPTION_TARGET_MAC 2u
#define ND_OPTIONS_MAX 16u
#define ND_ROUTER_BYTES 8u /* of router solicitation, RFC 4861 4.1 */
#define ND_FIXED_BYTES 24u /* of solicitation and advertisement, RFC 4861 4.3, 4.4 */
#define ND_BYTES_MAX 1280u

/* Does the plane answer for `target`, asked by `vif`? */
static enum weft_drop answers_for(struct weft_worker *worker, struct weft_vif *vif, uint8_t family, const uint8_t *target)
{
	struct weft_leaf leaf;

	for (uint32_t i = 0; i < vif->address_count && i < WEFT_VIF_ADDRESSES_MAX; i++) {
		if (vif->addresses[i].family == family && !memcmp(vif->addresses[i].address, target, family == 4 ? 4 : 16))
			return WEFT_DROP_NEIGHBOUR_UNKNOWN;
	}
	leaf = weft_route_get(worker->plane, vif->vrf_id, family, target);
	if (leaf.prefix_len == WEFT_NO_ROUTE || !(leaf.flags & WEFT_ROUTE_PROXY_NEIGHBOUR))
		return WEFT_DROP_NEIGHBOUR_UNKNOWN;
	return WEFT_DROP_NONE;
}

enum weft_drop weft_arp_input(struct weft_worker *worker, struct weft_vif *vif, struct weft_step *step)
{
	struct weft_packet *packet = step->packet;
	uint8_t sender[16] = {0}, target[16] = {0};
	struct weft_ethernet *ethernet;
	enum weft_drop reason;
	struct weft_arp *arp;
	uint32_t operation;

	reason = weft_need(worker, packet, WEFT_L3 + (uint32_t)sizeof(*arp), WEFT_DROP_MALFORMED_ARP);
	if (reason)
		return reason;
	ethernet = (void *)packet->data;
	arp = (void *)(packet->data + WEFT_L3);
	operation = weft_be16_get(arp->operation);
	if (weft_be16_get(arp->hardware) != 1 || weft_be16_get(arp->protocol) != WEFT_ETHERTYPE_IPV4 ||
	    arp->hardware_bytes != 6 || arp->protocol_bytes != 4 || operation < 1 || operation > 2)
		return WEFT_DROP_MALFORMED_ARP;
	memcpy(sender, arp->sender, 4);
	memcpy(target, arp->target, 4);
	if (!weft_same_mac(arp->sender_mac, ethernet->source))
		return WEFT_DROP_SPOOFED_SOURCE;
	if ((vif->flags & WEFT_VIF_ADDRESS_CHECK) && !weft_is_zero(sender, 4) && !weft_vif_owns(vif, 4, sender))
		return WEFT_DROP_SPOOFED_SOURCE;
	/* a reply, a probe (RFC 5227 1.1) or an announcement: nobody waits for an answer of ours */
	if (operation == 2 || weft_is_zero(sender, 4) || !memcmp(sender, target, 4))
		return WEFT_DROP_NEIGHBOUR_IGNORED;
	packet->flags = 0;
	packet->gso = WEFT_GSO_NONE;
	reason = answers_for(worker, vif, 4, target);
	if (reason)
		return weft_trap(worker, step, WEFT_TRAP_NEIGHBOUR, reason);
	arp->operation = weft_be16_of(2);
	memcpy(arp->target_mac, arp->sender_mac, 6);
	memcpy(arp->target, sender, 4);
	memcpy(arp->sender_mac, weft_gateway_mac, 6);
	memcpy(arp->sender, target, 4);
	memcpy(ethernet->destination, arp->target_mac, 6);
	memcpy(ethernet->source, weft_gateway_mac, 6);
	step->packet = NULL;
	weft_depart(worker, vif, packet);
	return WEFT_DROP_NONE;
}

/* Walks the options: lengths are right (RFC 4861 6.1, 7.1), the link-layer address is the port's. *seen: a source option is
 * there. */
static enum weft_drop check_options(const struct weft_vif *vif, const uint8_t *option, uint32_t bytes, bool *source_seen)
{
	*source_seen = false;
	for (uint32_t count = 0; bytes; count++) {
		uint32_t length = bytes >= 2 ? option[1] * 8u : 0;

		if (!length || length > bytes || count == ND_OPTIONS_MAX)
			return WEFT_DROP_MALFORMED_ND;
		if (option[0] == ND_OPTION_SOURCE_MAC || option[0] == ND_OPTION_TARGET_MAC) {
			if (length != 8)
				return WEFT_DROP_MALFORMED_ND;
			if ((vif->flags & WEFT_VIF_ADDRESS_CHECK) && !weft_same_mac(option + 2, vif->mac))
				return WEFT_DROP_SPOOFED_SOURCE;
		}
		if (option[0] == ND_OPTION_SOURCE_MAC)
			*source_seen = true;
		option += length;
		bytes -= length;
	}
	return WEFT_DROP_NONE;
}

/* The advertisement: router, solicited, override (RFC 4861 4.4); the plane routes every target it answers for. */
static enum weft_drop advertise(struct weft_worker *worker, struct weft_vif *vif, const uint8_t *target, const uint8_t *to)
{
	uint32_t bytes = ND_FIXED_BYTES + 8;
	struct weft_packet *packet = weft_packet_make(worker, WEFT_L3 + (uint32_t)sizeof(struct weft_ipv6) + bytes);
	struct weft_ethernet *ethernet;
	struct weft_ipv6 *ip;
	uint8_t *nd;

	if (!packet)
		return WEFT_DROP_NO_MEMORY;
	memset(packet->data, 0, packet->length);
	ethernet = (void *)packet->data;
	memcpy(ethernet->destination, vif->mac, 6);
	memcpy(ethernet->source, weft_gateway_mac, 6);
	ethernet->type = weft_be16_of(WEFT_ETHERTYPE_IPV6);
	ip = weft_ipv6_at(packet);
	weft_ipv6_class_set(ip, 0);
	ip->payload = weft_be16_of(bytes);
	ip->next = WEFT_PROTOCOL_ICMPV6;
	ip->hops = 255;
	memcpy(ip->source, target, 16);
	memcpy(ip->destination, to, 16);
	nd = (void *)(ip + 1);
	nd[0] = ND_ADVERTISE;
	nd[4] = 0xe0;
	memcpy(nd + 8, target, 16);
	nd[24] = ND_OPTION_TARGET_MAC;
	nd[25] = 1;
	memcpy(nd + 26, weft_gateway_mac, 6);
	weft_sum_store(nd + 2,
		       weft_sum(nd, bytes, weft_sum_pseudo(6, ip->source, ip->destination, WEFT_PROTOCOL_ICMPV6, bytes)));
	weft_depart(worker, vif, packet);
	return WEFT_DROP_NONE;
}

/* Lengths, hop limit, code and checksum that every neighbour message must have (RFC 4861 6.1, 7.1). */
static enum weft_drop check_message(struct weft_worker *worker, struct weft_step *step, uint32_t *bytes)
{
	struct weft_packet *packet = step->packet;
	const struct weft_view *view = &step->view;
	enum weft_drop reason;
	const uint8_t *nd;

	*bytes = WEFT_L3 + view->l3_bytes - view->l4;
	if (view->ttl != 255 || view->fragment != WEFT_FRAGMENT_NONE || *bytes > ND_BYTES_MAX)
		return WEFT_DROP_MALFORMED_ND;
	reason = weft_need(worker, packet, view->l4 + *bytes, WEFT_DROP_MALFORMED_ND);
	if (reason)
		return reason;
	nd = packet->data + view->l4;
	if (nd[1] != 0)
		return WEFT_DROP_MALFORMED_ND;
	if (!(packet->flags & (WEFT_PACKET_CSUM_PARTIAL | WEFT_PACKET_CSUM_VALID)) &&
	    !weft_sum_right(
		weft_sum(nd, *bytes, weft_sum_pseudo(6, view->source, view->destination, WEFT_PROTOCOL_ICMPV6, *bytes))))
		return WEFT_DROP_MALFORMED_ND;
	return WEFT_DROP_NONE;
}

static enum weft_drop solicited(struct weft_worker *worker, struct weft_vif *vif, struct weft_step *step, const uint8_t *nd,
				bool source_seen)
{
	static const uint8_t solicited_node[13] = {0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};
	enum weft_drop reason;

	if (weft_is_zero(step->view.source, 16)) {
		/* duplicate address detection (RFC 4862 5.4): the port's addresses are unique by assignment */
		if (source_seen || memcmp(step->view.destination, solicited_node, sizeof(solicited_node)))
			return WEFT_DROP_MALFORMED_ND;
		return WEFT_DROP_NEIGHBOUR_IGNORED;
	}
	reason = answers_for(worker, vif, 6, nd + 8);
	if (reason)
		return weft_trap(worker, step, WEFT_TRAP_NEIGHBOUR, reason);
	reason = advertise(worker, vif, nd + 8, step->view.source);
	if (reason)
		return reason;
	weft_packet_gone(worker, step->packet);
	step->packet = NULL;
	return WEFT_DROP_NONE;
}

/* RFC 4861 6.1.1: for the agent, which advertises the network. */
static enum weft_drop router_solicited(struct weft_worker *worker, struct weft_vif *vif, struct weft_step *step, uint32_t bytes)
{
	enum weft_drop reason;
	bool source_seen;

	if (!weft_vif_agent(worker->plane))
		return WEFT_DROP_NEIGHBOUR_IGNORED;
	if (bytes < ND_ROUTER_BYTES)
		return WEFT_DROP_MALFORMED_ND;
	reason = check_options(vif, step->packet->data + step->view.l4 + ND_ROUTER_BYTES, bytes - ND_ROUTER_BYTES, &source_seen);
	if (reason)
		return reason;
	if (source_seen && weft_is_zero(step->view.source, 16))
		return WEFT_DROP_MALFORMED_ND;
	return weft_trap(worker, step, WEFT_TRAP_ROUTER_SOLICITATION, WEFT_DROP_NEIGHBOUR_IGNORED);
}

enum weft_drop weft_nd_input(struct weft_worker *worker, struct weft_vif *vif, struct weft_step *step)
{
	const struct weft_view *view = &step->view;
	bool check = vif->flags & WEFT_VIF_ADDRESS_CHECK, source_seen;
	enum weft_drop reason;
	const uint8_t *nd;
	uint32_t bytes;

	if (view->source[0] == 0xff)
		return WEFT_DROP_INVALID_SOURCE_ADDRESS;
	if (check && !weft_is_zero(view->source, 16) && !weft_ipv6_is_link_local(view->source) &&
	    !weft_vif_owns(vif, 6, view->source))
		return WEFT_DROP_SPOOFED_SOURCE;
	reason = check_message(worker, step, &bytes);
	if (reason)
		return reason;
	if (view->icmp_type == ND_ROUTER_SOLICIT)
		return router_solicited(worker, vif, step, bytes);
	if (view->icmp_type != ND_SOLICIT && view->icmp_type != ND_ADVERTISE)
		return WEFT_DROP_NEIGHBOUR_IGNORED;
	nd = step->packet->data + view->l4;
	if (bytes < ND_FIXED_BYTES || nd[8] == 0xff)
		return WEFT_DROP_MALFORMED_ND;
	reason = check_options(vif, nd + ND_FIXED_BYTES, bytes - ND_FIXED_BYTES, &source_seen);
	if (reason)
		return reason;
	if (view->icmp_type == ND_SOLICIT)
		return solicited(worker, vif, step, nd, source_seen);
	if (check && !weft_ipv6_is_link_local(nd + 8) && !weft_vif_owns(vif, 6, nd + 8))
		return WEFT_DROP_SPOOFED_SOURCE;
	return WEFT_DROP_NEIGHBOUR_IGNORED;
}
