/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Ageing against a slow twin; limits, eviction and what they leave alone; a table that is full. */
#include <pthread.h>

#include "plane.h"
#include "test.h"
#include "messages.h"

#define MS 1000000ull
#define SECOND (1000 * MS)
#define FABRIC 0xffffffffu
#define ESTABLISHED 3 /* SYN and ACK were sent */
#define RESET 8

static struct weft_plane *plane;
static uint64_t now_ns;

static void advance(uint64_t ns)
{
	now_ns += ns;
	CHECK(weft_host_plane_advance(host, now_ns) == 0);
}

static void set_port(uint32_t vif_id, uint32_t connections_max)
{
	struct weft_vif_msg vif = {.vif_id = vif_id,
				   .vrf_id = 1 + vif_id % 2,
				   .type = WEFT_VIF_VIRTUAL,
				   .mtu = 1500,
				   .label = WEFT_LABEL_NONE,
				   .mac = {2, 0, 0, 0, 0, 1},
				   .connections_max = connections_max};

	CHECK(SET(VIF, &vif) == 0);
}

static void set_vrf(uint32_t vrf_id, uint32_t connections_max)
{
	struct weft_vrf_msg vrf = {.vrf_id = vrf_id, .connections_max = connections_max};

	CHECK(SET(VRF, &vrf) == 0);
}

static void open_plane(uint32_t pairs, void *shared)
{
	struct weft_host_plane_options options = {.connections_max = pairs, .now_ns = 5 * SECOND, .shared = shared};

	now_ns = options.now_ns;
	host = weft_host_plane_open_with(&options);
	CHECK(host);
	plane = weft_host_plane_core(host);
	set_vrf(1, 0);
	set_vrf(2, 0);
	for (uint32_t vif_id = 1; vif_id <= 8; vif_id++)
		set_port(vif_id, 0);
}

static void close_plane(void)
{
	weft_host_plane_close(host);
	host = NULL;
}

static struct weft_connection direction(uint32_t number, uint8_t protocol, uint16_t port, bool reverse)
{
	struct weft_connection c = {0};

	c.key.zone = 1;
	c.key.family = 4;
	c.key.protocol = protocol;
	c.key.source_port = reverse ? port : 7;
	c.key.destination_port = reverse ? 7 : port;
	memcpy(reverse ? c.key.destination : c.key.source, &number, 4);
	c.vif_id = FABRIC;
	c.flags = reverse ? 0 : WEFT_CONNECTION_INITIATOR;
	c.vrf_id = 1;
	c.label = number;
	c.seen = weft_ticks(now_ns);
	return c;
}

/* Opened by port `vif_id` to whatever is behind the fabric. NULL: refused. */
static struct weft_connection *insert(uint32_t number, uint8_t protocol, uint16_t port, uint32_t vif_id,
				      enum weft_drop *refused)
{
	struct weft_connection forward = direction(number, protocol, port, false),
			       reverse = direction(number, protocol, port, true);

	forward.vif_id = vif_id;
	forward.vrf_id = vif_id == FABRIC ? 1 : 1 + vif_id % 2;
	forward.packets = 1;
	return weft_connection_insert(plane, 0, &forward, &reverse, refused);
}

static struct weft_connection *find(uint32_t number, uint8_t protocol, uint16_t port, bool reverse)
{
	struct weft_connection c = direction(number, protocol, port, reverse);

	return weft_connection_find(plane, &c.key, weft_connection_hash(plane, &c.key));
}

/* ---- ageing ---- */

#define KEYS 2000u

/* The twin: a plain array, a plain list of rows. */
struct twin {
	bool present;
	uint8_t protocol, states[2];
	uint16_t port;
	uint32_t packets[2], seen[2];
};
static struct twin twins[KEYS];
static struct {
	struct weft_ageing_msg message;
	struct weft_ageing_row rows[64];
} ageing;

static const uint8_t protocols[] = {1, 6, 17, 50, 58, 132};
static const uint16_t ports[] = {0, 53, 80, 443};

