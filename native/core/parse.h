/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Headers as on the wire, and what the parser learns about one packet. */
#ifndef WEFT_PARSE_H
#define WEFT_PARSE_H

#include "weft_tables.h"

struct weft_worker;

/* Only untagged Ethernet: the IP header of a routed packet always stands behind 14 bytes. */
#define WEFT_L3 14u

#define WEFT_ETHERTYPE_IPV4 0x0800u
#define WEFT_ETHERTYPE_ARP 0x0806u
#define WEFT_ETHERTYPE_IPV6 0x86ddu

enum weft_protocol {
	WEFT_PROTOCOL_HOPOPTS = 0,
	WEFT_PROTOCOL_ICMP = 1,
	WEFT_PROTOCOL_TCP = 6,
	WEFT_PROTOCOL_UDP = 17,
	WEFT_PROTOCOL_ROUTING = 43,
	WEFT_PROTOCOL_FRAGMENT = 44,
	WEFT_PROTOCOL_GRE = 47,
	WEFT_PROTOCOL_AH = 51,
	WEFT_PROTOCOL_ICMPV6 = 58,
	WEFT_PROTOCOL_DSTOPTS = 60,
	WEFT_PROTOCOL_SCTP = 132,
};

enum weft_tcp_flag {
	WEFT_TCP_FIN = 0x01,
	WEFT_TCP_SYN = 0x02,
	WEFT_TCP_RST = 0x04,
	WEFT_TCP_PSH = 0x08,
	WEFT_TCP_ACK = 0x10,
	WEFT_TCP_CWR = 0x80,
};

/* IEEE 802.3 */
struct weft_ethernet {
	uint8_t destination[6], source[6];
	weft_be16 type;
};
WEFT_ABI_ASSERT(sizeof(struct weft_ethernet) == 14, "Ethernet header");

/* RFC 826, Ethernet and IPv4 */
struct weft_arp {
	weft_be16 hardware, protocol;
	uint8_t hardware_bytes, protocol_bytes;
	weft_be16 operation;
	uint8_t sender_mac[6], sender[4], target_mac[6], target[4];
};
WEFT_ABI_ASSERT(sizeof(struct weft_arp) == 28, "ARP");

/* RFC 791 3.1 */
struct weft_ipv4 {
	uint8_t version_ihl, tos;
	weft_be16 total, id, fragment; /* fragment: DF 0x4000, MF 0x2000, offset in 8 bytes */
	uint8_t ttl, protocol;
	uint8_t checksum[2];
	uint8_t source[4], destination[4];
};
WEFT_ABI_ASSERT(sizeof(struct weft_ipv4) == 20, "IPv4 header");
#define WEFT_IPV4_DF 0x4000u
#define WEFT_IPV4_MF 0x2000u
#define WEFT_IPV4_OFFSET 0x1fffu

/* RFC 8200 3 */
struct weft_ipv6 {
	weft_be32 version_class_label;
	weft_be16 payload;
	uint8_t next, hops;
	uint8_t source[16], destination[16];
};
WEFT_ABI_ASSERT(sizeof(struct weft_ipv6) == 40, "IPv6 header");

/* RFC 768 */
struct weft_udp {
	weft_be16 source, destination, length;
	uint8_t checksum[2];
};
WEFT_ABI_ASSERT(sizeof(struct weft_udp) == 8, "UDP header");

/* RFC 9293 3.1 */
struct weft_tcp {
	weft_be16 source, destination;
	weft_be32 sequence, acknowledgement;
	uint8_t data_offset, flags;
	weft_be16 window;
	uint8_t checksum[2];
	weft_be16 urgent;
};
WEFT_ABI_ASSERT(sizeof(struct weft_tcp) == 20, "TCP header");

/* RFC 792, RFC 4443 */
struct weft_icmp {
	uint8_t type, code;
	uint8_t checksum[2];
	weft_be16 identifier, sequence;
};
WEFT_ABI_ASSERT(sizeof(struct weft_icmp) == 8, "ICMP header");

enum weft_fragment { WEFT_FRAGMENT_NONE = 0, WEFT_FRAGMENT_FIRST = 1, WEFT_FRAGMENT_LATER = 2 };

enum weft_kind {
	WEFT_KIND_PLAIN = 0,	  /* key holds ports, an echo identifier, or no ports */
	WEFT_KIND_ICMP_ERROR = 1, /* key is the one of the quoted packet, turned round */
	WEFT_KIND_NEIGHBOUR = 2,  /* ICMPv6 types 133 .. 137 */
};

