/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* One HTTP/1.1 exchange with the agent over its unix socket. */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "shim.h"

static char answer_room[ANSWER_BYTES_MAX + 1];

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* 0 or an errno. */
static int wait_for(int fd, short events, int64_t deadline_ms)
{
	for (;;) {
		struct pollfd poll_fd = {.fd = fd, .events = events};
		int64_t left = deadline_ms - now_ms();
		int ready;

		if (left <= 0)
			return ETIMEDOUT;
		ready = poll(&poll_fd, 1, (int)left);
		if (ready > 0)
			return 0;
		if (ready < 0 && errno != EINTR)
			return errno;
	}
}

static int send_all(int fd, const char *data, size_t bytes, int64_t deadline_ms)
{
	while (bytes) {
		ssize_t sent = send(fd, data, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (sent > 0) {
			data += sent;
			bytes -= (size_t)sent;
		} else if (errno == EAGAIN) {
			int error = wait_for(fd, POLLOUT, deadline_ms);

			if (error)
				return error;
		} else if (errno != EINTR) {
			return errno;
		}
	}
	return 0;
}

/* Value of a header inside the head, or NULL. `head` ends with NUL. */
static const char *header(const char *head, const char *name)
{
	size_t bytes = strlen(name);

	for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n"))
		if (!strncasecmp(line + 2, name, bytes) && line[2 + bytes] == ':') {
			line += 2 + bytes + 1;
			return line + strspn(line, " \t");
		}
	return NULL;
}

/* The number that a header's value is, or -1. `value` may be NULL. */
static int64_t header_number(const char *value)
{
	unsigned long number;
	char *end;

	if (!value || *value < '0' || *value > '9')
		return -1;
	number = strtoul(value, &end, 10);
	end += strspn(end, " \t");
	return *end == '\r' || *end == '\0' ? (int64_t)(number < INT64_MAX ? number : INT64_MAX) : -1;
}

/* -1: more is needed, 0: whole, else an errno. `at_end`: the agent closed. */
static int parse_answer(size_t bytes, bool at_end, struct answer *answer)
{
	char *end = memmem(answer_room, bytes, "\r\n\r\n", 4);
	int64_t expected, exit_code;

	if (!end)
		return at_end ? ECONNRESET : -1;
	if (strncmp(answer_room, "HTTP/1.1 200", 12))
		return EPROTO;
	*end = '\0';
	expected = header_number(header(answer_room, "Content-Length"));
	exit_code = header_number(header(answer_room, "X-Weft-Exit"));
	*end = '\r';
	if (expected < 0 || (exit_code != 0 && exit_code != 1))
		return EPROTO;
	answer->exit = (int)exit_code;
	answer->body = end + 4;
	answer->bytes = bytes - (size_t)(end + 4 - answer_room);
	if (answer->bytes < (size_t)expected)
		return at_end ? ECONNRESET : -1;
	answer->bytes = (size_t)expected;
	return 0;
}

static int receive(int fd, struct answer *answer, int64_t deadline_ms)
{
	size_t bytes = 0;

	for (;;) {
		ssize_t got;
		int error = wait_for(fd, POLLIN, deadline_ms);

		if (error)
			return error;
		got = recv(fd, answer_room + bytes, ANSWER_BYTES_MAX - bytes, MSG_DONTWAIT);
		if (got < 0 && errno != EAGAIN && errno != EINTR)
			return errno;
		if (got < 0)
			continue;
		bytes += (size_t)got;
		answer_room[bytes] = '\0';
		error = parse_answer(bytes, got == 0, answer);
		if (error >= 0)
			return error;
		if (bytes == ANSWER_BYTES_MAX)
			return EMSGSIZE;
	}
}

static int exchange(int fd, const struct text *body, struct answer *answer, int64_t deadline_ms)
{
	char head[160];
	int bytes = snprintf(head, sizeof(head),
			     "POST /cni HTTP/1.1\r\nHost: weft\r\nConnection: close\r\nContent-Type: application/json\r\n"
			     "Content-Length: %zu\r\n\r\n",
			     body->bytes);
	int error = send_all(fd, head, (size_t)bytes, deadline_ms);

	if (!error)
		error = send_all(fd, body->data, body->bytes, deadline_ms);
	return error ? error : receive(fd, answer, deadline_ms);
}

bool agent_call(const char *socket_path, const struct text *body, struct answer *answer, char *reason, size_t reason_bytes)
{
	/* An agent that hangs accepts nothing: connect() waits once its queue is full, but not for ever. */
	struct timeval patience = {.tv_sec = DEADLINE_MS / 1000, .tv_usec = DEADLINE_MS % 1000 * 1000};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int64_t deadline_ms = now_ms() + DEADLINE_MS;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int error;

	memcpy(address.sun_path, socket_path, strlen(socket_path));
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)) ||
	    connect(fd, (struct sockaddr *)&address, sizeof(address))) {
		error = errno == EAGAIN ? ETIMEDOUT : errno;
		snprintf(reason, reason_bytes, "the Weft agent does not listen at %s: %s", socket_path, strerror(error));
		if (fd >= 0)
			close(fd);
		return false;
	}
	error = exchange(fd, body, answer, deadline_ms);
	close(fd);
	if (error == EPROTO)
		snprintf(reason, reason_bytes, "the agent at %s did not answer as agreed", socket_path);
	else if (error)
		snprintf(reason, reason_bytes, "the Weft agent at %s did not answer: %s", socket_path, strerror(error));
	return error == 0;
}
