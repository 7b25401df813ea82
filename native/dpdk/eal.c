/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "eal.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "arguments.h"
#include "log.h"

#define EAL_ARGUMENTS_MAX (WEFTD_EAL_ARGUMENTS_MAX + 16)
#define MEMORY_MB_FIRST 64u
#define MEMORY_MB_PER_WORKER 32u

/* Megabytes in free huge pages of one size, the most of any. */
static uint64_t huge_free_mb(void)
{
	static const char root[] = "/sys/kernel/mm/hugepages";
	DIR *directory = opendir(root);
	struct dirent *entry;
	uint64_t most = 0;
	unsigned long kilobytes, pages;
	char path[512];
	FILE *file;

	if (!directory)
		return 0;
	while ((entry = readdir(directory))) {
		if (sscanf(entry->d_name, "hugepages-%lukB", &kilobytes) != 1)
			continue;
		snprintf(path, sizeof(path), "%s/%s/free_hugepages", root, entry->d_name);
		file = fopen(path, "re");
		if (!file)
			continue;
		if (fscanf(file, "%lu", &pages) == 1 && pages * kilobytes / 1024 > most)
			most = pages * kilobytes / 1024;
		fclose(file);
	}
	closedir(directory);
	return most;
}

static bool names_devices(const struct weftd_arguments *arguments)
{
	int index;

	for (index = 0; index < arguments->eal_count; index++)
		if (!strncmp(arguments->eal[index], "-a", 2) || !strncmp(arguments->eal[index], "--allow", 7))
			return true;
	return false;
}

/* The main lcore is the control thread and may run anywhere; workers are ordinary threads. */
int weftd_eal_start(const struct weftd_arguments *arguments)
{
	static char memory[16], prefix[48], lcores[64];
	char *values[EAL_ARGUMENTS_MAX] = {arguments->values[0], "--no-telemetry", "--log-level=4"};
	uint32_t megabytes = MEMORY_MB_FIRST + MEMORY_MB_PER_WORKER * arguments->workers;
	int count = 3, index;

	snprintf(memory, sizeof(memory), "-m%u", megabytes);
	snprintf(prefix, sizeof(prefix), "--file-prefix=weft-%d", (int)getppid());
	snprintf(lcores, sizeof(lcores), "--lcores=0@(0-%ld)", sysconf(_SC_NPROCESSORS_ONLN) - 1);
	values[count++] = memory;
	values[count++] = prefix;
	values[count++] = lcores;
	/* Either way no file is left behind; this release refuses --in-memory without huge pages. */
	if (arguments->huge && huge_free_mb() >= megabytes) {
		values[count++] = "--in-memory";
	} else {
		values[count++] = "--no-huge";
		values[count++] = "--no-shconf";
	}
	if (!names_devices(arguments))
		values[count++] = "--no-pci";
	for (index = 0; index < arguments->eal_count; index++)
		values[count++] = arguments->eal[index];
	if (rte_eal_init(count, values) < 0) {
		weftd_log("DPDK does not start: %s", rte_strerror(rte_errno));
		return -1;
	}
	/* It makes a directory for what it then does not write. */
	if (rmdir(rte_eal_get_runtime_dir()) && errno != ENOENT && errno != ENOTEMPTY)
		weftd_log("%s: %s", rte_eal_get_runtime_dir(), strerror(errno));
	return 0;
}
