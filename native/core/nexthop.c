/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Next hops: replaced whole, each life with a generation of its own. */
#include "plane.h"

#define WEIGHT_MAX 1000u

struct weft_nexthop_entry *weft_nexthop_entry_get(struct weft_plane *plane, uint32_t nexthop_id)
{
	return weft_sparse_pointer(&plane->nexthops, nexthop_id);
}

struct weft_nexthop *weft_nexthop_get(struct weft_plane *plane, uint32_t nexthop_id)
{
	return weft_sparse_pointer(&plane->nexthops, nexthop_id); /* `seen` comes first */
}

int weft_nexthop_create_discard(struct weft_plane *plane)
{
	struct weft_nexthop_entry *entry = weft_host_alloc(sizeof(*entry));

	if (!entry || weft_sparse_reserve(plane, &plane->nexthops, WEFT_NEXTHOP_DISCARD_ID)) {
		weft_host_free(entry, sizeof(*entry));
		return -ENOMEM;
	}
	entry->seen.type = WEFT_NEXTHOP_DISCARD;
	entry->seen.generation = weft_plane_generation(plane);
	weft_sparse_set(plane, &plane->nexthops, WEFT_NEXTHOP_DISCARD_ID, (uintptr_t)entry);
	plane->nexthop_count++;
	return 0;
}

static int check_tunnel(struct weft_context *context, const struct weft_nexthop_msg *m)
{
	uint32_t bytes;

	if (m->encap == WEFT_ENCAP_MPLSOGRE)
		return weft_refuse(context, EOPNOTSUPP, "NEXTHOP encap %u: MPLS over GRE is not in this version", m->encap);
	if (m->encap != WEFT_ENCAP_VXLAN && m->encap != WEFT_ENCAP_MPLSOUDP)
		return weft_refuse(context, EINVAL, "NEXTHOP encap %u: want 1 (VXLAN) or 2 (MPLS in UDP)", m->encap);
	if (m->family != 4 && m->family != 6)
		return weft_refuse(context, EINVAL, "NEXTHOP family %u: want 4 or 6", m->family);
	bytes = weft_address_bytes(m->family);
	if (weft_all_zero(m->source, bytes))
		return weft_refuse(context, EINVAL, "NEXTHOP source: a tunnel needs an address");
	if (weft_all_zero(m->destination, bytes))
		return weft_refuse(context, EINVAL, "NEXTHOP destination: a tunnel needs an address");
	if (!weft_all_zero(m->source + bytes, 16 - bytes) || !weft_all_zero(m->destination + bytes, 16 - bytes))
		return weft_refuse(context, EINVAL, "NEXTHOP source/destination: bytes behind the IPv4 address are not zero");
	if (m->encap == WEFT_ENCAP_VXLAN && ((m->inner_mac[0] & 1) || weft_all_zero(m->inner_mac, 6)))
		return weft_refuse(context, EINVAL, "NEXTHOP inner_mac: VXLAN needs the remote router's unicast address");
	return 0;
}

static int check_member(struct weft_context *context, const struct weft_nexthop_msg *m, uint32_t index)
{
	const struct weft_nexthop_member *member = &m->members[index];
	const struct weft_nexthop *nexthop = weft_nexthop_get(context->plane, member->nexthop_id);
	uint32_t limit = nexthop && nexthop->encap == WEFT_ENCAP_VXLAN ? WEFT_VNI_LIMIT : WEFT_LABEL_LIMIT;

	if (member->member_id == 0)
		return weft_refuse(context, EINVAL, "NEXTHOP members[%u].member_id 0: want 1 or more", index);
	for (uint32_t i = 0; i < index; i++) {
		if (m->members[i].member_id == member->member_id)
			return weft_refuse(context, EINVAL, "NEXTHOP members[%u].member_id %u: members[%u] has it too", index,
					   member->member_id, i);
	}
	if (!nexthop)
		return weft_refuse(context, ENOENT, "NEXTHOP members[%u].nexthop_id %u: no such next hop", index, member->nexthop_id);
	if (member->nexthop_id == m->nexthop_id ||
	    (nexthop->type != WEFT_NEXTHOP_LOCAL && nexthop->type != WEFT_NEXTHOP_TUNNEL))
		return weft_refuse(context, EINVAL, "NEXTHOP members[%u].nexthop_id %u: want another one of type 2 or 3, its type is %u",
				   index, member->nexthop_id, nexthop->type);
	if (nexthop->type == WEFT_NEXTHOP_TUNNEL && member->label >= limit)
		return weft_refuse(context, EINVAL, "NEXTHOP members[%u].label %u: a tunnel of this kind takes at most %u", index,
				   member->label, limit - 1);
	if (nexthop->type == WEFT_NEXTHOP_LOCAL && member->label != WEFT_LABEL_NONE)
		return weft_refuse(context, EINVAL, "NEXTHOP members[%u].label %u: a local next hop takes none (%u)", index, member->label,
				   WEFT_LABEL_NONE);
	if (member->weight == 0 || member->weight > WEIGHT_MAX)
		return weft_refuse(context, EINVAL, "NEXTHOP members[%u].weight %u: want 1 to %u", index, member->weight,
				   WEIGHT_MAX);
	return 0;
}

