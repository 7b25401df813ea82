/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* weftctl's rows of identities, policy sets, the log, services and ECMP next hops: what a person and a program read. */
#include "rows.h"
#include "test.h"

static struct table table;

static const char *cell(size_t row, const char *name)
{
	for (size_t i = 0; row < table.count && i < table.rows[row].count; i++) {
		if (!strcmp(table.rows[row].cells[i].name, name))
			return table.rows[row].cells[i].text;
	}
	return "no such cell";
}
#define CELL(row, name, text) CHECK(!strcmp(cell(row, name), text))

static void end_table(void)
{
	table_free(&table);
	table = (struct table){0};
}

static void aRuleIsALineOfWords(void)
{
	static union {
		struct weft_policy_msg m;
		uint8_t bytes[sizeof(struct weft_policy_msg) + 2 * sizeof(struct weft_policy_rule)];
	} set;

	set.m =
	    (struct weft_policy_msg){.policy_id = 7, .rule_count = 2, .default_action = WEFT_POLICY_DENY, .default_packets = 9};
	set.m.rules[0] = (struct weft_policy_rule){.uuid = {0xde, 0xad},
						   .family = 4,
						   .action = WEFT_POLICY_ALLOW,
						   .flags = WEFT_POLICY_RULE_LOG,
						   .protocol = 6,
						   .source_port_max = 65535,
						   .destination_port_min = 80,
						   .destination_port_max = 90,
						   .source = {8000001, WEFT_ELEMENT_SECURITY_GROUP, 4, 8, {0}, {10}},
						   .packets = 5,
						   .bytes = 500};
	set.m.rules[1] = (struct weft_policy_rule){.action = WEFT_POLICY_DENY,
						   .protocol = 1,
						   .source_port_max = 65535,
						   .destination_port_min = 8,
						   .destination_port_max = 8,
						   .destination = {0xab, WEFT_ELEMENT_NETWORK, 0, 0, {0}, {0}},
						   .source = {WEFT_IDENTITY_NODE, WEFT_ELEMENT_IDENTITY, 0, 0, {0}, {0}}};
	row_policy(&table, &set, 3);
	CHECK(table.count == 3);
	CELL(0, "policy", "7");
	CELL(0, "rule", "0");
	CELL(0, "action", "allow");
	CELL(0, "family", "ipv4");
	CELL(0, "protocol", "tcp");
	CELL(0, "source", "group:8000001 in 10.0.0.0/8");
	CELL(0, "source_ports", "any");
	CELL(0, "destination", "any");
	CELL(0, "destination_ports", "80-90");
	CELL(0, "log", "true");
	CELL(0, "packets", "5");
	CELL(0, "uuid", "dead0000-0000-0000-0000-000000000000");
	CELL(1, "source", "node");
	CELL(1, "destination", "network:00000000000000ab");
	CELL(1, "destination_ports", "type 8");
	CELL(1, "uuid", "");
	CELL(2, "rule", "default");
	CELL(2, "action", "deny");
	CELL(2, "packets", "9");
	end_table();
	row_policy_counted(&table, &set, 3);
	CHECK(table.count == 2);
	CELL(0, "rule", "0");
	CELL(1, "rule", "default");
	end_table();
	row_policy_set(&table, &set, 3);
	CHECK(table.count == 1);
	CELL(0, "rules", "2");
	CELL(0, "counted", "1");
	CELL(0, "default", "deny");
	CELL(0, "allowed_packets", "5");
	CELL(0, "denied_packets", "9");
	end_table();
}

static void anIdentityListsItsElements(void)
{
	struct weft_identity_msg identity = {
	    .identity_id = 7, .element_count = 2, .elements = {{5, WEFT_ELEMENT_SECURITY_GROUP, 0}, {6, WEFT_ELEMENT_TAG, 0}}};

	row_identity(&table, &identity, 1);
	CELL(0, "identity", "7");
	CELL(0, "elements", "group:5\ntag:6\n");
	end_table();
}

static void anEventSaysWhoDeniedWhat(void)
{
	struct weft_log_msg event = {.sequence = 4,
				     .time_ns = 1700000000000000000ull,
				     .lost = 2,
				     .vif_id = 8,
				     .policy_id = 5,
				     .rule = 0xffffffffu,
				     .egress = 0,
				     .action = WEFT_POLICY_DENY,
				     .family = 4,
				     .protocol = 17,
				     .source_port = 1000,
				     .destination_port = 53,
				     .source = {10, 1, 1, 3},
				     .destination = {10, 1, 1, 4}};

	row_log(&table, &event, 0);
	CELL(0, "time", "2023-11-14T22:13:20Z");
	CELL(0, "lost", "2");
	CELL(0, "action", "deny");
	CELL(0, "direction", "ingress");
	CELL(0, "rule", "default");
	CELL(0, "protocol", "udp");
	CELL(0, "source", "10.1.1.3");
	CELL(0, "destination_port", "53");
	end_table();
}

