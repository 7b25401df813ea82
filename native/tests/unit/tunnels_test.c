/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Equal ways to an endpoint, the MTU it learns, what may be set of tunnels, and outer packets against a slow reassembly. */
#include "encap/mplsogre.h"
#include "encap/template.h"
#include "plane.h"
#include "test.h"
#include "messages.h"
#include "worker.h"

#define ENTROPIES 16384u
#define UPLINKS 4u
#define SECOND 1000000000ull

static struct weft_plane *plane;
static struct weft_nexthop_msg tunnel = {.nexthop_id = 20,
					 .type = WEFT_NEXTHOP_TUNNEL,
					 .encap = WEFT_ENCAP_MPLSOUDP,
					 .family = 4,
					 .source = {192, 0, 2, 1},
					 .destination = {198, 51, 100, 2}};

static struct weft_vif_msg uplink(uint32_t id)
{
	return (struct weft_vif_msg){.vif_id = id, .type = WEFT_VIF_PHYSICAL, .mtu = 1500, .label = WEFT_LABEL_NONE};
}

static struct weft_path_msg path_by(uint32_t ways)
{
	struct weft_path_msg path = {.family = 4,
				     .state = WEFT_PATH_RESOLVED,
				     .vif_id = 1,
				     .destination = {198, 51, 100, 2},
				     .mtu = 1500,
				     .source_mac = {2, 0, 0, 0, 0, 1},
				     .destination_mac = {2, 0, 0, 0, 1, 1},
				     .way_count = ways - 1};

	for (uint32_t i = 1; i < ways; i++)
		path.ways[i - 1] = (struct weft_path_way){.vif_id = i + 1,
							  .source_mac = {2, 0, 0, 0, 0, (uint8_t)(i + 1)},
							  .destination_mac = {2, 0, 0, 0, 1, (uint8_t)(i + 1)}};
	return path;
}

static const struct weft_endpoint *endpoint(void)
{
	return weft_nexthop_get(plane, 20)->endpoint;
}

static void open_plane(void)
{
	host = weft_host_plane_open();
	plane = weft_host_plane_core(host);
	for (uint32_t id = 1; id <= UPLINKS; id++) {
		struct weft_vif_msg vif = uplink(id);

		CHECK(SET(VIF, &vif) == 0);
	}
	CHECK(set_nexthop(&tunnel) == 0);
}

/* The uplink's id for each entropy; 0: none. */
static void choose_all(uint8_t chosen[ENTROPIES])
{
	for (uint32_t i = 0; i < ENTROPIES; i++) {
		const struct weft_hop *hop = weft_ways_choose(endpoint()->ways, 49152u + i);

		chosen[i] = hop ? (uint8_t)hop->uplink->vif_id : 0;
	}
}

static void equalWaysShareConnectionsWithinTenPercent(void)
{
	static uint8_t chosen[ENTROPIES];

	for (uint32_t ways = 2; ways <= UPLINKS; ways++) {
		struct weft_path_msg path = path_by(ways);
		uint32_t taken[UPLINKS + 1] = {0};

		CHECK(SET(PATH, &path) == 0);
		choose_all(chosen);
		for (uint32_t i = 0; i < ENTROPIES; i++)
			taken[chosen[i]]++;
		CHECK(taken[0] == 0);
		for (uint32_t id = 1; id <= ways; id++)
			CHECK(taken[id] * ways > ENTROPIES * 9 / 10 && taken[id] * ways < ENTROPIES * 11 / 10);
	}
}

static void onlyConnectionsOfALostUplinkMoveAndTheyComeBack(void)
{
	static uint8_t before[ENTROPIES], without[ENTROPIES], after[ENTROPIES];
	struct weft_path_msg path = path_by(UPLINKS);

	CHECK(SET(PATH, &path) == 0);
	choose_all(before);
	weft_plane_set_carrier(plane, weft_vif_get(plane, 2), false);
	choose_all(without);
	for (uint32_t i = 0; i < ENTROPIES; i++)
		CHECK(without[i] && without[i] != 2 && (before[i] == 2 || without[i] == before[i]));
	weft_plane_set_carrier(plane, weft_vif_get(plane, 2), true);
	choose_all(after);
	CHECK(!memcmp(before, after, sizeof(before)));
	for (uint32_t id = 1; id <= UPLINKS; id++)
		weft_plane_set_carrier(plane, weft_vif_get(plane, id), false);
	CHECK(weft_ways_choose(endpoint()->ways, 49152) == NULL);
	for (uint32_t id = 1; id <= UPLINKS; id++)
		weft_plane_set_carrier(plane, weft_vif_get(plane, id), true);
}

