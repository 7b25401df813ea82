/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The CNI plugin executable. The protocol's logic is in the agent; VERSION and the agent's absence are answered here. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shim.h"

#define DEFAULT_SOCKET "/run/weft/agent.sock"
#define NEWEST "1.1.0"

static const char *const versions[] = {"0.1.0", "0.2.0", "0.3.0", "0.3.1", "0.4.0", "1.0.0", NEWEST};
static const char *const variables[] = {"CNI_COMMAND", "CNI_CONTAINERID", "CNI_NETNS", "CNI_IFNAME",
					"CNI_ARGS",    "CNI_PATH"};

static char config[CONFIG_BYTES_MAX + 1];
static char request_room[REQUEST_BYTES_MAX];

static bool write_all(const char *data, size_t bytes)
{
	while (bytes) {
		ssize_t written = write(STDOUT_FILENO, data, bytes);

		if (written < 0 && errno != EINTR) {
			fprintf(stderr, "weft-cni: cannot write the result: %s\n", strerror(errno));
			return false;
		}
		if (written > 0) {
			data += written;
			bytes -= (size_t)written;
		}
	}
	return true;
}

/* The asked version when it is supported, else the newest. */
static const char *answer_version(size_t config_bytes, bool valid)
{
	char asked[16];

	if (valid && json_find_string(config, config_bytes, "cniVersion", NULL, asked, sizeof(asked)) >= 0)
		for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
			if (!strcmp(asked, versions[i]))
				return versions[i];
	return NEWEST;
}

/* Prints the error JSON; the exit status is always 1. */
static int fail(const char *version, enum cni_error code, const char *message, const char *details)
{
	char room[4096];
	struct text out = {.data = room, .room = sizeof(room)};
	char number[16];

	snprintf(number, sizeof(number), "%d", code);
	text_add_string(&out, "{\"cniVersion\":\"");
	text_add_string(&out, version);
	text_add_string(&out, "\",\"code\":");
	text_add_string(&out, number);
	text_add_string(&out, ",\"msg\":");
	text_add_json_string(&out, message, strlen(message));
	if (details[0]) {
		text_add_string(&out, ",\"details\":");
		text_add_json_string(&out, details, strlen(details));
	}
	text_add_string(&out, "}\n");
	write_all(out.data, out.bytes);
	return 1;
}

static int print_versions(const char *version)
{
	char room[256];
	struct text out = {.data = room, .room = sizeof(room)};

	text_add_string(&out, "{\"cniVersion\":\"");
	text_add_string(&out, version);
	text_add_string(&out, "\",\"supportedVersions\":[");
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		text_add_string(&out, i ? ",\"" : "\"");
		text_add_string(&out, versions[i]);
		text_add_string(&out, "\"");
	}
	text_add_string(&out, "]}\n");
	return write_all(out.data, out.bytes) ? 0 : 1;
}

/* Bytes of standard input, -1: cannot be read, -2: too long. */
static int64_t read_config(void)
{
	size_t bytes = 0;

	for (;;) {
		ssize_t got = read(STDIN_FILENO, config + bytes, sizeof(config) - bytes);

		if (got == 0)
			return (int64_t)bytes;
		if (got < 0 && errno != EINTR)
			return -1;
		if (got > 0)
			bytes += (size_t)got;
		if (bytes > CONFIG_BYTES_MAX)
			return -2;
	}
}

/* {"env":{…},"config":<raw JSON, or a JSON string when it is not one value>} */
static void compose(struct text *out, size_t config_bytes, bool valid)
{
	bool first = true;

	text_add_string(out, "{\"env\":{");
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++) {
		const char *value = getenv(variables[i]);

		if (!value)
			continue;
		text_add_string(out, first ? "\"" : ",\"");
		text_add_string(out, variables[i]);
		text_add_string(out, "\":");
		text_add_json_string(out, value, strlen(value));
		first = false;
	}
	text_add_string(out, "},\"config\":");
	if (valid)
		text_add(out, config, config_bytes);
	else
		text_add_json_string(out, config, config_bytes);
	text_add_string(out, "}");
}

int main(void)
{
	struct text request = {.data = request_room, .room = sizeof(request_room)};
	const char *command = getenv("CNI_COMMAND");
	char socket_path[SOCKET_PATH_BYTES] = DEFAULT_SOCKET, reason[256];
	struct answer answer;
	int64_t bytes = read_config();
	bool valid = bytes > 0 && json_is_value(config, (size_t)bytes);
	const char *version = answer_version(bytes > 0 ? (size_t)bytes : 0, valid);

	if (!command || !command[0])
		return fail(version, CNI_INVALID_ENVIRONMENT, "CNI_COMMAND is missing or empty", "this is a CNI plugin");
	if (bytes == -1)
		return fail(version, CNI_IO, "standard input cannot be read", strerror(errno));
	if (bytes == -2)
		return fail(version, CNI_DECODE, "the network configuration on standard input is longer than 1048576 bytes", "");
	if (!strcmp(command, "VERSION"))
		return print_versions(version);
	if (valid && json_find_string(config, (size_t)bytes, "weft", "agent-socket", socket_path, sizeof(socket_path)) == -2)
		return fail(version, CNI_INVALID_CONFIG, "weft.agent-socket must be a path shorter than 108 bytes", "");
	compose(&request, (size_t)bytes, valid);
	if (request.full)
		return fail(version, CNI_INVALID_ENVIRONMENT, "the CNI_ variables and the configuration are too long together", "");
	if (!agent_call(socket_path, &request, &answer, reason, sizeof(reason)))
		return fail(version, !strcmp(command, "STATUS") ? CNI_NOT_AVAILABLE : CNI_TRY_AGAIN, reason,
			    "is the Weft agent of this host running?");
	if (!write_all(answer.body, answer.bytes))
		return 1;
	return answer.exit;
}
