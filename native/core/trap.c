/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * What the plane leaves to the agent: frames of ports behind a weft_trap_header to the AGENT vif, and what the agent sends back
 * behind a weft_injection_header. A trapped packet's source is proven like any other's; without an AGENT vif nothing here
 * changes a packet's fate.
 */
#include "worker.h"

#define PORT_DNS 53u
#define PORT_DHCP_CLIENT 68u
#define PORT_DHCP_SERVER 67u
#define PORT_DHCP6_CLIENT 546u
#define PORT_DHCP6_SERVER 547u
#define OPTION4_END 0u
#define OPTION4_NOP 1u
#define OPTION4_ROUTER_ALERT 148u /* RFC 2113 2.1 */
#define OPTION6_PAD1 0u
#define OPTION6_ROUTER_ALERT 5u /* RFC 2711 2.1 */

enum weft_drop weft_trap(struct weft_worker *worker, struct weft_step *step, enum weft_trap trap, enum weft_drop otherwise)
{
	struct weft_vif *agent = weft_vif_agent(worker->plane);
	struct weft_packet *packet = step->packet;
	struct weft_trap_header header = {
	    .reason = (uint16_t)trap, .vif_id = step->vif_id, .vrf_id = step->vrf_id, .bytes = packet->length};

	/* several datagrams in one buffer: no frame that could be handed over */
	if (!agent || packet->gso == WEFT_GSO_UDP)
		return otherwise;
	if (!weft_bucket_take(&worker->traps[step->vif_id % WEFT_VIF_LIMIT][trap % WEFT_TRAP_LIMIT], worker->now_ns))
		return WEFT_DROP_TRAP_RATE;
	if (!weft_checksum_complete(worker, packet) || !weft_packet_adjust(packet, -(int32_t)sizeof(header)))
		return WEFT_DROP_NO_MEMORY;
	header.time_ns = weft_host_wall_ns();
	memcpy(packet->data, &header, sizeof(header));
	packet->flags = 0;
	packet->gso = WEFT_GSO_NONE;
	packet->gso_size = 0;
	step->packet = NULL;
	weft_depart(worker, agent, packet);
	return WEFT_DROP_NONE;
}

/* IPv4 options are linear: the parser saw to it. */
static bool has_router_alert4(const struct weft_step *step)
{
	const uint8_t *option = step->packet->data + WEFT_L3 + sizeof(struct weft_ipv4);
	const uint8_t *end = step->packet->data + WEFT_L3 + (weft_ipv4_at(step->packet)->version_ihl & 0x0fu) * 4;

	while (option < end && *option != OPTION4_END) {
		uint32_t left = (uint32_t)(end - option), length = 1;

		if (*option == OPTION4_ROUTER_ALERT)
			return left >= 4 && option[1] == 4;
		if (*option != OPTION4_NOP)
			length = left >= 2 ? option[1] : 0;
		if (!length || length > left)
			return false;
		option += length;
	}
	return false;
}

/* The hop-by-hop header, which comes first (RFC 8200 4.1); the parser checked its length and read over it. */
static bool has_router_alert6(struct weft_worker *worker, const struct weft_step *step)
{
	uint32_t at = WEFT_L3 + (uint32_t)sizeof(struct weft_ipv6), end;

	if (weft_ipv6_at(step->packet)->next != WEFT_PROTOCOL_HOPOPTS)
		return false;
	end = at + (step->packet->data[at + 1] + 1u) * 8;
	if (weft_need(worker, step->packet, end, WEFT_DROP_MALFORMED_IPV6))
		return false;
	for (at += 2; at < end;) {
		const uint8_t *option = step->packet->data + at;

		if (option[0] == OPTION6_PAD1) {
			at++;
			continue;
		}
		if (at + 2 > end || at + 2 + option[1] > end)
			return false;
		if (option[0] == OPTION6_ROUTER_ALERT)
			return option[1] == 2;
		at += 2u + option[1];
	}
	return false;
}

/* The service that wants the packet wherever it is to. 0: none. */
static uint32_t service_of(struct weft_worker *worker, const struct weft_step *step)
{
	const struct weft_view *view = &step->view;
	const struct weft_connection_key *key = &view->key;
	bool v4 = view->family == 4;

	if (view->protocol == WEFT_PROTOCOL_UDP && view->fragment == WEFT_FRAGMENT_NONE) {
		if (v4 && key->source_port == PORT_DHCP_CLIENT && key->destination_port == PORT_DHCP_SERVER)
			return WEFT_TRAP_DHCP;
		if (!v4 && key->source_port == PORT_DHCP6_CLIENT && key->destination_port == PORT_DHCP6_SERVER)
			return WEFT_TRAP_DHCP6;
	}
	return (v4 ? has_router_alert4(step) : has_router_alert6(worker, step)) ? WEFT_TRAP_ROUTER_ALERT : 0;
}

/* Sources that are right on the link though never routed: of a port that has no address yet (its MAC was checked), IPv6
 * link-local. */
