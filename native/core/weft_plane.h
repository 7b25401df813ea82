/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What the core offers to its host. */
#ifndef WEFT_PLANE_H
#define WEFT_PLANE_H

#include "weft_packet.h"

struct weft_plane;
struct weft_vif;

struct weft_plane_settings {
	uint32_t workers;         /* 1 .. WEFT_WORKERS_MAX */
	uint32_t connections_max; /* pairs; 1024 .. 2^24; 0: 2^20 */
	const char *implementation, *version;
	void *host;               /* returned by weft_plane_host */
};

/* Control context. NULL when memory is out or a setting is outside its range. */
struct weft_plane *weft_plane_create(const struct weft_plane_settings *settings);
/* No worker is inside; every vif is detached through the host. */
void weft_plane_destroy(struct weft_plane *plane);
void *weft_plane_host(const struct weft_plane *plane);

/*
 * Applies one request frame and writes the answer frame. Control context. Never fails as a whole: what cannot be parsed is
 * answered with an error message. Returns the answer's bytes; `capacity` >= 4096 and a multiple of 8; a dump fills at most it.
 */
uint32_t weft_plane_apply(struct weft_plane *plane, const void *request, uint32_t bytes, void *answer, uint32_t capacity);

/*
 * Processes a burst that arrived on one vif: 1 .. WEFT_BURST_MAX packets, of which the core takes ownership. Worker context,
 * inside an RCU read section. Packets go out through weft_host_transmit before this returns.
 */
void weft_plane_input(struct weft_plane *plane, uint32_t worker, uint32_t vif_id, struct weft_packet **packets, uint32_t count);

/* Ageing, deferred work: a bounded slice. Control context, every 1 .. 100 ms. */
void weft_plane_tick(struct weft_plane *plane, uint64_t now_ns);

/* Underlay mirror's answer. Control context. */
void weft_plane_path_set(struct weft_plane *plane, const struct weft_path_msg *path);
/* Every tunnel destination in use, for a mirror that starts or resyncs. Control context. */
void weft_plane_paths(struct weft_plane *plane, void (*visit)(void *argument, const struct weft_path_msg *path), void *argument);

/*
 * Whether the host at the tunnel destination answers. Connections through an ECMP next hop with a member there choose anew with their
 * next packet when theirs is DOWN; a plain TUNNEL next hop goes on. Control context.
 */
struct weft_endpoint;
void weft_endpoint_set_liveness(struct weft_plane *plane, struct weft_endpoint *endpoint, enum weft_liveness liveness);

/* Any context of that worker. */
void weft_plane_count_drop(struct weft_plane *plane, uint32_t worker, struct weft_vif *vif, enum weft_drop reason, uint32_t packets);
void weft_plane_set_carrier(struct weft_plane *plane, struct weft_vif *vif, bool up);

/* Name of a drop reason ("UNKNOWN_VNI") and its doc line, or NULL. */
const char *weft_drop_name(uint32_t reason);
const char *weft_drop_doc(uint32_t reason);

#endif
