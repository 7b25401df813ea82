/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Source address pools. Of each address and protocol the ports lie in blocks of 64, one bit each. A worker takes a block and
 * gives out its ports until none is left, so that two workers seldom write the same word; when no block is left to take it uses
 * others'. Every bit changes by an atomic operation of its own: there is no lock, and who took a block is a habit, not a right.
 *
 * That two connections never share a tuple is what the connection table sees to. A bit that is wrong costs an attempt or a
 * port, never a connection.
 */
#include "plane.h"

#define BLOCK_PORTS 64u
#define BLOCKS_MAX 1024u /* 65536 ports */
#define WORDS (BLOCKS_MAX / 64)
#define NO_BLOCK 0xffffffffu
#define PHASE_MS_MIN 1000u /* without quarantine: for what was freed while there was one */

enum pool_class { CLASS_TCP, CLASS_UDP, CLASS_SCTP, CLASS_ICMP, CLASSES, CLASS_NONE = CLASSES };

struct block {
	uint64_t used;	   /* given out, or in quarantine, or outside the range */
	uint64_t freed[2]; /* of these, what was given back in the present phase and in the one before */
	uint64_t zero0;
};

/* The ports of one address and protocol. */
struct space {
	uint64_t room[WORDS];		    /* blocks that may have a free port */
	uint64_t fresh[WORDS];		    /* blocks that no worker has taken */
	uint16_t current[WEFT_WORKERS_MAX]; /* block plus 1 the worker gives out, written by it alone */
	struct block blocks[];
};

struct exhausted {
	uint64_t count;
} __attribute__((aligned(WEFT_CACHE_LINE)));

struct weft_nat_pool {
	uint32_t nat_pool_id, vrf_id;
	uint8_t family;
	uint16_t port_min;
	uint32_t port_count, block_count, address_count;
	uint8_t first_address[16];
	uint32_t phase; /* 0, 1: which `freed` is filled */
	size_t space_bytes, bytes;
	/* control thread */
	uint32_t epoch, references, quarantine_ms;
	uint8_t key[WEFT_KEY_BYTES];
	uint64_t phase_ns;
	struct exhausted *exhausted; /* [workers] */
	uint8_t spaces[] __attribute__((aligned(WEFT_CACHE_LINE)));
};

/* Where an address stands in which pool; several pools may have it, in different VRFs. Open addressing, replaced whole. */
struct index_slot {
	struct weft_nat_pool *pool; /* NULL: free */
	uint32_t at;
};

struct weft_nat_index {
	uint32_t mask;
	struct index_slot slots[];
};

/* ---- words of bits ---- */

static inline uint64_t word_get(const uint64_t *word)
{
	return __atomic_load_n(word, __ATOMIC_RELAXED);
}

/* True when this call changed the bit. */
static inline bool bit_set(uint64_t *words, uint32_t bit)
{
	uint64_t mask = 1ull << bit % 64;

	return !(__atomic_fetch_or(&words[bit / 64], mask, __ATOMIC_ACQ_REL) & mask);
}

static inline bool bit_clear(uint64_t *words, uint32_t bit)
{
	uint64_t mask = 1ull << bit % 64;

	return __atomic_fetch_and(&words[bit / 64], ~mask, __ATOMIC_ACQ_REL) & mask;
}

static uint32_t bits(uint64_t word)
{
	uint32_t count = 0;

	for (; word; word &= word - 1)
		count++;
	return count;
}

/* ---- ports ---- */

static enum pool_class class_of(const struct weft_connection_key *key)
{
	switch (key->protocol) {
	case 6:
		return CLASS_TCP;
	case 17:
		return CLASS_UDP;
	case 132:
		return CLASS_SCTP;
	case 1: /* echo and timestamp have an identifier */
		return key->family == 4 && (key->destination_port == 8 || key->destination_port == 13) ? CLASS_ICMP
												       : CLASS_NONE;
	case 58:
		return key->family == 6 && key->destination_port == 128 ? CLASS_ICMP : CLASS_NONE;
	default:
		return CLASS_NONE;
	}
}

