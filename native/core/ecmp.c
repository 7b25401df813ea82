/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The choice among an ECMP next hop's members: weighted rendezvous over member ids, so that a member that comes or goes moves
 * only the connections it wins or had. A connection that has a member keeps it while it is usable.
 */
#include "worker.h"

#define FRACTION_BITS 16

/* log2 of 1 .. 2^32-1 with 16 bits behind the point, by repeated squaring: integers only, so the kernel can. */
static uint32_t log2_fixed(uint32_t value)
{
	uint32_t whole = 31 - (uint32_t)__builtin_clz(value), result = whole << FRACTION_BITS;
	uint64_t mantissa = (uint64_t)value << (31 - whole); /* 1.31: 1 <= m < 2 */

	for (uint32_t bit = 1u << (FRACTION_BITS - 1); bit; bit >>= 1) {
		mantissa = mantissa * mantissa >> 31;
		if (mantissa >> 32) {
			mantissa >>= 1;
			result |= bit;
		}
	}
	return result;
}

/* -log2 of a number in (0, 1) that hash and member id give: divided by the weight, the smallest wins in proportion to the
 * weights. */
static uint32_t distance(uint32_t hash, uint32_t member_id)
{
	uint64_t mix = (uint64_t)hash << 32 | member_id; /* splitmix64's finaliser */

	mix = (mix ^ mix >> 30) * 0xbf58476d1ce4e5b9ull;
	mix = (mix ^ mix >> 27) * 0x94d049bb133111ebull;
	mix ^= mix >> 31;
	return (32u << FRACTION_BITS) - log2_fixed((uint32_t)(mix >> 32) | 1u);
}

const struct weft_nexthop_member *weft_ecmp_member(const struct weft_nexthop *ecmp, uint32_t member_id)
{
	for (uint32_t i = 0; i < ecmp->member_count; i++) {
		if (ecmp->members[i].member_id == member_id)
			return &ecmp->members[i];
	}
	return NULL;
}

/* The member's way leads to this port, or to the endpoint with this index plus one. */
static bool leads_to(struct weft_plane *plane, const struct weft_nexthop_member *member, uint32_t vif_id, uint32_t entry)
{
	const struct weft_nexthop *nexthop = weft_nexthop_get(plane, member->nexthop_id);

	if (!nexthop)
		return false;
	if (vif_id != WEFT_FROM_FABRIC)
		return nexthop->type == WEFT_NEXTHOP_LOCAL && nexthop->vif_id == vif_id;
	return nexthop->type == WEFT_NEXTHOP_TUNNEL && nexthop->endpoint && nexthop->endpoint->index + 1 == entry;
}

const struct weft_nexthop_member *weft_ecmp_member_at(struct weft_plane *plane, const struct weft_nexthop *ecmp,
						      uint32_t vif_id, uint32_t entry, uint32_t preferred)
{
	const struct weft_nexthop_member *member = weft_ecmp_member(ecmp, preferred);

	if (member && leads_to(plane, member, vif_id, entry))
		return member;
	for (uint32_t i = 0; i < ecmp->member_count; i++) {
		if (leads_to(plane, &ecmp->members[i], vif_id, entry))
			return &ecmp->members[i];
	}
	return NULL;
}

enum weft_drop weft_ecmp_usable(struct weft_plane *plane, const struct weft_nexthop_member *member, uint32_t vif_id)
{
	const struct weft_nexthop *nexthop = weft_nexthop_get(plane, member->nexthop_id);

	if (nexthop && nexthop->type == WEFT_NEXTHOP_LOCAL && nexthop->vif_id != vif_id && weft_vif_get(plane, nexthop->vif_id))
		return WEFT_DROP_NONE;
	if (nexthop && nexthop->type == WEFT_NEXTHOP_TUNNEL && nexthop->endpoint &&
	    __atomic_load_n(&nexthop->endpoint->liveness, __ATOMIC_ACQUIRE) != WEFT_LIVENESS_DOWN)
		return vif_id == WEFT_FROM_FABRIC ? WEFT_DROP_TUNNEL_TO_TUNNEL : WEFT_DROP_NONE;
	return WEFT_DROP_NO_LIVE_MEMBER;
}

const struct weft_nexthop_member *weft_ecmp_choose(struct weft_plane *plane, const struct weft_nexthop *ecmp, uint32_t hash,
						   uint32_t vif_id, uint32_t preferred, enum weft_drop *reason)
{
	const struct weft_nexthop_member *best = weft_ecmp_member(ecmp, preferred);
	uint64_t best_distance = 0;

	*reason = WEFT_DROP_NONE;
	if (best && weft_ecmp_usable(plane, best, vif_id) == WEFT_DROP_NONE)
		return best;
	best = NULL;
	*reason = WEFT_DROP_NO_LIVE_MEMBER;
	for (uint32_t i = 0; i < ecmp->member_count; i++) {
		const struct weft_nexthop_member *member = &ecmp->members[i];
		enum weft_drop why = weft_ecmp_usable(plane, member, vif_id);
		uint64_t far;

		if (why) {
			if (!best && why == WEFT_DROP_TUNNEL_TO_TUNNEL)
				*reason = why;
			continue;
		}
		*reason = WEFT_DROP_NONE;
		far = distance(hash, member->member_id);
		/* far / weight, without dividing; equal: the smaller id, whatever the order */
		if (!best || far * best->weight < best_distance * member->weight ||
		    (far * best->weight == best_distance * member->weight && member->member_id < best->member_id)) {
			best = member;
			best_distance = far;
		}
	}
	return best;
}
