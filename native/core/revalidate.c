/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * A stale stamp most often says that some other route of a bucket changed. Whether the connection's own two routes still lead
 * where it goes is asked here, with two lookups and a few compares, and if so both directions are stamped anew: no policy is
 * asked, for the ports' stamps say that it did not change. Whatever is not plain (translated, balanced, by label, across VRFs)
 * is left to the evaluation.
 */
#include "lookup.h"
#include "worker.h"

#define NOT_PLAIN \
	(WEFT_CONNECTION_TO_VIF | WEFT_CONNECTION_BY_LABEL | WEFT_CONNECTION_VIA_ECMP | WEFT_CONNECTION_UNSTAMPED | \
	 WEFT_CONNECTION_DENIED | WEFT_CONNECTION_TRANSLATED | WEFT_CONNECTION_ROUTE_IDENTITY)

/* One end of a pair: where the packets to it go. */
struct end {
	struct weft_nexthop *nexthop;
	struct weft_vif *vif; /* LOCAL */
};

/*
 * The route to `address` is still what `to`, the direction that leads there, goes by, and `from`, the direction that comes from
 * there, comes by.
 */
static bool end_holds(struct weft_worker *worker, const struct weft_connection *to, const struct weft_connection *from,
		      const uint8_t *address, struct end *end)
{
	struct weft_leaf leaf = weft_route_get(worker->plane, to->vrf_id, to->key.family, address);

	end->vif = NULL;
	if (leaf.prefix_len == WEFT_NO_ROUTE || leaf.nexthop_id != to->nexthop_id || (uint8_t)leaf.flags != to->route_flags)
		return false;
	end->nexthop = weft_nexthop_at(worker->plane, leaf.nexthop_id);
	if (!end->nexthop)
		return false;
	if (end->nexthop->type == WEFT_NEXTHOP_TUNNEL)
		return end->nexthop->endpoint && leaf.label == to->label && leaf.identity_id == from->identity &&
		       from->vif_id == WEFT_FROM_FABRIC && end->nexthop->endpoint->entry == from->entry_endpoint;
	/* with an endpoint it is a native one */
	if (end->nexthop->type != WEFT_NEXTHOP_LOCAL || end->nexthop->endpoint || end->nexthop->vif_id != from->vif_id)
		return false;
	end->vif = weft_vif_at(worker->plane, from->vif_id);
	return end->vif && !weft_load(end->vif->floating) && end->vif->vrf_id == to->vrf_id &&
	       leaf.identity_id == end->vif->identity_id;
}

bool weft_revalidate(struct weft_worker *worker, const struct weft_step *step, struct weft_connection *connection)
{
	struct weft_connection *forward = connection, *reverse = weft_connection_reverse(worker->plane, connection);
	const struct weft_connection_key *key = &connection->key;
	struct weft_connection own, other;
	const struct weft_vrf *vrf;
	uint32_t source, destination;
	struct end from, to;

	weft_connection_copy(forward, &own);
	weft_connection_copy(reverse, &other);
	vrf = weft_vrf_at(worker->plane, own.vrf_id);
	if (((own.flags | other.flags) & NOT_PLAIN) || own.vrf_id != other.vrf_id || !vrf || weft_get(vrf->services) ||
	    own.vif_id != step->vif_id || own.entry_endpoint != step->entry)
		return false;
	/* stamps before lookups: a change between the two makes the answer stale, never the other way round */
	weft_route_stamps_at(vrf, key->family, key->source, key->destination, &source, &destination);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (!end_holds(worker, &own, &other, key->destination, &to) || !end_holds(worker, &other, &own, key->source, &from))
		return false;
	if (weft_policy_mark(from.vif, to.vif) != own.policy || weft_policy_mark(to.vif, from.vif) != other.policy)
		return false;
	weft_connection_lock(worker->plane, connection);
	weft_put(forward->stamp, weft_stamp(from.vif, to.vif, source, destination, to.nexthop, NULL));
	weft_put(reverse->stamp, weft_stamp(to.vif, from.vif, destination, source, from.nexthop, NULL));
	weft_connection_unlock(worker->plane, connection);
	return true;
}
