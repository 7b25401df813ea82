/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * weft-flow: traffic that goes on while something else happens, and what became of it.
 *
 *   weft-flow server --listen ADDRESS --ports N[,N…] [--id 0..255]
 *   weft-flow stream --connect ADDRESS --port N [--protocol udp|tcp] [--rate 1000]
 *   weft-flow open   --connect ADDRESS --port N [--protocol udp|tcp] [--rate 200] [--count N] [--timeout-ms 3000]
 *
 * server echoes TCP and UDP on every port and puts its id into each message; it prints "ready" and runs until it is killed.
 * stream sends numbered messages, one per tick, in one flow; it prints "ready" at the first answer (none in 5 s: status 1).
 * open opens new flows, one message each, closes them, and prints "ready" first. A flow without an answer in time has failed,
 * one that needed a retransmission is counted too. Both go on until stdin ends (open: or --count flows were opened), wait for
 * what is under way and print one JSON object. Times are CLOCK_MONOTONIC in nanoseconds, as System.nanoTime() of a JVM on
 * Linux.
 */
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define PORTS_MAX 64
#define FDS_MAX 16384
#define MESSAGES_MAX (1u << 20)
#define BURST_MAX 16 /* messages a late timer makes up for at once */
#define FLOWS_MAX 8192
#define LATE_NS 1000000000u /* how long answers of the last messages may take */
#define FIRST_ANSWER_NS 5000000000u
#define SERVER_BYTE 8 /* where the server's id is in a message */

struct message {
	uint64_t sequence;
	uint8_t server, zero[7];
};

static const uint64_t second_ns = 1000000000u;

/* --- common ------------------------------------------------------------------------------------------------------- */

static bool is_tcp(const struct options *options)
{
	const char *text = option_text(options, "protocol", "tcp");

	if (strcmp(text, "tcp") && strcmp(text, "udp"))
		usage_error("--protocol: '%s' is neither udp nor tcp", text);
	return !strcmp(text, "tcp");
}

static int make_socket(int family, bool tcp)
{
	int fd = socket(family, (tcp ? SOCK_STREAM : SOCK_DGRAM) | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int on = 1, bytes = 4 << 20;

	if (fd < 0)
		die("socket");
	if (fd >= FDS_MAX)
		usage_error("more than %d sockets at once", FDS_MAX);
	/* What this program is too slow to read must not look like a loss of the network. */
	if (!tcp && setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) &&
	    setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)))
		die("receive buffer");
	if (tcp && setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
		die("TCP_NODELAY");
	return fd;
}

static void watch(int epoll, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event))
		die("epoll");
}

static int make_epoll(void)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll < 0)
		die("epoll");
	return epoll;
}

static int make_timer(uint64_t rate)
{
	uint64_t ns = second_ns / rate;
	struct itimerspec every = {.it_interval = {(time_t)(ns / second_ns), (long)(ns % second_ns)}, .it_value = {0, 1}};
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (timer < 0 || timerfd_settime(timer, 0, &every, NULL))
		die("timer");
	return timer;
}

/* How many messages are due. */
static uint64_t ticks(int timer)
{
	uint64_t expirations = 0;

	if (read(timer, &expirations, sizeof(expirations)) < 0 && errno != EAGAIN)
		die("timer");
	return expirations < BURST_MAX ? expirations : BURST_MAX;
}

static uint32_t retransmissions(int fd)
{
	struct tcp_info info = {0};
	socklen_t bytes = sizeof(info);

	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &bytes) ? 0 : info.tcpi_total_retrans;
}

static void say_ready(void)
{
	printf("ready\n");
	fflush(stdout);
}

/* --- server ------------------------------------------------------------------------------------------------------- */

enum role { ROLE_NONE, ROLE_LISTENER, ROLE_DATAGRAMS, ROLE_CONNECTION };

static struct {
	enum role role;
	uint64_t received;
} served[FDS_MAX];

