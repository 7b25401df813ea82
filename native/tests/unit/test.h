/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* A test program: named cases, a line each, TAP version 13 for `meson test`. */
#ifndef WEFT_TEST_H
#define WEFT_TEST_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static unsigned int test_count, test_failures;
static const char *test_name;

#define CHECK(condition)                                                                                                           \
	do {                                                                                                                       \
		if (!(condition)) {                                                                                                \
			printf("# %s:%d: %s\n", __FILE__, __LINE__, #condition);                                                  \
			test_failed = 1;                                                                                           \
		}                                                                                                                  \
	} while (0)
static int test_failed;

static inline void test_run(const char *name, void (*body)(void))
{
	test_name = name;
	test_failed = 0;
	body();
	test_count++;
	test_failures += test_failed ? 1 : 0;
	printf("%sok %u - %s\n", test_failed ? "not " : "", test_count, name);
}
#define RUN(function) test_run(#function, function)

static inline int test_end(void)
{
	printf("1..%u\n", test_count);
	return test_failures ? 1 : 0;
}

/* xorshift64 with a seed that is printed; WEFT_TEST_SEED repeats a run. */
static uint64_t test_random_state;

static inline uint64_t test_random(void)
{
	test_random_state ^= test_random_state << 13;
	test_random_state ^= test_random_state >> 7;
	test_random_state ^= test_random_state << 17;
	return test_random_state;
}

static inline void test_seed(void)
{
	const char *given = getenv("WEFT_TEST_SEED");
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	test_random_state = given ? strtoull(given, NULL, 0) : (uint64_t)now.tv_sec * 1000003u + (uint64_t)now.tv_nsec;
	if (!test_random_state)
		test_random_state = 1;
	printf("# seed %" PRIu64 " (repeat with WEFT_TEST_SEED)\n", test_random_state);
}

#endif
