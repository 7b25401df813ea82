/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * pkt0: the agent behind a SOCK_SEQPACKET unix socket, one datagram per packet, one agent at a time (the newest). The worker
 * waits for the listening socket and the agent's through one epoll file; it alone accepts and ends agents. Any worker sends:
 * the number of the agent's file stays for the port's life, and another file is put under it (dup3), so that a sender never
 * meets a stranger's.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "listen.h"
#include "log.h"
#include "packet.h"
#include "port.h"
#include "weft_host.h"
#include "worker.h"

#define DATAGRAM_BYTES (64u << 10) /* header included */
#define BURST_PACKETS 32u
#define PIECES 128u
#define BACKLOG 4

struct unix_state {
	int listen_fd, agent_fd; /* agent_fd: of no agent, while none is connected */
	int no_agent_fd;	 /* put under agent_fd then: a socket that nobody reads */
	bool connected;		 /* written by the port's worker, read by those that send */
	char path[WEFT_PATH_BYTES];
	uint8_t datagram[DATAGRAM_BYTES];
};

static void disconnect(struct weftd_port *port, struct unix_state *state)
{
	if (!state->connected)
		return;
	__atomic_store_n(&state->connected, false, __ATOMIC_RELEASE);
	shutdown(state->agent_fd, SHUT_RDWR);
	if (epoll_ctl(port->fd, EPOLL_CTL_DEL, state->agent_fd, NULL) ||
	    dup3(state->no_agent_fd, state->agent_fd, O_CLOEXEC) < 0)
		weftd_log("vif %u: agent disconnects: %s", port->vif_id, strerror(errno));
}

static void connect_agent(struct weftd_port *port, struct unix_state *state)
{
	struct epoll_event event = {.events = EPOLLIN};
	int fd = accept4(state->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0) {
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED)
			weftd_log("vif %u: accept: %s", port->vif_id, strerror(errno));
		return;
	}
	disconnect(port, state);
	if (dup3(fd, state->agent_fd, O_CLOEXEC) < 0 || epoll_ctl(port->fd, EPOLL_CTL_ADD, state->agent_fd, &event))
		weftd_log("vif %u: agent connects: %s", port->vif_id, strerror(errno));
	else
		__atomic_store_n(&state->connected, true, __ATOMIC_RELEASE);
	close(fd);
}

/* The datagram in buffers of the packet path. NULL: none left. */
static struct weft_packet *take(struct weftd_port *port, struct weftd_worker *worker, const uint8_t *from, uint32_t bytes)
{
	struct weft_packet *packet = NULL, *part;
	uint32_t length;

	for (; bytes; from += length, bytes -= length) {
		length = RTE_MIN(bytes, WEFTD_LARGE_BYTES);
		part = weftd_packet_new(length, port->vif_id);
		if (part)
			memcpy(part->data, from, length);
		if (part && !packet) {
			packet = part;
			continue;
		}
		if (part && weft_host_packet_chain(port->plane, worker->index, packet, part))
			continue;
		if (part)
			weftd_packet_free(part);
		if (packet)
			weftd_packet_free(packet);
		return NULL;
	}
	return packet;
}

static uint32_t unix_receive(struct weftd_port *port, struct weftd_worker *worker)
{
	struct unix_state *state = port->state;
	struct weft_packet *packets[BURST_PACKETS];
	uint32_t count = 0, taken = 0;
	ssize_t bytes;

	connect_agent(port, state);
	while (state->connected && taken < BURST_PACKETS) {
		bytes = recv(state->agent_fd, state->datagram, sizeof(state->datagram), MSG_DONTWAIT | MSG_TRUNC);
		if (bytes < 0 && (errno == EAGAIN || errno == EINTR))
			break;
		if (bytes <= 0) { /* an empty datagram is no packet either */
			disconnect(port, state);
			break;
		}
		taken++;
		if (bytes > (ssize_t)sizeof(state->datagram)) {
			weftd_port_drop(port, worker, WEFT_DROP_INJECTION, 1);
			continue;
		}
		packets[count] = take(port, worker, state->datagram, (uint32_t)bytes);
		if (packets[count])
			count++;
		else
			weftd_port_drop(port, worker, WEFT_DROP_NO_MEMORY, 1);
	}
	if (count)
		weft_plane_input(port->plane, worker->index, port->vif_id, packets, count);
	return taken;
}

static uint32_t unix_transmit(struct weftd_port *port, struct weftd_worker *worker, struct weft_packet **packets,
			      uint32_t count)
{
	struct unix_state *state = port->state;
	uint32_t absent = 0, refused = 0;
	struct iovec vector[PIECES];

	for (uint32_t index = 0; index < count; index++) {
		struct msghdr message = {.msg_iov = vector};

		message.msg_iovlen = weftd_packet_vector(packets[index], 0, vector, PIECES);
		if (!__atomic_load_n(&state->connected, __ATOMIC_ACQUIRE))
			absent++;
		else if (!message.msg_iovlen || packets[index]->length > DATAGRAM_BYTES)
			refused++;
		else if (sendmsg(state->agent_fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
			; /* sent */
		else if (errno == EPIPE || errno == ECONNRESET || errno == ENOTCONN)
			absent++;
		else
			refused++;
		weftd_packet_free(packets[index]);
	}
	weftd_port_unsent(port, worker, WEFT_DROP_TRAP_NO_AGENT, absent);
	return refused;
}

static void unix_close(struct weftd_port *port)
{
	struct unix_state *state = port->state;

	if (state->listen_fd >= 0) {
		unlink(state->path);
		close(state->listen_fd);
	}
	if (state->agent_fd >= 0)
		close(state->agent_fd);
	if (state->no_agent_fd >= 0)
		close(state->no_agent_fd);
	if (port->fd >= 0)
		close(port->fd);
	port->fd = -1;
	free(state);
}

static int unix_open(struct weftd_port *port, const struct weft_vif_msg *message, char *text)
{
	struct epoll_event event = {.events = EPOLLIN};
	struct unix_state *state = calloc(1, sizeof(*state));
	int error = 0;

	if (!state)
		return weftd_refuse(text, -ENOMEM, "vif_id %u: no memory for its port", message->vif_id);
	port->state = state;
	memcpy(state->path, message->netns, sizeof(state->path));
	state->agent_fd = state->no_agent_fd = -1;
	state->listen_fd = weftd_listen_at(state->path, SOCK_SEQPACKET, BACKLOG, "netns ", text);
	if (state->listen_fd < 0) {
		error = state->listen_fd;
	} else {
		state->no_agent_fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		if (state->no_agent_fd >= 0)
			state->agent_fd = fcntl(state->no_agent_fd, F_DUPFD_CLOEXEC, 0);
		port->fd = epoll_create1(EPOLL_CLOEXEC);
		if (state->agent_fd < 0 || port->fd < 0 || epoll_ctl(port->fd, EPOLL_CTL_ADD, state->listen_fd, &event))
			error = weftd_refuse(text, -errno, "netns %.60s: %s", state->path, strerror(errno));
	}
	if (error)
		unix_close(port);
	return error;
}

const struct weftd_port_ops weftd_port_unix = {
    .name = "unix",
    .open = unix_open,
    .receive = unix_receive,
    .transmit = unix_transmit,
    .close = unix_close,
};