static int set_ageing(uint32_t rows)
{
	ageing.message.row_count = rows;
	return send_message(WEFT_OBJECT_AGEING, WEFT_OPERATION_SET, 1, &ageing,
			    (uint32_t)(sizeof(ageing.message) + rows * sizeof(ageing.rows[0])));
}

static void random_ageing(void)
{
	uint32_t count = 0;

	for (uint32_t p = 0; p <= sizeof(protocols); p++) {
		uint16_t protocol = p < sizeof(protocols) ? protocols[p] : WEFT_AGEING_ANY_PROTOCOL;

		for (uint32_t i = 0; i < WEFT_ARRAY_COUNT(ports); i++) {
			bool has_ports = protocol == 6 || protocol == 17 || protocol == 132, tcp = protocol == 6;

			if (test_random() % 3 == 0 || (ports[i] && !has_ports))
				continue;
			ageing.rows[count++] =
			    (struct weft_ageing_row){.protocol = protocol,
						     .port = ports[i],
						     .idle_seconds = 1 + (uint32_t)(test_random() % 300),
						     .opening_seconds = 1 + (uint32_t)(test_random() % 60),
						     .half_closed_seconds = tcp ? 1 + (uint32_t)(test_random() % 100) : 0,
						     .closed_seconds = tcp ? 1 + (uint32_t)(test_random() % 10) : 0};
		}
	}
	CHECK(set_ageing(count) == 0);
}

static uint32_t slow_limit(const struct twin *twin)
{
	static const struct weft_ageing_row tcp = {6, 0, 3600, 30, 3600, 5, 0}, udp = {17, 0, 180, 60, 0, 0, 0},
					    icmp = {1, 0, 30, 30, 0, 0, 0}, other = {0xffff, 0, 180, 180, 0, 0, 0};
	const struct weft_ageing_row *found = twin->protocol == 6			    ? &tcp
					      : twin->protocol == 17			    ? &udp
					      : twin->protocol == 1 || twin->protocol == 58 ? &icmp
											    : &other;
	uint32_t best = 0;
	uint8_t one = twin->states[0], two = twin->states[1];

	for (uint32_t i = 0; i < ageing.message.row_count; i++) {
		const struct weft_ageing_row *row = &ageing.rows[i];
		uint32_t rank =
		    row->protocol == 0xffff && twin->protocol != 6  ? 1
		    : row->protocol == twin->protocol && !row->port ? 2
		    : row->protocol == twin->protocol && row->port == twin->port && twin->protocol != 1 && twin->protocol != 58
			? 3
			: 0;

		if (rank > best) {
			best = rank;
			found = row;
		}
	}
	if (twin->protocol != 6)
		return twin->packets[0] && twin->packets[1] ? found->idle_seconds : found->opening_seconds;
	if ((one | two) & 8 || (one & two & 4))
		return found->closed_seconds;
	if (!(one & 2) || !(two & 2))
		return found->opening_seconds;
	return (one | two) & 4 ? found->half_closed_seconds : found->idle_seconds;
}

static void touch(uint32_t number)
{
	struct twin *twin = &twins[number];
	uint32_t side = (uint32_t)(test_random() % 2);
	struct weft_connection *c = find(number, twin->protocol, twin->port, side);

	if (!c)
		return;
	c->packets = twin->packets[side] = twin->packets[side] + 1;
	c->seen = twin->seen[side] = weft_ticks(now_ns);
	if (twin->protocol == 6)
		c->tcp_state = twin->states[side] =
		    twin->states[side] | (uint8_t)(1u << test_random() % (test_random() % 4 ? 2 : 4));
}

/* So many ticks at one moment that the whole table has been looked at; what is too old then is gone, and nothing else. */
static void look_at_all(void)
{
	uint32_t live = 0;

	for (uint32_t i = 0; i < 2 * KEYS; i++)
		advance(0);
	for (uint32_t number = 0; number < KEYS; number++) {
		struct twin *twin = &twins[number];
		uint32_t seen = twin->seen[0] > twin->seen[1] ? twin->seen[0] : twin->seen[1];

		if (twin->present && weft_ticks_ns(weft_ticks(now_ns) - seen) > slow_limit(twin) * SECOND)
			twin->present = false;
		for (uint32_t side = 0; side < 2; side++)
			CHECK((find(number, twin->protocol, twin->port, side) != NULL) == twin->present);
		live += twin->present;
	}
	CHECK(weft_connections_live(plane) == live);
}