static void listen_on(int epoll, const struct ip_address *ip, uint16_t port)
{
	struct sockaddr_storage address;
	socklen_t length = socket_address(ip, port, &address);
	int on = 1;

	for (int tcp = 0; tcp < 2; tcp++) {
		int fd = make_socket(ip->family, tcp);

		if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) ||
		    bind(fd, (struct sockaddr *)&address, length) || (tcp && listen(fd, 1024)))
			die("listen");
		served[fd].role = tcp ? ROLE_LISTENER : ROLE_DATAGRAMS;
		watch(epoll, fd, EPOLLIN);
	}
}

static void accept_all(int epoll, int listener)
{
	int fd, on = 1;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		if (fd >= FDS_MAX)
			usage_error("more than %d connections at once", FDS_MAX);
		if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)))
			die("TCP_NODELAY");
		served[fd].role = ROLE_CONNECTION;
		served[fd].received = 0;
		watch(epoll, fd, EPOLLIN);
	}
}

static void answer_connection(int fd, uint8_t id)
{
	uint8_t bytes[4096];
	ssize_t n = recv(fd, bytes, sizeof(bytes), 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	for (ssize_t i = 0; i < n; i++)
		if ((served[fd].received + (uint64_t)i) % sizeof(struct message) == SERVER_BYTE)
			bytes[i] = id;
	/* A client that does not read its echoes is closed. */
	if (n <= 0 || send(fd, bytes, (size_t)n, MSG_NOSIGNAL) != n) {
		served[fd].role = ROLE_NONE;
		close(fd);
		return;
	}
	served[fd].received += (uint64_t)n;
}

static void answer_datagrams(int fd, uint8_t id)
{
	struct sockaddr_storage from;
	struct message message;
	socklen_t length = sizeof(from);

	while (recvfrom(fd, &message, sizeof(message), 0, (struct sockaddr *)&from, &length) == sizeof(message)) {
		message.server = id;
		if (sendto(fd, &message, sizeof(message), 0, (struct sockaddr *)&from, length) < 0)
			fprintf(stderr, "weft-flow: answer: %s\n", strerror(errno));
		length = sizeof(from);
	}
}

static int run_server(const struct options *options)
{
	struct ip_address ip = option_address(options, "listen");
	uint8_t id = (uint8_t)option_number(options, "id", 0, 0, 255);
	char *ports = strdup(option_required(options, "ports"));
	int epoll = make_epoll();

	for (char *text = strtok(ports, ","); text; text = strtok(NULL, ",")) {
		char *end;
		unsigned long port = strtoul(text, &end, 10);

		if (*end || port < 1 || port > 65535)
			usage_error("--ports: '%s' is not a number 1..65535", text);
		listen_on(epoll, &ip, (uint16_t)port);
	}
	free(ports);
	say_ready();
	for (;;) {
		struct epoll_event events[64];
		int count = epoll_wait(epoll, events, 64, -1);

		if (count < 0 && errno != EINTR)
			die("epoll");
		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;

			if (served[fd].role == ROLE_LISTENER)
				accept_all(epoll, fd);
			else if (served[fd].role == ROLE_DATAGRAMS)
				answer_datagrams(fd, id);
			else if (served[fd].role == ROLE_CONNECTION)
				answer_connection(fd, id);
		}
	}
}

/* --- stream ------------------------------------------------------------------------------------------------------- */

struct stream {
	int fd;
	bool tcp, broken;
	uint64_t sent, answered, duplicates, start_ns, last_answer_ns, longest_gap_ns, longest_gap_at_ns;
	uint8_t partial[sizeof(struct message)];
	size_t partial_bytes;
	uint8_t seen[MESSAGES_MAX];
};

static void send_message(struct stream *stream)
{
	struct message message = {.sequence = stream->sent};

	if (stream->sent == MESSAGES_MAX)
		usage_error("more than %u messages", MESSAGES_MAX);
	/* Not sent because the queue is full, or refused: never answered, so it counts as lost. TCP keeps its framing: a short
	 * write ends it. */
	ssize_t n = send(stream->fd, &message, sizeof(message), MSG_NOSIGNAL);

	if (stream->tcp && n < 0 && errno == EAGAIN)
		return;
	if (stream->tcp && n != sizeof(message))
		stream->broken = true;
	stream->sent++;
}

