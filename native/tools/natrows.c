/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Floating IPs, NAT pools and what a connection's packets become, in words. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "rows.h"

#define ENDS_BYTES (2 * INET6_ADDRSTRLEN + 32)

static const char *protocol_text(uint8_t protocol)
{
	return protocol == 6 ? "tcp" : protocol == 17 ? "udp" : protocol == 132 ? "sctp" : "?";
}

static void cell_mappings(struct table *table, const uint8_t *mappings, uint32_t count)
{
	table_list(table, "mappings");
	for (uint32_t i = 0; i < count; i++) {
		struct weft_port_mapping mapping;
		char text[64];
		unsigned int last;

		memcpy(&mapping, mappings + i * sizeof(mapping), sizeof(mapping));
		last = mapping.count - 1u;
		if (last)
			snprintf(text, sizeof(text), "%s %u-%u -> %u-%u", protocol_text(mapping.protocol), mapping.port,
				 mapping.port + last, mapping.fixed_port, mapping.fixed_port + last);
		else
			snprintf(text, sizeof(text), "%s %u -> %u", protocol_text(mapping.protocol), mapping.port,
				 mapping.fixed_port);
		table_item(table, text);
	}
}

void row_floating_ip(struct table *table, const void *body, uint32_t epoch)
{
	struct weft_floating_ip_msg floating;
	uint16_t both = WEFT_FLOATING_IP_INGRESS | WEFT_FLOATING_IP_EGRESS;

	memcpy(&floating, body, sizeof(floating));
	table_row(table);
	table_number(table, "floating_ip", floating.floating_ip_id);
	table_number(table, "vrf", floating.vrf_id);
	cell_address(table, "address", floating.family, floating.floating_address);
	table_number(table, "vif", floating.vif_id);
	cell_address(table, "fixed_address", floating.family, floating.fixed_address);
	table_text(table, "direction",
		   floating.flags == both			? "both"
		   : floating.flags == WEFT_FLOATING_IP_INGRESS ? "ingress"
								: "egress");
	cell_mappings(table, (const uint8_t *)body + sizeof(floating), floating.mapping_count);
	cell_bytes(table, "key", floating.key);
	table_detail(table);
	table_number(table, "epoch", epoch);
	table_detail(table);
}

void row_nat_pool(struct table *table, const void *body, uint32_t epoch)
{
	struct weft_nat_pool_msg pool;
	char ports[32];

	memcpy(&pool, body, sizeof(pool));
	snprintf(ports, sizeof(ports), "%u-%u", pool.port_min, pool.port_max);
	table_row(table);
	table_number(table, "nat_pool", pool.nat_pool_id);
	table_number(table, "vrf", pool.vrf_id);
	cell_address(table, "first_address", pool.family, pool.first_address);
	table_number(table, "addresses", pool.address_count);
	table_text(table, "ports", ports);
	table_number(table, "quarantine_ms", pool.quarantine_ms);
	table_number(table, "references", pool.references);
	table_number(table, "blocks", pool.blocks);
	table_number(table, "used", pool.ports_used);
	table_number(table, "quarantined", pool.ports_quarantined);
	table_number(table, "exhausted", pool.exhausted);
	cell_bytes(table, "key", pool.key);
	table_detail(table);
	table_number(table, "epoch", epoch);
	table_detail(table);
}

void cells_translation(struct table *table, const struct weft_connection_msg *connection)
{
	char source[INET6_ADDRSTRLEN], destination[INET6_ADDRSTRLEN], ends[ENDS_BYTES] = "";
	bool translated = connection->flags & WEFT_CONNECTION_TRANSLATED;
	uint8_t family = translated ? connection->family : 0;

	address_text(family, connection->to_source, source);
	address_text(family, connection->to_destination, destination);
	if (translated)
		snprintf(ends, sizeof(ends), "%s %u -> %s %u", source, connection->to_source_port, destination,
			 connection->to_destination_port);
	table_text(table, "becomes", ends);
	cell_address(table, "to_source", family, connection->to_source);
	table_detail(table);
	table_number(table, "to_source_port", connection->to_source_port);
	table_detail(table);
	cell_address(table, "to_destination", family, connection->to_destination);
	table_detail(table);
	table_number(table, "to_destination_port", connection->to_destination_port);
	table_detail(table);
}
