/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "mplsoudp.h"

#include "../lookup.h"
#include "../worker.h"
#include "outer.h"

#define LABEL_FIRST 16u /* 0 .. 15 are reserved, RFC 3032 2.1 */

enum weft_drop weft_mplsoudp_pull(struct weft_worker *worker, struct weft_packet *packet, uint32_t at,
				  struct weft_nexthop **nexthop, uint8_t *family)
{
	struct weft_ethernet *ethernet;
	enum weft_drop reason;
	uint32_t entry, label;
	weft_be32 wire;
	uint8_t version;

	reason = weft_need(worker, packet, at + WEFT_MPLS_BYTES + 20, WEFT_DROP_MALFORMED_TUNNEL);
	if (reason)
		return reason;
	memcpy(&wire, packet->data + at, sizeof(wire));
	entry = weft_be32_get(wire);
	label = entry >> 12;
	if (!(entry & 0x100) || label < LABEL_FIRST)
		return WEFT_DROP_MPLS_STACK;
	*nexthop = weft_target_at(worker->plane, &worker->plane->labels, label);
	if (!*nexthop)
		return WEFT_DROP_UNKNOWN_LABEL;
	version = packet->data[at + WEFT_MPLS_BYTES] >> 4;
	if (version != 4 && version != 6)
		return WEFT_DROP_UNSUPPORTED_ETHERTYPE;
	*family = version;
	if (!weft_packet_adjust(packet, (int32_t)(at + WEFT_MPLS_BYTES - WEFT_L3)))
		return WEFT_DROP_NO_MEMORY;
	ethernet = (void *)packet->data;
	ethernet->type = weft_be16_of(version == 4 ? WEFT_ETHERTYPE_IPV4 : WEFT_ETHERTYPE_IPV6);
	return WEFT_DROP_NONE;
}

enum weft_drop weft_mplsoudp_push(struct weft_packet *packet, const struct weft_nexthop *nexthop,
				  const struct weft_endpoint *endpoint, uint8_t tos, uint16_t entropy_port, uint32_t label)
{
	uint32_t outer = WEFT_L3 + weft_outer_ip_bytes(endpoint->family) + (uint32_t)sizeof(struct weft_udp);
	uint32_t behind = WEFT_MPLS_BYTES + packet->length - WEFT_L3;
	weft_be32 entry = weft_be32_of(label << 12 | 0x100 | WEFT_MPLS_TTL);

	if (!weft_packet_adjust(packet, (int32_t)WEFT_L3 - (int32_t)(outer + WEFT_MPLS_BYTES)))
		return WEFT_DROP_NO_MEMORY;
	memcpy(packet->data + outer, &entry, sizeof(entry));
	weft_outer_write(packet->data, nexthop, endpoint, tos, entropy_port, WEFT_UDP_PORT_MPLS, behind);
	packet->outer_bytes = (uint8_t)outer;
	return WEFT_DROP_NONE;
}
