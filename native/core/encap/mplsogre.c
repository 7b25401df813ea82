/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "mplsogre.h"

#include "../worker.h"
#include "mplsoudp.h"
#include "outer.h"

#define FLAG_CHECKSUM 0x8000u
#define FLAG_KEY 0x2000u
#define FLAG_SEQUENCE 0x1000u
/* RFC 2784 2.2, 2.3: routing and the bits behind it are refused, the version is 0; the rest is ignored on receipt. */
#define FLAGS_REFUSED 0x4c07u
#define LABEL_TTL 64u

enum weft_drop weft_mplsogre_pull(struct weft_worker *worker, struct weft_packet *packet, uint32_t at, uint32_t end,
				  struct weft_nexthop **nexthop, uint8_t *family)
{
	uint32_t header = WEFT_GRE_BYTES, flags;
	struct weft_gre gre;
	enum weft_drop reason;

	if (at + header > end)
		return WEFT_DROP_MALFORMED_TUNNEL;
	reason = weft_need(worker, packet, at + header, WEFT_DROP_MALFORMED_TUNNEL);
	if (reason)
		return reason;
	memcpy(&gre, packet->data + at, sizeof(gre));
	flags = weft_be16_get(gre.flags);
	if ((flags & FLAGS_REFUSED) || weft_be16_get(gre.protocol) != WEFT_ETHERTYPE_MPLS)
		return WEFT_DROP_GRE_HEADER;
	header += (flags & FLAG_CHECKSUM ? 4 : 0) + (flags & FLAG_KEY ? 4 : 0) + (flags & FLAG_SEQUENCE ? 4 : 0);
	if (at + header + WEFT_MPLS_BYTES > end)
		return WEFT_DROP_MALFORMED_TUNNEL;
	if ((flags & FLAG_CHECKSUM) && !weft_sum_right(weft_packet_sum(worker, packet, at, end - at, 0)))
		return WEFT_DROP_OUTER_CHECKSUM;
	if (packet->length > end)
		weft_host_packet_trim(packet, end);
	return weft_mplsoudp_pull(worker, packet, at + header, nexthop, family);
}

enum weft_drop weft_mplsogre_push(struct weft_packet *packet, const struct weft_nexthop *nexthop,
				  const struct weft_endpoint *endpoint, uint8_t tos, uint16_t entropy_port, uint32_t label)
{
	uint32_t outer = WEFT_L3 + weft_outer_ip_bytes(endpoint->family), front = outer + WEFT_GRE_BYTES + WEFT_MPLS_BYTES;
	struct weft_gre gre = {weft_be16_of(0), weft_be16_of(WEFT_ETHERTYPE_MPLS)};
	weft_be32 entry = weft_be32_of(label << 12 | 0x100 | LABEL_TTL);

	if (!weft_packet_adjust(packet, (int32_t)WEFT_L3 - (int32_t)front))
		return WEFT_DROP_NO_MEMORY;
	weft_outer_ip_write(packet->data, nexthop, endpoint, tos, WEFT_PROTOCOL_GRE, entropy_port, packet->length - outer);
	memcpy(packet->data + outer, &gre, sizeof(gre));
	memcpy(packet->data + outer + WEFT_GRE_BYTES, &entry, sizeof(entry));
	packet->outer_bytes = 0;
	return WEFT_DROP_NONE;
}
