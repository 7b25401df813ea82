/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "record.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "memory.h"
#include "weft_plane.h"
#include "weft_tables.h"

/* Of address space; memory is taken as it is written. */
#define AREA_BYTES (2ull << 30)
#define RETRY_NS 10000000000ull
#define MESSAGES_PER_FREE 32u

static struct weftd_journal journal;
static bool restoring, told;
static uint64_t retry_ns;

int weftd_record_open(int journal_fd)
{
	off_t bytes = (off_t)weftd_journal_file_bytes(AREA_BYTES);
	struct stat status;
	bool empty;
	int error;

	if (fstat(journal_fd, &status))
		return -errno;
	empty = status.st_size == 0;
	if (status.st_size != bytes && (ftruncate(journal_fd, 0) || ftruncate(journal_fd, bytes))) {
		weftd_log("journal: %s", strerror(errno));
		return -errno;
	}
	error = weftd_journal_open(&journal, journal_fd);
	if (error) {
		weftd_log("journal: %s", strerror(-error));
		return error;
	}
	if (!weftd_journal_fits(&journal)) {
		if (!empty)
			weftd_log("journal: incomplete, or of another version: the plane starts empty");
		weftd_journal_reset(&journal);
	}
	return 0;
}

void weftd_record_close(void)
{
	weftd_journal_close(&journal);
}

static void append(const void *message, uint32_t bytes)
{
	if (weftd_journal_append(&journal, message, bytes))
		return;
	if (!told)
		weftd_log("journal: full; a snapshot follows");
	told = true;
}

void weftd_record_applied(void *host, const void *message, uint32_t bytes)
{
	static uint32_t applied;

	(void)host;
	append(message, bytes);
	if (++applied % MESSAGES_PER_FREE == 0)
		weftd_deferred_free();
}

void weftd_record_path(struct weft_plane *plane, uint8_t family, const uint8_t destination[16])
{
	struct {
		struct weft_message_header header;
		struct weftd_journal_endpoint endpoint;
	} message = {.header = {WEFTD_JOURNAL_ENDPOINT, WEFT_OPERATION_SET, sizeof(message), 0, 0}};

	if (restoring || !weft_plane_path_get(plane, family, destination, &message.endpoint.path, &message.endpoint.index))
		return;
	message.endpoint.learned = __atomic_load_n(&weft_endpoint_get(plane, family, destination)->learned, __ATOMIC_ACQUIRE);
	append(&message, sizeof(message));
}

int weftd_record_restore(struct weft_plane *plane, struct weftd_restored *restored)
{
	int error;

	restoring = true;
	weft_plane_restore_begin(plane);
	error = weftd_restore(plane, &journal, restored);
	weft_plane_restore_end(plane);
	restoring = false;
	return error;
}

void weftd_record_run(struct weft_plane *plane, uint64_t now_ns)
{
	int error;

	if (!weftd_journal_due(&journal) || now_ns < retry_ns)
		return;
	error = weftd_snapshot(plane, &journal);
	told = false;
	if (!error)
		return;
	weftd_log("journal: no snapshot: %s", strerror(-error));
	retry_ns = now_ns + RETRY_NS;
}
