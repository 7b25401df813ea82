/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Programs a plane as the agent does: by messages, everything checked. */
#include "bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dpdk/memory.h"
#include "parse.h"
#include "weft_tables.h"

#define IDENTITY_POD (WEFT_IDENTITY_FIRST)
#define IDENTITY_REMOTE (WEFT_IDENTITY_FIRST + 1)
#define POLICY_EGRESS 1u
#define POLICY_INGRESS 2u
#define POLICY_EGRESS_SECOND 3u

struct bench_frame {
	struct weft_plane *plane;
	struct weft_frame_header header; /* of what is gathered */
	uint8_t *request, *answer;
};

static void start(struct bench_frame *frame)
{
	frame->header = (struct weft_frame_header){.bytes = sizeof(frame->header)};
}

struct bench_frame *bench_frame_open(struct weft_plane *plane)
{
	struct bench_frame *frame = calloc(1, sizeof(*frame));

	if (frame) {
		frame->request = aligned_alloc(8, WEFT_FRAME_BYTES_MAX);
		frame->answer = aligned_alloc(8, WEFT_FRAME_BYTES_MAX);
	}
	if (!frame || !frame->request || !frame->answer)
		bench_fail("out of memory");
	frame->plane = plane;
	start(frame);
	return frame;
}

void bench_frame_add(struct bench_frame *frame, uint16_t object, uint16_t operation, const void *body, uint32_t bytes)
{
	struct weft_message_header header = {object, operation, (uint32_t)sizeof(header) + bytes, 1, 0};

	if (frame->header.bytes + header.bytes > WEFT_FRAME_BYTES_MAX)
		bench_frame_flush(frame);
	if (frame->header.bytes + header.bytes > WEFT_FRAME_BYTES_MAX)
		bench_fail("a message of %u bytes does not fit a frame", bytes);
	memcpy(frame->request + frame->header.bytes, &header, sizeof(header));
	memcpy(frame->request + frame->header.bytes + sizeof(header), body, bytes);
	frame->header.bytes += header.bytes;
	frame->header.message_count++;
}

static void check_answer(const struct bench_frame *frame, uint32_t bytes)
{
	struct weft_message_header header;
	struct weft_error_msg error;

	for (uint32_t at = sizeof(struct weft_frame_header); at < bytes; at += header.bytes) {
		memcpy(&header, frame->answer + at, sizeof(header));
		if (header.object != WEFT_OBJECT_ERROR)
			continue;
		memcpy(&error, frame->answer + at + sizeof(header), sizeof(error));
		bench_fail("the plane refuses message %u: %.*s", error.index, WEFT_ERROR_TEXT_BYTES, error.text);
	}
}

void bench_frame_flush(struct bench_frame *frame)
{
	uint32_t answered;

	if (!frame->header.message_count)
		return;
	memcpy(frame->request, &frame->header, sizeof(frame->header));
	answered = weft_plane_apply(frame->plane, frame->request, frame->header.bytes, frame->answer, WEFT_FRAME_BYTES_MAX);
	check_answer(frame, answered);
	start(frame);
	weftd_deferred_run();
}

void bench_frame_close(struct bench_frame *frame)
{
	bench_frame_flush(frame);
	free(frame->request);
	free(frame->answer);
	free(frame);
}

#define ADD(frame, OBJECT, body) bench_frame_add(frame, WEFT_OBJECT_##OBJECT, WEFT_OPERATION_SET, &(body), sizeof(body))

static void add_hosts(struct bench_frame *frame, const struct bench_topology *topology)
{
	struct weft_path_msg path = {.family = 4, .state = WEFT_PATH_RESOLVED, .vif_id = BENCH_UPLINK, .mtu = 1500};

	for (uint32_t host = 0; host < BENCH_HOSTS; host++) {
		struct weft_nexthop_msg m = {.nexthop_id = BENCH_NEXTHOP_HOST + host, .type = WEFT_NEXTHOP_TUNNEL, .family = 4};

		m.encap = topology->encap;
		memcpy(m.source, bench_underlay, 4);
		bench_host_address(host, m.destination);
		bench_host_mac(host, m.inner_mac);
		ADD(frame, NEXTHOP, m);
	}
	bench_frame_flush(frame);
	memcpy(path.source_mac, bench_uplink_mac, 6);
	for (uint32_t host = 0; host < BENCH_HOSTS; host++) {
		bench_host_address(host, path.destination);
		memcpy(path.gateway, path.destination, 16);
		bench_host_mac(host, path.destination_mac);
		weft_plane_path_set(frame->plane, &path);
	}
}

