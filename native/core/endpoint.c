/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Tunnel destinations: one object per address, shared by all tunnel next hops to it. A chained hash for readers; indexes are never
 * given twice while a connection could remember them (they only grow). A changed path replaces the object in place of the old one,
 * field by field under a reader's eyes: the rewrite is valid for as long as `state` says RESOLVED, and a torn MAC for one packet
 * during a change of gateway is what a stale one would have been.
 */
#include "plane.h"

#define ENDPOINT_BUCKETS 4096u

struct endpoint_entry {
	struct weft_endpoint seen; /* first: what readers get */
	struct endpoint_entry *next;
	struct weft_nexthop_entry *users;
};

struct weft_endpoints {
	struct endpoint_entry *buckets[ENDPOINT_BUCKETS];
};

static uint32_t bucket_of(uint8_t family, const uint8_t *address)
{
	uint64_t words[2] = {family, 0};

	memcpy(words, address, weft_address_bytes(family));
	return (uint32_t)((words[0] ^ words[1] * 0xc2b2ae3d27d4eb4full) * 0x9e3779b97f4a7c15ull >> 40) % ENDPOINT_BUCKETS;
}

int weft_endpoints_create(struct weft_plane *plane)
{
	plane->endpoints = weft_host_alloc(sizeof(*plane->endpoints));
	return plane->endpoints ? 0 : -ENOMEM;
}

void weft_endpoints_destroy(struct weft_plane *plane)
{
	if (!plane->endpoints)
		return;
	for (uint32_t i = 0; i < ENDPOINT_BUCKETS; i++) {
		while (plane->endpoints->buckets[i]) {
			struct endpoint_entry *entry = plane->endpoints->buckets[i];

			plane->endpoints->buckets[i] = entry->next;
			weft_host_free(entry, sizeof(*entry));
		}
	}
	weft_host_free(plane->endpoints, sizeof(*plane->endpoints));
	plane->endpoints = NULL;
}

static inline bool same_address(uint8_t family, const uint8_t *one, const uint8_t *other)
{
	return family == 4 ? memcmp(one, other, 4) == 0 : memcmp(one, other, 16) == 0;
}

static struct endpoint_entry *find(struct weft_plane *plane, uint8_t family, const uint8_t *address)
{
	struct endpoint_entry *entry = weft_load(plane->endpoints->buckets[bucket_of(family, address)]);

	while (entry && (entry->seen.family != family || !same_address(family, entry->seen.destination, address)))
		entry = weft_load(entry->next);
	return entry;
}

struct weft_endpoint *weft_endpoint_get(struct weft_plane *plane, uint8_t family, const uint8_t *address)
{
	struct endpoint_entry *entry = find(plane, family, address);

	return entry ? &entry->seen : NULL;
}

static struct endpoint_entry *make(struct weft_plane *plane, uint8_t family, const uint8_t *destination, uint32_t index)
{
	struct endpoint_entry *endpoint = weft_host_alloc(sizeof(*endpoint));
	uint32_t bucket = bucket_of(family, destination);

	if (!endpoint)
		return NULL;
	endpoint->seen.family = family;
	endpoint->seen.index = index;
	endpoint->seen.entry = weft_endpoint_entry(family, destination, index);
	memcpy(endpoint->seen.destination, destination, weft_address_bytes(family));
	endpoint->next = plane->endpoints->buckets[bucket];
	weft_store(plane->endpoints->buckets[bucket], endpoint);
	return endpoint;
}

int weft_endpoint_attach(struct weft_plane *plane, struct weft_nexthop_entry *entry, uint8_t family, const uint8_t *destination)
{
	struct endpoint_entry *endpoint = find(plane, family, destination);
	bool fresh;

	if (!endpoint)
		endpoint = make(plane, family, destination, plane->shared->endpoint_next++);
	if (!endpoint)
		return -ENOMEM;
	fresh = endpoint->seen.references++ == 0;
	entry->seen.endpoint = &endpoint->seen;
	entry->endpoint_previous = NULL;
	entry->endpoint_next = endpoint->users;
	if (endpoint->users)
		endpoint->users->endpoint_previous = entry;
	endpoint->users = entry;
	if (fresh)
		weft_host_path_want(plane, family, endpoint->seen.destination, true);
	return 0;
}

static void unuse(struct endpoint_entry *endpoint, struct weft_nexthop_entry *entry)
{
	if (entry->endpoint_previous)
		entry->endpoint_previous->endpoint_next = entry->endpoint_next;
	else
		endpoint->users = entry->endpoint_next;
	if (entry->endpoint_next)
		entry->endpoint_next->endpoint_previous = entry->endpoint_previous;
}

