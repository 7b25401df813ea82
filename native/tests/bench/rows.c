/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The rows. A new one is a line here. */
#include "bench.h"
#include "parse.h"

#define RATIO_HIT 2.2
#define RATIO_STATELESS 3.0
#define RULES 100

#define TOPOLOGY(version, transport, tunnel, pod_count, connection_count, route_count) \
	.topology = {.family = version, \
		     .protocol = WEFT_PROTOCOL_##transport, \
		     .encap = WEFT_ENCAP_##tunnel, \
		     .pods = pod_count, \
		     .connections = connection_count, \
		     .routes = route_count, \
		     .rules = RULES}
#define OPENS(live, rule_count, set_count) \
	.topology = {.family = 4, \
		     .protocol = WEFT_PROTOCOL_UDP, \
		     .encap = WEFT_ENCAP_VXLAN, \
		     .pods = 16, \
		     .connections = live, \
		     .routes = 10000, \
		     .rules = rule_count, \
		     .sets = set_count}
#define HIT(row_name, row_doc) .name = row_name, .doc = row_doc, .run = bench_run_hit, .goal = RATIO_HIT

const struct bench_row bench_rows[] = {
    {HIT("hit-encap-1", "one connection, VXLAN"), TOPOLOGY(4, UDP, VXLAN, 1, 1, 1)},
    {HIT("hit-encap-10k", "10,000 connections, 1,000 routes"), TOPOLOGY(4, UDP, VXLAN, 16, 10000, 1000)},
    {HIT("hit-encap-10k-zipf", "the same, connections drawn by Zipf's law"), TOPOLOGY(4, UDP, VXLAN, 16, 10000, 1000),
     .zipf = true},
    {HIT("hit-encap-1m", "1,000,000 connections, 10,000 routes"), TOPOLOGY(4, UDP, VXLAN, 16, 1000000, 10000)},
    {HIT("hit-decap-10k", "answers from the fabric, 10,000 connections"), TOPOLOGY(4, UDP, VXLAN, 16, 10000, 1000),
     .direction = BENCH_IN},
    {HIT("hit-decap-1m", "answers from the fabric, 1,000,000 connections"), TOPOLOGY(4, UDP, VXLAN, 16, 1000000, 10000),
     .direction = BENCH_IN},
    {HIT("hit-both-10k", "bursts out and in, in turn"), TOPOLOGY(4, UDP, VXLAN, 16, 10000, 1000), .both = true},
    {HIT("hit-both-1m", "bursts out and in, in turn"), TOPOLOGY(4, UDP, VXLAN, 16, 1000000, 10000), .both = true},
    {HIT("hit-encap-10k-tcp", "TCP segments"), TOPOLOGY(4, TCP, VXLAN, 16, 10000, 1000)},
    {HIT("hit-encap-10k-mplsoudp", "MPLS in UDP"), TOPOLOGY(4, UDP, MPLSOUDP, 16, 10000, 1000)},
    {HIT("hit-local-10k", "pod to pod on one host"), TOPOLOGY(4, UDP, NONE, 16, 10000, 1000)},
    {HIT("hit-encap-1-v6", "one connection, IPv6 in VXLAN over IPv4"), TOPOLOGY(6, UDP, VXLAN, 1, 1, 1)},
    {HIT("hit-encap-10k-v6", "10,000 connections, 1,000 routes"), TOPOLOGY(6, UDP, VXLAN, 16, 10000, 1000)},
    {HIT("hit-encap-1m-v6", "1,000,000 connections, 10,000 routes"), TOPOLOGY(6, UDP, VXLAN, 16, 1000000, 10000)},
    {HIT("hit-decap-10k-v6", "answers from the fabric"), TOPOLOGY(6, UDP, VXLAN, 16, 10000, 1000), .direction = BENCH_IN},
    {.name = "route-encap-10k",
     .doc = "ports without policy: no connections, 10,000 routes",
     .run = bench_run_hit,
     .goal = RATIO_STATELESS,
     .topology = {.family = 4,
		  .protocol = WEFT_PROTOCOL_UDP,
		  .encap = WEFT_ENCAP_VXLAN,
		  .pods = 16,
		  .connections = 1000000,
		  .routes = 10000,
		  .rules = RULES,
		  .stateless = true}},

    {.name = "open-100", .doc = "first packets, 100 rules", .run = bench_run_open, .goal = 1, OPENS(0, 100, 1)},
    {.name = "open-10k-1m",
     .doc = "first packets, 10,000 rules, 1,000,000 connections live",
     .run = bench_run_open,
     .goal = 0.5,
     OPENS(1000000, 10000, 2)},
    {.name = "workers-open",
     .doc = "first packets: two workers against one",
     .run = bench_run_workers,
     .goal = 1.7,
     OPENS(0, 100, 1)},
    {.name = "workers-hit",
     .doc = "known connections: two workers against one",
     .run = bench_run_workers,
     .goal = 1.7,
     TOPOLOGY(4, UDP, VXLAN, 16, 10000, 1000)},
    {.name = "churn-same",
     .doc = "known connections while 1,000 routes/s change in their VRF",
     .run = bench_run_churn,
     .goal = 1.3,
     TOPOLOGY(4, UDP, VXLAN, 16, 10000, 1000)},
    {.name = "churn-other",
     .doc = "known connections while 1,000 routes/s change in another VRF",
     .run = bench_run_churn,
     .goal = 1.05,
     TOPOLOGY(4, UDP, VXLAN, 16, 10000, 1000),
     .other_vrf = true},
    {.name = "revalidate",
     .doc = "a route changed, the answer did not",
     .run = bench_run_revalidate,
     .goal = 300,
     TOPOLOGY(4, UDP, VXLAN, 16, 10000, 1000)},
    {.name = "bytes-connection",
     .doc = "memory of a connection",
     .run = bench_run_connection_bytes,
     TOPOLOGY(4, UDP, VXLAN, 16, 1000000, 10000)},
    {.name = "bytes-routes", .doc = "memory of routes", .run = bench_run_route_bytes, .goal = 64},
    {.name = "bytes-vrf", .doc = "memory of a small VRF", .run = bench_run_vrf_bytes, .goal = 4096},
};
const uint32_t bench_row_count = WEFT_ARRAY_COUNT(bench_rows);
