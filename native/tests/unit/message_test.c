/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Messages: what is refused and why, what a dump gives back, sweeps, references. */
#include "plane.h"
#include "test.h"
#include "messages.h"

static struct weft_vrf_msg vrf = {.vrf_id = 3, .vni = 9};
static struct weft_nexthop_msg tunnel = {.nexthop_id = 5, .type = WEFT_NEXTHOP_TUNNEL, .encap = WEFT_ENCAP_VXLAN, .family = 4,
					 .source = {192, 0, 2, 1}, .destination = {192, 0, 2, 2}, .inner_mac = {2, 0, 0, 0, 0, 1}};
static struct weft_route_msg route = {.vrf_id = 3, .family = 4, .prefix_len = 24, .prefix = {10, 1, 1}, .nexthop_id = 5, .label = 9};
static struct weft_vif_msg port = {.vif_id = 8, .vrf_id = 3, .type = WEFT_VIF_VIRTUAL, .mtu = 1450, .label = WEFT_LABEL_NONE,
				   .mac = {2, 0, 0, 0, 0, 9}, .address_count = 1,
				   .addresses = {{.family = 4, .prefix_len = 24, .flags = WEFT_VIF_ADDRESS_CONFIGURE, .address = {10, 1, 1, 3}}}};

static void refusalsNameFieldValueAndLimit(void)
{
	struct weft_route_msg bad = route;

	CHECK(SET(ROUTE, &route) == ENOENT && strstr(error_text, "vrf_id 3"));
	CHECK(SET(VRF, &vrf) == 0);
	CHECK(SET(ROUTE, &route) == ENOENT && strstr(error_text, "nexthop_id 5"));
	CHECK(SET(NEXTHOP, &tunnel) == 0);
	bad.prefix[3] = 1;
	CHECK(SET(ROUTE, &bad) == EINVAL && strstr(error_text, "prefix: bit 31"));
	bad = route;
	bad.prefix_len = 33;
	CHECK(SET(ROUTE, &bad) == EINVAL && strstr(error_text, "prefix_len 33: at most 32"));
	bad = route;
	bad.zero0[1] = 1;
	CHECK(SET(ROUTE, &bad) == EINVAL && strstr(error_text, "zero0"));
	bad = route;
	bad.label = WEFT_VNI_LIMIT;
	CHECK(SET(ROUTE, &bad) == EINVAL && strstr(error_text, "label 16777216"));
	CHECK(send_message(WEFT_OBJECT_ROUTE, WEFT_OPERATION_SET, 1, &route, 32) == EINVAL && strstr(error_text, "32 bytes, want 40"));
	CHECK(send_message(99, WEFT_OPERATION_SET, 1, &route, sizeof(route)) == EINVAL && strstr(error_text, "object 99"));
	CHECK(dump(WEFT_OBJECT_ROUTE, 3) == 0);
	CHECK(SET(ROUTE, &route) == 0);
	CHECK(dump(WEFT_OBJECT_ROUTE, 3) == 1);
}

static void anEqualSetIsNoChange(void)
{
	struct weft_plane_msg before, after;

	weft_plane_fill(weft_host_plane_core(host), &before);
	CHECK(SET(ROUTE, &route) == 0 && SET(NEXTHOP, &tunnel) == 0 && SET(VRF, &vrf) == 0);
	weft_plane_fill(weft_host_plane_core(host), &after);
	CHECK(before.sets == after.sets);
}

static void whatIsInUseIsNotDeleted(void)
{
	CHECK(SET(VIF, &port) == 0);
	CHECK(DELETE(NEXTHOP, &tunnel) == EBUSY && strstr(error_text, "1 routes"));
	CHECK(DELETE(VRF, &vrf) == EBUSY && strstr(error_text, "1 vifs"));
	CHECK(dump(WEFT_OBJECT_NEXTHOP, 0xffffffffu) == 2);
}

static void aVifKeepsItsDeviceAndChangesItsAddresses(void)
{
	struct weft_vif_msg changed = port;
	struct weft_plane *plane = weft_host_plane_core(host);
	uint32_t stamp = weft_vif_get(plane, 8)->policy_stamp;

	changed.port_kind = WEFT_PORT_TAP;
	memcpy(changed.name, "eth0", 5);
	memcpy(changed.netns, "/x", 3);
	CHECK(SET(VIF, &changed) == EINVAL && strstr(error_text, "port_kind"));
	changed = port;
	changed.addresses[0].address[3] = 4;
	CHECK(SET(VIF, &changed) == 0);
	CHECK(weft_vif_get(plane, 8)->policy_stamp != stamp);
	CHECK(weft_vif_get(plane, 8)->addresses[0].address[3] == 4);
	CHECK(weft_vif_get(plane, 8)->carrier);
}