static int check_members(struct weft_context *context, const struct weft_nexthop_msg *m)
{
	int error = 0;

	if (m->type != WEFT_NEXTHOP_ECMP)
		return m->member_count
			       ? weft_refuse(context, EINVAL, "NEXTHOP member_count %u: only ECMP (type 5) has members", m->member_count)
			       : 0;
	if (m->member_count == 0)
		return weft_refuse(context, EINVAL, "NEXTHOP member_count 0: ECMP wants 1 to %u", WEFT_NEXTHOP_MEMBERS_MAX);
	for (uint32_t i = 0; i < m->member_count && !error; i++)
		error = check_member(context, m, i);
	return error;
}

static int check(struct weft_context *context, const struct weft_nexthop_msg *m)
{
	int error = check_members(context, m);

	if (error)
		return error;
	if (m->nexthop_id == WEFT_NEXTHOP_DISCARD_ID || m->nexthop_id >= WEFT_NEXTHOP_LIMIT)
		return weft_refuse(context, EINVAL, "NEXTHOP nexthop_id %u: want 1 to %u", m->nexthop_id, WEFT_NEXTHOP_LIMIT - 1);
	if (m->zero0 || m->zero1[0] || m->zero1[1] || m->zero2)
		return weft_refuse(context, EINVAL, "NEXTHOP zero0/zero1/zero2: padding is not zero");
	switch (m->type) {
	case WEFT_NEXTHOP_DISCARD:
	case WEFT_NEXTHOP_RECEIVE:
	case WEFT_NEXTHOP_ECMP:
		return 0;
	case WEFT_NEXTHOP_LOCAL:
		if (!weft_vif_get(context->plane, m->vif_id))
			return weft_refuse(context, ENOENT, "NEXTHOP vif_id %u: no such vif", m->vif_id);
		return 0;
	case WEFT_NEXTHOP_VRF:
		if (!weft_vrf_get(context->plane, m->vrf_id))
			return weft_refuse(context, ENOENT, "NEXTHOP vrf_id %u: no such VRF", m->vrf_id);
		return 0;
	case WEFT_NEXTHOP_TUNNEL:
		return check_tunnel(context, m);
	default:
		return weft_refuse(context, EINVAL, "NEXTHOP type %u: at most %u", m->type, WEFT_NEXTHOP_ECMP);
	}
}

static bool same_destination(const struct weft_nexthop_entry *old, const struct weft_nexthop_msg *m)
{
	return old->seen.endpoint && m->type == WEFT_NEXTHOP_TUNNEL && old->seen.family == m->family &&
	       memcmp(old->message.destination, m->destination, 16) == 0;
}

static size_t entry_bytes(uint32_t members)
{
	return sizeof(struct weft_nexthop_entry) + members * sizeof(struct weft_nexthop_member);
}

static struct weft_nexthop_entry *make(const struct weft_nexthop_msg *m, struct weft_plane *plane, uint32_t epoch)
{
	struct weft_nexthop_entry *entry = weft_host_alloc(entry_bytes(m->member_count));

