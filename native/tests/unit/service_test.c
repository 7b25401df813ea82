/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Services as a table, the choice of a backend, what is counted of backends, affinity, and what the next worker finds. */
#include <pthread.h>
#include <sys/mman.h>

#include "plane.h"
#include "test.h"
#include "messages.h"

#define VRF 3u
#define OTHER_VRF 4u
#define CLIENTS 4000u
#define SECOND 1000000000ull

static struct weft_plane *plane;
static uint64_t
    room[(sizeof(struct weft_service_msg) + (WEFT_SERVICE_BACKENDS_MAX + 1) * sizeof(struct weft_service_backend)) / 8];
static struct weft_service_msg *const service = (void *)room;

static void open_plane(void *shared)
{
	struct weft_host_plane_options options = {.connections_max = 4096, .shared = shared};
	struct weft_vrf_msg vrf = {.vrf_id = VRF}, other = {.vrf_id = OTHER_VRF};

	host = weft_host_plane_open_with(&options);
	plane = weft_host_plane_core(host);
	CHECK(SET(VRF, &vrf) == 0 && SET(VRF, &other) == 0);
}

static void tick(uint32_t times)
{
	for (uint32_t i = 0; i < times; i++)
		weft_host_plane_advance(host, weft_host_now_ns() + 1000000);
}

/* 10.96.0.ID, TCP port 80. */
static struct weft_service_msg *begin(uint32_t id)
{
	memset(room, 0, sizeof(room));
	service->service_id = id;
	service->vrf_id = VRF;
	service->key[0] = (uint8_t)id;
	service->family = 4;
	service->protocol = 6;
	service->port = 80;
	memcpy(service->address, (uint8_t[4]){10, 96, (uint8_t)(id >> 8), (uint8_t)id}, 4);
	return service;
}

/* Number 1 ..: its key, and 10.1.HIGH.LOW port 8080. */
static struct weft_service_backend *add(uint32_t number, uint32_t weight)
{
	struct weft_service_backend *backend = &service->backends[service->backend_count++];

	*backend = (struct weft_service_backend){.vrf_id = VRF, .port = 8080, .state = WEFT_BACKEND_UP, .weight = weight};
	memcpy(backend->key, &(uint64_t){number * 0x9e3779b97f4a7c15ull}, 8);
	memcpy(backend->address, (uint8_t[4]){10, 1, (uint8_t)(number >> 8), (uint8_t)number}, 4);
	return backend;
}

static uint32_t number_of(const struct weft_backend *backend)
{
	return backend ? (uint32_t)backend->address[2] << 8 | backend->address[3] : 0;
}

/* A client's connection to service `id`. */
static struct weft_connection_key key_of(uint32_t id, uint32_t client, uint16_t port)
{
	struct weft_connection_key key = {.family = 4, .protocol = 6, .zone = VRF, .source_port = port, .destination_port = 80};

	memcpy(key.source, (uint8_t[4]){10, 2, (uint8_t)(client >> 8), (uint8_t)client}, 4);
	memcpy(key.destination, (uint8_t[4]){10, 96, (uint8_t)(id >> 8), (uint8_t)id}, 4);
	return key;
}

static _Thread_local enum weft_drop reason;

static const struct weft_backend *choose(uint32_t id, uint32_t client, uint16_t port, uint32_t keep)
{
	struct weft_connection_key key = key_of(id, client, port);
	const struct weft_service *found = weft_service_find(plane, VRF, &key);

	return found ? weft_service_choose(plane, found, &key, keep, weft_host_now_ns(), &reason) : NULL;
}

static struct weft_connection *open_connection(uint32_t id, uint32_t client, uint16_t port)
{
	const struct weft_backend *backend = choose(id, client, port, 0);
	struct weft_connection forward = {.vif_id = 0xffffffffu}, reverse = {.vif_id = 0xffffffffu};

