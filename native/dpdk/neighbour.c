/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "neighbour.h"

#include <errno.h>
#include <linux/neighbour.h>
#include <string.h>
#include <sys/socket.h>

#include "log.h"
#include "mirror.h"
#include "netlink.h"

/* How long a lost MAC is still used while the kernel resolves it afresh. */
#define LOST_NS 3000000000ull
#define RESOLVE_NS 1000000000ull
#define VALID (NUD_PERMANENT | NUD_NOARP | NUD_REACHABLE | NUD_PROBE | NUD_STALE | NUD_DELAY)
#define FIXED (NUD_PERMANENT | NUD_NOARP)

static uint32_t address_bytes(const struct weftd_gateway *gateway) { return gateway->family == 4 ? 4 : 16; }

bool weftd_gateway_matches(const struct weftd_gateway *gateway, const struct nlmsghdr *message)
{
	const struct ndmsg *body = NLMSG_DATA(message);
	const struct rtattr *table[NDA_LLADDR + 1];

	if (message->nlmsg_len < NLMSG_LENGTH(sizeof(*body)) || (uint32_t)body->ndm_ifindex != gateway->ifindex ||
	    body->ndm_family != (gateway->family == 4 ? AF_INET : AF_INET6))
		return false;
	weftd_netlink_parse(message, sizeof(*body), table, NDA_LLADDR);
	return table[NDA_DST] && RTA_PAYLOAD(table[NDA_DST]) == address_bytes(gateway) &&
	       !memcmp(RTA_DATA(table[NDA_DST]), gateway->address, address_bytes(gateway));
}

/* True: just lost, or lost for so long that the MAC is given up. */
static bool lose(struct weftd_gateway *gateway, uint64_t now_ns)
{
	bool fresh = !gateway->lost_ns;

	if (fresh)
		gateway->lost_ns = now_ns;
	if (!gateway->known || now_ns - gateway->lost_ns < LOST_NS)
		return fresh && gateway->known;
	gateway->known = false;
	return true;
}

bool weftd_gateway_take(struct weftd_gateway *gateway, const struct nlmsghdr *message, uint64_t now_ns)
{
	const struct ndmsg *body = NLMSG_DATA(message);
	const struct rtattr *table[NDA_LLADDR + 1];
	bool changed;

	weftd_netlink_parse(message, sizeof(*body), table, NDA_LLADDR);
	gateway->state = message->nlmsg_type == RTM_DELNEIGH ? NUD_NONE : body->ndm_state;
	if (gateway->probing && gateway->state & (NUD_REACHABLE | FIXED)) {
		gateway->probing = false; /* confirmed: rest until the next probe */
		gateway->due_ns += WEFTD_PROBE_NS - WEFTD_CONFIRM_NS;
	}
	if (!(gateway->state & VALID) || !table[NDA_LLADDR] || RTA_PAYLOAD(table[NDA_LLADDR]) != 6) {
		if (gateway->due_ns > now_ns + RESOLVE_NS || !gateway->lost_ns)
			gateway->due_ns = now_ns;
		return lose(gateway, now_ns);
	}
	changed = !gateway->known || gateway->lost_ns || memcmp(gateway->mac, RTA_DATA(table[NDA_LLADDR]), 6);
	memcpy(gateway->mac, RTA_DATA(table[NDA_LLADDR]), 6);
	gateway->known = true;
	gateway->lost_ns = 0;
	return changed;
}

static void begin(struct weftd_netlink *batch, const struct weftd_gateway *gateway, uint16_t type, uint16_t flags, uint16_t state,
		  uint8_t neighbour_flags)
{
	struct ndmsg body = {.ndm_family = gateway->family == 4 ? AF_INET : AF_INET6,
			     .ndm_ifindex = (int)gateway->ifindex,
			     .ndm_state = state,
			     .ndm_flags = neighbour_flags};

	weftd_netlink_begin(batch, type, flags, &body, sizeof(body));
	weftd_netlink_attribute(batch, NDA_DST, gateway->address, address_bytes(gateway));
}

static void change(int fd, struct weftd_gateway *gateway, uint16_t flags, uint16_t state, uint8_t neighbour_flags)
{
	struct weftd_netlink batch;
	uint32_t failed;
	int error;

	weftd_netlink_clear(&batch);
	begin(&batch, gateway, RTM_NEWNEIGH, NLM_F_ACK | flags, state, neighbour_flags);
	error = weftd_netlink_commit(fd, &batch, &failed);
	/* ENOENT: it was collected meanwhile; EINVAL: it lost its MAC meanwhile. The next read tells. */
	if (error && error != -ENOENT && error != -EINVAL && error != -ENETDOWN && error != -ENODEV)
		weftd_log("neighbour on device %u: %s", gateway->ifindex, strerror(-error));
}

bool weftd_gateway_read(int fd, struct weftd_gateway *gateway, uint64_t now_ns)
{
	uint8_t answer[4096] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct weftd_netlink batch;
	int bytes;

	weftd_netlink_clear(&batch);
	begin(&batch, gateway, RTM_GETNEIGH, 0, 0, 0);
	bytes = weftd_netlink_ask(fd, &batch, answer, sizeof(answer));
	if (bytes > 0)
		return weftd_gateway_take(gateway, (const struct nlmsghdr *)answer, now_ns);
	gateway->state = NUD_NONE;
	return lose(gateway, now_ns);
}

static void resolve(int fd, struct weftd_gateway *gateway)
{
	change(fd, gateway, NLM_F_CREATE, NUD_NONE, NTF_USE);
}

bool weftd_gateway_run(int fd, struct weftd_gateway *gateway, uint64_t now_ns)
{
	bool changed = weftd_gateway_read(fd, gateway, now_ns);

	if (gateway->due_ns > now_ns)
		return changed;
	if (gateway->state & FIXED) {
		gateway->due_ns = now_ns + WEFTD_PROBE_NS;
	} else if (!(gateway->state & VALID)) {
		resolve(fd, gateway);
		gateway->probing = false;
		gateway->due_ns = now_ns + RESOLVE_NS;
	} else if (!gateway->probing) {
		change(fd, gateway, NLM_F_REPLACE, NUD_PROBE, 0);
		gateway->probing = true;
		gateway->due_ns = now_ns + WEFTD_CONFIRM_NS;
	} else if (gateway->state & NUD_PROBE) {
		/* Not confirmed: whoever had this MAC does not answer to it any more. Ask everybody. */
		change(fd, gateway, NLM_F_REPLACE, NUD_FAILED, 0);
		resolve(fd, gateway);
		gateway->probing = false;
		gateway->due_ns = now_ns + RESOLVE_NS;
	} else {
		gateway->probing = false;
		gateway->due_ns = now_ns + WEFTD_PROBE_NS - WEFTD_CONFIRM_NS;
	}
	return changed;
}
