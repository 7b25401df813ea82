/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * weft-forge: sends frames that an honest host would not, and counts those that arrive.
 *
 *   weft-forge vxlan    --interface IF --count N --gateway-mac MAC --outer-source A --outer-destination A --vni N
 *                       --inner-mac MAC --source A --destination A --port N
 *   weft-forge mplsoudp --interface IF --count N --gateway-mac MAC --outer-source A --outer-destination A --label N
 *                       --source A --destination A --port N
 *   weft-forge udp      --interface IF --count N --source-mac MAC --gateway-mac MAC --source A --destination A --port N
 *   weft-forge arp      --interface IF --count N --source-mac MAC --sender A --target A
 *   weft-forge watch    --interface IF --port N
 *
 * IPv4 only. Each frame carries one UDP datagram (arp: one request) to --port. `watch` prints "ready", counts UDP datagrams
 * to --port that arrive on the interface until its stdin ends, then prints {"packets":N}. The others print {"sent":N}.
 */
#include "options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAME_BYTES_MAX 512
#define COUNT_MAX 1000000
#define VXLAN_PORT 4789
#define MPLSOUDP_PORT 6635

struct frame {
	size_t bytes;
	uint8_t data[FRAME_BYTES_MAX];
};

static void put(struct frame *frame, const void *from, size_t bytes)
{
	if (frame->bytes + bytes > sizeof(frame->data))
		usage_error("frame is longer than %d bytes", FRAME_BYTES_MAX);
	memcpy(frame->data + frame->bytes, from, bytes);
	frame->bytes += bytes;
}

static void put16(struct frame *frame, unsigned int value)
{
	uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};

	put(frame, bytes, 2);
}

static void put32(struct frame *frame, uint32_t value)
{
	put16(frame, value >> 16);
	put16(frame, value & 0xffff);
}

static void put_ethernet(struct frame *frame, const uint8_t to[6], const uint8_t from[6], unsigned int type)
{
	put(frame, to, 6);
	put(frame, from, 6);
	put16(frame, type);
}

static void option_ipv4(const struct options *options, const char *name, uint8_t address[4])
{
	struct ip_address ip = option_address(options, name);

	if (ip.family != AF_INET)
		usage_error("--%s: '%s' is not an IPv4 address", name, option_required(options, name));
	memcpy(address, ip.address, 4);
}

/* RFC 791 header and RFC 768 header; `payload` bytes of UDP data follow. The UDP checksum is zero: not used. */
static void put_ipv4_udp(struct frame *frame, const uint8_t from[4], const uint8_t to[4], unsigned int source_port,
			 unsigned int port, size_t payload)
{
	uint8_t *header = frame->data + frame->bytes;
	uint32_t sum = 0;

	put16(frame, 0x4500);
	put16(frame, (unsigned int)(20 + 8 + payload));
	put32(frame, 0x00004000); /* identification 0, don't fragment */
	put16(frame, 64 << 8 | IPPROTO_UDP);
	put16(frame, 0);
	put(frame, from, 4);
	put(frame, to, 4);
	for (int i = 0; i < 20; i += 2)
		sum += (uint32_t)header[i] << 8 | header[i + 1];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	header[10] = (uint8_t)(~sum >> 8);
	header[11] = (uint8_t)~sum;
	put16(frame, source_port);
	put16(frame, port);
	put16(frame, (unsigned int)(8 + payload));
	put16(frame, 0);
}

static void put_inner(const struct options *options, struct frame *frame)
{
	unsigned int port = (unsigned int)option_number(options, "port", 40009, 1, 65535);
	uint8_t from[4], to[4];

	option_ipv4(options, "source", from);
	option_ipv4(options, "destination", to);
	put_ipv4_udp(frame, from, to, 40000, port, 8);
	put(frame, "forgery!", 8);
}

static void interface_mac(int fd, const char *name, uint8_t mac[6])
{
	struct ifreq request = {0};

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	if (ioctl(fd, SIOCGIFHWADDR, &request))
		die(name);
	memcpy(mac, request.ifr_hwaddr.sa_data, 6);
}

static int open_packet_socket(const char *interface, int protocol)
{
	struct sockaddr_ll address = {.sll_family = AF_PACKET, .sll_protocol = htons((uint16_t)protocol)};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	address.sll_ifindex = (int)if_nametoindex(interface);
	if (fd < 0 || !address.sll_ifindex || bind(fd, (struct sockaddr *)&address, sizeof(address)))
		die(interface);
	return fd;
}

