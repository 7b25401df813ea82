/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The packet path's own state: one struct weft_worker per worker, touched by that worker alone. It lives in the memory the
 * control half hands to weft_worker_init, so that no step of the path needs a large stack frame.
 *
 * A step function answers WEFT_DROP_NONE to go on and any other reason to drop the packet; it sets step->packet to NULL when it
 * has passed the packet on. Only weft_plane_input counts drops of input packets, one reason each.
 */
#ifndef WEFT_WORKER_H
#define WEFT_WORKER_H

#include "checksum.h"
#include "parse.h"

#define WEFT_FROM_FABRIC 0xffffffffu   /* weft_connection.vif_id of a direction that enters through a tunnel */
#define WEFT_FROM_ANYWHERE 0xfffffffeu /* for weft_ecmp_choose: every kind of member will do */

/* Bits of weft_connection.flags that the packet path owns. */
enum weft_connection_path_flag {
	WEFT_CONNECTION_TO_VIF = 1u << 16,	   /* leaves by the interface whose id stands in `label`; nexthop_id is 0 */
	WEFT_CONNECTION_BY_LABEL = 1u << 17,	   /* the fabric's MPLS label chose the port, not a route */
	WEFT_CONNECTION_VIA_ECMP = 1u << 19,	   /* leaves by a member of an ECMP next hop */
	WEFT_CONNECTION_ROUTE_IDENTITY = 1u << 26, /* the route knows a port's identity otherwise than the port does */
	WEFT_CONNECTION_STRICT = 1u << 24,	   /* a port of it wants TCP packets checked against the state */
	WEFT_CONNECTION_UNSTAMPED = 1u << 18,	   /* depends on what none of its stamps covers: each packet asks again */
};

/* weft_connection.tcp_state: what this direction has sent. */
enum weft_tcp_state {
	WEFT_TCP_STATE_SYN = 1,
	WEFT_TCP_STATE_ACK = 2,
	WEFT_TCP_STATE_FIN = 4,
	WEFT_TCP_STATE_RST = 8,
	WEFT_TCP_STATE_FIN_ACKED = 16, /* the other direction's FIN is acknowledged; of strict connections only */
};

/* The states of both directions. */
static inline bool weft_tcp_is_closed(uint8_t one, uint8_t other)
{
	return ((one | other) & WEFT_TCP_STATE_RST) || (one & other & WEFT_TCP_STATE_FIN);
}

/* One packet of a burst between the stages. */
struct weft_step {
	struct weft_packet *packet;    /* NULL: passed on or dropped */
	struct weft_nexthop *delivery; /* LOCAL next hop of an MPLS label, else NULL */
	struct weft_connection *candidate; /* may be its connection, or NULL */
	uint32_t hash;
	uint32_t vrf_id;
	uint32_t vif_id; /* port it came from, or WEFT_FROM_FABRIC; with `entry` compared as one word */
	uint32_t entry;	 /* weft_endpoint.entry of the outer source, or 0 */
	bool translated; /* the packet holds the other direction's tuple; `view` says what it was when it came */
	struct weft_view view;
};

/*
 * At whose expense a packet is given what is scarce: its port, or the VRF of what came through the fabric, so that no tenant
 * takes another's. Below WEFT_STEP_OWNERS.
 */
#define WEFT_STEP_OWNERS (WEFT_VIF_LIMIT + WEFT_VRF_LIMIT)
static inline uint32_t weft_step_owner(const struct weft_step *step)
{
	return step->vif_id == WEFT_FROM_FABRIC ? WEFT_VIF_LIMIT + step->vrf_id % WEFT_VRF_LIMIT : step->vif_id % WEFT_VIF_LIMIT;
}

/* What an ICMP error is about. Each has tokens of its own: no flood of one keeps another from being told. */
enum weft_icmp_cause {
	WEFT_ICMP_TIME_EXCEEDED,
	WEFT_ICMP_TOO_BIG,
	WEFT_ICMP_PORT_UNREACHABLE, /* and echo replies of services' addresses */
	WEFT_ICMP_CAUSES
};

/* How a packet leaves: what a connection's direction holds, resolved. */
struct weft_way {
	struct weft_nexthop *nexthop; /* NULL: `vif` */
	struct weft_vif *vif;	      /* LOCAL */
	uint32_t label, route_flags;
	uint16_t entropy_port;
};

/* All that leave by one vif, in order. */
struct weft_departure_list {
	struct weft_vif *vif;
	uint16_t first, last; /* indexes plus one */
};

