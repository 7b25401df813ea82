/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* ECMP choice over many connections, what may be set and deleted, and the limit of a port with two workers that race. */
#include <pthread.h>

#include "plane.h"
#include "test.h"
#include "weft_host_plane.h"
#include "worker.h"

#define ECMP 900u
#define CONNECTIONS 20000u
#define PORT 7u
#define PORT_LIMIT 100u

static struct weft_host_plane *host;
static struct weft_plane *plane;
static char error_text[WEFT_ERROR_TEXT_BYTES];
static uint8_t hash_fields;

/* 0 or the errno of the answer. */
static int send_body(uint16_t object, uint16_t operation, const void *body, uint32_t bytes)
{
	static uint64_t request[1024], answer[1024];
	struct weft_frame_header frame = {(uint32_t)(sizeof(frame) + sizeof(struct weft_message_header)) + bytes, 1, 1, 0};
	struct weft_message_header header = {object, operation, (uint32_t)sizeof(header) + bytes, 1, 0};
	struct weft_error_msg error;
	uint8_t *at = (uint8_t *)request;

	memcpy(at, &frame, sizeof(frame));
	memcpy(at + sizeof(frame), &header, sizeof(header));
	memcpy(at + sizeof(frame) + sizeof(header), body, bytes);
	weft_plane_apply(plane, request, frame.bytes, answer, sizeof(answer));
	memcpy(&header, (uint8_t *)answer + sizeof(frame), sizeof(header));
	if (header.object != WEFT_OBJECT_ERROR)
		return 0;
	memcpy(&error, (uint8_t *)answer + sizeof(frame) + sizeof(header), sizeof(error));
	memcpy(error_text, error.text, sizeof(error_text));
	return error.code;
}

static int set_ecmp(const struct weft_nexthop_member *members, uint32_t count)
{
	uint64_t room[(sizeof(struct weft_nexthop_msg) + (WEFT_NEXTHOP_MEMBERS_MAX + 1) * sizeof(*members)) / 8 + 1] = {0};
	struct weft_nexthop_msg *m = (void *)room;

	m->nexthop_id = ECMP;
	m->type = WEFT_NEXTHOP_ECMP;
	m->hash_fields = hash_fields;
	m->member_count = count;
	memcpy(m->members, members, count * sizeof(*members));
	return send_body(WEFT_OBJECT_NEXTHOP, WEFT_OPERATION_SET, m, (uint32_t)(sizeof(*m) + count * sizeof(*members)));
}

static int set_tunnel(uint32_t nexthop_id)
{
	struct weft_nexthop_msg m = {.nexthop_id = nexthop_id, .type = WEFT_NEXTHOP_TUNNEL, .encap = WEFT_ENCAP_MPLSOUDP, .family = 4,
				     .source = {192, 0, 2, 1}, .destination = {198, 51, 100, (uint8_t)nexthop_id}};

	return send_body(WEFT_OBJECT_NEXTHOP, WEFT_OPERATION_SET, &m, sizeof(m));
}

static int delete_nexthop(uint32_t nexthop_id)
{
	struct weft_nexthop_msg m = {.nexthop_id = nexthop_id};

	return send_body(WEFT_OBJECT_NEXTHOP, WEFT_OPERATION_DELETE, &m, sizeof(m));
}

static struct weft_nexthop_member member(uint32_t id, uint32_t weight)
{
	return (struct weft_nexthop_member){.member_id = id * 1000003u, .nexthop_id = id, .label = 100, .weight = weight};
}

static uint32_t choose(uint32_t hash, uint32_t keep)
{
	const struct weft_nexthop_member *chosen =
		weft_ecmp_choose(plane, weft_nexthop_get(plane, ECMP), hash, keep, WEFT_FROM_ANYWHERE);

	return chosen ? chosen->nexthop_id : 0;
}

