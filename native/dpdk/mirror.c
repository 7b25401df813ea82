/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "mirror.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "liveness.h"
#include "log.h"
#include "neighbour.h"
#include "netlink.h"
#include "port.h"
#include "record.h"
#include "weft_host.h"
#include "weft_plane.h"

#define BUCKETS 1024u
#define LOOKUPS_PER_RUN 64u
#define PROBES_PER_RUN 8u
#define RUN_NS 50000000ull /* gateways are looked at this often: at most 160 probes per second */
#define READS_PER_EVENT 16

#define GROUP(n) (1u << ((n)-1))
#define GROUPS                                                                                                                    \
	(GROUP(RTNLGRP_LINK) | GROUP(RTNLGRP_NEIGH) | GROUP(RTNLGRP_IPV4_ROUTE) | GROUP(RTNLGRP_IPV6_ROUTE) |                      \
	 GROUP(RTNLGRP_IPV4_RULE) | GROUP(RTNLGRP_IPV6_RULE))

struct want {
	struct want *next;  /* in its bucket */
	struct want *dirty_next;
	bool dirty;         /* its route is to be looked up */
	uint32_t mtu;	    /* of the route */
	struct weftd_gateway *gateways[WEFT_PATH_WAYS_MAX]; /* of its ways */
	uint8_t weights[WEFT_PATH_WAYS_MAX];		    /* theirs, each less one */
	uint32_t gateway_count;				    /* 0: no usable route */
	struct weft_path_msg path;			    /* as last told to the core */
};

/* One next hop of a route. */
struct way {
	uint32_t ifindex;
	uint8_t family; /* of the gateway */
	uint8_t weight; /* less one, as rtnh_hops */
	uint8_t gateway[16];
};

static struct weft_plane *plane;
static int events_fd = -1, ask_fd = -1;
static struct want *buckets[BUCKETS];
static struct want *dirty, **dirty_last = &dirty;
static struct weftd_gateway *gateways;
static uint64_t gateways_due_ns;
static uint64_t hold_ns; /* until then restored paths stay; 0: no more */

static struct want **slot_of(uint8_t family, const uint8_t destination[16])
{
	uint32_t hash = family, index;
	struct want **slot;

	for (index = 0; index < 16; index++)
		hash = hash * 31 + destination[index];
	slot = &buckets[(hash ^ hash >> 10) % BUCKETS];
	while (*slot && ((*slot)->path.family != family || memcmp((*slot)->path.destination, destination, 16)))
		slot = &(*slot)->next;
	return slot;
}

static void mark(struct want *want)
{
	if (want->dirty)
		return;
	want->dirty = true;
	want->dirty_next = NULL;
	*dirty_last = want;
	dirty_last = &want->dirty_next;
}

static void unmark(struct want *want)
{
	struct want **link;

	if (!want->dirty)
		return;
	for (link = &dirty; *link != want; link = &(*link)->dirty_next)
		;
	*link = want->dirty_next;
	if (!*link)
		dirty_last = link;
	want->dirty = false;
}

void weftd_mirror_resync(void)
{
	struct want *want;
	uint32_t index;

	for (index = 0; index < BUCKETS; index++)
		for (want = buckets[index]; want; want = want->next)
			mark(want);
}

static void drop_gateway(struct weftd_gateway *gateway)
{
	struct weftd_gateway **link;

	if (!gateway || --gateway->references)
		return;
	for (link = &gateways; *link != gateway; link = &(*link)->next)
		;
	*link = gateway->next;
	free(gateway);
}

static struct weftd_gateway *take_gateway(uint32_t ifindex, uint8_t family, const uint8_t address[16])
{
	struct weftd_gateway *gateway;

