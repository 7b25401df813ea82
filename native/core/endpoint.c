/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Tunnel destinations: one object per address, shared by all tunnel next hops to it. A chained hash for readers; indexes are
 * never given twice while a connection could remember them (they only grow). A torn MAC for one packet during a change of
 * gateway is what a stale one would have been.
 */
#include "plane.h"

#define ENDPOINT_BUCKETS 4096u
#define LEARNED_TICK_NS 1000000000ull
#define LEARNED_NOTE_MS 60000u

struct endpoint_entry {
	struct weft_endpoint seen; /* first: what readers get */
	struct endpoint_entry *next;
	struct weft_path_msg path; /* as last told; its `mtu` is the mirror's */
	struct weft_nexthop_entry *users;
	uint64_t noted; /* of seen.learned, what the host was told */
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
			weft_host_free(entry->seen.ways, sizeof(*entry->seen.ways));
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
	endpoint->path.vif_id = 0xffffffffu;
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
	if (endpoint->seen.ways)
		weft_host_free_deferred(plane, endpoint->seen.ways, sizeof(*endpoint->seen.ways));
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

/* What a too-big said, while it counts; 0: nothing. */
static uint32_t learned_mtu(const struct weft_endpoint *endpoint, uint64_t now_ns)
{
	uint64_t learned = __atomic_load_n(&endpoint->learned, __ATOMIC_ACQUIRE);

	return learned >> 16 > now_ns / 1000000u ? learned & 0xffff : 0;
}

/* Workers lower it beside this; what one said a moment ago is seen at the next tick at the latest. */
static void settle_mtu(struct endpoint_entry *entry, uint64_t now_ns)
{
	uint32_t mtu = entry->path.mtu, learned = learned_mtu(&entry->seen, now_ns);

	if (learned && (!mtu || learned < mtu))
		mtu = learned;
	__atomic_store_n(&entry->seen.mtu, mtu, __ATOMIC_RELEASE);
}

/* Tells the host what would be lost with the process: another MTU at once, a later end once in a while. */
static void note_learned(struct weft_plane *plane, struct endpoint_entry *entry, uint64_t learned)
{
	bool same = (learned & 0xffff) == (entry->noted & 0xffff) && learned >> 16 < (entry->noted >> 16) + LEARNED_NOTE_MS;

	if (same || !plane->learned)
		return;
	entry->noted = learned;
	plane->learned(plane, entry->seen.family, entry->seen.destination);
}

void weft_endpoints_tick(struct weft_plane *plane, uint64_t now_ns)
{
	if (now_ns < plane->endpoints_due_ns)
		return;
	plane->endpoints_due_ns = now_ns + LEARNED_TICK_NS;
	for (uint32_t i = 0; i < ENDPOINT_BUCKETS; i++) {
		for (struct endpoint_entry *entry = plane->endpoints->buckets[i]; entry; entry = entry->next) {
			uint64_t learned = __atomic_load_n(&entry->seen.learned, __ATOMIC_ACQUIRE);

			if (!learned)
				continue;
			if (!learned_mtu(&entry->seen, now_ns))
				__atomic_compare_exchange_n(&entry->seen.learned, &learned, 0, false, __ATOMIC_ACQ_REL,
							    __ATOMIC_ACQUIRE);
			else
				note_learned(plane, entry, learned);
			settle_mtu(entry, now_ns);
		}
	}
}

/*
 * Makes what readers see equal to entry->path. The object is changed field by field under a reader's eyes: `rewrite` is valid
 * for as long as `state` says RESOLVED. Without memory for the ways the first of them serves alone.
 */
static void publish(struct weft_plane *plane, struct endpoint_entry *entry)
{
	struct weft_endpoint *endpoint = &entry->seen;
	struct weft_ways found, *ways = NULL, *old = endpoint->ways;
	uint32_t count = weft_path_ways(plane, &entry->path, &found);

	if (count > 1)
		ways = weft_host_alloc(sizeof(*ways));
	if (ways)
		*ways = found;
	if (!count) {
		__atomic_store_n(&endpoint->state, WEFT_PATH_UNRESOLVED, __ATOMIC_RELEASE);
	} else {
		memcpy(endpoint->rewrite, found.ways[0].rewrite, sizeof(endpoint->rewrite));
		weft_store(endpoint->uplink, found.ways[0].uplink);
	}
	weft_store(endpoint->ways, ways);
	if (old)
		weft_host_free_deferred(plane, old, sizeof(*old));
	settle_mtu(entry, weft_host_now_ns());
	if (count)
		__atomic_store_n(&endpoint->state, WEFT_PATH_RESOLVED, __ATOMIC_RELEASE);
}

static bool goes_by(const struct weft_endpoint *endpoint, const struct weft_vif *vif)
{
	bool found = endpoint->uplink == vif;

	for (uint32_t i = 0; endpoint->ways && i < endpoint->ways->count; i++)
		found = found || endpoint->ways->ways[i].uplink == vif;
	return found;
}

void weft_endpoints_forget_vif(struct weft_plane *plane, const struct weft_vif *vif)
{
	for (uint32_t i = 0; i < ENDPOINT_BUCKETS; i++) {
		for (struct endpoint_entry *entry = plane->endpoints->buckets[i]; entry; entry = entry->next) {
			if (!goes_by(&entry->seen, vif) && entry->path.vif_id != vif->vif_id)
				continue;
			weft_path_forget(plane, &entry->path);
			publish(plane, entry);
			if (entry->seen.uplink == vif)
				weft_store(entry->seen.uplink, NULL);
		}
	}
}

static void fill(const struct endpoint_entry *entry, struct weft_path_msg *out)
{
	const struct weft_endpoint *endpoint = &entry->seen;

	*out = entry->path;
	out->family = endpoint->family;
	out->state = endpoint->state;
	memcpy(out->destination, endpoint->destination, sizeof(out->destination));
	out->changed_ns = endpoint->changed_ns;
	out->liveness = endpoint->liveness;
	out->liveness_ns = endpoint->liveness_ns;
	out->learned_mtu = learned_mtu(endpoint, weft_host_now_ns());
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
	fill(best, out);
	*index = best->seen.index;
	return true;
}

void weft_plane_paths(struct weft_plane *plane, void (*visit)(void *argument, const struct weft_path_msg *path), void *argument)
{
	struct weft_path_msg path;

	for (uint32_t i = 0; i < ENDPOINT_BUCKETS; i++) {
		for (struct endpoint_entry *entry = plane->endpoints->buckets[i]; entry; entry = entry->next) {
			fill(entry, &path);
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
	fill(entry, path);
	*index = entry->seen.index;
	return true;
}

/* What the mirror says of a path: all but what it does not know. */
static void keep(struct weft_plane *plane, struct endpoint_entry *entry, const struct weft_path_msg *path)
{
	entry->path = *path;
	weft_path_forget(plane, &entry->path);
	entry->path.liveness = 0;
	entry->path.changed_ns = entry->path.liveness_ns = 0;
	entry->path.learned_mtu = 0;
}

void weft_plane_path_set(struct weft_plane *plane, const struct weft_path_msg *path)
{
	struct endpoint_entry *entry = find(plane, path->family, path->destination);
	struct weft_path_msg before;
	bool resolved;

	if (!entry)
		return; /* the last next hop went while the mirror was asking */
	before = entry->path;
	resolved = path->state == WEFT_PATH_RESOLVED && weft_vif_get(plane, path->vif_id);
	keep(plane, entry, path);
	if (resolved == (entry->seen.state == WEFT_PATH_RESOLVED) && !memcmp(&before, &entry->path, sizeof(before)) &&
	    (!resolved || entry->seen.uplink == weft_vif_get(plane, path->vif_id)))
		return;
	entry->seen.changed_ns = weft_host_wall_ns();
	publish(plane, entry);
}

void weft_endpoint_restore(struct weft_plane *plane, const struct weft_path_msg *path, uint32_t index, uint64_t learned)
{
	struct endpoint_entry *entry = find(plane, path->family, path->destination);

	if (plane->shared->endpoint_next <= index)
		plane->shared->endpoint_next = index + 1;
	if (!entry)
		entry = make(plane, path->family, path->destination, index);
	if (!entry)
		return; /* the next hop that needs it will be refused for the same reason */
	entry->seen.index = index;
	entry->seen.entry = weft_endpoint_entry(path->family, path->destination, index);
	entry->seen.changed_ns = path->changed_ns;
	entry->seen.learned = entry->noted = learned;
	keep(plane, entry, path);
	publish(plane, entry);
}

int weft_path_set(struct weft_context *context, const void *body)
{
	const struct weft_path_msg *path = body;
	int error;

	if (memcmp(context->plane->implementation, "host", 5) != 0)
		return weft_refuse(context, EPERM, "PATH: this plane has its own underlay mirror");
	if (path->family != 4 && path->family != 6)
		return weft_refuse(context, EINVAL, "PATH family %u: want 4 or 6", path->family);
	if (path->state > WEFT_PATH_RESOLVED)
		return weft_refuse(context, EINVAL, "PATH state %u: want 0 or 1", path->state);
	if (path->liveness > WEFT_LIVENESS_DOWN)
		return weft_refuse(context, EINVAL, "PATH liveness %u: at most %u", path->liveness, WEFT_LIVENESS_DOWN);
	if (!find(context->plane, path->family, path->destination))
		return weft_refuse(context, ENOENT, "PATH destination: no next hop uses it");
	error = weft_path_check(context, path);
	if (error)
		return error;
	weft_plane_path_set(context->plane, path);
	weft_plane_liveness_set(context->plane, path->family, path->destination, path->liveness);
	context->changed = true;
	return 0;
}