static struct weft_path_msg weighted_path(uint32_t ways, const uint32_t *weights)
{
	struct weft_path_msg path = path_by(ways);

	for (uint32_t i = 0; i < ways; i++)
		path.weights[i] = (uint8_t)(weights[i] - 1);
	return path;
}

static void waysTakeConnectionsAsTheirWeightsSay(void)
{
	static const uint32_t weights[][UPLINKS] = {
	    {1, 2, 5, 8}, {3, 1, 1, 1}, {256, 256, 1, 16}, {1, 10, 100, 256}, {7, 7, 7, 7}};
	static uint8_t chosen[ENTROPIES];

	for (uint32_t set = 0; set < WEFT_ARRAY_COUNT(weights); set++) {
		struct weft_path_msg path = weighted_path(UPLINKS, weights[set]);
		uint32_t taken[UPLINKS + 1] = {0}, total = 0;

		CHECK(SET(PATH, &path) == 0);
		choose_all(chosen);
		for (uint32_t i = 0; i < ENTROPIES; i++)
			taken[chosen[i]]++;
		for (uint32_t i = 0; i < UPLINKS; i++)
			total += weights[set][i];
		CHECK(taken[0] == 0);
		for (uint32_t i = 0; i < UPLINKS; i++) {
			double wanted = (double)ENTROPIES * weights[set][i] / total, off = taken[i + 1] - wanted;

			/* four standard deviations of a fair draw, and two percent */
			CHECK(off * off < (4 * 4 * wanted) + (0.02 * wanted) * (0.02 * wanted));
		}
	}
}

static void theWeightsOfWhatIsOneWayAddUp(void)
{
	/* entries of a path: which way each is, its weight; what ways 1 and 2 have in all */
	static const struct {
		uint32_t count, way[WEFT_PATH_WAYS_MAX], weight[WEFT_PATH_WAYS_MAX], all[2];
	} cases[] = {{3, {1, 1, 2}, {1, 1, 1}, {2, 1}},
		     {4, {2, 1, 2, 2}, {5, 7, 1, 1}, {7, 7}},
		     {8, {1, 1, 1, 2, 1, 1, 1, 1}, {256, 256, 256, 1, 256, 256, 256, 256}, {1792, 1}}};
	static uint8_t chosen[ENTROPIES], wanted[ENTROPIES];

	for (uint32_t i = 0; i < WEFT_ARRAY_COUNT(cases); i++) {
		struct weft_path_msg path = path_by(cases[i].count), single = path_by(UPLINKS);
		uint32_t taken = 0, all = cases[i].all[0] + cases[i].all[1];
		double fair = (double)ENTROPIES * cases[i].all[0] / all, off;

		for (uint32_t at = 0; at < cases[i].count; at++) {
			uint32_t way = cases[i].way[at];
			struct weft_path_way entry = single.ways[0];

			if (way == 1)
				entry = (struct weft_path_way){
				    .vif_id = 1, .source_mac = {2, 0, 0, 0, 0, 1}, .destination_mac = {2, 0, 0, 0, 1, 1}};
			path.weights[at] = (uint8_t)(cases[i].weight[at] - 1);
			if (at) {
				path.ways[at - 1] = entry;
				continue;
			}
			path.vif_id = entry.vif_id;
			memcpy(path.source_mac, entry.source_mac, 6);
			memcpy(path.destination_mac, entry.destination_mac, 6);
		}
		CHECK(SET(PATH, &path) == 0 && endpoint()->ways->count == 2);
		CHECK(endpoint()->ways->weighted == (cases[i].all[0] != cases[i].all[1]));
		choose_all(chosen);
		for (uint32_t at = 0; at < ENTROPIES; at++)
			taken += chosen[at] == 1;
		off = taken - fair;
		CHECK(off * off < (4 * 4 * fair) + (0.02 * fair) * (0.02 * fair));
		if (all <= 256) { /* the same as said in two entries */
			single = weighted_path(2, cases[i].all);
			CHECK(SET(PATH, &single) == 0);
			choose_all(wanted);
			CHECK(!memcmp(chosen, wanted, sizeof(chosen)));
		}
	}
	/* nothing but one way is no choice */
	struct weft_path_msg one = path_by(2);

	one.ways[0] =
	    (struct weft_path_way){.vif_id = 1, .source_mac = {2, 0, 0, 0, 0, 1}, .destination_mac = {2, 0, 0, 0, 1, 1}};
	CHECK(SET(PATH, &one) == 0 && !endpoint()->ways && endpoint()->uplink == weft_vif_get(plane, 1));
}

