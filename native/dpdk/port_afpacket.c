/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Uplink on a packet socket with a virtio-net header (packet(7), linux/virtio_net.h). A train of encapsulated segments leaves
 * as one UDP GSO frame; a UDP GSO frame that arrives becomes single packets before the core sees it. PACKET_QDISC_BYPASS is not
 * used: the kernel's direct path drops a GSO frame that the device itself cannot segment.
 */
#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"
#include "packet.h"
#include "port.h"
#include "split.h"
#include "uplink.h"
#include "worker.h"

#ifndef VIRTIO_NET_HDR_GSO_UDP_L4
#define VIRTIO_NET_HDR_GSO_UDP_L4 5
#endif

#define FRAME_BYTES_MAX 65600u
#define FRAMES_PER_ROUND 8u
#define TRAIN_BYTES_MAX 65000u /* Ethernet, IP, UDP and all segments: IP total length stays below 2^16 */
#define TRAIN_PACKETS_MAX 64u  /* UDP_MAX_SEGMENTS of kernels before 6.9 */
#define PIECES_MAX 1024u
#define REFUSALS_MAX 4u

struct weftd_packet_receiver {
	struct mmsghdr messages[FRAMES_PER_ROUND];
	struct iovec vectors[FRAMES_PER_ROUND][2];
	struct virtio_net_hdr headers[FRAMES_PER_ROUND];
	/* sending */
	struct mmsghdr out[WEFT_BURST_MAX];
	struct virtio_net_hdr out_headers[WEFT_BURST_MAX];
	struct iovec pieces[PIECES_MAX];
	uint8_t frames[FRAMES_PER_ROUND][FRAME_BYTES_MAX];
};

struct afpacket {
	uint32_t refusals; /* of merged frames in a row; REFUSALS_MAX: single packets from now on (any worker, relaxed) */
	bool claimed;	   /* holds the tunnel ports */
};

struct weftd_packet_receiver *weftd_packet_receiver_open(void)
{
	struct weftd_packet_receiver *receiver = calloc(1, sizeof(*receiver));
	uint32_t index;

	for (index = 0; receiver && index < FRAMES_PER_ROUND; index++) {
		receiver->vectors[index][0] = (struct iovec){&receiver->headers[index], sizeof(receiver->headers[index])};
		receiver->vectors[index][1] = (struct iovec){receiver->frames[index], FRAME_BYTES_MAX};
		receiver->messages[index].msg_hdr.msg_iov = receiver->vectors[index];
		receiver->messages[index].msg_hdr.msg_iovlen = 2;
	}
	return receiver;
}

void weftd_packet_receiver_close(struct weftd_packet_receiver *receiver)
{
	free(receiver);
}

/* ---- receive ---- */

struct burst {
	struct weftd_port *port;
	struct weftd_worker *worker;
	struct weft_packet *packets[WEFT_BURST_MAX];
	uint32_t count;
};

static void flush(struct burst *burst)
{
	if (burst->count)
		weft_plane_input(burst->port->plane, burst->worker->index, burst->port->vif_id, burst->packets, burst->count);
	burst->count = 0;
}

static struct weft_packet *burst_add(struct burst *burst, struct weft_packet *packet)
{
	if (!packet) {
		weftd_port_drop(burst->port, burst->worker, WEFT_DROP_NO_MEMORY, 1);
		return NULL;
	}
	burst->packets[burst->count++] = packet;
	return packet;
}

/* One GSO frame -> its packets, in one burst so that the core can coalesce them again. */
static void split_frame(struct burst *burst, const uint8_t *frame, uint32_t bytes, uint32_t segment)
{
	struct weftd_outer outer;
	uint32_t offset, part;
	uint16_t id;

	if (!segment || !weftd_outer_parse(frame, bytes, &outer)) {
		weftd_port_drop(burst->port, burst->worker, WEFT_DROP_GSO, 1);
		return;
	}
	if (burst->count + (bytes - outer.bytes + segment - 1) / segment > WEFT_BURST_MAX)
		flush(burst);
	id = weftd_outer_id(frame, &outer);
	for (offset = outer.bytes; offset < bytes; offset += part) {
		struct weft_packet *packet;

		part = RTE_MIN(segment, bytes - offset);
		if (burst->count == WEFT_BURST_MAX)
			flush(burst);
		packet = burst_add(burst, weftd_packet_new(outer.bytes + part, burst->port->vif_id));
		if (!packet)
			continue;
		memcpy(packet->data, frame, outer.bytes);
		memcpy(packet->data + outer.bytes, frame + offset, part);
		weftd_outer_fix(packet->data, &outer, part, id++, false);
	}
}

