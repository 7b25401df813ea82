/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "netns.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "log.h"
#include "netlink.h"
#include "port.h"

/* linux/if_tun.h of kernel 6.2: UDP segmentation. */
#ifndef TUN_F_USO4
#define TUN_F_USO4 0x20
#define TUN_F_USO6 0x40
#endif

#define VNET_HEADER_BYTES 10
#define QUEUE_PACKETS 1000u
#define ADDR_GEN_MODE_NONE 1
#define LOOPBACK_IFINDEX 1

struct visit {
	int fd, result;
	int (*work)(void *argument);
	void *argument;
	const char *path;
	char *text;
};

static void *visit_main(void *argument)
{
	struct visit *visit = argument;

	if (visit->fd >= 0 && setns(visit->fd, CLONE_NEWNET))
		visit->result = weftd_refuse(visit->text, -errno, "netns '%.60s': not a network namespace: %s", visit->path,
					     strerror(errno));
	else
		visit->result = visit->work(visit->argument);
	return NULL;
}

int weftd_netns_run(const char *path, int (*work)(void *argument), void *argument, char *text)
{
	struct visit visit = {.fd = -1, .work = work, .argument = argument, .path = path, .text = text};
	pthread_t thread;
	int error;

	if (path[0]) {
		visit.fd = open(path, O_RDONLY | O_CLOEXEC);
		if (visit.fd < 0)
			return weftd_refuse(text, -errno, "netns '%.60s': %s", path, strerror(errno));
	}
	error = pthread_create(&thread, NULL, visit_main, &visit);
	if (error)
		visit.result = weftd_refuse(text, -error, "netns '%.60s': no thread to enter it: %s", path, strerror(error));
	else
		pthread_join(thread, NULL);
	if (visit.fd >= 0)
		close(visit.fd);
	return visit.result;
}

static int open_tun(const struct weft_vif_msg *message, char *text)
{
	unsigned int offloads = TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6;
	struct ifreq request = {.ifr_flags = (short)(IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | IFF_TUN_EXCL)};
	int header = VNET_HEADER_BYTES, fd, error;

	fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return weftd_refuse(text, -errno, "name '%s': /dev/net/tun: %s", message->name, strerror(errno));
	memcpy(request.ifr_name, message->name, IFNAMSIZ);
	if (ioctl(fd, TUNSETIFF, &request)) {
		error = errno == EBUSY ? EEXIST : errno;
		weftd_refuse(text, -error, error == EEXIST ? "name '%s': taken in netns '%.50s'" : "name '%s' in netns '%.50s': %m",
			     message->name, message->netns);
		close(fd);
		return -error;
	}
	if (ioctl(fd, TUNSETVNETHDRSZ, &header)) {
		error = errno;
		close(fd);
		return weftd_refuse(text, -error, "name '%s': virtio-net header: %s", message->name, strerror(error));
	}
	/* Newest first: a kernel before 6.2 refuses UDP segmentation, then the port does without. */
	if (ioctl(fd, TUNSETOFFLOAD, offloads | TUN_F_USO4 | TUN_F_USO6) && ioctl(fd, TUNSETOFFLOAD, offloads) &&
	    ioctl(fd, TUNSETOFFLOAD, 0))
		weftd_log("vif %u: offloads: %s", message->vif_id, strerror(errno));
	return fd;
}

/* Link-local addresses and router advertisements are none of the pod's business: the plane gives all it needs. */
static void quiet_ipv6(const char *name)
{
	static const char *const settings[] = {"accept_ra", "autoconf", "router_solicitations"};
	char path[96];
	size_t index;
	int fd;

	for (index = 0; index < sizeof(settings) / sizeof(settings[0]); index++) {
		snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", name, settings[index]);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd < 0)
			return; /* no IPv6, or the file system is read-only */
		if (write(fd, "0", 1) < 0)
			weftd_log("%s: %s", path, strerror(errno));
		close(fd);
	}
}

/* MAC and MTU first and apart: an address refused later must not hide that the link itself was. */
static void link_request(struct weftd_netlink *batch, int ifindex, const struct weft_vif_msg *message)
{
	struct ifinfomsg body = {.ifi_family = AF_UNSPEC, .ifi_index = ifindex};
	struct rtattr *families, *family;
	uint8_t mode = ADDR_GEN_MODE_NONE;
	uint32_t queue = QUEUE_PACKETS;

	weftd_netlink_begin(batch, RTM_NEWLINK, NLM_F_ACK, &body, sizeof(body));
	weftd_netlink_attribute(batch, IFLA_ADDRESS, message->mac, 6);
	weftd_netlink_attribute(batch, IFLA_MTU, &message->mtu, sizeof(message->mtu));
	weftd_netlink_attribute(batch, IFLA_TXQLEN, &queue, sizeof(queue));
	families = weftd_netlink_nest(batch, IFLA_AF_SPEC);
	family = weftd_netlink_nest(batch, AF_INET6);
	weftd_netlink_attribute(batch, IFLA_INET6_ADDR_GEN_MODE, &mode, sizeof(mode));
	weftd_netlink_nest_end(batch, family);
	weftd_netlink_nest_end(batch, families);
}

