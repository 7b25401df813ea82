/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The compiled policy set against its slow twin, over sets of many shapes and sizes; what it costs in memory; readers while it
 * is replaced. */
#include <pthread.h>

#include "host.h"
#include "plane.h"
#include "test.h"

#include "messages.h"
#include "policy_shapes.h"

static uint32_t compared, matched;

static void compare(enum shape shape, uint32_t count, uint32_t openings)
{
	struct weft_classifier *classifier;

	shape_make(shape, count);
	classifier = weft_classifier_create(&shape_set.m);
	CHECK(classifier && classifier->rule_count == count);
	for (uint32_t i = 0; i < openings && !test_failed; i++) {
		struct shape_opening opening;
		uint32_t want, got;

		shape_open(&opening);
		want = twin_classify(&shape_set.m, &opening.subject);
		got = weft_classify(classifier, &opening.subject);
		if (want != got)
			printf("# %s, %u rules, opening %u: rule %u, the twin says %u\n", shape_names[shape], count, i, got,
			       want);
		CHECK(want == got);
		compared++;
		matched += want < count;
	}
	for (uint32_t i = 0; i <= count; i++) {
		uint8_t action = i < count ? shape_set.m.rules[i].action : shape_set.m.default_action;

		CHECK(!(classifier->decisions[i] & WEFT_DECISION_DENY) == (action == WEFT_POLICY_ALLOW));
	}
	weft_classifier_destroy(classifier);
}

static void smallSetsDecideAsTheTwinDoes(void)
{
	for (uint32_t round = 0; round < 600 && !test_failed; round++)
		compare(round % SHAPES, round % 3 ? shape_below(40) : shape_below(300), 100);
	printf("# %u compared, %u matched a rule\n", compared, matched);
	CHECK(matched > compared / 8 && matched < compared - compared / 8);
}

static void sizesAtTheEdgesOfWordsAndGroupsDecideAsTheTwinDoes(void)
{
	static const uint32_t sizes[] = {0, 1, 63, 64, 65, 511, 512, 513, 4095, 4096, 4097, 8191, 8193};

	for (uint32_t i = 0; i < WEFT_ARRAY_COUNT(sizes) && !test_failed; i++) {
		for (enum shape shape = 0; shape < SHAPES && !test_failed; shape++)
			compare(shape, sizes[i], 100);
	}
}

/* Every value of the field that rules divide most: each port, against rules of ranges. */
static void everyPortDecidesAsTheTwinDoes(void)
{
	struct weft_classifier *classifier;
	struct shape_opening opening;

	shape_make(SHAPE_RANGES, 200);
	classifier = weft_classifier_create(&shape_set.m);
	CHECK(classifier != NULL);
	shape_open(&opening);
	opening.subject.has_ports = true;
	for (uint32_t port = 0; port < 65536 && !test_failed; port++) {
		opening.subject.ports[0] = (uint16_t)(port * 7919);
		opening.subject.ports[1] = (uint16_t)port;
		CHECK(weft_classify(classifier, &opening.subject) == twin_classify(&shape_set.m, &opening.subject));
	}
	weft_classifier_destroy(classifier);
}

/* docs/design/policy.md: what a set of this size may cost, whatever its rules are. */
static void theLargestSetsDecideAsTheTwinDoesAndKeepTheirBound(void)
{
	for (enum shape shape = 0; shape < SHAPES && !test_failed; shape++) {
		uint64_t before = weft_host_allocated_bytes();
		struct weft_classifier *classifier;

		compare(shape, WEFT_POLICY_RULES_MAX, 60);
		classifier = weft_classifier_create(&shape_set.m);
		CHECK(classifier && weft_host_allocated_bytes() == before + classifier->bytes);
		printf("# %s: %zu bytes a rule\n", shape_names[shape],
		       classifier ? classifier->bytes / WEFT_POLICY_RULES_MAX : 0);
		CHECK(classifier && classifier->bytes <= WEFT_POLICY_RULES_MAX * 1600ull);
		weft_classifier_destroy(classifier);
		CHECK(weft_host_allocated_bytes() == before);
	}
}

int main(void)
{
	test_seed();
	RUN(smallSetsDecideAsTheTwinDoes);
	RUN(sizesAtTheEdgesOfWordsAndGroupsDecideAsTheTwinDoes);
	RUN(everyPortDecidesAsTheTwinDoes);
	RUN(theLargestSetsDecideAsTheTwinDoesAndKeepTheirBound);
	printf("# %u compared, %u matched a rule\n", compared, matched);
	return test_end();
}
