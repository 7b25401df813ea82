/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "client.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"
#include "memory.h"
#include "port.h"
#include "weft_abi.h"
#include "weft_plane.h"

#define CLIENTS_MAX 64u
#define BUFFER_BYTES_FIRST 4096u
#define FRAMES_PER_EVENT 4u

struct weftd_client {
	struct weftd_client *next;
	struct weft_plane *plane;
	int fd, epoll_fd;
	bool greeted, closing, closed;
	uint8_t *request;
	uint32_t request_bytes, request_capacity;
	uint8_t *answer; /* WEFT_FRAME_BYTES_MAX, only while one is under way */
	uint32_t answer_bytes, answer_sent;
	char peer[WEFT_NAME_BYTES];
};

static struct weftd_client *clients;
static uint32_t client_count;

void weftd_client_accept(struct weft_plane *plane, int listen_fd, int epoll_fd)
{
	struct epoll_event event = {.events = EPOLLIN};
	struct weftd_client *client;
	int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0) {
		if (errno != EAGAIN && errno != ECONNABORTED && errno != EINTR)
			weftd_log("accept: %s", strerror(errno));
		return;
	}
	client = client_count < CLIENTS_MAX ? calloc(1, sizeof(*client)) : NULL;
	if (!client) {
		weftd_log("client refused: %u clients, the limit is %u", client_count, CLIENTS_MAX);
		close(fd);
		return;
	}
	client->plane = plane;
	client->fd = fd;
	client->epoll_fd = epoll_fd;
	strcpy(client->peer, "?");
	event.data.ptr = client;
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event)) {
		weftd_log("client refused: %s", strerror(errno));
		close(fd);
		free(client);
		return;
	}
	client->next = clients;
	clients = client;
	client_count++;
}

static void shut(struct weftd_client *client)
{
	if (client->closed)
		return;
	client->closed = true;
	close(client->fd);
	client->fd = -1;
}

/* `again`: whole frames may wait in the buffer, so come back even when the socket has nothing new. */
static void interest(struct weftd_client *client, bool again)
{
	struct epoll_event event = {.events = client->answer_bytes || again ? EPOLLOUT : EPOLLIN, .data.ptr = client};

	if (epoll_ctl(client->epoll_fd, EPOLL_CTL_MOD, client->fd, &event)) {
		weftd_log("client %s: epoll: %s", client->peer, strerror(errno));
		shut(client);
	}
}

/* True: the whole answer is out. */
static bool flush(struct weftd_client *client)
{
	ssize_t sent;

	while (client->answer_sent < client->answer_bytes) {
		sent = send(client->fd, client->answer + client->answer_sent, client->answer_bytes - client->answer_sent, MSG_NOSIGNAL);
		if (sent < 0) {
			if (errno == EINTR)
				continue;
			if (errno != EAGAIN) {
				weftd_log("client %s: %s", client->peer, strerror(errno));
				shut(client);
			}
			return false;
		}
		client->answer_sent += (uint32_t)sent;
	}
	client->answer_bytes = client->answer_sent = 0;
	if (client->closing)
		shut(client);
	return !client->closed;
}

/* Bytes of the frame at the front, 0: not whole yet. Closes the client when it cannot be a frame. */
static uint32_t frame_bytes(struct weftd_client *client)
{
	struct weft_frame_header header;

	if (client->request_bytes < sizeof(header))
		return 0;
	memcpy(&header, client->request, sizeof(header));
	if (header.bytes < sizeof(header) || header.bytes > WEFT_FRAME_BYTES_MAX || header.bytes % 8) {
		weftd_log("client %s: closed: frame bytes %u: must be a multiple of 8 in %zu .. %u", client->peer, header.bytes,
			  sizeof(header), WEFT_FRAME_BYTES_MAX);
		shut(client);
		return 0;
	}
	return header.bytes <= client->request_bytes ? header.bytes : 0;
}

static const struct weft_message_header *first_message(const uint8_t *frame, uint32_t bytes)
{
	if (bytes < sizeof(struct weft_frame_header) + sizeof(struct weft_message_header))
		return NULL;
	return (const struct weft_message_header *)(frame + sizeof(struct weft_frame_header));
}

