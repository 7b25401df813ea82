/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* A plane inside this process: calls, injection, collection. */
#include <stdlib.h>

#include "host.h"

#define FRAME_BYTES_MAX 65749u /* an IP packet of 65,535 bytes behind outer headers and Ethernet */

struct weft_host_plane *weft_host_plane_open(void) { return weft_host_plane_open_with(&(struct weft_host_plane_options){0}); }

struct weft_host_plane *weft_host_plane_open_with(const struct weft_host_plane_options *options)
{
	struct weft_host_plane *host = calloc(1, sizeof(*host));
	struct weft_plane_settings settings = {
		.workers = options->workers ? options->workers : 1,
		.connections_max = options->connections_max ? options->connections_max : 65536,
		.implementation = "host",
		.version = "0.1.0",
		.host = host,
		.shared = options->shared,
		.adoptions = options->adoptions,
		.applied = options->applied,
		.learned = options->learned,
	};

	if (!host)
		return NULL;
	host->deferred_end = &host->deferred;
	host->now_ns = options->now_ns ? options->now_ns : 1000000000u;
	host->random_state = options->random_seed;
	weft_host_enter(host);
	host->plane = weft_plane_create(&settings);
	if (!host->plane) {
		weft_host_enter(NULL);
		free(host);
		return NULL;
	}
	weft_host_leave(host);
	return host;
}

void weft_host_plane_close(struct weft_host_plane *host)
{
	if (!host)
		return;
	weft_host_enter(host);
	weft_host_leave(host);
	weft_plane_destroy(host->plane);
	for (uint32_t i = 0; i < WEFT_VIF_LIMIT; i++) { /* ports whose vif the plane did not give back */
		struct weft_host_port *port = host->ports[i];

		while (port && port->head) {
			struct weft_host_packet *packet = port->head;

			port->head = packet->next;
			weft_host_packet_delete(packet);
		}
		free(port);
	}
	weft_host_enter(NULL);
	free(host);
}

struct weft_plane *weft_host_plane_core(struct weft_host_plane *host) { return host->plane; }

uint32_t weft_host_plane_call(struct weft_host_plane *host, const void *request, uint32_t bytes, void *answer, uint32_t capacity)
{
	uint32_t written;

	weft_host_enter(host);
	written = weft_plane_apply(host->plane, request, bytes, answer, capacity);
	weft_host_leave(host);
	return written;
}

int weft_host_plane_advance(struct weft_host_plane *host, uint64_t now_ns)
{
	if (now_ns < host->now_ns)
		return -EINVAL;
	weft_host_enter(host);
	host->now_ns = now_ns;
	weft_plane_tick(host->plane, now_ns);
	weft_host_leave(host);
	return 0;
}

static struct weft_host_packet *packet_of(struct weft_host_plane *host, uint32_t vif_id, const struct weft_packet *metadata,
					  const void *frame, uint32_t bytes, uint32_t linear)
{
	struct weft_host_packet *packet;

	if (linear == 0 || linear > bytes)
		linear = bytes;
	packet = weft_host_packet_new(host, linear, bytes - linear);
	if (!packet)
		return NULL;
	memcpy(packet->packet.data, frame, linear);
	if (bytes > linear)
		memcpy(packet->rest, (const uint8_t *)frame + linear, bytes - linear);
	packet->packet.vif_id = vif_id;
	if (metadata) {
		packet->packet.flags = metadata->flags;
		packet->packet.gso = metadata->gso;
		packet->packet.gso_size = metadata->gso_size;
		packet->packet.csum_start = metadata->csum_start;
		packet->packet.csum_offset = metadata->csum_offset;
		packet->packet.hash = metadata->hash;
		packet->packet.outer_bytes = metadata->outer_bytes;
	}
	return packet;
}

int weft_host_plane_inject(struct weft_host_plane *host, uint32_t vif_id, const void *frame, uint32_t bytes)
{
	return weft_host_plane_inject_packet(host, vif_id, NULL, frame, bytes, 0);
}

int weft_host_plane_inject_packet(struct weft_host_plane *host, uint32_t vif_id, const struct weft_packet *metadata,
				  const void *frame, uint32_t bytes, uint32_t linear)
{
	struct weft_host_packet *packet;
	struct weft_packet *burst;

	if (bytes == 0 || bytes > FRAME_BYTES_MAX)
		return -EINVAL;
	packet = packet_of(host, vif_id, metadata, frame, bytes, linear);
	if (!packet)
		return -ENOMEM;
	burst = &packet->packet;
	weft_host_enter(host);
	weft_plane_input(host->plane, 0, vif_id, &burst, 1);
	weft_host_leave(host);
	return 0;
}

