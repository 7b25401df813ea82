/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Work inside another network namespace, on a short-lived thread, so that no thread of the daemon ever changes its own. */
#ifndef WEFTD_NETNS_H
#define WEFTD_NETNS_H

#include "weft_abi.h"

/*
 * Runs `work` in the namespace at `path` (empty: the daemon's own) and waits for it. Returns what work returned, or negative
 * errno with a text that names the field netns.
 */
int weftd_netns_run(const char *path, int (*work)(void *argument), void *argument, char *text);

/*
 * Makes the TAP `message->name` in the calling thread's namespace: opens /dev/net/tun with a virtio-net header, sets MAC and MTU,
 * adds the CONFIGURE addresses without DAD and default routes through the GATEWAY entries, sets it and lo up.
 * Returns the non-blocking file, or negative errno with a text; then nothing is left behind.
 */
int weftd_tap_create(const struct weft_vif_msg *message, char *text);

#endif
