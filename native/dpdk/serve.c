/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "serve.h"

#include <signal.h>
#include <string.h>

#include <rte_eal.h>

#include "arguments.h"
#include "control.h"
#include "eal.h"
#include "keeper.h"
#include "log.h"
#include "memory.h"
#include "liveness.h"
#include "mirror.h"
#include "packet.h"
#include "port.h"
#include "record.h"
#include "table.h"
#include "weft_host.h"
#include "weft_plane.h"
#include "weft_tables.h"
#include "worker.h"

/* When each step of a start was over. */
struct phases {
	uint64_t began_ns, eal_ns, table_ns, replay_ns;
};

static uint32_t ms(uint64_t from, uint64_t to)
{
	return (uint32_t)((to - from) / 1000000u);
}

static struct weft_plane *create_plane(const struct weftd_arguments *arguments)
{
	struct weft_plane_settings settings = {
	    .workers = arguments->workers,
	    .connections_max = arguments->connections,
	    .implementation = "dpdk",
	    .version = WEFT_VERSION,
	    .shared = weftd_table_open(arguments->handover.table_fd, arguments->connections),
	    .adoptions = arguments->handover.deaths,
	    .applied = weftd_record_applied,
	    .learned = weftd_record_path,
	};

	return settings.shared ? weft_plane_create(&settings) : NULL;
}

static int create(const struct weftd_arguments *arguments, struct weft_plane **plane)
{
	int error = weftd_memory_open();

	if (!error)
		error = weftd_pools_open(arguments->workers);
	if (!error) {
		*plane = create_plane(arguments);
		error = *plane ? 0 : -ENOMEM;
	}
	if (error)
		weftd_log("no memory for the plane (%u connections, %u workers)", arguments->connections, arguments->workers);
	return error;
}

static void report(struct weft_plane *plane, const struct weftd_restored *restored, uint32_t ports, const struct phases *at)
{
	uint64_t now = weft_host_now_ns();
	struct weft_plane_msg state;

	weft_plane_state(plane, &state);
	weftd_log(
	    "adopted %u vifs, %llu routes, %u connections in %u ms (EAL %u, table %u, journal of %llu messages %u, ports %u)",
	    ports, (unsigned long long)state.routes, state.connections_live, ms(at->began_ns, now),
	    ms(at->began_ns, at->eal_ns), ms(at->eal_ns, at->table_ns), (unsigned long long)restored->messages,
	    ms(at->table_ns, at->replay_ns), ms(at->replay_ns, now));
	if (restored->refused)
		weftd_log("journal: %llu messages refused, the first: %s", (unsigned long long)restored->refused,
			  restored->text);
	if (restored->ignored_bytes)
		weftd_log("journal: %llu bytes at its end are no record: ignored", (unsigned long long)restored->ignored_bytes);
	if (!weft_plane_adopted(plane))
		weftd_log("connection table: empty");
}

/* What a worker before this one had: objects first, then packets. */
static int take_over(const struct weftd_arguments *arguments, struct weft_plane *plane, struct phases *at)
{
	struct weftd_restored restored;
	uint32_t ports, rest;
	int error;

	weftd_ports_hold();
	error = weftd_record_restore(plane, &restored);
	at->replay_ns = weft_host_now_ns();
	if (error) {
		weftd_log("journal: %s", strerror(-error));
		return error;
	}
	error = weftd_workers_start(plane, arguments->workers);
	if (error) {
		weftd_log("workers do not start: %s", strerror(-error));
		return error;
	}
	ports = weftd_ports_resume(plane);
	weftd_mirror_resume();
	rest = weftd_keeper_drop_rest();
	if (rest)
		weftd_log("%u devices belong to no vif: removed", rest);
	if (arguments->handover.deaths)
		report(plane, &restored, ports, at);
	return 0;
}

static int run(const struct weftd_arguments *arguments, struct weft_plane *plane, struct phases *at)
{
	int error = weftd_mirror_open(plane);

	if (!error)
		error = weftd_liveness_open(plane);
	if (!error)
		error = weftd_control_open(plane, arguments->handover.listen_fd);
	if (!error)
		error = take_over(arguments, plane, at);
	if (!error) {
		weftd_keeper_ready();
		error = weftd_control_run();
	}
	weftd_control_close();
	weftd_workers_stop();
	return error;
}

int weftd_serve(const struct weftd_arguments *arguments)
{
	struct phases at = {.began_ns = weft_host_now_ns()};
	struct weft_plane *plane = NULL;
	int error;

	signal(SIGPIPE, SIG_IGN);
	if (weftd_keeper_open(arguments->handover.channel_fd) || weftd_eal_start(arguments))
		return 1;
	at.eal_ns = weft_host_now_ns();
	error = weftd_record_open(arguments->handover.journal_fd);
	if (!error)
		error = create(arguments, &plane);
	at.table_ns = weft_host_now_ns();
	if (!error)
		error = run(arguments, plane, &at);
	if (plane) {
		weftd_deferred_flush();
		weft_plane_destroy(plane);
		weftd_deferred_flush();
	}
	weftd_ports_close();
	weftd_mirror_close();
	weftd_liveness_close();
	weftd_table_close();
	weftd_record_close();
	weftd_memory_close();
	rte_eal_cleanup();
	return error ? 1 : 0;
}
