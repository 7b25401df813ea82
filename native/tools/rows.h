/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Objects of the plane as rows of a table. */
#ifndef WEFT_ROWS_H
#define WEFT_ROWS_H

#include "table.h"
#include "weft_client.h"

/* Adds the row of one body of an answer; `body` is as long as the object's struct and the items it counts. */
typedef void row_writer(struct table *table, const void *body, uint32_t epoch);

row_writer row_vif, row_vrf, row_nexthop, row_route, row_label, row_vni, row_path, row_connection, row_drop, row_plane;
/* natrows.c */
row_writer row_floating_ip, row_nat_pool;
/* What the packets of a translated connection become: one cell for people, four for programs. */
void cells_translation(struct table *table, const struct weft_connection_msg *connection);
/* policyrows.c. row_policy adds a row per rule, and one for the default; row_policy_counted those that decided something;
 * row_policy_set one for the whole set. */
row_writer row_identity, row_policy, row_policy_counted, row_policy_set, row_log;
/* policyrows.c. A row per protocol and port. */
row_writer row_ageing;
/* servicerows.c: a row per backend, one with empty cells for a service that has none. */
row_writer row_service;
/* The sums of the vifs, then the plane's row with them, then each reason as a cell of it. */
row_writer row_stats_vif, row_stats_plane, row_stats_drop;

/* Cells that several kinds of rows have. `out`: INET6_ADDRSTRLEN bytes; family 0 is no address. */
const char *address_text(uint8_t family, const uint8_t address[16], char *out);
void cell_address(struct table *table, const char *name, uint8_t family, const uint8_t address[16]);
/* 16 bytes as a UUID; NULL: empty. */
void cell_bytes(struct table *table, const char *name, const uint8_t bytes[16]);
void cell_time(struct table *table, const char *name, uint64_t realtime_ns);

#endif
