/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* weftctl: reads a forwarding plane and changes nothing. Works without the agent. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rows.h"

#define DEFAULT_SOCKET "/run/weft/dataplane.sock"
#define ALL 0xffffffffu
#define CONNECTIONS_DEFAULT 1000u

struct command {
	const char *name;
	uint16_t object;
	uint32_t body_bytes; /* without items */
	row_writer *write;
	const char *options; /* those it takes, each with a blank around; ID: the id of one object may stand behind it */
	const char *empty;
};

static const struct command commands[] = {
    {"vif", WEFT_OBJECT_VIF, sizeof(struct weft_vif_msg), row_vif, "", "no interfaces"},
    {"vrf", WEFT_OBJECT_VRF, sizeof(struct weft_vrf_msg), row_vrf, "", "no VRFs"},
    {"nexthop", WEFT_OBJECT_NEXTHOP, sizeof(struct weft_nexthop_msg), row_nexthop, "", "no next hops"},
    {"route", WEFT_OBJECT_ROUTE, sizeof(struct weft_route_msg), row_route, " --vrf --family ", "no routes"},
    {"label", WEFT_OBJECT_LABEL, sizeof(struct weft_label_msg), row_label, "", "no labels"},
    {"vni", WEFT_OBJECT_VNI, sizeof(struct weft_vni_msg), row_vni, "", "no VXLAN network identifiers"},
    {"connection", WEFT_OBJECT_CONNECTION, sizeof(struct weft_connection_msg), row_connection, " --vrf --limit ",
     "no connections"},
    {"path", WEFT_OBJECT_PATH, sizeof(struct weft_path_msg), row_path, "", "no tunnel destinations"},
    {"drops", WEFT_OBJECT_DROP, sizeof(struct weft_drop_msg), row_drop, " --vif ", "nothing dropped"},
    {"plane", WEFT_OBJECT_PLANE, sizeof(struct weft_plane_msg), row_plane, "", ""},
    {"identity", WEFT_OBJECT_IDENTITY, sizeof(struct weft_identity_msg), row_identity, "", "no identities"},
    {"floating-ip", WEFT_OBJECT_FLOATING_IP, sizeof(struct weft_floating_ip_msg), row_floating_ip, " ID ", "no floating IPs"},
    {"nat-pool", WEFT_OBJECT_NAT_POOL, sizeof(struct weft_nat_pool_msg), row_nat_pool, " ID ", "no NAT pools"},
    {"policy", WEFT_OBJECT_POLICY, sizeof(struct weft_policy_msg), row_policy, " ID --show ", "no such policy sets or rules"},
    {"service", WEFT_OBJECT_SERVICE, sizeof(struct weft_service_msg), row_service, " ID ", "no services"},
    {"log", WEFT_OBJECT_LOG, sizeof(struct weft_log_msg), row_log, "", "nothing denied, nothing asked to be logged"},
    {"ageing", WEFT_OBJECT_AGEING, sizeof(struct weft_ageing_msg), row_ageing, "", "no rows: a new plane's times"},
    {"stats", WEFT_OBJECT_PLANE, sizeof(struct weft_plane_msg), row_stats_plane, "", ""},
};

/* What `stats` reads, in this order, into one row. */
static const struct command stats_commands[] = {
	{"stats", WEFT_OBJECT_VIF, sizeof(struct weft_vif_msg), row_stats_vif, "", ""},
	{"stats", WEFT_OBJECT_PLANE, sizeof(struct weft_plane_msg), row_stats_plane, "", ""},
	{"stats", WEFT_OBJECT_DROP, sizeof(struct weft_drop_msg), row_stats_drop, "", ""},
};

