/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Drop counters. */
#include "plane.h"

void weft_plane_count_drop(struct weft_plane *plane, uint32_t worker, struct weft_vif *vif, enum weft_drop reason, uint32_t packets)
{
	uint64_t *counter = &(vif ? vif->counters : plane->unassigned)[worker].drops[reason];

	__atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + packets, __ATOMIC_RELAXED);
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
	sum = plane->retired_drops[reason] + vif_drops(plane, plane->unassigned, reason);
	for (uint32_t id = 0; id < plane->vif_limit; id++) {
		if (plane->vifs[id])
			sum += vif_drops(plane, plane->vifs[id]->counters, reason);
	}
	return sum;
}
