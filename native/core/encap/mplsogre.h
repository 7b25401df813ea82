/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* MPLS in GRE (RFC 4023): a GRE header (RFC 2784), one label (RFC 3032), then the inner IP packet. */
#ifndef WEFT_MPLSOGRE_H
#define WEFT_MPLSOGRE_H

#include "../parse.h"

#define WEFT_GRE_BYTES 4u
#define WEFT_ETHERTYPE_MPLS 0x8847u

/* RFC 2784 2.1: no optional field, version 0. */
struct weft_gre {
	weft_be16 flags, protocol;
};
WEFT_ABI_ASSERT(sizeof(struct weft_gre) == WEFT_GRE_BYTES, "GRE header");

/*
 * `at`: offset of the GRE header, `end`: behind the outer IP packet, where the packet is cut. A checksum is verified; key and
 * sequence number (RFC 2890) are passed over: the label says all, and nothing promised order. Else as weft_mplsoudp_pull.
 */
enum weft_drop weft_mplsogre_pull(struct weft_worker *worker, struct weft_packet *packet, uint32_t at, uint32_t end,
				  struct weft_nexthop **nexthop, uint8_t *family);
/*
 * data stands at an Ethernet header, which goes. No field but flags and protocol. Entropy: the flow label over IPv6 (RFC 6438);
 * there is none over IPv4. outer_bytes is 0: no device segments it. NO_MEMORY without headroom.
 */
enum weft_drop weft_mplsogre_push(struct weft_packet *packet, const struct weft_nexthop *nexthop,
				  const struct weft_endpoint *endpoint, uint8_t tos, uint16_t entropy_port, uint32_t label);

#endif
