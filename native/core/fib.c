/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * A node of depth d looks at byte d of the address and owns the routes of length 8d+1 .. 8d+8 (depth 0: and length 0) below its
 * prefix of d bytes. It holds at least two things, routes or children; a single route below a child slot is the route itself,
 * marked in bit 0 of the pointer. Bytes between a parent and its child are skipped and compared with the child's prefix.
 */
#include "fib.h"

struct fib_node {
	uint64_t child_map[4]; /* byte has a child */
	uint64_t leaf_map[4];  /* byte begins a run of equal longest matches within the node */
	uint16_t child_base[4], leaf_base[4]; /* bits set in the words before */
	uint8_t prefix[16];
	uint16_t children, leaves, routes;
	uint8_t depth, zero0;
	void *slots[]; /* children by byte, then one leaf per run, then the routes in order of first byte, then length */
};

struct fib_edit {
	struct weft_route *add, *drop;
	void *child;      /* to add, or */
	bool drop_child;  /* to drop, at */
	uint8_t byte;
};

struct fib_merge {
	const struct fib_node *old;
	const struct fib_edit *edit;
	uint32_t next;
	bool added;
};

static inline bool is_tail(const void *pointer) { return (uintptr_t)pointer & 1; }
static inline struct weft_route *tail_route(const void *pointer) { return (struct weft_route *)((uintptr_t)pointer & ~(uintptr_t)1); }
static inline void *tail_of(struct weft_route *route) { return (void *)((uintptr_t)route | 1); }
static inline uint32_t depth_of(uint32_t prefix_len) { return prefix_len ? (prefix_len - 1) / 8 : 0; }
static inline bool bit_get(const uint64_t *map, uint32_t bit) { return map[bit / 64] >> (bit % 64) & 1; }

static inline uint32_t bits_count(uint64_t v)
{
	v -= v >> 1 & 0x5555555555555555ull;
	v = (v & 0x3333333333333333ull) + (v >> 2 & 0x3333333333333333ull);
	v = (v + (v >> 4)) & 0x0f0f0f0f0f0f0f0full;
	return (uint32_t)(v * 0x0101010101010101ull >> 56);
}

/* Bits set below `bit`. */
static inline uint32_t rank(const uint64_t *map, const uint16_t *base, uint32_t bit)
{
	return base[bit / 64] + bits_count(map[bit / 64] & ((1ull << bit % 64) - 1));
}

static inline struct weft_route *node_leaf(const struct fib_node *node, uint32_t byte)
{
	uint32_t runs = rank(node->leaf_map, node->leaf_base, byte) + bit_get(node->leaf_map, byte);

	return runs ? node->slots[node->children + runs - 1] : NULL;
}

static inline void **node_child(struct fib_node *node, uint32_t byte)
{
	return &node->slots[rank(node->child_map, node->child_base, byte)];
}

static inline struct weft_route **node_routes(const struct fib_node *node)
{
	return (struct weft_route **)&node->slots[node->children + node->leaves];
}

static size_t node_bytes(const struct fib_node *node)
{
	return sizeof(*node) + (node->children + node->leaves + (size_t)node->routes) * sizeof(void *);
}

/* True when the prefix covers the address, whose first `done` bytes are known to agree. */
static inline bool covers(const struct weft_route *route, const uint8_t *address, uint32_t done)
{
	uint32_t whole = route->prefix_len / 8, rest = route->prefix_len % 8;

	for (; done < whole; done++)
		if (route->prefix[done] != address[done])
			return false;
	return !rest || !((route->prefix[whole] ^ address[whole]) >> (8 - rest));
}

const struct weft_route *weft_fib_lookup(const struct weft_fib *fib, const uint8_t *address)
{
	const struct weft_route *best = NULL, *leaf;
	void *pointer = weft_load(fib->root);
	uint32_t done = 0;

	while (pointer) {
		struct fib_node *node = pointer;

		if (is_tail(pointer))
			return covers(tail_route(pointer), address, done) ? tail_route(pointer) : best;
		for (; done < node->depth; done++)
			if (node->prefix[done] != address[done])
				return best;
		leaf = node_leaf(node, address[done]);
		if (leaf)
			best = leaf;
		if (!bit_get(node->child_map, address[done]))
			return best;
		pointer = weft_load(*node_child(node, address[done]));
		done++;
	}
	return best;
}

