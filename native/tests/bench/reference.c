/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * What the forwarding plane is held against: the least that a DPDK program does for the same frames, written as such programs
 * are written: bulk calls, prefetch ahead, signatures computed inline, one ready header per next hop, tables at half load.
 *
 *   out        parse Ethernet, IP, UDP; rte_hash (16-byte keys for IPv4, 40 for IPv6, rte_hash_crc), bulk; rte_lpm or rte_lpm6,
 * bulk; 64 bytes of header (outer Ethernet, IPv4, UDP, VXLAN, inner Ethernet) copied and its lengths, checksum and source port
 * set in         outer headers looked at and taken off; VNI in an array; inner parse; rte_hash, bulk; Ethernet header written
 *   stateless  rte_lpm bulk on the destination, and the header
 *
 * It checks no source, counts nothing, knows no state, no ageing and no policy, and verifies no checksum or length. MPLSoUDP
 * and local delivery write their own headers. A frame that leaves `out` is byte for byte what the plane sends but for the
 * entropy port.
 */
#include "bench.h"

#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_ether.h>
#include <rte_hash.h>
#include <rte_hash_crc.h>
#include <rte_ip.h>
#include <rte_lpm.h>
#include <rte_lpm6.h>
#include <rte_malloc.h>
#include <rte_udp.h>

#include "encap/mplsoudp.h"
#include "encap/vxlan.h"
#include "parse.h"

#define BURST 64u
#define AHEAD 3u
#define POD_HOP 1000u /* next hop of the LPM: a pod; below: a host */
#define VNI_LIMIT (1u << 24)

struct key4 {
	uint32_t source, destination;
	uint32_t ports;
	uint32_t protocol;
};
_Static_assert(sizeof(struct key4) == 16, "IPv4 key");

struct key6 {
	uint8_t source[16], destination[16];
	uint32_t ports;
	uint32_t protocol;
};
_Static_assert(sizeof(struct key6) == 40, "IPv6 key");

/* What is written in front of the inner IP packet. */
struct header {
	uint8_t bytes[64]; /* VXLAN: all of it; MPLSoUDP: 46; a pod: 14 */
} __attribute__((aligned(64)));

struct bench_reference {
	struct bench_topology topology;
	struct rte_hash *hash;
	struct rte_lpm *lpm;
	struct rte_lpm6 *lpm6;
	struct header *hosts, *pods;
	uint32_t header_bytes;
	uint16_t *vnis; /* VRF of each */
	uint64_t missed;
};

static void *need(void *memory)
{
	if (!memory)
		bench_fail("reference: %s", rte_strerror(rte_errno ? rte_errno : ENOMEM));
	return memory;
}

/* ---- tables ---- */

static uint32_t ports_of(uint16_t source, uint16_t destination)
{
	return rte_cpu_to_be_16(source) | (uint32_t)rte_cpu_to_be_16(destination) << 16;
}

static void add_key(struct bench_reference *reference, const struct bench_flow *flow, bool back)
{
	const uint8_t *source = back ? flow->destination : flow->source, *destination = back ? flow->source : flow->destination;
	uint32_t ports =
	    back ? ports_of(flow->destination_port, flow->source_port) : ports_of(flow->source_port, flow->destination_port);
	uint8_t protocol = reference->topology.protocol;
	struct key4 four = {.ports = ports, .protocol = protocol};
	struct key6 six = {.ports = ports, .protocol = protocol};

	memcpy(&four.source, source, 4);
	memcpy(&four.destination, destination, 4);
	memcpy(six.source, source, 16);
	memcpy(six.destination, destination, 16);
	if (rte_hash_add_key_data(reference->hash, reference->topology.family == 4 ? (void *)&four : (void *)&six,
				  (void *)(uintptr_t)(flow->pod + 1)))
		bench_fail("reference: the hash is full");
}

