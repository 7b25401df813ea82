/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Journal and replay on the host library: random messages, torn ends, snapshots in the middle; the next plane dumps the same.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "../tests/unit/test.h"
#include "plane.h"
#include "restore.h"
#include "weft_host_plane.h"

#define AREA_BYTES (1u << 20)
#define CONNECTIONS 1024u
#define ROUNDS 40u
#define MESSAGES 400u
#define RECORDS_TORN 40u
#define ANSWER_BYTES (1u << 20)
#define VIFS 6u
#define VRFS 4u
#define NEXTHOPS 12u

struct message {
	struct weft_frame_header frame;
	struct weft_message_header header;
	union {
		struct weft_plane_msg plane;
		struct weft_vif_msg vif;
		struct weft_vrf_msg vrf;
		struct weft_nexthop_msg nexthop;
		struct weft_route_msg route;
		struct weft_label_msg label;
		struct weft_vni_msg vni;
		struct weft_path_msg path;
		struct weft_dump_msg dump;
	} body;
};

struct image {
	uint32_t bytes;
	uint8_t data[256 << 10];
};

static struct weftd_journal journal;
static uint8_t answer[ANSWER_BYTES];
static void *shared;

/* ---- messages ---- */

static uint32_t pick(uint32_t limit)
{
	return (uint32_t)(test_random() % limit);
}

static void address_of(uint8_t *out, uint8_t family, uint32_t last)
{
	memset(out, 0, 16);
	out[0] = family == 4 ? 10 : 0xfd;
	out[family == 4 ? 3 : 15] = (uint8_t)last;
}

static uint32_t fill_vif(struct weft_vif_msg *m)
{
	m->vif_id = pick(VIFS);
	m->vrf_id = pick(VRFS);
	m->key[0] = (uint8_t)pick(3);
	m->type = m->vif_id ? WEFT_VIF_VIRTUAL : WEFT_VIF_PHYSICAL;
	m->flags = m->vif_id || pick(2) ? 0 : WEFT_VIF_NATIVE;
	m->port_kind = WEFT_PORT_TAP;
	m->mtu = 1400 + pick(2);
	m->label = 100 + m->vif_id;
	m->mac[5] = (uint8_t)(1 + pick(2));
	m->name[0] = 'e';
	m->netns[0] = '/';
	m->address_count = pick(3);
	for (uint32_t i = 0; i < m->address_count; i++) {
		m->addresses[i].family = pick(2) ? 4 : 6;
		address_of(m->addresses[i].address, m->addresses[i].family, 1 + pick(3)); /* shared addresses make zones */
	}
	return sizeof(*m);
}

static uint32_t fill_nexthop(struct weft_nexthop_msg *m)
{
	static const uint8_t types[] = {WEFT_NEXTHOP_DISCARD, WEFT_NEXTHOP_LOCAL, WEFT_NEXTHOP_TUNNEL, WEFT_NEXTHOP_VRF,
					WEFT_NEXTHOP_NATIVE};

	m->nexthop_id = pick(NEXTHOPS);
	m->type = types[pick(WEFT_ARRAY_COUNT(types))];
	m->key[1] = (uint8_t)pick(3);
	m->vif_id = m->type == WEFT_NEXTHOP_LOCAL ? pick(VIFS) : 0;
	m->vrf_id = m->type == WEFT_NEXTHOP_VRF ? pick(VRFS) : 0;
	if (m->type != WEFT_NEXTHOP_TUNNEL && m->type != WEFT_NEXTHOP_NATIVE)
		return sizeof(*m);
	m->family = pick(2) ? 4 : 6;
	address_of(m->destination, m->family, 100 + pick(4));
	if (m->type == WEFT_NEXTHOP_NATIVE)
		return sizeof(*m);
	m->encap = (uint8_t)(WEFT_ENCAP_VXLAN + pick(3));
	m->inner_mac[5] = m->encap == WEFT_ENCAP_VXLAN;
	address_of(m->source, m->family, 9);
	return sizeof(*m);
}

static uint32_t fill_route(struct weft_route_msg *m)
{
	m->vrf_id = pick(VRFS);
	m->family = pick(2) ? 4 : 6;
	m->prefix_len = m->family == 4 ? 32 : 128;
	address_of(m->prefix, m->family, pick(8));
	m->nexthop_id = pick(NEXTHOPS);
	m->label = pick(3) ? 20 + pick(3) : WEFT_LABEL_NONE;
	m->flags = pick(4);
	return sizeof(*m);
}

