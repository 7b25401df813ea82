/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The parent process: holds what must not die (listening socket, device files, memory of the connection table and of the
 * journal) and keeps a worker running. One thread, no DPDK, nothing of the core.
 */
#ifndef WEFTD_PARENT_H
#define WEFTD_PARENT_H

struct weftd_arguments;

/* Until SIGTERM or SIGINT, or until the first worker could not start. The exit status. */
int weftd_parent_run(const struct weftd_arguments *arguments);

#endif
