/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Longest prefix match over IPv4 or IPv6 prefixes: a trie of 8-bit strides, path compressed, nodes packed by bitmaps. Nodes are
 * replaced whole; a lookup sees each change entirely or not at all. One writer, any number of readers in read sections.
 */
#ifndef WEFT_CORE_FIB_H
#define WEFT_CORE_FIB_H

#include "weft_tables.h"

/* One route. `leaf` and the prefix never change: a changed route is a new one in its place. */
struct weft_route {
	struct weft_leaf leaf;
	uint8_t prefix[16];
	uint8_t family, prefix_len;
	uint32_t epoch; /* control thread */
};

struct weft_fib {
	void *root;
	uint64_t count;
};

/* Longest match or NULL. `address` has 4 or 16 bytes; the same width as every prefix in the table. */
const struct weft_route *weft_fib_lookup(const struct weft_fib *fib, const uint8_t *address);
/* The route with exactly this prefix, or NULL. Control thread. */
struct weft_route *weft_fib_exact(const struct weft_fib *fib, const uint8_t *prefix, uint8_t prefix_len);
/*
 * Puts a route in; *replaced is the one it took the place of (freed deferred by the caller) or NULL. Host bits of the prefix are
 * zero. 0, or -ENOMEM and nothing changed.
 */
int weft_fib_insert(struct weft_plane *plane, struct weft_fib *fib, struct weft_route *route, struct weft_route **replaced);
/* Takes the route with this prefix out; *removed is it, or NULL when there was none. 0, or -ENOMEM and nothing changed. */
int weft_fib_remove(struct weft_plane *plane, struct weft_fib *fib, const uint8_t *prefix, uint8_t prefix_len,
		    struct weft_route **removed);
/* The first route behind (prefix, prefix_len) in the order of prefix bytes, then length; prefix NULL: the first. Control. */
struct weft_route *weft_fib_next(const struct weft_fib *fib, const uint8_t *prefix, uint8_t prefix_len);
/* No reader is left: frees nodes and routes. */
void weft_fib_destroy(struct weft_fib *fib);

#endif
