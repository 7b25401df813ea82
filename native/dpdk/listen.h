/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Unix sockets of the daemon in the file system. */
#ifndef WEFTD_LISTEN_H
#define WEFTD_LISTEN_H

/*
 * Listens on a unix socket of `type` at `path` (mode 0600). A dead daemon's socket is replaced, a live one's and what is no socket are not.
 * The file, or negative errno with a text (WEFT_ERROR_TEXT_BYTES) that begins with `field` and the path. The umask changes meanwhile:
 * parent process, or control.
 */
int weftd_listen_at(const char *path, int type, int backlog, const char *field, char *text);

/* The control socket, a stream. Parent process. The file, or negative errno, logged. */
int weftd_listen(const char *path);
/* Removes the control socket from the file system. */
void weftd_unlisten(void);

#endif