static void onlyAPortWithoutPolicyIsStateless(void)
{
	struct weft_policy_msg set = {.policy_id = 5, .default_action = WEFT_POLICY_ALLOW};
	struct weft_plane *plane = weft_host_plane_core(host);
	struct weft_vif_msg changed = port, before;

	changed.addresses[0].address[3] = 4;
	before = changed;
	CHECK(SET(POLICY, &set) == 0);
	changed.flags = WEFT_VIF_STATELESS;
	changed.ingress_policy_ids[1] = 5;
	CHECK(SET(VIF, &changed) == EINVAL && strstr(error_text, "flags 40: STATELESS, but it has policy set 5"));
	CHECK(plane->stateless_ports == 0 && !weft_vif_get(plane, 8)->flags);
	changed.ingress_policy_ids[1] = WEFT_POLICY_NONE;
	changed.flags |= WEFT_VIF_STRICT_TCP;
	CHECK(SET(VIF, &changed) == EINVAL && strstr(error_text, "flags 50: STATELESS and STRICT_TCP"));
	changed.flags = WEFT_VIF_STATELESS;
	CHECK(SET(VIF, &changed) == 0 && weft_vif_get(plane, 8)->flags == WEFT_VIF_STATELESS);
	CHECK(SET(VIF, &changed) == 0 && plane->stateless_ports == 1);
	CHECK(SET(VIF, &before) == 0 && plane->stateless_ports == 0);
	changed.vif_id = 9;
	changed.type = WEFT_VIF_HOST;
	CHECK(SET(VIF, &changed) == EINVAL && strstr(error_text, "flags 40: STATELESS is for type 3, this is 0"));
	CHECK(DELETE(POLICY, &set) == 0);
}

static void portsThatShareAnAddressGetZonesOfTheirOwn(void)
{
	struct weft_vif_msg twin = port;
	struct weft_plane *plane = weft_host_plane_core(host);

	twin.addresses[0].address[3] = 4;
	twin.vif_id = 9;
	CHECK(weft_vif_get(plane, 8)->zone == 3);
	CHECK(SET(VIF, &twin) == 0);
	CHECK(weft_vif_get(plane, 8)->zone != weft_vif_get(plane, 9)->zone);
	CHECK(DELETE(VIF, &twin) == 0);
}

static void routesOfOneSubnetShareAStampBucket(void)
{
	struct weft_plane *plane = weft_host_plane_core(host);
	const uint8_t address[16] = {10, 1, 1, 77};
	struct weft_route_msg host_route = route, everything = route;
	uint32_t stamp = weft_route_stamp(plane, 3, 4, address);

	host_route.prefix_len = 32;
	host_route.prefix[3] = 99;
	CHECK(SET(ROUTE, &host_route) == 0);
	CHECK(weft_route_stamp(plane, 3, 4, address) != stamp);
	stamp = weft_route_stamp(plane, 3, 4, address);
	everything.prefix_len = 0;
	memset(everything.prefix, 0, 16);
	CHECK(SET(ROUTE, &everything) == 0);
	CHECK(weft_route_stamp(plane, 3, 4, address) != stamp);
	stamp = weft_route_stamp(plane, 3, 4, address);
	CHECK(SET(ROUTE, &everything) == 0);
	CHECK(weft_route_stamp(plane, 3, 4, address) == stamp);
}

