/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Memory of the connection table: a file that outlives the worker process. Control thread. */
#ifndef WEFTD_TABLE_H
#define WEFTD_TABLE_H

#include <stdint.h>

/* For settings.shared: another worker's table, or zeroes when there is none or it does not fit (logged). NULL: out of memory,
 * logged. */
void *weftd_table_open(int table_fd, uint32_t connections);
void weftd_table_close(void);

#endif
