/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "bench.h"

#include <fnmatch.h>
#include <getopt.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>

#include "dpdk/memory.h"
#include "dpdk/packet.h"

#define MEMORY_MB "1024"
#define WINDOWS_DEFAULT 401u
#define WINDOWS_MAX 100000u
#define PATTERNS_MAX 64u
#define STATIONS_MAX 2u

struct arguments {
	struct bench_options options;
	char *patterns[PATTERNS_MAX];
	uint32_t pattern_count;
	bool json, list;
};

void bench_say(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	fputs("bench: ", stderr);
	vfprintf(stderr, format, list);
	fputc('\n', stderr);
	va_end(list);
}

_Noreturn void bench_fail(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	fputs("bench: ", stderr);
	vfprintf(stderr, format, list);
	fputc('\n', stderr);
	va_end(list);
	exit(1);
}

static _Noreturn void usage_error(const char *option, const char *value, const char *want)
{
	fprintf(stderr, "bench: %s '%s': %s; --help explains\n", option, value, want);
	exit(2);
}

static void usage(void)
{
	puts("Usage: weft-bench-dataplane [OPTION…]\n"
	     "\n"
	     "Cycles per packet of the forwarding plane, and of a pipeline of DPDK primitives for the same packets, window by\n"
	     "window in turn on one core. Progress goes to stderr.\n"
	     "\n"
	     "  --rows PATTERN,…  only these rows; * and ? match as in a shell\n"
	     "  --list            names of the rows and what they are\n"
	     "  --windows N       windows of 2,048 packets of each side (401)\n"
	     "  --burst N         packets of a burst: 16, 32 or 64 (32)\n"
	     "  --seed N          of the draws (1)\n"
	     "  --cpu N           where it runs (the last one)\n"
	     "  --json            a list of rows instead of the table\n"
	     "  --help\n"
	     "\n"
	     "Examples:\n"
	     "  weft-bench-dataplane --rows hit-encap-10k,hit-decap-10k\n"
	     "  weft-bench-dataplane --rows 'hit-*-1m' --windows 1001 --json\n"
	     "\n"
	     "Exit status: 0 every goal met, 1 not or it could not run, 2 bad usage.");
}

static uint64_t number(const char *option, const char *text, uint64_t low, uint64_t high)
{
	char want[64], *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 0);
	snprintf(want, sizeof(want), "want %llu to %llu", (unsigned long long)low, (unsigned long long)high);
	if (errno || end == text || *end || value < low || value > high)
		usage_error(option, text, want);
	return value;
}

static uint32_t burst(const char *text)
{
	uint32_t value = (uint32_t)number("--burst", text, BENCH_BURST_MIN, WEFT_BURST_MAX);

	if (BENCH_WARM_PACKETS % value)
		usage_error("--burst", text, "want 16, 32 or 64");
	return value;
}

static bool wanted(const struct arguments *arguments, const char *name)
{
	for (uint32_t i = 0; i < arguments->pattern_count; i++) {
		if (!fnmatch(arguments->patterns[i], name, 0))
			return true;
	}
	return arguments->pattern_count == 0;
}

static void take_patterns(struct arguments *arguments, char *text)
{
	for (char *pattern = strtok(text, ","); pattern; pattern = strtok(NULL, ",")) {
		bool any = false;

		for (uint32_t i = 0; i < bench_row_count; i++)
			any |= !fnmatch(pattern, bench_rows[i].name, 0);
		if (!any)
			usage_error("--rows", pattern, "no such row");
		if (arguments->pattern_count == PATTERNS_MAX)
			usage_error("--rows", pattern, "too many patterns");
		arguments->patterns[arguments->pattern_count++] = pattern;
	}
}

static void parse(struct arguments *arguments, int count, char **values)
{
	static const struct option known[] = {{"rows", 1, NULL, 'r'},  {"list", 0, NULL, 'l'}, {"windows", 1, NULL, 'w'},
					      {"burst", 1, NULL, 'b'}, {"seed", 1, NULL, 's'}, {"cpu", 1, NULL, 'c'},
					      {"json", 0, NULL, 'j'},  {"help", 0, NULL, 'h'}, {NULL, 0, NULL, 0}};
	int cpus = (int)sysconf(_SC_NPROCESSORS_ONLN), option;

	arguments->options = (struct bench_options){.windows = WINDOWS_DEFAULT, .burst = 32, .seed = 1, .cpu = cpus - 1};
	while ((option = getopt_long(count, values, "", known, NULL)) != -1) {
		if (option == 'r')
			take_patterns(arguments, optarg);
		else if (option == 'l')
			arguments->list = true;
		else if (option == 'w')
			arguments->options.windows = (uint32_t)number("--windows", optarg, 1, WINDOWS_MAX);
		else if (option == 'b')
			arguments->options.burst = burst(optarg);
		else if (option == 's')
			arguments->options.seed = number("--seed", optarg, 0, UINT64_MAX);
		else if (option == 'c')
			arguments->options.cpu = (int)number("--cpu", optarg, 0, (uint64_t)cpus - 1);
		else if (option == 'j')
			arguments->json = true;
		else if (option == 'h')
			usage(), exit(0);
		else
			exit(2);
	}
	if (optind < count)
		usage_error("argument", values[optind], "not known");
}

