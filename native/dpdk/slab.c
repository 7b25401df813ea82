/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "slab.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#define LINE 64u
#define SLAB_BYTES 65536u
#define REGION_SLABS 64u
/* Sizes: every 64 bytes up to 1 KiB, then every 256. */
#define FINE_BYTES_MAX 1024u
#define COARSE_STEP 256u
#define CLASSES (FINE_BYTES_MAX / LINE + (WEFTD_SLAB_BYTES_MAX - FINE_BYTES_MAX) / COARSE_STEP)
/* Empty slabs that keep their memory for long, and how many of those beyond give it back at a time. */
#define WARM_SLABS_MIN 64u
#define TRIM_SLABS 16u

struct object {
	struct object *next;
};

/* At the beginning of its slab; objects follow. */
struct slab {
	struct slab *next, *previous; /* of the class's slabs with room; empty slabs: next only */
	struct object *free;
	uint32_t used, untouched; /* untouched: offset from which on nothing was given out yet, and all is zero */
	uint32_t bytes;		  /* of an object */
} __attribute__((aligned(LINE)));

_Static_assert(sizeof(struct slab) == LINE, "head of a slab");

static struct slab *with_room[CLASSES], *warm, *cold;
static uint32_t warm_count;

static uint32_t class_of(size_t bytes)
{
	if (bytes <= FINE_BYTES_MAX)
		return (uint32_t)((bytes - 1) / LINE);
	return (uint32_t)(FINE_BYTES_MAX / LINE + (bytes - FINE_BYTES_MAX - 1) / COARSE_STEP);
}

static uint32_t bytes_of(uint32_t class)
{
	if (class < FINE_BYTES_MAX / LINE)
		return (class + 1) * LINE;
	return FINE_BYTES_MAX + (class - FINE_BYTES_MAX / LINE + 1) * COARSE_STEP;
}

static void link_slab(uint32_t class, struct slab *slab)
{
	slab->previous = NULL;
	slab->next = with_room[class];
	if (slab->next)
		slab->next->previous = slab;
	with_room[class] = slab;
}

static void unlink_slab(uint32_t class, struct slab *slab)
{
	if (slab->previous)
		slab->previous->next = slab->next;
	else
		with_room[class] = slab->next;
	if (slab->next)
		slab->next->previous = slab->previous;
}

/* A region is never given back; its slabs' memory is. */
static void grow(void)
{
	size_t bytes = (size_t)(REGION_SLABS + 1) * SLAB_BYTES;
	uint8_t *region = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint32_t index;

	if (region == MAP_FAILED)
		return;
	region += (SLAB_BYTES - (uintptr_t)region % SLAB_BYTES) % SLAB_BYTES;
	for (index = 0; index < REGION_SLABS; index++) {
		struct slab *slab = (struct slab *)(region + (size_t)(REGION_SLABS - 1 - index) * SLAB_BYTES);

		slab->next = cold;
		cold = slab;
	}
}

static struct slab *take_empty(void)
{
	struct slab *slab = warm;

	if (slab) {
		warm = slab->next;
		warm_count--;
		return slab;
	}
	if (!cold)
		grow();
	slab = cold;
	if (slab)
		cold = slab->next;
	return slab;
}

static struct slab *begin(uint32_t class)
{
	struct slab *slab = take_empty();

	if (!slab)
		return NULL;
	if (slab->untouched > LINE) /* a warm one: what was given out is not zero */
		memset((uint8_t *)slab + LINE, 0, slab->untouched - LINE);
	*slab = (struct slab){.bytes = bytes_of(class), .untouched = LINE};
	link_slab(class, slab);
	return slab;
}

static void retire(struct slab *slab)
{
	slab->next = warm;
	warm = slab;
	warm_count++;
}

void weftd_slab_trim(void)
{
	struct slab *slab;
	uint32_t count;

	for (count = 0; count < TRIM_SLABS && warm_count > WARM_SLABS_MIN; count++) {
		slab = take_empty();
		if (madvise(slab, SLAB_BYTES, MADV_DONTNEED))
			memset(slab, 0, SLAB_BYTES);
		slab->next = cold;
		cold = slab;
	}
}

static bool has_room(const struct slab *slab)
{
	return slab->free || slab->untouched + slab->bytes <= SLAB_BYTES;
}

void *weftd_slab_alloc(size_t bytes)
{
	uint32_t class = class_of(bytes);
	struct slab *slab = with_room[class];
	struct object *object;

	if (!slab)
		slab = begin(class);
	if (!slab)
		return NULL;
	object = slab->free;
	if (object) {
		slab->free = object->next;
		memset(object, 0, slab->bytes);
	} else {
		object = (struct object *)((uint8_t *)slab + slab->untouched);
		slab->untouched += slab->bytes;
	}
	slab->used++;
	if (!has_room(slab))
		unlink_slab(class, slab);
	return object;
}

void weftd_slab_free(void *memory, size_t bytes)
{
	struct slab *slab = (struct slab *)((uintptr_t)memory & ~(uintptr_t)(SLAB_BYTES - 1));
	uint32_t class = class_of(bytes);
	struct object *object = memory;
	bool full = !has_room(slab);

	object->next = slab->free;
	slab->free = object;
	slab->used--;
	if (full)
		link_slab(class, slab);
	if (slab->used || (with_room[class] == slab && !slab->next))
		return; /* a class keeps one */
	unlink_slab(class, slab);
	retire(slab);
}
