/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Several ways to one endpoint, over several uplinks or gateways. */
#include "plane.h"

#define NO_VIF 0xffffffffu

/* Rendezvous: each way draws a number from the entropy and its own name; the largest wins. */
static uint32_t draw(uint32_t entropy, const struct weft_hop *hop)
{
	uint64_t x = (uint64_t)entropy << 32 | hop->uplink->vif_id;
	uint32_t low;

	memcpy(&low, hop->rewrite + 2, sizeof(low));
	x = (x ^ (uint64_t)low << 16) * 0x9e3779b97f4a7c15ull;
	x = (x ^ x >> 32) * 0xd6e8feb86659fd93ull;
	return (uint32_t)(x >> 32);
}

/* log2(1 + i / 64), in 16 fractional bits. */
static const uint32_t logarithms[65] = {
    0,	   1466,  2909,	 4331,	5732,  7112,  8473,  9814,  11136, 12440, 13727, 14996, 16248, 17484, 18704, 19909, 21098,
    22272, 23433, 24579, 25711, 26830, 27936, 29029, 30109, 31178, 32234, 33279, 34312, 35334, 36346, 37346, 38336, 39316,
    40286, 41246, 42196, 43137, 44068, 44990, 45904, 46809, 47705, 48593, 49472, 50344, 51207, 52063, 52911, 53751, 54584,
    55410, 56229, 57040, 57845, 58643, 59434, 60219, 60997, 61769, 62534, 63294, 64047, 64794, 65536,
};

/*
 * -log2(drawn / 2^32), in 16 fractional bits, never rising with `drawn`. Between the table's values it is a line, whose error
 * is below one percent of the result where it is small, which is where weights are decided.
 */
static uint32_t cost_of(uint32_t drawn)
{
	uint32_t whole = 31u - (uint32_t)__builtin_clz(drawn | 1), x = (drawn | 1) << (31 - whole), at = x >> 25 & 63,
		 low = logarithms[at];

	return (32u << 16) - (whole << 16) - low - ((logarithms[at + 1] - low) * (x >> 15 & 0x3ff) >> 10);
}

/*
 * Weighted rendezvous: the least cost / weight wins, so that the odds are as the weights. Of equal ones, and so among ways of
 * one weight, the one that drew most.
 */
const struct weft_hop *weft_ways_choose(const struct weft_ways *ways, uint32_t entropy)
{
	const struct weft_hop *best = NULL;
	uint64_t least = 0, cost = 0;
	uint32_t most = 0, drawn;
	bool better;

	for (uint32_t i = 0; i < ways->count; i++) {
		const struct weft_hop *hop = &ways->ways[i];

		if (!__atomic_load_n(&hop->uplink->carrier, __ATOMIC_ACQUIRE))
			continue;
		drawn = draw(entropy, hop);
		better = !best || drawn > most;
		if (ways->weighted) {
			cost = cost_of(drawn);
			if (best && cost * best->weight != least * hop->weight)
				better = cost * best->weight < least * hop->weight;
		}
		if (better) {
			best = hop;
			most = drawn;
			least = cost;
		}
	}
	return best;
}

void weft_way_rewrite(uint8_t rewrite[14], uint8_t family, const struct weft_path_way *way)
{
	memcpy(rewrite, way->destination_mac, 6);
	memcpy(rewrite + 6, way->source_mac, 6);
	rewrite[12] = family == 4 ? 0x08 : 0x86;
	rewrite[13] = family == 4 ? 0x00 : 0xdd;
}

/* The way among the first `count` that is the same one, or NULL. */
static struct weft_hop *same_way(struct weft_ways *ways, uint32_t count, const struct weft_hop *hop)
{
	for (uint32_t i = 0; i < count; i++) {
		if (ways->ways[i].uplink == hop->uplink && !memcmp(ways->ways[i].rewrite, hop->rewrite, sizeof(hop->rewrite)))
			return &ways->ways[i];
	}
	return NULL;
}

