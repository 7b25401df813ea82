/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* "kernel:": the module's generic netlink family; this build has none. */
#include <errno.h>

#include "weft.h"

static int kernel_open(struct weft *weft, const char *rest, char *text)
{
	(void)weft;
	(void)rest;
	return weft_refuse(text, -ENOSYS, "this build of libweft has no kernel plane; use dpdk:PATH or host:");
}

static void kernel_close(struct weft *weft)
{
	(void)weft;
}

static int kernel_send(struct weft *weft, const void *request, uint32_t bytes, uint64_t deadline_ns)
{
	(void)weft;
	(void)request;
	(void)bytes;
	(void)deadline_ns;
	return -ENOSYS;
}

static int64_t kernel_receive(struct weft *weft, void *answer, uint64_t capacity, uint64_t deadline_ns)
{
	(void)weft;
	(void)answer;
	(void)capacity;
	(void)deadline_ns;
	return -ENOSYS;
}

const struct weft_scheme weft_scheme_kernel = {
	.prefix = "kernel:",
	.open = kernel_open,
	.close = kernel_close,
	.send = kernel_send,
	.receive = kernel_receive,
};
