/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The one truth shared by the forwarding plane, its client library and Java (io.weft.dataplane).
 *
 * Everything here is fixed-width and in host byte order (little endian hosts only) except what is marked "network order".
 * Addresses are 16 bytes; an IPv4 address sits in the first four, the rest is zero. `family` is 4 or 6, never AF_*.
 * Padding is named zeroN and must be zero; the plane refuses a message whose padding is not.
 *
 * A request is one frame: weft_frame_header, then `message_count` messages, each a weft_message_header and the body of its
 * object. The plane applies them in order on its control thread; each message is atomic; a refused message changes nothing
 * and does not stop those behind it. The answer is one frame with the same sequence: objects that were read (GET, DUMP), one
 * weft_error_msg per refused message, and one weft_done_msg at the end.
 */
#ifndef WEFT_ABI_H
#define WEFT_ABI_H

#ifdef __KERNEL__
#include <linux/types.h>
#else
#include <stdint.h>
#endif

#define WEFT_ABI_MAJOR 0
#define WEFT_ABI_MINOR 4

#define WEFT_FRAME_BYTES_MAX (4u << 20) /* a policy set of WEFT_POLICY_RULES_MAX rules fits into one */
#define WEFT_KEY_BYTES 16
#define WEFT_NAME_BYTES 64
#define WEFT_PATH_BYTES 128
#define WEFT_IFNAME_BYTES 16
#define WEFT_VIF_ADDRESSES_MAX 32
#define WEFT_ERROR_TEXT_BYTES 112
#define WEFT_IDENTITY_ELEMENTS_MAX 32
#define WEFT_POLICY_RULES_MAX 32768
#define WEFT_NEXTHOP_MEMBERS_MAX 128
#define WEFT_PATH_WAYS_MAX 8
#define WEFT_MEMBER_WEIGHT_MAX 1000
#define WEFT_VIF_POLICIES 2
#define WEFT_VIF_FLOATING_IPS_MAX 64 /* bound to one vif */
#define WEFT_PORT_MAPPINGS_MAX 64
#define WEFT_NAT_POOL_ADDRESSES_MAX 64
#define WEFT_NAT_QUARANTINE_MS_MAX 3600000u
#define WEFT_AGEING_ROWS_MAX 1024
#define WEFT_AGEING_SECONDS_MAX 604800u
#define WEFT_AGEING_ANY_PROTOCOL 0xffffu
#define WEFT_SERVICE_BACKENDS_MAX 1024
#define WEFT_SERVICE_AFFINITY_MAX_S 86400
#define WEFT_BUFFER_KINDS 3

/* Id limits: ids are dense indexes chosen by the agent, 0 .. LIMIT-1. */
#define WEFT_VIF_LIMIT 4352u
#define WEFT_VRF_LIMIT 65536u
#define WEFT_NEXTHOP_LIMIT (1u << 20)
#define WEFT_LABEL_LIMIT (1u << 20)
#define WEFT_VNI_LIMIT (1u << 24)
#define WEFT_IDENTITY_LIMIT 65536u
#define WEFT_POLICY_LIMIT 65536u
#define WEFT_FLOATING_IP_LIMIT 65536u
#define WEFT_NAT_POOL_LIMIT 4096u
#define WEFT_SERVICE_LIMIT 65536u
#define WEFT_BACKEND_LIMIT (1u << 18) /* of all services of a plane */

/* VRF 0 is the underlay (ip-fabric:__default__); next hop 0 is the permanent discard. Neither can be deleted. */
#define WEFT_VRF_FABRIC 0u
#define WEFT_NEXTHOP_DISCARD_ID 0u
#define WEFT_LABEL_NONE 0xffffffffu
/* Identities the plane gives by itself; they have no elements and cannot be set. Only `any` and prefixes match UNKNOWN. */
#define WEFT_IDENTITY_UNKNOWN 0u  /* no route knows the address */
#define WEFT_IDENTITY_NODE 1u     /* came from this node itself, by vhost0 */
#define WEFT_IDENTITY_EXTERNAL 2u /* came by an uplink outside a tunnel */
#define WEFT_IDENTITY_FIRST 3u    /* the first one that an agent may set */
#define WEFT_POLICY_NONE 0u       /* no policy set: allows */
#define WEFT_NAT_POOL_NONE 0u     /* no source translation */

enum weft_object {
#define WEFT_OBJECT(code, NAME, name, doc) WEFT_OBJECT_##NAME = code,
#include "objects.def"
#undef WEFT_OBJECT
};

enum weft_drop {
#define WEFT_DROP(code, NAME, doc) WEFT_DROP_##NAME = code,
#include "drops.def"
#undef WEFT_DROP
	WEFT_DROP_LIMIT = 96, /* every code is below this */
};