static void fill_hash(struct bench_reference *reference, bool forward, bool reverse)
{
	const struct bench_topology *topology = &reference->topology;
	struct rte_hash_parameters parameters = {
	    .name = "bench",
	    .entries = RTE_MAX(64u, 2 * topology->connections * (forward && reverse ? 2 : 1)),
	    .key_len = topology->family == 4 ? sizeof(struct key4) : sizeof(struct key6),
	    .hash_func = rte_hash_crc,
	    .socket_id = SOCKET_ID_ANY,
	};

	reference->hash = need(rte_hash_create(&parameters));
	for (uint32_t connection = 0; connection < topology->connections; connection++) {
		struct bench_flow flow;

		bench_flow_of(topology, connection, &flow);
		if (forward)
			add_key(reference, &flow, false);
		if (reverse)
			add_key(reference, &flow, true);
	}
}

static void add_route(struct bench_reference *reference, const uint8_t *prefix, uint8_t bits, uint32_t hop)
{
	uint32_t address;
	int error;

	memcpy(&address, prefix, 4);
	if (reference->lpm)
		error = rte_lpm_add(reference->lpm, rte_be_to_cpu_32(address), bits, hop);
	else
		error = rte_lpm6_add(reference->lpm6, prefix, bits, hop);
	if (error)
		bench_fail("reference: a route is refused: %s", rte_strerror(-error));
}

static void fill_routes(struct bench_reference *reference)
{
	const struct bench_topology *topology = &reference->topology;
	struct rte_lpm_config lpm = {.max_rules = topology->routes + topology->pods, .number_tbl8s = 1024};
	struct rte_lpm6_config lpm6 = {.max_rules = topology->routes + topology->pods, .number_tbl8s = 4096};
	uint8_t prefix[16], bits;

	if (topology->family == 4)
		reference->lpm = need(rte_lpm_create("bench", SOCKET_ID_ANY, &lpm));
	else
		reference->lpm6 = need(rte_lpm6_create("bench", SOCKET_ID_ANY, &lpm6));
	for (uint32_t route = 0; route < topology->routes; route++) {
		bits = bench_route_prefix(topology, route, prefix);
		add_route(reference, prefix, bits, route % BENCH_HOSTS);
	}
	for (uint32_t pod = 0; pod < topology->pods; pod++) {
		bench_pod_address(topology, pod, prefix);
		add_route(reference, prefix, topology->family == 4 ? 32 : 128, POD_HOP + pod);
	}
}

static void make_ethernet(uint8_t *at, const uint8_t *destination, uint8_t family)
{
	memcpy(at, destination, 6);
	memcpy(at + 6, "\x00\x00\x5e\x00\x01\x00", 6);
	memcpy(at + 12, weft_be16_of(family == 4 ? WEFT_ETHERTYPE_IPV4 : WEFT_ETHERTYPE_IPV6).b, 2);
}

/* Lengths and source port are zero, and the checksum is of that. */
static void make_host(const struct bench_topology *topology, uint32_t host, struct header *header)
{
	struct rte_ether_hdr *ethernet = (void *)header->bytes;
	struct rte_ipv4_hdr *ip = (void *)(ethernet + 1);
	struct rte_udp_hdr *udp = (void *)(ip + 1);
	uint8_t address[16], mac[6];

	memset(header, 0, sizeof(*header));
	bench_host_mac(host, mac);
	memcpy(ethernet->dst_addr.addr_bytes, mac, 6);
	memcpy(ethernet->src_addr.addr_bytes, bench_uplink_mac, 6);
	ethernet->ether_type = rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4);
	ip->version_ihl = 0x45;
	ip->fragment_offset = rte_cpu_to_be_16(WEFT_IPV4_DF);
	ip->time_to_live = 64;
	ip->next_proto_id = IPPROTO_UDP;
	memcpy(&ip->src_addr, bench_underlay, 4);
	bench_host_address(host, address);
	memcpy(&ip->dst_addr, address, 4);
	ip->hdr_checksum = rte_ipv4_cksum(ip);
	udp->dst_port = rte_cpu_to_be_16(topology->encap == WEFT_ENCAP_VXLAN ? WEFT_UDP_PORT_VXLAN : WEFT_UDP_PORT_MPLS);
	if (topology->encap == WEFT_ENCAP_VXLAN) {
		*(struct weft_vxlan *)(udp + 1) = (struct weft_vxlan){.flags = 0x08, .vni = weft_be24_of(BENCH_VNI)};
		make_ethernet(header->bytes + 50, mac, topology->family);
	} else {
		memcpy(udp + 1, weft_be32_of(BENCH_LABEL << 12 | 0x100 | 64).b, 4);
	}
}

