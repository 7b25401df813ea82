/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The control half's own view of the plane. The packet path includes weft_tables.h only. */
#ifndef WEFT_CORE_PLANE_H
#define WEFT_CORE_PLANE_H

#include "fib.h"
#include "service.h"
#include "slab.h"
#include "sparse.h"
#include "text.h"
#include "weft_tables.h"

#define WEFT_STAMP_BUCKETS 16u
/* A private zone is this plus the vif id: above every VRF id. */
#define WEFT_ZONE_PRIVATE 0x10000u

struct weft_connections;
struct weft_context;
struct weft_pressure;
struct weft_ageing;
struct weft_endpoints;

/*
 * What goes on in the next worker process when this one dies: the head of settings.shared, followed by the connections' entries and
 * states, the backends' slots and the affinity of clients. Ids, numbers, keys; never pointers.
 */
struct weft_shared {
	uint64_t magic, bytes;
	uint32_t layout, entry_bytes, pairs;
	uint32_t used;          /* pairs ever used; above them nothing was written */
	uint64_t hash_keys[4];
	uint32_t seed;
	uint32_t generation;    /* of stamps and next hops: every value is given out once, whatever process asks */
	uint32_t endpoint_next; /* endpoint index to give out next */
	uint32_t backends_used; /* slots of weft_shared_backend ever used; above them nothing was written */
	uint64_t started_ns, sets, deletes;
} __attribute__((aligned(WEFT_CACHE_LINE)));

/*
 * A slot of settings.shared, behind the connections' states: connections remember their backend by slot and generation. A line of
 * its own: workers count there.
 */
struct weft_shared_backend {
	uint8_t key[WEFT_KEY_BYTES];
	uint32_t service_id; /* 0: free */
	uint32_t generation; /* of the last life in it */
	struct weft_backend_counts counts;
} __attribute__((aligned(WEFT_CACHE_LINE)));

/* One VRF. The pointer is stable for its life; workers read `fib` and `stamps`, everything else is the control thread's. */
struct weft_vrf {
	uint32_t vrf_id, epoch;
	struct weft_fib fib[2];  /* [0] IPv4, [1] IPv6 */
	uint32_t *stamps[2];     /* [WEFT_STAMP_BUCKETS]; NULL before the family's first route */
	uint32_t vifs, nexthops, floating_ips, nat_pools; /* references */
	uint32_t connections_max;			  /* read by workers */
	uint32_t services;				  /* and backends; read by workers, as is the next */
	uint32_t looked_up;				  /* routes of any VRF that lead to this one's table */
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

/* A service with what only the control thread needs; backends, lives and table stand behind it. Replaced whole; `seen` comes
 * first. */
struct weft_service_entry {
	struct weft_service seen;
	uint32_t epoch;
	size_t bytes;			       /* of all this */
	struct weft_service_backend *backends; /* [backend_count] in the message's order, as set */
	struct weft_backend_life **lives;      /* [backend_count] likewise */
	struct weft_service_msg message;
};

/* How long after its start, or a port's, TCP connections are picked up in their middle. */
#define WEFT_MIDSTREAM_NS (60 * 1000000000ull)

struct weft_plane {
	void *host;
	void (*applied)(void *host, const void *message, uint32_t bytes);
	void (*learned)(struct weft_plane *plane, uint8_t family, const uint8_t destination[16]);
	struct weft_shared *shared;
	bool shared_own;  /* the memory is the plane's */
	bool adopted, restoring;
	uint32_t adoptions;
	uint32_t workers, seed;
	uint64_t hash_keys[4];
	char implementation[16], version[32];