static void onlyConnectionsOfAWayThatChangesMove(void)
{
	static const uint32_t all[UPLINKS] = {2, 3, 1, 9};
	static uint8_t before[ENTROPIES], after[ENTROPIES];
	struct weft_path_msg path = weighted_path(UPLINKS, all), less;
	uint32_t moved = 0;

	CHECK(SET(PATH, &path) == 0);
	choose_all(before);
	/* carrier goes */
	for (uint32_t lost = 1; lost <= UPLINKS; lost++) {
		weft_plane_set_carrier(plane, weft_vif_get(plane, lost), false);
		choose_all(after);
		for (uint32_t i = 0; i < ENTROPIES; i++)
			CHECK(after[i] && after[i] != lost && (before[i] == lost || after[i] == before[i]));
		weft_plane_set_carrier(plane, weft_vif_get(plane, lost), true);
	}
	/* the mirror takes the last way back, and then what is left has one weight */
	less = weighted_path(UPLINKS - 1, all);
	CHECK(SET(PATH, &less) == 0);
	choose_all(after);
	for (uint32_t i = 0; i < ENTROPIES; i++)
		CHECK(before[i] == UPLINKS ? after[i] != UPLINKS : after[i] == before[i]);
	path = weighted_path(3, (const uint32_t[]){2, 2, 9});
	CHECK(SET(PATH, &path) == 0);
	choose_all(before);
	less = weighted_path(2, (const uint32_t[]){2, 2});
	CHECK(SET(PATH, &less) == 0 && !endpoint()->ways->weighted);
	choose_all(after);
	for (uint32_t i = 0; i < ENTROPIES; i++)
		CHECK(before[i] == 3 || after[i] == before[i]);
	/* a weight rises: its way only gains */
	less.weights[1] = 4;
	CHECK(SET(PATH, &less) == 0);
	choose_all(before);
	for (uint32_t i = 0; i < ENTROPIES; i++) {
		CHECK(before[i] == after[i] || before[i] == 2);
		moved += before[i] != after[i];
	}
	CHECK(moved > ENTROPIES / 8 && moved < ENTROPIES / 3); /* from 1/2 to 5/7 */
}

static void aDeletedUplinkLeavesTheOtherWays(void)
{
	struct weft_path_msg path = weighted_path(3, (const uint32_t[]){1, 2, 7});
	struct weft_vif_msg first = uplink(1), third = uplink(3), second = uplink(2);
	struct weft_path_msg seen;
	uint32_t kept = 0, index;

	CHECK(SET(PATH, &path) == 0);
	CHECK(DELETE(VIF, &first) == 0);
	CHECK(endpoint()->state == WEFT_PATH_RESOLVED && endpoint()->uplink == weft_vif_get(plane, 2) &&
	      endpoint()->ways->count == 2 && endpoint()->ways->ways[0].weight == 2 && endpoint()->ways->ways[1].weight == 7);
	CHECK(DELETE(VIF, &third) == 0);
	CHECK(endpoint()->ways == NULL && endpoint()->uplink == weft_vif_get(plane, 2) && endpoint()->rewrite[11] == 2);
	CHECK(weft_plane_path_get(plane, 4, path.destination, &seen, &index) && seen.vif_id == 2 && seen.way_count == 0 &&
	      seen.weights[0] == 1 && seen.weights[1] == 0);
	second.mtu = 1400; /* replaced: the path follows the new one */
	CHECK(SET(VIF, &second) == 0);
	CHECK(endpoint()->uplink == weft_vif_get(plane, 2) && endpoint()->uplink->mtu == 1400);
	CHECK(DELETE(VIF, &second) == 0);
	CHECK(endpoint()->state == WEFT_PATH_UNRESOLVED && endpoint()->uplink == NULL);
	for (uint32_t id = 1; id <= 3; id++) {
		struct weft_vif_msg vif = uplink(id);

		kept += SET(VIF, &vif) == 0;
	}
	CHECK(kept == 3);
	CHECK(SET(PATH, &path) == 0 && endpoint()->state == WEFT_PATH_RESOLVED && endpoint()->ways->count == 3);
}