enum weft_operation {
	WEFT_OPERATION_SET = 1,    /* create, or replace whole */
	WEFT_OPERATION_DELETE = 2, /* body: as for SET, only its identifying fields are read */
	WEFT_OPERATION_GET = 3,    /* body: as for DELETE; answers the object or ENOENT */
	WEFT_OPERATION_DUMP = 4,   /* body: weft_dump_msg */
	WEFT_OPERATION_SWEEP = 5,  /* no body: deletes every object of this kind whose epoch differs from the header's */
};

struct weft_frame_header {
	uint32_t bytes; /* of the whole frame, this header included; multiple of 8; <= WEFT_FRAME_BYTES_MAX */
	uint32_t sequence;
	uint32_t message_count;
	uint32_t zero0;
};

struct weft_message_header {
	uint16_t object;    /* enum weft_object */
	uint16_t operation; /* enum weft_operation */
	uint32_t bytes;     /* header and body; multiple of 8 */
	uint32_t epoch;     /* SET: the owner's epoch, kept with the object; answers: the object's epoch */
	uint32_t zero0;
};

/* First message of a connection; the plane answers its own, or refuses another major/minor naming both. */
struct weft_hello_msg {
	uint16_t abi_major, abi_minor;
	uint32_t zero0;
	char peer[WEFT_NAME_BYTES]; /* who speaks, for logs: "agent", "weftctl" */
};

/*
 * NEXTHOP, POLICY, SERVICE, FLOATING_IP and AGEING have a body of variable size: the struct, then `member_count`, `rule_count`,
 * `backend_count`, `mapping_count` or `row_count` items. Where only the identifying fields are read (GET, DELETE) the struct alone is
 * sent with a count of 0.
 */

struct weft_error_msg {
	uint32_t index; /* of the refused message in its frame, from 0 */
	int32_t code;   /* positive errno */
	char text[WEFT_ERROR_TEXT_BYTES]; /* names the field, the value and the limit */
};

struct weft_done_msg {
	uint32_t applied, refused;
	uint32_t more;   /* DUMP: 1 when there is more; repeat with marker */
	uint32_t zero0;
	uint8_t marker[48]; /* DUMP: opaque; all zero starts from the beginning */
};

struct weft_dump_msg {
	/* ROUTE, CONNECTION: only this VRF, or 0xffffffff for all; DROP: vif id or 0xffffffff for the sums; others: not read */
	uint32_t vrf_id;
	uint32_t limit;  /* at most so many objects in the answer; 0: as many as fit a page of about 1 MiB, at least one */
	uint8_t marker[48];
};

/* Settings of the plane (SET) and its state (GET). One object. */
struct weft_plane_msg {
	uint8_t underlay4[16], underlay6[16]; /* this host's tunnel addresses, network order; all zero: none */
	uint8_t router_mac[6];                /* inner destination MAC of L3 VXLAN to this host */
	uint8_t zero0[2];
	uint32_t bfd_interval_ms;    /* to every tunnel destination, RFC 5880 Desired Min TX and Required Min RX: 50 .. 60000; 0: no BFD */
	uint32_t bfd_multiplier;     /* Detect Mult: 2 .. 50 when bfd_interval_ms is not 0 */
	uint32_t connections_max;    /* read only here: fixed when the plane starts */
	uint32_t connections_live;   /* pairs; read only, as is all below */
	uint32_t workers;
	uint32_t vifs, nexthops, vrfs;
	uint32_t identities, policies;
	uint32_t adoptions;          /* times a worker process took over from one that died */
	uint32_t fragments_waiting;  /* for the first one of their datagram */
	uint64_t routes;
	uint64_t started_ns;         /* CLOCK_REALTIME */
	uint64_t sets, deletes;      /* messages applied that changed something since the start */
	char implementation[16];     /* "host", "dpdk", "kernel" */
	char version[32];
	/* pairs removed to make room for others since this process began: closed, only one side sent, idle beyond their time */
	uint64_t evicted_closed, evicted_one_way, evicted_idle;
	/* Settings again: the outer headers of every tunnel. All zero is the default. */
	uint8_t tunnel_ttl;          /* TTL or hop limit; 0: 64 */
	uint8_t tunnel_df;           /* enum weft_tunnel_df */
	uint8_t tunnel_dscp_mode;    /* enum weft_tunnel_dscp */
	uint8_t tunnel_dscp;         /* PIPE: 0 .. 63; UNIFORM: 0 */
	uint32_t zero2;
	uint64_t reassembled;        /* read only: packets that outer fragments became */
	uint64_t reassembly_failures; /* read only: outer packets given up: fragments overlapped, did not come in time, or had no room */
	/*
	 * Every packet since this process began, of every vif there was: received + made = sent + dropped + gone, but for those that a worker
	 * has in its hands. made: answers, ICMP errors, segments, fragments; gone: what these took the place of, and what was coalesced.
	 */
	uint64_t packets_received, packets_sent, packets_dropped, packets_made, packets_gone;
	uint32_t buffers[WEFT_BUFFER_KINDS], buffers_free[WEFT_BUFFER_KINDS]; /* of the host, by size; 0: it has no pool of so many */
};