static struct space *space_of(const struct weft_nat_pool *pool, uint32_t address, enum pool_class class)
{
	return (struct space *)(uintptr_t)(pool->spaces + (address * (size_t)CLASSES + class) * pool->space_bytes);
}

/* Offset of a port taken from the block, or NO_BLOCK. */
static uint32_t take_bit(struct block *block, uint32_t seed)
{
	for (uint64_t free = ~word_get(&block->used); free; free = ~word_get(&block->used)) {
		uint32_t turn = seed % 64, bit;
		uint64_t turned = turn ? free >> turn | free << (64 - turn) : free;

		bit = ((uint32_t)__builtin_ctzll(turned) + turn) % 64;
		if (bit_set(&block->used, bit))
			return bit;
	}
	return NO_BLOCK;
}

/* A block whose bits in all the given words are set, from a place that `seed` says. */
static uint32_t find_block(const uint64_t *room, const uint64_t *fresh, uint32_t seed)
{
	for (uint32_t i = 0; i < WORDS; i++) {
		uint32_t word = (seed + i) % WORDS;
		uint64_t found = word_get(&room[word]) & (fresh ? word_get(&fresh[word]) : ~0ull);

		if (found)
			return word * 64 + (uint32_t)__builtin_ctzll(found);
	}
	return NO_BLOCK;
}

/* The block seems full: its hint goes, unless a port came back meanwhile. */
static void note_full(struct space *space, uint32_t block)
{
	bit_clear(space->room, block);
	if (~word_get(&space->blocks[block].used))
		bit_set(space->room, block);
}

/* Offset of a port from port_min, or NO_BLOCK. */
static uint32_t take_port(const struct weft_nat_pool *pool, struct space *space, uint32_t worker, uint32_t seed)
{
	uint32_t block = __atomic_load_n(&space->current[worker], __ATOMIC_RELAXED), bit;

	if (block) {
		block--;
		bit = take_bit(&space->blocks[block], seed);
		if (WEFT_LIKELY(bit != NO_BLOCK))
			return block * BLOCK_PORTS + bit;
		note_full(space, block);
	}
	/* each round takes a hint away, or another worker did */
	for (uint32_t round = 0; round < 2 * pool->block_count; round++) {
		bool mine = true;

		block = find_block(space->room, space->fresh, seed);
		if (block == NO_BLOCK) {
			block = find_block(space->room, NULL, seed);
			mine = false;
		}
		if (block == NO_BLOCK)
			return NO_BLOCK;
		if (mine && !bit_clear(space->fresh, block))
			continue;
		bit = take_bit(&space->blocks[block], seed);
		if (bit == NO_BLOCK) {
			note_full(space, block);
			continue;
		}
		__atomic_store_n(&space->current[worker], (uint16_t)(block + 1), __ATOMIC_RELAXED);
		return block * BLOCK_PORTS + bit;
	}
	return NO_BLOCK;
}

/* ---- addresses ---- */

/* Writes the pool's address number `at`. */
static void address_at(const struct weft_nat_pool *pool, uint32_t at, uint8_t out[16])
{
	memcpy(out, pool->first_address, 16);
	for (int byte = (int)weft_address_bytes(pool->family) - 1; byte >= 0 && at; byte--) {
		at += out[byte];
		out[byte] = (uint8_t)at;
		at >>= 8;
	}
}

static uint32_t address_hash(uint8_t family, const uint8_t *address)
{
	uint64_t h = family, word;

	for (uint32_t i = 0; i < 16; i += 8) {
		memcpy(&word, address + i, 8);
		h = (h ^ word) * 0x9fb21c651e98df25ull;
		h ^= h >> 32;
	}
	return (uint32_t)(h >> 8);
}

/* The next slot of the address from *slot on, or NULL. */
static const struct index_slot *index_next(const struct weft_nat_index *index, uint8_t family, const uint8_t *address,
					   uint32_t *slot)
{
	uint8_t own[16];

	for (; index->slots[*slot & index->mask].pool; (*slot)++) {
		const struct index_slot *found = &index->slots[*slot & index->mask];

		address_at(found->pool, found->at, own);
		if (found->pool->family == family && !memcmp(own, address, 16)) {
			(*slot)++;
			return found;
		}
	}
	return NULL;
}

