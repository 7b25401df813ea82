/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Routes and the stamps that tell connections of changed ones. */
#include "lookup.h"

struct weft_leaf weft_route_get(struct weft_plane *plane, uint32_t vrf_id, uint8_t family, const uint8_t *address)
{
	static const struct weft_leaf none = {
	    WEFT_NEXTHOP_DISCARD_ID, WEFT_LABEL_NONE, WEFT_IDENTITY_UNKNOWN, 0, WEFT_NO_ROUTE, 0};
	struct weft_vrf *vrf = weft_vrf_get(plane, vrf_id);
	const struct weft_route *route = vrf ? weft_fib_lookup(&vrf->fib[weft_family_slot(family)], address) : NULL;

	return route ? route->leaf : none;
}

uint32_t weft_route_stamp(struct weft_plane *plane, uint32_t vrf_id, uint8_t family, const uint8_t *address)
{
	struct weft_vrf *vrf = weft_vrf_get(plane, vrf_id);
	uint32_t *stamps = vrf ? weft_load(vrf->stamps[weft_family_slot(family)]) : NULL;

	return stamps ? __atomic_load_n(&stamps[weft_stamp_bucket(family, address)], __ATOMIC_ACQUIRE) : 0;
}

/* A route that covers several buckets' addresses changes all of them. */
static void stamp(struct weft_plane *plane, struct weft_vrf *vrf, unsigned int slot, const struct weft_route *route)
{
	uint32_t *stamps = vrf->stamps[slot], value = weft_plane_generation(plane);
	uint8_t prefix[16] = {0}; /* the bucket is asked of whole addresses */

	memcpy(prefix, route->prefix, vrf->fib[slot].width);
	if (route->leaf.prefix_len >= (slot ? 48 : 16)) {
		__atomic_store_n(&stamps[weft_stamp_bucket(slot ? 6 : 4, prefix)], value, __ATOMIC_RELEASE);
		return;
	}
	for (uint32_t i = 0; i < WEFT_STAMP_BUCKETS; i++)
		__atomic_store_n(&stamps[i], value, __ATOMIC_RELEASE);
}

int weft_route_touch_prepare(struct weft_vrf *vrf, uint8_t family)
{
	unsigned int slot = weft_family_slot(family);
	uint32_t *stamps;

	if (vrf->stamps[slot])
		return 0;
	stamps = weft_host_alloc(sizeof(*stamps) * WEFT_STAMP_BUCKETS);
	if (!stamps)
		return -ENOMEM;
	weft_store(vrf->stamps[slot], stamps);
	return 0;
}

void weft_route_touch(struct weft_plane *plane, struct weft_vrf *vrf, uint8_t family, const uint8_t *address)
{
	uint32_t *stamps = vrf->stamps[weft_family_slot(family)];

	if (stamps)
		__atomic_store_n(&stamps[weft_stamp_bucket(family, address)], weft_plane_generation(plane), __ATOMIC_RELEASE);
}

static bool host_bits_zero(const struct weft_route_msg *m)
{
	uint32_t whole = m->prefix_len / 8, rest = m->prefix_len % 8;

	if (rest && m->prefix[whole] & (0xff >> rest))
		return false;
	whole += rest != 0;
	return weft_all_zero(m->prefix + whole, (uint32_t)sizeof(m->prefix) - whole);
}

static int check(struct weft_context *context, const struct weft_route_msg *m)
{
	uint32_t bits;

	if (m->family != 4 && m->family != 6)
		return weft_refuse(context, EINVAL, "ROUTE family %u: want 4 or 6", m->family);
	bits = weft_address_bits(m->family);
	if (m->prefix_len > bits)
		return weft_refuse(context, EINVAL, "ROUTE prefix_len %u: at most %u", m->prefix_len, bits);
	for (uint32_t bit = m->prefix_len; bit < 128 && !host_bits_zero(m); bit++) {
		if (m->prefix[bit / 8] & (0x80 >> bit % 8))
			return weft_refuse(context, EINVAL, "ROUTE prefix: bit %u is set behind prefix_len %u", bit, m->prefix_len);
	}
	if (!weft_vrf_get(context->plane, m->vrf_id))
		return weft_refuse(context, ENOENT, "ROUTE vrf_id %u: no such VRF", m->vrf_id);
	return 0;
}

static int check_target(struct weft_context *context, const struct weft_route_msg *m)
{
	struct weft_nexthop_entry *entry = weft_nexthop_entry_get(context->plane, m->nexthop_id);

	if (m->zero0[0] || m->zero0[1])
		return weft_refuse(context, EINVAL, "ROUTE zero0: padding is not zero");
	if (m->flags & ~(uint32_t)(WEFT_ROUTE_PROXY_NEIGHBOUR | WEFT_ROUTE_SAME_NETWORK))
		return weft_refuse(context, EINVAL, "ROUTE flags %x: unknown bits", m->flags);
	if (!entry)
		return weft_refuse(context, ENOENT, "ROUTE nexthop_id %u: no such next hop", m->nexthop_id);
	if (!weft_identity_known(context->plane, m->identity_id))
		return weft_refuse(context, ENOENT, "ROUTE identity_id %u: no such identity", m->identity_id);
	if (entry->seen.type == WEFT_NEXTHOP_TUNNEL && !context->plane->restoring) {
		uint32_t limit = entry->seen.encap == WEFT_ENCAP_VXLAN ? WEFT_VNI_LIMIT : WEFT_LABEL_LIMIT;

		if (m->label >= limit)
			return weft_refuse(context, EINVAL, "ROUTE label %u: a tunnel of this kind takes at most %u", m->label,
					   limit - 1);
	}
	return 0;
}