static inline uint64_t big_endian64(const uint8_t *at)
{
	uint64_t word;

	memcpy(&word, at, sizeof(word));
	return __builtin_bswap64(word);
}

static int route_compare(const struct weft_route *route, const uint8_t *prefix, uint32_t prefix_len)
{
	for (uint32_t at = 0; at < sizeof(route->prefix); at += 8) {
		uint64_t one = big_endian64(route->prefix + at), other = big_endian64(prefix + at);

		if (one != other)
			return one < other ? -1 : 1;
	}
	return (int)route->prefix_len - (int)prefix_len;
}

/* Index of the first of the node's routes that is not before the prefix; *same: it is the prefix. */
static uint32_t route_position(const struct fib_node *node, const uint8_t *prefix, uint32_t prefix_len, bool *same)
{
	struct weft_route **routes = node_routes(node);
	uint32_t low = 0, high = node->routes;

	*same = false;
	while (low < high) {
		uint32_t middle = (low + high) / 2;
		int order = route_compare(routes[middle], prefix, prefix_len);

		if (order < 0)
			low = middle + 1;
		else
			high = middle;
		*same |= order == 0;
	}
	return low;
}

static struct weft_route *merge_next(struct fib_merge *merge)
{
	struct weft_route *add = merge->added ? NULL : merge->edit->add;
	struct weft_route *route = NULL;
	int order = -1;

	while (merge->old && merge->next < merge->old->routes) {
		route = node_routes(merge->old)[merge->next];
		if (route != merge->edit->drop)
			break;
		route = NULL;
		merge->next++;
	}
	if (add && route)
		order = route_compare(add, route->prefix, route->prefix_len);
	if (add && order <= 0) {
		merge->added = true;
		if (route && order == 0)
			merge->next++;
		return add;
	}
	if (route)
		merge->next++;
	return route;
}

/* The node's route of this prefix, whose first bytes are the node's, or NULL. */
static struct weft_route *route_exact(const struct fib_node *node, const uint8_t *prefix, uint32_t prefix_len)
{
	struct weft_route *leaf;
	uint32_t position;
	bool same;

	if (prefix_len == 8u * (node->depth + 1)) { /* no longer one covers its byte */
		leaf = node_leaf(node, prefix[node->depth]);
		return leaf && leaf->prefix_len == prefix_len ? leaf : NULL;
	}
	position = route_position(node, prefix, prefix_len, &same);
	return same ? node_routes(node)[position] : NULL;
}

static uint32_t merge_paint(const struct fib_node *old, const struct fib_edit *edit, uint32_t depth, uint16_t cover[256])
{
	struct fib_merge merge = {.old = old, .edit = edit};
	struct weft_route *route;
	uint32_t count = 0;

	memset(cover, 0, 256 * sizeof(*cover));
	while ((route = merge_next(&merge))) {
		uint32_t span = 256u >> (route->prefix_len - 8 * depth);

		count++;
		for (uint32_t i = 0; i < span; i++)
			cover[route->prefix[depth] + i] = (uint16_t)count;
	}
	return count;
}

static void node_fill_children(struct fib_node *node, const struct fib_node *old, const struct fib_edit *edit)
{
	uint32_t from = 0, to = 0;

	for (uint32_t word = 0; word < 4; word++) {
		uint64_t before = old ? old->child_map[word] : 0;

		for (uint64_t bits = before | node->child_map[word]; bits; bits &= bits - 1) {
			uint32_t byte = word * 64 + (uint32_t)__builtin_ctzll(bits);
			void *child = old && bit_get(old->child_map, byte) ? old->slots[from++] : NULL;

			if (!bit_get(node->child_map, byte))
				continue;
			node->slots[to++] = edit->child && edit->byte == byte ? edit->child : child;
		}
	}
}

