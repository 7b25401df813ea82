/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Rows about packets of known connections: windows of ours and of the reference in turn. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "dpdk/memory.h"
#include "dpdk/packet.h"

#define BURST_MAX 64u
#define CONNECTIONS_MAX (1u << 20)
#define FRAME_MAX 192u
#define ENTROPY_OFFSET 34u /* of the outer source port, the one field that may differ */

enum side { OURS, REFERENCE, SIDES };

struct bench {
	const struct bench_row *row;
	const struct bench_options *options;
	struct weft_plane *plane;
	struct bench_reference *reference;
	struct bench_zipf *zipf; /* NULL: uniform */
	struct bench_random random;
	struct bench_slot slots[BENCH_SLOTS];
	struct rte_mbuf *sent[BENCH_SLOT_PACKETS];
};

static enum bench_direction direction_of(const struct bench *bench, enum side side, uint32_t burst)
{
	if (bench->row->direction == BENCH_INJECTED)
		return side == OURS ? BENCH_INJECTED : BENCH_OUT;
	return bench->row->both && burst % 2 ? BENCH_IN : bench->row->direction;
}

static uint32_t vif_of(enum bench_direction direction, uint32_t pod)
{
	if (direction == BENCH_IN)
		return BENCH_UPLINK;
	return direction == BENCH_INJECTED ? BENCH_AGENT : BENCH_POD_FIRST + pod;
}

/* A connection of this pod. Neighbours in rank are not neighbours in the tables. */
static uint32_t draw(struct bench *bench, uint32_t pod)
{
	const struct bench_topology *topology = &bench->row->topology;
	uint32_t count = topology->connections / topology->pods, of_pod;

	if (bench->zipf)
		of_pod = (uint32_t)((uint64_t)bench_zipf_draw(bench->zipf, &bench->random) * 7919u % count);
	else
		of_pod = bench_random_below(&bench->random, count);
	return of_pod * topology->pods + pod;
}

/* New packets in the slot's mbufs: a burst is of one port when it comes from pods. */
static void prepare(struct bench *bench, struct bench_slot *slot, enum side side)
{
	const struct bench_topology *topology = &bench->row->topology;
	uint32_t size = bench->options->burst;

	for (uint32_t first = 0, burst = 0; first < BENCH_SLOT_PACKETS; first += size, burst++) {
		enum bench_direction direction = direction_of(bench, side, burst);
		uint32_t pod = bench_random_below(&bench->random, topology->pods);

		slot->direction[burst] = (uint8_t)direction;
		slot->vif[burst] = vif_of(direction, pod);
		for (uint32_t i = 0; i < size; i++) {
			struct bench_flow flow;

			if (direction == BENCH_IN || bench->row->direction == BENCH_INJECTED)
				pod = bench_random_below(&bench->random, topology->pods);
			bench_flow_of(topology, draw(bench, pod), &flow);
			bench_frame_write(topology, &flow, direction, slot->mbufs[first + i]);
		}
	}
}

/* One burst as the daemon's ETHDEV port receives it. */
static void ours(struct bench *bench, struct rte_mbuf **mbufs, uint32_t count, uint32_t vif_id)
{
	struct weft_packet *packets[BURST_MAX];

	bench_clock_refresh();
	weftd_packets_adopt(mbufs, packets, count, vif_id);
	weft_plane_input(bench->plane, 0, vif_id, packets, count);
	weftd_rcu_quiescent(0);
}

static void theirs(struct bench *bench, struct rte_mbuf **mbufs, uint32_t count, enum bench_direction direction)
{
	struct bench_sink *sink = &bench_sinks[0];

	if (bench->row->direction == BENCH_INJECTED)
		bench_reference_stateless(bench->reference, mbufs, count);
	else if (direction == BENCH_IN)
		bench_reference_in(bench->reference, mbufs, count);
	else
		bench_reference_out(bench->reference, mbufs, count);
	for (uint32_t i = 0; i < count; i++)
		sink->sent[sink->count++] = mbufs[i];
}

