/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* One worker's packets: draws them, hands them to the plane as a port of the daemon does, and times windows of them. */
#include "bench.h"

#include <stdlib.h>

#include "dpdk/memory.h"
#include "dpdk/packet.h"
#include "weft_host.h"

#define BURST_MAX 64u
#define AGE_NS 3600000000000ull /* older than any connection may get idle */
#define AGE_TICKS_MAX 100000u
#define TICK_CONNECTIONS 4096u /* opened between two ticks of the control thread */
#define GRACE_ROUNDS 4u	       /* ticks after the last connection went, until its pair is free */

struct bench_station *bench_station_open(const char *name, const struct bench_topology *topology,
					 const struct bench_options *options, struct weft_plane *plane, uint32_t worker)
{
	struct bench_station *station = calloc(1, sizeof(*station));

	if (!station)
		bench_fail("out of memory");
	station->name = name;
	station->topology = topology;
	station->burst = options->burst;
	station->worker = worker;
	station->pod_step = 1;
	station->plane = plane;
	station->random.state = options->seed + ((uint64_t)worker << 32);
	for (uint32_t slot = 0; slot < BENCH_SLOTS; slot++) {
		if (rte_pktmbuf_alloc_bulk(weftd_pool_small(), station->slots[slot].mbufs, BENCH_SLOT_PACKETS))
			bench_fail("out of packet buffers");
	}
	return station;
}

void bench_station_close(struct bench_station *station)
{
	bench_sinks[station->worker] = (struct bench_sink){0};
	for (uint32_t slot = 0; slot < BENCH_SLOTS; slot++)
		rte_pktmbuf_free_bulk(station->slots[slot].mbufs, BENCH_SLOT_PACKETS);
	free(station);
}

static uint32_t vif_of(enum bench_direction direction, uint32_t pod)
{
	if (direction == BENCH_IN)
		return BENCH_UPLINK;
	return BENCH_POD_FIRST + pod;
}

/* A connection of this pod. Neighbours in rank are not neighbours in the tables. */
static uint32_t draw(struct bench_station *station, uint32_t pod)
{
	const struct bench_topology *topology = station->topology;
	uint32_t count = topology->connections / topology->pods, of_pod;

	if (station->zipf)
		of_pod = (uint32_t)((uint64_t)bench_zipf_draw(station->zipf, &station->random) * 7919u % count);
	else
		of_pod = bench_random_below(&station->random, count);
	return of_pod * topology->pods + pod;
}

static uint32_t draw_pod(struct bench_station *station)
{
	uint32_t pods = station->topology->pods / station->pod_step;

	return station->pod_first + station->pod_step * bench_random_below(&station->random, pods);
}

void bench_station_prepare(struct bench_station *station, struct bench_slot *slot, enum bench_direction even,
			   enum bench_direction odd)
{
	const struct bench_topology *topology = station->topology;

	for (uint32_t first = 0, burst = 0; first < BENCH_SLOT_PACKETS; first += station->burst, burst++) {
		enum bench_direction direction = burst % 2 ? odd : even;
		uint32_t pod = draw_pod(station);

		slot->direction[burst] = (uint8_t)direction;
		slot->vif[burst] = vif_of(direction, pod);
		for (uint32_t i = 0; i < station->burst; i++) {
			struct bench_flow flow;

			if (direction == BENCH_IN)
				pod = draw_pod(station);
			bench_flow_of(topology, draw(station, pod), &flow);
			bench_frame_write(topology, &flow, direction, slot->mbufs[first + i]);
		}
	}
}

void bench_station_number(struct bench_station *station, struct bench_slot *slot, uint32_t *next)
{
	const struct bench_topology *topology = station->topology;

	for (uint32_t first = 0, burst = 0; first < BENCH_SLOT_PACKETS; first += station->burst, burst++) {
		uint32_t pod = (station->pod_first + burst * station->pod_step) % topology->pods;

		slot->direction[burst] = BENCH_OUT;
		slot->vif[burst] = vif_of(BENCH_OUT, pod);
		for (uint32_t i = 0; i < station->burst; i++) {
			struct bench_flow flow;

			bench_flow_of(topology, next[pod]++ * topology->pods + pod, &flow);
			bench_frame_write(topology, &flow, BENCH_OUT, slot->mbufs[first + i]);
		}
	}
}

