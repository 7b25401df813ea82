/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "worker.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include <rte_lcore.h>

#include "log.h"
#include "memory.h"
#include "weft_host.h"
#include "weft_tables.h"

#define EVENTS_PER_ROUND 32

static struct weftd_worker workers[WEFT_WORKERS_MAX];
static uint32_t worker_count;
static __thread struct weftd_worker *self;

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t weft_host_now_ns(void)
{
	return self ? self->now_ns : clock_ns(CLOCK_MONOTONIC);
}

uint64_t weft_host_wall_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

void weft_host_random(void *out, size_t bytes)
{
	uint8_t *to = out;
	ssize_t got;

	while (bytes) {
		got = getrandom(to, bytes, 0);
		if (got < 0) {
			if (errno == EINTR)
				continue;
			weftd_log("getrandom: %s", strerror(errno));
			abort();
		}
		to += got;
		bytes -= (size_t)got;
	}
}

struct weftd_worker *weftd_worker_at(uint32_t index)
{
	return &workers[index];
}

uint32_t weftd_workers_count(void)
{
	return worker_count;
}

/* One round: what is ready now, or what wakes us within `wait_ns` (negative: for ever). Packets taken. */
static uint32_t round_of(struct weftd_worker *worker, int64_t wait_ns)
{
	struct epoll_event events[EVENTS_PER_ROUND];
	const struct weftd_poll_list *polled;
	struct timespec wait = {.tv_sec = 0, .tv_nsec = wait_ns > 0 ? wait_ns : 0};
	uint32_t index, taken = 0;
	uint64_t wakes;
	int ready;

	if (wait_ns)
		weftd_rcu_offline(worker->index);
	ready = epoll_pwait2(worker->epoll_fd, events, EVENTS_PER_ROUND, wait_ns < 0 ? NULL : &wait, NULL);
	if (wait_ns)
		weftd_rcu_online(worker->index);
	worker->now_ns = clock_ns(CLOCK_MONOTONIC);
	for (index = 0; ready > 0 && index < (uint32_t)ready; index++) {
		struct weftd_port *port = events[index].data.ptr;

		if (port)
			taken += port->ops->receive(port, worker);
		else if (read(worker->wake_fd, &wakes, sizeof(wakes)) < 0 && errno != EAGAIN)
			weftd_log("worker %u: wake: %s", worker->index, strerror(errno));
	}
	polled = weft_load(worker->polled);
	for (index = 0; polled && index < polled->count; index++)
		taken += polled->ports[index]->ops->receive(polled->ports[index], worker);
	weftd_rcu_quiescent(worker->index);
	return taken;
}

static void *worker_main(void *argument)
{
	struct weftd_worker *worker = argument;
	uint64_t busy_ns = 0, poll_ns = WEFTD_POLL_NS_MIN;
	int64_t wait_ns = 0;

	self = worker;
	if (rte_thread_register())
		weftd_log("worker %u: no lcore id, buffer caches are off", worker->index);
	weftd_rcu_online(worker->index);
	worker->now_ns = busy_ns = clock_ns(CLOCK_MONOTONIC);
	while (!__atomic_load_n(&worker->stop, __ATOMIC_ACQUIRE)) {
		if (round_of(worker, wait_ns)) {
			busy_ns = worker->now_ns;
			poll_ns = WEFTD_POLL_NS_MIN;
			wait_ns = 0;
		} else if (wait_ns == 0 && worker->now_ns - busy_ns < WEFTD_SPIN_NS) {
			continue;
		} else if (weft_load(worker->polled)) {
			wait_ns = (int64_t)poll_ns;
			poll_ns = poll_ns * 2 > WEFTD_POLL_NS_MAX ? WEFTD_POLL_NS_MAX : poll_ns * 2;
		} else {
			wait_ns = -1;
		}
	}
	weftd_rcu_offline(worker->index);
	rte_thread_unregister();
	return NULL;
}

static int start(struct weftd_worker *worker, struct weft_plane *plane, uint32_t index)
{
	struct epoll_event event = {.events = EPOLLIN};
	char name[16];
	int error;

	worker->index = index;
	worker->plane = plane;
	worker->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	worker->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	worker->tap = weftd_tap_receiver_open();
	worker->packet = weftd_packet_receiver_open();
	if (worker->epoll_fd < 0 || worker->wake_fd < 0 || !worker->tap || !worker->packet)
		return -ENOMEM;
	if (epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, worker->wake_fd, &event))
		return -errno;
	error = weftd_rcu_register(index);
	if (error)
		return -EINVAL;
	error = pthread_create(&worker->thread, NULL, worker_main, worker);
	if (error)
		return -error;
	worker->running = true;
	snprintf(name, sizeof(name), "weft-worker-%u", index);
	pthread_setname_np(worker->thread, name);
	return 0;
}

