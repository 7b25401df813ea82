/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* One message to a host plane, and what it answered. For test programs that include test.h. */
#ifndef WEFT_TEST_MESSAGES_H
#define WEFT_TEST_MESSAGES_H

#include "weft_host_plane.h"

static struct weft_host_plane *host;
static uint64_t request_words[WEFT_FRAME_BYTES_MAX / 8], answer_words[WEFT_FRAME_BYTES_MAX / 8];
static uint32_t answer_capacity = sizeof(answer_words);
static char error_text[WEFT_ERROR_TEXT_BYTES];
static uint32_t dumped;
static struct weft_done_msg done;

/* The next object of the last answer behind `at` (0: the first) and its body; 0: no more. */
static inline uint32_t next_object(uint32_t at, struct weft_message_header *header, const void **body)
{
	const uint8_t *answer = (const uint8_t *)answer_words;
	struct weft_frame_header frame;

	memcpy(&frame, answer, sizeof(frame));
	if (!at)
		at = sizeof(frame);
	if (at >= frame.bytes)
		return 0;
	memcpy(header, answer + at, sizeof(*header));
	*body = answer + at + sizeof(*header);
	return at + header->bytes;
}

/* Sends one message; the positive errno of its refusal (text in error_text) or 0. Counts answered objects in `dumped`. */
static inline int send_message(uint16_t object, uint16_t operation, uint32_t epoch, const void *body, uint32_t bytes)
{
	uint8_t *request = (uint8_t *)request_words;
	struct weft_message_header header = {object, operation, (uint32_t)sizeof(header) + bytes, epoch, 0};
	struct weft_frame_header frame = {(uint32_t)sizeof(frame) + header.bytes, 5, 1, 0};
	const void *answered;
	int code = 0;

	memcpy(request, &frame, sizeof(frame));
	memcpy(request + sizeof(frame), &header, sizeof(header));
	memcpy(request + sizeof(frame) + sizeof(header), body ? body : request, bytes);
	CHECK(weft_host_plane_call(host, request, frame.bytes, answer_words, answer_capacity) ==
	      ((struct weft_frame_header *)(void *)answer_words)->bytes);
	memcpy(&frame, answer_words, sizeof(frame));
	CHECK(frame.sequence == 5 && frame.bytes <= answer_capacity);
	dumped = 0;
	error_text[0] = 0;
	for (uint32_t at = next_object(0, &header, &answered); at; at = next_object(at, &header, &answered)) {
		if (header.object == WEFT_OBJECT_ERROR) {
			struct weft_error_msg error;

			memcpy(&error, answered, sizeof(error));
			code = error.code;
			memcpy(error_text, error.text, sizeof(error_text));
		} else if (header.object == WEFT_OBJECT_DONE) {
			memcpy(&done, answered, sizeof(done));
		} else {
			dumped++;
		}
	}
	CHECK(done.applied + done.refused == 1);
	return code;
}

#define SET(object, body) send_message(WEFT_OBJECT_##object, WEFT_OPERATION_SET, 1, body, sizeof(*(body)))
#define DELETE(object, body) send_message(WEFT_OBJECT_##object, WEFT_OPERATION_DELETE, 1, body, sizeof(*(body)))

/* A body of variable size. */
static inline int set_policy(const struct weft_policy_msg *m)
{
	return send_message(WEFT_OBJECT_POLICY, WEFT_OPERATION_SET, 1, m,
			    (uint32_t)(sizeof(*m) + m->rule_count * sizeof(m->rules[0])));
}
static inline int set_nexthop(const struct weft_nexthop_msg *m)
{
	return send_message(WEFT_OBJECT_NEXTHOP, WEFT_OPERATION_SET, 1, m,
			    (uint32_t)(sizeof(*m) + m->member_count * sizeof(m->members[0])));
}
static inline int set_service(const struct weft_service_msg *m)
{
	return send_message(WEFT_OBJECT_SERVICE, WEFT_OPERATION_SET, 1, m,
			    (uint32_t)(sizeof(*m) + m->backend_count * sizeof(m->backends[0])));
}

static inline uint32_t dump(uint16_t object, uint32_t filter)
{
	struct weft_dump_msg request = {.vrf_id = filter};

	CHECK(send_message(object, WEFT_OPERATION_DUMP, 0, &request, sizeof(request)) == 0);
	return dumped;
}

#endif
