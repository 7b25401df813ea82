/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * A node of depth d looks at byte d of the address and owns the routes of length 8d+1 .. 8d+8 (depth 0: and length 0) below its
 * prefix of d bytes. It holds at least two things, routes or children; a single route below a child slot is the route itself,
 * marked in bit 0 of the pointer. Bytes between a parent and its child are skipped and compared with the child's prefix.
 */
#include "fib.h"

#include "slab.h"

struct fib_node {
	uint64_t child_map[4];		     /* byte has a child */
	uint64_t leaf_map[4];		     /* byte begins a run of equal longest matches within the node */
	uint8_t child_base[4], leaf_base[4]; /* bits set in the words before */
	uint16_t children, leaves, routes;
	uint8_t depth, zero0;
	uint8_t prefix[16];
	void *slots[]; /* children by byte, then the routes by key; behind them their keys, then the runs: index of a route plus
			  one, or 0 */
};

/* What a new node has that the old one has not: one route more or less, one child more or less, or both. */
struct fib_edit {
	struct weft_route *route, *instead; /* instead: what the addresses of a route that goes fall to within the node */
	void *child;
	bool remove, drop_child;
	uint8_t byte; /* of the child */
};

static const struct fib_node empty;

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

static inline uint16_t *node_keys(const struct fib_node *node)
{
	return (uint16_t *)(uintptr_t)&node->slots[node->children + node->routes];
}

static inline uint16_t *node_runs(const struct fib_node *node)
{
	return node_keys(node) + node->routes;
}

/* The longest of the node's own routes that covers the byte: its index plus one, or 0. */
static inline uint32_t node_run(const struct fib_node *node, uint32_t byte)
{
	uint32_t runs = rank(node->leaf_map, node->leaf_base, byte) + bit_get(node->leaf_map, byte);

	return runs ? node_runs(node)[runs - 1] : 0;
}

static inline struct weft_route *node_leaf(const struct fib_node *node, uint32_t byte)
{
	uint32_t run = node_run(node, byte);

	return run ? node_routes(node)[run - 1] : NULL;
}

static uint32_t node_bytes(const struct fib_node *node)
{
	return (uint32_t)(sizeof(*node) + (node->children + node->routes) * sizeof(void *) +
			  (node->routes + node->leaves) * sizeof(uint16_t));
}

/* Of the node's own routes: in the order of prefix, then length. */
static inline uint16_t key_of(uint32_t depth, uint32_t byte, uint32_t prefix_len)
{
	return (uint16_t)(byte << 4 | (prefix_len - 8 * depth));
}

