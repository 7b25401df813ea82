/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Path MTU of tunnels (RFC 1191, RFC 8201): a too-big of the underlay lowers the MTU of the endpoint it is about, for ten
 * minutes. Anybody can send one, so it must quote a packet this host's tunnels send (RFC 5927 7): our address, a known
 * endpoint, the tunnel's protocol and ports, DF, and larger than what it says. It never raises anything.
 */
#include "worker.h"

#include "checksum.h"
#include "encap/mplsogre.h"
#include "encap/mplsoudp.h"
#include "encap/vxlan.h"

#define KEPT_NS (600 * 1000000000ull) /* RFC 1191 6.3 */
#define MTU4_MIN 576u		      /* RFC 791 3.1: what every host takes; less than that is no underlay */
#define MTU6_MIN 1280u		      /* RFC 8201 4: less is discarded */
#define ENTROPY_PORT_FIRST 49152u

/* Next-hop MTU of a router that does not say it: the plateau below the packet (RFC 1191 7). */
static uint32_t plateau(uint32_t bytes)
{
	static const uint16_t plateaus[] = {32000, 17914, 8166, 4352, 2002, 1492, 1006, 576};

	for (uint32_t i = 0; i < WEFT_ARRAY_COUNT(plateaus); i++) {
		if (plateaus[i] < bytes)
			return plateaus[i];
	}
	return 0;
}

/* What the message quotes. */
struct quoted {
	const uint8_t *destination;
	uint32_t bytes; /* of the whole IP packet it was */
};

/* The first bytes behind the quoted IP headers are of a tunnel packet of ours. */
static bool is_tunnel(uint8_t protocol, const uint8_t *l4)
{
	uint32_t first = (uint32_t)l4[0] << 8 | l4[1], second = (uint32_t)l4[2] << 8 | l4[3];

	if (protocol == WEFT_PROTOCOL_UDP)
		return first >= ENTROPY_PORT_FIRST && (second == WEFT_UDP_PORT_VXLAN || second == WEFT_UDP_PORT_MPLS);
	return protocol == WEFT_PROTOCOL_GRE && first == 0 && second == WEFT_ETHERTYPE_MPLS;
}

static bool read_quoted4(const struct weft_worker *worker, const uint8_t *at, uint32_t bytes, struct quoted *quoted)
{
	uint32_t header = (at[0] & 0x0fu) * 4, field = (uint32_t)at[6] << 8 | at[7];

	if (at[0] >> 4 != 4 || header < 20 || bytes < header + 8 || !(field & WEFT_IPV4_DF) || (field & WEFT_IPV4_OFFSET) ||
	    memcmp(at + 12, worker->configured->underlay4, 4))
		return false;
	quoted->destination = at + 16;
	quoted->bytes = (uint32_t)at[2] << 8 | at[3];
	return is_tunnel(at[9], at + header);
}

static bool read_quoted6(const struct weft_worker *worker, const uint8_t *at, uint32_t bytes, struct quoted *quoted)
{
	uint32_t header = 40;
	uint8_t next = at[6];

	if (at[0] >> 4 != 6 || memcmp(at + 8, worker->configured->underlay6, 16))
		return false;
	if (next == WEFT_PROTOCOL_FRAGMENT) {
		if (bytes < header + 16 || (at[42] << 8 | (at[43] & 0xf8)))
			return false;
		next = at[40];
		header += 8;
	}
	quoted->destination = at + 24;
	quoted->bytes = 40 + ((uint32_t)at[4] << 8 | at[5]);
	return bytes >= header + 8 && is_tunnel(next, at + header);
}

static bool is_right(struct weft_worker *worker, const struct weft_packet *packet, const struct weft_underlay *underlay)
{
	uint32_t bytes = underlay->end - underlay->l4;
	uint64_t sum = 0;

	if (underlay->family == 6) {
		const struct weft_ipv6 *ip = weft_ipv6_at(packet);

		sum = weft_sum_pseudo(6, ip->source, ip->destination, WEFT_PROTOCOL_ICMPV6, bytes);
	}
	return weft_sum_right(weft_packet_sum(worker, packet, underlay->l4, bytes, sum));
}

/* Never raised; the same again counts from now on. */
static void lower(struct weft_worker *worker, struct weft_endpoint *endpoint, uint32_t mtu)
{
	uint32_t now = weft_endpoint_mtu(endpoint);
	uint64_t until_ms = (worker->now_ns + KEPT_NS) / 1000000u;

	if (mtu > now)
		return;
	__atomic_store_n(&endpoint->learned, until_ms << 16 | mtu, __ATOMIC_RELEASE);
	__atomic_store_n(&endpoint->mtu, mtu, __ATOMIC_RELEASE);
}

enum weft_drop weft_path_mtu_input(struct weft_worker *worker, struct weft_packet *packet, const struct weft_underlay *underlay)
{
	uint32_t inside = underlay->l4 + (uint32_t)sizeof(struct weft_icmp), header = underlay->family == 4 ? 20 : 40, mtu,
		 wanted;
	bool v4 = underlay->family == 4;
	struct weft_endpoint *endpoint;
	const struct weft_icmp *icmp;
	uint8_t destination[16] = {0};
	struct quoted quoted;
	enum weft_drop reason;

	if (inside > underlay->end)
		return WEFT_DROP_MALFORMED_TRANSPORT;
	reason = weft_need(worker, packet, inside, WEFT_DROP_MALFORMED_TRANSPORT);
	if (reason)
		return reason;
	icmp = (const void *)(packet->data + underlay->l4);
	if (v4 ? icmp->type != 3 || icmp->code != 4 : icmp->type != 2)
		return WEFT_DROP_NOT_FOR_US;
	wanted = underlay->end - inside < 128 ? underlay->end - inside : 128;
	reason = weft_need(worker, packet, inside + wanted, WEFT_DROP_MALFORMED_TRANSPORT);
	if (reason)
		return reason;
	if (wanted < header + 8 || !is_right(worker, packet, underlay) ||
	    !(v4 ? read_quoted4 : read_quoted6)(worker, packet->data + inside, wanted, &quoted))
		return WEFT_DROP_PATH_MTU_FORGED;
	memcpy(destination, quoted.destination, v4 ? 4 : 16);
	endpoint = weft_endpoint_get(worker->plane, underlay->family, destination);
	icmp = (const void *)(packet->data + underlay->l4);
	mtu = weft_be16_get(icmp->sequence) | (v4 ? 0 : (uint32_t)weft_be16_get(icmp->identifier) << 16);
	if (v4 && !mtu)
		mtu = plateau(quoted.bytes);
	if (!endpoint || mtu >= quoted.bytes || mtu < (v4 ? MTU4_MIN : MTU6_MIN))
		return WEFT_DROP_PATH_MTU_FORGED;
	lower(worker, endpoint, mtu);
	return WEFT_DROP_PATH_MTU;
}
