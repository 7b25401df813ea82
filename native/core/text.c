/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "text.h"

struct cursor {
	char *next, *end;
};

static void put(struct cursor *c, char letter)
{
	if (c->next < c->end)
		*c->next++ = letter;
}

static void put_number(struct cursor *c, uint64_t value, uint32_t radix)
{
	char digits[20];
	uint32_t count = 0;

	do {
		digits[count++] = "0123456789abcdef"[value % radix];
		value /= radix;
	} while (value);
	while (count)
		put(c, digits[--count]);
}

void weft_text(char *out, size_t bytes, const char *format, ...)
{
	struct cursor c = {out, out + bytes - 1};
	__builtin_va_list arguments;

	__builtin_va_start(arguments, format);
	for (const char *f = format; *f; f++) {
		if (*f != '%') {
			put(&c, *f);
			continue;
		}
		f++;
		if (*f == 's') {
			for (const char *s = __builtin_va_arg(arguments, const char *); *s; s++)
				put(&c, *s);
		} else if (*f == 'u') {
			put_number(&c, __builtin_va_arg(arguments, unsigned int), 10);
		} else if (*f == 'x') {
			put_number(&c, __builtin_va_arg(arguments, unsigned int), 16);
		} else if (f[0] == 'l' && f[1] == 'l' && f[2] == 'u') {
			put_number(&c, __builtin_va_arg(arguments, unsigned long long), 10);
			f += 2;
		} else {
			put(&c, *f);
		}
	}
	__builtin_va_end(arguments);
	*c.next = 0;
}
