/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The tables between the control half of the core (messages -> tables) and the packet path (tables -> packets).
 * Readers are workers inside a read section: they load pointers with weft_load and never store. The control thread is the only
 * writer: it publishes with weft_store and frees through weft_host_free_deferred.
 */
#ifndef WEFT_TABLES_H
#define WEFT_TABLES_H

#include "weft_host.h"
#include "weft_plane.h"

#define weft_load(pointer) __atomic_load_n(&(pointer), __ATOMIC_ACQUIRE)
#define weft_store(pointer, value) __atomic_store_n(&(pointer), (value), __ATOMIC_RELEASE)
/* One field of an entry that others read or write at the same time, whole; its sequence, or nothing, orders it with others. */
#define weft_get(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)
#define weft_put(field, value) __atomic_store_n(&(field), (value), __ATOMIC_RELAXED)
/* Two neighbours at once, each of them whole. */
static inline uint64_t weft_get_two(const uint32_t *first)
{
	uint64_t both;

#ifdef __SANITIZE_THREAD__ /* for which a copy is no atomic read */
	return (uint64_t)weft_get(first[1]) << 32 | weft_get(first[0]);
#endif
	__builtin_memcpy(&both, first, sizeof(both));
	return both;
}

/* Counters of one worker: written by it alone, read by anybody (relaxed). */
struct weft_vif_counters {
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
	uint64_t drops[WEFT_DROP_LIMIT];
} __attribute__((aligned(WEFT_CACHE_LINE)));

/* An address the port may send from: bits of `mask` are as in `value`. Of IPv4 the first four bytes count. */
struct weft_vif_match {
	uint64_t value[2], mask[2];
	uint64_t family;
};

struct weft_vif {
	uint32_t vif_id, vrf_id, zone; /* zone: first part of a connection's key; the VRF's unless two local ports share an address */
	uint8_t type, port_kind;       /* enum weft_vif_type, enum weft_port_kind */
	uint16_t flags;                /* enum weft_vif_flag */
	uint32_t mtu, label;
	uint8_t mac[6];
	bool carrier;
	uint32_t policy_stamp;         /* changes when what this port may do changes: the vif, or the rules of a set it uses; weft_vif_stamp */
	uint32_t address_count;        /* entries of `addresses` that are checked (no gateways) */
	struct weft_vif_counters *counters;	  /* [workers + 1]: the last are the control thread's */
	const struct weft_floating_ips *floating; /* bound to it; NULL: none; replaced whole */
	/*
	 * What an ordinary frame of the port looks like (edge.c): its source MAC and type, as the eight bytes that they are,
	 * and its source, compared under masks. Masks of zero bits where nothing is checked, of one bits under an impossible
	 * value where no frame is ordinary.
	 */
	uint64_t frame_mask, frame4, frame6;
	struct weft_vif_match own4, own6;
	struct weft_vif_match matches[WEFT_VIF_ADDRESSES_MAX]; /* of `addresses` */
	struct weft_vif_address addresses[WEFT_VIF_ADDRESSES_MAX];
	uint32_t identity_id;          /* of what is behind this port */
	uint32_t egress_policy_ids[WEFT_VIF_POLICIES], ingress_policy_ids[WEFT_VIF_POLICIES]; /* WEFT_POLICY_NONE: none */
	uint32_t connections_max;      /* pairs this port may have opened; 0: no limit of its own */
	uint64_t midstream_until_ns;   /* monotonic: TCP connections may be picked up in their middle, the port has just come */
	void *host;                    /* the host's port */
	uint32_t epoch;
	struct weft_vif_msg *message;  /* as set, for dump */
};

/* A floating IP. Never changes: another takes its place. */
struct weft_floating_ip {
	uint32_t floating_ip_id, vrf_id, vif_id;
	uint8_t family;
	uint16_t flags; /* enum weft_floating_ip_flag */
	uint8_t floating_address[16], fixed_address[16];
	uint8_t key[WEFT_KEY_BYTES];
	uint32_t epoch; /* control thread */
	uint32_t mapping_count;
	struct weft_port_mapping mappings[];
};

/* Those of one port, by VRF, then address, then id. */
struct weft_floating_ips {
	uint32_t count;
	const struct weft_floating_ip *items[];
};

/* What is known of an address. Never changes. Ids below WEFT_IDENTITY_FIRST have none of these. */
struct weft_identity {
	uint32_t identity_id, element_count;
	uint32_t epoch;                /* control thread, as are the next two */
	uint8_t key[WEFT_KEY_BYTES];
	uint64_t references;           /* ports and routes */
	uint32_t hashes[WEFT_IDENTITY_ELEMENTS_MAX]; /* of the elements */
	struct weft_element elements[]; /* ascending by kind, then id */
};