/* One burst as the daemon's ETHDEV port receives it. */
static void input(struct bench_station *station, struct rte_mbuf **mbufs, uint32_t count, uint32_t vif_id)
{
	struct weft_packet *packets[BURST_MAX];

	bench_clock_refresh();
	weftd_packets_adopt(mbufs, packets, count, vif_id);
	weft_plane_input(station->plane, station->worker, vif_id, packets, count);
	weftd_rcu_quiescent(station->worker);
}

void bench_station_collect(struct bench_station *station)
{
	bench_sinks[station->worker] = (struct bench_sink){station->sent, 0};
}

void bench_station_check(struct bench_station *station, uint32_t expected)
{
	uint32_t sent = bench_sinks[station->worker].count;
	char drops[160];

	if (sent == expected)
		return;
	bench_drops_text(station->plane, drops, sizeof(drops));
	bench_fail("%s: %u packets in, %u out; drops: %s", station->name, expected, sent, drops);
}

static void input_bursts(struct bench_station *station, struct bench_slot *slot, uint32_t first, uint32_t end)
{
	for (uint32_t at = first; at < end; at += station->burst)
		input(station, &slot->mbufs[at], station->burst, slot->vif[at / station->burst]);
}

double bench_station_window(struct bench_station *station, struct bench_slot *slot)
{
	uint64_t start, end;

	bench_station_collect(station);
	input_bursts(station, slot, 0, BENCH_WARM_PACKETS);
	start = rte_rdtsc_precise();
	input_bursts(station, slot, BENCH_WARM_PACKETS, BENCH_SLOT_PACKETS);
	end = rte_rdtsc_precise();
	bench_station_check(station, BENCH_SLOT_PACKETS);
	return (double)(end - start) / BENCH_WINDOW_PACKETS;
}

void bench_station_ticks(struct bench_station *station, uint32_t ticks)
{
	weftd_rcu_offline(station->worker);
	for (uint32_t i = 0; i < ticks; i++) {
		bench_clock_refresh();
		weft_plane_tick(station->plane, weft_host_now_ns());
		weftd_deferred_flush();
	}
	weftd_rcu_online(station->worker);
}

void bench_station_open_connections(struct bench_station *station)
{
	const struct bench_topology *topology = station->topology;
	uint32_t per_pod = topology->connections / topology->pods, opened = 0;
	struct bench_slot *slot = &station->slots[0];
	struct weft_plane_msg state;

	for (uint32_t pod = 0; pod < topology->pods; pod++) {
		for (uint32_t first = 0; first < per_pod; first += station->burst) {
			uint32_t count = RTE_MIN(station->burst, per_pod - first);

			for (uint32_t i = 0; i < count; i++) {
				struct bench_flow flow;

				bench_flow_of(topology, (first + i) * topology->pods + pod, &flow);
				bench_frame_write(topology, &flow, BENCH_OUT, slot->mbufs[i]);
			}
			bench_station_collect(station);
			input(station, slot->mbufs, count, BENCH_POD_FIRST + pod);
			bench_station_check(station, count);
			if ((opened += count) % TICK_CONNECTIONS < count)
				bench_station_ticks(station, 1);
		}
	}
	bench_station_ticks(station, BENCH_SETTLE_TICKS);
	weft_plane_state(station->plane, &state);
	if (state.connections_live != topology->connections)
		bench_fail("%s: %u connections live, expected %u", station->name, state.connections_live,
			   topology->connections);
}

void bench_station_age(struct bench_station *station)
{
	struct weft_plane_msg state;

	bench_clock_advance(AGE_NS);
	weftd_rcu_offline(station->worker);
	for (uint32_t tick = 0, empty = 0; empty < GRACE_ROUNDS; tick++) {
		bench_clock_advance(1000000000u);
		bench_clock_refresh();
		weft_plane_tick(station->plane, weft_host_now_ns());
		weft_plane_state(station->plane, &state);
		if (state.connections_live == 0) {
			weftd_deferred_flush();
			empty++;
		}
		if (tick == AGE_TICKS_MAX)
			bench_fail("%s: %u connections do not age out", station->name, state.connections_live);
	}
	weftd_rcu_online(station->worker);
}