/* A GSO frame of tunnel packets, which all have one outer header. */
static bool is_train(const struct virtio_net_hdr *header, const uint8_t *frame, uint32_t bytes)
{
	struct weftd_outer outer;
	uint32_t port;

	if (header->gso_type != VIRTIO_NET_HDR_GSO_UDP_L4 || !weftd_outer_parse(frame, bytes, &outer))
		return false;
	port = (uint32_t)frame[outer.udp + 2] << 8 | frame[outer.udp + 3];
	return port == WEFTD_PORT_VXLAN || port == WEFTD_PORT_MPLS;
}

/* What the kernel says of a frame. Of a tunnel packet the core takes only that its outer checksum is right, or still to be
 * written; a native one keeps it all. */
static void take_metadata(struct weft_packet *packet, const struct virtio_net_hdr *header, bool partial)
{
	if (header->flags & VIRTIO_NET_HDR_F_DATA_VALID)
		packet->flags |= WEFT_PACKET_CSUM_VALID;
	if (partial) {
		packet->flags |= WEFT_PACKET_CSUM_PARTIAL;
		packet->csum_start = header->csum_start;
		packet->csum_offset = header->csum_offset;
	}
	switch (header->gso_type & ~VIRTIO_NET_HDR_GSO_ECN) {
	case VIRTIO_NET_HDR_GSO_NONE:
		return;
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
		packet->gso = UINT8_MAX; /* no kind that the core knows: it drops the packet as GSO */
	}
	packet->gso_size = header->gso_size;
}

static void accept_frame(struct burst *burst, const struct virtio_net_hdr *header, uint8_t *frame, uint32_t bytes)
{
	bool partial = header->flags & VIRTIO_NET_HDR_F_NEEDS_CSUM;
	struct weft_packet *packet;

	if (is_train(header, frame, bytes)) {
		split_frame(burst, frame, bytes, header->gso_size);
		return;
	}
	if (partial && header->gso_type == VIRTIO_NET_HDR_GSO_NONE)
		partial = !weftd_inner_complete(frame, bytes, header->csum_start, header->csum_offset);
	if (burst->count == WEFT_BURST_MAX)
		flush(burst);
	packet = burst_add(burst, weftd_packet_copy(frame, bytes, burst->port->vif_id));
	if (packet)
		take_metadata(packet, header, partial);
}

static uint32_t afpacket_receive(struct weftd_port *port, struct weftd_worker *worker)
{
	struct weftd_packet_receiver *receiver = worker->packet;
	struct burst burst = {.port = port, .worker = worker};
	int index, got;

	got = recvmmsg(weftd_port_fd(port, worker->index), receiver->messages, FRAMES_PER_ROUND, MSG_DONTWAIT, NULL);
	if (got < 0) {
		/* ENETDOWN is the link going down: it may come up again, and rtnetlink says so. */
		if (errno != EAGAIN && errno != EINTR && errno != ENETDOWN)
			weftd_port_failed(port, worker, errno);
		return 0;
	}
	for (index = 0; index < got; index++) {
		uint32_t bytes = receiver->messages[index].msg_len;

		if (bytes <= sizeof(struct virtio_net_hdr))
			weftd_port_drop(port, worker, WEFT_DROP_MALFORMED_ETHERNET, 1);
		else
			accept_frame(&burst, &receiver->headers[index], receiver->frames[index],
				     bytes - (uint32_t)sizeof(struct virtio_net_hdr));
	}
	flush(&burst);
	return (uint32_t)got;
}

/* ---- transmit ---- */

/* Packets that leave as one frame: packets[0] and the train behind it, as far as sizes and limits allow. */
static uint32_t train_of(struct weft_packet *const *packets, uint32_t count)
{
	uint32_t length = packets[0]->length, outer = packets[0]->outer_bytes, total = length, index;

	if (!outer || outer > packets[0]->linear || outer > WEFTD_OUTER_BYTES_MAX)
		return 1;
	for (index = 1; index < count && index < TRAIN_PACKETS_MAX; index++) {
		const struct weft_packet *packet = packets[index];

		if (!(packet->flags & WEFT_PACKET_TRAIN) || packet->outer_bytes != outer || packet->length > length ||
		    packet->length <= outer || total + packet->length - outer > TRAIN_BYTES_MAX)
			break;
		total += packet->length - outer;
		if (packet->length < length)
			return index + 1;
	}
	return index;
}