static inline uint32_t weft_element_hash(uint32_t kind, uint64_t id)
{
	uint64_t hash = (id ^ (uint64_t)kind << 61) * 0x9e3779b97f4a7c15ull;

	return (uint32_t)(hash >> 32 ^ hash >> 47);
}

struct weft_rule_counter {
	uint64_t packets, bytes;
};

struct weft_classifier; /* classify.h */

/* A policy set. Rules never change: another set takes its place. Counters are written by one worker each, in lines of its own. */
struct weft_policy {
	uint32_t policy_id, rule_count;
	uint8_t default_action;        /* enum weft_policy_action */
	uint32_t counter_stride;       /* per worker: one per rule and one for the default, then padding to a cache line */
	struct weft_rule_counter *counters; /* [workers][counter_stride] */
	struct weft_classifier *classifier; /* the rules, compiled; as long-lived as the set */
	struct weft_policy_rule rules[];
};

/* One way to an endpoint. `rewrite` is ready to copy in front of the outer IP header. */
struct weft_hop {
	struct weft_vif *uplink;
	uint8_t rewrite[14];
	uint16_t weight; /* 1 .. 256 * WEFT_PATH_WAYS_MAX */
};

/* Several ways. Never changes: others take its place. */
struct weft_ways {
	uint32_t count; /* 2 .. WEFT_PATH_WAYS_MAX */
	bool weighted;	/* their weights differ */
	struct weft_hop ways[WEFT_PATH_WAYS_MAX];
};

/*
 * A tunnel destination, or the gateway of native next hops: shared by every next hop to it. What the hit path reads stands in
 * the first line. With one way, `ways` is NULL and `uplink` and `rewrite` are it; with several they are the first of them.
 */
struct weft_endpoint {
	uint8_t family, state;  /* enum weft_path_state */
	uint8_t rewrite[14];
	uint8_t destination[16];
	struct weft_vif *uplink;
	struct weft_ways *ways;
	uint32_t entry;		/* what a packet from there is known by: weft_endpoint_entry; never 0 */
	uint32_t index;		/* stable small number, for weft_plane_restore_path */
	uint32_t mtu;		/* of the path, the smaller of what the mirror and a too-big said; 0: the uplink's */
	uint8_t liveness;       /* enum weft_liveness */
	uint64_t
	    learned; /* by a worker: until when (monotonic ms) << 16 | MTU that a too-big of the underlay said; 0: nothing */
	uint32_t references;
	uint64_t changed_ns, liveness_ns;
};

/*
 * The way that a packet with this entropy takes, among those whose uplink has carrier, each as often as its weight says: when
 * one comes or goes, or its weight changes, only its own packets move. NULL: none has.
 */
const struct weft_hop *weft_ways_choose(const struct weft_ways *ways, uint32_t entropy);

#define WEFT_NEXTHOP_HEADER_BYTES 72

/* A hit reads what stands up to `header`. */
struct weft_nexthop {
	uint32_t nexthop_id, generation;
	uint8_t type, encap, family;
	uint8_t header_bytes; /* TUNNEL: of the template in `header`, 0: none */
	uint16_t header_sum;  /* of its IPv4 header, folded */
	uint8_t hash_fields;  /* ECMP: enum weft_hash_field, never 0 */
	uint8_t zero0;
	uint32_t vrf_id;
	uint32_t nat_pool_id; /* VRF */
	uint32_t vif_id;      /* LOCAL, an uplink's for a native one; resolve with weft_vif_get at use: the vif may go first */
	struct weft_endpoint *endpoint;		   /* TUNNEL; LOCAL: not NULL for a native one, whose gateway it is */
	uint8_t header[WEFT_NEXTHOP_HEADER_BYTES]; /* encap/template.h */
	uint32_t member_count;
	const struct weft_nexthop_member *members; /* ECMP; as long-lived as the next hop */
	uint8_t source[16], destination[16];
	uint8_t inner_mac[6];
	uint8_t key[WEFT_KEY_BYTES];
	uint32_t epoch;
	uint64_t references;
};

/* What a lookup answers. nexthop_id WEFT_NEXTHOP_DISCARD_ID with prefix_len 255: no route at all. */
struct weft_leaf {
	uint32_t nexthop_id;
	uint32_t label;
	uint32_t identity_id;
	uint16_t flags; /* enum weft_route_flag */
	uint8_t prefix_len;
	uint8_t zero0;
};
#define WEFT_NO_ROUTE 255

