/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The filter of a shared uplink, as the kernel runs it: on a socket pair, whose datagrams it sees from their first byte on. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "filter.h"

static int pair[2];
static int failures;

struct frame {
	uint8_t bytes[128];
	uint32_t length;
};

/* Ethernet and IPv4 with `words` words of header, the fragment field, protocol, then two 16-bit values. */
static struct frame ipv4(uint8_t protocol, uint16_t fragment, uint32_t words, uint16_t first, uint16_t second)
{
	struct frame frame = {.length = 14 + words * 4 + 8};
	uint8_t *l4 = frame.bytes + 14 + words * 4;

	frame.bytes[12] = 0x08;
	frame.bytes[14] = (uint8_t)(0x40 | words);
	frame.bytes[20] = (uint8_t)(fragment >> 8);
	frame.bytes[21] = (uint8_t)fragment;
	frame.bytes[23] = protocol;
	l4[0] = (uint8_t)(first >> 8);
	l4[1] = (uint8_t)first;
	l4[2] = (uint8_t)(second >> 8);
	l4[3] = (uint8_t)second;
	return frame;
}

static struct frame ipv6(uint8_t next, uint16_t first, uint16_t second)
{
	struct frame frame = {.length = 14 + 40 + 16};
	uint8_t *l4 = frame.bytes + 54;

	frame.bytes[12] = 0x86;
	frame.bytes[13] = 0xdd;
	frame.bytes[14] = 0x60;
	frame.bytes[20] = next;
	l4[0] = (uint8_t)(first >> 8);
	l4[1] = (uint8_t)first;
	l4[2] = (uint8_t)(second >> 8);
	l4[3] = (uint8_t)second;
	return frame;
}

static void check(const char *name, struct frame frame, bool passes)
{
	uint8_t got[256];
	ssize_t sent = send(pair[0], frame.bytes, frame.length, MSG_DONTWAIT),
		came = recv(pair[1], got, sizeof(got), MSG_DONTWAIT);
	bool good = (came == (ssize_t)frame.length) == passes;

	/* a datagram that the filter refuses is an error to its sender */
	if (!good)
		failures++;
	printf("%s %s (sent %zd, came %zd)\n", good ? "ok" : "not ok", name, sent, came);
}

static void open_pair(bool native)
{
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, pair) || weftd_filter_uplink(pair[1], native)) {
		printf("Bail out! no socket pair with a filter\n");
		exit(1);
	}
}

static void tunnelsPass(void)
{
	check("VXLAN over IPv4", ipv4(17, 0x4000, 5, 50000, 4789), true);
	check("MPLS in UDP over IPv4 behind options", ipv4(17, 0x4000, 8, 50000, 6635), true);
	check("first fragment of VXLAN", ipv4(17, 0x2000, 5, 50000, 4789), true);
	check("later fragment of UDP", ipv4(17, 0x2010, 5, 1, 2), true);
	check("GRE over IPv4", ipv4(47, 0, 5, 0, 0x8847), true);
	check("later fragment of GRE", ipv4(47, 0x0010, 5, 1, 2), true);
	check("fragmentation needed", ipv4(1, 0, 5, 0x0304, 0), true);
	check("fragmentation needed behind options", ipv4(1, 0, 7, 0x0304, 0), true);
	check("VXLAN over IPv6", ipv6(17, 50000, 4789), true);
	check("MPLS in UDP over IPv6", ipv6(17, 50000, 6635), true);
	check("GRE over IPv6", ipv6(47, 0, 0x8847), true);
	check("fragment of UDP over IPv6", ipv6(44, 17 << 8, 0), true);
	check("fragment of GRE over IPv6", ipv6(44, 47 << 8, 0), true);
	check("packet too big", ipv6(58, 2 << 8, 0), true);
}

static void othersDoNot(void)
{
	struct frame arp = ipv4(17, 0, 5, 50000, 4789);

	arp.bytes[13] = 0x06;
	check("ARP", arp, false);
	check("TCP over IPv4", ipv4(6, 0, 5, 50000, 4789), false);
	check("DNS over IPv4", ipv4(17, 0, 5, 50000, 53), false);
	check("UDP from a tunnel's port", ipv4(17, 0, 5, 4789, 53), false);
	check("echo", ipv4(1, 0, 5, 0x0800, 0), false);
	check("port unreachable", ipv4(1, 0, 5, 0x0303, 0), false);
	check("later fragment of ICMP", ipv4(1, 0x0010, 5, 0x0304, 0), false);
	check("TCP over IPv6", ipv6(6, 50000, 4789), false);
	check("DNS over IPv6", ipv6(17, 50000, 53), false);
	check("fragment of TCP over IPv6", ipv6(44, 6 << 8, 0), false);
	check("neighbour solicitation", ipv6(58, 135 << 8, 0), false);
}

static void nativeSeesAllIp(void)
{
	struct frame arp = ipv4(17, 0, 5, 50000, 4789);

	arp.bytes[13] = 0x06;
	check("native: ARP", arp, false);
	check("native: TCP over IPv4", ipv4(6, 0, 5, 50000, 80), true);
	check("native: TCP over IPv6", ipv6(6, 50000, 80), true);
}

int main(void)
{
	open_pair(false);
	tunnelsPass();
	othersDoNot();
	close(pair[0]);
	close(pair[1]);
	open_pair(true);
	nativeSeesAllIp();
	printf("1..28\n");
	return failures ? 1 : 0;
}