static uint32_t fill_path(struct weft_path_msg *m)
{
	m->family = pick(2) ? 4 : 6;
	m->state = (uint8_t)pick(2);
	m->vif_id = pick(VIFS);
	address_of(m->destination, m->family, 100 + pick(4));
	address_of(m->gateway, m->family, 250 + pick(2));
	m->destination_mac[5] = (uint8_t)pick(3);
	m->mtu = 1500;
	m->way_count = m->state == WEFT_PATH_RESOLVED ? pick(3) : 0;
	for (uint32_t i = 0; i < m->way_count; i++) {
		m->ways[i].vif_id = pick(VIFS);
		m->ways[i].destination_mac[5] = (uint8_t)pick(3);
		m->weights[i + 1] = (uint8_t)pick(4);
	}
	return sizeof(*m);
}

static void random_message(struct message *message)
{
	static const uint16_t objects[] = {WEFT_OBJECT_PLANE, WEFT_OBJECT_VIF,	 WEFT_OBJECT_VRF,   WEFT_OBJECT_NEXTHOP,
					   WEFT_OBJECT_ROUTE, WEFT_OBJECT_LABEL, WEFT_OBJECT_VNI,   WEFT_OBJECT_PATH,
					   WEFT_OBJECT_ROUTE, WEFT_OBJECT_VIF,	 WEFT_OBJECT_ROUTE, WEFT_OBJECT_NEXTHOP};
	uint16_t object = objects[pick(WEFT_ARRAY_COUNT(objects))];
	uint32_t kind = pick(20), bytes = 0;

	memset(message, 0, sizeof(*message));
	message->header.object = object;
	message->header.operation = kind == 0 ? WEFT_OPERATION_SWEEP : kind < 6 ? WEFT_OPERATION_DELETE : WEFT_OPERATION_SET;
	message->header.epoch = 1 + pick(3);
	switch (object) {
	case WEFT_OBJECT_PLANE:
		address_of(message->body.plane.underlay4, 4, pick(3));
		message->body.plane.tunnel_ttl = (uint8_t)pick(2);
		message->body.plane.tunnel_df = (uint8_t)pick(3);
		message->body.plane.tunnel_dscp_mode = (uint8_t)pick(2);
		bytes = sizeof(struct weft_plane_msg);
		break;
	case WEFT_OBJECT_VIF:
		bytes = fill_vif(&message->body.vif);
		break;
	case WEFT_OBJECT_VRF:
		message->body.vrf.vrf_id = pick(VRFS);
		message->body.vrf.vni = pick(3);
		bytes = sizeof(struct weft_vrf_msg);
		break;
	case WEFT_OBJECT_NEXTHOP:
		bytes = fill_nexthop(&message->body.nexthop);
		break;
	case WEFT_OBJECT_ROUTE:
		bytes = fill_route(&message->body.route);
		break;
	case WEFT_OBJECT_PATH:
		bytes = fill_path(&message->body.path);
		break;
	default:
		message->body.label = (struct weft_label_msg){16 + pick(4), pick(NEXTHOPS)};
		bytes = sizeof(struct weft_label_msg);
	}
	if (message->header.operation == WEFT_OPERATION_SWEEP)
		bytes = 0;
	message->header.bytes = (uint32_t)sizeof(message->header) + bytes;
	message->frame = (struct weft_frame_header){(uint32_t)sizeof(message->frame) + message->header.bytes, 0, 1, 0};
}

/* ---- what the daemon does ---- */

static void record_endpoint(void *argument, const struct weft_path_msg *path)
{
	struct {
		struct weft_message_header header;
		struct weftd_journal_endpoint endpoint;
	} record = {.header = {WEFTD_JOURNAL_ENDPOINT, WEFT_OPERATION_SET, sizeof(record), 0, 0}};

	record.endpoint.path = *path;
	record.endpoint.index = weft_endpoint_get(argument, path->family, path->destination)->index;
	record.endpoint.learned = weft_endpoint_get(argument, path->family, path->destination)->learned;
	weftd_journal_append(&journal, &record, sizeof(record));
}

