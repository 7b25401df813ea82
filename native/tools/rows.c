/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "rows.h"

#define NAME_OF(names, code) ((size_t)(code) < sizeof(names) / sizeof((names)[0]) && (names)[code] ? (names)[code] : "?")

static const char *const vif_types[] = {"host", "agent", "physical", "virtual"};
static const char *const port_kinds[] = {"none", "tap", "af-packet", "ethdev", "unix"};
static const char *const tunnel_dfs[] = {"set", "copy", "clear"};
static const char *const tunnel_dscps[] = {"uniform", "pipe"};
static const char *const nexthop_types[] = {"discard", "receive", "local", "tunnel", "vrf", "ecmp", "native"};
static const char *const livenesses[] = {"unknown", "up", "down"};
static const char *const encaps[] = {"", "vxlan", "mplsoudp", "mplsogre"};

const char *address_text(uint8_t family, const uint8_t address[16], char *out)
{
	static const uint8_t zero[16];

	out[0] = '\0';
	if (family == 4 || (family == 6 && memcmp(address, zero, 16)))
		inet_ntop(family == 4 ? AF_INET : AF_INET6, address, out, INET6_ADDRSTRLEN);
	else if (family == 6)
		memcpy(out, "::", 3);
	return out;
}

void cell_address(struct table *table, const char *name, uint8_t family, const uint8_t address[16])
{
	char text[INET6_ADDRSTRLEN];

	table_text(table, name, address_text(family, address, text));
}

static void cell_mac(struct table *table, const char *name, const uint8_t mac[6])
{
	char text[18];

	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
	table_text(table, name, text);
}

void cell_bytes(struct table *table, const char *name, const uint8_t bytes[16])
{
	char text[37] = "";
	size_t used = 0;

	for (size_t i = 0; bytes && i < 16; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
					 bytes[i]);
	table_text(table, name, text);
}

static void cell_key(struct table *table, const uint8_t key[WEFT_KEY_BYTES])
{
	cell_bytes(table, "key", key);
	table_detail(table);
}

static void cell_epoch(struct table *table, uint32_t epoch)
{
	table_number(table, "epoch", epoch);
	table_detail(table);
}

/* A C field that a broken plane may not have ended. */
static void cell_field(struct table *table, const char *name, const char *field, size_t bytes)
{
	char text[WEFT_PATH_BYTES + 1];

	memcpy(text, field, bytes);
	text[bytes] = '\0';
	table_text(table, name, text);
}

static void cell_label(struct table *table, const char *name, uint32_t label)
{
	char text[12] = "";

	if (label != WEFT_LABEL_NONE)
		snprintf(text, sizeof(text), "%" PRIu32, label);
	table_text(table, name, text);
}

void cell_time(struct table *table, const char *name, uint64_t realtime_ns)
{
	time_t seconds = (time_t)(realtime_ns / 1000000000u);
	char text[32] = "";
	struct tm when;

	if (realtime_ns && gmtime_r(&seconds, &when))
		strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &when);
	table_text(table, name, text);
}

static void cell_seconds(struct table *table, const char *name, uint64_t ns)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64 ".%01" PRIu64 " s", ns / 1000000000u, ns / 100000000u % 10);
	table_text(table, name, text);
}

static void cells_vif_addresses(struct table *table, const struct weft_vif_msg *vif, bool gateways)
{
	char address[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 8];

	table_list(table, gateways ? "gateways" : "addresses");
	for (uint32_t i = 0; i < vif->address_count && i < WEFT_VIF_ADDRESSES_MAX; i++) {
		const struct weft_vif_address *entry = &vif->addresses[i];

		if (gateways != ((entry->flags & WEFT_VIF_ADDRESS_GATEWAY) != 0))
			continue;
		address_text(entry->family, entry->address, address);
		snprintf(text, sizeof(text), gateways ? "%s" : "%s/%u", address, entry->prefix_len);
		table_item(table, text);
	}
}

