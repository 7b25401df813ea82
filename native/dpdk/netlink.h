/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Just enough rtnetlink: build a batch of requests in one buffer, send it, read the acknowledgements or the one answer. */
#ifndef WEFTD_NETLINK_H
#define WEFTD_NETLINK_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stddef.h>
#include <stdint.h>

#define WEFTD_NETLINK_BYTES 16384u

/* A batch being built. `full` is set, and nothing more is added, when it does not fit. */
struct weftd_netlink {
	uint32_t bytes, count;
	struct nlmsghdr *message; /* the one being built */
	int full;
	uint8_t buffer[WEFTD_NETLINK_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
};

/* rtnetlink socket of the calling thread's namespace, or negative errno. groups: bit n-1 is RTNLGRP n, n <= 32. */
int weftd_netlink_open(uint32_t groups);

void weftd_netlink_clear(struct weftd_netlink *batch);
/* Starts a request; its sequence is the request's number in the batch, from 1. */
void weftd_netlink_begin(struct weftd_netlink *batch, uint16_t type, uint16_t flags, const void *body, uint32_t bytes);
void weftd_netlink_attribute(struct weftd_netlink *batch, uint16_t type, const void *value, uint32_t bytes);
/* Nested attributes: end takes what begin returned. */
struct rtattr *weftd_netlink_nest(struct weftd_netlink *batch, uint16_t type);
void weftd_netlink_nest_end(struct weftd_netlink *batch, struct rtattr *nest);

/* Sends the batch (every request with NLM_F_ACK) and reads the acknowledgements: 0, or negative errno and *failed the index of
 * the first refused request, from 0. */
int weftd_netlink_commit(int fd, const struct weftd_netlink *batch, uint32_t *failed);
/* Sends one request without NLM_F_ACK and reads its one answer into `answer`: bytes, or negative errno. */
int weftd_netlink_ask(int fd, const struct weftd_netlink *batch, void *answer, uint32_t capacity);
/* Sends one DUMP request and calls back for every answer. 0 or negative errno. */
int weftd_netlink_dump(int fd, const struct weftd_netlink *batch, void (*visit)(void *argument, const struct nlmsghdr *message),
		       void *argument);

/* Attributes of a message behind a body of `body` bytes, by type into table[0 .. limit]. */
void weftd_netlink_parse(const struct nlmsghdr *message, uint32_t body, const struct rtattr **table, uint16_t limit);
uint32_t weftd_netlink_u32(const struct rtattr *attribute, uint32_t otherwise);

#endif
