/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Names of drop reasons: in the core of every plane, and in libweft.so for its callers. */
#include "weft_plane.h"

static const struct {
	const char *name, *doc;
} drops[WEFT_DROP_LIMIT] = {
#define WEFT_DROP(code, NAME, doc) [code] = {#NAME, doc},
#include "drops.def"
#undef WEFT_DROP
};

#ifndef __KERNEL__
#define WEFT_EXPORTED __attribute__((visibility("default")))
#else
#define WEFT_EXPORTED
#endif

WEFT_EXPORTED const char *weft_drop_name(uint32_t reason) { return reason < WEFT_DROP_LIMIT ? drops[reason].name : NULL; }
WEFT_EXPORTED const char *weft_drop_doc(uint32_t reason) { return reason < WEFT_DROP_LIMIT ? drops[reason].doc : NULL; }
