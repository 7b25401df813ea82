/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* As much JSON as the shim needs: is it one value, where is one string, how is text escaped. */
#include <stdio.h>
#include <string.h>

#include "shim.h"

#define NESTING_MAX 64

struct cursor {
	const char *at, *end;
};

void text_add(struct text *text, const char *data, size_t bytes)
{
	if (bytes > text->room - text->bytes) {
		text->full = true;
		return;
	}
	memcpy(text->data + text->bytes, data, bytes);
	text->bytes += bytes;
}

void text_add_string(struct text *text, const char *string)
{
	text_add(text, string, strlen(string));
}

/* Length of the well-formed UTF-8 sequence (RFC 3629) at `data`, 0 when there is none. */
static size_t utf8_bytes(const unsigned char *data, size_t left)
{
	unsigned char c = data[0], low = 0x80, high = 0xbf;
	size_t bytes = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;

	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4 || bytes > left)
		return 0;
	if (c == 0xe0)
		low = 0xa0;
	else if (c == 0xed)
		high = 0x9f;
	else if (c == 0xf0)
		low = 0x90;
	else if (c == 0xf4)
		high = 0x8f;
	if (data[1] < low || data[1] > high)
		return 0;
	for (size_t i = 2; i < bytes; i++)
		if ((data[i] & 0xc0) != 0x80)
			return 0;
	return bytes;
}

void text_add_json_string(struct text *text, const char *data, size_t bytes)
{
	text_add(text, "\"", 1);
	while (bytes && !text->full) {
		unsigned char c = (unsigned char)*data;
		size_t length = utf8_bytes((const unsigned char *)data, bytes);
		char escape[8];

		if (c == '"' || c == '\\') {
			escape[0] = '\\';
			escape[1] = (char)c;
			text_add(text, escape, 2);
		} else if (c < 0x20 || c == 0x7f) {
			snprintf(escape, sizeof(escape), "\\u%04x", c);
			text_add(text, escape, 6);
		} else if (length) {
			text_add(text, data, length);
		} else {
			text_add(text, "\\ufffd", 6);
		}
		data += length ? length : 1;
		bytes -= length ? length : 1;
	}
	text_add(text, "\"", 1);
}

static void skip_blanks(struct cursor *c)
{
	while (c->at < c->end && (*c->at == ' ' || *c->at == '\t' || *c->at == '\n' || *c->at == '\r'))
		c->at++;
}

static bool take(struct cursor *c, char wanted)
{
	if (c->at == c->end || *c->at != wanted)
		return false;
	c->at++;
	return true;
}

static bool skip_digits(struct cursor *c)
{
	const char *start = c->at;

	while (c->at < c->end && *c->at >= '0' && *c->at <= '9')
		c->at++;
	return c->at > start;
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool skip_escape(struct cursor *c)
{
	if (c->at == c->end)
		return false;
	char kind = *c->at++;

	if (kind != 'u')
		return kind && strchr("\"\\/bfnrt", kind);
	for (int i = 0; i < 4; i++, c->at++)
		if (c->at == c->end || !is_hex(*c->at))
			return false;
	return true;
}

static bool skip_string(struct cursor *c)
{
	if (!take(c, '"'))
		return false;
	while (c->at < c->end && *c->at != '"') {
		size_t length = utf8_bytes((const unsigned char *)c->at, (size_t)(c->end - c->at));

		if (!length || (unsigned char)*c->at < 0x20)
			return false;
		bool escaped = *c->at == '\\';

		c->at += length;
		if (escaped && !skip_escape(c))
			return false;
	}
	return take(c, '"');
}

static bool skip_number(struct cursor *c)
{
	take(c, '-');
	if (!take(c, '0') && !skip_digits(c))
		return false;
	if (take(c, '.') && !skip_digits(c))
		return false;
	if (c->at < c->end && (*c->at == 'e' || *c->at == 'E')) {
		c->at++;
		if (!take(c, '+'))
			take(c, '-');
		return skip_digits(c);
	}
	return true;
}

static bool skip_word(struct cursor *c, const char *word)
{
	size_t bytes = strlen(word);

	if ((size_t)(c->end - c->at) < bytes || memcmp(c->at, word, bytes))
		return false;
	c->at += bytes;
	return true;
}

static bool skip_value(struct cursor *c, int depth);

/* What stands between the brackets of an object or array, and the closing one. */
static bool skip_members(struct cursor *c, int depth, char close)
{
	skip_blanks(c);
	if (take(c, close))
		return true;
	for (;;) {
		skip_blanks(c);
		if (close == '}') {
			if (!skip_string(c))
				return false;
			skip_blanks(c);
			if (!take(c, ':'))
				return false;
		}
		if (!skip_value(c, depth + 1))
			return false;
		skip_blanks(c);
		if (take(c, close))
			return true;
		if (!take(c, ','))
			return false;
	}
}

static bool skip_value(struct cursor *c, int depth)
{
	skip_blanks(c);
	if (c->at == c->end || depth > NESTING_MAX)
		return false;
	switch (*c->at) {
	case '{':
		c->at++;
		return skip_members(c, depth, '}');
	case '[':
		c->at++;
		return skip_members(c, depth, ']');
	case '"':
		return skip_string(c);
	case 't':
		return skip_word(c, "true");
	case 'f':
		return skip_word(c, "false");
	case 'n':
		return skip_word(c, "null");
	default:
		return skip_number(c);
	}
}

bool json_is_value(const char *data, size_t bytes)
{
	struct cursor c = {data, data + bytes};

	if (!skip_value(&c, 0))
		return false;
	skip_blanks(&c);
	return c.at == c.end;
}

/* The string that begins at `c` without its escapes; as json_find_string. */
static int copy_string(struct cursor *c, char *out, size_t room)
{
	size_t used = 0;

	if (!take(c, '"'))
		return -2;
	while (c->at < c->end && *c->at != '"') {
		char byte = *c->at++;

		if (byte == '\\' && c->at < c->end) {
			static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
			const char *name = strchr(names, *c->at++);
			unsigned value = 0;

			if (name) {
				byte = values[name - names];
			} else {
				char digits[5] = {0};

				memcpy(digits, c->at, 4);
				c->at += 4;
				sscanf(digits, "%x", &value);
				if (value == 0 || value > 0x7f)
					return -2;
				byte = (char)value;
			}
		}
		if (used + 1 >= room)
			return -2;
		out[used++] = byte;
	}
	out[used] = '\0';
	return (int)used;
}

/* Moves `c`, which stands at an object, to the value of `name`. The last of equal names wins. */
static bool enter(struct cursor *c, const char *name)
{
	struct cursor found = {NULL, c->end};
	char key[64];

	skip_blanks(c);
	if (!take(c, '{'))
		return false;
	skip_blanks(c);
	while (c->at < c->end && *c->at != '}') {
		struct cursor key_at = *c;

		skip_string(c);
		skip_blanks(c);
		take(c, ':');
		skip_blanks(c);
		if (copy_string(&key_at, key, sizeof(key)) >= 0 && !strcmp(key, name))
			found.at = c->at;
		skip_value(c, 0);
		skip_blanks(c);
		take(c, ',');
		skip_blanks(c);
	}
	if (!found.at)
		return false;
	*c = found;
	return true;
}

int json_find_string(const char *data, size_t bytes, const char *first, const char *second, char *out, size_t room)
{
	struct cursor c = {data, data + bytes};

	if (!enter(&c, first) || (second && !enter(&c, second)))
		return -1;
	return copy_string(&c, out, room);
}