struct bench_reference *bench_reference_open(const struct bench_topology *topology, bool forward, bool reverse)
{
	struct bench_reference *reference = need(calloc(1, sizeof(*reference)));
	uint8_t mac[6];

	reference->topology = *topology;
	reference->header_bytes = topology->encap == WEFT_ENCAP_VXLAN ? 64 : 46;
	reference->hosts = need(rte_zmalloc("hosts", sizeof(struct header) * BENCH_HOSTS, 64));
	reference->pods = need(rte_zmalloc("pods", sizeof(struct header) * topology->pods, 64));
	reference->vnis = need(rte_zmalloc("vnis", sizeof(*reference->vnis) * VNI_LIMIT, 64));
	reference->vnis[BENCH_VNI] = BENCH_VRF;
	for (uint32_t host = 0; host < BENCH_HOSTS; host++)
		make_host(topology, host, &reference->hosts[host]);
	for (uint32_t pod = 0; pod < topology->pods; pod++) {
		bench_pod_mac(pod, mac);
		make_ethernet(reference->pods[pod].bytes, mac, topology->family);
	}
	if (forward || reverse)
		fill_hash(reference, forward, reverse);
	fill_routes(reference);
	return reference;
}

void bench_reference_close(struct bench_reference *reference)
{
	rte_hash_free(reference->hash);
	rte_lpm_free(reference->lpm);
	rte_lpm6_free(reference->lpm6);
	rte_free(reference->hosts);
	rte_free(reference->pods);
	rte_free(reference->vnis);
	free(reference);
}

uint64_t bench_reference_missed(const struct bench_reference *reference)
{
	return reference->missed;
}

/* ---- pipelines ---- */

struct burst {
	struct rte_mbuf **mbufs;
	uint32_t count;
	union {
		struct key4 four[BURST];
		struct key6 six[BURST];
	};
	const void *pointers[BURST];
	hash_sig_t signatures[BURST];
	uint32_t destinations[BURST]; /* host order */
	uint32_t hops[BURST];
	void *data[BURST];
	uint64_t hits;
};

/* The mbuf of one packet, the data of one nearer, and the line in front of it, where a header will stand. */
static inline void prefetch(struct rte_mbuf **mbufs, uint32_t count, uint32_t i)
{
	if (i + 2 * AHEAD < count)
		rte_prefetch0(mbufs[i + 2 * AHEAD]);
	if (i + AHEAD < count) {
		rte_prefetch0(rte_pktmbuf_mtod(mbufs[i + AHEAD], void *));
		rte_prefetch0(rte_pktmbuf_mtod_offset(mbufs[i + AHEAD], uint8_t *, -64));
	}
}

static inline void prefetch_first(struct rte_mbuf **mbufs, uint32_t count)
{
	for (uint32_t i = 0; i < 2 * AHEAD && i < count; i++)
		rte_prefetch0(mbufs[i]);
	for (uint32_t i = 0; i < AHEAD && i < count; i++) {
		rte_prefetch0(rte_pktmbuf_mtod(mbufs[i], void *));
		rte_prefetch0(rte_pktmbuf_mtod_offset(mbufs[i], uint8_t *, -64));
	}
}

static inline void parse4(struct burst *burst, uint32_t i, const struct rte_ether_hdr *ethernet)
{
	const struct rte_ipv4_hdr *ip = (const void *)(ethernet + 1);
	struct key4 *key = &burst->four[i];
	bool plain = ethernet->ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4) && ip->version_ihl == 0x45;

	key->source = ip->src_addr;
	key->destination = ip->dst_addr;
	memcpy(&key->ports, ip + 1, 4);
	key->protocol = plain ? ip->next_proto_id : 0;
	burst->destinations[i] = rte_be_to_cpu_32(ip->dst_addr);
	burst->pointers[i] = key;
	burst->signatures[i] = rte_hash_crc(key, sizeof(*key), 0);
}