static bool is_link_source(const struct weft_view *view, uint32_t service)
{
	if (weft_is_zero(view->source, 16))
		return service == WEFT_TRAP_DHCP ||
		       (service == WEFT_TRAP_ROUTER_ALERT && weft_is_group(view->family, view->destination));
	return view->family == 6 && weft_ipv6_is_link_local(view->source);
}

enum weft_drop weft_trap_service(struct weft_worker *worker, struct weft_vif *vif, struct weft_step *step)
{
	const struct weft_view *view = &step->view;
	uint32_t service;

	if (!weft_vif_agent(worker->plane))
		return WEFT_DROP_NONE;
	service = service_of(worker, step);
	if (!service)
		return WEFT_DROP_NONE;
	if (!is_link_source(view, service)) {
		if (weft_is_bad_source(view->family, view->source))
			return WEFT_DROP_INVALID_SOURCE_ADDRESS;
		if ((vif->flags & WEFT_VIF_ADDRESS_CHECK) && !weft_vif_owns(vif, view->family, view->source))
			return WEFT_DROP_SPOOFED_SOURCE;
	}
	return weft_trap(worker, step, (enum weft_trap)service, WEFT_DROP_NONE);
}

/* RFC 3927 */
static bool is_link_local4(const struct weft_view *view)
{
	return view->family == 4 && view->destination[0] == 169 && view->destination[1] == 254;
}

enum weft_drop weft_trap_destination(struct weft_worker *worker, struct weft_step *step, enum weft_drop reason)
{
	const struct weft_view *view = &step->view;
	const struct weft_connection_key *key = &view->key;
	enum weft_trap trap;
	enum weft_drop denied;

	if (step->vif_id == WEFT_FROM_FABRIC || worker->vif->type == WEFT_VIF_PHYSICAL || !weft_vif_agent(worker->plane))
		return reason;
	if (reason == WEFT_DROP_NO_ROUTE && is_link_local4(view))
		trap = WEFT_TRAP_LINK_LOCAL;
	else if (reason == WEFT_DROP_NO_RECEIVER && key->destination_port == PORT_DNS &&
		 (view->protocol == WEFT_PROTOCOL_UDP || view->protocol == WEFT_PROTOCOL_TCP))
		trap = WEFT_TRAP_DNS;
	else
		return reason;
	denied = weft_judge_destination(worker, step);
	return denied ? denied : weft_trap(worker, step, trap, reason);
}

static enum weft_drop route_in_vrf(struct weft_worker *worker, struct weft_step *step)
{
	struct weft_way way;
	enum weft_drop reason;
	uint32_t type = weft_be16_get(((const struct weft_ethernet *)(const void *)step->packet->data)->type);

	if (type != WEFT_ETHERTYPE_IPV4 && type != WEFT_ETHERTYPE_IPV6)
		return WEFT_DROP_UNSUPPORTED_ETHERTYPE;
	reason = weft_parse_ip(worker, step->packet, type == WEFT_ETHERTYPE_IPV4 ? 4 : 6, &step->view);
	if (reason)
		return reason;
	step->view.key.zone = step->vrf_id;
	step->hash = weft_connection_hash(worker->plane, &step->view.key);
	step->packet->hash = step->hash;
	step->view.kind = WEFT_KIND_ICMP_ERROR;	     /* nobody is told of what becomes of it */
	reason = weft_route_way(worker, step, &way); /* the hop limit stays as the agent wrote it */
	return reason ? reason : weft_output(worker, step, &way);
}

enum weft_drop weft_injection_input(struct weft_worker *worker, struct weft_step *step)
{
	struct weft_packet *packet = step->packet;
	struct weft_injection_header header;
	enum weft_drop reason;
	struct weft_vif *vif;

	reason = weft_need(worker, packet, sizeof(header) + sizeof(struct weft_ethernet), WEFT_DROP_INJECTION);
	if (reason)
		return reason;
	memcpy(&header, packet->data, sizeof(header));
	if (header.zero0 || header.zero1 || header.bytes != packet->length - sizeof(header) ||
	    !weft_packet_adjust(packet, sizeof(header)))
		return WEFT_DROP_INJECTION;
	packet->flags = 0;
	packet->gso = WEFT_GSO_NONE;
	step->vif_id = worker->vif->vif_id;
	step->vrf_id = header.vrf_id;
	switch (header.operation) {
	case WEFT_INJECTION_OUT_OF_VIF:
		vif = weft_vif_get(worker->plane, header.vif_id);
		if (!vif || vif->type == WEFT_VIF_AGENT)
			return WEFT_DROP_INJECTION;
		step->packet = NULL;
		weft_depart(worker, vif, packet);
		return WEFT_DROP_NONE;
	case WEFT_INJECTION_ROUTE_IN_VRF:
		return weft_vrf_known(worker->plane, header.vrf_id) ? route_in_vrf(worker, step) : WEFT_DROP_INJECTION;
	default:
		return WEFT_DROP_INJECTION;
	}
}
