/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Objects of the plane as rows of a table. */
#ifndef WEFT_ROWS_H
#define WEFT_ROWS_H

#include "table.h"
#include "weft_client.h"

/* Adds the row of one body of an answer; `body` is as long as the object's struct. */
typedef void row_writer(struct table *table, const void *body, uint32_t epoch);

row_writer row_vif, row_vrf, row_nexthop, row_route, row_label, row_vni, row_path, row_connection, row_drop, row_plane;

#endif
