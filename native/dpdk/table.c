/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "table.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "weft_plane.h"

static void *memory;
static size_t memory_bytes;

static bool size(int table_fd, size_t bytes)
{
	if (ftruncate(table_fd, 0) == 0 && ftruncate(table_fd, (off_t)bytes) == 0)
		return true;
	weftd_log("connection table: %zu bytes: %s", bytes, strerror(errno));
	return false;
}

void *weftd_table_open(int table_fd, uint32_t connections)
{
	struct stat status = {0};
	bool fits;

	memory_bytes = weft_plane_shared_bytes(connections);
	if (fstat(table_fd, &status))
		return NULL;
	fits = status.st_size == (off_t)memory_bytes;
	if (!fits && !size(table_fd, memory_bytes))
		return NULL;
	memory = mmap(NULL, memory_bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, table_fd, 0);
	if (memory == MAP_FAILED) {
		weftd_log("connection table: %zu bytes: %s", memory_bytes, strerror(errno));
		memory = NULL;
		return NULL;
	}
	if (fits && weft_plane_shared_fits(memory, connections))
		return memory;
	if (status.st_size)
		weftd_log("connection table: of another layout, version or size: starts empty");
	if (fits && !size(table_fd, memory_bytes)) /* the mapping goes on with fresh pages */
		return NULL;
	return memory;
}

void weftd_table_close(void)
{
	if (memory)
		munmap(memory, memory_bytes);
	memory = NULL;
}