	if (!backend)
		return NULL;
	forward.key = key_of(id, client, port);
	reverse.key = (struct weft_connection_key){
	    .family = 4, .protocol = 6, .zone = VRF, .source_port = backend->port, .destination_port = port};
	memcpy(reverse.key.source, backend->address, 16);
	memcpy(reverse.key.destination, forward.key.source, 16);
	reverse.of_pair[WEFT_PAIR_SERVICE] = id;
	reverse.of_pair[WEFT_PAIR_BACKEND] = backend->backend_id;
	return weft_connection_insert(plane, 0, &forward, &reverse, &reason);
}

/* Backend `index` of service `id` as a dump has it. */
static struct weft_service_backend state_of(uint32_t id, uint32_t index)
{
	struct weft_service_msg m = {.service_id = id};
	struct weft_service_backend backend = {0};
	struct weft_message_header header;
	const void *body;

	CHECK(send_message(WEFT_OBJECT_SERVICE, WEFT_OPERATION_GET, 0, &m, sizeof(m)) == 0 && dumped == 1);
	next_object(0, &header, &body);
	memcpy(&backend, (const uint8_t *)body + sizeof(m) + index * sizeof(backend), sizeof(backend));
	return backend;
}

static void refusalsNameFieldValueAndLimitAndChangeNothing(void)
{
	struct weft_nat_pool_msg pool = {.nat_pool_id = 2,
					 .vrf_id = VRF,
					 .family = 4,
					 .port_min = 5000,
					 .port_max = 5063,
					 .first_address = {10, 1, 9, 1},
					 .address_count = 1};
	uint64_t good[sizeof(room) / 8];

	CHECK(SET(NAT_POOL, &pool) == 0);
	begin(7);
	add(1, 1);
	add(2, 1);
	memcpy(good, room, sizeof(room));
#define BAD(change, code, text) \
	do { \
		memcpy(room, good, sizeof(room)); \
		change; \
		CHECK(set_service(service) == (code) && strstr(error_text, text)); \
	} while (0)
	BAD(service->service_id = 0, EINVAL, "service_id 0: want 1 to 65535");
	BAD(service->service_id = WEFT_SERVICE_LIMIT, EINVAL, "service_id 65536");
	BAD(service->vrf_id = 77, ENOENT, "vrf_id 77");
	BAD(service->family = 5, EINVAL, "family 5");
	BAD(service->protocol = 1, EINVAL, "protocol 1: want 6 (TCP) or 17 (UDP)");
	BAD(service->port = 0, EINVAL, "port 0");
	BAD(memset(service->address, 0, 16), EINVAL, "address: not an address");
	BAD(service->address[9] = 1, EINVAL, "behind the IPv4 address");
	BAD(service->affinity = 2, EINVAL, "affinity 2: at most 1");
	BAD(service->affinity = 1, EINVAL, "affinity_s 0: want 1 to 86400");
	BAD(service->affinity_s = 1, EINVAL, "affinity_s 1: want 0 without affinity");
	BAD(service->flags = 1u << 31, EINVAL, "flags 80000000");
	BAD(service->nat_pool_id = 9, ENOENT, "nat_pool_id 9: no such pool");
	BAD((service->nat_pool_id = 2, service->backends[1].vrf_id = OTHER_VRF), EINVAL,
	    "nat_pool_id 2: the pool is of VRF 3, want 4");
	BAD(service->zero1 = 1, EINVAL, "zero1");
	BAD(service->zero0[1] = 1, EINVAL, "zero0");
	BAD(service->backends[1].vrf_id = 77, ENOENT, "backends[1].vrf_id 77");
	BAD(service->backends[1].port = 0, EINVAL, "backends[1].port 0");
	BAD(service->backends[1].state = 3, EINVAL, "backends[1].state 3");
	BAD(service->backends[1].weight = 0, EINVAL, "backends[1].weight 0: want 1 to 1000");
	BAD(service->backends[1].weight = 1001, EINVAL, "backends[1].weight 1001");
	BAD(memset(service->backends[1].address, 0, 16), EINVAL, "backends[1].address");
	BAD(service->backends[1].address[4] = 1, EINVAL, "backends[1].address: bytes behind");
	BAD(service->backends[1].zero0 = 1, EINVAL, "backends[1].zero0");
	BAD(memcpy(service->backends[1].key, service->backends[0].key, 16), EINVAL, "backends[1].key: backends[0] has it too");
	BAD(service->backend_count = WEFT_SERVICE_BACKENDS_MAX + 1, EINVAL, "backend_count 1025: at most 1024");
	CHECK(dump(WEFT_OBJECT_SERVICE, 0xffffffffu) == 0);
	memcpy(room, good, sizeof(room));
	CHECK(set_service(service) == 0);
	BAD(service->service_id = 8, EEXIST, "service 7 has them in VRF 3");
	BAD(service->port = 81, EBUSY, "they cannot change");
	BAD(service->vrf_id = OTHER_VRF, EBUSY, "they cannot change");
#undef BAD
	CHECK(dump(WEFT_OBJECT_SERVICE, 0xffffffffu) == 1 && number_of(choose(7, 1, 1, 0)) != 0);
	begin(9);
	CHECK(DELETE(SERVICE, service) == ENOENT && strstr(error_text, "service_id 9"));
	begin(7);
	service->nat_pool_id = 2;
	CHECK(set_service(service) == 0);
	CHECK(DELETE(NAT_POOL, &pool) == EBUSY);
	service->nat_pool_id = 0;
	add(1, 1);
	CHECK(set_service(service) == 0 && DELETE(NAT_POOL, &pool) == 0);
	CHECK(DELETE(VRF, &(struct weft_vrf_msg){.vrf_id = VRF}) == EBUSY && strstr(error_text, "2 services and backends"));
	CHECK(DELETE(SERVICE, begin(7)) == 0);
}

