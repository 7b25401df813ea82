/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "control.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "client.h"
#include "liveness.h"
#include "log.h"
#include "memory.h"
#include "mirror.h"
#include "port.h"
#include "weft_host.h"

#define EVENTS_PER_ROUND 16
#define TICK_NS 50000000u
#define DEFERRED_WAIT_MS 1

enum source { SOURCE_LISTEN, SOURCE_SIGNAL, SOURCE_WAKE, SOURCE_MIRROR, SOURCE_LIVENESS, SOURCE_COUNT };

static struct weft_plane *plane;
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static int epoll_fd = -1, listen_fd = -1, signal_fd = -1, wake_fd = -1;
static bool bound;

static int watch(int fd, enum source source)
{
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = source};

	return epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

/* 0: the path is free (a dead daemon's socket is gone). */
static int free_path(void)
{
	struct stat status;
	int fd, error;

	if (lstat(address.sun_path, &status))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(status.st_mode)) {
		weftd_log("--socket=%s: exists and is not a socket", address.sun_path);
		return -EEXIST;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	error = connect(fd, (struct sockaddr *)&address, sizeof(address)) ? errno : 0;
	close(fd);
	if (error != ECONNREFUSED) {
		weftd_log("--socket=%s: another plane listens there", address.sun_path);
		return -EADDRINUSE;
	}
	return unlink(address.sun_path) && errno != ENOENT ? -errno : 0;
}

static int listen_on(const char *path)
{
	mode_t mask;
	int error;

	if (strlen(path) >= sizeof(address.sun_path)) {
		weftd_log("--socket=%s: %zu bytes, the limit is %zu", path, strlen(path), sizeof(address.sun_path) - 1);
		return -ENAMETOOLONG;
	}
	strcpy(address.sun_path, path);
	error = free_path();
	if (error)
		return error;
	listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listen_fd < 0)
		return -errno;
	mask = umask(0177);
	error = bind(listen_fd, (struct sockaddr *)&address, sizeof(address)) ? -errno : 0;
	umask(mask);
	bound = !error;
	if (!error && listen(listen_fd, 16))
		error = -errno;
	if (error)
		weftd_log("--socket=%s: %s", path, strerror(-error));
	return error;
}

int weftd_control_open(struct weft_plane *the_plane, const char *path)
{
	sigset_t signals;
	int error;

	plane = the_plane;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (epoll_fd < 0 || signal_fd < 0 || wake_fd < 0) {
		weftd_log("control: %s", strerror(errno));
		return -ENOMEM;
	}
	error = listen_on(path);
	if (!error)
		error = watch(listen_fd, SOURCE_LISTEN);
	if (!error)
		error = watch(signal_fd, SOURCE_SIGNAL);
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
	if (bound)
		unlink(address.sun_path);
	bound = false;
	if (listen_fd >= 0)
		close(listen_fd);
	if (signal_fd >= 0)
		close(signal_fd);
	listen_fd = signal_fd = -1;
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
	struct signalfd_siginfo signal;
	uint64_t wakes;

	switch (event->data.u64) {
	case SOURCE_LISTEN:
		weftd_client_accept(plane, listen_fd, epoll_fd);
		return false;
	case SOURCE_SIGNAL:
		if (read(signal_fd, &signal, sizeof(signal)) != sizeof(signal))
			return false;
		weftd_log("stopping on signal %u", signal.ssi_signo);
		return true;
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
			due = now + TICK_NS;
		}
		busy = weftd_mirror_run(now);
		weftd_liveness_run(now);
		deferred = weftd_deferred_run();
		weftd_clients_reap();
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
