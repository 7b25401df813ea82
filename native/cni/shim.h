/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* weft-cni: hands one execution by a container runtime to the agent. Memory is static and bounded; nothing is allocated. */
#ifndef WEFT_CNI_SHIM_H
#define WEFT_CNI_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONFIG_BYTES_MAX (1u << 20)
#define REQUEST_BYTES_MAX (7u << 20) /* a configuration that must be escaped grows up to six times */
#define ANSWER_BYTES_MAX (2u << 20)
#define SOCKET_PATH_BYTES 108
#ifndef DEADLINE_MS /* the tests have less patience */
#define DEADLINE_MS 60000
#endif

/* Error codes of the CNI specification. */
enum cni_error {
	CNI_INVALID_ENVIRONMENT = 4,
	CNI_IO = 5,
	CNI_DECODE = 6,
	CNI_INVALID_CONFIG = 7,
	CNI_TRY_AGAIN = 11,
	CNI_NOT_AVAILABLE = 50,
};

/* Text that grows inside a fixed room; `full` once something did not fit. */
struct text {
	char *data;
	size_t bytes, room;
	bool full;
};

void text_add(struct text *text, const char *data, size_t bytes);
void text_add_string(struct text *text, const char *string);
/* With quotes, escaped (RFC 8259 section 7); bytes that are not UTF-8 become U+FFFD. */
void text_add_json_string(struct text *text, const char *data, size_t bytes);

/* True when `data` is exactly one JSON value (RFC 8259), blanks around allowed, nesting at most 64. */
bool json_is_value(const char *data, size_t bytes);
/*
 * Finds the string at the object path `first`.`second` (`second` NULL: top level) of valid JSON and copies it unescaped.
 * Returns its bytes, -1: not there, -2: there, but not a string or not shorter than `room`. \u escapes above 0x7f count as -2.
 */
int json_find_string(const char *data, size_t bytes, const char *first, const char *second, char *out, size_t room);

struct answer {
	int exit; /* of X-Weft-Exit */
	const char *body;
	size_t bytes;
};

/* POST /cni over the unix socket. False with a reason of one sentence. */
bool agent_call(const char *socket_path, const struct text *body, struct answer *answer, char *reason, size_t reason_bytes);

#endif
