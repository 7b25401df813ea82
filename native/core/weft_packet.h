/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * One packet as the core sees it. The host embeds this in its own buffer (mbuf private area, skb control block, heap block),
 * fills it before weft_plane_input and owns it again in weft_host_transmit / weft_host_packet_free.
 *
 * A packet may be non-linear: only `linear` bytes stand at `data`. Anything that moves data (pull, push, expand) may change
 * `data` and may fail. What a host keeps of its own about the first part follows these fields, which the core changes.
 */
#ifndef WEFT_PACKET_H
#define WEFT_PACKET_H

#include "weft_types.h"

enum weft_packet_flag {
	WEFT_PACKET_CSUM_PARTIAL = 1u << 0, /* L4 checksum is to be computed from csum_start, stored at csum_start+csum_offset */
	WEFT_PACKET_CSUM_VALID = 1u << 1,   /* receiver need not verify the L4 checksum */
	WEFT_PACKET_FROM_TUNNEL = 1u << 2,
	WEFT_PACKET_TRAIN = 1u << 3, /* transmit: continues the packet before it in the burst: same outer headers but for
	                              * lengths and ids; a port that can send UDP GSO may merge them */
};

enum weft_gso { WEFT_GSO_NONE = 0, WEFT_GSO_TCP4 = 1, WEFT_GSO_TCP6 = 2, WEFT_GSO_UDP = 3 };

struct weft_packet {
	uint8_t *data;    /* first byte: Ethernet header on input and on output */
	uint32_t length;  /* bytes of the whole packet */
	uint32_t linear;  /* bytes at data, <= length */
	uint32_t headroom;/* writable bytes before data */
	uint16_t flags;   /* enum weft_packet_flag */
	uint16_t gso_size;    /* L4 payload bytes per segment when gso != NONE */
	uint16_t csum_start;  /* from data, as in virtio-net */
	uint16_t csum_offset;
	uint8_t gso;          /* enum weft_gso */
	uint8_t outer_bytes;  /* output of a tunnel: bytes of Ethernet + outer IP + UDP at data (the part a UDP GSO frame has once) */
	uint8_t zero0[2];
	uint32_t vif_id;      /* the interface it came from; the host sets it, or weft_plane_input does */
	uint32_t hash;        /* flow hash of the inner packet, 0: unknown */
};

/*
 * Moves the start of the data by `bytes` (> 0: strip at the front, < 0: make room), keeping the lengths true. False when the linear
 * part, or the headroom, is shorter.
 */
static inline bool weft_packet_adjust(struct weft_packet *packet, int32_t bytes)
{
	if (WEFT_UNLIKELY(bytes > 0 ? (uint32_t)bytes > packet->linear : (uint32_t)-bytes > packet->headroom))
		return false;
	packet->data += bytes;
	packet->length -= (uint32_t)bytes;
	packet->linear -= (uint32_t)bytes;
	packet->headroom += (uint32_t)bytes;
	return true;
}

/* Bytes a host keeps free in front of received data: the largest encapsulation (IPv6 + UDP + VXLAN + Ethernet, twice rounded). */
#define WEFT_HEADROOM 128

#endif