/* Sends packets[0 .. count) as one UDP GSO frame: 0, or an errno; the packets are as before. */
static int send_train(int fd, struct weftd_packet_receiver *scratch, struct weft_packet *const *packets, uint32_t count)
{
	struct virtio_net_hdr *header = &scratch->out_headers[0];
	uint8_t saved[WEFTD_OUTER_BYTES_MAX];
	struct weft_packet *first = packets[0];
	uint32_t bytes = first->outer_bytes, payload = 0, pieces = 1, index, more;
	struct weftd_outer outer;
	struct msghdr message = {.msg_iov = scratch->pieces};
	int error;

	if (!weftd_outer_parse(first->data, first->linear, &outer) || outer.bytes != bytes)
		return EINVAL;
	scratch->pieces[0] = (struct iovec){header, sizeof(*header)};
	for (index = 0; index < count; index++) {
		payload += packets[index]->length - bytes;
		more = weftd_packet_vector(packets[index], index ? bytes : 0, scratch->pieces + pieces, PIECES_MAX - pieces);
		if (!more)
			return EINVAL;
		pieces += more;
	}
	memcpy(saved, first->data, bytes);
	weftd_outer_fix(first->data, &outer, payload, weftd_outer_id(first->data, &outer), true);
	*header = (struct virtio_net_hdr){
	    .flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
	    .gso_type = VIRTIO_NET_HDR_GSO_UDP_L4,
	    .hdr_len = (uint16_t)bytes,
	    .gso_size = (uint16_t)(first->length - bytes),
	    .csum_start = outer.udp,
	    .csum_offset = 6,
	};
	message.msg_iovlen = pieces;
	error = sendmsg(fd, &message, MSG_DONTWAIT) < 0 ? errno : 0;
	memcpy(first->data, saved, bytes);
	return error;
}

static uint32_t send_singles(int fd, struct weftd_packet_receiver *scratch, struct weft_packet *const *packets, uint32_t count)
{
	uint32_t index, pieces = 0, more, messages = 0, sent = 0, refused = 0;
	int done;

	for (index = 0; index < count; index++) {
		struct virtio_net_hdr *header = &scratch->out_headers[index];

		memset(header, 0, sizeof(*header));
		if (packets[index]->flags & WEFT_PACKET_CSUM_PARTIAL) {
			header->flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
			header->csum_start = packets[index]->csum_start;
			header->csum_offset = packets[index]->csum_offset;
		}
		more = PIECES_MAX - pieces < 2
			   ? 0
			   : weftd_packet_vector(packets[index], 0, scratch->pieces + pieces + 1, PIECES_MAX - pieces - 1);
		if (!more) {
			refused++;
			continue;
		}
		scratch->pieces[pieces] = (struct iovec){header, sizeof(*header)};
		scratch->out[messages++].msg_hdr = (struct msghdr){.msg_iov = scratch->pieces + pieces, .msg_iovlen = more + 1};
		pieces += more + 1;
	}
	while (sent < messages) {
		done = sendmmsg(fd, scratch->out + sent, messages - sent, MSG_DONTWAIT);
		if (done > 0) {
			sent += (uint32_t)done;
			continue;
		}
		/* This one is refused (EMSGSIZE, ENOBUFS, ENETDOWN); with a full queue so are those behind it. */
		if (errno == EAGAIN)
			return refused + messages - sent;
		if (errno != EINTR) {
			refused++;
			sent++;
		}
	}
	return refused;
}

static bool transient(int error)
{
	return error == EAGAIN || error == ENOBUFS || error == ENETDOWN || error == EINTR || error == ENXIO;
}

/* Returns packets refused. */
static uint32_t send_group(struct weftd_port *port, int fd, struct weftd_packet_receiver *scratch,
			   struct weft_packet *const *packets, uint32_t count)
{
	struct afpacket *state = port->state;
	int error = send_train(fd, scratch, packets, count);
	uint32_t refusals;

