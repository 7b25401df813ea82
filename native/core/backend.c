/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Lives of backends: what is counted of them, and the ids by which connections remember them. A life begins with the first
 * service message that has the backend and ends when no service has it, no worker can choose it any more and its last
 * connection is over. Slots stand in settings.shared, so that a worker that takes over finds the ids its connections hold, and
 * counts on.
 */
#include "plane.h"

#define SLOT_MASK (WEFT_BACKEND_LIMIT - 1)
#define GENERATIONS (0xffffffffu / WEFT_BACKEND_LIMIT) /* 1 .. so many */
#define KEY_BUCKETS 65536u
#define IDLE_PER_TICK 64u

static uint32_t slot_of(uint32_t backend_id)
{
	return backend_id & SLOT_MASK;
}

static uint32_t key_bucket(uint32_t service_id, const uint8_t *key)
{
	uint64_t words[2];

	memcpy(words, key, sizeof(words));
	words[0] = (words[0] ^ service_id) * 0x9e3779b97f4a7c15ull + words[1];
	words[0] = (words[0] ^ words[0] >> 32) * 0xd6e8feb86659fd93ull;
	return (uint32_t)(words[0] >> 48) % KEY_BUCKETS;
}

static struct weft_backend_life *life_get(struct weft_plane *plane, uint32_t backend_id)
{
	struct weft_backend_life *life = backend_id ? weft_sparse_pointer(&plane->backends, slot_of(backend_id)) : NULL;

	return life && life->backend_id == backend_id ? life : NULL;
}

const uint8_t *weft_backend_key(struct weft_plane *plane, uint32_t service_id, uint32_t backend_id)
{
	const struct weft_backend_life *life = life_get(plane, backend_id);

	return life && life->service_id == service_id ? life->key : NULL;
}

/* A life in a slot that is its own. NULL: no memory. */
static struct weft_backend_life *begin(struct weft_plane *plane, uint32_t slot, uint32_t service_id, const uint8_t *key)
{
	struct weft_backend_life *life = weft_host_alloc(sizeof(*life));
	uint32_t bucket = key_bucket(service_id, key);

	if (!life || weft_sparse_reserve(plane, &plane->backends, slot) ||
	    weft_sparse_reserve(plane, &plane->backend_keys, bucket)) {
		weft_host_free(life, sizeof(*life));
		return NULL;
	}
	life->counts = &plane->backend_slots[slot].counts;
	life->backend_id = plane->backend_slots[slot].generation * WEFT_BACKEND_LIMIT + slot;
	life->service_id = service_id;
	memcpy(life->key, key, WEFT_KEY_BYTES);
	life->next = weft_sparse_pointer(&plane->backend_keys, bucket);
	weft_sparse_set(plane, &plane->backend_keys, bucket, (uintptr_t)life);
	weft_sparse_set(plane, &plane->backends, slot, (uintptr_t)life);
	plane->backend_count++;
	return life;
}

static void enqueue(struct weft_plane *plane, struct weft_backend_life *life)
{
	if (life->queued)
		return;
	life->queued = true;
	life->idle_next = NULL;
	*plane->idle_last = life;
	plane->idle_last = &life->idle_next;
}

int weft_backends_create(struct weft_plane *plane)
{
	plane->idle_last = &plane->idle_first;
	if (weft_sparse_create(&plane->backends, WEFT_BACKEND_LIMIT) || weft_sparse_create(&plane->backend_keys, KEY_BUCKETS))
		return -ENOMEM;
	for (uint32_t slot = 0; slot < plane->shared->backends_used; slot++) {
		const struct weft_shared_backend *shared = &plane->backend_slots[slot];
		struct weft_backend_life *life;

		if (!shared->service_id)
			continue;
		life = begin(plane, slot, shared->service_id, shared->key);
		if (!life)
			return -ENOMEM;
		enqueue(plane, life); /* its service is on its way, or is not */
	}
	return 0;
}

void weft_backends_destroy(struct weft_plane *plane)
{
	struct weft_sparse *all = &plane->backends;

	for (uint32_t slot = weft_sparse_next(all, 0); all->pages && slot < all->limit; slot = weft_sparse_next(all, slot + 1))
		weft_host_free(weft_sparse_pointer(all, slot), sizeof(struct weft_backend_life));
	weft_sparse_destroy(all);
	weft_sparse_destroy(&plane->backend_keys);
}

