/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * TAP with a virtio-net header (linux/virtio_net.h; Virtio 1.2 section 5.1.6): checksums and segmentation pass through between
 * pods of a host. A packet of 64 KiB is read into a chain of buffers; the first one holds all headers.
 */
#include <linux/virtio_net.h>
#include <stdlib.h>
#include <unistd.h>

#include "keeper.h"
#include "log.h"
#include "netns.h"
#include "packet.h"
#include "port.h"
#include "worker.h"

/* linux/virtio_net.h of kernel 6.2. */
#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

#define VNET_HEADER_BYTES 10u
#define PACKET_BYTES_MAX 65600u
#define CHUNKS ((PACKET_BYTES_MAX + WEFTD_CHUNK_BYTES - 1) / WEFTD_CHUNK_BYTES)
#define BURST_PACKETS 32u
#define BURST_BYTES \
	(64u << 10) /* what was read is written while it is in the cache: a third less work a byte than with 256 KiB */
#define ETHERNET_BYTES 14u
#define PIECES 128u

_Static_assert(sizeof(struct virtio_net_hdr) == VNET_HEADER_BYTES, "legacy virtio-net header");

/* The next packet goes into these; the first `used` are gone and replaced before the next read. */
struct weftd_tap_receiver {
	uint32_t used;
	struct rte_mbuf *chunks[CHUNKS];
	struct iovec vector[1 + CHUNKS];
	struct virtio_net_hdr header;
};

struct weftd_tap_receiver *weftd_tap_receiver_open(void)
{
	struct weftd_tap_receiver *receiver = calloc(1, sizeof(*receiver));

	if (!receiver)
		return NULL;
	receiver->used = CHUNKS;
	receiver->vector[0].iov_base = &receiver->header;
	receiver->vector[0].iov_len = VNET_HEADER_BYTES;
	return receiver;
}

void weftd_tap_receiver_close(struct weftd_tap_receiver *receiver)
{
	uint32_t index;

	if (!receiver)
		return;
	for (index = 0; index < CHUNKS; index++)
		rte_pktmbuf_free(receiver->chunks[index]);
	free(receiver);
}

static bool refill(struct weftd_tap_receiver *receiver)
{
	while (receiver->used) {
		uint32_t index = receiver->used - 1;
		struct rte_mbuf *mbuf = rte_pktmbuf_alloc(weftd_pool_chunk());

		if (!mbuf)
			return false;
		mbuf->data_off = WEFT_HEADROOM;
		receiver->chunks[index] = mbuf;
		receiver->vector[1 + index].iov_base = rte_pktmbuf_mtod(mbuf, void *);
		receiver->vector[1 + index].iov_len = WEFTD_CHUNK_BYTES;
		receiver->used = index;
	}
	return true;
}

static struct weft_packet *take(struct weftd_tap_receiver *receiver, uint32_t bytes, uint32_t vif_id)
{
	struct rte_mbuf *head = receiver->chunks[0], *last = NULL;
	uint32_t index, left = bytes;

	for (index = 0; index == 0 || left; index++) {
		struct rte_mbuf *mbuf = receiver->chunks[index];

		mbuf->data_len = (uint16_t)RTE_MIN(left, WEFTD_CHUNK_BYTES);
		left -= mbuf->data_len;
		receiver->chunks[index] = NULL;
		if (last)
			last->next = mbuf;
		last = mbuf;
	}
	receiver->used = index;
	head->nb_segs = (uint16_t)index;
	head->pkt_len = bytes;
	return weftd_packet_adopt(head, last, vif_id);
}

/* Virtio-net header -> metadata. False: they disagree with the packet. */
static bool accept_header(struct weft_packet *packet, const struct virtio_net_hdr *header)
{
	uint16_t type;

	if (header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM) {
		if ((uint32_t)header->csum_start + header->csum_offset + 2 > packet->length || header->csum_start < ETHERNET_BYTES)
			return false;
		packet->flags |= WEFT_PACKET_CSUM_PARTIAL;
		packet->csum_start = header->csum_start;
		packet->csum_offset = header->csum_offset;
	} else if (header->flags & VIRTIO_NET_HDR_F_DATA_VALID) {
		packet->flags |= WEFT_PACKET_CSUM_VALID;
	}
	if (header->gso_type == VIRTIO_NET_HDR_GSO_NONE)
		return true;
	if (packet->length < ETHERNET_BYTES || !header->gso_size || !(packet->flags & WEFT_PACKET_CSUM_PARTIAL))
		return false;
	type = (uint16_t)(packet->data[12] << 8 | packet->data[13]);
	switch (header->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_TCPV4:
		packet->gso = WEFT_GSO_TCP4;
		break;
	case VIRTIO_NET_HDR_GSO_TCPV6:
		packet->gso = WEFT_GSO_TCP6;
		break;
	case VIRTIO_NET_HDR_GSO_UDP_L4:
		packet->gso = WEFT_GSO_UDP;
		break;
	default:
		return false;
	}
	packet->gso_size = header->gso_size;
	return type == (packet->gso == WEFT_GSO_TCP4 ? 0x0800 : packet->gso == WEFT_GSO_TCP6 ? 0x86dd : type);
}

