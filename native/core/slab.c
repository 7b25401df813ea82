/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Size classes, each with chunks that grow from 4 to 64 KiB. A chunk hands out never used objects in order, so that pages of it
 * that nobody asked for are never touched, and keeps the freed ones in a list through their first word. All chunks stand in one
 * array by address: that is how a freed object finds its chunk.
 */
#include "slab.h"

#include "plane.h"

#define STEP_SMALL 8u /* classes up to 128 bytes */
#define CLASSES_SMALL 16u
#define STEPS_PER_DOUBLING 8u /* above: 144, 160 .. 256, 288 .. */
#define CLASSES (CLASSES_SMALL + 7 * STEPS_PER_DOUBLING)
#define CHUNK_BYTES_MIN 4096u
#define CHUNK_DOUBLINGS 4u
#define OBJECTS_MIN 3u /* per chunk */
#define RETIRED_PER_BLOCK 1022u
#define RETIRED_MAX 65536u /* beyond it a grace period begins at once */

#if defined(__SANITIZE_ADDRESS__)
#define POISONS 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISONS 1
#endif
#endif
#ifdef POISONS
void __asan_poison_memory_region(void const volatile *memory, size_t bytes);
void __asan_unpoison_memory_region(void const volatile *memory, size_t bytes);
#define POISON(memory, bytes) __asan_poison_memory_region(memory, bytes)
#define UNPOISON(memory, bytes) __asan_unpoison_memory_region(memory, bytes)
#else
#define POISON(memory, bytes) ((void)(memory), (void)(bytes))
#define UNPOISON(memory, bytes) ((void)(memory), (void)(bytes))
#endif

struct chunk {
	struct chunk *next, *previous; /* of its class, with room */
	void *free;		       /* freed objects */
	uint32_t bytes, object_bytes, class;
	uint32_t capacity, carved, used; /* objects; carved: given out at least once */
} __attribute__((aligned(WEFT_CACHE_LINE)));

struct retired_block {
	struct retired_block *next;
	uint64_t count;
	void *memory[RETIRED_PER_BLOCK];
};

struct weft_slab {
	struct chunk *room[CLASSES];
	uint32_t chunks_of[CLASSES];
	struct chunk **chunks; /* by address */
	uint32_t chunk_count, chunk_capacity;
	struct retired_block *retired, *spare; /* retired: the one being filled first */
	struct retired_block *waiting;	       /* in their grace period */
	uint32_t retired_count;
	uint64_t lost; /* objects that could not be remembered */
};

static uint32_t class_of(uint32_t bytes)
{
	uint32_t doubling, step;

	if (bytes <= CLASSES_SMALL * STEP_SMALL)
		return (bytes + STEP_SMALL - 1) / STEP_SMALL - 1;
	doubling = 31 - (uint32_t)__builtin_clz(bytes - 1); /* 2^doubling < bytes <= 2^(doubling + 1) */
	step = (1u << doubling) / STEPS_PER_DOUBLING;
	return CLASSES_SMALL + (doubling - 7) * STEPS_PER_DOUBLING + (bytes - (1u << doubling) + step - 1) / step - 1;
}

static uint32_t bytes_of(uint32_t class)
{
	uint32_t doubling, index;

	if (class < CLASSES_SMALL)
		return (class + 1) * STEP_SMALL;
	doubling = 7 + (class - CLASSES_SMALL) / STEPS_PER_DOUBLING;
	index = (class - CLASSES_SMALL) % STEPS_PER_DOUBLING;
	return (1u << doubling) + (index + 1) * ((1u << doubling) / STEPS_PER_DOUBLING);
}

int weft_slab_create(struct weft_plane *plane)
{
	struct weft_slab *slab = weft_host_alloc(sizeof(*slab));

	plane->slab = slab;
	if (!slab)
		return -ENOMEM;
	slab->retired = weft_host_alloc(sizeof(*slab->retired));
	slab->spare = weft_host_alloc(sizeof(*slab->spare));
	return slab->retired && slab->spare ? 0 : -ENOMEM;
}

static void blocks_free(struct retired_block *block)
{
	while (block) {
		struct retired_block *next = block->next;

		weft_host_free(block, sizeof(*block));
		block = next;
	}
}

static void chunk_release(struct chunk *chunk)
{
	UNPOISON(chunk, chunk->bytes);
	weft_host_free(chunk, chunk->bytes);
}

void weft_slab_destroy(struct weft_plane *plane)
{
	struct weft_slab *slab = plane->slab;

	if (!slab)
		return;
	for (uint32_t i = 0; i < slab->chunk_count; i++)
		chunk_release(slab->chunks[i]);
	weft_host_free(slab->chunks, sizeof(*slab->chunks) * slab->chunk_capacity);
	blocks_free(slab->retired);
	blocks_free(slab->spare);
	blocks_free(slab->waiting);
	weft_host_free(slab, sizeof(*slab));
	plane->slab = NULL;
}

