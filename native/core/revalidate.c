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
	struct weft_vif *vif; /* NULL: the fabric */
	uint32_t policy_stamp;
	struct weft_nexthop *nexthop;
};

/* The port that a direction comes from, and its policy's stamp, once: whatever is compared with it later is at least as new. */
static bool end_begin(struct weft_worker *worker, const struct weft_connection *from, struct end *end)
{
	*end = (struct end){0};
	if (from->vif_id == WEFT_FROM_FABRIC)
		return true;
	end->vif = weft_vif_at(worker->plane, from->vif_id);
	end->policy_stamp = end->vif ? weft_vif_stamp(end->vif) : 0;
	return end->vif != NULL;
}

/*
 * The route to `address` is still what `to`, the direction that leads there, goes by, and `from`, the direction that comes from
 * there, comes by.
 */
static bool end_holds(struct weft_worker *worker, const struct weft_connection *to, const struct weft_connection *from,
		      const uint8_t *address, struct end *end)
{
	struct weft_leaf leaf = weft_route_get(worker->plane, to->vrf_id, to->key.family, address);

	if (leaf.prefix_len == WEFT_NO_ROUTE || leaf.nexthop_id != to->nexthop_id || (uint8_t)leaf.flags != to->route_flags)
		return false;
	end->nexthop = weft_nexthop_at(worker->plane, leaf.nexthop_id);
	if (!end->nexthop)
		return false;
	if (!end->vif)
		return end->nexthop->type == WEFT_NEXTHOP_TUNNEL && end->nexthop->endpoint && leaf.label == to->label &&
		       leaf.identity_id == from->identity && end->nexthop->endpoint->entry == from->entry_endpoint;
	/* with an endpoint it is a native one */
	return end->nexthop->type == WEFT_NEXTHOP_LOCAL && !end->nexthop->endpoint && end->nexthop->vif_id == from->vif_id &&
	       !weft_load(end->vif->floating) && end->vif->vrf_id == to->vrf_id && leaf.identity_id == end->vif->identity_id;
}

/* Both directions, unless another thread wrote them since they were copied. */
static bool stamp_both(struct weft_worker *worker, struct weft_connection *forward, struct weft_connection *reverse,
		       const struct weft_connection *own, const struct weft_connection *other, uint64_t there, uint64_t back)
{
	bool same;

	weft_connection_lock(worker->plane, forward);
	same = weft_get(forward->sequence) == own->sequence + 1 && weft_get(reverse->sequence) == other->sequence + 1;
	if (same) {
		weft_put(forward->stamp, there);
		weft_put(reverse->stamp, back);
	}
	weft_connection_unlock(worker->plane, forward);
	return same;
}

bool weft_revalidate(struct weft_worker *worker, const struct weft_step *step, struct weft_connection *connection)
{
	struct weft_connection *reverse = weft_connection_reverse(worker->plane, connection);
	const struct weft_connection_key *key = &connection->key;
	uint32_t source, destination, identities;
	struct weft_connection own, other;
	const struct weft_vrf *vrf;
	struct end from, to;

	weft_connection_copy(connection, &own);
	weft_connection_copy(reverse, &other);
	vrf = weft_vrf_at(worker->plane, own.vrf_id);
	if (((own.flags | other.flags) & NOT_PLAIN) || own.vrf_id != other.vrf_id || !vrf || own.vif_id != step->vif_id ||
	    own.entry_endpoint != step->entry || !end_begin(worker, &own, &from) || !end_begin(worker, &other, &to))
		return false;
	/* stamps before what they are about: a change between the two makes the answer stale, never the other way round */
	identities = weft_identities_word(worker->plane);
	weft_route_stamps_at(vrf, key->family, key->source, key->destination, &source, &destination);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	if (weft_get(vrf->services) || weft_policy_mark(identities, from.policy_stamp, to.policy_stamp) != own.policy ||
	    weft_policy_mark(identities, to.policy_stamp, from.policy_stamp) != other.policy ||
	    !end_holds(worker, &own, &other, key->destination, &to) || !end_holds(worker, &other, &own, key->source, &from))
		return false;
	return stamp_both(worker, connection, reverse, &own, &other,
			  weft_stamp_of(from.policy_stamp, to.policy_stamp, source, destination, to.nexthop, NULL),
			  weft_stamp_of(to.policy_stamp, from.policy_stamp, destination, source, from.nexthop, NULL));
}
