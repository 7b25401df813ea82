/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "packet.h"

#include <rte_eal.h>
#include <rte_mbuf_pool_ops.h>

#include "log.h"
#include "weft_host.h"

/*
 * Everything is run to completion and sending is synchronous, so the buffers in flight are one burst per worker: at most 128
 * KiB read from a TAP and its segments. The rest is room for the queues of ETHDEV ports.
 */
#define SMALL_COUNT 6144u
#define CHUNK_COUNT 512u
#define LARGE_COUNT 160u
#define CACHE_COUNT 128u
#define PACKETS_CACHE 256u
#define FETCH_AHEAD 6u

static struct rte_mempool *small, *chunk, *large, *packets_free;

/*
 * Without huge pages of DPDK's own a pool lays each buffer at the beginning of a page, for devices that want its bytes side by
 * side: then all buffers share the few cache sets of that offset, and each is a page for the TLB. What there is then, without PCI, copies;
 * they lie end to end, those of `huge` on huge pages where the kernel has some.
 */
static int place(struct rte_mempool *pool, bool huge)
{
	size_t bytes = (size_t)pool->size * (pool->header_size + pool->elt_size + pool->trailer_size) + RTE_MEMPOOL_ALIGN;
	void *memory;

	if (!huge)
		return rte_mempool_populate_default(pool);
	memory = weft_host_alloc(bytes);
	return memory ? rte_mempool_populate_iova(pool, memory, RTE_BAD_IOVA, bytes, NULL, NULL) : -ENOMEM;
}

static struct rte_mempool *pool(const char *name, uint32_t count, uint32_t cache, uint32_t bytes, bool huge)
{
	struct rte_pktmbuf_pool_private private = {.mbuf_data_room_size = (uint16_t)(WEFT_HEADROOM + bytes)};
	struct rte_mempool *pool;

	if (rte_eal_has_hugepages() || rte_eal_has_pci())
		return rte_pktmbuf_pool_create(name, count, cache, 0, (uint16_t)(WEFT_HEADROOM + bytes), SOCKET_ID_ANY);
	pool = rte_mempool_create_empty(name, count, (unsigned int)sizeof(struct rte_mbuf) + WEFT_HEADROOM + bytes, cache,
					sizeof(private), SOCKET_ID_ANY, RTE_MEMPOOL_F_NO_IOVA_CONTIG);
	if (!pool)
		return NULL;
	if (rte_mempool_set_ops_byname(pool, rte_mbuf_best_mempool_ops(), NULL)) {
		rte_mempool_free(pool);
		return NULL;
	}
	rte_pktmbuf_pool_init(pool, &private);
	if (place(pool, huge) < (int)count) {
		rte_mempool_free(pool);
		return NULL;
	}
	rte_mempool_obj_iter(pool, rte_pktmbuf_init, NULL);
	return pool;
}

int weftd_pools_open(uint32_t workers)
{
	small = pool("small", SMALL_COUNT * workers, CACHE_COUNT, WEFTD_SMALL_BYTES, true);
	chunk = pool("chunk", CHUNK_COUNT * workers, 32, WEFTD_CHUNK_BYTES, false);
	large = pool("large", LARGE_COUNT * workers, 16, WEFTD_LARGE_BYTES, false);
	packets_free = rte_mempool_create("packets", (SMALL_COUNT + CHUNK_COUNT + LARGE_COUNT) * workers, sizeof(struct weftd_packet),
					  PACKETS_CACHE, 0, NULL, NULL, NULL, NULL, SOCKET_ID_ANY, 0);
	return small && chunk && large && packets_free ? 0 : -ENOMEM;
}

void weft_host_buffers(struct weft_plane *plane, uint32_t all[WEFT_BUFFER_KINDS], uint32_t unused[WEFT_BUFFER_KINDS])
{
	struct rte_mempool *const pools[WEFT_BUFFER_KINDS] = {small, chunk, large};
	uint32_t kind;

	(void)plane;
	for (kind = 0; kind < WEFT_BUFFER_KINDS; kind++) {
		all[kind] = pools[kind]->size;
		unused[kind] = rte_mempool_avail_count(pools[kind]);
	}
}

struct rte_mempool *weftd_pool_small(void) { return small; }

struct rte_mempool *weftd_pool_chunk(void) { return chunk; }

struct rte_mempool *weftd_pool_large(void) { return large; }