/* Index of the first route whose key is at least `key`. */
static uint32_t node_place(const struct fib_node *node, uint16_t key)
{
	const uint16_t *keys = node_keys(node);
	uint32_t low = 0, high = node->routes;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (keys[middle] < key)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The node's own route with this byte and length, or NULL. */
static struct weft_route *node_route(const struct fib_node *node, uint32_t byte, uint32_t prefix_len)
{
	uint16_t key = key_of(node->depth, byte, prefix_len);
	uint32_t at = node_place(node, key);

	return at < node->routes && node_keys(node)[at] == key ? node_routes(node)[at] : NULL;
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

const struct weft_route *weft_fib_lookup(const struct weft_fib *fib, const uint8_t *address)
{
	struct weft_route *const *best = NULL;
	void *pointer = weft_load(fib->root);
	uint32_t done = 0;

	while (pointer) {
		struct fib_node *node = pointer;
		uint32_t run;

		if (is_tail(pointer)) {
			if (covers(tail_route(pointer), address, done))
				return tail_route(pointer);
			break;
		}
		while (done < node->depth && node->prefix[done] == address[done])
			done++;
		if (done < node->depth)
			break;
		run = node_run(node, address[done]);
		if (run)
			best = &node_routes(node)[run - 1];
		if (!bit_get(node->child_map, address[done]))
			break;
		pointer = weft_load(*node_child(node, address[done]));
		done++;
	}
	return best ? *best : NULL;
}

struct weft_route *weft_fib_route(struct weft_plane *plane, const struct weft_fib *fib, const uint8_t *prefix,
				  uint8_t prefix_len)
{
	struct weft_route *route = weft_slab_alloc(plane, weft_fib_route_bytes(fib));

	if (!route)
		return NULL;
	memset(route, 0, sizeof(*route));
	memcpy(route->prefix, prefix, fib->width);
	route->leaf.prefix_len = prefix_len;
	return route;
}

static int route_compare(const struct weft_fib *fib, const struct weft_route *route, const uint8_t *prefix, uint32_t prefix_len)
{
	int order = memcmp(route->prefix, prefix, fib->width);

	return order ? order : (int)length_of(route) - (int)prefix_len;
}

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

/* Where a route of the old node stands in the new one; 0 stays 0. */
static inline uint16_t moved(uint16_t run, uint32_t at, int by)
{
	return (uint16_t)(run > at ? (int)run + by : (int)run);
}

static void move_runs(uint16_t *to, const uint16_t *from, uint32_t count, uint32_t at, int by)
{
	for (uint32_t i = 0; i < count; i++)
		to[i] = moved(from[i], at, by);
}

/* `at`: where the edited route stands, in the new node or (remove) in the old one. */
static void fill_runs(struct fib_node *node, const struct fib_node *old, const struct fib_edit *edit, uint32_t at)
{
	int by = (int)node->routes - (int)old->routes;
	const uint16_t *from = node_runs(old);
	uint16_t *to = node_runs(node);
	uint32_t first, end, count, rest;

	if (!edit->route) {
		memcpy(to, from, node->leaves * sizeof(*to));
		return;
	}
	span_of(node, edit, &first, &end);
	count = rank(old->leaf_map, old->leaf_base, first);
	move_runs(to, from, count, at, by);
	for (uint32_t byte = bit_next(node->leaf_map, first); byte <= end && byte < 256;
	     byte = bit_next(node->leaf_map, byte + 1)) {
		struct weft_route *leaf = node_leaf(old, byte), *after = byte < end ? leaf_after(leaf, edit) : leaf;

		if (after == leaf)
			to[count++] = moved((uint16_t)node_run(old, byte), at, by);
		else if (after == edit->route)
			to[count++] = (uint16_t)(at + 1);
		else /* what a removed route leaves its addresses to stands before it */
			to[count++] =
			    (uint16_t)(after
					   ? node_place(old, key_of(old->depth, after->prefix[old->depth], length_of(after))) +
						 1
					   : 0);
	}
	rest = node->leaves - count;
	move_runs(to + count, from + old->leaves - rest, rest, at, by);
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

static void fill_routes(struct fib_node *node, const struct fib_node *old, const struct fib_edit *edit, uint32_t at)
{
	struct weft_route **to = node_routes(node), **from = node_routes(old);
	uint16_t *keys = node_keys(node), *old_keys = node_keys(old);
	uint32_t skipped = old->routes, before = old->routes, rest;

	if (edit->route) {
		before = at;
		skipped = at + (edit->remove || node->routes == old->routes);
	}
	rest = old->routes - skipped;
	memcpy(to, from, before * sizeof(*to));
	memcpy(keys, old_keys, before * sizeof(*keys));
	if (edit->route && !edit->remove) {
		to[before] = edit->route;
		keys[before] = key_of(node->depth, edit->route->prefix[node->depth], length_of(edit->route));
	}
	memcpy(to + node->routes - rest, from + skipped, rest * sizeof(*to));
	memcpy(keys + node->routes - rest, old_keys + skipped, rest * sizeof(*keys));
}

/* A node like `old` (or an empty one of this depth and prefix) with the edit made; NULL when memory is out. */
static struct fib_node *node_make(struct weft_plane *plane, uint32_t depth, const uint8_t *prefix, const struct fib_node *old,
				  const struct fib_edit *edit)
{
	struct fib_node head = {.depth = (uint8_t)depth}, *node;
	uint32_t at = 0;

	if (!old)
		old = &empty;
	memcpy(head.prefix, prefix, depth);
	memcpy(head.child_map, old->child_map, sizeof(head.child_map));
	if (edit->drop_child)
		head.child_map[edit->byte / 64] &= ~(1ull << edit->byte % 64);
	else if (edit->child)
		bit_set(head.child_map, edit->byte);
	map_leaves(&head, old, edit);
	for (uint32_t word = 0; word < 4; word++) {
		head.child_base[word] = (uint8_t)head.children;
		head.leaf_base[word] = (uint8_t)head.leaves;
		head.children = (uint16_t)(head.children + bits_count(head.child_map[word]));
		head.leaves = (uint16_t)(head.leaves + bits_count(head.leaf_map[word]));
	}
	head.routes = old->routes;
	if (edit->route) {
		uint16_t key = key_of(depth, edit->route->prefix[depth], length_of(edit->route));
		bool present;

		at = node_place(old, key);
		present = at < old->routes && node_keys(old)[at] == key;
		head.routes = (uint16_t)(old->routes + !edit->remove - present);
	}
	node = weft_slab_alloc(plane, node_bytes(&head));
	if (!node)
		return NULL;
	memcpy(node, &head, sizeof(head));
	fill_children(node, old, edit);
	fill_routes(node, old, edit, at);
	fill_runs(node, old, edit, at);
	return node;
}

static uint32_t common_bytes(const uint8_t *a, const uint8_t *b, uint32_t limit)
{
	uint32_t n = 0;

	while (n < limit && a[n] == b[n])
		n++;
	return n;
}

/* A new node over `present` (tail or node of `depth` under `prefix`) and the route, where they part. */
static struct fib_node *split(struct weft_plane *plane, void *present, uint32_t depth, const uint8_t *prefix,
			      struct weft_route *route)
{
	uint32_t route_depth = depth_of(length_of(route));
	uint32_t at = common_bytes(prefix, route->prefix, depth < route_depth ? depth : route_depth);
	struct fib_edit first = {0}, second = {0};
	struct fib_node *half, *node;

	if (is_tail(present) && depth == at) {
		first.route = tail_route(present);
	} else {
		first.child = present;
		first.byte = prefix[at];
	}
	if (route_depth == at) {
		second.route = route;
	} else {
		second.child = tail_of(route);
		second.byte = route->prefix[at];
	}
	half = node_make(plane, at, route->prefix, NULL, &first);
	if (!half)
		return NULL;
	node = node_make(plane, at, route->prefix, half, &second);
	weft_slab_free(plane, half);
	return node;
}

static int publish(struct weft_plane *plane, void **link, struct fib_node *old, struct fib_node *node)
{
	if (!node)
		return -ENOMEM;
	weft_store(*link, (void *)node);
	if (old)
		weft_slab_retire(plane, old, node_bytes(old));
	return 0;
}

static int node_insert(struct weft_plane *plane, void **link, struct fib_node *node, struct weft_route *route,
		       struct weft_route **replaced)
{
	struct fib_edit edit = {0};

	if (depth_of(length_of(route)) == node->depth) {
		edit.route = route;
		*replaced = node_route(node, route->prefix[node->depth], length_of(route));
	} else {
		edit.child = tail_of(route);
		edit.byte = route->prefix[node->depth];
	}
	return publish(plane, link, node, node_make(plane, node->depth, node->prefix, node, &edit));
}

int weft_fib_insert(struct weft_plane *plane, struct weft_fib *fib, struct weft_route *route, struct weft_route **replaced)
{
	uint32_t depth = depth_of(length_of(route));
	void **link = &fib->root;
	int error = 0;

	*replaced = NULL;
	for (;;) {
		struct fib_node *node = *link;

		if (!node) {
			weft_store(*link, tail_of(route));
			break;
		}
		if (is_tail(node)) {
			struct weft_route *tail = tail_route(node);

			if (!route_compare(fib, tail, route->prefix, length_of(route))) {
				*replaced = tail;
				weft_store(*link, tail_of(route));
			} else {
				error = publish(plane, link, NULL,
						split(plane, node, depth_of(length_of(tail)), tail->prefix, route));
			}
			break;
		}
		if (depth < node->depth || common_bytes(node->prefix, route->prefix, node->depth) < node->depth) {
			error = publish(plane, link, NULL, split(plane, node, node->depth, node->prefix, route));
			break;
		}
		if (depth == node->depth || !bit_get(node->child_map, route->prefix[node->depth])) {
			error = node_insert(plane, link, node, route, replaced);
			break;
		}
		link = node_child(node, route->prefix[node->depth]);
	}
	if (error)
		*replaced = NULL;
	else if (!*replaced)
		fib->count++;
	return error;
}

/* Where a prefix is: *parent the node above (or NULL) with its link, *link the slot that holds the route or its node. */
struct fib_place {
	void **link, **parent_link;
	struct fib_node *parent;
	struct weft_route *route;
};

static bool find(const struct weft_fib *fib, const uint8_t *prefix, uint8_t prefix_len, struct fib_place *place)
{
	uint32_t depth = depth_of(prefix_len);

	*place = (struct fib_place){.link = (void **)&fib->root};
	while (*place->link) {
		struct fib_node *node = *place->link;

		if (is_tail(node)) {
			place->route = tail_route(node);
			return !route_compare(fib, place->route, prefix, prefix_len);
		}
		if (depth < node->depth || common_bytes(node->prefix, prefix, node->depth) < node->depth)
			return false;
		if (depth == node->depth) {
			place->route = node_route(node, prefix[depth], prefix_len);
			return place->route && !route_compare(fib, place->route, prefix, prefix_len);
		}
		if (!bit_get(node->child_map, prefix[node->depth]))
			return false;
		place->parent = node;
		place->parent_link = place->link;
		place->link = node_child(node, prefix[node->depth]);
	}
	return false;
}

struct weft_route *weft_fib_exact(const struct weft_fib *fib, const uint8_t *prefix, uint8_t prefix_len)
{
	struct fib_place place;

	return find(fib, prefix, prefix_len, &place) ? place.route : NULL;
}

/* The longest of the node's own routes that covers what this one covers. */
static struct weft_route *node_above(const struct fib_node *node, const struct weft_route *route)
{
	uint32_t byte = route->prefix[node->depth], least = node->depth ? 8u * node->depth + 1 : 0;

	for (uint32_t length = length_of(route); length > least;) {
		struct weft_route *above;

		length--;
		above = node_route(node, byte & (0xff00u >> (length - 8u * node->depth)) & 0xff, length);
		if (above)
			return above;
	}
	return NULL;
}

/* The one thing that is left of two when the edit takes away the other. */
static void *node_rest(struct fib_node *node, const struct fib_edit *edit)
{
	if (edit->drop_child)
		return node->routes ? tail_of(node_routes(node)[0])
				    : node->slots[node->slots[0] == *node_child(node, edit->byte) ? 1 : 0];
	if (node->children)
		return node->slots[0];
	return tail_of(node_routes(node)[node_routes(node)[0] == edit->route ? 1 : 0]);
}

/* Replaces the node by itself with the edit made, or by the only thing that is left in it. */
static int node_shrink(struct weft_plane *plane, void **link, struct fib_node *node, const struct fib_edit *edit)
{
	if (node->routes + node->children > 2)
		return publish(plane, link, node, node_make(plane, node->depth, node->prefix, node, edit));
	weft_store(*link, node_rest(node, edit));
	weft_slab_retire(plane, node, node_bytes(node));
	return 0;
}

int weft_fib_remove(struct weft_plane *plane, struct weft_fib *fib, const uint8_t *prefix, uint8_t prefix_len,
		    struct weft_route **removed)
{
	struct fib_place place;
	struct fib_edit edit = {0};
	int error = 0;

	*removed = NULL;
	if (!find(fib, prefix, prefix_len, &place))
		return 0;
	if (!is_tail(*place.link)) {
		edit.route = place.route;
		edit.remove = true;
		edit.instead = node_above(*place.link, place.route);
		error = node_shrink(plane, place.link, *place.link, &edit);
	} else if (place.parent) {
		edit.drop_child = true;
		edit.byte = prefix[place.parent->depth];
		error = node_shrink(plane, place.parent_link, place.parent, &edit);
	} else {
		weft_store(fib->root, (void *)NULL);
	}
	if (error)
		return error;
	*removed = place.route;
	fib->count--;
	return 0;
}

static struct weft_route *earlier(const struct weft_fib *fib, struct weft_route *a, struct weft_route *b)
{
	if (!a || !b)
		return a ? a : b;
	return route_compare(fib, a, b->prefix, length_of(b)) < 0 ? a : b;
}

static struct weft_route *leftmost(const struct weft_fib *fib, void *pointer)
{
	struct weft_route *best = NULL;

	while (pointer && !is_tail(pointer)) {
		struct fib_node *node = pointer;

		if (node->routes)
			best = earlier(fib, best, node_routes(node)[0]);
		pointer = node->children ? node->slots[0] : NULL;
	}
	return pointer ? earlier(fib, best, tail_route(pointer)) : best;
}

static struct weft_route *leftmost_child_above(const struct weft_fib *fib, struct fib_node *node, uint32_t byte)
{
	uint32_t below = rank(node->child_map, node->child_base, byte) + bit_get(node->child_map, byte);

	return below < node->children ? leftmost(fib, node->slots[below]) : NULL;
}

struct weft_route *weft_fib_next(const struct weft_fib *fib, const uint8_t *prefix, uint8_t prefix_len)
{
	struct weft_route *best = NULL;
	void *pointer = fib->root;

	if (!prefix)
		return leftmost(fib, pointer);
	while (pointer) {
		struct fib_node *node = pointer;
		uint32_t low = 0, high, byte;
		int order;

		if (is_tail(pointer)) {
			struct weft_route *tail = tail_route(pointer);

			return route_compare(fib, tail, prefix, prefix_len) > 0 ? earlier(fib, best, tail) : best;
		}
		order = memcmp(node->prefix, prefix, node->depth);
		if (order)
			return order > 0 ? earlier(fib, best, leftmost(fib, pointer)) : best;
		for (high = node->routes; low < high;) {
			uint32_t middle = (low + high) / 2;

			if (route_compare(fib, node_routes(node)[middle], prefix, prefix_len) > 0)
				high = middle;
			else
				low = middle + 1;
		}
		if (low < node->routes)
			best = earlier(fib, best, node_routes(node)[low]);
		byte = prefix[node->depth];
		best = earlier(fib, best, leftmost_child_above(fib, node, byte));
		pointer = bit_get(node->child_map, byte) ? *node_child(node, byte) : NULL;
	}
	return best;
}

/* Depth is at most 16 bytes, and so is the recursion. A leaf run points to a route that stands among the node's own. */
static void subtree_free(struct weft_plane *plane, void *pointer)
{
	struct fib_node *node = pointer;

	if (is_tail(pointer)) {
		weft_slab_free(plane, tail_route(pointer));
		return;
	}
	for (uint32_t i = 0; i < node->children; i++)
		subtree_free(plane, node->slots[i]);
	for (uint32_t i = 0; i < node->routes; i++)
		weft_slab_free(plane, node_routes(node)[i]);
	weft_slab_free(plane, node);
}

void weft_fib_destroy(struct weft_plane *plane, struct weft_fib *fib)
{
	if (fib->root)
		subtree_free(plane, fib->root);
	fib->root = NULL;
	fib->count = 0;
}
