/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Ports without policy (WEFT_VIF_STATELESS): between two of them, or one and the fabric, packets go by the routes alone, one by
 * one. What needs a connection has one as at any port: services, floating IPs, pools, the plane's own addresses, a port with
 * policy at the other end.
 */
#include "fib.h"
#include "lookup.h"
#include "output_fast.h"
#include "service.h"
#include "worker.h"

/* Nothing is remembered, judged or translated at this port. */
static bool is_plain(const struct weft_vif *vif)
{
	return vif && vif->flags & WEFT_VIF_STATELESS && !weft_load(vif->floating);
}

WEFT_HOT_PART const struct weft_fib *fib_of(struct weft_worker *worker, const struct weft_step *step)
{
	if (WEFT_UNLIKELY(step->vrf_id != worker->vrf_id)) {
		worker->vrf_id = step->vrf_id;
		worker->vrf = weft_vrf_at(worker->plane, step->vrf_id);
	}
	return worker->vrf ? &worker->vrf->fib[weft_family_slot(step->view.family)] : NULL;
}

/* By this route; an ECMP next hop's member in its place. `from`: see weft_ecmp_choose. False: nothing usable. */
WEFT_HOT_PART bool follow(struct weft_worker *worker, const struct weft_step *step, const struct weft_route *route,
			  uint32_t from, struct weft_way *way)
{
	const struct weft_nexthop_member *member;

	if (WEFT_UNLIKELY(!route))
		return false;
	way->label = route->leaf.label;
	way->route_flags = (uint8_t)route->leaf.flags;
	way->entropy_port = weft_entropy_port(step->hash);
	way->nexthop = weft_nexthop_at(worker->plane, route->leaf.nexthop_id);
	if (WEFT_LIKELY(!way->nexthop || way->nexthop->type != WEFT_NEXTHOP_ECMP))
		return way->nexthop;
	member = weft_ecmp_choose(worker->plane, way->nexthop, weft_ecmp_hash(worker->plane, way->nexthop, &step->view.key), 0,
				  from);
	if (!member)
		return false;
	way->label = member->label;
	way->nexthop = weft_nexthop_at(worker->plane, member->nexthop_id);
	return way->nexthop;
}

static const struct weft_route *route_of(struct weft_worker *worker, const struct weft_step *step)
{
	const struct weft_fib *fib = fib_of(worker, step);

	return fib ? weft_fib_lookup(fib, step->view.destination) : NULL;
}

/* The inner source's route leads back to the host that the packet came from; of an ICMP error, that of who was not reached. */
static bool comes_its_way(struct weft_worker *worker, const struct weft_step *step)
{
	const struct weft_view *view = &step->view;
	struct weft_leaf leaf = weft_route_get(worker->plane, step->vrf_id, view->family, view->key.source);
	const struct weft_nexthop *nexthop =
	    leaf.prefix_len == WEFT_NO_ROUTE ? NULL : weft_nexthop_at(worker->plane, leaf.nexthop_id);

	if (!nexthop)
		return false;
	if (nexthop->type == WEFT_NEXTHOP_ECMP)
		return weft_ecmp_origin(worker->plane, nexthop, WEFT_FROM_FABRIC, step->entry);
	return nexthop->type == WEFT_NEXTHOP_TUNNEL && nexthop->endpoint && nexthop->endpoint->entry == step->entry;
}

/* Out of this port by this route. */
WEFT_HOT_PART bool leaves(struct weft_worker *worker, const struct weft_step *step, const struct weft_vif *vif,
			  const struct weft_route *route, struct weft_way *way)
{
	way->vif = NULL;
	if (!follow(worker, step, route, step->vif_id, way))
		return false;
	if (WEFT_LIKELY(way->nexthop->type == WEFT_NEXTHOP_TUNNEL))
		return way->nexthop->endpoint;
	if (way->nexthop->type != WEFT_NEXTHOP_LOCAL || way->nexthop->endpoint)
		return false;
	way->vif = weft_vif_at(worker->plane, way->nexthop->vif_id);
	return is_plain(way->vif) && way->vif != vif;
}

