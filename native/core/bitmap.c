/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "bitmap.h"

#define CAPACITY_FIRST 16u

static void pool_destroy(struct weft_pool *pool)
{
	weft_host_free(pool->records, (size_t)pool->capacity * pool->record_bytes);
	weft_host_free(pool->slots, (size_t)pool->slot_count * sizeof(*pool->slots));
}

/* `bytes` is a multiple of 4. */
static uint32_t hash_of(const uint8_t *record, uint32_t bytes)
{
	uint64_t hash = bytes, word;
	uint32_t at = 0, last = 0;

	for (; at + sizeof(word) <= bytes; at += sizeof(word)) {
		memcpy(&word, record + at, sizeof(word));
		hash = (hash ^ word) * 0x9e3779b97f4a7c15ull;
		hash ^= hash >> 32;
	}
	if (at < bytes)
		memcpy(&last, record + at, sizeof(last));
	hash = (hash ^ last) * 0x9e3779b97f4a7c15ull;
	return (uint32_t)(hash >> 32 ^ hash >> 47);
}

/* The slot of an equal record, or the empty one where it belongs. */
static uint32_t slot_of(const struct weft_pool *pool, const uint8_t *record)
{
	uint32_t slot = hash_of(record, pool->record_bytes) & (pool->slot_count - 1);

	while (pool->slots[slot] &&
	       memcmp(pool->records + (size_t)(pool->slots[slot] - 1) * pool->record_bytes, record, pool->record_bytes))
		slot = (slot + 1) & (pool->slot_count - 1);
	return slot;
}

static int pool_grow(struct weft_pool *pool)
{
	uint32_t capacity = pool->capacity ? 2 * pool->capacity : CAPACITY_FIRST, slot_count = 2 * capacity;
	uint8_t *records = weft_host_alloc((size_t)capacity * pool->record_bytes);
	uint32_t *slots = weft_host_alloc(slot_count * sizeof(*slots));

	if (!records || !slots) {
		weft_host_free(records, (size_t)capacity * pool->record_bytes);
		weft_host_free(slots, slot_count * sizeof(*slots));
		return -ENOMEM;
	}
	if (pool->count)
		memcpy(records, pool->records, (size_t)pool->count * pool->record_bytes);
	pool_destroy(pool);
	pool->records = records;
	pool->capacity = capacity;
	pool->slots = slots;
	pool->slot_count = slot_count;
	for (uint32_t i = 0; i < pool->count; i++)
		slots[slot_of(pool, records + (size_t)i * pool->record_bytes)] = i + 1;
	return 0;
}

/* The record's number, or 0 with *error. */
static uint32_t pool_number(struct weft_pool *pool, const void *record, int *error)
{
	uint32_t slot;

	if (pool->count == pool->capacity && pool_grow(pool)) {
		*error = -ENOMEM;
		return 0;
	}
	slot = slot_of(pool, record);
	if (!pool->slots[slot]) {
		memcpy(pool->records + (size_t)pool->count * pool->record_bytes, record, pool->record_bytes);
		pool->slots[slot] = ++pool->count;
	}
	return pool->slots[slot] - 1;
}

static size_t words_bytes(const struct weft_bitmaps *bitmaps)
{
	return (size_t)bitmaps->group_count * WEFT_GROUP_WORDS * sizeof(*bitmaps->words);
}

static size_t draft_bytes(const struct weft_bitmaps *bitmaps)
{
	return (size_t)bitmaps->group_count * (WEFT_GROUP_BLOCKS + 1) * sizeof(uint32_t);
}

int weft_bitmaps_create(struct weft_bitmaps *bitmaps, uint32_t bits)
{
	static const struct weft_bitmap_block no_words;
	static const struct weft_bitmap_group no_blocks;

	memset(bitmaps, 0, sizeof(*bitmaps));
	bitmaps->group_count = (bits + WEFT_GROUP_BITS - 1) / WEFT_GROUP_BITS;
	bitmaps->blocks.record_bytes = sizeof(struct weft_bitmap_block);
	bitmaps->groups.record_bytes = sizeof(struct weft_bitmap_group);
	bitmaps->bitmaps.record_bytes = bitmaps->group_count * (uint32_t)sizeof(uint32_t);
	bitmaps->words = weft_host_alloc(words_bytes(bitmaps));
	bitmaps->draft_blocks = weft_host_alloc(draft_bytes(bitmaps));
	if (!bitmaps->words || !bitmaps->draft_blocks) {
		bitmaps->error = -ENOMEM;
		return -ENOMEM;
	}
	bitmaps->draft_groups = bitmaps->draft_blocks + bitmaps->group_count * WEFT_GROUP_BLOCKS;
	pool_number(&bitmaps->blocks, &no_words, &bitmaps->error);
	pool_number(&bitmaps->groups, &no_blocks, &bitmaps->error);
	pool_number(&bitmaps->bitmaps, bitmaps->draft_groups, &bitmaps->error);
	return bitmaps->error;
}

void weft_bitmaps_destroy(struct weft_bitmaps *bitmaps)
{
	pool_destroy(&bitmaps->blocks);
	pool_destroy(&bitmaps->groups);
	pool_destroy(&bitmaps->bitmaps);
	weft_host_free(bitmaps->words, words_bytes(bitmaps));
	weft_host_free(bitmaps->draft_blocks, draft_bytes(bitmaps));
}

void weft_bitmap_reset(struct weft_bitmaps *bitmaps)
{
	for (uint64_t left = bitmaps->touched | bitmaps->dirty; left; left &= left - 1) {
		uint32_t block = (uint32_t)__builtin_ctzll(left);

		memset(&bitmaps->words[block * WEFT_BLOCK_WORDS], 0, sizeof(struct weft_bitmap_block));
		bitmaps->draft_blocks[block] = 0;
		bitmaps->draft_groups[block / WEFT_GROUP_BLOCKS] = 0;
	}
	bitmaps->dirty = bitmaps->touched = 0;
}

static uint32_t freeze_group(struct weft_bitmaps *bitmaps, uint32_t index)
{
	const uint64_t *words = &bitmaps->words[index * WEFT_GROUP_WORDS];
	struct weft_bitmap_group group = {0};

	for (uint32_t i = 0; i < WEFT_GROUP_WORDS; i++)
		group.mask |= (uint64_t)(words[i] != 0) << i;
	memcpy(group.blocks, &bitmaps->draft_blocks[index * WEFT_GROUP_BLOCKS], sizeof(group.blocks));
	return pool_number(&bitmaps->groups, &group, &bitmaps->error);
}

uint32_t weft_bitmap_freeze(struct weft_bitmaps *bitmaps)
{
	uint32_t stale = 0;

	for (uint64_t left = bitmaps->dirty; left; left &= left - 1) {
		uint32_t block = (uint32_t)__builtin_ctzll(left);

		bitmaps->draft_blocks[block] =
		    pool_number(&bitmaps->blocks, &bitmaps->words[block * WEFT_BLOCK_WORDS], &bitmaps->error);
		stale |= 1u << block / WEFT_GROUP_BLOCKS;
	}
	bitmaps->touched |= bitmaps->dirty;
	bitmaps->dirty = 0;
	for (; stale; stale &= stale - 1) {
		uint32_t index = (uint32_t)__builtin_ctz(stale);

		bitmaps->draft_groups[index] = freeze_group(bitmaps, index);
	}
	return bitmaps->error ? 0 : pool_number(&bitmaps->bitmaps, bitmaps->draft_groups, &bitmaps->error);
}
