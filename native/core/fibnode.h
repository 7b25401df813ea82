/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Nodes of the trie (fib.c). A node of depth d looks at byte d of the address and owns the routes of length 8d+1 .. 8d+8 (depth
 * 0: and length 0) below its prefix of d bytes. It holds at least two things, routes or children; a single route below a child
 * slot is the route itself, marked in bit 0 of the pointer. Bytes between a parent and its child are skipped and compared with
 * the child's prefix.
 */
#ifndef WEFT_CORE_FIBNODE_H
#define WEFT_CORE_FIBNODE_H

#include "fib.h"
#include "slab.h"

/* In the order of prefix, then length: which of the node's routes it is. Control thread. */
struct fib_key {
	uint16_t key, index;
};

/*
 * The runs say which route is the longest match of a byte: its index plus one, or 0. A node of few runs is compact: one entry
 * per run, found by leaf_map, and every edit makes a new node. A dense one has an entry per byte and room for more routes;
 * routes come and go in place, and as each address depends on one entry, a lookup sees the old match or the new one. An index
 * is not used again in its node's life, so that an entry read before leads to the route that was meant. A changed route takes
 * the place of the old one in either.
 */
struct fib_node {
	uint64_t child_map[4]; /* byte has a child */
	uint64_t leaf_map[4];  /* byte begins a run of equal longest matches; of a dense node the control thread's */
	uint8_t child_base[4], leaf_base[4]; /* bits set in the words before; a dense node has no leaf_base */
	uint16_t children, capacity;
	uint16_t leaves, routes, used; /* control thread; used: indexes given out */
	uint8_t depth;
	bool dense;
	uint8_t prefix[16];
	void *slots[]; /* children by byte, then [capacity] routes by index; behind them [capacity] keys in order, then the runs
			*/
};

#define DENSE_LEAVES 64u   /* more runs than this make a node dense */
#define COMPACT_LEAVES 32u /* with so many it is compact again */

/* What a new node has that the old one has not: one route more or less, one child more or less, or both. */
struct fib_edit {
	struct weft_route *route, *instead; /* instead: what the addresses of a route that goes fall to within the node */
	void *child;
	bool remove, drop_child;
	uint8_t byte; /* of the child */
};

static inline bool is_tail(const void *pointer)
{
	return (uintptr_t)pointer & 1;
}
static inline struct weft_route *tail_route(const void *pointer)
{
	return (struct weft_route *)((uintptr_t)pointer & ~(uintptr_t)1);
}
static inline void *tail_of(struct weft_route *route)
{
	return (void *)((uintptr_t)route | 1);
}
static inline uint32_t length_of(const struct weft_route *route)
{
	return route->leaf.prefix_len;
}
static inline uint32_t depth_of(uint32_t prefix_len)
{
	return prefix_len ? (prefix_len - 1) / 8 : 0;
}
static inline bool bit_get(const uint64_t *map, uint32_t bit)
{
	return map[bit / 64] >> (bit % 64) & 1;
}
static inline void bit_set(uint64_t *map, uint32_t bit)
{
	map[bit / 64] |= 1ull << bit % 64;
}

static inline uint32_t bits_count(uint64_t v)
{
	v -= v >> 1 & 0x5555555555555555ull;
	v = (v & 0x3333333333333333ull) + (v >> 2 & 0x3333333333333333ull);
	v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0full;
	return (uint32_t)(v * 0x0101010101010101ull >> 56);
}

/* Smallest bit set that is at least `from`, or 256. */
static inline uint32_t bit_next(const uint64_t *map, uint32_t from)
{
	for (uint32_t word = from / 64; word < 4; word++) {
		uint64_t bits = map[word];

		if (word == from / 64)
			bits &= ~0ull << from % 64;
		if (bits)
			return word * 64 + (uint32_t)__builtin_ctzll(bits);
	}
	return 256;
}

/* Bits set below `bit`. */
static inline uint32_t rank(const uint64_t *map, const uint8_t *base, uint32_t bit)
{
	return base[bit / 64] + bits_count(map[bit / 64] & ((1ull << bit % 64) - 1));
}