static void aDumpGivesBackWhatWasSet(void)
{
	struct weft_message_header header;
	struct weft_service_msg out;
	const void *body;
	uint64_t sets;

	begin(7);
	service->affinity = WEFT_SERVICE_AFFINITY_CLIENT;
	service->affinity_s = 30;
	service->flags = WEFT_SERVICE_HAIRPIN;
	for (uint32_t i = 0; i < 20; i++)
		add(20 - i, 1 + i)->connections_max = i;
	CHECK(set_service(service) == 0);
	sets = plane->sets;
	CHECK(set_service(service) == 0 && plane->sets == sets);
	CHECK(dump(WEFT_OBJECT_SERVICE, 0xffffffffu) == 1);
	next_object(0, &header, &body);
	memcpy(&out, body, sizeof(out));
	CHECK(out.slots == 65537); /* of 210, the least 1 */
	out.slots = 0;
	CHECK(!memcmp(&out, service, sizeof(out)));
	for (uint32_t i = 0; i < 20; i++) {
		struct weft_service_backend backend = state_of(7, i);

		CHECK(backend.backend_id &&
		      !memcmp(&backend, &service->backends[i], offsetof(struct weft_service_backend, backend_id)));
	}
	CHECK(send_message(WEFT_OBJECT_SERVICE, WEFT_OPERATION_SWEEP, 2, NULL, 0) == 0 &&
	      dump(WEFT_OBJECT_SERVICE, 0xffffffffu) == 0);
}