/* The DF bit of an outer IPv4 header, and who cuts what the path does not take. */
enum weft_tunnel_df {
	WEFT_TUNNEL_DF_SET = 0,   /* set; what is too big is cut before the tunnel, or refused by too-big when it must not be cut */
	WEFT_TUNNEL_DF_COPY = 1,  /* as the inner IPv4 packet has it (set over inner IPv6); otherwise as SET */
	WEFT_TUNNEL_DF_CLEAR = 2, /* clear; what must not be cut goes whole into outer fragments (IPv4 and IPv6), up to 9,202 bytes */
};

/* The DSCP of the outer header. ECN is always RFC 6040's. */
enum weft_tunnel_dscp {
	WEFT_TUNNEL_DSCP_UNIFORM = 0, /* the inner packet's (RFC 2983) */
	WEFT_TUNNEL_DSCP_PIPE = 1,    /* tunnel_dscp, whatever is inside */
};

enum weft_vif_type { WEFT_VIF_HOST = 0, WEFT_VIF_AGENT = 1, WEFT_VIF_PHYSICAL = 2, WEFT_VIF_VIRTUAL = 3 };

enum weft_port_kind {
	WEFT_PORT_NONE = 0,      /* no device (host library: packets are injected and collected by the caller) */
	WEFT_PORT_TAP = 1,       /* TAP with virtio-net header, born in `netns` */
	WEFT_PORT_AF_PACKET = 2, /* packet socket with virtio-net header on the existing netdev `device` of the plane's namespace */
	WEFT_PORT_ETHDEV = 3,    /* DPDK: any PMD; `device` is its devargs, e.g. net_tap0,iface=x or 0000:03:00.0 */
	WEFT_PORT_UNIX = 4,      /* AGENT: a SOCK_SEQPACKET unix socket, path in `netns`; frames behind a weft_trap_header */
};

enum weft_vif_flag {
	WEFT_VIF_ADDRESS_CHECK = 1u << 0, /* source MAC, IP and ARP/ND payload must be in `addresses` */
	WEFT_VIF_SHARED_UPLINK = 1u << 1, /* PHYSICAL: the kernel keeps the host address; the plane takes the tunnel ports only */
	WEFT_VIF_UP = 1u << 2,            /* answers only: carrier */
	WEFT_VIF_CREATED = 1u << 3,       /* answers only: the device was made by the plane and goes with the vif */
	WEFT_VIF_STRICT_TCP = 1u << 4,    /* TCP packets that their connection's state does not allow are dropped: CONNECTION_STATE */
	WEFT_VIF_NATIVE = 1u << 5,        /* PHYSICAL: what comes outside a tunnel is routed in the vif's VRF, as from WEFT_IDENTITY_EXTERNAL */
	WEFT_VIF_STATELESS = 1u << 6,     /* VIRTUAL, without policy sets: what needs no connection gets none (OpenContrail: disable_policy) */
};

enum weft_vif_address_flag {
	WEFT_VIF_ADDRESS_CONFIGURE = 1u << 0, /* set on the netdev inside netns too (TAP), without DAD, prefix_len as given */
	WEFT_VIF_ADDRESS_GATEWAY = 1u << 1,   /* not the port's: default gateway to configure inside netns (TAP) */
};

struct weft_vif_address {
	uint8_t family;     /* 4, 6 */
	uint8_t prefix_len; /* of the subnet when CONFIGURE (the check is on the exact address); else the allowed source prefix */
	uint16_t flags;
	uint8_t address[16]; /* network order */
};

struct weft_vif_msg {
	uint32_t vif_id;
	uint32_t vrf_id;
	uint8_t key[WEFT_KEY_BYTES];
	uint8_t type, port_kind;
	uint16_t flags;
	uint32_t mtu;         /* L3 bytes, 68 .. 65535 */
	uint32_t label;       /* MPLS label of this port, or WEFT_LABEL_NONE (informative; LABEL objects forward) */
	uint8_t mac[6];       /* VIRTUAL: the pod's; PHYSICAL: ignored, read from the device */
	uint8_t zero0[2];
	char name[WEFT_IFNAME_BYTES];    /* netdev name: inside netns for TAP ("eth0") */
	char device[WEFT_NAME_BYTES];    /* AF_PACKET: netdev; ETHDEV: devargs */
	char netns[WEFT_PATH_BYTES];     /* TAP: path of the network namespace */
	uint32_t address_count;
	uint32_t zero1;
	struct weft_vif_address addresses[WEFT_VIF_ADDRESSES_MAX];
	uint32_t identity_id; /* of what is behind this port, or WEFT_IDENTITY_UNKNOWN */
	/* Policy sets a connection from / to this port must pass, each of them; WEFT_POLICY_NONE: none. */
	uint32_t egress_policy_ids[WEFT_VIF_POLICIES], ingress_policy_ids[WEFT_VIF_POLICIES];
	uint32_t connections_max; /* pairs this port may have opened; 0: no limit of its own */
	/* read only */
	uint32_t connections_live;
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes, drops;
};

