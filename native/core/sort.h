/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef WEFT_CORE_SORT_H
#define WEFT_CORE_SORT_H

#include "weft_types.h"

/* Stable merge sort, quick on what is sorted in parts. `scratch` has room for `count` items. */
void weft_sort(uint32_t *items, uint32_t *scratch, uint32_t count,
	       bool (*before)(const void *context, uint32_t one, uint32_t other), const void *context);
/* Few numbers, ascending. */
void weft_sort_numbers(uint32_t *items, uint32_t count);

#endif
