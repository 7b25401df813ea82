/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Which backend takes a hash: the lookup table of Maglev (Eisenbud et al., NSDI 2016, section 3.4), with weights. The table
 * follows from the keys and weights alone, so that every host that knows the same backends has the same one. Control context.
 */
#ifndef WEFT_MAGLEV_H
#define WEFT_MAGLEV_H

#include "weft_types.h"

#define WEFT_MAGLEV_SLOTS_MAX 65537u
/* So many slots has the lightest backend, unless that takes more than WEFT_MAGLEV_SLOTS_MAX. */
#define WEFT_MAGLEV_SLOTS_EACH 100u

/* A backend that takes turns. */
struct weft_maglev_turn {
	uint8_t key[WEFT_KEY_BYTES]; /* given */
	uint32_t weight;	     /* given; 1 .. WEFT_MEMBER_WEIGHT_MAX */
	uint16_t index;		     /* given; what the table holds */
	uint16_t zero0;
	uint32_t skip, slot; /* of its permutation: the step, and the next slot it asks for */
	uint32_t turns;	     /* taken */
};

/* Slots of the table for backends with these weights: a prime, 251 .. WEFT_MAGLEV_SLOTS_MAX. weight_min is not 0. */
uint32_t weft_maglev_slots(uint64_t weight_sum, uint32_t weight_min);
/*
 * Fills table[slots] with the indexes of `turns`, which are ascending by key, each key once; count 1 .. 65535. `turns` is
 * scratch behind. With S = slots * weight / sum of weights a backend gets at least S - 1 and at most S * (1 + count / slots)
 * slots. Takes at most count * slots steps, about slots * ln(slots).
 */
void weft_maglev_fill(uint16_t *table, uint32_t slots, struct weft_maglev_turn *turns, uint32_t count);

/* The slot of a hash that is even over 32 bits. */
static inline uint32_t weft_maglev_slot(uint32_t hash, uint32_t slots)
{
	return (uint32_t)((uint64_t)hash * slots >> 32);
}

#endif
