/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* An answer frame being written. */
#ifndef WEFT_CORE_MESSAGE_H
#define WEFT_CORE_MESSAGE_H

#include "plane.h"

struct weft_answer {
	uint8_t *bytes;
	uint32_t used, capacity, messages;
};

/* Room kept for the DONE message at the end. */
#define WEFT_ANSWER_RESERVE (sizeof(struct weft_message_header) + sizeof(struct weft_done_msg))

/*
 * Appends a message of which only the header is written: room for `bytes` of body, aligned like the frame or not; NULL when it does
 * not fit before the reserve.
 */
uint8_t *weft_answer_room(struct weft_answer *answer, uint16_t object, uint16_t operation, uint32_t epoch, uint32_t bytes);

/* One object or a page of them. 0 or negative errno with context->text. `done` gets marker and more. */
int weft_message_get(struct weft_context *context, struct weft_answer *answer, uint16_t object, const void *body);
int weft_message_dump(struct weft_context *context, struct weft_answer *answer, uint16_t object, const struct weft_dump_msg *dump,
		      struct weft_done_msg *done);

#endif
