/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Pods 10.0.1.0 + n (2001:db8:1::n), remote networks 20.0.0.0/24 and up (2001:db8:ff00::/64 and up), other hosts 192.168.1.0 +
 * n. Everything about a connection follows from its number, so that drawing one touches no table.
 */
#include "bench.h"

#include <string.h>

#include "checksum.h"
#include "encap/mplsoudp.h"
#include "encap/vxlan.h"
#include "parse.h"

#define PAYLOAD4 18u /* a frame of 64 bytes with its FCS */
#define PAYLOAD6 2u
#define CONNECTIONS_PER_SERVICE 50000u

const uint8_t bench_underlay[4] = {192, 168, 0, 1};
const uint8_t bench_router_mac[6] = {0x02, 0xaa, 0, 0, 0, 1};
const uint8_t bench_uplink_mac[6] = {0x02, 0xbb, 0, 0, 0, 1};
static const uint8_t gateway_mac[6] = {0x00, 0x00, 0x5e, 0x00, 0x01, 0x00};

static void put32(uint8_t *at, uint32_t value)
{
	memcpy(at, weft_be32_of(value).b, 4);
}

void bench_pod_address(const struct bench_topology *topology, uint32_t pod, uint8_t address[16])
{
	memset(address, 0, 16);
	if (topology->family == 4) {
		put32(address, 0x0a000100u + pod);
		return;
	}
	memcpy(address, (uint8_t[6]){0x20, 0x01, 0x0d, 0xb8, 0, 1}, 6);
	put32(address + 12, pod);
}

void bench_pod_mac(uint32_t pod, uint8_t mac[6])
{
	mac[0] = 0x02;
	mac[1] = 0x11;
	put32(mac + 2, pod);
}

uint8_t bench_route_prefix(const struct bench_topology *topology, uint32_t route, uint8_t prefix[16])
{
	memset(prefix, 0, 16);
	if (topology->family == 4) {
		put32(prefix, 0x14000000u + (route << 8));
		return 24;
	}
	memcpy(prefix, (uint8_t[5]){0x20, 0x01, 0x0d, 0xb8, 0xff}, 5);
	put32(prefix + 4, 0xff000000u + route);
	return 64;
}

void bench_host_address(uint32_t host, uint8_t address[16])
{
	memset(address, 0, 16);
	put32(address, 0xc0a80100u + host);
}

void bench_host_mac(uint32_t host, uint8_t mac[6])
{
	mac[0] = 0x02;
	mac[1] = 0xcc;
	put32(mac + 2, host);
}

void bench_flow_of(const struct bench_topology *topology, uint32_t connection, struct bench_flow *flow)
{
	uint32_t of_pod = connection / topology->pods;
	uint64_t mixed = bench_mix(connection);

	flow->pod = connection % topology->pods;
	bench_pod_address(topology, flow->pod, flow->source);
	if (topology->encap == WEFT_ENCAP_NONE) {
		flow->host = (flow->pod + 1 + (uint32_t)(mixed % (topology->pods - 1))) % topology->pods;
		bench_pod_address(topology, flow->host, flow->destination);
	} else {
		uint32_t route = (uint32_t)(mixed % topology->routes);

		flow->host = route % BENCH_HOSTS;
		bench_route_prefix(topology, route, flow->destination);
		flow->destination[topology->family == 4 ? 3 : 15] = (uint8_t)(1 + (mixed >> 40) % 250);
	}
	flow->source_port = (uint16_t)(10000 + of_pod % CONNECTIONS_PER_SERVICE);
	flow->destination_port = (uint16_t)(8000 + of_pod / CONNECTIONS_PER_SERVICE);
}

