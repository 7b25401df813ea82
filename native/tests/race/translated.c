/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Services and NAT under two workers: both open and use connections to virtual addresses, through floating IPs and from pools
 * of few ports, and ping virtual addresses, while backends, states and ranges change, services and routes come and go. In VRFs
 * of their own, so that most packets find their way.
 */
#include "race.h"

#include <stdio.h>

#include "../vectors/vector.h"
#include "plane.h"

#define CLIENTS 8u
#define CLIENT_PORTS 12u
#define BACKENDS 6u
#define SERVERS 3u
#define INSIDE 11u	/* vif of 10.4.0.x, the clients */
#define BACKEND_VIF 12u /* 10.4.128.x */
#define OUTSIDE 13u	/* 198.18.x.x */
#define SERVICE_TCP 10u
#define SERVICE_UDP 11u
#define SERVICE_POOL 12u
#define POOL 10u
#define POOL_OF_SERVICE 11u
#define POOL_BESIDE 12u	   /* the addresses and ports of POOL, in another VRF */
#define SERVICE_LONE 1000u /* the first of those that only have addresses */
#define LONE_MAX 4096u
#define POOL_PORT 1024u
#define POOL_PORTS 200u

static const char *const tables[] = {
    "vrf 4 vni=104",
    "vrf 5 vni=105",
    "vrf 6 vni=106",
    "vif 11 virtual vrf=4 mtu=1450 mac=02:00:00:00:00:21",
    "vif 12 virtual vrf=4 mtu=1450 mac=02:00:00:00:00:22",
    "vif 13 virtual vrf=5 mtu=1450 mac=02:00:00:00:00:23",
    "nexthop 211 local vif=11",
    "nexthop 212 local vif=12",
    "nexthop 213 local vif=13",
    "route 4 10.4.0.0/17 nexthop=211 same",
    "route 4 10.4.128.0/17 nexthop=212 same",
    "route 5 198.18.0.0/16 nexthop=213 same",
    "route 5 198.18.7.0/24 nexthop=213 same",
    "route 5 198.19.0.0/24 nexthop=5",
    "route 4 10.4.200.0/24 nexthop=5",
    "route 5 198.19.1.0/24 nexthop=211 same",
    "route 6 198.18.0.0/16 nexthop=213 same",
};

/* 10.97.x.y of two services without a backend, whose addresses are in one bucket of the plane's table. */
static uint32_t lone[2];
static uint64_t most_opened; /* by the backends that are there */

/* ---- packets ---- */

struct flow {
	uint32_t vif_id, protocol;
	uint8_t source[4], destination[4];
	uint16_t source_port, destination_port;
};

static void put(uint8_t out[4], uint32_t a, uint32_t b, uint32_t c, uint32_t d)
{
	memcpy(out, (const uint8_t[]){(uint8_t)a, (uint8_t)b, (uint8_t)c, (uint8_t)d}, 4);
}

/* To a service, or the answer of the backend that may have it: nobody but the plane knows. */
static void to_service(struct flow *flow, struct random *random, uint32_t client, uint16_t port, bool back)
{
	uint32_t service = random_below(random, 4);

	flow->protocol = service ? 17 : 6;
	if (!back) {
		flow->vif_id = INSIDE;
		put(flow->source, 10, 4, 0, 1 + client);
		put(flow->destination, 10, 96, 4, service == 3 ? 2 : service ? 1 : 0);
		flow->source_port = port;
		flow->destination_port = 80;
		return;
	}
	flow->vif_id = BACKEND_VIF;
	put(flow->source, 10, 4, 128, 1 + random_below(random, BACKENDS));
	flow->source_port = 8080;
	put(flow->destination, 10, 4, service == 3 ? 200 : 0, 1 + (service == 3 ? random_below(random, 2) : client));
	flow->destination_port = service == 3 ? (uint16_t)(POOL_PORT + random_below(random, POOL_PORTS)) : port;
}

/* From a pool, and what comes back to one of its ports. */
static void from_pool(struct flow *flow, struct random *random, uint32_t client, uint16_t port, bool back)
{
	flow->protocol = client & 1 ? 17 : 6;
	flow->vif_id = back ? OUTSIDE : INSIDE;
	put(back ? flow->source : flow->destination, 198, 18, 0, 1 + random_below(random, SERVERS));
	if (back) {
		put(flow->destination, 198, 19, 0, 1 + random_below(random, 2));
		flow->source_port = 80;
		flow->destination_port = (uint16_t)(POOL_PORT + random_below(random, POOL_PORTS));
	} else {
		put(flow->source, 10, 4, 0, 1 + client);
		flow->source_port = port;
		flow->destination_port = 80;
	}
}

