/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"

static void *grow(void *memory, size_t bytes)
{
	void *grown = realloc(memory, bytes);

	if (!grown) {
		fprintf(stderr, "weftctl: no memory\n");
		exit(1);
	}
	return grown;
}

static char *copy(const char *text)
{
	size_t bytes = strlen(text) + 1;

	return memcpy(grow(NULL, bytes), text, bytes);
}

void table_row(struct table *table)
{
	if (table->count == table->room) {
		table->room = table->room ? 2 * table->room : 64;
		table->rows = grow(table->rows, table->room * sizeof(*table->rows));
	}
	table->rows[table->count++] = (struct row){NULL, 0};
}

static struct cell *last_cell(struct table *table)
{
	struct row *row = &table->rows[table->count - 1];

	return &row->cells[row->count - 1];
}

static void add(struct table *table, const char *name, enum cell_kind kind, const char *text)
{
	struct row *row = &table->rows[table->count - 1];

	row->cells = grow(row->cells, (row->count + 1) * sizeof(*row->cells));
	row->cells[row->count++] = (struct cell){name, kind, false, copy(text)};
}

void table_text(struct table *table, const char *name, const char *text)
{
	add(table, name, CELL_TEXT, text);
}

void table_number(struct table *table, const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	add(table, name, CELL_NUMBER, text);
}

void table_boolean(struct table *table, const char *name, bool value)
{
	add(table, name, CELL_BOOLEAN, value ? "true" : "false");
}

void table_list(struct table *table, const char *name)
{
	add(table, name, CELL_LIST, "");
}

void table_item(struct table *table, const char *text)
{
	struct cell *cell = last_cell(table);
	size_t used = strlen(cell->text), bytes = strlen(text);

	cell->text = grow(cell->text, used + bytes + 2);
	memcpy(cell->text + used, text, bytes);
	memcpy(cell->text + used + bytes, "\n", 2);
}

void table_detail(struct table *table)
{
	last_cell(table)->detail = true;
}

/* What a person reads: lists with commas, "-" for nothing, yes and no; '?' for control characters. */
static void readable(const struct cell *cell, char *out, size_t room)
{
	const char *text = cell->text;
	size_t used = 0;

	if (cell->kind == CELL_BOOLEAN)
		text = cell->text[0] == 't' ? "yes" : "no";
	else if (text[0] == '\0')
		text = "-";
	for (; *text && used + 1 < room; text++) {
		if (*text != '\n' || cell->kind != CELL_LIST)
			out[used++] = iscntrl((unsigned char)*text) ? '?' : *text;
		else if (text[1])
			out[used++] = ',';
	}
	out[used] = '\0';
}

#define READABLE_BYTES 2048
#define COLUMNS_MAX 48

static void print_columns(const struct table *table)
{
	size_t widths[COLUMNS_MAX] = {0};
	char text[READABLE_BYTES];

	for (size_t r = 0; r < table->count; r++)
		for (size_t c = 0; c < table->rows[r].count && c < COLUMNS_MAX; c++) {
			const struct cell *cell = &table->rows[r].cells[c];

			readable(cell, text, sizeof(text));
			if (strlen(text) > widths[c])
				widths[c] = strlen(text);
			if (strlen(cell->name) > widths[c])
				widths[c] = strlen(cell->name);
		}
	for (size_t line = 0; line <= table->count; line++) {
		const struct row *row = &table->rows[line ? line - 1 : 0];
		size_t spaces = 0;

		for (size_t c = 0; c < row->count && c < COLUMNS_MAX; c++) {
			const struct cell *cell = &row->cells[c];

			if (cell->detail)
				continue;
			if (line)
				readable(cell, text, sizeof(text));
			else
				for (size_t i = 0; i <= strlen(cell->name) && i < sizeof(text); i++)
					text[i] = cell->name[i] == '_' ? ' ' : (char)toupper((unsigned char)cell->name[i]);
			if (cell->kind == CELL_NUMBER)
				printf("%*s%*s", (int)spaces, "", (int)widths[c], text);
			else
				printf("%*s%s", (int)spaces, "", text);
			spaces = 2 + (cell->kind == CELL_NUMBER ? 0 : widths[c] - strlen(text));
		}
		printf("\n");
	}
}

