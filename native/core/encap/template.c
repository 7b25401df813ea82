/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "template.h"

#include "../worker.h"

void weft_template_make(struct weft_nexthop *nexthop)
{
	struct weft_endpoint endpoint = {.family = nexthop->family};
	uint8_t frame[WEFT_L3 + WEFT_NEXTHOP_HEADER_BYTES] = {0}, *udp;
	uint32_t ip_bytes = weft_outer_ip_bytes(nexthop->family);
	struct weft_ipv4 *ip = (void *)(frame + WEFT_L3);

	if (nexthop->encap != WEFT_ENCAP_VXLAN && nexthop->encap != WEFT_ENCAP_MPLSOUDP)
		return;
	memcpy(endpoint.destination, nexthop->destination, sizeof(endpoint.destination));
	weft_outer_write(frame, nexthop, &endpoint, 0, 0,
			 nexthop->encap == WEFT_ENCAP_VXLAN ? WEFT_UDP_PORT_VXLAN : WEFT_UDP_PORT_MPLS, 0);
	udp = frame + WEFT_L3 + ip_bytes;
	memset(udp + 4, 0, 2); /* its length */
	if (nexthop->encap == WEFT_ENCAP_VXLAN) {
		struct weft_vxlan *vxlan = (void *)(udp + sizeof(struct weft_udp));

		vxlan->flags = 0x08;
		memcpy(vxlan + 1, nexthop->inner_mac, 6);
		memcpy((uint8_t *)(vxlan + 1) + 6, weft_gateway_mac, 6); /* the type is the packet's */
	}
	if (nexthop->family == 4) {
		ip->total = weft_be16_of(0);
		memset(ip->checksum, 0, sizeof(ip->checksum));
		nexthop->header_sum = weft_sum_fold(weft_sum(ip, sizeof(*ip), 0));
	} else {
		((struct weft_ipv6 *)(void *)ip)->payload = weft_be16_of(0);
	}
	memcpy(nexthop->header, ip, sizeof(nexthop->header));
	nexthop->header_bytes = (uint8_t)weft_template_bytes(nexthop->family, nexthop->encap);
}