/* Through a floating IP: opened from outside (net 0), or by the port (net 7). */
static void by_floating(struct flow *flow, struct random *random, uint32_t client, uint16_t port, bool back)
{
	uint32_t net = random_below(random, 2) ? 7 : 0, server = 1 + random_below(random, SERVERS);
	bool outward = net == 7 ? !back : back;

	client %= 4;
	flow->protocol = 17;
	flow->vif_id = outward ? INSIDE : OUTSIDE;
	put(outward ? flow->destination : flow->source, 198, 18, net, server);
	if (outward)
		put(flow->source, 10, 4, 0, 1 + client);
	else
		put(flow->destination, 198, 19, 1, 1 + client);
	flow->source_port = back ? 80 : port;
	flow->destination_port = back ? port : 80;
}

/* An echo request to the address of a service, perhaps of one that is gone. */
static void to_address(struct flow *flow, struct random *random, uint32_t client, uint16_t port, bool back)
{
	uint32_t service = random_below(random, 6), at = lone[service % 2];

	(void)back;
	flow->protocol = 1;
	flow->vif_id = INSIDE;
	put(flow->source, 10, 4, 0, 1 + client);
	put(flow->destination, 10, 96, 4, service);
	if (service > 2)
		put(flow->destination, 10, 97, at >> 8, at & 255);
	flow->source_port = port;
}

static void put_echo(uint8_t *icmp, uint32_t bytes, uint16_t identifier)
{
	uint32_t sum = 0;

	icmp[0] = 8;
	put16(icmp + 4, identifier);
	for (uint32_t i = 0; i < bytes; i += 2)
		sum += (uint32_t)icmp[i] << 8 | icmp[i + 1];
	put16(icmp + 2, 0xffff ^ ((sum & 0xffff) + (sum >> 16)));
}

uint32_t translated_frame(uint8_t *frame, struct random *random, bool back, uint32_t *vif_id)
{
	static void (*const kinds[])(struct flow *, struct random *, uint32_t, uint16_t, bool) = {to_service, from_pool,
												  by_floating, to_address};
	static const uint8_t flags[] = {2, 0x12, 0x10, 0x10, 0x18, 0x11, 4};
	uint32_t client = random_below(random, CLIENTS), l4_bytes, kind = random_below(random, WEFT_ARRAY_COUNT(kinds));
	uint16_t port = (uint16_t)(2000 + random_below(random, CLIENT_PORTS));
	struct flow flow;
	uint8_t *l4 = frame + 34;

	kinds[kind](&flow, random, client, port, back);
	*vif_id = flow.vif_id;
	l4_bytes = flow.protocol == 6 ? 20 : 8 + 2 * random_below(random, 20);
	memcpy(frame, (const uint8_t[]){0, 0, 0x5e, 0, 1, 0, 2, 0, 0, 0, 0, (uint8_t)(0x16 + flow.vif_id)}, 12);
	put16(frame + 12, 0x0800);
	put_ipv4(frame + 14, 20 + l4_bytes, flow.protocol, flow.source, flow.destination);
	memset(l4, 0, l4_bytes);
	if (flow.protocol == 1) {
		put_echo(l4, l4_bytes, flow.source_port);
		return 34 + l4_bytes;
	}
	put16(l4, flow.source_port);
	put16(l4 + 2, flow.destination_port);
	if (flow.protocol == 6) {
		l4[12] = 0x50;
		l4[13] = flags[random_below(random, sizeof(flags))];
	} else {
		put16(l4 + 4, l4_bytes);
	}
	return 34 + l4_bytes;
}

/* ---- changes ---- */

static void set_service(struct random *random, uint32_t service_id, uint32_t last, const char *protocol, const char *more)
{
	char backends[400] = "";
	size_t at = 0;
	/* the fourth of all: without a backend */
	uint32_t count = random_below(random, 4) ? 1 + random_below(random, BACKENDS) : 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t value = random_below(random, 1000);

		at += (size_t)snprintf(backends + at, sizeof(backends) - at, " backend=%u,10.4.128.%u,%u,weight=%u%s%s", i + 1,
				       i + 1, value % 50 ? 8080 : 8081, 1 + value % 5, value % 7 ? "" : ",draining",
				       value % 11 ? "" : ",limit=9");
	}
	change("service %u vrf=4 %s address=10.96.4.%u port=80 %s%s", service_id, protocol, last, more, backends);
}

