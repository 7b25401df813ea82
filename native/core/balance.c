/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Connections to services: which backend takes one, and as what its packets go there. Set-up and re-evaluation only. */
#include "maglev.h"
#include "service.h"
#include "worker.h"

#define CHOICES 8u /* of the table, when backends have as many connections as they may have; then any that has room */
#define PORTS 16u  /* tried for a connection whose answers could not be told from another's */
#define PORT_FIRST 1024u

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
		backend = weft_service_backend_get(plane, service, weft_affinity_find(plane, service, key, now_ns));
	if (backend && has_room(backend))
		return backend;
	backend = spread(service, weft_service_hash(key, service->affinity));
	if (!backend)
		*reason = WEFT_DROP_BACKEND_CONNECTION_LIMIT;
	return backend;
}

/* An echo request to an address that services have in this VRF and, as its routes say, nothing else has. */
static bool is_echo_to_service(struct weft_worker *worker)
{
	const struct weft_translation *translation = &worker->translation;
	const struct weft_connection_key *key = &translation->key;
	const struct weft_nexthop *nexthop;
	struct weft_leaf leaf;

	if (key->protocol != (key->family == 4 ? WEFT_PROTOCOL_ICMP : WEFT_PROTOCOL_ICMPV6) ||
	    key->destination_port != (key->family == 4 ? 8 : 128) ||
	    !weft_service_has_address(worker->plane, translation->vrf_id, key->family, key->destination))
		return false;
	leaf = weft_route_get(worker->plane, translation->vrf_id, key->family, key->destination);
	if (leaf.prefix_len == WEFT_NO_ROUTE || leaf.prefix_len < (key->family == 4 ? 32 : 128))
		return true;
	nexthop = weft_nexthop_get(worker->plane, leaf.nexthop_id);
	return !nexthop || nexthop->type == WEFT_NEXTHOP_RECEIVE || nexthop->type == WEFT_NEXTHOP_DISCARD;
}

enum weft_drop weft_service_translate(struct weft_worker *worker)
{
	struct weft_translation *translation = &worker->translation;
	const struct weft_service *service = weft_service_find(worker->plane, translation->vrf_id, &translation->key);
	uint32_t keep = translation->keep ? translation->keep->of_pair[WEFT_PAIR_BACKEND] : 0;
	const struct weft_backend *backend;
	enum weft_drop reason;

	if (WEFT_LIKELY(!service))
		return is_echo_to_service(worker) ? WEFT_DROP_NO_RECEIVER : WEFT_DROP_NONE;
	backend = weft_service_choose(worker->plane, service, &translation->key, keep, worker->now_ns, &reason);
	if (!backend)
		return reason;
	translation->service_id = service->service_id;
	translation->backend_id = backend->backend_id;
	weft_translate_to(worker, backend->vrf_id, backend->address, backend->port);
	if (service->nat_pool_id)
		return weft_translate_from_pool(worker, service->nat_pool_id);
	if ((service->flags & WEFT_SERVICE_HAIRPIN) && backend->vrf_id == service->vrf_id &&
	    !memcmp(backend->address, translation->key.source, 16))
		weft_translate_from(worker, service->address, translation->key.source_port);
	return WEFT_DROP_NONE;
}

/* Answers with this key are no other connection's. From a virtual address they must not look like a client's of the service
 * either. */
static bool is_free(struct weft_worker *worker, const struct weft_connection_key *answers)
{
	return !weft_connection_find(worker->plane, answers, weft_connection_hash(worker->plane, answers)) &&
	       !(worker->translation.source && weft_service_find(worker->plane, worker->translation.vrf_id, answers));
}

enum weft_drop weft_service_settle_port(struct weft_worker *worker)
{
	const struct weft_connection *keep = worker->translation.keep;
	struct weft_connection_key *answers = &worker->pair[1].key, had;
	uint32_t hash = weft_service_hash(answers, false);

	if (worker->translation.pool || worker->translation.held)
		return WEFT_DROP_NONE; /* the port is the pool's */
	if (keep) {
		had = *answers;
		had.destination_port = keep->key.destination_port;
		if (!memcmp(&had, &keep->key, sizeof(had))) {
			answers->destination_port = had.destination_port;
			return WEFT_DROP_NONE;
		}
	}
	for (uint32_t i = 0; i < PORTS; i++) {
		if (is_free(worker, answers))
			return WEFT_DROP_NONE;
		hash = (uint32_t)(mix(hash + i) >> 32);
		answers->destination_port = (uint16_t)(PORT_FIRST + hash % (65536u - PORT_FIRST));
	}
	return WEFT_DROP_SERVICE_PORTS;
}

void weft_service_opened(struct weft_worker *worker)
{
	const struct weft_connection *forward = &worker->pair[0], *reverse = &worker->pair[1];
	const struct weft_service *service = weft_service_get(worker->plane, reverse->of_pair[WEFT_PAIR_SERVICE]);

	if (service && service->affinity)
		weft_affinity_note(worker->plane, service, &forward->key, reverse->of_pair[WEFT_PAIR_BACKEND], worker->now_ns);
}
