/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * A host of the core with real threads: worker threads run the packet path while the control thread applies messages. Memory
 * that is retired is freed when every worker has passed a quiescent state. Ports are sinks: what is sent on them is counted and
 * freed.
 */
#ifndef WEFT_RACE_HOST_H
#define WEFT_RACE_HOST_H

#include "weft_plane.h"

#define RACE_WORKERS 2u

struct race_worker {
	uint64_t seen;	 /* epoch of the last quiescent state; the maximum: not reading */
	uint64_t now_ns; /* its own */
	uint64_t made, freed, sent;
	uint64_t echoes; /* replies among what was sent to ports */
} __attribute__((aligned(64)));

extern struct race_worker race_workers[RACE_WORKERS];

/* The plane with its workers offline, or NULL. */
struct weft_plane *race_open(uint32_t connections_max);
/* Every worker is offline. */
void race_close(struct weft_plane *plane);

/* Worker thread. `now_ns`: its clock from here on. */
void race_online(uint32_t worker);
void race_quiescent(uint32_t worker, uint64_t now_ns);
void race_offline(uint32_t worker);
/* Worker thread: a packet of these bytes, all linear. */
struct weft_packet *race_packet(uint32_t worker, const void *frame, uint32_t bytes);

/* Control thread. Frees what no worker can hold any more. */
void race_reclaim(struct weft_plane *plane);
void race_clock(uint64_t now_ns);
/* Packets dropped so far for the reason. */
uint64_t race_drops(struct weft_plane *plane, uint32_t reason);
/* One message. True: applied. */
bool race_apply(struct weft_plane *plane, const void *message, uint32_t bytes);

#endif