/* Against a plain list: random services come and go, and every lookup says what the list says. */
static void lookupsAreAsAPlainListSays(void)
{
	static bool there[600];

	for (uint32_t round = 0; round < 6000; round++) {
		uint32_t id = 1 + (uint32_t)(test_random() % 599), asked = 1 + (uint32_t)(test_random() % 599);
		struct weft_connection_key key = key_of(asked, 1, 1);

		begin(id);
		if (!there[id])
			add(id, 1);
		CHECK((there[id] ? DELETE(SERVICE, service) : set_service(service)) == 0);
		there[id] = !there[id];
		CHECK(!weft_service_find(plane, OTHER_VRF, &key));
		CHECK((weft_service_find(plane, VRF, &key) != NULL) == there[asked]);
		CHECK(!there[asked] ||
		      (weft_service_find(plane, VRF, &key)->service_id == asked && number_of(choose(asked, 1, 1, 0)) == asked));
		key.protocol = 17;
		CHECK(!weft_service_find(plane, VRF, &key));
		if (round % 64 == 0)
			tick(1);
	}
	CHECK(send_message(WEFT_OBJECT_SERVICE, WEFT_OPERATION_SWEEP, 2, NULL, 0) == 0);
	tick(100);
	CHECK(plane->backend_count == 0 && plane->service_count == 0);
}

/* Planes with secrets of their own, told in different orders. */
static void allPlanesChooseAlike(void)
{
	struct weft_host_plane *first = host, *second;
	static uint32_t chosen[CLIENTS];

	begin(7);
	for (uint32_t i = 1; i <= 50; i++)
		add(i, 1 + i % 7);
	CHECK(set_service(service) == 0);
	for (uint32_t i = 0; i < CLIENTS; i++)
		chosen[i] = number_of(choose(7, i, (uint16_t)(i * 7), 0));
	open_plane(NULL);
	second = host;
	begin(7);
	for (uint32_t i = 50; i >= 1; i--)
		add(i, 1 + i % 7);
	CHECK(set_service(service) == 0);
	for (uint32_t i = 0; i < CLIENTS; i++)
		CHECK(number_of(choose(7, i, (uint16_t)(i * 7), 0)) == chosen[i]);
	weft_host_plane_close(second);
	host = first;
	plane = weft_host_plane_core(host);
	CHECK(DELETE(SERVICE, begin(7)) == 0);
}

/* Computed apart from this code: other versions of the plane must choose alike. */
static void theHashIsTheOneThatOtherHostsHave(void)
{
	struct weft_connection_key key = key_of(7, 259, 40000), other;

	CHECK(weft_service_hash(&key, false) == 0x3be5def1u && weft_service_hash(&key, true) == 0x9cbb7332u);
	other = key;
	other.zone = 99;
	CHECK(weft_service_hash(&key, false) == weft_service_hash(&other, false));
	other.source_port++;
	CHECK(weft_service_hash(&key, false) != weft_service_hash(&other, false));
	CHECK(weft_service_hash(&key, true) == weft_service_hash(&other, true));
}

static void connectionsSpreadAsTheWeightsAndAChangeActsAtOnce(void)
{
	static const uint32_t weights[2][3] = {{1, 1, 2}, {1, 6, 1}};

	for (uint32_t row = 0; row < 2; row++) {
		uint32_t taken[4] = {0}, sum = weights[row][0] + weights[row][1] + weights[row][2];

		begin(7);
		for (uint32_t i = 0; i < 3; i++)
			add(i + 1, weights[row][i]);
		CHECK(set_service(service) == 0);
		for (uint32_t i = 0; i < 10 * CLIENTS; i++)
			taken[number_of(choose(7, (uint32_t)test_random(), (uint16_t)test_random(), 0))]++;
		for (uint32_t i = 0; i < 3; i++) {
			double share = 10.0 * CLIENTS * weights[row][i] / sum;

			CHECK(taken[i + 1] > share * 0.93 && taken[i + 1] < share * 1.07);
		}
	}
	CHECK(DELETE(SERVICE, begin(7)) == 0);
}

