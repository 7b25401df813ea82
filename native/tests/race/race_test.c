/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Two workers carry both directions of the same connections, and look up routes, while the control thread changes everything
 * they read. For ThreadSanitizer; without it a test that packets are neither lost nor counted twice, and that a lookup answers
 * the old route or the new one. weft-race TABLES [SECONDS [SEED]]
 */
#include "race.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "../vectors/vector.h"
#include "weft_tables.h"

#define FLOWS 256u
#define CROWD_VRF 2u
#define CROWD 200u /* routes that come and go around one that stays */
#define STEADY 77u
#define STEADY_LABEL 4242u

struct weft_plane *race_plane;
static bool stop, failed;
static uint64_t seed, lookups[RACE_WORKERS], translated_sent[RACE_WORKERS], clock_ns = 1000000000u;

/* ---- packets ---- */

/* An end of a flow: where it enters and what it sends from. */
struct end {
	uint32_t vif_id; /* UPLINK: behind the tunnel */
	uint8_t mac, address[4], address6_last, network;
};

#define UPLINK 9u

static const struct end ends[] = {
    {1, 0x11, {10, 1, 1, 3}, 3, 1},
    {2, 0x12, {10, 1, 1, 4}, 4, 1},
    {3, 0x13, {10, 2, 1, 3}, 3, 2},
    {UPLINK, 0, {10, 1, 1, 9}, 9, 1},
};

static void put_ipv6(uint8_t *ip, uint32_t payload, uint32_t protocol, const struct end *from, const struct end *to)
{
	memset(ip, 0, 40);
	ip[0] = 0x60;
	put16(ip + 4, payload);
	ip[6] = (uint8_t)protocol;
	ip[7] = 64;
	ip[8] = ip[24] = 0xfd;
	ip[11] = from->network;
	ip[23] = from->address6_last;
	ip[27] = to->network;
	ip[39] = to->address6_last;
}

/* UDP or TCP between the two; bytes of the IP packet. */
static uint32_t put_inner(uint8_t *ip, struct random *random, const struct end *from, const struct end *to, uint32_t flow,
			  bool back)
{
	bool v6 = flow & 1, tcp = flow & 2;
	uint32_t l4_bytes = tcp ? 20 : 8 + random_below(random, 64), l4 = v6 ? 40 : 20;
	uint32_t client = 1024 + flow, server = tcp ? 80 : 53;

	memset(ip + l4, 0, l4_bytes);
	if (v6)
		put_ipv6(ip, l4_bytes, tcp ? 6 : 17, from, to);
	else
		put_ipv4(ip, l4 + l4_bytes, tcp ? 6 : 17, from->address, to->address);
	put16(ip + l4, back ? server : client);
	put16(ip + l4 + 2, back ? client : server);
	if (tcp) {
		static const uint8_t flags[] = {2, 0x12, 0x10, 0x10, 0x18, 0x11, 4};

		ip[l4 + 12] = 0x50;
		ip[l4 + 13] = flags[random_below(random, sizeof(flags))];
	} else {
		put16(ip + l4 + 4, l4_bytes);
		put16(ip + l4 + 6, v6 ? 1 : 0); /* not verified */
	}
	return l4 + l4_bytes;
}

/* Outer headers of the other host's VXLAN packets; 50 bytes. */
static void put_tunnel(uint8_t *frame, uint32_t inner, bool v6)
{
	static const uint8_t remote[4] = {198, 51, 100, 2}, own[4] = {192, 0, 2, 1};
	static const uint8_t vxlan[22] = {8, 0, 0, 0, 0, 0, 101, 0, 2, 0, 0, 0, 0xaa, 1, 0, 0, 0x5e, 0, 1, 0, 8, 0};

	memset(frame, 0, 42);
	put16(frame + 12, 0x0800);
	put_ipv4(frame + 14, 20 + 8 + 22 + inner, 17, remote, own);
	put16(frame + 34, 50000);
	put16(frame + 36, 4789);
	put16(frame + 38, 8 + 22 + inner);
	memcpy(frame + 42, vxlan, sizeof(vxlan));
	if (v6)
		put16(frame + 62, 0x86dd);
}