/* The port that answers are sent to: of the VRF's pool that has the address. In another VRF it is another address. */
static bool find_port(struct weft_plane *plane, const struct weft_connection_key *answers, uint32_t vrf_id,
		      struct space **space, struct weft_nat_pool **pool, uint32_t *offset)
{
	const struct weft_nat_index *index = weft_load(plane->nat_index);
	const struct index_slot *found;
	enum pool_class class = class_of(answers);
	uint32_t at = address_hash(answers->family, answers->destination), port;

	if (!index || class == CLASS_NONE)
		return false;
	do {
		found = index_next(index, answers->family, answers->destination, &at);
	} while (found && found->pool->vrf_id != vrf_id);
	if (!found)
		return false;
	port = class == CLASS_ICMP ? answers->source_port : answers->destination_port;
	if (port < found->pool->port_min || port - found->pool->port_min >= found->pool->port_count)
		return false;
	*pool = found->pool;
	*offset = port - found->pool->port_min;
	*space = space_of(found->pool, found->at, class);
	return true;
}

/* ---- for the packet path ---- */

struct weft_nat_pool *weft_nat_pool_get(struct weft_plane *plane, uint32_t nat_pool_id)
{
	return weft_sparse_pointer(&plane->nat_pools, nat_pool_id);
}

uint8_t weft_nat_pool_family(const struct weft_nat_pool *pool)
{
	return pool->family;
}

uint32_t weft_nat_stamp(const struct weft_plane *plane)
{
	return __atomic_load_n(&plane->nat_stamp, __ATOMIC_ACQUIRE);
}

bool weft_nat_pool_take(struct weft_nat_pool *pool, uint32_t worker, const struct weft_connection_key *key, uint32_t seed,
			uint8_t address[16], uint16_t *port, bool *taken)
{
	enum pool_class class = class_of(key);
	uint32_t first = address_hash(key->family, key->source) % pool->address_count;

	*taken = false;
	if (class == CLASS_NONE) {
		address_at(pool, (first + seed) % pool->address_count, address);
		return true;
	}
	for (uint32_t i = 0; i < pool->address_count; i++) {
		uint32_t at = (first + i) % pool->address_count;
		uint32_t offset = take_port(pool, space_of(pool, at, class), worker, seed);

		if (offset == NO_BLOCK)
			continue;
		address_at(pool, at, address);
		*port = (uint16_t)(pool->port_min + offset);
		*taken = true;
		return true;
	}
	__atomic_store_n(&pool->exhausted[worker].count, pool->exhausted[worker].count + 1, __ATOMIC_RELAXED);
	return false;
}

bool weft_nat_pool_has(const struct weft_nat_pool *pool, const struct weft_connection_key *answers, uint32_t vrf_id)
{
	enum pool_class class = class_of(answers);
	uint32_t port = class == CLASS_ICMP ? answers->source_port : answers->destination_port;
	uint8_t own[16];
	bool mine = false;

	for (uint32_t at = 0; at < pool->address_count && !mine; at++) {
		address_at(pool, at, own);
		mine = !memcmp(own, answers->destination, 16);
	}
	if (!mine || pool->family != answers->family || pool->vrf_id != vrf_id)
		return false;
	return class == CLASS_NONE || (port >= pool->port_min && port - pool->port_min < pool->port_count);
}

void weft_nat_pool_release(struct weft_plane *plane, const struct weft_connection_key *answers, uint32_t vrf_id)
{
	struct weft_nat_pool *pool;
	struct space *space;
	uint32_t offset;
	struct block *block;

	if (!find_port(plane, answers, vrf_id, &space, &pool, &offset))
		return;
	block = &space->blocks[offset / BLOCK_PORTS];
	if (__atomic_load_n(&pool->quarantine_ms, __ATOMIC_RELAXED)) {
		bit_set(&block->freed[__atomic_load_n(&pool->phase, __ATOMIC_RELAXED)], offset % BLOCK_PORTS);
		return;
	}
	bit_clear(&block->used, offset % BLOCK_PORTS);
	bit_set(space->room, offset / BLOCK_PORTS);
}

