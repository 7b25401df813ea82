/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The control socket's file. Parent process. */
#ifndef WEFTD_LISTEN_H
#define WEFTD_LISTEN_H

/* Listens on the unix stream socket at `path` (mode 0600). A dead daemon's socket is replaced. The file, or negative errno,
 * logged. */
int weftd_listen(const char *path);
/* Removes the socket from the file system. */
void weftd_unlisten(void);

#endif