static uint32_t tap_receive(struct weftd_port *port, struct weftd_worker *worker)
{
	struct weftd_tap_receiver *receiver = worker->tap;
	struct weft_packet *packets[BURST_PACKETS];
	uint32_t count = 0, taken = 0, total = 0;
	ssize_t bytes;

	while (taken < BURST_PACKETS && total < BURST_BYTES) {
		struct weft_packet *packet;

		if (WEFT_UNLIKELY(!refill(receiver)))
			break; /* the packet waits in the device's queue */
		bytes = readv(port->fd, receiver->vector, 1 + CHUNKS);
		if (bytes < 0) {
			if (errno != EAGAIN && errno != EINTR)
				weftd_port_failed(port, worker, errno);
			break;
		}
		taken++;
		if (bytes <= (ssize_t)VNET_HEADER_BYTES) {
			weftd_port_drop(port, worker, WEFT_DROP_MALFORMED_ETHERNET, 1);
			continue;
		}
		total += (uint32_t)bytes;
		packet = take(receiver, (uint32_t)bytes - VNET_HEADER_BYTES, port->vif_id);
		if (WEFT_UNLIKELY(!packet)) {
			weftd_port_drop(port, worker, WEFT_DROP_NO_MEMORY, 1);
			continue;
		}
		if (WEFT_LIKELY(accept_header(packet, &receiver->header))) {
			packets[count++] = packet;
			continue;
		}
		weftd_packet_free(packet);
		weftd_port_drop(port, worker, WEFT_DROP_GSO, 1);
	}
	if (count)
		weft_plane_input(port->plane, worker->index, port->vif_id, packets, count);
	return taken;
}

static void header_of(const struct weft_packet *packet, struct virtio_net_hdr *header)
{
	static const uint8_t types[] = {
		[WEFT_GSO_NONE] = VIRTIO_NET_HDR_GSO_NONE,
		[WEFT_GSO_TCP4] = VIRTIO_NET_HDR_GSO_TCPV4,
		[WEFT_GSO_TCP6] = VIRTIO_NET_HDR_GSO_TCPV6,
		[WEFT_GSO_UDP] = VIRTIO_NET_HDR_GSO_UDP_L4,
	};

	memset(header, 0, sizeof(*header));
	if (packet->flags & WEFT_PACKET_CSUM_PARTIAL) {
		header->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
		header->csum_start = packet->csum_start;
		header->csum_offset = packet->csum_offset;
	} else if (packet->flags & WEFT_PACKET_CSUM_VALID) {
		header->flags = VIRTIO_NET_HDR_F_DATA_VALID;
	}
	if (packet->gso == WEFT_GSO_NONE)
		return;
	header->gso_type = types[packet->gso];
	header->gso_size = packet->gso_size;
	header->hdr_len = (uint16_t)(packet->csum_start + 8);
	if (packet->gso != WEFT_GSO_UDP && (uint32_t)packet->csum_start + 13 <= packet->linear)
		header->hdr_len = (uint16_t)(packet->csum_start + (packet->data[packet->csum_start + 12] >> 4) * 4);
}

static uint32_t tap_transmit(struct weftd_port *port, struct weftd_worker *worker, struct weft_packet **packets, uint32_t count)
{
	struct iovec vector[1 + PIECES];
	struct virtio_net_hdr header;
	uint32_t index, pieces, refused = 0;

	(void)worker;
	vector[0].iov_base = &header;
	vector[0].iov_len = VNET_HEADER_BYTES;
	for (index = 0; index < count; index++) {
		struct weft_packet *packet = packets[index];

		header_of(packet, &header);
		pieces = weftd_packet_vector(packet, 0, vector + 1, PIECES);
		if (!pieces || writev(port->fd, vector, (int)pieces + 1) < 0)
			refused++;
		weftd_packet_free(packet);
	}
	return refused;
}

struct tap_request {
	const struct weft_vif_msg *message;
	char *text;
};

static int create(void *argument)
{
	struct tap_request *request = argument;

	return weftd_tap_create(request->message, request->text);
}

static int tap_open(struct weftd_port *port, const struct weft_vif_msg *message, char *text)
{
	struct tap_request request = {message, text};
	int fd, error;

	if (!message->name[0])
		return weftd_refuse(text, -EINVAL, "name '': a TAP needs 1 .. %u bytes", WEFT_IFNAME_BYTES - 1);
	fd = weftd_netns_run(message->netns, create, &request, text);
	if (fd < 0)
		return fd;
	error = weftd_keeper_keep(message->vif_id, message->name, fd, text);
	if (error) {
		weftd_close_device(fd);
		return error;
	}
	port->fd = fd;
	memcpy(port->mac, message->mac, 6);
	return 0;
}

/* The device and all that is set on it are as they were: the parent process kept its file. */
static int tap_adopt(struct weftd_port *port, const struct weft_vif_msg *message, char *text)
{
	int fd = weftd_keeper_take(message->vif_id, message->name);

	if (fd < 0)
		return weftd_refuse(text, -ENODEV, "name '%s': the parent process holds no file of it", message->name);
	port->fd = fd;
	memcpy(port->mac, message->mac, 6);
	return 0;
}

static void tap_close(struct weftd_port *port)
{
	weftd_keeper_forget(port->vif_id);
	weftd_close_device(port->fd);
}

const struct weftd_port_ops weftd_port_tap = {
	.name = "tap",
	.open = tap_open,
	.adopt = tap_adopt,
	.receive = tap_receive,
	.transmit = tap_transmit,
	.close = tap_close,
};