static void note_answer(struct stream *stream, const struct message *message)
{
	uint64_t now = now_ns(), gap = now - stream->last_answer_ns;

	if (message->sequence >= stream->sent)
		return;
	if (stream->seen[message->sequence]) {
		stream->duplicates++;
		return;
	}
	if (!stream->answered)
		say_ready();
	else if (gap > stream->longest_gap_ns) {
		stream->longest_gap_ns = gap;
		stream->longest_gap_at_ns = stream->last_answer_ns;
	}
	stream->seen[message->sequence] = 1;
	stream->answered++;
	stream->last_answer_ns = now;
}

static void receive_answers(struct stream *stream)
{
	struct message message;

	while (!stream->broken) {
		ssize_t n = recv(stream->fd, stream->partial + stream->partial_bytes,
				 sizeof(stream->partial) - stream->partial_bytes, 0);

		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			/* A refused datagram is told once; the socket stays usable. */
			stream->broken = stream->tcp;
			continue;
		}
		stream->partial_bytes += (size_t)n;
		if (stream->partial_bytes < sizeof(message) && stream->tcp)
			continue;
		stream->partial_bytes = 0;
		memcpy(&message, stream->partial, sizeof(message));
		note_answer(stream, &message);
	}
}

/* Sends until stdin ends, then waits for the last answers. */
static void run_ticks(struct stream *stream, int timer)
{
	uint64_t end_ns = 0;

	while (!end_ns || (stream->answered < stream->sent && now_ns() < end_ns && !stream->broken)) {
		struct pollfd fds[] = {
		    {.fd = end_ns ? -1 : timer, .events = POLLIN},
		    {.fd = stream->broken ? -1 : stream->fd, .events = POLLIN},
		    {.fd = end_ns ? -1 : STDIN_FILENO, .events = POLLIN},
		};

		if (poll(fds, 3, 50) < 0 && errno != EINTR)
			die("poll");
		if (fds[0].revents)
			for (uint64_t due = ticks(timer); due && !stream->broken; due--)
				send_message(stream);
		if (fds[1].revents)
			receive_answers(stream);
		if (fds[2].revents)
			end_ns = now_ns() + LATE_NS;
		if (!stream->answered && now_ns() > stream->start_ns + FIRST_ANSWER_NS)
			usage_error("no answer within %u s", (unsigned int)(FIRST_ANSWER_NS / second_ns));
	}
}

static void print_stream(const struct stream *stream)
{
	uint64_t first_lost = 0, last_lost = 0;

	for (uint64_t i = 0; i < stream->sent; i++) {
		if (stream->seen[i])
			continue;
		first_lost = first_lost ? first_lost : i + 1;
		last_lost = i + 1;
	}
	printf("{\"sent\":%" PRIu64 ",\"answered\":%" PRIu64 ",\"lost\":%" PRIu64 ",\"first_lost\":%" PRIu64
	       ",\"last_lost\":%" PRIu64 ",\"duplicates\":%" PRIu64 ",\"broken\":%s,\"start_ns\":%" PRIu64
	       ",\"last_answer_ns\":%" PRIu64 ",\"longest_gap_ns\":%" PRIu64 ",\"longest_gap_at_ns\":%" PRIu64
	       ",\"retransmitted\":%" PRIu32 "}\n",
	       stream->sent, stream->answered, stream->sent - stream->answered, first_lost, last_lost, stream->duplicates,
	       stream->broken ? "true" : "false", stream->start_ns, stream->last_answer_ns, stream->longest_gap_ns,
	       stream->longest_gap_at_ns, stream->tcp ? retransmissions(stream->fd) : 0);
}