static inline struct weft_packet *fill(struct weftd_packet *own, struct rte_mbuf *mbuf, struct rte_mbuf *last, uint32_t vif_id)
{
	own->mbuf = mbuf;
	own->last = last;
	own->packet = (struct weft_packet){
		.data = rte_pktmbuf_mtod(mbuf, uint8_t *),
		.length = mbuf->pkt_len,
		.linear = mbuf->data_len,
		.headroom = mbuf->data_off,
		.vif_id = vif_id,
	};
	return &own->packet;
}

struct weft_packet *weftd_packet_adopt(struct rte_mbuf *mbuf, struct rte_mbuf *last, uint32_t vif_id)
{
	void *own;

	if (rte_mempool_get(packets_free, &own)) {
		rte_pktmbuf_free(mbuf);
		return NULL;
	}
	return fill(own, mbuf, last, vif_id);
}

uint32_t weftd_packets_adopt(struct rte_mbuf **mbufs, struct weft_packet **packets, uint32_t count, uint32_t vif_id)
{
	void *own[WEFT_BURST_MAX];
	uint32_t i;

	for (i = 0; i < FETCH_AHEAD && i < count; i++)
		rte_prefetch0(mbufs[i]);
	if (rte_mempool_get_bulk(packets_free, own, count)) {
		rte_pktmbuf_free_bulk(mbufs, count);
		return 0;
	}
	for (i = 0; i < count; i++) {
		if (i + FETCH_AHEAD < count)
			rte_prefetch0(mbufs[i + FETCH_AHEAD]);
		packets[i] = fill(own[i], mbufs[i], mbufs[i]->nb_segs == 1 ? mbufs[i] : rte_pktmbuf_lastseg(mbufs[i]), vif_id);
		rte_prefetch0(packets[i]->data);
	}
	return count;
}

void weftd_packets_end(struct weft_packet **packets, uint32_t count)
{
	rte_mempool_put_bulk(packets_free, (void *const *)packets, count);
}

struct weft_packet *weftd_packet_new(uint32_t bytes, uint32_t vif_id)
{
	struct rte_mbuf *mbuf = NULL;

	if (bytes <= WEFTD_SMALL_BYTES)
		mbuf = rte_pktmbuf_alloc(small);
	else if (bytes <= WEFTD_LARGE_BYTES)
		mbuf = rte_pktmbuf_alloc(large);
	if (!mbuf)
		return NULL;
	mbuf->data_off = WEFT_HEADROOM;
	mbuf->data_len = (uint16_t)bytes;
	mbuf->pkt_len = bytes;
	return weftd_packet_adopt(mbuf, mbuf, vif_id);
}

struct weft_packet *weftd_packet_copy(const uint8_t *frame, uint32_t bytes, uint32_t vif_id)
{
	struct rte_mbuf *first = NULL, *last = NULL, *mbuf;
	struct weft_packet *packet;
	uint32_t at, part;

	if (bytes <= WEFTD_LARGE_BYTES) {
		packet = weftd_packet_new(bytes, vif_id);
		if (packet)
			memcpy(packet->data, frame, bytes);
		return packet;
	}
	for (at = 0; at < bytes; at += part) {
		part = RTE_MIN(bytes - at, WEFTD_CHUNK_BYTES);
		mbuf = rte_pktmbuf_alloc(chunk);
		if (!mbuf) {
			rte_pktmbuf_free(first);
			return NULL;
		}
		mbuf->data_off = WEFT_HEADROOM;
		mbuf->data_len = (uint16_t)part;
		memcpy(rte_pktmbuf_mtod(mbuf, uint8_t *), frame + at, part);
		if (last)
			last->next = mbuf;
		else
			first = mbuf;
		last = mbuf;
		first->pkt_len = at + part;
		first->nb_segs = (uint16_t)(at / WEFTD_CHUNK_BYTES + 1);
	}
	return weftd_packet_adopt(first, last, vif_id);
}

void weftd_packet_free(struct weft_packet *packet)
{
	rte_pktmbuf_free(weftd_packet_mbuf(packet));
	rte_mempool_put(packets_free, packet);
}