int weft_route_set(struct weft_context *context, const void *body)
{
	const struct weft_route_msg *m = body;
	struct weft_plane *plane = context->plane;
	struct weft_route *route, *old, *replaced;
	struct weft_vrf *vrf;
	unsigned int slot;
	int error = check(context, m);

	error = error ? error : check_target(context, m);
	if (error)
		return error;
	vrf = weft_vrf_get(plane, m->vrf_id);
	slot = weft_family_slot(m->family);
	old = weft_fib_exact(&vrf->fib[slot], m->prefix, m->prefix_len);
	if (old && old->leaf.nexthop_id == m->nexthop_id && old->leaf.label == m->label &&
	    old->leaf.identity_id == m->identity_id && old->leaf.flags == m->flags) {
		old->epoch = context->epoch;
		return 0;
	}
	if (weft_route_touch_prepare(vrf, m->family))
		return weft_refuse(context, ENOMEM, "ROUTE: out of memory");
	route = weft_fib_route(plane, &vrf->fib[slot], m->prefix, m->prefix_len);
	if (!route)
		return weft_refuse(context, ENOMEM, "ROUTE: out of memory");
	route->leaf = (struct weft_leaf){m->nexthop_id, m->label, m->identity_id, (uint16_t)m->flags, m->prefix_len, 0};
	route->epoch = context->epoch;
	if (weft_fib_insert(plane, &vrf->fib[slot], route, &replaced)) {
		weft_slab_free(plane, route);
		return weft_refuse(context, ENOMEM, "ROUTE: out of memory");
	}
	weft_nexthop_use(plane, m->nexthop_id, 1);
	weft_identity_use(plane, m->identity_id, 1);
	if (replaced) {
		weft_nexthop_use(plane, replaced->leaf.nexthop_id, -1);
		weft_identity_use(plane, replaced->leaf.identity_id, -1);
		weft_slab_retire(plane, replaced, weft_fib_route_bytes(&vrf->fib[slot]));
	} else {
		plane->route_count++;
	}
	stamp(plane, vrf, slot, route);
	context->changed = true;
	return 0;
}

static int route_remove(struct weft_context *context, struct weft_vrf *vrf, unsigned int slot, const struct weft_route *route)
{
	struct weft_plane *plane = context->plane;
	struct weft_route *removed;

	if (weft_fib_remove(plane, &vrf->fib[slot], route->prefix, route->leaf.prefix_len, &removed))
		return weft_refuse(context, ENOMEM, "ROUTE: out of memory");
	weft_nexthop_use(plane, removed->leaf.nexthop_id, -1);
	weft_identity_use(plane, removed->leaf.identity_id, -1);
	plane->route_count--;
	stamp(plane, vrf, slot, removed);
	weft_slab_retire(plane, removed, weft_fib_route_bytes(&vrf->fib[slot]));
	context->changed = true;
	return 0;
}

int weft_route_delete(struct weft_context *context, const void *body)
{
	const struct weft_route_msg *m = body;
	struct weft_route *route;
	struct weft_vrf *vrf;
	int error = check(context, m);

	if (error)
		return error;
	vrf = weft_vrf_get(context->plane, m->vrf_id);
	route = weft_fib_exact(&vrf->fib[weft_family_slot(m->family)], m->prefix, m->prefix_len);
	if (!route)
		return weft_refuse(context, ENOENT, "ROUTE prefix: VRF %u has no such route of length %u", m->vrf_id,
				   m->prefix_len);
	return route_remove(context, vrf, weft_family_slot(m->family), route);
}

int weft_route_sweep(struct weft_context *context)
{
	struct weft_plane *plane = context->plane;

	for (uint32_t id = weft_sparse_next(&plane->vrfs, 0); id < plane->vrfs.limit;
	     id = weft_sparse_next(&plane->vrfs, id + 1)) {
		struct weft_vrf *vrf = weft_vrf_get(plane, id);

		for (unsigned int slot = 0; slot < 2; slot++) {
			const struct weft_route *route = weft_fib_next(&vrf->fib[slot], NULL, 0);

			while (route) {
				uint8_t prefix[16], length = route->leaf.prefix_len;
				int error = 0;

				memcpy(prefix, route->prefix, vrf->fib[slot].width);
				if (route->epoch != context->epoch)
					error = route_remove(context, vrf, slot, route);
				if (error)
					return error;
				route = weft_fib_next(&vrf->fib[slot], prefix, length);
			}
		}
	}
	return 0;
}

void weft_route_fill(const struct weft_vrf *vrf, unsigned int slot, const struct weft_route *route, struct weft_route_msg *out)
{
	memset(out, 0, sizeof(*out));
	out->vrf_id = vrf->vrf_id;
	out->family = slot ? 6 : 4;
	out->prefix_len = route->leaf.prefix_len;
	memcpy(out->prefix, route->prefix, vrf->fib[slot].width);
	out->nexthop_id = route->leaf.nexthop_id;
	out->label = route->leaf.label;
	out->identity_id = route->leaf.identity_id;
	out->flags = route->leaf.flags;
}
