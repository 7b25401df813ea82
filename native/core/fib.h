/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Longest prefix match over IPv4 or IPv6 prefixes: a trie of 8-bit strides, path compressed, nodes packed by bitmaps. Nodes are
 * replaced whole; a lookup sees each change entirely or not at all. One writer, any number of readers in read sections. Memory
 * of nodes and routes is of the plane's slab: an IPv4 route takes 24 bytes, an IPv6 route 40, and 10 to 14 in its node.
 */
#ifndef WEFT_CORE_FIB_H
#define WEFT_CORE_FIB_H

#include "weft_tables.h"

/* One route. `leaf` and the prefix never change: a changed route is a new one in its place. */
struct weft_route {
	struct weft_leaf leaf; /* prefix_len too */
	uint32_t epoch;	       /* control thread */
	uint8_t prefix[];      /* as many bytes as the table's addresses have */
};

struct weft_fib {
	void *root;
	uint64_t count;
	uint32_t width; /* bytes of an address: 4 or 16 */
};

static inline uint32_t weft_fib_route_bytes(const struct weft_fib *fib)
{
	return (uint32_t)sizeof(struct weft_route) + fib->width;
}

/* A route that is not in any table yet, with leaf.prefix_len and prefix set, the rest of it zero; NULL: out of memory. */
struct weft_route *weft_fib_route(struct weft_plane *plane, const struct weft_fib *fib, const uint8_t *prefix,
				  uint8_t prefix_len);
/* Longest match or NULL. `address` has `width` bytes. */
const struct weft_route *weft_fib_lookup(const struct weft_fib *fib, const uint8_t *address);
/* The same in two steps, for who has more to look up meanwhile: it is *alone, or else what the answer points to, if to anything;
 * to be read in the same read section. */
struct weft_route *const *weft_fib_find(const struct weft_fib *fib, const uint8_t *address, const struct weft_route **alone);
/* The route with exactly this prefix, or NULL. Control thread. */
struct weft_route *weft_fib_exact(const struct weft_fib *fib, const uint8_t *prefix, uint8_t prefix_len);
/*
 * Puts a route in; *replaced is the one it took the place of (weft_slab_retire is the caller's) or NULL. Host bits of the
 * prefix are zero. 0, or -ENOMEM and nothing changed.
 */
int weft_fib_insert(struct weft_plane *plane, struct weft_fib *fib, struct weft_route *route, struct weft_route **replaced);
/* Takes the route with this prefix out; *removed is it, or NULL when there was none. 0, or -ENOMEM and nothing changed. */
int weft_fib_remove(struct weft_plane *plane, struct weft_fib *fib, const uint8_t *prefix, uint8_t prefix_len,
		    struct weft_route **removed);
/*
 * A walk in the order of prefix bytes, then length; control thread, and no change between its calls. It begins with the first route
 * behind (prefix, prefix_len), which need not be one; prefix NULL: with the first of all. Each is found from the one before.
 */
struct weft_fib_position {
	void *node;
	uint16_t route, byte; /* the next of its own; of the next child, at least */
};
struct weft_fib_cursor {
	const struct weft_route *alone; /* comes first */
	uint32_t count;
	struct weft_fib_position at[16]; /* from the root: a node looks at one byte of an address */
};
void weft_fib_cursor_begin(struct weft_fib_cursor *cursor, const struct weft_fib *fib, const uint8_t *prefix,
			   uint8_t prefix_len);
const struct weft_route *weft_fib_cursor_next(struct weft_fib_cursor *cursor);
/* The first of such a walk: for who changes the table meanwhile. */
const struct weft_route *weft_fib_next(const struct weft_fib *fib, const uint8_t *prefix, uint8_t prefix_len);
/* No reader is left: frees nodes and routes. */
void weft_fib_destroy(struct weft_plane *plane, struct weft_fib *fib);

#endif