/* ---- lookups: worker or control context; NULL / NO_ROUTE when there is none ---- */
struct weft_vif *weft_vif_get(struct weft_plane *plane, uint32_t vif_id);
struct weft_vif *weft_vif_agent(struct weft_plane *plane); /* the AGENT vif */
bool weft_vrf_known(struct weft_plane *plane, uint32_t vrf_id);
struct weft_nexthop *weft_nexthop_get(struct weft_plane *plane, uint32_t nexthop_id);
struct weft_nexthop *weft_label_get(struct weft_plane *plane, uint32_t label);
struct weft_nexthop *weft_vni_get(struct weft_plane *plane, uint32_t vni);
struct weft_leaf weft_route_get(struct weft_plane *plane, uint32_t vrf_id, uint8_t family, const uint8_t *address);
/* Stamp of the prefix bucket that `address` falls in; changes whenever a route that could cover it changed. */
uint32_t weft_route_stamp(struct weft_plane *plane, uint32_t vrf_id, uint8_t family, const uint8_t *address);
/* The endpoint with this outer address, when some tunnel next hop uses it. */
struct weft_endpoint *weft_endpoint_get(struct weft_plane *plane, uint8_t family, const uint8_t *address);
/*
 * IPv4: the address itself, so that a hit needs no endpoint to know where a packet came from; its first octet is not 0. IPv6:
 * the index, with a first octet of 0.
 */
static inline uint32_t weft_endpoint_entry(uint8_t family, const uint8_t *address, uint32_t index)
{
	uint32_t word;

	memcpy(&word, address, sizeof(word));
	return family == 4 ? word : (index + 1) << 8;
}
/* This host's tunnel addresses, router MAC (PLANE object). */
const struct weft_plane_msg *weft_plane_configured(struct weft_plane *plane);
uint32_t weft_plane_seed(struct weft_plane *plane); /* of flow hashes */
uint32_t weft_plane_workers(const struct weft_plane *plane);

/* NULL: not set (the three the plane gives by itself included). */
struct weft_identity *weft_identity_get(struct weft_plane *plane, uint32_t identity_id);
/* Changes when an identity goes: an id may mean something else from then on. */
uint32_t weft_identities_word(const struct weft_plane *plane);
/* NULL: WEFT_POLICY_NONE, or gone. */
struct weft_policy *weft_policy_get(struct weft_plane *plane, uint32_t policy_id);
/* TCP connections may be picked up in their middle until this moment: the plane started without its connection table. */
uint64_t weft_plane_midstream_until_ns(const struct weft_plane *plane);

static inline uint32_t weft_vif_stamp(const struct weft_vif *vif) { return __atomic_load_n(&vif->policy_stamp, __ATOMIC_ACQUIRE); }

/* ---- policy log (policylog.c): a ring of the last events per worker ---- */
/* What policy decided about one packet. `message` is filled but for sequence, time_ns and lost. */
struct weft_policy_log;
/* Worker context. Never waits; beyond the rate the event counts as lost. NULL: beyond the rate. Else fill it and commit. */
struct weft_log_msg *weft_policy_log_begin(struct weft_plane *plane, uint32_t worker, uint64_t now_ns);
void weft_policy_log_commit(struct weft_plane *plane, uint32_t worker);

/* ---- connections ---- */
/* Of IPv4 the first four bytes of an address; the rest, and zero0, are 0: keys are compared as bytes. */
struct weft_connection_key {
	uint8_t source[16], destination[16];
	uint32_t zone;
	uint16_t source_port, destination_port; /* host order; ICMP echo: identifier and type class */
	uint8_t family, protocol;
	uint8_t zero0[2];
};
WEFT_ABI_ASSERT(sizeof(struct weft_connection_key) == 44, "connection key");

/* Monotonic time of a connection: 2^20 ns, about a millisecond; wraps after 52 days. */
#define WEFT_TICK_SHIFT 20
static inline uint32_t weft_ticks(uint64_t now_ns) { return (uint32_t)(now_ns >> WEFT_TICK_SHIFT); }
static inline uint64_t weft_ticks_ns(uint32_t ticks) { return (uint64_t)ticks << WEFT_TICK_SHIFT; }

/*
 * One direction: two cache lines that the CPU fetches together. The first is read on every hit and written only when the pair is
 * re-evaluated (under the pair's lock), as are `stamp` to `ecmp_id`; the counters are written by the worker that carries this
 * direction. Ids, never pointers. The directions of a pair are entries 2i (the initiator's) and 2i + 1.
 */
