/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * weft-delay: a TCP proxy that holds back what the server says.
 *
 *   weft-delay --listen ADDRESS --port N --to ADDRESS --to-port N --delay-ms N
 *
 * What a client sends goes on at once; each piece the server sends goes on after the delay. Prints "ready"; runs until it is
 * killed, and its connections end with it.
 */
#include "options.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE_BYTES 65536
#define QUEUE_BYTES_MAX (64u << 20)

struct piece {
	struct piece *next;
	uint64_t due_ns;
	size_t bytes; /* 0: the server has closed */
	char data[];
};

struct held {
	struct piece *first, **last;
	size_t bytes;
};

static bool send_all(int fd, const char *from, size_t bytes)
{
	while (bytes) {
		ssize_t n = send(fd, from, bytes, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		from += n;
		bytes -= (size_t)n;
	}
	return true;
}

/* Takes what the server said. */
static void hold(struct held *held, int server, uint64_t delay_ns, bool *server_closed)
{
	struct piece *piece = malloc(sizeof(*piece) + PIECE_BYTES);
	ssize_t n;

	if (!piece || held->bytes > QUEUE_BYTES_MAX)
		usage_error("more than %u bytes held back", QUEUE_BYTES_MAX);
	n = recv(server, piece->data, PIECE_BYTES, 0);
	*server_closed = n <= 0;
	piece->bytes = n > 0 ? (size_t)n : 0;
	piece->due_ns = now_ns() + delay_ns;
	piece->next = NULL;
	*held->last = piece;
	held->last = &piece->next;
	held->bytes += piece->bytes;
}

/* Passes on what is due; false when the connection is over. */
static bool release(struct held *held, int client)
{
	while (held->first && held->first->due_ns <= now_ns()) {
		struct piece *piece = held->first;
		bool open = piece->bytes && send_all(client, piece->data, piece->bytes);

		held->first = piece->next;
		if (!held->first)
			held->last = &held->first;
		held->bytes -= piece->bytes;
		free(piece);
		if (!open)
			return false;
	}
	return true;
}

static void carry(int client, int server, uint64_t delay_ns)
{
	struct held held = {.last = &held.first};
	bool server_closed = false;
	char data[PIECE_BYTES];

	do {
		struct pollfd fds[] = {{.fd = client, .events = POLLIN}, {.fd = server_closed ? -1 : server, .events = POLLIN}};
		uint64_t now = now_ns();
		int wait_ms = !held.first		  ? -1
			      : held.first->due_ns <= now ? 0
							  : (int)((held.first->due_ns - now) / 1000000 + 1);

		if (poll(fds, 2, wait_ms) < 0 && errno != EINTR)
			die("poll");
		if (fds[1].revents)
			hold(&held, server, delay_ns, &server_closed);
		if (fds[0].revents) {
			ssize_t n = recv(client, data, sizeof(data), 0);

			if (n <= 0 || !send_all(server, data, (size_t)n))
				return;
		}
	} while (release(&held, client));
}

static int make_listener(const struct ip_address *ip, uint16_t port)
{
	struct sockaddr_storage address;
	socklen_t length = socket_address(ip, port, &address);
	int fd = socket(ip->family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&address, length) || listen(fd, 16))
		die("listen");
	return fd;
}

int main(int argc, char **argv)
{
	struct options options = {argc - 1, argv + 1};
	struct ip_address listen_ip = option_address(&options, "listen"), to = option_address(&options, "to");
	uint16_t port = (uint16_t)option_number(&options, "port", 0, 1, 65535);
	uint16_t to_port = (uint16_t)option_number(&options, "to-port", 0, 1, 65535);
	uint64_t delay_ns = option_number(&options, "delay-ms", 2000, 1, 60000) * 1000000;
	int listener = make_listener(&listen_ip, port);

	signal(SIGCHLD, SIG_IGN);
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		int client = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		struct sockaddr_storage address;
		pid_t child;
		int server;

		if (client < 0)
			die("accept");
		child = fork();
		if (child < 0)
			die("fork");
		if (child) {
			close(client);
			continue;
		}
		if (prctl(PR_SET_PDEATHSIG, SIGKILL))
			die("prctl");
		server = socket(to.family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (server < 0 || connect(server, (struct sockaddr *)&address, socket_address(&to, to_port, &address)))
			die("connect");
		carry(client, server, delay_ns);
		_exit(0);
	}
}
