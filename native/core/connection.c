/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Connection storage: a fixed array of pairs, and an index over both directions (buckets.c). Find takes no lock; insert and remove
 * lock the buckets they write.
 *
 * Life of a pair: FREE -> LIVE (insert) -> REMOVED (remove; no bucket leads to it, readers may still look) -> after a grace period
 * FREE again. Only live pairs are aged. Entries never used are never touched.
 *
 * Entries and states stand behind struct weft_shared, which may outlive the process; everything else is made anew from them.
 */
#include "connection.h"

#define WEFT_BUCKET_SLOTS 8u
#define AGE_ROUND_NS 10000000000ull /* every pair is looked at this often */
#define AGE_SLICE_PAIRS 65536u
#define AGE_AHEAD 8u /* pairs on their way to the cache */
#define NO_PAIR 0xffffffffu

enum pair_state { PAIR_FREE, PAIR_LIVE, PAIR_REMOVED };

void weft_connections_destroy(struct weft_plane *plane)
{
	struct weft_connections *c = plane->connections;

	if (!c)
		return;
	weft_buckets_destroy(c);
	weft_host_free(c->links, sizeof(*c->links) * c->pairs);
	weft_host_free(c->fin_ends, sizeof(*c->fin_ends) * 2 * c->pairs);
	weft_host_free(c, sizeof(*c));
	plane->connections = NULL;
}

uint32_t weft_connections_max(const struct weft_plane *plane) { return plane->connections->pairs; }
uint32_t weft_connections_live(const struct weft_plane *plane) { return __atomic_load_n(&plane->connections->live, __ATOMIC_RELAXED); }
uint32_t weft_connections_used(const struct weft_plane *plane) { return __atomic_load_n(plane->connections->used, __ATOMIC_ACQUIRE); }

bool weft_connection_live(struct weft_plane *plane, uint32_t index)
{
	struct weft_connections *c = plane->connections;

	return index / 2 < weft_connections_used(plane) && __atomic_load_n(&c->states[index / 2], __ATOMIC_ACQUIRE) == PAIR_LIVE;
}

uint32_t weft_connection_hash(struct weft_plane *plane, const struct weft_connection_key *key)
{
	return weft_connection_hash_of(plane->hash_keys, key);
}

struct weft_connection *weft_connection_at(struct weft_plane *plane, uint32_t index)
{
	return index < 2 * plane->connections->pairs ? &plane->connections->entries[index] : NULL;
}

uint32_t weft_connection_index(struct weft_plane *plane, const struct weft_connection *connection)
{
	return (uint32_t)(connection - plane->connections->entries);
}

struct weft_connection *weft_connection_reverse(struct weft_plane *plane, const struct weft_connection *connection)
{
	return &plane->connections->entries[weft_connection_index(plane, connection) ^ 1u];
}

uint32_t *weft_connection_fin_end(struct weft_plane *plane, const struct weft_connection *connection)
{
	return &plane->connections->fin_ends[weft_connection_index(plane, connection)];
}

/* Who a pair counts for, besides the table. NONE, or what has as many as it may have: then nothing is counted. */
static enum weft_drop charge(struct weft_plane *plane, const struct weft_connection *forward,
			     const struct weft_connection *reverse, uint32_t *account)
{
	enum weft_drop reason = weft_pressure_open(plane, forward, reverse, account);

	if (reason)
		return reason;
	if (weft_backend_open(plane, reverse->of_pair[WEFT_PAIR_BACKEND]))
		return WEFT_DROP_NONE;
	weft_pressure_close(plane, *account);
	return WEFT_DROP_BACKEND_CONNECTION_LIMIT;
}

/* A pair that was charged and never inserted. */
static void uncharge(struct weft_plane *plane, const struct weft_connection *reverse, uint32_t account)
{
	weft_pressure_close(plane, account);
	weft_backend_close(plane, reverse->of_pair[WEFT_PAIR_BACKEND], 0, 0, true);
}

/* Neither direction was being written when the worker died, and they are each other's. */
static bool is_whole(const struct weft_connections *c, uint32_t pair)
{
	const struct weft_connection *one = &c->entries[2 * pair], *other = one + 1;

	return c->states[pair] == PAIR_LIVE && !(one->sequence & 1) && !(other->sequence & 1);
}

