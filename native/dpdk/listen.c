/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "listen.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "port.h"

#define DYING_TRIES 20u
#define DYING_WAIT_NS 25000000
#define BACKLOG 128 /* clients that come while no worker is there */

static char bound[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* path of the control socket */

/* Whether a plane listens there. One that was killed is given a moment until the kernel has closed what it had. */
static int try_connect(const struct sockaddr_un *at, int type)
{
	const struct timespec pause = {.tv_nsec = DYING_WAIT_NS};
	int fd, error = 0;

	for (uint32_t tries = 0; tries < DYING_TRIES && !error; tries++) {
		if (tries)
			nanosleep(&pause, NULL);
		fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
		if (fd < 0)
			return errno;
		error = connect(fd, (const struct sockaddr *)at, sizeof(*at)) ? errno : 0;
		close(fd);
	}
	return error;
}

/* 0: the path is free (a dead daemon's socket is gone). */
static int free_path(const struct sockaddr_un *at, int type, const char *field, char *text)
{
	struct stat status;

	if (lstat(at->sun_path, &status))
		return errno == ENOENT ? 0 : weftd_refuse(text, -errno, "%s%.60s: %s", field, at->sun_path, strerror(errno));
	if (!S_ISSOCK(status.st_mode))
		return weftd_refuse(text, -EEXIST, "%s%.60s: exists and is not a socket", field, at->sun_path);
	if (try_connect(at, type) != ECONNREFUSED)
		return weftd_refuse(text, -EADDRINUSE, "%s%.60s: another plane listens there", field, at->sun_path);
	if (unlink(at->sun_path) && errno != ENOENT)
		return weftd_refuse(text, -errno, "%s%.60s: %s", field, at->sun_path, strerror(errno));
	return 0;
}

int weftd_listen_at(const char *path, int type, int backlog, const char *field, char *text)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	mode_t mask;
	int error, fd;

	if (strlen(path) >= sizeof(at.sun_path))
		return weftd_refuse(text, -ENAMETOOLONG, "%s%.40s: %zu bytes, the limit is %zu", field, path, strlen(path),
				    sizeof(at.sun_path) - 1);
	strcpy(at.sun_path, path);
	error = free_path(&at, type, field, text);
	if (error)
		return error;
	fd = socket(AF_UNIX, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return weftd_refuse(text, -errno, "%s%.60s: %s", field, path, strerror(errno));
	mask = umask(0177);
	error = bind(fd, (struct sockaddr *)&at, sizeof(at)) ? -errno : 0;
	umask(mask);
	if (!error && listen(fd, backlog)) {
		error = -errno;
		unlink(path);
	}
	if (!error)
		return fd;
	close(fd);
	return weftd_refuse(text, error, "%s%.60s: %s", field, path, strerror(-error));
}

int weftd_listen(const char *path)
{
	char text[WEFT_ERROR_TEXT_BYTES];
	int fd = weftd_listen_at(path, SOCK_STREAM, BACKLOG, "--socket=", text);

	if (fd < 0) {
		weftd_log("%s", text);
		return fd;
	}
	strcpy(bound, path);
	return fd;
}

void weftd_unlisten(void)
{
	if (bound[0])
		unlink(bound);
	bound[0] = '\0';
}
