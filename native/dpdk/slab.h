/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Small tables: objects of a few sizes in slabs of 64 KiB. A table that is replaced whole at every change, as the nodes of
 * routes are, costs a list operation instead of a walk through malloc's heap. A slab whose objects are all free serves any size
 * again.
 */
#ifndef WEFTD_SLAB_H
#define WEFTD_SLAB_H

#include <stddef.h>

#define WEFTD_SLAB_BYTES_MAX 8192u

/* Zeroed, aligned to a cache line; NULL: out of memory. 1 .. WEFTD_SLAB_BYTES_MAX bytes. Control. */
void *weftd_slab_alloc(size_t bytes);
/* The same bytes as it was taken with. Control. */
void weftd_slab_free(void *memory, size_t bytes);
/* Gives memory of empty slabs back to the kernel, little by little: after a bulk change much is empty for a moment. Control,
 * every tick. */
void weftd_slab_trim(void);

#endif
