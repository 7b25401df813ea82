/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* How long a connection lives, and whether it may go earlier when its place is wanted. */
#include "worker.h"

#define SECOND_NS 1000000000ull

static bool both_sent(const struct weft_connection *forward, const struct weft_connection *reverse)
{
	return __atomic_load_n(&forward->packets, __ATOMIC_RELAXED) && __atomic_load_n(&reverse->packets, __ATOMIC_RELAXED);
}

static uint32_t idle_seconds(struct weft_plane *plane, const struct weft_connection *forward,
			     const struct weft_connection *reverse)
{
	const struct weft_ageing_row *row =
	    weft_ageing_find(plane, forward->key.protocol,
			     forward->key.protocol == WEFT_PROTOCOL_ICMP || forward->key.protocol == WEFT_PROTOCOL_ICMPV6
				 ? 0
				 : forward->key.destination_port);
	uint8_t one = __atomic_load_n(&forward->tcp_state, __ATOMIC_RELAXED),
		other = __atomic_load_n(&reverse->tcp_state, __ATOMIC_RELAXED);

	if (forward->key.protocol != WEFT_PROTOCOL_TCP)
		return both_sent(forward, reverse) ? row->idle_seconds : row->opening_seconds;
	if (weft_tcp_is_closed(one, other))
		return row->closed_seconds;
	if (!(one & other & WEFT_TCP_STATE_ACK))
		return row->opening_seconds;
	return (one | other) & WEFT_TCP_STATE_FIN ? row->half_closed_seconds : row->idle_seconds;
}

/* Ticks since either direction was seen. A worker's clock may be ahead of this thread's. */
static uint32_t idle_ticks(const struct weft_connection *forward, const struct weft_connection *reverse, uint32_t now)
{
	int32_t one = (int32_t)(now - __atomic_load_n(&forward->seen, __ATOMIC_RELAXED)),
		other = (int32_t)(now - __atomic_load_n(&reverse->seen, __ATOMIC_RELAXED)), least = one < other ? one : other;

	return least > 0 ? (uint32_t)least : 0;
}

static bool port_is_gone(struct weft_plane *plane, const struct weft_connection *connection)
{
	uint32_t vif_id = weft_get(connection->vif_id);

	return vif_id != WEFT_FROM_FABRIC && !weft_vif_get(plane, vif_id);
}

bool weft_connection_expired(struct weft_plane *plane, struct weft_connection *connection, uint64_t now_ns)
{
	const struct weft_connection *reverse = weft_connection_reverse(plane, connection);

	if (port_is_gone(plane, connection) || port_is_gone(plane, reverse))
		return true;
	return weft_ticks_ns(idle_ticks(connection, reverse, weft_ticks(now_ns))) >
	       idle_seconds(plane, connection, reverse) * SECOND_NS;
}

enum weft_eviction weft_connection_eviction(struct weft_plane *plane, const struct weft_connection *forward, uint32_t now,
					    uint32_t *idle)
{
	const struct weft_connection *reverse = weft_connection_reverse(plane, forward);
	uint8_t one = __atomic_load_n(&forward->tcp_state, __ATOMIC_RELAXED),
		other = __atomic_load_n(&reverse->tcp_state, __ATOMIC_RELAXED);

	*idle = idle_ticks(forward, reverse, now);
	if (forward->key.protocol == WEFT_PROTOCOL_TCP) {
		if (weft_tcp_is_closed(one, other))
			return WEFT_CLOSED;
		if (!(one & other & WEFT_TCP_STATE_ACK))
			return WEFT_ONE_WAY;
	} else if (!both_sent(forward, reverse)) {
		return WEFT_ONE_WAY;
	}
	return weft_ticks_ns(*idle) > idle_seconds(plane, forward, reverse) * SECOND_NS ? WEFT_IDLE : WEFT_KEEP;
}