static void learned(struct weft_plane *plane, uint8_t family, const uint8_t destination[16])
{
	struct weft_path_msg path;
	uint32_t index;

	CHECK(weft_plane_path_get(plane, family, destination, &path, &index));
	record_endpoint(plane, &path);
}

static void applied(void *host, const void *message, uint32_t bytes)
{
	const struct weft_message_header *header = message;

	if (header->object == WEFT_OBJECT_NEXTHOP)
		weft_plane_paths(weft_host_plane_core(host), record_endpoint, weft_host_plane_core(host));
	CHECK(weftd_journal_append(&journal, message, bytes));
}

static struct weft_host_plane *open_plane(bool first)
{
	struct weft_host_plane_options options = {
	    .connections_max = CONNECTIONS, .shared = shared, .applied = applied, .learned = learned, .adoptions = !first};

	if (first)
		memset(shared, 0, weft_plane_shared_bytes(CONNECTIONS));
	return weft_host_plane_open_with(&options);
}

static void step(struct weft_host_plane *host, const struct message *message)
{
	struct weft_plane *plane = weft_host_plane_core(host);

	weft_host_plane_call(host, message, message->frame.bytes, answer, sizeof(answer));
	if (message->header.object == WEFT_OBJECT_PATH)
		weft_plane_paths(plane, record_endpoint, plane);
}

static struct weft_host_plane *successor(struct weft_host_plane *host, struct weftd_restored *restored)
{
	weft_host_plane_close(host);
	host = open_plane(false);
	weft_plane_restore_begin(weft_host_plane_core(host));
	CHECK(weftd_restore(weft_host_plane_core(host), &journal, restored) == 0);
	weft_plane_restore_end(weft_host_plane_core(host));
	CHECK(weft_plane_adopted(weft_host_plane_core(host)));
	return host;
}

/* ---- what can be seen from outside ---- */

static void put(struct image *image, const void *data, uint32_t bytes)
{
	if (image->bytes + bytes > sizeof(image->data)) {
		CHECK(!"image too small");
		return;
	}
	memcpy(image->data + image->bytes, data, bytes);
	image->bytes += bytes;
}

static void put_answer(struct image *image, uint32_t bytes, bool counts)
{
	for (uint32_t at = sizeof(struct weft_frame_header); at < bytes;) {
		struct weft_message_header *header = (struct weft_message_header *)(answer + at);
		struct weft_plane_msg *plane = (struct weft_plane_msg *)(header + 1);

		CHECK(header->object != WEFT_OBJECT_ERROR);
		if (header->object == WEFT_OBJECT_PLANE) {
			plane->adoptions = 0;
			plane->sets = counts ? plane->sets : 0;
			plane->deletes = counts ? plane->deletes : 0;
		}
		put(image, header, header->bytes);
		at += header->bytes;
	}
}

/* counts: with the numbers of messages applied, which go on in shared memory. */
static void take(struct weft_host_plane *host, struct image *image, bool counts)
{
	static const uint16_t objects[] = {WEFT_OBJECT_PLANE, WEFT_OBJECT_VIF,	 WEFT_OBJECT_VRF, WEFT_OBJECT_NEXTHOP,
					   WEFT_OBJECT_ROUTE, WEFT_OBJECT_LABEL, WEFT_OBJECT_VNI, WEFT_OBJECT_PATH};
	struct weft_plane *plane = weft_host_plane_core(host);

	image->bytes = 0;
	for (uint32_t i = 0; i < WEFT_ARRAY_COUNT(objects); i++) {
		struct message message = {
		    .header = {objects[i], WEFT_OPERATION_DUMP, sizeof(message.header) + sizeof(message.body.dump), 0, 0},
		    .body.dump.vrf_id = 0xffffffffu};

		message.frame = (struct weft_frame_header){(uint32_t)sizeof(message.frame) + message.header.bytes, 0, 1, 0};
		put_answer(image, weft_host_plane_call(host, &message, message.frame.bytes, answer, sizeof(answer)), counts);
	}
	for (uint32_t id = 0; id < VIFS; id++) {
		struct weft_vif *vif = weft_vif_get(plane, id);

		if (vif)
			put(image, &vif->zone, sizeof(vif->zone));
	}
	for (uint8_t family = 4; family <= 6; family += 2) {
		for (uint32_t last = 100; last < 104; last++) {
			uint8_t address[16];
			struct weft_endpoint *endpoint;

			address_of(address, family, last);
			endpoint = weft_endpoint_get(plane, family, address);
			if (endpoint)
				put(image, &endpoint->index, sizeof(endpoint->index));
		}
	}
}