static bool from_port(struct weft_worker *worker, const struct weft_step *step, const struct weft_vif *vif,
		      struct weft_way *way)
{
	return is_plain(vif) && !weft_service_find(worker->plane, step->vrf_id, &step->view.key) &&
	       leaves(worker, step, vif, route_of(worker, step), way);
}

static bool from_fabric(struct weft_worker *worker, const struct weft_step *step, struct weft_way *way)
{
	if (WEFT_UNLIKELY(step->delivery != NULL)) {
		way->nexthop = step->delivery;
		way->route_flags = WEFT_ROUTE_SAME_NETWORK;
	} else if (weft_service_find(worker->plane, step->vrf_id, &step->view.key) ||
		   !follow(worker, step, route_of(worker, step), WEFT_FROM_FABRIC, way)) {
		return false;
	}
	if (way->nexthop->type != WEFT_NEXTHOP_LOCAL || way->nexthop->endpoint)
		return false;
	way->vif = weft_vif_at(worker->plane, way->nexthop->vif_id);
	return is_plain(way->vif) && comes_its_way(worker, step);
}

bool weft_stateless_way(struct weft_worker *worker, const struct weft_step *step, struct weft_way *way)
{
	way->vif = NULL;
	if (step->vif_id == WEFT_FROM_FABRIC)
		return from_fabric(worker, step, way);
	return from_port(worker, step, weft_vif_at(worker->plane, step->vif_id), way);
}

bool weft_stateless_burst(const struct weft_worker *worker)
{
	const struct weft_vif *vif = worker->vif;
	const struct weft_vrf *vrf = is_plain(vif) ? weft_vrf_at(worker->plane, vif->vrf_id) : NULL;

	return vrf && !weft_get(vrf->services);
}

/* The routes of the burst, and what they lead to, asked for a step ahead of where it is used. */
WEFT_HOT_PART void seek(struct weft_worker *worker, uint32_t count, const struct weft_route **routes)
{
	struct weft_route *const *places[WEFT_BURST_MAX];
	struct weft_nexthop *nexthops[WEFT_BURST_MAX];

	for (uint32_t i = 0; i < count; i++) {
		struct weft_step *step = &worker->steps[i];

		routes[i] = NULL;
		places[i] = NULL;
		if (WEFT_UNLIKELY(!step->packet))
			continue;
		step->candidate = NULL;
		if (WEFT_LIKELY(step->vif_id == worker->vif->vif_id))
			places[i] = weft_fib_find(fib_of(worker, step), step->view.destination, &routes[i]);
		__builtin_prefetch(places[i]);
	}
	for (uint32_t i = 0; i < count; i++) {
		if (!routes[i] && places[i])
			routes[i] = weft_load(*places[i]);
		__builtin_prefetch(routes[i]);
	}
	for (uint32_t i = 0; i < count; i++) {
		nexthops[i] = routes[i] ? weft_nexthop_at(worker->plane, routes[i]->leaf.nexthop_id) : NULL;
		__builtin_prefetch(nexthops[i]);
		__builtin_prefetch((const uint8_t *)nexthops[i] + WEFT_CACHE_LINE);
	}
	for (uint32_t i = 0; i < count; i++) {
		if (WEFT_LIKELY(nexthops[i] != NULL))
			__builtin_prefetch(nexthops[i]->endpoint);
	}
}

WEFT_HOT void weft_stateless_leave(struct weft_worker *worker, uint32_t count)
{
	const struct weft_route *routes[WEFT_BURST_MAX];

	seek(worker, count, routes);
	for (uint32_t i = 0; i < count; i++) {
		struct weft_step *step = &worker->steps[i];
		enum weft_drop reason;
		struct weft_way way;

		if (WEFT_UNLIKELY(!routes[i] || !leaves(worker, step, worker->vif, routes[i], &way)))
			continue;
		if (WEFT_LIKELY(way.vif ? weft_to_port_ready(worker, step, &way) : weft_to_tunnel_ready(worker, step, &way)))
			continue;
		reason = weft_output(worker, step, &way);
		if (WEFT_UNLIKELY(reason))
			weft_step_drop(worker, step, reason);
	}
	weft_leave(worker, count); /* what the routes alone do not say */
}