static void aDrainingBackendKeepsItsConnectionsAndGetsNoOther(void)
{
	uint32_t first;

	begin(7);
	add(1, 1);
	add(2, 1);
	CHECK(set_service(service) == 0);
	first = state_of(7, 0).backend_id;
	service->backends[0].state = WEFT_BACKEND_DRAINING;
	CHECK(set_service(service) == 0 && state_of(7, 0).backend_id == first);
	for (uint32_t i = 0; i < CLIENTS; i++)
		CHECK(number_of(choose(7, i, 1, 0)) == 2 && number_of(choose(7, i, 1, first)) == 1);
	service->backends[1].state = WEFT_BACKEND_DRAINING;
	CHECK(set_service(service) == 0 && !choose(7, 1, 1, 0) && reason == WEFT_DROP_NO_BACKEND);
	service->backends[0] = service->backends[1];
	service->backends[0].state = WEFT_BACKEND_UP;
	service->backend_count = 1;
	CHECK(set_service(service) == 0 && number_of(choose(7, 1, 1, first)) == 2);
	CHECK(DELETE(SERVICE, begin(7)) == 0);
}

/* Removes every pair that is there. */
static void close_all(void)
{
	for (uint32_t i = 0; i < 2 * weft_connections_used(plane); i += 2) {
		if (weft_connection_live(plane, i))
			weft_connection_remove(plane, weft_connection_at(plane, i));
	}
}

static void aFullBackendGetsNoMoreUntilAConnectionEnds(void)
{
	struct weft_connection *made[21];

	begin(7);
	add(1, 1000)->connections_max = 10;
	add(2, 1)->connections_max = 10;
	CHECK(set_service(service) == 0);
	for (uint16_t i = 0; i < 20; i++) {
		made[i] = open_connection(7, 1, (uint16_t)(1000 + i));
		CHECK(made[i]);
	}
	CHECK(!open_connection(7, 1, 2000) && reason == WEFT_DROP_BACKEND_CONNECTION_LIMIT);
	CHECK(state_of(7, 0).connections_live == 10 && state_of(7, 1).connections_live == 10);
	made[0]->packets = 3;
	made[0]->bytes = 300;
	weft_connection_remove(plane, made[0]);
	CHECK(open_connection(7, 1, 2001) && !open_connection(7, 1, 2002));
	CHECK(state_of(7, 0).connections + state_of(7, 1).connections == 21);
	CHECK(state_of(7, 0).packets + state_of(7, 1).packets == 3 && state_of(7, 0).bytes + state_of(7, 1).bytes == 300);
	service->backends[0].connections_max = 11;
	CHECK(set_service(service) == 0 && number_of(choose(7, 1, 2003, 0)) == 1);
	/* without a place in the table nothing is counted */
	CHECK(!open_connection(7, 1, 2001) || state_of(7, 0).connections_live <= 11);
	CHECK(DELETE(SERVICE, begin(7)) == 0);
	close_all();
	tick(5);
	CHECK(plane->backend_count == 0);
}

static void *open_many(void *argument)
{
	uint64_t *client = argument, opened = 0;

	for (uint32_t i = 0; i < 3000; i++) {
		struct weft_connection *made = open_connection(7, (uint32_t)*client, (uint16_t)i);
		struct weft_connection_key key = key_of(7, (uint32_t)*client, (uint16_t)i);

		opened += made != NULL;
		if (made && i % 3 == 0) {
			weft_affinity_note(plane, weft_service_get(plane, 7), &key, 1, weft_host_now_ns());
			weft_connection_remove(plane, made);
			opened--;
		}
	}
	*client = opened;
	return NULL;
}

