/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* "host:": a plane inside this process. */
#include <errno.h>

#include "weft.h"
#include "weft_host_plane.h"

/* weft_host_plane_call wants at least so much room for the answer. */
#define ANSWER_BYTES_MIN 4096u

static int host_open(struct weft *weft, const char *rest, char *text)
{
	if (rest[0] != '\0')
		return weft_refuse(text, -EINVAL, "plane is \"host:%.40s\", nothing may follow host:", rest);
	weft->host = weft_host_plane_open();
	if (!weft->host)
		return weft_refuse(text, -ENOMEM, "no memory for a plane in this process");
	return 0;
}

static void host_close(struct weft *weft)
{
	weft_host_plane_close(weft->host);
}

static int host_send(struct weft *weft, const void *request, uint32_t bytes, uint64_t deadline_ns)
{
	(void)deadline_ns;
	weft->request = request;
	weft->request_bytes = bytes;
	return 0;
}

static int64_t host_receive(struct weft *weft, void *answer, uint64_t capacity, uint64_t deadline_ns)
{
	(void)deadline_ns;
	if (capacity > WEFT_FRAME_BYTES_MAX)
		capacity = WEFT_FRAME_BYTES_MAX;
	if (capacity < ANSWER_BYTES_MIN) { /* what was asked is done all the same, as in a plane elsewhere */
		uint64_t waste[ANSWER_BYTES_MIN / 8];

		weft_host_plane_call(weft->host, weft->request, weft->request_bytes, waste, sizeof(waste));
		return -EMSGSIZE;
	}
	return weft_host_plane_call(weft->host, weft->request, weft->request_bytes, answer, (uint32_t)capacity & ~7u);
}

const struct weft_scheme weft_scheme_host = {
	.prefix = "host:",
	.open = host_open,
	.close = host_close,
	.send = host_send,
	.receive = host_receive,
};

WEFT_EXPORT int weft_host_inject(struct weft *weft, uint32_t vif_id, const void *frame, uint32_t bytes)
{
	return weft->host ? weft_host_plane_inject(weft->host, vif_id, frame, bytes) : -EINVAL;
}

WEFT_EXPORT int64_t weft_host_collect(struct weft *weft, uint32_t vif_id, void *frame, uint32_t capacity)
{
	return weft->host ? weft_host_plane_collect(weft->host, vif_id, NULL, frame, capacity) : -EINVAL;
}

WEFT_EXPORT int weft_host_advance(struct weft *weft, uint64_t now_ns)
{
	return weft->host ? weft_host_plane_advance(weft->host, now_ns) : -EINVAL;
}
