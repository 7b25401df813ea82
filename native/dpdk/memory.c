/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "memory.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <rte_rcu_qsbr.h>

#include "log.h"
#include "slab.h"
#include "weft_host.h"

/* From this size on memory comes as untouched zero pages, so that an empty table costs nothing. */
#define MAP_BYTES (64u << 10)
/* From this size on they are huge ones where the kernel has them: a hit at random in a table of small pages waits for the page table. */
#define HUGE_FROM (1u << 20)
#define HUGE_BYTES (2u << 20)

struct deferred {
	struct deferred *next;
	uint64_t token;
	struct weft_plane *plane;
	void (*callback)(struct weft_plane *, void *); /* NULL: free memory */
	void *argument;
	size_t bytes;
};

static struct rte_rcu_qsbr *qsbr;
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER; /* guards the queue: workers may defer too */
static struct deferred *first, **last = &first;
static struct deferred *spare; /* entries to be used again */
static uint32_t calls_pending;

#define RUN_BATCH 64u

/* Bytes of address space: of whole huge pages from HUGE_FROM on. */
static size_t mapped_bytes(size_t bytes)
{
	return bytes >= HUGE_FROM ? (bytes + HUGE_BYTES - 1) / HUGE_BYTES * HUGE_BYTES : bytes;
}

static void *map(size_t bytes)
{
	size_t mapped = mapped_bytes(bytes), align = bytes >= HUGE_FROM ? HUGE_BYTES : 0, before;
	uint8_t *memory = mmap(NULL, mapped + align, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (memory == MAP_FAILED)
		return NULL;
	if (!align) {
		madvise(memory, bytes, MADV_NOHUGEPAGE);
		return memory;
	}
	before = (align - (uintptr_t)memory % align) % align;
	if (before)
		munmap(memory, before);
	munmap(memory + before + mapped, align - before);
	madvise(memory + before, mapped, MADV_HUGEPAGE);
	return memory + before;
}

void *weft_host_alloc(size_t bytes)
{
	void *memory;

	if (bytes == 0)
		return NULL;
	if (bytes >= MAP_BYTES)
		return map(bytes);
	if (bytes <= WEFTD_SLAB_BYTES_MAX)
		return weftd_slab_alloc(bytes);
	if (posix_memalign(&memory, WEFT_CACHE_LINE, bytes))
		return NULL;
	return memset(memory, 0, bytes);
}

void weft_host_free(void *memory, size_t bytes)
{
	if (!memory)
		return;
	if (bytes >= MAP_BYTES)
		munmap(memory, mapped_bytes(bytes));
	else if (bytes <= WEFTD_SLAB_BYTES_MAX)
		weftd_slab_free(memory, bytes);
	else
		free(memory);
}

int weftd_memory_open(void)
{
	size_t bytes = rte_rcu_qsbr_get_memsize(WEFT_WORKERS_MAX);

	qsbr = weft_host_alloc(bytes);
	if (!qsbr)
		return -ENOMEM;
	return rte_rcu_qsbr_init(qsbr, WEFT_WORKERS_MAX) ? -EINVAL : 0;
}

void weftd_memory_close(void)
{
	struct deferred *entry;

	while ((entry = spare)) {
		spare = entry->next;
		free(entry);
	}
	weft_host_free(qsbr, rte_rcu_qsbr_get_memsize(WEFT_WORKERS_MAX));
	qsbr = NULL;
}

int weftd_rcu_register(uint32_t worker) { return rte_rcu_qsbr_thread_register(qsbr, worker); }

void weftd_rcu_unregister(uint32_t worker) { rte_rcu_qsbr_thread_unregister(qsbr, worker); }

void weftd_rcu_online(uint32_t worker) { rte_rcu_qsbr_thread_online(qsbr, worker); }

void weftd_rcu_offline(uint32_t worker) { rte_rcu_qsbr_thread_offline(qsbr, worker); }

void weftd_rcu_quiescent(uint32_t worker) { rte_rcu_qsbr_quiescent(qsbr, worker); }

void weftd_rcu_synchronize(void)
{
	uint64_t token = rte_rcu_qsbr_start(qsbr);

	while (rte_rcu_qsbr_check(qsbr, token, false) == 0)
		sched_yield();
}

static bool defer(struct weft_plane *plane, void (*callback)(struct weft_plane *, void *), void *argument, size_t bytes)
{
	struct deferred *entry;

	pthread_mutex_lock(&mutex);
	entry = spare;
	if (entry)
		spare = entry->next;
	else
		entry = malloc(sizeof(*entry));
	if (entry) {
		*entry = (struct deferred){.plane = plane, .callback = callback, .argument = argument, .bytes = bytes};
		entry->token = rte_rcu_qsbr_start(qsbr);
		*last = entry;
		last = &entry->next;
		if (callback)
			calls_pending++;
	}
	pthread_mutex_unlock(&mutex);
	return entry != NULL;
}

void weft_host_free_deferred(struct weft_plane *plane, void *memory, size_t bytes)
{
	if (memory && !defer(plane, NULL, memory, bytes))
		weftd_log("out of memory: %zu bytes of a retired table are lost", bytes);
}

void weft_host_call_deferred(struct weft_plane *plane, void (*callback)(struct weft_plane *, void *), void *argument)
{
	if (defer(plane, callback, argument, 0))
		return;
	weftd_rcu_synchronize();
	callback(plane, argument);
}

bool weftd_deferred_calls_pending(void)
{
	bool pending;

	pthread_mutex_lock(&mutex);
	pending = calls_pending > 0;
	pthread_mutex_unlock(&mutex);
	return pending;
}

/* Takes at most a batch whose grace period is over off the queue; entries that came back are spare. */
static struct deferred *take_batch(struct deferred *used, struct deferred *used_end, bool calls, bool *left)
{
	struct deferred *batch = NULL, **end = &batch;
	uint32_t count;

	pthread_mutex_lock(&mutex);
	if (used) {
		used_end->next = spare;
		spare = used;
	}
	for (count = 0; count < RUN_BATCH && first && rte_rcu_qsbr_check(qsbr, first->token, false); count++) {
		if (first->callback && !calls)
			break;
		*end = first;
		end = &first->next;
		if (first->callback)
			calls_pending--;
		first = first->next;
	}
	*end = NULL;
	if (!first)
		last = &first;
	*left = first != NULL;
	pthread_mutex_unlock(&mutex);
	return batch;
}

static bool run_queue(bool calls)
{
	struct deferred *batch = NULL, *end = NULL, *entry;
	bool left;

	while ((batch = take_batch(batch, end, calls, &left))) {
		for (entry = batch; entry; entry = entry->next) {
			if (entry->callback)
				entry->callback(entry->plane, entry->argument);
			else
				weft_host_free(entry->argument, entry->bytes);
			end = entry;
		}
	}
	return left;
}

bool weftd_deferred_run(void)
{
	return run_queue(true);
}

void weftd_deferred_free(void)
{
	run_queue(false);
}

void weftd_deferred_flush(void)
{
	while (weftd_deferred_run())
		sched_yield();
}
