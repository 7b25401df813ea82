/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Workers: threads that wait for packets on their ports and run them through the core. After WEFTD_SPIN_NS without a packet a
 * worker goes offline to RCU and sleeps in epoll; a packet on any port wakes it. Ports without a file to wait on are polled by a
 * timer that backs off to WEFTD_POLL_NS_MAX.
 */
#ifndef WEFTD_WORKER_H
#define WEFTD_WORKER_H

#include <pthread.h>

#include "port.h"

#define WEFTD_SPIN_NS 20000u
#define WEFTD_POLL_NS_MIN 50000u
#define WEFTD_POLL_NS_MAX 1000000u

struct weftd_poll_list {
	uint32_t count;
	struct weftd_port *ports[];
};

struct weftd_worker {
	uint32_t index;
	int epoll_fd, wake_fd;
	pthread_t thread;
	bool running, stop;
	struct weft_plane *plane;
	struct weftd_poll_list *polled; /* replaced by control */
	uint32_t fd_ports;              /* control: how many wait in epoll */
	uint64_t now_ns;                /* refreshed once per round */
	struct weftd_tap_receiver *tap; /* receive buffers of the port kinds */
	struct weftd_packet_receiver *packet;
};

/* Control. 0 or negative errno. */
int weftd_workers_start(struct weft_plane *plane, uint32_t count);
/* Control. Stops and joins them; ports stay. */
void weftd_workers_stop(void);
struct weftd_worker *weftd_worker_at(uint32_t index);
/* How many there are. */
uint32_t weftd_workers_count(void);
/* Control. Gives the port to a worker, or each of its queues to one. */
int weftd_workers_add(struct weftd_port *port);
/* Control. After a grace period no worker touches it. */
void weftd_workers_remove(struct weftd_port *port);
/* The port's worker. No more events of this port. */
void weftd_worker_forget(struct weftd_worker *worker, struct weftd_port *port);

/* Of the port kinds: receive buffers of a worker. NULL: out of memory. */
struct weftd_tap_receiver *weftd_tap_receiver_open(void);
void weftd_tap_receiver_close(struct weftd_tap_receiver *receiver);
struct weftd_packet_receiver *weftd_packet_receiver_open(void);
void weftd_packet_receiver_close(struct weftd_packet_receiver *receiver);

#endif