/* TCP segments of one connection that are becoming one packet (coalesce.c). */
struct weft_group {
	struct weft_packet *head; /* NULL: free */
	struct weft_vif *vif;
	uint32_t hash, sequence; /* sequence: the next expected */
	uint32_t length;	 /* of the head with everything chained */
	uint16_t l4, payload;	 /* offsets in the head */
	uint16_t segment_bytes, segments;
	uint16_t next_id;
	uint8_t family;
	bool closed;
};

/* Tokens that come back one by one: when they will all be there. 0: they are. */
struct weft_bucket {
	uint64_t full_ns;
};

/* Who opens what: the initiator's direction, and what is known of the two ends. */
struct weft_opening {
	const struct weft_connection_key *key;
	uint32_t source_identity, destination_identity;
};

/*
 * What translation makes of an initiator's packet while it is set up or re-evaluated (setup.c). `key` begins as the packet's
 * and becomes what policy sees: destination translated, source not. Then source translation, and the answers' key follows from
 * both.
 *
 * A service says where the packet goes with weft_translate_to, before the destination's route is looked up, and, when the
 * answers must come back here, whose address it shows with weft_translate_from or weft_translate_from_pool. That is all: keys,
 * stamps, the rewriting of packets both ways, checksums and ICMP errors follow.
 */
struct weft_translation {
	struct weft_connection_key key; /* `zone` is not used */
	uint32_t vrf_id;		/* where key.destination is looked up */
	bool made;			/* something here is not as the packet says */
	bool source;			/* the next two take the place of key's */
	bool held;			/* they are an address and a port of a pool that the connection has already */
	uint16_t source_port;		/* host order; of ICMP echo the identifier */
	uint8_t source_address[16];
	struct weft_nat_pool *pool;	    /* they will be taken from it when the pair is inserted; NULL: they are there */
	const struct weft_connection *keep; /* the answers' direction as it is: kept while valid; NULL: a new connection */
	uint32_t stamps[3];		    /* see weft_translation_stamp; read before what they cover */
	/* what was read of the initiator's port and of the destination's */
	const struct weft_floating_ips *initiator_floating, *destination_floating;
	uint32_t service_id, backend_id; /* 0: none */
};

/* What one policy set decided. */
struct weft_verdict {
	struct weft_opening opening;
	const struct weft_policy *policy;
	const struct weft_vif *vif; /* whose set it is */
	uint32_t rule;		    /* policy->rule_count: the default */
	uint8_t decision;	    /* WEFT_DECISION_ bits */
	bool egress;
};

#define WEFT_DEPARTURES_MAX 256u
#define WEFT_GROUPS_MAX 8u
#define WEFT_CHUNK_BYTES 2048u
#define WEFT_REASSEMBLIES 32u
#define WEFT_REASSEMBLY_RANGES 8u
/* L3 bytes of the largest packet that outer fragments may make, and that this plane sends in outer fragments. */
#define WEFT_OUTER_WHOLE_MAX 9202u

struct weft_range {
	uint16_t from, to;
};

/* An outer packet whose fragments are coming in (reassemble.c). */
struct weft_reassembly {
	uint64_t expires_ns; /* 0: free */
	uint32_t id;
	uint8_t family, protocol;
	uint8_t marks; /* 1 << ECN field, of every fragment */
	bool broken;   /* nothing of it is used any more */
	uint8_t source[16];
	uint16_t total, header_bytes; /* bytes behind the IP header, once the last fragment said so; in `headers` */
	uint16_t range_count;
	struct weft_range ranges[WEFT_REASSEMBLY_RANGES]; /* of the payload that are there; apart, ascending */
	uint8_t headers[WEFT_L3 + 60];
	uint8_t payload[WEFT_OUTER_WHOLE_MAX];
};

