/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* When to start the next worker. A worker that lived long enough is followed at once; a row of short lives is slowed down. */
#ifndef WEFTD_BACKOFF_H
#define WEFTD_BACKOFF_H

#include <stdint.h>

#define WEFTD_SHORT_LIFE_NS 30000000000ull
#define WEFTD_SHORT_LIVES_AT_ONCE 5u /* so many in a row are followed at once */
#define WEFTD_WAIT_NS_MIN 1000000000ull
#define WEFTD_WAIT_NS_MAX 10000000000ull

struct weftd_backoff {
	uint32_t short_lives; /* in a row */
};

/* A worker died after `lived_ns`. Nanoseconds to wait: 0, then 1 s, 2 s, ... 10 s. */
uint64_t weftd_backoff_after(struct weftd_backoff *backoff, uint64_t lived_ns);

#endif
