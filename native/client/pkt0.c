/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The agent's end of a WEFT_PORT_UNIX port. */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "weft.h"

WEFT_EXPORT int weft_pkt0_open(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd, error;

	if (strlen(path) >= sizeof(at.sun_path))
		return -ENAMETOOLONG;
	strcpy(at.sun_path, path);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (!connect(fd, (const struct sockaddr *)&at, sizeof(at)))
		return fd;
	error = -errno;
	close(fd);
	return error;
}

/* 0, or negative errno: ETIMEDOUT. */
static int wait_readable(int fd, uint32_t timeout_ms)
{
	uint64_t deadline_ns = weft_monotonic_ns() + (uint64_t)timeout_ms * 1000000u, now_ns;
	struct pollfd poller = {.fd = fd, .events = POLLIN};

	for (;;) {
		int ready;

		now_ns = weft_monotonic_ns();
		ready = poll(&poller, 1, now_ns < deadline_ns ? (int)((deadline_ns - now_ns + 999999) / 1000000) : 0);
		if (ready > 0)
			return 0;
		if (!ready)
			return -ETIMEDOUT;
		if (errno != EINTR)
			return -errno;
	}
}

WEFT_EXPORT int64_t weft_pkt0_receive(int fd, void *buffer, uint64_t bytes, uint32_t timeout_ms)
{
	struct weft_trap_header header;
	ssize_t got;
	int error;

	if (timeout_ms > INT32_MAX)
		return -EINVAL;
	error = wait_readable(fd, timeout_ms);
	if (error)
		return error;
	got = recv(fd, buffer, bytes, MSG_DONTWAIT | MSG_TRUNC);
	if (got < 0)
		return errno == EAGAIN ? -ETIMEDOUT : -errno;
	if (!got)
		return -EPIPE;
	if ((uint64_t)got > bytes)
		return -EMSGSIZE;
	if ((uint64_t)got < sizeof(header))
		return -EPROTO;
	memcpy(&header, buffer, sizeof(header));
	return header.bytes == (uint64_t)got - sizeof(header) ? got : -EPROTO;
}

WEFT_EXPORT int weft_pkt0_inject(int fd, const struct weft_injection_header *header, const void *frame, uint64_t bytes)
{
	struct iovec vector[2] = {{(void *)(uintptr_t)header, sizeof(*header)}, {(void *)(uintptr_t)frame, bytes}};
	struct msghdr message = {.msg_iov = vector, .msg_iovlen = 2};

	if (!bytes || header->bytes != bytes)
		return -EINVAL;
	while (sendmsg(fd, &message, MSG_NOSIGNAL) < 0) {
		if (errno != EINTR)
			return errno == ECONNRESET ? -EPIPE : -errno;
	}
	return 0;
}
