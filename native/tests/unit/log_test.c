/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The policy log with two writers and a reader at once: each event once, in order, whole; or counted as lost. And ports'
 * counts. */
#include <pthread.h>

#include "plane.h"
#include "test.h"
#include "weft_host_plane.h"

#define EVENTS 200000u

static struct weft_plane *plane;
static uint32_t running;
static uint64_t refused[2];

struct writer {
	uint32_t worker;
	uint64_t step_ns; /* between two events */
};

/* Every event says who wrote it and which of its own it is, in several places. */
static void *writes(void *argument)
{
	const struct writer *writer = argument;
	uint64_t now_ns = 1000000000u;

	for (uint32_t i = 1; i <= EVENTS; i++) {
		struct weft_log_msg *event = weft_policy_log_begin(plane, writer->worker, now_ns += writer->step_ns);

		if (!event) {
			refused[writer->worker]++;
			continue;
		}
		event->vif_id = writer->worker;
		event->policy_id = event->packet_bytes = i;
		memset(event->source, (int)(i & 0xff), sizeof(event->source));
		memset(event->destination, (int)(i & 0xff), sizeof(event->destination));
		weft_policy_log_commit(plane, writer->worker);
	}
	__atomic_sub_fetch(&running, 1, __ATOMIC_RELEASE);
	return NULL;
}

struct reader {
	uint64_t last, seen, lost;
	uint32_t newest[2];
};

static void take(struct reader *reader, const struct weft_log_msg *event)
{
	uint8_t byte = (uint8_t)event->policy_id;
	bool whole = event->policy_id == event->packet_bytes && event->vif_id < 2;

	for (uint32_t i = 0; i < 16; i++)
		whole &= event->source[i] == byte && event->destination[i] == byte;
	CHECK(whole);
	CHECK(event->sequence > reader->last && event->lost == event->sequence - reader->last - 1);
	CHECK(event->policy_id > reader->newest[event->vif_id & 1]);
	reader->newest[event->vif_id & 1] = event->policy_id;
	reader->last = event->sequence;
	reader->lost += event->lost;
	reader->seen++;
}

static void read_all(struct reader *reader)
{
	struct weft_log_cursor cursor;
	struct weft_log_msg event;

	weft_policy_log_start(plane, &cursor, reader->last);
	while (!test_failed && weft_policy_log_next(plane, &cursor, &event))
		take(reader, &event);
}

static void run_writers(uint64_t step_ns)
{
	struct weft_host_plane_options options = {.workers = 2};
	struct weft_host_plane *host = weft_host_plane_open_with(&options);
	struct writer writers[2] = {{0, step_ns}, {1, step_ns}};
	struct reader reader = {0};
	pthread_t threads[2];

	plane = weft_host_plane_core(host);
	running = 2;
	refused[0] = refused[1] = 0;
	for (uint32_t i = 0; i < 2; i++)
		CHECK(pthread_create(&threads[i], NULL, writes, &writers[i]) == 0);
	while (__atomic_load_n(&running, __ATOMIC_ACQUIRE) && !test_failed)
		read_all(&reader);
	for (uint32_t i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	read_all(&reader);
	/* what was refused behind the last event that a writer wrote is told by its next one */
	CHECK(reader.seen + reader.lost <= 2 * EVENTS);
	CHECK(reader.seen + reader.lost + refused[0] + refused[1] >= 2 * EVENTS);
	if (step_ns > 1000000) /* within the rate: nothing is refused, and the last events are there */
		CHECK(refused[0] + refused[1] == 0 && reader.seen + reader.lost == 2 * EVENTS && reader.newest[0] == EVENTS &&
		      reader.newest[1] == EVENTS);
	else
		CHECK(refused[0] > EVENTS / 2 && reader.lost > EVENTS);
	CHECK(reader.seen > 0);
	printf("# %" PRIu64 " seen, %" PRIu64 " lost, %" PRIu64 " beyond the rate\n", reader.seen, reader.lost,
	       refused[0] + refused[1]);
	weft_host_plane_close(host);
}

static void eachEventIsSeenOnceOrCountedAsLost(void)
{
	run_writers(2000000);
}
static void aFloodIsBoundedAndCounted(void)
{
	run_writers(100000);
}

/* One worker is in the middle of its event when another finishes a later one: the reader waits, and then sees both in order. */
static void anEventBeingWrittenKeepsLaterOnesBack(void)
{
	struct weft_host_plane_options options = {.workers = 2};
	struct weft_host_plane *host = weft_host_plane_open_with(&options);
	struct weft_log_cursor cursor;
	struct weft_log_msg event;

	plane = weft_host_plane_core(host);
	CHECK(weft_policy_log_begin(plane, 0, 1) != NULL);
	weft_policy_log_begin(plane, 1, 1)->vif_id = 7;
	weft_policy_log_commit(plane, 1);
	weft_policy_log_start(plane, &cursor, 0);
	CHECK(!weft_policy_log_next(plane, &cursor, &event));
	weft_policy_log_commit(plane, 0);
	weft_policy_log_start(plane, &cursor, 0);
	CHECK(weft_policy_log_next(plane, &cursor, &event) && event.sequence == 1 && event.vif_id == 0);
	CHECK(weft_policy_log_next(plane, &cursor, &event) && event.sequence == 2 && event.vif_id == 7 && event.lost == 0);
	CHECK(!weft_policy_log_next(plane, &cursor, &event));
	weft_host_plane_close(host);
}

int main(void)
{
	RUN(eachEventIsSeenOnceOrCountedAsLost);
	RUN(aFloodIsBoundedAndCounted);
	RUN(anEventBeingWrittenKeepsLaterOnesBack);
	return test_end();
}