static const char help[] =
    "weftctl [--socket PATH] [--json] COMMAND [OPTION]...\n"
    "\n"
    "Reads a Weft forwarding plane; changes nothing and does not need the agent.\n"
    "\n"
    "  vif                                   interfaces, their addresses and counters\n"
    "  vrf                                   routing instances\n"
    "  nexthop                               next hops, and the members of ECMP ones\n"
    "  route [--vrf N] [--family 4|6]        routes\n"
    "  label                                 incoming MPLS labels\n"
    "  vni                                   incoming VXLAN network identifiers\n"
    "  connection [--vrf N] [--limit N]      connections, both directions (limit 1000; 0: all)\n"
    "  path                                  how the underlay reaches each tunnel destination\n"
    "  drops [--vif N]                       dropped packets by reason\n"
    "  identity                              networks, groups and tags that stand for an address\n"
    "  floating-ip [ID]                      addresses of other VRFs under which ports are known\n"
    "  nat-pool [ID]                         addresses and ports for source translation, and their use\n"
    "  policy [ID] [--show WHAT]             rules of all policy sets or one, with what each decided; WHAT: all, counted\n"
    "                                        (those that decided something), sets (a line for each set)\n"
    "  service [ID]                          backends of all services or one, with their connections\n"
    "  log                                   the last packets that policy denied, or was asked to log\n"
    "  ageing                                how long connections live, by protocol and port\n"
    "  plane                                 settings and state of the plane\n"
    "  stats                                 counters of the whole plane: objects, packets, drops by reason\n"
    "\n"
    "  --socket PATH   socket of the plane (" DEFAULT_SOCKET ")\n"
    "  --json          one array of objects; plane, stats: one object\n"
    "  --help          this text\n"
    "\n"
    "Exit status: 0 done, 1 no plane or it refused, 2 wrong usage.\n"
    "\n"
    "Examples:\n"
    "  weftctl vif\n"
    "  weftctl route --vrf 3 --family 6\n"
    "  weftctl policy 7 --show counted\n"
    "  weftctl --json drops --vif 5\n"
    "  weftctl --socket /run/weft/b.sock connection --limit 20\n";

struct options {
	const char *socket;
	bool json;
	uint32_t scope; /* VRF or vif id, or ALL */
	uint32_t limit; /* 0: all */
	uint32_t family; /* 0: both */
	uint32_t id;	 /* 0: all */
	row_writer *show; /* of policy sets, in place of the command's; NULL: that */
	const struct command *command;
};

static int usage(const char *what, const char *value)
{
	fprintf(stderr, "weftctl: %s%s\nweftctl --help tells more\n", what, value);
	return 2;
}

static bool parse_number(const char *text, uint32_t lowest, uint32_t highest, uint32_t *out)
{
	char *end;
	unsigned long long value;

	errno = 0;
	value = strtoull(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || value < lowest || value > highest) {
		fprintf(stderr, "weftctl: value is \"%s\", must be %u .. %u\n", text, lowest, highest);
		return false;
	}
	*out = (uint32_t)value;
	return true;
}

/* One option of a command with its value. 0 or 2. */
static int parse_command_option(const char *name, const char *value, struct options *options)
{
	if (!value)
		return usage("a value is missing behind ", name);
	if (!strcmp(name, "--vrf"))
		return parse_number(value, 0, WEFT_VRF_LIMIT - 1, &options->scope) ? 0 : usage("wrong value of ", name);
	if (!strcmp(name, "--vif"))
		return parse_number(value, 0, WEFT_VIF_LIMIT - 1, &options->scope) ? 0 : usage("wrong value of ", name);
	if (!strcmp(name, "--limit"))
		return parse_number(value, 0, ALL - 1, &options->limit) ? 0 : usage("wrong value of ", name);
	if (!strcmp(name, "--show")) {
		options->show = !strcmp(value, "all")	    ? row_policy
				: !strcmp(value, "counted") ? row_policy_counted
				: !strcmp(value, "sets")    ? row_policy_set
							    : NULL;
		return options->show ? 0 : usage("--show must be all, counted or sets, is ", value);
	}
	if (strcmp(value, "4") && strcmp(value, "6"))
		return usage("--family must be 4 or 6, is ", value);
	options->family = (uint32_t)(value[0] - '0');
	return 0;
}

static const struct command *find_command(const char *name)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(name, commands[i].name))
			return &commands[i];
	return NULL;
}

/* 0: go on, else the exit status; -1: exit 0 now. */
static int parse(int argc, char **argv, struct options *options)
{
	for (int i = 1; i < argc; i++) {
		const char *word = argv[i];
		char padded[32];

		snprintf(padded, sizeof(padded), " %s ", word);
		if (!strcmp(word, "--help") || !strcmp(word, "-h")) {
			fputs(help, stdout);
			return fflush(stdout) ? 1 : -1;
		} else if (!strcmp(word, "--json")) {
			options->json = true;
		} else if (!strcmp(word, "--socket")) {
			if (++i == argc || !argv[i][0])
				return usage("a path is missing behind ", word);
			options->socket = argv[i];
		} else if (word[0] != '-' && !options->command) {
			options->command = find_command(word);
			if (!options->command)
				return usage("no such command: ", word);
		} else if (word[0] != '-' && !options->id && strstr(options->command->options, " ID ")) {
			if (!parse_number(word, 1, WEFT_POLICY_LIMIT - 1, &options->id))
				return usage("wrong id behind ", options->command->name);
		} else if (word[0] == '-' && options->command && strstr(options->command->options, padded)) {
			int status = parse_command_option(word, i + 1 < argc ? argv[i + 1] : NULL, options);

			if (status)
				return status;
			i++;
		} else {
			return usage(options->command ? "not understood here: " : "no command before ", word);
		}
	}
	return options->command ? 0
				: usage("which command? vif, vrf, nexthop, route, label, vni, connection, path, drops, "
					"identity, policy, floating-ip, nat-pool, service, log, plane, stats",
					"");
}

