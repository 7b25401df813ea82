/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* weft-dpdk: the forwarding plane as a daemon on DPDK. A parent process, and a worker process that it starts from the same
 * program. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "arguments.h"
#include "parent.h"
#include "serve.h"

#define EXIT_USAGE 2

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
	if (arguments.handover.given)
		return weftd_serve(&arguments);
	length = readlink("/proc/self/exe", arguments.program, sizeof(arguments.program) - 1);
	arguments.program[length > 0 ? length : 0] = 0;
	return weftd_parent_run(&arguments);
}