static void sharesAreAsTheWeightsWithinTenPercent(void)
{
	static const uint32_t weights[][4] = {{1, 1, 0, 0}, {1, 1, 1, 1}, {1, 3, 0, 0}, {1000, 500, 250, 250}, {7, 2, 1, 0}};

	for (uint32_t row = 0; row < WEFT_ARRAY_COUNT(weights); row++) {
		struct weft_nexthop_member members[4];
		uint32_t count = 0, total = 0, taken[5] = {0};

		for (uint32_t i = 0; i < 4 && weights[row][i]; i++) {
			members[count++] = member(i + 1, weights[row][i]);
			total += weights[row][i];
		}
		CHECK(set_ecmp(members, count) == 0);
		for (uint32_t i = 0; i < CONNECTIONS; i++)
			taken[choose((uint32_t)test_random(), 0)]++;
		CHECK(taken[0] == 0);
		for (uint32_t i = 0; i < count; i++) {
			double share = (double)CONNECTIONS * weights[row][i] / total;

			CHECK(taken[i + 1] > share * 0.9 && taken[i + 1] < share * 1.1);
		}
	}
}

/* A field that is not among them changes nothing; one that is spreads. */
static void onlyTheFieldsAskedForDecide(void)
{
	struct weft_nexthop_member members[4] = {member(1, 1), member(2, 1), member(3, 1), member(4, 1)};

	for (hash_fields = 0; hash_fields <= WEFT_HASH_ALL; hash_fields++) {
		struct weft_connection_key base = {.zone = 1, .family = 4, .protocol = 17};
		const struct weft_nexthop *ecmp;

		memcpy(base.source, &(uint64_t){test_random()}, 4);
		memcpy(base.destination, &(uint64_t){test_random()}, 4);
		CHECK(set_ecmp(members, 4) == 0);
		ecmp = weft_nexthop_get(plane, ECMP);
		for (uint32_t field = 1; field < WEFT_HASH_ALL; field <<= 1) {
			uint32_t first = weft_ecmp_hash(plane, ecmp, &base), moved = 0;

			for (uint32_t i = 1; i <= 64; i++) {
				struct weft_connection_key key = base;

				if (field == WEFT_HASH_PROTOCOL)
					key.protocol = (uint8_t)(100 + i);
				else if (field == WEFT_HASH_SOURCE_PORT)
					key.source_port = (uint16_t)(i * 7);
				else if (field == WEFT_HASH_DESTINATION_PORT)
					key.destination_port = (uint16_t)(i * 7);
				else
					(field == WEFT_HASH_SOURCE_ADDRESS ? key.source : key.destination)[3] ^= (uint8_t)i;
				moved += choose(weft_ecmp_hash(plane, ecmp, &key), 0) != choose(first, 0);
			}
			if (!hash_fields || (hash_fields & field))
				CHECK(moved > 20);
			else
				CHECK(moved == 0);
		}
	}
	hash_fields = 0;
}

/* After random changes: a connection whose member is there keeps it, and no other has a member that is not there. */
static void onlyConnectionsOfMembersThatWentMove(void)
{
	static uint32_t hashes[CONNECTIONS], had[CONNECTIONS];
	bool there[13] = {0};

	for (uint32_t i = 0; i < CONNECTIONS; i++)
		hashes[i] = (uint32_t)test_random();
	for (uint32_t round = 0; round < 40; round++) {
		struct weft_nexthop_member members[12];
		bool now[13] = {0};
		uint32_t count = 0;

		for (uint32_t id = 1; id <= 12; id++) {
			now[id] = test_random() % 4 ? there[id] : !there[id];
			if (now[id])
				members[count++] = member(id, 1 + id % 3);
		}
		if (!count)
			continue;
		CHECK(set_ecmp(members, count) == 0);
		for (uint32_t i = 0; i < CONNECTIONS; i++) {
			uint32_t kept = choose(hashes[i], had[i] * 1000003u);

			if (had[i] && now[had[i]])
				CHECK(kept == had[i]);
			CHECK(now[kept]);
			had[i] = kept;
		}
		memcpy(there, now, sizeof(there));
	}
}

