/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Which backend a client had last: a cache of bounded size, sets of four entries, each under a sequence. Lookups take no lock;
 * whoever finds an entry being written goes on without it. It stands in settings.shared, like the backends' ids that it names:
 * a worker that takes over goes on with it.
 */
#include "plane.h"

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

size_t weft_affinity_bytes(void)
{
	return sizeof(struct weft_affinity);
}

/* No worker is there that would write: what is half written stays so, and would never be written again. */
static void mend(struct weft_affinity *affinity)
{
	for (uint32_t set = 0; set < SETS; set++) {
		for (uint32_t way = 0; way < WAYS; way++) {
			struct affinity *entry = &affinity->sets[set][way];

			if (entry->sequence & 1)
				memset(entry, 0, sizeof(*entry));
		}
	}
}

void weft_affinity_begin(struct weft_plane *plane)
{
	if (plane->affinity)
		return;
	if (plane->adopted)
		mend(plane->affinity_memory);
	weft_store(plane->affinity, plane->affinity_memory);
}

static struct affinity *set_of(struct weft_plane *plane, uint32_t service_id, const uint8_t client[16])
{
	struct weft_affinity *affinity = weft_load(plane->affinity);
	struct weft_connection_key key = {.zone = service_id};

	memcpy(key.source, client, sizeof(key.source));
	return affinity ? affinity->sets[weft_connection_hash(plane, &key) % SETS]
			: NULL; /* a hash that strangers cannot steer */
}

#define WORDS (sizeof(struct affinity) / sizeof(uint32_t))

/* False: being written. */
static bool read_entry(const struct affinity *entry, struct affinity *copy)
{
	const uint32_t *from = &entry->sequence;
	uint32_t words[WORDS];

	words[0] = __atomic_load_n(from, __ATOMIC_ACQUIRE);
	for (uint32_t i = 1; i < WORDS; i++)
		words[i] = __atomic_load_n(from + i, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	memcpy(copy, words, sizeof(*copy));
	return !(words[0] & 1) && __atomic_load_n(from, __ATOMIC_RELAXED) == words[0];
}

/* Everything but the sequence, which is odd. */
static void write_entry(struct affinity *entry, const struct affinity *from)
{
	uint32_t *to = &entry->sequence, words[WORDS];

	memcpy(words, from, sizeof(words));
	__atomic_thread_fence(__ATOMIC_RELEASE);
	for (uint32_t i = 1; i < WORDS; i++)
		__atomic_store_n(to + i, words[i], __ATOMIC_RELAXED);
}

static bool is_of(const struct affinity *entry, uint32_t service_id, const uint8_t client[16])
{
	return entry->service_id == service_id && !memcmp(entry->client, client, sizeof(entry->client));
}

uint32_t weft_affinity_find(struct weft_plane *plane, const struct weft_service *service, const struct weft_connection_key *key,
			    uint64_t now_ns)
{
	const struct affinity *set = set_of(plane, service->service_id, key->source);

	for (uint32_t way = 0; set && way < WAYS; way++) {
		struct affinity entry;

		if (!read_entry(&set[way], &entry) || !is_of(&entry, service->service_id, key->source))
			continue;
		if (weft_ticks(now_ns) - entry.seen > service->affinity_ticks)
			return 0;
		return entry.backend_id;
	}
	return 0;
}

void weft_affinity_note(struct weft_plane *plane, const struct weft_service *service, const struct weft_connection_key *key,
			uint32_t backend_id, uint64_t now_ns)
{
	struct affinity *set = service->affinity ? set_of(plane, service->service_id, key->source) : NULL, *victim = NULL;
	struct affinity fresh = {.service_id = service->service_id, .backend_id = backend_id, .seen = weft_ticks(now_ns)};
	uint32_t oldest = 0, even;

	for (uint32_t way = 0; set && way < WAYS; way++) {
		struct affinity entry;
		uint32_t age;

		if (!read_entry(&set[way], &entry))
			continue;
		if (is_of(&entry, service->service_id, key->source)) {
			victim = &set[way];
			break;
		}
		age = entry.service_id ? fresh.seen - entry.seen : 0xffffffffu;
		if (!victim || age > oldest) {
			victim = &set[way];
			oldest = age;
		}
	}
	if (!victim)
		return;
	memcpy(fresh.client, key->source, sizeof(fresh.client));
	even = __atomic_load_n(&victim->sequence, __ATOMIC_RELAXED) & ~1u;
	if (!__atomic_compare_exchange_n(&victim->sequence, &even, even + 1, false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
		return; /* another worker writes there: the client is forgotten, not waited for */
	write_entry(victim, &fresh);
	__atomic_store_n(&victim->sequence, even + 2, __ATOMIC_RELEASE);
}