struct weft_vrf_msg {
	uint32_t vrf_id;
	uint32_t vni;       /* used when this VRF's network is the destination of L3 VXLAN; informative */
	uint8_t key[WEFT_KEY_BYTES];
	char name[WEFT_PATH_BYTES]; /* routing instance, cut at 127 bytes */
	uint64_t routes4, routes6;  /* read only */
	uint32_t connections_max;   /* pairs that may have been opened from it; 0: no limit of its own */
	uint32_t connections_live;  /* read only */
};

enum weft_nexthop_type {
	WEFT_NEXTHOP_DISCARD = 0, /* drop, reason DISCARD */
	WEFT_NEXTHOP_RECEIVE = 1, /* the plane itself: answers ICMP echo for the address, drops the rest (NO_RECEIVER) */
	WEFT_NEXTHOP_LOCAL = 2,   /* vif_id; the frame gets the vif's MAC as destination */
	WEFT_NEXTHOP_TUNNEL = 3,  /* encap, family, source, destination; label or VNI comes from the route */
	WEFT_NEXTHOP_VRF = 4,     /* look up again in vrf_id (target of labels, VNIs and routes; of routes once, behind nat_pool_id if any) */
	WEFT_NEXTHOP_ECMP = 5,    /* one of `members`, chosen per connection by its hash and the weights; stays while the member does */
	WEFT_NEXTHOP_NATIVE = 6,  /* vif_id (PHYSICAL), family, destination: leaves as it is, by that uplink to that neighbour of the underlay */
};

enum weft_encap { WEFT_ENCAP_NONE = 0, WEFT_ENCAP_VXLAN = 1, WEFT_ENCAP_MPLSOUDP = 2, WEFT_ENCAP_MPLSOGRE = 3 };

/* A way of an ECMP next hop. A member that stays keeps its id: only connections of members that went choose again. */
struct weft_nexthop_member {
	uint32_t member_id;  /* unique in this next hop; 1 .. 2^32-1 */
	uint32_t nexthop_id; /* LOCAL, NATIVE or TUNNEL */
	uint32_t label;      /* MPLS label or VNI put on the wire by a TUNNEL, else WEFT_LABEL_NONE */
	uint32_t weight;     /* 1 .. WEFT_MEMBER_WEIGHT_MAX */
};

/* What of a connection decides the member it takes: two that agree in these take the same. Of the initiator's direction. */
enum weft_hash_field {
	WEFT_HASH_PROTOCOL = 1u << 0,
	WEFT_HASH_SOURCE_ADDRESS = 1u << 1,
	WEFT_HASH_SOURCE_PORT = 1u << 2,
	WEFT_HASH_DESTINATION_ADDRESS = 1u << 3,
	WEFT_HASH_DESTINATION_PORT = 1u << 4,
	WEFT_HASH_ALL = (1u << 5) - 1,
};

struct weft_nexthop_msg {
	uint32_t nexthop_id;
	uint8_t type, encap, family;
	uint8_t hash_fields;         /* ECMP: enum weft_hash_field, 0: all; else 0 */
	uint8_t key[WEFT_KEY_BYTES];
	uint32_t vif_id;             /* LOCAL, NATIVE */
	uint32_t vrf_id;             /* VRF */
	uint8_t source[16], destination[16]; /* TUNNEL; NATIVE: destination is the gateway, source zero; network order */
	uint8_t inner_mac[6];        /* TUNNEL VXLAN: the remote router MAC */
	uint8_t zero1[2];
	uint32_t member_count;       /* ECMP: 1 .. WEFT_NEXTHOP_MEMBERS_MAX, else 0 */
	uint32_t nat_pool_id;        /* VRF: connections by a route leave with an address of this pool, which is of vrf_id; WEFT_NAT_POOL_NONE */
	uint64_t references;         /* read only: routes, labels, VNIs, members that use it */
	struct weft_nexthop_member members[];
};

enum weft_route_flag {
	WEFT_ROUTE_PROXY_NEIGHBOUR = 1u << 0, /* ARP/ND for this destination is answered with 00:00:5e:00:01:00 */
	WEFT_ROUTE_SAME_NETWORK = 1u << 1,    /* destination belongs to this VRF's own network: TTL unchanged */
};

struct weft_route_msg {
	uint32_t vrf_id;
	uint8_t family, prefix_len, zero0[2];
	uint8_t prefix[16]; /* network order, host bits zero */
	uint32_t nexthop_id;
	uint32_t label;     /* MPLS label or VNI put on the wire by a TUNNEL next hop, else WEFT_LABEL_NONE */
	uint32_t identity_id; /* of what is at the destination */
	uint32_t flags;
};