void weft_nat_pool_hold(struct weft_plane *plane, const struct weft_connection_key *answers, uint32_t vrf_id)
{
	struct weft_nat_pool *pool;
	struct space *space;
	struct block *block;
	uint32_t offset;

	if (!find_port(plane, answers, vrf_id, &space, &pool, &offset))
		return;
	block = &space->blocks[offset / BLOCK_PORTS];
	bit_clear(space->fresh, offset / BLOCK_PORTS); /* a worker took it, if not one of this process */
	bit_set(&block->used, offset % BLOCK_PORTS);
	bit_clear(&block->freed[0], offset % BLOCK_PORTS);
	bit_clear(&block->freed[1], offset % BLOCK_PORTS);
}

void weft_nat_pool_release_pair(struct weft_plane *plane, const struct weft_connection *pair)
{
	const struct weft_connection *answers = weft_get(pair->flags) & WEFT_CONNECTION_INITIATOR ? pair + 1 : pair;

	if (WEFT_UNLIKELY(weft_get(answers->flags) & WEFT_CONNECTION_POOL_PORT))
		weft_nat_pool_release(plane, &answers->key, weft_get(answers->vrf_id));
}

/* ---- control thread ---- */

static void restamp(struct weft_plane *plane)
{
	__atomic_store_n(&plane->nat_stamp, weft_plane_generation(plane), __ATOMIC_RELEASE);
}

static void pool_free(struct weft_plane *plane, struct weft_nat_pool *pool)
{
	weft_host_free(pool->exhausted, sizeof(*pool->exhausted) * plane->workers);
	weft_host_free(pool, pool->bytes);
}

static void pool_free_deferred(struct weft_plane *plane, struct weft_nat_pool *pool)
{
	weft_host_free_deferred(plane, pool->exhausted, sizeof(*pool->exhausted) * plane->workers);
	weft_host_free_deferred(plane, pool, pool->bytes);
}

static void space_init(const struct weft_nat_pool *pool, struct space *space)
{
	for (uint32_t block = 0; block < pool->block_count; block++) {
		uint32_t ports = pool->port_count - block * BLOCK_PORTS;

		if (ports < BLOCK_PORTS)
			space->blocks[block].used = ~0ull << ports;
		space->room[block / 64] |= 1ull << block % 64;
		space->fresh[block / 64] |= 1ull << block % 64;
	}
}

static struct weft_nat_pool *make(struct weft_plane *plane, const struct weft_nat_pool_msg *m, uint32_t epoch)
{
	uint32_t ports = m->port_max - m->port_min + 1u, blocks = (ports + BLOCK_PORTS - 1) / BLOCK_PORTS;
	size_t space_bytes = sizeof(struct space) + blocks * sizeof(struct block);
	size_t bytes = sizeof(struct weft_nat_pool) + m->address_count * (size_t)CLASSES * space_bytes;
	struct weft_nat_pool *pool = weft_host_alloc(bytes);

	if (!pool)
		return NULL;
	pool->bytes = bytes;
	pool->exhausted = weft_host_alloc(sizeof(*pool->exhausted) * plane->workers);
	if (!pool->exhausted) {
		weft_host_free(pool, bytes);
		return NULL;
	}
	pool->nat_pool_id = m->nat_pool_id;
	pool->vrf_id = m->vrf_id;
	pool->family = m->family;
	pool->port_min = m->port_min;
	pool->port_count = ports;
	pool->block_count = blocks;
	pool->address_count = m->address_count;
	memcpy(pool->first_address, m->first_address, 16);
	pool->space_bytes = space_bytes;
	pool->epoch = epoch;
	pool->quarantine_ms = m->quarantine_ms;
	memcpy(pool->key, m->key, WEFT_KEY_BYTES);
	pool->phase_ns = weft_host_now_ns();
	for (uint32_t at = 0; at < m->address_count; at++) {
		for (uint32_t class = 0; class < CLASSES; class ++)
			space_init(pool, space_of(pool, at, (enum pool_class) class));
	}
	return pool;
}

