/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * weft-transfer: a TCP transfer whose content is checked.
 *
 *   weft-transfer server --listen ADDRESS --port N --token TEXT [--connections N]
 *   weft-transfer client --connect ADDRESS --port N --bytes N --seed N [--source-port N] [--timeout-ms N]
 *
 * The client sends a pseudo-random stream made from the seed. The server makes the checksum of what
 * arrives, acknowledges the last byte (that ends the measured time) and answers checksum and its token. The client compares the
 * checksum with its own and prints one JSON object; its status is 0 when they agree, 1 otherwise. The token says who answered:
 * two pods of different networks may have the same address.
 */
#include "options.h"

#include <errno.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAGIC 0x7765667478666572u
#define TOKEN_BYTES 32
#define TRANSFER_BYTES_MAX (1u << 30)
#define IDLE_TIMEOUT_S 20
#define CHECKSUM_START 0x9e3779b97f4a7c15u
#define PIECE_BYTES 262144u

struct request {
	uint64_t magic, bytes, seed;
};

struct answer {
	uint64_t checksum;
	char token[TOKEN_BYTES];
};

/* xorshift64*, one word at a time: far faster than what is measured. */
static void make_stream(uint64_t *words, size_t count, uint64_t seed)
{
	uint64_t x = seed | 1;

	for (size_t i = 0; i < count; i++) {
		x ^= x >> 12;
		x ^= x << 25;
		x ^= x >> 27;
		words[i] = x * 0x2545f4914f6cdd1du;
	}
}

/* Order dependent: a swapped, missing or repeated word changes it. Start with CHECKSUM_START. */
static uint64_t checksum_of(uint64_t sum, const uint64_t *words, size_t count)
{
	for (size_t i = 0; i < count; i++)
		sum = ((sum << 7) | (sum >> 57)) * 0xff51afd7ed558ccdu + words[i];
	return sum;
}

static uint64_t *stream_buffer(uint64_t bytes)
{
	uint64_t *buffer = malloc(bytes ? bytes : 8);

	if (!buffer)
		die("memory for the stream");
	return buffer;
}

static bool send_all(int fd, const void *from, uint64_t bytes)
{
	const char *at = from;

	while (bytes) {
		ssize_t n = send(fd, at, bytes, MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		bytes -= (uint64_t)n;
	}
	return true;
}

static bool receive_all(int fd, void *to, uint64_t bytes)
{
	char *at = to;

	while (bytes) {
		ssize_t n = recv(fd, at, bytes, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			if (n == 0)
				errno = ECONNRESET;
			return false;
		}
		at += n;
		bytes -= (uint64_t)n;
	}
	return true;
}

static void set_timeouts(int fd, uint64_t ms)
{
	struct timeval limit = {.tv_sec = (time_t)(ms / 1000), .tv_usec = (suseconds_t)(ms % 1000 * 1000)};

	if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit)))
		die("socket timeouts");
}

/* Takes `bytes` of the stream, a multiple of 8, and makes their checksum on the way. */
static bool receive_stream(int fd, uint64_t bytes, uint64_t *checksum)
{
	static uint64_t piece[PIECE_BYTES / 8];

	*checksum = CHECKSUM_START;
	while (bytes) {
		uint64_t want = bytes < PIECE_BYTES ? bytes : PIECE_BYTES;

		if (!receive_all(fd, piece, want))
			return false;
		*checksum = checksum_of(*checksum, piece, want / 8);
		bytes -= want;
	}
	return true;
}

static void serve(int fd, const char *token)
{
	struct answer answer = {0};
	struct request request;

	set_timeouts(fd, IDLE_TIMEOUT_S * 1000);
	if (!receive_all(fd, &request, sizeof(request)) || request.magic != MAGIC || request.bytes > TRANSFER_BYTES_MAX ||
	    request.bytes % 8) {
		fprintf(stderr, "weft-transfer: refused a request that is not one\n");
		return;
	}
	if (receive_stream(fd, request.bytes, &answer.checksum) && send_all(fd, "R", 1)) {
		snprintf(answer.token, sizeof(answer.token), "%s", token);
		if (!send_all(fd, &answer, sizeof(answer)))
			fprintf(stderr, "weft-transfer: answer: %s\n", strerror(errno));
	} else {
		fprintf(stderr, "weft-transfer: stream: %s\n", strerror(errno));
	}
}