/* Index of the last chunk that begins at or below `memory`, plus one. */
static uint32_t chunk_place(const struct weft_slab *slab, const void *memory)
{
	uint32_t low = 0, high = slab->chunk_count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if ((uintptr_t)slab->chunks[middle] <= (uintptr_t)memory)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool chunks_grow(struct weft_slab *slab)
{
	uint32_t capacity = slab->chunk_capacity ? slab->chunk_capacity * 2 : 64;
	struct chunk **chunks;

	if (slab->chunk_count < slab->chunk_capacity)
		return true;
	chunks = weft_host_alloc(sizeof(*chunks) * capacity);
	if (!chunks)
		return false;
	if (slab->chunk_count)
		memcpy(chunks, slab->chunks, sizeof(*chunks) * slab->chunk_count);
	weft_host_free(slab->chunks, sizeof(*chunks) * slab->chunk_capacity);
	slab->chunks = chunks;
	slab->chunk_capacity = capacity;
	return true;
}

static void room_push(struct weft_slab *slab, struct chunk *chunk)
{
	chunk->previous = NULL;
	chunk->next = slab->room[chunk->class];
	if (chunk->next)
		chunk->next->previous = chunk;
	slab->room[chunk->class] = chunk;
}

static void room_remove(struct weft_slab *slab, struct chunk *chunk)
{
	if (chunk->previous)
		chunk->previous->next = chunk->next;
	else
		slab->room[chunk->class] = chunk->next;
	if (chunk->next)
		chunk->next->previous = chunk->previous;
	chunk->next = chunk->previous = NULL;
}

static struct chunk *chunk_make(struct weft_slab *slab, uint32_t class)
{
	uint32_t doublings = slab->chunks_of[class] < CHUNK_DOUBLINGS ? slab->chunks_of[class] : CHUNK_DOUBLINGS;
	uint32_t object_bytes = bytes_of(class), bytes = CHUNK_BYTES_MIN << doublings, place;
	struct chunk *chunk;

	while (bytes < sizeof(*chunk) + OBJECTS_MIN * object_bytes)
		bytes *= 2;
	chunk = chunks_grow(slab) ? weft_host_alloc(bytes) : NULL;
	if (!chunk)
		return NULL;
	chunk->bytes = bytes;
	chunk->object_bytes = object_bytes;
	chunk->class = class;
	chunk->capacity = (bytes - (uint32_t)sizeof(*chunk)) / object_bytes;
	POISON(chunk + 1, bytes - sizeof(*chunk));
	place = chunk_place(slab, chunk);
	memmove(&slab->chunks[place + 1], &slab->chunks[place], (slab->chunk_count - place) * sizeof(*slab->chunks));
	slab->chunks[place] = chunk;
	slab->chunk_count++;
	slab->chunks_of[class]++;
	room_push(slab, chunk);
	return chunk;
}

void *weft_slab_alloc(struct weft_plane *plane, uint32_t bytes)
{
	struct weft_slab *slab = plane->slab;
	uint32_t class = class_of(bytes);
	struct chunk *chunk = slab->room[class] ? slab->room[class] : chunk_make(slab, class);
	void *memory;

	if (!chunk)
		return NULL;
	if (chunk->free) {
		memory = chunk->free;
		UNPOISON(memory, chunk->object_bytes);
		chunk->free = *(void **)memory;
	} else {
		memory = (uint8_t *)(chunk + 1) + (size_t)chunk->carved++ * chunk->object_bytes;
		UNPOISON(memory, chunk->object_bytes);
	}
	if (++chunk->used == chunk->capacity)
		room_remove(slab, chunk);
	return memory;
}

/* A class keeps its last chunk, so that one object that comes and goes does not make one each time. */
static void chunk_drop(struct weft_slab *slab, struct chunk *chunk, uint32_t place)
{
	if (slab->chunks_of[chunk->class] == 1)
		return;
	room_remove(slab, chunk);
	slab->chunks_of[chunk->class]--;
	slab->chunk_count--;
	memmove(&slab->chunks[place], &slab->chunks[place + 1], (slab->chunk_count - place) * sizeof(*slab->chunks));
	chunk_release(chunk);
}

void weft_slab_free(struct weft_plane *plane, void *memory)
{
	struct weft_slab *slab = plane->slab;
	struct chunk *chunk;
	uint32_t place;

	if (!memory)
		return;
	place = chunk_place(slab, memory) - 1;
	chunk = slab->chunks[place];
	*(void **)memory = chunk->free;
	chunk->free = memory;
	POISON(memory, chunk->object_bytes);
	if (chunk->used-- == chunk->capacity)
		room_push(slab, chunk);
	if (!chunk->used)
		chunk_drop(slab, chunk, place);
}

/* A grace period has passed. */
static void reclaim(struct weft_plane *plane, void *argument)
{
	struct weft_slab *slab = plane->slab;

	(void)argument;
	for (const struct retired_block *block = slab->waiting; block; block = block->next) {
		for (uint32_t i = 0; i < block->count; i++)
			weft_slab_free(plane, block->memory[i]);
	}
	blocks_free(slab->waiting);
	slab->waiting = NULL;
}

void weft_slab_tick(struct weft_plane *plane)
{
	struct weft_slab *slab = plane->slab;

	if (!slab->spare)
		slab->spare = weft_host_alloc(sizeof(*slab->spare));
	if (!slab->retired_count || slab->waiting || !slab->spare)
		return;
	slab->waiting = slab->retired;
	slab->retired = slab->spare;
	slab->spare = NULL;
	slab->retired_count = 0;
	weft_host_call_deferred(plane, reclaim, NULL);
}

void weft_slab_retire(struct weft_plane *plane, void *memory)
{
	struct weft_slab *slab = plane->slab;
	struct retired_block *block = slab->retired;

	if (block->count == RETIRED_PER_BLOCK) {
		block = slab->spare ? slab->spare : weft_host_alloc(sizeof(*block));
		if (!block) {
			slab->lost++; /* neither to be used again nor to be freed: a reader may look at it */
			return;
		}
		slab->spare = NULL;
		block->next = slab->retired;
		slab->retired = block;
	}
	block->memory[block->count++] = memory;
	if (++slab->retired_count >= RETIRED_MAX)
		weft_slab_tick(plane);
}
