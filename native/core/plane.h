/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The control half's own view of the plane. The packet path includes weft_tables.h only. */
#ifndef WEFT_CORE_PLANE_H
#define WEFT_CORE_PLANE_H

#include "fib.h"
#include "slab.h"
#include "sparse.h"
#include "text.h"
#include "weft_tables.h"

#define WEFT_STAMP_BUCKETS 16u
/* A private zone is this plus the vif id: above every VRF id. */
#define WEFT_ZONE_PRIVATE 0x10000u

struct weft_connections;
struct weft_endpoints;

/*
 * What goes on in the next worker process when this one dies: the head of settings.shared, followed by the connections' entries and
 * states. Ids, numbers, keys; never pointers.
 */
struct weft_shared {
	uint64_t magic, bytes;
	uint32_t layout, entry_bytes, pairs;
	uint32_t used;          /* pairs ever used; above them nothing was written */
	uint64_t hash_keys[4];
	uint32_t seed;
	uint32_t generation;    /* of stamps and next hops: every value is given out once, whatever process asks */
	uint32_t endpoint_next; /* endpoint index to give out next */
	uint32_t zero0;
	uint64_t started_ns, sets, deletes;
} __attribute__((aligned(WEFT_CACHE_LINE)));

/* One VRF. The pointer is stable for its life; workers read `fib` and `stamps`, everything else is the control thread's. */
struct weft_vrf {
	uint32_t vrf_id, epoch;
	struct weft_fib fib[2];  /* [0] IPv4, [1] IPv6 */
	uint32_t *stamps[2];     /* [WEFT_STAMP_BUCKETS]; NULL before the family's first route */
	uint32_t vifs, nexthops; /* references */
	struct weft_vrf_msg message;
};

/* A next hop with what only the control thread needs. Replaced whole; `seen` comes first. */
struct weft_nexthop_entry {
	struct weft_nexthop seen;
	uint64_t routes, labels, vnis, members; /* references; members: of ECMP next hops */
	struct weft_nexthop_entry *endpoint_next, *endpoint_previous; /* others of the same endpoint */
	struct weft_nexthop_msg message;
};

/*
 * A policy set with what only the control thread needs. Replaced whole; `seen` comes last, its rules behind it. Workers may count in the
 * old set for a grace period: until then the new one adds what the old one counts for the rules that stayed.
 */
struct weft_policy_entry {
	uint32_t epoch, references; /* references: fields of ports */
	uint8_t key[WEFT_KEY_BYTES];
	struct weft_policy_entry *previous, *next; /* the set it replaced, in its grace period; the one that replaced it */
	uint32_t *from;                            /* [rule_count + 1]: the rule's index in `previous`, or WEFT_NO_RULE */
	struct weft_rule_counter *base;            /* [rule_count + 1]: counted by sets before it */
	struct weft_policy seen;
};
#define WEFT_NO_RULE 0xffffffffu

/* How long after its start, or a port's, TCP connections are picked up in their middle. */
#define WEFT_MIDSTREAM_NS (60 * 1000000000ull)

struct weft_plane {
	void *host;
	void (*applied)(void *host, const void *message, uint32_t bytes);
	struct weft_shared *shared;
	bool shared_own;  /* the memory is the plane's */
	bool adopted, restoring;
	uint32_t adoptions;
	uint32_t workers, seed;
	uint64_t hash_keys[4];
	char implementation[16], version[32];

	/* read by workers */
	struct weft_vif *vifs[WEFT_VIF_LIMIT];
	uint32_t agent_vif; /* id of the AGENT vif plus one, 0: none */
	struct weft_sparse vrfs, nexthops, labels, vnis, identities, policies;
	struct weft_endpoints *endpoints;
	struct weft_connections *connections;
	struct weft_plane_msg *configured;
	void *worker_memory[WEFT_WORKERS_MAX];
	struct weft_vif_counters *unassigned; /* [workers]: drops of packets without a vif */
	struct weft_policy_log *log;
	uint64_t midstream_until_ns; /* set once, before workers run; a plane that adopts a connection table makes it 0 */

	/* control thread */
	uint32_t plane_epoch;
	uint32_t vif_count, vrf_count, nexthop_count, identity_count, policy_count, vif_limit; /* vif_limit: above every vif id in use */
	uint64_t route_count, started_ns, sets, deletes;
	struct weft_vif_counters retired; /* of vifs that are gone */
	/* scratch of the control thread: too large for a kernel's stack */
	struct weft_slab *slab;
	void *request; /* the body being applied, WEFT_FRAME_BYTES_MAX: only what messages use is ever touched */
	struct weft_vif_msg vif_message;
};

