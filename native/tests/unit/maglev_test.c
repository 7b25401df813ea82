/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The spread of a service's backends: how even, how steady when backends come and go, and the same on every host. */
#include "maglev.h"
#include "test.h"

#define BACKENDS_MAX 1024u

struct backend {
	uint8_t key[WEFT_KEY_BYTES];
	uint32_t weight, number;
};

static struct weft_maglev_turn turns[BACKENDS_MAX];

static int by_key(const void *one, const void *other)
{
	return memcmp(((const struct weft_maglev_turn *)one)->key, ((const struct weft_maglev_turn *)other)->key,
		      WEFT_KEY_BYTES);
}

/* The table's size; the table holds the backends' numbers. */
static uint32_t fill(uint16_t *table, const struct backend *backends, uint32_t count)
{
	uint64_t sum = 0;
	uint32_t least = WEFT_MEMBER_WEIGHT_MAX, slots;

	for (uint32_t i = 0; i < count; i++) {
		turns[i] = (struct weft_maglev_turn){.weight = backends[i].weight, .index = (uint16_t)backends[i].number};
		memcpy(turns[i].key, backends[i].key, WEFT_KEY_BYTES);
		sum += backends[i].weight;
		least = backends[i].weight < least ? backends[i].weight : least;
	}
	qsort(turns, count, sizeof(turns[0]), by_key);
	slots = weft_maglev_slots(sum, least);
	weft_maglev_fill(table, slots, turns, count);
	return slots;
}

static void make(struct backend *backends, uint32_t count, uint32_t weight_max)
{
	for (uint32_t i = 0; i < count; i++) {
		uint64_t words[2] = {test_random(), test_random()};

		memcpy(backends[i].key, words, sizeof(words));
		backends[i].weight = 1 + (uint32_t)(test_random() % weight_max);
		backends[i].number = i;
	}
}

static uint16_t table[WEFT_MAGLEV_SLOTS_MAX], other_table[WEFT_MAGLEV_SLOTS_MAX];
static struct backend backends[BACKENDS_MAX], rest[BACKENDS_MAX];

static void everyBackendHasItsShareOfSlots(void)
{
	static const uint32_t counts[] = {1, 2, 3, 7, 40, 160, 650, BACKENDS_MAX};

	for (uint32_t round = 0; round < 4 * WEFT_ARRAY_COUNT(counts); round++) {
		uint32_t count = counts[round % WEFT_ARRAY_COUNT(counts)], taken[BACKENDS_MAX] = {0}, slots;
		uint64_t sum = 0;

		make(backends, count, round % 2 ? WEFT_MEMBER_WEIGHT_MAX : 1);
		slots = fill(table, backends, count);
		for (uint32_t slot = 0; slot < slots; slot++) {
			CHECK(table[slot] < count);
			taken[table[slot]]++;
		}
		for (uint32_t i = 0; i < count; i++)
			sum += backends[i].weight;
		for (uint32_t i = 0; i < count; i++) {
			double share = (double)slots * backends[i].weight / (double)sum;

			CHECK(taken[i] > share - 1.001 && taken[i] < share * (1 + (double)count / slots) + 0.001);
		}
	}
}

static void theLightestBackendHasAHundredSlots(void)
{
	struct backend two[2] = {{.key = {1}, .weight = 650, .number = 0}, {.key = {2}, .weight = 1, .number = 1}};
	uint32_t light = 0, slots = fill(table, two, 2);

	CHECK(slots == WEFT_MAGLEV_SLOTS_MAX);
	for (uint32_t slot = 0; slot < slots; slot++)
		light += table[slot] == 1;
	CHECK(light >= 99 && light <= 101);
	CHECK(weft_maglev_slots(1, 1) == 251 && weft_maglev_slots(2, 1) == 251 && weft_maglev_slots(3, 1) == 1021);
	CHECK(weft_maglev_slots(1000 * 1024, 1) == WEFT_MAGLEV_SLOTS_MAX);
}