/* Outer headers up to UDP; the tunnel header and the inner packet of `payload` bytes follow. */
static void put_outer(const struct options *options, struct frame *frame, int fd, unsigned int port, size_t payload)
{
	uint8_t gateway[6], own[6], from[4], to[4];

	interface_mac(fd, option_required(options, "interface"), own);
	option_mac(options, "gateway-mac", gateway);
	option_ipv4(options, "outer-source", from);
	option_ipv4(options, "outer-destination", to);
	put_ethernet(frame, gateway, own, ETH_P_IP);
	put_ipv4_udp(frame, from, to, 50000, port, payload);
}

static void make_vxlan(const struct options *options, struct frame *frame, int fd)
{
	static const uint8_t virtual_router[6] = {0, 0, 0x5e, 0, 1, 0};
	struct frame inner = {0};
	uint8_t mac[6];

	put_inner(options, &inner);
	option_mac(options, "inner-mac", mac);
	put_outer(options, frame, fd, VXLAN_PORT, 8 + 14 + inner.bytes);
	put32(frame, 0x08000000); /* RFC 7348: I flag */
	put32(frame, (uint32_t)option_number(options, "vni", 1, 0, 0xffffff) << 8);
	put_ethernet(frame, mac, virtual_router, ETH_P_IP);
	put(frame, inner.data, inner.bytes);
}

static void make_mplsoudp(const struct options *options, struct frame *frame, int fd)
{
	struct frame inner = {0};
	uint32_t label = (uint32_t)option_number(options, "label", 16, 0, 0xfffff);

	put_inner(options, &inner);
	put_outer(options, frame, fd, MPLSOUDP_PORT, 4 + inner.bytes);
	put32(frame, label << 12 | 1u << 8 | 64); /* RFC 3032: bottom of stack, TTL 64 */
	put(frame, inner.data, inner.bytes);
}

static void make_udp(const struct options *options, struct frame *frame, int fd)
{
	uint8_t gateway[6], own[6];

	(void)fd;
	option_mac(options, "source-mac", own);
	option_mac(options, "gateway-mac", gateway);
	put_ethernet(frame, gateway, own, ETH_P_IP);
	put_inner(options, frame);
}

static void make_arp(const struct options *options, struct frame *frame, int fd)
{
	static const uint8_t broadcast[6] = {255, 255, 255, 255, 255, 255}, unknown[6] = {0};
	uint8_t own[6], sender[4], target[4];

	(void)fd;
	option_mac(options, "source-mac", own);
	option_ipv4(options, "sender", sender);
	option_ipv4(options, "target", target);
	put_ethernet(frame, broadcast, own, ETH_P_ARP);
	put32(frame, 0x00010800); /* RFC 826: Ethernet, IPv4 */
	put32(frame, 0x06040001); /* lengths, request */
	put(frame, own, 6);
	put(frame, sender, 4);
	put(frame, unknown, 6);
	put(frame, target, 4);
}

static int watch(const struct options *options)
{
	unsigned int port = (unsigned int)option_number(options, "port", 40009, 1, 65535);
	int fd = open_packet_socket(option_required(options, "interface"), ETH_P_IP);
	unsigned long packets = 0;

	printf("ready\n");
	fflush(stdout);
	for (;;) {
		struct pollfd fds[2] = {{.fd = fd, .events = POLLIN}, {.fd = STDIN_FILENO, .events = POLLIN}};
		uint8_t frame[FRAME_BYTES_MAX];
		ssize_t bytes;

		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			die("poll");
		while ((bytes = recv(fd, frame, sizeof(frame), MSG_DONTWAIT)) > 0) {
			if (bytes >= 42 && frame[14] == 0x45 && frame[23] == IPPROTO_UDP &&
			    (unsigned int)(frame[36] << 8 | frame[37]) == port)
				packets++;
		}
		if (fds[1].revents)
			break;
	}
	printf("{\"packets\":%lu}\n", packets);
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		void (*make)(const struct options *options, struct frame *frame, int fd);
	} kinds[] = {{"vxlan", make_vxlan}, {"mplsoudp", make_mplsoudp}, {"udp", make_udp}, {"arp", make_arp}};
	struct options options = {argc - 2, argv + 2};
	struct frame frame = {0};
	uint64_t count;
	int fd;

	if (argc >= 2 && !strcmp(argv[1], "watch"))
		return watch(&options);
	for (size_t i = 0; argc >= 2 && i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(argv[1], kinds[i].name))
			continue;
		count = option_number(&options, "count", 1, 1, COUNT_MAX);
		fd = open_packet_socket(option_required(&options, "interface"), 0);
		kinds[i].make(&options, &frame, fd);
		for (uint64_t sent = 0; sent < count; sent++)
			if (send(fd, frame.data, frame.bytes, 0) != (ssize_t)frame.bytes)
				die("send");
		printf("{\"sent\":%llu}\n", (unsigned long long)count);
		return 0;
	}
	usage_error("want: vxlan|mplsoudp|udp|arp|watch --option value …");
}