static bool change_lone(bool there, uint32_t at)
{
	return change("%sservice %u vrf=4 udp address=10.97.%u.%u port=80", there ? "" : "delete ", SERVICE_LONE + at, at >> 8,
		      at & 255);
}

static uint32_t address_buckets(void)
{
	const struct weft_sparse *all = &race_plane->service_addresses;
	uint32_t count = 0;

	for (uint32_t at = weft_sparse_next(all, 0); at < all->limit; at = weft_sparse_next(all, at + 1))
		count++;
	return count;
}

/* Two addresses of one bucket, found by what the table does: addresses come until one takes no bucket more. */
static bool find_lone(void)
{
	uint32_t count = 0, before, other = 0;

	for (before = address_buckets(); count < LONE_MAX; count++) {
		if (!change_lone(true, count))
			return false;
		if (address_buckets() == before)
			break;
		before = address_buckets();
	}
	if (count == LONE_MAX)
		return false;
	lone[1] = count;
	for (uint32_t at = 0; at < count; at++) {
		before = address_buckets();
		if (!change_lone(false, at))
			return false;
		if (address_buckets() == before) {
			lone[0] = at;
			other++;
		}
	}
	/* or it shares that of a service, and the search is for nothing */
	return other == 1 && change_lone(true, lone[0]);
}

/* Connections that the backends that are there have opened. */
static void note_opened(void)
{
	const struct weft_sparse *all = &race_plane->backends;
	uint64_t opened = 0;

	for (uint32_t slot = weft_sparse_next(all, 0); slot < all->limit; slot = weft_sparse_next(all, slot + 1)) {
		const struct weft_backend_life *life = weft_sparse_pointer(all, slot);

		opened += __atomic_load_n(&life->counts->connections, __ATOMIC_RELAXED);
	}
	most_opened = opened > most_opened ? opened : most_opened;
}

static void set_services(struct random *random, uint32_t value)
{
	set_service(random, SERVICE_TCP, 0, "tcp", "affinity=30 hairpin");
	set_service(random, SERVICE_UDP, 1, "udp", value % 8 ? "affinity=5" : "");
	set_service(random, SERVICE_POOL, 2, "udp", value % 16 ? "affinity=3600 pool=11" : "pool=11");
}

void translated_change_services(struct random *random)
{
	uint32_t value = random_below(random, 100);

	note_opened();
	change_lone(value % 3, lone[value % 2]);
	if (value < 4)
		change("delete service %u vrf=4 %s address=10.96.4.%u port=80", value % 2 ? SERVICE_TCP : SERVICE_UDP,
		       value % 2 ? "tcp" : "udp", value % 2 ? 0 : 1);
	set_services(random, value);
}

static void set_pools(uint32_t value)
{
	change("nat-pool %u vrf=5 first=198.19.0.1 addresses=%u ports=%u-%u quarantine=%u", POOL, 1 + value % 2, POOL_PORT,
	       POOL_PORT + (value % 3 ? POOL_PORTS - 1 : 63), value % 5 ? 0 : 200);
	change("nat-pool %u vrf=6 first=198.19.0.1 addresses=2 ports=%u-%u", POOL_BESIDE, POOL_PORT,
	       POOL_PORT + POOL_PORTS - 1);
	change("nat-pool %u vrf=4 first=10.4.200.1 addresses=2 ports=%u-%u quarantine=%u", POOL_OF_SERVICE,
	       POOL_PORT + value % 4, POOL_PORT + POOL_PORTS - 1, value % 7 ? 0 : 500);
}

void translated_change_nat(struct random *random)
{
	uint32_t value = random_below(random, 1000), id = 10 + value % 4;

	set_pools(value);
	if (value % 20 == 0) { /* it goes, with connections that have its ports, and comes again */
		change("nexthop 214 lookup vrf=5");
		change("delete nat-pool %u vrf=5 first=198.19.0.1", POOL);
		set_pools(value / 20);
	}
	change("nexthop 214 lookup vrf=5%s", value % 30 ? " pool=10" : "");
	if (value % 3 == 0)
		change("delete floating-ip %u vrf=5 vif=11 floating=198.19.1.%u fixed=10.4.0.%u", id, id - 9, id - 9);
	else
		change("floating-ip %u vrf=5 vif=%u floating=198.19.1.%u fixed=10.4.0.%u%s%s", id,
		       value % 10 ? INSIDE : BACKEND_VIF, id - 9, value % 13 ? id - 9 : 20, value % 6 ? "" : " ingress",
		       value % 8 ? "" : " map=17,80,80,1");
	if (value % 4 == 0)
		change("route 4 198.18.0.0/16 nexthop=%u", value % 16 ? 214 + value / 4 % 2 : 0);
}

