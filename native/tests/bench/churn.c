/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The hit path while routes change, against a second plane where none does. A change comes after every millisecond of packet
 * work, so the rate is exact however long the bench takes between windows. And what one re-validation costs that finds nothing
 * changed.
 */
#include "bench.h"

#include <stdio.h>
#include <string.h>

#include "dpdk/memory.h"
#include "weft_tables.h"

#define CHANGES_PER_SECOND 1000u
#define CHANGED_ROUTES 512u

enum plane_of { CHANGING, STILL, PLANES };

struct churn {
	struct bench_station *stations[PLANES];
	struct bench_frame *frame;
	uint32_t vrf_id, changes;
	double due; /* cycles of packet work until the next change */
};

/* Prefixes that no connection uses, over the whole address space: every second change takes one away again. */
static void change_route(struct churn *churn)
{
	struct weft_route_msg m = {.vrf_id = churn->vrf_id, .family = 4, .prefix_len = 24, .label = WEFT_LABEL_NONE};
	uint32_t number = churn->changes++, prefix = (number / 2 % CHANGED_ROUTES * 0x00800000u + 0x00370000u) & 0xffffff00u;

	memcpy(m.prefix, weft_be32_of(prefix).b, 4);
	m.nexthop_id = WEFT_NEXTHOP_DISCARD_ID;
	bench_frame_add(churn->frame, WEFT_OBJECT_ROUTE, number % 2 ? WEFT_OPERATION_DELETE : WEFT_OPERATION_SET, &m,
			sizeof(m));
	bench_frame_flush(churn->frame);
}

static void pass(struct churn *churn, double cycles)
{
	for (churn->due -= cycles; churn->due < 0; churn->due += (double)rte_get_tsc_hz() / CHANGES_PER_SECOND)
		change_route(churn);
}

static void add_vrf(struct bench_frame *frame)
{
	struct weft_vrf_msg vrf = {.vrf_id = BENCH_VRF_OTHER, .name = "other"};

	bench_frame_add(frame, WEFT_OBJECT_VRF, WEFT_OPERATION_SET, &vrf, sizeof(vrf));
	bench_frame_flush(frame);
}

static void open_churn(struct churn *churn, const struct bench_row *row, const struct bench_options *options)
{
	*churn = (struct churn){.vrf_id = row->other_vrf ? BENCH_VRF_OTHER : BENCH_VRF};
	for (uint32_t i = 0; i < PLANES; i++) {
		struct weft_plane *plane = bench_plane_open(&row->topology, 1, BENCH_CONNECTIONS_DEFAULT);

		churn->stations[i] = bench_station_open(row->name, &row->topology, options, plane, 0);
	}
	weftd_rcu_online(0);
	for (uint32_t i = 0; i < PLANES; i++)
		bench_station_open_connections(churn->stations[i]);
	churn->frame = bench_frame_open(churn->stations[CHANGING]->plane);
	add_vrf(churn->frame);
}

static void close_churn(struct churn *churn)
{
	weftd_rcu_offline(0);
	bench_frame_close(churn->frame);
	for (uint32_t i = 0; i < PLANES; i++) {
		struct weft_plane *plane = churn->stations[i]->plane;

		bench_station_close(churn->stations[i]);
		bench_plane_close(plane);
	}
}

void bench_run_churn(const struct bench_row *row, const struct bench_options *options, struct bench_result *result)
{
	uint32_t turns = PLANES * options->windows;
	double *cycles[PLANES] = {bench_values(options->windows), bench_values(options->windows)},
	       *canary = bench_values(turns);
	struct churn churn;

	open_churn(&churn, row, options);
	for (uint32_t turn = 0; turn < turns; turn++) {
		struct bench_station *station = churn.stations[turn % PLANES];
		struct bench_slot *slot = &station->slots[turn / PLANES % BENCH_SLOTS];
		double one;

		bench_station_prepare(station, slot, BENCH_OUT, BENCH_IN);
		canary[turn] = bench_canary();
		one = bench_station_window(station, slot);
		cycles[turn % PLANES][turn / PLANES] = one;
		if (turn % PLANES == CHANGING)
			pass(&churn, one * BENCH_SLOT_PACKETS);
	}
	snprintf(result->note, sizeof(result->note),
		 "%u route changes, bursts out and in; the reference is the same plane without them", churn.changes);
	bench_result_cycles(result, cycles[CHANGING], cycles[STILL], options->windows, canary, turns);
	bench_result_ratio(result, row->goal);
	close_churn(&churn);
}

/* A default route comes and goes: every stamp of the VRF changes, no answer does. */
static void touch_all(struct churn *churn)
{
	struct weft_route_msg m = {.vrf_id = BENCH_VRF, .family = 4, .label = WEFT_LABEL_NONE};

	for (uint32_t i = 0; i < 2; i++)
		bench_frame_add(churn->frame, WEFT_OBJECT_ROUTE, i ? WEFT_OPERATION_DELETE : WEFT_OPERATION_SET, &m, sizeof(m));
	bench_frame_flush(churn->frame);
}

void bench_run_revalidate(const struct bench_row *row, const struct bench_options *options, struct bench_result *result)
{
	uint32_t turns = PLANES * options->windows, pods = row->topology.pods, per_pod = row->topology.connections / pods;
	double *cycles[PLANES] = {bench_values(options->windows), bench_values(options->windows)},
	       *canary = bench_values(turns);
	uint32_t next[PLANES][64] = {{0}};
	struct churn churn;

	open_churn(&churn, row, options);
	for (uint32_t turn = 0; turn < turns; turn++) {
		uint32_t side = turn % PLANES;
		struct bench_station *station = churn.stations[side];
		struct bench_slot *slot = &station->slots[turn / PLANES % BENCH_SLOTS];

		for (uint32_t pod = 0; pod < pods; pod++) { /* no connection twice in a window */
			if (next[side][pod] + BENCH_SLOT_PACKETS / pods + 2 * options->burst > per_pod)
				next[side][pod] = 0;
		}
		bench_station_number(station, slot, next[side]);
		if (side == CHANGING)
			touch_all(&churn);
		canary[turn] = bench_canary();
		cycles[side][turn / PLANES] = bench_station_window(station, slot);
	}
	bench_result_cycles(result, cycles[CHANGING], cycles[STILL], options->windows, canary, turns);
	result->value = result->ours.p50 - result->reference.p50;
	bench_result_value(result, "cycles for the re-validation", row->goal, false);
	close_churn(&churn);
}