static inline uint32_t weft_plane_generation(struct weft_plane *plane)
{
	if (++plane->shared->generation == 0)
		plane->shared->generation = 1;
	return plane->shared->generation;
}

static inline uint32_t weft_address_bytes(uint8_t family) { return family == 4 ? 4 : 16; }
static inline uint32_t weft_address_bits(uint8_t family) { return family == 4 ? 32 : 128; }
static inline unsigned int weft_family_slot(uint8_t family) { return family == 4 ? 0 : 1; }

/* True when `bytes` bytes are all zero. */
bool weft_all_zero(const void *memory, uint32_t bytes);

struct weft_vrf *weft_vrf_get(struct weft_plane *plane, uint32_t vrf_id);
struct weft_nexthop_entry *weft_nexthop_entry_get(struct weft_plane *plane, uint32_t nexthop_id);

/* ---- connection.c ---- */
/* 0 or -ENOMEM. The entries stand behind plane->shared; whole pairs found there are adopted. */
int weft_connections_create(struct weft_plane *plane, uint32_t pairs);
void weft_connections_destroy(struct weft_plane *plane);
/* Ages a slice and gives removed pairs back after a grace period. */
void weft_connections_tick(struct weft_plane *plane, uint64_t now_ns);
uint32_t weft_connections_max(const struct weft_plane *plane);
uint32_t weft_connections_live(const struct weft_plane *plane);
/* Live pairs that this port opened. vif_id < WEFT_VIF_LIMIT. */
uint32_t weft_connections_opened(const struct weft_plane *plane, uint32_t vif_id);
/* Pairs ever used: indexes of live entries are below twice this. */
uint32_t weft_connections_used(const struct weft_plane *plane);
bool weft_connection_live(struct weft_plane *plane, uint32_t index);

/* ---- endpoint.c ---- */
int weft_endpoints_create(struct weft_plane *plane);
void weft_endpoints_destroy(struct weft_plane *plane);
/* One more / one less tunnel next hop that uses the destination. attach: 0 or -ENOMEM, sets entry->seen.endpoint. */
int weft_endpoint_attach(struct weft_plane *plane, struct weft_nexthop_entry *entry, uint8_t family, const uint8_t *destination);
void weft_endpoint_detach(struct weft_plane *plane, struct weft_nexthop_entry *entry);
/* `next` takes the place of `entry`, which is about to be freed, with the same endpoint. */
void weft_endpoint_move(struct weft_plane *plane, struct weft_nexthop_entry *entry, struct weft_nexthop_entry *next);
/* Paths through `vif` go through `instead`, or are unresolved when that is NULL. */
void weft_endpoints_forget_vif(struct weft_plane *plane, const struct weft_vif *vif, struct weft_vif *instead);
/* Makes the destination known under `index` before a next hop uses it; forget_unused drops those that none uses. */
void weft_endpoint_restore(struct weft_plane *plane, const struct weft_path_msg *path, uint32_t index);
void weft_endpoints_forget_unused(struct weft_plane *plane);
/* The endpoint with the smallest index that is at least `from`; fills `out`. False: none. */
bool weft_endpoint_next(struct weft_plane *plane, uint32_t from, struct weft_path_msg *out, uint32_t *index);

/* ---- vif.c, vrf.c, nexthop.c, label.c, route.c: apply one validated change. `text`: why it was refused. ---- */
struct weft_context {
	struct weft_plane *plane;
	uint32_t epoch;
	bool changed;  /* set when something but the epoch changed */
	char text[WEFT_ERROR_TEXT_BYTES];
};