	if (!error) {
		__atomic_store_n(&state->refusals, 0, __ATOMIC_RELAXED);
		return 0;
	}
	if (transient(error))
		return count;
	refusals = __atomic_add_fetch(&state->refusals, 1, __ATOMIC_RELAXED);
	if (refusals == REFUSALS_MAX)
		weftd_log("vif %u: the device refuses UDP segmentation (%s): single packets from now on", port->vif_id,
			  strerror(error));
	return send_singles(fd, scratch, packets, count);
}

static uint32_t afpacket_transmit(struct weftd_port *port, struct weftd_worker *worker, struct weft_packet **packets,
				  uint32_t count)
{
	struct afpacket *state = port->state;
	struct weftd_packet_receiver *scratch = worker->packet;
	bool merge = __atomic_load_n(&state->refusals, __ATOMIC_RELAXED) < REFUSALS_MAX;
	uint32_t index = 0, singles = 0, refused = 0, group;
	int fd = weftd_port_fd(port, worker->index);

	/* packets[index - singles .. index) wait to go out one by one; order is kept. */
	while (index < count) {
		group = merge ? train_of(packets + index, count - index) : 1;
		if (group == 1 && singles < WEFT_BURST_MAX - 1) {
			singles++;
			index++;
			continue;
		}
		if (singles)
			refused += send_singles(fd, scratch, packets + index - singles, singles);
		singles = 0;
		if (group > 1) {
			refused += send_group(port, fd, scratch, packets + index, group);
			index += group;
		}
	}
	if (singles)
		refused += send_singles(fd, scratch, packets + count - singles, singles);
	for (index = 0; index < count; index++)
		weftd_packet_free(packets[index]);
	return refused;
}

/* ---- control ---- */

static void close_sockets(struct weftd_port *port)
{
	uint32_t index;

	for (index = 0; index < port->queues; index++) {
		if (port->fds[index] >= 0)
			close(port->fds[index]);
	}
	port->fd = -1;
	port->queues = 1;
}

static int open_queues(struct weftd_port *port, const struct weft_vif_msg *message, uint32_t queues, char *text)
{
	int group = -1, error = 0;
	uint32_t index;

	memset(port->fds, 0xff, sizeof(port->fds));
	port->queues = queues;
	for (index = 0; index < queues && !error; index++) {
		port->fds[index] = weftd_uplink_socket(message->device, port->ifindex, message->flags & WEFT_VIF_NATIVE,
						       queues > 1 ? &group : NULL, text);
		error = port->fds[index] < 0 ? port->fds[index] : 0;
	}
	if (error)
		close_sockets(port);
	else
		port->fd = port->fds[0];
	return error;
}

/*
 * One socket per worker; the kernel spreads what arrives by the hash of the outer flow, whose UDP source port is the inner
 * flow's. A kernel that cannot (before 6.1) gives all of it to one.
 */
static int open_sockets(struct weftd_port *port, const struct weft_vif_msg *message, char *text)
{
	uint32_t workers = weftd_workers_count();

	if (workers > 1 && !open_queues(port, message, workers, text))
		return 0;
	if (workers > 1)
		weftd_log("vif %u: one worker receives: %s", port->vif_id, text);
	return open_queues(port, message, 1, text);
}

static int afpacket_open(struct weftd_port *port, const struct weft_vif_msg *message, char *text)
{
	struct afpacket *state = calloc(1, sizeof(*state));
	int error;

	if (!state)
		return weftd_refuse(text, -ENOMEM, "vif_id %u: no memory for its port", message->vif_id);
	error = weftd_uplink_device(message->device, &port->ifindex, port->mac, &port->mtu, text);
	if (!error && message->flags & WEFT_VIF_SHARED_UPLINK) {
		error = weftd_uplink_claim(text);
		state->claimed = !error;
	}
	if (!error)
		error = open_sockets(port, message, text);
	if (error) {
		if (state->claimed)
			weftd_uplink_release();
		free(state);
		return error;
	}
	port->state = state;
	return 0;
}

static void afpacket_close(struct weftd_port *port)
{
	struct afpacket *state = port->state;

	close_sockets(port);
	if (state->claimed)
		weftd_uplink_release();
	free(state);
}

const struct weftd_port_ops weftd_port_afpacket = {
    .name = "af_packet",
    .open = afpacket_open,
    .receive = afpacket_receive,
    .transmit = afpacket_transmit,
    .close = afpacket_close,
};
