/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The device files that the parent process holds for its workers, by vif. Parent process. */
#ifndef WEFTD_KEEP_H
#define WEFTD_KEEP_H

#include "channel.h"

/* Takes the file over, in place of an earlier one of the vif. */
void weftd_keep(uint32_t vif_id, const char name[WEFT_IFNAME_BYTES], int fd);
/* Closes it. As long as a worker has it open too this takes no time. */
void weftd_keep_forget(uint32_t vif_id);
void weftd_keep_forget_all(void);
/* Sends the list to a worker that will inherit the files. 0 or negative errno. */
int weftd_keep_send(int channel_fd);
/* In the child before exec: the files stay open. */
void weftd_keep_inherit(void);

#endif