static void aBackendsLimitHoldsWithTwoWorkers(void)
{
	uint64_t results[2] = {5, 6};
	pthread_t threads[2];

	begin(7);
	service->affinity = WEFT_SERVICE_AFFINITY_CLIENT;
	service->affinity_s = 30;
	add(1, 3)->connections_max = 70;
	add(2, 1)->connections_max = 30;
	CHECK(set_service(service) == 0);
	for (uint32_t i = 0; i < 2; i++)
		CHECK(pthread_create(&threads[i], NULL, open_many, &results[i]) == 0);
	for (uint32_t i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	CHECK(results[0] + results[1] == 100);
	CHECK(state_of(7, 0).connections_live == 70 && state_of(7, 1).connections_live == 30);
	close_all();
	CHECK(state_of(7, 0).connections_live == 0 && state_of(7, 1).connections_live == 0);
	CHECK(DELETE(SERVICE, begin(7)) == 0);
	tick(5);
}

static void aBackendLivesAsLongAsItsConnections(void)
{
	struct weft_connection *made;
	uint32_t id;

	begin(7);
	add(1, 1);
	CHECK(set_service(service) == 0);
	made = open_connection(7, 1, 1000);
	id = state_of(7, 0).backend_id;
	CHECK(made && DELETE(SERVICE, begin(7)) == 0);
	tick(5);
	begin(7);
	add(1, 1);
	CHECK(set_service(service) == 0);
	CHECK(state_of(7, 0).backend_id == id && state_of(7, 0).connections_live == 1);
	service->backends[0].key[15] = 1; /* another at the same address */
	CHECK(set_service(service) == 0);
	CHECK(state_of(7, 0).backend_id != id && !weft_service_backend_get(plane, weft_service_get(plane, 7), id));
	weft_connection_remove(plane, made);
	tick(5);
	CHECK(plane->backend_count == 1);
	service->backends[0].key[15] = 0;
	CHECK(set_service(service) == 0);
	CHECK(state_of(7, 0).backend_id != id && state_of(7, 0).connections == 0);
	CHECK(DELETE(SERVICE, begin(7)) == 0);
	tick(5);
	CHECK(plane->backend_count == 0);
}

static void aClientComesBackToItsBackendUntilTheTimeIsOver(void)
{
	struct weft_connection_key key;
	uint32_t moved = 0, first;

	begin(7);
	service->affinity = WEFT_SERVICE_AFFINITY_CLIENT;
	service->affinity_s = 30;
	add(1, 1);
	CHECK(set_service(service) == 0);
	first = state_of(7, 0).backend_id;
	for (uint32_t client = 0; client < 100; client++) {
		key = key_of(7, client, 1);
		CHECK(number_of(choose(7, client, 1, 0)) == 1);
		weft_affinity_note(plane, weft_service_get(plane, 7), &key, first, weft_host_now_ns());
	}
	for (uint32_t i = 2; i <= 10; i++)
		add(i, 1);
	CHECK(set_service(service) == 0);
	for (uint32_t client = 0; client < 100; client++)
		CHECK(number_of(choose(7, client, 2, 0)) == 1);
	for (uint32_t client = 100; client < 200; client++) {
		moved += number_of(choose(7, client, 1, 0)) != 1;
		CHECK(number_of(choose(7, client, 1, 0)) == number_of(choose(7, client, 2, 0)));
	}
	CHECK(moved > 70);
	service->backends[0].state = WEFT_BACKEND_DRAINING;
	CHECK(set_service(service) == 0 && number_of(choose(7, 1, 3, 0)) > 1);
	service->backends[0].state = WEFT_BACKEND_UP;
	CHECK(set_service(service) == 0 && number_of(choose(7, 1, 3, 0)) == 1);
	weft_host_plane_advance(host, weft_host_now_ns() + 29 * SECOND);
	CHECK(number_of(choose(7, 1, 4, 0)) == 1);
	weft_host_plane_advance(host, weft_host_now_ns() + 2 * SECOND);
	for (uint32_t client = 0; client < 100; client++)
		moved += number_of(choose(7, client, 5, 0)) != 1;
	CHECK(moved > 140);
	CHECK(DELETE(SERVICE, begin(7)) == 0);
}

/* More clients than the table holds: the last ones are remembered, nothing grows. */
static void theAffinityTableForgetsTheOldest(void)
{
	struct weft_connection_key key;
	uint64_t bytes;
	uint32_t id, kept = 0;

	begin(7);
	service->affinity = WEFT_SERVICE_AFFINITY_CLIENT;
	service->affinity_s = 86400;
	add(1, 1);
	CHECK(set_service(service) == 0);
	id = state_of(7, 0).backend_id;
	bytes = weft_host_allocated_bytes();
	for (uint32_t i = 0; i < 300000; i++) {
		key = key_of(7, i, 1);
		memcpy(key.source, &(uint32_t){i}, 4);
		weft_affinity_note(plane, weft_service_get(plane, 7), &key, id, weft_host_now_ns() + i * 2000000ull);
	}
	CHECK(weft_host_allocated_bytes() == bytes);
	for (uint32_t i = 2; i <= 200; i++)
		add(i, 1);
	CHECK(set_service(service) == 0);
	for (uint32_t i = 290000; i < 300000; i++) {
		key = key_of(7, i, 1);
		memcpy(key.source, &(uint32_t){i}, 4);
		kept += number_of(weft_service_choose(plane, weft_service_get(plane, 7), &key, 0,
						      weft_host_now_ns() + 600 * SECOND, &reason)) == 1;
	}
	CHECK(kept > 9900);
	CHECK(DELETE(SERVICE, begin(7)) == 0);
}

/* Entries that nobody can read or write: a worker is writing them. */
static uint32_t entries_being_written(void)
{
	const uint32_t *words = (const uint32_t *)plane->affinity_memory;
	uint32_t count = 0;

	for (uint32_t i = 0; i < weft_affinity_bytes() / 4; i += 8)
		count += words[i] & 1;
	return count;
}

/* The worker that dies in the middle of an entry leaves it odd. */
static uint32_t break_entries(void)
{
	uint32_t *words = (uint32_t *)plane->affinity_memory, broken = 0;

	for (uint32_t i = 0; i < weft_affinity_bytes() / 4; i += 8) {
		if (!words[i + 1] || broken == 3)
			continue;
		words[i] |= 1;
		broken++;
	}
	return broken;
}

static void theNextWorkerFindsAffinityAndCounts(void)
{
	struct weft_host_plane *first = host;
	size_t bytes = weft_plane_shared_bytes(4096);
	void *shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct weft_connection_key key;
	uint32_t id, kept = 0, again = 0;
	struct weft_connection *made;

	open_plane(shared);
	begin(7);
	service->affinity = WEFT_SERVICE_AFFINITY_CLIENT;
	service->affinity_s = 30;
	add(1, 1);
	CHECK(set_service(service) == 0);
	id = state_of(7, 0).backend_id;
	for (uint32_t client = 0; client < 100; client++) {
		key = key_of(7, client, 1);
		weft_affinity_note(plane, weft_service_get(plane, 7), &key, id, weft_host_now_ns());
	}
	for (uint16_t i = 0; i < 10; i++)
		CHECK(open_connection(7, 1, (uint16_t)(1000 + i)));
	made = open_connection(7, 1, 2000);
	made->packets = 7;
	weft_connection_remove(plane, made);
	CHECK(break_entries() == 3);
	weft_host_plane_close(host);
	open_plane(shared);
	for (uint32_t i = 2; i <= 200; i++)
		add(i, 1);
	CHECK(weft_plane_adopted(plane) && entries_being_written() == 3);
	CHECK(set_service(service) == 0 && entries_being_written() == 0);
	CHECK(state_of(7, 0).connections == 11 && state_of(7, 0).packets == 7 && state_of(7, 0).connections_live == 10);
	for (uint32_t client = 0; client < 100; client++) {
		key = key_of(7, client, 1);
		kept += number_of(choose(7, client, 2, 0)) == 1;
		weft_affinity_note(plane, weft_service_get(plane, 7), &key, id, weft_host_now_ns());
		again += number_of(choose(7, client, 3, 0)) == 1;
	}
	CHECK(kept >= 97 && kept < 100 && again == 100);
	/* a backend that comes later where another was begins at nothing */
	service->backend_count = 0;
	CHECK(set_service(service) == 0);
	close_all();
	tick(20);
	CHECK(plane->backend_count == 0);
	plane->backend_next = 0;
	add(1, 1);
	CHECK(set_service(service) == 0 && state_of(7, 0).backend_id % WEFT_BACKEND_LIMIT == id % WEFT_BACKEND_LIMIT);
	CHECK(state_of(7, 0).connections == 0 && state_of(7, 0).packets == 0);
	weft_host_plane_close(host);
	munmap(shared, bytes);
	host = first;
	plane = weft_host_plane_core(host);
}

static void theNextWorkerFindsBackendsAndTheirConnections(void)
{
	struct weft_host_plane *first = host;
	size_t bytes = weft_plane_shared_bytes(4096);
	void *shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	uint32_t ids[2];

	open_plane(shared);
	begin(7);
	add(1, 1);
	add(2, 1);
	CHECK(set_service(service) == 0);
	for (uint16_t i = 0; i < 100; i++)
		CHECK(open_connection(7, 1, (uint16_t)(1000 + i)));
	ids[0] = state_of(7, 0).backend_id;
	ids[1] = state_of(7, 1).backend_id;
	weft_host_plane_close(host);
	open_plane(shared);
	CHECK(weft_plane_adopted(plane) && plane->backend_count == 2);
	service->backends[2] = service->backends[0]; /* in another order than before */
	service->backends[0] = service->backends[1];
	service->backends[1] = service->backends[2];
	CHECK(set_service(service) == 0);
	CHECK(state_of(7, 0).backend_id == ids[1] && state_of(7, 1).backend_id == ids[0]);
	CHECK(state_of(7, 0).connections_live + state_of(7, 1).connections_live == 100 && state_of(7, 0).connections_live > 20);
	weft_host_plane_close(host);
	munmap(shared, bytes);
	host = first;
	plane = weft_host_plane_core(host);
}

static void nothingIsLeftBehind(void)
{
	uint64_t before = weft_host_allocated_bytes();

	open_plane(NULL);
	begin(7);
	service->affinity = WEFT_SERVICE_AFFINITY_CLIENT;
	service->affinity_s = 30;
	for (uint32_t i = 1; i <= WEFT_SERVICE_BACKENDS_MAX; i++)
		add(i, 1 + i % 1000);
	CHECK(set_service(service) == 0);
	for (uint32_t i = 0; i < 100; i++)
		open_connection(7, i, 1);
	service->backend_count = 500;
	CHECK(set_service(service) == 0);
	tick(20);
	weft_host_plane_close(host);
	CHECK(weft_host_allocated_bytes() == before);
}

int main(void)
{
	test_seed();
	open_plane(NULL);
	RUN(refusalsNameFieldValueAndLimitAndChangeNothing);
	RUN(aDumpGivesBackWhatWasSet);
	RUN(lookupsAreAsAPlainListSays);
	RUN(allPlanesChooseAlike);
	RUN(theHashIsTheOneThatOtherHostsHave);
	RUN(connectionsSpreadAsTheWeightsAndAChangeActsAtOnce);
	RUN(aDrainingBackendKeepsItsConnectionsAndGetsNoOther);
	RUN(aFullBackendGetsNoMoreUntilAConnectionEnds);
	RUN(aBackendsLimitHoldsWithTwoWorkers);
	RUN(aBackendLivesAsLongAsItsConnections);
	RUN(aClientComesBackToItsBackendUntilTheTimeIsOver);
	RUN(theAffinityTableForgetsTheOldest);
	RUN(theNextWorkerFindsBackendsAndTheirConnections);
	RUN(theNextWorkerFindsAffinityAndCounts);
	weft_host_plane_close(host);
	RUN(nothingIsLeftBehind);
	return test_end();
}
