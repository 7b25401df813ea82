/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Services: checked, replaced whole, found by VRF and virtual address. Which backend takes a connection stands in balance.c. */
#include "maglev.h"
#include "plane.h"

#define BUCKETS 65536u
#define PROTOCOL_TCP 6u
#define PROTOCOL_UDP 17u
#define READ_ONLY offsetof(struct weft_service_backend, backend_id)

/* ---- the table ---- */

struct weft_service_entry *weft_service_entry_get(struct weft_plane *plane, uint32_t service_id)
{
	return weft_sparse_pointer(&plane->services, service_id);
}

const struct weft_service *weft_service_get(struct weft_plane *plane, uint32_t service_id)
{
	return weft_sparse_pointer(&plane->services, service_id); /* `seen` comes first */
}

static uint32_t bucket_of(uint32_t vrf_id, uint8_t protocol, const uint8_t address[16], uint16_t port)
{
	uint64_t words[2], h;

	memcpy(words, address, sizeof(words));
	h = (words[0] ^ ((uint64_t)vrf_id << 32 | (uint64_t)protocol << 16 | port)) * 0x9e3779b97f4a7c15ull;
	h = (h ^ h >> 32 ^ words[1]) * 0xd6e8feb86659fd93ull;
	return (uint32_t)(h >> 48) % BUCKETS;
}

static const struct weft_service *find(struct weft_plane *plane, uint32_t vrf_id, uint8_t family, uint8_t protocol,
				       const uint8_t address[16], uint16_t port)
{
	const struct weft_service *service =
	    weft_sparse_pointer(&plane->service_buckets, bucket_of(vrf_id, protocol, address, port));

	for (; service; service = weft_load(service->next)) {
		if (service->vrf_id == vrf_id && service->family == family && service->protocol == protocol &&
		    service->port == port && !memcmp(service->address, address, 16))
			return service;
	}
	return NULL;
}

const struct weft_service *weft_service_find(struct weft_plane *plane, uint32_t vrf_id, const struct weft_connection_key *key)
{
	if (WEFT_LIKELY(!__atomic_load_n(&plane->service_count, __ATOMIC_RELAXED)))
		return NULL;
	return find(plane, vrf_id, key->family, key->protocol, key->destination, key->destination_port);
}