/* An array with `drop` items at `at` replaced by `add` others. */
struct fib_splice {
	uint32_t at, drop, add;
	void *items[2];
};

static void **splice(void **to, void *const *from, uint32_t count, const struct fib_splice *change)
{
	uint32_t behind = change->at + change->drop;

	memcpy(to, from, change->at * sizeof(*to));
	memcpy(to + change->at, change->items, change->add * sizeof(*to));
	memcpy(to + change->at + change->add, from + behind, (count - behind) * sizeof(*to));
	return to + count - change->drop + change->add;
}

static void bases_set(struct fib_node *node)
{
	node->children = node->leaves = 0;
	for (uint32_t word = 0; word < 4; word++) {
		node->child_base[word] = node->children;
		node->leaf_base[word] = node->leaves;
		node->children = (uint16_t)(node->children + bits_count(node->child_map[word]));
		node->leaves = (uint16_t)(node->leaves + bits_count(node->leaf_map[word]));
	}
}

/* A child comes or goes, or a route comes that covers one byte of the node: what most edits are. */
static bool is_small(uint32_t depth, const struct fib_edit *edit)
{
	return !edit->drop && (!edit->add || edit->add->prefix_len == 8 * (depth + 1));
}

/* The byte is the route's alone: a run of its own, behind which the one that was interrupted goes on. */
static struct fib_splice leaf_add(struct fib_node *node, const struct fib_node *old, struct weft_route *route)
{
	uint32_t byte = route->prefix[node->depth];
	struct fib_splice change = {.at = rank(old->leaf_map, old->leaf_base, byte), .drop = bit_get(old->leaf_map, byte), .add = 1};

	change.items[0] = route;
	node->leaf_map[byte / 64] |= 1ull << byte % 64;
	if (byte < 255 && !bit_get(old->leaf_map, byte + 1)) {
		change.items[change.add++] = node_leaf(old, byte);
		node->leaf_map[(byte + 1) / 64] |= 1ull << (byte + 1) % 64;
	}
	return change;
}

/* node_make for a small edit: the rest is copied as it is, without a look at the routes. */
static struct fib_node *node_edit(const struct fib_node *old, const struct fib_edit *edit)
{
	struct fib_splice children = {0}, leaves = {0}, routes = {0};
	struct fib_node head, *node;
	void **to;
	bool same;

	memcpy(&head, old, sizeof(head));
	if (edit->child || edit->drop_child) {
		children = (struct fib_splice){.at = rank(old->child_map, old->child_base, edit->byte),
					       .drop = bit_get(old->child_map, edit->byte),
					       .add = edit->child != NULL,
					       .items[0] = edit->child};
		head.child_map[edit->byte / 64] &= ~(1ull << edit->byte % 64);
		head.child_map[edit->byte / 64] |= (uint64_t)children.add << edit->byte % 64;
	}
	if (edit->add) {
		leaves = leaf_add(&head, old, edit->add);
		routes.at = route_position(old, edit->add->prefix, edit->add->prefix_len, &same);
		routes.drop = same;
		routes.add = 1;
		routes.items[0] = edit->add;
		head.routes = (uint16_t)(head.routes + 1 - same);
	}
	bases_set(&head);
	node = weft_host_alloc(node_bytes(&head));
	if (!node)
		return NULL;
	memcpy(node, &head, sizeof(head));
	to = splice(node->slots, old->slots, old->children, &children);
	to = splice(to, old->slots + old->children, old->leaves, &leaves);
	splice(to, old->slots + old->children + old->leaves, old->routes, &routes);
	return node;
}

/* A node like `old` (or an empty one of this depth and prefix) with the edit made; NULL when memory is out. */
static struct fib_node *node_make(uint32_t depth, const uint8_t *prefix, const struct fib_node *old, const struct fib_edit *edit)
{
	struct fib_merge merge = {.old = old, .edit = edit};
	struct fib_node head = {.depth = (uint8_t)depth}, *node;
	uint16_t cover[256];
	uint32_t leaf = 0;

