/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "uplink.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if_arp.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/udp.h>
#include <net/if.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "filter.h"
#include "log.h"
#include "netlink.h"
#include "port.h"

#define BUFFER_BYTES (16 << 20)

/* linux/if_packet.h of kernel 6.1. */
#ifndef PACKET_FANOUT_FLAG_IGNORE_OUTGOING
#define PACKET_FANOUT_FLAG_IGNORE_OUTGOING 0x4000
#endif

#ifndef UDP_GRO
#define UDP_GRO 104
#endif

static const uint16_t tunnel_ports[] = {WEFTD_PORT_VXLAN, WEFTD_PORT_MPLS};
/* UDP ports and GRE, each over IPv4 and IPv6. */
#define CLAIMS (2 * (WEFT_ARRAY_COUNT(tunnel_ports) + 1))

static int claims[CLAIMS] = {-1, -1, -1, -1, -1, -1};
static uint32_t claimed;

int weftd_uplink_device(const char *device, uint32_t *ifindex, uint8_t mac[6], uint32_t *mtu, char *text)
{
	uint8_t answer[WEFTD_NETLINK_BYTES] __attribute__((aligned(NLMSG_ALIGNTO)));
	const struct nlmsghdr *message = (const struct nlmsghdr *)answer;
	const struct rtattr *table[IFLA_MTU + 1];
	struct ifinfomsg body = {.ifi_family = AF_UNSPEC};
	const struct ifinfomsg *link;
	struct weftd_netlink batch;
	int fd, bytes;

	body.ifi_index = (int)if_nametoindex(device);
	if (!device[0] || !body.ifi_index)
		return weftd_refuse(text, -ENODEV, "device '%s': no such netdev in the plane's namespace", device);
	fd = weftd_netlink_open(0);
	if (fd < 0)
		return weftd_refuse(text, fd, "device '%s': rtnetlink: %s", device, strerror(-fd));
	weftd_netlink_clear(&batch);
	weftd_netlink_begin(&batch, RTM_GETLINK, 0, &body, sizeof(body));
	bytes = weftd_netlink_ask(fd, &batch, answer, sizeof(answer));
	close(fd);
	if (bytes < 0)
		return weftd_refuse(text, bytes, "device '%s': %s", device, strerror(-bytes));
	link = NLMSG_DATA(message);
	weftd_netlink_parse(message, sizeof(*link), table, IFLA_MTU);
	if (link->ifi_type != ARPHRD_ETHER || !table[IFLA_ADDRESS] || RTA_PAYLOAD(table[IFLA_ADDRESS]) != 6)
		return weftd_refuse(text, -EINVAL, "device '%s': not an Ethernet device (ARP type %u)", device, link->ifi_type);
	memcpy(mac, RTA_DATA(table[IFLA_ADDRESS]), 6);
	*mtu = weftd_netlink_u32(table[IFLA_MTU], 1500);
	*ifindex = (uint32_t)body.ifi_index;
	return 0;
}

/* A group has its own setting for outgoing packets. The kernel picks the number of a new group, so that it is nobody else's. */
static int join(int fd, int *group)
{
	uint32_t id = *group < 0 ? 0 : (uint32_t)*group;
	uint32_t mode =
	    PACKET_FANOUT_HASH | PACKET_FANOUT_FLAG_IGNORE_OUTGOING | (*group < 0 ? PACKET_FANOUT_FLAG_UNIQUEID : 0);
	uint32_t argument = id | mode << 16;
	socklen_t bytes = sizeof(argument);

	if (setsockopt(fd, SOL_PACKET, PACKET_FANOUT, &argument, sizeof(argument)) ||
	    getsockopt(fd, SOL_PACKET, PACKET_FANOUT, &argument, &bytes))
		return -errno;
	*group = (int)(argument & 0xffff);
	return 0;
}