static void badPathsChangeNothing(void)
{
	struct weft_path_msg path = path_by(2), bad;

	CHECK(SET(PATH, &path) == 0);
	bad = path;
	bad.way_count = WEFT_PATH_WAYS_MAX;
	CHECK(SET(PATH, &bad) == EINVAL && strstr(error_text, "way_count 8: at most 7"));
	bad = path;
	bad.ways[0].vif_id = 77;
	CHECK(SET(PATH, &bad) == ENOENT && strstr(error_text, "ways[0] vif_id 77"));
	bad = path;
	bad.ways[3].vif_id = 1;
	CHECK(SET(PATH, &bad) == EINVAL && strstr(error_text, "ways[3]: not zero"));
	bad = path;
	bad.state = WEFT_PATH_UNRESOLVED;
	CHECK(SET(PATH, &bad) == EINVAL && strstr(error_text, "way_count 1"));
	bad = path;
	bad.zero0 = 1;
	CHECK(SET(PATH, &bad) == EINVAL && strstr(error_text, "zero0"));
	bad = path;
	bad.weights[2] = 1;
	CHECK(SET(PATH, &bad) == EINVAL && strstr(error_text, "weights[2]"));
	bad = (struct weft_path_msg){.family = 4, .destination = {198, 51, 100, 2}, .weights = {1}};
	CHECK(SET(PATH, &bad) == EINVAL && strstr(error_text, "weights[0]"));
	CHECK(endpoint()->ways && endpoint()->ways->count == 2);
}

static void badSettingsOfTunnelsChangeNothing(void)
{
	struct weft_plane_msg good = {.underlay4 = {192, 0, 2, 1},
				      .tunnel_ttl = 9,
				      .tunnel_df = WEFT_TUNNEL_DF_COPY,
				      .tunnel_dscp_mode = WEFT_TUNNEL_DSCP_PIPE,
				      .tunnel_dscp = 63},
			      bad;

	CHECK(SET(PLANE, &good) == 0);
	bad = good;
	bad.tunnel_df = 3;
	CHECK(SET(PLANE, &bad) == EINVAL && strstr(error_text, "tunnel_df 3: at most 2"));
	bad = good;
	bad.tunnel_dscp_mode = 2;
	CHECK(SET(PLANE, &bad) == EINVAL && strstr(error_text, "tunnel_dscp_mode 2: at most 1"));
	bad = good;
	bad.tunnel_dscp = 64;
	CHECK(SET(PLANE, &bad) == EINVAL && strstr(error_text, "tunnel_dscp 64: at most 63"));
	bad = good;
	bad.tunnel_dscp_mode = WEFT_TUNNEL_DSCP_UNIFORM;
	CHECK(SET(PLANE, &bad) == EINVAL && strstr(error_text, "tunnel_dscp 63: at most 0"));
	bad = good;
	bad.zero2 = 1;
	CHECK(SET(PLANE, &bad) == EINVAL && strstr(error_text, "zero2"));
	CHECK(weft_plane_configured(plane)->tunnel_ttl == 9 && weft_plane_configured(plane)->tunnel_dscp == 63);
	good.tunnel_ttl = 0; /* the settings behind the state are settings too */
	CHECK(SET(PLANE, &good) == 0 && weft_plane_configured(plane)->tunnel_ttl == 0);
}

