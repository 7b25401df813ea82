/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What an initiator's packet is translated to. Set-up and re-evaluation only. */
#include "worker.h"

static bool is_icmp(const struct weft_connection_key *key)
{
	return key->protocol == WEFT_PROTOCOL_ICMP || key->protocol == WEFT_PROTOCOL_ICMPV6;
}

static bool has_ports(const struct weft_connection_key *key)
{
	return key->protocol == WEFT_PROTOCOL_TCP || key->protocol == WEFT_PROTOCOL_UDP || key->protocol == WEFT_PROTOCOL_SCTP;
}

/* The identifier of an echo is a port of its sender. */
static bool has_source_port(const struct weft_connection_key *key)
{
	return has_ports(key) || (is_icmp(key) && weft_icmp_has_identifier(key->family, (uint8_t)key->destination_port));
}

void weft_translation_begin(struct weft_worker *worker, const struct weft_connection_key *key, uint32_t vrf_id,
			    const struct weft_connection *keep)
{
	struct weft_translation *translation = &worker->translation;

	memset(translation, 0, sizeof(*translation));
	translation->key = *key;
	translation->vrf_id = vrf_id;
	translation->keep = keep;
}

void weft_translation_note_stamps(struct weft_worker *worker, const struct weft_connection_key *key)
{
	struct weft_translation *translation = &worker->translation;

	translation->stamps[0] = weft_route_stamp(worker->plane, translation->vrf_id, key->family, key->destination);
	translation->stamps[1] =
	    weft_route_stamp(worker->plane, translation->vrf_id, key->family, translation->key.destination);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
}

void weft_translate_to(struct weft_worker *worker, uint32_t vrf_id, const uint8_t address[16], uint16_t port)
{
	struct weft_translation *translation = &worker->translation;

	translation->made = true;
	translation->vrf_id = vrf_id;
	memcpy(translation->key.destination, address, 16);
	if (has_ports(&translation->key))
		translation->key.destination_port = port;
}

void weft_translate_from(struct weft_worker *worker, const uint8_t address[16], uint16_t port)
{
	struct weft_translation *translation = &worker->translation;

	translation->made = true;
	translation->source = true;
	memcpy(translation->source_address, address, 16);
	translation->source_port = has_source_port(&translation->key) ? port : translation->key.source_port;
}

struct weft_connection_key weft_translation_answers(const struct weft_translation *translation)
{
	const struct weft_connection_key *key = &translation->key;
	struct weft_connection_key answers = *key;
	uint16_t source_port = translation->source ? translation->source_port : key->source_port;

	memcpy(answers.source, key->destination, 16);
	memcpy(answers.destination, translation->source ? translation->source_address : key->source, 16);
	if (is_icmp(key)) {
		answers.source_port = source_port;
	} else {
		answers.source_port = key->destination_port;
		answers.destination_port = source_port;
	}
	return answers;
}

uint32_t weft_translation_stamp(struct weft_plane *plane, const struct weft_connection *direction)
{
	const struct weft_connection *other = weft_connection_reverse(plane, direction);
	const struct weft_connection *forward = weft_get(direction->flags) & WEFT_CONNECTION_INITIATOR ? direction : other;
	const struct weft_connection *answers = forward == direction ? other : direction;
	const struct weft_connection_key *key = &forward->key;

	return weft_nat_stamp(plane) + weft_route_stamp(plane, weft_get(forward->vrf_id), key->family, key->source) +
	       weft_route_stamp(plane, weft_get(forward->vrf_id), key->family, key->destination) +
	       weft_route_stamp(plane, weft_get(answers->vrf_id), key->family, key->destination) +
	       weft_route_stamp(plane, weft_get(answers->vrf_id), key->family, answers->key.source);
}

/* ---- source pools ---- */

/* The port, or an echo's identifier, that answers come back to. */
static uint16_t answers_port(const struct weft_connection_key *answers)
{
	return is_icmp(answers) ? answers->source_port : answers->destination_port;
}

enum weft_drop weft_translate_from_pool(struct weft_worker *worker, uint32_t nat_pool_id)
{
	struct weft_nat_pool *pool = weft_nat_pool_get(worker->plane, nat_pool_id);
	struct weft_translation *translation = &worker->translation;
	const struct weft_connection *keep = translation->keep;

