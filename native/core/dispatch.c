/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Request frames: parsed, checked, given to the table they are about; the answer frame. */
#include "message.h"

struct object_row {
	const char *name;
	uint32_t bytes; /* of the body, without items */
	int (*set)(struct weft_context *context, const void *body);
	int (*remove)(struct weft_context *context, const void *body);
	int (*sweep)(struct weft_context *context);
};

/* Bodies of variable size: so many items follow the struct as the uint32_t at count_at says. item_bytes 0: none do. */
struct items_row {
	const char *count_name;
	uint32_t count_at, item_bytes, items_max;
};

static const struct object_row rows[] = {
    [WEFT_OBJECT_PLANE] = {"PLANE", sizeof(struct weft_plane_msg), weft_plane_set, NULL, NULL},
    [WEFT_OBJECT_VIF] = {"VIF", sizeof(struct weft_vif_msg), weft_vif_set, weft_vif_delete, weft_vif_sweep},
    [WEFT_OBJECT_VRF] = {"VRF", sizeof(struct weft_vrf_msg), weft_vrf_set, weft_vrf_delete, weft_vrf_sweep},
    [WEFT_OBJECT_NEXTHOP] = {"NEXTHOP", sizeof(struct weft_nexthop_msg), weft_nexthop_set, weft_nexthop_delete,
			     weft_nexthop_sweep},
    [WEFT_OBJECT_ROUTE] = {"ROUTE", sizeof(struct weft_route_msg), weft_route_set, weft_route_delete, weft_route_sweep},
    [WEFT_OBJECT_LABEL] = {"LABEL", sizeof(struct weft_label_msg), weft_label_set, weft_label_delete, weft_label_sweep},
    [WEFT_OBJECT_VNI] = {"VNI", sizeof(struct weft_vni_msg), weft_vni_set, weft_vni_delete, weft_vni_sweep},
    [WEFT_OBJECT_PATH] = {"PATH", sizeof(struct weft_path_msg), weft_path_set, NULL, NULL},
    [WEFT_OBJECT_CONNECTION] = {"CONNECTION", sizeof(struct weft_connection_msg), NULL, NULL, NULL},
    [WEFT_OBJECT_DROP] = {"DROP", sizeof(struct weft_drop_msg), NULL, NULL, NULL},
    [WEFT_OBJECT_IDENTITY] = {"IDENTITY", sizeof(struct weft_identity_msg), weft_identity_set, weft_identity_delete,
			      weft_identity_sweep},
    [WEFT_OBJECT_POLICY] = {"POLICY", sizeof(struct weft_policy_msg), weft_policy_set, weft_policy_delete, weft_policy_sweep},
    [WEFT_OBJECT_SERVICE] = {"SERVICE", sizeof(struct weft_service_msg), weft_service_set, weft_service_delete,
			     weft_service_sweep},
    [WEFT_OBJECT_FLOATING_IP] = {"FLOATING_IP", sizeof(struct weft_floating_ip_msg), weft_floating_ip_set,
				 weft_floating_ip_delete, weft_floating_ip_sweep},
    [WEFT_OBJECT_NAT_POOL] = {"NAT_POOL", sizeof(struct weft_nat_pool_msg), weft_nat_pool_set, weft_nat_pool_delete,
			      weft_nat_pool_sweep},
    [WEFT_OBJECT_LOG] = {"LOG", sizeof(struct weft_log_msg), NULL, NULL, NULL},
    [WEFT_OBJECT_AGEING] = {"AGEING", sizeof(struct weft_ageing_msg), weft_ageing_set, NULL, NULL},
};

static const struct items_row items[WEFT_ARRAY_COUNT(rows)] = {
    [WEFT_OBJECT_NEXTHOP] = {"member_count", offsetof(struct weft_nexthop_msg, member_count),
			     sizeof(struct weft_nexthop_member), WEFT_NEXTHOP_MEMBERS_MAX},
    [WEFT_OBJECT_FLOATING_IP] = {"mapping_count", offsetof(struct weft_floating_ip_msg, mapping_count),
				 sizeof(struct weft_port_mapping), WEFT_PORT_MAPPINGS_MAX},
    [WEFT_OBJECT_POLICY] = {"rule_count", offsetof(struct weft_policy_msg, rule_count), sizeof(struct weft_policy_rule),
			    WEFT_POLICY_RULES_MAX},
    [WEFT_OBJECT_AGEING] = {"row_count", offsetof(struct weft_ageing_msg, row_count), sizeof(struct weft_ageing_row),
			    WEFT_AGEING_ROWS_MAX},
    [WEFT_OBJECT_SERVICE] = {"backend_count", offsetof(struct weft_service_msg, backend_count),
			     sizeof(struct weft_service_backend), WEFT_SERVICE_BACKENDS_MAX},
};