/* Incoming MPLS label -> next hop (LOCAL or VRF). 16 .. 2^20-1. */
struct weft_label_msg {
	uint32_t label;
	uint32_t nexthop_id;
};

/* Incoming VXLAN network identifier -> next hop (VRF). 1 .. 2^24-1. */
struct weft_vni_msg {
	uint32_t vni;
	uint32_t nexthop_id;
};

enum weft_path_state { WEFT_PATH_UNRESOLVED = 0, WEFT_PATH_RESOLVED = 1 };

/* Whether the other host's plane answers, by BFD (RFC 5880, RFC 5883). Only DOWN keeps new connections away. */
enum weft_liveness { WEFT_LIVENESS_UNKNOWN = 0, WEFT_LIVENESS_UP = 1, WEFT_LIVENESS_DOWN = 2 };

/* One of several equal ways to a destination. */
struct weft_path_way {
	uint32_t vif_id;
	uint8_t source_mac[6], destination_mac[6];
	uint8_t gateway[16];
};

/*
 * How the underlay reaches a tunnel destination or a native next hop's gateway. Kept by the plane's own rtnetlink mirror; read only through the control
 * socket of a plane that has one; the host library takes SET from its caller in place of the mirror.
 */
struct weft_path_msg {
	uint8_t family, state;
	uint8_t liveness; /* enum weft_liveness; read only */
	uint8_t zero0;
	uint32_t vif_id; /* the uplink */
	uint8_t destination[16]; /* tunnel destination, network order; identifies */
	uint8_t gateway[16];     /* neighbour used */
	uint8_t source_mac[6], destination_mac[6];
	uint32_t mtu;            /* of the path, L3 bytes */
	uint64_t changed_ns;     /* read only: CLOCK_REALTIME of the last change */
	uint64_t liveness_ns;    /* read only: CLOCK_REALTIME of the last change of liveness */
	uint32_t learned_mtu;    /* read only: what an ICMP too-big of the underlay said, 0: nothing; counts while it is below `mtu` */
	uint32_t way_count;      /* ways beside the one above; `mtu` is the smallest of all */
	struct weft_path_way ways[WEFT_PATH_WAYS_MAX - 1];
	/* Of the way above, then of `ways`: their shares of what goes there, each less one (0 .. 255: 1 .. 256); the rest is zero. */
	uint8_t weights[WEFT_PATH_WAYS_MAX];
};

/*
 * Identity: what is known of an address beyond the address, as its route carries it (origin networks, security groups, tags). Ids
 * are of this plane alone. An identity never changes: another set of elements has another id.
 */
enum weft_element_kind {
	WEFT_ELEMENT_ANY = 0,            /* in rules only: no condition */
	WEFT_ELEMENT_NETWORK = 1,        /* id: first eight bytes of SHA-256 of the fq_name "domain:project:network", big endian */
	WEFT_ELEMENT_SECURITY_GROUP = 2, /* id: security_group_id */
	WEFT_ELEMENT_TAG = 3,            /* id: tag_id */
	WEFT_ELEMENT_IDENTITY = 4,       /* in rules only; id: WEFT_IDENTITY_NODE or WEFT_IDENTITY_EXTERNAL */
};

struct weft_element {
	uint64_t id;
	uint32_t kind, zero0;
};

struct weft_identity_msg {
	uint32_t identity_id;   /* WEFT_IDENTITY_FIRST .. WEFT_IDENTITY_LIMIT-1 */
	uint32_t element_count; /* 1 .. WEFT_IDENTITY_ELEMENTS_MAX */
	uint8_t key[WEFT_KEY_BYTES];
	struct weft_element elements[WEFT_IDENTITY_ELEMENTS_MAX]; /* ascending by kind, then id; the rest zero */
};

/*
 * Policy set: ordered rules, the first that matches decides; replaced whole. It judges a connection by its initiator's direction: source
 * is who opens. The answers need no rule.
 */
enum weft_policy_action { WEFT_POLICY_ALLOW = 1, WEFT_POLICY_DENY = 2 };

enum weft_policy_rule_flag {
	WEFT_POLICY_RULE_LOG = 1u << 0, /* each decision is an event in the log (LOG object) */
};

/* One end of a rule. Both conditions hold: the identity has the element, and the address is in the prefix. */
struct weft_policy_end {
	uint64_t id;
	uint32_t kind;      /* enum weft_element_kind */
	uint8_t family;     /* of the prefix; 0: any address */
	uint8_t prefix_len;
	uint8_t zero0[2];
	uint8_t prefix[16]; /* network order, host bits zero */
};

struct weft_policy_rule {
	uint8_t uuid[16];  /* of the access control entry, for reports; may be zero and may repeat */
	uint8_t family;    /* 4, 6; 0: both */
	uint8_t action;    /* enum weft_policy_action */
	uint16_t flags;
	uint16_t protocol; /* 0 .. 255; 0xffff: any */
	/* Inclusive, host order. ICMP and ICMPv6: source ports are codes, destination ports are types. 0 .. 65535: any, and portless. */
	uint16_t source_port_min, source_port_max, destination_port_min, destination_port_max;
	uint16_t zero0;
	struct weft_policy_end source, destination;
	/* read only: packets this rule decided (each denied one; of an allowed connection those that opened or re-evaluated it) */
	uint64_t packets, bytes;
};