	if (!pool || weft_nat_pool_family(pool) != translation->key.family)
		return WEFT_DROP_NAT_NO_POOL;
	if (keep && weft_nat_pool_has(pool, &keep->key, keep->vrf_id)) {
		weft_translate_from(worker, keep->key.destination, answers_port(&keep->key));
		translation->held = has_source_port(&keep->key);
		return WEFT_DROP_NONE;
	}
	translation->made = true;
	translation->source = true;
	translation->source_port = translation->key.source_port;
	translation->pool = pool;
	return WEFT_DROP_NONE;
}

enum weft_drop weft_nat_take(struct weft_worker *worker, uint32_t hash, uint32_t attempt)
{
	struct weft_translation *translation = &worker->translation;

	/* ports and the first bits of a hash: no order that a stranger could guess (RFC 6056) */
	if (!weft_nat_pool_take(translation->pool, worker->index, &translation->key, (hash >> 7) + attempt,
				translation->source_address, &translation->source_port, &translation->held))
		return WEFT_DROP_NAT_EXHAUSTED;
	return WEFT_DROP_NONE;
}

/* Under the pair's lock: whoever removes it from here on gives no port back. */
static void disown_port(struct weft_plane *plane, struct weft_connection *pair)
{
	struct weft_connection *other = weft_connection_reverse(plane, pair);

	weft_connection_lock(plane, pair);
	weft_put(pair->flags, pair->flags & ~WEFT_CONNECTION_POOL_PORT);
	weft_put(other->flags, other->flags & ~WEFT_CONNECTION_POOL_PORT);
	weft_connection_unlock(plane, pair);
}

/* The pool's port that these answers come back to is the pair's. */
static bool has_port_of(struct weft_plane *plane, const struct weft_connection *pair, const struct weft_connection *answers)
{
	const struct weft_connection_key *key = &answers->key;
	struct weft_connection own;

	weft_connection_copy(weft_get(pair->flags) & WEFT_CONNECTION_INITIATOR ? weft_connection_reverse(plane, pair) : pair,
			     &own);
	return (own.flags & WEFT_CONNECTION_POOL_PORT) && own.vrf_id == answers->vrf_id && own.key.protocol == key->protocol &&
	       !memcmp(own.key.destination, key->destination, 16) && answers_port(&own.key) == answers_port(key);
}

void weft_nat_remove(struct weft_worker *worker, struct weft_connection *connection)
{
	const struct weft_connection *answers = &worker->pair[1];
	bool held = worker->translation.held;

	/* not through the pool: another worker could take the port before worker->pair has it */
	if (held && has_port_of(worker->plane, connection, answers))
		disown_port(worker->plane, connection);
	weft_connection_remove(worker->plane, connection);
	worker->removed = true;
	if (held) /* another thread may have been first to remove it */
		weft_nat_pool_hold(worker->plane, &answers->key, answers->vrf_id);
}

/* ---- floating IPs ---- */

/* The port that `port` is mapped to, from the fixed address (outward) or to it. False: it is not mapped. */
static bool map_port(const struct weft_floating_ip *floating, const struct weft_connection_key *key, bool outward,
		     uint16_t port, uint16_t *mapped)
{
	*mapped = port;
	if (!floating->mapping_count)
		return true;
	for (uint32_t i = 0; has_ports(key) && i < floating->mapping_count; i++) {
		const struct weft_port_mapping *mapping = &floating->mappings[i];
		uint16_t from = outward ? mapping->fixed_port : mapping->port,
			 to = outward ? mapping->port : mapping->fixed_port;

		if (mapping->protocol != key->protocol || port < from || port - from >= mapping->count)
			continue;
		*mapped = (uint16_t)(to + (port - from));
		return true;
	}
	return false;
}

/* What the port may leave as with this packet, and the match that the floating IP's VRF has for the destination. */
static bool may_leave(struct weft_worker *worker, const struct weft_floating_ip *floating, uint16_t *port, int *match)
{
	const struct weft_connection_key *key = &worker->translation.key;
	struct weft_leaf leaf;

	if (!(floating->flags & WEFT_FLOATING_IP_EGRESS) || floating->family != key->family ||
	    memcmp(floating->fixed_address, key->source, 16) || !map_port(floating, key, true, key->source_port, port))
		return false;
	leaf = weft_route_get(worker->plane, floating->vrf_id, key->family, key->destination);
	*match = leaf.prefix_len;
	return leaf.prefix_len != WEFT_NO_ROUTE;
}

/*
 * The longest match decides, the port's own VRF first among equals, then the order of the list. A connection keeps what it has:
 * the floating address while it may leave as that, its own while its VRF has a route.
 */
