/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * A tunnel's headers behind the outer Ethernet header, ready to copy: made once per next hop, with the plane's default
 * settings. What depends on the packet is zero in them, and written by weft_template_write: lengths, DSCP and ECN, IPv4
 * checksum, IPv6 flow label, UDP source port and the VNI or label.
 */
#ifndef WEFT_TEMPLATE_H
#define WEFT_TEMPLATE_H

#include "mplsoudp.h"
#include "outer.h"
#include "vxlan.h"

static inline uint32_t weft_template_bytes(uint8_t family, uint8_t encap)
{
	return weft_outer_ip_bytes(family) + (uint32_t)sizeof(struct weft_udp) +
	       (encap == WEFT_ENCAP_VXLAN ? WEFT_VXLAN_BYTES : WEFT_MPLS_BYTES);
}

/* Control. Fills the tunnel next hop's template. */
void weft_template_make(struct weft_nexthop *nexthop);

/* Writes the 14 bytes of `ethernet` and the template at `at`; `behind`: bytes behind the template. */
WEFT_HOT_PART void weft_template_write(uint8_t *at, const struct weft_nexthop *nexthop, const uint8_t ethernet[14],
				       uint32_t behind, uint8_t tos, uint16_t entropy_port, uint32_t label)
{
	bool vxlan = nexthop->encap == WEFT_ENCAP_VXLAN, v4 = nexthop->family == 4;
	uint32_t ip_bytes = v4 ? 20 : 40,
		 udp_bytes = behind + (uint32_t)sizeof(struct weft_udp) + (vxlan ? WEFT_VXLAN_BYTES : WEFT_MPLS_BYTES);
	weft_be16 length, port = weft_be16_of(entropy_port);
	weft_be32 word;
	uint8_t *ip = at + WEFT_L3;

	memcpy(at, ethernet, WEFT_L3);
	memcpy(ip, nexthop->header, 32);
	if (v4) {
		uint64_t sum;
		uint16_t half;

		if (vxlan)
			memcpy(ip + 32, nexthop->header + 32, 16); /* the type of the inner frame stays */
		ip[1] = tos;
		length = weft_be16_of(ip_bytes + udp_bytes);
		memcpy(ip + 2, &length, 2);
		memcpy(&half, &length, 2);
		sum = nexthop->header_sum + ((uint64_t)tos << 8) + half;
		sum = (sum & 0xffff) + (sum >> 16);
		sum = (sum & 0xffff) + (sum >> 16);
		half = (uint16_t)~sum;
		memcpy(ip + 10, &half, 2);
	} else {
		memcpy(ip + 32, nexthop->header + 32, 20);
		if (vxlan)
			memcpy(ip + 52, nexthop->header + 52, 16);
		word = weft_be32_of(0x60000000u | (uint32_t)tos << 20 | weft_flow_label(entropy_port));
		memcpy(ip, &word, 4);
		length = weft_be16_of(udp_bytes);
		memcpy(ip + 4, &length, 2);
	}
	ip += ip_bytes;
	memcpy(ip, &port, 2);
	length = weft_be16_of(udp_bytes);
	memcpy(ip + 4, &length, 2);
	word = weft_be32_of(vxlan ? label << 8 : label << 12 | 0x100 | WEFT_MPLS_TTL);
	memcpy(ip + (vxlan ? 12 : 8), &word, 4);
}

#endif
