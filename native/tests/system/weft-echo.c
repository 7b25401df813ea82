/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * weft-echo: how long until the first ICMP echo is answered.
 *
 *   weft-echo --netns PATH --to ADDRESS [--interval-us 1000] [--timeout-ms 5000] [-- COMMAND ARGUMENT…]
 *
 * Starts COMMAND in the caller's namespace (its stdin is this program's), and from that instant on sends an echo request
 * from the namespace PATH every interval until one is answered; an interface or route that is not there yet is a try like any
 * other. Without a command only the echo is measured. Prints one JSON object: times in nanoseconds since the start; "output" is
 * what COMMAND wrote (at most 64 KiB). Status 0: answered, and the command's status was 0; 1 otherwise; 2: bad usage.
 */
#include "options.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define OUTPUT_BYTES_MAX 65536

struct echo {
	uint8_t type, code;
	uint16_t checksum, identifier, sequence;
	uint8_t payload[16];
};

struct run {
	pid_t child; /* 0: no command */
	int pidfd, output, socket, timer;
	bool v6;
	uint16_t identifier;
	struct sockaddr_storage to;
	socklen_t to_bytes;
	uint64_t start_ns, deadline_ns;
	uint64_t sent, failed_sends, first_sent_ns, answered_ns, exited_ns;
	int status;
	size_t output_bytes;
	char text[OUTPUT_BYTES_MAX];
};

