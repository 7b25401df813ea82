/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The trie against a linear scan: random inserts, replacements, removals, lookups and walks. */
#include "fib.h"
#include "plane.h"
#include "test.h"
#include "weft_host_plane.h"

#define TWIN_ROUTES 600u

struct twin_route {
	uint8_t prefix[16], prefix_len;
	uint32_t nexthop_id;
};

struct twin {
	struct twin_route routes[TWIN_ROUTES];
	uint32_t count;
};

static struct weft_host_plane *host;
static struct weft_plane *plane;

static bool covers(const struct twin_route *route, const uint8_t *address)
{
	for (uint32_t bit = 0; bit < route->prefix_len; bit++) {
		if ((route->prefix[bit / 8] ^ address[bit / 8]) & (0x80 >> bit % 8))
			return false;
	}
	return true;
}

static const struct twin_route *twin_lookup(const struct twin *twin, const uint8_t *address)
{
	const struct twin_route *best = NULL;

	for (uint32_t i = 0; i < twin->count; i++) {
		if (covers(&twin->routes[i], address) && (!best || twin->routes[i].prefix_len > best->prefix_len))
			best = &twin->routes[i];
	}
	return best;
}

static struct twin_route *twin_exact(struct twin *twin, const uint8_t *prefix, uint8_t prefix_len)
{
	for (uint32_t i = 0; i < twin->count; i++) {
		if (twin->routes[i].prefix_len == prefix_len && memcmp(twin->routes[i].prefix, prefix, 16) == 0)
			return &twin->routes[i];
	}
	return NULL;
}

/* All in two subnets, so that nodes become dense. */
static bool crowded;

/* Few distinct bytes, so that prefixes nest and share nodes. */
static void random_address(uint8_t *out, uint32_t bytes)
{
	static const uint8_t choice[] = {0, 1, 10, 127, 128, 192, 254, 255};

	memset(out, 0, 16);
	for (uint32_t i = 0; i < bytes; i++)
		out[i] = crowded && i + 1 < bytes	 ? (uint8_t)(i + 2 == bytes && test_random() % 2)
			 : test_random() % 4 && !crowded ? choice[test_random() % sizeof(choice)]
							 : (uint8_t)test_random();
}