static void aBodyOfVariableSizeHoldsWhatItCounts(void)
{
	static union {
		struct weft_nexthop_msg nexthop;
		uint8_t bytes[sizeof(struct weft_nexthop_msg) + 2 * sizeof(struct weft_nexthop_member)];
	} two;

	two.nexthop = tunnel;
	two.nexthop.nexthop_id = 6;
	two.nexthop.member_count = 1;
	CHECK(SET(NEXTHOP, &two) == EINVAL && strstr(error_text, "member_count 1: a body of 120 bytes, want 104"));
	two.nexthop.member_count = WEFT_NEXTHOP_MEMBERS_MAX + 1;
	CHECK(SET(NEXTHOP, &two) == EINVAL && strstr(error_text, "member_count 129: at most 128"));
	two.nexthop.member_count = 0xffffffffu;
	CHECK(SET(NEXTHOP, &two) == EINVAL && strstr(error_text, "member_count"));
	CHECK(send_message(WEFT_OBJECT_NEXTHOP, WEFT_OPERATION_SET, 1, &two, 80) == EINVAL && strstr(error_text, "80 bytes, want 88"));
	CHECK(dump(WEFT_OBJECT_NEXTHOP, 0) == 2);
}

static void dumpsComeInPages(void)
{
	struct weft_dump_msg request = {.vrf_id = 3, .limit = 1};
	uint32_t pages = 0, objects = 0;

	do {
		CHECK(send_message(WEFT_OBJECT_ROUTE, WEFT_OPERATION_DUMP, 0, &request, sizeof(request)) == 0);
		objects += dumped;
		memcpy(request.marker, done.marker, sizeof(request.marker));
	} while (done.more && ++pages < 100);
	CHECK(objects == 3 && pages >= 2);
}

static void aDumpGoesOnBehindAVrfThatHasGone(void)
{
	struct weft_vrf_msg gone = {.vrf_id = 50, .vni = 50}, stays = {.vrf_id = 51, .vni = 51};
	struct weft_route_msg first = {.vrf_id = 50, .family = 6, .prefix_len = 8, .prefix = {0x20}, .nexthop_id = 0, .label = 9};
	struct weft_route_msg second = first, four = {.vrf_id = 51, .family = 4, .nexthop_id = 0, .label = 9}, six = four;
	struct weft_dump_msg request = {.vrf_id = 0xffffffffu, .limit = 1};
	uint32_t objects = 0;

	second.prefix[0] = 0x30;
	six.family = 6;
	CHECK(SET(VRF, &gone) == 0 && SET(VRF, &stays) == 0 && SET(ROUTE, &first) == 0 && SET(ROUTE, &second) == 0);
	CHECK(SET(ROUTE, &four) == 0 && SET(ROUTE, &six) == 0);
	for (uint32_t page = 0; page < 4; page++) { /* those of VRF 3, and the first one */
		CHECK(send_message(WEFT_OBJECT_ROUTE, WEFT_OPERATION_DUMP, 0, &request, sizeof(request)) == 0 && dumped == 1);
		memcpy(request.marker, done.marker, sizeof(request.marker));
	}
	CHECK(DELETE(ROUTE, &first) == 0 && DELETE(ROUTE, &second) == 0 && DELETE(VRF, &gone) == 0);
	do {
		CHECK(send_message(WEFT_OBJECT_ROUTE, WEFT_OPERATION_DUMP, 0, &request, sizeof(request)) == 0);
		objects += dumped;
		memcpy(request.marker, done.marker, sizeof(request.marker));
	} while (done.more && objects < 9);
	CHECK(objects == 2);
	CHECK(DELETE(ROUTE, &four) == 0 && DELETE(ROUTE, &six) == 0 && DELETE(VRF, &stays) == 0);
}

static void aSweepTakesOtherEpochsOnly(void)
{
	CHECK(send_message(WEFT_OBJECT_ROUTE, WEFT_OPERATION_SET, 2, &route, sizeof(route)) == 0);
	CHECK(send_message(WEFT_OBJECT_ROUTE, WEFT_OPERATION_SWEEP, 2, NULL, 0) == 0);
	CHECK(dump(WEFT_OBJECT_ROUTE, 3) == 1);
	CHECK(send_message(WEFT_OBJECT_ROUTE, WEFT_OPERATION_SWEEP, 3, NULL, 0) == 0);
	CHECK(send_message(WEFT_OBJECT_VIF, WEFT_OPERATION_SWEEP, 3, NULL, 0) == 0);
	CHECK(send_message(WEFT_OBJECT_NEXTHOP, WEFT_OPERATION_SWEEP, 3, NULL, 0) == 0);
	CHECK(send_message(WEFT_OBJECT_VRF, WEFT_OPERATION_SWEEP, 3, NULL, 0) == 0);
	CHECK(dump(WEFT_OBJECT_VIF, 0) == 0 && dump(WEFT_OBJECT_VRF, 0) == 1 && dump(WEFT_OBJECT_NEXTHOP, 0) == 1);
	CHECK(dump(WEFT_OBJECT_PATH, 0) == 0);
}

