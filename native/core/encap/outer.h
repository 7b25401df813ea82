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
 * RFC 6437, RFC 6438: the flow label carries a tunnel's entropy, over UDP too, for routers that look no further than the IPv6
 * header (behind a fragment header they could not). Never zero, which would mean none.
 */
static inline uint32_t weft_flow_label(uint16_t entropy_port)
{
	return entropy_port;
}

/*
 * Writes Ethernet and IP at `at` (14 + IP bytes) as default settings want them: DF, and 64 hops. `behind`: bytes behind the IP
 * header. `tos`: DSCP and ECN of the outer header. `entropy_port`: for the flow label.
 */
static inline void weft_outer_ip_write(uint8_t *at, const struct weft_nexthop *nexthop, const struct weft_endpoint *endpoint,
				       uint8_t tos, uint8_t protocol, uint16_t entropy_port, uint32_t behind)
{
	memcpy(at, endpoint->rewrite, sizeof(endpoint->rewrite));
	if (endpoint->family == 4) {
		struct weft_ipv4 *ip = (void *)(at + WEFT_L3);

		memset(ip, 0, sizeof(*ip));
		ip->version_ihl = 0x45;
		ip->tos = tos;
		ip->total = weft_be16_of((uint32_t)sizeof(*ip) + behind);
		ip->fragment = weft_be16_of(WEFT_IPV4_DF);
		ip->ttl = WEFT_OUTER_TTL;
		ip->protocol = protocol;
		memcpy(ip->source, nexthop->source, 4);
		memcpy(ip->destination, endpoint->destination, 4);
		weft_sum_store(ip->checksum, weft_sum(ip, sizeof(*ip), 0));
	} else {
		struct weft_ipv6 *ip = (void *)(at + WEFT_L3);

		memset(ip, 0, sizeof(*ip));
		ip->version_class_label = weft_be32_of(0x60000000u | (uint32_t)tos << 20 | weft_flow_label(entropy_port));
		ip->payload = weft_be16_of(behind);
		ip->next = protocol;
		ip->hops = WEFT_OUTER_TTL;
		memcpy(ip->source, nexthop->source, 16);
		memcpy(ip->destination, endpoint->destination, 16);
	}
}

/*
 * Writes Ethernet, IP and UDP at `at` (14 + IP + 8 bytes). `behind`: bytes behind the UDP header. The UDP checksum is zero (RFC
 * 7348 5, RFC 7510 3.1 and RFC 6935).
 */
static inline void weft_outer_write(uint8_t *at, const struct weft_nexthop *nexthop, const struct weft_endpoint *endpoint,
				    uint8_t tos, uint16_t entropy_port, uint32_t port, uint32_t behind)
{
	uint32_t udp_bytes = (uint32_t)sizeof(struct weft_udp) + behind;
	struct weft_udp *udp = (void *)(at + WEFT_L3 + weft_outer_ip_bytes(endpoint->family));

	weft_outer_ip_write(at, nexthop, endpoint, tos, WEFT_PROTOCOL_UDP, entropy_port, udp_bytes);
	udp->source = weft_be16_of(entropy_port);
	udp->destination = weft_be16_of(port);
	udp->length = weft_be16_of(udp_bytes);
	memset(udp->checksum, 0, 2);
}

/* Some setting of outer headers is not the default. */
static inline bool weft_outer_is_styled(const struct weft_plane_msg *configured)
{
	return configured->tunnel_ttl | configured->tunnel_df | configured->tunnel_dscp_mode;
}

/* DSCP as the plane is set (RFC 2983); ECN is copied (RFC 6040 4.1, normal mode). */
static inline uint8_t weft_outer_tos(const struct weft_plane_msg *configured, uint8_t tos)
{
	if (WEFT_LIKELY(configured->tunnel_dscp_mode == WEFT_TUNNEL_DSCP_UNIFORM))
		return tos;
	return (uint8_t)(configured->tunnel_dscp << 2 | (tos & 3));
}

struct weft_worker;
struct weft_way;

/* ---- outer.c ---- */
/* Whether the outer IPv4 header says DF, as the plane is set, for the inner packet behind the Ethernet header of `packet`. */
bool weft_outer_dont_fragment(const struct weft_worker *worker, const struct weft_packet *packet);
/* Gives a finished outer IP header the TTL and DF of the plane's settings. Without DF it gets an id of its own. */
void weft_outer_restyle(struct weft_worker *worker, struct weft_packet *packet, uint8_t family, bool dont_fragment);
/* One finished inner packet into the tunnel, in outer fragments that fit the path. Takes it unless a reason is returned. */
enum weft_drop weft_outer_fragment_send(struct weft_worker *worker, struct weft_packet *packet, uint8_t tos,
					const struct weft_way *way);

#endif