static void mask(uint8_t *prefix, uint32_t prefix_len)
{
	for (uint32_t bit = prefix_len; bit < 128; bit++)
		prefix[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
}

static void check_walk(const struct weft_fib *fib, struct twin *twin)
{
	uint32_t seen = 0;
	const struct weft_route *route = weft_fib_next(fib, NULL, 0), *before = NULL;
	struct weft_fib_cursor cursor;

	weft_fib_cursor_begin(&cursor, fib, NULL, 0);
	for (; route; before = route, route = weft_fib_next(fib, route->prefix, route->leaf.prefix_len)) {
		int order = before ? memcmp(before->prefix, route->prefix, fib->width) : -1;
		uint8_t prefix[16] = {0};

		memcpy(prefix, route->prefix, fib->width);
		CHECK(order < 0 || (order == 0 && before->leaf.prefix_len < route->leaf.prefix_len));
		CHECK(twin_exact(twin, prefix, route->leaf.prefix_len) != NULL);
		CHECK(weft_fib_cursor_next(&cursor) == route);
		seen++;
	}
	CHECK(!weft_fib_cursor_next(&cursor) && !weft_fib_cursor_next(&cursor));
	CHECK(seen == twin->count);
	CHECK(fib->count == twin->count);
}

/* From a place that may be no route's, to the end: as the whole walk from the first route behind it. */
static void check_walk_from(const struct weft_fib *fib, const uint8_t *prefix, uint8_t prefix_len)
{
	struct weft_fib_cursor all, some;
	const struct weft_route *route;

	weft_fib_cursor_begin(&some, fib, prefix, prefix_len);
	weft_fib_cursor_begin(&all, fib, NULL, 0);
	while ((route = weft_fib_cursor_next(&all))) {
		int order = memcmp(route->prefix, prefix, fib->width);

		if (order > 0 || (order == 0 && route->leaf.prefix_len > prefix_len))
			CHECK(weft_fib_cursor_next(&some) == route);
	}
	CHECK(!weft_fib_cursor_next(&some));
}

static void put(struct weft_fib *fib, struct twin *twin, const uint8_t *prefix, uint8_t prefix_len)
{
	struct weft_route *route = weft_fib_route(plane, fib, prefix, prefix_len), *replaced;
	struct twin_route *known = twin_exact(twin, prefix, prefix_len), fresh = {.prefix_len = prefix_len};

	fresh.nexthop_id = route->leaf.nexthop_id = (uint32_t)test_random();
	memcpy(fresh.prefix, prefix, 16);
	CHECK(weft_fib_insert(plane, fib, route, &replaced) == 0);
	CHECK((replaced != NULL) == (known != NULL));
	if (replaced)
		weft_slab_retire(plane, replaced, weft_fib_route_bytes(fib));
	if (known)
		*known = fresh;
	else
		twin->routes[twin->count++] = fresh;
}

static void take(struct weft_fib *fib, struct twin *twin, const uint8_t *prefix, uint8_t prefix_len)
{
	struct weft_route *removed;
	struct twin_route *known = twin_exact(twin, prefix, prefix_len);

	CHECK(weft_fib_remove(plane, fib, prefix, prefix_len, &removed) == 0);
	CHECK((removed != NULL) == (known != NULL));
	if (removed)
		weft_slab_retire(plane, removed, weft_fib_route_bytes(fib));
	if (known)
		*known = twin->routes[--twin->count];
}

static void compare_with_twin(uint8_t family, uint32_t operations)
{
	static struct twin twin;
	uint32_t bits = weft_address_bits(family);
	struct weft_fib fib = {.width = bits / 8};

	twin.count = 0;
	for (uint32_t i = 0; i < operations && !test_failed; i++) {
		uint8_t address[16], prefix_len = (uint8_t)(test_random() % (bits + 1));

		const struct twin_route *expected;
		const struct weft_route *got;

		if (crowded && test_random() % 16)
			prefix_len = (uint8_t)(bits - (test_random() % 4 ? 0 : test_random() % 9));
		random_address(address, bits / 8);
		mask(address, prefix_len);
		if (i % 16 == 0)
			check_walk_from(&fib, address, prefix_len);
		if (twin.count && test_random() % 3 == 0 && (!crowded || (i / 1000) % 2)) {
			struct twin_route victim = twin.routes[test_random() % twin.count];

			take(&fib, &twin, victim.prefix, victim.prefix_len);
		} else if (test_random() % 8 == 0) {
			take(&fib, &twin, address, prefix_len); /* mostly absent */
		} else if (twin.count < TWIN_ROUTES) {
			put(&fib, &twin, address, prefix_len);
		} else {
			struct twin_route first = twin.routes[0];

			take(&fib, &twin, first.prefix, first.prefix_len);
		}
		for (uint32_t j = 0; j < 8; j++) {
			random_address(address, bits / 8);
			expected = twin_lookup(&twin, address);
			got = weft_fib_lookup(&fib, address);
			CHECK((expected != NULL) == (got != NULL));
			if (expected && got)
				CHECK(expected->nexthop_id == got->leaf.nexthop_id &&
				      expected->prefix_len == got->leaf.prefix_len);
		}
		if (i % 64 == 0)
			check_walk(&fib, &twin);
		weft_host_plane_advance(host, 1000000000u + i); /* does the deferred frees */
	}
	check_walk(&fib, &twin);
	while (twin.count && !test_failed) {
		struct twin_route first = twin.routes[0];

		take(&fib, &twin, first.prefix, first.prefix_len);
	}
	CHECK(fib.count == 0);
	weft_fib_destroy(plane, &fib);
}

static void ipv4TrieAnswersAsALinearScan(void)
{
	compare_with_twin(4, 4000);
}
static void ipv6TrieAnswersAsALinearScan(void)
{
	compare_with_twin(6, 3000);
}

static void crowdedSubnetsAnswerAsALinearScan(void)
{
	crowded = true;
	compare_with_twin(4, 6000);
	compare_with_twin(6, 6000);
	crowded = false;
}

int main(void)
{
	host = weft_host_plane_open();
	if (!host)
		return 1;
	plane = weft_host_plane_core(host);
	test_seed();
	RUN(ipv4TrieAnswersAsALinearScan);
	RUN(ipv6TrieAnswersAsALinearScan);
	RUN(crowdedSubnetsAnswerAsALinearScan);
	weft_host_plane_close(host);
	return test_end();
}
