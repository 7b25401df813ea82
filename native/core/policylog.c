/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * What policy denied or was asked to log. Each worker writes a ring of its own, bounded in rate; numbers come from one counter of the
 * plane, so that the reader merges the rings by number. A number that no ring holds is a lost event: overwritten, or beyond the rate.
 *
 * A writer announces the lowest number it may get (`floor`) before it takes one: the reader stops below every floor, so that no event
 * turns up behind a reader that has passed it.
 */
#include "plane.h"

#define EVENTS 1024u
#define EVENTS_PER_SECOND 1000u
#define EVENTS_BURST 256u
#define TOKEN_NS (1000000000ull / EVENTS_PER_SECOND)
#define IDLE (~(uint64_t)0)

struct event {
	uint64_t sequence; /* 0: being written */
	uint64_t position;
	struct weft_log_msg message; /* time_ns: monotonic */
};

struct ring {
	uint64_t floor; /* IDLE: nothing is being written */
	uint64_t head;  /* events ever written */
	/* the writer's own */
	uint64_t taken, suppressed, filled_ns;
	uint32_t tokens;
	struct event events[EVENTS];
} __attribute__((aligned(WEFT_CACHE_LINE)));

struct weft_policy_log {
	uint64_t sequence; /* of the last event */
	struct ring rings[] __attribute__((aligned(WEFT_CACHE_LINE)));
};

static size_t log_bytes(const struct weft_plane *plane)
{
	return sizeof(struct weft_policy_log) + plane->workers * sizeof(struct ring);
}

int weft_policy_log_create(struct weft_plane *plane)
{
	plane->log = weft_host_alloc(log_bytes(plane));
	if (!plane->log)
		return -ENOMEM;
	for (uint32_t worker = 0; worker < plane->workers; worker++)
		plane->log->rings[worker].floor = IDLE;
	return 0;
}

void weft_policy_log_destroy(struct weft_plane *plane)
{
	weft_host_free(plane->log, log_bytes(plane));
	plane->log = NULL;
}

static bool take_token(struct ring *ring, uint64_t now_ns)
{
	uint64_t fresh = (now_ns - ring->filled_ns) / TOKEN_NS;

	if (!ring->filled_ns || fresh >= EVENTS_BURST) {
		ring->tokens = EVENTS_BURST;
		ring->filled_ns = now_ns ? now_ns : 1;
	} else if (fresh) {
		ring->tokens = ring->tokens + fresh > EVENTS_BURST ? EVENTS_BURST : ring->tokens + (uint32_t)fresh;
		ring->filled_ns += fresh * TOKEN_NS;
	}
	if (!ring->tokens)
		return false;
	ring->tokens--;
	return true;
}

struct weft_log_msg *weft_policy_log_begin(struct weft_plane *plane, uint32_t worker, uint64_t now_ns)
{
	struct weft_policy_log *log = plane->log;
	struct ring *ring = &log->rings[worker];
	struct event *event = &ring->events[ring->head % EVENTS];

	if (!take_token(ring, now_ns)) {
		ring->suppressed++;
		return NULL;
	}
	__atomic_store_n(&ring->floor, __atomic_load_n(&log->sequence, __ATOMIC_SEQ_CST) + 1, __ATOMIC_SEQ_CST);
	ring->taken = __atomic_add_fetch(&log->sequence, ring->suppressed + 1, __ATOMIC_SEQ_CST);
	ring->suppressed = 0;
	__atomic_store_n(&event->sequence, 0, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_RELEASE);
	weft_put(event->position, ring->head);
	memset(&event->message, 0, sizeof(event->message));
	event->message.time_ns = now_ns;
	return &event->message;
}

void weft_policy_log_commit(struct weft_plane *plane, uint32_t worker)
{
	struct ring *ring = &plane->log->rings[worker];

	__atomic_store_n(&ring->events[ring->head % EVENTS].sequence, ring->taken, __ATOMIC_RELEASE);
	__atomic_store_n(&ring->head, ring->head + 1, __ATOMIC_RELEASE);
	__atomic_store_n(&ring->floor, IDLE, __ATOMIC_RELEASE);
}

void weft_policy_log_start(struct weft_plane *plane, struct weft_log_cursor *cursor, uint64_t after)
{
	memset(cursor, 0, sizeof(*cursor));
	cursor->after = after;
	cursor->limit = __atomic_load_n(&plane->log->sequence, __ATOMIC_SEQ_CST);
	for (uint32_t worker = 0; worker < plane->workers; worker++) {
		uint64_t floor = __atomic_load_n(&plane->log->rings[worker].floor, __ATOMIC_SEQ_CST);

		if (floor <= cursor->limit)
			cursor->limit = floor - 1;
	}
}

/* The number of the ring's next event behind cursor->after, or IDLE; the cursor's position is its place. */
static uint64_t peek(const struct ring *ring, struct weft_log_cursor *cursor, uint64_t *position)
{
	uint64_t head = __atomic_load_n(&ring->head, __ATOMIC_ACQUIRE);

	if (head > EVENTS && *position < head - EVENTS)
		*position = head - EVENTS;
	for (; *position < head; ++*position) {
		const struct event *event = &ring->events[*position % EVENTS];
		uint64_t sequence = __atomic_load_n(&event->sequence, __ATOMIC_ACQUIRE);

		if (sequence > cursor->after && __atomic_load_n(&event->position, __ATOMIC_RELAXED) == *position)
			return sequence <= cursor->limit ? sequence : IDLE;
	}
	return IDLE;
}

/* False: it was overwritten meanwhile. */
static bool copy(const struct ring *ring, uint64_t position, uint64_t sequence, struct weft_log_msg *out)
{
	const struct event *event = &ring->events[position % EVENTS];

	memcpy(out, &event->message, sizeof(*out));
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	return __atomic_load_n(&event->sequence, __ATOMIC_RELAXED) == sequence;
}

bool weft_policy_log_next(struct weft_plane *plane, struct weft_log_cursor *cursor, struct weft_log_msg *out)
{
	uint64_t now_ns = weft_host_now_ns(), wall_ns = weft_host_wall_ns();

	for (;;) {
		uint64_t best = IDLE;
		uint32_t from = 0;

		for (uint32_t worker = 0; worker < plane->workers; worker++) {
			uint64_t sequence = peek(&plane->log->rings[worker], cursor, &cursor->position[worker]);

			if (sequence < best) {
				best = sequence;
				from = worker;
			}
		}
		if (best == IDLE)
			return false;
		if (!copy(&plane->log->rings[from], cursor->position[from]++, best, out))
			continue;
		out->sequence = best;
		out->lost = best - cursor->after - 1;
		out->time_ns = wall_ns - (now_ns > out->time_ns ? now_ns - out->time_ns : 0);
		cursor->after = best;
		return true;
	}
}
