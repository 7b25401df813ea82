/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "host.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "weft_host.h"
#include "weft_tables.h"

#define OFFLINE (~(uint64_t)0)
#define NOBODY RACE_WORKERS

struct deferred {
	struct deferred *next;
	uint64_t epoch;
	void (*callback)(struct weft_plane *, void *);
	void *argument;
};

struct packet {
	struct weft_packet seen; /* first */
	uint8_t *buffer;
};

struct race_worker race_workers[RACE_WORKERS];

static uint64_t epoch = 1;
static struct deferred *first, **last = &first;
static uint64_t control_now_ns = 1000000000u;
static __thread uint32_t self = NOBODY;
static uint64_t answer[WEFT_FRAME_BYTES_MAX / 8];

/* ---- memory ---- */

void *weft_host_alloc(size_t bytes)
{
	size_t rounded = (bytes + WEFT_CACHE_LINE - 1) & ~(size_t)(WEFT_CACHE_LINE - 1);
	void *memory = aligned_alloc(WEFT_CACHE_LINE, rounded ? rounded : WEFT_CACHE_LINE);

	return memory ? memset(memory, 0, rounded) : NULL;
}

void weft_host_free(void *memory, size_t bytes)
{
	(void)bytes;
	free(memory);
}

/* Control is the only caller: workers retire connections through lists of the core. */
static void defer(void (*callback)(struct weft_plane *, void *), void *argument)
{
	struct deferred *entry = malloc(sizeof(*entry));

	if (!entry || self != NOBODY)
		abort();
	*entry = (struct deferred){NULL, __atomic_add_fetch(&epoch, 1, __ATOMIC_ACQ_REL), callback, argument};
	*last = entry;
	last = &entry->next;
}

void weft_host_free_deferred(struct weft_plane *plane, void *memory, size_t bytes)
{
	(void)plane;
	(void)bytes;
	if (memory)
		defer(NULL, memory);
}

void weft_host_call_deferred(struct weft_plane *plane, void (*callback)(struct weft_plane *, void *), void *argument)
{
	(void)plane;
	defer(callback, argument);
}

static bool passed(uint64_t wanted)
{
	for (uint32_t worker = 0; worker < RACE_WORKERS; worker++) {
		if (__atomic_load_n(&race_workers[worker].seen, __ATOMIC_ACQUIRE) < wanted)
			return false;
	}
	return true;
}

void race_reclaim(struct weft_plane *plane)
{
	while (first && passed(first->epoch)) {
		struct deferred *entry = first;

		first = entry->next;
		if (!first)
			last = &first;
		if (entry->callback)
			entry->callback(plane, entry->argument);
		else
			free(entry->argument);
		free(entry);
	}
}

void race_quiescent(uint32_t worker, uint64_t now_ns)
{
	race_workers[worker].now_ns = now_ns;
	__atomic_store_n(&race_workers[worker].seen, __atomic_load_n(&epoch, __ATOMIC_ACQUIRE), __ATOMIC_RELEASE);
}

void race_online(uint32_t worker)
{
	self = worker;
	race_workers[worker].now_ns = __atomic_load_n(&control_now_ns, __ATOMIC_RELAXED);
	/* a full barrier: nothing is read before control can know of it */
	__atomic_exchange_n(&race_workers[worker].seen, __atomic_load_n(&epoch, __ATOMIC_ACQUIRE), __ATOMIC_SEQ_CST);
}

void race_offline(uint32_t worker)
{
	__atomic_store_n(&race_workers[worker].seen, OFFLINE, __ATOMIC_RELEASE);
}

/* ---- clock, random numbers ---- */

void race_clock(uint64_t now_ns)
{
	__atomic_store_n(&control_now_ns, now_ns, __ATOMIC_RELAXED);
}

uint64_t weft_host_now_ns(void)
{
	return self == NOBODY ? __atomic_load_n(&control_now_ns, __ATOMIC_RELAXED) : race_workers[self].now_ns;
}

uint64_t weft_host_wall_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void weft_host_random(void *out, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++)
		((uint8_t *)out)[i] = (uint8_t)(i * 37 + 11);
}

/* ---- packets ---- */

static struct packet *of(const struct weft_packet *packet)
{
	return (struct packet *)(uintptr_t)packet;
}

struct weft_packet *weft_host_packet_alloc(struct weft_plane *plane, uint32_t worker, uint32_t length)
{
	struct packet *packet = calloc(1, sizeof(*packet));

	(void)plane;
	if (!packet)
		return NULL;
	packet->buffer = malloc(WEFT_HEADROOM + length);
	if (!packet->buffer) {
		free(packet);
		return NULL;
	}
	packet->seen.data = packet->buffer + WEFT_HEADROOM;
	packet->seen.headroom = WEFT_HEADROOM;
	packet->seen.length = packet->seen.linear = length;
	race_workers[worker].made++;
	return &packet->seen;
}

struct weft_packet *race_packet(uint32_t worker, const void *frame, uint32_t bytes)
{
	struct weft_packet *packet = weft_host_packet_alloc(NULL, worker, bytes);

