/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* A connection table in shared memory whose process is killed while two threads write it: what the next one finds. */
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "plane.h"
#include "test.h"
#include "weft_host_plane.h"

#define PAIRS 4096u
#define KEYS 3000u
#define DEATHS 60u
#define LIFE_US_MAX 4000u

static void *shared;

static struct weft_host_plane *open_plane(uint32_t pairs)
{
	struct weft_host_plane_options options = {.connections_max = pairs, .shared = shared};

	return weft_host_plane_open_with(&options);
}

/* Everything of the pair follows from its number and `version`, so that a torn entry shows. */
static struct weft_connection direction(uint32_t number, bool reverse, uint32_t version)
{
	struct weft_connection c = {0};

	c.key.zone = 7;
	c.key.family = 4;
	c.key.protocol = 6;
	c.key.source_port = (uint16_t)(reverse ? 80 : number);
	c.key.destination_port = (uint16_t)(reverse ? number : 80);
	memcpy(c.key.source, reverse ? "\x0a\0\0\2" : "\x0a\0\0\1", 4);
	memcpy(c.key.destination, reverse ? "\x0a\0\0\1" : "\x0a\0\0\2", 4);
	c.label = number;
	c.vif_id = WEFT_VIF_LIMIT;
	c.nexthop_id = c.ecmp_id = c.member_id = c.vrf_id = version;
	c.packets = number + 1;
	c.tcp_state = 3;
	return c;
}

static struct weft_connection *find(struct weft_plane *plane, uint32_t number, bool reverse)
{
	struct weft_connection c = direction(number, reverse, 0);

	return weft_connection_find(plane, &c.key, weft_connection_hash(plane, &c.key));
}

static struct weft_connection *insert(struct weft_plane *plane, uint32_t number, uint32_t version)
{
	struct weft_connection forward = direction(number, false, version), reverse = direction(number, true, version);
	enum weft_drop full = WEFT_DROP_NONE;

	return weft_connection_insert(plane, 0, &forward, &reverse, &full);
}

static void rewrite(struct weft_plane *plane, struct weft_connection *c, uint32_t version)
{
	struct weft_connection *pair[2] = {c, weft_connection_reverse(plane, c)};

	weft_connection_lock(plane, c);
	for (int i = 0; i < 2; i++) {
		__atomic_store_n(&pair[i]->nexthop_id, version, __ATOMIC_RELAXED);
		__atomic_store_n(&pair[i]->ecmp_id, version, __ATOMIC_RELAXED);
		for (volatile int spin = 0; spin < 300; spin++) /* so that death comes here often */
			;
		__atomic_store_n(&pair[i]->member_id, version, __ATOMIC_RELAXED);
		__atomic_store_n(&pair[i]->vrf_id, version, __ATOMIC_RELAXED);
	}
	weft_connection_unlock(plane, c);
}

struct churner {
	struct weft_host_plane *host;
	uint64_t state;
	uint32_t first; /* numbers first .. first + KEYS / 2 - 1: each thread has its own */
};

static void *churn(void *argument)
{
	struct churner *churner = argument;
	struct weft_plane *plane = weft_host_plane_core(churner->host);

	for (uint32_t version = 1;; version++) {
		uint32_t number = churner->first + (uint32_t)(churner->state >> 33) % (KEYS / 2);
		struct weft_connection *c = find(plane, number, churner->state >> 63);

		churner->state = churner->state * 6364136223846793005u + 1442695040888963407u;
		if (!c)
			insert(plane, number, version);
		else if (churner->state >> 62 == 0)
			weft_connection_remove(plane, c);
		else
			rewrite(plane, c, version);
	}
	return NULL;
}

/* Two threads at the table until killed. Nothing ticks, so a removed pair comes back only by adoption. */
static void child(uint64_t seed)
{
	struct churner churners[2];
	struct weft_host_plane *host;
	pthread_t thread;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	host = open_plane(PAIRS);
	if (!host)
		_exit(1);
	for (uint32_t i = 0; i < 2; i++) {
		churners[i] = (struct churner){host, seed + i * 0x9e3779b97f4a7c15u, 1 + i * KEYS / 2};
		if (i && pthread_create(&thread, NULL, churn, &churners[i]))
			_exit(1);
	}
	churn(&churners[0]);
}

static void kill_one(void)
{
	uint64_t seed = test_random();
	useconds_t life = (useconds_t)(test_random() % LIFE_US_MAX);
	pid_t pid = fork();
	int status = 0;

	if (pid == 0)
		child(seed);
	usleep(life);
	kill(pid, SIGKILL);
	CHECK(waitpid(pid, &status, 0) == pid && WIFSIGNALED(status));
}