/* NULL: the service has no backend with the key. */
static const struct weft_backend *by_key(const struct weft_service *service, const uint8_t *key)
{
	uint32_t low = 0, high = service->backend_count;

	while (low < high) {
		uint32_t middle = (low + high) / 2;
		int order = memcmp(service->backends[middle].key, key, WEFT_KEY_BYTES);

		if (!order)
			return &service->backends[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct weft_backend *weft_service_backend_get(struct weft_plane *plane, const struct weft_service *service,
						    uint32_t backend_id)
{
	const uint8_t *key = weft_backend_key(plane, service->service_id, backend_id);

	return key ? by_key(service, key) : NULL;
}

/* Puts `service` where `old` is in its bucket (NULL: nowhere yet), or takes `old` out when `service` is NULL. */
static void relink(struct weft_plane *plane, struct weft_service *old, struct weft_service *service)
{
	const struct weft_service *one = service ? service : old;
	uint32_t bucket = bucket_of(one->vrf_id, one->protocol, one->address, one->port);
	struct weft_service *at = weft_sparse_pointer(&plane->service_buckets, bucket);

	if (service)
		service->next = old ? old->next : at;
	if (!old || at == old) {
		weft_sparse_set(plane, &plane->service_buckets, bucket, (uintptr_t)(service ? service : old->next));
		return;
	}
	while (at->next != old)
		at = at->next;
	weft_store(at->next, service ? service : old->next);
}

/* ---- what a message may say ---- */

static int check_backend(struct weft_context *context, const struct weft_service_msg *m, uint32_t index)
{
	const struct weft_service_backend *backend = &m->backends[index];
	uint32_t bytes = weft_address_bytes(m->family);

	if (weft_all_zero(backend->address, bytes))
		return weft_refuse(context, EINVAL, "SERVICE backends[%u].address: not an address", index);
	if (!weft_all_zero(backend->address + bytes, 16 - bytes))
		return weft_refuse(context, EINVAL, "SERVICE backends[%u].address: bytes behind the IPv4 address are not zero",
				   index);
	if (!weft_vrf_get(context->plane, backend->vrf_id))
		return weft_refuse(context, ENOENT, "SERVICE backends[%u].vrf_id %u: no such VRF", index, backend->vrf_id);
	if (!backend->port)
		return weft_refuse(context, EINVAL, "SERVICE backends[%u].port 0: want 1 to 65535", index);
	if (backend->state != WEFT_BACKEND_UP && backend->state != WEFT_BACKEND_DRAINING)
		return weft_refuse(context, EINVAL, "SERVICE backends[%u].state %u: want 1 (up) or 2 (draining)", index,
				   backend->state);
	if (backend->zero0)
		return weft_refuse(context, EINVAL, "SERVICE backends[%u].zero0: padding is not zero", index);
	if (!backend->weight || backend->weight > WEFT_MEMBER_WEIGHT_MAX)
		return weft_refuse(context, EINVAL, "SERVICE backends[%u].weight %u: want 1 to %u", index, backend->weight,
				   WEFT_MEMBER_WEIGHT_MAX);
	return m->nat_pool_id ? weft_nat_pool_check(context, "SERVICE", m->nat_pool_id, backend->vrf_id) : 0;
}

static int check_affinity(struct weft_context *context, const struct weft_service_msg *m)
{
	if (m->affinity > WEFT_SERVICE_AFFINITY_CLIENT)
		return weft_refuse(context, EINVAL, "SERVICE affinity %u: at most %u", m->affinity,
				   WEFT_SERVICE_AFFINITY_CLIENT);
	if (m->affinity && (!m->affinity_s || m->affinity_s > WEFT_SERVICE_AFFINITY_MAX_S))
		return weft_refuse(context, EINVAL, "SERVICE affinity_s %u: want 1 to %u", m->affinity_s,
				   WEFT_SERVICE_AFFINITY_MAX_S);
	if (!m->affinity && m->affinity_s)
		return weft_refuse(context, EINVAL, "SERVICE affinity_s %u: want 0 without affinity", m->affinity_s);
	return 0;
}

/* The virtual address is this service's, for ever, and nobody else's. */
static int check_place(struct weft_context *context, const struct weft_service_msg *m)
{
	const struct weft_service *old = weft_service_get(context->plane, m->service_id);
	const struct weft_service *there = find(context->plane, m->vrf_id, m->family, m->protocol, m->address, m->port);

	if (old && old != there)
		return weft_refuse(context, EBUSY, "SERVICE %u vrf_id, address, protocol, port: they cannot change",
				   m->service_id);
	if (!old && there)
		return weft_refuse(context, EEXIST, "SERVICE %u address, protocol %u, port %u: service %u has them in VRF %u",
				   m->service_id, m->protocol, m->port, there->service_id, m->vrf_id);
	return 0;
}

static int check(struct weft_context *context, const struct weft_service_msg *m)
{
	uint32_t bytes;
	int error;

	if (!m->service_id || m->service_id >= WEFT_SERVICE_LIMIT)
		return weft_refuse(context, EINVAL, "SERVICE service_id %u: want 1 to %u", m->service_id,
				   WEFT_SERVICE_LIMIT - 1);
	if (m->zero0[0] || m->zero0[1] || m->zero0[2])
		return weft_refuse(context, EINVAL, "SERVICE zero0: padding is not zero");
	if (m->family != 4 && m->family != 6)
		return weft_refuse(context, EINVAL, "SERVICE family %u: want 4 or 6", m->family);
	if (m->protocol != PROTOCOL_TCP && m->protocol != PROTOCOL_UDP)
		return weft_refuse(context, EINVAL, "SERVICE protocol %u: want 6 (TCP) or 17 (UDP)", m->protocol);
	if (!m->port)
		return weft_refuse(context, EINVAL, "SERVICE port 0: want 1 to 65535");
	bytes = weft_address_bytes(m->family);
	if (weft_all_zero(m->address, bytes))
		return weft_refuse(context, EINVAL, "SERVICE address: not an address");
	if (!weft_all_zero(m->address + bytes, 16 - bytes))
		return weft_refuse(context, EINVAL, "SERVICE address: bytes behind the IPv4 address are not zero");
	if (m->zero1)
		return weft_refuse(context, EINVAL, "SERVICE zero1: padding is not zero");
	if (m->nat_pool_id && !weft_nat_pool_get(context->plane, m->nat_pool_id))
		return weft_refuse(context, ENOENT, "SERVICE nat_pool_id %u: no such pool", m->nat_pool_id);
	if (m->flags & ~(uint32_t)WEFT_SERVICE_HAIRPIN)
		return weft_refuse(context, EINVAL, "SERVICE flags %x: unknown bits", m->flags);
	if (!weft_vrf_get(context->plane, m->vrf_id))
		return weft_refuse(context, ENOENT, "SERVICE vrf_id %u: no such VRF", m->vrf_id);
	error = check_affinity(context, m);
	error = error ? error : check_place(context, m);
	for (uint32_t i = 0; i < m->backend_count && !error; i++)
		error = check_backend(context, m, i);
	return error;
}

/* ---- an entry and what stands behind it ---- */

static uint32_t slots_for(const struct weft_service_msg *m)
{
	uint32_t least = WEFT_MEMBER_WEIGHT_MAX + 1;
	uint64_t sum = 0;

	for (uint32_t i = 0; i < m->backend_count; i++) {
		if (m->backends[i].state != WEFT_BACKEND_UP)
			continue;
		sum += m->backends[i].weight;
		least = m->backends[i].weight < least ? m->backends[i].weight : least;
	}
	return sum ? weft_maglev_slots(sum, least) : 0;
}

/* Indexes of the message's backends, ascending by key; Shell's sort, for the kernel has none of its own. */
static void sort(const struct weft_service_msg *m, uint16_t *order)
{
	uint32_t gap = 1;

	for (uint32_t i = 0; i < m->backend_count; i++)
		order[i] = (uint16_t)i;
	while (gap < m->backend_count / 3)
		gap = 3 * gap + 1;
	for (; gap; gap /= 3) {
		for (uint32_t i = gap; i < m->backend_count; i++) {
			uint16_t moving = order[i];
			uint32_t at = i;

			while (at >= gap &&
			       memcmp(m->backends[order[at - gap]].key, m->backends[moving].key, WEFT_KEY_BYTES) > 0) {
				order[at] = order[at - gap];
				at -= gap;
			}
			order[at] = moving;
		}
	}
}

static int check_keys(struct weft_context *context, const struct weft_service_msg *m, const uint16_t *order)
{
	for (uint32_t i = 1; i < m->backend_count; i++) {
		uint32_t one = order[i - 1], other = order[i];

		if (!memcmp(m->backends[one].key, m->backends[other].key, WEFT_KEY_BYTES))
			return weft_refuse(context, EINVAL, "SERVICE backends[%u].key: backends[%u] has it too",
					   one > other ? one : other, one > other ? other : one);
	}
	return 0;
}

/* Where the parts of an entry stand. */
struct parts {
	size_t backends, lives, seen, table, bytes;
};

static struct parts parts_of(uint32_t backend_count, uint32_t slots)
{
	struct parts parts = {.backends = sizeof(struct weft_service_entry)};

	parts.lives = parts.backends + backend_count * sizeof(struct weft_service_backend);
	parts.seen = parts.lives + backend_count * sizeof(struct weft_backend_life *);
	parts.table = parts.seen + backend_count * sizeof(struct weft_backend);
	parts.bytes = parts.table + slots * sizeof(uint16_t);
	return parts;
}

static void fill_seen(struct weft_service *seen, const struct weft_service_msg *m)
{
	seen->service_id = m->service_id;
	seen->vrf_id = m->vrf_id;
	memcpy(seen->address, m->address, 16);
	seen->family = m->family;
	seen->protocol = m->protocol;
	seen->port = m->port;
	seen->affinity = m->affinity;
	seen->affinity_ticks = weft_ticks(m->affinity_s * 1000000000ull);
	seen->flags = m->flags;
	seen->nat_pool_id = m->nat_pool_id;
	seen->backend_count = m->backend_count;
}

/* 0, or a refusal: no memory, no slot. Lives that are new end by themselves when no service takes them. */
static int fill_backends(struct weft_context *context, struct weft_service_entry *entry, struct weft_backend *seen,
			 const uint16_t *order)
{
	for (uint32_t i = 0; i < entry->seen.backend_count; i++) {
		const struct weft_service_backend *backend = &entry->backends[order[i]];
		struct weft_backend_life *life = weft_backend_live(context->plane, entry->seen.service_id, backend->key);

		if (!life)
			return weft_refuse(context, ENOMEM,
					   "SERVICE %u backends[%u]: out of memory, or of backends: at most %u",
					   entry->seen.service_id, order[i], WEFT_BACKEND_LIMIT);
		entry->lives[order[i]] = life;
		memcpy(seen[i].key, backend->key, WEFT_KEY_BYTES);
		memcpy(seen[i].address, backend->address, 16);
		seen[i].vrf_id = backend->vrf_id;
		seen[i].connections_max = backend->connections_max;
		seen[i].backend_id = life->backend_id;
		seen[i].port = backend->port;
		seen[i].state = backend->state;
		seen[i].life = life;
	}
	return 0;
}

static void fill_table(struct weft_service_entry *entry, uint16_t *table, struct weft_maglev_turn *turns, const uint16_t *order)
{
	uint32_t count = 0;

	for (uint32_t i = 0; i < entry->seen.backend_count; i++) {
		const struct weft_service_backend *backend = &entry->backends[order[i]];

		if (backend->state != WEFT_BACKEND_UP)
			continue;
		memcpy(turns[count].key, backend->key, WEFT_KEY_BYTES);
		turns[count].weight = backend->weight;
		turns[count++].index = (uint16_t)i;
	}
	if (count)
		weft_maglev_fill(table, entry->seen.slots, turns, count);
}

/* Scratch of one message. */
struct scratch {
	uint16_t order[WEFT_SERVICE_BACKENDS_MAX];
	struct weft_maglev_turn turns[WEFT_SERVICE_BACKENDS_MAX];
};

/* NULL with context->text and *error. */
static struct weft_service_entry *make(struct weft_context *context, const struct weft_service_msg *m, int *error)
{
	uint32_t slots = slots_for(m);
	struct parts parts = parts_of(m->backend_count, slots);
	struct scratch *scratch = weft_host_alloc(sizeof(*scratch));
	struct weft_service_entry *entry = weft_host_alloc(parts.bytes);
	uint8_t *at = (uint8_t *)entry;

	*error = 0;
	if (!scratch || !entry) {
		*error = weft_refuse(context, ENOMEM, "SERVICE %u: out of memory", m->service_id);
	} else {
		sort(m, scratch->order);
		*error = check_keys(context, m, scratch->order);
	}
	if (!*error) {
		entry->bytes = parts.bytes;
		entry->epoch = context->epoch;
		entry->message = *m;
		entry->message.slots = slots;
		entry->backends = (struct weft_service_backend *)(at + parts.backends);
		entry->lives = (struct weft_backend_life **)(at + parts.lives);
		for (uint32_t i = 0; i < m->backend_count; i++)
			memcpy(&entry->backends[i], &m->backends[i], READ_ONLY);
		fill_seen(&entry->seen, m);
		entry->seen.slots = slots;
		entry->seen.backends = (struct weft_backend *)(at + parts.seen);
		entry->seen.table = (uint16_t *)(at + parts.table);
		*error = fill_backends(context, entry, (struct weft_backend *)(at + parts.seen), scratch->order);
	}
	if (!*error)
		fill_table(entry, (uint16_t *)(at + parts.table), scratch->turns, scratch->order);
	weft_host_free(scratch, sizeof(*scratch));
	if (*error) {
		weft_host_free(entry, parts.bytes);
		return NULL;
	}
	return entry;
}

/* ---- messages ---- */

static bool same(const struct weft_service_entry *old, const struct weft_service_msg *m)
{
	if (memcmp(&old->message, m, offsetof(struct weft_service_msg, slots)))
		return false;
	for (uint32_t i = 0; i < m->backend_count; i++) {
		if (memcmp(&old->backends[i], &m->backends[i], READ_ONLY))
			return false;
	}
	return true;
}

/* The VRFs that the entry refers to are counted, once more (+1) or once less (-1). */
static void use(struct weft_plane *plane, const struct weft_service_entry *entry, int by)
{
	struct weft_vrf *vrf = weft_vrf_get(plane, entry->seen.vrf_id);

	weft_put(vrf->services, vrf->services + (uint32_t)by);
	for (uint32_t i = 0; i < entry->seen.backend_count; i++) {
		vrf = weft_vrf_get(plane, entry->backends[i].vrf_id);
		weft_put(vrf->services, vrf->services + (uint32_t)by);
	}
}

static void touch(struct weft_plane *plane, uint32_t vrf_id, uint8_t family, const uint8_t *address)
{
	weft_route_touch(plane, weft_vrf_get(plane, vrf_id), family, address);
}

/* The backend as connections know it is the service's too. */
static bool stays(const struct weft_backend *backend, const struct weft_service *service)
{
	const struct weft_backend *is = service ? by_key(service, backend->key) : NULL;

	return is && is->vrf_id == backend->vrf_id && is->port == backend->port && !memcmp(is->address, backend->address, 16);
}

/* Only a change: the connections of every pool ask again. */
static void use_pool(struct weft_plane *plane, const struct weft_service_entry *old, const struct weft_service_entry *entry)
{
	uint32_t was = old ? old->seen.nat_pool_id : 0, is = entry ? entry->seen.nat_pool_id : 0;

	if (was == is)
		return;
	weft_nat_pool_use(plane, is, 1);
	weft_nat_pool_use(plane, was, -1);
}

/*
 * Behind the publication: connections whose backend is no longer what it was ask again, and so do those to the virtual address
 * when it had no service before, or has none now. Weights, states and limits concern new connections only.
 */
static void touch_changes(struct weft_plane *plane, const struct weft_service *old, const struct weft_service *service)
{
	const struct weft_service *one = service ? service : old;
	bool any = !old || !service || old->nat_pool_id != service->nat_pool_id;

	for (uint32_t i = 0; old && i < old->backend_count; i++) {
		const struct weft_backend *backend = &old->backends[i];

		if (stays(backend, service))
			continue;
		any = true;
		touch(plane, backend->vrf_id, one->family, backend->address);
		if (backend->vrf_id != one->vrf_id)
			touch(plane, one->vrf_id, one->family, backend->address);
	}
	if (any)
		touch(plane, one->vrf_id, one->family, one->address);
}

/* Lives that `old` had and `entry` has not are let go. Either may be NULL. */
static void hand_over(struct weft_plane *plane, const struct weft_service_entry *old, const struct weft_service_entry *entry)
{
	for (uint32_t i = 0; old && i < old->seen.backend_count; i++)
		old->lives[i]->used = false;
	for (uint32_t i = 0; entry && i < entry->seen.backend_count; i++) {
		__atomic_store_n(&entry->lives[i]->connections_max, entry->backends[i].connections_max, __ATOMIC_RELAXED);
		weft_backend_use(plane, entry->lives[i], true);
	}
	for (uint32_t i = 0; old && i < old->seen.backend_count; i++) {
		if (!old->lives[i]->used)
			weft_backend_use(plane, old->lives[i], false);
	}
}

int weft_service_set(struct weft_context *context, const void *body)
{
	struct weft_plane *plane = context->plane;
	const struct weft_service_msg *m = body;
	struct weft_service_entry *old, *entry;
	int error = check(context, m);

	if (error)
		return error;
	old = weft_service_entry_get(plane, m->service_id);
	if (old && same(old, m)) {
		old->epoch = context->epoch;
		return 0;
	}
	entry = make(context, m, &error);
	if (!entry)
		return error;
	if (weft_sparse_reserve(plane, &plane->services, m->service_id) ||
	    weft_sparse_reserve(plane, &plane->service_buckets, bucket_of(m->vrf_id, m->protocol, m->address, m->port)) ||
	    weft_route_touch_prepare(weft_vrf_get(plane, m->vrf_id), m->family) ||
	    (!old && weft_service_address_add(plane, &entry->seen))) {
		weft_host_free(entry, entry->bytes);
		return weft_refuse(context, ENOMEM, "SERVICE %u: out of memory", m->service_id);
	}
	if (m->affinity)
		weft_affinity_begin(plane);
	use(plane, entry, 1);
	weft_sparse_set(plane, &plane->services, m->service_id, (uintptr_t)entry);
	relink(plane, old ? &old->seen : NULL, &entry->seen);
	if (!old)
		__atomic_store_n(&plane->service_count, plane->service_count + 1, __ATOMIC_RELAXED);
	hand_over(plane, old, entry);
	use_pool(plane, old, entry);
	touch_changes(plane, old ? &old->seen : NULL, &entry->seen);
	if (old) {
		use(plane, old, -1);
		weft_host_free_deferred(plane, old, old->bytes);
	}
	context->changed = true;
	return 0;
}

static void service_remove(struct weft_context *context, struct weft_service_entry *entry)
{
	struct weft_plane *plane = context->plane;

	weft_sparse_set(plane, &plane->services, entry->seen.service_id, 0);
	relink(plane, &entry->seen, NULL);
	__atomic_store_n(&plane->service_count, plane->service_count - 1, __ATOMIC_RELAXED);
	weft_service_address_drop(plane, &entry->seen);
	hand_over(plane, entry, NULL);
	use_pool(plane, entry, NULL);
	touch_changes(plane, &entry->seen, NULL);
	use(plane, entry, -1);
	weft_host_free_deferred(plane, entry, entry->bytes);
	context->changed = true;
}

int weft_service_delete(struct weft_context *context, const void *body)
{
	const struct weft_service_msg *m = body;
	struct weft_service_entry *entry = weft_service_entry_get(context->plane, m->service_id);

	if (!entry)
		return weft_refuse(context, ENOENT, "SERVICE service_id %u: no such service", m->service_id);
	service_remove(context, entry);
	return 0;
}

int weft_service_sweep(struct weft_context *context)
{
	struct weft_sparse *all = &context->plane->services;

	for (uint32_t id = weft_sparse_next(all, 0); id < all->limit; id = weft_sparse_next(all, id + 1)) {
		struct weft_service_entry *entry = weft_service_entry_get(context->plane, id);

		if (entry->epoch != context->epoch)
			service_remove(context, entry);
	}
	return 0;
}

int weft_services_create(struct weft_plane *plane)
{
	if (weft_sparse_create(&plane->services, WEFT_SERVICE_LIMIT) || weft_sparse_create(&plane->service_buckets, BUCKETS) ||
	    weft_service_addresses_create(plane))
		return -ENOMEM;
	return weft_backends_create(plane);
}

void weft_services_destroy(struct weft_plane *plane)
{
	struct weft_sparse *all = &plane->services;

	for (uint32_t id = weft_sparse_next(all, 0); all->pages && id < all->limit; id = weft_sparse_next(all, id + 1)) {
		struct weft_service_entry *entry = weft_service_entry_get(plane, id);

		weft_host_free(entry, entry->bytes);
	}
	weft_sparse_destroy(all);
	weft_sparse_destroy(&plane->service_buckets);
	weft_service_addresses_destroy(plane);
	weft_backends_destroy(plane);
}

void weft_services_tick(struct weft_plane *plane)
{
	weft_backends_tick(plane);
}

uint32_t weft_service_bytes(const struct weft_service_entry *entry)
{
	return (uint32_t)sizeof(entry->message) + entry->seen.backend_count * (uint32_t)sizeof(entry->backends[0]);
}

void weft_service_fill(const struct weft_service_entry *entry, void *out)
{
	uint8_t *at = (uint8_t *)out + sizeof(entry->message);

	memcpy(out, &entry->message, sizeof(entry->message));
	for (uint32_t i = 0; i < entry->seen.backend_count; i++, at += sizeof(entry->backends[0])) {
		const struct weft_backend_life *life = entry->lives[i];
		struct weft_service_backend backend = entry->backends[i];

		backend.backend_id = life->backend_id;
		backend.connections_live = __atomic_load_n(&life->live, __ATOMIC_RELAXED);
		backend.connections = __atomic_load_n(&life->counts->connections, __ATOMIC_RELAXED);
		backend.packets = __atomic_load_n(&life->counts->packets, __ATOMIC_RELAXED);
		backend.bytes = __atomic_load_n(&life->counts->bytes, __ATOMIC_RELAXED);
		memcpy(at, &backend, sizeof(backend));
	}
}
