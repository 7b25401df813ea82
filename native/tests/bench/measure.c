/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "bench.h"

#include <stdlib.h>

#define CANARY_STEPS 2048u

static int ascending(const void *a, const void *b)
{
	double one = *(const double *)a, other = *(const double *)b;

	return (one > other) - (one < other);
}

struct bench_spread bench_spread_of(double *values, uint32_t count)
{
	if (!count)
		return (struct bench_spread){0};
	qsort(values, count, sizeof(*values), ascending);
	return (struct bench_spread){values[0], values[count / 10], values[count / 2], values[count * 9 / 10]};
}

/* Eight chains, so that the core's width is what limits it: a busy sibling shows, which one chain would hide. */
double bench_canary(void)
{
	uint64_t chains[8] = {1, 2, 3, 4, 5, 6, 7, 8}, start = rte_rdtsc_precise(), end;

	for (uint32_t step = 0; step < CANARY_STEPS; step++) {
		for (uint32_t i = 0; i < 8; i++) {
			chains[i] += 0x9e3779b97f4a7c15u;
			__asm__ volatile("" : "+r"(chains[i])); /* an addition each, whatever the compiler knows */
			chains[i] ^= step;
			__asm__ volatile("" : "+r"(chains[i]));
		}
	}
	end = rte_rdtsc_precise();
	return (double)(end - start) / CANARY_STEPS;
}

double *bench_values(uint32_t count)
{
	double *values = calloc(count, sizeof(*values));

	if (!values)
		bench_fail("out of memory");
	return values;
}
