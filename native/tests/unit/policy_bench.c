/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Cycles of one match: the compiled set, and the walk over its rules in windows between; by hand, not part of the tests.
 * usage: policy_bench [SHAPE]...    openings are drawn at random from 4,096; default: realistic
 */
#include <x86intrin.h>

#include "plane.h"
#include "test.h"

#include "policy_shapes.h"

#define OPENINGS 4096u
#define WINDOW 256u
#define WINDOWS 200u
#define COLD_BYTES (64u << 20)

static struct shape_opening openings[OPENINGS];
static uint32_t sum;

static int compare_numbers(const void *a, const void *b)
{
	uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

	return one < other ? -1 : one > other;
}

static uint64_t window(const struct weft_classifier *classifier, uint32_t count)
{
	static struct shape_opening drawn[WINDOW]; /* a packet's own is in the cache */
	uint64_t start;

	for (uint32_t i = 0; i < count; i++) {
		drawn[i] = openings[shape_below(OPENINGS)];
		drawn[i].subject.addresses[0] = drawn[i].addresses[0];
		drawn[i].subject.addresses[1] = drawn[i].addresses[1];
	}
	start = __rdtsc();
	for (uint32_t i = 0; i < count; i++)
		sum +=
		    classifier ? weft_classify(classifier, &drawn[i].subject) : twin_classify(&shape_set.m, &drawn[i].subject);
	return (__rdtsc() - start) / count;
}

/* One match after the caches were filled with something else. */
static uint64_t cold(const struct weft_classifier *classifier, volatile uint8_t *memory)
{
	uint32_t at = shape_below(OPENINGS);
	uint64_t start;

	for (uint32_t i = 0; i < COLD_BYTES; i += WEFT_CACHE_LINE)
		memory[i]++;
	sum += openings[at].subject.addresses[0][0] + openings[at].addresses[1][0];
	start = __rdtsc();
	sum += weft_classify(classifier, &openings[at].subject);
	return __rdtsc() - start;
}

static void measure(enum shape shape, uint32_t count)
{
	static uint64_t ours[WINDOWS], twins[WINDOWS], colds[WINDOWS];
	struct weft_classifier *classifier;
	uint8_t *memory = malloc(COLD_BYTES);
	struct timespec before, after;

	shape_make(shape, count);
	clock_gettime(CLOCK_MONOTONIC, &before);
	classifier = weft_classifier_create(&shape_set.m);
	clock_gettime(CLOCK_MONOTONIC, &after);
	if (!classifier || !memory)
		exit(1);
	for (uint32_t i = 0; i < OPENINGS; i++)
		shape_open(&openings[i]);
	for (uint32_t i = 0; i < WINDOWS; i++) {
		window(classifier,
		       WINDOW); /* what the walk left in the caches is not the match's doing; `cold` is about that */
		ours[i] = window(classifier, WINDOW);
		twins[i] = window(NULL, count > 1000 ? 4 : WINDOW);
		colds[i] = i < WINDOWS / 4 ? cold(classifier, memory) : colds[i % (WINDOWS / 4)];
	}
	qsort(ours, WINDOWS, sizeof(*ours), compare_numbers);
	qsort(twins, WINDOWS, sizeof(*twins), compare_numbers);
	qsort(colds, WINDOWS, sizeof(*colds), compare_numbers);
	printf("%-10s %6u rules: match p10 %5" PRIu64 " p50 %5" PRIu64 " p90 %5" PRIu64 ", cold p50 %6" PRIu64
	       "; walk p50 %8" PRIu64 "; %5zu KiB, built in %ld us\n",
	       shape_names[shape], count, ours[WINDOWS / 10], ours[WINDOWS / 2], ours[WINDOWS * 9 / 10], colds[WINDOWS / 2],
	       twins[WINDOWS / 2], classifier->bytes / 1024,
	       (after.tv_sec - before.tv_sec) * 1000000 + (after.tv_nsec - before.tv_nsec) / 1000);
	weft_classifier_destroy(classifier);
	free(memory);
}

int main(int argc, char **argv)
{
	static const uint32_t sizes[] = {10, 100, 1000, 10000, WEFT_POLICY_RULES_MAX};

	test_seed();
	for (enum shape shape = 0; shape < SHAPES; shape++) {
		bool wanted = argc == 1 && shape == SHAPE_REALISTIC;

		for (int i = 1; i < argc; i++)
			wanted |= !strcmp(argv[i], shape_names[shape]) || !strcmp(argv[i], "all");
		for (uint32_t i = 0; wanted && i < WEFT_ARRAY_COUNT(sizes); i++)
			measure(shape, sizes[i]);
	}
	return sum == 1;
}