/* Rendezvous: taking a member away leaves every other choice as it was. */
static void aRemovalChangesNoOtherChoice(void)
{
	struct weft_nexthop_member all[5] = {member(1, 1), member(2, 2), member(3, 3), member(4, 1), member(5, 1)};

	for (uint32_t gone = 0; gone < 5; gone++) {
		struct weft_nexthop_member rest[4];
		static uint32_t before[2000];

		CHECK(set_ecmp(all, 5) == 0);
		for (uint32_t i = 0; i < 2000; i++)
			before[i] = choose(i * 2654435761u, 0);
		for (uint32_t i = 0, at = 0; i < 5; i++)
			if (i != gone)
				rest[at++] = all[i];
		CHECK(set_ecmp(rest, 4) == 0);
		for (uint32_t i = 0; i < 2000; i++)
			CHECK(before[i] == gone + 1 || choose(i * 2654435761u, 0) == before[i]);
	}
}

static void refusalsNameTheMemberAndChangeNothing(void)
{
	struct weft_nexthop_member good[2] = {member(1, 1), member(2, 1)}, bad[WEFT_NEXTHOP_MEMBERS_MAX + 1];
	uint32_t generation;

	CHECK(set_ecmp(good, 2) == 0);
	generation = weft_nexthop_get(plane, ECMP)->generation;
#define BAD(field, value, code, text)                                                                                              \
	memcpy(bad, good, sizeof(good));                                                                                           \
	bad[1].field = (value);                                                                                                    \
	CHECK(set_ecmp(bad, 2) == (code) && strstr(error_text, text))
	BAD(member_id, 0, EINVAL, "members[1] member_id 0");
	BAD(member_id, good[0].member_id, EINVAL, "members[0] has it too");
	BAD(nexthop_id, 77, ENOENT, "members[1] nexthop_id 77");
	BAD(nexthop_id, ECMP, EINVAL, "the next hop itself");
	BAD(nexthop_id, WEFT_NEXTHOP_DISCARD_ID, EINVAL, "want LOCAL or TUNNEL");
	BAD(weight, 0, EINVAL, "weight 0");
	BAD(weight, 1001, EINVAL, "weight 1001: want 1 to 1000");
	BAD(label, WEFT_LABEL_NONE, EINVAL, "a tunnel needs one");
	BAD(label, WEFT_VNI_LIMIT, EINVAL, "label 16777216");
#undef BAD
	CHECK(set_ecmp(good, 0) == EINVAL && strstr(error_text, "member_count 0"));
	hash_fields = WEFT_HASH_ALL + 1;
	CHECK(set_ecmp(good, 2) == EINVAL && strstr(error_text, "hash_fields 32: want 0 to 31 for ECMP"));
	hash_fields = 0;
	for (uint32_t i = 0; i <= WEFT_NEXTHOP_MEMBERS_MAX; i++)
		bad[i] = (struct weft_nexthop_member){i + 1, 1, 100, 1};
	CHECK(set_ecmp(bad, WEFT_NEXTHOP_MEMBERS_MAX + 1) == EINVAL && strstr(error_text, "member_count 129: at most 128"));
	CHECK(weft_nexthop_get(plane, ECMP)->generation == generation && weft_nexthop_get(plane, ECMP)->member_count == 2);
	CHECK(set_ecmp(bad, WEFT_NEXTHOP_MEMBERS_MAX) == 0);
	CHECK(set_ecmp(good, 2) == 0);
}

static void membersAreHeldAndLetGo(void)
{
	struct weft_nexthop_member both[2] = {member(1, 1), member(2, 1)};
	struct weft_nexthop_msg receive = {.nexthop_id = 1, .type = WEFT_NEXTHOP_RECEIVE};

	CHECK(set_ecmp(both, 2) == 0);
	CHECK(delete_nexthop(1) == EBUSY && strstr(error_text, "1 ECMP next hops"));
	CHECK(send_body(WEFT_OBJECT_NEXTHOP, WEFT_OPERATION_SET, &receive, sizeof(receive)) == EBUSY);
	CHECK(set_ecmp(both + 1, 1) == 0);
	CHECK(delete_nexthop(1) == 0 && set_tunnel(1) == 0);
	CHECK(delete_nexthop(ECMP) == 0);
	CHECK(delete_nexthop(2) == 0 && set_tunnel(2) == 0);
}

