/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The outer Ethernet, IP and UDP headers that all tunnels over UDP share. */
#ifndef WEFT_OUTER_H
#define WEFT_OUTER_H

#include "../checksum.h"
#include "../parse.h"

#define WEFT_OUTER_TTL 64u

static inline uint32_t weft_outer_ip_bytes(uint8_t family)
{
	return (uint32_t)(family == 4 ? sizeof(struct weft_ipv4) : sizeof(struct weft_ipv6));
}

/*
 * Writes Ethernet, IP and UDP at `at` (14 + IP + 8 bytes). `behind`: bytes behind the UDP header. `tos`: the inner packet's
 * DSCP and ECN (RFC 6040 normal mode). The UDP checksum is zero (RFC 7348 5, RFC 7510 3.1 and RFC 6935).
 */
static inline void weft_outer_write(uint8_t *at, const struct weft_nexthop *nexthop, const struct weft_endpoint *endpoint,
				    uint8_t tos, uint16_t entropy_port, uint32_t port, uint32_t behind)
{
	uint32_t udp_bytes = (uint32_t)sizeof(struct weft_udp) + behind;
	struct weft_udp *udp = (void *)(at + WEFT_L3 + weft_outer_ip_bytes(endpoint->family));

	memcpy(at, endpoint->rewrite, sizeof(endpoint->rewrite));
	if (endpoint->family == 4) {
		struct weft_ipv4 *ip = (void *)(at + WEFT_L3);

		memset(ip, 0, sizeof(*ip));
		ip->version_ihl = 0x45;
		ip->tos = tos;
		ip->total = weft_be16_of((uint32_t)sizeof(*ip) + udp_bytes);
		ip->fragment = weft_be16_of(WEFT_IPV4_DF);
		ip->ttl = WEFT_OUTER_TTL;
		ip->protocol = WEFT_PROTOCOL_UDP;
		memcpy(ip->source, nexthop->source, 4);
		memcpy(ip->destination, endpoint->destination, 4);
		weft_sum_store(ip->checksum, weft_sum(ip, sizeof(*ip), 0));
	} else {
		struct weft_ipv6 *ip = (void *)(at + WEFT_L3);

		memset(ip, 0, sizeof(*ip));
		weft_ipv6_class_set(ip, tos);
		ip->payload = weft_be16_of(udp_bytes);
		ip->next = WEFT_PROTOCOL_UDP;
		ip->hops = WEFT_OUTER_TTL;
		memcpy(ip->source, nexthop->source, 16);
		memcpy(ip->destination, endpoint->destination, 16);
	}
	udp->source = weft_be16_of(entropy_port);
	udp->destination = weft_be16_of(port);
	udp->length = weft_be16_of(udp_bytes);
	memset(udp->checksum, 0, 2);
}

#endif
