/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What the files of the host library share. */
#ifndef WEFT_HOST_PLANE_INTERNAL_H
#define WEFT_HOST_PLANE_INTERNAL_H

#include "weft_tables.h"
#include "weft_host_plane.h"

/* A packet with its memory: `buffer` holds headroom and the linear part, `rest` what is behind it. */
struct weft_host_packet {
	struct weft_packet packet; /* first: the core sees only this */
	struct weft_host_packet *next;
	struct weft_host_plane *owner;
	uint8_t *buffer;
	uint32_t buffer_bytes;
	uint8_t *rest;
	uint32_t rest_bytes;
};

/* A vif's transmitted packets, oldest first. */
struct weft_host_port {
	uint32_t vif_id;
	struct weft_host_packet *head, *tail;
};

/* Something to do when no worker is inside: always the end of the call that asked for it. */
struct weft_host_deferred {
	struct weft_host_deferred *next;
	void (*callback)(struct weft_plane *plane, void *argument);
	void *argument; /* or the memory to free, when callback is NULL */
	size_t bytes;
};

struct weft_host_plane {
	struct weft_plane *plane;
	struct weft_host_port *ports[WEFT_VIF_LIMIT];
	struct weft_host_deferred *deferred, **deferred_end;
	uint64_t now_ns, random_state;
	uint64_t packets_live, fail_after, fail_count;
};

/* True when the fault hook says that this allocation fails. */
bool weft_host_fault(struct weft_host_plane *host);
/* Makes `host` the plane whose clock and random numbers this thread reads. */
void weft_host_enter(struct weft_host_plane *host);
/* Does what was deferred. */
void weft_host_leave(struct weft_host_plane *host);
struct weft_host_packet *weft_host_packet_new(struct weft_host_plane *host, uint32_t linear, uint32_t rest);
void weft_host_packet_delete(struct weft_host_packet *packet);

#endif
