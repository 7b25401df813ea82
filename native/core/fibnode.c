/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Edits of trie nodes: as a new node, and in place. */
#include "fibnode.h"

static const struct fib_node empty;

/* What a run that had `leaf`, within the edited route's span, has now. */
static struct weft_route *leaf_after(struct weft_route *leaf, const struct fib_edit *edit)
{
	if (edit->remove)
		return leaf == edit->route ? edit->instead : leaf;
	return leaf && length_of(leaf) > length_of(edit->route) ? leaf : edit->route;
}

/* Bytes that the edited route covers within its node: [first, end). */
static void span_of(const struct fib_node *head, const struct fib_edit *edit, uint32_t *first, uint32_t *end)
{
	*first = edit->route->prefix[head->depth];
	*end = *first + (256u >> (length_of(edit->route) - 8u * head->depth));
}

/* head->leaf_map: the old one, but where the edited route is. Runs begin where the longest match changes. */
static void map_leaves(struct fib_node *head, const struct fib_node *old, const struct fib_edit *edit)
{
	struct weft_route *last;
	uint32_t first, end;

	memcpy(head->leaf_map, old->leaf_map, sizeof(head->leaf_map));
	if (!edit->route)
		return;
	span_of(head, edit, &first, &end);
	last = first ? node_leaf(old, first - 1) : NULL;
	for (uint32_t byte = first; byte <= end && byte < 256;) {
		struct weft_route *leaf = node_leaf(old, byte);
		uint32_t next = bit_next(old->leaf_map, byte + 1);

		if (byte < end)
			leaf = leaf_after(leaf, edit);
		head->leaf_map[byte / 64] &= ~(1ull << byte % 64);
		if (leaf != last)
			bit_set(head->leaf_map, byte);
		last = leaf;
		byte = byte < end && next > end ? end : next;
	}
}

static inline uint16_t renumbered(uint32_t run, const uint16_t *map)
{
	return (uint16_t)(run ? map[run - 1] + 1 : 0);
}

/* What the byte's run is in the new node. */
static uint16_t run_after(const struct fib_node *node, const struct fib_node *old, const struct fib_edit *edit, uint32_t byte,
			  const uint16_t *map)
{
	uint32_t first, end, run = node_run(old, byte);
	struct weft_route *leaf, *after;

	if (!edit->route)
		return renumbered(run, map);
	span_of(node, edit, &first, &end);
	leaf = run ? node_routes(old)[run - 1] : NULL;
	after = byte >= first && byte < end ? leaf_after(leaf, edit) : leaf;
	if (after == leaf)
		return renumbered(run, map);
	return (uint16_t)(after ? node_place(node, key_of(node->depth, after->prefix[node->depth], length_of(after))) + 1 : 0);
}

/* map: where each route of the old node stands in the new one. */
static void fill_runs(struct fib_node *node, const struct fib_node *old, const struct fib_edit *edit, const uint16_t *map)
{
	uint16_t *to = node_runs(node);
	uint32_t first = 256, end = 256, count = 0, rest;

	if (edit->route)
		span_of(node, edit, &first, &end);
	if (node->dense || old->dense) {
		for (uint32_t byte = 0, run = 0; byte < 256; byte++) {
			bool begins = bit_get(node->leaf_map, byte);

			if (begins)
				run = run_after(node, old, edit, byte, map);
			if (node->dense)
				to[byte] = (uint16_t)run;
			else if (begins)
				to[count++] = (uint16_t)run;
		}
		return;
	}
	for (rest = first < 256 ? rank(old->leaf_map, old->leaf_base, first) : old->leaves; count < rest; count++)
		to[count] = renumbered(node_runs(old)[count], map);
	for (uint32_t byte = bit_next(node->leaf_map, first); byte <= end && byte < 256;
	     byte = bit_next(node->leaf_map, byte + 1))
		to[count++] = run_after(node, old, edit, byte, map);
	for (rest = old->leaves - (node->leaves - count); count < node->leaves; count++)
		to[count] = renumbered(node_runs(old)[rest++], map);
}

static void fill_children(struct fib_node *node, const struct fib_node *old, const struct fib_edit *edit)
{
	uint32_t at;

	if (node->children == old->children) {
		memcpy(node->slots, old->slots, node->children * sizeof(node->slots[0]));
		return;
	}
	at = rank(old->child_map, old->child_base, edit->byte);
	memcpy(node->slots, old->slots, at * sizeof(node->slots[0]));
	if (edit->drop_child) {
		memcpy(node->slots + at, old->slots + at + 1, (node->children - at) * sizeof(node->slots[0]));
		return;
	}
	node->slots[at] = edit->child;
	memcpy(node->slots + at + 1, old->slots + at, (old->children - at) * sizeof(node->slots[0]));
}

/* The new node's routes stand in the order of their keys. */
static void fill_routes(struct fib_node *node, const struct fib_node *old, const struct fib_edit *edit, uint16_t *map)
{
	const struct fib_key *from = node_keys(old);
	struct weft_route **routes = node_routes(node);
	struct fib_key *keys = node_keys(node);
	uint32_t count = 0, before = old->routes;
	uint16_t key = 0;

	if (edit->route) {
		key = key_of(node->depth, edit->route->prefix[node->depth], length_of(edit->route));
		before = node_place(old, key);
	}
	for (uint32_t i = 0; i <= old->routes; i++) {
		if (i == before && edit->route && !edit->remove) {
			routes[count] = edit->route;
			keys[count] = (struct fib_key){key, (uint16_t)count};
			count++;
		}
		if (i == old->routes || (i == before && edit->remove))
			continue;
		map[from[i].index] = (uint16_t)count;
		routes[count] = node_routes(old)[from[i].index];
		keys[count] = (struct fib_key){from[i].key, (uint16_t)count};
		count++;
	}
}

