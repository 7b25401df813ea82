/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The connection table, for connection.c and buckets.c, and for the packet path, which looks connections up inline. */
#ifndef WEFT_CORE_CONNECTION_H
#define WEFT_CORE_CONNECTION_H

#include "plane.h"

#define WEFT_BUCKET_SLOTS 8u

struct weft_connection_bucket {
	union {
		uint16_t signature[WEFT_BUCKET_SLOTS];
		uint64_t signatures[WEFT_BUCKET_SLOTS / 4];
	};
	uint32_t index[WEFT_BUCKET_SLOTS]; /* of the entry, plus one; 0: free */
	uint32_t lock;
	uint8_t zero0[12];
} __attribute__((aligned(WEFT_CACHE_LINE)));
WEFT_ABI_ASSERT(sizeof(struct weft_connection_bucket) == WEFT_CACHE_LINE, "bucket");

/* Buckets of one size. An entry stands in one of two, which its hash names. */
struct weft_bucket_table {
	struct weft_connection_bucket *buckets;
	uint32_t mask; /* buckets - 1 */
};

struct weft_connections {
	struct weft_connection *entries; /* [2 * pairs], shared: a pair's directions are neighbours */
	struct weft_bucket_table *table; /* where entries are */
	struct weft_bucket_table *next;  /* where they are moving to, or NULL; see buckets.c */
	bool moving;                     /* new entries go to `next` */
	uint8_t *states;                 /* [pairs], shared; written under the bucket locks of the pair */
	uint32_t *used;                  /* shared */
	uint32_t *links;                 /* [pairs]: next of the free, removed or waiting list */
	uint32_t pairs;

	uint32_t lock __attribute__((aligned(WEFT_CACHE_LINE))); /* of what follows */
	uint32_t free_list, removed_list, live, spare;		 /* spare: pairs that can be taken */
	uint32_t *fin_ends;					 /* [2 * pairs] */

	uint32_t waiting_list; /* control thread: in their grace period */
	bool waiting;
	uint32_t age_next;
	uint64_t aged_ns;

	uint8_t growth;         /* control thread: enum growth of buckets.c */
	uint32_t drained;       /* buckets of `table` that are empty now */
};

static inline void weft_spin_lock(uint32_t *lock)
{
	while (__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE)) {
		while (__atomic_load_n(lock, __ATOMIC_RELAXED))
			__builtin_ia32_pause();
	}
}

static inline void weft_spin_unlock(uint32_t *lock) { __atomic_store_n(lock, 0, __ATOMIC_RELEASE); }

static inline uint16_t weft_signature_of(uint32_t hash) { return (uint16_t)(hash >> 16); }
static inline uint32_t weft_bucket_first(const struct weft_bucket_table *table, uint32_t hash) { return hash & table->mask; }
static inline uint32_t weft_bucket_second(const struct weft_bucket_table *table, uint32_t hash)
{
	return (hash ^ ((weft_signature_of(hash) | 1u) * 0x5bd1e995u)) & table->mask;
}