	if (old && is_small(depth, edit))
		return node_edit(old, edit);
	head.routes = (uint16_t)merge_paint(old, edit, depth, cover);
	memcpy(head.prefix, prefix, depth);
	if (old)
		memcpy(head.child_map, old->child_map, sizeof(head.child_map));
	if (edit->drop_child)
		head.child_map[edit->byte / 64] &= ~(1ull << edit->byte % 64);
	else if (edit->child)
		head.child_map[edit->byte / 64] |= 1ull << edit->byte % 64;
	for (uint32_t byte = 0; byte < 256; byte++)
		if (cover[byte] != (byte ? cover[byte - 1] : 0))
			head.leaf_map[byte / 64] |= 1ull << byte % 64;
	bases_set(&head);
	node = weft_host_alloc(node_bytes(&head));
	if (!node)
		return NULL;
	memcpy(node, &head, sizeof(head));
	node_fill_children(node, old, edit);
	for (uint32_t i = 0; i < node->routes; i++)
		node_routes(node)[i] = merge_next(&merge);
	for (uint32_t byte = 0; byte < 256; byte++)
		if (bit_get(node->leaf_map, byte))
			node->slots[node->children + leaf++] = cover[byte] ? node_routes(node)[cover[byte] - 1] : NULL;
	return node;
}

static void node_free(struct weft_plane *plane, struct fib_node *node)
{
	weft_host_free_deferred(plane, node, node_bytes(node));
}

static uint32_t common_bytes(const uint8_t *a, const uint8_t *b, uint32_t limit)
{
	uint32_t n = 0;

	while (n < limit && a[n] == b[n])
		n++;
	return n;
}

/* A new node over `present` (tail or node of `depth` under `prefix`) and the route, where they part. */
static struct fib_node *split(void *present, uint32_t depth, const uint8_t *prefix, struct weft_route *route)
{
	uint32_t route_depth = depth_of(route->prefix_len);
	uint32_t at = common_bytes(prefix, route->prefix, depth < route_depth ? depth : route_depth);
	struct fib_edit first = {0}, second = {0};
	struct fib_node *half, *node;

	if (is_tail(present) && depth == at) {
		first.add = tail_route(present);
	} else {
		first.child = present;
		first.byte = prefix[at];
	}
	if (route_depth == at) {
		second.add = route;
	} else {
		second.child = tail_of(route);
		second.byte = route->prefix[at];
	}
	half = node_make(at, route->prefix, NULL, &first);
	if (!half)
		return NULL;
	node = node_make(at, route->prefix, half, &second);
	weft_host_free(half, node_bytes(half));
	return node;
}

static int publish(struct weft_plane *plane, void **link, struct fib_node *old, struct fib_node *node)
{
	if (!node)
		return -ENOMEM;
	weft_store(*link, (void *)node);
	if (old)
		node_free(plane, old);
	return 0;
}

static int node_insert(struct weft_plane *plane, void **link, struct fib_node *node, struct weft_route *route,
		       struct weft_route **replaced)
{
	struct fib_edit edit = {0};

	if (depth_of(route->prefix_len) == node->depth) {
		edit.add = route;
		*replaced = route_exact(node, route->prefix, route->prefix_len);
	} else {
		edit.child = tail_of(route);
		edit.byte = route->prefix[node->depth];
	}
	return publish(plane, link, node, node_make(node->depth, node->prefix, node, &edit));
}

