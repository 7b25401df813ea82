/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Identities, policy sets and the log, in words. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rows.h"

#define END_BYTES 128

static const char *const actions[] = {"?", "allow", "deny"};

static const char *action_of(uint8_t action)
{
	return actions[action <= WEFT_POLICY_DENY ? action : 0];
}

/* Networks are hashes of their names: hexadecimal. */
static void element_text(uint32_t kind, uint64_t id, char *out, size_t room)
{
	switch (kind) {
	case WEFT_ELEMENT_ANY:
		snprintf(out, room, "any");
		return;
	case WEFT_ELEMENT_NETWORK:
		snprintf(out, room, "network:%016" PRIx64, id);
		return;
	case WEFT_ELEMENT_SECURITY_GROUP:
		snprintf(out, room, "group:%" PRIu64, id);
		return;
	case WEFT_ELEMENT_TAG:
		snprintf(out, room, "tag:%" PRIu64, id);
		return;
	case WEFT_ELEMENT_IDENTITY:
		snprintf(out, room, "%s", id == WEFT_IDENTITY_NODE ? "node" : id == WEFT_IDENTITY_EXTERNAL ? "external" : "?");
		return;
	default:
		snprintf(out, room, "?%" PRIu32 ":%" PRIu64, kind, id);
		return;
	}
}

static void cell_end(struct table *table, const char *name, const struct weft_policy_end *end)
{
	char text[END_BYTES], address[INET6_ADDRSTRLEN];
	size_t used = 0;

	text[0] = '\0';
	if (end->kind != WEFT_ELEMENT_ANY || !end->family)
		element_text(end->kind, end->id, text, sizeof(text));
	used = strlen(text);
	if (end->family)
		snprintf(text + used, sizeof(text) - used, "%s%s/%u", used ? " in " : "",
			 address_text(end->family, end->prefix, address), end->prefix_len);
	table_text(table, name, text);
}

static void cell_protocol(struct table *table, uint16_t protocol)
{
	static const struct {
		uint16_t protocol;
		const char *name;
	} names[] = {{1, "icmp"}, {6, "tcp"}, {17, "udp"}, {47, "gre"}, {58, "icmpv6"}, {132, "sctp"}, {0xffff, "any"}};
	char number[8];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (names[i].protocol == protocol) {
			table_text(table, "protocol", names[i].name);
			return;
		}
	}
	snprintf(number, sizeof(number), "%u", protocol);
	table_text(table, "protocol", number);
}

static void cell_ports(struct table *table, const char *name, const char *icmp, uint16_t min, uint16_t max)
{
	char text[32];

	if (min == 0 && max == 0xffff)
		snprintf(text, sizeof(text), "any");
	else if (min == max)
		snprintf(text, sizeof(text), "%s%u", icmp, min);
	else
		snprintf(text, sizeof(text), "%s%u-%u", icmp, min, max);
	table_text(table, name, text);
}

static void cell_uuid(struct table *table, const uint8_t uuid[16])
{
	static const uint8_t zero[16];

	cell_bytes(table, "uuid", memcmp(uuid, zero, sizeof(zero)) ? uuid : NULL);
	table_detail(table);
}

void row_identity(struct table *table, const void *body, uint32_t epoch)
{
	struct weft_identity_msg identity;
	char text[END_BYTES];

	memcpy(&identity, body, sizeof(identity));
	table_row(table);
	table_number(table, "identity", identity.identity_id);
	table_list(table, "elements");
	for (uint32_t i = 0; i < identity.element_count && i < WEFT_IDENTITY_ELEMENTS_MAX; i++) {
		element_text(identity.elements[i].kind, identity.elements[i].id, text, sizeof(text));
		table_item(table, text);
	}
	cell_bytes(table, "key", identity.key);
	table_detail(table);
	table_number(table, "epoch", epoch);
	table_detail(table);
}

static void begin_rule(struct table *table, const struct weft_policy_msg *policy, const char *rule, uint8_t action)
{
	table_row(table);
	table_number(table, "policy", policy->policy_id);
	table_text(table, "rule", rule);
	table_text(table, "action", action_of(action));
}

