/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Memory of the tables, as the plane asks its host for it, and how fast messages become routes. */
#include "bench.h"

#include <stdio.h>
#include <string.h>

#include "dpdk/memory.h"
#include "weft_tables.h"

#define CONNECTIONS_MIN 1024u
/* The daemon's control thread: a tick each 50 ms, in which it programs so many routes. */
#define TICK_NS 50000000u
#define TICK_ROUTES 50000u
#define ROUTES 1000000u
#define VRFS 1000u
#define VRF_ROUTES 10u
#define VRF_FIRST 100u

static const struct bench_topology empty = {.family = 4, .encap = WEFT_ENCAP_VXLAN, .rules = 1};

/* A table as full as the plane's default gets in this bench, with the index that grew for it, beside a plane with the smallest
 * one. */
void bench_run_connection_bytes(const struct bench_row *row, const struct bench_options *options, struct bench_result *result)
{
	uint64_t before = bench_memory_bytes(), least;
	struct weft_plane *plane = bench_plane_open(&row->topology, 1, CONNECTIONS_MIN);
	struct bench_station *station;

	least = bench_memory_bytes() - before;
	bench_plane_close(plane);
	plane = bench_plane_open(&row->topology, 1, BENCH_CONNECTIONS_DEFAULT);
	station = bench_station_open(row->name, &row->topology, options, plane, 0);
	weftd_rcu_online(0);
	bench_station_open_connections(station);
	weftd_rcu_offline(0);
	weftd_deferred_flush();
	result->value = (double)(bench_memory_bytes() - before - least) / BENCH_CONNECTIONS_DEFAULT;
	snprintf(result->note, sizeof(result->note), "a table of %u pairs with %u live, index included",
		 BENCH_CONNECTIONS_DEFAULT, row->topology.connections);
	bench_result_value(result, "bytes a pair", row->goal, false);
	bench_station_close(station);
	bench_plane_close(plane);
}

/* What was replaced is given back, as far as no worker may read it any more. */
static void tick(struct weft_plane *plane)
{
	static uint64_t now_ns;

	now_ns = RTE_MAX(now_ns, weft_host_now_ns()) + TICK_NS;
	weft_plane_tick(plane, now_ns);
	weftd_deferred_flush();
}

static void add_routes(struct weft_plane *plane, struct bench_frame *frame, uint32_t vrf_id, uint32_t count, bool scattered)
{
	struct weft_route_msg m = {
	    .vrf_id = vrf_id, .family = 4, .prefix_len = 32, .nexthop_id = BENCH_NEXTHOP_HOST, .label = BENCH_VNI};

	for (uint32_t route = 0; route < count; route++) {
		/* a /24 for each of 3,907 hosts, all over 10.0.0.0/8; or anywhere */
		uint32_t block = (route >> 8) * 40503u & 0xffffu, address = 0x0a000000u + block * 256 + (route & 0xff);

		if (scattered)
			address = (uint32_t)(route * 2654435761u);
		memcpy(m.prefix, weft_be32_of(address).b, 4);
		m.nexthop_id = BENCH_NEXTHOP_HOST + route / 256 % BENCH_HOSTS;
		bench_frame_add(frame, WEFT_OBJECT_ROUTE, WEFT_OPERATION_SET, &m, sizeof(m));
		if (route % TICK_ROUTES == TICK_ROUTES - 1) {
			bench_frame_flush(frame);
			tick(plane);
		}
	}
	bench_frame_flush(frame);
}

static double routes_mib(const struct bench_row *row, bool scattered, double *per_second)
{
	struct weft_plane *plane = bench_plane_open(&empty, 1, BENCH_CONNECTIONS_SMALL);
	struct bench_frame *frame = bench_frame_open(plane);
	uint64_t before = bench_memory_bytes(), start = rte_rdtsc();
	struct weft_plane_msg state;
	double mib;

	add_routes(plane, frame, BENCH_VRF, ROUTES, scattered);
	*per_second = ROUTES / ((double)(rte_rdtsc() - start) / (double)rte_get_tsc_hz());
	for (uint32_t i = 0; i < 100; i++)
		tick(plane);
	weft_plane_state(plane, &state);
	if (state.routes != ROUTES)
		bench_fail("%s: %" PRIu64 " routes, expected %u", row->name, state.routes, ROUTES);
	mib = (double)(bench_memory_bytes() - before) / (1 << 20);
	bench_frame_close(frame);
	bench_plane_close(plane);
	return mib;
}

void bench_run_route_bytes(const struct bench_row *row, const struct bench_options *options, struct bench_result *result)
{
	double per_second, ignored, scattered = routes_mib(row, true, &ignored);

	(void)options;
	result->value = routes_mib(row, false, &per_second);
	snprintf(result->note, sizeof(result->note),
		 "3,907 blocks of 256; programmed at %.2f M routes/s without a socket; scattered at random: %.0f MiB",
		 per_second / 1e6, scattered);
	bench_result_value(result, "MiB for 1,000,000 IPv4 host routes", row->goal, false);
}

void bench_run_vrf_bytes(const struct bench_row *row, const struct bench_options *options, struct bench_result *result)
{
	struct weft_plane *plane = bench_plane_open(&empty, 1, BENCH_CONNECTIONS_SMALL);
	struct bench_frame *frame = bench_frame_open(plane);
	uint64_t before = bench_memory_bytes();

	(void)options;
	for (uint32_t i = 0; i < VRFS; i++) {
		struct weft_vrf_msg vrf = {.vrf_id = VRF_FIRST + i, .name = "small"};

		bench_frame_add(frame, WEFT_OBJECT_VRF, WEFT_OPERATION_SET, &vrf, sizeof(vrf));
		add_routes(plane, frame, VRF_FIRST + i, VRF_ROUTES, false);
	}
	weftd_deferred_flush();
	result->value = (double)(bench_memory_bytes() - before) / VRFS;
	bench_result_value(result, "bytes a VRF with 10 routes", row->goal, false);
	bench_frame_close(frame);
	bench_plane_close(plane);
}
