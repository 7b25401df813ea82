/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Error sentences without libc: %s %u %x %llu and %% only. */
#ifndef WEFT_CORE_TEXT_H
#define WEFT_CORE_TEXT_H

#include "weft_types.h"

/* Writes at most `bytes` with the final zero; cuts what does not fit. */
void weft_text(char *out, size_t bytes, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* Fills context->text and gives the negative errno back. */
#define weft_refuse(context, code, ...) (weft_text((context)->text, sizeof((context)->text), __VA_ARGS__), -(code))

#endif
