/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#ifndef WEFT_LAYOUT_H
#define WEFT_LAYOUT_H

#include "weft_client.h"

/* libweft.so is built with hidden visibility; only weft_client.h's functions carry this. */
#define WEFT_EXPORT __attribute__((visibility("default")))

/* Name of the first struct whose fields in layout.def do not cover every byte of it, or NULL. */
const char *weft_layout_gap(void);

#endif