static bool same(const struct image *one, const struct image *other)
{
	uint32_t at = 0, object = 0;

	if (one->bytes == other->bytes && !memcmp(one->data, other->data, one->bytes))
		return true;
	for (uint32_t i = 0; i < one->bytes && i < other->bytes && one->data[i] == other->data[i]; i++)
		at = i;
	for (uint32_t i = 0; i + 8 <= at; i += ((const struct weft_message_header *)(one->data + i))->bytes) {
		if (((const struct weft_message_header *)(one->data + i))->bytes < 16)
			break;
		object = ((const struct weft_message_header *)(one->data + i))->object;
	}
	printf("# %u and %u bytes differ at %u, object %u\n", one->bytes, other->bytes, at + 1, object);
	return false;
}

/* ---- cases ---- */

static struct image before, after;

static void theNextPlaneDumpsTheSame(void)
{
	uint64_t refused = 0, messages = 0;

	for (uint32_t round = 0; round < ROUNDS && !test_failed; round++) {
		struct weft_host_plane *host;
		struct weftd_restored restored;

		weftd_journal_reset(&journal);
		host = open_plane(true);
		for (uint32_t i = 0; i < MESSAGES && !test_failed; i++) {
			struct message message;

			random_message(&message);
			step(host, &message);
			if (pick(100) == 0)
				CHECK(weftd_snapshot(weft_host_plane_core(host), &journal) == 0);
			if (pick(60))
				continue;
			take(host, &before, true);
			host = successor(host, &restored);
			take(host, &after, true);
			CHECK(same(&before, &after));
			CHECK(restored.ignored_bytes == 0 && restored.refused == 0);
			messages += restored.messages;
			refused += restored.refused;
			if (restored.refused)
				printf("# refused: %s\n", restored.text);
		}
		weft_host_plane_close(host);
	}
	printf("# %" PRIu64 " messages replayed, %" PRIu64 " refused\n", messages, refused);

	CHECK(messages > 1000);
}

static uint64_t *used_of(void)
{
	struct {
		uint64_t magic;
		uint32_t version, abi;
		uint64_t area_bytes;
		uint32_t live, incomplete;
		uint64_t used_snapshot[2][2];
	} *head = (void *)journal.head;

	return &head->used_snapshot[head->live][0];
}

static uint32_t records_of(const struct weftd_journal *of)
{
	uint32_t records = 0;
	uint64_t at = 0;

	while (weftd_journal_next(of, &at))
		records++;
	return records;
}

/* The journal cut at every byte: what is whole counts, the rest is ignored. */
static void aTornEndIsIgnored(void)
{
	struct weft_host_plane *host;
	struct weftd_restored restored;
	uint64_t whole, records = 0, at = 0, end = 0;

	weftd_journal_reset(&journal);
	host = open_plane(true);
	while (records_of(&journal) < RECORDS_TORN) {
		struct message message;

		random_message(&message);
		step(host, &message);
	}
	whole = *used_of();
	CHECK(whole == weftd_journal_used(&journal) && whole > 0);
	for (uint64_t cut = 0; cut <= whole && !test_failed; cut++) {
		*used_of() = whole;
		if (cut > end || end == 0) {
			uint64_t next = end;

			if (weftd_journal_next(&journal, &next) && next <= cut) {
				end = next;
				records++;
			}
		}
		*used_of() = cut;
		at = 0;
		for (uint64_t i = 0; i < records; i++)
			CHECK(weftd_journal_next(&journal, &at) != NULL);
		CHECK(weftd_journal_next(&journal, &at) == NULL && at == end);
		if (cut % 997 == 0) { /* and a plane made of it has applied just those */
			host = successor(host, &restored);
			CHECK(restored.messages == records && restored.ignored_bytes == cut - end);
		}
	}
	CHECK(end == whole && records >= RECORDS_TORN);
	weft_host_plane_close(host);
}

