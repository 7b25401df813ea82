/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * VRFs, next hops, labels, VNIs and routes against a slow twin: random messages over ids at the borders of their ranges. Every
 * answer is the one the twin gives, and paged dumps and lookups say what the twin holds.
 */
#include "plane.h"
#include "test.h"
#include "messages.h"

#define IDS 7u
#define PREFIXES 12u
#define ROUNDS 20000u

static const uint32_t vrf_ids[IDS] = {0, 1, 2, 255, 256, WEFT_VRF_LIMIT - 1, WEFT_VRF_LIMIT};
static const uint32_t nexthop_ids[IDS] = {0, 1, 2, 255, 256, WEFT_NEXTHOP_LIMIT - 1, WEFT_NEXTHOP_LIMIT};
static const uint32_t labels[IDS] = {15, 16, 255, 256, 4096, WEFT_LABEL_LIMIT - 1, WEFT_LABEL_LIMIT};
static const uint32_t vnis[IDS] = {0, 1, 255, 256, 1u << 20, WEFT_VNI_LIMIT - 1, WEFT_VNI_LIMIT};
/* nested, so that the longest of several covers an address */
static const struct {
	uint8_t family, length, bytes[4];
} prefixes[PREFIXES] = {{4, 0, {0}},
			{4, 8, {10}},
			{4, 9, {10, 128}},
			{4, 24, {10, 1, 1}},
			{4, 31, {10, 1, 1, 2}},
			{4, 32, {10, 1, 1, 2}},
			{4, 32, {10, 1, 1, 3}},
			{4, 32, {10, 200, 0, 1}},
			{6, 0, {0}},
			{6, 16, {0xfd}},
			{6, 128, {0xfd, 0, 0, 1}},
			{6, 127, {0xfd, 0, 0, 1}}};

struct nexthop {
	bool there;
	uint8_t type;
	uint32_t vrf; /* index in vrf_ids */
};

struct route {
	bool there;
	uint32_t nexthop, label;
};

static struct {
	bool vrf[IDS];
	struct nexthop nexthop[IDS];
	uint32_t target[2][IDS]; /* of labels, of VNIs: index in nexthop_ids plus one */
	struct route route[IDS][PREFIXES];
} twin, before;

static uint32_t any(uint32_t limit)
{
	return (uint32_t)(test_random() >> 16) % limit;
}

static int change_vrf(bool set, uint32_t at)
{
	if (at == IDS - 1)
		return set ? EINVAL : ENOENT;
	if (set) {
		twin.vrf[at] = true;
		return 0;
	}
	if (!twin.vrf[at])
		return ENOENT;
	if (at == 0)
		return EPERM;
	for (uint32_t i = 0; i < IDS; i++) {
		if (twin.nexthop[i].there && twin.nexthop[i].type == WEFT_NEXTHOP_VRF && twin.nexthop[i].vrf == at)
			return EBUSY;
	}
	for (uint32_t i = 0; i < PREFIXES; i++) {
		if (twin.route[at][i].there)
			return EBUSY;
	}
	twin.vrf[at] = false;
	return 0;
}

static bool is_used(uint32_t at)
{
	bool used = false;

	for (uint32_t i = 0; i < IDS; i++) {
		used |= twin.target[0][i] == at + 1 || twin.target[1][i] == at + 1;
		for (uint32_t k = 0; k < PREFIXES; k++)
			used |= twin.route[i][k].there && twin.route[i][k].nexthop == at;
	}
	return used;
}

static int change_nexthop(bool set, uint32_t at, uint8_t type, uint32_t vrf)
{
	if (!set) {
		if (at == IDS - 1 || !twin.nexthop[at].there)
			return ENOENT;
		if (at == 0)
			return EPERM;
		if (is_used(at))
			return EBUSY;
		twin.nexthop[at].there = false;
		return 0;
	}
	if (at == 0 || at == IDS - 1)
		return EINVAL;
	if (type == WEFT_NEXTHOP_VRF && (vrf == IDS - 1 || !twin.vrf[vrf]))
		return ENOENT;
	twin.nexthop[at] = (struct nexthop){true, type, vrf};
	return 0;
}

