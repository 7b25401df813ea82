/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* weft-dpdk: the forwarding plane as a daemon on DPDK. A parent process, and a worker process that it starts from the same
 * program. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

<<<<<<< HEAD
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_log.h>

#include "control.h"
#include "liveness.h"
#include "log.h"
#include "memory.h"
#include "mirror.h"
#include "packet.h"
#include "port.h"
#include "weft_plane.h"
#include "worker.h"

#define EXIT_USAGE 2
#define EAL_ARGUMENTS_MAX 64
#define MEMORY_MB_FIRST 64u
#define MEMORY_MB_PER_WORKER 32u

struct arguments {
	const char *socket;
	uint32_t workers, connections;
	bool huge;
	int eal_count;
	char **eal;
};

static const char usage[] =
	"weft-dpdk --socket=PATH [--workers=1] [--connections=1048576] [--huge=auto|off] [-- EAL argument ...]\n"
	"  --socket       unix socket of the plane ABI, mode 0600\n"
	"  --workers      threads that carry packets, 1 .. 16\n"
	"  --connections  size of the connection table in pairs, 1024 .. 16777216\n"
	"  --huge         auto: huge pages when enough are free; off: never\n";

static bool number(const char *name, const char *value, uint32_t least, uint32_t most, uint32_t *out)
{
	char *end;
	unsigned long parsed;

	errno = 0;
	parsed = strtoul(value, &end, 10);
	if (errno || *end || end == value || value[0] == '-' || parsed < least || parsed > most) {
		fprintf(stderr, "weft-dpdk: --%s=%s: a number in %u .. %u is needed\n", name, value, least, most);
		return false;
	}
	*out = (uint32_t)parsed;
	return true;
}

static bool huge_setting(const char *value, bool *huge)
{
	*huge = !strcmp(value, "auto");
	if (*huge || !strcmp(value, "off"))
		return true;
	fprintf(stderr, "weft-dpdk: --huge=%s: auto or off is needed\n", value);
	return false;
}

/* Value behind --name=, or NULL. */
static const char *value_of(const char *argument, const char *name)
{
	size_t length = strlen(name);

	if (strncmp(argument, "--", 2) || strncmp(argument + 2, name, length) || argument[2 + length] != '=')
		return NULL;
	return argument + 2 + length + 1;
}

static bool one_argument(const char *argument, struct arguments *out)
{
	const char *value;

	value = value_of(argument, "socket");
	if (value && *value) {
		out->socket = value;
		return true;
	}
	value = value_of(argument, "workers");
	if (value)
		return number("workers", value, 1, WEFT_WORKERS_MAX, &out->workers);
	value = value_of(argument, "connections");
	if (value)
		return number("connections", value, 1024, 1u << 24, &out->connections);
	value = value_of(argument, "huge");
	if (value)
		return huge_setting(value, &out->huge);
	fprintf(stderr, "weft-dpdk: unknown argument '%s'\n%s", argument, usage);
	return false;
}

static bool parse(int count, char **values, struct arguments *out)
{
	int index;

	*out = (struct arguments){.workers = 1, .connections = 1u << 20, .huge = true};
	for (index = 1; index < count; index++) {
		if (!strcmp(values[index], "--")) {
			out->eal = values + index + 1;
			out->eal_count = count - index - 1;
			break;
		}
		if (!one_argument(values[index], out))
			return false;
	}
	if (!out->socket)
		fprintf(stderr, "weft-dpdk: --socket=PATH is needed\n%s", usage);
	if (out->eal_count > EAL_ARGUMENTS_MAX / 2) {
		fprintf(stderr, "weft-dpdk: %d EAL arguments, the limit is %d\n", out->eal_count, EAL_ARGUMENTS_MAX / 2);
		return false;
	}
	return out->socket != NULL;
}

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

static bool names_devices(const struct arguments *arguments)
{
	int index;

	for (index = 0; index < arguments->eal_count; index++)
		if (!strncmp(arguments->eal[index], "-a", 2) || !strncmp(arguments->eal[index], "--allow", 7))
			return true;
	return false;
}

/* The main lcore is the control thread and may run anywhere; workers are ordinary threads. */
static int start_eal(const struct arguments *arguments, char *program)
{
	static char memory[16], prefix[48], lcores[64];
	char *values[EAL_ARGUMENTS_MAX] = {program, "--no-telemetry", "--log-level=4"};
	uint32_t megabytes = MEMORY_MB_FIRST + MEMORY_MB_PER_WORKER * arguments->workers;
	int count = 3, index;

	snprintf(memory, sizeof(memory), "-m%u", megabytes);
	snprintf(prefix, sizeof(prefix), "--file-prefix=weft-%d", (int)getpid());
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

static void block_signals(void)
{
	sigset_t signals;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	pthread_sigmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int serve(const struct arguments *arguments, struct weft_plane *plane)
{
	int error = weftd_mirror_open(plane);

	if (!error)
		error = weftd_liveness_open(plane);
	if (!error)
		error = weftd_control_open(plane, arguments->socket);
	if (!error) {
		error = weftd_workers_start(plane, arguments->workers);
		if (error)
			weftd_log("workers do not start: %s", strerror(-error));
	}
	if (!error) {
		printf("ready socket=%s\n", arguments->socket);
		fflush(stdout);
		error = weftd_control_run();
	}
	weftd_control_close();
	weftd_workers_stop();
	return error;
}
=======
#include "arguments.h"
#include "parent.h"
#include "serve.h"

#define EXIT_USAGE 2
>>>>>>> w-daemon

int main(int count, char **values)
{
	static struct weftd_arguments arguments;
	ssize_t length;

	if (count == 2 && !strcmp(values[1], "--help")) {
		fputs(weftd_usage, stdout);
		return 0;
	}
	if (!weftd_arguments_parse(count, values, &arguments))
		return EXIT_USAGE;
<<<<<<< HEAD
	block_signals();
	if (start_eal(&arguments, values[0]))
		return 1;
	settings.workers = arguments.workers;
	settings.connections_max = arguments.connections;
	error = weftd_memory_open();
	if (!error)
		error = weftd_pools_open(arguments.workers);
	if (!error) {
		plane = weft_plane_create(&settings);
		error = plane ? 0 : -ENOMEM;
	}
	if (error)
		weftd_log("no memory for the plane (%u connections, %u workers)", arguments.connections, arguments.workers);
	else
		error = serve(&arguments, plane);
	if (plane) {
		weftd_deferred_flush();
		weft_plane_destroy(plane);
		weftd_deferred_flush();
	}
	weftd_ports_close();
	weftd_mirror_close();
	weftd_liveness_close();
	weftd_memory_close();
	rte_eal_cleanup();
	return error ? 1 : 0;
=======
	if (arguments.handover.given)
		return weftd_serve(&arguments);
	length = readlink("/proc/self/exe", arguments.program, sizeof(arguments.program) - 1);
	arguments.program[length > 0 ? length : 0] = 0;
	return weftd_parent_run(&arguments);
>>>>>>> w-daemon
}