static void cell_policies(struct table *table, const char *name, const uint32_t ids[WEFT_VIF_POLICIES])
{
	char text[12];

	table_list(table, name);
	for (uint32_t i = 0; i < WEFT_VIF_POLICIES; i++) {
		if (ids[i] == WEFT_POLICY_NONE)
			continue;
		snprintf(text, sizeof(text), "%" PRIu32, ids[i]);
		table_item(table, text);
	}
}

void row_vif(struct table *table, const void *body, uint32_t epoch)
{
	struct weft_vif_msg vif;

	memcpy(&vif, body, sizeof(vif));
	table_row(table);
	table_number(table, "vif", vif.vif_id);
	table_number(table, "vrf", vif.vrf_id);
	table_text(table, "type", NAME_OF(vif_types, vif.type));
	table_text(table, "port", NAME_OF(port_kinds, vif.port_kind));
	cell_field(table, "name", vif.name, sizeof(vif.name));
	cell_field(table, "device", vif.device, sizeof(vif.device));
	cell_field(table, "netns", vif.netns, sizeof(vif.netns));
	table_detail(table);
	table_boolean(table, "up", vif.flags & WEFT_VIF_UP);
	table_number(table, "mtu", vif.mtu);
	cell_label(table, "label", vif.label);
	cell_mac(table, "mac", vif.mac);
	cells_vif_addresses(table, &vif, false);
	cells_vif_addresses(table, &vif, true);
	table_detail(table);
	table_number(table, "identity", vif.identity_id);
	cell_policies(table, "egress", vif.egress_policy_ids);
	cell_policies(table, "ingress", vif.ingress_policy_ids);
	table_number(table, "connections", vif.connections_live);
	table_number(table, "connections_max", vif.connections_max);
	table_detail(table);
	table_number(table, "rx_packets", vif.rx_packets);
	table_number(table, "rx_bytes", vif.rx_bytes);
	table_detail(table);
	table_number(table, "tx_packets", vif.tx_packets);
	table_number(table, "tx_bytes", vif.tx_bytes);
	table_detail(table);
	table_number(table, "drops", vif.drops);
	table_boolean(table, "address_check", vif.flags & WEFT_VIF_ADDRESS_CHECK);
	table_detail(table);
	table_boolean(table, "shared_uplink", vif.flags & WEFT_VIF_SHARED_UPLINK);
	table_boolean(table, "native", vif.flags & WEFT_VIF_NATIVE);
	table_detail(table);
	table_boolean(table, "strict_tcp", vif.flags & WEFT_VIF_STRICT_TCP);
	table_boolean(table, "stateless", vif.flags & WEFT_VIF_STATELESS);
	table_detail(table);
	table_boolean(table, "created", vif.flags & WEFT_VIF_CREATED);
	table_detail(table);
	cell_key(table, vif.key);
	cell_epoch(table, epoch);
}

void row_vrf(struct table *table, const void *body, uint32_t epoch)
{
	struct weft_vrf_msg vrf;

	memcpy(&vrf, body, sizeof(vrf));
	table_row(table);
	table_number(table, "vrf", vrf.vrf_id);
	table_number(table, "vni", vrf.vni);
	table_number(table, "routes4", vrf.routes4);
	table_number(table, "routes6", vrf.routes6);
	table_number(table, "connections", vrf.connections_live);
	table_number(table, "connections_max", vrf.connections_max);
	table_detail(table);
	cell_field(table, "name", vrf.name, sizeof(vrf.name));
	cell_key(table, vrf.key);
	cell_epoch(table, epoch);
}

static void cell_members(struct table *table, const uint8_t *members, uint32_t count)
{
	table_list(table, "members");
	for (uint32_t i = 0; i < count; i++) {
		struct weft_nexthop_member member;
		char label[24] = "", text[96];

		memcpy(&member, members + i * sizeof(member), sizeof(member));
		if (member.label != WEFT_LABEL_NONE)
			snprintf(label, sizeof(label), " label %" PRIu32, member.label);
		snprintf(text, sizeof(text), "%" PRIu32 ": nexthop %" PRIu32 "%s weight %" PRIu32, member.member_id, member.nexthop_id,
			 label, member.weight);
		table_item(table, text);
	}
}