	for (gateway = gateways; gateway; gateway = gateway->next) {
		if (gateway->ifindex == ifindex && gateway->family == family && !memcmp(gateway->address, address, 16)) {
			gateway->references++;
			return gateway;
		}
	}
	gateway = calloc(1, sizeof(*gateway));
	if (!gateway) {
		weftd_log("mirror: out of memory for a gateway");
		return NULL;
	}
	gateway->ifindex = ifindex;
	gateway->family = family;
	memcpy(gateway->address, address, 16);
	gateway->references = 1;
	gateway->next = gateways;
	gateways = gateway;
	gateways_due_ns = 0;
	weftd_gateway_run(ask_fd, gateway, weft_host_now_ns());
	weftd_gateway_read(ask_fd, gateway, weft_host_now_ns());
	return gateway;
}

/* A restored path that the kernel has not confirmed yet, and may. */
static bool is_held(const struct want *want)
{
	struct weft_path_msg path;
	uint32_t index;

	return hold_ns && weft_plane_path_get(plane, want->path.family, want->path.destination, &path, &index) &&
	       path.state == WEFT_PATH_RESOLVED;
}

/* Adds the way through the gateway to the path. */
static void add_way(struct weft_path_msg *path, const struct weftd_gateway *gateway, uint8_t weight,
		    const struct weftd_port *uplink)
{
	struct weft_path_way way = {.vif_id = uplink->vif_id};

	memcpy(way.source_mac, uplink->mac, 6);
	memcpy(way.destination_mac, gateway->mac, 6);
	memcpy(way.gateway, gateway->address, 16);
	if (uplink->mtu < path->mtu)
		path->mtu = uplink->mtu;
	if (path->state == WEFT_PATH_RESOLVED) {
		path->ways[path->way_count++] = way;
		path->weights[path->way_count] = weight;
		return;
	}
	path->weights[0] = weight;
	path->state = WEFT_PATH_RESOLVED;
	path->vif_id = way.vif_id;
	memcpy(path->gateway, way.gateway, 16);
	memcpy(path->source_mac, way.source_mac, 6);
	memcpy(path->destination_mac, way.destination_mac, 6);
}

/*
 * The ways whose gateways answer, or (`lost`) those that did a moment ago: they are used on only while there is no other. The
 * family of the first one's gateway.
 */
static uint8_t add_ways(const struct want *want, bool lost, struct weft_path_msg *path)
{
	uint8_t family = path->family;

	for (uint32_t index = 0; index < want->gateway_count; index++) {
		const struct weftd_gateway *gateway = want->gateways[index];
		const struct weftd_port *uplink = weftd_port_uplink(gateway->ifindex);

		if (!uplink || !gateway->known || lost != (gateway->lost_ns != 0))
			continue;
		if (path->state != WEFT_PATH_RESOLVED)
			family = gateway->family;
		add_way(path, gateway, want->weights[index], uplink);
	}
	return family;
}

static const char *address_text(uint8_t family, const uint8_t address[16], char text[INET6_ADDRSTRLEN])
{
	const char *good = inet_ntop(family == 4 ? AF_INET : AF_INET6, address, text, INET6_ADDRSTRLEN);

	return good ? good : "?";
}

/* `family`: of the first way's gateway. */
static void say(const struct want *want, uint8_t family)
{
	const struct weft_path_msg *path = &want->path;
	char destination[INET6_ADDRSTRLEN], through[INET6_ADDRSTRLEN];
	const struct weftd_gateway *first = want->gateway_count ? want->gateways[0] : NULL;

	address_text(path->family, path->destination, destination);
	if (path->state == WEFT_PATH_RESOLVED)
		weftd_log("path to %s: vif %u, gateway %s %02x:%02x:%02x:%02x:%02x:%02x, mtu %u%s", destination, path->vif_id,
			  address_text(family, path->gateway, through), path->destination_mac[0], path->destination_mac[1],
			  path->destination_mac[2], path->destination_mac[3], path->destination_mac[4],
			  path->destination_mac[5], path->mtu, path->way_count ? ", and other ways" : "");
	else
		weftd_log("path to %s: unresolved (%s)", destination,
			  !first			       ? "no route"
			  : !weftd_port_uplink(first->ifindex) ? "its device is no uplink"
							       : "the gateway does not answer");
}

