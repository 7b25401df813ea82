/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Packets are mbufs; struct weft_packet lives in the private area right behind struct rte_mbuf. */
#ifndef WEFTD_PACKET_H
#define WEFTD_PACKET_H

#include <sys/uio.h>

#include <rte_mbuf.h>

#include "weft_packet.h"

/* Data bytes of the three buffer sizes. */
#define WEFTD_SMALL_BYTES 2176u
#define WEFTD_CHUNK_BYTES 4096u
#define WEFTD_LARGE_BYTES 9216u

struct weftd_packet_area {
	struct weft_packet packet;
	struct rte_mbuf *last; /* last segment of the chain, so that appending is O(1) */
} __attribute__((aligned(8)));

_Static_assert(sizeof(struct weftd_packet_area) % RTE_MBUF_PRIV_ALIGN == 0, "private area of an mbuf");

static inline struct rte_mbuf *weftd_mbuf_of(const struct weft_packet *packet)
{
	return (struct rte_mbuf *)((uintptr_t)packet - sizeof(struct rte_mbuf));
}

static inline struct weftd_packet_area *weftd_area_of(struct rte_mbuf *mbuf)
{
	return (struct weftd_packet_area *)(mbuf + 1);
}

/* Control, before any worker. 0 or negative errno. */
int weftd_pools_open(uint32_t workers);
struct rte_mempool *weftd_pool_small(void);
struct rte_mempool *weftd_pool_chunk(void);
struct rte_mempool *weftd_pool_large(void);

/* The packet of a received mbuf chain, its metadata cleared. `last` is the chain's last segment. Worker. */
struct weft_packet *weftd_packet_adopt(struct rte_mbuf *mbuf, struct rte_mbuf *last, uint32_t vif_id);
/* The same for a burst that a driver received. Worker. */
void weftd_packets_adopt(struct rte_mbuf **mbufs, struct weft_packet **packets, uint32_t count, uint32_t vif_id);
/* A packet of `bytes` linear data, without metadata, or NULL. Worker. */
struct weft_packet *weftd_packet_new(uint32_t bytes, uint32_t vif_id);
void weftd_packet_free(struct weft_packet *packet);
/* Fills `vector` with the packet's pieces from `offset` on; returns how many, 0: more than `room` or nothing behind offset. */
uint32_t weftd_packet_vector(const struct weft_packet *packet, uint32_t offset, struct iovec *vector, uint32_t room);

#endif