static inline void parse6(struct burst *burst, uint32_t i, const struct rte_ether_hdr *ethernet)
{
	const struct rte_ipv6_hdr *ip = (const void *)(ethernet + 1);
	struct key6 *key = &burst->six[i];
	bool plain = ethernet->ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV6);

	memcpy(key->source, ip->src_addr, 32);
	memcpy(&key->ports, ip + 1, 4);
	key->protocol = plain ? ip->proto : 0;
	burst->pointers[i] = key;
	burst->signatures[i] = rte_hash_crc(key, sizeof(*key), 0);
}

static inline void look_up_routes(struct bench_reference *reference, struct burst *burst)
{
	int32_t hops[BURST];
	uint8_t addresses[BURST][RTE_LPM6_IPV6_ADDR_SIZE];

	if (reference->lpm) {
		rte_lpm_lookup_bulk(reference->lpm, burst->destinations, burst->hops, burst->count);
		return;
	}
	for (uint32_t i = 0; i < burst->count; i++)
		memcpy(addresses[i], burst->six[i].destination, 16);
	rte_lpm6_lookup_bulk_func(reference->lpm6, addresses, hops, burst->count);
	for (uint32_t i = 0; i < burst->count; i++)
		burst->hops[i] = hops[i] < 0 ? 0 : (uint32_t)hops[i] | RTE_LPM_LOOKUP_SUCCESS;
}

/* The header with what depends on the packet. */
static inline void write_header(struct bench_reference *reference, struct rte_mbuf *mbuf, uint32_t hop, uint32_t signature)
{
	uint32_t added = reference->header_bytes - RTE_ETHER_HDR_LEN;
	uint8_t *at = (uint8_t *)rte_pktmbuf_prepend(mbuf, (uint16_t)added);
	struct rte_ipv4_hdr *ip = (void *)(at + RTE_ETHER_HDR_LEN);
	struct rte_udp_hdr *udp = (void *)(ip + 1);
	uint32_t total, sum;

	if (reference->header_bytes == 64)
		rte_memcpy(at, reference->hosts[hop].bytes, 64);
	else
		memcpy(at, reference->hosts[hop].bytes, 46);
	total = rte_cpu_to_be_16((uint16_t)(mbuf->pkt_len - RTE_ETHER_HDR_LEN));
	ip->total_length = (rte_be16_t)total;
	sum = (uint16_t)~ip->hdr_checksum + total;
	ip->hdr_checksum = (rte_be16_t) ~(sum + (sum >> 16));
	udp->dgram_len = rte_cpu_to_be_16((uint16_t)(mbuf->pkt_len - RTE_ETHER_HDR_LEN - sizeof(*ip)));
	udp->src_port = rte_cpu_to_be_16((uint16_t)(49152u + ((signature ^ signature >> 16) & 16383u)));
}

static inline void send_out(struct bench_reference *reference, struct burst *burst, uint32_t i)
{
	uint32_t hop = burst->hops[i] & 0x00ffffffu;

	if (unlikely(!(burst->hops[i] & RTE_LPM_LOOKUP_SUCCESS))) {
		reference->missed++;
		return;
	}
	if (hop >= POD_HOP)
		memcpy(rte_pktmbuf_mtod(burst->mbufs[i], uint8_t *), reference->pods[hop - POD_HOP].bytes, RTE_ETHER_HDR_LEN);
	else
		write_header(reference, burst->mbufs[i], hop, burst->signatures[i]);
}

static inline void look_up_keys(struct bench_reference *reference, struct burst *burst)
{
	burst->hits = 0;
	rte_hash_lookup_with_hash_bulk_data(reference->hash, burst->pointers, burst->signatures, burst->count, &burst->hits,
					    burst->data);
}

