/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The host library: a forwarding plane inside this process, without devices, threads or root. For unit tests, fuzzers, the
 * "host:" scheme of libweft and benchmarks. Every function of one plane is called by one thread at a time; several planes may
 * live in one process. Ports of every kind are plain queues: what the plane transmits on a vif waits to be collected.
 */
#ifndef WEFT_HOST_PLANE_H
#define WEFT_HOST_PLANE_H

#include "weft_plane.h"

struct weft_host_plane;

struct weft_host_plane_options {
	uint32_t workers;         /* 1 .. WEFT_WORKERS_MAX; injection uses worker 0; 0: 1 */
	uint32_t connections_max; /* pairs, 1024 .. 2^24; 0: 65536 */
	uint64_t random_seed;     /* 0: from the kernel; else what weft_host_random gives is repeatable */
	uint64_t now_ns;          /* monotonic clock at the start; 0: one second. Only weft_host_plane_advance moves it */
	/* As in struct weft_plane_settings; `applied` gets the struct weft_host_plane. */
	void *shared;
	uint32_t adoptions;
	void (*applied)(void *host, const void *message, uint32_t bytes);
	void (*learned)(struct weft_plane *plane, uint8_t family, const uint8_t destination[16]);
};

/* A plane with default options, or NULL when memory is out. */
struct weft_host_plane *weft_host_plane_open(void);
/* NULL when memory is out or an option is outside its range. */
struct weft_host_plane *weft_host_plane_open_with(const struct weft_host_plane_options *options);
/* Frees the plane, its queues and what is deferred. NULL is allowed. */
void weft_host_plane_close(struct weft_host_plane *host);
/* The plane itself, for the functions of weft_plane.h and weft_tables.h. */
struct weft_plane *weft_host_plane_core(struct weft_host_plane *host);

/* weft_plane_apply: `capacity` >= 4096 and a multiple of 8. Returns the answer's bytes. */
uint32_t weft_host_plane_call(struct weft_host_plane *host, const void *request, uint32_t bytes, void *answer, uint32_t capacity);

/*
 * Puts one Ethernet frame, 1 .. 65,749 bytes, into a vif as worker 0. 0, -EINVAL (bytes), -ENOMEM. An unknown vif is the
 * plane's business (drop INVALID_VIF).
 */
int weft_host_plane_inject(struct weft_host_plane *host, uint32_t vif_id, const void *frame, uint32_t bytes);
/*
 * The same with metadata: flags, gso, gso_size, csum_start, csum_offset, hash and outer_bytes are taken from `metadata` (NULL:
 * none); only the first `linear` bytes stand at `data`, 0: all.
 */
int weft_host_plane_inject_packet(struct weft_host_plane *host, uint32_t vif_id, const struct weft_packet *metadata,
				  const void *frame, uint32_t bytes, uint32_t linear);
/* The same for a burst of 1 .. WEFT_BURST_MAX frames that arrive together; `metadata` is NULL or an array. */
int weft_host_plane_inject_burst(struct weft_host_plane *host, uint32_t vif_id, const struct weft_packet *metadata,
				 const void *const *frames, const uint32_t *bytes, uint32_t count);
/*
 * Takes the oldest frame transmitted on the vif. Returns its bytes, 0: none, -ENOENT: no such vif, -EMSGSIZE: it does not fit
 * `capacity` and stays. `metadata` (NULL: not wanted) gets the packet's fields; its pointers are zero.
 */
int64_t weft_host_plane_collect(struct weft_host_plane *host, uint32_t vif_id, struct weft_packet *metadata, void *frame,
				uint32_t capacity);
/* Sets the monotonic clock (it never goes back: -EINVAL) and runs one tick. 0. */
int weft_host_plane_advance(struct weft_host_plane *host, uint64_t now_ns);

/*
 * Fault hook: after `after` more packet allocations (new packets, and pulls and chains that need memory) the next `count` fail.
 * count 0 turns it off.
 */
void weft_host_plane_fail_packets(struct weft_host_plane *host, uint64_t after, uint64_t count);
/* The same for the memory of tables, of every plane of the process: for tests with one thread. */
void weft_host_fail_memory(uint64_t after, uint64_t count);
/* Packets allocated and not yet freed, those waiting in queues included. */
uint64_t weft_host_plane_packets_live(const struct weft_host_plane *host);
/* Bytes the cores of this process hold through weft_host_alloc. Any thread. */
uint64_t weft_host_allocated_bytes(void);

#endif