/* What decides the member of an ECMP next hop. */
static void cell_hash(struct table *table, const struct weft_nexthop_msg *nexthop)
{
	static const char *const names[] = {"protocol", "source-address", "source-port", "destination-address",
					    "destination-port"};
	uint32_t fields = nexthop->hash_fields ? nexthop->hash_fields : WEFT_HASH_ALL;
	char text[128] = "";
	size_t used = 0;

	for (uint32_t i = 0; nexthop->type == WEFT_NEXTHOP_ECMP && i < sizeof(names) / sizeof(names[0]); i++) {
		if (fields & 1u << i)
			used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s", used ? " " : "", names[i]);
	}
	table_text(table, "hash", text);
	table_detail(table);
}

void row_nexthop(struct table *table, const void *body, uint32_t epoch)
{
	struct weft_nexthop_msg nexthop;
	char source[INET6_ADDRSTRLEN], destination[INET6_ADDRSTRLEN], target[160] = "";

	memcpy(&nexthop, body, sizeof(nexthop));
	if (nexthop.type == WEFT_NEXTHOP_LOCAL)
		snprintf(target, sizeof(target), "vif %" PRIu32, nexthop.vif_id);
	else if (nexthop.type == WEFT_NEXTHOP_VRF && nexthop.nat_pool_id)
		snprintf(target, sizeof(target), "vrf %" PRIu32 " by NAT pool %" PRIu32, nexthop.vrf_id, nexthop.nat_pool_id);
	else if (nexthop.type == WEFT_NEXTHOP_NATIVE)
		snprintf(target, sizeof(target), "vif %" PRIu32 " via %s", nexthop.vif_id,
			 address_text(nexthop.family, nexthop.destination, destination));
	else if (nexthop.type == WEFT_NEXTHOP_VRF)
		snprintf(target, sizeof(target), "vrf %" PRIu32, nexthop.vrf_id);
	else if (nexthop.type == WEFT_NEXTHOP_TUNNEL)
		snprintf(target, sizeof(target), "%s %s -> %s", NAME_OF(encaps, nexthop.encap),
			 address_text(nexthop.family, nexthop.source, source),
			 address_text(nexthop.family, nexthop.destination, destination));
	table_row(table);
	table_number(table, "nexthop", nexthop.nexthop_id);
	table_text(table, "type", NAME_OF(nexthop_types, nexthop.type));
	table_number(table, "references", nexthop.references);
	table_text(table, "target", target);
	if (nexthop.type == WEFT_NEXTHOP_TUNNEL && nexthop.encap == WEFT_ENCAP_VXLAN)
		cell_mac(table, "inner_mac", nexthop.inner_mac);
	else
		table_text(table, "inner_mac", "");
	cell_hash(table, &nexthop);
	cell_members(table, (const uint8_t *)body + sizeof(nexthop), nexthop.member_count);
	cell_key(table, nexthop.key);
	cell_epoch(table, epoch);
}

void row_route(struct table *table, const void *body, uint32_t epoch)
{
	struct weft_route_msg route;
	char address[INET6_ADDRSTRLEN], prefix[INET6_ADDRSTRLEN + 8];

	memcpy(&route, body, sizeof(route));
	address_text(route.family, route.prefix, address);
	snprintf(prefix, sizeof(prefix), "%s/%u", address, route.prefix_len);
	table_row(table);
	table_number(table, "vrf", route.vrf_id);
	table_text(table, "prefix", prefix);
	table_number(table, "nexthop", route.nexthop_id);
	cell_label(table, "label", route.label);
	table_number(table, "identity", route.identity_id);
	table_list(table, "flags");
	if (route.flags & WEFT_ROUTE_PROXY_NEIGHBOUR)
		table_item(table, "proxy-neighbour");
	if (route.flags & WEFT_ROUTE_SAME_NETWORK)
		table_item(table, "same-network");
	cell_epoch(table, epoch);
}

