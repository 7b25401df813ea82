/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The worker's journal: what it does to the plane is written down, what one before it did is taken over. Control thread. */
#ifndef WEFTD_RECORD_H
#define WEFTD_RECORD_H

#include "restore.h"

/* Maps the file, which is empty or another worker's. What cannot be read is given up, logged. 0 or negative errno, logged. */
int weftd_record_open(int journal_fd);
void weftd_record_close(void);
/* settings.applied */
void weftd_record_applied(void *host, const void *message, uint32_t bytes);
/* The tunnel destination came into use, has another path or learned something (settings.learned). Nothing while restoring. */
void weftd_record_path(struct weft_plane *plane, uint8_t family, const uint8_t destination[16]);
/* Gives the plane what is in the journal. 0 or -ENOMEM. */
int weftd_record_restore(struct weft_plane *plane, struct weftd_restored *restored);
/* Writes a snapshot when the journal has grown: ~0.4 us per object. */
void weftd_record_run(struct weft_plane *plane, uint64_t now_ns);

#endif
