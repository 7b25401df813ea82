/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "arguments.h"
#include "channel.h"
#include "keep.h"
#include "log.h"

#define EXIT_NO_EXEC 127

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The child between fork and exec. The parent has one thread, so everything may be called. */
static void become_worker(const struct weftd_arguments *arguments, const struct weftd_handover *handover, pid_t parent)
{
	static char text[96];
	char **values = calloc((size_t)arguments->count + 2, sizeof(*values));
	const int inherited[] = {handover->channel_fd, handover->listen_fd, handover->table_fd, handover->journal_fd};
	sigset_t none;
	size_t index;

	if (!values || prctl(PR_SET_PDEATHSIG, SIGKILL) || getppid() != parent)
		_exit(EXIT_NO_EXEC);
	signal(SIGTERM, SIG_IGN); /* only the parent says when to stop, by the channel */
	signal(SIGINT, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (index = 0; index < sizeof(inherited) / sizeof(inherited[0]); index++)
		fcntl(inherited[index], F_SETFD, 0);
	weftd_keep_inherit();
	weftd_handover_text(handover, text, sizeof(text));
	values[0] = arguments->values[0];
	values[1] = text;
	memcpy(values + 2, arguments->values + 1, (size_t)(arguments->count - 1) * sizeof(*values));
	/* By name first: what was upgraded since is what should run. */
	if (arguments->program[0])
		execv(arguments->program, values);
	execv("/proc/self/exe", values);
	weftd_log("worker: %s: %s", arguments->program, strerror(errno));
	_exit(EXIT_NO_EXEC);
}

int weftd_child_start(struct weftd_child *child, const struct weftd_arguments *arguments, int listen_fd, int table_fd,
		      int journal_fd, uint32_t deaths)
{
	struct weftd_handover handover = {
	    .listen_fd = listen_fd, .table_fd = table_fd, .journal_fd = journal_fd, .deaths = deaths};
	pid_t parent = getpid();
	int pair[2], error;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair))
		return -errno;
	error = weftd_keep_send(pair[0]);
	if (!error) {
		handover.channel_fd = pair[1];
		*child = (struct weftd_child){.channel_fd = pair[0], .started_ns = now_ns()};
		child->pid = fork();
		if (child->pid == 0)
			become_worker(arguments, &handover, parent);
		error = child->pid < 0 ? -errno : 0;
	}
	close(pair[1]);
	if (!error)
		return 0;
	close(pair[0]);
	*child = (struct weftd_child){.channel_fd = -1};
	return error;
}

static int file_of(struct msghdr *message)
{
	struct cmsghdr *control = CMSG_FIRSTHDR(message);
	int fd = -1;

	if (control && control->cmsg_level == SOL_SOCKET && control->cmsg_type == SCM_RIGHTS &&
	    control->cmsg_len == CMSG_LEN(sizeof(fd)))
		memcpy(&fd, CMSG_DATA(control), sizeof(fd));
	return fd;
}

static void act(struct weftd_child *child, const struct weftd_channel_message *said, int fd)
{
	struct weftd_channel_message answer = {.kind = WEFTD_CHANNEL_FORGOTTEN, .vif_id = said->vif_id};

	switch (said->kind) {
	case WEFTD_CHANNEL_READY:
		child->ready = true;
		break;
	case WEFTD_CHANNEL_KEEP:
		if (fd >= 0)
			weftd_keep(said->vif_id, said->name, fd);
		return;
	case WEFTD_CHANNEL_FORGET:
		weftd_keep_forget(said->vif_id);
		/* A worker that died meanwhile needs no answer. */
		(void)!send(child->channel_fd, &answer, sizeof(answer), MSG_NOSIGNAL | MSG_DONTWAIT);
		break;
	default:
		weftd_log("worker %d: said %u, which is unknown", (int)child->pid, said->kind);
	}
	if (fd >= 0)
		close(fd);
}

void weftd_child_hear(struct weftd_child *child)
{
	struct weftd_channel_message said;
	union {
		char bytes[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	ssize_t bytes;

	for (;;) {
		struct iovec piece = {&said, sizeof(said)};
		struct msghdr message = {
		    .msg_iov = &piece, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control.bytes)};

		bytes = recvmsg(child->channel_fd, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
		if (bytes < 0 && errno == EINTR)
			continue;
		if (bytes != (ssize_t)sizeof(said))
			return;
		act(child, &said, file_of(&message));
	}
}

void weftd_child_stop(struct weftd_child *child)
{
	shutdown(child->channel_fd, SHUT_WR);
}

bool weftd_child_ended(struct weftd_child *child, int *status)
{
	if (!child->pid || waitpid(child->pid, status, WNOHANG) != child->pid)
		return false;
	weftd_child_hear(child);
	close(child->channel_fd);
	child->channel_fd = -1;
	child->pid = 0;
	return true;
}

void weftd_child_describe(int status, char *out, size_t bytes)
{
	if (WIFSIGNALED(status))
		snprintf(out, bytes, "killed by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(out, bytes, "exit status %d", WEXITSTATUS(status));
}
