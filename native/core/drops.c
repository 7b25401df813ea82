/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Drop counters, and what became of all packets. */
#include "plane.h"
#include "worker.h"

void weft_plane_count_drop(struct weft_plane *plane, uint32_t worker, struct weft_vif *vif, enum weft_drop reason, uint32_t packets)
{
	uint64_t *counter = &(vif ? vif->counters : plane->unassigned)[worker].drops[reason];

	__atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + packets, __ATOMIC_RELAXED);
}

void weft_plane_count_refused(struct weft_plane *plane, uint32_t worker, struct weft_vif *vif, enum weft_drop reason,
			      uint32_t packets)
{
	weft_count(&(vif ? vif->counters : plane->unassigned)[worker].rx_packets, packets);
	weft_plane_count_drop(plane, worker, vif, reason, packets);
}

void weft_plane_count_unsent(struct weft_plane *plane, uint32_t worker, struct weft_vif *vif, enum weft_drop reason,
			     uint32_t packets)
{
	weft_count(&vif->counters[worker].tx_packets, 0 - (uint64_t)packets);
	weft_plane_count_drop(plane, worker, vif, reason, packets);
}

static uint64_t vif_drops(const struct weft_plane *plane, const struct weft_vif_counters *counters, uint32_t reason)
{
	uint64_t sum = 0;

	for (uint32_t worker = 0; worker <= plane->workers; worker++)
		sum += __atomic_load_n(&counters[worker].drops[reason], __ATOMIC_RELAXED);
	return sum;
}

uint64_t weft_drops_sum(struct weft_plane *plane, const struct weft_vif *vif, uint32_t reason)
{
	uint64_t sum;

	if (vif)
		return vif_drops(plane, vif->counters, reason);
	sum = plane->retired.drops[reason] + vif_drops(plane, plane->unassigned, reason);
	for (uint32_t id = 0; id < plane->vif_limit; id++) {
		if (plane->vifs[id])
			sum += vif_drops(plane, plane->vifs[id]->counters, reason);
	}
	return sum;
}

void weft_counters_retire(struct weft_plane *plane, const struct weft_vif *vif)
{
	for (uint32_t worker = 0; worker < plane->workers; worker++) {
		plane->retired.rx_packets += vif->counters[worker].rx_packets;
		plane->retired.tx_packets += vif->counters[worker].tx_packets;
	}
	for (uint32_t reason = 0; reason < WEFT_DROP_LIMIT; reason++)
		plane->retired.drops[reason] += weft_drops_sum(plane, vif, reason);
}

static void sum_packets(struct weft_plane *plane, const struct weft_vif_counters *counters, struct weft_plane_msg *out)
{
	for (uint32_t worker = 0; worker < plane->workers; worker++) {
		out->packets_received += __atomic_load_n(&counters[worker].rx_packets, __ATOMIC_RELAXED);
		out->packets_sent += __atomic_load_n(&counters[worker].tx_packets, __ATOMIC_RELAXED);
	}
}

void weft_packets_sum(struct weft_plane *plane, struct weft_plane_msg *out)
{
	out->packets_received = plane->retired.rx_packets;
	out->packets_sent = plane->retired.tx_packets;
	sum_packets(plane, plane->unassigned, out);
	for (uint32_t id = 0; id < plane->vif_limit; id++) {
		if (plane->vifs[id])
			sum_packets(plane, plane->vifs[id]->counters, out);
	}
	for (uint32_t reason = 1; reason < WEFT_DROP_LIMIT; reason++)
		out->packets_dropped += weft_drops_sum(plane, NULL, reason);
	for (uint32_t index = 0; index < plane->workers; index++) {
		const struct weft_worker *worker = weft_worker_get(plane, index);

		out->packets_made += __atomic_load_n(&worker->made, __ATOMIC_RELAXED);
		out->packets_gone += __atomic_load_n(&worker->gone, __ATOMIC_RELAXED);
	}
}
