/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Socket filters (classic BPF) of an uplink. */
#ifndef WEFTD_FILTER_H
#define WEFTD_FILTER_H

#include <stdbool.h>

/*
 * Lets a packet socket see tunnel packets (UDP 4789 and 6635, GRE, their fragments) and too-big messages; `native`: every IP
 * packet. 0 or negative errno.
 */
int weftd_filter_uplink(int fd, bool native);
int weftd_filter_nothing(int fd);

#endif
