/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "sort.h"

#define RUN 8u

void weft_sort_numbers(uint32_t *items, uint32_t count)
{
	for (uint32_t i = 1; i < count; i++) {
		uint32_t item = items[i], at = i;

		for (; at > 0 && item < items[at - 1]; at--)
			items[at] = items[at - 1];
		items[at] = item;
	}
}

static void sort_run(uint32_t *items, uint32_t count, bool (*before)(const void *, uint32_t, uint32_t), const void *context)
{
	for (uint32_t i = 1; i < count; i++) {
		uint32_t item = items[i], at = i;

		for (; at > 0 && before(context, item, items[at - 1]); at--)
			items[at] = items[at - 1];
		items[at] = item;
	}
}

/* Two sorted parts of `items`, of which the second begins at `middle`, become one. */
static void merge(uint32_t *items, uint32_t *scratch, uint32_t middle, uint32_t count,
		  bool (*before)(const void *, uint32_t, uint32_t), const void *context)
{
	uint32_t left = 0, right = middle, out = 0;

	if (!before(context, items[middle], items[middle - 1]))
		return;
	memcpy(scratch, items, middle * sizeof(*items));
	while (left < middle && right < count)
		items[out++] = before(context, items[right], scratch[left]) ? items[right++] : scratch[left++];
	memcpy(items + out, scratch + left, (middle - left) * sizeof(*items));
}

void weft_sort(uint32_t *items, uint32_t *scratch, uint32_t count, bool (*before)(const void *, uint32_t, uint32_t),
	       const void *context)
{
	for (uint32_t at = 0; at < count; at += RUN)
		sort_run(items + at, count - at < RUN ? count - at : RUN, before, context);
	for (uint32_t width = RUN; width < count; width *= 2) {
		for (uint32_t at = 0; count - at > width; at += 2 * width) {
			merge(items + at, scratch, width, count - at < 2 * width ? count - at : 2 * width, before, context);
			if (count - at <= 2 * width)
				break;
		}
	}
}