/* Maps, counts and sizes of the new node. */
static void head_make(struct fib_node *head, uint32_t depth, const uint8_t *prefix, const struct fib_node *old,
		      const struct fib_edit *edit)
{
	head->depth = (uint8_t)depth;
	memcpy(head->prefix, prefix, depth);
	memcpy(head->child_map, old->child_map, sizeof(head->child_map));
	if (edit->drop_child)
		head->child_map[edit->byte / 64] &= ~(1ull << edit->byte % 64);
	else if (edit->child)
		bit_set(head->child_map, edit->byte);
	map_leaves(head, old, edit);
	for (uint32_t word = 0; word < 4; word++) {
		head->child_base[word] = (uint8_t)head->children;
		head->leaf_base[word] = (uint8_t)head->leaves;
		head->children = (uint16_t)(head->children + bits_count(head->child_map[word]));
		head->leaves = (uint16_t)(head->leaves + bits_count(head->leaf_map[word]));
	}
	head->routes = (uint16_t)(old->routes + (edit->route && !edit->remove) - (edit->route && edit->remove));
	head->used = head->capacity = head->routes;
	head->dense = head->leaves > (old->dense ? COMPACT_LEAVES : DENSE_LEAVES);
	if (head->dense)
		head->capacity = (uint16_t)(head->routes + head->routes / 4 + 8);
}

/*
 * A node like `old` (or an empty one of this depth and prefix) with the edit made; NULL when memory is out. A route that is put
 * in is not there yet.
 */
struct fib_node *weft_fib_node_make(struct weft_plane *plane, uint32_t depth, const uint8_t *prefix, const struct fib_node *old,
				    const struct fib_edit *edit)
{
	struct fib_node head = {.depth = 0}, *node;
	uint16_t *map;

	if (!old)
		old = &empty;
	head_make(&head, depth, prefix, old, edit);
	node = weft_slab_alloc(plane, node_bytes(&head));
	map = weft_slab_alloc(plane, (old->used + 1u) * (uint32_t)sizeof(*map));
	if (node && map) {
		memcpy(node, &head, sizeof(head));
		fill_children(node, old, edit);
		fill_routes(node, old, edit, map);
		fill_runs(node, old, edit, map);
	} else {
		weft_slab_free(plane, node);
		node = NULL;
	}
	weft_slab_free(plane, map);
	return node;
}

/* ---- in place ---- */

/* Where runs begin in [first, end], after entries of a dense node were written. */
static void note_runs(struct fib_node *node, uint32_t first, uint32_t end)
{
	const uint16_t *runs = node_runs(node);

	for (uint32_t byte = first; byte <= end && byte < 256; byte++) {
		bool begins = runs[byte] != (byte ? runs[byte - 1] : 0), began = bit_get(node->leaf_map, byte);

		if (begins == began)
			continue;
		node->leaf_map[byte / 64] ^= 1ull << byte % 64;
		node->leaves = (uint16_t)(begins ? node->leaves + 1 : node->leaves - 1);
	}
}

void weft_fib_dense_add(struct fib_node *node, struct weft_route *route)
{
	struct fib_edit edit = {.route = route};
	uint16_t key = key_of(node->depth, route->prefix[node->depth], length_of(route)), index = node->used++;
	struct fib_key *keys = node_keys(node);
	uint32_t first, end, at = node_place(node, key);

	memmove(&keys[at + 1], &keys[at], (node->routes - at) * sizeof(*keys));
	keys[at] = (struct fib_key){key, index};
	node->routes++;
	weft_store(node_routes(node)[index], route);
	span_of(node, &edit, &first, &end);
	for (uint32_t byte = first; byte < end; byte++) {
		if (leaf_after(node_leaf(node, byte), &edit) == route)
			__atomic_store_n(&node_runs(node)[byte], (uint16_t)(index + 1), __ATOMIC_RELEASE);
	}
	note_runs(node, first, end);
}

void weft_fib_dense_remove(struct fib_node *node, const struct fib_edit *edit)
{
	uint32_t first, end, at, run = 0;
	struct fib_key *keys = node_keys(node);

	if (edit->instead)
		run = keys[node_place(node, key_of(node->depth, edit->instead->prefix[node->depth], length_of(edit->instead)))]
			  .index +
		      1u;
	span_of(node, edit, &first, &end);
	for (uint32_t byte = first; byte < end; byte++) {
		if (node_leaf(node, byte) == edit->route)
			__atomic_store_n(&node_runs(node)[byte], (uint16_t)run, __ATOMIC_RELEASE);
	}
	at = node_place(node, key_of(node->depth, edit->route->prefix[node->depth], length_of(edit->route)));
	node->routes--;
	memmove(&keys[at], &keys[at + 1], (node->routes - at) * sizeof(*keys));
	note_runs(node, first, end);
}