uint32_t weftd_packet_vector(const struct weft_packet *packet, uint32_t offset, struct iovec *vector, uint32_t room)
{
	struct rte_mbuf *mbuf;
	uint32_t count = 0;

	for (mbuf = weftd_packet_mbuf(packet); mbuf; mbuf = mbuf->next) {
		if (offset >= mbuf->data_len) {
			offset -= mbuf->data_len;
			continue;
		}
		if (count == room)
			return 0;
		vector[count].iov_base = rte_pktmbuf_mtod_offset(mbuf, uint8_t *, offset);
		vector[count++].iov_len = mbuf->data_len - offset;
		offset = 0;
	}
	return count;
}

struct weft_packet *weft_host_packet_alloc(struct weft_plane *plane, uint32_t worker, uint32_t length)
{
	(void)plane;
	(void)worker;
	return weftd_packet_new(length, 0);
}

void weft_host_packet_free(struct weft_plane *plane, uint32_t worker, struct weft_packet *packet)
{
	(void)plane;
	(void)worker;
	weftd_packet_free(packet);
}

bool weft_host_packet_pull(struct weft_plane *plane, uint32_t worker, struct weft_packet *packet, uint32_t bytes)
{
	struct rte_mbuf *head = weftd_packet_mbuf(packet), *next;
	uint32_t missing, part;

	(void)plane;
	(void)worker;
	if (bytes <= packet->linear)
		return true;
	missing = bytes - packet->linear;
	if (bytes > packet->length || missing > rte_pktmbuf_tailroom(head))
		return false;
	while (missing) {
		next = head->next;
		part = RTE_MIN(missing, (uint32_t)next->data_len);
		memcpy(packet->data + packet->linear, rte_pktmbuf_mtod(next, uint8_t *), part);
		packet->linear += part;
		head->data_len = (uint16_t)packet->linear;
		missing -= part;
		next->data_off = (uint16_t)(next->data_off + part);
		next->data_len = (uint16_t)(next->data_len - part);
		if (next->data_len)
			continue;
		head->next = next->next;
		head->nb_segs--;
		if (!head->next)
			weftd_packet_of(packet)->last = head;
		rte_pktmbuf_free_seg(next);
	}
	return true;
}

void weft_host_packet_copy_out(const struct weft_packet *packet, uint32_t offset, void *out, uint32_t bytes)
{
	const struct rte_mbuf *mbuf = weftd_packet_mbuf(packet);
	uint8_t *to = out;
	uint32_t part;

	while (bytes && mbuf) {
		if (offset >= mbuf->data_len) {
			offset -= mbuf->data_len;
			mbuf = mbuf->next;
			continue;
		}
		part = RTE_MIN(bytes, mbuf->data_len - offset);
		memcpy(to, rte_pktmbuf_mtod_offset(mbuf, const uint8_t *, offset), part);
		to += part;
		bytes -= part;
		offset += part;
	}
}

void weft_host_packet_trim(struct weft_packet *packet, uint32_t length)
{
	struct rte_mbuf *head = weftd_packet_mbuf(packet), *mbuf = head, *next;
	uint32_t left = length;

	if (length >= packet->length)
		return;
	while (left > mbuf->data_len) {
		left -= mbuf->data_len;
		mbuf = mbuf->next;
	}
	mbuf->data_len = (uint16_t)left;
	next = mbuf->next;
	mbuf->next = NULL;
	weftd_packet_of(packet)->last = mbuf;
	while (next) {
		mbuf = next;
		next = mbuf->next;
		rte_pktmbuf_free_seg(mbuf);
		head->nb_segs--;
	}
	head->pkt_len = length;
	packet->length = length;
	packet->linear = head->data_len;
}

bool weft_host_packet_chain(struct weft_plane *plane, uint32_t worker, struct weft_packet *head, struct weft_packet *tail)
{
	struct rte_mbuf *to = weftd_packet_mbuf(head), *from = weftd_packet_mbuf(tail);

	(void)plane;
	(void)worker;
	if ((uint32_t)to->nb_segs + from->nb_segs > RTE_MBUF_MAX_NB_SEGS)
		return false;
	weftd_packet_of(head)->last->next = from;
	weftd_packet_of(head)->last = weftd_packet_of(tail)->last;
	to->nb_segs = (uint16_t)(to->nb_segs + from->nb_segs);
	to->pkt_len += from->pkt_len;
	from->pkt_len = from->data_len;
	from->nb_segs = 1;
	head->length = to->pkt_len;
	rte_mempool_put(packets_free, tail);
	return true;
}
