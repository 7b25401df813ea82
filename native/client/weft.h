/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Inside libweft.so: a handle and the schemes behind it. */
#ifndef WEFT_CLIENT_INTERNAL_H
#define WEFT_CLIENT_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "layout.h"

struct weft_scheme {
	const char *prefix; /* with the colon */
	/* Fills weft->state; 0 or negative errno with a sentence in `text`. `rest` is the URL behind the prefix. */
	int (*open)(struct weft *weft, const char *rest, char *text);
	void (*close)(struct weft *weft);
	/* Send the frame, wait for its answer until `deadline_ns` of CLOCK_MONOTONIC; as weft_send and weft_receive. */
	int (*send)(struct weft *weft, const void *request, uint32_t bytes, uint64_t deadline_ns);
	int64_t (*receive)(struct weft *weft, void *answer, uint64_t capacity, uint64_t deadline_ns);
};

struct weft {
	const struct weft_scheme *scheme;
	uint32_t sequence; /* of the last request */
	int dead;	   /* 0, or the negative errno that ended this handle */
	bool sent;	   /* the last request waits for its answer */
	int fd;		   /* dpdk: -1 when closed */
	const void *request; /* host: the last one, which is done when its answer is asked for */
	uint32_t request_bytes;
	struct weft_host_plane *host;
};

extern const struct weft_scheme weft_scheme_socket;
extern const struct weft_scheme weft_scheme_host;
extern const struct weft_scheme weft_scheme_kernel;

uint64_t weft_monotonic_ns(void);

/* Writes a sentence, cut to WEFT_ERROR_TEXT_BYTES. Returns `code`. */
int weft_refuse(char *text, int code, const char *format, ...) __attribute__((format(printf, 3, 4)));

#endif