static void add_routes(struct bench_frame *frame, const struct bench_topology *topology)
{
	for (uint32_t route = 0; route < topology->routes; route++) {
		struct weft_route_msg m = {.vrf_id = BENCH_VRF, .family = topology->family, .flags = WEFT_ROUTE_SAME_NETWORK};

		m.prefix_len = bench_route_prefix(topology, route, m.prefix);
		m.nexthop_id =
		    topology->encap == WEFT_ENCAP_NONE ? BENCH_NEXTHOP_POD : BENCH_NEXTHOP_HOST + route % BENCH_HOSTS;
		m.label = topology->encap == WEFT_ENCAP_VXLAN ? BENCH_VNI : WEFT_LABEL_NONE;
		if (topology->encap == WEFT_ENCAP_MPLSOUDP)
			m.label = BENCH_LABEL;
		m.identity_id = IDENTITY_REMOTE;
		ADD(frame, ROUTE, m);
	}
}

static void add_pod(struct bench_frame *frame, const struct bench_topology *topology, uint32_t pod)
{
	struct weft_vif_msg vif = {.vif_id = BENCH_POD_FIRST + pod, .vrf_id = BENCH_VRF, .type = WEFT_VIF_VIRTUAL};
	struct weft_nexthop_msg nexthop = {.nexthop_id = BENCH_NEXTHOP_POD + pod, .type = WEFT_NEXTHOP_LOCAL};
	struct weft_route_msg route = {.vrf_id = BENCH_VRF, .family = topology->family, .label = WEFT_LABEL_NONE};

	vif.flags = WEFT_VIF_ADDRESS_CHECK;
	vif.mtu = 1450;
	vif.label = WEFT_LABEL_NONE;
	vif.key[0] = (uint8_t)vif.vif_id;
	vif.key[1] = (uint8_t)(vif.vif_id >> 8);
	bench_pod_mac(pod, vif.mac);
	vif.address_count = 1;
	vif.addresses[0].family = topology->family;
	vif.addresses[0].prefix_len = topology->family == 4 ? 32 : 128;
	bench_pod_address(topology, pod, vif.addresses[0].address);
	vif.identity_id = IDENTITY_POD;
	vif.egress_policy_ids[0] = POLICY_EGRESS;
	vif.egress_policy_ids[1] = topology->sets == 2 ? POLICY_EGRESS_SECOND : WEFT_POLICY_NONE;
	vif.ingress_policy_ids[0] = POLICY_INGRESS;
	if (topology->stateless) {
		vif.flags |= WEFT_VIF_STATELESS;
		vif.egress_policy_ids[0] = vif.egress_policy_ids[1] = vif.ingress_policy_ids[0] = WEFT_POLICY_NONE;
	}
	ADD(frame, VIF, vif);
	nexthop.vif_id = vif.vif_id;
	nexthop.key[0] = (uint8_t)pod;
	ADD(frame, NEXTHOP, nexthop);
	route.prefix_len = vif.addresses[0].prefix_len;
	memcpy(route.prefix, vif.addresses[0].address, 16);
	route.nexthop_id = nexthop.nexthop_id;
	route.identity_id = IDENTITY_POD;
	route.flags = WEFT_ROUTE_SAME_NETWORK;
	ADD(frame, ROUTE, route);
}

/* Security groups, prefixes and ports, as a tenant writes them; the last rule allows what the bench sends. */
static void add_policy(struct bench_frame *frame, uint32_t policy_id, uint32_t rules)
{
	size_t bytes = sizeof(struct weft_policy_msg) + rules * sizeof(struct weft_policy_rule);
	struct weft_policy_msg *m = calloc(1, bytes);

	if (!m)
		bench_fail("out of memory");
	m->policy_id = policy_id;
	m->key[0] = (uint8_t)policy_id;
	m->default_action = WEFT_POLICY_DENY;
	m->rule_count = rules;
	for (uint32_t i = 0; i < rules; i++) {
		struct weft_policy_rule *rule = &m->rules[i];

		rule->action = WEFT_POLICY_ALLOW;
		rule->protocol = 0xffff;
		rule->source_port_max = rule->destination_port_max = 65535;
		if (i + 1 == rules)
			break;
		rule->protocol = i % 2 ? WEFT_PROTOCOL_TCP : WEFT_PROTOCOL_UDP;
		rule->destination_port_min = rule->destination_port_max = (uint16_t)(20000 + i % 30000);
		if (i % 3 == 0) {
			rule->destination.kind = WEFT_ELEMENT_SECURITY_GROUP;
			rule->destination.id = 9000000 + i;
		} else if (i % 3 == 1) {
			rule->family = rule->source.family = 4;
			rule->source.prefix_len = 24;
			memcpy(rule->source.prefix, weft_be32_of(0x1e000000u + (i << 8)).b, 4);
		}
	}
	bench_frame_add(frame, WEFT_OBJECT_POLICY, WEFT_OPERATION_SET, m, (uint32_t)bytes);
	free(m);
}

