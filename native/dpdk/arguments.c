/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "arguments.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "weft_types.h"

#define HANDOVER_FORMAT "%d,%d,%d,%d,%u"

const char weftd_usage[] =
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

/* Of the parent alone: what it passes on, see weftd_handover_text. */
static bool handover(const char *value, struct weftd_handover *out)
{
	int used = 0;

	if (sscanf(value, HANDOVER_FORMAT "%n", &out->channel_fd, &out->listen_fd, &out->table_fd, &out->journal_fd,
		   &out->deaths, &used) == 5 &&
	    !value[used] && out->channel_fd > 2 && out->listen_fd > 2 && out->table_fd > 2 && out->journal_fd > 2) {
		out->given = true;
		return true;
	}
	fprintf(stderr, "weft-dpdk: --worker=%s: only the parent process may say this\n", value);
	return false;
}

void weftd_handover_text(const struct weftd_handover *handover, char *out, size_t bytes)
{
	snprintf(out, bytes, "--worker=" HANDOVER_FORMAT, handover->channel_fd, handover->listen_fd, handover->table_fd,
		 handover->journal_fd, handover->deaths);
}

static bool one_argument(const char *argument, struct weftd_arguments *out)
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
	value = value_of(argument, "worker");
	if (value)
		return handover(value, &out->handover);
	fprintf(stderr, "weft-dpdk: unknown argument '%s'\n%s", argument, weftd_usage);
	return false;
}

bool weftd_arguments_parse(int count, char **values, struct weftd_arguments *out)
{
	int index;

	*out = (struct weftd_arguments){.count = count, .values = values, .workers = 1, .connections = 1u << 20, .huge = true};
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
		fprintf(stderr, "weft-dpdk: --socket=PATH is needed\n%s", weftd_usage);
	if (out->eal_count > WEFTD_EAL_ARGUMENTS_MAX) {
		fprintf(stderr, "weft-dpdk: %d EAL arguments, the limit is %d\n", out->eal_count, WEFTD_EAL_ARGUMENTS_MAX);
		return false;
	}
	return out->socket != NULL;
}
