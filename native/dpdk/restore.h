/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Journal -> plane when a worker takes over, and plane -> journal when the journal has grown. Control thread. */
#ifndef WEFTD_RESTORE_H
#define WEFTD_RESTORE_H

#include "journal.h"

struct weft_plane;

struct weftd_restored {
	uint64_t messages, refused;
	uint64_t ignored_bytes;		  /* behind the first thing that is no record */
	char text[WEFT_ERROR_TEXT_BYTES]; /* why the first one was refused */
};

/*
 * Applies every record. A refused one changes nothing and is counted: the agent finds the difference. 0 or -ENOMEM.
 * Between weft_plane_restore_begin and _end, which the caller calls.
 */
int weftd_restore(struct weft_plane *plane, const struct weftd_journal *journal, struct weftd_restored *restored);

/*
 * Writes what the plane holds, in the order in which it can be set again, in place of the records so far. 0; -ENOMEM, or
 * -ENOSPC when it does not fit: then the journal is as before.
 */
int weftd_snapshot(struct weft_plane *plane, struct weftd_journal *journal);

#endif