static int run_stream(const struct options *options)
{
	static struct stream stream;
	struct ip_address ip = option_address(options, "connect");
	uint16_t port = (uint16_t)option_number(options, "port", 0, 1, 65535);
	uint64_t rate = option_number(options, "rate", 1000, 1, 100000);
	struct sockaddr_storage address;
	socklen_t length = socket_address(&ip, port, &address);
	struct pollfd connecting;

	stream.tcp = is_tcp(options);
	stream.fd = make_socket(ip.family, stream.tcp);
	stream.start_ns = now_ns();
	if (connect(stream.fd, (struct sockaddr *)&address, length) && errno != EINPROGRESS)
		die("connect");
	connecting = (struct pollfd){.fd = stream.fd, .events = POLLOUT};
	if (poll(&connecting, 1, (int)(FIRST_ANSWER_NS / 1000000)) != 1 || connecting.revents != POLLOUT)
		usage_error("no connection");
	run_ticks(&stream, make_timer(rate));
	print_stream(&stream);
	return 0;
}

/* --- open --------------------------------------------------------------------------------------------------------- */

struct flow {
	int fd; /* 0: free */
	bool asked;
	uint64_t start_ns;
};

struct opener {
	int epoll;
	bool tcp;
	struct sockaddr_storage address;
	socklen_t length;
	uint64_t timeout_ns, count;
	uint64_t opened, answered, refused, timed_out, retransmitted, slowest_ns;
	uint64_t first_failed_ns, last_failed_ns; /* when they were opened */
	uint64_t by_server[256];
	struct flow flows[FLOWS_MAX];
	uint32_t at_fd[FDS_MAX];
	uint32_t oldest, next; /* ring of flows */
};

static uint64_t finished_flows(const struct opener *opener)
{
	return opener->answered + opener->refused + opener->timed_out;
}

/* Ends with a reset: nothing of it stays in either kernel. */
static void end_flow(struct opener *opener, struct flow *flow)
{
	struct linger reset = {.l_onoff = 1};

	if (opener->tcp && setsockopt(flow->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)))
		die("linger");
	close(flow->fd);
	flow->fd = 0;
}

static void fail_flow(struct opener *opener, struct flow *flow, uint64_t *counter)
{
	(*counter)++;
	if (!opener->first_failed_ns)
		opener->first_failed_ns = flow->start_ns;
	if (flow->start_ns > opener->last_failed_ns)
		opener->last_failed_ns = flow->start_ns;
	end_flow(opener, flow);
}

static void open_flow(struct opener *opener)
{
	struct flow *flow = &opener->flows[opener->next % FLOWS_MAX];

	if (opener->next - opener->oldest == FLOWS_MAX)
		usage_error("more than %d flows at once", FLOWS_MAX);
	flow->fd = make_socket(opener->address.ss_family, opener->tcp);
	flow->asked = false;
	flow->start_ns = now_ns();
	opener->at_fd[flow->fd] = opener->next % FLOWS_MAX;
	opener->next++;
	opener->opened++;
	if (connect(flow->fd, (struct sockaddr *)&opener->address, opener->length) && errno != EINPROGRESS) {
		fail_flow(opener, flow, &opener->refused);
		return;
	}
	watch(opener->epoll, flow->fd, EPOLLIN | EPOLLOUT | EPOLLET);
}

static void serve_flow(struct opener *opener, struct flow *flow, uint32_t events)
{
	struct message message = {.sequence = opener->opened};
	uint64_t took = now_ns() - flow->start_ns;

	if (events & (EPOLLERR | EPOLLHUP)) {
		fail_flow(opener, flow, &opener->refused);
		return;
	}
	if (!flow->asked && events & EPOLLOUT) {
		flow->asked = true;
		if (send(flow->fd, &message, sizeof(message), MSG_NOSIGNAL) != sizeof(message)) {
			fail_flow(opener, flow, &opener->refused);
			return;
		}
	}
	if (!(events & EPOLLIN))
		return;
	if (recv(flow->fd, &message, sizeof(message), 0) != sizeof(message)) {
		fail_flow(opener, flow, &opener->refused);
		return;
	}
	opener->answered++;
	opener->by_server[message.server]++;
	opener->retransmitted += opener->tcp && retransmissions(flow->fd);
	if (took > opener->slowest_ns)
		opener->slowest_ns = took;
	end_flow(opener, flow);
}