/* Of `slots`, those that changed hands though neither hand is `gone`'s. */
static uint32_t disturbed(const uint16_t *before, const uint16_t *after, uint32_t slots, uint32_t gone)
{
	uint32_t count = 0;

	for (uint32_t slot = 0; slot < slots; slot++)
		count += before[slot] != gone && after[slot] != gone && before[slot] != after[slot];
	return count;
}

/* Removal, and read backwards addition, in tables of one size: 2 % of the others' slots, in few of a hundred cases more than 4
 * %. */
static void disturbsFewOthersWhenABackendGoesOrComes(void)
{
	static const uint32_t counts[] = {9, 39, 150, 640};
	uint32_t compared = 0, worst = 0, sum = 0;

	for (uint32_t round = 0; round < 48; round++) {
		uint32_t count = counts[round % 4], gone = (uint32_t)(test_random() % count), left = 0, slots, permille;

		make(backends, count, round % 3 ? 1 : 3);
		backends[(gone + 1) % count].weight = 1; /* the lightest stays: so does the size, while the sum allows it */
		slots = fill(table, backends, count);
		for (uint32_t i = 0; i < count; i++) {
			if (i != gone)
				rest[left++] = backends[i];
		}
		if (fill(other_table, rest, left) != slots)
			continue;
		permille = disturbed(table, other_table, slots, gone) * 1000 / slots;
		worst = permille > worst ? permille : worst;
		sum += permille;
		compared++;
		CHECK(permille < 150);
	}
	printf("# of %u: mean %u, worst %u in 1000 slots\n", compared, sum / compared, worst);
	CHECK(compared >= 32 && sum / compared < 30);
}

static void aWeightMovesOnlyWhatItMust(void)
{
	uint32_t slots, moved = 0, must, taken[2] = {0};

	make(backends, 20, 1);
	for (uint32_t i = 0; i < 20; i++)
		backends[i].weight = 10;
	slots = fill(table, backends, 20);
	backends[4].weight = 20;
	CHECK(fill(other_table, backends, 20) == slots);
	for (uint32_t slot = 0; slot < slots; slot++) {
		taken[0] += table[slot] == 4;
		taken[1] += other_table[slot] == 4;
		moved += table[slot] != other_table[slot];
	}
	must = taken[1] - taken[0];
	CHECK(taken[1] > taken[0] * 18 / 10 && moved < 3 * must);
	printf("# moved %u, must %u of %u\n", moved, must, slots);
}

static void theOrderOfBackendsDoesNotMatter(void)
{
	for (uint32_t round = 0; round < 20; round++) {
		uint32_t count = 2 + (uint32_t)(test_random() % 200), slots;

		make(backends, count, 1 + round % 5);
		slots = fill(table, backends, count);
		for (uint32_t i = count - 1; i > 0; i--) {
			uint32_t swap = (uint32_t)(test_random() % (i + 1));
			struct backend held = backends[i];

			backends[i] = backends[swap];
			backends[swap] = held;
		}
		CHECK(fill(other_table, backends, count) == slots && !memcmp(table, other_table, slots * sizeof(table[0])));
	}
}

/* Another version of this plane must choose the same: the digest is of a table that was computed apart from this code. */
static void theTableIsTheOneThatOtherHostsHave(void)
{
	static const struct backend three[3] = {{.key = {1}, .weight = 1, .number = 1},
						{.key = {2}, .weight = 1, .number = 2},
						{.key = {3}, .weight = 2, .number = 3}};
	uint32_t slots = fill(table, three, 3);
	uint64_t h = 0xcbf29ce484222325ull;

	for (uint32_t slot = 0; slot < slots; slot++)
		h = (h ^ table[slot]) * 0x100000001b3ull;
	printf("# %u slots, digest %016" PRIx64 "\n", slots, h);
	CHECK(slots == 1021 && h == 0xc8088d0aef04e39dull);
}

int main(void)
{
	test_seed();
	RUN(everyBackendHasItsShareOfSlots);
	RUN(theLightestBackendHasAHundredSlots);
	RUN(disturbsFewOthersWhenABackendGoesOrComes);
	RUN(aWeightMovesOnlyWhatItMust);
	RUN(theOrderOfBackendsDoesNotMatter);
	RUN(theTableIsTheOneThatOtherHostsHave);
	return test_end();
}
