/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Array of 8-byte slots over a large range of ids: pages of 256 slots, allocated when first used, freed when empty. */
#ifndef WEFT_CORE_SPARSE_H
#define WEFT_CORE_SPARSE_H

#include "weft_tables.h"

#define WEFT_SPARSE_PAGE 256u

struct weft_sparse {
	uint64_t **pages; /* [limit / 256] */
	uint16_t *used;   /* per page; control thread */
	uint32_t limit, top; /* top: above every page ever used; control thread */
};

/* 0 or -ENOMEM. `limit` is a multiple of 256. */
int weft_sparse_create(struct weft_sparse *sparse, uint32_t limit);
/* No reader is left. Pages go; what slots point to is the caller's. */
void weft_sparse_destroy(struct weft_sparse *sparse);
/* Makes the page of `id` exist, so that weft_sparse_set cannot fail. 0 or -ENOMEM. */
int weft_sparse_reserve(struct weft_plane *plane, struct weft_sparse *sparse, uint32_t id);
/* `value` 0 empties the slot and may free its page later. Control thread. */
void weft_sparse_set(struct weft_plane *plane, struct weft_sparse *sparse, uint32_t id, uint64_t value);
/* Smallest id >= `from` whose slot is not 0, or `limit`. Control thread. */
uint32_t weft_sparse_next(const struct weft_sparse *sparse, uint32_t from);

/* Worker or control context. 0 when there is none. */
static inline uint64_t weft_sparse_get(const struct weft_sparse *sparse, uint32_t id)
{
	uint64_t *page;

	if (WEFT_UNLIKELY(id >= sparse->limit))
		return 0;
	page = weft_load(sparse->pages[id / WEFT_SPARSE_PAGE]);
	return WEFT_LIKELY(page != NULL) ? weft_load(page[id % WEFT_SPARSE_PAGE]) : 0;
}

static inline void *weft_sparse_pointer(const struct weft_sparse *sparse, uint32_t id)
{
	return (void *)(uintptr_t)weft_sparse_get(sparse, id);
}

#endif