static void index_add(struct weft_nat_index *index, struct weft_nat_pool *pool)
{
	uint8_t address[16];

	for (uint32_t at = 0; at < pool->address_count; at++) {
		uint32_t slot;

		address_at(pool, at, address);
		slot = address_hash(pool->family, address);
		while (index->slots[slot & index->mask].pool)
			slot++;
		index->slots[slot & index->mask] = (struct index_slot){pool, at};
	}
}

static size_t index_bytes(uint32_t slots)
{
	return sizeof(struct weft_nat_index) + slots * sizeof(struct index_slot);
}

/* An index over every pool but `out`, and `in` (NULL: neither). False: out of memory. *index NULL: no pool. */
static bool make_index(struct weft_plane *plane, const struct weft_nat_pool *out, struct weft_nat_pool *in,
		       struct weft_nat_index **index)
{
	const struct weft_sparse *all = &plane->nat_pools;
	uint32_t count = in ? in->address_count : 0, slots = 2;

	for (uint32_t id = weft_sparse_next(all, 0); id < all->limit; id = weft_sparse_next(all, id + 1)) {
		if (weft_nat_pool_get(plane, id) != out)
			count += weft_nat_pool_get(plane, id)->address_count;
	}
	*index = NULL;
	if (!count)
		return true;
	while (slots < 2 * count)
		slots *= 2;
	*index = weft_host_alloc(index_bytes(slots));
	if (!*index)
		return false;
	(*index)->mask = slots - 1;
	for (uint32_t id = weft_sparse_next(all, 0); id < all->limit; id = weft_sparse_next(all, id + 1)) {
		if (weft_nat_pool_get(plane, id) != out)
			index_add(*index, weft_nat_pool_get(plane, id));
	}
	if (in)
		index_add(*index, in);
	return true;
}

static void put_index(struct weft_plane *plane, struct weft_nat_index *index)
{
	const struct weft_nat_index *old = plane->nat_index;

	weft_store(plane->nat_index, index);
	if (old)
		weft_host_free_deferred(plane, (void *)(uintptr_t)old, index_bytes(old->mask + 1));
}

/*
 * Ports that live connections have of a pool made afresh: another process's, or the pool's before it changed. A pair that is
 * live here may go, but is no other's before the control thread has ended its grace period.
 */
static void hold_used(struct weft_plane *plane)
{
	for (uint32_t index = 0; index < 2 * weft_connections_used(plane); index += 2) {
		const struct weft_connection *pair = weft_connection_at(plane, index);
		struct weft_connection one, answers;

		if (!weft_connection_live(plane, index))
			continue;
		weft_connection_copy(pair, &one);
		weft_connection_copy(one.flags & WEFT_CONNECTION_INITIATOR ? pair + 1 : pair, &answers);
		if (!(answers.flags & WEFT_CONNECTION_POOL_PORT))
			continue;
		weft_nat_pool_hold(plane, &answers.key, answers.vrf_id);
		if (!weft_connection_live(plane, index)) /* it went, and may have given the port back before it was held */
			weft_nat_pool_release(plane, &answers.key, answers.vrf_id);
	}
}

