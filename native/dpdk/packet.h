/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Packets are mbufs, and a struct weftd_packet from a pool of its own, which gives the last one used first: what the core writes
 * most is in the nearest cache then, where a private area of the mbuf would be a line from memory.
 */
#ifndef WEFTD_PACKET_H
#define WEFTD_PACKET_H

#include <sys/uio.h>

#include <rte_mbuf.h>

#include "weft_packet.h"

/* Data bytes of the three buffer sizes. */
#define WEFTD_SMALL_BYTES 2176u
#define WEFTD_CHUNK_BYTES 4096u
#define WEFTD_LARGE_BYTES 9216u

struct weftd_packet {
	struct weft_packet packet; /* first: the core sees only this */
	struct rte_mbuf *mbuf;
	struct rte_mbuf *last; /* last segment of the chain, so that appending is O(1) */
} __attribute__((aligned(RTE_CACHE_LINE_SIZE)));
_Static_assert(sizeof(struct weftd_packet) == RTE_CACHE_LINE_SIZE, "a packet");

static inline struct weftd_packet *weftd_packet_of(const struct weft_packet *packet)
{
	return (struct weftd_packet *)(uintptr_t)packet;
}

/* The packet's mbuf, whose first segment is made what the core has made of the packet. */
static inline struct rte_mbuf *weftd_packet_mbuf(const struct weft_packet *packet)
{
	struct rte_mbuf *mbuf = weftd_packet_of(packet)->mbuf;

	mbuf->data_off = (uint16_t)packet->headroom;
	mbuf->data_len = (uint16_t)packet->linear;
	mbuf->pkt_len = packet->length;
	return mbuf;
}

/* Control, before any worker. 0 or negative errno. */
int weftd_pools_open(uint32_t workers);
struct rte_mempool *weftd_pool_small(void);
struct rte_mempool *weftd_pool_chunk(void);
struct rte_mempool *weftd_pool_large(void);

/* The packet of a received mbuf chain, its metadata cleared. `last` is the chain's last segment. NULL: none, and the mbufs are freed. Worker. */
struct weft_packet *weftd_packet_adopt(struct rte_mbuf *mbuf, struct rte_mbuf *last, uint32_t vif_id);
/* The same for a burst of a driver, at most WEFT_BURST_MAX. Returns how many packets there are: `count`, or 0. Worker. */
uint32_t weftd_packets_adopt(struct rte_mbuf **mbufs, struct weft_packet **packets, uint32_t count, uint32_t vif_id);
/* The mbufs go their own way (weftd_packet_mbuf): the packets end here. Worker. */
void weftd_packets_end(struct weft_packet **packets, uint32_t count);
/* A packet of `bytes` linear data, without metadata, or NULL. Worker. */
struct weft_packet *weftd_packet_new(uint32_t bytes, uint32_t vif_id);
/* A packet with a copy of the frame, of chained buffers when it is large. Worker. */
struct weft_packet *weftd_packet_copy(const uint8_t *frame, uint32_t bytes, uint32_t vif_id);
void weftd_packet_free(struct weft_packet *packet);
/* Fills `vector` with the packet's pieces from `offset` on; returns how many, 0: more than `room` or nothing behind offset. */
uint32_t weftd_packet_vector(const struct weft_packet *packet, uint32_t offset, struct iovec *vector, uint32_t room);

#endif