static int change_target(bool set, uint32_t table, uint32_t at, uint32_t nexthop)
{
	if (!set) {
		if (!twin.target[table][at])
			return ENOENT;
		twin.target[table][at] = 0;
		return 0;
	}
	if (at == 0 || at == IDS - 1)
		return EINVAL;
	if (nexthop == IDS - 1 || !twin.nexthop[nexthop].there)
		return ENOENT;
	if (twin.nexthop[nexthop].type != WEFT_NEXTHOP_VRF)
		return EINVAL;
	twin.target[table][at] = nexthop + 1;
	return 0;
}

static int change_route(bool set, uint32_t vrf, uint32_t prefix, uint32_t nexthop, uint32_t label)
{
	if (vrf == IDS - 1 || !twin.vrf[vrf])
		return ENOENT;
	if (!set && !twin.route[vrf][prefix].there)
		return ENOENT;
	if (set && (nexthop == IDS - 1 || !twin.nexthop[nexthop].there))
		return ENOENT;
	twin.route[vrf][prefix] = (struct route){set, nexthop, label};
	return 0;
}

static struct weft_route_msg route_message(uint32_t vrf, uint32_t prefix)
{
	struct weft_route_msg m = {
	    .vrf_id = vrf_ids[vrf], .family = prefixes[prefix].family, .prefix_len = prefixes[prefix].length};

	memcpy(m.prefix, prefixes[prefix].bytes, 4);
	return m;
}

/* Every eighth message meets a host without memory: then it is refused for that, and nothing has changed. */
static uint32_t refusals;

static void one_message(void)
{
	bool set = any(3) != 0;
	uint16_t operation = set ? WEFT_OPERATION_SET : WEFT_OPERATION_DELETE;
	uint32_t at = any(IDS), other = any(IDS), what = any(8), prefix = any(PREFIXES), label = any(16);
	uint8_t type = any(3) ? WEFT_NEXTHOP_VRF : (uint8_t)any(2);
	int code, want;

	before = twin;
	if (any(8) == 0)
		weft_host_fail_memory(any(3), 1 + any(2));
	if (what == 0) {
		struct weft_vrf_msg m = {.vrf_id = vrf_ids[at]};

		code = send_message(WEFT_OBJECT_VRF, operation, 1, &m, sizeof(m));
		want = change_vrf(set, at);
	} else if (what < 3) {
		struct weft_nexthop_msg m = {
		    .nexthop_id = nexthop_ids[at], .type = type, .vrf_id = type == WEFT_NEXTHOP_VRF ? vrf_ids[other] : 0};

		code = send_message(WEFT_OBJECT_NEXTHOP, operation, 1, &m, sizeof(m));
		want = change_nexthop(set, at, type, other);
	} else if (what < 5) {
		struct weft_label_msg m = {what == 3 ? labels[at] : vnis[at], nexthop_ids[other]};

		code = send_message(what == 3 ? WEFT_OBJECT_LABEL : WEFT_OBJECT_VNI, operation, 1, &m, sizeof(m));
		want = change_target(set, what - 3, at, other);
	} else {
		struct weft_route_msg m = route_message(at, prefix);

		m.nexthop_id = nexthop_ids[other];
		m.label = label;
		code = send_message(WEFT_OBJECT_ROUTE, operation, 1, &m, sizeof(m));
		want = change_route(set, at, prefix, other, label);
	}
	weft_host_fail_memory(0, 0);
	if (code == ENOMEM && want == 0) {
		refusals++;
		want = ENOMEM;
		twin = before;
	}
	if (code != want)
		printf("# object kind %u, %s, place %u, other %u: %d (%s), want %d\n", what, set ? "set" : "delete", at, other,
		       code, error_text, want);
	CHECK(code == want);
}