struct weft_policy_msg {
	uint32_t policy_id;     /* 1 .. WEFT_POLICY_LIMIT-1 */
	uint32_t rule_count;    /* 0 .. WEFT_POLICY_RULES_MAX */
	uint8_t key[WEFT_KEY_BYTES];
	uint8_t default_action; /* enum weft_policy_action: when no rule matches */
	uint8_t zero0[3];
	uint32_t references;    /* read only: ports that use it */
	uint64_t default_packets, default_bytes; /* read only */
	struct weft_policy_rule rules[];
};

/*
 * Service: connections to a virtual address go to one of its backends. Looked up before the destination's route, in the VRF the packet is
 * in. Which backend follows from the backends' keys and weights and from the packet's addresses, protocol and ports (with affinity: from the
 * client's address), so that every host with the same backends chooses alike. A connection stays with its backend while that is there.
 */
enum weft_service_flag {
	WEFT_SERVICE_HAIRPIN = 1u << 0, /* a backend that is its own client gets the virtual address as the source */
};

enum weft_service_affinity {
	WEFT_SERVICE_AFFINITY_NONE = 0,
	WEFT_SERVICE_AFFINITY_CLIENT = 1, /* a client's next connection within affinity_s goes to the backend of its last one */
};

enum weft_backend_state {
	WEFT_BACKEND_UP = 1,
	WEFT_BACKEND_DRAINING = 2, /* keeps the connections it has, gets no new ones */
};

struct weft_service_backend {
	uint8_t key[WEFT_KEY_BYTES]; /* the same on every host; unique in the service */
	uint8_t address[16];         /* of the service's family, network order */
	uint32_t vrf_id;             /* where the address is looked up */
	uint16_t port;               /* host order */
	uint8_t state, zero0;        /* enum weft_backend_state */
	uint32_t weight;             /* 1 .. WEFT_MEMBER_WEIGHT_MAX */
	uint32_t connections_max;    /* at once by this plane; 0: no limit */
	/* read only */
	uint32_t backend_id;         /* of this plane; never the same again */
	uint32_t connections_live;
	uint64_t connections;        /* opened */
	uint64_t packets, bytes;     /* both ways, of connections that are over */
};

struct weft_service_msg {
	uint32_t service_id;         /* 1 .. WEFT_SERVICE_LIMIT-1 */
	uint32_t vrf_id;             /* of the clients */
	uint8_t key[WEFT_KEY_BYTES];
	uint8_t address[16];         /* network order; VRF, address, protocol and port are the service's for ever and no other's */
	uint8_t family, protocol;    /* TCP (6), UDP (17) */
	uint16_t port;               /* host order, not 0 */
	uint8_t affinity, zero0[3];  /* enum weft_service_affinity */
	uint32_t affinity_s;         /* 1 .. WEFT_SERVICE_AFFINITY_MAX_S with affinity, else 0 */
	uint32_t flags;              /* enum weft_service_flag */
	uint32_t nat_pool_id;        /* backends see an address and a port of the pool as the client; it is of their VRF; 0: they see the client */
	uint32_t backend_count;      /* 0 .. WEFT_SERVICE_BACKENDS_MAX */
	/* read only */
	uint32_t slots;              /* size of the table that new connections choose from; 0: no backend is up */
	uint32_t zero1;
	struct weft_service_backend backends[];
};

enum weft_connection_flag {
	WEFT_CONNECTION_INITIATOR = 1u << 0, /* this direction opened it */
	WEFT_CONNECTION_DENIED = 1u << 1,
	WEFT_CONNECTION_MIDSTREAM = 1u << 2,
	WEFT_CONNECTION_TRANSLATED = 1u << 20, /* the other direction is not this one turned round, or is looked up in another VRF */
};

/* One direction of a connection pair. DUMP only. */
struct weft_connection_msg {
	uint32_t index, reverse_index;
	uint32_t vrf_id, zone;
	uint8_t family, protocol, tcp_state, zero0;
	uint16_t source_port, destination_port; /* host order; ICMP: identifier and type */
	uint8_t source[16], destination[16];
	uint32_t flags, vif_id, nexthop_id, label;
	uint32_t source_identity, destination_identity;
	uint64_t packets, bytes;
	uint64_t idle_ns, age_ns;
	/* TRANSLATED: what the packets become; else zero. Ports as above. */
	uint8_t to_source[16], to_destination[16];
	uint16_t to_source_port, to_destination_port;
	uint32_t zero1;
};

