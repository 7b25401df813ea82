/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Rows of named cells, printed as an aligned table or as JSON. */
#ifndef WEFT_TABLE_H
#define WEFT_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum table_shape {
	TABLE_COLUMNS, /* a heading, then a line per row */
	TABLE_FIELDS,  /* one row: a line per cell */
	TABLE_JSON,    /* an array of objects */
	TABLE_JSON_ONE /* one object */
};

enum cell_kind { CELL_TEXT, CELL_NUMBER, CELL_BOOLEAN, CELL_LIST };

struct cell {
	const char *name;
	enum cell_kind kind;
	bool detail; /* only in JSON and TABLE_FIELDS */
	char *text;  /* list: items with '\n' behind each */
};

struct row {
	struct cell *cells;
	size_t count;
};

struct table {
	enum table_shape shape;
	struct row *rows;
	size_t count, room;
};

/* Each ends the program with a sentence and status 1 when memory is out. */
void table_row(struct table *table);
void table_text(struct table *table, const char *name, const char *text);
void table_number(struct table *table, const char *name, uint64_t value);
void table_boolean(struct table *table, const char *name, bool value);
/* Starts an empty list; table_item appends to it. */
void table_list(struct table *table, const char *name);
void table_item(struct table *table, const char *text);
/* The last cell goes to JSON and TABLE_FIELDS only. */
void table_detail(struct table *table);

/* Writes to standard output. False when that failed. `empty` is what a person reads when there are no rows. */
bool table_print(const struct table *table, const char *empty);
void table_free(struct table *table);

#endif