static void end_rule(struct table *table, const struct weft_policy_msg *policy, bool log, uint64_t packets, uint64_t bytes,
		     uint32_t epoch)
{
	table_boolean(table, "log", log);
	table_number(table, "packets", packets);
	table_number(table, "bytes", bytes);
	table_number(table, "references", policy->references);
	table_detail(table);
	cell_bytes(table, "key", policy->key);
	table_detail(table);
	table_number(table, "epoch", epoch);
	table_detail(table);
}

static void row_rule(struct table *table, const struct weft_policy_msg *policy, const struct weft_policy_rule *rule,
		     uint32_t index, uint32_t epoch)
{
	bool icmp = rule->protocol == 1 || rule->protocol == 58;
	char number[12];

	snprintf(number, sizeof(number), "%" PRIu32, index);
	begin_rule(table, policy, number, rule->action);
	table_text(table, "family", rule->family == 4 ? "ipv4" : rule->family == 6 ? "ipv6" : "any");
	cell_protocol(table, rule->protocol);
	cell_end(table, "source", &rule->source);
	cell_ports(table, "source_ports", icmp ? "code " : "", rule->source_port_min, rule->source_port_max);
	cell_end(table, "destination", &rule->destination);
	cell_ports(table, "destination_ports", icmp ? "type " : "", rule->destination_port_min, rule->destination_port_max);
	cell_uuid(table, rule->uuid);
	end_rule(table, policy, rule->flags & WEFT_POLICY_RULE_LOG, rule->packets, rule->bytes, epoch);
}

/* `least`: packets that a rule decided, to be shown. */
static void rows_policy(struct table *table, const void *body, uint32_t epoch, uint64_t least)
{
	const uint8_t *rules = (const uint8_t *)body + sizeof(struct weft_policy_msg);
	struct weft_policy_msg policy;

	memcpy(&policy, body, sizeof(policy));
	for (uint32_t i = 0; i < policy.rule_count; i++, rules += sizeof(struct weft_policy_rule)) {
		struct weft_policy_rule rule;

		memcpy(&rule, rules, sizeof(rule));
		if (rule.packets >= least)
			row_rule(table, &policy, &rule, i, epoch);
	}
	if (policy.default_packets < least)
		return;
	begin_rule(table, &policy, "default", policy.default_action);
	table_text(table, "family", "any");
	cell_protocol(table, 0xffff);
	table_text(table, "source", "any");
	table_text(table, "source_ports", "any");
	table_text(table, "destination", "any");
	table_text(table, "destination_ports", "any");
	cell_uuid(table, (const uint8_t[16]){0});
	end_rule(table, &policy, policy.default_action == WEFT_POLICY_DENY, policy.default_packets, policy.default_bytes,
		 epoch);
}

void row_policy(struct table *table, const void *body, uint32_t epoch)
{
	rows_policy(table, body, epoch, 0);
}

void row_policy_counted(struct table *table, const void *body, uint32_t epoch)
{
	rows_policy(table, body, epoch, 1);
}

void row_policy_set(struct table *table, const void *body, uint32_t epoch)
{
	const uint8_t *rules = (const uint8_t *)body + sizeof(struct weft_policy_msg);
	uint64_t packets[3] = {0}, counted = 0;
	struct weft_policy_msg policy;

	memcpy(&policy, body, sizeof(policy));
	for (uint32_t i = 0; i < policy.rule_count; i++, rules += sizeof(struct weft_policy_rule)) {
		struct weft_policy_rule rule;

		memcpy(&rule, rules, sizeof(rule));
		packets[rule.action <= WEFT_POLICY_DENY ? rule.action : 0] += rule.packets;
		counted += rule.packets != 0;
	}
	packets[policy.default_action <= WEFT_POLICY_DENY ? policy.default_action : 0] += policy.default_packets;
	table_row(table);
	table_number(table, "policy", policy.policy_id);
	table_number(table, "rules", policy.rule_count);
	table_number(table, "counted", counted);
	table_text(table, "default", action_of(policy.default_action));
	table_number(table, "references", policy.references);
	table_number(table, "allowed_packets", packets[WEFT_POLICY_ALLOW]);
	table_number(table, "denied_packets", packets[WEFT_POLICY_DENY]);
	cell_bytes(table, "key", policy.key);
	table_detail(table);
	table_number(table, "epoch", epoch);
	table_detail(table);
}