uint32_t weft_path_ways(struct weft_plane *plane, const struct weft_path_msg *path, struct weft_ways *out)
{
	struct weft_path_way way = {.vif_id = path->vif_id};
	uint32_t more = path->way_count < WEFT_PATH_WAYS_MAX - 1 ? path->way_count : WEFT_PATH_WAYS_MAX - 1;

	out->count = 0;
	out->weighted = false;
	if (path->state != WEFT_PATH_RESOLVED)
		return 0;
	memcpy(way.source_mac, path->source_mac, 6);
	memcpy(way.destination_mac, path->destination_mac, 6);
	for (uint32_t i = 0; i <= more; i++) {
		struct weft_hop *hop = &out->ways[out->count], *same;

		if (i)
			way = path->ways[i - 1];
		hop->uplink = weft_vif_get(plane, way.vif_id);
		if (!hop->uplink)
			continue;
		weft_way_rewrite(hop->rewrite, path->family, &way);
		hop->weight = (uint16_t)(path->weights[i] + 1u);
		same = same_way(out, out->count, hop);
		if (same)
			same->weight = (uint16_t)(same->weight + hop->weight);
		else
			out->count++;
	}
	for (uint32_t i = 1; i < out->count; i++)
		out->weighted = out->weighted || out->ways[i].weight != out->ways[0].weight;
	return out->count;
}

void weft_path_forget(struct weft_plane *plane, struct weft_path_msg *path)
{
	bool first = weft_vif_get(plane, path->vif_id);
	struct weft_path_way way;
	uint32_t kept = 0;

	if (path->way_count > WEFT_PATH_WAYS_MAX - 1)
		path->way_count = WEFT_PATH_WAYS_MAX - 1;
	for (uint32_t i = 0; i < path->way_count; i++) {
		if (!weft_vif_get(plane, path->ways[i].vif_id))
			continue;
		path->weights[kept + 1] = path->weights[i + 1];
		path->ways[kept++] = path->ways[i];
	}
	if (kept && !first) {
		way = path->ways[0];
		memmove(&path->ways[0], &path->ways[1], --kept * sizeof(path->ways[0]));
		memmove(&path->weights[0], &path->weights[1], kept + 1);
		path->vif_id = way.vif_id;
		memcpy(path->gateway, way.gateway, sizeof(path->gateway));
		memcpy(path->source_mac, way.source_mac, 6);
		memcpy(path->destination_mac, way.destination_mac, 6);
		first = true;
	}
	if (!first) {
		path->vif_id = NO_VIF;
		path->state = WEFT_PATH_UNRESOLVED;
	}
	memset(&path->ways[kept], 0, (path->way_count - kept) * sizeof(path->ways[0]));
	memset(&path->weights[kept + first], 0, WEFT_PATH_WAYS_MAX - kept - first);
	path->way_count = kept;
}

/* Index of the first of so many bytes that is not zero, or their number. */
static uint32_t first_not_zero(const uint8_t *at, uint32_t from, uint32_t bytes)
{
	while (from < bytes && !at[from])
		from++;
	return from;
}

int weft_path_check(struct weft_context *context, const struct weft_path_msg *path)
{
	uint32_t ways = path->state == WEFT_PATH_RESOLVED ? path->way_count + 1 : 0, stray;

	if (path->way_count > WEFT_PATH_WAYS_MAX - 1)
		return weft_refuse(context, EINVAL, "PATH way_count %u: at most %u", path->way_count, WEFT_PATH_WAYS_MAX - 1);
	if (path->state != WEFT_PATH_RESOLVED && path->way_count)
		return weft_refuse(context, EINVAL, "PATH way_count %u: an unresolved path has none", path->way_count);
	if (path->zero0)
		return weft_refuse(context, EINVAL, "PATH zero0: padding is not zero");
	if (path->state == WEFT_PATH_RESOLVED && !weft_vif_get(context->plane, path->vif_id))
		return weft_refuse(context, ENOENT, "PATH vif_id %u: no such vif", path->vif_id);
	for (uint32_t i = 0; i < WEFT_PATH_WAYS_MAX - 1; i++) {
		if (i < path->way_count && !weft_vif_get(context->plane, path->ways[i].vif_id))
			return weft_refuse(context, ENOENT, "PATH ways[%u] vif_id %u: no such vif", i, path->ways[i].vif_id);
		if (i >= path->way_count && !weft_all_zero(&path->ways[i], sizeof(path->ways[i])))
			return weft_refuse(context, EINVAL, "PATH ways[%u]: not zero, but way_count is %u", i, path->way_count);
	}
	stray = first_not_zero(path->weights, ways, WEFT_PATH_WAYS_MAX);
	if (stray < WEFT_PATH_WAYS_MAX)
		return weft_refuse(context, EINVAL, "PATH weights[%u]: not zero, but there is no such way", stray);
	return 0;
}
