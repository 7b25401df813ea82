/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Size classes of objects, in chunks of 16 KiB that stand at multiples of 16 KiB: that is how a freed object finds its chunk.
 * Chunks are cut from arenas of the host's memory. A chunk hands out never used objects in order, so that pages of it that
 * nobody asked for are never touched, and keeps the freed ones in a list through their first word.
 */
#include "slab.h"

#include "plane.h"

#define STEP_SMALL 8u /* classes up to 128 bytes */
#define CLASSES_SMALL 16u
#define STEPS_PER_DOUBLING 8u /* above: 144, 160 .. 256, 288 .. */
#define CLASSES (CLASSES_SMALL + 6 * STEPS_PER_DOUBLING)
#define CHUNK_BYTES 16384u
#define ARENA_BYTES_FIRST (64u << 10)
#define ARENA_BYTES (1u << 20)
#define RETIRED_PER_BLOCK 1022u
#define RETIRED_BYTES_MAX (1u << 20) /* beyond it a grace period begins at once */

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
	struct chunk *next, *previous; /* of its class, with room; or next of the arena's free chunks */
	struct arena *arena;
	void *free; /* freed objects */
	uint32_t object_bytes, class;
	uint32_t capacity, carved, used; /* objects; carved: given out at least once */
} __attribute__((aligned(WEFT_CACHE_LINE)));

struct arena {
	struct arena *next, *previous; /* with room */
	struct chunk *free;
	uint8_t *first;			 /* chunk */
	uint32_t capacity, carved, used; /* chunks */
	size_t bytes;
};

struct retired_block {
	struct retired_block *next;
	uint64_t count;
	void *memory[RETIRED_PER_BLOCK];
};

struct weft_slab {
	struct chunk *room[CLASSES];
	struct arena *arenas; /* with room */
	struct arena *full;   /* without */
	uint32_t arena_count;
	struct retired_block *retired, *spare; /* retired: the one being filled first */
	struct retired_block *waiting;	       /* in their grace period */
	uint64_t retired_bytes;
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

static void arenas_free(struct arena *arena)
{
	while (arena) {
		struct arena *next = arena->next;

		UNPOISON(arena, arena->bytes);
		weft_host_free(arena, arena->bytes);
		arena = next;
	}
}

void weft_slab_destroy(struct weft_plane *plane)
{
	struct weft_slab *slab = plane->slab;

	if (!slab)
		return;
	arenas_free(slab->arenas);
	arenas_free(slab->full);
	blocks_free(slab->retired);
	blocks_free(slab->spare);
	blocks_free(slab->waiting);
	weft_host_free(slab, sizeof(*slab));
	plane->slab = NULL;
}

static void arena_push(struct arena **list, struct arena *arena)
{
	arena->previous = NULL;
	arena->next = *list;
	if (arena->next)
		arena->next->previous = arena;
	*list = arena;
}

static void arena_remove(struct arena **list, struct arena *arena)
{
	if (arena->previous)
		arena->previous->next = arena->next;
	else
		*list = arena->next;
	if (arena->next)
		arena->next->previous = arena->previous;
}

static struct arena *arena_make(struct weft_slab *slab)
{
	size_t bytes = slab->arena_count ? ARENA_BYTES : ARENA_BYTES_FIRST;
	struct arena *arena = weft_host_alloc(bytes);
	uintptr_t first;

	if (!arena)
		return NULL;
	first = ((uintptr_t)(arena + 1) + CHUNK_BYTES - 1) & ~(uintptr_t)(CHUNK_BYTES - 1);
	arena->bytes = bytes;
	arena->first = (uint8_t *)first;
	arena->capacity = (uint32_t)(((uintptr_t)arena + bytes - first) / CHUNK_BYTES);
	POISON(arena->first, arena->capacity * CHUNK_BYTES);
	slab->arena_count++;
	arena_push(&slab->arenas, arena);
	return arena;
}

static struct chunk *chunk_take(struct weft_slab *slab)
{
	struct arena *arena = slab->arenas ? slab->arenas : arena_make(slab);
	struct chunk *chunk;

	if (!arena)
		return NULL;
	chunk = arena->free ? arena->free : (struct chunk *)(void *)(arena->first + (size_t)arena->carved++ * CHUNK_BYTES);
	UNPOISON(chunk, sizeof(*chunk));
	if (chunk == arena->free)
		arena->free = chunk->next;
	chunk->arena = arena;
	if (++arena->used == arena->capacity) {
		arena_remove(&slab->arenas, arena);
		arena_push(&slab->full, arena);
	}
	return chunk;
}

/* One arena stays, so that an object that comes and goes does not make one each time. */
static void chunk_give(struct weft_slab *slab, struct chunk *chunk)
{
	struct arena *arena = chunk->arena;

	chunk->next = arena->free;
	arena->free = chunk;
	if (arena->used-- == arena->capacity) {
		arena_remove(&slab->full, arena);
		arena_push(&slab->arenas, arena);
	}
	if (arena->used || slab->arena_count == 1)
		return;
	arena_remove(&slab->arenas, arena);
	slab->arena_count--;
	arena->next = NULL;
	arenas_free(arena);
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
}

static struct chunk *chunk_make(struct weft_slab *slab, uint32_t class)
{
	struct chunk *chunk = chunk_take(slab);

	if (!chunk)
		return NULL;
	chunk->free = NULL;
	chunk->carved = chunk->used = 0;
	chunk->object_bytes = bytes_of(class);
	chunk->class = class;
	chunk->capacity = (CHUNK_BYTES - (uint32_t)sizeof(*chunk)) / chunk->object_bytes;
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
	memory = chunk->free ? chunk->free : (uint8_t *)(chunk + 1) + (size_t)chunk->carved++ * chunk->object_bytes;
	UNPOISON(memory, chunk->object_bytes);
	if (memory == chunk->free)
		chunk->free = *(void **)memory;
	if (++chunk->used == chunk->capacity)
		room_remove(slab, chunk);
	return memory;
}

void weft_slab_free(struct weft_plane *plane, void *memory)
{
	struct chunk *chunk = (struct chunk *)((uintptr_t)memory & ~(uintptr_t)(CHUNK_BYTES - 1));
	struct weft_slab *slab = plane->slab;

	if (!memory)
		return;
	*(void **)memory = chunk->free;
	chunk->free = memory;
	POISON(memory, chunk->object_bytes);
	if (chunk->used-- == chunk->capacity)
		room_push(slab, chunk);
	if (chunk->used)
		return;
	room_remove(slab, chunk);
	chunk_give(slab, chunk);
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
	if (!slab->retired_bytes || slab->waiting || !slab->spare)
		return;
	slab->waiting = slab->retired;
	slab->retired = slab->spare;
	slab->spare = NULL;
	slab->retired_bytes = 0;
	weft_host_call_deferred(plane, reclaim, NULL);
}

void weft_slab_retire(struct weft_plane *plane, void *memory, uint32_t bytes)
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
	slab->retired_bytes += bytes;
	if (slab->retired_bytes >= RETIRED_BYTES_MAX)
		weft_slab_tick(plane);
}