static void print_fields(const struct table *table)
{
	char text[READABLE_BYTES];

	for (size_t r = 0; r < table->count; r++)
		for (size_t c = 0; c < table->rows[r].count; c++) {
			readable(&table->rows[r].cells[c], text, sizeof(text));
			printf("%-18s %s\n", table->rows[r].cells[c].name, text);
		}
}

/* Length of the well-formed UTF-8 sequence (RFC 3629) at `text`, 0 when there is none. */
static size_t utf8_bytes(const unsigned char *text)
{
	size_t bytes = text[0] < 0x80 ? 1 : text[0] >= 0xc2 && text[0] < 0xe0 ? 2 : (text[0] & 0xf0) == 0xe0 ? 3 : 4;

	if (text[0] >= 0x80 && (text[0] < 0xc2 || text[0] > 0xf4))
		return 0;
	for (size_t i = 1; i < bytes; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	if ((text[0] == 0xe0 && text[1] < 0xa0) || (text[0] == 0xed && text[1] > 0x9f) || (text[0] == 0xf0 && text[1] < 0x90) ||
	    (text[0] == 0xf4 && text[1] > 0x8f))
		return 0;
	return bytes;
}

/* RFC 8259 section 7; bytes that are not UTF-8 become U+FFFD. */
static void print_json_string(const char *text, size_t bytes)
{
	const char *end = text + bytes;

	putchar('"');
	while (text < end) {
		unsigned char c = (unsigned char)*text;
		size_t length = utf8_bytes((const unsigned char *)text);

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			printf("\\u%04x", c);
		else if (length)
			printf("%.*s", (int)length, text);
		else
			printf("\\ufffd");
		text += length ? length : 1;
	}
	putchar('"');
}

static void print_json_cell(const struct cell *cell)
{
	const char *item = cell->text;

	if (cell->kind == CELL_NUMBER || cell->kind == CELL_BOOLEAN) {
		printf("%s", cell->text);
	} else if (cell->kind == CELL_TEXT) {
		print_json_string(cell->text, strlen(cell->text));
	} else {
		putchar('[');
		while (*item) {
			size_t bytes = strcspn(item, "\n");

			if (item != cell->text)
				putchar(',');
			print_json_string(item, bytes);
			item += bytes + 1;
		}
		putchar(']');
	}
}

static void print_json(const struct table *table)
{
	bool array = table->shape == TABLE_JSON;

	if (array)
		printf("[");
	for (size_t r = 0; r < table->count; r++) {
		printf("%s{", r ? ",\n " : "");
		for (size_t c = 0; c < table->rows[r].count; c++) {
			const struct cell *cell = &table->rows[r].cells[c];

			if (c)
				putchar(',');
			print_json_string(cell->name, strlen(cell->name));
			putchar(':');
			print_json_cell(cell);
		}
		putchar('}');
	}
	printf("%s\n", array ? "]" : "");
}

bool table_print(const struct table *table, const char *empty)
{
	if (table->shape == TABLE_JSON || table->shape == TABLE_JSON_ONE)
		print_json(table);
	else if (table->count == 0)
		printf("%s\n", empty);
	else if (table->shape == TABLE_COLUMNS)
		print_columns(table);
	else
		print_fields(table);
	return fflush(stdout) == 0 && !ferror(stdout);
}

void table_free(struct table *table)
{
	for (size_t r = 0; r < table->count; r++) {
		for (size_t c = 0; c < table->rows[r].count; c++)
			free(table->rows[r].cells[c].text);
		free(table->rows[r].cells);
	}
	free(table->rows);
}