static void drop(struct weft_plane *plane, struct endpoint_entry *endpoint)
{
	struct endpoint_entry **link = &plane->endpoints->buckets[bucket_of(endpoint->seen.family, endpoint->seen.destination)];

	while (*link != endpoint)
		link = &(*link)->next;
	weft_store(*link, endpoint->next);
	weft_host_free_deferred(plane, endpoint, sizeof(*endpoint));
}

void weft_endpoint_detach(struct weft_plane *plane, struct weft_nexthop_entry *entry)
{
	struct endpoint_entry *endpoint = (struct endpoint_entry *)entry->seen.endpoint;

	if (!endpoint)
		return;
	unuse(endpoint, entry);
	if (--endpoint->seen.references)
		return;
	weft_host_path_want(plane, endpoint->seen.family, endpoint->seen.destination, false);
	drop(plane, endpoint);
}

void weft_endpoints_forget_unused(struct weft_plane *plane)
{
	for (uint32_t i = 0; i < ENDPOINT_BUCKETS; i++) {
		struct endpoint_entry *next;

		for (struct endpoint_entry *entry = plane->endpoints->buckets[i]; entry; entry = next) {
			next = entry->next;
			if (!entry->seen.references)
				drop(plane, entry);
		}
	}
}

void weft_endpoint_move(struct weft_plane *plane, struct weft_nexthop_entry *entry, struct weft_nexthop_entry *next)
{
	struct endpoint_entry *endpoint = (struct endpoint_entry *)entry->seen.endpoint;

	(void)plane;
	next->seen.endpoint = entry->seen.endpoint;
	if (!endpoint)
		return;
	next->endpoint_next = entry->endpoint_next;
	next->endpoint_previous = entry->endpoint_previous;
	if (next->endpoint_previous)
		next->endpoint_previous->endpoint_next = next;
	else
		endpoint->users = next;
	if (next->endpoint_next)
		next->endpoint_next->endpoint_previous = next;
}

void weft_endpoints_forget_vif(struct weft_plane *plane, const struct weft_vif *vif, struct weft_vif *instead)
{
	for (uint32_t i = 0; i < ENDPOINT_BUCKETS; i++) {
		for (struct endpoint_entry *entry = plane->endpoints->buckets[i]; entry; entry = entry->next) {
			if (entry->seen.uplink != vif)
				continue;
			if (!instead)
				__atomic_store_n(&entry->seen.state, WEFT_PATH_UNRESOLVED, __ATOMIC_RELEASE);
			weft_store(entry->seen.uplink, instead);
		}
	}
}

static void fill(const struct weft_endpoint *endpoint, struct weft_path_msg *out)
{
	memset(out, 0, sizeof(*out));
	out->family = endpoint->family;
	out->state = endpoint->state;
	out->vif_id = endpoint->uplink ? endpoint->uplink->vif_id : 0xffffffffu;
	memcpy(out->destination, endpoint->destination, sizeof(out->destination));
	memcpy(out->gateway, endpoint->gateway, sizeof(out->gateway));
	memcpy(out->destination_mac, endpoint->rewrite, 6);
	memcpy(out->source_mac, endpoint->rewrite + 6, 6);
	out->mtu = endpoint->mtu;
	out->changed_ns = endpoint->changed_ns;
	out->liveness = endpoint->liveness;
	out->liveness_ns = endpoint->liveness_ns;
}

void weft_plane_liveness_set(struct weft_plane *plane, uint8_t family, const uint8_t destination[16], enum weft_liveness liveness)
{
	struct endpoint_entry *entry = find(plane, family, destination);

	if (!entry || entry->seen.liveness == liveness)
		return;
	entry->seen.liveness_ns = weft_host_wall_ns();
	__atomic_store_n(&entry->seen.liveness, (uint8_t)liveness, __ATOMIC_RELEASE);
}

bool weft_endpoint_next(struct weft_plane *plane, uint32_t after, struct weft_path_msg *out, uint32_t *index)
{
	struct endpoint_entry *best = NULL;

	for (uint32_t i = 0; i < ENDPOINT_BUCKETS; i++) {
		for (struct endpoint_entry *entry = plane->endpoints->buckets[i]; entry; entry = entry->next) {
			if (entry->seen.index >= after && (!best || entry->seen.index < best->seen.index))
				best = entry;
		}
	}
	if (!best)
		return false;
	fill(&best->seen, out);
	*index = best->seen.index;
	return true;
}

void weft_plane_paths(struct weft_plane *plane, void (*visit)(void *argument, const struct weft_path_msg *path), void *argument)
{
	struct weft_path_msg path;

	for (uint32_t i = 0; i < ENDPOINT_BUCKETS; i++) {
		for (struct endpoint_entry *entry = plane->endpoints->buckets[i]; entry; entry = entry->next) {
			fill(&entry->seen, &path);
			visit(argument, &path);
		}
	}
}

