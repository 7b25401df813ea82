/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Which backend of a service takes a connection: the one it has, the one its client had (affinity), else by hash. Set-up and
 * re-evaluation only. The affinity table is a cache of bounded size: sets of four entries, each under a sequence; whoever finds
 * an entry being written goes on without it.
 */
#include "maglev.h"
#include "plane.h"

#define CHOICES 8u /* of the table, when backends have as many connections as they may have; then any that has room */
#define SETS 16384u
#define WAYS 4u

struct affinity {
	uint32_t sequence;	   /* odd while it is being written */
	uint32_t service_id;	   /* 0: free */
	uint32_t backend_id, seen; /* seen: ticks of the client's last connection */
	uint8_t client[16];
};
WEFT_ABI_ASSERT(sizeof(struct affinity) == 32, "affinity");

struct weft_affinity {
	struct affinity sets[SETS][WAYS];
};

int weft_affinity_create(struct weft_plane *plane)
{
	struct weft_affinity *affinity = plane->affinity ? plane->affinity : weft_host_alloc(sizeof(*affinity));

	if (!affinity)
		return -ENOMEM;
	weft_store(plane->affinity, affinity);
	return 0;
}

void weft_affinity_destroy(struct weft_plane *plane)
{
	if (plane->affinity)
		weft_host_free(plane->affinity, sizeof(*plane->affinity));
}

static struct affinity *set_of(struct weft_plane *plane, uint32_t service_id, const uint8_t client[16])
{
	struct weft_affinity *affinity = weft_load(plane->affinity);
	struct weft_connection_key key = {.zone = service_id};

	memcpy(key.source, client, sizeof(key.source));
	return affinity ? affinity->sets[weft_connection_hash(plane, &key) % SETS]
			: NULL; /* a hash that strangers cannot steer */
}

/* False: being written. */
static bool read_entry(const struct affinity *entry, struct affinity *copy)
{
	uint32_t sequence = __atomic_load_n(&entry->sequence, __ATOMIC_ACQUIRE);

	*copy = *entry;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return !(sequence & 1) && __atomic_load_n(&entry->sequence, __ATOMIC_RELAXED) == sequence;
}

static bool is_of(const struct affinity *entry, uint32_t service_id, const uint8_t client[16])
{
	return entry->service_id == service_id && !memcmp(entry->client, client, sizeof(entry->client));
}

/* The client's last backend, when it may take more connections. NULL: none, or too long ago. */
static const struct weft_backend *remembered(struct weft_plane *plane, const struct weft_service *service,
					     const struct weft_connection_key *key, uint64_t now_ns)
{
	const struct affinity *set = set_of(plane, service->service_id, key->source);

	for (uint32_t way = 0; set && way < WAYS; way++) {
		struct affinity entry;

		if (!read_entry(&set[way], &entry) || !is_of(&entry, service->service_id, key->source))
			continue;
		if (weft_ticks(now_ns) - entry.seen > service->affinity_ticks)
			return NULL;
		return weft_service_backend_get(plane, service, entry.backend_id);
	}
	return NULL;
}

void weft_affinity_note(struct weft_plane *plane, const struct weft_service *service, const struct weft_connection_key *key,
			uint32_t backend_id, uint64_t now_ns)
{
	struct affinity *set = service->affinity ? set_of(plane, service->service_id, key->source) : NULL, *victim = NULL;
	uint32_t now = weft_ticks(now_ns), oldest = 0, even;

	for (uint32_t way = 0; set && way < WAYS; way++) {
		struct affinity entry;
		uint32_t age;

		if (!read_entry(&set[way], &entry))
			continue;
		if (is_of(&entry, service->service_id, key->source)) {
			victim = &set[way];
			break;
		}
		age = entry.service_id ? now - entry.seen : 0xffffffffu;
		if (!victim || age > oldest) {
			victim = &set[way];
			oldest = age;
		}
	}
	if (!victim)
		return;
	even = __atomic_load_n(&victim->sequence, __ATOMIC_RELAXED) & ~1u;
	if (!__atomic_compare_exchange_n(&victim->sequence, &even, even + 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return; /* another worker writes there: the client is forgotten, not waited for */
	__atomic_thread_fence(__ATOMIC_RELEASE);
	victim->service_id = service->service_id;
	victim->backend_id = backend_id;
	victim->seen = now;
	memcpy(victim->client, key->source, sizeof(victim->client));
	__atomic_store_n(&victim->sequence, even + 2, __ATOMIC_RELEASE);
}

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
	x = (x ^ x >> 27) * 0x94d049bb133111ebull;
	return x ^ x >> 31;
}

/* Words as they stand in the packet: hosts are little endian. */
static uint64_t mix_address(uint64_t h, const uint8_t address[16])
{
	uint64_t words[2];

	memcpy(words, address, sizeof(words));
	return mix(mix(h ^ words[0]) ^ words[1]);
}

uint32_t weft_service_hash(const struct weft_connection_key *key, bool client_only)
{
	uint64_t h = mix_address(0x9e3779b97f4a7c15ull, key->source);

	if (client_only)
		return (uint32_t)(h >> 32);
	h = mix_address(h, key->destination);
	h = mix(h ^ ((uint64_t)key->protocol << 32 | (uint32_t)key->source_port << 16 | key->destination_port));
	return (uint32_t)(h >> 32);
}

/* It takes one connection more. Two workers may find room for the last one: only the insertion decides. */
static bool has_room(const struct weft_backend *backend)
{
	return backend->state == WEFT_BACKEND_UP &&
	       (!backend->connections_max ||
		__atomic_load_n(&backend->life->live, __ATOMIC_RELAXED) < backend->connections_max);
}

static const struct weft_backend *spread(const struct weft_service *service, uint32_t hash)
{
	uint64_t h = hash;

	for (uint32_t i = 0; i < CHOICES; i++) {
		const struct weft_backend *backend =
		    &service->backends[service->table[weft_maglev_slot((uint32_t)h, service->slots)]];

		if (has_room(backend))
			return backend;
		h = mix(h + 0x9e3779b97f4a7c15ull) >> 32;
	}
	for (uint32_t i = 0; i < service->backend_count; i++) {
		const struct weft_backend *backend =
		    &service->backends[(weft_maglev_slot(hash, service->backend_count) + i) % service->backend_count];

		if (has_room(backend))
			return backend;
	}
	return NULL;
}

const struct weft_backend *weft_service_choose(struct weft_plane *plane, const struct weft_service *service,
					       const struct weft_connection_key *key, uint32_t keep, uint64_t now_ns,
					       enum weft_drop *reason)
{
	const struct weft_backend *backend = keep ? weft_service_backend_get(plane, service, keep) : NULL;

	*reason = WEFT_DROP_NONE;
	if (backend)
		return backend;
	*reason = WEFT_DROP_NO_BACKEND;
	if (!service->slots)
		return NULL;
	*reason = WEFT_DROP_NONE;
	if (service->affinity)
		backend = remembered(plane, service, key, now_ns);
	if (backend && has_room(backend))
		return backend;
	backend = spread(service, weft_service_hash(key, service->affinity));
	if (!backend)
		*reason = WEFT_DROP_BACKEND_CONNECTION_LIMIT;
	return backend;
}