static void *open_many(void *argument)
{
	struct weft_connection forward = {0}, reverse = {0};
	uint64_t *result = argument, opened = 0;
	uint32_t first = (uint32_t)*result;

	for (uint32_t i = 0; i < 5000; i++) {
		enum weft_drop refused = WEFT_DROP_NONE;
		struct weft_connection *made;

		forward.vif_id = PORT;
		forward.key.family = reverse.key.family = 4;
		forward.key.zone = first + i;
		reverse.key.zone = 0x40000000u + first + i;
		made = weft_connection_insert(plane, 0, &forward, &reverse, &refused);
		opened += made != NULL;
		if (made && i % 3 == 0) {
			weft_connection_remove(plane, made);
			opened--;
		}
	}
	*result = opened;
	return NULL;
}

static void aPortsLimitHoldsWithTwoWorkers(void)
{
	struct weft_vif_msg vif = {.vif_id = PORT, .type = WEFT_VIF_VIRTUAL, .mtu = 1500, .label = WEFT_LABEL_NONE, .mac = {2, 0, 0, 0, 0, 1},
				   .connections_max = PORT_LIMIT};
	uint64_t results[2] = {0, 1000000};
	pthread_t threads[2];

	CHECK(send_body(WEFT_OBJECT_VIF, WEFT_OPERATION_SET, &vif, sizeof(vif)) == 0);
	for (uint32_t i = 0; i < 2; i++)
		CHECK(pthread_create(&threads[i], NULL, open_many, &results[i]) == 0);
	for (uint32_t i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	CHECK(results[0] + results[1] == PORT_LIMIT && weft_connections_opened(plane, PORT) == PORT_LIMIT);
	for (uint32_t index = 0; index < 2 * weft_connections_used(plane); index += 2)
		if (weft_connection_live(plane, index))
			weft_connection_remove(plane, weft_connection_at(plane, index));
	CHECK(weft_connections_opened(plane, PORT) == 0);
}

/* Inserts a pair that port 7 opens. */
static enum weft_drop open_pair(uint32_t number)
{
	struct weft_connection forward = {.vif_id = PORT}, reverse;
	enum weft_drop refused = WEFT_DROP_NONE;

	forward.key.family = 4;
	forward.key.source_port = (uint16_t)number;
	forward.key.zone = 7;
	reverse = forward;
	reverse.key.zone = 8;
	weft_connection_insert(plane, 0, &forward, &reverse, &refused);
	return refused;
}

/* Removal, an equal pair that was first, a full table. */
static void whateverEndsAPairGivesItsPlaceBack(void)
{
	struct weft_host_plane_options options = {.connections_max = 1024};
	struct weft_host_plane *small = weft_host_plane_open_with(&options);
	struct weft_plane *before = plane;
	bool full = false;
	uint32_t live;

	plane = weft_host_plane_core(small);
	open_pair(1);
	open_pair(1); /* there already */
	CHECK(weft_connections_opened(plane, PORT) == 1);
	for (uint32_t i = 0; i < 3000; i++)
		full |= open_pair(i) == WEFT_DROP_CONNECTION_LIMIT;
	CHECK(full);
	live = weft_connections_live(plane);
	CHECK(live > 900 && weft_connections_opened(plane, PORT) == live);
	for (uint32_t i = 0; i < 2048; i += 2) {
		if (weft_connection_live(plane, i))
			weft_connection_remove(plane, weft_connection_at(plane, i + 1));
		weft_connection_remove(plane, weft_connection_at(plane, i)); /* twice is once */
	}
	CHECK(weft_connections_live(plane) == 0 && weft_connections_opened(plane, PORT) == 0);
	weft_host_plane_close(small);
	plane = before;
}

int main(void)
{
	test_seed();
	host = weft_host_plane_open();
	if (!host)
		return 1;
	plane = weft_host_plane_core(host);
	for (uint32_t id = 1; id <= 12; id++)
		CHECK(set_tunnel(id) == 0);
	RUN(sharesAreAsTheWeightsWithinTenPercent);
	RUN(onlyTheFieldsAskedForDecide);
	RUN(onlyConnectionsOfMembersThatWentMove);
	RUN(aRemovalChangesNoOtherChoice);
	RUN(refusalsNameTheMemberAndChangeNothing);
	RUN(membersAreHeldAndLetGo);
	RUN(aPortsLimitHoldsWithTwoWorkers);
	RUN(whateverEndsAPairGivesItsPlaceBack);
	weft_host_plane_close(host);
	return test_end();
}
