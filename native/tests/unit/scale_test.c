/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Tables at their stated size: what they hold, what they take, what one message more says. scale_test [--full]: with the option
 * every table whole, which takes a minute and 1 GB; without it the large ones are filled in part, over their whole range.
 */
#include "plane.h"
#include "test.h"
#include "messages.h"

#include <unistd.h>

#define FRAME_MESSAGES 2000u
#define ROUTES4 1000000u
#define ROUTES6 500000u

/* A sanitizer has memory of its own beside ours. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define RESIDENT(condition) true
#else
#define RESIDENT(condition) (condition)
#endif

static bool full;
static uint32_t queued, queued_bytes;

/* Of this thread: what else runs on the machine does not count. */
static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t resident_bytes(void)
{
	unsigned long long pages = 0, ignored;
	FILE *file = fopen("/proc/self/statm", "r");

	if (file) {
		CHECK(fscanf(file, "%llu %llu", &ignored, &pages) == 2);
		fclose(file);
	}
	return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void open_host(void)
{
	struct weft_host_plane_options options = {.connections_max = 1024};

	host = weft_host_plane_open_with(&options);
	CHECK(host != NULL);
}

/* What was queued goes as one frame; every message of it must be applied. */
static void flush(void)
{
	struct weft_frame_header frame = {(uint32_t)sizeof(frame) + queued_bytes, 1, queued, 0};
	struct weft_message_header header;
	const void *body;
	uint32_t at;

	if (!queued)
		return;
	memcpy(request_words, &frame, sizeof(frame));
	weft_host_plane_call(host, request_words, frame.bytes, answer_words, sizeof(answer_words));
	for (at = next_object(0, &header, &body); at; at = next_object(at, &header, &body)) {
		if (header.object == WEFT_OBJECT_ERROR)
			printf("# refused: %.112s\n", ((const struct weft_error_msg *)body)->text);
		if (header.object == WEFT_OBJECT_DONE)
			memcpy(&done, body, sizeof(done));
	}
	CHECK(done.applied == queued && !done.refused);
	queued = queued_bytes = 0;
}

static void queue(uint16_t object, uint16_t operation, const void *body, uint32_t bytes)
{
	struct weft_message_header header = {object, operation, (uint32_t)sizeof(header) + bytes, 1, 0};
	uint8_t *at = (uint8_t *)request_words + sizeof(struct weft_frame_header) + queued_bytes;

	memcpy(at, &header, sizeof(header));
	memcpy(at + sizeof(header), body, bytes);
	queued_bytes += header.bytes;
	if (++queued == FRAME_MESSAGES)
		flush();
}

static void set_vrfs(uint32_t first, uint32_t count)
{
	struct weft_vrf_msg m = {0};

	for (uint32_t i = 0; i < count; i++) {
		m.vrf_id = first + i;
		queue(WEFT_OBJECT_VRF, WEFT_OPERATION_SET, &m, sizeof(m));
	}
	flush();
}

static struct weft_route_msg route4(uint32_t vrf_id, uint32_t address, uint32_t nexthop_id)
{
	struct weft_route_msg m = {
	    .vrf_id = vrf_id, .family = 4, .prefix_len = 32, .nexthop_id = nexthop_id, .label = WEFT_LABEL_NONE};

	for (uint32_t i = 0; i < 4; i++)
		m.prefix[i] = (uint8_t)(address >> (24 - 8 * i));
	return m;
}

/* Objects that a paged dump gives; each must be given once, in order. */
static uint64_t dump_all(uint16_t object, uint32_t *pages)
{
	struct weft_dump_msg request = {.vrf_id = 0xffffffffu};
	uint64_t count = 0;

	for (*pages = 0;; ++*pages) {
		CHECK(send_message(object, WEFT_OPERATION_DUMP, 0, &request, sizeof(request)) == 0);
		count += dumped;
		if (!done.more || test_failed)
			break;
		memcpy(request.marker, done.marker, sizeof(request.marker));
	}
	return count;
}

static uint32_t spread(uint32_t i)
{
	return i * 2654435761u;
}

static uint32_t consecutive(uint32_t i)
{
	return 0x0a000000u + i;
}
static uint32_t one_of_sixteen(uint32_t i)
{
	return 0x0a000000u + i * 16;
}
static uint32_t scattered(uint32_t i)
{
	return 0x0a000000u | spread(i) >> 8;
} /* of 2^24; multiplication by an odd number repeats none of 2^24 */

static void host_routes(const char *what, uint32_t (*address)(uint32_t), uint64_t limit)
{
	uint64_t counted, resident, started, spent;
	uint32_t pages;

	open_host();
	set_vrfs(1, 1);
	counted = weft_host_allocated_bytes();
	resident = resident_bytes();
	started = now_ns();
	for (uint32_t i = 0; i < ROUTES4; i++) {
		struct weft_route_msg m = route4(1, address(i), 0);

		queue(WEFT_OBJECT_ROUTE, WEFT_OPERATION_SET, &m, sizeof(m));
	}
	flush();
	spent = now_ns() - started;
	weft_host_plane_advance(host, 2000000000u);
	counted = weft_host_allocated_bytes() - counted;
	resident = resident_bytes() - resident;
	printf("# %s: %u routes, %.1f MiB counted, %.1f MiB resident, %.0f ns each\n", what, ROUTES4, (double)counted / 1048576,
	       (double)resident / 1048576, (double)spent / ROUTES4);
	CHECK(counted < limit && RESIDENT(resident < limit));
	for (uint32_t i = 0; i < ROUTES4; i += 977) {
		struct weft_route_msg m = route4(1, address(i), 0);

		CHECK(weft_route_get(weft_host_plane_core(host), 1, 4, m.prefix).prefix_len == 32);
	}
	started = now_ns();
	CHECK(dump_all(WEFT_OBJECT_ROUTE, &pages) == ROUTES4);
	printf("# dumped in %u pages, %.0f ns each\n", pages + 1, (double)(now_ns() - started) / ROUTES4);
	started = now_ns();
	for (uint32_t i = 0; i < ROUTES4; i++) {
		struct weft_route_msg m = route4(1, address(i), 0);

		queue(WEFT_OBJECT_ROUTE, WEFT_OPERATION_DELETE, &m, sizeof(m));
	}
	flush();
	printf("# deleted, %.0f ns each\n", (double)(now_ns() - started) / ROUTES4);
	weft_host_plane_close(host);
}

static void aMillionIpv4HostRoutesTakeLessThan64MiB(void)
{
	host_routes("consecutive", consecutive, 64u << 20);
	host_routes("16 of each /24", one_of_sixteen, 64u << 20);
	host_routes("random in a /8", scattered, 64u << 20);
}

static void aVrfWithTenRoutesTakesLessThan4KiB(void)
{
	enum { VRFS = 2000 };
	uint64_t counted, resident;

	open_host();
	counted = weft_host_allocated_bytes();
	resident = resident_bytes();
	set_vrfs(1, VRFS);
	for (uint32_t vrf_id = 1; vrf_id <= VRFS; vrf_id++) {
		for (uint32_t i = 0; i < 10; i++) {
			struct weft_route_msg m = route4(vrf_id, 0x0a000000u + vrf_id * 256 + i * 7, 0);

			queue(WEFT_OBJECT_ROUTE, WEFT_OPERATION_SET, &m, sizeof(m));
		}
	}
	flush();
	weft_host_plane_advance(host, 2000000000u);
	counted = (weft_host_allocated_bytes() - counted) / VRFS;
	resident = (resident_bytes() - resident) / VRFS;
	printf("# a VRF with 10 routes: %" PRIu64 " bytes counted, %" PRIu64 " resident\n", counted, resident);
	CHECK(counted < 4096 && RESIDENT(resident < 4096));
	weft_host_plane_close(host);
}

static void everyVrfHoldsRoutes(void)
{
	uint32_t routes4 = full ? ROUTES4 : 2 * WEFT_VRF_LIMIT, routes6 = full ? ROUTES6 : WEFT_VRF_LIMIT, pages;
	struct weft_vrf_msg beyond = {.vrf_id = WEFT_VRF_LIMIT};
	uint64_t counted, started;

	open_host();
	counted = weft_host_allocated_bytes();
	started = now_ns();
	set_vrfs(1, WEFT_VRF_LIMIT - 1);
	for (uint32_t i = 0; i < routes4; i++) {
		struct weft_route_msg m = route4(i % WEFT_VRF_LIMIT, 0x0a000000u + i / WEFT_VRF_LIMIT, 0);

		queue(WEFT_OBJECT_ROUTE, WEFT_OPERATION_SET, &m, sizeof(m));
	}
	for (uint32_t i = 0; i < routes6; i++) {
		struct weft_route_msg m = {
		    .vrf_id = i % WEFT_VRF_LIMIT, .family = 6, .prefix_len = 128, .prefix = {0xfd}, .label = WEFT_LABEL_NONE};
		uint32_t number = i / WEFT_VRF_LIMIT;

		memcpy(&m.prefix[12], &number, sizeof(number));
		queue(WEFT_OBJECT_ROUTE, WEFT_OPERATION_SET, &m, sizeof(m));
	}
	flush();
	printf("# %u VRFs, %u IPv4 and %u IPv6 routes: %.1f MiB, %.0f ms\n", WEFT_VRF_LIMIT, routes4, routes6,
	       (double)(weft_host_allocated_bytes() - counted) / 1048576, (double)(now_ns() - started) / 1e6);
	CHECK(SET(VRF, &beyond) == EINVAL);
	CHECK(!strcmp(error_text, "VRF vrf_id 65536: at most 65535"));
	CHECK(dump_all(WEFT_OBJECT_VRF, &pages) == WEFT_VRF_LIMIT);
	CHECK(dump_all(WEFT_OBJECT_ROUTE, &pages) == routes4 + routes6);
	weft_host_plane_close(host);
}

static void nexthopsUpToTheLimit(void)
{
	uint32_t step = full ? 1 : 61, count = 1, pages; /* id 0 is there already */
	struct weft_nexthop_msg m = {.type = WEFT_NEXTHOP_RECEIVE};
	uint64_t counted, started;

	open_host();
	counted = weft_host_allocated_bytes();
	started = now_ns();
	for (uint32_t id = 1; id < WEFT_NEXTHOP_LIMIT; id += step, count++) {
		m.nexthop_id = id;
		queue(WEFT_OBJECT_NEXTHOP, WEFT_OPERATION_SET, &m, sizeof(m));
	}
	flush();
	printf("# %u next hops: %.1f MiB, %.0f ns each\n", count, (double)(weft_host_allocated_bytes() - counted) / 1048576,
	       (double)(now_ns() - started) / count);
	m.nexthop_id = WEFT_NEXTHOP_LIMIT;
	CHECK(set_nexthop(&m) == EINVAL);
	CHECK(!strcmp(error_text, "NEXTHOP nexthop_id 1048576: want 1 to 1048575"));
	CHECK(dump_all(WEFT_OBJECT_NEXTHOP, &pages) == count);
	CHECK(weft_nexthop_get(weft_host_plane_core(host), 1) != NULL);
	weft_host_plane_close(host);
}

static void labels(uint16_t object, uint32_t first, uint32_t limit, uint32_t step, const char *text)
{
	struct weft_label_msg m = {.nexthop_id = 1}; /* VNI messages have the same shape */
	struct weft_nexthop_msg target = {.nexthop_id = 1, .type = WEFT_NEXTHOP_VRF, .vrf_id = 1};
	uint32_t count = 0, pages;
	uint64_t counted;

	open_host();
	set_vrfs(1, 1);
	CHECK(set_nexthop(&target) == 0);
	counted = weft_host_allocated_bytes();
	for (uint32_t id = first; id < limit; id += step, count++) {
		m.label = id;
		queue(object, WEFT_OPERATION_SET, &m, sizeof(m));
	}
	flush();
	printf("# %u of object %u: %.1f MiB\n", count, object, (double)(weft_host_allocated_bytes() - counted) / 1048576);
	m.label = limit;
	CHECK(send_message(object, WEFT_OPERATION_SET, 1, &m, sizeof(m)) == EINVAL);
	CHECK(!strcmp(error_text, text));
	CHECK(dump_all(object, &pages) == count);
	for (uint32_t id = first; id < limit; id += step) {
		m.label = id;
		queue(object, WEFT_OPERATION_DELETE, &m, sizeof(m));
	}
	flush();
	CHECK(dump_all(object, &pages) == 0);
	weft_host_plane_advance(host, 2000000000u);
	printf("# and without them: %.1f MiB\n", (double)(weft_host_allocated_bytes() - counted) / 1048576);
	CHECK(weft_host_allocated_bytes() == counted);
	weft_host_plane_close(host);
}

static void labelsUpToTheLimit(void)
{
	labels(WEFT_OBJECT_LABEL, 16, WEFT_LABEL_LIMIT, 1, "LABEL label 1048576: want 16 to 1048575");
}

static void vnisOverTheirWholeRange(void)
{
	labels(WEFT_OBJECT_VNI, 1, WEFT_VNI_LIMIT, full ? 1 : 257, "VNI vni 16777216: want 1 to 16777215");
}

int main(int argc, char **argv)
{
	full = argc > 1 && !strcmp(argv[1], "--full");
	RUN(aMillionIpv4HostRoutesTakeLessThan64MiB);
	RUN(aVrfWithTenRoutesTakesLessThan4KiB);
	RUN(everyVrfHoldsRoutes);
	RUN(nexthopsUpToTheLimit);
	RUN(labelsUpToTheLimit);
	RUN(vnisOverTheirWholeRange);
	return test_end();
}
