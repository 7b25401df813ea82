/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Incoming MPLS labels and VXLAN network identifiers: both lead to a next hop. */
#include "plane.h"

static struct weft_target target_of(uint64_t value)
{
	return (struct weft_target){(uint32_t)value, (uint32_t)(value >> 32)};
}

static uint64_t value_of(uint32_t nexthop_id, uint32_t epoch) { return (uint64_t)epoch << 32 | (nexthop_id + 1); }

static struct weft_nexthop *nexthop_of(struct weft_plane *plane, const struct weft_sparse *table, uint32_t id)
{
	struct weft_target target = target_of(weft_sparse_get(table, id));

	return target.nexthop_plus_one ? weft_nexthop_get(plane, target.nexthop_plus_one - 1) : NULL;
}

struct weft_nexthop *weft_label_get(struct weft_plane *plane, uint32_t label) { return nexthop_of(plane, &plane->labels, label); }
struct weft_nexthop *weft_vni_get(struct weft_plane *plane, uint32_t vni) { return nexthop_of(plane, &plane->vnis, vni); }

static uint64_t *users(struct weft_plane *plane, const struct weft_sparse *table, uint32_t nexthop_id)
{
	struct weft_nexthop_entry *entry = weft_nexthop_entry_get(plane, nexthop_id);

	return table == &plane->labels ? &entry->labels : &entry->vnis;
}

static int set(struct weft_context *context, struct weft_sparse *table, const char *what, uint32_t id, uint32_t nexthop_id)
{
	struct weft_plane *plane = context->plane;
	struct weft_nexthop *nexthop = weft_nexthop_get(plane, nexthop_id);
	struct weft_target old;

	if (!nexthop)
		return weft_refuse(context, ENOENT, "%s nexthop_id %u: no such next hop", what, nexthop_id);
	if (!plane->restoring && nexthop->type != WEFT_NEXTHOP_VRF &&
	    (table == &plane->vnis || nexthop->type != WEFT_NEXTHOP_LOCAL || nexthop->endpoint))
		return weft_refuse(context, EINVAL, "%s nexthop_id %u: its type %u cannot end a tunnel", what, nexthop_id, nexthop->type);
	if (weft_sparse_reserve(plane, table, id))
		return weft_refuse(context, ENOMEM, "%s %u: out of memory", what, id);
	old = target_of(weft_sparse_get(table, id));
	weft_sparse_set(plane, table, id, value_of(nexthop_id, context->epoch));
	if (old.nexthop_plus_one == nexthop_id + 1)
		return 0;
	if (old.nexthop_plus_one)
		--*users(plane, table, old.nexthop_plus_one - 1);
	++*users(plane, table, nexthop_id);
	context->changed = true;
	return 0;
}

static int unset(struct weft_context *context, struct weft_sparse *table, const char *what, uint32_t id)
{
	struct weft_target old = target_of(weft_sparse_get(table, id));

	if (!old.nexthop_plus_one)
		return weft_refuse(context, ENOENT, "%s %u: not configured", what, id);
	--*users(context->plane, table, old.nexthop_plus_one - 1);
	weft_sparse_set(context->plane, table, id, 0);
	context->changed = true;
	return 0;
}

static int sweep(struct weft_context *context, struct weft_sparse *table)
{
	for (uint32_t id = weft_sparse_next(table, 0); id < table->limit; id = weft_sparse_next(table, id + 1)) {
		if (target_of(weft_sparse_get(table, id)).epoch != context->epoch)
			unset(context, table, "", id);
	}
	return 0;
}

int weft_label_set(struct weft_context *context, const void *body)
{
	const struct weft_label_msg *m = body;

	if (m->label < 16 || m->label >= WEFT_LABEL_LIMIT)
		return weft_refuse(context, EINVAL, "LABEL label %u: want 16 to %u", m->label, WEFT_LABEL_LIMIT - 1);
	return set(context, &context->plane->labels, "LABEL", m->label, m->nexthop_id);
}

int weft_label_delete(struct weft_context *context, const void *body)
{
	return unset(context, &context->plane->labels, "LABEL label", ((const struct weft_label_msg *)body)->label);
}

int weft_label_sweep(struct weft_context *context) { return sweep(context, &context->plane->labels); }

int weft_vni_set(struct weft_context *context, const void *body)
{
	const struct weft_vni_msg *m = body;

	if (m->vni == 0 || m->vni >= WEFT_VNI_LIMIT)
		return weft_refuse(context, EINVAL, "VNI vni %u: want 1 to %u", m->vni, WEFT_VNI_LIMIT - 1);
	return set(context, &context->plane->vnis, "VNI", m->vni, m->nexthop_id);
}

int weft_vni_delete(struct weft_context *context, const void *body)
{
	return unset(context, &context->plane->vnis, "VNI vni", ((const struct weft_vni_msg *)body)->vni);
}

int weft_vni_sweep(struct weft_context *context) { return sweep(context, &context->plane->vnis); }