struct weft_worker {
	struct weft_plane *plane;
	uint32_t index;
	uint32_t departure_count;
	uint64_t made, gone; /* packets; see struct weft_plane_msg */
	uint64_t now_ns;
	struct weft_vif *vif;			 /* the burst's */
	const struct weft_plane_msg *configured; /* the burst's */
	struct weft_endpoint *endpoint;		 /* the burst's last outer source */
	struct weft_nexthop *vni_nexthop;	 /* what the burst's last VNI stands for, NULL: none was known */
	uint32_t vni;
	uint32_t vrf_id;      /* the burst's last one */
	struct weft_vrf *vrf; /* and it, or NULL */
	bool removed;	      /* a pair of this burst: what was sought before may be it */
	struct weft_step steps[WEFT_BURST_MAX];
	const struct weft_route *routes[WEFT_BURST_MAX]; /* stateless.c */
	struct weft_route *const *places[WEFT_BURST_MAX];
	uint32_t departure_list_count;
	/* Packets to be transmitted at the end of the burst, and of each the next of the same vif: index plus one, 0: none. */
	struct weft_packet *departures[WEFT_DEPARTURES_MAX];
	uint16_t departure_next[WEFT_DEPARTURES_MAX];
	struct weft_departure_list departure_lists[WEFT_DEPARTURES_MAX];
	uint16_t departure_list_of[WEFT_VIF_LIMIT]; /* by vif id: index plus one, 0: none */
	struct weft_packet *batch[WEFT_DEPARTURES_MAX];
	struct weft_group groups[WEFT_GROUPS_MAX];
	uint32_t group_next;
	struct weft_connection pair[2];			     /* being set up or re-evaluated */
	struct weft_translation translation;		     /* of it */
	struct weft_verdict verdicts[2 * WEFT_VIF_POLICIES]; /* about it: those that allow, or the one that denies */
	uint32_t verdict_count;
	struct weft_step reply;		/* a packet of the plane's own */
	uint16_t due, due_tail;		/* fragments that waited and go on behind this burst (datagram.c); plus one, 0: none */
	struct weft_bucket icmp[WEFT_STEP_OWNERS][WEFT_ICMP_CAUSES];
	struct weft_bucket traps[WEFT_VIF_LIMIT][WEFT_TRAP_LIMIT];
	uint8_t chunk[WEFT_CHUNK_BYTES];
	uint32_t outer_id; /* of the next outer packet that may be fragmented */
	uint64_t reassembled, reassembly_failures;
	struct weft_reassembly reassemblies[WEFT_REASSEMBLIES + 1]; /* the last: a packet in one fragment */
} __attribute__((aligned(WEFT_CACHE_LINE)));

extern const uint8_t weft_gateway_mac[6]; /* 00:00:5e:00:01:00 */

/* Relaxed, because other threads read while one writes. */
static inline void weft_count(uint64_t *counter, uint64_t add)
{
	__atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + add, __ATOMIC_RELAXED);
}

/* A packet of the plane's own: an answer, a piece of another. NULL: memory is out. */
static inline struct weft_packet *weft_packet_make(struct weft_worker *worker, uint32_t length)
{
	struct weft_packet *packet = weft_host_packet_alloc(worker->plane, worker->index, length);

	if (packet)
		weft_count(&worker->made, 1);
	return packet;
}

/* Frees a packet that others took the place of, or that was made in vain: no drop. */
static inline void weft_packet_gone(struct weft_worker *worker, struct weft_packet *packet)
{
	weft_count(&worker->gone, 1);
	weft_host_packet_free(worker->plane, worker->index, packet);
}

static inline bool weft_same_mac(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, 6) == 0;
}

/* The route flags say whether the destination is in the VRF's own network; if not, this is a hop. */
static inline bool weft_is_hop(uint32_t route_flags)
{
	return !(route_flags & WEFT_ROUTE_SAME_NETWORK);
}

/* ---- edge.c: what may enter ---- */
/* Frame of a port: parsed, source checked, neighbour messages answered; step is ready for the connection lookup. */
enum weft_drop weft_enter_port(struct weft_worker *worker, struct weft_vif *vif, struct weft_step *step);
/* Frame of the uplink: tunnel checked and taken off, inner packet parsed; step is ready for the connection lookup. */
enum weft_drop weft_enter_fabric(struct weft_worker *worker, struct weft_step *step);

/* ---- datagram.c ---- */
/*
 * A fragment: a first one's ports are kept, a later one gets them in view->key, or waits (step->packet is taken).
 * view->key.zone and where it came from are set.
 */
enum weft_drop weft_datagram_enter(struct weft_worker *worker, struct weft_step *step);
/* worker->due is not 0: the next fragment that waited, ready for the connection lookup. worker->vif becomes the one it came by.
 */
enum weft_drop weft_datagram_resume(struct weft_worker *worker, struct weft_step *step);

/* ---- edge.c, for what comes by the uplink in another way ---- */
/* The endpoint with this outer source, or NULL; keeps it in worker->endpoint. IPv4: four bytes are read. */
struct weft_endpoint *weft_endpoint_of_source(struct weft_worker *worker, uint8_t family, const uint8_t *source);
/*
 * The tunnel is off: data stands at an Ethernet header before an inner IP packet of `family`, step->entry and worker->endpoint
 * are its source's. `overhead`: what this encapsulation adds in front of an IP packet.
 */
enum weft_drop weft_enter_inner(struct weft_worker *worker, struct weft_step *step, struct weft_nexthop *nexthop,
				uint8_t family, uint8_t outer_tos, uint32_t overhead);