/*
 * Floating IP: an address of a VRF under which a port is known there, one to one with an address of the port. The route of the floating
 * address in its VRF leads to the port (LOCAL); what arrives there for the floating address goes to the fixed one. What the port sends from
 * the fixed address leaves as the floating one when the floating IP's VRF has a longer match for the destination than the port's.
 */
enum weft_floating_ip_flag {
	WEFT_FLOATING_IP_INGRESS = 1u << 0, /* connections to the floating address */
	WEFT_FLOATING_IP_EGRESS = 1u << 1,  /* connections that the port opens */
};

/* Ports `port` .. `port + count - 1` of the floating address are `fixed_port` .. of the fixed one. Host order. */
struct weft_port_mapping {
	uint8_t protocol; /* TCP, UDP, SCTP */
	uint8_t zero0;
	uint16_t port, fixed_port, count;
};

struct weft_floating_ip_msg {
	uint32_t floating_ip_id; /* 1 .. WEFT_FLOATING_IP_LIMIT-1 */
	uint32_t vrf_id;         /* of the floating address */
	uint8_t key[WEFT_KEY_BYTES];
	uint32_t vif_id;
	uint8_t family, zero0;
	uint16_t flags;          /* enum weft_floating_ip_flag, one at least */
	uint8_t floating_address[16], fixed_address[16]; /* network order; the fixed one is of the vif's VRF */
	uint32_t mapping_count;  /* 0: every protocol and port; else only what is mapped, 1 .. WEFT_PORT_MAPPINGS_MAX */
	uint32_t zero1;
	struct weft_port_mapping mappings[];
};

/* Addresses of a VRF, and ports of each per protocol (TCP, UDP, SCTP, ICMP echo identifiers), that connections are given as their source. */
struct weft_nat_pool_msg {
	uint32_t nat_pool_id;   /* 1 .. WEFT_NAT_POOL_LIMIT-1 */
	uint32_t vrf_id;        /* where the addresses are known and answers arrive */
	uint8_t key[WEFT_KEY_BYTES];
	uint8_t family, zero0[3];
	uint16_t port_min, port_max;   /* inclusive, host order; port_min >= 1 */
	uint8_t first_address[16];     /* network order */
	uint32_t address_count;        /* consecutive; 1 .. WEFT_NAT_POOL_ADDRESSES_MAX */
	uint32_t quarantine_ms;        /* a port that was freed is not given out for so long; at most WEFT_NAT_QUARANTINE_MS_MAX */
	/* read only */
	uint32_t references;           /* next hops and services that use it */
	uint32_t blocks;               /* of 64 ports, taken by workers */
	uint64_t ports_used, ports_quarantined;
	uint64_t exhausted;            /* connections refused because no port was free */
};

/*
 * How long a connection lives after its last packet. The row of its protocol and of the port it was opened to counts, else the
 * protocol's row without a port, else (but for TCP) the row of ANY_PROTOCOL, else the rows that a plane begins with.
 * Seconds: 1 .. WEFT_AGEING_SECONDS_MAX.
 */
struct weft_ageing_row {
	uint16_t protocol;            /* 0 .. 255, or WEFT_AGEING_ANY_PROTOCOL */
	uint16_t port;                /* TCP, UDP, SCTP; 0: any */
	uint32_t idle_seconds;        /* both sides have sent; TCP: established */
	uint32_t opening_seconds;     /* one side has sent; TCP: half open */
	uint32_t half_closed_seconds; /* TCP: one side has sent FIN; others: 0 */
	uint32_t closed_seconds;      /* TCP: both have sent FIN, or one RST; others: 0 */
	uint32_t zero0;
};

/* One object, replaced whole. */
struct weft_ageing_msg {
	uint32_t row_count; /* 0 .. WEFT_AGEING_ROWS_MAX; ascending by protocol, then port, each once */
	uint32_t zero0;
	struct weft_ageing_row rows[];
};

/* DUMP only: one per reason with a count, of all workers. */
struct weft_drop_msg {
	uint32_t reason; /* enum weft_drop */
	uint32_t vif_id; /* 0xffffffff: sum */
	uint64_t packets;
};

/*
 * DUMP only: what policy denied, and what a rule asked to log. A ring of the last events of all workers; the dump's marker is the place
 * where the last dump ended, so that a reader sees each event once, and `lost` tells what was overwritten before it came.
 */
struct weft_log_msg {
	uint64_t sequence, time_ns; /* per plane from 1; CLOCK_REALTIME */
	uint64_t lost;              /* events before this one that are gone */
	uint32_t vif_id, vrf_id;    /* the port whose policy decided */
	uint32_t policy_id, rule;   /* rule: index from 0, 0xffffffff: the default */
	uint8_t uuid[16];           /* of the rule */
	uint8_t egress, action, family, protocol; /* egress: 1 from the port, 0 to it */
	uint16_t source_port, destination_port;
	uint8_t source[16], destination[16];
	uint32_t source_identity, destination_identity;
	uint32_t packet_bytes, zero0;
};