	/* read by workers */
	struct weft_vif *vifs[WEFT_VIF_LIMIT];
	uint32_t identities_word; /* changes when an identity goes, before its id can be another's */
	uint32_t agent_vif; /* id of the AGENT vif plus one, 0: none */
	struct weft_sparse vrfs, nexthops, labels, vnis, identities, policies, floating_ips, nat_pools;
	const struct weft_nat_index *nat_index; /* pools by address */
	uint32_t nat_stamp;
	struct weft_sparse services, service_buckets; /* by id; by hash of VRF, address, protocol, port: first of a chain */
	struct weft_sparse service_addresses;	      /* by hash of VRF and address: first of a chain */
	struct weft_sparse backends;		      /* lives by slot */
	struct weft_affinity *affinity;		      /* in settings.shared; NULL before the first service with affinity */
	uint32_t service_count;
	uint32_t stateless_ports; /* WEFT_VIF_STATELESS */
	struct weft_endpoints *endpoints;
	struct weft_connections *connections;
	struct weft_pressure *pressure;
	struct weft_ageing *ageing;
	struct weft_plane_msg *configured;
	void *worker_memory[WEFT_WORKERS_MAX];
	struct weft_vif_counters *unassigned; /* [workers + 1]: drops of packets without a vif */
	struct weft_datagrams *datagrams;
	struct weft_policy_log *log;
	uint64_t midstream_until_ns; /* set once, before workers run; a plane that adopts a connection table makes it 0 */

