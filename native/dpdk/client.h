/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Clients of the control socket. One frame at a time: while an answer is not yet taken by the peer, nothing more of it is read,
 * so a client costs at most one request and one answer. A malformed frame, or anything before HELLO, closes that client.
 */
#ifndef WEFTD_CLIENT_H
#define WEFTD_CLIENT_H

#include <stdint.h>

struct weft_plane;
struct weftd_client;

void weftd_client_accept(struct weft_plane *plane, int listen_fd, int epoll_fd);
void weftd_client_event(struct weftd_client *client, uint32_t events);
/* Frees clients closed since the last call: their events may still be in the caller's array until then. */
void weftd_clients_reap(void);
void weftd_clients_close(void);

#endif