/* No other thread is there yet. */
static bool adopt_pair(struct weft_plane *plane, uint32_t pair)
{
	struct weft_connections *c = plane->connections;
	struct weft_connection *one = &c->entries[2 * pair], *other = one + 1;
	uint32_t one_hash, other_hash;
	struct weft_bucket_set set;
	bool linked;

	if (!is_whole(c, pair))
		return false;
	one_hash = weft_connection_hash(plane, &one->key);
	other_hash = weft_connection_hash(plane, &other->key);
	set = weft_buckets_lock(c, one_hash, other_hash);
	if (weft_connection_find(plane, &one->key, one_hash) || weft_connection_find(plane, &other->key, other_hash) ||
	    !weft_buckets_link(&set, one_hash, 2 * pair)) {
		weft_buckets_unlock(&set);
		return false;
	}
	linked = weft_buckets_link(&set, other_hash, 2 * pair + 1);
	if (!linked)
		weft_buckets_unlink(&set, one_hash, 2 * pair);
	weft_buckets_unlock(&set);
	return linked;
}

/* What a worker left: whole live pairs are linked again, every other pair is free. */
static void adopt(struct weft_plane *plane)
{
	struct weft_connections *c = plane->connections;

	for (uint32_t pair = 0; pair < *c->used; pair++) {
		struct weft_connection *one = &c->entries[2 * pair];

		if (adopt_pair(plane, pair)) {
			c->live++;
			c->spare--;
			weft_pressure_adopt(plane, pair);
			weft_backend_adopt(plane, one[1].of_pair[WEFT_PAIR_BACKEND]);
			continue;
		}
		one[0].sequence = (one[0].sequence + 1) & ~1u;
		one[1].sequence = (one[1].sequence + 1) & ~1u;
		c->states[pair] = PAIR_FREE;
		c->links[pair] = c->free_list;
		c->free_list = pair;
	}
}

int weft_connections_create(struct weft_plane *plane, uint32_t pairs)
{
	struct weft_connections *c = weft_host_alloc(sizeof(*c));

	if (!c)
		return -ENOMEM;
	plane->connections = c;
	c->pairs = c->spare = pairs;
	c->free_list = c->removed_list = c->waiting_list = NO_PAIR;
	c->entries = (struct weft_connection *)(plane->shared + 1);
	c->states = (uint8_t *)(c->entries + 2 * (size_t)pairs);
	c->used = &plane->shared->used;
	c->links = weft_host_alloc(sizeof(*c->links) * pairs);
	c->fin_ends = weft_host_alloc(sizeof(*c->fin_ends) * 2 * pairs);
	if (weft_buckets_create(c, *c->used) || !c->links || !c->fin_ends || weft_pressure_create(plane, pairs))
		return -ENOMEM;
	adopt(plane);
	return 0;
}

static uint32_t take_pair(struct weft_plane *plane, uint32_t account)
{
	struct weft_connections *c = plane->connections;
	uint32_t pair = NO_PAIR;

	if (!weft_pressure_relieve(plane, account, __atomic_load_n(&c->spare, __ATOMIC_RELAXED)))
		return NO_PAIR;
	weft_spin_lock(&c->lock);
	if (c->free_list != NO_PAIR) {
		pair = c->free_list;
		c->free_list = c->links[pair];
	} else if (*c->used < c->pairs) {
		pair = *c->used;
		__atomic_store_n(c->used, pair + 1, __ATOMIC_RELEASE);
	}
	if (pair != NO_PAIR) {
		__atomic_store_n(&c->live, c->live + 1, __ATOMIC_RELAXED);
		__atomic_store_n(&c->spare, c->spare - 1, __ATOMIC_RELAXED);
	}
	weft_spin_unlock(&c->lock);
	return pair;
}

/* A pair that no reader can have seen goes back at once. */
static void put_pair(struct weft_connections *c, uint32_t pair)
{
	weft_spin_lock(&c->lock);
	c->links[pair] = c->free_list;
	c->free_list = pair;
	__atomic_store_n(&c->live, c->live - 1, __ATOMIC_RELAXED);
	__atomic_store_n(&c->spare, c->spare + 1, __ATOMIC_RELAXED);
	weft_spin_unlock(&c->lock);
}

static void fill_entry(struct weft_connection *entry, const struct weft_connection *from)
{
	uint32_t sequence = entry->sequence;

	*entry = *from;
	entry->sequence = sequence + 2; /* even: whoever remembers the slot's earlier life sees a change */
}