int weft_fib_insert(struct weft_plane *plane, struct weft_fib *fib, struct weft_route *route, struct weft_route **replaced)
{
	uint32_t depth = depth_of(route->prefix_len);
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

			if (!route_compare(tail, route->prefix, route->prefix_len)) {
				*replaced = tail;
				weft_store(*link, tail_of(route));
			} else {
				error = publish(plane, link, NULL, split(node, depth_of(tail->prefix_len), tail->prefix, route));
			}
			break;
		}
		if (depth < node->depth || common_bytes(node->prefix, route->prefix, node->depth) < node->depth) {
			error = publish(plane, link, NULL, split(node, node->depth, node->prefix, route));
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
			return !route_compare(place->route, prefix, prefix_len);
		}
		if (depth < node->depth || common_bytes(node->prefix, prefix, node->depth) < node->depth)
			return false;
		if (depth == node->depth) {
			place->route = route_exact(node, prefix, prefix_len);
			return place->route != NULL;
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

/* Replaces the node by itself with the edit made, or by the only thing that is left in it. */
static int node_shrink(struct weft_plane *plane, void **link, struct fib_node *node, const struct fib_edit *edit)
{
	struct weft_route *route;
	struct fib_merge merge = {.old = node, .edit = edit};

	if (node->routes + node->children > 2)
		return publish(plane, link, node, node_make(node->depth, node->prefix, node, edit));
	route = merge_next(&merge);
	if (route)
		weft_store(*link, tail_of(route));
	else if (!edit->drop_child || node->children == 1)
		weft_store(*link, node->slots[0]);
	else
		weft_store(*link, node->slots[node->slots[0] == *node_child(node, edit->byte) ? 1 : 0]);
	node_free(plane, node);
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
		edit.drop = place.route;
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

static struct weft_route *earlier(struct weft_route *a, struct weft_route *b)
{
	if (!a || !b)
		return a ? a : b;
	return route_compare(a, b->prefix, b->prefix_len) < 0 ? a : b;
}

static struct weft_route *leftmost(void *pointer)
{
	struct weft_route *best = NULL;

	while (pointer && !is_tail(pointer)) {
		struct fib_node *node = pointer;

		if (node->routes)
			best = earlier(best, node_routes(node)[0]);
		pointer = node->children ? node->slots[0] : NULL;
	}
	return pointer ? earlier(best, tail_route(pointer)) : best;
}

static struct weft_route *leftmost_child_above(struct fib_node *node, uint32_t byte)
{
	uint32_t below = rank(node->child_map, node->child_base, byte) + bit_get(node->child_map, byte);

	return below < node->children ? leftmost(node->slots[below]) : NULL;
}

struct weft_route *weft_fib_next(const struct weft_fib *fib, const uint8_t *prefix, uint8_t prefix_len)
{
	struct weft_route *best = NULL;
	void *pointer = fib->root;

	if (!prefix)
		return leftmost(pointer);
	while (pointer) {
		struct fib_node *node = pointer;
		uint32_t low = 0, high, byte;
		int order;

		if (is_tail(pointer)) {
			struct weft_route *tail = tail_route(pointer);

			return route_compare(tail, prefix, prefix_len) > 0 ? earlier(best, tail) : best;
		}
		order = memcmp(node->prefix, prefix, node->depth);
		if (order)
			return order > 0 ? earlier(best, leftmost(pointer)) : best;
		for (high = node->routes; low < high;) {
			uint32_t middle = (low + high) / 2;

			if (route_compare(node_routes(node)[middle], prefix, prefix_len) > 0)
				high = middle;
			else
				low = middle + 1;
		}
		if (low < node->routes)
			best = earlier(best, node_routes(node)[low]);
		byte = prefix[node->depth];
		best = earlier(best, leftmost_child_above(node, byte));
		pointer = bit_get(node->child_map, byte) ? *node_child(node, byte) : NULL;
	}
	return best;
}

/* Depth is at most 16 bytes, and so is the recursion. A leaf run points to a route that stands among the node's own. */
static void subtree_free(void *pointer)
{
	struct fib_node *node = pointer;

	if (is_tail(pointer)) {
		weft_host_free(tail_route(pointer), sizeof(struct weft_route));
		return;
	}
	for (uint32_t i = 0; i < node->children; i++)
		subtree_free(node->slots[i]);
	for (uint32_t i = 0; i < node->routes; i++)
		weft_host_free(node_routes(node)[i], sizeof(struct weft_route));
	weft_host_free(node, node_bytes(node));
}

void weft_fib_destroy(struct weft_fib *fib)
{
	if (fib->root)
		subtree_free(fib->root);
	fib->root = NULL;
	fib->count = 0;
}