struct page {
	struct weft_frame_header frame;
	struct weft_message_header message;
	union {
		struct weft_dump_msg dump;
		struct weft_plane_msg plane;
		struct weft_policy_msg policy;
		struct weft_floating_ip_msg floating_ip;
		struct weft_nat_pool_msg nat_pool;
		struct weft_service_msg service;
		uint32_t id; /* the first field of each that has one */
	} body;
};

static uint8_t answer[WEFT_FRAME_BYTES_MAX];

static bool wanted(const struct options *options, const void *body)
{
	struct weft_route_msg route;

	if (!options->family)
		return true;
	memcpy(&route, body, sizeof(route));
	return route.family == options->family;
}

/* The body is the command's object, whole: the struct and the items that it counts. */
static bool fits(const struct command *command, const uint8_t *body, uint32_t bytes)
{
	uint64_t items = 0;

	if (bytes < command->body_bytes)
		return false;
	if (command->object == WEFT_OBJECT_NEXTHOP) {
		struct weft_nexthop_msg nexthop;

		memcpy(&nexthop, body, sizeof(nexthop));
		items = (uint64_t)nexthop.member_count * sizeof(struct weft_nexthop_member);
	} else if (command->object == WEFT_OBJECT_POLICY) {
		struct weft_policy_msg policy;

		memcpy(&policy, body, sizeof(policy));
		items = (uint64_t)policy.rule_count * sizeof(struct weft_policy_rule);
	} else if (command->object == WEFT_OBJECT_FLOATING_IP) {
		struct weft_floating_ip_msg floating;

		memcpy(&floating, body, sizeof(floating));
		items = (uint64_t)floating.mapping_count * sizeof(struct weft_port_mapping);
	} else if (command->object == WEFT_OBJECT_AGEING) {
		struct weft_ageing_msg ageing;

		memcpy(&ageing, body, sizeof(ageing));
		items = (uint64_t)ageing.row_count * sizeof(struct weft_ageing_row);
	} else if (command->object == WEFT_OBJECT_SERVICE) {
		struct weft_service_msg service;

		memcpy(&service, body, sizeof(service));
		items = (uint64_t)service.backend_count * sizeof(struct weft_service_backend);
	}
	return bytes == command->body_bytes + items;
}

/* Takes the rows out of an answer. Returns false, with a sentence written, when it is a refusal or broken. */
static bool read_page(const struct options *options, uint64_t bytes, struct table *table, struct weft_done_msg *done)
{
	uint64_t offset = sizeof(struct weft_frame_header);
	bool ended = false;

	while (!ended && offset + sizeof(struct weft_message_header) <= bytes) {
		struct weft_message_header message;
		const uint8_t *body = answer + offset + sizeof(message);

		memcpy(&message, answer + offset, sizeof(message));
		if (message.bytes < sizeof(message) || message.bytes > bytes - offset)
			break;
		uint32_t body_bytes = message.bytes - (uint32_t)sizeof(message);

		if (message.object == WEFT_OBJECT_ERROR && body_bytes == sizeof(struct weft_error_msg)) {
			struct weft_error_msg error;

			memcpy(&error, body, sizeof(error));
			fprintf(stderr, "weftctl: the plane refuses: %.*s\n", WEFT_ERROR_TEXT_BYTES, error.text);
			return false;
		} else if (message.object == WEFT_OBJECT_DONE && body_bytes == sizeof(*done)) {
			memcpy(done, body, sizeof(*done));
			ended = true;
		} else if (message.object == options->command->object && fits(options->command, body, body_bytes)) {
			if (wanted(options, body))
				(options->show ? options->show : options->command->write)(table, body, message.epoch);
		} else {
			break;
		}
		offset += message.bytes;
	}
	if (!ended)
		fprintf(stderr, "weftctl: the plane's answer does not follow the ABI\n");
	return ended;
}