static uint16_t checksum_of(const void *data, size_t bytes)
{
	const uint16_t *word = data;
	uint32_t sum = 0;

	for (; bytes > 1; bytes -= 2)
		sum += *word++;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static void start_command(struct run *run, char **command)
{
	int ends[2];

	run->output = -1;
	run->pidfd = -1;
	if (!command[0])
		return;
	if (pipe2(ends, O_CLOEXEC))
		die("pipe");
	run->child = fork();
	if (run->child < 0)
		die("fork");
	if (run->child == 0) {
		if (dup2(ends[1], STDOUT_FILENO) < 0)
			_exit(126);
		execvp(command[0], command);
		fprintf(stderr, "weft-echo: %s: %s\n", command[0], strerror(errno));
		_exit(127);
	}
	close(ends[1]);
	run->output = ends[0];
	run->pidfd = (int)syscall(SYS_pidfd_open, run->child, 0);
	if (run->pidfd < 0 || fcntl(run->output, F_SETFL, O_NONBLOCK))
		die("pidfd");
}

static void open_echo(struct run *run, const char *netns)
{
	int fd = open(netns, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(netns);
	close(fd);
	run->socket = socket(run->v6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
			     run->v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP);
	if (run->socket < 0)
		die("raw socket");
}

static void open_timer(struct run *run, uint64_t interval_us)
{
	struct itimerspec every = {.it_interval = {(time_t)(interval_us / 1000000), (long)(interval_us % 1000000) * 1000},
				   .it_value = {0, 1}};

	run->timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (run->timer < 0 || timerfd_settime(run->timer, 0, &every, NULL))
		die("timer");
}

static void send_echo(struct run *run)
{
	struct echo request = {.type = run->v6 ? 128 : 8, .identifier = run->identifier};
	uint64_t expirations;

	if (read(run->timer, &expirations, sizeof(expirations)) < 0 && errno != EAGAIN)
		die("timer");
	request.sequence = htons((uint16_t)run->sent);
	if (!run->v6) /* the kernel fills in ICMPv6's */
		request.checksum = checksum_of(&request, sizeof(request));
	if (sendto(run->socket, &request, sizeof(request), 0, (struct sockaddr *)&run->to, run->to_bytes) < 0) {
		run->failed_sends++;
		return;
	}
	run->sent++;
	if (!run->first_sent_ns)
		run->first_sent_ns = now_ns();
}

static void receive_echo(struct run *run)
{
	uint8_t packet[2048];
	ssize_t bytes;

	while ((bytes = recv(run->socket, packet, sizeof(packet), 0)) > 0) {
		size_t header = run->v6 ? 0 : (size_t)(packet[0] & 15) * 4;
		struct echo answer;

		if ((size_t)bytes < header + sizeof(answer))
			continue;
		memcpy(&answer, packet + header, sizeof(answer));
		if (answer.type == (run->v6 ? 129 : 0) && answer.identifier == run->identifier && !run->answered_ns)
			run->answered_ns = now_ns();
	}
}

static void read_output(struct run *run)
{
	ssize_t bytes = read(run->output, run->text + run->output_bytes, sizeof(run->text) - run->output_bytes);

	if (bytes > 0) {
		run->output_bytes += (size_t)bytes;
	} else if (bytes == 0 || errno != EAGAIN) {
		close(run->output);
		run->output = -1;
	}
}

static void reap(struct run *run)
{
	run->exited_ns = now_ns();
	if (waitpid(run->child, &run->status, 0) < 0)
		die("waitpid");
	close(run->pidfd);
	run->pidfd = -1;
}

static bool finished(const struct run *run)
{
	if (run->pidfd >= 0 || run->output >= 0)
		return false;
	return run->answered_ns || (run->child && run->status);
}

static void measure(struct run *run)
{
	while (!finished(run) && now_ns() < run->deadline_ns) {
		struct pollfd fds[] = {
		    {.fd = run->answered_ns ? -1 : run->timer, .events = POLLIN},
		    {.fd = run->socket, .events = POLLIN},
		    {.fd = run->pidfd, .events = POLLIN},
		    {.fd = run->output, .events = POLLIN},
		};

		if (poll(fds, 4, 100) < 0 && errno != EINTR)
			die("poll");
		if (fds[1].revents)
			receive_echo(run);
		if (fds[2].revents)
			reap(run);
		if (fds[3].revents)
			read_output(run);
		if (fds[0].revents && !run->answered_ns)
			send_echo(run);
	}
	if (run->pidfd >= 0) {
		kill(run->child, SIGKILL);
		reap(run);
	}
}

static void print_json_text(const char *text, size_t bytes)
{
	putchar('"');
	for (size_t i = 0; i < bytes; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static uint64_t since(const struct run *run, uint64_t at)
{
	return at ? at - run->start_ns : 0;
}

int main(int argc, char **argv)
{
	static struct run run;
	struct options options = {0, argv + 1};
	uint64_t interval_us, timeout_ms;
	struct ip_address to;
	const char *netns;

	while (options.count + 1 < argc && strcmp(argv[options.count + 1], "--"))
		options.count++;
	netns = option_required(&options, "netns");
	to = option_address(&options, "to");
	interval_us = option_number(&options, "interval-us", 1000, 10, 1000000);
	timeout_ms = option_number(&options, "timeout-ms", 5000, 1, 600000);
	run.v6 = to.family == AF_INET6;
	run.to_bytes = socket_address(&to, 0, &run.to);
	run.identifier = (uint16_t)getpid();
	open_timer(&run, interval_us);
	run.start_ns = now_ns();
	run.deadline_ns = run.start_ns + timeout_ms * 1000000;
	start_command(&run, argv + options.count + 1 + (options.count + 1 < argc));
	open_echo(&run, netns);
	measure(&run);
	printf("{\"answered\":%s,\"answered_ns\":%" PRIu64 ",\"exited_ns\":%" PRIu64 ",\"first_sent_ns\":%" PRIu64
	       ",\"sent\":%" PRIu64 ",\"failed_sends\":%" PRIu64 ",\"status\":%d,\"output\":",
	       run.answered_ns ? "true" : "false", since(&run, run.answered_ns), since(&run, run.exited_ns),
	       since(&run, run.first_sent_ns), run.sent, run.failed_sends,
	       WIFEXITED(run.status) ? WEXITSTATUS(run.status) : 128 + WTERMSIG(run.status));
	print_json_text(run.text, run.output_bytes);
	printf("}\n");
	return run.answered_ns && !run.status ? 0 : 1;
}