/* In front of each frame that the plane gives to the agent by a WEFT_PORT_UNIX port (one datagram), and back. */
enum weft_trap {
#define WEFT_TRAP(code, NAME, doc) WEFT_TRAP_##NAME = code,
#include "traps.def"
#undef WEFT_TRAP
	WEFT_TRAP_LIMIT = 16, /* every code is below this */
};

struct weft_trap_header {
	uint16_t reason;  /* enum weft_trap */
	uint16_t zero0;
	uint32_t vif_id;  /* the port it came from */
	uint32_t vrf_id;
	uint32_t bytes;   /* of the frame that follows, Ethernet header included */
	uint64_t time_ns; /* CLOCK_REALTIME */
};

enum weft_injection {
	WEFT_INJECTION_OUT_OF_VIF = 1,   /* the frame leaves by vif_id as it is */
	WEFT_INJECTION_ROUTE_IN_VRF = 2, /* an IP packet behind an Ethernet header: routed in vrf_id, without policy and connection */
};

struct weft_injection_header {
	uint16_t operation; /* enum weft_injection */
	uint16_t zero0;
	uint32_t vif_id, vrf_id;
	uint32_t bytes;     /* of the frame that follows */
	uint64_t zero1;
};

#ifndef __KERNEL__
#define WEFT_ABI_ASSERT(cond, text) _Static_assert(cond, text)
#else
#define WEFT_ABI_ASSERT(cond, text) _Static_assert(cond, text)
#endif
WEFT_ABI_ASSERT(sizeof(struct weft_frame_header) == 16, "frame header");
WEFT_ABI_ASSERT(sizeof(struct weft_message_header) == 16, "message header");
WEFT_ABI_ASSERT(sizeof(struct weft_hello_msg) == 72, "hello");
WEFT_ABI_ASSERT(sizeof(struct weft_error_msg) == 120, "error");
WEFT_ABI_ASSERT(sizeof(struct weft_done_msg) == 64, "done");
WEFT_ABI_ASSERT(sizeof(struct weft_dump_msg) == 56, "dump");
WEFT_ABI_ASSERT(sizeof(struct weft_plane_msg) == 280, "plane");
WEFT_ABI_ASSERT(sizeof(struct weft_vif_address) == 20, "vif address");
WEFT_ABI_ASSERT(sizeof(struct weft_vif_msg) == 968, "vif");
WEFT_ABI_ASSERT(sizeof(struct weft_vrf_msg) == 176, "vrf");
WEFT_ABI_ASSERT(sizeof(struct weft_nexthop_msg) == 88, "next hop");
WEFT_ABI_ASSERT(sizeof(struct weft_route_msg) == 40, "route");
WEFT_ABI_ASSERT(sizeof(struct weft_label_msg) == 8, "label");
WEFT_ABI_ASSERT(sizeof(struct weft_vni_msg) == 8, "vni");
WEFT_ABI_ASSERT(sizeof(struct weft_path_way) == 32, "path way");
WEFT_ABI_ASSERT(sizeof(struct weft_path_msg) == 312, "path");
WEFT_ABI_ASSERT(sizeof(struct weft_connection_msg) == 152, "connection");
WEFT_ABI_ASSERT(sizeof(struct weft_port_mapping) == 8, "port mapping");
WEFT_ABI_ASSERT(sizeof(struct weft_floating_ip_msg) == 72, "floating IP");
WEFT_ABI_ASSERT(sizeof(struct weft_nat_pool_msg) == 88, "NAT pool");
WEFT_ABI_ASSERT(sizeof(struct weft_drop_msg) == 16, "drop");
WEFT_ABI_ASSERT(sizeof(struct weft_nexthop_member) == 16, "next hop member");
WEFT_ABI_ASSERT(sizeof(struct weft_element) == 16, "element");
WEFT_ABI_ASSERT(sizeof(struct weft_identity_msg) == 536, "identity");
WEFT_ABI_ASSERT(sizeof(struct weft_policy_end) == 32, "policy end");
WEFT_ABI_ASSERT(sizeof(struct weft_policy_rule) == 112, "policy rule");
WEFT_ABI_ASSERT(sizeof(struct weft_policy_msg) == 48, "policy");
WEFT_ABI_ASSERT(sizeof(struct weft_log_msg) == 112, "log");
WEFT_ABI_ASSERT(sizeof(struct weft_ageing_row) == 24, "ageing row");
WEFT_ABI_ASSERT(sizeof(struct weft_ageing_msg) == 8, "ageing");
WEFT_ABI_ASSERT(sizeof(struct weft_service_backend) == 80, "service backend");
WEFT_ABI_ASSERT(sizeof(struct weft_service_msg) == 72, "service");
WEFT_ABI_ASSERT(sizeof(struct weft_trap_header) == 24, "trap header");
WEFT_ABI_ASSERT(sizeof(struct weft_injection_header) == 24, "injection header");

#endif