static inline void **node_child(struct fib_node *node, uint32_t byte)
{
	return &node->slots[rank(node->child_map, node->child_base, byte)];
}

static inline struct weft_route **node_routes(const struct fib_node *node)
{
	return (struct weft_route **)(uintptr_t)&node->slots[node->children];
}

static inline struct fib_key *node_keys(const struct fib_node *node)
{
	return (struct fib_key *)(uintptr_t)&node->slots[node->children + node->capacity];
}

static inline uint16_t *node_runs(const struct fib_node *node)
{
	return (uint16_t *)(node_keys(node) + node->capacity);
}

/* The longest of the node's own routes that covers the byte: its index plus one, or 0. */
static inline uint32_t node_run(const struct fib_node *node, uint32_t byte)
{
	uint32_t runs;

	if (node->dense)
		return __atomic_load_n(&node_runs(node)[byte], __ATOMIC_ACQUIRE);
	runs = rank(node->leaf_map, node->leaf_base, byte) + bit_get(node->leaf_map, byte);
	return runs ? node_runs(node)[runs - 1] : 0;
}

static inline struct weft_route *node_leaf(const struct fib_node *node, uint32_t byte)
{
	uint32_t run = node_run(node, byte);

	return run ? node_routes(node)[run - 1] : NULL;
}

static inline uint32_t node_bytes(const struct fib_node *node)
{
	return (uint32_t)(sizeof(*node) + (node->children + node->capacity) * sizeof(void *) +
			  node->capacity * sizeof(struct fib_key) + (node->dense ? 256 : node->leaves) * sizeof(uint16_t));
}

/* Of the node's own routes: in the order of prefix, then length. */
static inline uint16_t key_of(uint32_t depth, uint32_t byte, uint32_t prefix_len)
{
	return (uint16_t)(byte << 4 | (prefix_len - 8 * depth));
}

/* Index of the first route whose key is at least `key`. */
static inline uint32_t node_place(const struct fib_node *node, uint16_t key)
{
	const struct fib_key *keys = node_keys(node);
	uint32_t low = 0, high = node->routes;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (keys[middle].key < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Where the node's own route with this byte and length stands, or NULL. */
static inline struct weft_route **node_find(const struct fib_node *node, uint32_t byte, uint32_t prefix_len)
{
	uint16_t key = key_of(node->depth, byte, prefix_len);
	uint32_t at = node_place(node, key);

	return at < node->routes && node_keys(node)[at].key == key ? &node_routes(node)[node_keys(node)[at].index] : NULL;
}

static inline struct weft_route *node_route(const struct fib_node *node, uint32_t byte, uint32_t prefix_len)
{
	struct weft_route **place = node_find(node, byte, prefix_len);

	return place ? *place : NULL;
}

/* In the order of keys. */
static inline struct weft_route *node_nth(const struct fib_node *node, uint32_t at)
{
	return node_routes(node)[node_keys(node)[at].index];
}

/* True when the prefix covers the address, whose first `done` bytes are known to agree. */
static inline bool covers(const struct weft_route *route, const uint8_t *address, uint32_t done)
{
	uint32_t whole = length_of(route) / 8, rest = length_of(route) % 8;

	for (; done < whole; done++)
		if (route->prefix[done] != address[done])
			return false;
	return !rest || !((route->prefix[whole] ^ address[whole]) >> (8 - rest));
}

/*
 * A node like `old` (NULL: an empty one of this depth and prefix) with the edit made; NULL when memory is out. A route that is
 * put in is not there yet.
 */
struct fib_node *weft_fib_node_make(struct weft_plane *plane, uint32_t depth, const uint8_t *prefix, const struct fib_node *old,
				    const struct fib_edit *edit);
/* `route` is not among the dense node's, which has room for it. */
void weft_fib_dense_add(struct fib_node *node, struct weft_route *route);
/* Takes edit->route out of a dense node; what it covered falls to edit->instead. */
void weft_fib_dense_remove(struct fib_node *node, const struct fib_edit *edit);

#endif
