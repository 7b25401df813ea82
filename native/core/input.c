/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The packet path, stage by stage over a burst: fetch the headers, let every packet enter, fetch the connection buckets, find
 * the way and send. One packet's memory is on its way to the cache while another's is worked on.
 */
#include "connection.h"
#include "lookup.h"
#include "worker.h"

#define PREFETCH_AHEAD 6u
#define SEEK_BEHIND 12u

size_t weft_worker_bytes(void)
{
	return sizeof(struct weft_worker);
}

void weft_worker_init(struct weft_plane *plane, uint32_t worker, void *memory)
{
	struct weft_worker *self = memory;

	self->plane = plane;
	self->index = worker;
}

void weft_step_drop(struct weft_worker *worker, struct weft_step *step, enum weft_drop reason)
{
	struct weft_packet *packet = step->packet;

	step->packet = NULL;
	weft_plane_count_drop(worker->plane, worker->index, worker->vif, reason, 1);
	if (packet)
		weft_host_packet_free(worker->plane, worker->index, packet);
}

static void refuse(struct weft_plane *plane, uint32_t worker, struct weft_vif *vif, struct weft_packet **packets,
		   uint32_t count)
{
	weft_plane_count_refused(plane, worker, vif, WEFT_DROP_INVALID_VIF, count);
	for (uint32_t i = 0; i < count; i++)
		weft_host_packet_free(plane, worker, packets[i]);
}

static void begin(struct weft_worker *worker, struct weft_vif *vif, struct weft_packet **packets, uint32_t count)
{
	struct weft_vif_counters *counters = &vif->counters[worker->index];
	uint64_t bytes = 0;

	worker->vif = vif;
	worker->configured = weft_plane_configured(worker->plane);
	worker->endpoint = NULL;
	worker->vni_nexthop = NULL;
	worker->removed = false;
	worker->vrf_id = vif->vrf_id;
	worker->vrf = weft_vrf_at(worker->plane, vif->vrf_id);
	worker->now_ns = weft_host_now_ns();
	for (uint32_t i = 0; i < count; i++) {
		struct weft_step *step = &worker->steps[i];

		step->packet = packets[i];
		step->delivery = NULL;
		step->entry = 0;
		step->translated = false;
		packets[i]->vif_id = vif->vif_id;
		bytes += packets[i]->length;
	}
	weft_count(&counters->rx_packets, count);
	weft_count(&counters->rx_bytes, bytes);
}

/* The headers, and the line in front of them, which an encapsulation writes, or the one behind, where those of a tunnel end. */
static inline void fetch(const struct weft_packet *packet, int32_t more)
{
	__builtin_prefetch(packet->data);
	__builtin_prefetch(packet->data + more, 1);
}

WEFT_HOT_PART enum weft_drop enter_one(struct weft_worker *worker, uint8_t type, struct weft_step *step)
{
	if (type == WEFT_VIF_VIRTUAL)
		return weft_enter_port(worker, worker->vif, step);
	return type == WEFT_VIF_PHYSICAL ? weft_enter_fabric(worker, step) : weft_injection_input(worker, step);
}

/* Its bucket has come: what may be its connection is asked for. */
WEFT_HOT_PART void seek(struct weft_step *step, const struct weft_connections *connections, const struct weft_bucket_table *table)
{
	if (WEFT_LIKELY(step->packet != NULL))
		step->candidate = weft_connection_candidate(connections, table, step->hash);
}

/* Parses, and looks for connections some packets behind, so that memory is asked for evenly. Without a table: parses. */
WEFT_HOT_PART void enter(struct weft_worker *worker, const struct weft_connections *connections,
			 const struct weft_bucket_table *table, uint32_t count)
{
	uint32_t sought = 0;
	uint8_t type = worker->vif->type;
	int32_t more = type == WEFT_VIF_PHYSICAL ? WEFT_CACHE_LINE : -WEFT_CACHE_LINE;

	for (uint32_t i = 0; i < PREFETCH_AHEAD && i < count; i++)
		fetch(worker->steps[i].packet, more);
	for (uint32_t i = 0; i < count; i++) {
		struct weft_step *step = &worker->steps[i];
		enum weft_drop reason;

		if (i + PREFETCH_AHEAD < count)
			fetch(worker->steps[i + PREFETCH_AHEAD].packet, more);
		if (table && i >= SEEK_BEHIND)
			seek(&worker->steps[sought++], connections, table);
		reason = enter_one(worker, type, step);
		if (WEFT_UNLIKELY(reason)) {
			weft_step_drop(worker, step, reason);
			continue;
		}
		if (WEFT_UNLIKELY(!step->packet))
			continue;
		step->packet->hash = step->hash;
		if (table)
			weft_connection_prefetch(table, step->hash);
	}
	while (table && sought < count)
		seek(&worker->steps[sought++], connections, table);
}

/* A fragment that waited for one of this burst. */
static void leave_late(struct weft_worker *worker)
{
	struct weft_step *step = &worker->steps[0];
	enum weft_drop reason = weft_datagram_resume(worker, step);

	if (reason)
		weft_step_drop(worker, step, reason);
	else
		weft_leave(worker, 1);
}

WEFT_HOT void weft_plane_input(struct weft_plane *plane, uint32_t worker, uint32_t vif_id, struct weft_packet **packets, uint32_t count)
{
	struct weft_worker *self = weft_worker_get(plane, worker);
	struct weft_vif *vif = weft_vif_get(plane, vif_id);
	const struct weft_connections *connections;
	const struct weft_bucket_table *table;

	if (count > WEFT_BURST_MAX) {
		refuse(plane, worker, vif, packets + WEFT_BURST_MAX, count - WEFT_BURST_MAX);
		count = WEFT_BURST_MAX;
	}
	if (!vif || vif->type == WEFT_VIF_HOST) {
		refuse(plane, worker, vif, packets, count);
		return;
	}
	begin(self, vif, packets, count);
	if (WEFT_UNLIKELY(weft_stateless_burst(self))) {
		enter(self, NULL, NULL, count);
		weft_stateless_leave(self, count);
	} else {
		connections = plane->connections;
		table = weft_load(connections->table);
		enter(self, connections, table, count);
		weft_leave(self, count);
	}
	while (WEFT_UNLIKELY(self->due))
		leave_late(self);
	weft_depart_flush(self);
}