static void aStrayWriteEndsTheJournalThere(void)
{
	struct weft_vrf_msg body = {.vrf_id = 1};
	struct {
		struct weft_message_header header;
		struct weft_vrf_msg body;
	} message = {{WEFT_OBJECT_VRF, WEFT_OPERATION_SET, sizeof(message), 1, 0}, body};
	uint64_t first = 0;

	weftd_journal_reset(&journal);
	CHECK(weftd_journal_append(&journal, &message, sizeof(message)));
	CHECK(weftd_journal_append(&journal, &message, sizeof(message)));
	CHECK(weftd_journal_next(&journal, &first));
	for (uint64_t byte = first; byte < 2 * first; byte++) {
		uint8_t *there = journal.areas[0] + byte;
		uint64_t at = 0;

		*there ^= 0x40;
		CHECK(weftd_journal_next(&journal, &at) && !weftd_journal_next(&journal, &at) && at == first);
		*there ^= 0x40;
	}
}

/* A death before the snapshot's last store leaves the old records, one after it the new ones. */
static void aSnapshotCountsWholeOrNotAtAll(void)
{
	struct weft_host_plane *host;
	struct weftd_restored restored;
	uint64_t used;

	weftd_journal_reset(&journal);
	host = open_plane(true);
	for (uint32_t i = 0; i < 2 * MESSAGES; i++) {
		struct message message;

		random_message(&message);
		step(host, &message);
	}
	take(host, &before, true);
	used = weftd_journal_used(&journal);
	weftd_journal_snapshot_begin(&journal);
	for (uint64_t at = 0; at < 3;) { /* half a snapshot */
		struct message message;

		random_message(&message);
		at += weftd_journal_snapshot_add(&journal, &message.header, message.header.bytes);
	}
	host = successor(host, &restored);
	take(host, &after, true);
	CHECK(same(&before, &after) && weftd_journal_used(&journal) == used);
	CHECK(weftd_snapshot(weft_host_plane_core(host), &journal) == 0);
	CHECK(weftd_journal_used(&journal) < used);
	host = successor(host, &restored);
	take(host, &after, true);
	CHECK(same(&before, &after) && restored.refused == 0);
	weft_host_plane_close(host);
}

#define LEARNED(until_s, mtu) ((until_s)*1000ull << 16 | (mtu))

static void apply_one(struct weft_host_plane *host, uint16_t object, const void *body, uint32_t bytes)
{
	struct message message = {.header = {object, WEFT_OPERATION_SET, sizeof(message.header) + bytes, 1, 0}};

	message.frame = (struct weft_frame_header){(uint32_t)sizeof(message.frame) + message.header.bytes, 0, 1, 0};
	memcpy(&message.body, body, bytes);
	step(host, &message);
}

/* The MTU that a worker learned, as the plane uses it and as it says. */
static void check_mtu(struct weft_host_plane *host, const struct weft_path_msg *path, uint32_t mtu, uint32_t says)
{
	struct weft_plane *plane = weft_host_plane_core(host);
	struct weft_path_msg seen;
	uint32_t index;

	CHECK(weft_endpoint_get(plane, 4, path->destination)->mtu == mtu);
	CHECK(weft_plane_path_get(plane, 4, path->destination, &seen, &index) && seen.learned_mtu == says && seen.mtu == 1500);
}