static void start_dpdk(const struct bench_options *options)
{
	char lcores[32], prefix[48];
	char *values[] = {"weft-bench-dataplane", "--no-telemetry", "--log-level=4", "--no-huge", "--no-shconf", "--no-pci",
			  "-m" MEMORY_MB,	  prefix,	    lcores};

	snprintf(lcores, sizeof(lcores), "--lcores=0@%d", options->cpu);
	snprintf(prefix, sizeof(prefix), "--file-prefix=weft-bench-%d", (int)getpid());
	if (rte_eal_init((int)WEFT_ARRAY_COUNT(values), values) < 0)
		bench_fail("DPDK does not start: %s", rte_strerror(rte_errno));
	if (rmdir(rte_eal_get_runtime_dir()) && errno != ENOENT && errno != ENOTEMPTY)
		bench_say("%s: %s", rte_eal_get_runtime_dir(), strerror(errno));
	if (weftd_pools_open(STATIONS_MAX + 1) || weftd_memory_open())
		bench_fail("out of memory");
	for (uint32_t worker = 0; worker < STATIONS_MAX; worker++) {
		if (weftd_rcu_register(worker))
			bench_fail("out of memory");
	}
}

/* Kilobytes of this process, and of those in pages larger than 4 KiB. */
static void resident(uint64_t *all, uint64_t *huge)
{
	FILE *file = fopen("/proc/self/smaps_rollup", "re");
	unsigned long long kilobytes;
	char line[128];

	*all = *huge = 0;
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Rss: %llu", &kilobytes) == 1)
			*all += kilobytes;
		else if (sscanf(line, "AnonHugePages: %llu", &kilobytes) == 1 ||
			 sscanf(line, "ShmemPmdMapped: %llu", &kilobytes) == 1)
			*huge += kilobytes;
		else if (sscanf(line, "Shared_Hugetlb: %llu", &kilobytes) == 1 ||
			 sscanf(line, "Private_Hugetlb: %llu", &kilobytes) == 1)
			*all += kilobytes, *huge += kilobytes;
	}
	if (file)
		fclose(file);
}

void bench_say_pages(void)
{
	uint64_t all, huge;

	resident(&all, &huge);
	bench_say("  %" PRIu64 " MiB resident, %" PRIu64 " %% of it in pages of 2 MiB, the rest in pages of 4 KiB", all >> 10,
		  all ? huge * 100 / all : 0);
}

/* Ahead of everything else on its core, so that a window is cut short by few. The kernel leaves the others 5 % of it. */
static void prefer(void)
{
	struct sched_param priority = {.sched_priority = 1};

	if (sched_setscheduler(0, SCHED_RR, &priority))
		bench_say("no real-time priority (%s): what else runs on this core will show", strerror(errno));
}

static int run(const struct arguments *arguments)
{
	bool all_met = true, first = true;

	bench_say("seed %" PRIu64 ", cpu %d, bursts of %u, %u windows of %u packets a side, %u mbufs in flight",
		  arguments->options.seed, arguments->options.cpu, arguments->options.burst, arguments->options.windows,
		  BENCH_WINDOW_PACKETS, BENCH_SLOTS * BENCH_SLOT_PACKETS);
	if (!arguments->json)
		bench_result_head();
	for (uint32_t i = 0; i < bench_row_count; i++) {
		const struct bench_row *row = &bench_rows[i];
		struct bench_result result = {.name = row->name, .met = -1};

		if (!wanted(arguments, row->name))
			continue;
		bench_say("%s: %s", row->name, row->doc);
		if (row->note)
			snprintf(result.note, sizeof(result.note), "%s", row->note);
		row->run(row, &arguments->options, &result);
		all_met &= result.met != 0;
		if (arguments->json)
			bench_result_json(&result, first);
		else
			bench_result_print(&result);
		first = false;
	}
	if (arguments->json)
		puts("\n]");
	return all_met ? 0 : 1;
}

int main(int count, char **values)
{
	struct arguments arguments = {0};

	parse(&arguments, count, values);
	if (arguments.list) {
		for (uint32_t i = 0; i < bench_row_count; i++)
			printf("%-24s %s\n", bench_rows[i].name, bench_rows[i].doc);
		return 0;
	}
	prefer();
	start_dpdk(&arguments.options);
	return run(&arguments);
}