static void nativeNextHopsNeedAnUplinkAndAGateway(void)
{
	struct weft_nexthop_msg good = {.nexthop_id = 40,
					.type = WEFT_NEXTHOP_NATIVE,
					.family = 4,
					.vif_id = 1,
					.destination = {192, 0, 2, 254}},
				bad = good;
	struct weft_vif_msg port = {
	    .vif_id = 9, .type = WEFT_VIF_VIRTUAL, .mtu = 1450, .label = WEFT_LABEL_NONE, .mac = {2, 0, 0, 0, 0, 9}};
	struct weft_label_msg label = {.label = 100, .nexthop_id = 40};

	CHECK(SET(VIF, &port) == 0);
	bad.vif_id = 9;
	CHECK(set_nexthop(&bad) == EINVAL && strstr(error_text, "vif_id 9: its type is 3"));
	bad.vif_id = 77;
	CHECK(set_nexthop(&bad) == ENOENT && strstr(error_text, "vif_id 77"));
	bad = good;
	bad.family = 0;
	CHECK(set_nexthop(&bad) == EINVAL && strstr(error_text, "family 0"));
	bad = good;
	bad.encap = WEFT_ENCAP_VXLAN;
	CHECK(set_nexthop(&bad) == EINVAL && strstr(error_text, "encap 1"));
	bad = good;
	memset(bad.destination, 0, 16);
	CHECK(set_nexthop(&bad) == EINVAL && strstr(error_text, "destination"));
	bad = good;
	bad.source[0] = 1;
	CHECK(set_nexthop(&bad) == EINVAL && strstr(error_text, "source"));
	CHECK(weft_nexthop_get(plane, 40) == NULL);
	CHECK(set_nexthop(&good) == 0);
	CHECK(SET(LABEL, &label) == EINVAL && strstr(error_text, "cannot end a tunnel"));
	port.flags = WEFT_VIF_NATIVE;
	CHECK(SET(VIF, &port) == EINVAL && strstr(error_text, "NATIVE is for type 2"));
}

/* The general way out and the template write the same headers, with the entropy in the flow label as well. */
static void theFlowLabelOverIpv6CarriesTheEntropy(void)
{
	static const uint8_t encaps[] = {WEFT_ENCAP_VXLAN, WEFT_ENCAP_MPLSOUDP, WEFT_ENCAP_MPLSOGRE};
	struct weft_nexthop_msg over6 = {
	    .nexthop_id = 30, .type = WEFT_NEXTHOP_TUNNEL, .family = 6, .source = {0x20, 1}, .destination = {0x20, 1, 9}};
	uint8_t templated[WEFT_L3 + WEFT_NEXTHOP_HEADER_BYTES];

	for (uint32_t round = 0; round < 300; round++) {
		uint16_t entropy = (uint16_t)(49152 + test_random() % 16384);
		uint8_t tos = (uint8_t)test_random();
		struct weft_packet *packet = weft_host_packet_alloc(plane, 0, WEFT_L3 + 100);
		const struct weft_nexthop *nexthop;
		uint32_t bytes, front;

		over6.encap = encaps[round % 3];
		over6.inner_mac[0] = over6.encap == WEFT_ENCAP_VXLAN ? 2 : 0;
		CHECK(set_nexthop(&over6) == 0);
		nexthop = weft_nexthop_get(plane, 30);
		memset(packet->data, 0, packet->length);
		packet->data[12] = 0x08; /* VXLAN keeps it */
		if (over6.encap == WEFT_ENCAP_VXLAN)
			CHECK(weft_vxlan_push(packet, nexthop, nexthop->endpoint, tos, entropy, 77) == WEFT_DROP_NONE);
		else if (over6.encap == WEFT_ENCAP_MPLSOUDP)
			CHECK(weft_mplsoudp_push(packet, nexthop, nexthop->endpoint, tos, entropy, 77) == WEFT_DROP_NONE);
		else
			CHECK(weft_mplsogre_push(packet, nexthop, nexthop->endpoint, tos, entropy, 77) == WEFT_DROP_NONE);
		/* version, class, label: RFC 8200 3 */
		CHECK(packet->data[14] == (0x60 | tos >> 4) && packet->data[15] == (uint8_t)(tos << 4));
		CHECK(packet->data[16] == entropy >> 8 && packet->data[17] == (uint8_t)entropy);
		front = nexthop->header_bytes;
		CHECK((front != 0) == (over6.encap != WEFT_ENCAP_MPLSOGRE));
		if (front) {
			bytes = packet->length - WEFT_L3 - front;
			weft_template_write(templated, nexthop, nexthop->endpoint->rewrite, bytes, tos, entropy, 77);
			/* the type of a VXLAN packet's inner frame is the packet's */
			CHECK(!memcmp(templated, packet->data, WEFT_L3 + front - (over6.encap == WEFT_ENCAP_VXLAN ? 2 : 0)));
		}
		weft_host_packet_free(plane, 0, packet);
	}
	CHECK(send_message(WEFT_OBJECT_NEXTHOP, WEFT_OPERATION_DELETE, 1, &over6, sizeof(over6)) == 0);
}

