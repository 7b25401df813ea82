/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The index of the connection table: a bucket hash of two choices. A bucket is one cache line: eight signatures, eight indexes, a lock.
 * It is kept small, so that what is in use lies close together, and grows with the connections, while packets are looked up:
 *
 *   STILL      next is NULL
 *   PREPARED   next is there, and empty. After a grace period everybody who inserts locks its buckets too.
 *   MOVING     new entries go to next. After a grace period nothing new comes to table.
 *   DRAINING   the control thread moves what is in table, a slice of buckets a tick
 *   SWITCHED   table is next; after a grace period next is NULL and the old table is free
 *   RESTING    for a grace period more, so that nobody takes a new next for the one that entries moved to
 *
 * An entry that moves is in next before it leaves table, so whoever looks in table first and then in next cannot miss it. Who inserts
 * locks the buckets of both hashes in table, then in next, each ascending, before it looks whether the keys are there: two that know
 * different pairs of tables have one in common.
 */
#include "connection.h"

#define BUCKETS_FIRST 65536u /* 4 MiB: full after 0.2 s of a million new connections a second, which is four ticks */
#define BUCKETS_LEAST 256u
#define BUCKET_ROOMY 6u	      /* slots used from which on the other bucket is asked */
#define FILL_MAX_EIGHTHS 3u  /* of the slots: it grows */
#define DRAIN_BUCKETS 16384u /* a tick */

enum growth { STILL, PREPARED, MOVING, DRAINING, SWITCHED, RESTING };

static size_t table_bytes(const struct weft_bucket_table *table)
{
	return sizeof(*table->buckets) * ((size_t)table->mask + 1);
}

static struct weft_bucket_table *table_make(uint32_t buckets)
{
	struct weft_bucket_table *table = weft_host_alloc(sizeof(*table));

	if (!table)
		return NULL;
	table->mask = buckets - 1;
	table->buckets = weft_host_alloc(table_bytes(table));
	if (table->buckets)
		return table;
	weft_host_free(table, sizeof(*table));
	return NULL;
}

static void table_free(struct weft_bucket_table *table)
{
	weft_host_free(table->buckets, table_bytes(table));
	weft_host_free(table, sizeof(*table));
}

/* Two entries a pair, eight slots a bucket: a quarter full with so many pairs. */
static uint32_t buckets_for(const struct weft_connections *c, uint32_t pairs)
{
	uint32_t buckets = BUCKETS_LEAST, most = BUCKETS_LEAST;

	while (most < c->pairs / 2)
		most *= 2;
	while (buckets < BUCKETS_FIRST || buckets < pairs)
		buckets *= 2;
	return buckets < most ? buckets : most;
}

int weft_buckets_create(struct weft_connections *c, uint32_t pairs)
{
	c->table = table_make(buckets_for(c, pairs));
	return c->table ? 0 : -ENOMEM;
}

void weft_buckets_destroy(struct weft_connections *c)
{
	if (c->next && c->next != c->table)
		table_free(c->next);
	if (c->table)
		table_free(c->table);
	c->table = c->next = NULL;
}

/* ---- find ---- */

static struct weft_connection *find_in_bucket(struct weft_connections *c, const struct weft_connection_bucket *bucket,
					      uint16_t signature, const struct weft_connection_key *key)
{
	uint32_t slot = 0;

	while (slot < WEFT_BUCKET_SLOTS) {
		uint32_t index = weft_bucket_candidate(bucket, signature, &slot);

		if (index && weft_connection_is(&c->entries[index - 1], key))
			return &c->entries[index - 1];
	}
	return NULL;
}

static struct weft_connection *find_in_table(struct weft_connections *c, const struct weft_bucket_table *table,
					     const struct weft_connection_key *key, uint32_t hash)
{
	struct weft_connection *found =
	    find_in_bucket(c, &table->buckets[weft_bucket_first(table, hash)], weft_signature_of(hash), key);

	return found ? found : find_in_bucket(c, &table->buckets[weft_bucket_second(table, hash)], weft_signature_of(hash), key);
}

