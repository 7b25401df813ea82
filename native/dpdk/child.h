/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* One worker process as its parent sees it. */
#ifndef WEFTD_CHILD_H
#define WEFTD_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct weftd_arguments;

struct weftd_child {
	pid_t pid;	/* 0: none */
	int channel_fd; /* -1: closed */
	bool ready;
	uint64_t started_ns;
};

/*
 * Starts one: the same program with the handover in front of the arguments, kept files, channel, `listen_fd`, `table_fd` and
 * `journal_fd` inherited. It dies with its parent. 0 or negative errno.
 */
int weftd_child_start(struct weftd_child *child, const struct weftd_arguments *arguments, int listen_fd, int table_fd,
		      int journal_fd, uint32_t deaths);
/* Reads what it said and does it. */
void weftd_child_hear(struct weftd_child *child);
/* It should end. */
void weftd_child_stop(struct weftd_child *child);
/* True: it has ended, `status` is waitpid's; what it had said is done, the channel is closed. */
bool weftd_child_ended(struct weftd_child *child, int *status);
/* "killed by signal 9 (Killed)", "exit status 1". */
void weftd_child_describe(int status, char *out, size_t bytes);

#endif
