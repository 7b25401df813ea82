/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* L3 over VXLAN (RFC 7348): the inner frame is addressed to the receiver's router MAC. */
#ifndef WEFT_VXLAN_H
#define WEFT_VXLAN_H

#include "../parse.h"

#define WEFT_UDP_PORT_VXLAN 4789u

/* RFC 7348 5 */
struct weft_vxlan {
	uint8_t flags; /* I: 0x08 */
	weft_be24 zero0;
	weft_be24 vni;
	uint8_t zero1;
};
WEFT_ABI_ASSERT(sizeof(struct weft_vxlan) == 8, "VXLAN header");

/* VXLAN header and inner Ethernet. */
#define WEFT_VXLAN_BYTES 22u

/*
 * `at`: offset of the VXLAN header. On success data stands at the inner Ethernet header, *nexthop is what the VNI stands for
 * and *family that of the inner packet.
 */
enum weft_drop weft_vxlan_pull(struct weft_worker *worker, struct weft_packet *packet, uint32_t at,
			       struct weft_nexthop **nexthop, uint8_t *family);
/* data stands at the inner Ethernet header, which is rewritten. NO_MEMORY without headroom. */
enum weft_drop weft_vxlan_push(struct weft_packet *packet, const struct weft_nexthop *nexthop,
			       const struct weft_endpoint *endpoint, uint8_t tos, uint16_t entropy_port, uint32_t vni);

#endif