static bool of_one_piece(const struct weft_connection *c, uint32_t number)
{
	return c->label == number && c->nexthop_id == c->ecmp_id && c->nexthop_id == c->member_id &&
	       c->nexthop_id == c->vrf_id && c->packets == number + 1 && c->tcp_state == 3 && !(c->sequence & 1);
}

static uint32_t check_pairs(struct weft_plane *plane)
{
	uint32_t found = 0, live = 0;

	for (uint32_t number = 1; number <= KEYS; number++) {
		struct weft_connection *forward = find(plane, number, false), *reverse = find(plane, number, true);

		CHECK(!forward == !reverse);
		if (!forward || !reverse)
			continue;
		found++;
		CHECK(weft_connection_reverse(plane, forward) == reverse &&
		      weft_connection_reverse(plane, reverse) == forward);
		CHECK(of_one_piece(forward, number) && of_one_piece(reverse, number));
		CHECK(forward->nexthop_id == reverse->nexthop_id);
	}
	for (uint32_t index = 0; index < 2 * weft_connections_used(plane); index += 2)
		live += weft_connection_live(plane, index);
	CHECK(live == found && weft_connections_live(plane) == found);
	return found;
}

/* Every pair that is not live can be had again before a new one is begun. */
static void check_no_leak(struct weft_plane *plane)
{
	uint32_t used = weft_connections_used(plane), missing = used - weft_connections_live(plane);

	for (uint32_t number = KEYS + 1; number <= KEYS + missing; number++)
		CHECK(insert(plane, number, 1));
	CHECK(weft_connections_used(plane) == used && weft_connections_live(plane) == used);
	for (uint32_t number = KEYS + 1; number <= KEYS + missing; number++)
		weft_connection_remove(plane, find(plane, number, false));
	for (uint32_t number = KEYS + 1; number <= KEYS + missing; number++)
		CHECK(!find(plane, number, true));
}

static void everyLivePairIsFoundByBothKeysAfterDeath(void)
{
	uint32_t total = 0;

	for (uint32_t death = 0; death < DEATHS && !test_failed; death++) {
		struct weft_host_plane *host;
		struct weft_plane *plane;

		kill_one();
		host = open_plane(PAIRS);
		plane = weft_host_plane_core(host);
		CHECK(weft_plane_adopted(plane) || death == 0); /* the first may die before it wrote the head */
		total += check_pairs(plane);
		check_no_leak(plane);
		weft_host_plane_close(host);
	}
	printf("# %u live pairs in %u adoptions\n", total, DEATHS);
	CHECK(total > 0);
}

static void keysAndNumbersGoOn(void)
{
	struct weft_host_plane *host = open_plane(PAIRS);
	struct weft_plane *plane = weft_host_plane_core(host);
	struct weft_connection c = direction(1, false, 1);
	uint32_t hash = weft_connection_hash(plane, &c.key), seed = weft_plane_seed(plane),
		 generation = weft_plane_generation(plane);

	weft_host_plane_close(host);
	host = open_plane(PAIRS);
	plane = weft_host_plane_core(host);
	CHECK(weft_connection_hash(plane, &c.key) == hash && weft_plane_seed(plane) == seed);
	CHECK(weft_plane_generation(plane) > generation);
	weft_host_plane_close(host);
}

static void anotherLayoutStartsEmpty(void)
{
	struct weft_host_plane *host;
	struct weft_shared *head = shared;

	CHECK(weft_plane_shared_fits(shared, PAIRS));
	CHECK(!weft_plane_shared_fits(shared, PAIRS / 2));
	head->layout++;
	CHECK(!weft_plane_shared_fits(shared, PAIRS));
	memset(shared, 0, weft_plane_shared_bytes(PAIRS)); /* what a host does then */
	host = open_plane(PAIRS);
	CHECK(!weft_plane_adopted(weft_host_plane_core(host)));
	CHECK(weft_connections_live(weft_host_plane_core(host)) == 0);
	weft_host_plane_close(host);
}

int main(void)
{
	size_t bytes = weft_plane_shared_bytes(PAIRS);

	shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		return 1;
	test_seed();
	RUN(everyLivePairIsFoundByBothKeysAfterDeath);
	RUN(keysAndNumbersGoOn);
	RUN(anotherLayoutStartsEmpty);
	munmap(shared, bytes);
	return test_end();
}