	if (!packet)
		abort();
	memcpy(packet->data, frame, bytes);
	return packet;
}

void weft_host_packet_free(struct weft_plane *plane, uint32_t worker, struct weft_packet *packet)
{
	(void)plane;
	free(of(packet)->buffer);
	free(of(packet));
	race_workers[worker].freed++;
}

bool weft_host_packet_pull(struct weft_plane *plane, uint32_t worker, struct weft_packet *packet, uint32_t bytes)
{
	(void)plane;
	(void)worker;
	return bytes <= packet->length; /* all of it is linear */
}

void weft_host_packet_copy_out(const struct weft_packet *packet, uint32_t offset, void *out, uint32_t bytes)
{
	memcpy(out, packet->data + offset, bytes);
}

void weft_host_packet_trim(struct weft_packet *packet, uint32_t length)
{
	if (length < packet->length)
		packet->length = packet->linear = length;
}

bool weft_host_packet_chain(struct weft_plane *plane, uint32_t worker, struct weft_packet *head, struct weft_packet *tail)
{
	struct packet *whole = of(head);
	uint8_t *buffer = realloc(whole->buffer, head->headroom + head->length + tail->length);

	if (!buffer)
		return false;
	memcpy(buffer + head->headroom + head->length, tail->data, tail->length);
	whole->buffer = buffer;
	head->data = buffer + head->headroom;
	head->length += tail->length;
	head->linear = head->length;
	weft_host_packet_free(plane, worker, tail);
	return true;
}

void weft_host_transmit(struct weft_plane *plane, uint32_t worker, struct weft_vif *vif, struct weft_packet **packets,
			uint32_t count)
{
	(void)vif;
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *frame = packets[i]->data;

		race_workers[worker].echoes +=
		    packets[i]->length > 34 && frame[12] == 8 && !frame[13] && frame[23] == 1 && !frame[34];
		weft_host_packet_free(plane, worker, packets[i]);
	}
	race_workers[worker].sent += count;
}

void weft_host_buffers(struct weft_plane *plane, uint32_t all[WEFT_BUFFER_KINDS], uint32_t unused[WEFT_BUFFER_KINDS])
{
	(void)plane;
	memset(all, 0, WEFT_BUFFER_KINDS * sizeof(*all));
	memset(unused, 0, WEFT_BUFFER_KINDS * sizeof(*unused));
}

/* ---- devices ---- */

int weft_host_vif_attach(struct weft_plane *plane, struct weft_vif *vif, const struct weft_vif_msg *message, char *text)
{
	(void)message;
	(void)text;
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

/* ---- control ---- */

struct weft_plane *race_open(uint32_t connections_max)
{
	/* "host", so that PATH messages stand in for an underlay mirror */
	struct weft_plane_settings settings = {
	    .workers = RACE_WORKERS, .connections_max = connections_max, .implementation = "host", .version = "0.1.0"};

	for (uint32_t worker = 0; worker < RACE_WORKERS; worker++)
		race_workers[worker].seen = OFFLINE;
	return weft_plane_create(&settings);
}

void race_close(struct weft_plane *plane)
{
	race_reclaim(plane);
	weft_plane_destroy(plane);
	race_reclaim(plane);
}

bool race_apply(struct weft_plane *plane, const void *message, uint32_t bytes)
{
	static uint64_t request[WEFT_FRAME_BYTES_MAX / 8];
	struct weft_frame_header header = {(uint32_t)sizeof(header) + bytes, 1, 1, 0};
	struct weft_message_header last_message;
	struct weft_done_msg done = {0};
	uint32_t answered;

	memcpy(request, &header, sizeof(header));
	memcpy((uint8_t *)request + sizeof(header), message, bytes);
	answered = weft_plane_apply(plane, request, header.bytes, answer, sizeof(answer));
	memcpy(&done, (uint8_t *)answer + answered - sizeof(done), sizeof(done));
	memcpy(&last_message, (uint8_t *)answer + answered - sizeof(done) - sizeof(last_message), sizeof(last_message));
	return last_message.object == WEFT_OBJECT_DONE && done.applied == 1;
}

uint64_t race_drops(struct weft_plane *plane, uint32_t reason)
{
	struct {
		struct weft_frame_header frame;
		struct weft_message_header header;
		struct weft_dump_msg body;
	} request = {.frame = {sizeof(request), 1, 1, 0},
		     .header = {WEFT_OBJECT_DROP, WEFT_OPERATION_DUMP, sizeof(request) - sizeof(request.frame), 0, 0},
		     .body = {.vrf_id = 0xffffffffu}};
	uint32_t bytes = weft_plane_apply(plane, &request, sizeof(request), answer, sizeof(answer)), at = sizeof(request.frame);
	uint64_t packets = 0;

	while (at < bytes) {
		struct weft_message_header header;
		struct weft_drop_msg drop;

		memcpy(&header, (uint8_t *)answer + at, sizeof(header));
		memcpy(&drop, (uint8_t *)answer + at + sizeof(header), sizeof(drop));
		if (header.object == WEFT_OBJECT_DROP && drop.reason == reason)
			packets += drop.packets;
		at += header.bytes;
	}
	return packets;
}
