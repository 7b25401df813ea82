/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* One gateway in the kernel's neighbour table, and what the mirror asks of it. Control thread only. */
#ifndef WEFTD_NEIGHBOUR_H
#define WEFTD_NEIGHBOUR_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>

struct weftd_gateway {
	struct weftd_gateway *next;
	uint32_t ifindex, references;
	uint8_t family; /* 4, 6 */
	uint8_t address[16];
	uint8_t mac[6];
	uint16_t state;       /* NUD_*, 0: no entry */
	bool known;           /* mac is usable: valid now, or lost less than LOST_NS ago */
	uint64_t due_ns;      /* next probe, or check of the one under way */
	uint64_t lost_ns;     /* since when the entry is not valid, 0: it is */
	bool probing;
};

/* Reads the kernel's entry. True: mac, known or whether it is lost changed. */
bool weftd_gateway_read(int fd, struct weftd_gateway *gateway, uint64_t now_ns);
/* Takes over state and MAC of a notification or answer (RTM_NEWNEIGH, RTM_DELNEIGH) about this gateway. True: changed. */
bool weftd_gateway_take(struct weftd_gateway *gateway, const struct nlmsghdr *message, uint64_t now_ns);
/* Whether the message is about this gateway. */
bool weftd_gateway_matches(const struct weftd_gateway *gateway, const struct nlmsghdr *message);
/* What is due: verify, fail and resolve again, give up. True: mac, known or whether it is lost changed. */
bool weftd_gateway_run(int fd, struct weftd_gateway *gateway, uint64_t now_ns);

#endif
