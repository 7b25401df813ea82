/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "bench.h"

#include <stdlib.h>

struct bench_zipf {
	uint32_t count;
	double sums[]; /* of 1 / (rank + 1) up to this rank, divided by the whole */
};

uint64_t bench_mix(uint64_t value)
{
	value += 0x9e3779b97f4a7c15u;
	value = (value ^ value >> 30) * 0xbf58476d1ce4e5b9u;
	value = (value ^ value >> 27) * 0x94d049bb133111ebu;
	return value ^ value >> 31;
}

uint64_t bench_random(struct bench_random *random)
{
	return bench_mix(random->state++);
}

uint32_t bench_random_below(struct bench_random *random, uint32_t limit)
{
	return (uint32_t)((bench_random(random) >> 32) * limit >> 32);
}

struct bench_zipf *bench_zipf_new(uint32_t count)
{
	struct bench_zipf *zipf = malloc(sizeof(*zipf) + sizeof(zipf->sums[0]) * count);
	double sum = 0;

	if (!zipf)
		return NULL;
	zipf->count = count;
	for (uint32_t rank = 0; rank < count; rank++) {
		sum += 1.0 / (rank + 1);
		zipf->sums[rank] = sum;
	}
	for (uint32_t rank = 0; rank < count; rank++)
		zipf->sums[rank] /= sum;
	return zipf;
}

uint32_t bench_zipf_draw(const struct bench_zipf *zipf, struct bench_random *random)
{
	double at = (double)(bench_random(random) >> 11) * 0x1p-53;
	uint32_t low = 0, high = zipf->count - 1;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (zipf->sums[middle] < at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

void bench_zipf_free(struct bench_zipf *zipf)
{
	free(zipf);
}