static void framesCutAnywhereAreRefused(void)
{
	struct { struct weft_frame_header frame; struct weft_message_header message; struct weft_vrf_msg body; } request = {
		{sizeof(request), 1, 1, 0}, {WEFT_OBJECT_VRF, WEFT_OPERATION_SET, sizeof(request) - 16, 1, 0}, {.vrf_id = 40}};

	for (uint32_t bytes = 0; bytes < sizeof(request); bytes++) {
		uint8_t *copy = malloc(bytes + 1);

		memcpy(copy, &request, bytes);
		weft_host_plane_call(host, copy, bytes, answer_words, sizeof(answer_words));
		free(copy);
	}
	CHECK(dump(WEFT_OBJECT_VRF, 0) == 1);
}

static void anotherAbiVersionIsRefusedNamingBoth(void)
{
	struct weft_hello_msg hello = {.abi_major = 7, .abi_minor = 2};

	char ours[16];

	snprintf(ours, sizeof(ours), "%u.%u", WEFT_ABI_MAJOR, WEFT_ABI_MINOR);
	CHECK(SET(HELLO, &hello) == EPROTO && strstr(error_text, "7.2") && strstr(error_text, ours));
}

static void theAgentHasOneVif(void)
{
	struct weft_plane *plane = weft_host_plane_core(host);
	struct weft_vif_msg agent = {
	    .vif_id = 20, .vrf_id = 0, .type = WEFT_VIF_AGENT, .port_kind = WEFT_PORT_UNIX, .mtu = 65535, .label = WEFT_LABEL_NONE, .name = "pkt0"};
	struct weft_vif_msg other;

	CHECK(SET(VIF, &agent) == EINVAL && strstr(error_text, "netns"));
	memcpy(agent.netns, "/run/pkt0", 10);
	other = agent;
	other.port_kind = WEFT_PORT_TAP;
	CHECK(SET(VIF, &other) == EINVAL && strstr(error_text, "port_kind 1"));
	other = agent;
	other.type = WEFT_VIF_HOST;
	CHECK(SET(VIF, &other) == EINVAL && strstr(error_text, "type"));
	other = agent;
	other.port_kind = WEFT_PORT_UNIX + 1;
	CHECK(SET(VIF, &other) == EINVAL && strstr(error_text, "port_kind 5: at most 4"));
	CHECK(!weft_vif_agent(plane));
	CHECK(SET(VIF, &agent) == 0 && SET(VIF, &agent) == 0 && weft_vif_agent(plane)->vif_id == 20);
	other = agent;
	other.vif_id = 21;
	CHECK(SET(VIF, &other) == EEXIST && strstr(error_text, "vif 20 is the agent's"));
	agent.mtu = 9000;
	CHECK(SET(VIF, &agent) == 0 && weft_vif_agent(plane)->mtu == 9000);
	CHECK(DELETE(VIF, &agent) == 0 && !weft_vif_agent(plane));
	CHECK(SET(VIF, &other) == 0 && weft_vif_agent(plane)->vif_id == 21);
	CHECK(DELETE(VIF, &other) == 0 && !weft_vif_agent(plane));
}

int main(void)
{
	host = weft_host_plane_open();
	if (!host)
		return 1;
	RUN(refusalsNameFieldValueAndLimit);
	RUN(anEqualSetIsNoChange);
	RUN(whatIsInUseIsNotDeleted);
	RUN(aVifKeepsItsDeviceAndChangesItsAddresses);
	RUN(onlyAPortWithoutPolicyIsStateless);
	RUN(portsThatShareAnAddressGetZonesOfTheirOwn);
	RUN(routesOfOneSubnetShareAStampBucket);
	RUN(aBodyOfVariableSizeHoldsWhatItCounts);
	RUN(dumpsComeInPages);
	RUN(aDumpGoesOnBehindAVrfThatHasGone);
	RUN(aSweepTakesOtherEpochsOnly);
	RUN(framesCutAnywhereAreRefused);
	RUN(anotherAbiVersionIsRefusedNamingBoth);
	RUN(theAgentHasOneVif);
	weft_host_plane_close(host);
	return test_end();
}
