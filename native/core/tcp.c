/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * TCP connections: what each direction has sent, and, for ports that want it, whether a packet may be sent in that state (RFC
 * 9293). Sequence numbers are not followed but for one thing: whether a FIN was acknowledged.
 */
#include "worker.h"

static uint8_t state_of(const struct weft_connection *connection)
{
	return __atomic_load_n(&connection->tcp_state, __ATOMIC_RELAXED);
}

static void store(struct weft_connection *connection, uint8_t state)
{
	__atomic_store_n(&connection->tcp_state, state, __ATOMIC_RELAXED);
}

void weft_tcp_note(struct weft_plane *plane, struct weft_connection *connection, uint8_t flags)
{
	uint8_t before = state_of(connection), after = before, other;

	if (WEFT_LIKELY(!(flags & (WEFT_TCP_SYN | WEFT_TCP_FIN | WEFT_TCP_RST)) && (before & WEFT_TCP_STATE_ACK)))
		return;
	if (flags & WEFT_TCP_SYN)
		after |= WEFT_TCP_STATE_SYN;
	if ((flags & WEFT_TCP_ACK) && !(flags & WEFT_TCP_RST))
		after |= WEFT_TCP_STATE_ACK;
	if (flags & WEFT_TCP_FIN)
		after |= WEFT_TCP_STATE_FIN;
	if (flags & WEFT_TCP_RST)
		after |= WEFT_TCP_STATE_RST;
	if (after == before)
		return;
	store(connection, after);
	other = state_of(weft_connection_reverse(plane, connection));
	if (weft_tcp_is_closed(after, other) && !weft_tcp_is_closed(before, other))
		weft_connection_closed(plane, connection);
}

struct weft_connection *weft_tcp_open(struct weft_worker *worker, const struct weft_step *step,
				      struct weft_connection *connection)
{
	uint8_t one = state_of(connection), other = state_of(weft_connection_reverse(worker->plane, connection));

	if ((step->view.tcp_flags & WEFT_TCP_ACK) || !weft_tcp_is_closed(one, other))
		return connection;
	weft_connection_remove(worker->plane, connection);
	worker->removed = true;
	return NULL;
}

/* RFC 9293 3.10: flags that no state sends together. */
static bool is_sound(uint8_t flags)
{
	if (flags & WEFT_TCP_SYN)
		return !(flags & (WEFT_TCP_FIN | WEFT_TCP_RST));
	return flags & (WEFT_TCP_ACK | WEFT_TCP_RST);
}

/* SYN, perhaps with ACK. In an established connection it is answered with a challenge (RFC 5961 4). */
static bool may_synchronise(bool initiator, uint8_t mine, uint8_t other, uint8_t flags)
{
	if (flags & WEFT_TCP_ACK)
		return other & WEFT_TCP_STATE_SYN;
	if (initiator)
		return true;
	/* both open at once (RFC 9293 3.5): else only the initiator opens */
	return other == WEFT_TCP_STATE_SYN && !(mine & ~WEFT_TCP_STATE_SYN);
}

/* Neither SYN nor RST. `bytes`: of payload. */
static bool may_go_on(bool initiator, uint8_t mine, uint8_t other, uint8_t flags, uint32_t bytes)
{
	const uint8_t over = WEFT_TCP_STATE_FIN | WEFT_TCP_STATE_FIN_ACKED;

	if (initiator && !(other & WEFT_TCP_STATE_SYN))
		return false;
	/* an older connection's end answers a SYN with a bare ACK (RFC 9293 3.5.1) */
	if (!initiator && !(mine & WEFT_TCP_STATE_SYN))
		return !bytes && !(flags & WEFT_TCP_FIN);
	/* a FIN may come again, with the last bytes before it, when its acknowledgement was lost */
	return (mine & other & over) != over || !bytes || (flags & WEFT_TCP_FIN);
}

/* Remembers where the FIN ends, or that the other direction's was acknowledged. */
static void note_end(struct weft_plane *plane, struct weft_connection *connection, const struct weft_tcp *tcp, uint32_t bytes,
		     uint8_t other)
{
	if (tcp->flags & WEFT_TCP_FIN)
		__atomic_store_n(weft_connection_fin_end(plane, connection), weft_be32_get(tcp->sequence) + bytes + 1,
				 __ATOMIC_RELAXED);
	if ((other & WEFT_TCP_STATE_FIN) && (tcp->flags & WEFT_TCP_ACK) && !(state_of(connection) & WEFT_TCP_STATE_FIN_ACKED)) {
		uint32_t end = __atomic_load_n(weft_connection_fin_end(plane, weft_connection_reverse(plane, connection)),
					       __ATOMIC_RELAXED);

		if ((int32_t)(weft_be32_get(tcp->acknowledgement) - end) >= 0)
			store(connection, state_of(connection) | WEFT_TCP_STATE_FIN_ACKED);
	}
}

enum weft_drop weft_tcp_check(struct weft_worker *worker, const struct weft_step *step, struct weft_connection *connection)
{
	const struct weft_connection *reverse = weft_connection_reverse(worker->plane, connection);
	const struct weft_tcp *tcp = (const void *)(step->packet->data + step->view.l4);
	uint8_t mine = state_of(connection), other = state_of(reverse), flags = step->view.tcp_flags;
	uint32_t bytes = WEFT_L3 + step->view.l3_bytes - step->view.payload;
	bool initiator = weft_get(connection->flags) & WEFT_CONNECTION_INITIATOR, allowed;

	if (!is_sound(flags))
		return WEFT_DROP_CONNECTION_STATE;
	if (weft_get(connection->flags) & WEFT_CONNECTION_MIDSTREAM)
		return WEFT_DROP_NONE; /* begun before anybody looked */
	if (flags & WEFT_TCP_RST)
		allowed = mine || (flags & WEFT_TCP_ACK); /* the answer to a SYN acknowledges it (RFC 9293 3.5.2) */
	else if ((mine | other) & WEFT_TCP_STATE_RST)
		allowed = false;
	else if (flags & WEFT_TCP_SYN)
		allowed = may_synchronise(initiator, mine, other, flags);
	else
		allowed = may_go_on(initiator, mine, other, flags, bytes);
	if (!allowed)
		return WEFT_DROP_CONNECTION_STATE;
	note_end(worker->plane, connection, tcp, bytes, other);
	return WEFT_DROP_NONE;
}