/* ---- underlay.c: off the fast path ---- */
/* A packet of the uplink that is no UDP tunnel packet to this host. NONE: step is ready, as after weft_enter_fabric. */
enum weft_drop weft_underlay_input(struct weft_worker *worker, struct weft_step *step, uint8_t family);
/*
 * The checksum of the outer UDP header at `udp` needs no look: the device verified it, or it never left this machine and is
 * still to be written.
 */
static inline bool weft_outer_udp_vouched(const struct weft_packet *packet, uint32_t udp)
{
	return (packet->flags & WEFT_PACKET_CSUM_VALID) ||
	       ((packet->flags & WEFT_PACKET_CSUM_PARTIAL) && packet->csum_start == udp && packet->csum_offset == 6);
}
/* The non-zero checksum of an outer UDP header at `udp` (RFC 768, RFC 7348 5; RFC 6935 5, RFC 6936 4: right, or zero). */
bool weft_outer_udp_right(struct weft_worker *worker, const struct weft_packet *packet, uint8_t family, uint32_t udp,
			  uint32_t end);

/* What the headers of such a packet say. Offsets from data; `end`: behind the IP packet. */
struct weft_underlay {
	uint8_t family, protocol, tos;
	bool fragment, more;
	uint32_t l4, end;
	uint32_t id, offset; /* of a fragment: offset in bytes */
	uint8_t source[16];  /* IPv4: the rest is zero */
};

/* ---- reassemble.c ---- */
/*
 * Copies an outer fragment. NONE: it was the last that missed, and *packet is the whole packet in its place (the fragment is
 * freed). OUTER_FRAGMENT: others are missing. The fragment stays the caller's with every reason. A worker keeps
 * WEFT_REASSEMBLIES packets of at most WEFT_OUTER_WHOLE_MAX bytes for 2 s; one more takes the place of the oldest.
 */
enum weft_drop weft_reassemble(struct weft_worker *worker, struct weft_packet *fragment, const struct weft_underlay *underlay,
			       struct weft_packet **whole);

/* ---- pmtu.c ---- */
/* ICMP to this host: a too-big about a tunnel packet of ours lowers the endpoint's MTU. PATH_MTU, or the reason it did not. */
enum weft_drop weft_path_mtu_input(struct weft_worker *worker, struct weft_packet *packet,
				   const struct weft_underlay *underlay);
/* L3 bytes that the path to the endpoint takes; 0: it has none. */
static inline uint32_t weft_endpoint_mtu(const struct weft_endpoint *endpoint)
{
	uint32_t mtu = __atomic_load_n(&endpoint->mtu, __ATOMIC_RELAXED);
	const struct weft_vif *uplink;

	if (WEFT_LIKELY(mtu))
		return mtu;
	uplink = weft_load(endpoint->uplink);
	return uplink ? uplink->mtu : 0;
}

/* ---- mss.c ---- */
void weft_mss_clamp_slow(struct weft_packet *packet, const struct weft_view *view, uint32_t mtu);
/* A SYN through a tunnel that takes inner packets of `mtu` bytes. The TCP header is linear. */
static inline void weft_mss_clamp(struct weft_packet *packet, const struct weft_view *view, uint32_t mtu)
{
	if (WEFT_UNLIKELY((view->tcp_flags & WEFT_TCP_SYN) && view->protocol == WEFT_PROTOCOL_TCP))
		weft_mss_clamp_slow(packet, view, mtu);
}

/* ---- fragment.c ---- */
/* Cuts an IPv4 packet without DF into fragments of at most `mtu` bytes and gives each to the way. Takes step->packet. */
enum weft_drop weft_fragment_send(struct weft_worker *worker, struct weft_step *step, const struct weft_way *way, uint32_t mtu);

/* ---- neighbour.c ---- */
enum weft_drop weft_arp_input(struct weft_worker *worker, struct weft_vif *vif, struct weft_step *step);
/* view->kind is NEIGHBOUR. */
enum weft_drop weft_nd_input(struct weft_worker *worker, struct weft_vif *vif, struct weft_step *step);
/* A tenant must not forge the overlay: tunnel protocol to a tunnel endpoint. `port` in host order. */
bool weft_forges_tunnel(struct weft_worker *worker, uint8_t family, uint8_t protocol, const uint8_t *destination,
			uint16_t port);
/* The address is one the port may send from. */
bool weft_vif_owns(const struct weft_vif *vif, uint8_t family, const uint8_t *address);

/* ---- input.c ---- */
/* Frees the packet, which came from the burst's vif, and counts why. */
void weft_step_drop(struct weft_worker *worker, struct weft_step *step, enum weft_drop reason);

