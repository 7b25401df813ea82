/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "restore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "weft_plane.h"
#include "weft_tables.h"

#define ALL 0xffffffffu
#define ANSWER_BYTES 4096u

/* ---- journal -> plane ---- */

static void note_refusal(const uint8_t *answer, struct weftd_restored *restored)
{
	const struct weft_message_header *header =
	    (const struct weft_message_header *)(answer + sizeof(struct weft_frame_header));

	if (header->object != WEFT_OBJECT_ERROR)
		return;
	if (!restored->refused++)
		memcpy(restored->text, ((const struct weft_error_msg *)(header + 1))->text, sizeof(restored->text));
}

static void apply_record(struct weft_plane *plane, const struct weft_frame_header *record, uint8_t *answer,
			 struct weftd_restored *restored)
{
	const struct weft_message_header *header = (const struct weft_message_header *)(record + 1);
	uint32_t body = header->bytes - (uint32_t)sizeof(*header);

	restored->messages++;
	if (header->object == WEFTD_JOURNAL_ZONE && body == sizeof(struct weftd_journal_zone)) {
		const struct weftd_journal_zone *zone = (const struct weftd_journal_zone *)(header + 1);

		weft_plane_restore_zone(plane, zone->vif_id, zone->zone);
	} else if (header->object == WEFTD_JOURNAL_ENDPOINT && body == sizeof(struct weftd_journal_endpoint)) {
		const struct weftd_journal_endpoint *endpoint = (const struct weftd_journal_endpoint *)(header + 1);

		weft_plane_restore_path(plane, &endpoint->path, endpoint->index, endpoint->learned);
	} else {
		weft_plane_apply(plane, record, record->bytes, answer, ANSWER_BYTES);
		if (header->operation != WEFT_OPERATION_SWEEP) /* what a sweep could not remove then it cannot now */
			note_refusal(answer, restored);
	}
}

int weftd_restore(struct weft_plane *plane, const struct weftd_journal *journal, struct weftd_restored *restored)
{
	uint8_t *answer = malloc(ANSWER_BYTES);
	const struct weft_frame_header *record;
	uint64_t at = 0;

	memset(restored, 0, sizeof(*restored));
	if (!answer)
		return -ENOMEM;
	while ((record = weftd_journal_next(journal, &at)))
		apply_record(plane, record, answer, restored);
	restored->ignored_bytes = weftd_journal_used(journal) - at;
	free(answer);
	return 0;
}

/* ---- plane -> journal ---- */

struct snapshot {
	struct weft_plane *plane;
	struct weftd_journal *journal;
	uint8_t *answer; /* WEFT_FRAME_BYTES_MAX */
	int error;
};

struct dump_request {
	struct weft_frame_header frame;
	struct weft_message_header header;
	struct weft_dump_msg body;
};

static bool add(struct snapshot *snapshot, const void *message, uint32_t bytes)
{
	if (!snapshot->error && !weftd_journal_snapshot_add(snapshot->journal, message, bytes))
		snapshot->error = -ENOSPC;
	return !snapshot->error;
}

/* Next hop 0 is always there; ECMP next hops come in a pass of their own, behind their members. */
static bool belongs(const struct weft_message_header *header, bool ecmp)
{
	const struct weft_nexthop_msg *nexthop = (const struct weft_nexthop_msg *)(header + 1);

	if (header->object != WEFT_OBJECT_NEXTHOP)
		return true;
	return nexthop->nexthop_id != WEFT_NEXTHOP_DISCARD_ID && (nexthop->type == WEFT_NEXTHOP_ECMP) == ecmp;
}

/* One page. Fills done. */
static void page(struct snapshot *snapshot, const struct dump_request *request, bool ecmp, struct weft_done_msg *done)
{
	uint32_t bytes = weft_plane_apply(snapshot->plane, request, sizeof(*request), snapshot->answer, WEFT_FRAME_BYTES_MAX),
		 at;
	const struct weft_message_header *header;

	memset(done, 0, sizeof(*done));
	for (at = sizeof(struct weft_frame_header); at < bytes; at += header->bytes) {
		header = (const struct weft_message_header *)(snapshot->answer + at);
		if (header->object == WEFT_OBJECT_ERROR)
			snapshot->error = -EPROTO;
		else if (header->object == WEFT_OBJECT_DONE)
			memcpy(done, header + 1, sizeof(*done));
		else if (belongs(header, ecmp))
			add(snapshot, header, header->bytes);
	}
}