struct weft_connection {
	struct weft_connection_key key;
	uint32_t sequence;           /* odd while the direction is being written */
	uint32_t vif_id;             /* LOCAL interface this direction enters by, or 0xffffffff: from the fabric */
	uint32_t entry_endpoint;     /* weft_endpoint.entry this direction must come from, 0: none (local port) */
	uint32_t nexthop_id;         /* how this direction leaves */
	uint32_t label;

	uint64_t stamp;              /* weft_stamp of everything the evaluation depended on */
	uint64_t packets, bytes;     /* counted by this direction's worker */
	uint32_t seen;               /* ticks; likewise */
	uint32_t flags;              /* enum weft_connection_flag, and bits the packet path owns from 1<<16 */
	uint16_t entropy_port;       /* outer UDP source port */
	uint8_t route_flags;         /* enum weft_route_flag */
	uint8_t tcp_state;           /* written by this direction's worker */
	uint32_t vrf_id;
	uint32_t identity;           /* of who sends in this direction; the receiver's is the other direction's */
	uint32_t ecmp_id, member_id; /* WEFT_CONNECTION_VIA_ECMP: the next hop above is of this member of this ECMP next hop */
	uint32_t of_pair[2];         /* see enum weft_of_pair; the insertion's, or the set-up's, never changed */
	uint32_t policy;	     /* weft_policy_mark of the ports it enters and leaves by */
} __attribute__((aligned(WEFT_CACHE_LINE)));
WEFT_ABI_ASSERT(sizeof(struct weft_connection) == 128, "connection");

/* What a pair has once stands half in one direction, half in the other. */
enum weft_of_pair {
	WEFT_PAIR_CREATED = 0, /* initiator's direction: ticks */
	WEFT_PAIR_OWNER = 1,   /* initiator's direction: port that opened the pair, whose limit it counts for, or 0xffffffff */
	WEFT_PAIR_SERVICE = 0, /* answer's direction: service the pair was opened to, 0: none */
	WEFT_PAIR_BACKEND = 1, /* answer's direction: its backend */
};

/* The same entry of the other direction. */
struct weft_connection *weft_connection_reverse(struct weft_plane *plane, const struct weft_connection *connection);

uint32_t weft_connection_hash(struct weft_plane *plane, const struct weft_connection_key *key);
/* Worker context. NULL: none. */
struct weft_connection *weft_connection_find(struct weft_plane *plane, const struct weft_connection_key *key, uint32_t hash);
struct weft_connection *weft_connection_at(struct weft_plane *plane, uint32_t index);
uint32_t weft_connection_index(struct weft_plane *plane, const struct weft_connection *connection);
/*
 * Inserts both directions atomically (a reader sees both or none). Copies the two; sets created and owner. When either key
 * exists already (another worker was first) nothing is inserted and the present one of `forward`'s key is returned, or NULL
 * when only the reverse key was taken. NULL with *refused set (CONNECTION_LIMIT, VIF_CONNECTION_LIMIT, VRF_CONNECTION_LIMIT)
 * when there is no room. Worker context.
 */
struct weft_connection *weft_connection_insert(struct weft_plane *plane, uint32_t worker, const struct weft_connection *forward,
						const struct weft_connection *reverse, enum weft_drop *refused);
/* Removes the pair; entries are reused only after a grace period. Control or worker context. */
void weft_connection_remove(struct weft_plane *plane, struct weft_connection *connection);
/* Locks the pair for a rewrite of line one / forward part of both directions; bumps sequences. Never held across a call out. */
void weft_connection_lock(struct weft_plane *plane, struct weft_connection *connection);
void weft_connection_unlock(struct weft_plane *plane, struct weft_connection *connection);
/* The direction as it is between two writes of it; counters may be newer. Control or worker context. */
void weft_connection_copy(const struct weft_connection *connection, struct weft_connection *copy);

/* The connection has this key. */
static inline bool weft_connection_is(const struct weft_connection *connection, const struct weft_connection_key *key)
{
	const uint8_t *one = (const uint8_t *)&connection->key, *other = (const uint8_t *)key;
	uint64_t differ = 0, a, b;
	uint32_t c, d;

	for (uint32_t at = 0; at < 40; at += 8) {
		memcpy(&a, one + at, 8);
		memcpy(&b, other + at, 8);
		differ |= a ^ b;
	}
	memcpy(&c, one + 40, 4);
	memcpy(&d, other + 40, 4);
	return !(differ | (c ^ d));
}