/* The request for the next page, or for one object. Its bytes. */
static uint32_t make_request(const struct options *options, const struct table *table, const struct weft_done_msg *done,
			     struct page *page)
{
	bool plane = options->command->object == WEFT_OBJECT_PLANE, get = plane || options->id;
	uint32_t body_bytes = get ? options->command->body_bytes : sizeof(struct weft_dump_msg);

	memset(page, 0, sizeof(*page));
	page->message.object = options->command->object;
	page->message.operation = get ? WEFT_OPERATION_GET : WEFT_OPERATION_DUMP;
	page->message.bytes = (uint32_t)sizeof(page->message) + body_bytes;
	page->frame.bytes = (uint32_t)sizeof(page->frame) + page->message.bytes;
	page->frame.message_count = 1;
	if (!get) {
		page->body.dump.vrf_id = options->scope;
		page->body.dump.limit = options->limit ? options->limit - (uint32_t)table->count : 0;
		memcpy(page->body.dump.marker, done->marker, sizeof(done->marker));
	} else if (!plane) {
		page->body.id = options->id;
	}
	return page->frame.bytes;
}

/* Asks page after page. 0 or 1. */
static int collect(struct weft *weft, const struct options *options, struct table *table)
{
	struct weft_done_msg done = {0};

	do {
		struct page page;
		uint32_t bytes = make_request(options, table, &done, &page);
		uint8_t before[sizeof(done.marker)];
		int64_t got;

		memcpy(before, done.marker, sizeof(before));
		got = weft_call(weft, &page, bytes, answer, sizeof(answer), 0);
		if (got < 0) {
			fprintf(stderr, "weftctl: the plane did not answer: %s\n", strerror((int)-got));
			return 1;
		}
		if (!read_page(options, (uint64_t)got, table, &done))
			return 1;
		if (done.more && !memcmp(before, done.marker, sizeof(before))) {
			fprintf(stderr, "weftctl: the plane repeats itself\n");
			return 1;
		}
	} while (done.more && (!options->limit || table->count < options->limit));
	if (done.more && !options->json)
		fprintf(stderr, "weftctl: there are more; --limit shows the first %u\n", options->limit);
	return 0;
}

static bool is_stats(const struct command *command)
{
	return command->write == row_stats_plane;
}

static int collect_stats(struct weft *weft, struct options options, struct table *table)
{
	int status = 0;

	for (size_t i = 0; !status && i < sizeof(stats_commands) / sizeof(stats_commands[0]); i++) {
		options.command = &stats_commands[i];
		status = collect(weft, &options, table);
	}
	return status;
}

static int open_plane(const char *socket, struct weft **weft)
{
	char text[WEFT_ERROR_TEXT_BYTES], url[512];
	bool is_url = !strncmp(socket, "dpdk:", 5) || !strncmp(socket, "kernel:", 7) || !strncmp(socket, "host:", 5);

	if ((size_t)snprintf(url, sizeof(url), "%s%s", is_url ? "" : "dpdk:", socket) >= sizeof(url))
		return usage("this path is too long: ", socket);
	if (weft_open(url, "weftctl", weft, text)) {
		fprintf(stderr, "weftctl: %s\n", text);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct options options = {.socket = DEFAULT_SOCKET, .scope = ALL};
	struct table table = {0};
	struct weft *weft;
	int status;

	options.limit = ALL;
	status = parse(argc, argv, &options);
	if (status)
		return status < 0 ? 0 : status;
	if (options.limit == ALL)
		options.limit = options.command->object == WEFT_OBJECT_CONNECTION ? CONNECTIONS_DEFAULT : 0;
	if (options.command->object == WEFT_OBJECT_PLANE)
		table.shape = options.json ? TABLE_JSON_ONE : TABLE_FIELDS;
	else
		table.shape = options.json ? TABLE_JSON : TABLE_COLUMNS;
	status = open_plane(options.socket, &weft);
	if (status)
		return status;
	status = is_stats(options.command) ? collect_stats(weft, options, &table) : collect(weft, &options, &table);
	weft_close(weft);
	if (!status && !table_print(&table, options.command->empty)) {
		fprintf(stderr, "weftctl: cannot write the result\n");
		status = 1;
	}
	table_free(&table);
	return status;
}