void bench_reference_out(struct bench_reference *reference, struct rte_mbuf **mbufs, uint32_t count)
{
	struct burst burst;

	burst.mbufs = mbufs;
	burst.count = count;
	prefetch_first(mbufs, count);
	for (uint32_t i = 0; i < count; i++) {
		prefetch(mbufs, count, i);
		if (reference->lpm)
			parse4(&burst, i, rte_pktmbuf_mtod(mbufs[i], struct rte_ether_hdr *));
		else
			parse6(&burst, i, rte_pktmbuf_mtod(mbufs[i], struct rte_ether_hdr *));
	}
	look_up_keys(reference, &burst);
	look_up_routes(reference, &burst);
	for (uint32_t i = 0; i < count; i++) {
		if (likely(burst.hits >> i & 1))
			send_out(reference, &burst, i);
		else
			reference->missed++;
	}
}

void bench_reference_stateless(struct bench_reference *reference, struct rte_mbuf **mbufs, uint32_t count)
{
	struct burst burst;

	burst.mbufs = mbufs;
	burst.count = count;
	prefetch_first(mbufs, count);
	for (uint32_t i = 0; i < count; i++) {
		const struct rte_ipv4_hdr *ip;

		prefetch(mbufs, count, i);
		ip = rte_pktmbuf_mtod_offset(mbufs[i], const struct rte_ipv4_hdr *, RTE_ETHER_HDR_LEN);
		burst.destinations[i] = rte_be_to_cpu_32(ip->dst_addr);
		burst.signatures[i] = ip->src_addr ^ ip->dst_addr;
	}
	look_up_routes(reference, &burst);
	for (uint32_t i = 0; i < count; i++)
		send_out(reference, &burst, i);
}

/* Takes the tunnel off; false: not one of ours. */
static inline bool strip(struct bench_reference *reference, struct rte_mbuf *mbuf)
{
	const struct rte_ether_hdr *ethernet = rte_pktmbuf_mtod(mbuf, const struct rte_ether_hdr *);
	const struct rte_ipv4_hdr *ip = (const void *)(ethernet + 1);
	const struct rte_udp_hdr *udp = (const void *)(ip + 1);
	const struct weft_vxlan *vxlan = (const void *)(udp + 1);
	uint32_t underlay;

	memcpy(&underlay, bench_underlay, 4);
	if (unlikely(ethernet->ether_type != rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4) || ip->version_ihl != 0x45 ||
		     ip->next_proto_id != IPPROTO_UDP || ip->dst_addr != underlay ||
		     udp->dst_port != rte_cpu_to_be_16(WEFT_UDP_PORT_VXLAN) || !(vxlan->flags & 0x08) ||
		     !reference->vnis[weft_be24_get(vxlan->vni)]))
		return false;
	rte_pktmbuf_adj(mbuf, RTE_ETHER_HDR_LEN + sizeof(*ip) + sizeof(*udp) + sizeof(*vxlan));
	return true;
}

void bench_reference_in(struct bench_reference *reference, struct rte_mbuf **mbufs, uint32_t count)
{
	struct burst burst;

	burst.mbufs = mbufs;
	burst.count = count;
	prefetch_first(mbufs, count);
	for (uint32_t i = 0; i < count; i++) {
		if (i + 2 * AHEAD < count)
			rte_prefetch0(mbufs[i + 2 * AHEAD]);
		if (i + AHEAD < count) {
			rte_prefetch0(rte_pktmbuf_mtod(mbufs[i + AHEAD], void *));
			rte_prefetch0(rte_pktmbuf_mtod_offset(mbufs[i + AHEAD], uint8_t *, 64));
		}
		if (!strip(reference, mbufs[i]))
			reference->missed++;
		if (reference->lpm)
			parse4(&burst, i, rte_pktmbuf_mtod(mbufs[i], struct rte_ether_hdr *));
		else
			parse6(&burst, i, rte_pktmbuf_mtod(mbufs[i], struct rte_ether_hdr *));
	}
	look_up_keys(reference, &burst);
	for (uint32_t i = 0; i < count; i++) {
		if (likely(burst.hits >> i & 1))
			memcpy(rte_pktmbuf_mtod(mbufs[i], uint8_t *), reference->pods[(uintptr_t)burst.data[i] - 1].bytes,
			       RTE_ETHER_HDR_LEN);
		else
			reference->missed++;
	}
}
