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
	/*
	 * Where the connection table lives, for a plane whose process may die: weft_plane_shared_bytes bytes, aligned to a page, zeroed or
	 * as another plane left them, which is adopted when weft_plane_shared_fits. NULL: the plane's own memory.
	 */
	void *shared;
	uint32_t adoptions;       /* workers that died before this one (PLANE object) */
	/* Called in control context for every SET, DELETE and SWEEP that was applied: the message, header and body. NULL: not wanted. */
	void (*applied)(void *host, const void *message, uint32_t bytes);
	/*
	 * Called in control context (weft_plane_tick) when a too-big taught something about the path to a destination: its MTU,
	 * or that it counts for longer, by a minute at least. weft_endpoint.learned is what to keep. NULL: not wanted.
	 */
	void (*learned)(struct weft_plane *plane, uint8_t family, const uint8_t destination[16]);
};

/* Control context. NULL when memory is out or a setting is outside its range. */
struct weft_plane *weft_plane_create(const struct weft_plane_settings *settings);
/* No worker is inside; every vif is detached through the host. */
void weft_plane_destroy(struct weft_plane *plane);
void *weft_plane_host(const struct weft_plane *plane);

/* Bytes of settings.shared for a table of so many pairs. */
size_t weft_plane_shared_bytes(uint32_t connections_max);
/* True when `shared` holds a table that a plane with these pairs and of this layout can adopt. */
bool weft_plane_shared_fits(const void *shared, uint32_t connections_max);
/* True when the plane went on with the connection table of one that died. */
bool weft_plane_adopted(const struct weft_plane *plane);

/*
 * A plane that takes over from one that died: between begin and end it is given what that one held, by weft_plane_apply and the
 * functions here. What that one's tables held is accepted though it could not be set afresh (a LOCAL next hop whose vif went, a
 * label whose next hop became another kind); settings.applied is silent. Control context, no worker runs yet.
 */
void weft_plane_restore_begin(struct weft_plane *plane);
/*
 * Before the tunnel next hops: the destination keeps its index, which connections remember, its path until the mirror speaks,
 * and what it learned (weft_endpoint.learned), for as long as that counts: the monotonic clock is the same.
 */
void weft_plane_restore_path(struct weft_plane *plane, const struct weft_path_msg *path, uint32_t index, uint64_t learned);
/* After the vif: connections of the port are found in this zone. */
void weft_plane_restore_zone(struct weft_plane *plane, uint32_t vif_id, uint32_t zone);
void weft_plane_restore_end(struct weft_plane *plane);
/* Whether messages about this object (enum weft_object) can be dumped and set: those are the ones to restore. */
bool weft_plane_restorable(uint16_t object);

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
/* What the host found out of another plane (core/bfd.h). Control context. */
void weft_plane_liveness_set(struct weft_plane *plane, uint8_t family, const uint8_t destination[16], enum weft_liveness liveness);
/* Every tunnel destination in use, for a mirror that starts or resyncs. Control context. */
void weft_plane_paths(struct weft_plane *plane, void (*visit)(void *argument, const struct weft_path_msg *path), void *argument);

/* The path to a destination in use and its index (weft_plane_restore_path). False: not in use. Control context. */
bool weft_plane_path_get(struct weft_plane *plane, uint8_t family, const uint8_t destination[16], struct weft_path_msg *path,
			 uint32_t *index);
/* The PLANE object as GET answers it. Control context. */
void weft_plane_state(struct weft_plane *plane, struct weft_plane_msg *out);

/* Any context of that worker. */
void weft_plane_count_drop(struct weft_plane *plane, uint32_t worker, struct weft_vif *vif, enum weft_drop reason, uint32_t packets);
/* Packets that arrived on the vif and that the host does not give to the core: received and dropped. */
void weft_plane_count_refused(struct weft_plane *plane, uint32_t worker, struct weft_vif *vif, enum weft_drop reason,
			      uint32_t packets);
/* Packets given to weft_host_transmit that did not leave: dropped, not sent. */
void weft_plane_count_unsent(struct weft_plane *plane, uint32_t worker, struct weft_vif *vif, enum weft_drop reason,
			     uint32_t packets);
void weft_plane_set_carrier(struct weft_plane *plane, struct weft_vif *vif, bool up);

/* Name of a drop reason ("UNKNOWN_VNI") and its doc line, or NULL. */
const char *weft_drop_name(uint32_t reason);
const char *weft_drop_doc(uint32_t reason);

#endif