/* One packet of the flow. Its bytes; *vif_id: where it enters. */
static uint32_t make_frame(uint8_t *frame, struct random *random, uint32_t flow, bool back, uint32_t *vif_id)
{
	const struct end *client = &ends[flow / 4 % 2], *server = &ends[flow / 8 % 4], *from, *to;
	uint32_t bytes;

	if (server == client)
		server = &ends[3];
	from = back ? server : client;
	to = back ? client : server;
	*vif_id = from->vif_id;
	if (from->vif_id == UPLINK) {
		bytes = put_inner(frame + 64, random, from, to, flow, back);
		put_tunnel(frame, bytes, flow & 1);
		return 64 + bytes;
	}
	memcpy(frame, (const uint8_t[]){0, 0, 0x5e, 0, 1, 0, 2, 0, 0, 0, 0, from->mac}, 12);
	put16(frame + 12, flow & 1 ? 0x86dd : 0x0800);
	return 14 + put_inner(frame + 14, random, from, to, flow, back);
}

/* ---- workers ---- */

void wrong(const char *what)
{
	if (!__atomic_exchange_n(&failed, true, __ATOMIC_RELAXED))
		printf("not ok: %s\n", what);
}

/* A route says the same in label and identity, whichever of its lives is seen; one stays for ever. */
static void check_lookups(uint32_t worker, struct random *random)
{
	uint8_t address[16] = {10, 9, 0, (uint8_t)random_below(random, 256)};
	struct weft_leaf leaf = weft_route_get(race_plane, CROWD_VRF, 4, address);

	if (leaf.prefix_len == 32 && (leaf.label & 3) != (leaf.flags & 3u))
		wrong("half of one route and half of another");
	if (leaf.prefix_len != 32 && leaf.prefix_len != 24)
		wrong("the route that covers all of them was not found");
	address[3] = STEADY;
	leaf = weft_route_get(race_plane, CROWD_VRF, 4, address);
	if (leaf.prefix_len != 32 || leaf.label != STEADY_LABEL)
		wrong("a route that nobody touched was not found");
	lookups[worker]++;
}

static void *worker_main(void *argument)
{
	uint32_t worker = (uint32_t)(uintptr_t)argument;
	struct random random = {seed + worker + 1};
	static uint8_t frames[RACE_WORKERS][2048];

	race_online(worker);
	for (bool translated = false; !__atomic_load_n(&stop, __ATOMIC_RELAXED); translated = !translated) {
		struct weft_packet *packets[16];
		uint32_t count = 0, vif_id = 0, other, bytes;
		uint64_t sent;

		while (count < WEFT_ARRAY_COUNT(packets)) {
			bool back = random_below(&random, 8) ? worker : !worker;

			bytes = translated ? translated_frame(frames[worker], &random, back, &other)
					   : make_frame(frames[worker], &random, random_below(&random, FLOWS), back, &other);
			if (count && other != vif_id)
				break;
			vif_id = other;
			packets[count++] = race_packet(worker, frames[worker], bytes);
		}
		sent = race_workers[worker].sent;
		weft_plane_input(race_plane, worker, vif_id, packets, count);
		if (translated)
			translated_sent[worker] += race_workers[worker].sent - sent;
		check_lookups(worker, &random);
		race_quiescent(worker, __atomic_load_n(&clock_ns, __ATOMIC_RELAXED));
	}
	race_offline(worker);
	return NULL;
}

/* ---- control ---- */

bool change(const char *format, ...)
{
	static uint64_t message[VECTOR_MESSAGE_MAX / 8];
	char line[700], text[VECTOR_TEXT_MAX] = "", *words[32], *rest = NULL;
	uint32_t count = 0, bytes;
	va_list arguments;
	bool applied;

	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	for (char *word = strtok_r(line, " ", &rest); word && count < 32; word = strtok_r(NULL, " ", &rest))
		words[count++] = word;
	memset(message, 0, sizeof(message));
	bytes = vector_table(words, count, (uint8_t *)message, text);
	if (!bytes) {
		wrong(text);
		return false;
	}
	applied = race_apply(race_plane, message, bytes);
	if (!applied && strcmp(words[0], "delete")) /* which may come when it is gone already, or is in use */
		wrong("a change was refused");
	return applied;
}

