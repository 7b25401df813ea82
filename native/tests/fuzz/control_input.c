/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Fuzz target: the daemon's control socket. client.c as it is, on real unix sockets, before a host plane: frames come whole, in
 * pieces, several at once; answers are read late or in part; the client goes away in the middle. Aborts when an answer is not a
 * whole frame, when the answers of whole frames do not come in order, or when a client that broke the framing is still there.
 *
 * Input: records of {u8 what, u16 length, bytes}, little endian; what % 8: 0-2 send the bytes as they are, 3 send them as the
 * body of a HELLO, 4 send them as one message of a frame (object and operation from the first two), 5 read at most so many
 * bytes, 6 a frame header that says `length`, 7 close (length's lowest bit: only the sending half) and begin again.
 */
#include "fuzz_input.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "../../dpdk/client.h"
#include "../../dpdk/log.h"
#include "../../dpdk/memory.h"
#include "../../dpdk/port.h"
#include "weft_host_plane.h"

#define RECORDS_MAX 64u
#define ANSWERS_BYTES (4u << 20)

static int listen_fd = -1, epoll_fd = -1, peer = -1;
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static struct weft_host_plane *host;
static uint8_t answers[ANSWERS_BYTES];
static uint32_t answered;

/* ---- what client.c needs of the daemon ---- */

void weftd_log(const char *format, ...)
{
	(void)format;
}
bool weftd_deferred_calls_pending(void)
{
	return false;
}
void weftd_deferred_flush(void) {}
void weftd_closing_wait(void) {}

static void bad(const char *what)
{
	fprintf(stderr, "%s\n", what);
	abort();
}

/* ---- the peer ---- */

static void listen_once(void)
{
	socklen_t bytes =
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
			(size_t)snprintf(address.sun_path + 1, sizeof(address.sun_path) - 1, "weft-fuzz-%d", (int)getpid()));

	if (listen_fd >= 0)
		return;
	listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (listen_fd < 0 || epoll_fd < 0 || bind(listen_fd, (struct sockaddr *)&address, bytes) || listen(listen_fd, 4))
		bad("no unix socket");
}

static void open_peer(void)
{
	socklen_t bytes = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(address.sun_path + 1));

	peer = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (peer < 0 || connect(peer, (struct sockaddr *)&address, bytes))
		bad("no connection");
	weftd_client_accept(weft_host_plane_core(host), listen_fd, epoll_fd);
	answered = 0;
}

/* The daemon's loop, until nothing is left to do. */
static void serve(void)
{
	struct epoll_event event;

	for (uint32_t round = 0; epoll_wait(epoll_fd, &event, 1, 0) == 1; round++) {
		if (round > 100000)
			bad("the daemon is busy for ever");
		weftd_client_event(event.data.ptr, event.events);
		weftd_clients_reap();
	}
}

/* Answers are whole frames, one behind the other; the last may be under way. */
static void check_answers(void)
{
	uint32_t at = 0;

	while (answered - at >= sizeof(struct weft_frame_header)) {
		struct weft_frame_header header;

		memcpy(&header, answers + at, sizeof(header));
		if (header.bytes < sizeof(header) || header.bytes > WEFT_FRAME_BYTES_MAX || header.bytes % 8)
			bad("an answer is no frame");
		if (header.bytes > answered - at)
			break;
		at += header.bytes;
	}
	memmove(answers, answers + at, answered - at);
	answered -= at;
}

/* False: the daemon closed the connection. */
static bool read_some(uint32_t bytes)
{
	while (bytes) {
		uint32_t room = ANSWERS_BYTES - answered < bytes ? ANSWERS_BYTES - answered : bytes;
		ssize_t got = recv(peer, answers + answered, room, MSG_DONTWAIT);

		if (got < 0 && errno == EAGAIN)
			return true;
		if (got <= 0)
			return false;
		answered += (uint32_t)got;
		bytes -= (uint32_t)got;
		check_answers();
		serve();
	}
	return true;
}

/* False: the daemon closed the connection, or takes nothing before its answers are read. */
static bool send_all(const void *data, uint32_t bytes)
{
	const uint8_t *from = data;

	while (bytes) {
		ssize_t sent = send(peer, from, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);

		serve();
		if (sent < 0 && errno == EAGAIN) {
			if (!read_some(1u << 20))
				return false;
			continue;
		}
		if (sent < 0)
			return false;
		from += sent;
		bytes -= (uint32_t)sent;
	}
	return true;
}

static bool send_message(uint16_t object, uint16_t operation, const uint8_t *body, uint32_t bytes)
{
	static uint64_t frame[(65536 + 64) / 8];
	struct weft_message_header message = {object, operation, (uint32_t)sizeof(message) + ((bytes + 7) & ~7u), 1, 0};
	struct weft_frame_header header = {(uint32_t)sizeof(header) + message.bytes, 1, 1, 0};

	memset(frame, 0, header.bytes);
	memcpy(frame, &header, sizeof(header));
	memcpy((uint8_t *)frame + sizeof(header), &message, sizeof(message));
	memcpy((uint8_t *)frame + sizeof(header) + sizeof(message), body, bytes);
	return send_all(frame, header.bytes);
}

static bool send_hello(const uint8_t *body, uint32_t bytes)
{
	struct weft_hello_msg hello = {WEFT_ABI_MAJOR, WEFT_ABI_MINOR, 0, {0}};

	memcpy(hello.peer, body, bytes < sizeof(hello.peer) ? bytes : sizeof(hello.peer));
	return send_message(WEFT_OBJECT_HELLO, WEFT_OPERATION_SET, (const uint8_t *)&hello, sizeof(hello));
}

static void reopen(void)
{
	close(peer);
	serve();
	open_peer();
}

static void play_record(uint32_t what, uint32_t length, const uint8_t *data, uint32_t bytes)
{
	struct weft_frame_header header = {length, 1, 1, 0};
	bool there = true;

	switch (what % 8) {
	case 3:
		there = send_hello(data, bytes);
		break;
	case 4:
		there = bytes < 2 || send_message(data[0], data[1], data + 2, bytes - 2);
		break;
	case 5:
		there = read_some(length);
		break;
	case 6:
		there = send_all(&header, sizeof(header));
		break;
	case 7:
		there = length & 1 && !shutdown(peer, SHUT_WR);
		serve();
		break;
	default:
		there = send_all(data, bytes);
	}
	if (!there)
		reopen();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct weft_host_plane_options options = {.random_seed = 1, .now_ns = 1000000000ull, .connections_max = 1024};
	size_t at = 0;

	listen_once();
	host = weft_host_plane_open_with(&options);
	if (!host)
		return 0;
	open_peer();
	for (uint32_t i = 0; i < RECORDS_MAX && at + 3 <= size; i++) {
		uint32_t what = data[at], length = data[at + 1] | (uint32_t)data[at + 2] << 8, bytes = length;

		at += 3;
		/* numbers, not bytes that follow */
		if (what % 8 == 5 || what % 8 == 6 || what % 8 == 7)
			bytes = 0;
		if (bytes > size - at)
			bytes = (uint32_t)(size - at);
		play_record(what, length, data + at, bytes);
		at += bytes;
	}
	serve();
	read_some(1u << 22);
	close(peer);
	serve();
	weftd_clients_close();
	weft_host_plane_close(host);
	return 0;
}
