/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * New connections: every packet is the first of its connection, from a pod to another host. The table's memory was used before
 * and its connections aged out, as in a plane that runs for a while; otherwise the kernel's page faults would be measured.
 */
#include "bench.h"

#include <stdio.h>

#include "dpdk/memory.h"

#define PODS_MAX 64u
#define WINDOWS_TO_AGE 20u /* of a small table, before its connections are aged out again */

/* Opens `connections` by windows of their own. */
static void fill(struct bench_station *station, uint32_t *next, uint32_t connections)
{
	for (uint32_t opened = 0; opened < connections; opened += BENCH_SLOT_PACKETS) {
		bench_station_number(station, &station->slots[0], next);
		bench_station_window(station, &station->slots[0]);
		bench_station_ticks(station, 1);
	}
	bench_station_ticks(station, BENCH_SETTLE_TICKS);
}

static void set_rules(struct weft_plane *plane, uint32_t rules, uint32_t sets)
{
	struct bench_frame *frame = bench_frame_open(plane);

	bench_policies_set(frame, rules, sets);
	bench_frame_close(frame);
}

void bench_run_open(const struct bench_row *row, const struct bench_options *options, struct bench_result *result)
{
	struct bench_topology topology = row->topology;
	uint32_t live = topology.connections, room = live ? BENCH_CONNECTIONS_DEFAULT : BENCH_CONNECTIONS_SMALL;
	uint32_t windows = options->windows, next[PODS_MAX] = {0};
	double *cycles = bench_values(windows), *canary = bench_values(windows);
	struct bench_station *station;
	struct weft_plane *plane;

	if (live && windows > (room - live) / BENCH_SLOT_PACKETS - 1)
		windows = (room - live) / BENCH_SLOT_PACKETS - 1;
	topology.rules = 1; /* until the live connections are there */
	plane = bench_plane_open(&topology, 1, room);
	station = bench_station_open(row->name, &topology, options, plane, 0);
	weftd_rcu_online(0);
	fill(station, next, room - 2 * BENCH_SLOT_PACKETS);
	bench_station_age(station);
	fill(station, next, live);
	set_rules(plane, row->topology.rules, row->topology.sets);
	for (uint32_t window = 0; window < windows; window++) {
		struct bench_slot *slot = &station->slots[window % BENCH_SLOTS];

		if (!live && window % WINDOWS_TO_AGE == WINDOWS_TO_AGE - 1)
			bench_station_age(station);
		bench_station_number(station, slot, next);
		bench_station_ticks(station, 1);
		canary[window] = bench_canary();
		cycles[window] = bench_station_window(station, slot);
	}
	bench_result_cycles(result, cycles, NULL, windows, canary, windows);
	bench_result_rate(result, row->goal);
	weftd_rcu_offline(0);
	bench_station_close(station);
	bench_plane_close(plane);
}