bool weft_plane_path_get(struct weft_plane *plane, uint8_t family, const uint8_t destination[16], struct weft_path_msg *path,
			 uint32_t *index)
{
	const struct endpoint_entry *entry = find(plane, family, destination);

	if (!entry)
		return false;
	fill(&entry->seen, path);
	*index = entry->seen.index;
	return true;
}

static void fill_rewrite(uint8_t rewrite[14], const struct weft_path_msg *path)
{
	memcpy(rewrite, path->destination_mac, 6);
	memcpy(rewrite + 6, path->source_mac, 6);
	rewrite[12] = path->family == 4 ? 0x08 : 0x86;
	rewrite[13] = path->family == 4 ? 0x00 : 0xdd;
}

void weft_plane_path_set(struct weft_plane *plane, const struct weft_path_msg *path)
{
	struct endpoint_entry *entry = find(plane, path->family, path->destination);
	struct weft_endpoint *endpoint;
	struct weft_vif *uplink = weft_vif_get(plane, path->vif_id);
	bool resolved = path->state == WEFT_PATH_RESOLVED && uplink;
	uint8_t rewrite[14];

	if (!entry)
		return; /* the last next hop went while the mirror was asking */
	endpoint = &entry->seen;
	fill_rewrite(rewrite, path);
	if (resolved == (endpoint->state == WEFT_PATH_RESOLVED) && endpoint->uplink == uplink && endpoint->mtu == path->mtu &&
	    memcmp(endpoint->rewrite, rewrite, sizeof(rewrite)) == 0 &&
	    memcmp(endpoint->gateway, path->gateway, sizeof(endpoint->gateway)) == 0)
		return;
	if (!resolved)
		__atomic_store_n(&endpoint->state, WEFT_PATH_UNRESOLVED, __ATOMIC_RELEASE);
	memcpy(endpoint->gateway, path->gateway, sizeof(endpoint->gateway));
	weft_put(endpoint->mtu, path->mtu);
	endpoint->changed_ns = weft_host_wall_ns();
	if (!resolved)
		return;
	memcpy(endpoint->rewrite, rewrite, sizeof(rewrite));
	weft_store(endpoint->uplink, uplink);
	__atomic_store_n(&endpoint->state, WEFT_PATH_RESOLVED, __ATOMIC_RELEASE);
}

void weft_endpoint_restore(struct weft_plane *plane, const struct weft_path_msg *path, uint32_t index)
{
	struct endpoint_entry *entry = find(plane, path->family, path->destination);
	struct weft_endpoint *endpoint;

	if (plane->shared->endpoint_next <= index)
		plane->shared->endpoint_next = index + 1;
	if (!entry)
		entry = make(plane, path->family, path->destination, index);
	if (!entry)
		return; /* the next hop that needs it will be refused for the same reason */
	endpoint = &entry->seen;
	endpoint->index = index;
	endpoint->uplink = weft_vif_get(plane, path->vif_id);
	endpoint->state = path->state == WEFT_PATH_RESOLVED && endpoint->uplink ? WEFT_PATH_RESOLVED : WEFT_PATH_UNRESOLVED;
	endpoint->mtu = path->mtu;
	endpoint->changed_ns = path->changed_ns;
	memcpy(endpoint->gateway, path->gateway, sizeof(endpoint->gateway));
	fill_rewrite(endpoint->rewrite, path);
}

int weft_path_set(struct weft_context *context, const void *body)
{
	const struct weft_path_msg *path = body;

	if (memcmp(context->plane->implementation, "host", 5) != 0)
		return weft_refuse(context, EPERM, "PATH: this plane has its own underlay mirror");
	if (path->family != 4 && path->family != 6)
		return weft_refuse(context, EINVAL, "PATH family %u: want 4 or 6", path->family);
	if (path->state > WEFT_PATH_RESOLVED)
		return weft_refuse(context, EINVAL, "PATH state %u: want 0 or 1", path->state);
	if (path->liveness > WEFT_LIVENESS_DOWN)
		return weft_refuse(context, EINVAL, "PATH liveness %u: at most %u", path->liveness, WEFT_LIVENESS_DOWN);
	if (!find(context->plane, path->family, path->destination))
		return weft_refuse(context, ENOENT, "PATH destination: no tunnel next hop uses it");
	if (path->state == WEFT_PATH_RESOLVED && !weft_vif_get(context->plane, path->vif_id))
		return weft_refuse(context, ENOENT, "PATH vif_id %u: no such vif", path->vif_id);
	weft_plane_path_set(context->plane, path);
	weft_plane_liveness_set(context->plane, path->family, path->destination, path->liveness);
	context->changed = true;
	return 0;
}