static void aLearnedMtuIsForgottenAndNeverRaisesTheRoutes(void)
{
	struct weft_endpoint *seen = weft_nexthop_get(plane, 20)->endpoint;
	struct weft_path_msg path = path_by(1);

	CHECK(SET(PATH, &path) == 0 && weft_endpoint_mtu(seen) == 1500);
	seen->learned = 6000ull << 16 | 1300; /* until 6 s; the clock starts at 1 s */
	CHECK(weft_host_plane_advance(host, 3 * SECOND) == 0);
	CHECK(weft_endpoint_mtu(seen) == 1300);
	path.mtu = 1200;
	CHECK(SET(PATH, &path) == 0 && weft_endpoint_mtu(seen) == 1200);
	path.mtu = 1500;
	CHECK(SET(PATH, &path) == 0 && weft_endpoint_mtu(seen) == 1300);
	CHECK(weft_host_plane_advance(host, 7 * SECOND) == 0);
	CHECK(weft_endpoint_mtu(seen) == 1500 && seen->learned == 0);
}

/* ---- reassembly of random packets ---- */

struct piece {
	uint32_t from, bytes;
};

static uint8_t original[WEFT_OUTER_WHOLE_MAX];

/* Cuts `total` bytes into at most `most` pieces at multiples of eight, in random order. */
static uint32_t cut_up(uint32_t total, struct piece *pieces, uint32_t most)
{
	uint32_t count = 0, at = 0;

	while (at < total) {
		uint32_t left = total - at, bytes = 8 * (1 + (uint32_t)test_random() % (total / 8 / most * 2 + 1));

		if (bytes >= left || count == most - 1)
			bytes = left;
		pieces[count++] = (struct piece){at, bytes};
		at += bytes;
	}
	for (uint32_t i = count; i > 1; i--) {
		uint32_t other = (uint32_t)test_random() % i;
		struct piece kept = pieces[i - 1];

		pieces[i - 1] = pieces[other];
		pieces[other] = kept;
	}
	return count;
}

/* The reason; *whole when it is NONE. Everything but *whole is freed. */
static enum weft_drop give(uint8_t family, uint32_t id, const struct piece *piece, uint32_t total, struct weft_packet **whole)
{
	struct weft_worker *worker = weft_worker_get(plane, 0);
	uint32_t l4 = family == 4 ? 34 : 62;
	struct weft_packet *fragment = weft_host_packet_alloc(plane, 0, l4 + piece->bytes);
	struct weft_underlay underlay = {.family = family,
					 .protocol = 17,
					 .fragment = true,
					 .more = piece->from + piece->bytes < total,
					 .l4 = l4,
					 .end = l4 + piece->bytes,
					 .id = id,
					 .offset = piece->from,
					 .source = {198, 51, 100, 2}};
	enum weft_drop reason;

	memset(fragment->data, 0, l4);
	fragment->data[14] = family == 4 ? 0x45 : 0x60;
	memcpy(fragment->data + l4, original + piece->from, piece->bytes);
	worker->plane = plane;
	reason = weft_reassemble(worker, fragment, &underlay, whole);
	if (reason)
		weft_host_packet_free(plane, 0, fragment);
	return reason;
}

