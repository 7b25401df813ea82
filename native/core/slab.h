/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Memory for the many small objects of the tables (routes, nodes of the tries), packed in chunks: a heap block of its own would
 * cost an object of 24 bytes 64 or more. Readers may look at objects until a grace period after weft_slab_retire. Everything
 * here is the control thread's.
 */
#ifndef WEFT_CORE_SLAB_H
#define WEFT_CORE_SLAB_H

#include "weft_tables.h"

/* Largest object. */
#define WEFT_SLAB_BYTES_MAX 8128u

/* 0 or -ENOMEM; sets plane->slab. */
int weft_slab_create(struct weft_plane *plane);
/* No reader is left: frees every object. */
void weft_slab_destroy(struct weft_plane *plane);
/* Aligned to 8 bytes, not zeroed; NULL: out of memory. 1 <= bytes <= WEFT_SLAB_BYTES_MAX. */
void *weft_slab_alloc(struct weft_plane *plane, uint32_t bytes);
/* Gives back what no reader has seen. NULL is allowed. */
void weft_slab_free(struct weft_plane *plane, void *memory);
/* Gives back what readers may hold, after a grace period that weft_slab_tick (or many retired bytes) begins. Never fails. */
void weft_slab_retire(struct weft_plane *plane, void *memory, uint32_t bytes);
void weft_slab_tick(struct weft_plane *plane);

#endif
