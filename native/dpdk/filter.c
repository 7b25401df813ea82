/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "filter.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/socket.h>

#include "weft_types.h"

#define JUMP(at, test, k, yes, no) BPF_JUMP(BPF_JMP | (test) | BPF_K, k, (yes) - (at)-1, (no) - (at)-1)
#define GOTO(at, to) BPF_JUMP(BPF_JMP | BPF_JA, (to) - (at)-1, 0, 0)
#define PORTS 28
#define TAKE 31
#define LEAVE 32

/*
 * Tunnel packets: IPv4 or IPv6, UDP to 4789 or 6635, or GRE, and their fragments (later ones of any UDP: what has no ports is
 * told apart by the plane); too-big messages. IPv4 options are skipped.
 */
static const struct sock_filter tunnels_only[] = {
    /* 0 */ BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
    /* 1 */ JUMP(1, BPF_JEQ, ETH_P_IP, 2, 15),
    /* 2 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 23),
    /* 3 */ JUMP(3, BPF_JEQ, IPPROTO_GRE, TAKE, 4),
    /* 4 */ JUMP(4, BPF_JEQ, IPPROTO_ICMP, 10, 5),
    /* 5 */ JUMP(5, BPF_JEQ, IPPROTO_UDP, 6, LEAVE),
    /* 6 */ BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 20),
    /* 7 */ JUMP(7, BPF_JSET, 0x1fff, TAKE, 8),
    /* 8 */ BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 14),
    /* 9 */ GOTO(9, PORTS),
    /* 10 */ BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 20),
    /* 11 */ JUMP(11, BPF_JSET, 0x1fff, LEAVE, 12),
    /* 12 */ BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 14),
    /* 13 */ BPF_STMT(BPF_LD | BPF_H | BPF_IND, 14),
    /* 14 */ JUMP(14, BPF_JEQ, 0x0304 /* fragmentation needed */, TAKE, LEAVE),
    /* 15 */ JUMP(15, BPF_JEQ, ETH_P_IPV6, 16, LEAVE),
    /* 16 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 20),
    /* 17 */ JUMP(17, BPF_JEQ, IPPROTO_GRE, TAKE, 18),
    /* 18 */ JUMP(18, BPF_JEQ, IPPROTO_ICMPV6, 26, 19),
    /* 19 */ JUMP(19, BPF_JEQ, IPPROTO_FRAGMENT, 23, 20),
    /* 20 */ JUMP(20, BPF_JEQ, IPPROTO_UDP, 21, LEAVE),
    /* 21 */ BPF_STMT(BPF_LDX | BPF_W | BPF_IMM, 40),
    /* 22 */ GOTO(22, PORTS),
    /* 23 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 54),
    /* 24 */ JUMP(24, BPF_JEQ, IPPROTO_UDP, TAKE, 25),
    /* 25 */ JUMP(25, BPF_JEQ, IPPROTO_GRE, TAKE, LEAVE),
    /* 26 */ BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 54),
    /* 27 */ JUMP(27, BPF_JEQ, 2 /* packet too big */, TAKE, LEAVE),
    /* 28 */ BPF_STMT(BPF_LD | BPF_H | BPF_IND, 16),
    /* 29 */ JUMP(29, BPF_JEQ, 4789, TAKE, 30),
    /* 30 */ JUMP(30, BPF_JEQ, 6635, TAKE, LEAVE),
    /* 31 */ BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
    /* 32 */ BPF_STMT(BPF_RET | BPF_K, 0),
};

/* With WEFT_VIF_NATIVE: every IP packet; the plane leaves alone what has no route. */
static const struct sock_filter all_ip[] = {
    /* 0 */ BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
    /* 1 */ JUMP(1, BPF_JEQ, ETH_P_IP, 3, 2),
    /* 2 */ JUMP(2, BPF_JEQ, ETH_P_IPV6, 3, 4),
    /* 3 */ BPF_STMT(BPF_RET | BPF_K, 0xffffffff),
    /* 4 */ BPF_STMT(BPF_RET | BPF_K, 0),
};

static const struct sock_filter nothing[] = {BPF_STMT(BPF_RET | BPF_K, 0)};

static int filter(int fd, const struct sock_filter *code, uint16_t length)
{
	struct sock_fprog program = {.len = length, .filter = (struct sock_filter *)(uintptr_t)code};

	return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) ? -errno : 0;
}

int weftd_filter_uplink(int fd, bool native)
{
	return native ? filter(fd, all_ip, WEFT_ARRAY_COUNT(all_ip)) : filter(fd, tunnels_only, WEFT_ARRAY_COUNT(tunnels_only));
}

int weftd_filter_nothing(int fd)
{
	return filter(fd, nothing, WEFT_ARRAY_COUNT(nothing));
}