static void run_bursts(struct bench *bench, struct bench_slot *slot, enum side side, uint32_t first, uint32_t end)
{
	uint32_t size = bench->options->burst;

	for (uint32_t at = first; at < end; at += size) {
		uint32_t burst = at / size;

		if (side == OURS)
			ours(bench, &slot->mbufs[at], size, slot->vif[burst]);
		else
			theirs(bench, &slot->mbufs[at], size, slot->direction[burst]);
	}
}

static void check_sent(struct bench *bench, uint32_t expected)
{
	char drops[160];

	if (bench_sinks[0].count == expected)
		return;
	bench_drops_text(bench->plane, drops, sizeof(drops));
	bench_fail("%s: %u packets in, %u out; drops: %s", bench->row->name, expected, bench_sinks[0].count, drops);
}

/* Cycles per packet of the slot's window. */
static double run_window(struct bench *bench, struct bench_slot *slot, enum side side)
{
	uint64_t start, end;

	bench_sinks[0] = (struct bench_sink){bench->sent, 0};
	run_bursts(bench, slot, side, 0, BENCH_WARM_PACKETS);
	start = rte_rdtsc_precise();
	run_bursts(bench, slot, side, BENCH_WARM_PACKETS, BENCH_SLOT_PACKETS);
	end = rte_rdtsc_precise();
	check_sent(bench, BENCH_SLOT_PACKETS);
	return (double)(end - start) / BENCH_WINDOW_PACKETS;
}

/* The first packet of every connection. */
static void open_connections(struct bench *bench)
{
	const struct bench_topology *topology = &bench->row->topology;
	uint32_t size = bench->options->burst, per_pod = topology->connections / topology->pods;
	struct bench_slot *slot = &bench->slots[0];
	struct weft_plane_msg state;

	for (uint32_t pod = 0; pod < topology->pods; pod++) {
		for (uint32_t first = 0; first < per_pod; first += size) {
			uint32_t count = RTE_MIN(size, per_pod - first);

			for (uint32_t i = 0; i < count; i++) {
				struct bench_flow flow;

				bench_flow_of(topology, (first + i) * topology->pods + pod, &flow);
				bench_frame_write(topology, &flow, BENCH_OUT, slot->mbufs[i]);
			}
			bench_sinks[0] = (struct bench_sink){bench->sent, 0};
			ours(bench, slot->mbufs, count, BENCH_POD_FIRST + pod);
			check_sent(bench, count);
		}
	}
	bench_plane_state(bench->plane, &state);
	if (state.connections_live != topology->connections)
		bench_fail("%s: %u connections live, expected %u", bench->row->name, state.connections_live,
			   topology->connections);
}

/* Both sides make the same frames of the same packets, but for the entropy port. */
static void compare(struct bench *bench)
{
	static uint8_t frames[BENCH_SLOT_PACKETS][FRAME_MAX];
	static uint32_t lengths[BENCH_SLOT_PACKETS];
	struct bench_random at = bench->random;
	struct bench_slot *slot = &bench->slots[0];

	prepare(bench, slot, OURS);
	run_window(bench, slot, OURS);
	for (uint32_t i = 0; i < BENCH_SLOT_PACKETS; i++) {
		lengths[i] = slot->mbufs[i]->pkt_len;
		memcpy(frames[i], rte_pktmbuf_mtod(slot->mbufs[i], void *), RTE_MIN(lengths[i], FRAME_MAX));
	}
	bench->random = at;
	prepare(bench, slot, REFERENCE);
	run_window(bench, slot, REFERENCE);
	for (uint32_t i = 0; i < BENCH_SLOT_PACKETS; i++) {
		uint8_t *frame = rte_pktmbuf_mtod(slot->mbufs[i], uint8_t *);

		if (bench->row->topology.encap != WEFT_ENCAP_NONE && slot->direction[i / bench->options->burst] == BENCH_OUT)
			memcpy(frame + ENTROPY_OFFSET, frames[i] + ENTROPY_OFFSET, 2);
		if (lengths[i] == slot->mbufs[i]->pkt_len && memcmp(frame, frames[i], lengths[i]) == 0)
			continue;
		for (uint32_t byte = 0; byte < lengths[i]; byte++) {
			if (frame[byte] != frames[i][byte])
				bench_fail("%s: packet %u, byte %u: ours %02x, reference %02x (lengths %u, %u)",
					   bench->row->name, i, byte, frames[i][byte], frame[byte], lengths[i],
					   slot->mbufs[i]->pkt_len);
		}
		bench_fail("%s: packet %u: ours has %u bytes, the reference %u", bench->row->name, i, lengths[i],
			   slot->mbufs[i]->pkt_len);
	}
	if (bench_reference_missed(bench->reference))
		bench_fail("%s: the reference misses %" PRIu64 " packets", bench->row->name,
			   bench_reference_missed(bench->reference));
}

