/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The compiled policy set against its slow twin, over sets of many shapes and sizes; what it costs in memory; readers while it
 * is replaced. */
#include <pthread.h>
#include <sched.h>

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

/* Each allocation of a SET fails in its turn: refused, and the set that was there decides on. */
static void withoutMemoryTheOldSetStays(void)
{
	struct weft_plane *plane;
	uint64_t before;
	uint32_t tries = 0;

	host = weft_host_plane_open();
	CHECK(host != NULL);
	if (!host)
		return;
	plane = weft_host_plane_core(host);
	shape_make(SHAPE_REALISTIC, 300);
	CHECK(set_policy(&shape_set.m) == 0);
	before = weft_host_allocated_bytes();
	shape_make(SHAPE_HOSTILE, 2000);
	for (int code = ENOMEM; code == ENOMEM && !test_failed; tries++) {
		weft_host_fail_memory(tries, 1);
		code = set_policy(&shape_set.m);
		weft_host_fail_memory(0, 0);
		CHECK(code == 0 || (code == ENOMEM && strstr(error_text, "POLICY 5: out of memory")));
		CHECK(weft_policy_get(plane, 5)->rule_count == (code ? 300 : 2000));
		CHECK(!code || weft_host_allocated_bytes() == before);
	}
	printf("# %u allocations failed\n", tries - 1);
	CHECK(tries > 20);
	weft_host_plane_close(host);
}

/* ---- readers while a set is replaced ---- */

#define READERS 2u
#define REPLACEMENTS 150u
#define COMMON 200u

struct reader {
	struct weft_plane *plane;
	uint64_t classified, quiet; /* quiet: times it held nothing */
	uint64_t decided[COMMON + 1];
	bool counts;
	const bool *stop;
};

/* Rule i is for port 100 + (i + shift) mod COMMON, so a decision tells which set it is of: the same for the whole burst. */
static void shifted(struct weft_policy_msg *m, uint32_t shift)
{
	*m = (struct weft_policy_msg){.policy_id = 5, .rule_count = COMMON, .default_action = WEFT_POLICY_DENY};
	for (uint32_t i = 0; i < COMMON; i++) {
		uint16_t port = (uint16_t)(100 + (i + shift) % COMMON);

		m->rules[i] = (struct weft_policy_rule){.protocol = 17,
							.action = WEFT_POLICY_ALLOW,
							.source_port_max = 65535,
							.destination_port_min = port,
							.destination_port_max = port};
	}
}

static void *read_on(void *argument)
{
	static const uint8_t address[16];
	struct reader *reader = argument;
	struct weft_subject subject = {.family = 4, .protocol = 17, .has_ports = true, .addresses = {address, address}};

	for (uint32_t burst = 0; !__atomic_load_n(reader->stop, __ATOMIC_RELAXED); burst++) {
		const struct weft_policy *policy = weft_policy_get(reader->plane, 5);
		uint32_t first = 0;

		for (uint32_t i = 0; i < 64; i++) {
			uint32_t port = (burst + i) % (COMMON + 1), rule;

			subject.ports[1] = (uint16_t)(100 + port);
			rule = weft_classify(policy->classifier, &subject);
			if (port < COMMON && i == 0)
				first = (port + COMMON - rule) % COMMON;
			if (rule > COMMON || (rule == COMMON) != (port == COMMON) ||
			    (i && port < COMMON && burst % (COMMON + 1) < COMMON && (port + COMMON - rule) % COMMON != first))
				abort(); /* of two sets at once, or of none */
			if (reader->counts) {
				__atomic_store_n(&policy->counters[rule].packets, policy->counters[rule].packets + 1,
						 __ATOMIC_RELAXED);
				reader->decided[port]++;
			}
			reader->classified++;
		}
		__atomic_store_n(&reader->quiet, reader->quiet + 1, __ATOMIC_RELEASE);
	}
	return NULL;
}

/* Every reader has let go of what it held when this began. */
static void wait_quiet(struct reader *readers)
{
	for (uint32_t i = 0; i < READERS; i++) {
		uint64_t now = __atomic_load_n(&readers[i].quiet, __ATOMIC_ACQUIRE);

		while (__atomic_load_n(&readers[i].quiet, __ATOMIC_ACQUIRE) < now + 2)
			sched_yield();
	}
}

static void readersSeeOneSetOrTheOtherAndNoCountIsLost(void)
{
	static struct reader readers[READERS];
	struct weft_context context = {.epoch = 1};
	pthread_t threads[READERS];
	bool stop = false;

	host = weft_host_plane_open();
	CHECK(host != NULL);
	if (!host)
		return;
	context.plane = weft_host_plane_core(host);
	shifted(&shape_set.m, 0);
	CHECK(set_policy(&shape_set.m) == 0);
	for (uint32_t i = 0; i < READERS; i++) {
		readers[i] = (struct reader){.plane = context.plane, .counts = i == 0, .stop = &stop};
		CHECK(pthread_create(&threads[i], NULL, read_on, &readers[i]) == 0);
	}
	for (uint32_t round = 1; round <= REPLACEMENTS; round++) {
		shifted(&shape_set.m, round * 7);
		CHECK(weft_policy_set(&context, &shape_set.m) == 0);
		if (round % 3 == 0) { /* else several sets are in their grace period */
			wait_quiet(readers);
			weft_host_leave(host);
		}
	}
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (uint32_t i = 0; i < READERS; i++)
		pthread_join(threads[i], NULL);
	weft_host_leave(host);
	for (uint32_t i = 0; i < COMMON; i++) {
		struct weft_policy_rule rule;

		weft_policy_rule_fill(context.plane, weft_policy_entry_get(context.plane, 5), i, &rule);
		CHECK(rule.packets == readers[0].decided[rule.destination_port_min - 100]);
	}
	CHECK(readers[0].classified > REPLACEMENTS && readers[1].classified > REPLACEMENTS);
	printf("# %" PRIu64 " decisions, %u replacements\n", readers[0].classified + readers[1].classified, REPLACEMENTS);
	weft_host_plane_close(host);
}

int main(void)
{
	test_seed();
	RUN(smallSetsDecideAsTheTwinDoes);
	RUN(sizesAtTheEdgesOfWordsAndGroupsDecideAsTheTwinDoes);
	RUN(everyPortDecidesAsTheTwinDoes);
	RUN(theLargestSetsDecideAsTheTwinDoesAndKeepTheirBound);
	printf("# %u compared, %u matched a rule\n", compared, matched);
	RUN(withoutMemoryTheOldSetStays);
	RUN(readersSeeOneSetOrTheOtherAndNoCountIsLost);
	return test_end();
}
