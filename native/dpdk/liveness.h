/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Liveness of the other planes: a BFD session (core/bfd.h) per tunnel destination in use, over UDP sockets of the kernel bound
 * to this host's tunnel addresses. What the sessions find out is told to the core. Control thread only.
 *
 * Intervals and addresses are the PLANE object's; nothing runs while bfd_interval_ms is 0.
 */
#ifndef WEFTD_LIVENESS_H
#define WEFTD_LIVENESS_H

#include <stdbool.h>
#include <stdint.h>

struct weft_plane;

/* 0 or negative errno, logged. */
int weftd_liveness_open(struct weft_plane *plane);
void weftd_liveness_close(void);
/* To wait on for packets (an epoll file of its own). */
int weftd_liveness_fd(void);
void weftd_liveness_read(void);
/* A tunnel destination came into use or went out of use. */
void weftd_liveness_want(uint8_t family, const uint8_t destination[16], bool wanted);
/* Timers; follows changed settings. Call every 50 ms or more often. */
void weftd_liveness_run(uint64_t now_ns);

#endif
