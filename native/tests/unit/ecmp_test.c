/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * ECMP by packets: 20,000 connections of one port to an address behind an ECMP next hop of ports. They spread by weight, and
 * only those of a removed member move. What a message may say of members.
 */
#include "plane.h"
#include "test.h"

#include "messages.h"
#include "worker.h"

#define CONNECTIONS 20000u
#define MEMBERS 7u
#define ASKER 1u
#define FIRST_PORT 10u

static union {
	struct weft_nexthop_msg m;
	uint8_t bytes[sizeof(struct weft_nexthop_msg) + WEFT_NEXTHOP_MEMBERS_MAX * sizeof(struct weft_nexthop_member)];
} ecmp;
static uint8_t first[CONNECTIONS], second[CONNECTIONS];

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* UDP 10.0.0.1 -> 10.9.9.9; the number is in the ports. Answers the member that got it, from 0; MEMBERS: none. */
static uint32_t send_packet(uint32_t number)
{
	uint8_t frame[64] = {0, 0, 0x5e, 0, 1, 0, 2, 0, 0, 0, 0, 1, 8, 0, 0x45}, out[256];
	uint32_t sum = 0, got = MEMBERS;

	put16(frame + 16, 28);
	frame[22] = 64;
	frame[23] = 17;
	memcpy(frame + 26, "\x0a\0\0\1\x0a\x09\x09\x09", 8);
	for (uint32_t i = 14; i < 34; i += 2)
		sum += (uint32_t)frame[i] << 8 | frame[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	put16(frame + 24, 0xffff ^ sum);
	put16(frame + 34, 1 + number % 50000);
	put16(frame + 36, 53);
	put16(frame + 38, 8);
	CHECK(weft_host_plane_inject(host, ASKER, frame, 42) == 0);
	for (uint32_t i = 0; i < MEMBERS; i++) {
		while (weft_host_plane_collect(host, FIRST_PORT + i, NULL, out, sizeof(out)) > 0)
			got = i;
	}
	return got;
}

static void send_all(uint8_t *where)
{
	for (uint32_t i = 0; i < CONNECTIONS; i++)
		where[i] = (uint8_t)send_packet(i);
}

static void open_plane(void)
{
	struct weft_vrf_msg vrf = {.vrf_id = 3};
	struct weft_route_msg route = {.vrf_id = 3,
				       .family = 4,
				       .prefix_len = 32,
				       .prefix = {10, 9, 9, 9},
				       .nexthop_id = 99,
				       .label = WEFT_LABEL_NONE,
				       .flags = WEFT_ROUTE_SAME_NETWORK};

	host = weft_host_plane_open();
	CHECK(SET(VRF, &vrf) == 0);
	for (uint32_t i = 0; i <= MEMBERS; i++) {
		uint32_t id = i < MEMBERS ? FIRST_PORT + i : ASKER;
		struct weft_vif_msg vif = {.vif_id = id,
					   .vrf_id = 3,
					   .type = WEFT_VIF_VIRTUAL,
					   .mtu = 1450,
					   .label = WEFT_LABEL_NONE,
					   .mac = {2, 0, 0, 0, 0, (uint8_t)id}};
		struct weft_nexthop_msg local = {.nexthop_id = id, .type = WEFT_NEXTHOP_LOCAL, .vif_id = id};

		CHECK(SET(VIF, &vif) == 0 && set_nexthop(&local) == 0);
	}
	memset(&ecmp, 0, sizeof(ecmp));
	ecmp.m.nexthop_id = 99;
	ecmp.m.type = WEFT_NEXTHOP_ECMP;
	ecmp.m.member_count = MEMBERS;
	for (uint32_t i = 0; i < MEMBERS; i++)
		ecmp.m.members[i] =
		    (struct weft_nexthop_member){(uint32_t)test_random() | 1, FIRST_PORT + i, WEFT_LABEL_NONE, 2 + i % 3};
	CHECK(set_nexthop(&ecmp.m) == 0 && SET(ROUTE, &route) == 0);
}

static void connectionsSpreadByWeight(void)
{
	uint32_t counts[MEMBERS + 1] = {0}, weights = 0;

	send_all(first);
	for (uint32_t i = 0; i < CONNECTIONS; i++)
		counts[first[i]]++;
	CHECK(counts[MEMBERS] == 0);
	for (uint32_t i = 0; i < MEMBERS; i++)
		weights += ecmp.m.members[i].weight;
	for (uint32_t i = 0; i < MEMBERS; i++) {
		uint32_t want = CONNECTIONS * ecmp.m.members[i].weight / weights;

		printf("# weight %u: %u of %u\n", ecmp.m.members[i].weight, counts[i], want);
		CHECK(counts[i] > want * 9 / 10 && counts[i] < want * 11 / 10);
	}
}

static void nothingMovesWhenOrderAndWeightsChange(void)
{
	for (uint32_t i = 0; i < MEMBERS / 2; i++) {
		struct weft_nexthop_member member = ecmp.m.members[i];

		ecmp.m.members[i] = ecmp.m.members[MEMBERS - 1 - i];
		ecmp.m.members[MEMBERS - 1 - i] = member;
	}
	for (uint32_t i = 0; i < MEMBERS; i++)
		ecmp.m.members[i].weight = 1 + (uint32_t)(test_random() >> 20) % 1000;
	CHECK(set_nexthop(&ecmp.m) == 0);
	send_all(second);
	CHECK(memcmp(first, second, sizeof(first)) == 0);
}

static void onlyConnectionsOfARemovedMemberMove(void)
{
	uint32_t gone = ecmp.m.members[3].nexthop_id - FIRST_PORT, moved = 0, had = 0;
	struct weft_nexthop_member member = ecmp.m.members[3];

	ecmp.m.members[3] = ecmp.m.members[MEMBERS - 1];
	ecmp.m.member_count = MEMBERS - 1;
	CHECK(set_nexthop(&ecmp.m) == 0);
	send_all(second);
	for (uint32_t i = 0; i < CONNECTIONS; i++) {
		had += first[i] == gone;
		moved += first[i] != second[i];
		CHECK(second[i] < MEMBERS && second[i] != gone && (first[i] == gone || first[i] == second[i]));
	}
	CHECK(had > 0 && moved == had);
	ecmp.m.members[MEMBERS - 1] = member;
	ecmp.m.member_count = MEMBERS;
	CHECK(set_nexthop(&ecmp.m) == 0);
	send_all(first);
	CHECK(memcmp(first, second, sizeof(first)) == 0); /* one that comes takes no open connection */
}

/* A member that comes wins new connections only from those it now has the best claim to: choices of the rest are the same. */
static void aNewMemberChangesOnlyTheChoicesItWins(void)
{
	struct weft_plane *plane = weft_host_plane_core(host);
	struct weft_nexthop with = *weft_nexthop_get(plane, 99), without = with;
	uint32_t won = 0;

	without.member_count--;
	for (uint32_t i = 0; i < CONNECTIONS; i++) {
		uint32_t hash = (uint32_t)(test_random() >> 16);
		enum weft_drop reason;
		const struct weft_nexthop_member *one = weft_ecmp_choose(plane, &without, hash, ASKER, 0, &reason);
		const struct weft_nexthop_member *other = weft_ecmp_choose(plane, &with, hash, ASKER, 0, &reason);

		won += other == &with.members[without.member_count];
		CHECK(one == other || other == &with.members[without.member_count]);
	}
	CHECK(won > 0);
}

#define REFUSED(field, value, code, text) \
	do { \
		ecmp.m = good; \
		ecmp.m.members[1] = member; \
		ecmp.m.field = value; \
		CHECK(set_nexthop(&ecmp.m) == code && strstr(error_text, text)); \
	} while (0)

static void membersAreCheckedAndHeld(void)
{
	struct weft_nexthop_msg good = ecmp.m,
				local = {.nexthop_id = FIRST_PORT, .type = WEFT_NEXTHOP_LOCAL, .vif_id = FIRST_PORT};
	struct weft_nexthop_msg receive = {.nexthop_id = 50, .type = WEFT_NEXTHOP_RECEIVE};
	struct weft_nexthop_member member = ecmp.m.members[1];
	uint32_t generation = weft_nexthop_get(weft_host_plane_core(host), 99)->generation;

	CHECK(set_nexthop(&receive) == 0);
	REFUSED(members[1].member_id, 0, EINVAL, "members[1].member_id 0");
	REFUSED(members[1].member_id, ecmp.m.members[0].member_id, EINVAL, "members[0] has it too");
	REFUSED(members[1].nexthop_id, 12345, ENOENT, "members[1].nexthop_id 12345");
	REFUSED(members[1].nexthop_id, 50, EINVAL, "type is 1");
	REFUSED(members[1].nexthop_id, 99, EINVAL, "want another one");
	REFUSED(members[1].label, 5, EINVAL, "members[1].label 5");
	REFUSED(members[1].weight, 0, EINVAL, "weight 0: want 1 to 1000");
	REFUSED(members[1].weight, 1001, EINVAL, "weight 1001");
	REFUSED(zero2, 1, EINVAL, "zero2");
	REFUSED(member_count, 0, EINVAL, "member_count 0: ECMP wants 1 to 128");
	REFUSED(type, WEFT_NEXTHOP_RECEIVE, EINVAL, "only ECMP");
	ecmp.m = good;
	ecmp.m.members[1] = member;
	CHECK(set_nexthop(&ecmp.m) == 0 && weft_nexthop_get(weft_host_plane_core(host), 99)->generation == generation);
	CHECK(DELETE(NEXTHOP, &local) == EBUSY && strstr(error_text, "1 members"));
	local.type = WEFT_NEXTHOP_RECEIVE;
	CHECK(set_nexthop(&local) == EBUSY && strstr(error_text, "type 1: a member of 1"));
	CHECK(dump(WEFT_OBJECT_NEXTHOP, 0) == MEMBERS + 4);
}

/* Its next hops are deleted in whatever order the sweep finds them. */
static void aSweepTakesAnEcmpBeforeItsMembers(void)
{
	CHECK(send_message(WEFT_OBJECT_ROUTE, WEFT_OPERATION_SWEEP, 2, NULL, 0) == 0);
	CHECK(send_message(WEFT_OBJECT_NEXTHOP, WEFT_OPERATION_SWEEP, 2, NULL, 0) == 0);
	CHECK(dump(WEFT_OBJECT_NEXTHOP, 0) == 1);
}

int main(void)
{
	test_seed();
	open_plane();
	RUN(connectionsSpreadByWeight);
	RUN(nothingMovesWhenOrderAndWeightsChange);
	RUN(onlyConnectionsOfARemovedMemberMove);
	RUN(aNewMemberChangesOnlyTheChoicesItWins);
	RUN(membersAreCheckedAndHeld);
	RUN(aSweepTakesAnEcmpBeforeItsMembers);
	weft_host_plane_close(host);
	return test_end();
}
