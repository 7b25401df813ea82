/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* MPLS in UDP (RFC 7510): one label (RFC 3032), then the inner IP packet. */
#ifndef WEFT_MPLSOUDP_H
#define WEFT_MPLSOUDP_H

#include "../parse.h"

#define WEFT_UDP_PORT_MPLS 6635u
#define WEFT_MPLS_BYTES 4u
#define WEFT_MPLS_TTL 64u

/*
 * `at`: offset of the label stack entry. On success data stands at an Ethernet header (its addresses are not set) before the
 * inner IP packet, *nexthop is what the label stands for and *family that of the inner packet.
 */
enum weft_drop weft_mplsoudp_pull(struct weft_worker *worker, struct weft_packet *packet, uint32_t at,
				  struct weft_nexthop **nexthop, uint8_t *family);
/* data stands at an Ethernet header, which goes. NO_MEMORY without headroom. */
enum weft_drop weft_mplsoudp_push(struct weft_packet *packet, const struct weft_nexthop *nexthop,
				  const struct weft_endpoint *endpoint, uint8_t tos, uint16_t entropy_port, uint32_t label);

#endif
