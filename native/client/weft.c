/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Handles: choosing the scheme, the HELLO, one call. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "weft.h"

#define DEFAULT_TIMEOUT_MS 10000u

static const struct weft_scheme *const schemes[] = {&weft_scheme_socket, &weft_scheme_host, &weft_scheme_kernel};

uint64_t weft_monotonic_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

int weft_refuse(char *text, int code, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, WEFT_ERROR_TEXT_BYTES, format, arguments);
	va_end(arguments);
	return code;
}

struct hello_frame {
	struct weft_frame_header frame;
	struct weft_message_header message;
	struct weft_hello_msg body;
};

/* What the plane answered to HELLO: its own HELLO, or an ERROR. */
static int read_hello(const uint8_t *answer, uint64_t bytes, char *text)
{
	uint64_t offset = sizeof(struct weft_frame_header);

	while (offset + sizeof(struct weft_message_header) <= bytes) {
		struct weft_message_header message;

		memcpy(&message, answer + offset, sizeof(message));
		if (message.bytes < sizeof(message) || message.bytes > bytes - offset)
			break;
		const uint8_t *body = answer + offset + sizeof(message);
		uint32_t body_bytes = message.bytes - (uint32_t)sizeof(message);

		if (message.object == WEFT_OBJECT_ERROR && body_bytes >= sizeof(struct weft_error_msg)) {
			struct weft_error_msg error;

			memcpy(&error, body, sizeof(error));
			error.text[WEFT_ERROR_TEXT_BYTES - 1] = '\0';
			return weft_refuse(text, -EPROTO, "%s", error.text);
		}
		if (message.object == WEFT_OBJECT_HELLO && body_bytes >= sizeof(struct weft_hello_msg)) {
			struct weft_hello_msg hello;

			memcpy(&hello, body, sizeof(hello));
			if (hello.abi_major == WEFT_ABI_MAJOR && hello.abi_minor == WEFT_ABI_MINOR)
				return 0;
			return weft_refuse(text, -EPROTO, "the plane speaks ABI %u.%u, this library %u.%u", hello.abi_major,
					   hello.abi_minor, WEFT_ABI_MAJOR, WEFT_ABI_MINOR);
		}
		offset += message.bytes;
	}
	return weft_refuse(text, -EPROTO, "the plane did not answer HELLO with its version");
}

static int hello(struct weft *weft, const char *peer, char *text)
{
	struct hello_frame request = {
		.frame = {.bytes = sizeof(request), .message_count = 1},
		.message = {.object = WEFT_OBJECT_HELLO,
			    .operation = WEFT_OPERATION_SET,
			    .bytes = sizeof(request.message) + sizeof(request.body)},
		.body = {.abi_major = WEFT_ABI_MAJOR, .abi_minor = WEFT_ABI_MINOR},
	};
	uint8_t answer[4096];
	int64_t got;

	memcpy(request.body.peer, peer, strlen(peer));
	got = weft_call(weft, &request, sizeof(request), answer, sizeof(answer), 0);
	if (got < 0)
		return weft_refuse(text, (int)got, "the plane did not answer HELLO: %s", strerror((int)-got));
	return read_hello(answer, (uint64_t)got, text);
}

WEFT_EXPORT int weft_open(const char *url, const char *peer, struct weft **out, char *text)
{
	const struct weft_scheme *scheme = NULL;
	struct weft *weft;
	int error;

	*out = NULL;
	text[0] = '\0';
	for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
		if (!strncmp(url, schemes[i]->prefix, strlen(schemes[i]->prefix)))
			scheme = schemes[i];
	if (!scheme)
		return weft_refuse(text, -EINVAL, "plane is \"%.40s\", must begin with dpdk:, kernel: or host:", url);
	if (strlen(peer) >= WEFT_NAME_BYTES)
		return weft_refuse(text, -EINVAL, "peer has %zu bytes, must have at most %d", strlen(peer), WEFT_NAME_BYTES - 1);
	weft = calloc(1, sizeof(*weft));
	if (!weft)
		return weft_refuse(text, -ENOMEM, "no memory for a handle");
	weft->scheme = scheme;
	weft->fd = -1;
	error = scheme->open(weft, url + strlen(scheme->prefix), text);
	if (error) {
		free(weft);
		return error;
	}
	error = hello(weft, peer, text);
	if (error) {
		weft_close(weft);
		return error;
	}
	*out = weft;
	return 0;
}

WEFT_EXPORT void weft_close(struct weft *weft)
{
	if (!weft)
		return;
	weft->scheme->close(weft);
	free(weft);
}

static uint64_t deadline_of(uint32_t timeout_ms)
{
	return weft_monotonic_ns() + (uint64_t)(timeout_ms ? timeout_ms : DEFAULT_TIMEOUT_MS) * 1000000u;
}

WEFT_EXPORT int weft_send(struct weft *weft, void *request, uint64_t bytes, uint32_t timeout_ms)
{
	struct weft_frame_header header;

	if (weft->dead)
		return weft->dead;
	if (weft->sent || bytes < sizeof(header) || bytes > WEFT_FRAME_BYTES_MAX || bytes % 8)
		return -EINVAL;
	memcpy(&header, request, sizeof(header));
	if (header.bytes != bytes)
		return -EINVAL;
	header.sequence = ++weft->sequence;
	memcpy(request, &header, sizeof(header));
	weft->dead = weft->scheme->send(weft, request, (uint32_t)bytes, deadline_of(timeout_ms));
	weft->sent = !weft->dead;
	return weft->dead;
}

WEFT_EXPORT int64_t weft_receive(struct weft *weft, void *answer, uint64_t capacity, uint32_t timeout_ms)
{
	int64_t got;

	if (weft->dead)
		return weft->dead;
	if (!weft->sent)
		return -EINVAL;
	got = weft->scheme->receive(weft, answer, capacity, deadline_of(timeout_ms));
	weft->sent = false;
	/* After a lost or half-read answer the next one could not be told from it. */
	if (got < 0 && got != -EMSGSIZE)
		weft->dead = (int)got;
	return got;
}

WEFT_EXPORT int64_t weft_call(struct weft *weft, void *request, uint64_t bytes, void *answer, uint64_t capacity,
			      uint32_t timeout_ms)
{
	uint64_t started = weft_monotonic_ns(), spent;
	int error;

	if (capacity < sizeof(struct weft_frame_header))
		return weft->dead ? weft->dead : -EMSGSIZE;
	error = weft_send(weft, request, bytes, timeout_ms);
	if (error)
		return error;
	timeout_ms = timeout_ms ? timeout_ms : DEFAULT_TIMEOUT_MS;
	spent = (weft_monotonic_ns() - started) / 1000000;
	return weft_receive(weft, answer, capacity, spent < timeout_ms ? timeout_ms - (uint32_t)spent : 1);
}
