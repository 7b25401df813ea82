/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* How long a connection lives: TCP state from the flags each direction has sent, and idle times. */
#include "worker.h"

#define SECOND_NS 1000000000ull
#define IDLE_UDP_NS (180 * SECOND_NS)
#define IDLE_UDP_ONE_WAY_NS (60 * SECOND_NS)
#define IDLE_ICMP_NS (30 * SECOND_NS)
#define IDLE_TCP_NS (3600 * SECOND_NS)
#define IDLE_TCP_HALF_OPEN_NS (30 * SECOND_NS)
#define IDLE_TCP_CLOSED_NS (5 * SECOND_NS)
#define IDLE_OTHER_NS (180 * SECOND_NS)

static uint8_t state_of(const struct weft_connection *connection)
{
	return __atomic_load_n(&connection->tcp_state, __ATOMIC_RELAXED);
}

static bool is_closed(uint8_t one, uint8_t other)
{
	return ((one | other) & WEFT_TCP_STATE_RST) || (one & other & WEFT_TCP_STATE_FIN);
}

void weft_tcp_note(struct weft_plane *plane, struct weft_connection *connection, uint8_t flags)
{
	uint8_t before = state_of(connection), after = before;

	if (WEFT_LIKELY(!(flags & (WEFT_TCP_SYN | WEFT_TCP_FIN | WEFT_TCP_RST)) && (before & WEFT_TCP_STATE_ACK)))
		return;
	if (flags & WEFT_TCP_SYN) {
		if (!(flags & WEFT_TCP_ACK)) {
			struct weft_connection *reverse = weft_connection_reverse(plane, connection);

			/* the ports are used again: a new connection in the old entry */
			if (is_closed(before, state_of(reverse))) {
				__atomic_store_n(&reverse->tcp_state, 0, __ATOMIC_RELAXED);
				after = 0;
			}
		}
		after |= WEFT_TCP_STATE_SYN;
	}
	if ((flags & WEFT_TCP_ACK) && !(flags & WEFT_TCP_RST))
		after |= WEFT_TCP_STATE_ACK;
	if (flags & WEFT_TCP_FIN)
		after |= WEFT_TCP_STATE_FIN;
	if (flags & WEFT_TCP_RST)
		after |= WEFT_TCP_STATE_RST;
	if (after != before)
		__atomic_store_n(&connection->tcp_state, after, __ATOMIC_RELAXED);
}

static uint64_t idle_limit(const struct weft_connection *connection, const struct weft_connection *reverse)
{
	uint8_t one = state_of(connection), other = state_of(reverse);

	switch (connection->key.protocol) {
	case WEFT_PROTOCOL_TCP:
		if (is_closed(one, other))
			return IDLE_TCP_CLOSED_NS;
		return (one & other & WEFT_TCP_STATE_ACK) ? IDLE_TCP_NS : IDLE_TCP_HALF_OPEN_NS;
	case WEFT_PROTOCOL_UDP:
		return weft_get(connection->packets) && weft_get(reverse->packets) ? IDLE_UDP_NS : IDLE_UDP_ONE_WAY_NS;
	case WEFT_PROTOCOL_ICMP:
	case WEFT_PROTOCOL_ICMPV6:
		return IDLE_ICMP_NS;
	default:
		return IDLE_OTHER_NS;
	}
}

static bool port_is_gone(struct weft_plane *plane, const struct weft_connection *connection)
{
	uint32_t vif_id = weft_get(connection->vif_id);

	return vif_id != WEFT_FROM_FABRIC && !weft_vif_get(plane, vif_id);
}

bool weft_connection_expired(struct weft_plane *plane, struct weft_connection *connection, uint64_t now_ns)
{
	const struct weft_connection *reverse = weft_connection_reverse(plane, connection);
	uint32_t now = weft_ticks(now_ns), idle, other;

	if (port_is_gone(plane, connection) || port_is_gone(plane, reverse))
		return true;
	idle = now - __atomic_load_n(&connection->seen, __ATOMIC_RELAXED);
	other = now - __atomic_load_n(&reverse->seen, __ATOMIC_RELAXED);
	if ((int32_t)idle < 0 || (int32_t)other < 0)
		return false; /* a worker's clock is ahead of this thread's */
	return weft_ticks_ns(idle < other ? idle : other) > idle_limit(connection, reverse);
}
