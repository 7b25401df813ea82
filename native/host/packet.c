/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Packets of the host library: each part in a block of its own, so that a sanitizer sees every step outside. */
#include <stdlib.h>

#include "host.h"

static struct weft_host_packet *of(const struct weft_packet *packet) { return (struct weft_host_packet *)(uintptr_t)packet; }

bool weft_host_fault(struct weft_host_plane *host)
{
	if (!host->fail_count)
		return false;
	if (host->fail_after) {
		host->fail_after--;
		return false;
	}
	host->fail_count--;
	return true;
}

struct weft_host_packet *weft_host_packet_new(struct weft_host_plane *host, uint32_t linear, uint32_t rest)
{
	struct weft_host_packet *packet = calloc(1, sizeof(*packet));

	if (!packet)
		return NULL;
	packet->owner = host;
	packet->buffer_bytes = WEFT_HEADROOM + linear;
	packet->buffer = malloc(packet->buffer_bytes);
	packet->rest = rest ? malloc(rest) : NULL;
	packet->rest_bytes = rest;
	if (!packet->buffer || (rest && !packet->rest)) {
		free(packet->buffer);
		free(packet->rest);
		free(packet);
		return NULL;
	}
	packet->packet.data = packet->buffer + WEFT_HEADROOM;
	packet->packet.headroom = WEFT_HEADROOM;
	packet->packet.linear = linear;
	packet->packet.length = linear + rest;
	host->packets_live++;
	return packet;
}

void weft_host_packet_delete(struct weft_host_packet *packet)
{
	packet->owner->packets_live--;
	free(packet->buffer);
	free(packet->rest);
	free(packet);
}

struct weft_packet *weft_host_packet_alloc(struct weft_plane *plane, uint32_t worker, uint32_t length)
{
	struct weft_host_plane *host = weft_plane_host(plane);
	struct weft_host_packet *packet;

	(void)worker;
	if (weft_host_fault(host))
		return NULL;
	packet = weft_host_packet_new(host, length, 0);
	return packet ? &packet->packet : NULL;
}

void weft_host_packet_free(struct weft_plane *plane, uint32_t worker, struct weft_packet *packet)
{
	(void)plane;
	(void)worker;
	weft_host_packet_delete(of(packet));
}

/* Copies everything into a new linear part of `linear` bytes and a new rest. */
static bool relinear(struct weft_host_packet *packet, uint32_t linear)
{
	struct weft_packet *seen = &packet->packet;
	uint32_t rest_bytes = seen->length - linear;
	uint8_t *buffer = malloc(seen->headroom + linear + 1);
	uint8_t *rest = rest_bytes ? malloc(rest_bytes) : NULL;

	if (!buffer || (rest_bytes && !rest)) {
		free(buffer);
		free(rest);
		return false;
	}
	weft_host_packet_copy_out(seen, 0, buffer + seen->headroom, linear);
	if (rest_bytes)
		weft_host_packet_copy_out(seen, linear, rest, rest_bytes);
	free(packet->buffer);
	free(packet->rest);
	packet->buffer = buffer;
	packet->buffer_bytes = seen->headroom + linear;
	packet->rest = rest;
	packet->rest_bytes = rest_bytes;
	seen->data = buffer + seen->headroom;
	seen->linear = linear;
	return true;
}

bool weft_host_packet_pull(struct weft_plane *plane, uint32_t worker, struct weft_packet *packet, uint32_t bytes)
{
	struct weft_host_plane *host = weft_plane_host(plane);

	(void)worker;
	if (bytes <= packet->linear)
		return true;
	if (bytes > packet->length || weft_host_fault(host))
		return false;
	return relinear(of(packet), bytes);
}

void weft_host_packet_copy_out(const struct weft_packet *packet, uint32_t offset, void *out, uint32_t bytes)
{
	const struct weft_host_packet *whole = of(packet);
	uint8_t *to = out;

	if (offset < packet->linear) {
		uint32_t part = packet->linear - offset < bytes ? packet->linear - offset : bytes;

		memcpy(to, packet->data + offset, part);
		to += part;
		offset += part;
		bytes -= part;
	}
	if (bytes)
		memcpy(to, whole->rest + (offset - packet->linear), bytes);
}

void weft_host_packet_trim(struct weft_packet *packet, uint32_t length)
{
	if (length >= packet->length)
		return;
	packet->length = length;
	if (packet->linear > length)
		packet->linear = length;
	of(packet)->rest_bytes = length - packet->linear;
}

bool weft_host_packet_chain(struct weft_plane *plane, uint32_t worker, struct weft_packet *head, struct weft_packet *tail)
{
	struct weft_host_plane *host = weft_plane_host(plane);
	struct weft_host_packet *whole = of(head);
	uint8_t *rest;

	(void)worker;
	if (weft_host_fault(host))
		return false;
	rest = realloc(whole->rest, (size_t)whole->rest_bytes + tail->length + 1);
	if (!rest)
		return false;
	weft_host_packet_copy_out(tail, 0, rest + whole->rest_bytes, tail->length);
	whole->rest = rest;
	whole->rest_bytes += tail->length;
	head->length += tail->length;
	weft_host_packet_delete(of(tail));
	return true;
}

void weft_host_buffers(struct weft_plane *plane, uint32_t all[WEFT_BUFFER_KINDS], uint32_t unused[WEFT_BUFFER_KINDS])
{
	(void)plane;
	memset(all, 0, WEFT_BUFFER_KINDS * sizeof(*all));
	memset(unused, 0, WEFT_BUFFER_KINDS * sizeof(*unused));
}
