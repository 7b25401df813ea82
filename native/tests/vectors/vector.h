/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Reads packet vectors (README.md beside this file has the format): tables as ABI messages, packets in, packets out, drops. */
#ifndef WEFT_VECTOR_H
#define WEFT_VECTOR_H

#include "weft_packet.h"

#define VECTOR_FRAME_MAX 65792u
#define VECTOR_TEXT_MAX 160u
#define VECTOR_MESSAGE_MAX 8192u

enum vector_step_kind {
	VECTOR_TABLE, /* bytes: one message, header and body */
	VECTOR_IN,
	VECTOR_PLAY, /* ends a burst */
	VECTOR_OUT,
	VECTOR_DROP,
	VECTOR_TIME,
	VECTOR_LIVENESS,
};

struct vector_step {
	enum vector_step_kind kind;
	uint32_t line;
	uint32_t vif_id;
	uint32_t reason;	     /* DROP */
	uint64_t count;		     /* DROP: packets; TIME: milliseconds; LIVENESS: enum weft_liveness */
	uint8_t family, address[16]; /* LIVENESS: the tunnel destination */
	struct weft_packet metadata; /* IN, OUT: flags, gso, gso_size, csum_start, csum_offset */
	uint8_t *bytes, *mask;	     /* OUT: mask 0: any byte will do */
	uint32_t byte_count;
};

struct vector {
	const char *path;
	struct vector_step *steps;
	uint32_t step_count, step_capacity;
	char error[VECTOR_TEXT_MAX]; /* "" or file:line: what is wrong */
};

/* Reads the file and what it includes. False: vector->error says why. vector_free in either case. */
bool vector_read(struct vector *vector, const char *path);
void vector_free(struct vector *vector);

/* table.c: the words of a table line as one message in `message` (>= VECTOR_MESSAGE_MAX bytes, zeroed). Its bytes, or 0 with
 * text. */
uint32_t vector_table(char **words, uint32_t word_count, uint8_t *message, char *text);
/* "02:00:00:00:00:01", "10.1.1.1", "fd00::1" */
bool vector_mac(const char *word, uint8_t *mac);
bool vector_address(const char *word, uint8_t *family, uint8_t address[16]);
/* Decimal or 0x..; false when it is not a number up to `limit`. */
bool vector_number(const char *word, uint64_t limit, uint64_t *value);

#endif
