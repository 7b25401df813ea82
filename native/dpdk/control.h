/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The control thread's loop: socket frames, rtnetlink, the parent's word, ticks. It is the core's only writer. */
#ifndef WEFTD_CONTROL_H
#define WEFTD_CONTROL_H

struct weft_plane;

/* Serves the clients of the listening socket. 0, or negative errno, logged. */
int weftd_control_open(struct weft_plane *plane, int listen_fd);
/* Until the parent process says stop. 0 or negative errno. */
int weftd_control_run(void);
/* Closes clients. */
void weftd_control_close(void);
/* Any thread: makes the loop look at the ports. */
void weftd_control_wake(void);

#endif
