/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Memory, clock, random numbers and deferred work of the host library. */
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <time.h>

#include "host.h"

#define MAPPED_BYTES (256u << 10) /* from here on straight from the kernel: zero pages cost nothing until touched */

static uint64_t allocated_bytes, fail_after, fail_count;
static _Thread_local struct weft_host_plane *current;

static size_t rounded(size_t bytes) { return (bytes + WEFT_CACHE_LINE - 1) & ~(size_t)(WEFT_CACHE_LINE - 1); }

void *weft_host_alloc(size_t bytes)
{
	void *memory;

	if (fail_count && !fail_after) {
		fail_count--;
		return NULL;
	}
	fail_after -= fail_after > 0;
	if (bytes >= MAPPED_BYTES) {
		memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
		if (memory == MAP_FAILED)
			return NULL;
	} else {
		memory = aligned_alloc(WEFT_CACHE_LINE, rounded(bytes ? bytes : 1));
		if (!memory)
			return NULL;
		memset(memory, 0, bytes);
	}
	__atomic_add_fetch(&allocated_bytes, bytes, __ATOMIC_RELAXED);
	return memory;
}

void weft_host_free(void *memory, size_t bytes)
{
	if (!memory)
		return;
	__atomic_sub_fetch(&allocated_bytes, bytes, __ATOMIC_RELAXED);
	if (bytes >= MAPPED_BYTES)
		munmap(memory, bytes);
	else
		free(memory);
}

void weft_host_fail_memory(uint64_t after, uint64_t count)
{
	fail_after = count ? after : 0;
	fail_count = count;
}

uint64_t weft_host_allocated_bytes(void) { return __atomic_load_n(&allocated_bytes, __ATOMIC_RELAXED); }

static void defer(struct weft_plane *plane, void (*callback)(struct weft_plane *, void *), void *argument, size_t bytes)
{
	/* While the plane is being made or unmade its host is not known to it, and no worker can be inside. */
	struct weft_host_plane *host = weft_plane_host(plane);
	struct weft_host_deferred *entry = malloc(sizeof(*entry));

	if (!entry)
		abort(); /* a test process without 40 bytes left has nothing more to tell */
	*entry = (struct weft_host_deferred){NULL, callback, argument, bytes};
	*host->deferred_end = entry;
	host->deferred_end = &entry->next;
}

void weft_host_free_deferred(struct weft_plane *plane, void *memory, size_t bytes)
{
	if (memory)
		defer(plane, NULL, memory, bytes);
}

void weft_host_call_deferred(struct weft_plane *plane, void (*callback)(struct weft_plane *, void *), void *argument)
{
	defer(plane, callback, argument, 0);
}

void weft_host_enter(struct weft_host_plane *host) { current = host; }

void weft_host_leave(struct weft_host_plane *host)
{
	while (host->deferred) {
		struct weft_host_deferred *entry = host->deferred;

		host->deferred = entry->next;
		if (!host->deferred)
			host->deferred_end = &host->deferred;
		if (entry->callback)
			entry->callback(host->plane, entry->argument);
		else
			weft_host_free(entry->argument, entry->bytes);
		free(entry);
	}
}

uint64_t weft_host_now_ns(void) { return current ? current->now_ns : 0; }

uint64_t weft_host_wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void weft_host_random(void *out, size_t bytes)
{
	uint8_t *byte = out;

	if (!current || !current->random_state) {
		while (bytes) {
			ssize_t got = getrandom(byte, bytes, 0);

			if (got < 0)
				abort(); /* getrandom(2) cannot fail for a valid buffer once the kernel has booted */
			byte += got;
			bytes -= (size_t)got;
		}
		return;
	}
	for (; bytes; bytes--) { /* xorshift64 (Marsaglia 2003), for repeatable tests */
		current->random_state ^= current->random_state << 13;
		current->random_state ^= current->random_state >> 7;
		current->random_state ^= current->random_state << 17;
		*byte++ = (uint8_t)(current->random_state >> 32);
	}
}