uint8_t *weft_answer_room(struct weft_answer *answer, uint16_t object, uint16_t operation, uint32_t epoch, uint32_t bytes)
{
	struct weft_message_header header = {object, operation, (uint32_t)sizeof(header) + bytes, epoch, 0};
	uint8_t *at = answer->bytes + answer->used;

	if (answer->used + header.bytes + WEFT_ANSWER_RESERVE > answer->capacity)
		return NULL;
	memcpy(at, &header, sizeof(header));
	answer->used += header.bytes;
	answer->messages++;
	return at + sizeof(header);
}

static bool answer_add(struct weft_answer *answer, uint16_t object, const void *body, uint32_t bytes)
{
	uint8_t *room = weft_answer_room(answer, object, WEFT_OPERATION_SET, 0, bytes);

	if (room)
		memcpy(room, body, bytes);
	return room != NULL;
}

static int hello(struct weft_context *context, struct weft_answer *answer, const void *body)
{
	const struct weft_hello_msg *theirs = body;
	struct weft_hello_msg ours = {WEFT_ABI_MAJOR, WEFT_ABI_MINOR, 0, {0}};

	if (theirs->abi_major != WEFT_ABI_MAJOR || theirs->abi_minor != WEFT_ABI_MINOR)
		return weft_refuse(context, EPROTO, "HELLO: the client speaks ABI %u.%u, this plane %u.%u", theirs->abi_major,
				   theirs->abi_minor, WEFT_ABI_MAJOR, WEFT_ABI_MINOR);
	memcpy(ours.peer, context->plane->implementation, sizeof(context->plane->implementation));
	return answer_add(answer, WEFT_OBJECT_HELLO, &ours, sizeof(ours))
		       ? 0
		       : weft_refuse(context, EMSGSIZE, "HELLO: the answer does not fit");
}

static int want_body(struct weft_context *context, const char *name, uint32_t bytes, uint32_t want)
{
	return bytes == want ? 0 : weft_refuse(context, EINVAL, "%s: a body of %u bytes, want %u", name, bytes, want);
}

/* The body of SET, DELETE and GET: the struct and the items it counts. */
static int want_object(struct weft_context *context, uint16_t object, const void *body, uint32_t bytes)
{
	const struct object_row *row = &rows[object];
	const struct items_row *item = &items[object];
	uint32_t count, want;

	if (!item->item_bytes || bytes < row->bytes)
		return want_body(context, row->name, bytes, row->bytes);
	memcpy(&count, (const uint8_t *)body + item->count_at, sizeof(count));
	if (count > item->items_max)
		return weft_refuse(context, EINVAL, "%s %s %u: at most %u", row->name, item->count_name, count, item->items_max);
	want = row->bytes + count * item->item_bytes;
	if (bytes != want)
		return weft_refuse(context, EINVAL, "%s %s %u: a body of %u bytes, want %u", row->name, item->count_name, count, bytes,
				   want);
	return 0;
}

static int apply(struct weft_context *context, struct weft_answer *answer, const struct weft_message_header *header,
		 const void *body, struct weft_done_msg *done)
{
	uint32_t bytes = header->bytes - (uint32_t)sizeof(*header);
	const struct object_row *row = header->object < WEFT_ARRAY_COUNT(rows) ? &rows[header->object] : NULL;
	int error;

	if (header->zero0)
		return weft_refuse(context, EINVAL, "message header zero0: padding is not zero");
	if (header->object == WEFT_OBJECT_HELLO) {
		error = want_body(context, "HELLO", bytes, sizeof(struct weft_hello_msg));
		return error ? error : hello(context, answer, body);
	}
	if (!row || !row->name)
		return weft_refuse(context, EINVAL, "message object %u: unknown", header->object);
	switch (header->operation) {
	case WEFT_OPERATION_SET:
	case WEFT_OPERATION_DELETE: {
		int (*change)(struct weft_context *, const void *) = header->operation == WEFT_OPERATION_SET ? row->set : row->remove;

		if (!change)
			break;
		error = want_object(context, header->object, body, bytes);
		error = error ? error : change(context, body);
		if (!error && context->changed)
			header->operation == WEFT_OPERATION_SET ? context->plane->sets++ : context->plane->deletes++;
		return error;
	}
	case WEFT_OPERATION_SWEEP:
		if (!row->sweep)
			break;
		error = want_body(context, row->name, bytes, 0);
		error = error ? error : row->sweep(context);
		context->plane->deletes += context->changed;
		return error;
	case WEFT_OPERATION_GET:
		error = want_object(context, header->object, body, bytes);
		return error ? error : weft_message_get(context, answer, header->object, body);
	case WEFT_OPERATION_DUMP:
		error = want_body(context, row->name, bytes, sizeof(struct weft_dump_msg));
		return error ? error : weft_message_dump(context, answer, header->object, body, done);
	default:
		break;
	}
	return weft_refuse(context, EINVAL, "%s operation %u: not for this object", row->name, header->operation);
}