/* A free slot, taken for this backend. WEFT_BACKEND_LIMIT: none. */
static uint32_t take_slot(struct weft_plane *plane, uint32_t service_id, const uint8_t *key)
{
	struct weft_shared *shared = plane->shared;

	if (plane->backend_count >= WEFT_BACKEND_LIMIT)
		return WEFT_BACKEND_LIMIT;
	for (uint32_t tries = 0; tries < WEFT_BACKEND_LIMIT; tries++) {
		uint32_t slot = plane->backend_next;
		struct weft_shared_backend *entry = &plane->backend_slots[slot];

		plane->backend_next = (slot + 1) & SLOT_MASK;
		if (slot < shared->backends_used && entry->service_id)
			continue;
		entry->generation = entry->generation % GENERATIONS + 1;
		memcpy(entry->key, key, WEFT_KEY_BYTES);
		memset(&entry->counts, 0, sizeof(entry->counts));
		__atomic_store_n(&entry->service_id, service_id, __ATOMIC_RELEASE); /* behind the key: half a slot is none */
		if (slot >= shared->backends_used)
			__atomic_store_n(&shared->backends_used, slot + 1, __ATOMIC_RELEASE);
		return slot;
	}
	return WEFT_BACKEND_LIMIT;
}

struct weft_backend_life *weft_backend_live(struct weft_plane *plane, uint32_t service_id, const uint8_t *key)
{
	struct weft_backend_life *life = weft_sparse_pointer(&plane->backend_keys, key_bucket(service_id, key));
	uint32_t slot;

	while (life && (life->service_id != service_id || memcmp(life->key, key, WEFT_KEY_BYTES)))
		life = life->next;
	if (life)
		return life;
	slot = take_slot(plane, service_id, key);
	if (slot == WEFT_BACKEND_LIMIT)
		return NULL;
	life = begin(plane, slot, service_id, key);
	if (!life)
		plane->backend_slots[slot].service_id = 0;
	else
		enqueue(plane, life); /* until a service has it */
	return life;
}

/* A grace period after the life lost its service: no worker that saw it there is left. */
static void quiet(struct weft_plane *plane, void *argument)
{
	struct weft_backend_life *life = argument;

	life->waiting--;
	if (!life->used)
		enqueue(plane, life);
}

void weft_backend_use(struct weft_plane *plane, struct weft_backend_life *life, bool used)
{
	life->used = used;
	if (used)
		return;
	life->waiting++;
	weft_host_call_deferred(plane, quiet, life);
}

static void end(struct weft_plane *plane, struct weft_backend_life *life)
{
	uint32_t bucket = key_bucket(life->service_id, life->key), slot = slot_of(life->backend_id);
	struct weft_backend_life *at = weft_sparse_pointer(&plane->backend_keys, bucket);

	if (at == life) {
		weft_sparse_set(plane, &plane->backend_keys, bucket, (uintptr_t)life->next);
	} else {
		while (at->next != life)
			at = at->next;
		at->next = life->next;
	}
	weft_sparse_set(plane, &plane->backends, slot, 0);
	plane->backend_slots[slot].service_id = 0;
	plane->backend_count--;
	weft_host_free_deferred(plane, life, sizeof(*life));
}

void weft_backends_tick(struct weft_plane *plane)
{
	for (uint32_t i = 0; i < IDLE_PER_TICK && plane->idle_first && !plane->restoring; i++) {
		struct weft_backend_life *life = plane->idle_first;

		plane->idle_first = life->idle_next;
		if (!plane->idle_first)
			plane->idle_last = &plane->idle_first;
		life->queued = false;
		if (life->used || life->waiting) /* `quiet` puts it back */
			continue;
		if (__atomic_load_n(&life->live, __ATOMIC_ACQUIRE))
			enqueue(plane, life);
		else
			end(plane, life);
	}
}

/* ---- counted by workers ---- */

bool weft_backend_open(struct weft_plane *plane, uint32_t backend_id)
{
	struct weft_backend_life *life = life_get(plane, backend_id);
	uint32_t live, most;

	if (!life)
		return true;
	live = __atomic_add_fetch(&life->live, 1, __ATOMIC_RELAXED);
	most = __atomic_load_n(&life->connections_max, __ATOMIC_RELAXED);
	if (most && live > most) {
		__atomic_sub_fetch(&life->live, 1, __ATOMIC_RELAXED);
		return false;
	}
	__atomic_add_fetch(&life->counts->connections, 1, __ATOMIC_RELAXED);
	return true;
}

void weft_backend_close(struct weft_plane *plane, uint32_t backend_id, uint64_t packets, uint64_t bytes, bool undo)
{
	struct weft_backend_life *life = life_get(plane, backend_id);

	if (!life)
		return;
	if (undo) {
		__atomic_sub_fetch(&life->counts->connections, 1, __ATOMIC_RELAXED);
	} else {
		__atomic_add_fetch(&life->counts->packets, packets, __ATOMIC_RELAXED);
		__atomic_add_fetch(&life->counts->bytes, bytes, __ATOMIC_RELAXED);
	}
	__atomic_sub_fetch(&life->live, 1, __ATOMIC_RELEASE);
}

void weft_backend_adopt(struct weft_plane *plane, uint32_t backend_id)
{
	struct weft_backend_life *life = life_get(plane, backend_id);

	if (life)
		life->live++;
}