void row_log(struct table *table, const void *body, uint32_t epoch)
{
	struct weft_log_msg event;
	char rule[12] = "default";

	(void)epoch;
	memcpy(&event, body, sizeof(event));
	if (event.rule != 0xffffffffu)
		snprintf(rule, sizeof(rule), "%" PRIu32, event.rule);
	table_row(table);
	table_number(table, "sequence", event.sequence);
	cell_time(table, "time", event.time_ns);
	table_number(table, "lost", event.lost);
	table_text(table, "action", action_of(event.action));
	table_text(table, "direction", event.egress ? "egress" : "ingress");
	table_number(table, "vif", event.vif_id);
	table_number(table, "vrf", event.vrf_id);
	table_detail(table);
	table_number(table, "policy", event.policy_id);
	table_text(table, "rule", rule);
	cell_protocol(table, event.protocol);
	cell_address(table, "source", event.family, event.source);
	table_number(table, "source_port", event.source_port);
	cell_address(table, "destination", event.family, event.destination);
	table_number(table, "destination_port", event.destination_port);
	table_number(table, "source_identity", event.source_identity);
	table_number(table, "destination_identity", event.destination_identity);
	table_number(table, "bytes", event.packet_bytes);
	cell_uuid(table, event.uuid);
}

/* ---- stats: one row out of three kinds of objects ---- */

static struct {
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes, drops;
	uint32_t up;
} sums;

void row_stats_vif(struct table *table, const void *body, uint32_t epoch)
{
	struct weft_vif_msg vif;

	(void)table;
	(void)epoch;
	memcpy(&vif, body, sizeof(vif));
	sums.rx_packets += vif.rx_packets;
	sums.rx_bytes += vif.rx_bytes;
	sums.tx_packets += vif.tx_packets;
	sums.tx_bytes += vif.tx_bytes;
	sums.drops += vif.drops;
	sums.up += (vif.flags & WEFT_VIF_UP) != 0;
}

void row_stats_plane(struct table *table, const void *body, uint32_t epoch)
{
	row_plane(table, body, epoch);
	table_number(table, "vifs_up", sums.up);
	table_number(table, "rx_packets", sums.rx_packets);
	table_number(table, "rx_bytes", sums.rx_bytes);
	table_number(table, "tx_packets", sums.tx_packets);
	table_number(table, "tx_bytes", sums.tx_bytes);
	table_number(table, "drops", sums.drops);
}

void row_stats_drop(struct table *table, const void *body, uint32_t epoch)
{
	struct weft_drop_msg drop;
	const char *name;

	(void)epoch;
	memcpy(&drop, body, sizeof(drop));
	name = weft_drop_name(drop.reason);
	table_number(table, name ? name : "?", drop.packets);
}

void row_ageing(struct table *table, const void *body, uint32_t epoch)
{
	const uint8_t *rows = (const uint8_t *)body + sizeof(struct weft_ageing_msg);
	struct weft_ageing_msg ageing;
	char port[12];

	memcpy(&ageing, body, sizeof(ageing));
	for (uint32_t i = 0; i < ageing.row_count; i++, rows += sizeof(struct weft_ageing_row)) {
		struct weft_ageing_row row;

		memcpy(&row, rows, sizeof(row));
		snprintf(port, sizeof(port), "%u", row.port);
		table_row(table);
		cell_protocol(table, row.protocol);
		table_text(table, "port", row.port ? port : "any");
		table_number(table, "idle_seconds", row.idle_seconds);
		table_number(table, "opening_seconds", row.opening_seconds);
		table_number(table, "half_closed_seconds", row.half_closed_seconds);
		table_number(table, "closed_seconds", row.closed_seconds);
		table_number(table, "epoch", epoch);
	}
}