static void aFloatingIpSaysWhichPortsAreMapped(void)
{
	static union {
		struct weft_floating_ip_msg m;
		uint8_t bytes[sizeof(struct weft_floating_ip_msg) + 2 * sizeof(struct weft_port_mapping)];
	} floating;

	floating.m = (struct weft_floating_ip_msg){.floating_ip_id = 7,
						   .vrf_id = 3,
						   .vif_id = 5,
						   .family = 4,
						   .flags = WEFT_FLOATING_IP_INGRESS,
						   .floating_address = {203, 0, 113, 10},
						   .fixed_address = {10, 1, 1, 3},
						   .mapping_count = 2};
	floating.m.mappings[0] = (struct weft_port_mapping){6, 0, 8080, 80, 2};
	floating.m.mappings[1] = (struct weft_port_mapping){17, 0, 53, 5353, 1};
	row_floating_ip(&table, &floating, 1);
	CELL(0, "floating_ip", "7");
	CELL(0, "address", "203.0.113.10");
	CELL(0, "fixed_address", "10.1.1.3");
	CELL(0, "direction", "ingress");
	CELL(0, "mappings", "tcp 8080-8081 -> 80-81\nudp 53 -> 5353\n");
	end_table();
}

static void aPoolSaysHowManyPortsAreLeft(void)
{
	struct weft_nat_pool_msg pool = {.nat_pool_id = 2,
					 .vrf_id = 3,
					 .family = 6,
					 .port_min = 1024,
					 .port_max = 65535,
					 .first_address = {0x20, 1},
					 .address_count = 4,
					 .ports_used = 5,
					 .ports_quarantined = 6,
					 .exhausted = 7};

	row_nat_pool(&table, &pool, 1);
	CELL(0, "nat_pool", "2");
	CELL(0, "first_address", "2001::");
	CELL(0, "ports", "1024-65535");
	CELL(0, "used", "5");
	CELL(0, "quarantined", "6");
	CELL(0, "exhausted", "7");
	end_table();
}

static void aTranslatedConnectionSaysWhatItsPacketsBecome(void)
{
	struct weft_connection_msg connection = {.family = 4,
						 .protocol = 17,
						 .source = {10, 1, 1, 3},
						 .destination = {8, 8, 8, 8},
						 .to_source = {203, 0, 113, 10},
						 .to_destination = {8, 8, 8, 8},
						 .to_source_port = 5000,
						 .to_destination_port = 53,
						 .flags = WEFT_CONNECTION_INITIATOR};

	row_connection(&table, &connection, 0);
	CELL(0, "becomes", "");
	CELL(0, "flags", "initiator\n");
	connection.flags |= WEFT_CONNECTION_TRANSLATED;
	row_connection(&table, &connection, 0);
	CELL(1, "becomes", "203.0.113.10 5000 -> 8.8.8.8 53");
	CELL(1, "to_source", "203.0.113.10");
	CELL(1, "to_source_port", "5000");
	CELL(1, "flags", "initiator\ntranslated\n");
	end_table();
}

static void anEcmpNextHopListsItsMembers(void)
{
	static union {
		struct weft_nexthop_msg m;
		uint8_t bytes[sizeof(struct weft_nexthop_msg) + 2 * sizeof(struct weft_nexthop_member)];
	} ecmp;

	ecmp.m = (struct weft_nexthop_msg){.nexthop_id = 9, .type = WEFT_NEXTHOP_ECMP, .member_count = 2};
	ecmp.m.members[0] = (struct weft_nexthop_member){1, 20, 101, 3};
	ecmp.m.members[1] = (struct weft_nexthop_member){2, 30, WEFT_LABEL_NONE, 1};
	row_nexthop(&table, &ecmp, 1);
	CELL(0, "type", "ecmp");
	CELL(0, "hash", "protocol source-address source-port destination-address destination-port");
	CELL(0, "members", "1: nexthop 20 label 101 weight 3\n2: nexthop 30 weight 1\n");
	end_table();
}

static void aPathListsItsWaysAndANativeNextHopItsGateway(void)
{
	struct weft_path_msg path = {.family = 4,
				     .state = WEFT_PATH_RESOLVED,
				     .vif_id = 1,
				     .destination = {198, 51, 100, 2},
				     .mtu = 1500,
				     .learned_mtu = 1400,
				     .way_count = 1,
				     .weights = {2, 6},
				     .ways = {{.vif_id = 2, .gateway = {10, 0, 0, 1}, .destination_mac = {2, 0, 0, 0, 0, 9}}}};
	struct weft_nexthop_msg native = {
	    .nexthop_id = 40, .type = WEFT_NEXTHOP_NATIVE, .family = 4, .vif_id = 1, .destination = {10, 0, 0, 1}};

	row_path(&table, &path, 0);
	CELL(0, "learned_mtu", "1400");
	CELL(0, "weight", "3");
	CELL(0, "ways", "vif 2 via 10.0.0.1 02:00:00:00:00:09 weight 7\n");
	end_table();
	row_nexthop(&table, &native, 1);
	CELL(0, "type", "native");
	CELL(0, "target", "vif 1 via 10.0.0.1");
	end_table();
}