static void randomConnectionsAgeAsTheTwinSays(void)
{
	enum weft_drop refused;

	open_plane(4096, NULL);
	memset(twins, 0, sizeof(twins));
	ageing.message.row_count = 0;
	for (uint32_t i = 0; i < 60000 && !test_failed; i++) {
		uint32_t number = (uint32_t)(test_random() % KEYS);
		struct twin *twin = &twins[number];

		if (!twin->present) {
			*twin = (struct twin){.present = true,
					      .protocol = protocols[test_random() % sizeof(protocols)],
					      .port = ports[test_random() % WEFT_ARRAY_COUNT(ports)],
					      .packets = {1, 0},
					      .seen = {weft_ticks(now_ns), weft_ticks(now_ns)}};
			CHECK(insert(number, twin->protocol, twin->port, FABRIC, &refused) && !refused);
		} else if (test_random() % 8 == 0) {
			weft_connection_remove(plane, find(number, twin->protocol, twin->port, test_random() % 2));
			twin->present = false;
		} else {
			touch(number);
		}
		if (i % 1000 == 999) {
			advance(test_random() % (40 * SECOND));
			look_at_all();
		}
		if (i % 5000 == 4999)
			random_ageing();
	}
	close_plane();
}

static void aRefusedAgeingTableChangesNothing(void)
{
	const struct weft_ageing_row good = {6, 80, 10, 10, 10, 10, 0};
	const struct {
		struct weft_ageing_row row;
		const char *names;
	} bad[] = {
	    {{256, 0, 1, 1, 0, 0, 0}, "rows[1].protocol 256"},	   {{50, 1, 1, 1, 0, 0, 0}, "rows[1].port 1"},
	    {{6, 80, 1, 1, 1, 1, 0}, "not above the row before"},  {{6, 79, 1, 1, 1, 1, 0}, "not above the row before"},
	    {{17, 0, 0, 1, 0, 0, 0}, "rows[1].idle_seconds 0"},	   {{17, 0, 604801, 1, 0, 0, 0}, "rows[1].idle_seconds 604801"},
	    {{17, 0, 1, 0, 0, 0, 0}, "rows[1].opening_seconds 0"}, {{17, 0, 1, 1, 1, 0, 0}, "rows[1].half_closed_seconds 1"},
	    {{17, 0, 1, 1, 0, 1, 0}, "rows[1].closed_seconds 1"},  {{7, 0, 1, 1, 0, 0, 9}, "rows[1].zero0"},
	    {{6, 81, 1, 1, 1, 0, 0}, "rows[1].closed_seconds 0"}};

	open_plane(1024, NULL);
	ageing.rows[0] = good;
	CHECK(set_ageing(1) == 0);
	for (uint32_t i = 0; i < WEFT_ARRAY_COUNT(bad); i++) {
		ageing.rows[1] = bad[i].row;
		CHECK(set_ageing(2) == EINVAL);
		CHECK(strstr(error_text, bad[i].names));
		CHECK(weft_ageing_find(plane, 6, 80)->idle_seconds == 10 &&
		      weft_ageing_find(plane, 17, 0)->idle_seconds == 180);
	}
	close_plane();
}

