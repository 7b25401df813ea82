/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Random lines of vectors/README.md's table format, most of them acceptable in the world of vectors/fuzz.tables. */
#ifndef WEFT_FUZZ_RANDOM_TABLES_H
#define WEFT_FUZZ_RANDOM_TABLES_H

#include "../vectors/play.h"

struct fuzz_random {
	uint64_t state; /* not 0 */
};

uint32_t fuzz_random_below(struct fuzz_random *random, uint32_t limit);
/* A random line as a message of at most VECTOR_MESSAGE_MAX bytes. Its bytes. */
uint32_t fuzz_random_message(struct fuzz_random *random, uint8_t *message);
/* Applies `count` of them; some are refused. */
void fuzz_random_tables(struct weft_host_plane *host, struct fuzz_random *random, uint32_t count);

#endif