void bench_policies_set(struct bench_frame *frame, uint32_t rules, uint32_t sets)
{
	uint32_t each = sets == 2 ? (rules + 1) / 2 : rules;

	add_policy(frame, POLICY_EGRESS, each);
	add_policy(frame, POLICY_EGRESS_SECOND, sets == 2 ? each : 1);
	add_policy(frame, POLICY_INGRESS, each);
}

static void add_base(struct bench_frame *frame, const struct bench_topology *topology)
{
	struct weft_plane_msg plane = {0};
	struct weft_vrf_msg vrf = {.vrf_id = BENCH_VRF, .vni = BENCH_VNI, .name = "bench"};
	struct weft_vif_msg uplink = {.vif_id = BENCH_UPLINK, .type = WEFT_VIF_PHYSICAL, .mtu = 1500, .label = WEFT_LABEL_NONE};
	struct weft_nexthop_msg nexthop = {.nexthop_id = BENCH_NEXTHOP_VRF, .type = WEFT_NEXTHOP_VRF, .vrf_id = BENCH_VRF};
	struct weft_vni_msg vni = {BENCH_VNI, BENCH_NEXTHOP_VRF};
	struct weft_label_msg label = {BENCH_LABEL, BENCH_NEXTHOP_VRF};
	struct weft_identity_msg identity = {.element_count = 1, .elements[0] = {.kind = WEFT_ELEMENT_SECURITY_GROUP}};

	memcpy(plane.underlay4, bench_underlay, 4);
	memcpy(plane.router_mac, bench_router_mac, 6);
	ADD(frame, PLANE, plane);
	ADD(frame, VRF, vrf);
	ADD(frame, VIF, uplink);
	ADD(frame, NEXTHOP, nexthop);
	ADD(frame, VNI, vni);
	ADD(frame, LABEL, label);
	for (uint32_t id = IDENTITY_POD; id <= IDENTITY_REMOTE; id++) {
		identity.identity_id = id;
		identity.key[0] = (uint8_t)id;
		identity.elements[0].id = 8000000 + id;
		ADD(frame, IDENTITY, identity);
	}
	bench_policies_set(frame, topology->rules, topology->sets);
}

/* What the daemon does between the messages of a frame (dpdk/record.c), but for its journal. */
static void applied(void *host, const void *message, uint32_t bytes)
{
	static uint32_t count;

	(void)host;
	(void)message;
	(void)bytes;
	if (++count % 32 == 0)
		weftd_deferred_free();
}

struct weft_plane *bench_plane_open(const struct bench_topology *topology, uint32_t workers, uint32_t connections_max)
{
	struct weft_plane_settings settings = {.workers = workers,
					       .connections_max = connections_max,
					       .implementation = "bench",
					       .version = "bench",
					       .applied = applied};
	struct weft_plane *plane;
	struct bench_frame *frame;

	plane = weft_plane_create(&settings);
	if (!plane)
		bench_fail("out of memory: no plane");
	frame = bench_frame_open(plane);
	add_base(frame, topology);
	if (topology->encap != WEFT_ENCAP_NONE)
		add_hosts(frame, topology);
	for (uint32_t pod = 0; pod < topology->pods; pod++)
		add_pod(frame, topology, pod);
	add_routes(frame, topology);
	bench_frame_close(frame);
	weftd_deferred_flush();
	return plane;
}

void bench_plane_close(struct weft_plane *plane)
{
	weftd_deferred_flush(); /* what still speaks of the plane */
	weft_plane_destroy(plane);
	weftd_deferred_flush();
}

void bench_drops_text(struct weft_plane *plane, char *text, size_t bytes)
{
	struct weft_dump_msg request = {.vrf_id = 0xffffffffu};
	struct bench_frame *frame = bench_frame_open(plane);
	struct weft_message_header header;
	struct weft_drop_msg drop;
	uint32_t answered;
	size_t used = 0;

	text[0] = 0;
	bench_frame_add(frame, WEFT_OBJECT_DROP, WEFT_OPERATION_DUMP, &request, sizeof(request));
	memcpy(frame->request, &frame->header, sizeof(frame->header));
	answered = weft_plane_apply(plane, frame->request, frame->header.bytes, frame->answer, WEFT_FRAME_BYTES_MAX);
	start(frame);
	for (uint32_t at = sizeof(struct weft_frame_header); at < answered; at += header.bytes) {
		memcpy(&header, frame->answer + at, sizeof(header));
		if (header.object != WEFT_OBJECT_DROP)
			continue;
		memcpy(&drop, frame->answer + at + sizeof(header), sizeof(drop));
		if (used < bytes)
			used += (size_t)snprintf(text + used, bytes - used, "%s%s %" PRIu64, used ? ", " : "",
						 weft_drop_name(drop.reason), drop.packets);
	}
	bench_frame_close(frame);
}
