/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Ports without policy (WEFT_VIF_STATELESS): between two of them, or one and the fabric, packets go by the routes alone, one by
 * one. What needs a connection has one as at any port: services, floating IPs, pools, ECMP next hops, lookups in another VRF, the
 * plane's own addresses, a port with policy at the other end.
 */
#include "fib.h"
#include "lookup.h"
#include "output_fast.h"
#include "service.h"
#include "worker.h"

/* Nothing is remembered, judged or translated at this port, and its addresses are its own in its VRF. */
static bool is_plain(const struct weft_vif *vif)
{
	return vif && vif->flags & WEFT_VIF_STATELESS && vif->zone == vif->vrf_id && !weft_load(vif->floating);
}

/* By this route, to a tunnel or a port. *way is set; the port is not looked at. */
WEFT_HOT_PART bool follow(struct weft_worker *worker, const struct weft_step *step, const struct weft_route *route,
			  struct weft_way *way)
{
	way->label = route->leaf.label;
	way->route_flags = (uint8_t)route->leaf.flags;
	way->entropy_port = weft_entropy_port(step->hash);
	way->nexthop = weft_nexthop_at(worker->plane, route->leaf.nexthop_id);
	way->vif = NULL;
	if (WEFT_UNLIKELY(!way->nexthop))
		return false;
	if (WEFT_LIKELY(way->nexthop->type == WEFT_NEXTHOP_TUNNEL))
		return way->nexthop->endpoint;
	if (way->nexthop->type != WEFT_NEXTHOP_LOCAL || way->nexthop->endpoint)
		return false;
	way->vif = weft_vif_at(worker->plane, way->nexthop->vif_id);
	return is_plain(way->vif) && way->vif->vif_id != step->vif_id;
}

static const struct weft_route *route_of(struct weft_worker *worker, const struct weft_step *step, const uint8_t *address)
{
	const struct weft_vrf *vrf = weft_vrf_at(worker->plane, step->vrf_id);

	return vrf ? weft_fib_lookup(&vrf->fib[weft_family_slot(step->view.family)], address) : NULL;
}

/* The inner source's route leads back to the host that the packet came from; of an ICMP error, that of who was not reached. */
static bool comes_its_way(struct weft_worker *worker, const struct weft_step *step)
{
	const struct weft_route *route = route_of(worker, step, step->view.key.source);
	const struct weft_nexthop *nexthop = route ? weft_nexthop_at(worker->plane, route->leaf.nexthop_id) : NULL;

	return nexthop && nexthop->type == WEFT_NEXTHOP_TUNNEL && nexthop->endpoint && nexthop->endpoint->entry == step->entry;
}

static bool is_to_service(struct weft_worker *worker, const struct weft_step *step)
{
	return weft_service_has_address(worker->plane, step->vrf_id, step->view.family, step->view.destination);
}

bool weft_stateless_way(struct weft_worker *worker, const struct weft_step *step, struct weft_way *way)
{
	bool fabric = step->vif_id == WEFT_FROM_FABRIC;
	struct weft_route delivery = {.leaf = {.flags = WEFT_ROUTE_SAME_NETWORK}};
	const struct weft_route *route = &delivery;

	if (step->delivery)
		delivery.leaf.nexthop_id = step->delivery->nexthop_id;
	else if (is_to_service(worker, step))
		return false;
	else
		route = route_of(worker, step, step->view.destination);
	if (!route || !follow(worker, step, route, way))
		return false;
	return fabric ? way->vif && comes_its_way(worker, step) : is_plain(weft_vif_at(worker->plane, step->vif_id));
}

bool weft_stateless_burst(const struct weft_worker *worker)
{
	return is_plain(worker->vif) && worker->vrf && !weft_get(worker->vrf->services) && !weft_get(worker->vrf->looked_up);
}

/* The routes of the burst, and what they lead to, asked for a step ahead of where it is used. */
WEFT_HOT_PART void seek(struct weft_worker *worker, uint32_t count, const struct weft_route **routes)
{
	struct weft_route *const **places = worker->places;

	for (uint32_t i = 0; i < count; i++) {
		struct weft_step *step = &worker->steps[i];

		routes[i] = NULL;
		places[i] = NULL;
		if (WEFT_UNLIKELY(!step->packet))
			continue;
		step->candidate = NULL;
		if (WEFT_LIKELY(step->vif_id == worker->vif->vif_id))
			places[i] = weft_fib_find(&worker->vrf->fib[weft_family_slot(step->view.family)], step->view.destination,
						  &routes[i]);
		__builtin_prefetch(places[i]);
	}
	for (uint32_t i = 0; i < count; i++) {
		if (!routes[i] && places[i])
			routes[i] = weft_load(*places[i]);
		__builtin_prefetch(routes[i]);
	}
	for (uint32_t i = 0; i < count; i++) {
		const struct weft_nexthop *nexthop =
			routes[i] ? weft_nexthop_at(worker->plane, routes[i]->leaf.nexthop_id) : NULL;

		__builtin_prefetch(nexthop);
		__builtin_prefetch((const uint8_t *)nexthop + WEFT_CACHE_LINE);
	}
	for (uint32_t i = 0; i < count; i++) {
		const struct weft_nexthop *nexthop =
			routes[i] ? weft_nexthop_at(worker->plane, routes[i]->leaf.nexthop_id) : NULL;

		if (WEFT_LIKELY(nexthop != NULL))
			__builtin_prefetch(nexthop->endpoint);
	}
}

WEFT_HOT void weft_stateless_leave(struct weft_worker *worker, uint32_t count)
{
	const struct weft_route **routes = worker->routes;

	seek(worker, count, routes);
	for (uint32_t i = 0; i < count; i++) {
		struct weft_step *step = &worker->steps[i];
		enum weft_drop reason;
		struct weft_way way;

		if (WEFT_UNLIKELY(!step->packet))
			continue;
		if (WEFT_UNLIKELY(!routes[i] || !follow(worker, step, routes[i], &way))) {
			weft_leave_one(worker, step);
			continue;
		}
		if (WEFT_LIKELY(way.vif ? weft_to_port_ready(worker, step, &way) : weft_to_tunnel_ready(worker, step, &way)))
			continue;
		reason = weft_output(worker, step, &way);
		if (WEFT_UNLIKELY(reason))
			weft_step_drop(worker, step, reason);
	}
}
