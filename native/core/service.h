/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Services between the control half (service.c, backend.c) and the packet path (balance.c). Like the other tables: readers load
 * pointers inside a read section, the control thread alone writes, what workers see never changes but for the counters of a
 * backend's life.
 */
#ifndef WEFT_SERVICE_H
#define WEFT_SERVICE_H

#include "weft_tables.h"

/* Atomic, workers at set-up and removal. In settings.shared, so that they go on in the next worker process. */
struct weft_backend_counts {
	uint64_t connections, packets, bytes;
};

/* What lasts of a backend while its service is replaced, and after it until its last connection is over. */
struct weft_backend_life {
	uint32_t backend_id; /* slot and generation: an id that is gone never comes back */
	uint32_t service_id;
	uint32_t live;			      /* connections; atomic, workers at set-up and removal */
	uint32_t connections_max;	      /* 0: no limit */
	uint32_t waiting;		      /* control thread, as all below: grace periods asked for and not over */
	struct weft_backend_counts *counts;
	uint8_t key[WEFT_KEY_BYTES];
	struct weft_backend_life *next;	     /* of those with the same hash of service and key */
	struct weft_backend_life *idle_next; /* of those that no service has */
	bool used, queued;
} __attribute__((aligned(WEFT_CACHE_LINE)));

/* A backend as the packet path sees it. */
struct weft_backend {
	uint8_t key[WEFT_KEY_BYTES];
	uint8_t address[16];
	uint32_t vrf_id, connections_max;
	uint32_t backend_id;
	uint16_t port;
	uint8_t state; /* enum weft_backend_state */
	struct weft_backend_life *life;
};

struct weft_service {
	struct weft_service *next; /* of the same bucket; the control thread relinks it */
	uint32_t service_id, vrf_id;
	uint8_t address[16];
	uint8_t family, protocol;
	uint16_t port;
	uint8_t affinity; /* enum weft_service_affinity */
	uint32_t affinity_ticks;
	uint32_t nat_pool_id; /* 0: none */
	uint32_t flags;	      /* enum weft_service_flag */
	uint32_t backend_count, slots;
	const struct weft_backend *backends; /* ascending by key */
	const uint16_t *table;		     /* [slots]: indexes of backends that are up */
};

/* ---- worker or control context ---- */
/* The service of a destination in a VRF, NULL: none. Cheap while the plane has no service. */
const struct weft_service *weft_service_find(struct weft_plane *plane, uint32_t vrf_id, const struct weft_connection_key *key);
/* Some service of the VRF has the address, whatever its protocol and port. Cheap while the plane has no service. */
bool weft_service_has_address(struct weft_plane *plane, uint32_t vrf_id, uint8_t family, const uint8_t address[16]);
/* NULL: none. */
const struct weft_service *weft_service_get(struct weft_plane *plane, uint32_t service_id);
/* The key of the service's backend with this id while it lives, NULL: it has gone. */
const uint8_t *weft_backend_key(struct weft_plane *plane, uint32_t service_id, uint32_t backend_id);
/* The service's backend with this id, NULL: it has gone. */
const struct weft_backend *weft_service_backend_get(struct weft_plane *plane, const struct weft_service *service,
						    uint32_t backend_id);
/*
 * The hash that decides the backend, the same on every host: of the initiator's key without zone, or of its source address
 * only.
 */
uint32_t weft_service_hash(const struct weft_connection_key *key, bool client_only);
/*
 * The backend for the initiator's key. `keep`: the id of the one that the connection has (0: none), taken while the service has
 * it. NULL with *reason: NO_BACKEND, BACKEND_CONNECTION_LIMIT. Worker context.
 */
const struct weft_backend *weft_service_choose(struct weft_plane *plane, const struct weft_service *service,
					       const struct weft_connection_key *key, uint32_t keep, uint64_t now_ns,
					       enum weft_drop *reason);
/* Id of the backend that the client had last, 0: none, or too long ago. Worker context. */
uint32_t weft_affinity_find(struct weft_plane *plane, const struct weft_service *service, const struct weft_connection_key *key,
			    uint64_t now_ns);
/* A new connection of the client was opened to the backend: with affinity, its next ones go there. */
void weft_affinity_note(struct weft_plane *plane, const struct weft_service *service, const struct weft_connection_key *key,
			uint32_t backend_id, uint64_t now_ns);

/* ---- for connection.c: pairs of a backend (id 0: of none) ---- */
/* One pair more. False: it has as many as it may have, nothing is counted. */
bool weft_backend_open(struct weft_plane *plane, uint32_t backend_id);
/* One less; what it carried is added to the backend's. `undo`: it never was. */
void weft_backend_close(struct weft_plane *plane, uint32_t backend_id, uint64_t packets, uint64_t bytes, bool undo);
/* A pair was found in the table of a plane that died. */
void weft_backend_adopt(struct weft_plane *plane, uint32_t backend_id);

#endif