static void fragmentsInAnyOrderMakeTheirPacketOnce(void)
{
	struct weft_worker *worker = weft_worker_get(plane, 0);
	struct piece pieces[9];

	for (uint32_t round = 0; round < 3000; round++) {
		uint8_t family = round & 1 ? 6 : 4;
		uint32_t total = 16 + (uint32_t)test_random() % 9000, count = cut_up(total, pieces, 9),
			 header = family == 4 ? 34 : 54;
		struct weft_packet *whole = NULL;
		enum weft_drop reason = WEFT_DROP_OUTER_FRAGMENT;

		worker->now_ns = (10 + 3ull * round) * SECOND;
		for (uint32_t i = 0; i < total; i++)
			original[i] = (uint8_t)test_random();
		for (uint32_t i = 0; i < count; i++) {
			CHECK(reason == WEFT_DROP_OUTER_FRAGMENT);
			reason = give(family, round, &pieces[i], total, &whole);
		}
		CHECK(reason == WEFT_DROP_NONE && whole && whole->length == header + total);
		if (reason)
			return;
		CHECK(!memcmp(whole->data + header, original, total));
		weft_host_packet_free(plane, 0, whole);
	}
	CHECK(worker->reassembled == 3000);
}

/* Eight bytes that are none of the pieces: one that is would be whole before it comes again. */
static struct piece another(const struct piece *pieces, uint32_t count, uint32_t total)
{
	struct piece extra = {0, 8};
	bool taken = true;

	while (taken) {
		extra.from = 8 * ((uint32_t)test_random() % (total / 8));
		taken = false;
		for (uint32_t i = 0; i < count; i++)
			taken = taken || (pieces[i].from == extra.from && pieces[i].bytes == 8);
	}
	return extra;
}

/* A piece overlaps others: nothing comes of the packet, whatever the order. */
static void anOverlapAnywhereMakesNothing(void)
{
	struct weft_worker *worker = weft_worker_get(plane, 0);
	struct piece pieces[10], extra;

	for (uint32_t round = 0; round < 3000; round++) {
		uint32_t total = 64 + (uint32_t)test_random() % 4000, count = cut_up(total, pieces, 6), where, overlaps = 0;
		struct weft_packet *whole = NULL;

		worker->now_ns = (20000 + 3ull * round) * SECOND;
		where = (uint32_t)test_random() % count; /* before the last piece, so that the packet is not whole yet */
		extra = another(pieces, count, total);
		memmove(&pieces[where + 1], &pieces[where], (count - where) * sizeof(pieces[0]));
		pieces[where] = extra;
		for (uint32_t i = 0; i <= count; i++) {
			enum weft_drop reason = give(4, round, &pieces[i], total, &whole);

			CHECK(reason == WEFT_DROP_OUTER_FRAGMENT || reason == WEFT_DROP_OUTER_FRAGMENT_OVERLAP);
			overlaps += reason == WEFT_DROP_OUTER_FRAGMENT_OVERLAP;
		}
		CHECK(overlaps > 0 && !whole);
		if (!overlaps || whole)
			return;
	}
	CHECK(weft_host_plane_packets_live(host) == 0);
}

int main(void)
{
	test_seed();
	open_plane();
	RUN(equalWaysShareConnectionsWithinTenPercent);
	RUN(onlyConnectionsOfALostUplinkMoveAndTheyComeBack);
	RUN(waysTakeConnectionsAsTheirWeightsSay);
	RUN(theWeightsOfWhatIsOneWayAddUp);
	RUN(onlyConnectionsOfAWayThatChangesMove);
	RUN(aDeletedUplinkLeavesTheOtherWays);
	RUN(badPathsChangeNothing);
	RUN(badSettingsOfTunnelsChangeNothing);
	RUN(nativeNextHopsNeedAnUplinkAndAGateway);
	RUN(fragmentsInAnyOrderMakeTheirPacketOnce);
	RUN(anOverlapAnywhereMakesNothing);
	RUN(theFlowLabelOverIpv6CarriesTheEntropy);
	RUN(aLearnedMtuIsForgottenAndNeverRaisesTheRoutes);
	weft_host_plane_close(host);
	return test_end();
}
