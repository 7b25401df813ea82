/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* "dpdk:PATH": a plane behind a unix stream socket. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "weft.h"

/* 0, or -ETIMEDOUT / another negative errno. */
static int wait_for(int fd, short events, uint64_t deadline_ns)
{
	for (;;) {
		uint64_t now = weft_monotonic_ns();
		struct pollfd poll_fd = {.fd = fd, .events = events};
		int ready;

		if (now >= deadline_ns)
			return -ETIMEDOUT;
		ready = poll(&poll_fd, 1, (int)((deadline_ns - now + 999999) / 1000000));
		if (ready > 0)
			return 0;
		if (ready < 0 && errno != EINTR)
			return -errno;
	}
}

static int send_all(int fd, const uint8_t *data, uint32_t bytes, uint64_t deadline_ns)
{
	while (bytes) {
		ssize_t sent = send(fd, data, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent > 0) {
			data += sent;
			bytes -= (uint32_t)sent;
		} else if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			int error = wait_for(fd, POLLOUT, deadline_ns);

			if (error)
				return error;
		} else if (sent < 0 && errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

static int receive_all(int fd, uint8_t *data, uint64_t bytes, uint64_t deadline_ns)
{
	while (bytes) {
		ssize_t got = recv(fd, data, bytes, MSG_DONTWAIT);

		if (got > 0) {
			data += got;
			bytes -= (uint64_t)got;
		} else if (got == 0) {
			return -ECONNRESET;
		} else if (errno == EAGAIN || errno == EWOULDBLOCK) {
			int error = wait_for(fd, POLLIN, deadline_ns);

			if (error)
				return error;
		} else if (errno != EINTR) {
			return -errno;
		}
	}
	return 0;
}

/* Reads and forgets an answer that the caller has no room for, so that the handle stays usable. */
static int discard(int fd, uint64_t bytes, uint64_t deadline_ns)
{
	uint8_t waste[4096];

	while (bytes) {
		uint64_t part = bytes < sizeof(waste) ? bytes : sizeof(waste);
		int error = receive_all(fd, waste, part, deadline_ns);

		if (error)
			return error;
		bytes -= part;
	}
	return 0;
}

static int socket_send(struct weft *weft, const void *request, uint32_t bytes, uint64_t deadline_ns)
{
	return send_all(weft->fd, request, bytes, deadline_ns);
}

static int64_t socket_receive(struct weft *weft, void *answer, uint64_t capacity, uint64_t deadline_ns)
{
	struct weft_frame_header header;
	int error = receive_all(weft->fd, (uint8_t *)&header, sizeof(header), deadline_ns);

	if (error)
		return error;
	if (header.sequence != weft->sequence || header.bytes < sizeof(header) || header.bytes > WEFT_FRAME_BYTES_MAX)
		return -EPROTO;
	if (header.bytes > capacity) {
		error = discard(weft->fd, header.bytes - sizeof(header), deadline_ns);
		return error ? error : -EMSGSIZE;
	}
	memcpy(answer, &header, sizeof(header));
	error = receive_all(weft->fd, (uint8_t *)answer + sizeof(header), header.bytes - sizeof(header), deadline_ns);
	return error ? error : (int64_t)header.bytes;
}

static int socket_open(struct weft *weft, const char *path, char *text)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int error;

	if (path[0] == '\0' || strlen(path) >= sizeof(address.sun_path))
		return weft_refuse(text, -EINVAL, "socket path of dpdk: has %zu bytes, must have 1 .. %zu", strlen(path),
				   sizeof(address.sun_path) - 1);
	memcpy(address.sun_path, path, strlen(path));
	weft->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (weft->fd < 0)
		return weft_refuse(text, -errno, "no socket: %s", strerror(errno));
	if (!connect(weft->fd, (struct sockaddr *)&address, sizeof(address)))
		return 0;
	error = errno;
	close(weft->fd);
	weft->fd = -1;
	if (error == ENOENT || error == ECONNREFUSED)
		return weft_refuse(text, -error, "no plane listens at %.60s: %s", path, strerror(error));
	return weft_refuse(text, -error, "cannot reach the plane at %.60s: %s", path, strerror(error));
}

static void socket_close(struct weft *weft)
{
	if (weft->fd >= 0)
		close(weft->fd);
}

const struct weft_scheme weft_scheme_socket = {
	.prefix = "dpdk:",
	.open = socket_open,
	.close = socket_close,
	.send = socket_send,
	.receive = socket_receive,
};