static int check(struct weft_context *context, const struct weft_nat_pool_msg *m)
{
	uint8_t last[16];
	struct weft_nat_pool end = {.family = m->family};

	if (m->nat_pool_id == WEFT_NAT_POOL_NONE || m->nat_pool_id >= WEFT_NAT_POOL_LIMIT)
		return weft_refuse(context, EINVAL, "NAT_POOL nat_pool_id %u: want 1 to %u", m->nat_pool_id,
				   WEFT_NAT_POOL_LIMIT - 1);
	if (m->zero0[0] || m->zero0[1] || m->zero0[2])
		return weft_refuse(context, EINVAL, "NAT_POOL zero0: padding is not zero");
	if (m->family != 4 && m->family != 6)
		return weft_refuse(context, EINVAL, "NAT_POOL family %u: want 4 or 6", m->family);
	if (!m->port_min || m->port_max < m->port_min)
		return weft_refuse(context, EINVAL, "NAT_POOL port_min %u, port_max %u: want 1 or more, and no less",
				   m->port_min, m->port_max);
	if (!m->address_count || m->address_count > WEFT_NAT_POOL_ADDRESSES_MAX)
		return weft_refuse(context, EINVAL, "NAT_POOL address_count %u: want 1 to %u", m->address_count,
				   WEFT_NAT_POOL_ADDRESSES_MAX);
	if (m->quarantine_ms > WEFT_NAT_QUARANTINE_MS_MAX)
		return weft_refuse(context, EINVAL, "NAT_POOL quarantine_ms %u: at most %u", m->quarantine_ms,
				   WEFT_NAT_QUARANTINE_MS_MAX);
	if (weft_all_zero(m->first_address, 16) || (m->family == 4 && !weft_all_zero(m->first_address + 4, 12)))
		return weft_refuse(context, EINVAL, "NAT_POOL first_address: zero, or bytes behind an IPv4 address");
	memcpy(end.first_address, m->first_address, 16);
	address_at(&end, m->address_count - 1, last);
	if (memcmp(last, m->first_address, 16) < 0)
		return weft_refuse(context, EINVAL, "NAT_POOL address_count %u: goes beyond the last address",
				   m->address_count);
	if (!weft_vrf_get(context->plane, m->vrf_id))
		return weft_refuse(context, ENOENT, "NAT_POOL vrf_id %u: no such VRF", m->vrf_id);
	return 0;
}

/* No other pool of the VRF has one of the addresses. */
static int check_others(struct weft_context *context, const struct weft_nat_pool_msg *m, const struct weft_nat_pool *old)
{
	const struct weft_nat_index *index = context->plane->nat_index;
	struct weft_nat_pool wanted = {.family = m->family};
	const struct index_slot *slot;
	uint8_t address[16];

	memcpy(wanted.first_address, m->first_address, 16);
	for (uint32_t i = 0; index && i < m->address_count; i++) {
		uint32_t at;

		address_at(&wanted, i, address);
		at = address_hash(m->family, address);
		while ((slot = index_next(index, m->family, address, &at))) {
			if (slot->pool != old && slot->pool->vrf_id == m->vrf_id)
				return weft_refuse(context, EEXIST,
						   "NAT_POOL first_address: pool %u of VRF %u has address %u of it",
						   slot->pool->nat_pool_id, m->vrf_id, i);
		}
	}
	return 0;
}

static bool same_ports(const struct weft_nat_pool *pool, const struct weft_nat_pool_msg *m)
{
	return pool->vrf_id == m->vrf_id && pool->family == m->family && pool->port_min == m->port_min &&
	       pool->port_count == m->port_max - m->port_min + 1u && pool->address_count == m->address_count &&
	       !memcmp(pool->first_address, m->first_address, 16);
}

/* What workers do not read changes in place. */
static int retouch(struct weft_context *context, struct weft_nat_pool *pool, const struct weft_nat_pool_msg *m)
{
	pool->epoch = context->epoch;
	if (pool->quarantine_ms == m->quarantine_ms && !memcmp(pool->key, m->key, WEFT_KEY_BYTES))
		return 0;
	__atomic_store_n(&pool->quarantine_ms, m->quarantine_ms, __ATOMIC_RELAXED);
	memcpy(pool->key, m->key, WEFT_KEY_BYTES);
	context->changed = true;
	return 0;
}

