/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * weft-round-trip: one byte there and back over one TCP connection, again and again (netperf's TCP_RR).
 *
 *   weft-round-trip server --listen ADDRESS --port N
 *   weft-round-trip client --connect ADDRESS --port N [--count 20000]
 *
 * The server prints "ready", serves one connection and ends with it. The client prints one JSON object: microseconds a round
 * trip.
 */
#include "../system/options.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define COUNT_MAX 10000000u
#define WARM_UP 1000u
#define TIMEOUT_S 10

static void set_up(int fd)
{
	struct timeval limit = {.tv_sec = TIMEOUT_S};
	int one = 1;

	if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)))
		die("socket options");
}

static int serve(const struct options *options)
{
	struct ip_address address = option_address(options, "listen");
	struct sockaddr_storage local;
	socklen_t bytes = socket_address(&address, (uint16_t)option_number(options, "port", 0, 1, 65535), &local);
	int listener = socket(address.family, SOCK_STREAM, 0), one = 1, fd;
	char byte;

	if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) ||
	    bind(listener, (struct sockaddr *)&local, bytes) || listen(listener, 1))
		die("listen");
	puts("ready");
	fflush(stdout);
	fd = accept(listener, NULL, NULL);
	if (fd < 0)
		die("accept");
	set_up(fd);
	while (recv(fd, &byte, 1, 0) == 1) {
		if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1)
			die("send");
	}
	return 0;
}

static int ascending(const void *a, const void *b)
{
	uint64_t one = *(const uint64_t *)a, other = *(const uint64_t *)b;

	return (one > other) - (one < other);
}

static void exchange(int fd)
{
	char byte = 'x';

	if (send(fd, &byte, 1, MSG_NOSIGNAL) != 1 || recv(fd, &byte, 1, 0) != 1)
		die("round trip");
}

static int ask(const struct options *options)
{
	struct ip_address address = option_address(options, "connect");
	struct sockaddr_storage remote;
	socklen_t bytes = socket_address(&address, (uint16_t)option_number(options, "port", 0, 1, 65535), &remote);
	uint64_t count = option_number(options, "count", 20000, 1, COUNT_MAX), *spent = calloc(count, sizeof(*spent)), start;
	int fd = socket(address.family, SOCK_STREAM, 0);

	if (!spent || fd < 0)
		die("memory or socket");
	set_up(fd);
	if (connect(fd, (struct sockaddr *)&remote, bytes))
		die("connect");
	for (uint32_t i = 0; i < WARM_UP; i++)
		exchange(fd);
	for (uint64_t i = 0; i < count; i++) {
		start = now_ns();
		exchange(fd);
		spent[i] = now_ns() - start;
	}
	close(fd);
	qsort(spent, count, sizeof(*spent), ascending);
	printf("{\"count\": %llu, \"p10_us\": %.2f, \"p50_us\": %.2f, \"p99_us\": %.2f}\n", (unsigned long long)count,
	       (double)spent[count / 10] / 1e3, (double)spent[count / 2] / 1e3, (double)spent[count * 99 / 100] / 1e3);
	free(spent);
	return 0;
}

int main(int count, char **words)
{
	struct options options;

	if (count < 2)
		usage_error("want server or client");
	options = (struct options){count - 2, words + 2};
	if (!strcmp(words[1], "server"))
		return serve(&options);
	if (!strcmp(words[1], "client"))
		return ask(&options);
	usage_error("'%s': want server or client", words[1]);
}