/* Ethernet, IP and transport of a packet; answers its bytes. */
static uint32_t write_inner(const struct bench_topology *topology, const struct bench_flow *flow, bool back, uint8_t *at)
{
	uint32_t ports = back ? (uint32_t)flow->destination_port << 16 | flow->source_port
			      : (uint32_t)flow->source_port << 16 | flow->destination_port;
	const uint8_t *source = back ? flow->destination : flow->source, *destination = back ? flow->source : flow->destination;
	struct weft_ethernet *ethernet = (void *)at;
	uint32_t transport = topology->protocol == WEFT_PROTOCOL_TCP ? 20 : 8, payload, l4;

	memcpy(ethernet->destination, back ? bench_router_mac : gateway_mac, 6);
	if (back)
		memcpy(ethernet->source, gateway_mac, 6);
	else
		bench_pod_mac(flow->pod, ethernet->source);
	ethernet->type = weft_be16_of(topology->family == 4 ? WEFT_ETHERTYPE_IPV4 : WEFT_ETHERTYPE_IPV6);
	payload = topology->family == 4 ? PAYLOAD4 + 8 - (transport == 8 ? 8 : 20) : PAYLOAD6;
	if (topology->family == 4) {
		struct weft_ipv4 *ip = (void *)(at + WEFT_L3);

		l4 = WEFT_L3 + (uint32_t)sizeof(*ip);
		memset(ip, 0, sizeof(*ip));
		ip->version_ihl = 0x45;
		ip->total = weft_be16_of((uint32_t)sizeof(*ip) + transport + payload);
		ip->ttl = 64;
		ip->protocol = topology->protocol;
		memcpy(ip->source, source, 4);
		memcpy(ip->destination, destination, 4);
		weft_sum_store(ip->checksum, weft_sum(ip, sizeof(*ip), 0));
	} else {
		struct weft_ipv6 *ip = (void *)(at + WEFT_L3);

		l4 = WEFT_L3 + (uint32_t)sizeof(*ip);
		memset(ip, 0, sizeof(*ip));
		weft_ipv6_class_set(ip, 0);
		ip->payload = weft_be16_of(transport + payload);
		ip->next = topology->protocol;
		ip->hops = 64;
		memcpy(ip->source, source, 16);
		memcpy(ip->destination, destination, 16);
	}
	memset(at + l4, 0, transport + payload);
	put32(at + l4, ports);
	if (topology->protocol == WEFT_PROTOCOL_TCP) {
		at[l4 + 12] = 5 << 4;
		at[l4 + 13] = WEFT_TCP_ACK;
	} else {
		memcpy(at + l4 + 4, weft_be16_of(transport + payload).b, 2);
		at[l4 + 7] = 1; /* a checksum; nobody between the ends verifies it */
	}
	return l4 + transport + payload;
}

/* The tunnel headers of an answer; `inner` bytes of Ethernet frame stand behind them at the offset that is answered. */
static uint32_t write_outer(const struct bench_topology *topology, const struct bench_flow *flow, uint8_t *at, uint32_t inner)
{
	bool vxlan = topology->encap == WEFT_ENCAP_VXLAN;
	uint32_t behind = vxlan ? 8 + inner : 4 + inner - WEFT_L3;
	struct weft_ethernet *ethernet = (void *)at;
	struct weft_ipv4 *ip = (void *)(ethernet + 1);
	struct weft_udp *udp = (void *)(ip + 1);
	uint8_t address[16];

	memcpy(ethernet->destination, bench_uplink_mac, 6);
	bench_host_mac(flow->host, ethernet->source);
	ethernet->type = weft_be16_of(WEFT_ETHERTYPE_IPV4);
	memset(ip, 0, sizeof(*ip));
	ip->version_ihl = 0x45;
	ip->total = weft_be16_of(20 + 8 + behind);
	ip->fragment = weft_be16_of(WEFT_IPV4_DF);
	ip->ttl = 63;
	ip->protocol = WEFT_PROTOCOL_UDP;
	bench_host_address(flow->host, address);
	memcpy(ip->source, address, 4);
	memcpy(ip->destination, bench_underlay, 4);
	weft_sum_store(ip->checksum, weft_sum(ip, sizeof(*ip), 0));
	udp->source = weft_be16_of(49152u + (flow->source_port & 16383u));
	udp->destination = weft_be16_of(vxlan ? WEFT_UDP_PORT_VXLAN : WEFT_UDP_PORT_MPLS);
	udp->length = weft_be16_of(8 + behind);
	memset(udp->checksum, 0, 2);
	if (vxlan)
		*(struct weft_vxlan *)(udp + 1) = (struct weft_vxlan){.flags = 0x08, .vni = weft_be24_of(BENCH_VNI)};
	else
		put32((uint8_t *)(udp + 1), BENCH_LABEL << 12 | 0x100 | 64);
	return vxlan ? 14 + 20 + 8 + 8 : 14 + 20 + 8 + 4;
}

void bench_frame_write(const struct bench_topology *topology, const struct bench_flow *flow, enum bench_direction direction,
		       struct rte_mbuf *mbuf)
{
	uint8_t frame[192], *at;
	uint32_t bytes, outer;

	mbuf->data_off = WEFT_HEADROOM;
	mbuf->nb_segs = 1;
	mbuf->next = NULL;
	at = rte_pktmbuf_mtod(mbuf, uint8_t *);
	bytes = write_inner(topology, flow, direction == BENCH_IN, frame);
	if (direction == BENCH_IN) {
		outer = write_outer(topology, flow, at, bytes);
		if (topology->encap == WEFT_ENCAP_VXLAN)
			memcpy(at + outer, frame, bytes);
		else
			memcpy(at + outer, frame + WEFT_L3, bytes -= WEFT_L3);
		bytes += outer;
	} else {
		memcpy(at, frame, bytes);
	}
	mbuf->data_len = (uint16_t)bytes;
	mbuf->pkt_len = bytes;
}