	if (!entry)
		return NULL;
	memcpy(&entry->message, m, sizeof(*m));
	memcpy(entry->message.members, m->members, m->member_count * sizeof(m->members[0]));
	entry->message.references = 0; /* answers only */
	entry->seen.nexthop_id = m->nexthop_id;
	entry->seen.generation = weft_plane_generation(plane);
	entry->seen.type = m->type;
	entry->seen.encap = m->encap;
	entry->seen.family = m->family;
	entry->seen.vrf_id = m->vrf_id;
	entry->seen.vif_id = m->vif_id;
	entry->seen.epoch = epoch;
	entry->seen.member_count = m->member_count;
	entry->seen.members = entry->message.members;
	memcpy(entry->seen.source, m->source, 16);
	memcpy(entry->seen.inner_mac, m->inner_mac, 6);
	memcpy(entry->seen.key, m->key, WEFT_KEY_BYTES);
	return entry;
}

/* What the entry refers to counts one reference more (+1) or less (-1); ECMPs are in a list of their own. */
static void refer(struct weft_plane *plane, struct weft_nexthop_entry *entry, int change)
{
	if (entry->seen.type == WEFT_NEXTHOP_VRF)
		weft_vrf_get(plane, entry->seen.vrf_id)->nexthops += (uint32_t)change;
	if (entry->seen.type != WEFT_NEXTHOP_ECMP)
		return;
	for (uint32_t i = 0; i < entry->seen.member_count; i++)
		weft_nexthop_entry_get(plane, entry->seen.members[i].nexthop_id)->memberships += (uint64_t)(int64_t)change;
	if (change > 0) {
		entry->ecmp_next = plane->ecmps;
		if (plane->ecmps)
			plane->ecmps->ecmp_previous = entry;
		plane->ecmps = entry;
		return;
	}
	if (entry->ecmp_previous)
		entry->ecmp_previous->ecmp_next = entry->ecmp_next;
	else
		plane->ecmps = entry->ecmp_next;
	if (entry->ecmp_next)
		entry->ecmp_next->ecmp_previous = entry->ecmp_previous;
}

void weft_nexthops_touch(struct weft_plane *plane, uint32_t nexthop_id, const struct weft_endpoint *endpoint)
{
	for (struct weft_nexthop_entry *entry = plane->ecmps; entry; entry = entry->ecmp_next) {
		bool touched = false;

		for (uint32_t i = 0; i < entry->seen.member_count && !touched; i++) {
			uint32_t id = entry->seen.members[i].nexthop_id;

			touched = endpoint ? weft_nexthop_get(plane, id)->endpoint == endpoint : id == nexthop_id;
		}
		if (touched)
			__atomic_store_n(&entry->seen.generation, weft_plane_generation(plane), __ATOMIC_RELEASE);
	}
}

/* The endpoint of a tunnel: the old one's when it leads there too. 0 or -ENOMEM. */
static int connect_endpoint(struct weft_plane *plane, struct weft_nexthop_entry *old, struct weft_nexthop_entry *entry)
{
	const struct weft_nexthop_msg *m = &entry->message;

	if (old && same_destination(old, m)) {
		weft_endpoint_move(plane, old, entry);
		return 0;
	}
	if (m->type == WEFT_NEXTHOP_TUNNEL && weft_endpoint_attach(plane, entry, m->family, m->destination))
		return -ENOMEM;
	if (old)
		weft_endpoint_detach(plane, old);
	return 0;
}

static bool same(const struct weft_nexthop_entry *old, const struct weft_nexthop_msg *m)
{
	return old->message.member_count == m->member_count &&
	       memcmp(&old->message, m, offsetof(struct weft_nexthop_msg, references)) == 0 &&
	       memcmp(old->message.members, m->members, m->member_count * sizeof(m->members[0])) == 0;
}