void row_label(struct table *table, const void *body, uint32_t epoch)
{
	struct weft_label_msg label;

	memcpy(&label, body, sizeof(label));
	table_row(table);
	table_number(table, "label", label.label);
	table_number(table, "nexthop", label.nexthop_id);
	cell_epoch(table, epoch);
}

void row_vni(struct table *table, const void *body, uint32_t epoch)
{
	struct weft_vni_msg vni;

	memcpy(&vni, body, sizeof(vni));
	table_row(table);
	table_number(table, "vni", vni.vni);
	table_number(table, "nexthop", vni.nexthop_id);
	cell_epoch(table, epoch);
}

/* The ways beside the first. */
static void cell_ways(struct table *table, const struct weft_path_msg *path)
{
	char text[INET6_ADDRSTRLEN + 64], gateway[INET6_ADDRSTRLEN];

	table_list(table, "ways");
	for (uint32_t i = 0; i < path->way_count && i < WEFT_PATH_WAYS_MAX - 1; i++) {
		const struct weft_path_way *way = &path->ways[i];

		snprintf(text, sizeof(text), "vif %" PRIu32 " via %s %02x:%02x:%02x:%02x:%02x:%02x weight %u", way->vif_id,
			 address_text(path->family, way->gateway, gateway), way->destination_mac[0], way->destination_mac[1],
			 way->destination_mac[2], way->destination_mac[3], way->destination_mac[4], way->destination_mac[5],
			 path->weights[i + 1] + 1u);
		table_item(table, text);
	}
}

void row_path(struct table *table, const void *body, uint32_t epoch)
{
	struct weft_path_msg path;
	bool resolved;

	(void)epoch;
	memcpy(&path, body, sizeof(path));
	resolved = path.state == WEFT_PATH_RESOLVED;
	table_row(table);
	cell_address(table, "destination", path.family, path.destination);
	table_boolean(table, "resolved", resolved);
	table_number(table, "vif", path.vif_id);
	cell_address(table, "gateway", resolved ? path.family : 0, path.gateway);
	cell_mac(table, "source_mac", path.source_mac);
	cell_mac(table, "destination_mac", path.destination_mac);
	table_number(table, "mtu", path.mtu);
	cell_time(table, "changed", path.changed_ns);
	table_text(table, "liveness", NAME_OF(livenesses, path.liveness));
	cell_time(table, "liveness_changed", path.liveness_ns);
	table_number(table, "learned_mtu", path.learned_mtu);
	table_number(table, "weight", path.weights[0] + 1u);
	cell_ways(table, &path);
}

void row_connection(struct table *table, const void *body, uint32_t epoch)
{
	struct weft_connection_msg connection;

	(void)epoch;
	memcpy(&connection, body, sizeof(connection));
	table_row(table);
	table_number(table, "index", connection.index);
	table_number(table, "reverse", connection.reverse_index);
	table_number(table, "vrf", connection.vrf_id);
	table_number(table, "zone", connection.zone);
	table_detail(table);
	table_number(table, "protocol", connection.protocol);
	cell_address(table, "source", connection.family, connection.source);
	table_number(table, "source_port", connection.source_port);
	cell_address(table, "destination", connection.family, connection.destination);
	table_number(table, "destination_port", connection.destination_port);
	table_number(table, "tcp_state", connection.tcp_state);
	table_detail(table);
	table_number(table, "vif", connection.vif_id);
	table_detail(table);
	table_number(table, "nexthop", connection.nexthop_id);
	cell_label(table, "label", connection.label);
	table_number(table, "source_identity", connection.source_identity);
	table_number(table, "destination_identity", connection.destination_identity);
	table_number(table, "packets", connection.packets);
	table_number(table, "bytes", connection.bytes);
	cell_seconds(table, "idle", connection.idle_ns);
	cell_seconds(table, "age", connection.age_ns);
	cells_translation(table, &connection);
	table_list(table, "flags");
	if (connection.flags & WEFT_CONNECTION_INITIATOR)
		table_item(table, "initiator");
	if (connection.flags & WEFT_CONNECTION_DENIED)
		table_item(table, "denied");
	if (connection.flags & WEFT_CONNECTION_MIDSTREAM)
		table_item(table, "midstream");
	if (connection.flags & WEFT_CONNECTION_TRANSLATED)
		table_item(table, "translated");
}

