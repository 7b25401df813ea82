/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The control thread's loop: socket frames, rtnetlink, signals, ticks. It is the core's only writer. */
#ifndef WEFTD_CONTROL_H
#define WEFTD_CONTROL_H

struct weft_plane;

/* Listens on the unix stream socket at `path` (mode 0600). A dead daemon's socket is replaced. 0, or negative errno, logged. */
int weftd_control_open(struct weft_plane *plane, const char *path);
/* Until SIGTERM or SIGINT (blocked by the caller in every thread). 0 or negative errno. */
int weftd_control_run(void);
/* Closes clients and removes the socket file. */
void weftd_control_close(void);
/* Any thread: makes the loop look at the ports. */
void weftd_control_wake(void);

#endif
