/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "vector.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "weft_plane.h"

#define INCLUDES_MAX 4u

static bool fail(struct vector *vector, uint32_t line, const char *format, ...)
{
	char text[VECTOR_TEXT_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	snprintf(vector->error, sizeof(vector->error), "%.80s:%u: %.70s", vector->path, line, text);
	return false;
}

static struct vector_step *add(struct vector *vector, enum vector_step_kind kind, uint32_t line)
{
	struct vector_step *step;

	if (vector->step_count == vector->step_capacity) {
		vector->step_capacity = vector->step_capacity ? vector->step_capacity * 2 : 32;
		vector->steps = realloc(vector->steps, vector->step_capacity * sizeof(*vector->steps));
		if (!vector->steps)
			abort();
	}
	step = &vector->steps[vector->step_count++];
	memset(step, 0, sizeof(*step));
	step->kind = kind;
	step->line = line;
	return step;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* Appends the hex digits of one word; ".." is any byte. "00*1200" repeats a byte. */
static bool read_hex(struct vector_step *step, const char *word)
{
	while (*word) {
		uint64_t repeat = 1;
		uint8_t byte = 0, mask = 0xff;

		if (word[0] == '.' && word[1] == '.') {
			mask = 0;
		} else {
			int high = hex_digit(word[0]), low = high < 0 ? -1 : hex_digit(word[1]);

			if (low < 0)
				return false;
			byte = (uint8_t)(high << 4 | low);
		}
		word += 2;
		if (*word == '*') {
			if (!vector_number(word + 1, VECTOR_FRAME_MAX, &repeat))
				return false;
			word += strlen(word);
		}
		if (step->byte_count + repeat > VECTOR_FRAME_MAX)
			return false;
		memset(step->bytes + step->byte_count, byte, repeat);
		memset(step->mask + step->byte_count, mask, repeat);
		step->byte_count += (uint32_t)repeat;
	}
	return true;
}

static bool read_metadata(struct weft_packet *metadata, const char *word)
{
	static const char *const gso[] = {"none", "tcp4", "tcp6", "udp"};
	unsigned int start, offset, size;
	char name[8];

	if (sscanf(word, "csum=%u+%u", &start, &offset) == 2) {
		metadata->flags |= WEFT_PACKET_CSUM_PARTIAL;
		metadata->csum_start = (uint16_t)start;
		metadata->csum_offset = (uint16_t)offset;
		return true;
	}
	if (sscanf(word, "gso=%7[a-z0-9]/%u", name, &size) == 2) {
		for (uint8_t i = 0; i < 4; i++) {
			if (!strcmp(gso[i], name)) {
				metadata->gso = i;
				metadata->gso_size = (uint16_t)size;
				return true;
			}
		}
		return false;
	}
	if (!strcmp(word, "valid"))
		metadata->flags |= WEFT_PACKET_CSUM_VALID;
	else if (!strcmp(word, "train"))
		metadata->flags |= WEFT_PACKET_TRAIN;
	else
		return false;
	return true;
}

static bool read_packet(struct vector *vector, uint32_t line, enum vector_step_kind kind, char **words, uint32_t count)
{
	struct vector_step *step = add(vector, kind, line);
	uint64_t vif_id;

	step->bytes = calloc(1, VECTOR_FRAME_MAX);
	step->mask = calloc(1, VECTOR_FRAME_MAX);
	if (!step->bytes || !step->mask)
		abort();
	if (count < 2 || !vector_number(words[1], WEFT_VIF_LIMIT - 1, &vif_id))
		return fail(vector, line, "%s: want a vif id below %u", words[0], WEFT_VIF_LIMIT);
	step->vif_id = (uint32_t)vif_id;
	for (uint32_t i = 2; i < count; i++) {
		if (!read_metadata(&step->metadata, words[i]) && !read_hex(step, words[i]))
			return fail(vector, line, "%s: neither metadata nor hex: %.24s", words[0], words[i]);
	}
	return true;
}

static bool read_drop(struct vector *vector, uint32_t line, char **words, uint32_t count)
{
	uint64_t vif_id = 0, packets = 1;

	if (count < 3 || count > 4 || !vector_number(words[1], UINT32_MAX, &vif_id) ||
	    (count == 4 && !vector_number(words[3], UINT32_MAX, &packets)))
		return fail(vector, line, "drop: want vif, reason and perhaps a count");
	for (uint32_t reason = 1; reason < WEFT_DROP_LIMIT; reason++) {
		const char *name = weft_drop_name(reason);

		if (name && !strcmp(name, words[2])) {
			struct vector_step *step = add(vector, VECTOR_DROP, line);

			step->vif_id = (uint32_t)vif_id;
			step->reason = reason;
			step->count = packets;
			return true;
		}
	}
	return fail(vector, line, "drop: no reason %.32s", words[2]);
}

static bool read_liveness(struct vector *vector, uint32_t line, char **words, uint32_t count)
{
	static const char *const names[] = {"unknown", "up", "down"};

	for (uint32_t i = 0; count == 3 && i < 3; i++) {
		struct vector_step *step;

		if (strcmp(words[2], names[i]))
			continue;
		step = add(vector, VECTOR_LIVENESS, line);
		step->count = i;
		if (vector_address(words[1], &step->family, step->address))
			return true;
	}
	return fail(vector, line, "liveness: want a tunnel destination and unknown, up or down");
}

static bool read_table(struct vector *vector, uint32_t line, char **words, uint32_t count)
{
	uint8_t message[VECTOR_MESSAGE_MAX] __attribute__((aligned(8))) = {0};
	char text[VECTOR_TEXT_MAX] = "";
	uint32_t bytes = vector_table(words, count, message, text);
	struct vector_step *step;

	if (!bytes)
		return fail(vector, line, "%s", text);
	step = add(vector, VECTOR_TABLE, line);
	step->bytes = malloc(bytes);
	if (!step->bytes)
		abort();
	memcpy(step->bytes, message, bytes);
	step->byte_count = bytes;
	return true;
}

static bool read_file(struct vector *vector, const char *path, uint32_t depth);

static bool read_line(struct vector *vector, uint32_t line, char **words, uint32_t count, uint32_t depth)
{
	uint64_t milliseconds;

	if (!strcmp(words[0], "in"))
		return read_packet(vector, line, VECTOR_IN, words, count);
	if (!strcmp(words[0], "out"))
		return read_packet(vector, line, VECTOR_OUT, words, count);
	if (!strcmp(words[0], "play")) {
		add(vector, VECTOR_PLAY, line);
		return true;
	}
	if (!strcmp(words[0], "liveness"))
		return read_liveness(vector, line, words, count);
	if (!strcmp(words[0], "drop"))
		return read_drop(vector, line, words, count);
	if (!strcmp(words[0], "time")) {
		if (count != 2 || !vector_number(words[1], 1u << 30, &milliseconds))
			return fail(vector, line, "time: want milliseconds");
		add(vector, VECTOR_TIME, line)->count = milliseconds;
		return true;
	}
	if (!strcmp(words[0], "include")) {
		const char *slash = strrchr(vector->path, '/');
		char path[512];

		if (count != 2 || depth == INCLUDES_MAX)
			return fail(vector, line, "include: want one file, at most %u deep", INCLUDES_MAX);
		snprintf(path, sizeof(path), "%.*s%s", slash ? (int)(slash + 1 - vector->path) : 0, vector->path, words[1]);
		return read_file(vector, path, depth + 1);
	}
	return read_table(vector, line, words, count);
}

static const char blanks[] = " \t\r\n";

/* Cuts a logical line into words and reads it. */
static bool read_text(struct vector *vector, uint32_t line, char *text, uint32_t depth)
{
	uint32_t count = 0, capacity = 0;
	char **words = NULL, *rest = NULL;
	bool good;

	for (char *word = strtok_r(text, blanks, &rest); word; word = strtok_r(NULL, blanks, &rest)) {
		if (count == capacity) {
			capacity = capacity ? capacity * 2 : 64;
			words = realloc(words, capacity * sizeof(*words));
			if (!words)
				abort();
		}
		words[count++] = word;
	}
	good = !count || read_line(vector, line, words, count, depth);
	free(words);
	return good;
}

/* A logical line is a line and those behind it that start with a blank. */
static bool read_file(struct vector *vector, const char *path, uint32_t depth)
{
	char *text = NULL, *line = NULL;
	size_t text_bytes = 0, capacity = 0;
	uint32_t number = 0, first = 0;
	bool good = true, end = false;
	FILE *file = fopen(path, "r");

	if (!file)
		return fail(vector, 0, "cannot open %.60s", path);
	while (good && !end) {
		ssize_t bytes = getline(&line, &capacity, file);
		bool more;

		end = bytes < 0;
		number++;
		if (!end && (line[0] == '#' || line[strspn(line, blanks)] == 0))
			continue;
		more = !end && (line[0] == ' ' || line[0] == '\t');
		if (!more) {
			if (text_bytes)
				good = read_text(vector, first, text, depth);
			text_bytes = 0;
			first = number;
		}
		if (end)
			break;
		text = realloc(text, text_bytes + (size_t)bytes + 1);
		if (!text)
			abort();
		memcpy(text + text_bytes, line, (size_t)bytes + 1);
		text_bytes += (size_t)bytes;
	}
	free(text);
	free(line);
	fclose(file);
	return good;
}

bool vector_read(struct vector *vector, const char *path)
{
	memset(vector, 0, sizeof(*vector));
	vector->path = path;
	return read_file(vector, path, 0);
}

void vector_free(struct vector *vector)
{
	for (uint32_t i = 0; i < vector->step_count; i++) {
		free(vector->steps[i].bytes);
		free(vector->steps[i].mask);
	}
	free(vector->steps);
	memset(vector, 0, sizeof(*vector));
}
