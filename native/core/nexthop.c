/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Next hops: replaced whole, each life with a generation of its own. */
#include "plane.h"

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

static int check(struct weft_context *context, const struct weft_nexthop_msg *m)
{
	if (m->nexthop_id == WEFT_NEXTHOP_DISCARD_ID || m->nexthop_id >= WEFT_NEXTHOP_LIMIT)
		return weft_refuse(context, EINVAL, "NEXTHOP nexthop_id %u: want 1 to %u", m->nexthop_id, WEFT_NEXTHOP_LIMIT - 1);
	if (m->zero0 || m->zero1[0] || m->zero1[1])
		return weft_refuse(context, EINVAL, "NEXTHOP zero0/zero1: padding is not zero");
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
		return 0;
	case WEFT_NEXTHOP_TUNNEL:
		return check_tunnel(context, m);
	default:
		return weft_refuse(context, EINVAL, "NEXTHOP type %u: at most %u", m->type, WEFT_NEXTHOP_VRF);
	}
}

static bool same_destination(const struct weft_nexthop_entry *old, const struct weft_nexthop_msg *m)
{
	return old->seen.endpoint && m->type == WEFT_NEXTHOP_TUNNEL && old->seen.family == m->family &&
	       memcmp(old->message.destination, m->destination, 16) == 0;
}

static struct weft_nexthop_entry *make(struct weft_plane *plane, const struct weft_nexthop_msg *m, uint32_t epoch)
{
	struct weft_nexthop_entry *entry = weft_host_alloc(sizeof(*entry));

	if (!entry)
		return NULL;
	entry->message = *m;
	entry->seen.nexthop_id = m->nexthop_id;
	entry->seen.generation = weft_plane_generation(plane);
	entry->seen.type = m->type;
	entry->seen.encap = m->encap;
	entry->seen.family = m->family;
	entry->seen.vrf_id = m->vrf_id;
	entry->seen.vif_id = m->vif_id;
	entry->seen.epoch = epoch;
	memcpy(entry->seen.source, m->source, 16);
	memcpy(entry->seen.inner_mac, m->inner_mac, 6);
	memcpy(entry->seen.key, m->key, WEFT_KEY_BYTES);
	return entry;
}

int weft_nexthop_set(struct weft_context *context, const void *body)
{
	struct weft_plane *plane = context->plane;
	struct weft_nexthop_entry *old, *entry;
	struct weft_nexthop_msg m;
	int error;

	memcpy(&m, body, sizeof(m));
	m.references = 0;
	error = check(context, &m);
	if (error)
		return error;
	old = weft_nexthop_entry_get(plane, m.nexthop_id);
	if (old && memcmp(&old->message, &m, sizeof(m)) == 0) {
		old->seen.epoch = context->epoch;
		return 0;
	}
	entry = make(plane, &m, context->epoch);
	if (!entry || weft_sparse_reserve(plane, &plane->nexthops, m.nexthop_id)) {
		weft_host_free(entry, sizeof(*entry));
		return weft_refuse(context, ENOMEM, "NEXTHOP %u: out of memory", m.nexthop_id);
	}
	if (old && same_destination(old, &m)) {
		weft_endpoint_move(plane, old, entry);
	} else {
		if (m.type == WEFT_NEXTHOP_TUNNEL && weft_endpoint_attach(plane, entry, m.family, m.destination)) {
			weft_host_free(entry, sizeof(*entry));
			return weft_refuse(context, ENOMEM, "NEXTHOP %u: out of memory", m.nexthop_id);
		}
		if (old)
			weft_endpoint_detach(plane, old);
	}
	if (m.type == WEFT_NEXTHOP_VRF)
		weft_vrf_get(plane, m.vrf_id)->nexthops++;
	if (old) {
		entry->routes = old->routes;
		entry->labels = old->labels;
		entry->vnis = old->vnis;
		if (old->seen.type == WEFT_NEXTHOP_VRF)
			weft_vrf_get(plane, old->seen.vrf_id)->nexthops--;
		weft_host_free_deferred(plane, old, sizeof(*old));
	} else {
		plane->nexthop_count++;
	}
	weft_sparse_set(plane, &plane->nexthops, m.nexthop_id, (uintptr_t)entry);
	context->changed = true;
	return 0;
}

static int nexthop_remove(struct weft_context *context, struct weft_nexthop_entry *entry)
{
	struct weft_plane *plane = context->plane;

	if (entry->seen.nexthop_id == WEFT_NEXTHOP_DISCARD_ID)
		return weft_refuse(context, EPERM, "NEXTHOP nexthop_id 0: the discard cannot be deleted");
	if (entry->routes + entry->labels + entry->vnis)
		return weft_refuse(context, EBUSY, "NEXTHOP %u: used by %llu routes, %llu labels, %llu VNIs", entry->seen.nexthop_id,
				   (unsigned long long)entry->routes, (unsigned long long)entry->labels,
				   (unsigned long long)entry->vnis);
	weft_sparse_set(plane, &plane->nexthops, entry->seen.nexthop_id, 0);
	weft_endpoint_detach(plane, entry);
	if (entry->seen.type == WEFT_NEXTHOP_VRF)
		weft_vrf_get(plane, entry->seen.vrf_id)->nexthops--;
	plane->nexthop_count--;
	weft_host_free_deferred(plane, entry, sizeof(*entry));
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

int weft_nexthop_sweep(struct weft_context *context)
{
	struct weft_sparse *all = &context->plane->nexthops;
	int result = 0;

	for (uint32_t id = weft_sparse_next(all, 1); id < all->limit; id = weft_sparse_next(all, id + 1)) {
		struct weft_nexthop_entry *entry = weft_nexthop_entry_get(context->plane, id);

		if (entry->seen.epoch != context->epoch) {
			int error = nexthop_remove(context, entry);

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
		weft_host_free(weft_nexthop_entry_get(plane, id), sizeof(struct weft_nexthop_entry));
	weft_sparse_destroy(all);
}

void weft_nexthop_fill(const struct weft_nexthop_entry *entry, struct weft_nexthop_msg *out)
{
	*out = entry->message;
	out->nexthop_id = entry->seen.nexthop_id;
	out->references = entry->routes + entry->labels + entry->vnis;
}