int weft_nexthop_set(struct weft_context *context, const void *body)
{
	const struct weft_nexthop_msg *m = body;
	struct weft_plane *plane = context->plane;
	struct weft_nexthop_entry *old, *entry;
	int error = check(context, m);

	if (error)
		return error;
	old = weft_nexthop_entry_get(plane, m->nexthop_id);
	if (old && same(old, m)) {
		old->seen.epoch = context->epoch;
		return 0;
	}
	if (old && old->memberships && m->type != WEFT_NEXTHOP_LOCAL && m->type != WEFT_NEXTHOP_TUNNEL)
		return weft_refuse(context, EBUSY, "NEXTHOP %u type %u: a member of %llu ECMP next hops must be 2 or 3", m->nexthop_id,
				   m->type, (unsigned long long)old->memberships);
	entry = make(m, plane, context->epoch);
	if (!entry || weft_sparse_reserve(plane, &plane->nexthops, m->nexthop_id) || connect_endpoint(plane, old, entry)) {
		weft_host_free(entry, entry_bytes(m->member_count));
		return weft_refuse(context, ENOMEM, "NEXTHOP %u: out of memory", m->nexthop_id);
	}
	refer(plane, entry, 1);
	if (old) {
		entry->routes = old->routes;
		entry->labels = old->labels;
		entry->vnis = old->vnis;
		entry->memberships = old->memberships;
		refer(plane, old, -1);
		weft_host_free_deferred(plane, old, entry_bytes(old->seen.member_count));
	} else {
		plane->nexthop_count++;
	}
	weft_sparse_set(plane, &plane->nexthops, m->nexthop_id, (uintptr_t)entry);
	if (entry->memberships)
		weft_nexthops_touch(plane, m->nexthop_id, NULL);
	context->changed = true;
	return 0;
}

static uint64_t references(const struct weft_nexthop_entry *entry)
{
	return entry->routes + entry->labels + entry->vnis + entry->memberships;
}

static int nexthop_remove(struct weft_context *context, struct weft_nexthop_entry *entry)
{
	struct weft_plane *plane = context->plane;

	if (entry->seen.nexthop_id == WEFT_NEXTHOP_DISCARD_ID)
		return weft_refuse(context, EPERM, "NEXTHOP nexthop_id 0: the discard cannot be deleted");
	if (references(entry))
		return weft_refuse(context, EBUSY, "NEXTHOP %u: used by %llu routes, %llu labels, %llu VNIs, %llu members",
				   entry->seen.nexthop_id, (unsigned long long)entry->routes, (unsigned long long)entry->labels,
				   (unsigned long long)entry->vnis, (unsigned long long)entry->memberships);
	weft_sparse_set(plane, &plane->nexthops, entry->seen.nexthop_id, 0);
	weft_endpoint_detach(plane, entry);
	refer(plane, entry, -1);
	plane->nexthop_count--;
	weft_host_free_deferred(plane, entry, entry_bytes(entry->seen.member_count));
	context->changed = true;
	return 0;
}

int weft_nexthop_delete(struct weft_context *context, const void *body)
{
	const struct weft_nexthop_msg *m = body;
	struct weft_nexthop_entry *entry = weft_nexthop_entry_get(context->plane, m->nexthop_id);

	if (!entry)
		return weft_refuse(context, ENOENT, "NEXTHOP nexthop_id %u: no such next hop", m->nexthop_id);
	return nexthop_remove(context, entry);
}

/* ECMPs first: they hold their members. */
int weft_nexthop_sweep(struct weft_context *context)
{
	struct weft_sparse *all = &context->plane->nexthops;
	int result = 0;

	for (uint32_t round = 0; round < 2; round++) {
		for (uint32_t id = weft_sparse_next(all, 1); id < all->limit; id = weft_sparse_next(all, id + 1)) {
			struct weft_nexthop_entry *entry = weft_nexthop_entry_get(context->plane, id);
			int error;

			if (entry->seen.epoch == context->epoch || (round == 0 && entry->seen.type != WEFT_NEXTHOP_ECMP))
				continue;
			error = nexthop_remove(context, entry);
			if (round)
				result = result ? result : error;
		}
	}
	return result;
}

void weft_nexthops_destroy(struct weft_plane *plane)
{
	struct weft_sparse *all = &plane->nexthops;

	if (!all->pages)
		return;
	for (uint32_t id = weft_sparse_next(all, 0); id < all->limit; id = weft_sparse_next(all, id + 1))
		weft_host_free(weft_nexthop_entry_get(plane, id),
			       entry_bytes(weft_nexthop_entry_get(plane, id)->seen.member_count));
	weft_sparse_destroy(all);
}

void weft_nexthop_fill(const struct weft_nexthop_entry *entry, struct weft_nexthop_msg *out)
{
	memcpy(out, &entry->message, sizeof(*out));
	out->nexthop_id = entry->seen.nexthop_id;
	out->references = references(entry);
}