bool translated_load(void)
{
	struct random random = {1};
	bool good = true;

	for (uint32_t i = 0; i < WEFT_ARRAY_COUNT(tables); i++)
		good = good && change("%s", tables[i]);
	set_pools(1);
	set_services(&random, 1);
	return good && change("nexthop 214 lookup vrf=5 pool=%u", POOL) &&
	       change("nexthop 215 lookup vrf=6 pool=%u", POOL_BESIDE) && change("route 4 198.18.0.0/16 nexthop=214") &&
	       find_lone();
}

/* ---- at the end ---- */

/* Live pairs that say so of their backend. */
static uint32_t pairs_of(uint32_t backend_id)
{
	uint32_t pairs = 0;

	for (uint32_t i = 0; i < 2 * weft_connections_used(race_plane); i += 2) {
		const struct weft_connection *pair = weft_connection_at(race_plane, i);

		pairs += weft_connection_live(race_plane, i) && pair[1].of_pair[WEFT_PAIR_BACKEND] == backend_id;
	}
	return pairs;
}

static void check_backends(bool gone)
{
	const struct weft_sparse *all = &race_plane->backends;

	for (uint32_t slot = weft_sparse_next(all, 0); slot < all->limit; slot = weft_sparse_next(all, slot + 1)) {
		const struct weft_backend_life *life = weft_sparse_pointer(all, slot);

		if (life->live != pairs_of(life->backend_id))
			wrong("a backend's connections are not those that are there");
		if (gone && life->live)
			wrong("a backend keeps connections that are over");
	}
}

static uint32_t pool_ports(uint32_t nat_pool_id)
{
	struct weft_nat_pool_msg state;

	weft_nat_pool_fill(race_plane, weft_nat_pool_get(race_plane, nat_pool_id), &state);
	return state.ports_used + state.ports_quarantined;
}

static uint32_t all_ports(void)
{
	return pool_ports(POOL) + pool_ports(POOL_OF_SERVICE) + pool_ports(POOL_BESIDE);
}

/* A pool, as it is now, has the port that the pair's answers come to. */
static bool has_port(const struct weft_connection *pair)
{
	const struct weft_connection *answers = pair + !!(pair->flags & WEFT_CONNECTION_INITIATOR);
	bool found = false;

	for (uint32_t id = POOL; id <= POOL_BESIDE; id++)
		found = found || weft_nat_pool_has(weft_nat_pool_get(race_plane, id), &answers->key, answers->vrf_id);
	return found && (answers->flags & WEFT_CONNECTION_POOL_PORT);
}

/* Live pairs whose port a pool holds. */
static uint32_t pairs_with_port(void)
{
	uint32_t pairs = 0;

	for (uint32_t i = 0; i < 2 * weft_connections_used(race_plane); i += 2)
		pairs += weft_connection_live(race_plane, i) && has_port(weft_connection_at(race_plane, i));
	return pairs;
}

void translated_check(uint64_t now_ns)
{
	uint32_t pairs = pairs_with_port(), ports = all_ports();

	check_backends(false);
	note_opened();
	printf("%llu opened to backends at once there, %u pairs with a port of a pool, %u ports\n",
	       (unsigned long long)most_opened, pairs, ports);
	if (!most_opened)
		wrong("no connection was opened to a backend");
	/*
	 * A bit may be wrong for a port's life (natpool.c): above all a pool made afresh gives out ports before it knows of
	 * those that live connections have, and here pools are made afresh all the time.
	 */
	if (pairs > ports + pairs / 4 + 8)
		wrong("connections have ports of pools that are not held");
	for (uint32_t i = 0; i < 2 * weft_connections_used(race_plane); i += 2) {
		if (weft_connection_live(race_plane, i))
			weft_connection_remove(race_plane, weft_connection_at(race_plane, i));
	}
	for (uint32_t i = 1; i <= 10; i++) {
		weft_plane_tick(race_plane, now_ns + i * 1000000000ull);
		race_reclaim(race_plane);
	}
	check_backends(true);
	ports = all_ports();
	if (ports) {
		printf("%u ports are held\n", ports);
		wrong("ports are held that no connection has");
	}
}