/* ---- hit.c, setup.c ---- */
/* Finds the way of each packet of the burst and sends it; sets its connection up, or evaluates it again, when needed. */
void weft_leave(struct weft_worker *worker, uint32_t count);
/* The same for one packet, wherever its step stands in the burst. */
void weft_leave_one(struct weft_worker *worker, struct weft_step *step);
/* From a tunnel the key's zone is the VRF's, but the destination port may have one of its own: finds there, and keeps that
 * zone. */
struct weft_connection *weft_connection_find_at_port(struct weft_worker *worker, struct weft_step *step);
/* revalidate.c: a stale pair whose routes lead where they did, and whose ports' policy is the one it was; stamped anew. */
bool weft_revalidate(struct weft_worker *worker, const struct weft_step *step, struct weft_connection *connection);
enum weft_drop weft_connection_set_up(struct weft_worker *worker, struct weft_step *step, struct weft_way *way);
enum weft_drop weft_connection_again(struct weft_worker *worker, struct weft_step *step, struct weft_connection *connection,
				     struct weft_way *way);
/* Resolves one direction. `connection` is a private copy. */
enum weft_drop weft_connection_resolve(struct weft_worker *worker, const struct weft_connection *connection,
				       struct weft_way *way);
/*
 * What policy was when a direction was evaluated: the policy stamps of the port it enters by and the one it leaves by (0:
 * none), and the plane's word for identities, which changes before an id can mean something else. A change of one of them
 * always changes it.
 */
static inline uint32_t weft_policy_mark(uint32_t identities, uint32_t in, uint32_t out)
{
	return in * 0x9e3779b1u + out + identities * 0x85ebca6bu;
}

/*
 * What a direction's evaluation depended on, in one number: the ports it enters and leaves by (NULL: none), the stamps of the
 * routes to its source and destination, the next hop it leaves by and the ECMP next hop that one is a member of (NULL: none).
 * No value of the parts is given out twice, so an equal stamp means that nothing changed (but for a chance of 2^-64).
 */
static inline uint64_t weft_stamp_of(uint32_t in, uint32_t out, uint32_t source, uint32_t destination,
				     const struct weft_nexthop *nexthop, const struct weft_nexthop *ecmp)
{
	uint64_t stamp = (uint64_t)source << 32 | destination;

	stamp += in * 0x9e3779b97f4a7c15ull;
	stamp += out * 0xc2b2ae3d27d4eb4full;
	stamp += (nexthop ? nexthop->generation : 0) * 0x9fb21c651e98df25ull;
	return stamp + (ecmp ? ecmp->generation : 0) * 0xd6e8feb86659fd93ull;
}

static inline uint64_t weft_stamp(const struct weft_vif *in, const struct weft_vif *out, uint32_t source, uint32_t destination,
				  const struct weft_nexthop *nexthop, const struct weft_nexthop *ecmp)
{
	return weft_stamp_of(in ? weft_vif_stamp(in) : 0, out ? weft_vif_stamp(out) : 0, source, destination, nexthop, ecmp);
}
uint16_t weft_entropy_port(uint32_t hash);

/* ---- translate.c: connections whose directions' keys are not each other's reverse (WEFT_CONNECTION_TRANSLATED) ---- */
/*
 * Rewrites step->packet, which came with the tuple `mine`, to what the other end expects: `other` turned round. Once per
 * packet, when its way is known and before weft_output.
 */
enum weft_drop weft_translate(struct weft_worker *worker, struct weft_step *step, const struct weft_connection_key *mine,
			      const struct weft_connection_key *other);
/*
 * Writes the tuple into a packet of which the first `bytes` bytes are quoted at `ip`. False: its ports are not there; only
 * addresses may have changed. `partial`: its checksum was to be completed (CSUM_PARTIAL).
 */
bool weft_translate_quote(uint8_t *ip, uint32_t bytes, uint8_t family, const struct weft_connection_key *key, bool partial);

/* ---- nat.c: what translates where ---- */
/* The packet goes to this address of the VRF. `port` in host order counts for TCP, UDP and SCTP only. */
void weft_translate_to(struct weft_worker *worker, uint32_t vrf_id, const uint8_t address[16], uint16_t port);
/* The packet seems to come from here. `port`: see weft_translation. */
void weft_translate_from(struct weft_worker *worker, const uint8_t address[16], uint16_t port);
/* The same with an address and a port of a pool. NONE, or NAT_NO_POOL. */
enum weft_drop weft_translate_from_pool(struct weft_worker *worker, uint32_t nat_pool_id);
/*
 * The route that the packet's VRF has for the destination (leaf, nexthop) leads into another VRF, or one of
 * initiator_floating's VRFs knows better: then translation.vrf_id is the other VRF, *again is true, and the destination is to
 * be looked up there.
 */