static void expire(struct opener *opener)
{
	uint64_t now = now_ns();

	for (; opener->oldest != opener->next; opener->oldest++) {
		struct flow *flow = &opener->flows[opener->oldest % FLOWS_MAX];

		if (flow->fd && now - flow->start_ns < opener->timeout_ns)
			return;
		if (flow->fd)
			fail_flow(opener, flow, &opener->timed_out);
	}
}

static void print_opener(const struct opener *opener)
{
	bool first = true;

	printf("{\"opened\":%" PRIu64 ",\"answered\":%" PRIu64 ",\"refused\":%" PRIu64 ",\"timed_out\":%" PRIu64
	       ",\"retransmitted\":%" PRIu64 ",\"slowest_ns\":%" PRIu64 ",\"first_failed_ns\":%" PRIu64
	       ",\"last_failed_ns\":%" PRIu64 ",\"by_server\":{",
	       opener->opened, opener->answered, opener->refused, opener->timed_out, opener->retransmitted, opener->slowest_ns,
	       opener->first_failed_ns, opener->last_failed_ns);
	for (int i = 0; i < 256; i++) {
		if (!opener->by_server[i])
			continue;
		printf("%s\"%d\":%" PRIu64, first ? "" : ",", i, opener->by_server[i]);
		first = false;
	}
	printf("}}\n");
}

static void open_until_told(struct opener *opener, int timer)
{
	bool ending = false;

	watch(opener->epoll, timer, EPOLLIN);
	while (!ending || finished_flows(opener) < opener->opened) {
		struct epoll_event events[64];
		struct pollfd told = {.fd = STDIN_FILENO, .events = POLLIN};
		int count = epoll_wait(opener->epoll, events, 64, 10);

		if (count < 0 && errno != EINTR)
			die("epoll");
		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;
			struct flow *flow = &opener->flows[opener->at_fd[fd]];

			if (fd != timer && flow->fd == fd)
				serve_flow(opener, flow, events[i].events);
			if (fd != timer)
				continue;
			for (uint64_t due = ticks(timer); due && !ending; due--) {
				open_flow(opener);
				ending = opener->count && opener->opened == opener->count;
			}
		}
		expire(opener);
		if (!opener->count && !ending && poll(&told, 1, 0) > 0)
			ending = true;
	}
}

static int run_open(const struct options *options)
{
	static struct opener opener;
	struct ip_address ip = option_address(options, "connect");
	uint16_t port = (uint16_t)option_number(options, "port", 0, 1, 65535);
	uint64_t rate = option_number(options, "rate", 200, 1, 2000);

	opener.tcp = is_tcp(options);
	opener.length = socket_address(&ip, port, &opener.address);
	opener.count = option_number(options, "count", 0, 1, UINT32_MAX);
	opener.timeout_ns = option_number(options, "timeout-ms", 3000, 10, 60000) * 1000000;
	opener.epoll = make_epoll();
	say_ready();
	open_until_told(&opener, make_timer(rate));
	print_opener(&opener);
	return 0;
}

int main(int argc, char **argv)
{
	struct options options = {argc - 2, argv + 2};
	struct rlimit files = {FDS_MAX, FDS_MAX};

	if (argc < 2)
		usage_error("want server, stream or open");
	if (setrlimit(RLIMIT_NOFILE, &files))
		die("open files");
	if (!strcmp(argv[1], "server"))
		return run_server(&options);
	if (!strcmp(argv[1], "stream"))
		return run_stream(&options);
	if (!strcmp(argv[1], "open"))
		return run_open(&options);
	usage_error("'%s' is none of server, stream and open", argv[1]);
	return 2;
}
