/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* The fast path: a packet whose connection is known and still true. No lock, no atomic read-modify-write. */
#include "lookup.h"
#include "output_fast.h"

uint16_t weft_entropy_port(uint32_t hash)
{
	return (uint16_t)(49152u + ((hash ^ hash >> 16) & 16383u));
}

WEFT_HOT_PART enum weft_drop resolve(struct weft_worker *worker, const struct weft_connection *connection, struct weft_way *way)
{
	struct weft_nexthop *nexthop;

	way->label = weft_get(connection->label);
	way->route_flags = weft_get(connection->route_flags);
	way->entropy_port = weft_get(connection->entropy_port);
	way->nexthop = NULL;
	way->vif = NULL;
	if (WEFT_UNLIKELY(weft_get(connection->flags) & WEFT_CONNECTION_TO_VIF)) {
		way->vif = weft_vif_at(worker->plane, weft_get(connection->label));
		return way->vif ? WEFT_DROP_NONE : WEFT_DROP_INVALID_VIF;
	}
	nexthop = weft_nexthop_at(worker->plane, weft_get(connection->nexthop_id));
	if (WEFT_UNLIKELY(!nexthop))
		return WEFT_DROP_INVALID_NEXTHOP;
	way->nexthop = nexthop;
	if (nexthop->type == WEFT_NEXTHOP_LOCAL) {
		way->vif = weft_vif_at(worker->plane, nexthop->vif_id);
		return way->vif ? WEFT_DROP_NONE : WEFT_DROP_INVALID_VIF;
	}
	return nexthop->type == WEFT_NEXTHOP_TUNNEL && nexthop->endpoint ? WEFT_DROP_NONE : WEFT_DROP_INVALID_NEXTHOP;
}

enum weft_drop weft_connection_resolve(struct weft_worker *worker, const struct weft_connection *connection, struct weft_way *way)
{
	return resolve(worker, connection, way);
}

/*
 * True when what the connection holds is still what an evaluation would answer, for a packet that entered as this one did; *way
 * is set. False: the slow path decides.
 */
WEFT_HOT_PART bool is_fresh(struct weft_worker *worker, const struct weft_step *step, const struct weft_connection *connection,
			    struct weft_way *way)
{
	uint32_t sequence = __atomic_load_n(&connection->sequence, __ATOMIC_ACQUIRE), vrf_id, source, destination;
	const struct weft_connection_key *key = &connection->key;
	const struct weft_nexthop *ecmp = NULL;
	bool translated;
	uint64_t stamp, entered, enters;

	if (WEFT_UNLIKELY(sequence & 1))
		return false;
	entered = weft_get_two(&connection->vif_id);			  /* and entry_endpoint */
	__builtin_memcpy(&enters, &step->vif_id, sizeof(enters));	  /* and entry */
	if (WEFT_UNLIKELY(entered != enters ||
			  (weft_get(connection->flags) & (WEFT_CONNECTION_DENIED | WEFT_CONNECTION_UNSTAMPED))))
		return false;
	if (WEFT_UNLIKELY(resolve(worker, connection, way)))
		return false;
	if (WEFT_UNLIKELY(weft_get(connection->flags) & WEFT_CONNECTION_VIA_ECMP)) {
		ecmp = weft_nexthop_at(worker->plane, weft_get(connection->ecmp_id));
		if (!ecmp || !weft_ecmp_holds(connection, way->nexthop))
			return false;
	}
	vrf_id = weft_get(connection->vrf_id);
	stamp = weft_get(connection->stamp);
	translated = weft_get(connection->flags) & WEFT_CONNECTION_TRANSLATED;
	source = WEFT_UNLIKELY(translated) ? weft_translation_stamp(worker->plane, connection) : 0;
	destination = 0;
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (WEFT_UNLIKELY(__atomic_load_n(&connection->sequence, __ATOMIC_RELAXED) != sequence))
		return false;
	if (WEFT_UNLIKELY(vrf_id != worker->vrf_id)) {
		worker->vrf_id = vrf_id;
		worker->vrf = weft_vrf_at(worker->plane, vrf_id);
	}
	if (WEFT_LIKELY(!translated))
		weft_route_stamps_at(worker->vrf, key->family, key->source, key->destination, &source, &destination);
	return stamp == weft_stamp(step->entry ? NULL : worker->vif, way->vif, source, destination, way->nexthop, ecmp);
}

WEFT_HOT_PART enum weft_drop account(struct weft_worker *worker, const struct weft_step *step,
				     struct weft_connection *connection)
{
	bool tcp = step->view.protocol == WEFT_PROTOCOL_TCP && step->view.fragment != WEFT_FRAGMENT_LATER;

	if (WEFT_UNLIKELY(tcp && (weft_get(connection->flags) & WEFT_CONNECTION_STRICT))) {
		enum weft_drop reason = weft_tcp_check(worker, step, connection);

		if (reason)
			return reason;
	}
	weft_count(&connection->packets, 1);
	weft_count(&connection->bytes, step->view.l3_bytes);
	if (WEFT_UNLIKELY(step->view.kind == WEFT_KIND_ICMP_ERROR))
		return WEFT_DROP_NONE; /* an error does not keep the connection it is about alive */
	__atomic_store_n(&connection->seen, weft_ticks(worker->now_ns), __ATOMIC_RELAXED);
	if (tcp)
		weft_tcp_note(worker->plane, connection, step->view.tcp_flags);
	return WEFT_DROP_NONE;
}

