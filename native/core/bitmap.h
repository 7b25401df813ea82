/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Sets of rules as bitmaps, of which there are many that differ little: equal blocks of 512 bits are kept once, and so are
 * equal groups of eight blocks and equal bitmaps. What one more bitmap costs is what it has of its own. Control thread, while a
 * classifier is built; the finished tables are read by workers.
 */
#ifndef WEFT_CORE_BITMAP_H
#define WEFT_CORE_BITMAP_H

#include "weft_host.h"

#define WEFT_WORD_BITS 64u
#define WEFT_BLOCK_WORDS 8u
#define WEFT_GROUP_BLOCKS 8u
#define WEFT_GROUP_WORDS (WEFT_BLOCK_WORDS * WEFT_GROUP_BLOCKS)
#define WEFT_GROUP_BITS (WEFT_GROUP_WORDS * WEFT_WORD_BITS)

struct weft_bitmap_block {
	uint64_t words[WEFT_BLOCK_WORDS];
};

struct weft_bitmap_group {
	uint64_t mask; /* of the words that are not zero */
	uint32_t blocks[WEFT_GROUP_BLOCKS];
};

/* Records of one size, each once, numbered in the order they came. */
struct weft_pool {
	uint8_t *records;
	uint32_t record_bytes, count, capacity;
	uint32_t *slots; /* open addressing: number plus one */
	uint32_t slot_count;
};

/* Number 0 of each pool is the record of zeroes. A bitmap is `groups` numbers of groups. */
struct weft_bitmaps {
	struct weft_pool blocks, groups, bitmaps;
	uint32_t group_count;
	/* the draft: what weft_bitmap_freeze keeps */
	uint64_t *words;	 /* [group_count * WEFT_GROUP_WORDS] */
	uint32_t *draft_blocks;	 /* [group_count * WEFT_GROUP_BLOCKS] */
	uint32_t *draft_groups;	 /* [group_count] */
	uint64_t dirty, touched; /* blocks: since the last freeze, since the last reset */
	int error;		 /* -ENOMEM sticks */
};

#define WEFT_BITMAP_BITS_MAX (64u * WEFT_BLOCK_WORDS * WEFT_WORD_BITS) /* `dirty` has a bit per block */

/* 0 or -ENOMEM; destroy in any case. `bits` <= WEFT_BITMAP_BITS_MAX. */
int weft_bitmaps_create(struct weft_bitmaps *bitmaps, uint32_t bits);
void weft_bitmaps_destroy(struct weft_bitmaps *bitmaps);
/* An empty draft. */
void weft_bitmap_reset(struct weft_bitmaps *bitmaps);
/* Takes a bit into the draft, or out of it. */
static inline void weft_bitmap_flip(struct weft_bitmaps *bitmaps, uint32_t bit)
{
	bitmaps->words[bit / WEFT_WORD_BITS] ^= 1ull << bit % WEFT_WORD_BITS;
	bitmaps->dirty |= 1ull << bit / (WEFT_BLOCK_WORDS * WEFT_WORD_BITS);
}
/* The number of the bitmap that is equal to the draft, which goes on from here. Out of memory: 0, and bitmaps->error. */
uint32_t weft_bitmap_freeze(struct weft_bitmaps *bitmaps);

#endif