enum weft_drop weft_nat_leave(struct weft_worker *worker, const struct weft_leaf *leaf, const struct weft_nexthop *nexthop,
			      bool *again);
/* The destination is a port with floating IPs (destination_floating): when the packet is to one of them it goes to the fixed
 * address. */
enum weft_drop weft_nat_enter(struct weft_worker *worker);
/* A packet that the fabric's label gave to a port with floating IPs: when it is to one of them it is of that one's VRF. */
void weft_nat_deliver(struct weft_step *step, const struct weft_vif *vif);
/* The pool's address and port for a pair about to be inserted. NONE, or NAT_EXHAUSTED. `attempt`: counts up from 0. */
enum weft_drop weft_nat_take(struct weft_worker *worker, uint32_t hash, uint32_t attempt);
/* Removes a connection whose place worker->pair takes. A pool's port that both have goes over to it. */
void weft_nat_remove(struct weft_worker *worker, struct weft_connection *connection);
/* An untranslated packet with this key, looked up in the VRF. */
void weft_translation_begin(struct weft_worker *worker, const struct weft_connection_key *key, uint32_t vrf_id,
			    const struct weft_connection *keep);
/* Before each lookup of the destination in translation.vrf_id: what is found then cannot be newer than the stamp. */
void weft_translation_note_stamps(struct weft_worker *worker, const struct weft_connection_key *key);
/* The answers' key. Its zone is the packet's. */
struct weft_connection_key weft_translation_answers(const struct weft_translation *translation);
/*
 * The routes that a translated pair depends on, for weft_stamp in the place of a direction's own: to the initiator and to the
 * destination in the initiator's VRF; to the destination, before and after translation, where it was looked up (the answers'
 * vrf_id). And pools. The same for both directions.
 */
uint32_t weft_translation_stamp(struct weft_plane *plane, const struct weft_connection *direction);

/* ---- balance.c: connections to services ---- */
/*
 * Says in worker->translation where a packet to a service goes. NONE, also when its destination is no service; else why no
 * backend takes it; NO_RECEIVER: an echo to an address that only services have.
 */
enum weft_drop weft_service_translate(struct weft_worker *worker);
/*
 * worker->pair, to a service, is filled: when its answers' key is another connection's (one client port to two services with a
 * backend in common), its packets get another source port. NONE or SERVICE_PORTS.
 */
enum weft_drop weft_service_settle_port(struct weft_worker *worker);
/* worker->pair was inserted. */
void weft_service_opened(struct weft_worker *worker);

/* ---- stateless.c ---- */
/* The way of a packet without a connection that needs none: *way is set. False: it needs one, or may not pass. */
bool weft_stateless_way(struct weft_worker *worker, const struct weft_step *step, struct weft_way *way);

/* The burst comes from a port whose packets the routes alone may send; then weft_stateless_leave is its weft_leave. */
bool weft_stateless_burst(const struct weft_worker *worker);
void weft_stateless_leave(struct weft_worker *worker, uint32_t count);

/* ---- ecmp.c ---- */
/* The hash of an initiator's key for this ECMP next hop: of the fields that it says. */
uint32_t weft_ecmp_hash(struct weft_plane *plane, const struct weft_nexthop *ecmp, const struct weft_connection_key *key);
/*
 * The member that a connection takes: weighted rendezvous of `hash` and the member ids, among members that can be used, so that
 * a change of members moves only connections of members that went. `keep`: the member it had (0: none), taken while it can be
 * used. `from_vif`: the port the connection enters by, which it cannot leave by, or WEFT_FROM_FABRIC, which takes no tunnel
 * member. NULL: none can be used.
 */
const struct weft_nexthop_member *weft_ecmp_choose(struct weft_plane *plane, const struct weft_nexthop *ecmp, uint32_t hash,
						   uint32_t keep, uint32_t from_vif);
/* The member behind which a packet came: the one of that port (vif_id), or of that outer source (entry: weft_endpoint.entry).
 */
const struct weft_nexthop_member *weft_ecmp_origin(struct weft_plane *plane, const struct weft_nexthop *ecmp, uint32_t vif_id,
						   uint32_t entry);
/* False (for the initiator's direction): the other plane of the member's tunnel fell silent, or a native one's gateway did. */
bool weft_ecmp_holds(const struct weft_connection *connection, const struct weft_nexthop *nexthop);

/* ---- judge.c ---- */
/* Asks the vif's sets; each must allow. NONE or POLICY. What they said is in worker->verdicts until it is committed. */
enum weft_drop weft_judge(struct weft_worker *worker, const struct weft_vif *vif, bool egress,
			  const struct weft_opening *opening);
