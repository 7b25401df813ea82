/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Device and clock half of weft_host.h. Packets are the daemon's (dpdk/packet.c), memory and grace periods too (dpdk/memory.c):
 * its allocations are counted by way of the linker's --wrap.
 */
#include "bench.h"

#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "dpdk/packet.h"
#include "weft_host.h"
#include "weft_tables.h"

struct bench_sink bench_sinks[WEFT_WORKERS_MAX];
static __thread uint64_t burst_ns;
static uint64_t clock_ahead_ns;
static uint64_t memory_bytes;

void *__real_weft_host_alloc(size_t bytes);
void __real_weft_host_free(void *memory, size_t bytes);
void __real_weft_host_free_deferred(struct weft_plane *plane, void *memory, size_t bytes);
void *__wrap_weft_host_alloc(size_t bytes);
void __wrap_weft_host_free(void *memory, size_t bytes);
void __wrap_weft_host_free_deferred(struct weft_plane *plane, void *memory, size_t bytes);

void *__wrap_weft_host_alloc(size_t bytes)
{
	void *memory = __real_weft_host_alloc(bytes);

	if (memory)
		__atomic_add_fetch(&memory_bytes, bytes, __ATOMIC_RELAXED);
	return memory;
}

void __wrap_weft_host_free(void *memory, size_t bytes)
{
	if (memory)
		__atomic_sub_fetch(&memory_bytes, bytes, __ATOMIC_RELAXED);
	__real_weft_host_free(memory, bytes);
}

void __wrap_weft_host_free_deferred(struct weft_plane *plane, void *memory, size_t bytes)
{
	if (memory)
		__atomic_sub_fetch(&memory_bytes, bytes, __ATOMIC_RELAXED);
	__real_weft_host_free_deferred(plane, memory, bytes);
}

uint64_t bench_memory_bytes(void)
{
	return __atomic_load_n(&memory_bytes, __ATOMIC_RELAXED);
}

static uint64_t clock_ns(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t now_ns(void)
{
	return clock_ns(CLOCK_MONOTONIC) + __atomic_load_n(&clock_ahead_ns, __ATOMIC_RELAXED);
}

void bench_clock_refresh(void)
{
	burst_ns = now_ns();
}

void bench_clock_advance(uint64_t nanoseconds)
{
	__atomic_add_fetch(&clock_ahead_ns, nanoseconds, __ATOMIC_RELAXED);
}

uint64_t weft_host_now_ns(void)
{
	return burst_ns ? burst_ns : now_ns();
}

uint64_t weft_host_wall_ns(void)
{
	return clock_ns(CLOCK_REALTIME);
}

void weft_host_random(void *out, size_t bytes)
{
	if (getrandom(out, bytes, 0) != (ssize_t)bytes)
		bench_fail("getrandom: %s", strerror(errno));
}

int weft_host_vif_attach(struct weft_plane *plane, struct weft_vif *vif, const struct weft_vif_msg *message, char *text)
{
	(void)text;
	if (message->type == WEFT_VIF_PHYSICAL)
		memcpy(vif->mac, bench_uplink_mac, 6);
	weft_plane_set_carrier(plane, vif, true);
	return 0;
}

void weft_host_vif_detach(struct weft_plane *plane, struct weft_vif *vif)
{
	(void)plane;
	(void)vif;
}

void weft_host_path_want(struct weft_plane *plane, uint8_t family, const uint8_t destination[16], bool wanted)
{
	(void)plane;
	(void)family;
	(void)destination;
	(void)wanted;
}

/* What the daemon's ETHDEV port does (dpdk/port_ethdev.c); the device is the bench. */
void weft_host_transmit(struct weft_plane *plane, uint32_t worker, struct weft_vif *vif, struct weft_packet **packets,
			uint32_t count)
{
	struct bench_sink *sink = &bench_sinks[worker];

	for (uint32_t i = 0; i < count; i++) {
		struct rte_mbuf *mbuf = weftd_packet_mbuf(packets[i]);

		if (WEFT_UNLIKELY(!sink->sent || packets[i]->gso != WEFT_GSO_NONE ||
				  packets[i]->flags & WEFT_PACKET_CSUM_PARTIAL || rte_pktmbuf_linearize(mbuf))) {
			rte_pktmbuf_free(mbuf);
			if (sink->sent)
				weft_plane_count_unsent(plane, worker, vif, WEFT_DROP_TX_FULL, 1);
			continue;
		}
		mbuf->ol_flags = 0;
		sink->sent[sink->count++] = mbuf;
	}
	weftd_packets_end(packets, count);
}