/* Ticks of 100 ms: no tick looks at more than its share, and within ten seconds of its time every pair is gone. */
static void aSliceIsBoundedAndARoundTakesTenSeconds(void)
{
	const uint32_t pairs = 65536;
	enum weft_drop refused;
	uint32_t most = 0;

	open_plane(pairs, NULL);
	for (uint32_t number = 0; number < pairs - 2000; number++) {
		CHECK(insert(number, 17, 53, FABRIC, &refused));
		if (number % 64 == 0)
			advance(0); /* the index grows with what is in it */
	}
	for (uint32_t tick = 0; tick < 602; tick++)
		advance(100 * MS);
	for (uint32_t tick = 0; tick < 102; tick++) {
		uint32_t before = weft_connections_live(plane);

		advance(100 * MS);
		most = before - weft_connections_live(plane) > most ? before - weft_connections_live(plane) : most;
	}
	CHECK(weft_connections_live(plane) == 0);
	CHECK(most <= pairs / 100 + 1);
	advance(50 * SECOND); /* a late tick does no more than its share */
	close_plane();
}

/* ---- pressure ---- */

#define TABLE 4096u
#define FLOODER 1u

static struct {
	uint32_t number, vif_id;
	bool established;
} held[TABLE];
static uint32_t held_count;

static bool is_held(uint32_t i)
{
	return find(held[i].number, 6, 80, false) && find(held[i].number, 6, 80, true);
}

/* What a port other than the flooder does: opens, and closes again what it opened. */
static void behave(uint32_t *number)
{
	enum weft_drop refused;
	uint32_t at;

	if (held_count < 1500 && test_random() % 3) {
		struct weft_connection *c = insert(++*number, 6, 80, 2 + (uint32_t)(test_random() % 7), &refused);

		CHECK(c); /* there is always room for it */
		if (!c)
			return;
		c->tcp_state = ESTABLISHED;
		weft_connection_reverse(plane, c)->tcp_state = ESTABLISHED;
		held[held_count].number = *number;
		held_count++;
	} else if (held_count) {
		struct weft_connection *c;

		at = (uint32_t)(test_random() % held_count);
		CHECK(is_held(at));
		c = find(held[at].number, 6, 80, false);
		if (test_random() % 2) {
			c->tcp_state |= RESET;
			weft_connection_closed(plane, c);
		} else {
			weft_connection_remove(plane, c);
		}
		held[at] = held[--held_count];
	}
}

static void aFloodOfOnePortTakesNothingFromOthers(void)
{
	uint32_t number = 0, flood = 1u << 24, refusals = 0;
	enum weft_drop refused;

	open_plane(TABLE, NULL);
	held_count = 0;
	for (uint32_t i = 0; i < 60000 && !test_failed; i++) {
		for (uint32_t burst = (uint32_t)(test_random() % 16); burst; burst--)
			refusals += !insert(++flood, 6, 80, FLOODER, &refused);
		behave(&number);
		if (i % 8 == 0)
			advance(test_random() % (4 * MS));
		if (i % 500 == 0) {
			for (uint32_t k = 0; k < held_count; k++)
				CHECK(is_held(k));
		}
	}
	CHECK(refusals > 1000); /* the flood did fill the table */
	CHECK(weft_connections_evicted(plane, WEFT_ONE_WAY) > 1000 && weft_connections_evicted(plane, WEFT_CLOSED) > 100);
	CHECK(weft_connections_live(plane) <= TABLE);
	close_plane();
}

static void aPortAtItsLimitReplacesWhatMayGo(void)
{
	enum weft_drop refused;
	uint32_t opened = 0;

	open_plane(TABLE, NULL);
	set_port(FLOODER, 100);
	for (uint32_t number = 0; number < 1000; number++)
		CHECK(insert(1000000 + number, 6, 80, 2, &refused));
	for (uint32_t number = 0; number < 100; number++) {
		struct weft_connection *c = insert(number, 6, 80, FLOODER, &refused);

		CHECK(c);
		c->tcp_state = weft_connection_reverse(plane, c)->tcp_state = ESTABLISHED;
	}
	CHECK(!insert(100, 6, 80, FLOODER, &refused) && refused == WEFT_DROP_VIF_CONNECTION_LIMIT);
	for (uint32_t number = 0; number < 50; number++) /* found without being among the last ones */
		find(number, 6, 80, false)->tcp_state |= RESET;
	for (uint32_t number = 200; number < 1200;
	     number++) /* each looks at some accounts only, going on where the last ended */
		opened += insert(number, 6, 80, FLOODER, &refused) != NULL;
	CHECK(opened == 50);
	CHECK(weft_connections_opened(plane, FLOODER) == 100 && weft_connections_opened(plane, 2) == 1000);
	for (uint32_t number = 0; number < 1000; number++)
		CHECK(find(1000000 + number, 6, 80, false));
	for (uint32_t number = 50; number < 100; number++)
		CHECK(find(number, 6, 80, false));
	close_plane();
}

