/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Floating IPs and source pools: what may be set, ports that run out and come back, a plane that dies, workers that race. */
#include <pthread.h>

#include "plane.h"
#include "test.h"
#include "messages.h"

#define SECOND 1000000000ull
#define INSIDE 1u
#define OUTSIDE 3u
#define BESIDE 5u
#define POD 1u
#define SERVER 2u
#define RACE_TAKES 200000u
#define RACE_PORTS 300u

static struct weft_plane *plane;
static const uint8_t pod[16] = {10, 1, 1, 3}, server[16] = {203, 0, 113, 9}, address[16] = {203, 0, 113, 100};
static uint64_t now_ns;
static bool stranger_waits;

static void advance(uint64_t seconds)
{
	for (uint64_t i = 0; i < seconds; i++) {
		now_ns += SECOND;
		CHECK(weft_host_plane_advance(host, now_ns) == 0);
	}
}

static void set_vif(uint32_t vif_id, uint32_t vrf_id)
{
	struct weft_vif_msg vif = {.vif_id = vif_id,
				   .vrf_id = vrf_id,
				   .type = WEFT_VIF_VIRTUAL,
				   .mtu = 1500,
				   .label = WEFT_LABEL_NONE,
				   .mac = {2, 0, 0, 0, 0, (uint8_t)vif_id},
				   .name = {'v', (char)('0' + vif_id)}};

	CHECK(SET(VIF, &vif) == 0);
}

static void set_route(uint32_t vrf_id, const uint8_t *prefix, uint8_t prefix_len, uint32_t nexthop_id)
{
	struct weft_route_msg route = {
	    .vrf_id = vrf_id, .family = 4, .prefix_len = prefix_len, .nexthop_id = nexthop_id, .label = WEFT_LABEL_NONE};

	memcpy(route.prefix, prefix, prefix_len / 8);
	CHECK(SET(ROUTE, &route) == 0);
}

static struct weft_nat_pool_msg pool_of(uint16_t port_min, uint16_t port_max, uint32_t quarantine_ms)
{
	struct weft_nat_pool_msg pool = {.nat_pool_id = 1,
					 .vrf_id = OUTSIDE,
					 .family = 4,
					 .port_min = port_min,
					 .port_max = port_max,
					 .address_count = 1,
					 .quarantine_ms = quarantine_ms};

	memcpy(pool.first_address, address, 16);
	return pool;
}

static struct weft_floating_ip_msg floating_of(uint32_t id)
{
	struct weft_floating_ip_msg floating = {.floating_ip_id = id,
						.vrf_id = OUTSIDE,
						.vif_id = POD,
						.family = 4,
						.flags = 3,
						.floating_address = {203, 0, 113, (uint8_t)id}};

	memcpy(floating.fixed_address, pod, 16);
	return floating;
}

/* A pod in one VRF, a server in another, and a default route from the first by the pool. */
static void set_tables(const struct weft_nat_pool_msg *pool)
{
	struct weft_vrf_msg inside = {.vrf_id = INSIDE, .name = "inside"}, outside = {.vrf_id = OUTSIDE, .name = "outside"};
	struct weft_nexthop_msg to_pod = {.nexthop_id = 1, .type = WEFT_NEXTHOP_LOCAL, .vif_id = POD};
	struct weft_nexthop_msg to_server = {.nexthop_id = 2, .type = WEFT_NEXTHOP_LOCAL, .vif_id = SERVER};
	struct weft_nexthop_msg out = {.nexthop_id = 3, .type = WEFT_NEXTHOP_VRF, .vrf_id = OUTSIDE, .nat_pool_id = 1};

	plane = weft_host_plane_core(host);
	CHECK(SET(VRF, &inside) == 0 && SET(VRF, &outside) == 0);
	set_vif(POD, INSIDE);
	set_vif(SERVER, OUTSIDE);
	CHECK(SET(NAT_POOL, pool) == 0);
	CHECK(set_nexthop(&to_pod) == 0 && set_nexthop(&to_server) == 0 && set_nexthop(&out) == 0);
	set_route(INSIDE, pod, 32, 1);
	set_route(INSIDE, pod, 0, 3);
	set_route(OUTSIDE, server, 32, 2);
}