/* Objects in pages of a random few. */
static uint32_t dump_paged(uint16_t object)
{
	struct weft_dump_msg request = {.vrf_id = 0xffffffffu};
	uint32_t count = 0;

	do {
		request.limit = 1 + any(7);
		CHECK(send_message(object, WEFT_OPERATION_DUMP, 0, &request, sizeof(request)) == 0);
		CHECK(dumped <= request.limit);
		count += dumped;
		memcpy(request.marker, done.marker, sizeof(request.marker));
	} while (done.more && !test_failed);
	return count;
}

static void check_counts(void)
{
	uint32_t count[5] = {0};

	for (uint32_t i = 0; i < IDS; i++) {
		count[0] += twin.vrf[i];
		count[1] += twin.nexthop[i].there;
		count[2] += twin.target[0][i] != 0;
		count[3] += twin.target[1][i] != 0;
		for (uint32_t k = 0; k < PREFIXES; k++)
			count[4] += twin.route[i][k].there;
	}
	CHECK(dump_paged(WEFT_OBJECT_VRF) == count[0]);
	CHECK(dump_paged(WEFT_OBJECT_NEXTHOP) == count[1]);
	CHECK(dump_paged(WEFT_OBJECT_LABEL) == count[2]);
	CHECK(dump_paged(WEFT_OBJECT_VNI) == count[3]);
	CHECK(dump_paged(WEFT_OBJECT_ROUTE) == count[4]);
}

static bool covers(uint32_t prefix, uint8_t family, const uint8_t *address)
{
	struct weft_route_msg m = route_message(0, prefix);

	for (uint32_t bit = 0; bit < m.prefix_len; bit++) {
		if ((m.prefix[bit / 8] ^ address[bit / 8]) & (0x80 >> bit % 8))
			return false;
	}
	return m.family == family;
}

static void check_lookups(void)
{
	struct weft_plane *plane = weft_host_plane_core(host);

	for (uint32_t i = 0; i < IDS; i++) {
		const struct weft_nexthop *label = weft_label_get(plane, labels[i]), *vni = weft_vni_get(plane, vnis[i]);

		CHECK(twin.target[0][i] ? label && label->nexthop_id == nexthop_ids[twin.target[0][i] - 1] : !label);
		CHECK(twin.target[1][i] ? vni && vni->nexthop_id == nexthop_ids[twin.target[1][i] - 1] : !vni);
		for (uint32_t k = 0; k < PREFIXES; k++) {
			struct weft_route_msg m = route_message(0, k);
			const struct route *best = NULL;
			struct weft_leaf leaf;
			uint32_t length = 0;

			m.prefix[m.family == 4 ? 3 : 15] ^= (uint8_t)any(4);
			for (uint32_t p = 0; p < PREFIXES; p++) {
				if (!twin.route[i][p].there || !covers(p, m.family, m.prefix) ||
				    (best && prefixes[p].length < length))
					continue;
				best = &twin.route[i][p];
				length = prefixes[p].length;
			}
			leaf = weft_route_get(plane, vrf_ids[i], m.family, m.prefix);
			CHECK(best ? leaf.prefix_len == length && leaf.nexthop_id == nexthop_ids[best->nexthop] &&
					 leaf.label == best->label
				   : leaf.prefix_len == WEFT_NO_ROUTE);
		}
	}
}

static void tablesAnswerAsTheirTwin(void)
{
	twin.vrf[0] = true;
	twin.nexthop[0] = (struct nexthop){true, WEFT_NEXTHOP_DISCARD, 0};
	for (uint32_t round = 0; round < ROUNDS && !test_failed; round++) {
		one_message();
		if (round % 16 == 0)
			check_lookups();
		if (round % 256 == 0) {
			check_counts();
			weft_host_plane_advance(host, 1000000000u + round);
		}
	}
	CHECK(refusals > 10);
}

int main(void)
{
	test_seed();
	host = weft_host_plane_open_with(&(struct weft_host_plane_options){.connections_max = 1024});
	if (!host)
		return 1;
	RUN(tablesAnswerAsTheirTwin);
	weft_host_plane_close(host);
	return test_end();
}
