/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The trie over its nodes: lookup, insertion, removal, walk. */
#include "fibnode.h"

static inline struct weft_route *const *match(const struct weft_fib *fib, const uint8_t *address, const struct weft_route **alone)
{
	struct weft_route *const *best = NULL;
	void *pointer = weft_load(fib->root);
	uint32_t done = 0;

	*alone = NULL;
	while (pointer) {
		struct fib_node *node = pointer;
		uint32_t run;

		if (is_tail(pointer)) {
			if (covers(tail_route(pointer), address, done))
				*alone = tail_route(pointer);
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
	return best;
}

const struct weft_route *weft_fib_lookup(const struct weft_fib *fib, const uint8_t *address)
{
	const struct weft_route *alone;
	struct weft_route *const *place = match(fib, address, &alone);

	return alone || !place ? alone : weft_load(*place);
}

struct weft_route *const *weft_fib_find(const struct weft_fib *fib, const uint8_t *address, const struct weft_route **alone)
{
	return match(fib, address, alone);
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
	half = weft_fib_node_make(plane, at, route->prefix, NULL, &first);
	if (!half)
		return NULL;
	node = weft_fib_node_make(plane, at, route->prefix, half, &second);
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
		struct weft_route **place = node_find(node, route->prefix[node->depth], length_of(route));

		if (place) {
			*replaced = *place;
			weft_store(*place, route);
			return 0;
		}
		if (node->dense && node->used < node->capacity) {
			weft_fib_dense_add(node, route);
			return 0;
		}
		edit.route = route;
	} else {
		edit.child = tail_of(route);
		edit.byte = route->prefix[node->depth];
	}
	return publish(plane, link, node, weft_fib_node_make(plane, node->depth, node->prefix, node, &edit));
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
		return node->routes ? tail_of(node_nth(node, 0))
				    : node->slots[node->slots[0] == *node_child(node, edit->byte) ? 1 : 0];
	if (node->children)
		return node->slots[0];
	return tail_of(node_nth(node, node_nth(node, 0) == edit->route ? 1 : 0));
}

/* Replaces the node by itself with the edit made, or by the only thing that is left in it. */
static int node_shrink(struct weft_plane *plane, void **link, struct fib_node *node, const struct fib_edit *edit)
{
	if (node->dense && edit->remove && node->leaves > COMPACT_LEAVES) {
		weft_fib_dense_remove(node, edit);
		return 0;
	}
	if (node->routes + node->children > 2)
		return publish(plane, link, node, weft_fib_node_make(plane, node->depth, node->prefix, node, edit));
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

/* In the order of routes a node's own come before a child of the same byte: their prefixes end there, or are shorter. */
const struct weft_route *weft_fib_cursor_next(struct weft_fib_cursor *cursor)
{
	const struct weft_route *alone = cursor->alone;

	cursor->alone = NULL;
	if (alone)
		return alone;
	while (cursor->count) {
		struct weft_fib_position *at = &cursor->at[cursor->count - 1];
		struct fib_node *node = at->node;
		uint32_t byte = bit_next(node->child_map, at->byte);
		void *child;

		if (at->route < node->routes && node_keys(node)[at->route].key >> 4 <= (int)byte)
			return node_nth(node, at->route++);
		if (byte > 255) {
			cursor->count--;
			continue;
		}
		at->byte = (uint16_t)(byte + 1);
		child = *node_child(node, byte);
		if (is_tail(child))
			return tail_route(child);
		cursor->at[cursor->count++] = (struct weft_fib_position){child, 0, 0};
	}
	return NULL;
}

/* How many of the node's own routes are not behind the place. */
static uint16_t own_before(const struct weft_fib *fib, const struct fib_node *node, const uint8_t *prefix, uint8_t prefix_len)
{
	uint32_t low = 0, high = node->routes;

	while (low < high) {
		uint32_t middle = (low + high) / 2;

		if (route_compare(fib, node_nth(node, middle), prefix, prefix_len) > 0)
			high = middle;
		else
			low = middle + 1;
	}
	return (uint16_t)low;
}

void weft_fib_cursor_begin(struct weft_fib_cursor *cursor, const struct weft_fib *fib, const uint8_t *prefix, uint8_t prefix_len)
{
	void *pointer = fib->root;

	cursor->count = 0;
	cursor->alone = NULL;
	while (pointer) {
		struct fib_node *node = pointer;
		uint8_t byte;
		int order = prefix ? 0 : 1;

		if (is_tail(pointer)) {
			if (order > 0 || route_compare(fib, tail_route(pointer), prefix, prefix_len) > 0)
				cursor->alone = tail_route(pointer);
			return;
		}
		if (prefix)
			order = memcmp(node->prefix, prefix, node->depth);
		if (order < 0)
			return;
		if (order > 0) {
			cursor->at[cursor->count++] = (struct weft_fib_position){node, 0, 0};
			return;
		}
		byte = prefix[node->depth];
		cursor->at[cursor->count] = (struct weft_fib_position){node, own_before(fib, node, prefix, prefix_len), byte};
		if (depth_of(prefix_len) <= node->depth) { /* the children of its byte are all behind it */
			cursor->count++;
			return;
		}
		cursor->at[cursor->count++].byte++;
		pointer = bit_get(node->child_map, byte) ? *node_child(node, byte) : NULL;
	}
}

const struct weft_route *weft_fib_next(const struct weft_fib *fib, const uint8_t *prefix, uint8_t prefix_len)
{
	struct weft_fib_cursor cursor;

	weft_fib_cursor_begin(&cursor, fib, prefix, prefix_len);
	return weft_fib_cursor_next(&cursor);
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
		weft_slab_free(plane, node_nth(node, i));
	weft_slab_free(plane, node);
}

void weft_fib_destroy(struct weft_plane *plane, struct weft_fib *fib)
{
	if (fib->root)
		subtree_free(plane, fib->root);
	fib->root = NULL;
	fib->count = 0;
}