/* Both halves of the product: each bit of the one depends on every bit of the other. */
static inline uint64_t weft_fold(uint64_t a, uint64_t b)
{
	unsigned __int128 product = (unsigned __int128)a * b;

	return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static inline uint64_t weft_word_at(const void *bytes)
{
	uint64_t word;

	memcpy(&word, bytes, sizeof(word));
	return word;
}

/* Of the words of a key: zone and ports, family and protocol, and its addresses. Never 0. */
static inline uint32_t weft_connection_hash_end(const uint64_t secret[4], uint64_t ends, uint32_t kind, uint64_t addresses)
{
	uint64_t h = weft_fold(weft_fold(ends ^ secret[0], addresses) ^ secret[2], kind ^ secret[3]);

	return (uint32_t)h ? (uint32_t)h : 1;
}

static inline uint32_t weft_connection_hash4(const uint64_t secret[4], uint64_t ends, uint32_t kind, uint32_t source, uint32_t destination)
{
	return weft_connection_hash_end(secret, ends, kind, ((uint64_t)source << 32 | destination) ^ secret[1]);
}

static inline uint32_t weft_connection_hash6(const uint64_t secret[4], uint64_t ends, uint32_t kind, const uint64_t source[2],
					     const uint64_t destination[2])
{
	return weft_connection_hash_end(secret, ends, kind,
					weft_fold(source[0] ^ secret[1], source[1] ^ secret[2]) ^
					    weft_fold(destination[0] ^ secret[3], destination[1] ^ secret[0] ^ 0x9fb21c651e98df25ull));
}

static inline uint32_t weft_connection_hash_of(const uint64_t secret[4], const struct weft_connection_key *key)
{
	uint64_t ends = weft_word_at(&key->zone), source[2], destination[2];
	uint32_t kind;

	memcpy(&kind, &key->family, sizeof(kind));
	memcpy(source, key->source, sizeof(source));
	memcpy(destination, key->destination, sizeof(destination));
	if (WEFT_LIKELY(key->family == 4))
		return weft_connection_hash4(secret, ends, kind, (uint32_t)source[0], (uint32_t)destination[0]);
	return weft_connection_hash6(secret, ends, kind, source, destination);
}

/* The high bit of each of four lanes is set where the lane is the signature; above a true one a false one may be set, never
 * below. */
static inline uint64_t weft_lanes_equal(uint64_t lanes, uint16_t signature)
{
	uint64_t x = lanes ^ signature * 0x0001000100010001ull;

	return (x - 0x0001000100010001ull) & ~x & 0x8000800080008000ull;
}

/* The index of the first entry in the bucket, from slot *slot on, whose signature is this one, plus one; *slot is the slot behind it. 0: none. */
WEFT_HOT_PART uint32_t weft_bucket_candidate(const struct weft_connection_bucket *bucket, uint16_t signature, uint32_t *slot)
{
	for (uint32_t half = *slot / 4; half < 2; half++) {
		uint64_t equal = weft_lanes_equal(__atomic_load_n(&bucket->signatures[half], __ATOMIC_RELAXED), signature);

		if (half == *slot / 4)
			equal &= ~0ull << *slot % 4 * 16;
		while (equal) {
			uint32_t at = half * 4 + (uint32_t)__builtin_ctzll(equal) / 16;
			uint32_t index = __atomic_load_n(&bucket->index[at], __ATOMIC_ACQUIRE);

			if (WEFT_LIKELY(index)) {
				*slot = at + 1;
				return index;
			}
			equal &= equal - 1;
		}
	}
	*slot = WEFT_BUCKET_SLOTS;
	return 0;
}

/*
 * The find in three steps, so that a burst's memory comes while other packets are worked on. prefetch: asks for the bucket. candidate:
 * the first entry that may be it (and asks for its memory), or NULL. weft_connection_is says whether it is; when it is not, or there
 * is none, only weft_connection_find knows.
 */
static inline void weft_connection_prefetch(const struct weft_bucket_table *table, uint32_t hash)
{
	__builtin_prefetch(&table->buckets[weft_bucket_first(table, hash)]);
}

WEFT_HOT_PART struct weft_connection *weft_connection_candidate(const struct weft_connections *c, const struct weft_bucket_table *table,
								uint32_t hash)
{
	struct weft_connection *candidate;
	uint32_t slot = 0, index;

	index = weft_bucket_candidate(&table->buckets[weft_bucket_first(table, hash)], weft_signature_of(hash), &slot);
	if (WEFT_UNLIKELY(!index)) {
		slot = 0;
		index = weft_bucket_candidate(&table->buckets[weft_bucket_second(table, hash)], weft_signature_of(hash), &slot);
		if (!index)
			return NULL;
	}
	candidate = &c->entries[index - 1];
	__builtin_prefetch(candidate);
	__builtin_prefetch((const uint8_t *)candidate + WEFT_CACHE_LINE, 1);
	return candidate;
}

/* ---- buckets.c ---- */
/* For so many pairs at once; grows with them. 0 or -ENOMEM. */
int weft_buckets_create(struct weft_connections *c, uint32_t pairs);
void weft_buckets_destroy(struct weft_connections *c);
/* Grows when it is time to. Control context. */
void weft_buckets_tick(struct weft_plane *plane);

/* The buckets that two hashes name, locked: of `table`, and of `next` when there is one. */
struct weft_bucket_set {
	struct weft_bucket_table *table, *next;
	bool moving;
	struct weft_connection_bucket *locked[8];
	uint32_t count;
};

/* Whatever leads to an entry with one of the two hashes stays as it is until unlock. */
struct weft_bucket_set weft_buckets_lock(struct weft_connections *c, uint32_t one, uint32_t other);
void weft_buckets_unlock(const struct weft_bucket_set *set);
/* `hash` is one of those locked; `index` that of the entry. link: false: there is no room. */
bool weft_buckets_link(const struct weft_bucket_set *set, uint32_t hash, uint32_t index);
void weft_buckets_unlink(const struct weft_bucket_set *set, uint32_t hash, uint32_t index);

#endif