static int run_server(const struct options *options)
{
	struct ip_address ip = option_address(options, "listen");
	uint16_t port = (uint16_t)option_number(options, "port", 5001, 1, 65535);
	uint64_t connections = option_number(options, "connections", UINT64_MAX, 1, UINT64_MAX);
	const char *token = option_required(options, "token");
	struct sockaddr_storage address;
	socklen_t length = socket_address(&ip, port, &address);
	int listener = socket(ip.family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (strlen(token) >= TOKEN_BYTES)
		usage_error("--token: '%s' is longer than %d bytes", token, TOKEN_BYTES - 1);
	if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(listener, (struct sockaddr *)&address, length) || listen(listener, 16))
		die("listen");
	printf("ready\n");
	fflush(stdout);
	for (uint64_t i = 0; i < connections; i++) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);

		if (fd < 0)
			die("accept");
		serve(fd, token);
		close(fd);
	}
	return 0;
}

static int open_client(const struct options *options, uint64_t timeout_ms)
{
	struct ip_address ip = option_address(options, "connect");
	uint16_t port = (uint16_t)option_number(options, "port", 5001, 1, 65535);
	uint16_t source_port = (uint16_t)option_number(options, "source-port", 0, 1, 65535);
	struct ip_address any = {.family = ip.family, .bytes = ip.bytes};
	struct sockaddr_storage address, source;
	socklen_t length = socket_address(&ip, port, &address);
	int fd = socket(ip.family, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0)
		die("socket");
	set_timeouts(fd, timeout_ms);
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
	    bind(fd, (struct sockaddr *)&source, socket_address(&any, source_port, &source)))
		die("bind");
	if (connect(fd, (struct sockaddr *)&address, length)) {
		if (errno == EINPROGRESS)
			errno = ETIMEDOUT; /* what SO_SNDTIMEO makes of it */
		printf("{\"connected\":false,\"error\":\"%s\"}\n", strerror(errno));
		exit(1);
	}
	return fd;
}

static int run_client(const struct options *options)
{
	uint64_t bytes = option_number(options, "bytes", 0, 0, TRANSFER_BYTES_MAX) & ~(uint64_t)7;
	uint64_t seed = option_number(options, "seed", 1, 0, UINT64_MAX);
	int fd = open_client(options, option_number(options, "timeout-ms", 20000, 1, 600000));
	struct request request = {MAGIC, bytes, seed};
	uint64_t *stream = stream_buffer(bytes);
	uint64_t checksum, start, end;
	struct tcp_info state = {0};
	socklen_t length = sizeof(state);
	struct answer answer;
	char received;

	make_stream(stream, bytes / 8, seed);
	checksum = checksum_of(CHECKSUM_START, stream, bytes / 8);
	start = now_ns();
	if (!send_all(fd, &request, sizeof(request)) || !send_all(fd, stream, bytes) || !receive_all(fd, &received, 1)) {
		printf("{\"connected\":true,\"verified\":false,\"error\":\"%s\"}\n", strerror(errno));
		return 1;
	}
	end = now_ns();
	if (!receive_all(fd, &answer, sizeof(answer))) {
		printf("{\"connected\":true,\"verified\":false,\"error\":\"%s\"}\n", strerror(errno));
		return 1;
	}
	answer.token[TOKEN_BYTES - 1] = 0;
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &state, &length))
		die("TCP_INFO");
	free(stream);
	close(fd);
	printf("{\"connected\":true,\"verified\":%s,\"token\":\"%s\",\"bytes\":%" PRIu64 ",\"checksum\":\"%016" PRIx64
	       "\",\"nanoseconds\":%" PRIu64 ",\"gbit_per_s\":%.3f,\"retransmits\":%u}\n",
	       answer.checksum == checksum ? "true" : "false", answer.token, bytes, answer.checksum, end - start,
	       (double)bytes * 8 / (double)(end - start), state.tcpi_total_retrans);
	return answer.checksum == checksum ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct options options = {argc - 2, argv + 2};

	signal(SIGPIPE, SIG_IGN);
	if (argc >= 2 && !strcmp(argv[1], "server"))
		return run_server(&options);
	if (argc >= 2 && !strcmp(argv[1], "client"))
		return run_client(&options);
	usage_error("want: server|client --option value …");
}