/* An ordinary packet of the fabric came here without a look at its outer source (edge.c): a plane that this one has a tunnel
 * to. */
static bool comes_from_known(struct weft_worker *worker, const struct weft_step *step)
{
	uint8_t address[16] = {0};

	memcpy(address, &step->entry, sizeof(step->entry));
	return step->vif_id != WEFT_FROM_FABRIC || !address[0] || weft_endpoint_get(worker->plane, 4, address);
}

/* The way of a packet whose connection is `connection` (NULL: none found); sets up or re-evaluates when needed. */
WEFT_HOT_PART enum weft_drop connection_way(struct weft_worker *worker, struct weft_step *step,
					    struct weft_connection *connection, struct weft_way *way)
{
	enum weft_drop reason;

	if (!connection) {
		if (!comes_from_known(worker, step))
			return WEFT_DROP_UNKNOWN_TUNNEL_SOURCE;
		connection = weft_connection_find_at_port(worker, step);
		if (!connection && weft_get(worker->plane->stateless_ports) && weft_stateless_way(worker, step, way))
			return WEFT_DROP_NONE;
		if (!connection)
			return weft_connection_set_up(worker, step, way);
	}
	if (WEFT_UNLIKELY(step->view.tcp_flags & WEFT_TCP_SYN)) {
		connection = weft_tcp_open(worker, step, connection);
		if (!connection)
			return weft_connection_set_up(worker, step, way);
	}
	if (WEFT_UNLIKELY(!is_fresh(worker, step, connection, way))) {
		if (!comes_from_known(worker, step))
			return WEFT_DROP_UNKNOWN_TUNNEL_SOURCE;
		if (!weft_revalidate(worker, step, connection) || !is_fresh(worker, step, connection, way)) {
			reason = weft_connection_again(worker, step, connection, way);
			if (reason || !step->packet) /* taken: an echo that the plane answered is none of the connection's */
				return reason;
		}
	} else if (WEFT_UNLIKELY(weft_get(connection->flags) & WEFT_CONNECTION_TRANSLATED)) {
		reason =
		    weft_translate(worker, step, &connection->key, &weft_connection_reverse(worker->plane, connection)->key);
		if (reason)
			return reason;
	}
	return account(worker, step, connection);
}

WEFT_HOT_PART void leave(struct weft_worker *worker, struct weft_step *step)
{
	struct weft_connection *connection = step->candidate;
	enum weft_drop reason;
	struct weft_way way;

	if (WEFT_UNLIKELY(!connection || worker->removed || !weft_connection_is(connection, &step->view.key)))
		connection = weft_connection_find(worker->plane, &step->view.key, step->hash);
	reason = connection_way(worker, step, connection, &way);
	if (WEFT_LIKELY(!reason)) {
		if (WEFT_UNLIKELY(!step->packet))
			return;
		if (WEFT_LIKELY(way.vif ? weft_to_port_ready(worker, step, &way) : weft_to_tunnel_ready(worker, step, &way)))
			return;
		reason = weft_output(worker, step, &way);
	}
	if (WEFT_UNLIKELY(reason))
		weft_step_drop(worker, step, reason);
}

void weft_leave_one(struct weft_worker *worker, struct weft_step *step) { leave(worker, step); }

/* Packets ahead of the one that leaves. */
#define NEXTHOP_AHEAD 5u
#define ENDPOINT_AHEAD 2u

/* Its entry has come: the next hop is asked for. What is answered is good for another hint only. */
WEFT_HOT_PART const struct weft_nexthop *seek_nexthop(struct weft_worker *worker, const struct weft_step *step)
{
	const struct weft_connection *connection = step->candidate;
	const struct weft_nexthop *nexthop;

	if (WEFT_UNLIKELY(!step->packet || !connection))
		return NULL;
	nexthop = weft_nexthop_at(worker->plane, weft_get(connection->nexthop_id));
	__builtin_prefetch(nexthop);
	__builtin_prefetch((const uint8_t *)nexthop + WEFT_CACHE_LINE);
	return nexthop;
}

WEFT_HOT void weft_leave(struct weft_worker *worker, uint32_t count)
{
	const struct weft_nexthop *ahead[WEFT_BURST_MAX];

	for (uint32_t i = 0; i < NEXTHOP_AHEAD && i < count; i++)
		ahead[i] = seek_nexthop(worker, &worker->steps[i]);
	for (uint32_t i = 0; i < count; i++) {
		if (i + NEXTHOP_AHEAD < count)
			ahead[i + NEXTHOP_AHEAD] = seek_nexthop(worker, &worker->steps[i + NEXTHOP_AHEAD]);
		if (i + ENDPOINT_AHEAD < count && ahead[i + ENDPOINT_AHEAD])
			__builtin_prefetch(ahead[i + ENDPOINT_AHEAD]->endpoint);
		if (worker->steps[i].packet)
			leave(worker, &worker->steps[i]);
	}
}