int weftd_workers_start(struct weft_plane *plane, uint32_t count)
{
	uint32_t index;
	int error;

	worker_count = count;
	for (index = 0; index < count; index++) {
		error = start(&workers[index], plane, index);
		if (error)
			return error;
	}
	return 0;
}

static void wake(struct weftd_worker *worker)
{
	uint64_t one = 1;

	if (!worker->running)
		return;
	if (write(worker->wake_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		weftd_log("worker %u: wake: %s", worker->index, strerror(errno));
}

void weftd_workers_stop(void)
{
	uint32_t index;

	for (index = 0; index < worker_count; index++) {
		struct weftd_worker *worker = &workers[index];

		if (worker->running) {
			__atomic_store_n(&worker->stop, true, __ATOMIC_RELEASE);
			wake(worker);
			pthread_join(worker->thread, NULL);
			worker->running = false;
			weftd_rcu_unregister(index);
		}
		weftd_tap_receiver_close(worker->tap);
		weftd_packet_receiver_close(worker->packet);
		close(worker->epoll_fd);
		close(worker->wake_fd);
		worker->tap = NULL;
		worker->packet = NULL;
		worker->epoll_fd = worker->wake_fd = -1;
	}
}

static uint32_t load_of(const struct weftd_worker *worker)
{
	return worker->fd_ports + (worker->polled ? worker->polled->count : 0);
}

static int replace_polled(struct weftd_worker *worker, struct weftd_port *add, const struct weftd_port *remove)
{
	struct weftd_poll_list *old = worker->polled, *list;
	uint32_t index, old_count = old ? old->count : 0;

	list = malloc(sizeof(*list) + (old_count + 1) * sizeof(list->ports[0]));
	if (!list)
		return -ENOMEM;
	list->count = 0;
	for (index = 0; index < old_count; index++)
		if (old->ports[index] != remove)
			list->ports[list->count++] = old->ports[index];
	if (add)
		list->ports[list->count++] = add;
	if (!list->count) {
		free(list);
		list = NULL;
	}
	weft_store(worker->polled, list);
	weftd_rcu_synchronize();
	free(old);
	wake(worker);
	return 0;
}

static int take_port(struct weftd_worker *worker, struct weftd_port *port)
{
	int fd = weftd_port_fd(port, worker->index);
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = port};

	if (fd < 0)
		return replace_polled(worker, port, NULL);
	if (epoll_ctl(worker->epoll_fd, EPOLL_CTL_ADD, fd, &event))
		return -errno;
	worker->fd_ports++;
	return 0;
}

static void leave_port(struct weftd_worker *worker, struct weftd_port *port)
{
	if (weftd_port_fd(port, worker->index) < 0) {
		if (replace_polled(worker, NULL, port))
			weftd_log("vif %u: out of memory while it is removed", port->vif_id);
		return;
	}
	worker->fd_ports--;
	weftd_worker_forget(worker, port);
}

int weftd_workers_add(struct weftd_port *port)
{
	struct weftd_worker *worker = &workers[0];
	uint32_t index;
	int error = 0;

	if (port->queues > 1) {
		for (index = 0; index < port->queues && !error; index++)
			error = take_port(&workers[index], port);
		for (index--; error && index; index--)
			leave_port(&workers[index - 1], port);
		return error;
	}
	for (index = 1; index < worker_count; index++)
		if (load_of(&workers[index]) < load_of(worker))
			worker = &workers[index];
	port->worker = worker->index;
	return take_port(worker, port);
}

void weftd_workers_remove(struct weftd_port *port)
{
	uint32_t index;

	if (port->queues == 1)
		leave_port(&workers[port->worker], port);
	for (index = 0; port->queues > 1 && index < port->queues; index++)
		leave_port(&workers[index], port);
}

void weftd_worker_forget(struct weftd_worker *worker, struct weftd_port *port)
{
	int fd = weftd_port_fd(port, worker->index);

	if (worker->epoll_fd >= 0 && fd >= 0 && epoll_ctl(worker->epoll_fd, EPOLL_CTL_DEL, fd, NULL) && errno != ENOENT)
		weftd_log("vif %u: epoll: %s", port->vif_id, strerror(errno));
}
