/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "listen.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "log.h"

#define BACKLOG 128 /* clients that come while no worker is there */

static struct sockaddr_un address = {.sun_family = AF_UNIX};
static bool bound;

/* 0: the path is free (a dead daemon's socket is gone). */
static int free_path(void)
{
	struct stat status;
	int fd, error;

	if (lstat(address.sun_path, &status))
		return errno == ENOENT ? 0 : -errno;
	if (!S_ISSOCK(status.st_mode)) {
		weftd_log("--socket=%s: exists and is not a socket", address.sun_path);
		return -EEXIST;
	}
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	error = connect(fd, (struct sockaddr *)&address, sizeof(address)) ? errno : 0;
	close(fd);
	if (error != ECONNREFUSED) {
		weftd_log("--socket=%s: another plane listens there", address.sun_path);
		return -EADDRINUSE;
	}
	return unlink(address.sun_path) && errno != ENOENT ? -errno : 0;
}

int weftd_listen(const char *path)
{
	mode_t mask;
	int error, listen_fd;

	if (strlen(path) >= sizeof(address.sun_path)) {
		weftd_log("--socket=%s: %zu bytes, the limit is %zu", path, strlen(path), sizeof(address.sun_path) - 1);
		return -ENAMETOOLONG;
	}
	strcpy(address.sun_path, path);
	error = free_path();
	if (error)
		return error;
	listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (listen_fd < 0)
		return -errno;
	mask = umask(0177);
	error = bind(listen_fd, (struct sockaddr *)&address, sizeof(address)) ? -errno : 0;
	umask(mask);
	bound = !error;
	if (!error && listen(listen_fd, BACKLOG))
		error = -errno;
	if (!error)
		return listen_fd;
	weftd_log("--socket=%s: %s", path, strerror(-error));
	close(listen_fd);
	weftd_unlisten();
	return error;
}

void weftd_unlisten(void)
{
	if (bound)
		unlink(address.sun_path);
	bound = false;
}
