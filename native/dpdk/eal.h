/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* DPDK's environment: memory and device drivers. */
#ifndef WEFTD_EAL_H
#define WEFTD_EAL_H

struct weftd_arguments;

/* 0, or -1 logged. Its runtime directory, named after the parent process, does not stay. */
int weftd_eal_start(const struct weftd_arguments *arguments);

#endif