static const struct weft_floating_ip *choose_floating(struct weft_worker *worker, const struct weft_floating_ips *list,
						      int own_match, uint16_t *port)
{
	const struct weft_connection *keep = worker->translation.keep;
	const struct weft_floating_ip *best = NULL;
	int longest = own_match;

	if (keep && own_match >= 0 && !memcmp(keep->key.destination, worker->translation.key.source, 16))
		return NULL;
	for (uint32_t i = 0; i < list->count; i++) {
		const struct weft_floating_ip *floating = list->items[i];
		uint16_t mapped;
		int match;

		if (!may_leave(worker, floating, &mapped, &match))
			continue;
		if (keep && !memcmp(keep->key.destination, floating->floating_address, 16)) {
			*port = mapped;
			return floating;
		}
		if (match <= longest)
			continue;
		longest = match;
		best = floating;
		*port = mapped;
	}
	return best;
}

enum weft_drop weft_nat_leave(struct weft_worker *worker, const struct weft_leaf *leaf, const struct weft_nexthop *nexthop,
			      bool *again)
{
	struct weft_translation *translation = &worker->translation;
	const struct weft_floating_ips *list = translation->initiator_floating;
	const struct weft_floating_ip *floating;
	uint16_t port = 0;

	*again = false;
	if (list) {
		floating = choose_floating(worker, list, leaf->prefix_len == WEFT_NO_ROUTE ? -1 : leaf->prefix_len, &port);
		if (floating) {
			*again = true;
			translation->vrf_id = floating->vrf_id;
			weft_translate_from(worker, floating->floating_address, port);
			return WEFT_DROP_NONE;
		}
	}
	if (!nexthop || nexthop->type != WEFT_NEXTHOP_VRF)
		return WEFT_DROP_NONE;
	*again = true;
	translation->made = true;
	translation->vrf_id = nexthop->vrf_id;
	return nexthop->nat_pool_id ? weft_translate_from_pool(worker, nexthop->nat_pool_id) : WEFT_DROP_NONE;
}

/* The floating IP that the packet is to: of the VRF where it was looked up, or else of any. */
static const struct weft_floating_ip *find_floating(const struct weft_floating_ips *list,
						    const struct weft_translation *translation, enum weft_drop *reason,
						    uint16_t *port)
{
	const struct weft_connection_key *key = &translation->key;

	for (uint32_t pass = 0; pass < 2; pass++) {
		for (uint32_t i = 0; i < list->count; i++) {
			const struct weft_floating_ip *floating = list->items[i];

			if (floating->family != key->family || memcmp(floating->floating_address, key->destination, 16) ||
			    (floating->vrf_id == translation->vrf_id) != (pass == 0))
				continue;
			if (!map_port(floating, key, false, key->destination_port, port)) {
				*reason = WEFT_DROP_NAT_NOT_MAPPED;
				continue;
			}
			*reason = floating->flags & WEFT_FLOATING_IP_INGRESS ? WEFT_DROP_NONE : WEFT_DROP_NAT_DIRECTION;
			return floating;
		}
	}
	return NULL;
}

enum weft_drop weft_nat_enter(struct weft_worker *worker)
{
	struct weft_translation *translation = &worker->translation;
	const struct weft_floating_ips *list = translation->destination_floating;
	enum weft_drop reason = WEFT_DROP_NONE;
	const struct weft_floating_ip *floating;
	bool stamped = translation->made;
	uint16_t port = 0;

	floating = find_floating(list, translation, &reason, &port);
	if (!floating || reason)
		return reason;
	if (!stamped) { /* in the packet's VRF, whose own stamps cover the route: what is read now only has to agree later */
		struct weft_connection_key key = translation->key;

		weft_translate_to(worker, translation->vrf_id, floating->fixed_address, port);
		weft_translation_note_stamps(worker, &key);
		return WEFT_DROP_NONE;
	}
	weft_translate_to(worker, translation->vrf_id, floating->fixed_address, port);
	translation->stamps[2] =
	    weft_route_stamp(worker->plane, translation->vrf_id, translation->key.family, translation->key.destination);
	return WEFT_DROP_NONE;
}

void weft_nat_deliver(struct weft_step *step, const struct weft_vif *vif)
{
	const struct weft_floating_ips *list = weft_load(vif->floating);
	const struct weft_view *view = &step->view;

	for (uint32_t i = 0; list && i < list->count; i++) {
		const struct weft_floating_ip *floating = list->items[i];

		if (floating->family != view->family || memcmp(floating->floating_address, view->destination, 16))
			continue;
		step->vrf_id = floating->vrf_id;
		step->view.key.zone = floating->vrf_id;
		return;
	}
}