void row_drop(struct table *table, const void *body, uint32_t epoch)
{
	struct weft_drop_msg drop;
	const char *name, *doc;

	(void)epoch;
	memcpy(&drop, body, sizeof(drop));
	name = weft_drop_name(drop.reason);
	doc = weft_drop_doc(drop.reason);
	table_row(table);
	table_number(table, "packets", drop.packets);
	table_number(table, "code", drop.reason);
	table_text(table, "reason", name ? name : "?");
	table_text(table, "meaning", doc ? doc : "newer than this program");
}

static void packet_cells(struct table *table, const struct weft_plane_msg *plane)
{
	table_number(table, "packets_received", plane->packets_received);
	table_number(table, "packets_sent", plane->packets_sent);
	table_number(table, "packets_dropped", plane->packets_dropped);
	table_number(table, "packets_made", plane->packets_made);
	table_number(table, "packets_gone", plane->packets_gone);
	table_number(table, "buffers_small", plane->buffers[0]);
	table_number(table, "buffers_small_free", plane->buffers_free[0]);
	table_number(table, "buffers_chunk", plane->buffers[1]);
	table_number(table, "buffers_chunk_free", plane->buffers_free[1]);
	table_number(table, "buffers_large", plane->buffers[2]);
	table_number(table, "buffers_large_free", plane->buffers_free[2]);
}

void row_plane(struct table *table, const void *body, uint32_t epoch)
{
	struct weft_plane_msg plane;
	static const uint8_t zero[16];

	memcpy(&plane, body, sizeof(plane));
	table_row(table);
	cell_field(table, "implementation", plane.implementation, sizeof(plane.implementation));
	cell_field(table, "version", plane.version, sizeof(plane.version));
	cell_time(table, "started", plane.started_ns);
	cell_address(table, "underlay4", memcmp(plane.underlay4, zero, 16) ? 4 : 0, plane.underlay4);
	cell_address(table, "underlay6", memcmp(plane.underlay6, zero, 16) ? 6 : 0, plane.underlay6);
	cell_mac(table, "router_mac", plane.router_mac);
	table_number(table, "workers", plane.workers);
	table_number(table, "vifs", plane.vifs);
	table_number(table, "vrfs", plane.vrfs);
	table_number(table, "nexthops", plane.nexthops);
	table_number(table, "routes", plane.routes);
	table_number(table, "identities", plane.identities);
	table_number(table, "policies", plane.policies);
	table_number(table, "connections", plane.connections_live);
	table_number(table, "connections_max", plane.connections_max);
	table_number(table, "evicted_closed", plane.evicted_closed);
	table_number(table, "evicted_one_way", plane.evicted_one_way);
	table_number(table, "evicted_idle", plane.evicted_idle);
	table_number(table, "fragments_waiting", plane.fragments_waiting);
	table_number(table, "bfd_interval_ms", plane.bfd_interval_ms);
	table_number(table, "bfd_multiplier", plane.bfd_multiplier);
	table_number(table, "adoptions", plane.adoptions);
	table_number(table, "sets", plane.sets);
	table_number(table, "deletes", plane.deletes);
	table_number(table, "tunnel_ttl", plane.tunnel_ttl ? plane.tunnel_ttl : 64);
	table_text(table, "tunnel_df", NAME_OF(tunnel_dfs, plane.tunnel_df));
	table_text(table, "tunnel_dscp_mode", NAME_OF(tunnel_dscps, plane.tunnel_dscp_mode));
	table_number(table, "tunnel_dscp", plane.tunnel_dscp);
	table_number(table, "reassembled", plane.reassembled);
	table_number(table, "reassembly_failures", plane.reassembly_failures);
	packet_cells(table, &plane);
	table_number(table, "epoch", epoch);
}