static void aVrfCountsWhatIsOpenedFromIt(void)
{
	enum weft_drop refused;
	struct weft_connection *c;

	open_plane(TABLE, NULL);
	set_vrf(1, 3);
	CHECK(insert(1, 17, 53, 2, &refused) && insert(2, 17, 53, FABRIC, &refused) && insert(3, 17, 53, 4, &refused));
	CHECK(!insert(4, 17, 53, FABRIC, &refused) && refused == WEFT_DROP_VRF_CONNECTION_LIMIT);
	CHECK(insert(5, 17, 53, 3, &refused)); /* VRF 2 */
	CHECK(weft_connections_opened_from(plane, 1) == 3 && weft_connections_opened_from(plane, 2) == 1);
	now_ns += 2 * SECOND;
	CHECK(weft_host_plane_advance(host, now_ns) == 0);
	CHECK(insert(4, 17, 53, FABRIC, &refused)); /* one without an answer goes */
	CHECK(weft_connections_opened_from(plane, 1) == 3 && weft_connections_evicted(plane, WEFT_ONE_WAY) == 1);
	c = find(5, 17, 53, false);
	c->vrf_id = 1; /* a re-evaluation may say so: what was booked stays */
	weft_connection_remove(plane, c);
	CHECK(weft_connections_opened_from(plane, 1) == 3 && weft_connections_opened_from(plane, 2) == 0);
	close_plane();
}

static void theNextProcessBooksWhatItFinds(void)
{
	void *shared = aligned_alloc(4096, (weft_plane_shared_bytes(1024) + 4095) & ~4095ull);
	enum weft_drop refused;

	memset(shared, 0, weft_plane_shared_bytes(1024));
	open_plane(1024, shared);
	for (uint32_t number = 0; number < 300; number++)
		CHECK(insert(number, 17, 53, number % 3 ? 2 : 3, &refused));
	close_plane();
	open_plane(1024, shared);
	CHECK(weft_plane_adopted(plane) && weft_connections_live(plane) == 300);
	CHECK(weft_plane_midstream_until_ns(plane) == 0); /* it knows what there is: nothing is picked up in its middle */
	CHECK(weft_connections_opened(plane, 2) == 200 && weft_connections_opened(plane, 3) == 100);
	CHECK(weft_connections_opened_from(plane, 1) == 200 && weft_connections_opened_from(plane, 2) == 100);
	for (uint32_t number = 0; number < 300; number++)
		weft_connection_remove(plane, find(number, 17, 53, false));
	CHECK(weft_connections_opened(plane, 2) == 0 && weft_connections_opened_from(plane, 1) == 0);
	close_plane();
	free(shared);
}

/* Opens, closes and removes as one worker of two does; its port's limit makes it evict, often what the other one looks at. */
static void *crowd(void *argument)
{
	uint32_t self = (uint32_t)(uintptr_t)argument;
	uint64_t state = 0x9e3779b97f4a7c15u + self;
	enum weft_drop refused;

	for (uint32_t i = 0; i < 20000; i++) {
		uint32_t number = (uint32_t)((state = state * 6364136223846793005u + 1442695040888963407u) >> 33) % 2000;
		struct weft_connection *c = find(number, 6, 80, false);

		if (!c)
			insert(number, 6, 80, number % 2 ? 2 : 4, &refused);
		else if (state >> 62 == 0)
			weft_connection_remove(plane, c);
		else if (!(__atomic_fetch_or(&c->tcp_state, RESET, __ATOMIC_RELAXED) & RESET))
			weft_connection_closed(plane, c);
	}
	return NULL;
}