/* parse_fast.h writes it in words. */
struct weft_view {
	struct weft_connection_key key;	     /* zone is filled later; ports in host order */
	uint32_t l3_bytes;		     /* the whole IP packet */
	uint8_t source[16], destination[16]; /* of the packet itself: they differ from the key's for an ICMP error */
	uint16_t l4, payload; /* offsets from data; payload: behind a TCP or UDP header, else == l4 */
	uint8_t family, protocol, tos, ttl;
	uint32_t fragment_id;
	uint8_t tcp_flags;
	uint8_t icmp_type;
	uint8_t fragment, kind; /* enum weft_fragment, enum weft_kind */
	bool dont_fragment;	/* IPv6 always */
	bool unmatched;		/* ICMP error whose quoted packet cannot be read */
	/* of a fragment only */
	bool fragment_more;			/* not the last one */
	uint16_t fragment_from, fragment_bytes; /* bytes of the fragmented part */
} __attribute__((aligned(8)));

static inline struct weft_ipv4 *weft_ipv4_at(const struct weft_packet *packet)
{
	return (void *)(packet->data + WEFT_L3);
}
static inline struct weft_ipv6 *weft_ipv6_at(const struct weft_packet *packet)
{
	return (void *)(packet->data + WEFT_L3);
}

static inline uint8_t weft_ipv6_class(const struct weft_ipv6 *ip)
{
	return (uint8_t)(ip->version_class_label.b[0] << 4 | ip->version_class_label.b[1] >> 4);
}
static inline void weft_ipv6_class_set(struct weft_ipv6 *ip, uint8_t class)
{
	ip->version_class_label.b[0] = (uint8_t)(0x60 | class >> 4);
	ip->version_class_label.b[1] = (uint8_t)(class << 4 | (ip->version_class_label.b[1] & 0x0f));
}

/*
 * Makes `bytes` linear. WEFT_DROP_NONE, `short_reason` when the packet has fewer, NO_MEMORY when the host could not.
 * May move packet->data.
 */
enum weft_drop weft_need_slow(struct weft_worker *worker, struct weft_packet *packet, uint32_t bytes,
			      enum weft_drop short_reason);
static inline enum weft_drop weft_need(struct weft_worker *worker, struct weft_packet *packet, uint32_t bytes,
				       enum weft_drop short_reason)
{
	if (WEFT_LIKELY(packet->linear >= bytes))
		return WEFT_DROP_NONE;
	return weft_need_slow(worker, packet, bytes, short_reason);
}

/* A connection's key of ICMP: an identifier and the request's type when the type has one, else code and type. */
bool weft_icmp_has_identifier(uint8_t family, uint8_t type);

/*
 * Parses the IPv4 / IPv6 packet behind the Ethernet header, checks every length and the IPv4 header checksum, cuts Ethernet
 * padding, and leaves Ethernet, IP and L4 headers linear. Fills the whole view but key.zone.
 */
enum weft_drop weft_parse_ip(struct weft_worker *worker, struct weft_packet *packet, uint8_t family, struct weft_view *view);

/* Metadata of a packet from a port (virtio-net header) agrees with its headers: GSO otherwise. */
enum weft_drop weft_parse_metadata(struct weft_packet *packet, const struct weft_view *view);

static inline bool weft_ipv4_is_multicast(const uint8_t *a)
{
	return (a[0] & 0xf0) == 0xe0;
}
static inline bool weft_ipv4_is_broadcast(const uint8_t *a)
{
	return (a[0] & a[1] & a[2] & a[3]) == 0xff;
}
static inline bool weft_is_zero(const uint8_t *a, uint32_t bytes)
{
	uint8_t any = 0;

	for (uint32_t i = 0; i < bytes; i++)
		any |= a[i];
	return any == 0;
}
static inline bool weft_ipv6_is_link_local(const uint8_t *a)
{
	return a[0] == 0xfe && (a[1] & 0xc0) == 0x80;
}
/* Broadcast (IPv4) or multicast destination. */
static inline bool weft_is_group(uint8_t family, const uint8_t *a)
{
	return family == 4 ? weft_ipv4_is_multicast(a) || weft_ipv4_is_broadcast(a) : a[0] == 0xff;
}
/* Never a sender of routed packets: unspecified, loopback, multicast, broadcast (RFC 1122 3.2.1.3, RFC 4291 2.5.2, 2.5.3, 2.7).
 */
static inline bool weft_is_bad_source(uint8_t family, const uint8_t *a)
{
	if (family == 4)
		return a[0] == 0 || a[0] == 127 || weft_ipv4_is_multicast(a) || weft_ipv4_is_broadcast(a);
	return a[0] == 0xff || (a[0] == 0 && weft_is_zero(a, 15) && a[15] <= 1);
}

#endif