static void tell(struct want *want)
{
	struct weft_path_msg path = {.family = want->path.family, .vif_id = UINT32_MAX, .mtu = want->mtu};
	uint8_t family;

	memcpy(path.destination, want->path.destination, 16);
	family = add_ways(want, false, &path);
	if (path.state != WEFT_PATH_RESOLVED)
		family = add_ways(want, true, &path);
	if (path.state != WEFT_PATH_RESOLVED) {
		path.mtu = 0;
		if (want->gateway_count)
			memcpy(path.gateway, want->gateways[0]->address, 16);
	}
	path.changed_ns = want->path.changed_ns;
	if (path.state != WEFT_PATH_RESOLVED && is_held(want))
		return;
	if (!memcmp(&path, &want->path, sizeof(path)))
		return;
	path.changed_ns = weft_host_wall_ns();
	want->path = path;
	weft_plane_path_set(plane, &path);
	weftd_record_path(plane, path.family, path.destination);
	say(want, family);
}

static bool goes_through(const struct want *want, const struct weftd_gateway *gateway)
{
	uint32_t index;

	for (index = 0; index < want->gateway_count; index++)
		if (want->gateways[index] == gateway)
			return true;
	return false;
}

static void gateway_changed(const struct weftd_gateway *gateway)
{
	struct want *want;
	uint32_t index;

	for (index = 0; index < BUCKETS; index++)
		for (want = buckets[index]; want; want = want->next)
			if (goes_through(want, gateway))
				tell(want);
}

/* MTU of a route's metrics, or what there is without. */
static uint32_t metric_mtu(const struct rtattr *metrics)
{
	const struct rtattr *attribute;
	int left;

	if (!metrics)
		return UINT32_MAX;
	left = (int)RTA_PAYLOAD(metrics);
	for (attribute = RTA_DATA(metrics); RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left))
		if (attribute->rta_type == RTAX_MTU)
			return weftd_netlink_u32(attribute, UINT32_MAX);
	return UINT32_MAX;
}

/* Gateway of a next hop: the destination itself when it is on link. */
static void take_via(const struct want *want, const struct rtattr *const *table, struct way *way)
{
	uint32_t bytes = want->path.family == 4 ? 4 : 16;

	way->family = want->path.family;
	memset(way->gateway, 0, 16);
	if (table[RTA_GATEWAY] && RTA_PAYLOAD(table[RTA_GATEWAY]) == bytes) {
		memcpy(way->gateway, RTA_DATA(table[RTA_GATEWAY]), bytes);
	} else if (table[RTA_VIA] && RTA_PAYLOAD(table[RTA_VIA]) == sizeof(struct rtvia) + 16) {
		way->family = 6; /* IPv4 through an IPv6 gateway, RFC 5549 */
		memcpy(way->gateway, ((const struct rtvia *)RTA_DATA(table[RTA_VIA]))->rtvia_addr, 16);
	} else {
		memcpy(way->gateway, want->path.destination, 16);
	}
}

/* The next hops of a multipath route that are not dead. */
static uint32_t take_multipath(const struct want *want, const struct rtattr *multipath, struct way ways[WEFT_PATH_WAYS_MAX])
{
	const struct rtnexthop *hop = RTA_DATA(multipath);
	int left = (int)RTA_PAYLOAD(multipath);
	uint32_t count = 0;

	for (; RTNH_OK(hop, left) && count < WEFT_PATH_WAYS_MAX;
	     left -= (int)NLMSG_ALIGN(hop->rtnh_len), hop = RTNH_NEXT(hop)) {
		const struct rtattr *table[RTA_VIA + 1] = {NULL}, *attribute = RTNH_DATA(hop);
		int bytes = (int)hop->rtnh_len - (int)RTNH_LENGTH(0);

		if (hop->rtnh_flags & (RTNH_F_DEAD | RTNH_F_LINKDOWN))
			continue;
		for (; RTA_OK(attribute, bytes); attribute = RTA_NEXT(attribute, bytes))
			if (attribute->rta_type <= RTA_VIA)
				table[attribute->rta_type] = attribute;
		ways[count].ifindex = (uint32_t)hop->rtnh_ifindex;
		ways[count].weight = hop->rtnh_hops;
		take_via(want, table, &ways[count++]);
	}
	return count;
}