/* A pair that was live, or was about to be, is out of every bucket; readers may still look at it. */
static void retire_pair(struct weft_plane *plane, uint32_t pair)
{
	struct weft_connections *c = plane->connections;
	const struct weft_connection *one = &c->entries[2 * pair], *other = one + 1;

	weft_pressure_retire(plane, pair);
	weft_backend_close(
	    plane, other->of_pair[WEFT_PAIR_BACKEND],
	    __atomic_load_n(&one->packets, __ATOMIC_RELAXED) + __atomic_load_n(&other->packets, __ATOMIC_RELAXED),
	    __atomic_load_n(&one->bytes, __ATOMIC_RELAXED) + __atomic_load_n(&other->bytes, __ATOMIC_RELAXED), false);
	weft_spin_lock(&c->lock);
	c->links[pair] = c->removed_list;
	c->removed_list = pair;
	__atomic_store_n(&c->live, c->live - 1, __ATOMIC_RELAXED);
	weft_spin_unlock(&c->lock);
}

struct weft_connection *weft_connection_insert(struct weft_plane *plane, uint32_t worker, const struct weft_connection *forward,
						const struct weft_connection *reverse, enum weft_drop *refused)
{
	struct weft_connections *c = plane->connections;
	uint32_t one = weft_connection_hash(plane, &forward->key), other = weft_connection_hash(plane, &reverse->key);
	struct weft_connection *present;
	struct weft_bucket_set set;
	uint32_t pair, account;
	bool linked;

	(void)worker;
	*refused = charge(plane, forward, reverse, &account);
	if (*refused)
		return NULL;
	pair = take_pair(plane, account);
	if (pair == NO_PAIR) {
		uncharge(plane, reverse, account);
		*refused = WEFT_DROP_CONNECTION_LIMIT;
		return NULL;
	}
	set = weft_buckets_lock(c, one, other);
	present = weft_connection_find(plane, &forward->key, one);
	if (present || weft_connection_find(plane, &reverse->key, other)) {
		weft_buckets_unlock(&set);
		uncharge(plane, reverse, account);
		put_pair(c, pair);
		return present;
	}
	fill_entry(&c->entries[2 * pair], forward);
	fill_entry(&c->entries[2 * pair + 1], reverse);
	c->entries[2 * pair].of_pair[WEFT_PAIR_CREATED] = weft_ticks(weft_host_now_ns());
	c->entries[2 * pair].of_pair[WEFT_PAIR_OWNER] = forward->vif_id;
	weft_pressure_note(plane, pair, account);
	linked = weft_buckets_link(&set, one, 2 * pair);
	if (linked && !weft_buckets_link(&set, other, 2 * pair + 1)) {
		/* a reader may have seen the first direction: it is a removed pair now */
		weft_buckets_unlink(&set, one, 2 * pair);
		linked = false;
	}
	__atomic_store_n(&c->states[pair], linked ? PAIR_LIVE : PAIR_REMOVED, __ATOMIC_RELEASE);
	weft_buckets_unlock(&set);
	if (linked)
		return &c->entries[2 * pair];
	retire_pair(plane, pair);
	*refused = WEFT_DROP_CONNECTION_LIMIT;
	return NULL;
}

void weft_connection_remove(struct weft_plane *plane, struct weft_connection *connection)
{
	struct weft_connections *c = plane->connections;
	uint32_t pair = weft_connection_index(plane, connection) / 2;
	struct weft_connection *one = &c->entries[2 * pair], *other = one + 1;
	uint32_t one_hash = weft_connection_hash(plane, &one->key), other_hash = weft_connection_hash(plane, &other->key);
	struct weft_bucket_set set = weft_buckets_lock(c, one_hash, other_hash);
	bool mine = c->states[pair] == PAIR_LIVE;

	if (mine) {
		__atomic_store_n(&c->states[pair], PAIR_REMOVED, __ATOMIC_RELEASE);
		weft_buckets_unlink(&set, one_hash, 2 * pair);
		weft_buckets_unlink(&set, other_hash, 2 * pair + 1);
	}
	weft_buckets_unlock(&set);
	if (!mine)
		return; /* another thread was first */
	weft_nat_pool_release_pair(plane, one);
	retire_pair(plane, pair);
}