static void change_routes(struct random *random)
{
	static const char *const ways[] = {"nexthop=2 proxy same identity=3", "nexthop=4 proxy same",
					   "nexthop=40 proxy same identity=4", "nexthop=20 label=101 proxy same",
					   "nexthop=0 proxy same"};
	uint32_t last = random_below(random, 12), value = random_below(random, 65536);

	if (random_below(random, 4) == 0)
		change("delete route 1 10.1.1.%u/32 nexthop=0", last);
	else
		change("route 1 10.1.1.%u/32 %s", last, ways[random_below(random, WEFT_ARRAY_COUNT(ways))]);
	change("route 1 10.1.1.4/32 nexthop=2 proxy same identity=%u", 3 + value % 2);
	change("route 1 fd00:1::4/128 nexthop=%s", value % 3 ? "2 proxy same" : "41 proxy same");
	for (uint32_t i = 0; i < 8; i++) {
		last = random_below(random, CROWD);
		value = random_below(random, 65536);
		if (last == STEADY)
			continue;
		if (value % 5 == 0)
			change("delete route %u 10.9.0.%u/32 nexthop=0", CROWD_VRF, last);
		else
			change("route %u 10.9.0.%u/32 nexthop=0 label=%u %s %s", CROWD_VRF, last, value,
			       value & 1 ? "proxy" : "", value & 2 ? "same" : "");
	}
}

static void change_nexthops(struct random *random)
{
	uint32_t value = random_below(random, 100);

	change("nexthop 2 local vif=%u", value % 7 ? 2 : 1);
	change("nexthop 20 tunnel encap=vxlan source=192.0.2.1 destination=198.51.100.2 inner-mac=02:00:00:00:aa:%02u",
	       2 + value % 2);
	if (value % 2)
		change("nexthop 40 ecmp member=1,20,1,101 member=2,22,%u,101 member=3,2,2", 1 + value);
	else
		change("nexthop 40 ecmp member=2,22,%u,101 member=3,2,2", 1 + value);
	change("path destination=2001:db8:2::2 resolved vif=9 gateway=2001:db8:1::fe mtu=%u source-mac=02:00:00:00:00:fe "
	       "destination-mac=02:00:00:00:00:%02u %s",
	       1300 + value, value, value % 3 ? "up" : "down");
}

static void change_policies(struct random *random)
{
	uint32_t value = random_below(random, 100);

	change("policy 1 %s rule allow protocol=17 ports=1-%u log rule deny protocol=6 ports=81", value % 8 ? "allow" : "deny",
	       1000 + value);
	change("policy 2 %s rule allow from=network:1 rule %s family=6 rule allow protocol=1 ports=8",
	       value % 8 ? "allow" : "deny", value % 2 ? "deny" : "allow");
}

static void change_vifs(struct random *random)
{
	uint32_t value = random_below(random, 100);

	change("vif 2 virtual vrf=1 mtu=%u mac=02:00:00:00:00:12 check identity=%u ingress=2 address=10.1.1.4/24 "
	       "address=fd00:1::4/64 "
	       "gateway=10.1.1.1/24 gateway=fd00:1::1/64",
	       1400 + value, 3 + value % 2);
	if (value % 3 == 0)
		change("delete vif 4 virtual vrf=1 mtu=600 mac=02:00:00:00:00:14");
	else
		change("vif 4 virtual vrf=1 mtu=%u mac=02:00:00:00:00:14", 600 + value);
	if (value % 10 == 0) {
		change("delete vif 3 virtual vrf=2 mtu=1450 mac=02:00:00:00:00:13");
		change("vif 3 virtual vrf=2 mtu=1450 mac=02:00:00:00:00:13 check identity=5 egress=3 ingress=1 "
		       "address=10.2.1.3/24 "
		       "address=fd00:2::3/64 gateway=10.2.1.1/24 gateway=fd00:2::1/64");
	}
	change("vrf 2 vni=%u", 102 + value);
	change("vni 101 nexthop=%u", value % 9 ? 11 : 12);
	change("label 100 nexthop=%u", value % 2 ? 1 : 11);
	change("plane underlay4=192.0.2.1 underlay6=2001:db8:1::1 router-mac=02:00:00:00:aa:01");
}