/* HELLO comes first; the core checks the versions and answers HELLO when it accepts them. */
static bool greet(struct weftd_client *client, uint32_t bytes)
{
	const struct weft_message_header *message = first_message(client->request, bytes);
	const struct weft_hello_msg *hello;
	size_t index;

	if (!message || message->object != WEFT_OBJECT_HELLO || bytes < sizeof(struct weft_frame_header) + sizeof(*message) + sizeof(*hello)) {
		weftd_log("client closed: its first message is not HELLO");
		shut(client);
		return false;
	}
	hello = (const struct weft_hello_msg *)(message + 1);
	memcpy(client->peer, hello->peer, sizeof(client->peer) - 1);
	for (index = 0; index < sizeof(client->peer) - 1; index++)
		if (client->peer[index] && (client->peer[index] < 0x21 || client->peer[index] > 0x7e))
			client->peer[index] = '.';
	return true;
}

static void apply(struct weftd_client *client, uint32_t bytes)
{
	const struct weft_message_header *answer;

	if (!client->answer)
		client->answer = malloc(WEFT_FRAME_BYTES_MAX);
	if (!client->answer) {
		weftd_log("client %s: closed: no memory for an answer", client->peer);
		shut(client);
		return;
	}
	if (!client->greeted && !greet(client, bytes))
		return;
	client->answer_bytes = weft_plane_apply(client->plane, client->request, bytes, client->answer, WEFT_FRAME_BYTES_MAX);
	/* A deleted port is gone when its DELETE is answered. */
	if (weftd_deferred_calls_pending())
		weftd_deferred_flush();
	weftd_closing_wait();
	if (!client->greeted) {
		answer = first_message(client->answer, client->answer_bytes);
		client->greeted = answer && answer->object == WEFT_OBJECT_HELLO;
		client->closing = !client->greeted;
		if (client->closing)
			weftd_log("client %s: closed: HELLO refused", client->peer);
	}
	client->request_bytes -= bytes;
	memmove(client->request, client->request + bytes, client->request_bytes);
}

/* Room for the frame that is coming in. */
static bool grow(struct weftd_client *client)
{
	uint32_t wanted = BUFFER_BYTES_FIRST, need = 0;
	uint8_t *larger;

	if (client->request_bytes >= sizeof(struct weft_frame_header))
		memcpy(&need, client->request, sizeof(need)); /* checked by frame_bytes */
	while (wanted < need)
		wanted *= 2;
	if (wanted <= client->request_capacity)
		return true;
	larger = realloc(client->request, wanted);
	if (!larger) {
		weftd_log("client %s: closed: no memory for a frame of %u bytes", client->peer, need);
		shut(client);
		return false;
	}
	client->request = larger;
	client->request_capacity = wanted;
	return true;
}

static bool receive(struct weftd_client *client)
{
	ssize_t got;

	if (!grow(client) || client->request_bytes == client->request_capacity)
		return !client->closed;
	got = recv(client->fd, client->request + client->request_bytes, client->request_capacity - client->request_bytes, 0);
	if (got > 0) {
		client->request_bytes += (uint32_t)got;
		return true;
	}
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (got == 0 && client->request_bytes)
		weftd_log("client %s: closed in the middle of a frame", client->peer);
	shut(client);
	return false;
}

void weftd_client_event(struct weftd_client *client, uint32_t events)
{
	uint32_t bytes, frames = 0;

	(void)events; /* errors show in recv and send */
	if (client->closed)
		return;
	if (!client->answer_bytes || flush(client)) {
		while (!client->closed && !client->answer_bytes && frames < FRAMES_PER_EVENT) {
			bytes = frame_bytes(client);
			if (client->closed)
				break;
			if (!bytes) {
				if (!receive(client))
					break;
				continue;
			}
			apply(client, bytes);
			frames++;
			if (client->answer_bytes)
				flush(client);
		}
	}
	if (!client->closed)
		interest(client, frames == FRAMES_PER_EVENT);
}

static void release(struct weftd_client *client)
{
	shut(client);
	free(client->request);
	free(client->answer);
	free(client);
	client_count--;
}

void weftd_clients_reap(void)
{
	struct weftd_client **link = &clients, *client;

	while ((client = *link)) {
		if (!client->closed) {
			link = &client->next;
			continue;
		}
		*link = client->next;
		release(client);
	}
}

void weftd_clients_close(void)
{
	struct weftd_client *client;

	while ((client = clients)) {
		clients = client->next;
		release(client);
	}
}