static void open_plane(void *shared)
{
	struct weft_host_plane_options options = {.connections_max = 1024, .shared = shared, .now_ns = now_ns, .workers = 2};

	host = weft_host_plane_open_with(&options);
	CHECK(host != NULL);
	plane = weft_host_plane_core(host);
}

static void start(const struct weft_nat_pool_msg *pool)
{
	now_ns = SECOND;
	open_plane(NULL);
	set_tables(pool);
}

/* UDP from the pod's port to the server's; the source port that the server sees, or 0: dropped. */
static uint16_t send_udp(uint16_t port, uint16_t to)
{
	uint8_t frame[60] = {0, 0, 0x5e, 0, 1, 0, 2, 0, 0, 0, 0, POD, 8, 0, 0x45, 0, 0, 46, 0, 0, 0x40, 0, 64, 17}, out[2048];
	uint32_t sum = 0;

	memcpy(frame + 26, pod, 4);
	memcpy(frame + 30, server, 4);
	for (uint32_t i = 14; i < 34; i += 2)
		sum += (uint32_t)frame[i] << 8 | frame[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	frame[24] = (uint8_t)(~sum >> 8);
	frame[25] = (uint8_t)~sum;
	frame[34] = (uint8_t)(port >> 8);
	frame[35] = (uint8_t)port;
	frame[36] = (uint8_t)(to >> 8);
	frame[37] = (uint8_t)to;
	frame[39] = 26;
	CHECK(weft_host_plane_inject(host, POD, frame, sizeof(frame)) == 0);
	if (weft_host_plane_collect(host, SERVER, NULL, out, sizeof(out)) <= 0)
		return 0;
	CHECK(!memcmp(out + 26, address, 4));
	return (uint16_t)(out[34] << 8 | out[35]);
}

static struct weft_nat_pool_msg read_pool_of(uint32_t nat_pool_id)
{
	struct weft_nat_pool_msg pool = {.nat_pool_id = nat_pool_id};
	struct weft_message_header header;
	const void *body;

	CHECK(send_message(WEFT_OBJECT_NAT_POOL, WEFT_OPERATION_GET, 0, &pool, sizeof(pool)) == 0);
	CHECK(next_object(0, &header, &body) && header.object == WEFT_OBJECT_NAT_POOL);
	memcpy(&pool, body, sizeof(pool));
	return pool;
}

static struct weft_nat_pool_msg read_pool(void)
{
	return read_pool_of(1);
}

static uint64_t drops_of(uint32_t vif_id, uint32_t reason)
{
	return weft_drops_sum(plane, weft_vif_get(plane, vif_id), reason);
}

/* ---- pools ---- */

static void portsRunOutAndComeBackAfterTheirQuarantine(void)
{
	struct weft_nat_pool_msg pool = pool_of(7000, 7002, 5000);
	uint16_t ports[3];

	start(&pool);
	for (uint16_t i = 0; i < 3; i++) {
		ports[i] = send_udp((uint16_t)(100 + i), 53);
		CHECK(ports[i] >= 7000 && ports[i] <= 7002);
		for (uint16_t j = 0; j < i; j++)
			CHECK(ports[i] != ports[j]);
	}
	CHECK(send_udp(100, 53) == ports[0] && send_udp(102, 53) == ports[2]);
	CHECK(!send_udp(103, 53) && drops_of(POD, WEFT_DROP_NAT_EXHAUSTED) == 1);
	CHECK(read_pool().ports_used == 3 && read_pool().exhausted == 1 && read_pool().blocks == 1);
	for (uint32_t i = 0; i < 60 && read_pool().ports_used; i++)
		advance(10); /* idle: the pairs age, and no packet comes */
	CHECK(read_pool().ports_used == 0);
	if (read_pool().ports_quarantined == 3) /* else the wait was longer than the quarantine */
		CHECK(!send_udp(103, 53));
	advance(11);
	CHECK(read_pool().ports_quarantined == 0 && send_udp(103, 53));
	weft_host_plane_close(host);
}

static void aFreedPortIsNotGivenOutForTheQuarantine(void)
{
	struct weft_nat_pool_msg pool = pool_of(7000, 7000, 5000);
	struct weft_connection_key key = {.family = 4, .protocol = 17, .zone = OUTSIDE};
	struct weft_nat_pool *found;
	uint8_t taken_address[16];
	uint16_t port;
	bool taken;

	start(&pool);
	found = weft_nat_pool_get(plane, 1);
	for (uint32_t turn = 0; turn < 5; turn++) {
		uint32_t waited = 0;

		CHECK(weft_nat_pool_take(found, 0, &key, turn, taken_address, &port, &taken) && taken && port == 7000);
		key.destination_port = port;
		memcpy(key.destination, taken_address, 16);
		weft_nat_pool_release(plane, &key, OUTSIDE);
		advance(1 + turn % 3);
		while (!weft_nat_pool_take(found, 0, &key, turn, taken_address, &port, &taken) && waited < 60) {
			advance(1);
			waited++;
		}
		CHECK(waited + 1 + turn % 3 >= 5 && waited + 1 + turn % 3 <= 11);
		weft_nat_pool_release(plane, &key, OUTSIDE);
		advance(11);
	}
	weft_host_plane_close(host);
}

static void aPoolThatGrowsKeepsThePortsInUse(void)
{
	struct weft_nat_pool_msg pool = pool_of(7000, 7000, 0);

	start(&pool);
	CHECK(send_udp(100, 53) == 7000 && !send_udp(101, 53));
	pool.port_max = 7001;
	CHECK(SET(NAT_POOL, &pool) == 0);
	CHECK(read_pool().ports_used == 1 && read_pool().blocks == 1);
	CHECK(send_udp(100, 53) == 7000 && send_udp(101, 53) == 7001 && !send_udp(102, 53));
	CHECK(DELETE(NAT_POOL, &pool) == EBUSY && strstr(error_text, "1 next hops"));
	weft_host_plane_close(host);
}

static void aSourceKeepsItsAddressWhileThatHasPorts(void)
{
	struct weft_nat_pool_msg pool = pool_of(7000, 7127, 0);
	struct weft_connection_key key = {.family = 4, .protocol = 6, .source = {10, 0, 0, 1}};
	uint8_t first[16], next[16];
	uint32_t others = 0, different = 0;
	uint16_t port;
	bool taken;

	pool.address_count = 8;
	start(&pool);
	CHECK(weft_nat_pool_take(weft_nat_pool_get(plane, 1), 0, &key, 0, first, &port, &taken));
	for (uint32_t i = 1; i < 128; i++) {
		CHECK(
		    weft_nat_pool_take(weft_nat_pool_get(plane, 1), i % 2, &key, (uint32_t)test_random(), next, &port, &taken));
		CHECK(!memcmp(first, next, 16));
	}
	for (uint32_t i = 0; i < 7 * 128; i++) {
		CHECK(weft_nat_pool_take(weft_nat_pool_get(plane, 1), 1, &key, (uint32_t)test_random(), next, &port, &taken));
		others += memcmp(first, next, 16) != 0;
	}
	CHECK(others == 7 * 128 && !weft_nat_pool_take(weft_nat_pool_get(plane, 1), 0, &key, 5, next, &port, &taken));
	CHECK(read_pool().ports_used == 8 * 128);
	key.protocol = 17;
	for (uint8_t i = 0; i < 100; i++) {
		key.source[3] = i;
		CHECK(weft_nat_pool_take(weft_nat_pool_get(plane, 1), 0, &key, 0, next, &port, &taken));
		different += memcmp(first, next, 16) != 0;
	}
	CHECK(different > 50);
	weft_host_plane_close(host);
}

static void thePoolIsRefusedForEachFieldThatIsWrong(void)
{
	struct weft_nat_pool_msg pool = pool_of(7000, 7999, 1000), m;
	struct weft_nexthop_msg nexthop = {.nexthop_id = 9, .type = WEFT_NEXTHOP_VRF, .vrf_id = OUTSIDE, .nat_pool_id = 7};
	struct weft_vrf_msg vrf = {.vrf_id = OUTSIDE};

	start(&pool);
#define REFUSED(change, code, text) \
	do { \
		m = pool; \
		change; \
		CHECK(SET(NAT_POOL, &m) == (code) && strstr(error_text, text)); \
	} while (0)
	REFUSED(m.nat_pool_id = 0, EINVAL, "nat_pool_id 0: want 1 to 4095");
	REFUSED(m.nat_pool_id = WEFT_NAT_POOL_LIMIT, EINVAL, "nat_pool_id 4096");
	REFUSED(m.zero0[1] = 1, EINVAL, "zero0");
	REFUSED(m.family = 5, EINVAL, "family 5");
	REFUSED(m.port_min = 0, EINVAL, "port_min 0");
	REFUSED(m.port_max = 6999, EINVAL, "port_max 6999");
	REFUSED(m.address_count = 65, EINVAL, "address_count 65: want 1 to 64");
	REFUSED(m.address_count = 0, EINVAL, "address_count 0");
	REFUSED(m.quarantine_ms = 3600001, EINVAL, "quarantine_ms 3600001");
	REFUSED(m.first_address[4] = 1, EINVAL, "first_address");
	REFUSED(memset(m.first_address, 0xff, 4); m.address_count = 2, EINVAL, "goes beyond");
	REFUSED(m.vrf_id = 77, ENOENT, "vrf_id 77: no such VRF");
	REFUSED(m.vrf_id = INSIDE, EBUSY, "1 next hops");
	REFUSED(m.nat_pool_id = 2; m.first_address[3] = 98; m.address_count = 3, EEXIST, "pool 1 of VRF 3 has address 2");
#undef REFUSED
	CHECK(set_nexthop(&nexthop) == ENOENT && strstr(error_text, "nat_pool_id 7"));
	nexthop.nat_pool_id = 1;
	nexthop.vrf_id = INSIDE;
	CHECK(set_nexthop(&nexthop) == EINVAL && strstr(error_text, "the pool is of VRF 3"));
	nexthop.type = WEFT_NEXTHOP_RECEIVE;
	CHECK(set_nexthop(&nexthop) == EINVAL && strstr(error_text, "only a VRF next hop"));
	CHECK(DELETE(VRF, &vrf) == EBUSY);
	/* the same address in another VRF is another address */
	m = pool;
	m.nat_pool_id = 2;
	m.vrf_id = INSIDE;
	CHECK(SET(NAT_POOL, &m) == 0 && dump(WEFT_OBJECT_NAT_POOL, 0) == 2 && DELETE(NAT_POOL, &m) == 0);
	CHECK(DELETE(NAT_POOL, &m) == ENOENT && read_pool().references == 1);
	weft_host_plane_close(host);
}

/* The server is behind a port here, so that the two pools' connections have the very same keys. */
static void thePortGoesBackToItsPoolWhenTheRouteMovesToAnotherVrfs(void)
{
	struct weft_nat_pool_msg pool = pool_of(7000, 7000, 0), other = pool_of(7000, 7000, 0);
	struct weft_nexthop_msg out = {.nexthop_id = 4, .type = WEFT_NEXTHOP_VRF, .vrf_id = BESIDE, .nat_pool_id = 2};
	struct weft_vrf_msg beside = {.vrf_id = BESIDE, .name = "beside"};

	start(&pool);
	other.nat_pool_id = 2;
	other.vrf_id = BESIDE;
	CHECK(SET(VRF, &beside) == 0 && SET(NAT_POOL, &other) == 0 && set_nexthop(&out) == 0);
	set_route(BESIDE, server, 32, 2);
	for (uint32_t turn = 0; turn < 3; turn++) {
		CHECK(send_udp(100, 53) == 7000);
		CHECK(read_pool_of(1).ports_used == 1 && read_pool_of(2).ports_used == 0);
		set_route(INSIDE, pod, 0, 4);
		CHECK(send_udp(100, 53) == 7000);
		CHECK(read_pool_of(1).ports_used == 0 && read_pool_of(2).ports_used == 1);
		set_route(INSIDE, pod, 0, 3);
	}
	weft_host_plane_close(host);
}

/* A connection that no packet made, with the answers' key that the pod's would have when its server is in VRF INSIDE. */
static void insert_stranger(void)
{
	struct weft_connection forward = {.vif_id = SERVER, .vrf_id = INSIDE, .flags = WEFT_CONNECTION_INITIATOR},
			       reverse = {0};
	enum weft_drop refused;

	forward.key = (struct weft_connection_key){.family = 4, .protocol = 17, .zone = 9, .source_port = 9};
	reverse.key = (struct weft_connection_key){
	    .family = 4, .protocol = 17, .zone = INSIDE, .source_port = 53, .destination_port = 7000};
	memcpy(reverse.key.source, server, 16);
	memcpy(reverse.key.destination, address, 16);
	CHECK(weft_connection_insert(plane, 0, &forward, &reverse, &refused));
}

void __real_weft_connection_remove(struct weft_plane *of, struct weft_connection *connection);
void __wrap_weft_connection_remove(struct weft_plane *of, struct weft_connection *connection);

/* As if another worker were always faster than what follows a removal. */
void __wrap_weft_connection_remove(struct weft_plane *of, struct weft_connection *connection)
{
	__real_weft_connection_remove(of, connection);
	if (stranger_waits)
		insert_stranger();
}

static void aPortThatIsKeptForAPairWithoutAPlaceIsGivenBack(void)
{
	struct weft_nat_pool_msg pool = pool_of(7000, 7000, 0);

	start(&pool);
	CHECK(send_udp(100, 53) == 7000 && read_pool().ports_used == 1);
	set_vif(SERVER, INSIDE); /* another zone: another pair in the place of this one */
	stranger_waits = true;
	CHECK(!send_udp(100, 53) && drops_of(POD, WEFT_DROP_CONNECTION_LIMIT) == 1);
	stranger_waits = false;
	CHECK(read_pool().ports_used == 0);
	CHECK(send_udp(100, 54) == 7000 && read_pool().ports_used == 1);
	weft_host_plane_close(host);
}

/* ---- floating IPs ---- */

static int set_floating(const struct weft_floating_ip_msg *m, const struct weft_port_mapping *mappings)
{
	uint8_t body[sizeof(*m) + 4 * sizeof(*mappings)];

	memcpy(body, m, sizeof(*m));
	memcpy(body + sizeof(*m), mappings, m->mapping_count * sizeof(*mappings));
	return send_message(WEFT_OBJECT_FLOATING_IP, WEFT_OPERATION_SET, 1, body,
			    (uint32_t)(sizeof(*m) + m->mapping_count * sizeof(*mappings)));
}

static void theFloatingIpIsRefusedForEachFieldThatIsWrong(void)
{
	struct weft_nat_pool_msg pool = pool_of(7000, 7999, 1000);
	struct weft_floating_ip_msg good = floating_of(1), m;
	struct weft_port_mapping maps[2] = {{6, 0, 80, 8080, 10}, {6, 0, 90, 9090, 1}}, bad[2];
	struct weft_vif_msg vif = {.vif_id = POD};
	uint64_t bytes;

	start(&pool);
	bytes = weft_host_allocated_bytes();
#define REFUSED(change, code, text) \
	do { \
		m = good; \
		memcpy(bad, maps, sizeof(maps)); \
		change; \
		CHECK(set_floating(&m, bad) == (code) && strstr(error_text, text)); \
	} while (0)
	REFUSED(m.floating_ip_id = 0, EINVAL, "floating_ip_id 0: want 1 to 65535");
	REFUSED(m.zero1 = 1, EINVAL, "zero1");
	REFUSED(m.family = 7, EINVAL, "family 7");
	REFUSED(m.flags = 0, EINVAL, "flags 0");
	REFUSED(m.flags = 4, EINVAL, "flags 4");
	REFUSED(memset(m.floating_address, 0, 16), EINVAL, "floating_address");
	REFUSED(m.fixed_address[15] = 1, EINVAL, "fixed_address");
	REFUSED(m.vrf_id = 9, ENOENT, "vrf_id 9");
	REFUSED(m.vif_id = 9, ENOENT, "vif_id 9");
	REFUSED(m.mapping_count = 2; bad[1].port = 89, EINVAL, "mappings[1] port 89: mappings[0]");
	REFUSED(m.mapping_count = 2; bad[1].fixed_port = 8085, EINVAL, "mappings[1] fixed_port 8085");
	REFUSED(m.mapping_count = 1; bad[0].count = 0, EINVAL, "mappings[0] count 0");
	REFUSED(m.mapping_count = 1; bad[0].fixed_port = 65530, EINVAL, "no port above 65535");
	REFUSED(m.mapping_count = 1; bad[0].protocol = 1, EINVAL, "mappings[0] protocol 1");
	REFUSED(m.mapping_count = 1; bad[0].zero0 = 1, EINVAL, "mappings[0] zero0");
	CHECK(weft_host_allocated_bytes() == bytes);
	good.mapping_count = 2;
	CHECK(set_floating(&good, maps) == 0);
	REFUSED(m.floating_ip_id = 2; m.mapping_count = 1; bad[0].port = 85, EEXIST, "floating IP 1 of vif 1 has it");
	REFUSED(m.floating_ip_id = 2; m.mapping_count = 0, EEXIST, "floating IP 1");
#undef REFUSED
	CHECK(DELETE(VIF, &vif) == EBUSY && strstr(error_text, "1 floating IPs"));
	CHECK(DELETE(FLOATING_IP, &(struct weft_floating_ip_msg){.floating_ip_id = 1}) == 0 &&
	      dump(WEFT_OBJECT_FLOATING_IP, 0) == 0);
	CHECK(DELETE(FLOATING_IP, &(struct weft_floating_ip_msg){.floating_ip_id = 1}) == ENOENT);
	weft_host_plane_close(host);
}

static void aPortHasSoManyFloatingIpsAndNoMore(void)
{
	struct weft_nat_pool_msg pool = pool_of(7000, 7999, 1000);
	struct weft_floating_ip_msg m;
	struct weft_vif_msg vif = {.vif_id = POD};
	uint64_t bytes;

	start(&pool);
	bytes = weft_host_allocated_bytes();
	for (uint32_t id = WEFT_VIF_FLOATING_IPS_MAX; id > 0; id--) {
		m = floating_of(id);
		CHECK(SET(FLOATING_IP, &m) == 0);
	}
	for (uint32_t i = 1; i < WEFT_VIF_FLOATING_IPS_MAX; i++) {
		const struct weft_floating_ips *list = weft_vif_get(plane, POD)->floating;

		CHECK(list->count == WEFT_VIF_FLOATING_IPS_MAX &&
		      list->items[i - 1]->floating_ip_id < list->items[i]->floating_ip_id);
	}
	m = floating_of(WEFT_VIF_FLOATING_IPS_MAX + 1);
	CHECK(SET(FLOATING_IP, &m) == ENOSPC && strstr(error_text, "it has 64"));
	m = floating_of(7); /* moves to the other port, and back */
	m.vif_id = SERVER;
	CHECK(SET(FLOATING_IP, &m) == 0 && weft_vif_get(plane, SERVER)->floating->count == 1);
	CHECK(weft_vif_get(plane, POD)->floating->count == WEFT_VIF_FLOATING_IPS_MAX - 1);
	CHECK(dump(WEFT_OBJECT_FLOATING_IP, 0) == WEFT_VIF_FLOATING_IPS_MAX);
	CHECK(send_message(WEFT_OBJECT_FLOATING_IP, WEFT_OPERATION_SWEEP, 2, NULL, 0) == 0 &&
	      dump(WEFT_OBJECT_FLOATING_IP, 0) == 0);
	CHECK(!weft_vif_get(plane, POD)->floating && !weft_vif_get(plane, SERVER)->floating);
	CHECK(DELETE(VIF, &vif) == 0);
	advance(2);
	CHECK(weft_host_allocated_bytes() < bytes);
	weft_host_plane_close(host);
}

/* ---- the next process ---- */

static void aPlaneThatTakesOverKnowsThePortsInUse(void)
{
	struct weft_nat_pool_msg pool = pool_of(7000, 7001, 0);
	void *shared = aligned_alloc(4096, (weft_plane_shared_bytes(1024) + 4095) & ~(size_t)4095);
	uint16_t port;

	memset(shared, 0, weft_plane_shared_bytes(1024));
	now_ns = SECOND;
	open_plane(shared);
	set_tables(&pool);
	port = send_udp(100, 53);
	CHECK(port != 0);
	weft_host_plane_close(host);
	open_plane(shared);
	CHECK(weft_plane_adopted(plane));
	weft_plane_restore_begin(plane);
	set_tables(&pool);
	weft_plane_restore_end(plane);
	CHECK(read_pool().ports_used == 1 && read_pool().blocks == 1);
	CHECK(send_udp(100, 53) == port);
	CHECK(send_udp(101, 53) == (port == 7000 ? 7001 : 7000) && !send_udp(102, 53));
	weft_host_plane_close(host);
	free(shared);
}

/* ---- races ---- */

static uint8_t owners[RACE_PORTS];
static uint32_t clashes, refusals;

struct racer {
	uint32_t worker;
	uint64_t state;
};

static void give_back(const struct weft_connection_key *held)
{
	__atomic_store_n(&owners[held->destination_port - 7000], 0, __ATOMIC_RELEASE);
	weft_nat_pool_release(plane, held, OUTSIDE);
}

/* Takes and gives back; whoever holds a port is written at it. */
static void *race(void *argument)
{
	struct racer *racer = argument;
	struct weft_nat_pool *pool = weft_nat_pool_get(plane, 1);
	struct weft_connection_key mine[RACE_PORTS], key = {.family = 4, .protocol = 17, .source = {10, 0, 0, 1}};
	uint32_t held = 0;

	for (uint32_t i = 0; i < RACE_TAKES; i++) {
		uint8_t taken_address[16];
		uint16_t port;
		bool taken;

		racer->state = racer->state * 6364136223846793005u + 1442695040888963407u;
		if (held && (racer->state >> 62 || held == RACE_PORTS)) {
			uint32_t at = (uint32_t)(racer->state >> 32) % held;
			struct weft_connection_key gone = mine[at];

			mine[at] = mine[--held];
			give_back(&gone);
		}
		if (!weft_nat_pool_take(pool, racer->worker, &key, (uint32_t)(racer->state >> 40), taken_address, &port,
					&taken)) {
			__atomic_add_fetch(&refusals, 1, __ATOMIC_RELAXED);
			continue;
		}
		if (__atomic_exchange_n(&owners[port - 7000], 1, __ATOMIC_ACQ_REL))
			__atomic_add_fetch(&clashes, 1, __ATOMIC_RELAXED);
		mine[held] = key;
		memcpy(mine[held].destination, taken_address, 16);
		mine[held++].destination_port = port;
	}
	while (held--)
		give_back(&mine[held]);
	return NULL;
}

static void twoWorkersNeverHoldOnePort(void)
{
	struct weft_nat_pool_msg pool = pool_of(7000, 7000 + RACE_PORTS - 1, 0);
	struct racer racers[2] = {{0, test_random()}, {1, test_random()}};
	pthread_t threads[2];

	start(&pool);
	for (uint32_t i = 0; i < 2; i++)
		CHECK(pthread_create(&threads[i], NULL, race, &racers[i]) == 0);
	for (uint32_t i = 0; i < 50; i++)
		advance(1); /* phases turn, summaries are read, while they race */
	for (uint32_t i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	printf("# %u clashes, %u refusals\n", clashes, refusals);
	CHECK(clashes == 0 && refusals > 0);
	CHECK(read_pool().ports_used == 0 && read_pool().exhausted == refusals);
	weft_host_plane_close(host);
}

int main(void)
{
	test_seed();
	RUN(portsRunOutAndComeBackAfterTheirQuarantine);
	RUN(aFreedPortIsNotGivenOutForTheQuarantine);
	RUN(aPoolThatGrowsKeepsThePortsInUse);
	RUN(aSourceKeepsItsAddressWhileThatHasPorts);
	RUN(thePortGoesBackToItsPoolWhenTheRouteMovesToAnotherVrfs);
	RUN(aPortThatIsKeptForAPairWithoutAPlaceIsGivenBack);
	RUN(thePoolIsRefusedForEachFieldThatIsWrong);
	RUN(theFloatingIpIsRefusedForEachFieldThatIsWrong);
	RUN(aPortHasSoManyFloatingIpsAndNoMore);
	RUN(aPlaneThatTakesOverKnowsThePortsInUse);
	RUN(twoWorkersNeverHoldOnePort);
	return test_end();
}