static void read_all(struct random *random)
{
	struct {
		struct weft_message_header header;
		struct weft_dump_msg body;
	} request = {.body = {.vrf_id = 0xffffffffu, .limit = 300}};

	request.header.object = (uint16_t)(WEFT_OBJECT_PLANE + random_below(random, WEFT_OBJECT_LOG - WEFT_OBJECT_PLANE + 1));
	request.header.operation = WEFT_OPERATION_DUMP;
	request.header.bytes = sizeof(request);
	race_apply(race_plane, &request, sizeof(request));
	request.header.object = WEFT_OBJECT_CONNECTION;
	race_apply(race_plane, &request, sizeof(request));
}

static void control_step(struct random *random)
{
	static void (*const changes[])(struct random *) = {change_routes,	 change_nexthops, change_policies,
							   change_vifs,		 read_all,	  translated_change_services,
							   translated_change_nat};

	changes[random_below(random, WEFT_ARRAY_COUNT(changes))](random);
	/* the clock runs fast, so that connections age while they are used */
	__atomic_store_n(&clock_ns, clock_ns + 50000000u, __ATOMIC_RELAXED);
	race_clock(clock_ns);
	weft_plane_tick(race_plane, clock_ns);
	race_reclaim(race_plane);
}

static bool load(const char *path)
{
	static struct vector tables;
	bool good = vector_read(&tables, path);

	for (uint32_t i = 0; good && i < tables.step_count; i++)
		good = race_apply(race_plane, tables.steps[i].bytes, tables.steps[i].byte_count);
	good = good && change("route %u 10.9.0.0/24 nexthop=0 label=1 proxy", CROWD_VRF) &&
	       change("route %u 10.9.0.%u/32 nexthop=0 label=%u same", CROWD_VRF, STEADY, STEADY_LABEL);
	good = good && translated_load();
	if (!good)
		printf("tables: %s\n", tables.error);
	vector_free(&tables);
	return good;
}

static uint64_t seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec;
}

static uint64_t dropped(void)
{
	uint64_t all = 0;

	for (uint32_t reason = 1; reason < WEFT_DROP_LIMIT; reason++)
		all += race_drops(race_plane, reason);
	return all;
}

int main(int argc, char **argv)
{
	uint64_t end = seconds_now() + (argc > 2 ? strtoul(argv[2], NULL, 0) : 5), steps = 0, made = 0, freed = 0, sent = 0;
	pthread_t threads[RACE_WORKERS];
	struct random random;

	seed = argc > 3 ? strtoull(argv[3], NULL, 0) : (uint64_t)time(NULL) * 2654435761u + 1;
	printf("seed %llu\n", (unsigned long long)seed);
	fflush(stdout);
	random.state = seed;
	race_plane = race_open(2048);
	if (argc < 2 || !race_plane || !load(argv[1]))
		return 1;
	for (uintptr_t worker = 0; worker < RACE_WORKERS; worker++)
		pthread_create(&threads[worker], NULL, worker_main, (void *)worker);
	for (; seconds_now() < end && !__atomic_load_n(&failed, __ATOMIC_RELAXED); steps++)
		control_step(&random);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (uint32_t worker = 0; worker < RACE_WORKERS; worker++) {
		pthread_join(threads[worker], NULL);
		made += race_workers[worker].made;
		freed += race_workers[worker].freed;
		sent += race_workers[worker].sent;
	}
	race_reclaim(race_plane);
	printf("%llu changes, %llu packets, %llu sent, %llu dropped, %llu lookups beside\n", (unsigned long long)steps,
	       (unsigned long long)made, (unsigned long long)sent, (unsigned long long)dropped(),
	       (unsigned long long)(lookups[0] + lookups[1]));
	if (made != freed)
		wrong("packets leaked");
	if (made != sent + dropped())
		wrong("packets are neither sent nor counted as dropped, or both");
	/* none of these has a way but a translated one */
	printf("%llu and %llu sent of services and NAT\n", (unsigned long long)translated_sent[0],
	       (unsigned long long)translated_sent[1]);
	if (!translated_sent[0] || !translated_sent[1])
		wrong("a worker sent nothing of services and NAT");
	printf("%llu and %llu echoes answered\n", (unsigned long long)race_workers[0].echoes,
	       (unsigned long long)race_workers[1].echoes);
	if (!race_workers[0].echoes || !race_workers[1].echoes)
		wrong("a worker answered no echo to a virtual address");
	translated_check(clock_ns);
	race_close(race_plane);
	printf("%s\n", failed ? "not ok" : "ok");
	return failed;
}
