/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "vxlan.h"

#include "../lookup.h"
#include "../worker.h"
#include "outer.h"

enum weft_drop weft_vxlan_pull(struct weft_worker *worker, struct weft_packet *packet, uint32_t at,
			       struct weft_nexthop **nexthop, uint8_t *family)
{
	const struct weft_ethernet *ethernet;
	const struct weft_vxlan *vxlan;
	enum weft_drop reason;
	uint32_t type, vni;

	reason = weft_need(worker, packet, at + WEFT_VXLAN_BYTES, WEFT_DROP_MALFORMED_TUNNEL);
	if (reason)
		return reason;
	vxlan = (const void *)(packet->data + at);
	if (!(vxlan->flags & 0x08))
		return WEFT_DROP_VXLAN_FLAGS;
	vni = weft_be24_get(vxlan->vni);
	if (WEFT_UNLIKELY(vni != worker->vni || !worker->vni_nexthop)) {
		worker->vni = vni;
		worker->vni_nexthop = weft_target_at(worker->plane, &worker->plane->vnis, vni);
	}
	*nexthop = worker->vni_nexthop;
	if (!*nexthop)
		return WEFT_DROP_UNKNOWN_VNI;
	ethernet = (const void *)(vxlan + 1);
	if (!weft_same_mac(ethernet->destination, worker->configured->router_mac) &&
	    !weft_same_mac(ethernet->destination, weft_gateway_mac))
		return ethernet->destination[0] & 1 ? WEFT_DROP_MULTICAST : WEFT_DROP_NOT_FOR_US;
	type = weft_be16_get(ethernet->type);
	if (type == WEFT_ETHERTYPE_IPV4)
		*family = 4;
	else if (type == WEFT_ETHERTYPE_IPV6)
		*family = 6;
	else
		return WEFT_DROP_UNSUPPORTED_ETHERTYPE;
	return weft_packet_adjust(packet, (int32_t)(at + sizeof(*vxlan))) ? WEFT_DROP_NONE : WEFT_DROP_NO_MEMORY;
}

enum weft_drop weft_vxlan_push(struct weft_packet *packet, const struct weft_nexthop *nexthop,
			       const struct weft_endpoint *endpoint, uint8_t tos, uint16_t entropy_port, uint32_t vni)
{
	uint32_t outer = WEFT_L3 + weft_outer_ip_bytes(endpoint->family) + (uint32_t)sizeof(struct weft_udp);
	uint32_t behind = (uint32_t)sizeof(struct weft_vxlan) + packet->length;
	struct weft_ethernet *ethernet;
	struct weft_vxlan *vxlan;

	if (!weft_packet_adjust(packet, -(int32_t)(outer + sizeof(*vxlan))))
		return WEFT_DROP_NO_MEMORY;
	vxlan = (void *)(packet->data + outer);
	*vxlan = (struct weft_vxlan){.flags = 0x08, .vni = weft_be24_of(vni)};
	ethernet = (void *)(vxlan + 1);
	memcpy(ethernet->destination, nexthop->inner_mac, 6);
	memcpy(ethernet->source, weft_gateway_mac, 6);
	weft_outer_write(packet->data, nexthop, endpoint, tos, entropy_port, WEFT_UDP_PORT_VXLAN, behind);
	packet->outer_bytes = (uint8_t)outer;
	return WEFT_DROP_NONE;
}