int weft_nat_pool_set(struct weft_context *context, const void *body)
{
	struct weft_plane *plane = context->plane;
	const struct weft_nat_pool_msg *m = body;
	struct weft_nat_pool *old = weft_nat_pool_get(plane, m->nat_pool_id), *pool;
	struct weft_nat_index *index = NULL;
	int error = check(context, m);

	error = error ? error : check_others(context, m, old);
	if (error)
		return error;
	if (old && same_ports(old, m))
		return retouch(context, old, m);
	if (old && old->references && old->vrf_id != m->vrf_id)
		return weft_refuse(context, EBUSY, "NAT_POOL %u vrf_id %u: it is %u, and %u next hops or services use it",
				   m->nat_pool_id, m->vrf_id, old->vrf_id, old->references);
	pool = make(plane, m, context->epoch);
	if (!pool || weft_sparse_reserve(plane, &plane->nat_pools, m->nat_pool_id) || !make_index(plane, old, pool, &index)) {
		if (pool)
			pool_free(plane, pool);
		return weft_refuse(context, ENOMEM, "NAT_POOL %u: out of memory", m->nat_pool_id);
	}
	pool->references = old ? old->references : 0;
	weft_sparse_set(plane, &plane->nat_pools, m->nat_pool_id, (uintptr_t)pool);
	put_index(plane, index);
	restamp(plane);
	hold_used(plane);
	weft_vrf_get(plane, pool->vrf_id)->nat_pools++;
	if (old) {
		weft_vrf_get(plane, old->vrf_id)->nat_pools--;
		pool_free_deferred(plane, old);
	}
	context->changed = true;
	return 0;
}

static int pool_remove(struct weft_context *context, struct weft_nat_pool *pool)
{
	struct weft_plane *plane = context->plane;
	struct weft_nat_index *index;

	if (pool->references)
		return weft_refuse(context, EBUSY, "NAT_POOL %u: %u next hops or services use it", pool->nat_pool_id,
				   pool->references);
	if (!make_index(plane, pool, NULL, &index))
		return weft_refuse(context, ENOMEM, "NAT_POOL %u: out of memory", pool->nat_pool_id);
	weft_sparse_set(plane, &plane->nat_pools, pool->nat_pool_id, 0);
	put_index(plane, index);
	restamp(plane);
	weft_vrf_get(plane, pool->vrf_id)->nat_pools--;
	pool_free_deferred(plane, pool);
	context->changed = true;
	return 0;
}

int weft_nat_pool_delete(struct weft_context *context, const void *body)
{
	const struct weft_nat_pool_msg *m = body;
	struct weft_nat_pool *pool = weft_nat_pool_get(context->plane, m->nat_pool_id);

	if (!pool)
		return weft_refuse(context, ENOENT, "NAT_POOL nat_pool_id %u: no such pool", m->nat_pool_id);
	return pool_remove(context, pool);
}

int weft_nat_pool_sweep(struct weft_context *context)
{
	const struct weft_sparse *all = &context->plane->nat_pools;
	int result = 0;

	for (uint32_t id = weft_sparse_next(all, 0); id < all->limit; id = weft_sparse_next(all, id + 1)) {
		struct weft_nat_pool *pool = weft_nat_pool_get(context->plane, id);

		if (pool->epoch != context->epoch) {
			int error = pool_remove(context, pool);

			result = result ? result : error;
		}
	}
	return result;
}

int weft_nat_pool_check(struct weft_context *context, const char *what, uint32_t nat_pool_id, uint32_t vrf_id)
{
	const struct weft_nat_pool *pool = weft_nat_pool_get(context->plane, nat_pool_id);

	if (!pool)
		return weft_refuse(context, ENOENT, "%s nat_pool_id %u: no such pool", what, nat_pool_id);
	if (pool->vrf_id != vrf_id)
		return weft_refuse(context, EINVAL, "%s nat_pool_id %u: the pool is of VRF %u, want %u", what, nat_pool_id,
				   pool->vrf_id, vrf_id);
	return 0;
}

void weft_nat_pool_use(struct weft_plane *plane, uint32_t nat_pool_id, int change)
{
	struct weft_nat_pool *pool = nat_pool_id ? weft_nat_pool_get(plane, nat_pool_id) : NULL;

	if (!pool)
		return;
	pool->references += (uint32_t)change;
	restamp(plane);
}

