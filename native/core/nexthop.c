/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Next hops: replaced whole, each life with a generation of its own. */
#include "plane.h"

#include "encap/template.h"

struct weft_nexthop_entry *weft_nexthop_entry_get(struct weft_plane *plane, uint32_t nexthop_id)
{
	return weft_sparse_pointer(&plane->nexthops, nexthop_id);
}

struct weft_nexthop *weft_nexthop_get(struct weft_plane *plane, uint32_t nexthop_id)
{
	return weft_sparse_pointer(&plane->nexthops, nexthop_id); /* `seen` comes first */
}

static size_t entry_bytes(uint32_t member_count)
{
	return sizeof(struct weft_nexthop_entry) + member_count * sizeof(struct weft_nexthop_member);
}

static void entry_free(struct weft_nexthop_entry *entry)
{
	if (entry)
		weft_host_free(entry, entry_bytes(entry->seen.member_count));
}

int weft_nexthop_create_discard(struct weft_plane *plane)
{
	struct weft_nexthop_entry *entry = weft_host_alloc(sizeof(*entry));

	if (!entry || weft_sparse_reserve(plane, &plane->nexthops, WEFT_NEXTHOP_DISCARD_ID)) {
		entry_free(entry);
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

	if (m->encap == WEFT_ENCAP_NONE || m->encap > WEFT_ENCAP_MPLSOGRE)
		return weft_refuse(context, EINVAL, "NEXTHOP encap %u: want 1 (VXLAN), 2 (MPLS in UDP) or 3 (MPLS in GRE)",
				   m->encap);
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

static int check_native(struct weft_context *context, const struct weft_nexthop_msg *m)
{
	const struct weft_vif *vif = weft_vif_get(context->plane, m->vif_id);
	uint32_t bytes;

	if (!vif && !context->plane->restoring)
		return weft_refuse(context, ENOENT, "NEXTHOP vif_id %u: no such vif", m->vif_id);
	if (vif && vif->type != WEFT_VIF_PHYSICAL)
		return weft_refuse(context, EINVAL, "NEXTHOP vif_id %u: its type is %u, NATIVE wants %u (an uplink)", m->vif_id,
				   vif->type, WEFT_VIF_PHYSICAL);
	if (m->encap != WEFT_ENCAP_NONE)
		return weft_refuse(context, EINVAL, "NEXTHOP encap %u: NATIVE has none", m->encap);
	if (m->family != 4 && m->family != 6)
		return weft_refuse(context, EINVAL, "NEXTHOP family %u: want 4 or 6", m->family);
	bytes = weft_address_bytes(m->family);
	if (weft_all_zero(m->destination, bytes))
		return weft_refuse(context, EINVAL, "NEXTHOP destination: NATIVE needs the gateway's address");
	if (!weft_all_zero(m->destination + bytes, 16 - bytes) || !weft_all_zero(m->source, 16))
		return weft_refuse(
		    context, EINVAL,
		    "NEXTHOP source/destination: NATIVE has no source, and nothing behind the gateway's address");
	return 0;
}

static int check_member(struct weft_context *context, const struct weft_nexthop_msg *m, uint32_t index)
{
	const struct weft_nexthop_member *member = &m->members[index];
	const struct weft_nexthop *nexthop = weft_nexthop_get(context->plane, member->nexthop_id);

	if (member->member_id == 0)
		return weft_refuse(context, EINVAL, "NEXTHOP members[%u] member_id 0: want 1 to 4294967295", index);
	for (uint32_t other = 0; other < index; other++) {
		if (m->members[other].member_id == member->member_id)
			return weft_refuse(context, EINVAL, "NEXTHOP members[%u] member_id %u: members[%u] has it too", index,
					   member->member_id, other);
	}
	if (member->nexthop_id == m->nexthop_id)
		return weft_refuse(context, EINVAL, "NEXTHOP members[%u] nexthop_id %u: the next hop itself", index,
				   m->nexthop_id);
	if (!nexthop)
		return weft_refuse(context, ENOENT, "NEXTHOP members[%u] nexthop_id %u: no such next hop", index,
				   member->nexthop_id);
	if (nexthop->type != WEFT_NEXTHOP_LOCAL && nexthop->type != WEFT_NEXTHOP_TUNNEL)
		return weft_refuse(context, EINVAL, "NEXTHOP members[%u] nexthop_id %u: its type is %u, want LOCAL or TUNNEL",
				   index, member->nexthop_id, nexthop->type);
	if (member->label != WEFT_LABEL_NONE && member->label >= WEFT_VNI_LIMIT)
		return weft_refuse(context, EINVAL, "NEXTHOP members[%u] label %u: at most %u", index, member->label,
				   WEFT_VNI_LIMIT - 1);
	if (nexthop->type == WEFT_NEXTHOP_TUNNEL && member->label == WEFT_LABEL_NONE)
		return weft_refuse(context, EINVAL, "NEXTHOP members[%u] label: a tunnel needs one", index);
	if (member->weight == 0 || member->weight > WEFT_MEMBER_WEIGHT_MAX)
		return weft_refuse(context, EINVAL, "NEXTHOP members[%u] weight %u: want 1 to %u", index, member->weight,
				   WEFT_MEMBER_WEIGHT_MAX);
	return 0;
}

static int check_ecmp(struct weft_context *context, const struct weft_nexthop_msg *m)
{
	const struct weft_nexthop_entry *old = weft_nexthop_entry_get(context->plane, m->nexthop_id);
	int error = 0;

	if (m->member_count == 0)
		return weft_refuse(context, EINVAL, "NEXTHOP member_count 0: ECMP wants 1 to %u", WEFT_NEXTHOP_MEMBERS_MAX);
	if (old && old->labels + old->vnis)
		return weft_refuse(context, EBUSY, "NEXTHOP %u type: labels or VNIs use it, which ECMP cannot serve",
				   m->nexthop_id);
	for (uint32_t index = 0; index < m->member_count && !error; index++)
		error = check_member(context, m, index);
	return error;
}

static int check(struct weft_context *context, const struct weft_nexthop_msg *m)
{
	const struct weft_nexthop_entry *old;

	if (m->nexthop_id == WEFT_NEXTHOP_DISCARD_ID || m->nexthop_id >= WEFT_NEXTHOP_LIMIT)
		return weft_refuse(context, EINVAL, "NEXTHOP nexthop_id %u: want 1 to %u", m->nexthop_id,
				   WEFT_NEXTHOP_LIMIT - 1);
	if (m->zero1[0] || m->zero1[1])
		return weft_refuse(context, EINVAL, "NEXTHOP zero1: padding is not zero");
	if (m->hash_fields && (m->type != WEFT_NEXTHOP_ECMP || m->hash_fields > WEFT_HASH_ALL))
		return weft_refuse(context, EINVAL, "NEXTHOP hash_fields %u: want 0 to %u for ECMP, else 0", m->hash_fields,
				   WEFT_HASH_ALL);
	if (m->type != WEFT_NEXTHOP_VRF && m->nat_pool_id)
		return weft_refuse(context, EINVAL, "NEXTHOP nat_pool_id %u: only a VRF next hop has one", m->nat_pool_id);
	if (m->type != WEFT_NEXTHOP_ECMP && m->member_count)
		return weft_refuse(context, EINVAL, "NEXTHOP member_count %u: only ECMP has members", m->member_count);
	old = weft_nexthop_entry_get(context->plane, m->nexthop_id);
	if (old && old->members && m->type != WEFT_NEXTHOP_LOCAL && m->type != WEFT_NEXTHOP_NATIVE &&
	    m->type != WEFT_NEXTHOP_TUNNEL)
		return weft_refuse(context, EBUSY,
				   "NEXTHOP %u type %u: an ECMP next hop has it as a member, want LOCAL, NATIVE or TUNNEL",
				   m->nexthop_id, m->type);
	switch (m->type) {
	case WEFT_NEXTHOP_DISCARD:
	case WEFT_NEXTHOP_RECEIVE:
		return 0;
	case WEFT_NEXTHOP_LOCAL:
		if (!weft_vif_get(context->plane, m->vif_id) && !context->plane->restoring) /* the vif may go before it */
			return weft_refuse(context, ENOENT, "NEXTHOP vif_id %u: no such vif", m->vif_id);
		return 0;
	case WEFT_NEXTHOP_VRF:
		if (!weft_vrf_get(context->plane, m->vrf_id))
			return weft_refuse(context, ENOENT, "NEXTHOP vrf_id %u: no such VRF", m->vrf_id);
		return m->nat_pool_id ? weft_nat_pool_check(context, "NEXTHOP", m->nat_pool_id, m->vrf_id) : 0;
	case WEFT_NEXTHOP_TUNNEL:
		return check_tunnel(context, m);
	case WEFT_NEXTHOP_ECMP:
		return check_ecmp(context, m);
	case WEFT_NEXTHOP_NATIVE:
		return check_native(context, m);
	default:
		return weft_refuse(context, EINVAL, "NEXTHOP type %u: at most %u", m->type, WEFT_NEXTHOP_NATIVE);
	}
}

static bool has_endpoint(const struct weft_nexthop_msg *m)
{
	return m->type == WEFT_NEXTHOP_TUNNEL || m->type == WEFT_NEXTHOP_NATIVE;
}

static bool same_destination(const struct weft_nexthop_entry *old, const struct weft_nexthop_msg *m)
{
	return old->seen.endpoint && has_endpoint(m) && old->seen.family == m->family &&
	       memcmp(old->message.destination, m->destination, 16) == 0;
}

/* One user more (+1) or less (-1) of every member's next hop. */
static void count_members(struct weft_plane *plane, const struct weft_nexthop_entry *entry, int by)
{
	for (uint32_t i = 0; i < entry->seen.member_count; i++)
		weft_nexthop_entry_get(plane, entry->seen.members[i].nexthop_id)->members += (uint64_t)(int64_t)by;
}

static bool same(const struct weft_nexthop_entry *old, const struct weft_nexthop_msg *m)
{
	return memcmp(&old->message, m, offsetof(struct weft_nexthop_msg, references)) == 0 &&
	       memcmp(old->seen.members, m->members, m->member_count * sizeof(m->members[0])) == 0;
}

static struct weft_nexthop_entry *make(struct weft_plane *plane, const struct weft_nexthop_msg *m, uint32_t epoch)
{
	struct weft_nexthop_entry *entry = weft_host_alloc(entry_bytes(m->member_count));

	if (!entry)
		return NULL;
	memcpy(&entry->message, m, sizeof(*m) + m->member_count * sizeof(m->members[0]));
	entry->message.references = 0;
	entry->seen.member_count = m->member_count;
	entry->seen.members = entry->message.members;
	entry->seen.nexthop_id = m->nexthop_id;
	entry->seen.generation = weft_plane_generation(plane);
	/* a native one is a LOCAL one with a gateway: it leads to an interface, and everybody but the way out treats it as such
	 */
	entry->seen.type = m->type == WEFT_NEXTHOP_NATIVE ? WEFT_NEXTHOP_LOCAL : m->type;
	entry->seen.encap = m->encap;
	entry->seen.family = m->family;
	entry->seen.hash_fields = m->hash_fields ? m->hash_fields : WEFT_HASH_ALL;
	entry->seen.vrf_id = m->vrf_id;
	entry->seen.nat_pool_id = m->nat_pool_id;
	entry->seen.vif_id = m->vif_id;
	entry->seen.epoch = epoch;
	memcpy(entry->seen.source, m->source, 16);
	memcpy(entry->seen.destination, m->destination, 16);
	memcpy(entry->seen.inner_mac, m->inner_mac, 6);
	memcpy(entry->seen.key, m->key, WEFT_KEY_BYTES);
	if (m->type == WEFT_NEXTHOP_TUNNEL)
		weft_template_make(&entry->seen);
	return entry;
}

/* `by` routes more lead to this VRF's table. Read by workers. */
static void look_up_in(struct weft_plane *plane, const struct weft_nexthop *nexthop, uint64_t by)
{
	struct weft_vrf *vrf = nexthop->type == WEFT_NEXTHOP_VRF ? weft_vrf_get(plane, nexthop->vrf_id) : NULL;

	if (vrf)
		weft_put(vrf->looked_up, vrf->looked_up + (uint32_t)by);
}

void weft_nexthop_use(struct weft_plane *plane, uint32_t nexthop_id, int by)
{
	struct weft_nexthop_entry *entry = weft_nexthop_entry_get(plane, nexthop_id);

	entry->routes += (uint64_t)(int64_t)by;
	look_up_in(plane, &entry->seen, (uint64_t)(int64_t)by);
}

/* `entry` is in place of `old` (NULL: of nothing), with its references; what each refers to is counted. */
static void take_over(struct weft_plane *plane, struct weft_nexthop_entry *entry, struct weft_nexthop_entry *old)
{
	if (entry->seen.type == WEFT_NEXTHOP_VRF)
		weft_vrf_get(plane, entry->seen.vrf_id)->nexthops++;
	weft_nat_pool_use(plane, entry->seen.nat_pool_id, 1);
	count_members(plane, entry, 1);
	if (!old) {
		plane->nexthop_count++;
		return;
	}
	entry->routes = old->routes;
	entry->labels = old->labels;
	entry->vnis = old->vnis;
	entry->members = old->members;
	look_up_in(plane, &entry->seen, entry->routes);
	look_up_in(plane, &old->seen, 0 - old->routes);
	if (old->seen.type == WEFT_NEXTHOP_VRF)
		weft_vrf_get(plane, old->seen.vrf_id)->nexthops--;
	weft_nat_pool_use(plane, old->seen.nat_pool_id, -1);
	count_members(plane, old, -1);
	weft_host_free_deferred(plane, old, entry_bytes(old->seen.member_count));
}

int weft_nexthop_set(struct weft_context *context, const void *body)
{
	struct weft_plane *plane = context->plane;
	const struct weft_nexthop_msg *m = body;
	struct weft_nexthop_entry *old, *entry;
	int error = check(context, m);

	if (error)
		return error;
	old = weft_nexthop_entry_get(plane, m->nexthop_id);
	if (old && same(old, m)) {
		old->seen.epoch = context->epoch;
		return 0;
	}
	entry = make(plane, m, context->epoch);
	if (!entry || weft_sparse_reserve(plane, &plane->nexthops, m->nexthop_id)) {
		entry_free(entry);
		return weft_refuse(context, ENOMEM, "NEXTHOP %u: out of memory", m->nexthop_id);
	}
	if (old && same_destination(old, m)) {
		weft_endpoint_move(plane, old, entry);
	} else {
		if (has_endpoint(m) && weft_endpoint_attach(plane, entry, m->family, m->destination)) {
			entry_free(entry);
			return weft_refuse(context, ENOMEM, "NEXTHOP %u: out of memory", m->nexthop_id);
		}
		if (old)
			weft_endpoint_detach(plane, old);
	}
	weft_sparse_set(plane, &plane->nexthops, m->nexthop_id, (uintptr_t)entry);
	take_over(plane, entry, old);
	context->changed = true;
	return 0;
}

static int nexthop_remove(struct weft_context *context, struct weft_nexthop_entry *entry)
{
	struct weft_plane *plane = context->plane;

	if (entry->seen.nexthop_id == WEFT_NEXTHOP_DISCARD_ID)
		return weft_refuse(context, EPERM, "NEXTHOP nexthop_id 0: the discard cannot be deleted");
	if (entry->routes + entry->labels + entry->vnis + entry->members)
		return weft_refuse(context, EBUSY,
				   "NEXTHOP %u: used by %llu routes, %llu labels, %llu VNIs, %llu ECMP next hops",
				   entry->seen.nexthop_id, (unsigned long long)entry->routes, (unsigned long long)entry->labels,
				   (unsigned long long)entry->vnis, (unsigned long long)entry->members);
	weft_sparse_set(plane, &plane->nexthops, entry->seen.nexthop_id, 0);
	weft_endpoint_detach(plane, entry);
	if (entry->seen.type == WEFT_NEXTHOP_VRF)
		weft_vrf_get(plane, entry->seen.vrf_id)->nexthops--;
	weft_nat_pool_use(plane, entry->seen.nat_pool_id, -1);
	count_members(plane, entry, -1);
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

static int sweep_type(struct weft_context *context, bool ecmp)
{
	struct weft_sparse *all = &context->plane->nexthops;
	int result = 0;

	for (uint32_t id = weft_sparse_next(all, 1); id < all->limit; id = weft_sparse_next(all, id + 1)) {
		struct weft_nexthop_entry *entry = weft_nexthop_entry_get(context->plane, id);

		if (entry->seen.epoch != context->epoch && (entry->seen.type == WEFT_NEXTHOP_ECMP) == ecmp) {
			int error = nexthop_remove(context, entry);

			result = result ? result : error;
		}
	}
	return result;
}

/* What has members goes before its members. */
int weft_nexthop_sweep(struct weft_context *context)
{
	int ecmp = sweep_type(context, true), rest = sweep_type(context, false);

	return ecmp ? ecmp : rest;
}

void weft_nexthops_destroy(struct weft_plane *plane)
{
	struct weft_sparse *all = &plane->nexthops;

	if (!all->pages)
		return;
	for (uint32_t id = weft_sparse_next(all, 0); id < all->limit; id = weft_sparse_next(all, id + 1))
		entry_free(weft_nexthop_entry_get(plane, id));
	weft_sparse_destroy(all);
}

uint32_t weft_nexthop_bytes(const struct weft_nexthop_entry *entry)
{
	return (uint32_t)sizeof(entry->message) + entry->seen.member_count * (uint32_t)sizeof(entry->seen.members[0]);
}

void weft_nexthop_fill(const struct weft_nexthop_entry *entry, void *out)
{
	uint64_t references = entry->routes + entry->labels + entry->vnis + entry->members;

	memcpy(out, &entry->message, weft_nexthop_bytes(entry));
	memcpy((uint8_t *)out + offsetof(struct weft_nexthop_msg, nexthop_id), &entry->seen.nexthop_id, sizeof(uint32_t));
	memcpy((uint8_t *)out + offsetof(struct weft_nexthop_msg, references), &references, sizeof(references));
}
