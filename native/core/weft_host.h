/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The host port: everything the core asks of the program it lives in. These symbols, memcpy, memset, memmove and memcmp are the
 * only undefined symbols of the core's object files (native/kernel checks it). Context: "control" is the one thread that calls
 * weft_plane_apply and weft_plane_tick; "worker" is a thread inside weft_plane_input.
 */
#ifndef WEFT_HOST_H
#define WEFT_HOST_H

#include "weft_packet.h"

struct weft_plane;
struct weft_vif;

/* Memory. Control context (alloc also at creation). Zeroed, cache-line aligned; NULL when there is none. */
void *weft_host_alloc(size_t bytes);
void weft_host_free(void *memory, size_t bytes);
/* Frees after every worker that may hold it has passed a quiescent state. Never waits. Control or worker context. */
void weft_host_free_deferred(struct weft_plane *plane, void *memory, size_t bytes);
/* Calls back in control context after a grace period. */
void weft_host_call_deferred(struct weft_plane *plane, void (*callback)(struct weft_plane *, void *), void *argument);

/* Monotonic nanoseconds; worker context reads a value refreshed once per burst. */
uint64_t weft_host_now_ns(void);
/* CLOCK_REALTIME nanoseconds. Control or worker context. */
uint64_t weft_host_wall_ns(void);
/* Seed material. Control context. */
void weft_host_random(void *out, size_t bytes);

/* Packets. Worker context. */
/* A packet with `length` linear bytes and WEFT_HEADROOM in front, or NULL. `length` <= 9216. */
struct weft_packet *weft_host_packet_alloc(struct weft_plane *plane, uint32_t worker, uint32_t length);
/* Also in control context, with the number of workers for `worker`. */
void weft_host_packet_free(struct weft_plane *plane, uint32_t worker, struct weft_packet *packet);
/* Makes `bytes` linear. False when the packet is shorter or memory is out. */
bool weft_host_packet_pull(struct weft_plane *plane, uint32_t worker, struct weft_packet *packet, uint32_t bytes);
/* Copies `bytes` from `offset` out of a possibly non-linear packet. Caller checked the bounds. */
void weft_host_packet_copy_out(const struct weft_packet *packet, uint32_t offset, void *out, uint32_t bytes);
/* Cuts the packet to `length`. */
void weft_host_packet_trim(struct weft_packet *packet, uint32_t length);
/* Appends tail's bytes behind head's: head grows in length and takes tail, whose metadata is lost. False when memory is out:
 * nothing changed and the caller still owns tail. */
bool weft_host_packet_chain(struct weft_plane *plane, uint32_t worker, struct weft_packet *head, struct weft_packet *tail);
/* Takes ownership of every packet; what the device refuses the host frees and counts with weft_plane_count_unsent(TX_FULL). */
void weft_host_transmit(struct weft_plane *plane, uint32_t worker, struct weft_vif *vif, struct weft_packet **packets,
			uint32_t count);

/* Buffers for packets that there are and that are free, by size, smallest first; zeros where there is no pool. Control context.
 */
void weft_host_buffers(struct weft_plane *plane, uint32_t all[WEFT_BUFFER_KINDS], uint32_t unused[WEFT_BUFFER_KINDS]);

/* Devices. Control context. 0 or negative errno with a text (<= WEFT_ERROR_TEXT_BYTES) that names field and value.
 * attach may fill vif->mac (PHYSICAL) and vif->host; it must be ready to transmit on return. */
int weft_host_vif_attach(struct weft_plane *plane, struct weft_vif *vif, const struct weft_vif_msg *message, char *text);
/* The vif is out of every table and a grace period has passed. */
void weft_host_vif_detach(struct weft_plane *plane, struct weft_vif *vif);
/* A tunnel destination came into use / went out of use: the underlay mirror resolves it and keeps it resolved. */
void weft_host_path_want(struct weft_plane *plane, uint8_t family, const uint8_t destination[16], bool wanted);

#endif
