/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "parent.h"

#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "arguments.h"
#include "backoff.h"
#include "child.h"
#include "keep.h"
#include "listen.h"
#include "log.h"

/* So many workers in a row ended by themselves before they were ready: what they took over is suspected. */
#define FAILED_STARTS_TABLE 3u
#define FAILED_STARTS_JOURNAL 6u
#define STOP_NS 60000000000ull

struct parent {
	const struct weftd_arguments *arguments;
	struct weftd_child child;
	struct weftd_backoff backoff;
	int listen_fd, table_fd, journal_fd, signal_fd;
	uint32_t deaths, failed_starts;
	uint64_t due_ns; /* the next start, or while stopping the time to kill; 0: neither */
	bool announced, stopping, finished;
	bool silent; /* the worker closed the channel: its end comes by signal */
	int status;  /* exit status when finished */
};

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static int open_files(struct parent *parent)
{
	struct rlimit files;
	sigset_t signals;

	/* Two per port: the parent's and the worker's. */
	if (getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < files.rlim_max) {
		files.rlim_cur = files.rlim_max;
		if (setrlimit(RLIMIT_NOFILE, &files))
			weftd_log("open files: %s", strerror(errno));
	}
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	parent->signal_fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	parent->table_fd = memfd_create("weft-connections", MFD_CLOEXEC);
	parent->journal_fd = memfd_create("weft-journal", MFD_CLOEXEC);
	if (parent->signal_fd < 0 || parent->table_fd < 0 || parent->journal_fd < 0) {
		weftd_log("parent: %s", strerror(errno));
		return -errno;
	}
	parent->listen_fd = weftd_listen(parent->arguments->socket);
	return parent->listen_fd < 0 ? parent->listen_fd : 0;
}

static void start(struct parent *parent)
{
	int error = weftd_child_start(&parent->child, parent->arguments, parent->listen_fd, parent->table_fd,
				      parent->journal_fd, parent->deaths);

	parent->due_ns = 0;
	parent->silent = false;
	if (!error)
		return;
	weftd_log("worker does not start: %s", strerror(-error));
	parent->due_ns = now_ns() + WEFTD_WAIT_NS_MIN;
	if (!parent->announced) {
		parent->finished = true;
		parent->status = 1;
	}
}

static void stop(struct parent *parent, uint32_t signal)
{
	if (parent->stopping)
		return;
	weftd_log("stopping on signal %u", signal);
	parent->stopping = true;
	weftd_unlisten();
	/* First here, where it takes no time: the worker's are then the last ones, and it closes them side by side. */
	weftd_keep_forget_all();
	if (!parent->child.pid) {
		parent->finished = true;
		return;
	}
	weftd_child_stop(&parent->child);
	parent->due_ns = now_ns() + STOP_NS;
}

/* A worker that takes over and fails again and again, without help from outside, may be given something it cannot live with. */
static void suspect(struct parent *parent, int status)
{
	bool outside = WIFSIGNALED(status) && (WTERMSIG(status) == SIGKILL || WTERMSIG(status) == SIGTERM);

	if (parent->child.ready || outside) {
		parent->failed_starts = 0;
		return;
	}
	parent->failed_starts++;
	if (parent->failed_starts == FAILED_STARTS_TABLE) {
		weftd_log("%u workers could not take over: the connection table is given up", parent->failed_starts);
		if (ftruncate(parent->table_fd, 0))
			weftd_log("connection table: %s", strerror(errno));
	} else if (parent->failed_starts == FAILED_STARTS_JOURNAL) {
		weftd_log("%u workers could not take over: the journal is given up, the agent must program anew",
			  parent->failed_starts);
		if (ftruncate(parent->journal_fd, 0))
			weftd_log("journal: %s", strerror(errno));
	}
}

static void worker_ended(struct parent *parent, pid_t pid, int status)
{
	uint64_t wait, now = now_ns();
	char how[64];

	weftd_child_describe(status, how, sizeof(how));
	if (parent->stopping || !parent->announced) {
		parent->finished = true;
		parent->status = WIFEXITED(status) ? WEXITSTATUS(status) : 1;
		if (WIFSIGNALED(status) || !parent->announced)
			weftd_log("worker %d: %s", (int)pid, how);
		return;
	}
	parent->deaths++;
	suspect(parent, status);
	wait = weftd_backoff_after(&parent->backoff, now - parent->child.started_ns);
	weftd_log("worker %d: %s after %llu ms; restart %u in %llu ms", (int)pid, how,
		  (unsigned long long)(now - parent->child.started_ns) / 1000000u, parent->deaths,
		  (unsigned long long)wait / 1000000u);
	parent->due_ns = now + wait;
}

static void read_signals(struct parent *parent)
{
	struct signalfd_siginfo signal;
	pid_t pid = parent->child.pid;
	int status;

	while (read(parent->signal_fd, &signal, sizeof(signal)) == sizeof(signal)) {
		if (signal.ssi_signo != SIGCHLD)
			stop(parent, signal.ssi_signo);
	}
	if (weftd_child_ended(&parent->child, &status))
		worker_ended(parent, pid, status);
}

static void announce(struct parent *parent)
{
	if (parent->announced || !parent->child.ready)
		return;
	parent->announced = true;
	printf("ready socket=%s\n", parent->arguments->socket);
	fflush(stdout);
}

static void due(struct parent *parent)
{
	parent->due_ns = 0;
	if (!parent->stopping) {
		start(parent);
		return;
	}
	weftd_log("worker %d does not stop: killed", (int)parent->child.pid);
	kill(parent->child.pid, SIGKILL);
}

static int wait_ms(const struct parent *parent)
{
	uint64_t now = now_ns();

	if (!parent->due_ns)
		return -1;
	return parent->due_ns <= now ? 0 : (int)((parent->due_ns - now) / 1000000u) + 1;
}

int weftd_parent_run(const struct weftd_arguments *arguments)
{
	struct parent parent = {.arguments = arguments, .child.channel_fd = -1};

	if (open_files(&parent)) {
		weftd_unlisten();
		return 1;
	}
	start(&parent);
	while (!parent.finished) {
		struct pollfd events[] = {{.fd = parent.signal_fd, .events = POLLIN},
					  {.fd = parent.silent ? -1 : parent.child.channel_fd, .events = POLLIN}};

		if (poll(events, 2, wait_ms(&parent)) < 0 && errno != EINTR) {
			weftd_log("parent: poll: %s", strerror(errno));
			parent.status = 1;
			break;
		}
		if (events[1].revents & POLLIN)
			weftd_child_hear(&parent.child);
		parent.silent |= (events[1].revents & (POLLHUP | POLLERR)) != 0;
		announce(&parent);
		if (events[0].revents)
			read_signals(&parent);
		if (parent.due_ns && parent.due_ns <= now_ns())
			due(&parent);
	}
	weftd_unlisten();
	weftd_keep_forget_all();
	return parent.status;
}