static void aServiceIsALinePerBackend(void)
{
	static union {
		struct weft_service_msg m;
		uint8_t bytes[sizeof(struct weft_service_msg) + 2 * sizeof(struct weft_service_backend)];
	} service;

	service.m = (struct weft_service_msg){.service_id = 7,
					      .vrf_id = 3,
					      .address = {10, 96, 0, 1},
					      .family = 4,
					      .protocol = 17,
					      .port = 53,
					      .affinity = WEFT_SERVICE_AFFINITY_CLIENT,
					      .affinity_s = 90,
					      .backend_count = 2};
	service.m.backends[0] = (struct weft_service_backend){.address = {10, 1, 1, 3},
							      .vrf_id = 4,
							      .port = 5353,
							      .state = WEFT_BACKEND_UP,
							      .weight = 2,
							      .connections_live = 5,
							      .connections = 9};
	service.m.backends[1] = (struct weft_service_backend){.address = {10, 1, 1, 4},
							      .vrf_id = 4,
							      .port = 5353,
							      .state = WEFT_BACKEND_DRAINING,
							      .weight = 1,
							      .connections_max = 8};
	row_service(&table, &service, 1);
	CHECK(table.count == 2);
	CELL(0, "service", "7");
	CELL(0, "protocol", "udp");
	CELL(0, "address", "10.96.0.1");
	CELL(0, "port", "53");
	CELL(0, "backend", "10.1.1.3");
	CELL(0, "backend_port", "5353");
	CELL(0, "backend_vrf", "4");
	CELL(0, "state", "up");
	CELL(0, "connections", "5");
	CELL(0, "opened", "9");
	CELL(0, "limit", "0");
	CELL(0, "affinity_s", "90");
	CELL(0, "nat_pool", "0");
	CELL(1, "state", "draining");
	CELL(1, "limit", "8");
	service.m.backend_count = 0;
	row_service(&table, &service, 1);
	CELL(2, "state", "no backend");
	end_table();
}

static void statsAreOneRow(void)
{
	struct weft_vif_msg vif = {.flags = WEFT_VIF_UP, .rx_packets = 3, .tx_bytes = 7, .drops = 2};
	struct weft_plane_msg plane = {.policies = 4, .identities = 6, .connections_live = 5};
	struct weft_drop_msg drop = {.reason = WEFT_DROP_POLICY, .packets = 2};

	row_stats_vif(&table, &vif, 0);
	row_stats_vif(&table, &vif, 0);
	row_stats_plane(&table, &plane, 1);
	row_stats_drop(&table, &drop, 0);
	CHECK(table.count == 1);
	CELL(0, "policies", "4");
	CELL(0, "identities", "6");
	CELL(0, "connections", "5");
	CELL(0, "rx_packets", "6");
	CELL(0, "tx_bytes", "14");
	CELL(0, "vifs_up", "2");
	CELL(0, "POLICY", "2");
	end_table();
}

static void idleTimesAreARowEach(void)
{
	static union {
		struct weft_ageing_msg m;
		uint8_t bytes[sizeof(struct weft_ageing_msg) + 2 * sizeof(struct weft_ageing_row)];
	} ageing;

	ageing.m.row_count = 2;
	ageing.m.rows[0] = (struct weft_ageing_row){6, 443, 1, 2, 3, 4, 0};
	ageing.m.rows[1] = (struct weft_ageing_row){WEFT_AGEING_ANY_PROTOCOL, 0, 5, 6, 0, 0, 0};
	row_ageing(&table, &ageing, 3);
	CHECK(table.count == 2);
	CELL(0, "protocol", "tcp");
	CELL(0, "port", "443");
	CELL(0, "idle_seconds", "1");
	CELL(0, "opening_seconds", "2");
	CELL(0, "half_closed_seconds", "3");
	CELL(0, "closed_seconds", "4");
	CELL(1, "protocol", "any");
	CELL(1, "port", "any");
	CELL(1, "epoch", "3");
	end_table();
}

int main(void)
{
	RUN(aRuleIsALineOfWords);
	RUN(anIdentityListsItsElements);
	RUN(anEventSaysWhoDeniedWhat);
	RUN(aFloatingIpSaysWhichPortsAreMapped);
	RUN(aPoolSaysHowManyPortsAreLeft);
	RUN(aTranslatedConnectionSaysWhatItsPacketsBecome);
	RUN(anEcmpNextHopListsItsMembers);
	RUN(idleTimesAreARowEach);
	RUN(aPathListsItsWaysAndANativeNextHopItsGateway);
	RUN(aServiceIsALinePerBackend);
	RUN(statsAreOneRow);
	return test_end();
}