void weft_connection_lock(struct weft_plane *plane, struct weft_connection *connection)
{
	uint32_t first = weft_connection_index(plane, connection) & ~1u;
	struct weft_connection *one = &plane->connections->entries[first];

	for (;;) {
		uint32_t even = __atomic_load_n(&one->sequence, __ATOMIC_RELAXED) & ~1u;

		if (__atomic_compare_exchange_n(&one->sequence, &even, even + 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
			break;
		__builtin_ia32_pause();
	}
	weft_put(one[1].sequence, weft_get(one[1].sequence) + 1);
	__atomic_thread_fence(__ATOMIC_RELEASE);
}

void weft_connection_unlock(struct weft_plane *plane, struct weft_connection *connection)
{
	uint32_t first = weft_connection_index(plane, connection) & ~1u;
	struct weft_connection *one = &plane->connections->entries[first];

	__atomic_store_n(&one[1].sequence, weft_get(one[1].sequence) + 1, __ATOMIC_RELEASE);
	__atomic_store_n(&one->sequence, weft_get(one->sequence) + 1, __ATOMIC_RELEASE);
}

void weft_connection_copy(const struct weft_connection *connection, struct weft_connection *copy)
{
	const uint64_t *from = (const uint64_t *)connection;
	uint64_t *to = (uint64_t *)copy;
	uint32_t sequence;

	for (;;) {
		sequence = __atomic_load_n(&connection->sequence, __ATOMIC_ACQUIRE);
		for (uint32_t i = 0; i < sizeof(*copy) / sizeof(*to); i++)
			to[i] = __atomic_load_n(&from[i], __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
		if (!(sequence & 1) && weft_get(connection->sequence) == sequence)
			return;
		__builtin_ia32_pause();
	}
}

/* A grace period has passed: nobody looks at the waiting pairs any more. */
static void release_waiting(struct weft_plane *plane, void *argument)
{
	struct weft_connections *c = plane->connections;

	(void)argument;
	while (c->waiting_list != NO_PAIR) {
		uint32_t pair = c->waiting_list;

		c->waiting_list = c->links[pair];
		__atomic_store_n(&c->states[pair], PAIR_FREE, __ATOMIC_RELEASE);
		weft_spin_lock(&c->lock);
		c->links[pair] = c->free_list;
		c->free_list = pair;
		__atomic_store_n(&c->spare, c->spare + 1, __ATOMIC_RELAXED);
		weft_spin_unlock(&c->lock);
	}
	c->waiting = false;
}

void weft_connections_tick(struct weft_plane *plane, uint64_t now_ns)
{
	struct weft_connections *c = plane->connections;
	uint32_t used = weft_connections_used(plane);
	uint64_t elapsed = c->aged_ns && now_ns > c->aged_ns ? now_ns - c->aged_ns : 0;
	uint64_t slice;

	if (elapsed > AGE_ROUND_NS)
		elapsed = AGE_ROUND_NS;
	slice = used * (elapsed / 1000) / (AGE_ROUND_NS / 1000) + 1;
	if (slice > AGE_SLICE_PAIRS)
		slice = AGE_SLICE_PAIRS;
	c->aged_ns = now_ns;
	for (; slice && used; slice--) {
		uint32_t pair = c->age_next < used ? c->age_next : 0;

		c->age_next = pair + 1;
		for (uint32_t line = 0; line < 2 * sizeof(struct weft_connection); line += WEFT_CACHE_LINE)
			__builtin_prefetch(
			    (const uint8_t *)&c->entries[2 * (pair + AGE_AHEAD < used ? pair + AGE_AHEAD : pair)] + line);
		if (__atomic_load_n(&c->states[pair], __ATOMIC_ACQUIRE) == PAIR_LIVE &&
		    weft_connection_expired(plane, &c->entries[2 * pair], now_ns))
			weft_connection_remove(plane, &c->entries[2 * pair]);
	}
	weft_buckets_tick(plane);
	if (c->waiting)
		return;
	weft_spin_lock(&c->lock);
	c->waiting_list = c->removed_list;
	c->removed_list = NO_PAIR;
	weft_spin_unlock(&c->lock);
	if (c->waiting_list != NO_PAIR) {
		c->waiting = true;
		weft_host_call_deferred(plane, release_waiting, NULL);
	}
}