/* The kernel's ways to the destination: gateways and devices. The whole route is asked for, not the one way that the kernel
 * would take. */
static uint32_t route_of(struct want *want, struct way ways[WEFT_PATH_WAYS_MAX])
{
	uint8_t answer[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlmsghdr *message = (const struct nlmsghdr *)answer;
	const struct rtmsg *route = NLMSG_DATA(message);
	const struct rtattr *table[RTA_VIA + 1];
	uint32_t bytes = want->path.family == 4 ? 4 : 16;
	struct rtmsg body = {.rtm_family = want->path.family == 4 ? AF_INET : AF_INET6,
			     .rtm_dst_len = (uint8_t)(bytes * 8),
			     .rtm_flags = RTM_F_FIB_MATCH};
	struct weftd_netlink batch;

	weftd_netlink_clear(&batch);
	weftd_netlink_begin(&batch, RTM_GETROUTE, 0, &body, sizeof(body));
	weftd_netlink_attribute(&batch, RTA_DST, want->path.destination, bytes);
	if (weftd_netlink_ask(ask_fd, &batch, answer, sizeof(answer)) <= 0 || message->nlmsg_type != RTM_NEWROUTE)
		return 0;
	weftd_netlink_parse(message, sizeof(*route), table, RTA_VIA);
	if (route->rtm_type != RTN_UNICAST)
		return 0;
	want->mtu = metric_mtu(table[RTA_METRICS]);
	if (table[RTA_MULTIPATH])
		return take_multipath(want, table[RTA_MULTIPATH], ways);
	ways[0].ifindex = weftd_netlink_u32(table[RTA_OIF], 0);
	ways[0].weight = 0;
	take_via(want, table, &ways[0]);
	return ways[0].ifindex ? 1 : 0;
}

static void drop_gateways(struct weftd_gateway *const *of, uint32_t count)
{
	uint32_t index;

	for (index = 0; index < count; index++)
		drop_gateway(of[index]);
}

static void look_up(struct want *want)
{
	struct weftd_gateway *old[WEFT_PATH_WAYS_MAX], *gateway;
	struct way ways[WEFT_PATH_WAYS_MAX];
	uint32_t old_count = want->gateway_count, count, index;

	memcpy(old, want->gateways, sizeof(old));
	want->gateway_count = 0;
	count = route_of(want, ways);
	for (index = 0; index < count; index++) {
		if (!weftd_port_uplink(ways[index].ifindex))
			continue;
		gateway = take_gateway(ways[index].ifindex, ways[index].family, ways[index].gateway);
		if (!gateway)
			continue;
		want->weights[want->gateway_count] = ways[index].weight;
		want->gateways[want->gateway_count++] = gateway;
	}
	drop_gateways(old, old_count);
	tell(want);
}

void weft_host_path_want(struct weft_plane *of, uint8_t family, const uint8_t destination[16], bool wanted)
{
	struct want **slot = slot_of(family, destination), *want = *slot;

	weftd_liveness_want(family, destination, wanted);
	if (!wanted && want) {
		*slot = want->next;
		unmark(want);
		drop_gateways(want->gateways, want->gateway_count);
		free(want);
	}
	if (!wanted || want)
		return;
	want = calloc(1, sizeof(*want));
	if (!want) {
		weftd_log("mirror: out of memory for a tunnel destination");
		return;
	}
	want->path.family = family;
	memcpy(want->path.destination, destination, 16);
	*slot = want;
	mark(want);
	weftd_record_path(of, family, destination);
}

static void link_event(const struct nlmsghdr *message)
{
	const struct ifinfomsg *link = NLMSG_DATA(message);
	const struct rtattr *table[IFLA_MTU + 1];
	struct weftd_port *port;

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*link)) || link->ifi_family != AF_UNSPEC)
		return;
	port = weftd_port_uplink((uint32_t)link->ifi_index);
	if (!port)
		return;
	weftd_netlink_parse(message, sizeof(*link), table, IFLA_MTU);
	if (table[IFLA_ADDRESS] && RTA_PAYLOAD(table[IFLA_ADDRESS]) == 6)
		weftd_port_link_changed(port, RTA_DATA(table[IFLA_ADDRESS]), weftd_netlink_u32(table[IFLA_MTU], port->mtu),
					message->nlmsg_type == RTM_NEWLINK && link->ifi_flags & IFF_UP &&
						link->ifi_flags & IFF_RUNNING);
	weftd_mirror_resync();
}

