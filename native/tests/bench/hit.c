/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Rows about packets of known connections: windows of ours and of the reference in turn. */
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "dpdk/memory.h"

#define FRAME_MAX 192u
#define ENTROPY_OFFSET 34u /* of the outer source port, the one field that may differ */

enum side { OURS, REFERENCE, SIDES };

struct bench {
	const struct bench_row *row;
	struct bench_station *station;
	struct bench_reference *reference;
};

static void prepare(struct bench *bench, struct bench_slot *slot)
{
	enum bench_direction even = bench->row->direction, odd = bench->row->both ? BENCH_IN : even;

	bench_station_prepare(bench->station, slot, even, odd);
}

static void theirs(struct bench *bench, struct rte_mbuf **mbufs, uint32_t count, enum bench_direction direction)
{
	struct bench_sink *sink = &bench_sinks[0];

	if (bench->row->topology.stateless)
		bench_reference_stateless(bench->reference, mbufs, count);
	else if (direction == BENCH_IN)
		bench_reference_in(bench->reference, mbufs, count);
	else
		bench_reference_out(bench->reference, mbufs, count);
	for (uint32_t i = 0; i < count; i++)
		sink->sent[sink->count++] = mbufs[i];
}

static void reference_bursts(struct bench *bench, struct bench_slot *slot, uint32_t first, uint32_t end)
{
	uint32_t burst = bench->station->burst;

	for (uint32_t at = first; at < end; at += burst)
		theirs(bench, &slot->mbufs[at], burst, slot->direction[at / burst]);
}

/* Cycles per packet of the slot's window. */
static double run_window(struct bench *bench, struct bench_slot *slot, enum side side)
{
	uint64_t start, end;

	if (side == OURS)
		return bench_station_window(bench->station, slot);
	bench_station_collect(bench->station);
	reference_bursts(bench, slot, 0, BENCH_WARM_PACKETS);
	start = rte_rdtsc_precise();
	reference_bursts(bench, slot, BENCH_WARM_PACKETS, BENCH_SLOT_PACKETS);
	end = rte_rdtsc_precise();
	bench_station_check(bench->station, BENCH_SLOT_PACKETS);
	return (double)(end - start) / BENCH_WINDOW_PACKETS;
}

static void check_same(const struct bench *bench, uint32_t packet, const uint8_t *one, uint32_t one_bytes, const uint8_t *other,
		       uint32_t other_bytes)
{
	if (one_bytes != other_bytes)
		bench_fail("%s: packet %u: ours has %u bytes, the reference %u", bench->row->name, packet, one_bytes,
			   other_bytes);
	for (uint32_t byte = 0; byte < one_bytes; byte++) {
		if (one[byte] != other[byte])
			bench_fail("%s: packet %u, byte %u: ours %02x, reference %02x", bench->row->name, packet, byte,
				   one[byte], other[byte]);
	}
}

/* Both sides make the same frames of the same packets, but for the entropy port. */
static void compare(struct bench *bench)
{
	static uint8_t frames[BENCH_SLOT_PACKETS][FRAME_MAX];
	static uint32_t lengths[BENCH_SLOT_PACKETS];
	struct bench_random at = bench->station->random;
	struct bench_slot *slot = &bench->station->slots[0];

	prepare(bench, slot);
	run_window(bench, slot, OURS);
	for (uint32_t i = 0; i < BENCH_SLOT_PACKETS; i++) {
		lengths[i] = slot->mbufs[i]->pkt_len;
		memcpy(frames[i], rte_pktmbuf_mtod(slot->mbufs[i], void *), RTE_MIN(lengths[i], FRAME_MAX));
	}
	bench->station->random = at;
	prepare(bench, slot);
	run_window(bench, slot, REFERENCE);
	for (uint32_t i = 0; i < BENCH_SLOT_PACKETS; i++) {
		uint8_t *frame = rte_pktmbuf_mtod(slot->mbufs[i], uint8_t *);

		if (bench->row->topology.encap != WEFT_ENCAP_NONE && slot->direction[i / bench->station->burst] == BENCH_OUT)
			memcpy(frame + ENTROPY_OFFSET, frames[i] + ENTROPY_OFFSET, 2);
		check_same(bench, i, frames[i], lengths[i], frame, slot->mbufs[i]->pkt_len);
	}
	if (bench_reference_missed(bench->reference))
		bench_fail("%s: the reference misses %" PRIu64 " packets", bench->row->name,
			   bench_reference_missed(bench->reference));
}

static void open_bench(struct bench *bench, const struct bench_row *row, const struct bench_options *options)
{
	struct weft_plane *plane = bench_plane_open(&row->topology, 1, BENCH_CONNECTIONS_DEFAULT);

	bench->row = row;
	bench->station = bench_station_open(row->name, &row->topology, options, plane, 0);
	if (row->zipf)
		bench->station->zipf = bench_zipf_new(row->topology.connections / row->topology.pods);
	weftd_rcu_online(0);
	bench->reference =
	    bench_reference_open(&row->topology, row->direction == BENCH_OUT, row->both || row->direction == BENCH_IN);
	if (!row->topology.stateless)
		bench_station_open_connections(bench->station);
}

static void close_bench(struct bench *bench)
{
	struct weft_plane *plane = bench->station->plane;

	weftd_rcu_offline(0);
	bench_reference_close(bench->reference);
	bench_zipf_free(bench->station->zipf);
	bench_station_close(bench->station);
	bench_plane_close(plane);
}

void bench_run_hit(const struct bench_row *row, const struct bench_options *options, struct bench_result *result)
{
	double *cycles[SIDES] = {bench_values(options->windows), bench_values(options->windows)};
	double *canary = bench_values(2 * options->windows);
	uint32_t turns = 2 * options->windows;
	struct bench bench;

	open_bench(&bench, row, options);
	compare(&bench);
	bench_say_pages();
	for (uint32_t turn = 0; turn < BENCH_SLOTS; turn++)
		prepare(&bench, &bench.station->slots[turn]);
	for (uint32_t turn = 0; turn < turns; turn++) {
		struct bench_slot *slot = &bench.station->slots[turn % BENCH_SLOTS];

		canary[turn] = bench_canary();
		cycles[turn % 2][turn / 2] = run_window(&bench, slot, turn % 2);
		prepare(&bench, slot);
	}
	bench_result_cycles(result, cycles[OURS], cycles[REFERENCE], options->windows, canary, turns);
	bench_result_ratio(result, row->goal);
	close_bench(&bench);
}