bool weft_plane_restorable(uint16_t object)
{
	return object < WEFT_ARRAY_COUNT(rows) && rows[object].set && object != WEFT_OBJECT_PATH;
}

/* Tells the host what a worker after this one must be told. A refused SWEEP may have removed something. */
static void note_applied(struct weft_plane *plane, const struct weft_message_header *header, const void *message, bool applied,
			 bool changed)
{
	bool writes = header->operation == WEFT_OPERATION_SET || header->operation == WEFT_OPERATION_DELETE ||
		      header->operation == WEFT_OPERATION_SWEEP;

	if (plane->applied && !plane->restoring && writes && (applied || changed) && weft_plane_restorable(header->object))
		plane->applied(plane->host, message, header->bytes);
}

static void refuse_message(struct weft_answer *answer, struct weft_done_msg *done, uint32_t index, int error,
			   const struct weft_context *context)
{
	struct weft_error_msg refused = {.index = index, .code = -error};

	done->refused++;
	weft_text(refused.text, sizeof(refused.text), "%s", context->text[0] ? context->text : "refused");
	/* One that does not fit is still in the count. */
	answer_add(answer, WEFT_OBJECT_ERROR, &refused, sizeof(refused));
}

static uint32_t finish(struct weft_answer *answer, const struct weft_done_msg *done, uint32_t sequence)
{
	struct weft_message_header header = {WEFT_OBJECT_DONE, WEFT_OPERATION_SET, (uint32_t)(sizeof(header) + sizeof(*done)), 0, 0};
	struct weft_frame_header frame = {0, sequence, answer->messages + 1, 0};

	memcpy(answer->bytes + answer->used, &header, sizeof(header));
	memcpy(answer->bytes + answer->used + sizeof(header), done, sizeof(*done));
	answer->used += header.bytes;
	frame.bytes = answer->used;
	memcpy(answer->bytes, &frame, sizeof(frame));
	return answer->used;
}

uint32_t weft_plane_apply(struct weft_plane *plane, const void *request, uint32_t bytes, void *out, uint32_t capacity)
{
	const uint8_t *in = request;
	struct weft_answer answer = {out, sizeof(struct weft_frame_header), capacity, 0};
	struct weft_done_msg done = {0};
	struct weft_frame_header frame = {0};
	uint32_t at = sizeof(frame), index;

	if (bytes >= sizeof(frame))
		memcpy(&frame, in, sizeof(frame));
	for (index = 0; index < frame.message_count || bytes < sizeof(frame); index++) {
		struct weft_context context = {.plane = plane};
		struct weft_message_header header;
		int error;

		if (bytes < sizeof(frame) || frame.bytes != bytes || bytes - at < sizeof(header)) {
			refuse_message(&answer, &done, index,
				       weft_refuse(&context, EPROTO, "frame of %u bytes says %u bytes and %u messages", bytes, frame.bytes,
						   frame.message_count), &context);
			break;
		}
		memcpy(&header, in + at, sizeof(header));
		if (header.bytes < sizeof(header) || header.bytes % 8 || header.bytes > bytes - at || bytes > WEFT_FRAME_BYTES_MAX) {
			refuse_message(&answer, &done, index,
				       weft_refuse(&context, EPROTO, "message header bytes %u: want a multiple of 8 within the frame", header.bytes),
				       &context);
			break;
		}
		/* copied, so that it is aligned wherever it stood in the frame */
		memcpy(plane->request, in + at + sizeof(header), header.bytes - sizeof(header));
		context.epoch = header.epoch;
		error = apply(&context, &answer, &header, plane->request, &done);
		if (error)
			refuse_message(&answer, &done, index, error, &context);
		else
			done.applied++;
		note_applied(plane, &header, in + at, !error, context.changed);
		at += header.bytes;
	}
	if (!plane->restoring) {
		plane->shared->sets = plane->sets;
		plane->shared->deletes = plane->deletes;
	}
	return finish(&answer, &done, frame.sequence);
}