int weft_host_plane_inject_burst(struct weft_host_plane *host, uint32_t vif_id, const struct weft_packet *metadata,
				 const void *const *frames, const uint32_t *bytes, uint32_t count)
{
	struct weft_packet *burst[WEFT_BURST_MAX];
	uint32_t made = 0;
	int error = count == 0 || count > WEFT_BURST_MAX ? -EINVAL : 0;

	for (; !error && made < count; made++) {
		struct weft_host_packet *packet = NULL;

		if (bytes[made] == 0 || bytes[made] > FRAME_BYTES_MAX)
			error = -EINVAL;
		else
			packet = packet_of(host, vif_id, metadata ? &metadata[made] : NULL, frames[made], bytes[made], 0);
		if (!packet) {
			error = error ? error : -ENOMEM;
			break;
		}
		burst[made] = &packet->packet;
	}
	if (error) {
		while (made)
			weft_host_packet_delete((struct weft_host_packet *)burst[--made]);
		return error;
	}
	weft_host_enter(host);
	weft_plane_input(host->plane, 0, vif_id, burst, count);
	weft_host_leave(host);
	return 0;
}

int64_t weft_host_plane_collect(struct weft_host_plane *host, uint32_t vif_id, struct weft_packet *metadata, void *frame,
				uint32_t capacity)
{
	struct weft_host_port *port = vif_id < WEFT_VIF_LIMIT ? host->ports[vif_id] : NULL;
	struct weft_host_packet *packet;
	uint32_t length;

	if (!port)
		return -ENOENT;
	packet = port->head;
	if (!packet)
		return 0;
	length = packet->packet.length;
	if (length > capacity)
		return -EMSGSIZE;
	weft_host_packet_copy_out(&packet->packet, 0, frame, length);
	if (metadata) {
		*metadata = packet->packet;
		metadata->data = NULL;
	}
	port->head = packet->next;
	if (!port->head)
		port->tail = NULL;
	weft_host_packet_delete(packet);
	return length;
}

void weft_host_plane_fail_packets(struct weft_host_plane *host, uint64_t after, uint64_t count)
{
	host->fail_after = after;
	host->fail_count = count;
}

uint64_t weft_host_plane_packets_live(const struct weft_host_plane *host) { return host->packets_live; }

void weft_host_transmit(struct weft_plane *plane, uint32_t worker, struct weft_vif *vif, struct weft_packet **packets,
			uint32_t count)
{
	struct weft_host_port *port = vif->host;

	for (uint32_t i = 0; i < count; i++) {
		struct weft_host_packet *packet = (struct weft_host_packet *)packets[i];

		if (!port) {
			weft_plane_count_unsent(plane, worker, vif, WEFT_DROP_TX_FULL, 1);
			weft_host_packet_delete(packet);
			continue;
		}
		packet->next = NULL;
		if (port->tail)
			port->tail->next = packet;
		else
			port->head = packet;
		port->tail = packet;
	}
}

int weft_host_vif_attach(struct weft_plane *plane, struct weft_vif *vif, const struct weft_vif_msg *message, char *text)
{
	struct weft_host_plane *host = weft_plane_host(plane);
	struct weft_host_port *port = calloc(1, sizeof(*port));

	(void)text;
	if (!port)
		return -ENOMEM;
	port->vif_id = message->vif_id;
	if (message->type == WEFT_VIF_PHYSICAL) /* a device would have an address of its own */
		memcpy(vif->mac, (uint8_t[6]){0x02, 0, 0, 0, (uint8_t)(message->vif_id >> 8), (uint8_t)message->vif_id}, 6);
	vif->host = port;
	host->ports[message->vif_id] = port;
	weft_plane_set_carrier(plane, vif, true);
	return 0;
}

void weft_host_vif_detach(struct weft_plane *plane, struct weft_vif *vif)
{
	struct weft_host_plane *host = weft_plane_host(plane);
	struct weft_host_port *port = vif->host;

	if (!port)
		return;
	while (port->head) {
		struct weft_host_packet *packet = port->head;

		port->head = packet->next;
		weft_host_packet_delete(packet);
	}
	if (host->ports[port->vif_id] == port)
		host->ports[port->vif_id] = NULL;
	vif->host = NULL;
	free(port);
}

void weft_host_path_want(struct weft_plane *plane, uint8_t family, const uint8_t destination[16], bool wanted)
{
	/* PATH messages of the caller stand in for a mirror; there is nobody to ask. */
	(void)plane;
	(void)family;
	(void)destination;
	(void)wanted;
}
