/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Equal-cost multipath: which member of a next hop carries a connection. Worker context. */
#include "worker.h"

/* Whether a connection may leave by the member now. */
static bool usable(struct weft_plane *plane, const struct weft_nexthop_member *member, uint32_t from_vif)
{
	const struct weft_nexthop *nexthop = weft_nexthop_get(plane, member->nexthop_id);

	if (!nexthop)
		return false;
	if (nexthop->type == WEFT_NEXTHOP_LOCAL) {
		const struct weft_vif *vif = weft_vif_get(plane, nexthop->vif_id);

		/* a native one needs its uplink's carrier and its gateway too */
		return nexthop->vif_id != from_vif && vif &&
		       (!nexthop->endpoint || (vif->carrier && nexthop->endpoint->state == WEFT_PATH_RESOLVED));
	}
	return nexthop->type == WEFT_NEXTHOP_TUNNEL && nexthop->endpoint && from_vif != WEFT_FROM_FABRIC &&
	       __atomic_load_n(&nexthop->endpoint->liveness, __ATOMIC_ACQUIRE) != WEFT_LIVENESS_DOWN;
}

uint32_t weft_ecmp_hash(struct weft_plane *plane, const struct weft_nexthop *ecmp, const struct weft_connection_key *key)
{
	struct weft_connection_key some = *key;

	if (!(ecmp->hash_fields & WEFT_HASH_PROTOCOL))
		some.protocol = 0;
	if (!(ecmp->hash_fields & WEFT_HASH_SOURCE_ADDRESS))
		memset(some.source, 0, sizeof(some.source));
	if (!(ecmp->hash_fields & WEFT_HASH_SOURCE_PORT))
		some.source_port = 0;
	if (!(ecmp->hash_fields & WEFT_HASH_DESTINATION_ADDRESS))
		memset(some.destination, 0, sizeof(some.destination));
	if (!(ecmp->hash_fields & WEFT_HASH_DESTINATION_PORT))
		some.destination_port = 0;
	return weft_connection_hash(plane, &some);
}

static uint32_t mix(uint32_t hash, uint32_t member_id)
{
	uint64_t x = ((uint64_t)hash << 32 | member_id) * 0x9e3779b97f4a7c15ull;

	x = (x ^ x >> 32) * 0xd6e8feb86659fd93ull;
	return (uint32_t)(x >> 32);
}

/* -log2(value / 2^32) in 16 fractional bits; no floating point in a kernel. `value` is not 0. */
static uint32_t negative_log(uint32_t value)
{
	uint32_t whole = 31u - (uint32_t)__builtin_clz(value), fraction = 0;
	uint64_t x = (uint64_t)value << (31 - whole); /* 1 .. 2 in 31 fractional bits */

	for (uint32_t bit = 1u << 15; bit; bit >>= 1) {
		x = x * x >> 31;
		if (x >> 32) {
			x >>= 1;
			fraction |= bit;
		}
	}
	return (32u << 16) - (whole << 16 | fraction);
}

const struct weft_nexthop_member *weft_ecmp_choose(struct weft_plane *plane, const struct weft_nexthop *ecmp, uint32_t hash, uint32_t keep,
						   uint32_t from_vif)
{
	const struct weft_nexthop_member *best = NULL;
	uint64_t best_score = 0;

	for (uint32_t i = 0; i < ecmp->member_count; i++) {
		const struct weft_nexthop_member *member = &ecmp->members[i];
		uint64_t score;

		if (!usable(plane, member, from_vif))
			continue;
		if (member->member_id == keep)
			return member;
		score = negative_log(mix(hash, member->member_id) | 1u);
		/* the least of score / weight wins: the odds are as the weights */
		if (!best || score * best->weight < best_score * member->weight) {
			best = member;
			best_score = score;
		}
	}
	return best;
}

const struct weft_nexthop_member *weft_ecmp_origin(struct weft_plane *plane, const struct weft_nexthop *ecmp, uint32_t vif_id,
						   uint32_t entry)
{
	for (uint32_t i = 0; i < ecmp->member_count; i++) {
		const struct weft_nexthop *nexthop = weft_nexthop_get(plane, ecmp->members[i].nexthop_id);

		if (!nexthop)
			continue;
		if (vif_id != WEFT_FROM_FABRIC ? nexthop->type == WEFT_NEXTHOP_LOCAL && nexthop->vif_id == vif_id
					       : nexthop->endpoint && nexthop->endpoint->entry == entry)
			return &ecmp->members[i];
	}
	return NULL;
}

bool weft_ecmp_holds(const struct weft_connection *connection, const struct weft_nexthop *nexthop)
{
	if (!(weft_get(connection->flags) & WEFT_CONNECTION_INITIATOR) || !nexthop || !nexthop->endpoint)
		return true;
	if (nexthop->type != WEFT_NEXTHOP_TUNNEL)
		return __atomic_load_n(&nexthop->endpoint->state, __ATOMIC_ACQUIRE) == WEFT_PATH_RESOLVED;
	return __atomic_load_n(&nexthop->endpoint->liveness, __ATOMIC_ACQUIRE) != WEFT_LIVENESS_DOWN;
}