static void objects(struct snapshot *snapshot, uint16_t object, bool ecmp)
{
	struct dump_request request = {
	    .frame = {sizeof(request), 0, 1, 0},
	    .header = {object, WEFT_OPERATION_DUMP, sizeof(request.header) + sizeof(request.body), 0, 0},
	    .body = {.vrf_id = ALL},
	};
	struct weft_done_msg done = {.more = weft_plane_restorable(object)};

	while (done.more && !snapshot->error) {
		page(snapshot, &request, ecmp, &done);
		memcpy(request.body.marker, done.marker, sizeof(done.marker));
	}
}

static void zones(struct snapshot *snapshot)
{
	struct {
		struct weft_message_header header;
		struct weftd_journal_zone zone;
	} message = {.header = {WEFTD_JOURNAL_ZONE, WEFT_OPERATION_SET, sizeof(message), 0, 0}};
	uint32_t id;

	for (id = 0; id < WEFT_VIF_LIMIT; id++) {
		const struct weft_vif *vif = weft_vif_get(snapshot->plane, id);

		if (!vif || vif->zone == vif->vrf_id)
			continue;
		message.zone = (struct weftd_journal_zone){id, vif->zone};
		add(snapshot, &message, sizeof(message));
	}
}

static void endpoint(void *argument, const struct weft_path_msg *path)
{
	struct snapshot *snapshot = argument;
	const struct weft_endpoint *found = weft_endpoint_get(snapshot->plane, path->family, path->destination);
	struct {
		struct weft_message_header header;
		struct weftd_journal_endpoint endpoint;
	} message = {.header = {WEFTD_JOURNAL_ENDPOINT, WEFT_OPERATION_SET, sizeof(message), 0, 0}};

	message.endpoint.path = *path;
	message.endpoint.index = found->index;
	message.endpoint.learned = __atomic_load_n(&found->learned, __ATOMIC_ACQUIRE);
	add(snapshot, &message, sizeof(message));
}

int weftd_snapshot(struct weft_plane *plane, struct weftd_journal *journal)
{
	struct snapshot snapshot = {.plane = plane, .journal = journal, .answer = malloc(WEFT_FRAME_BYTES_MAX)};

	if (!snapshot.answer)
		return -ENOMEM;
	weftd_journal_snapshot_begin(journal);
	objects(&snapshot, WEFT_OBJECT_PLANE, false);
	objects(&snapshot, WEFT_OBJECT_AGEING, false);
	objects(&snapshot, WEFT_OBJECT_VRF, false);
	objects(&snapshot, WEFT_OBJECT_IDENTITY, false);
	objects(&snapshot, WEFT_OBJECT_POLICY, false);
	objects(&snapshot, WEFT_OBJECT_VIF, false);
	zones(&snapshot);
	objects(&snapshot, WEFT_OBJECT_FLOATING_IP, false);
	objects(&snapshot, WEFT_OBJECT_NAT_POOL, false);
	objects(&snapshot, WEFT_OBJECT_SERVICE, false);
	weft_plane_paths(plane, endpoint, &snapshot);
	objects(&snapshot, WEFT_OBJECT_NEXTHOP, false);
	objects(&snapshot, WEFT_OBJECT_NEXTHOP, true);
	objects(&snapshot, WEFT_OBJECT_LABEL, false);
	objects(&snapshot, WEFT_OBJECT_VNI, false);
	objects(&snapshot, WEFT_OBJECT_ROUTE, false);
	if (snapshot.error)
		weftd_journal_snapshot_abort(journal);
	else
		weftd_journal_snapshot_commit(journal);
	free(snapshot.answer);
	return snapshot.error;
}