/* Counts, and logs, what was decided about a packet of so many bytes. */
void weft_judge_commit(struct weft_worker *worker, uint32_t bytes);
/*
 * Of a packet without a connection, which the plane answers or leaves to the agent: asks the egress sets of its port about the
 * destination as the packet says it, counts and logs. NONE for what comes by the fabric or an uplink. NONE or POLICY.
 */
enum weft_drop weft_judge_destination(struct weft_worker *worker, const struct weft_step *step);

/* ---- tcp.c ---- */
/* A SYN: NULL when the connection was closed and is gone, so that the packet opens another, else `connection`. */
struct weft_connection *weft_tcp_open(struct weft_worker *worker, const struct weft_step *step,
				      struct weft_connection *connection);
/* A packet of a strict connection, before it is noted. CONNECTION_STATE: the state does not allow it. */
enum weft_drop weft_tcp_check(struct weft_worker *worker, const struct weft_step *step, struct weft_connection *connection);
/* Notes a TCP packet's flags in its direction's state. */
void weft_tcp_note(struct weft_plane *plane, struct weft_connection *connection, uint8_t flags);

/* ---- trap.c: packets for the agent, and from it ---- */
/*
 * Gives the frame, as it came from the port, to the agent: takes step->packet, or answers the reason to drop it for. Without an
 * AGENT vif: `otherwise`.
 */
enum weft_drop weft_trap(struct weft_worker *worker, struct weft_step *step, enum weft_trap trap, enum weft_drop otherwise);
/* A parsed IP packet of a port that may be for the agent whatever its destination: DHCP, router alert. For weft_trap_service.
 */
static inline bool weft_trap_may_be_service(const struct weft_step *step)
{
	const struct weft_view *view = &step->view;

	if (view->family == 4)
		return (view->protocol == WEFT_PROTOCOL_UDP && view->key.destination_port == 67) ||
		       view->l4 > WEFT_L3 + sizeof(struct weft_ipv4);
	return (view->protocol == WEFT_PROTOCOL_UDP && view->key.destination_port == 547) ||
	       weft_ipv6_at(step->packet)->next == WEFT_PROTOCOL_HOPOPTS;
}
/* NONE with step->packet still there: an ordinary packet. */
enum weft_drop weft_trap_service(struct weft_worker *worker, struct weft_vif *vif, struct weft_step *step);
/*
 * A packet that the tables send nowhere (`reason`: NO_RECEIVER, NO_ROUTE): DNS and link-local services, when the port's policy
 * lets it reach them. NONE: taken. `reason`: the agent has no use for it.
 */
enum weft_drop weft_trap_destination(struct weft_worker *worker, struct weft_step *step, enum weft_drop reason);
/* A datagram of the agent: takes step->packet, or answers the reason to drop it for. */
enum weft_drop weft_injection_input(struct weft_worker *worker, struct weft_step *step);

/* ---- icmp.c ---- */
/* A token of a bucket that gets 100 a second and holds 50. */
bool weft_bucket_take(struct weft_bucket *bucket, uint64_t now_ns);
/*
 * Sends an ICMP error about step->packet (which stays the caller's, unchanged) back to where it came from. Answers the reason
 * to drop it for: `reason`, or ICMP_RATE. `out`: the port it would have left by, or NULL. `mtu`: for TOO_BIG, L3 bytes.
 */
enum weft_drop weft_icmp_error(struct weft_worker *worker, const struct weft_step *step, enum weft_icmp_cause cause,
			       const struct weft_vif *out, uint32_t mtu, enum weft_drop reason);
/*
 * What the initiator is told whose packet the tables drop for `reason`. NO_RECEIVER: the echo reply of an address of the plane or
 * of a service (takes the packet). NO_BACKEND: port unreachable, when its port may reach the service (else POLICY). Answers the
 * reason to drop the packet for, or NONE when it was taken.
 */
enum weft_drop weft_icmp_answer(struct weft_worker *worker, struct weft_step *step, enum weft_drop reason);

/* ---- output.c ---- */
/* Sends step->packet the way; takes it unless a reason is returned. */
enum weft_drop weft_output(struct weft_worker *worker, struct weft_step *step, const struct weft_way *way);
/* One finished inner packet (Ethernet header in front, fits the path, no metadata) into the tunnel. Takes it unless a reason is
 * returned. `train`: continues the packet before it. */
enum weft_drop weft_output_tunnel(struct weft_worker *worker, struct weft_packet *packet, uint8_t tos,
				  const struct weft_way *way, bool train);