	/* control thread */
	uint32_t plane_epoch;
	uint64_t endpoints_due_ns; /* weft_endpoints_tick looks again */
	uint32_t vif_count, vrf_count, nexthop_count, identity_count, policy_count, vif_limit; /* vif_limit: above every vif id in use */
	uint64_t route_count, started_ns, sets, deletes;
	struct weft_vif_counters retired; /* of vifs that are gone */
	struct weft_sparse backend_keys;  /* lives by hash of service and key: first of a chain */
	struct weft_shared_backend *backend_slots;
	struct weft_affinity *affinity_memory;
	uint32_t backend_count, backend_next;		   /* lives; slot to look at first for a free one */
	struct weft_backend_life *idle_first, **idle_last; /* lives that no service has, in the order they are looked at */
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
/* One route more (+1) or less (-1) leads to the next hop. */
void weft_nexthop_use(struct weft_plane *plane, uint32_t nexthop_id, int by);

/* ---- connection.c ---- */
/* 0 or -ENOMEM. The entries stand behind plane->shared; whole pairs found there are adopted. */
int weft_connections_create(struct weft_plane *plane, uint32_t pairs);
void weft_connections_destroy(struct weft_plane *plane);
/* Ages a slice and gives removed pairs back after a grace period. */
void weft_connections_tick(struct weft_plane *plane, uint64_t now_ns);
uint32_t weft_connections_max(const struct weft_plane *plane);
uint32_t weft_connections_live(const struct weft_plane *plane);
/* Pairs ever used: indexes of live entries are below twice this. */
uint32_t weft_connections_used(const struct weft_plane *plane);
bool weft_connection_live(struct weft_plane *plane, uint32_t index);

/* ---- pressure.c ---- */
/* 0 or -ENOMEM. */
int weft_pressure_create(struct weft_plane *plane, uint32_t pairs);
void weft_pressure_destroy(struct weft_plane *plane);
/*
 * One pair more on the account of whoever opens it; *account is then its number. VIF_CONNECTION_LIMIT, VRF_CONNECTION_LIMIT: it
 * has as many as it may have and none of them may go. Worker context, no bucket is locked.
 */
enum weft_drop weft_pressure_open(struct weft_plane *plane, const struct weft_connection *forward,
				  const struct weft_connection *reverse, uint32_t *account);
/* Takes it back: no pair was made. */
void weft_pressure_close(struct weft_plane *plane, uint32_t account);
/* The pair that was made; before a reader can find it. */
void weft_pressure_note(struct weft_plane *plane, uint32_t pair, uint32_t account);
/* A pair that was live is no more. */
void weft_pressure_retire(struct weft_plane *plane, uint32_t pair);
/* A pair found in shared memory. */
void weft_pressure_adopt(struct weft_plane *plane, uint32_t pair);
/*
 * `spare` pairs are free: when these are few, some that may go go. False: what is left is for ports that hold less. Worker
 * context, no bucket is locked.
 */
bool weft_pressure_relieve(struct weft_plane *plane, uint32_t account, uint32_t spare);
/* Live pairs that this port opened. vif_id < WEFT_VIF_LIMIT. */
uint32_t weft_connections_opened(const struct weft_plane *plane, uint32_t vif_id);
/* Live pairs that were opened from this VRF. */
uint32_t weft_connections_opened_from(const struct weft_plane *plane, uint32_t vrf_id);
uint64_t weft_connections_evicted(const struct weft_plane *plane, enum weft_eviction why);

/* ---- ageing.c ---- */
int weft_ageing_create(struct weft_plane *plane);
void weft_ageing_destroy(struct weft_plane *plane);
int weft_ageing_set(struct weft_context *context, const void *body);
uint32_t weft_ageing_epoch(const struct weft_plane *plane);
/* Bytes of the message with its rows; fill writes so many, `out` may be unaligned. */
uint32_t weft_ageing_bytes(const struct weft_plane *plane);
void weft_ageing_fill(const struct weft_plane *plane, void *out);
/* ---- ways.c ---- */
/* The ways of a path whose uplinks are there; what is one way, by uplink and MACs, with its weights added up. Their count. */
uint32_t weft_path_ways(struct weft_plane *plane, const struct weft_path_msg *path, struct weft_ways *out);
/* Leaves out the ways whose uplinks are not there; without any it is unresolved and its vif_id 0xffffffff. */
void weft_path_forget(struct weft_plane *plane, struct weft_path_msg *path);
void weft_way_rewrite(uint8_t rewrite[14], uint8_t family, const struct weft_path_way *way);

/* ---- endpoint.c ---- */
int weft_endpoints_create(struct weft_plane *plane);
void weft_endpoints_destroy(struct weft_plane *plane);
/* One more / one less tunnel next hop that uses the destination. attach: 0 or -ENOMEM, sets entry->seen.endpoint. */
int weft_endpoint_attach(struct weft_plane *plane, struct weft_nexthop_entry *entry, uint8_t family, const uint8_t *destination);
void weft_endpoint_detach(struct weft_plane *plane, struct weft_nexthop_entry *entry);
/* `next` takes the place of `entry`, which is about to be freed, with the same endpoint. */
void weft_endpoint_move(struct weft_plane *plane, struct weft_nexthop_entry *entry, struct weft_nexthop_entry *next);
/* `vif` was replaced by another of its id, or is gone: paths go through that one, or by what ways are left. */
void weft_endpoints_forget_vif(struct weft_plane *plane, const struct weft_vif *vif);
/* MTUs that a too-big taught are told to the host, and forgotten in time. */
void weft_endpoints_tick(struct weft_plane *plane, uint64_t now_ns);
/* Makes the destination known under `index` before a next hop uses it; forget_unused drops those that none uses. */
void weft_endpoint_restore(struct weft_plane *plane, const struct weft_path_msg *path, uint32_t index, uint64_t learned);
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

int weft_path_check(struct weft_context *context, const struct weft_path_msg *path);
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
int weft_service_set(struct weft_context *context, const void *body);
int weft_service_delete(struct weft_context *context, const void *body);
int weft_service_sweep(struct weft_context *context);
int weft_floating_ip_set(struct weft_context *context, const void *body);
int weft_floating_ip_delete(struct weft_context *context, const void *body);
int weft_floating_ip_sweep(struct weft_context *context);
int weft_nat_pool_set(struct weft_context *context, const void *body);
int weft_nat_pool_delete(struct weft_context *context, const void *body);
int weft_nat_pool_sweep(struct weft_context *context);

/* ---- service.c, backend.c ---- */
/* 0 or -ENOMEM. Before the connections: lives of backends found in plane->shared are there when their connections are counted.
 */
int weft_services_create(struct weft_plane *plane);
void weft_services_destroy(struct weft_plane *plane);
/* Lets backends go that no service has and no connection uses, a few per call. */
void weft_services_tick(struct weft_plane *plane);
struct weft_service_entry *weft_service_entry_get(struct weft_plane *plane, uint32_t service_id);
/* Bytes of the message with its backends; fill writes so many, `out` may be unaligned. */
uint32_t weft_service_bytes(const struct weft_service_entry *entry);
void weft_service_fill(const struct weft_service_entry *entry, void *out);
/* vip.c: one service more, or less, has its address in its VRF. add: 0 or -ENOMEM. */
int weft_service_address_add(struct weft_plane *plane, const struct weft_service *service);
void weft_service_address_drop(struct weft_plane *plane, const struct weft_service *service);
int weft_service_addresses_create(struct weft_plane *plane);
void weft_service_addresses_destroy(struct weft_plane *plane);
int weft_backends_create(struct weft_plane *plane);
void weft_backends_destroy(struct weft_plane *plane);
void weft_backends_tick(struct weft_plane *plane);
/* The life of a service's backend: the one it has or had, or a new one; NULL: no memory, or WEFT_BACKEND_LIMIT. */
struct weft_backend_life *weft_backend_live(struct weft_plane *plane, uint32_t service_id, const uint8_t *key);
/* Some service has it from now on, or none has. */
void weft_backend_use(struct weft_plane *plane, struct weft_backend_life *life, bool used);
/* Of the table in settings.shared. */
size_t weft_affinity_bytes(void);
/* From here on the table is used: as it is, or as another worker process left it. */
void weft_affinity_begin(struct weft_plane *plane);

/* ---- route.c ---- */
/* Makes stale what was evaluated with this address as source or destination in the VRF. prepare: 0 or -ENOMEM, then touch
 * cannot fail. */
int weft_route_touch_prepare(struct weft_vrf *vrf, uint8_t family);
void weft_route_touch(struct weft_plane *plane, struct weft_vrf *vrf, uint8_t family, const uint8_t *address);

/* ---- floatingip.c, natpool.c ---- */
void weft_floating_ips_destroy(struct weft_plane *plane);
void weft_nat_pools_destroy(struct weft_plane *plane);
/* Ports come out of their quarantine. */
void weft_nat_pools_tick(struct weft_plane *plane, uint64_t now_ns);
/* One more (+1) or one less (-1) next hop or service that uses the pool; connections that are translated ask again. */
void weft_nat_pool_use(struct weft_plane *plane, uint32_t nat_pool_id, int change);
/* EINVAL or ENOENT with context->text, which begins with `what`, unless the pool is known and of this VRF. */
int weft_nat_pool_check(struct weft_context *context, const char *what, uint32_t nat_pool_id, uint32_t vrf_id);

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
void weft_vrf_fill(struct weft_plane *plane, const struct weft_vrf *vrf, struct weft_vrf_msg *out);
/* Bytes of the message with its members; fill writes so many, `out` may be unaligned. */
uint32_t weft_nexthop_bytes(const struct weft_nexthop_entry *entry);
void weft_nexthop_fill(const struct weft_nexthop_entry *entry, void *out);
void weft_identity_fill(const struct weft_identity *identity, struct weft_identity_msg *out);
struct weft_policy_entry *weft_policy_entry_get(struct weft_plane *plane, uint32_t policy_id);
/* The struct without rules, and one rule, both with counters summed. */
void weft_policy_fill(struct weft_plane *plane, const struct weft_policy_entry *entry, struct weft_policy_msg *out);
void weft_policy_rule_fill(struct weft_plane *plane, const struct weft_policy_entry *entry, uint32_t index,
			   struct weft_policy_rule *out);
const struct weft_floating_ip *weft_floating_ip_get(struct weft_plane *plane, uint32_t floating_ip_id);
/* Bytes of the message with its mappings; fill writes so many, `out` may be unaligned. */
uint32_t weft_floating_ip_bytes(const struct weft_floating_ip *floating);
void weft_floating_ip_fill(const struct weft_floating_ip *floating, void *out);
uint32_t weft_nat_pool_epoch(const struct weft_nat_pool *pool);
void weft_nat_pool_fill(struct weft_plane *plane, const struct weft_nat_pool *pool, struct weft_nat_pool_msg *out);
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