static void neighbour_event(const struct nlmsghdr *message)
{
	struct weftd_gateway *gateway;

	for (gateway = gateways; gateway; gateway = gateway->next) {
		if (!weftd_gateway_matches(gateway, message))
			continue;
		if (weftd_gateway_take(gateway, message, weft_host_now_ns()))
			gateway_changed(gateway);
		if (gateway->due_ns < gateways_due_ns)
			gateways_due_ns = gateway->due_ns;
	}
}

void weftd_mirror_read(void)
{
	uint8_t buffer[32768] __attribute__((aligned(NLMSG_ALIGNTO)));
	int reads;

	for (reads = 0; reads < READS_PER_EVENT; reads++) {
		const struct nlmsghdr *message = (const struct nlmsghdr *)buffer;
		ssize_t bytes = recv(events_fd, buffer, sizeof(buffer), 0);

		if (bytes < 0 && errno == ENOBUFS) {
			weftd_log("mirror: rtnetlink overflowed, reading everything again");
			weftd_mirror_resync();
			gateways_due_ns = 0;
			continue;
		}
		if (bytes <= 0)
			return;
		for (; NLMSG_OK(message, (uint32_t)bytes); message = NLMSG_NEXT(message, bytes)) {
			switch (message->nlmsg_type) {
			case RTM_NEWNEIGH:
			case RTM_DELNEIGH:
				neighbour_event(message);
				break;
			case RTM_NEWLINK:
			case RTM_DELLINK:
				link_event(message);
				break;
			default:
				weftd_mirror_resync();
			}
		}
	}
}

void weftd_mirror_resume(void)
{
	hold_ns = weft_host_now_ns() + WEFTD_HOLD_NS;
	weftd_mirror_resync();
}

bool weftd_mirror_run(uint64_t now_ns)
{
	struct weftd_gateway *gateway;
	struct want *want;
	uint32_t done;

	if (hold_ns && now_ns >= hold_ns) {
		hold_ns = 0;
		weftd_mirror_resync();
	}
	for (done = 0; dirty && done < LOOKUPS_PER_RUN; done++) {
		want = dirty;
		unmark(want);
		look_up(want);
	}
	if (now_ns < gateways_due_ns)
		return dirty != NULL;
	gateways_due_ns = now_ns + RUN_NS;
	for (gateway = gateways, done = 0; gateway && done < PROBES_PER_RUN; gateway = gateway->next) {
		if (gateway->due_ns > now_ns)
			continue;
		done++;
		if (weftd_gateway_run(ask_fd, gateway, now_ns))
			gateway_changed(gateway);
	}
	return dirty != NULL;
}

int weftd_mirror_open(struct weft_plane *the_plane)
{
	plane = the_plane;
	events_fd = weftd_netlink_open(GROUPS);
	ask_fd = weftd_netlink_open(0);
	if (events_fd >= 0 && ask_fd >= 0)
		return 0;
	weftd_log("rtnetlink: %s", strerror(events_fd < 0 ? -events_fd : -ask_fd));
	return events_fd < 0 ? events_fd : ask_fd;
}

void weftd_mirror_close(void)
{
	struct want *want;
	uint32_t index;

	for (index = 0; index < BUCKETS; index++) {
		while ((want = buckets[index])) {
			buckets[index] = want->next;
			drop_gateways(want->gateways, want->gateway_count);
			free(want);
		}
	}
	dirty = NULL;
	dirty_last = &dirty;
	if (events_fd >= 0)
		close(events_fd);
	if (ask_fd >= 0)
		close(ask_fd);
	events_fd = ask_fd = -1;
}

int weftd_mirror_fd(void) { return events_fd; }
