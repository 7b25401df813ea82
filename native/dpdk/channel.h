/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * What a worker process and its parent say to each other, over a SOCK_SEQPACKET pair. The parent's first message, there before
 * the worker starts, is the list of kept files, which the worker inherits open under the same numbers. When the parent's end is
 * shut for writing the worker stops.
 */
#ifndef WEFTD_CHANNEL_H
#define WEFTD_CHANNEL_H

#include "weft_abi.h"

enum weftd_channel_kind {
	WEFTD_CHANNEL_READY = 1,     /* worker: it forwards */
	WEFTD_CHANNEL_KEEP = 2,	     /* worker: holds the file that comes with it for vif_id, until it says FORGET */
	WEFTD_CHANNEL_FORGET = 3,    /* worker: closes vif_id's file; answered by FORGOTTEN */
	WEFTD_CHANNEL_FORGOTTEN = 4, /* parent */
	WEFTD_CHANNEL_KEPT = 5,	     /* parent: `vif_id` is the number of struct weftd_kept that follow */
};

struct weftd_channel_message {
	uint32_t kind, vif_id;
	char name[WEFT_IFNAME_BYTES];
};

struct weftd_kept {
	int32_t fd;
	uint32_t vif_id;
	char name[WEFT_IFNAME_BYTES];
};

#endif