struct weft_connection *weft_connection_find(struct weft_plane *plane, const struct weft_connection_key *key, uint32_t hash)
{
	struct weft_connections *c = plane->connections;
	const struct weft_bucket_table *table = weft_load(c->table), *next;
	struct weft_connection *found = find_in_table(c, table, key, hash);

	if (found)
		return found;
	next = weft_load(c->next);
	return WEFT_UNLIKELY(next && next != table) ? find_in_table(c, next, key, hash) : NULL;
}

/* ---- locks ---- */

static void lock_table(struct weft_bucket_set *set, struct weft_bucket_table *table, uint32_t one, uint32_t other)
{
	uint32_t wanted[4] = {weft_bucket_first(table, one), weft_bucket_second(table, one), weft_bucket_first(table, other),
			      weft_bucket_second(table, other)};

	for (uint32_t i = 1; i < 4; i++) {
		for (uint32_t j = i; j > 0 && wanted[j] < wanted[j - 1]; j--) {
			uint32_t swap = wanted[j];

			wanted[j] = wanted[j - 1];
			wanted[j - 1] = swap;
		}
	}
	for (uint32_t i = 0; i < 4; i++) {
		if (i && wanted[i] == wanted[i - 1])
			continue;
		set->locked[set->count] = &table->buckets[wanted[i]];
		weft_spin_lock(&set->locked[set->count++]->lock);
	}
}

struct weft_bucket_set weft_buckets_lock(struct weft_connections *c, uint32_t one, uint32_t other)
{
	struct weft_bucket_set set = {.count = 0};

	set.moving = __atomic_load_n(&c->moving, __ATOMIC_ACQUIRE);
	set.table = weft_load(c->table);
	set.next = weft_load(c->next);
	if (set.next == set.table)
		set.next = NULL;
	lock_table(&set, set.table, one, other);
	if (WEFT_UNLIKELY(set.next != NULL))
		lock_table(&set, set.next, one, other);
	return set;
}

void weft_buckets_unlock(const struct weft_bucket_set *set)
{
	for (uint32_t i = set->count; i > 0; i--)
		weft_spin_unlock(&set->locked[i - 1]->lock);
}

/* ---- what is in them ---- */

static uint32_t slots_used(const struct weft_connection_bucket *bucket)
{
	uint32_t used = 0;

	for (uint32_t slot = 0; slot < WEFT_BUCKET_SLOTS; slot++)
		used += bucket->index[slot] != 0;
	return used;
}

/*
 * Puts an entry into one of its buckets, which are locked: the first, where it is found sooner, while that one has room to spare, else
 * the emptier one. False: both are full.
 */
static bool link_in(struct weft_bucket_table *table, uint32_t hash, uint32_t index)
{
	struct weft_connection_bucket *bucket = &table->buckets[weft_bucket_first(table, hash)];
	struct weft_connection_bucket *second = &table->buckets[weft_bucket_second(table, hash)];
	uint32_t used = slots_used(bucket);

	if (used >= BUCKET_ROOMY && slots_used(second) < used)
		bucket = second;
	for (uint32_t slot = 0; slot < WEFT_BUCKET_SLOTS; slot++) {
		if (bucket->index[slot])
			continue;
		__atomic_store_n(&bucket->signature[slot], weft_signature_of(hash), __ATOMIC_RELAXED);
		__atomic_store_n(&bucket->index[slot], index + 1, __ATOMIC_RELEASE);
		return true;
	}
	return false;
}

static bool unlink_in(struct weft_bucket_table *table, uint32_t hash, uint32_t index)
{
	uint32_t buckets[2] = {weft_bucket_first(table, hash), weft_bucket_second(table, hash)};

	for (uint32_t i = 0; i < 2; i++) {
		struct weft_connection_bucket *bucket = &table->buckets[buckets[i]];

		for (uint32_t slot = 0; slot < WEFT_BUCKET_SLOTS; slot++) {
			if (bucket->index[slot] == index + 1) {
				__atomic_store_n(&bucket->index[slot], 0, __ATOMIC_RELEASE);
				return true;
			}
		}
	}
	return false;
}