/* ---- source address pools (natpool.c) ---- */
#define WEFT_CONNECTION_POOL_PORT (1u << 21) /* connection flag: the answers' destination port is taken from a pool */
struct weft_nat_pool;
/* NULL: none, or gone. */
struct weft_nat_pool *weft_nat_pool_get(struct weft_plane *plane, uint32_t nat_pool_id);
/*
 * Takes an address and a port (of ICMP echo an identifier) for a connection with this key: of its source always the same
 * address while that has ports. Protocols without ports get an address. `seed`: any number. False: exhausted (counted). *taken:
 * a port was taken, which weft_nat_pool_release gives back. Worker context; never waits.
 */
bool weft_nat_pool_take(struct weft_nat_pool *pool, uint32_t worker, const struct weft_connection_key *key, uint32_t seed,
			uint8_t address[16], uint16_t *port, bool *taken);
uint8_t weft_nat_pool_family(const struct weft_nat_pool *pool);
/* The pool has what these answers are sent to: its address in its VRF, and its port. */
bool weft_nat_pool_has(const struct weft_nat_pool *pool, const struct weft_connection_key *answers, uint32_t vrf_id);
/* The port that these answers are sent to is free after its quarantine. `vrf_id`: where the address is known. Any context. */
void weft_nat_pool_release(struct weft_plane *plane, const struct weft_connection_key *answers, uint32_t vrf_id);
/* It is in use, though weft_nat_pool_take did not give it: a pair that is put in the place of another, or was adopted. */
void weft_nat_pool_hold(struct weft_plane *plane, const struct weft_connection_key *answers, uint32_t vrf_id);
/* weft_nat_pool_release for a pair that has a port of a pool; else nothing. */
void weft_nat_pool_release_pair(struct weft_plane *plane, const struct weft_connection *pair);
/* Changes when a pool, or a next hop that names one, does. */
uint32_t weft_nat_stamp(const struct weft_plane *plane);
/* Where the direction's FIN ends; of connections with strict TCP only, and lost with the process. */
uint32_t *weft_connection_fin_end(struct weft_plane *plane, const struct weft_connection *connection);
/* The connection is closed now: it goes first when its port finds no room. Worker context. */
void weft_connection_closed(struct weft_plane *plane, const struct weft_connection *connection);
/* How long connections of this protocol to this port live. Never NULL. Control or worker context. */
const struct weft_ageing_row *weft_ageing_find(struct weft_plane *plane, uint8_t protocol, uint16_t port);

/* ---- the packet path's memory of one worker ---- */
/* Packet path: how much it wants. The control half allocates so much per worker (zeroed) when the plane is made, then calls init. */
size_t weft_worker_bytes(void);
void weft_worker_init(struct weft_plane *plane, uint32_t worker, void *memory);
/* Adds what this worker made of outer fragments. Any context. */
void weft_worker_reassembly(const void *memory, uint64_t *reassembled, uint64_t *failures);
/* Control half: the memory given to weft_worker_init. `worker` < settings.workers. */
void *weft_worker_get(struct weft_plane *plane, uint32_t worker);

/* ---- fragments that wait for their first one (datagram.c) ---- */
/* How much memory; the control half allocates it (zeroed) when the plane is made. */
size_t weft_datagrams_bytes(void);
struct weft_datagrams *weft_datagrams(struct weft_plane *plane);
/* Drops those that waited too long. `counters`: index of the control thread's drop counters. Control context. */
void weft_datagrams_tick(struct weft_plane *plane, uint32_t counters, uint64_t now_ns);
/* Drops all of them; no worker is inside. */
void weft_datagrams_drain(struct weft_plane *plane, uint32_t counters);
/* Fragments that wait. Any context. */
uint32_t weft_datagrams_waiting(struct weft_plane *plane);

/*
 * Packet path's part of ageing: called by the control half for each pair in bounded slices (all pairs within ~10 s). True: remove it.
 * It also re-validates idle entries (a dead vif, a stale stamp).
 */
bool weft_connection_expired(struct weft_plane *plane, struct weft_connection *connection, uint64_t now_ns);

/* Why a pair may go before its time, by rising urgency. */
enum weft_eviction { WEFT_KEEP, WEFT_ONE_WAY, WEFT_IDLE, WEFT_CLOSED, WEFT_EVICTIONS };
/* `now`: ticks; `idle` gets the ticks since a packet of either direction. `forward`: the initiator's direction. Worker context.
 */
enum weft_eviction weft_connection_eviction(struct weft_plane *plane, const struct weft_connection *forward, uint32_t now,
					    uint32_t *idle);

#endif
