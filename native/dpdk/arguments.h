/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The command line. */
#ifndef WEFTD_ARGUMENTS_H
#define WEFTD_ARGUMENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WEFTD_EAL_ARGUMENTS_MAX 32

/* What a worker process inherits from its parent: open files. */
struct weftd_handover {
	bool given;
	int channel_fd; /* to the parent, channel.h */
	int listen_fd;	/* the control socket */
	int table_fd;	/* memory of the connection table */
	int journal_fd;
	uint32_t deaths; /* workers that died before */
};

struct weftd_arguments {
	int count; /* as given to main */
	char **values;
	char program[4096]; /* this program's file, absolute */
	const char *socket;
	uint32_t workers, connections;
	bool huge;
	int eal_count;
	char **eal;
	struct weftd_handover handover;
};

extern const char weftd_usage[];

/* False: said why on stderr. */
bool weftd_arguments_parse(int count, char **values, struct weftd_arguments *out);
/* The argument that gives the handover to a worker. */
void weftd_handover_text(const struct weftd_handover *handover, char *out, size_t bytes);

#endif