/*
 * The same without sending it: data then stands at the outer Ethernet header, and *uplink is where it leaves. With equal ways,
 * that of the entropy among those that have carrier.
 */
enum weft_drop weft_tunnel_push(struct weft_worker *worker, struct weft_packet *packet, uint8_t tos, const struct weft_way *way,
				struct weft_vif **uplink);
/* Bytes a tunnel adds in front of the inner IP packet, outer IP header included. */
uint32_t weft_tunnel_overhead(const struct weft_nexthop *nexthop);
void weft_depart_flush(struct weft_worker *worker);
/* Queues a finished frame. */
static inline void weft_depart(struct weft_worker *worker, struct weft_vif *vif, struct weft_packet *packet)
{
	uint16_t *list_of = &worker->departure_list_of[vif->vif_id], at;
	struct weft_departure_list *list;

	if (WEFT_UNLIKELY(worker->departure_count == WEFT_DEPARTURES_MAX)) {
		weft_depart_flush(worker);
		packet->flags &= (uint16_t)~WEFT_PACKET_TRAIN; /* the one before it is gone */
	}
	at = (uint16_t)(worker->departure_count + 1);
	worker->departures[worker->departure_count] = packet;
	worker->departure_next[worker->departure_count++] = 0;
	list = &worker->departure_lists[0];
	if (WEFT_LIKELY(worker->departure_list_count == 1 && list->vif == vif)) {
		worker->departure_next[at - 2] = at;
		list->last = at;
		return;
	}
	if (*list_of) {
		list = &worker->departure_lists[*list_of - 1];
		worker->departure_next[list->last - 1] = at;
		list->last = at;
		return;
	}
	worker->departure_lists[worker->departure_list_count] = (struct weft_departure_list){vif, at, at};
	*list_of = (uint16_t)++worker->departure_list_count;
}
/* Room for `count` departures without a flush between them, so that trains stay together. count <= WEFT_DEPARTURES_MAX. */
void weft_depart_room(struct weft_worker *worker, uint32_t count);
/*
 * The next hop of the route to the packet's destination becomes the way; of an ECMP one the member where the packet came from
 * (step->vif_id, ->entry), or else one by its hash. No hop is taken.
 */
enum weft_drop weft_route_way(struct weft_worker *worker, const struct weft_step *step, struct weft_way *way);
/* Frame of the plane's own back to where step came from; the IP packet is to `destination`. Takes it, or counts its drop. */
void weft_output_back(struct weft_worker *worker, const struct weft_step *step, struct weft_packet *packet, uint8_t family,
		      const uint8_t *destination);
/* Writes the checksum CSUM_PARTIAL asks for and clears the flag. False when memory is out. */
bool weft_checksum_complete(struct weft_worker *worker, struct weft_packet *packet);
/* Sum over `bytes` of the packet from `offset` on, linear or not. */
uint64_t weft_packet_sum(struct weft_worker *worker, const struct weft_packet *packet, uint32_t offset, uint32_t bytes,
			 uint64_t sum);

/* One hop less, when the route says that the destination is in another network. */
static inline void weft_apply_hop(struct weft_packet *packet, uint8_t family)
{
	if (family == 4) {
		struct weft_ipv4 *ip = weft_ipv4_at(packet);
		uint16_t before, after;

		memcpy(&before, &ip->ttl, 2);
		ip->ttl--;
		memcpy(&after, &ip->ttl, 2);
		weft_sum_replace16(ip->checksum, before, after);
	} else {
		weft_ipv6_at(packet)->hops--;
	}
}

/* ---- segment.c ---- */
/* L4 payload bytes of each segment so that it fits `mtu` L3 bytes; 0: a datagram is too big and must not be fragmented. */
uint32_t weft_segment_bytes(const struct weft_step *step, uint32_t mtu);
/*
 * Cuts a GSO packet into packets of `segment_bytes` payload and sends each into the tunnel; datagrams beyond `mtu` as
 * fragments. Takes the packet unless a reason is returned: NO_MEMORY may come when some segments are on their way already.
 */
enum weft_drop weft_segment_send(struct weft_worker *worker, struct weft_step *step, const struct weft_way *way,
				 uint32_t segment_bytes, uint32_t mtu);

/* ---- coalesce.c ---- */
/* Queues a decapsulated TCP frame for a port, or appends it to the connection's segments before it in this burst. */
void weft_coalesce(struct weft_worker *worker, struct weft_vif *vif, const struct weft_step *step, struct weft_packet *packet);
/* Makes every group a finished GSO packet; before a flush. */
void weft_coalesce_finish(struct weft_worker *worker);

#endif
