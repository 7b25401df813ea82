/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Equal ways to one endpoint, over several uplinks or gateways. */
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

const struct weft_hop *weft_ways_choose(const struct weft_ways *ways, uint32_t entropy)
{
	const struct weft_hop *best = NULL;
	uint32_t most = 0, drawn;

	for (uint32_t i = 0; i < ways->count; i++) {
		const struct weft_hop *hop = &ways->ways[i];

		if (!__atomic_load_n(&hop->uplink->carrier, __ATOMIC_ACQUIRE))
			continue;
		drawn = draw(entropy, hop);
		if (!best || drawn > most) {
			best = hop;
			most = drawn;
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

uint32_t weft_path_ways(struct weft_plane *plane, const struct weft_path_msg *path, struct weft_ways *out)
{
	struct weft_path_way way = {.vif_id = path->vif_id};
	uint32_t more = path->way_count < WEFT_PATH_WAYS_MAX - 1 ? path->way_count : WEFT_PATH_WAYS_MAX - 1;

	out->count = 0;
	if (path->state != WEFT_PATH_RESOLVED)
		return 0;
	memcpy(way.source_mac, path->source_mac, 6);
	memcpy(way.destination_mac, path->destination_mac, 6);
	for (uint32_t i = 0; i <= more; i++) {
		struct weft_hop *hop = &out->ways[out->count];

		if (i)
			way = path->ways[i - 1];
		hop->uplink = weft_vif_get(plane, way.vif_id);
		if (!hop->uplink)
			continue;
		weft_way_rewrite(hop->rewrite, path->family, &way);
		out->count++;
	}
	return out->count;
}

void weft_path_forget(struct weft_plane *plane, struct weft_path_msg *path)
{
	struct weft_path_way way;
	uint32_t kept = 0;

	if (path->way_count > WEFT_PATH_WAYS_MAX - 1)
		path->way_count = WEFT_PATH_WAYS_MAX - 1;
	for (uint32_t i = 0; i < path->way_count; i++) {
		if (weft_vif_get(plane, path->ways[i].vif_id))
			path->ways[kept++] = path->ways[i];
	}
	if (kept && !weft_vif_get(plane, path->vif_id)) {
		way = path->ways[0];
		memmove(&path->ways[0], &path->ways[1], --kept * sizeof(path->ways[0]));
		path->vif_id = way.vif_id;
		memcpy(path->gateway, way.gateway, sizeof(path->gateway));
		memcpy(path->source_mac, way.source_mac, 6);
		memcpy(path->destination_mac, way.destination_mac, 6);
	}
	if (!weft_vif_get(plane, path->vif_id)) {
		path->vif_id = NO_VIF;
		path->state = WEFT_PATH_UNRESOLVED;
	}
	memset(&path->ways[kept], 0, (path->way_count - kept) * sizeof(path->ways[0]));
	path->way_count = kept;
}

int weft_path_check(struct weft_context *context, const struct weft_path_msg *path)
{
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
	return 0;
}