int weft_plane_set(struct weft_context *context, const void *body);
int weft_vif_set(struct weft_context *context, const void *body);
int weft_vif_delete(struct weft_context *context, const void *body);
int weft_vif_sweep(struct weft_context *context);
int weft_vif_check(struct weft_context *context, const struct weft_vif_msg *message);
int weft_vrf_set(struct weft_context *context, const void *body);
int weft_vrf_delete(struct weft_context *context, const void *body);
int weft_vrf_sweep(struct weft_context *context);
int weft_nexthop_set(struct weft_context *context, const void *body);
int weft_nexthop_delete(struct weft_context *context, const void *body);
int weft_nexthop_sweep(struct weft_context *context);
int weft_route_set(struct weft_context *context, const void *body);
int weft_route_delete(struct weft_context *context, const void *body);
int weft_route_sweep(struct weft_context *context);
int weft_label_set(struct weft_context *context, const void *body);
int weft_label_delete(struct weft_context *context, const void *body);
int weft_label_sweep(struct weft_context *context);
int weft_vni_set(struct weft_context *context, const void *body);
int weft_vni_delete(struct weft_context *context, const void *body);
int weft_vni_sweep(struct weft_context *context);
int weft_path_set(struct weft_context *context, const void *body);
int weft_identity_set(struct weft_context *context, const void *body);
int weft_identity_delete(struct weft_context *context, const void *body);
int weft_identity_sweep(struct weft_context *context);
int weft_policy_set(struct weft_context *context, const void *body);
int weft_policy_delete(struct weft_context *context, const void *body);
int weft_policy_sweep(struct weft_context *context);

/* ---- identity.c, policy.c: who uses them ---- */
/* Known: set, or one of those the plane gives by itself. */
bool weft_identity_known(struct weft_plane *plane, uint32_t identity_id);
/* One more (+1) or one less (-1) port or route with this identity. */
void weft_identity_use(struct weft_plane *plane, uint32_t identity_id, int change);
/* The same for every set that the vif names, and its identity. */
void weft_vif_use(struct weft_plane *plane, const struct weft_vif *vif, int change);
void weft_identities_destroy(struct weft_plane *plane);
void weft_policies_destroy(struct weft_plane *plane);

/* ---- policylog.c ---- */
int weft_policy_log_create(struct weft_plane *plane);
void weft_policy_log_destroy(struct weft_plane *plane);
/* Reads the log on from the event numbered `after`. Events that are being written, and those behind them, wait for another reader. */
struct weft_log_cursor {
	uint64_t after, limit;
	uint64_t position[WEFT_WORKERS_MAX];
};
void weft_policy_log_start(struct weft_plane *plane, struct weft_log_cursor *cursor, uint64_t after);
/* False: no more. */
bool weft_policy_log_next(struct weft_plane *plane, struct weft_log_cursor *cursor, struct weft_log_msg *out);

/* Labels and VNIs in tables: the next hop's id plus one (0: none) and the epoch. */
struct weft_target {
	uint32_t nexthop_plus_one;
	uint32_t epoch;
};

/* ---- objects as messages ---- */
void weft_plane_fill(struct weft_plane *plane, struct weft_plane_msg *out);
void weft_vif_fill(struct weft_plane *plane, const struct weft_vif *vif, struct weft_vif_msg *out);
void weft_vrf_fill(const struct weft_vrf *vrf, struct weft_vrf_msg *out);
/* Bytes of the message with its members; fill writes so many, `out` may be unaligned. */
uint32_t weft_nexthop_bytes(const struct weft_nexthop_entry *entry);
void weft_nexthop_fill(const struct weft_nexthop_entry *entry, void *out);
void weft_identity_fill(const struct weft_identity *identity, struct weft_identity_msg *out);
struct weft_policy_entry *weft_policy_entry_get(struct weft_plane *plane, uint32_t policy_id);
/* The struct without rules, and one rule, both with counters summed. */
void weft_policy_fill(struct weft_plane *plane, const struct weft_policy_entry *entry, struct weft_policy_msg *out);
void weft_policy_rule_fill(struct weft_plane *plane, const struct weft_policy_entry *entry, uint32_t index,
			   struct weft_policy_rule *out);
void weft_route_fill(const struct weft_vrf *vrf, unsigned int slot, const struct weft_route *route, struct weft_route_msg *out);
/* Packets dropped for the reason: on one vif, or everywhere (vif NULL). */
uint64_t weft_drops_sum(struct weft_plane *plane, const struct weft_vif *vif, uint32_t reason);
/* Adds the counters of a vif that no worker holds any more to those of the vifs that are gone. */
void weft_counters_retire(struct weft_plane *plane, const struct weft_vif *vif);
/* The packets_ fields, which are zero. */
void weft_packets_sum(struct weft_plane *plane, struct weft_plane_msg *out);

/* Frees every vif through the host, at once. For weft_plane_destroy. */
void weft_vifs_destroy(struct weft_plane *plane);
void weft_vrfs_destroy(struct weft_plane *plane);
void weft_nexthops_destroy(struct weft_plane *plane);
/* VRF 0 and next hop 0. 0 or -ENOMEM. */
int weft_vrf_create_fabric(struct weft_plane *plane);
int weft_nexthop_create_discard(struct weft_plane *plane);

#endif