static void whatATooBigTaughtOutlivesTheProcess(void)
{
	struct weft_vif_msg vif = {.vif_id = 1, .type = WEFT_VIF_PHYSICAL, .mtu = 1500, .label = WEFT_LABEL_NONE};
	struct weft_nexthop_msg tunnel = {.nexthop_id = 20,
					  .type = WEFT_NEXTHOP_TUNNEL,
					  .encap = WEFT_ENCAP_MPLSOUDP,
					  .family = 4,
					  .source = {192, 0, 2, 1},
					  .destination = {198, 51, 100, 2}};
	struct weft_path_msg path = {
	    .family = 4, .state = WEFT_PATH_RESOLVED, .vif_id = 1, .destination = {198, 51, 100, 2}, .mtu = 1500};
	const uint64_t second = 1000000000ull;
	struct weft_endpoint *endpoint;
	struct weft_host_plane *host;
	struct weftd_restored restored;
	uint32_t records;

	weftd_journal_reset(&journal);
	host = open_plane(true); /* its clock starts at 1 s, the successors' as well */
	apply_one(host, WEFT_OBJECT_VIF, &vif, sizeof(vif));
	apply_one(host, WEFT_OBJECT_NEXTHOP, &tunnel, sizeof(tunnel));
	apply_one(host, WEFT_OBJECT_PATH, &path, sizeof(path));
	endpoint = weft_endpoint_get(weft_host_plane_core(host), 4, path.destination);
	CHECK(endpoint && endpoint->state == WEFT_PATH_RESOLVED);
	records = records_of(&journal);
	endpoint->learned = LEARNED(601, 1300); /* as a worker does */
	CHECK(weft_host_plane_advance(host, 3 * second) == 0 && records_of(&journal) == records + 1);
	endpoint->learned = LEARNED(640, 1300); /* again, a moment later: not worth a record */
	CHECK(weft_host_plane_advance(host, 5 * second) == 0 && records_of(&journal) == records + 1);
	host = successor(host, &restored);
	CHECK(restored.refused == 0);
	check_mtu(host, &path, 1300, 1300);
	apply_one(host, WEFT_OBJECT_PATH, &path, sizeof(path)); /* the mirror speaks */
	check_mtu(host, &path, 1300, 1300);
	CHECK(weft_host_plane_advance(host, 3 * second) == 0);
	endpoint = weft_endpoint_get(weft_host_plane_core(host), 4, path.destination);
	records = records_of(&journal);
	endpoint->learned = LEARNED(661, 1300);
	CHECK(weft_host_plane_advance(host, 5 * second) == 0 && records_of(&journal) == records + 1);
	endpoint->learned = LEARNED(661, 1280);
	CHECK(weft_host_plane_advance(host, 7 * second) == 0 && records_of(&journal) == records + 2);
	CHECK(weftd_snapshot(weft_host_plane_core(host), &journal) == 0);
	host = successor(host, &restored);
	check_mtu(host, &path, 1280, 1280);
	/* it ends when it would have ended */
	CHECK(weft_host_plane_advance(host, 659 * second) == 0);
	check_mtu(host, &path, 1280, 1280);
	records = records_of(&journal);
	CHECK(weft_host_plane_advance(host, 663 * second) == 0 && records_of(&journal) == records);
	check_mtu(host, &path, 1500, 0);
	host = successor(host, &restored);
	weft_host_plane_close(host);
}

static void aFullJournalIsMadeWholeBySnapshot(void)
{
	struct weft_host_plane *host;
	struct weftd_restored restored;
	struct message message;
	bool room = true;

	weftd_journal_reset(&journal);
	host = open_plane(true);
	do
		random_message(&message);
	while (message.header.object != WEFT_OBJECT_VIF || message.header.operation != WEFT_OPERATION_SET);
	while (room)
		room = weftd_journal_append(&journal, &message.header, message.header.bytes);
	CHECK(!weftd_journal_fits(&journal) && weftd_journal_due(&journal));
	CHECK(weftd_snapshot(weft_host_plane_core(host), &journal) == 0);
	CHECK(weftd_journal_fits(&journal) && !weftd_journal_due(&journal));
	take(host, &before, true);
	host = successor(host, &restored);
	take(host, &after, true);
	CHECK(same(&before, &after) && restored.refused == 0);
	weft_host_plane_close(host);
}

int main(void)
{
	int fd = memfd_create("weft-journal-test", MFD_CLOEXEC);
	size_t bytes = weft_plane_shared_bytes(CONNECTIONS);

	shared = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (fd < 0 || shared == MAP_FAILED || ftruncate(fd, (off_t)weftd_journal_file_bytes(AREA_BYTES)) ||
	    weftd_journal_open(&journal, fd))
		return 1;
	test_seed();
	RUN(theNextPlaneDumpsTheSame);
	RUN(aTornEndIsIgnored);
	RUN(aStrayWriteEndsTheJournalThere);
	RUN(aSnapshotCountsWholeOrNotAtAll);
	RUN(whatATooBigTaughtOutlivesTheProcess);
	RUN(aFullJournalIsMadeWholeBySnapshot);
	weftd_journal_close(&journal);
	close(fd);
	munmap(shared, bytes);
	return test_end();
}