static void twoWorkersUnderPressureKeepTheBooks(void)
{
	uint32_t live = 0, of_port[2] = {0};
	pthread_t one, other;

	open_plane(65536, NULL);
	set_port(2, 300);
	set_vrf(1, 500);
	CHECK(pthread_create(&one, NULL, crowd, (void *)1) == 0 && pthread_create(&other, NULL, crowd, (void *)2) == 0);
	pthread_join(one, NULL);
	pthread_join(other, NULL);
	for (uint32_t number = 0; number < 2000; number++) {
		CHECK((find(number, 6, 80, false) != NULL) == (find(number, 6, 80, true) != NULL));
		live += find(number, 6, 80, false) != NULL;
		of_port[number % 2] += find(number, 6, 80, false) != NULL;
	}
	CHECK(live == weft_connections_live(plane) && live == weft_connections_opened_from(plane, 1));
	CHECK(of_port[1] == weft_connections_opened(plane, 2) && of_port[0] == weft_connections_opened(plane, 4));
	CHECK(live <= 500 && of_port[1] <= 300 && weft_connections_evicted(plane, WEFT_CLOSED) > 1000);
	close_plane();
}

/* ---- a full table ---- */

/* Keys that a bad neighbour would choose if he knew the hash: all of a few buckets. */
static void keysOfOneBucketAreRefusedWhenItIsFullAndNothingIsLost(void)
{
	static uint32_t kept[4096];
	uint32_t count = 0, refusals = 0, tried = 0;
	enum weft_drop refused;

	open_plane(1024, NULL);
	for (uint32_t number = 0; tried < 600 && number < 4000000; number++) {
		struct weft_connection c = direction(number, 17, 53, false);

		if (weft_connection_hash(plane, &c.key) % 256 > 1) /* whatever the number of buckets is, they are few */
			continue;
		tried++;
		if (insert(number, 17, 53, FABRIC, &refused)) {
			kept[count++] = number;
		} else {
			CHECK(refused == WEFT_DROP_CONNECTION_LIMIT);
			refusals++;
		}
	}
	CHECK(tried == 600 && count >= 8 && count + refusals == tried);
	for (uint32_t i = 0; i < count; i++)
		CHECK(find(kept[i], 17, 53, false) && find(kept[i], 17, 53, true));
	CHECK(weft_connections_live(plane) == count);
	close_plane();
}

static void memoryIsTouchedWhenItIsUsed(void)
{
	uint64_t before = 0, after = 0, more;
	enum weft_drop refused;
	FILE *file;

	for (uint32_t round = 0; round < 2; round++) {
		file = fopen("/proc/self/statm", "r");
		CHECK(file && fscanf(file, "%" PRIu64 " %" PRIu64, &more, round ? &after : &before) == 2);
		fclose(file);
		if (!round) {
			open_plane(1u << 22, NULL); /* 1 GiB of entries */
			for (uint32_t number = 0; number < 1000; number++)
				CHECK(insert(number, 17, 53, FABRIC, &refused));
		}
	}
#ifndef __SANITIZE_THREAD__ /* which keeps books of its own */
	CHECK((after - before) * 4096 < (48u << 20));
#endif
	close_plane();
}

int main(void)
{
	test_seed();
	RUN(randomConnectionsAgeAsTheTwinSays);
	RUN(aRefusedAgeingTableChangesNothing);
	RUN(aSliceIsBoundedAndARoundTakesTenSeconds);
	RUN(aFloodOfOnePortTakesNothingFromOthers);
	RUN(aPortAtItsLimitReplacesWhatMayGo);
	RUN(aVrfCountsWhatIsOpenedFromIt);
	RUN(theNextProcessBooksWhatItFinds);
	RUN(twoWorkersUnderPressureKeepTheBooks);
	RUN(keysOfOneBucketAreRefusedWhenItIsFullAndNothingIsLost);
	RUN(memoryIsTouchedWhenItIsUsed);
	return test_end();
}