/* What was freed in the phase before is free; the present phase ends. */
static void turn_phase(struct weft_nat_pool *pool)
{
	uint32_t past = !pool->phase;

	for (uint32_t i = 0; i < pool->address_count * CLASSES; i++) {
		struct space *space = space_of(pool, 0, (enum pool_class)i);

		for (uint32_t b = 0; b < pool->block_count; b++) {
			struct block *block = &space->blocks[b];
			uint64_t freed = word_get(&block->freed[past]);

			if (!freed)
				continue;
			freed = __atomic_exchange_n(&block->freed[past], 0, __ATOMIC_ACQ_REL);
			if (!(__atomic_and_fetch(&block->used, ~freed, __ATOMIC_ACQ_REL)))
				bit_set(space->fresh, b);
			bit_set(space->room, b);
		}
	}
	__atomic_store_n(&pool->phase, past, __ATOMIC_RELEASE);
}

void weft_nat_pools_tick(struct weft_plane *plane, uint64_t now_ns)
{
	const struct weft_sparse *all = &plane->nat_pools;

	if (!plane->nat_index)
		return;
	for (uint32_t id = weft_sparse_next(all, 0); id < all->limit; id = weft_sparse_next(all, id + 1)) {
		struct weft_nat_pool *pool = weft_nat_pool_get(plane, id);

		if (now_ns - pool->phase_ns < (pool->quarantine_ms ? pool->quarantine_ms : PHASE_MS_MIN) * 1000000ull)
			continue;
		pool->phase_ns = now_ns;
		turn_phase(pool);
	}
}

void weft_nat_pools_destroy(struct weft_plane *plane)
{
	struct weft_sparse *all = &plane->nat_pools;

	if (!all->pages)
		return;
	for (uint32_t id = weft_sparse_next(all, 0); id < all->limit; id = weft_sparse_next(all, id + 1))
		pool_free(plane, weft_nat_pool_get(plane, id));
	if (plane->nat_index)
		weft_host_free((void *)(uintptr_t)plane->nat_index, index_bytes(plane->nat_index->mask + 1));
	weft_sparse_destroy(all);
}

uint32_t weft_nat_pool_epoch(const struct weft_nat_pool *pool)
{
	return pool->epoch;
}

static void sum_space(const struct weft_nat_pool *pool, const struct space *space, struct weft_nat_pool_msg *out)
{
	for (uint32_t b = 0; b < pool->block_count; b++) {
		const struct block *block = &space->blocks[b];
		uint64_t freed = word_get(&block->freed[0]) | word_get(&block->freed[1]), used = word_get(&block->used);
		uint32_t ports = pool->port_count - b * BLOCK_PORTS;

		if (ports < BLOCK_PORTS)
			used &= ~(~0ull << ports);
		out->ports_quarantined += bits(used & freed);
		out->ports_used += bits(used & ~freed);
		out->blocks += !(word_get(&space->fresh[b / 64]) >> b % 64 & 1);
	}
}

void weft_nat_pool_fill(struct weft_plane *plane, const struct weft_nat_pool *pool, struct weft_nat_pool_msg *out)
{
	memset(out, 0, sizeof(*out));
	out->nat_pool_id = pool->nat_pool_id;
	out->vrf_id = pool->vrf_id;
	memcpy(out->key, pool->key, WEFT_KEY_BYTES);
	out->family = pool->family;
	out->port_min = pool->port_min;
	out->port_max = (uint16_t)(pool->port_min + pool->port_count - 1);
	memcpy(out->first_address, pool->first_address, 16);
	out->address_count = pool->address_count;
	out->quarantine_ms = pool->quarantine_ms;
	out->references = pool->references;
	for (uint32_t i = 0; i < pool->address_count * CLASSES; i++)
		sum_space(pool, space_of(pool, 0, (enum pool_class)i), out);
	for (uint32_t worker = 0; worker < plane->workers; worker++)
		out->exhausted += __atomic_load_n(&pool->exhausted[worker].count, __ATOMIC_RELAXED);
}