/* Until a socket is in its group it would get what others of the group get too: it takes nothing before. */
static int set_up(int fd, uint32_t ifindex, bool native, int *group)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL), .sll_ifindex = (int)ifindex};
	int one = 1, bytes = BUFFER_BYTES, error;

	error = weftd_filter_nothing(fd);
	if (error)
		return error;
	if (setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &one, sizeof(one)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one)))
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof(bytes)))
		weftd_log("uplink: socket buffers stay small: %s", strerror(errno));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)))
		return -errno;
	error = group ? join(fd, group) : 0;
	return error ? error : weftd_filter_uplink(fd, native);
}

int weftd_uplink_socket(const char *device, uint32_t ifindex, bool native, int *group, char *text)
{
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), error;

	if (fd < 0)
		return weftd_refuse(text, -errno, "device '%s': packet socket: %s", device, strerror(errno));
	error = set_up(fd, ifindex, native, group);
	if (!error)
		return fd;
	close(fd);
	return weftd_refuse(text, error, "device '%s': packet socket: %s", device, strerror(-error));
}

/* The drop-all filter comes before bind; UDP_GRO keeps the kernel from segmenting what is thrown away anyway. */
static int claim_port(int family, uint16_t port)
{
	struct sockaddr_in6 address6 = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
	struct sockaddr_in address4 = {.sin_family = AF_INET, .sin_port = htons(port)};
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC, 0), one = 1, error;

	if (fd < 0)
		return -errno;
	error = weftd_filter_nothing(fd);
	if (!error && family == AF_INET6 && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof(one)))
		error = -errno;
	if (!error && setsockopt(fd, IPPROTO_UDP, UDP_GRO, &one, sizeof(one)))
		weftd_log("UDP port %u: no UDP_GRO: %s", port, strerror(errno));
	if (!error && (family == AF_INET ? bind(fd, (struct sockaddr *)&address4, sizeof(address4))
					 : bind(fd, (struct sockaddr *)&address6, sizeof(address6))))
		error = -errno;
	if (!error)
		return fd;
	close(fd);
	return error;
}

/* A raw socket that nothing passes: without one the kernel answers GRE with "protocol unreachable". */
static int claim_gre(int family)
{
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_GRE), error;

	if (fd < 0)
		return -errno;
	error = weftd_filter_nothing(fd);
	if (!error)
		return fd;
	close(fd);
	return error;
}

static void close_claims(void)
{
	uint32_t index;

	for (index = 0; index < CLAIMS; index++) {
		if (claims[index] >= 0)
			close(claims[index]);
		claims[index] = -1;
	}
}

int weftd_uplink_claim(char *text)
{
	uint32_t index;

	if (claimed++)
		return 0;
	for (index = 0; index < CLAIMS; index++) {
		uint32_t which = index / 2;
		int family = index % 2 ? AF_INET6 : AF_INET;
		int fd = which < WEFT_ARRAY_COUNT(tunnel_ports) ? claim_port(family, tunnel_ports[which]) : claim_gre(family);

		if (fd >= 0) {
			claims[index] = fd;
			continue;
		}
		if (family == AF_INET6 && (fd == -EAFNOSUPPORT || fd == -EADDRNOTAVAIL))
			continue; /* the host has no IPv6 */
		close_claims();
		claimed = 0;
		if (which == WEFT_ARRAY_COUNT(tunnel_ports))
			return weftd_refuse(text, fd, "flags SHARED_UPLINK: GRE (IPv%u): %s", family == AF_INET ? 4 : 6,
					    strerror(-fd));
		return weftd_refuse(text, fd, "flags SHARED_UPLINK: UDP port %u (IPv%u): %s", tunnel_ports[which],
				    family == AF_INET ? 4 : 6,
				    fd == -EADDRINUSE ? "taken by another program or tunnel device" : strerror(-fd));
	}
	return 0;
}

void weftd_uplink_release(void)
{
	if (--claimed == 0)
		close_claims();
}
