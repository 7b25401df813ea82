/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "maglev.h"

#define SLOT_FREE 0xffffu

uint32_t weft_maglev_slots(uint64_t weight_sum, uint32_t weight_min)
{
	static const uint32_t primes[] = {251, 1021, 4093, 16381, WEFT_MAGLEV_SLOTS_MAX};
	uint64_t want = (weight_sum * WEFT_MAGLEV_SLOTS_EACH + weight_min - 1) / weight_min;

	for (uint32_t i = 0; i < WEFT_ARRAY_COUNT(primes); i++) {
		if (primes[i] >= want)
			return primes[i];
	}
	return WEFT_MAGLEV_SLOTS_MAX;
}

static uint64_t word_at(const uint8_t *bytes)
{
	uint64_t word = 0;

	for (uint32_t i = 0; i < 8; i++)
		word |= (uint64_t)bytes[i] << 8 * i;
	return word;
}

/* Hosts agree because of these constants: they are of the protocol, like a wire format. */
static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

/* Where a backend's permutation of the slots begins, and its step: coprime to a prime whatever it is. */
static void start(struct weft_maglev_turn *turn, uint32_t slots)
{
	uint64_t h = mix(word_at(turn->key) + 0x9e3779b97f4a7c15ull);

	h = mix(h ^ word_at(turn->key + 8));
	turn->slot = (uint32_t)(h % slots);
	turn->skip = (uint32_t)(mix(h + 0x9e3779b97f4a7c15ull) % (slots - 1)) + 1;
	turn->turns = 0;
}

/*
 * Turn n of a backend with weight w is due at (n + 1) / w: that does not depend on who else is there, so the turns of those
 * that stay keep their order when one goes. Equal times: by key.
 */
static bool before(const struct weft_maglev_turn *one, const struct weft_maglev_turn *other)
{
	uint64_t here = (uint64_t)(one->turns + 1) * other->weight, there = (uint64_t)(other->turns + 1) * one->weight;

	return here != there ? here < there : memcmp(one->key, other->key, WEFT_KEY_BYTES) < 0;
}

/* The root of the heap has a later time now. */
static void sink(struct weft_maglev_turn *turns, uint32_t count, uint32_t at)
{
	struct weft_maglev_turn moving = turns[at];

	for (uint32_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
		if (child + 1 < count && before(&turns[child + 1], &turns[child]))
			child++;
		if (!before(&turns[child], &moving))
			break;
		turns[at] = turns[child];
		at = child;
	}
	turns[at] = moving;
}

void weft_maglev_fill(uint16_t *table, uint32_t slots, struct weft_maglev_turn *turns, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		start(&turns[i], slots);
	for (uint32_t i = count / 2; i > 0; i--)
		sink(turns, count, i - 1);
	memset(table, 0xff, slots * sizeof(*table));
	for (uint32_t filled = 0; filled < slots; filled++) {
		struct weft_maglev_turn *turn = &turns[0];

		while (table[turn->slot] != SLOT_FREE) {
			turn->slot += turn->skip;
			turn->slot -= turn->slot >= slots ? slots : 0;
		}
		table[turn->slot] = turn->index;
		turn->turns++;
		sink(turns, count, 0);
	}
}
