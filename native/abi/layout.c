/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The layout table of weft_abi.h, for bindings and tools. */
#include <stddef.h>
#include <string.h>

#include "layout.h"

#define FIELD_BYTES(s, f) sizeof(((struct s *)0)->f)

static const struct weft_abi_field fields[] = {
#define WEFT_LAYOUT_STRUCT(s) {#s, "", 0, sizeof(struct s)},
#define WEFT_LAYOUT_FIELD(s, f) {#s, #f, offsetof(struct s, f), FIELD_BYTES(s, f)},
#include "layout.def"
#undef WEFT_LAYOUT_STRUCT
#undef WEFT_LAYOUT_FIELD
};

WEFT_EXPORT const struct weft_abi_field *weft_abi_layout(uint64_t *count)
{
	*count = sizeof(fields) / sizeof(fields[0]);
	return fields;
}

const char *weft_layout_gap(void)
{
	const struct weft_abi_field *owner = NULL;
	uint32_t end = 0;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		const struct weft_abi_field *field = &fields[i];

		if (field->field[0] == '\0') {
			if (owner && end != owner->bytes)
				return owner->struct_name;
			owner = field;
			end = 0;
		} else {
			if (!owner || field->offset != end)
				return field->struct_name;
			end = field->offset + field->bytes;
		}
	}
	return owner && end != owner->bytes ? owner->struct_name : NULL;
}