bool weft_buckets_link(const struct weft_bucket_set *set, uint32_t hash, uint32_t index)
{
	return link_in(set->moving && set->next ? set->next : set->table, hash, index);
}

void weft_buckets_unlink(const struct weft_bucket_set *set, uint32_t hash, uint32_t index)
{
	if (!unlink_in(set->table, hash, index) && set->next)
		unlink_in(set->next, hash, index);
}

/* ---- growth ---- */

/* The entry of a slot of a locked bucket of `table`, moved to next. False: there was no room. */
static bool move(struct weft_plane *plane, struct weft_connection_bucket *bucket, uint32_t slot)
{
	struct weft_connections *c = plane->connections;
	uint32_t index = bucket->index[slot] - 1, hash = weft_connection_hash(plane, &c->entries[index].key);
	struct weft_bucket_set set = {.count = 0};
	bool linked;

	lock_table(&set, c->next, hash, hash);
	linked = link_in(c->next, hash, index);
	weft_buckets_unlock(&set);
	if (linked)
		__atomic_store_n(&bucket->index[slot], 0, __ATOMIC_RELEASE);
	return linked;
}

/* Moves a slice. True: table is empty. What found no room waits for the next time round. */
static bool drain(struct weft_plane *plane)
{
	struct weft_connections *c = plane->connections;

	for (uint32_t i = 0; i < DRAIN_BUCKETS; i++) {
		struct weft_connection_bucket *bucket;
		bool all = true;

		if (c->drained > c->table->mask)
			return true;
		bucket = &c->table->buckets[c->drained];
		weft_spin_lock(&bucket->lock);
		for (uint32_t slot = 0; slot < WEFT_BUCKET_SLOTS && all; slot++)
			all = !bucket->index[slot] || move(plane, bucket, slot);
		weft_spin_unlock(&bucket->lock);
		if (!all)
			return false;
		c->drained++;
	}
	return false;
}

static void proceed(struct weft_plane *plane, void *argument)
{
	struct weft_connections *c = plane->connections;

	switch ((enum growth)c->growth) {
	case PREPARED:
		__atomic_store_n(&c->moving, true, __ATOMIC_RELEASE);
		c->growth = MOVING;
		weft_host_call_deferred(plane, proceed, NULL);
		return;
	case MOVING:
		c->growth = DRAINING;
		c->drained = 0;
		return;
	case SWITCHED:
		weft_store(c->next, (struct weft_bucket_table *)NULL);
		__atomic_store_n(&c->moving, false, __ATOMIC_RELEASE);
		c->growth = RESTING;
		table_free(argument);
		weft_host_call_deferred(plane, proceed, NULL);
		return;
	case RESTING:
		c->growth = STILL;
		return;
	default:
		return;
	}
}

static bool is_due(const struct weft_plane *plane)
{
	const struct weft_connections *c = plane->connections;
	uint64_t slots = ((uint64_t)c->table->mask + 1) * WEFT_BUCKET_SLOTS;

	return 2ull * weft_connections_live(plane) * 8 > slots * FILL_MAX_EIGHTHS && c->table->mask + 1 < buckets_for(c, c->pairs);
}

void weft_buckets_tick(struct weft_plane *plane)
{
	struct weft_connections *c = plane->connections;
	struct weft_bucket_table *old = c->table, *next;
	uint32_t live = weft_connections_live(plane), buckets;

	if (c->growth == STILL && is_due(plane)) {
		buckets = buckets_for(c, live);
		if (buckets <= old->mask + 1)
			buckets = 2 * (old->mask + 1);
		next = table_make(buckets);
		if (!next)
			return; /* the next tick tries again; until then the table takes what fits */
		weft_store(c->next, next);
		c->growth = PREPARED;
		weft_host_call_deferred(plane, proceed, NULL);
	} else if (c->growth == DRAINING && drain(plane)) {
		weft_store(c->table, c->next);
		c->growth = SWITCHED;
		weft_host_call_deferred(plane, proceed, old);
	}
}
