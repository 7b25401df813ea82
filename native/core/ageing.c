/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* How long connections live: the AGEING object. Replaced whole; whoever looks a row up may do so for a grace period longer. */
#include "plane.h"

struct weft_ageing {
	uint32_t row_count, epoch;
	struct weft_ageing_row rows[];
};

/* What a plane begins with. */
static const struct weft_ageing_row beginning[] = {
    {.protocol = 1, .idle_seconds = 30, .opening_seconds = 30},
    {.protocol = 6, .idle_seconds = 3600, .opening_seconds = 30, .half_closed_seconds = 3600, .closed_seconds = 5},
    {.protocol = 17, .idle_seconds = 180, .opening_seconds = 60},
    {.protocol = 58, .idle_seconds = 30, .opening_seconds = 30},
    {.protocol = WEFT_AGEING_ANY_PROTOCOL, .idle_seconds = 180, .opening_seconds = 180},
};

static size_t ageing_bytes(const struct weft_ageing *ageing)
{
	return sizeof(*ageing) + ageing->row_count * sizeof(ageing->rows[0]);
}

static struct weft_ageing *make(const struct weft_ageing_row *rows, uint32_t count)
{
	struct weft_ageing *ageing = weft_host_alloc(sizeof(*ageing) + count * sizeof(*rows));

	if (!ageing)
		return NULL;
	ageing->row_count = count;
	memcpy(ageing->rows, rows, count * sizeof(*rows));
	return ageing;
}

int weft_ageing_create(struct weft_plane *plane)
{
	plane->ageing = make(beginning, WEFT_ARRAY_COUNT(beginning));
	return plane->ageing ? 0 : -ENOMEM;
}

void weft_ageing_destroy(struct weft_plane *plane)
{
	if (plane->ageing)
		weft_host_free(plane->ageing, ageing_bytes(plane->ageing));
	plane->ageing = NULL;
}

static uint32_t order_of(const struct weft_ageing_row *row)
{
	return (uint32_t)row->protocol << 16 | row->port;
}

static const struct weft_ageing_row *find(const struct weft_ageing_row *rows, uint32_t count, uint32_t protocol, uint32_t port)
{
	uint32_t low = 0, high = count, wanted = protocol << 16 | port;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2, order = order_of(&rows[middle]);

		if (order == wanted)
			return &rows[middle];
		if (order < wanted)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

const struct weft_ageing_row *weft_ageing_find(struct weft_plane *plane, uint8_t protocol, uint16_t port)
{
	const struct weft_ageing *ageing = weft_load(plane->ageing);
	const struct weft_ageing_row *row = port ? find(ageing->rows, ageing->row_count, protocol, port) : NULL;

	row = row ? row : find(ageing->rows, ageing->row_count, protocol, 0);
	row = row ? row : find(ageing->rows, ageing->row_count, WEFT_AGEING_ANY_PROTOCOL, 0);
	/* TCP asks for times that only a row of its own has */
	if (row && (row->closed_seconds || protocol != 6))
		return row;
	row = find(beginning, WEFT_ARRAY_COUNT(beginning), protocol, 0);
	return row ? row : &beginning[WEFT_ARRAY_COUNT(beginning) - 1];
}

static int check_seconds(struct weft_context *context, uint32_t index, const char *field, uint32_t seconds, bool wanted)
{
	if (!wanted && seconds)
		return weft_refuse(context, EINVAL, "AGEING rows[%u].%s %u: only TCP has it, want 0", index, field, seconds);
	if (wanted && (seconds < 1 || seconds > WEFT_AGEING_SECONDS_MAX))
		return weft_refuse(context, EINVAL, "AGEING rows[%u].%s %u: want 1 to %u", index, field, seconds,
				   WEFT_AGEING_SECONDS_MAX);
	return 0;
}

static int check_row(struct weft_context *context, const struct weft_ageing_row *row, uint32_t index)
{
	bool tcp = row->protocol == 6;
	int error;

	if (row->protocol > 255 && row->protocol != WEFT_AGEING_ANY_PROTOCOL)
		return weft_refuse(context, EINVAL, "AGEING rows[%u].protocol %u: want 0 to 255, or %u", index, row->protocol,
				   WEFT_AGEING_ANY_PROTOCOL);
	if (row->port && !tcp && row->protocol != 17 && row->protocol != 132)
		return weft_refuse(context, EINVAL, "AGEING rows[%u].port %u: protocol %u has no ports", index, row->port,
				   row->protocol);
	if (row->zero0)
		return weft_refuse(context, EINVAL, "AGEING rows[%u].zero0: padding is not zero", index);
	if (index && order_of(row) <= order_of(row - 1))
		return weft_refuse(context, EINVAL, "AGEING rows[%u] protocol %u port %u: not above the row before it", index,
				   row->protocol, row->port);
	error = check_seconds(context, index, "idle_seconds", row->idle_seconds, true);
	error = error ? error : check_seconds(context, index, "opening_seconds", row->opening_seconds, true);
	error = error ? error : check_seconds(context, index, "half_closed_seconds", row->half_closed_seconds, tcp);
	return error ? error : check_seconds(context, index, "closed_seconds", row->closed_seconds, tcp);
}

int weft_ageing_set(struct weft_context *context, const void *body)
{
	struct weft_plane *plane = context->plane;
	const struct weft_ageing_msg *m = body;
	struct weft_ageing *old = plane->ageing, *fresh;
	int error = 0;

	if (m->zero0)
		return weft_refuse(context, EINVAL, "AGEING zero0: padding is not zero");
	for (uint32_t i = 0; !error && i < m->row_count; i++)
		error = check_row(context, &m->rows[i], i);
	if (error)
		return error;
	old->epoch = context->epoch;
	if (old->row_count == m->row_count && memcmp(old->rows, m->rows, m->row_count * sizeof(m->rows[0])) == 0)
		return 0;
	fresh = make(m->rows, m->row_count);
	if (!fresh)
		return weft_refuse(context, ENOMEM, "AGEING: out of memory");
	fresh->epoch = context->epoch;
	weft_store(plane->ageing, fresh);
	weft_host_free_deferred(plane, old, ageing_bytes(old));
	context->changed = true;
	return 0;
}

uint32_t weft_ageing_epoch(const struct weft_plane *plane)
{
	return plane->ageing->epoch;
}

uint32_t weft_ageing_bytes(const struct weft_plane *plane)
{
	return (uint32_t)(sizeof(struct weft_ageing_msg) + plane->ageing->row_count * sizeof(struct weft_ageing_row));
}

void weft_ageing_fill(const struct weft_plane *plane, void *out)
{
	struct weft_ageing_msg message = {.row_count = plane->ageing->row_count};

	memcpy(out, &message, sizeof(message));
	memcpy((uint8_t *)out + sizeof(message), plane->ageing->rows, message.row_count * sizeof(message.rows[0]));
}
