/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The journal: every message that changed the plane, in a memory file that outlives the worker process. A record is a frame of
 * one message, so that replaying is weft_plane_apply. Two areas: one is live; a snapshot is written into the other, which then
 * becomes the live one with a single store. A record counts once `used` covers it, and `used` is stored after its bytes:
 * whatever a dying worker left behind that is not there.
 *
 * One writer, the control thread. Nothing here knows DPDK or the plane.
 */
#ifndef WEFTD_JOURNAL_H
#define WEFTD_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "weft_abi.h"

/* Messages of the daemon itself, beside enum weft_object. Operation SET. */
#define WEFTD_JOURNAL_ZONE 0xff00u     /* struct weftd_journal_zone, behind its vif */
#define WEFTD_JOURNAL_ENDPOINT 0xff01u /* struct weftd_journal_endpoint, before its next hops */

struct weftd_journal_zone {
	uint32_t vif_id, zone;
};

/* A tunnel destination: the index that connections remember, its last path, and what a too-big taught about it. */
struct weftd_journal_endpoint {
	struct weft_path_msg path;
	uint32_t index, zero0;
	uint64_t learned; /* weft_endpoint.learned */
};

struct weftd_journal_head;

struct weftd_journal {
	struct weftd_journal_head *head; /* the mapping's beginning */
	uint8_t *areas[2];
	uint64_t area_bytes;
	int fd;
	uint64_t snapshot_used; /* bytes of the snapshot under way */
};

/* Bytes of a file for areas of `area_bytes` each, a multiple of 4096. */
size_t weftd_journal_file_bytes(size_t area_bytes);
/* Maps the file. 0 or negative errno. */
int weftd_journal_open(struct weftd_journal *journal, int fd);
void weftd_journal_close(struct weftd_journal *journal);
/* True: of this format and ABI, complete. False: reset it before use. */
bool weftd_journal_fits(const struct weftd_journal *journal);
/* Forgets everything. */
void weftd_journal_reset(struct weftd_journal *journal);

/* Appends a message, header and body. False: no room; the journal is incomplete until a snapshot is committed. */
bool weftd_journal_append(struct weftd_journal *journal, const void *message, uint32_t bytes);
/* The record at *at, which moves behind it; from 0. NULL: the end, or what is there is not a record. */
const struct weft_frame_header *weftd_journal_next(const struct weftd_journal *journal, uint64_t *at);
/* Bytes that count. */
uint64_t weftd_journal_used(const struct weftd_journal *journal);

/* True: so much was appended since the last snapshot, or something did not fit, that a new one is worth it. */
bool weftd_journal_due(const struct weftd_journal *journal);
void weftd_journal_snapshot_begin(struct weftd_journal *journal);
/* False: no room. */
bool weftd_journal_snapshot_add(struct weftd_journal *journal, const void *message, uint32_t bytes);
/* The snapshot takes the place of all records before it. */
void weftd_journal_snapshot_commit(struct weftd_journal *journal);
/* Nothing happened. */
void weftd_journal_snapshot_abort(struct weftd_journal *journal);

#endif
