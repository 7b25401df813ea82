/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The worker process's side of the channel: device files that its parent holds. Control thread. */
#ifndef WEFTD_KEEPER_H
#define WEFTD_KEEPER_H

#include <stdbool.h>

#include "weft_abi.h"

/* Reads the list of files this process inherited. 0 or negative errno, logged. */
int weftd_keeper_open(int channel_fd);
/* To wait on: readable when the parent says stop. */
int weftd_keeper_fd(void);
/* True: stop. From then on nothing is told any more. */
bool weftd_keeper_told_to_stop(void);
/* Takes over and forwards. */
void weftd_keeper_ready(void);

/* The parent holds the file too from now on, so that the device outlives this process. 0 or negative errno with a text. */
int weftd_keeper_keep(uint32_t vif_id, const char name[WEFT_IFNAME_BYTES], int fd, char *text);
/* The parent has closed its file when this returns: whoever closes the last one removes the device. */
void weftd_keeper_forget(uint32_t vif_id);
/* The inherited file of the vif, which is the caller's now, or -1. */
int weftd_keeper_take(uint32_t vif_id, const char name[WEFT_IFNAME_BYTES]);
/* Closes what nobody took, here and at the parent; returns how many. */
uint32_t weftd_keeper_drop_rest(void);

#endif
