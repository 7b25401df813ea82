/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Connection storage against a plain array, and two threads at it at once. */
#include <pthread.h>

#include "connection.h"
#include "test.h"
#include "weft_host_plane.h"

#define KEYS 3000u
#define THREAD_ROUNDS 20000u

static struct weft_host_plane *host;
static struct weft_plane *plane;

static struct weft_connection direction(uint32_t number, bool reverse)
{
	struct weft_connection c = {0};

	c.key.zone = 7;
	c.key.family = 4;
	c.key.protocol = 17;
	c.key.source_port = (uint16_t)(reverse ? 53 : number);
	c.key.destination_port = (uint16_t)(reverse ? number : 53);
	memcpy(c.key.source, reverse ? "\x0a\0\0\2" : "\x0a\0\0\1", 4);
	memcpy(c.key.destination, reverse ? "\x0a\0\0\1" : "\x0a\0\0\2", 4);
	(reverse ? c.key.destination : c.key.source)[1] = (uint8_t)(number >> 16);
	c.label = number;
	c.vif_id = 0xffffffffu;
	return c;
}

static struct weft_connection *find(uint32_t number, bool reverse)
{
	struct weft_connection c = direction(number, reverse);

	return weft_connection_find(plane, &c.key, weft_connection_hash(plane, &c.key));
}

static struct weft_connection *insert(uint32_t number, enum weft_drop *full)
{
	struct weft_connection forward = direction(number, false), reverse = direction(number, true);

	return weft_connection_insert(plane, 0, &forward, &reverse, full);
}

static void randomOperationsAgreeWithAnArray(void)
{
	static bool present[KEYS];
	uint32_t live = 0;

	for (uint32_t i = 0; i < 200000 && !test_failed; i++) {
		uint32_t number = (uint32_t)(test_random() % KEYS);
		struct weft_connection *forward = find(number, false), *reverse = find(number, true);
		enum weft_drop full = WEFT_DROP_NONE;

		CHECK((forward != NULL) == present[number] && (reverse != NULL) == present[number]);
		if (forward && reverse) {
			CHECK(forward->label == number && reverse->label == number);
			CHECK(weft_connection_reverse(plane, forward) == reverse);
			CHECK(weft_connection_reverse(plane, reverse) == forward);
		}
		if (!present[number]) {
			CHECK(insert(number, &full) != NULL && !full);
			live++;
			present[number] = true;
		} else if (test_random() % 2) {
			weft_connection_remove(plane, test_random() % 2 ? forward : reverse);
			weft_connection_remove(plane, forward); /* a second time changes nothing */
			live--;
			present[number] = false;
		} else {
			CHECK(insert(number, &full) == forward && !full); /* the present one */
		}
		CHECK(weft_connections_live(plane) == live);
		if (i % 16 == 0)
			weft_host_plane_advance(host, weft_host_now_ns() + 1); /* grace for removed pairs */
	}
}

static void aFullTableRefusesAndLosesNothing(void)
{
	struct weft_host_plane_options options = {.connections_max = 1024};
	struct weft_host_plane *before = host;
	uint32_t inserted = 0;
	enum weft_drop full = WEFT_DROP_NONE;

	host = weft_host_plane_open_with(&options);
	plane = weft_host_plane_core(host);
	while (inserted < 2000 && insert(inserted, &full))
		inserted++;
	CHECK(full == WEFT_DROP_CONNECTION_LIMIT);
	CHECK(inserted > 1000 && inserted <= 1024);
	for (uint32_t i = 0; i < inserted; i++)
		CHECK(find(i, false) && find(i, true));
	weft_host_plane_close(host);
	host = before;
	plane = weft_host_plane_core(host);
}

/* Each step of the index's growth, with what is found, put in and taken out between them. */
static void theIndexGrowsUnderWhatIsInIt(void)
{
	struct weft_host_plane_options options = {.connections_max = 1u << 20};
	struct weft_host_plane *before = host;
	static bool present[500000];
	uint32_t tables = 0;
	const void *table;

	host = weft_host_plane_open_with(&options);
	plane = weft_host_plane_core(host);
	table = plane->connections->table;
	for (uint32_t number = 0; number < 500000 && !test_failed; number++) {
		uint32_t other = (uint32_t)(test_random() % (number + 1));
		enum weft_drop full = WEFT_DROP_NONE;

		CHECK(insert(number, &full) && !full);
		present[number] = true;
		CHECK((find(other, false) != NULL) == present[other] && (find(other, true) != NULL) == present[other]);
		if (number % 8 == 0 && present[other]) {
			weft_connection_remove(plane, find(other, test_random() % 2));
			present[other] = false;
			CHECK(!find(other, false) && !find(other, true));
		}
		if (number % 256 == 0)
			weft_host_plane_advance(host, weft_host_now_ns() + 1000000);
		tables += plane->connections->table != table;
		table = plane->connections->table;
	}
	CHECK(tables >= 2);
	for (uint32_t number = 0; number < 500000 && !test_failed; number++)
		CHECK((find(number, false) != NULL) == present[number] && (find(number, true) != NULL) == present[number]);
	weft_host_plane_close(host);
	host = before;
	plane = weft_host_plane_core(host);
}

static uint32_t thread_errors;

static void *churn(void *argument)
{
	uint64_t state = (uint64_t)(uintptr_t)argument;

	for (uint32_t i = 0; i < THREAD_ROUNDS; i++) {
		uint32_t number = 40000 + (uint32_t)(state >> 33) % 64;
		struct weft_connection *c;
		enum weft_drop full = WEFT_DROP_NONE;

		state = state * 6364136223846793005u + 1442695040888963407u;
		c = find(number, state >> 63);
		if (c && (c->label != number || weft_connection_reverse(plane, c)->label != number))
			__atomic_add_fetch(&thread_errors, 1, __ATOMIC_RELAXED);
		if (!c)
			insert(number, &full);
		else if (state >> 61 & 1)
			weft_connection_remove(plane, c);
		else {
			weft_connection_lock(plane, c);
			weft_connection_unlock(plane, c);
		}
	}
	return NULL;
}

static void twoThreadsSeePairsOrNothing(void)
{
	pthread_t one, other;

	/* no tick runs, so removed pairs stay in their grace period: what a thread found stays its own */
	thread_errors = 0;
	CHECK(pthread_create(&one, NULL, churn, (void *)0x9e3779b97f4a7c15u) == 0);
	CHECK(pthread_create(&other, NULL, churn, (void *)0xbf58476d1ce4e5b9u) == 0);
	pthread_join(one, NULL);
	pthread_join(other, NULL);
	CHECK(thread_errors == 0);
	for (uint32_t number = 40000; number < 40064; number++)
		CHECK((find(number, false) != NULL) == (find(number, true) != NULL));
}

int main(void)
{
	host = weft_host_plane_open();
	if (!host)
		return 1;
	plane = weft_host_plane_core(host);
	test_seed();
	RUN(randomOperationsAgreeWithAnArray);
	RUN(aFullTableRefusesAndLosesNothing);
	RUN(theIndexGrowsUnderWhatIsInIt);
	RUN(twoThreadsSeePairsOrNothing);
	weft_host_plane_close(host);
	return test_end();
}