static void up_request(struct weftd_netlink *batch, int ifindex)
{
	struct ifinfomsg body = {.ifi_family = AF_UNSPEC, .ifi_index = ifindex, .ifi_flags = IFF_UP, .ifi_change = IFF_UP};

	weftd_netlink_begin(batch, RTM_NEWLINK, NLM_F_ACK, &body, sizeof(body));
}

static void address_request(struct weftd_netlink *batch, int ifindex, const struct weft_vif_address *address)
{
	struct ifaddrmsg body = {.ifa_family = address->family == 4 ? AF_INET : AF_INET6,
				 .ifa_prefixlen = address->prefix_len,
				 .ifa_flags = address->family == 4 ? 0 : IFA_F_NODAD,
				 .ifa_scope = RT_SCOPE_UNIVERSE,
				 .ifa_index = (uint32_t)ifindex};

	weftd_netlink_begin(batch, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &body, sizeof(body));
	weftd_netlink_attribute(batch, IFA_LOCAL, address->address, address->family == 4 ? 4 : 16);
	weftd_netlink_attribute(batch, IFA_ADDRESS, address->address, address->family == 4 ? 4 : 16);
}

static void route_request(struct weftd_netlink *batch, int ifindex, const struct weft_vif_address *address)
{
	struct rtmsg body = {.rtm_family = address->family == 4 ? AF_INET : AF_INET6,
			     .rtm_table = RT_TABLE_MAIN,
			     .rtm_protocol = RTPROT_STATIC,
			     .rtm_scope = RT_SCOPE_UNIVERSE,
			     .rtm_type = RTN_UNICAST,
			     .rtm_flags = RTNH_F_ONLINK};

	weftd_netlink_begin(batch, RTM_NEWROUTE, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &body, sizeof(body));
	weftd_netlink_attribute(batch, RTA_GATEWAY, address->address, address->family == 4 ? 4 : 16);
	weftd_netlink_attribute(batch, RTA_OIF, &ifindex, sizeof(ifindex));
}

static int refuse_request(const struct weft_vif_msg *message, const int *fields, uint32_t failed, int error, char *text)
{
	int field = fields[failed];
	char address[INET6_ADDRSTRLEN] = "?";

	if (field < 0)
		return weftd_refuse(text, error, "name '%s': mac, mtu %u or state refused: %s", message->name, message->mtu,
				    strerror(-error));
	inet_ntop(message->addresses[field].family == 4 ? AF_INET : AF_INET6, message->addresses[field].address, address,
		  sizeof(address));
	return weftd_refuse(text, error, "addresses[%d] %s/%u: %s", field, address, message->addresses[field].prefix_len,
			    strerror(-error));
}

static int configure(int ifindex, const struct weft_vif_msg *message, char *text)
{
	struct weftd_netlink batch;
	int fields[2 * WEFT_VIF_ADDRESSES_MAX + 4];
	uint32_t index, failed = 0;
	int fd, error;

	fd = weftd_netlink_open(0);
	if (fd < 0)
		return weftd_refuse(text, fd, "name '%s': rtnetlink: %s", message->name, strerror(-fd));
	weftd_netlink_clear(&batch);
	memset(fields, 0xff, sizeof(fields));
	link_request(&batch, ifindex, message);
	up_request(&batch, LOOPBACK_IFINDEX);
	up_request(&batch, ifindex);
	for (index = 0; index < message->address_count; index++) {
		if (!(message->addresses[index].flags & WEFT_VIF_ADDRESS_CONFIGURE))
			continue;
		fields[batch.count] = (int)index;
		address_request(&batch, ifindex, &message->addresses[index]);
	}
	for (index = 0; index < message->address_count; index++) {
		if (!(message->addresses[index].flags & WEFT_VIF_ADDRESS_GATEWAY))
			continue;
		fields[batch.count] = (int)index;
		route_request(&batch, ifindex, &message->addresses[index]);
	}
	error = weftd_netlink_commit(fd, &batch, &failed);
	close(fd);
	return error ? refuse_request(message, fields, failed, error, text) : 0;
}

int weftd_tap_create(const struct weft_vif_msg *message, char *text)
{
	int fd = open_tun(message, text), ifindex, error;

	if (fd < 0)
		return fd;
	quiet_ipv6(message->name);
	ifindex = (int)if_nametoindex(message->name);
	if (ifindex)
		error = configure(ifindex, message, text);
	else
		error = weftd_refuse(text, -errno, "name '%s': vanished: %s", message->name, strerror(errno));
	if (!error)
		return fd;
	close(fd);
	return error;
}
