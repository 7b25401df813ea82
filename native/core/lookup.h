/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The lookups of a hit, inline: what weft_tables.h offers as functions, for the files that every packet passes (input.c, edge.c, hit.c,
 * output.c, encap). Worker context.
 */
#ifndef WEFT_CORE_LOOKUP_H
#define WEFT_CORE_LOOKUP_H

#include "plane.h"

static inline struct weft_vif *weft_vif_at(const struct weft_plane *plane, uint32_t vif_id)
{
	return WEFT_LIKELY(vif_id < WEFT_VIF_LIMIT) ? weft_load(plane->vifs[vif_id]) : NULL;
}

static inline struct weft_nexthop *weft_nexthop_at(const struct weft_plane *plane, uint32_t nexthop_id)
{
	struct weft_nexthop_entry *entry = weft_sparse_pointer(&plane->nexthops, nexthop_id);

	return WEFT_LIKELY(entry != NULL) ? &entry->seen : NULL;
}

static inline struct weft_vrf *weft_vrf_at(const struct weft_plane *plane, uint32_t vrf_id)
{
	return weft_sparse_pointer(&plane->vrfs, vrf_id);
}

/* weft_vif_owns. */
static inline bool weft_vif_matches(const struct weft_vif *vif, uint8_t family, const uint8_t *address)
{
	uint64_t words[2] = {0, 0};

	memcpy(words, address, family == 4 ? 4 : 16);
	for (uint32_t i = 0; i < vif->address_count; i++) {
		const struct weft_vif_match *match = &vif->matches[i];

		if (!(((words[0] ^ match->value[0]) & match->mask[0]) | ((words[1] ^ match->value[1]) & match->mask[1]) |
		      (match->family ^ family)))
			return true;
	}
	return false;
}

/* What a label or VNI leads to. */
static inline struct weft_nexthop *weft_target_at(const struct weft_plane *plane, const struct weft_sparse *table, uint32_t id)
{
	uint32_t nexthop_plus_one = (uint32_t)weft_sparse_get(table, id);

	return WEFT_LIKELY(nexthop_plus_one) ? weft_nexthop_at(plane, nexthop_plus_one - 1) : NULL;
}

/* The bucket of an address, of which eight bytes can be read: its leading bits mixed, so that neighbours in one subnet share
 * it. */
static inline uint32_t weft_stamp_bucket(uint8_t family, const uint8_t *address)
{
	uint64_t leading;

	memcpy(&leading, address, sizeof(leading)); /* of IPv4 there are zeros, or what the shift takes off */
	return (uint32_t)((leading << (family == 4 ? 48 : 16)) * 0x9e3779b97f4a7c15ull >> 60);
}
WEFT_ABI_ASSERT(WEFT_STAMP_BUCKETS == 16, "weft_stamp_bucket gives 4 bits");

/* The stamps of the buckets that two addresses fall in. */
static inline void weft_route_stamps_at(const struct weft_vrf *vrf, uint8_t family, const uint8_t *source, const uint8_t *destination,
					uint32_t *source_stamp, uint32_t *destination_stamp)
{
	const uint32_t *stamps = WEFT_LIKELY(vrf != NULL) ? weft_load(vrf->stamps[weft_family_slot(family)]) : NULL;

	*source_stamp = *destination_stamp = 0;
	if (WEFT_UNLIKELY(!stamps))
		return;
	*source_stamp = __atomic_load_n(&stamps[weft_stamp_bucket(family, source)], __ATOMIC_ACQUIRE);
	*destination_stamp = __atomic_load_n(&stamps[weft_stamp_bucket(family, destination)], __ATOMIC_ACQUIRE);
}

#endif