static struct bench *open_bench(const struct bench_row *row, const struct bench_options *options)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	bool stateless = row->direction == BENCH_INJECTED;

	if (!bench)
		bench_fail("out of memory");
	bench->row = row;
	bench->options = options;
	bench->random.state = options->seed;
	if (row->zipf)
		bench->zipf = bench_zipf_new(row->topology.connections / row->topology.pods);
	for (uint32_t slot = 0; slot < BENCH_SLOTS; slot++) {
		if (rte_pktmbuf_alloc_bulk(weftd_pool_small(), bench->slots[slot].mbufs, BENCH_SLOT_PACKETS))
			bench_fail("out of packet buffers");
	}
	bench->plane = bench_plane_open(&row->topology, 1, CONNECTIONS_MAX);
	weftd_rcu_online(0);
	bench->reference = bench_reference_open(&row->topology, !stateless && row->direction == BENCH_OUT,
						row->both || row->direction == BENCH_IN);
	if (!stateless)
		open_connections(bench);
	return bench;
}

static void close_bench(struct bench *bench)
{
	weftd_rcu_offline(0);
	bench_sinks[0] = (struct bench_sink){0};
	bench_reference_close(bench->reference);
	bench_plane_close(bench->plane);
	for (uint32_t slot = 0; slot < BENCH_SLOTS; slot++)
		rte_pktmbuf_free_bulk(bench->slots[slot].mbufs, BENCH_SLOT_PACKETS);
	bench_zipf_free(bench->zipf);
	free(bench);
}

void bench_run_hit(const struct bench_row *row, const struct bench_options *options, struct bench_result *result)
{
	struct bench *bench = open_bench(row, options);
	double *cycles[SIDES], *canary = calloc(2 * options->windows, sizeof(double));
	uint32_t turns = 2 * options->windows;

	cycles[OURS] = calloc(options->windows, sizeof(double));
	cycles[REFERENCE] = calloc(options->windows, sizeof(double));
	if (!canary || !cycles[OURS] || !cycles[REFERENCE])
		bench_fail("out of memory");
	compare(bench);
	for (uint32_t turn = 0; turn < BENCH_SLOTS; turn++)
		prepare(bench, &bench->slots[turn], turn % 2);
	for (uint32_t turn = 0; turn < turns; turn++) {
		struct bench_slot *slot = &bench->slots[turn % BENCH_SLOTS];

		canary[turn] = bench_canary();
		cycles[turn % 2][turn / 2] = run_window(bench, slot, turn % 2);
		prepare(bench, slot, (turn + BENCH_SLOTS) % 2);
	}
	result->unit = "cycles/packet";
	result->ours = bench_spread_of(cycles[OURS], options->windows);
	result->reference = bench_spread_of(cycles[REFERENCE], options->windows);
	result->canary = bench_spread_of(canary, turns).p50;
	result->ratio = result->ours.p50 / result->reference.p50;
	if (row->ratio_max > 0) {
		snprintf(result->goal, sizeof(result->goal), "ratio <= %.1f", row->ratio_max);
		result->met = result->ratio <= row->ratio_max;
	}
	if (row->note)
		snprintf(result->note, sizeof(result->note), "%s", row->note);
	free(cycles[OURS]);
	free(cycles[REFERENCE]);
	free(canary);
	close_bench(bench);
}
