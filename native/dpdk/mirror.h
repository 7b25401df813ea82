/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Underlay mirror: for every tunnel destination in use, the kernel's route (gateways, devices, MTU) and the gateways' MACs,
 * told to the core as paths. A multipath route has as many ways as next hops that are alive, on uplinks, and whose gateway
 * answers, at most WEFT_PATH_WAYS_MAX, with the route's weights. Control thread only.
 *
 * The kernel never sees the plane's traffic, so it neither resolves nor checks a gateway by itself. The mirror asks it to
 * (RTM_NEWNEIGH with NTF_USE), and every WEFTD_PROBE_NS makes it verify the entry with a unicast solicitation (state
 * NUD_PROBE). An entry that is not confirmed within WEFTD_CONFIRM_NS is failed and resolved afresh by broadcast or multicast,
 * so a gateway that changed its MAC without a word is found again in less than 4 s. The old path stays in use meanwhile.
 */
#ifndef WEFTD_MIRROR_H
#define WEFTD_MIRROR_H

#include <stdbool.h>
#include <stdint.h>

#define WEFTD_PROBE_NS 2000000000ull
#define WEFTD_CONFIRM_NS 1000000000ull
#define WEFTD_HOLD_NS 3000000000ull

struct weft_plane;

/* 0 or negative errno, logged. */
int weftd_mirror_open(struct weft_plane *plane);
void weftd_mirror_close(void);
/* To wait on for rtnetlink notifications. */
int weftd_mirror_fd(void);
void weftd_mirror_read(void);
/* Looks every destination up again soon. */
void weftd_mirror_resync(void);
/* Control took over from another process: for WEFTD_HOLD_NS no path that is known is given up for lack of an answer. */
void weftd_mirror_resume(void);
/* A bounded slice of work that is due; true: more is waiting now. */
bool weftd_mirror_run(uint64_t now_ns);

#endif
