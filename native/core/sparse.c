/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "sparse.h"

#define PAGE_BYTES (WEFT_SPARSE_PAGE * sizeof(uint64_t))

int weft_sparse_create(struct weft_sparse *sparse, uint32_t limit)
{
	uint32_t pages = limit / WEFT_SPARSE_PAGE;

	sparse->pages = weft_host_alloc(pages * sizeof(*sparse->pages));
	sparse->used = weft_host_alloc(pages * sizeof(*sparse->used));
	sparse->limit = limit;
	return sparse->pages && sparse->used ? 0 : -ENOMEM;
}

void weft_sparse_destroy(struct weft_sparse *sparse)
{
	uint32_t pages = sparse->limit / WEFT_SPARSE_PAGE;

	for (uint32_t i = 0; sparse->pages && i < sparse->top; i++)
		if (sparse->pages[i])
			weft_host_free(sparse->pages[i], PAGE_BYTES);
	if (sparse->pages)
		weft_host_free(sparse->pages, pages * sizeof(*sparse->pages));
	if (sparse->used)
		weft_host_free(sparse->used, pages * sizeof(*sparse->used));
	sparse->pages = NULL;
	sparse->used = NULL;
	sparse->limit = 0;
}

int weft_sparse_reserve(struct weft_plane *plane, struct weft_sparse *sparse, uint32_t id)
{
	uint32_t page = id / WEFT_SPARSE_PAGE;
	uint64_t *memory;

	(void)plane;
	if (sparse->pages[page])
		return 0;
	memory = weft_host_alloc(PAGE_BYTES);
	if (!memory)
		return -ENOMEM;
	weft_store(sparse->pages[page], memory);
	if (sparse->top <= page)
		sparse->top = page + 1;
	return 0;
}

void weft_sparse_set(struct weft_plane *plane, struct weft_sparse *sparse, uint32_t id, uint64_t value)
{
	uint32_t number = id / WEFT_SPARSE_PAGE;
	uint64_t *page = sparse->pages[number];
	uint64_t *slot = &page[id % WEFT_SPARSE_PAGE];

	if (!*slot && value)
		sparse->used[number]++;
	else if (*slot && !value)
		sparse->used[number]--;
	weft_store(*slot, value);
	if (!sparse->used[number]) {
		weft_store(sparse->pages[number], (uint64_t *)NULL);
		weft_host_free_deferred(plane, page, PAGE_BYTES);
	}
}

uint32_t weft_sparse_next(const struct weft_sparse *sparse, uint32_t from)
{
	for (uint32_t id = from; id < sparse->top * WEFT_SPARSE_PAGE;) {
		uint32_t page = id / WEFT_SPARSE_PAGE;

		if (!sparse->used[page]) {
			id = (page + 1) * WEFT_SPARSE_PAGE;
			continue;
		}
		if (sparse->pages[page][id % WEFT_SPARSE_PAGE])
			return id;
		id++;
	}
	return sparse->limit;
}
