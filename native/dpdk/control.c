/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "control.h"

#include <errno.h>
#include <string.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "client.h"
#include "keeper.h"
#include "liveness.h"
#include "log.h"
#include "memory.h"
#include "mirror.h"
#include "port.h"
#include "record.h"
#include "slab.h"
#include "weft_host.h"

#define EVENTS_PER_ROUND 16
#define TICK_NS 50000000u
#define DEFERRED_WAIT_MS 1

enum source { SOURCE_LISTEN, SOURCE_PARENT, SOURCE_WAKE, SOURCE_MIRROR, SOURCE_LIVENESS, SOURCE_COUNT };

static struct weft_plane *plane;
static int epoll_fd = -1, listen_fd = -1, wake_fd = -1;

static int watch(int fd, enum source source)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = source};

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

int weftd_control_open(struct weft_plane *the_plane, int the_listen_fd)
{
	int error;

	plane = the_plane;
	listen_fd = the_listen_fd;
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (epoll_fd < 0 || wake_fd < 0) {
		weftd_log("control: %s", strerror(errno));
		return -ENOMEM;
	}
	error = watch(listen_fd, SOURCE_LISTEN);
	if (!error)
		error = watch(weftd_keeper_fd(), SOURCE_PARENT);
	if (!error)
		error = watch(wake_fd, SOURCE_WAKE);
	if (!error)
		error = watch(weftd_mirror_fd(), SOURCE_MIRROR);
	if (!error)
		error = watch(weftd_liveness_fd(), SOURCE_LIVENESS);
	return error;
}

void weftd_control_close(void)
{
	weftd_clients_close();
	if (listen_fd >= 0)
		close(listen_fd);
	listen_fd = -1;
}

void weftd_control_wake(void)
{
	uint64_t one = 1;

	if (write(wake_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		weftd_log("control: wake: %s", strerror(errno));
}

/* True: stop. */
static bool dispatch(const struct epoll_event *event)
{
	uint64_t wakes;

	switch (event->data.u64) {
	case SOURCE_LISTEN:
		weftd_client_accept(plane, listen_fd, epoll_fd);
		return false;
	case SOURCE_PARENT:
		return weftd_keeper_told_to_stop();
	case SOURCE_WAKE:
		if (read(wake_fd, &wakes, sizeof(wakes)) == sizeof(wakes))
			weftd_ports_check();
		return false;
	case SOURCE_MIRROR:
		weftd_mirror_read();
		return false;
	case SOURCE_LIVENESS:
		weftd_liveness_read();
		return false;
	default:
		weftd_client_event(event->data.ptr, event->events);
		return false;
	}
}

int weftd_control_run(void)
{
	struct epoll_event events[EVENTS_PER_ROUND];
	uint64_t now, due = weft_host_now_ns();
	bool stop = false, deferred, busy;
	int ready, index, wait;

	while (!stop) {
		now = weft_host_now_ns();
		busy = false;
		if (now >= due) {
			weft_plane_tick(plane, now);
			weftd_slab_trim();
			due = now + TICK_NS;
		}
		busy = weftd_mirror_run(now);
		weftd_liveness_run(now);
		deferred = weftd_deferred_run();
		weftd_clients_reap();
		weftd_record_run(plane, now);
		wait = now >= due ? 0 : (int)((due - now) / 1000000u) + 1;
		if (busy)
			wait = 0;
		else if (deferred && wait > DEFERRED_WAIT_MS)
			wait = DEFERRED_WAIT_MS;
		ready = epoll_wait(epoll_fd, events, EVENTS_PER_ROUND, wait);
		if (ready < 0 && errno != EINTR) {
			weftd_log("control: epoll: %s", strerror(errno));
			return -errno;
		}
		for (index = 0; index < ready; index++)
			stop |= dispatch(&events[index]);
	}
	return 0;
}
