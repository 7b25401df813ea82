/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The slow path: what a connection's first packet decides, and decides again when a stamp says that the answer may have
 * changed. A re-evaluation always uses the initiator's tuple, whichever direction's packet asked for it.
 */
#include "worker.h"

#define POOL_ATTEMPTS 8u /* ports that may be found in use by another connection to the same end, one after another */

/* The question: where does the initiator's packet go, and how does the answer come back? */
struct question {
	const struct weft_connection_key *key; /* the initiator's */
	uint32_t vif_id;		       /* port it entered by, or WEFT_FROM_FABRIC */
	uint32_t entry;			       /* weft_endpoint.entry */
	uint32_t vrf_id;
	struct weft_nexthop *delivery;	    /* LOCAL next hop of the fabric's label, or NULL */
	bool strict;			    /* the initiator's own packet: it must come from where its route points */
	uint32_t keep_ecmp, keep_member;    /* what the connection goes by now; keep_member 0: nothing */
	const struct weft_connection *keep; /* its answers' direction, or NULL: a new one */
};

struct side {
	struct weft_leaf leaf;
	struct weft_nexthop *nexthop; /* NULL: none */
	struct weft_vif *vif;	      /* LOCAL */
	struct weft_nexthop *ecmp;    /* `nexthop` is of one of its members, or NULL */
	uint32_t member_id;
};

static struct side look_up(struct weft_worker *worker, uint32_t vrf_id, uint8_t family, const uint8_t *address)
{
	struct side side = {.leaf = weft_route_get(worker->plane, vrf_id, family, address)};

	if (side.leaf.prefix_len != WEFT_NO_ROUTE)
		side.nexthop = weft_nexthop_get(worker->plane, side.leaf.nexthop_id);
	if (side.nexthop && side.nexthop->type == WEFT_NEXTHOP_LOCAL)
		side.vif = weft_vif_get(worker->plane, side.nexthop->vif_id);
	return side;
}

/* The side goes by this member. NULL: by none of the ECMP next hop's. */
static void settle(struct weft_worker *worker, struct side *side, const struct weft_nexthop_member *member)
{
	side->ecmp = side->nexthop;
	side->nexthop = member ? weft_nexthop_get(worker->plane, member->nexthop_id) : NULL;
	side->vif = NULL;
	if (!member)
		return;
	side->member_id = member->member_id;
	side->leaf.label = member->label;
	if (side->nexthop && side->nexthop->type == WEFT_NEXTHOP_LOCAL)
		side->vif = weft_vif_get(worker->plane, side->nexthop->vif_id);
}

static bool is_ecmp(const struct side *side)
{
	return side->nexthop && side->nexthop->type == WEFT_NEXTHOP_ECMP;
}

/* Of several places with the initiator's address, the one that this packet came from; for an answer's packet also any other. */
static void settle_source(struct weft_worker *worker, const struct question *question, struct side *side)
{
	const struct weft_nexthop_member *member =
	    weft_ecmp_origin(worker->plane, side->nexthop, question->vif_id, question->entry);

	if (!member && !question->strict)
		member = weft_ecmp_choose(worker->plane, side->nexthop,
					  weft_ecmp_hash(worker->plane, side->nexthop, question->key), 0, WEFT_FROM_ANYWHERE);
	settle(worker, side, member);
}

static void settle_destination(struct weft_worker *worker, const struct question *question, struct side *side)
{
	uint32_t keep = question->keep_ecmp == side->nexthop->nexthop_id ? question->keep_member : 0;

	settle(worker, side,
	       weft_ecmp_choose(worker->plane, side->nexthop, weft_ecmp_hash(worker->plane, side->nexthop, question->key), keep,
				question->vif_id));
}

/* Of the routes to a key's two addresses. */
struct stamps {
	uint32_t source, destination;
};

static struct stamps stamps_of(struct weft_worker *worker, uint32_t vrf_id, const struct weft_connection_key *key)
{
	return (struct stamps){weft_route_stamp(worker->plane, vrf_id, key->family, key->source),
			       weft_route_stamp(worker->plane, vrf_id, key->family, key->destination)};
}

static void note_ecmp(struct weft_connection *direction, const struct side *side)
{
	if (!side->ecmp)
		return;
	direction->flags |= WEFT_CONNECTION_VIA_ECMP;
	direction->ecmp_id = side->ecmp->nexthop_id;
	direction->member_id = side->member_id;
}

static bool is_tunnel(const struct side *side)
{
	return side->nexthop && side->nexthop->type == WEFT_NEXTHOP_TUNNEL && side->nexthop->endpoint;
}

/* Its route does not say that the initiator is elsewhere. A port with a zone of its own shares its address: the route says
 * nothing. */
static bool stays(const struct weft_vif *vif, const struct side *source)
{
	if (vif->zone != vif->vrf_id)
		return true;
	return !is_tunnel(source) && (!source->vif || source->vif == vif);
}

/* Where the initiator is: question->vif_id or ->entry is confirmed, or (not strict) follows the route. */
static enum weft_drop locate_initiator(struct weft_worker *worker, struct question *question, const struct side *source,
				       struct weft_vif **vif)
{
	*vif = NULL;
	if (question->vif_id != WEFT_FROM_FABRIC) {
		*vif = weft_vif_get(worker->plane, question->vif_id);
		if (*vif && (question->strict || stays(*vif, source)))
			return WEFT_DROP_NONE;
	} else if (is_tunnel(source) && source->nexthop->endpoint->entry == question->entry) {
		return WEFT_DROP_NONE;
	}
	if (question->strict)
		return WEFT_DROP_SOURCE_MISMATCH;
	question->entry = 0;
	if (is_tunnel(source)) {
		question->vif_id = WEFT_FROM_FABRIC;
		question->entry = source->nexthop->endpoint->entry;
		*vif = NULL;
		return WEFT_DROP_NONE;
	}
	*vif = source->vif;
	if (!*vif)
		return WEFT_DROP_SOURCE_MISMATCH;
	question->vif_id = source->vif->vif_id;
	return WEFT_DROP_NONE;
}

static bool is_uplink(struct weft_worker *worker, uint32_t vif_id)
{
	const struct weft_vif *vif = weft_vif_get(worker->plane, vif_id);

	return vif && vif->type == WEFT_VIF_PHYSICAL;
}

/* `mirrored`: the packet's source is translated, so that it may go back where it came from. */
static enum weft_drop check_destination(struct weft_worker *worker, const struct question *question,
					const struct side *destination, bool mirrored)
{
	if (destination->leaf.prefix_len == WEFT_NO_ROUTE)
		return WEFT_DROP_NO_ROUTE;
	if (!destination->nexthop)
		return destination->ecmp ? WEFT_DROP_NO_LIVE_MEMBER : WEFT_DROP_INVALID_NEXTHOP;
	switch (destination->nexthop->type) {
	case WEFT_NEXTHOP_DISCARD:
		return WEFT_DROP_DISCARD;
	case WEFT_NEXTHOP_RECEIVE:
		return WEFT_DROP_NO_RECEIVER;
	case WEFT_NEXTHOP_LOCAL:
		if (!destination->vif)
			return WEFT_DROP_INVALID_VIF;
		if (destination->vif->type == WEFT_VIF_PHYSICAL && is_uplink(worker, question->vif_id))
			return WEFT_DROP_NOT_FOR_US; /* the plane is no router between uplinks */
		return destination->vif->vif_id == question->vif_id && !mirrored ? WEFT_DROP_SAME_PORT : WEFT_DROP_NONE;
	case WEFT_NEXTHOP_TUNNEL:
		if (!destination->nexthop->endpoint)
			return WEFT_DROP_INVALID_NEXTHOP;
		return question->vif_id == WEFT_FROM_FABRIC ? WEFT_DROP_TUNNEL_TO_TUNNEL : WEFT_DROP_NONE;
	default:
		return WEFT_DROP_INVALID_NEXTHOP;
	}
}

/* By the routes of translation->vrf_id, or of the VRF that those, or a floating IP of the initiator's port, lead to. */
static enum weft_drop route_destination(struct weft_worker *worker, const struct question *question, struct side *destination)
{
	struct weft_translation *translation = &worker->translation;
	const struct weft_connection_key *key = &translation->key;
	enum weft_drop reason = WEFT_DROP_NONE;
	bool again = false;

	*destination = look_up(worker, translation->vrf_id, key->family, key->destination);
	if (WEFT_LIKELY(!translation->made))
		reason = weft_nat_leave(worker, &destination->leaf, destination->nexthop, &again);
	if (WEFT_UNLIKELY(again)) {
		weft_translation_note_stamps(worker, question->key);
		*destination = look_up(worker, translation->vrf_id, key->family, key->destination);
	}
	if (WEFT_UNLIKELY(is_ecmp(destination)))
		settle_destination(worker, question, destination);
	return reason;
}

/* Where the packet goes, and as what. */
static enum weft_drop find_destination(struct weft_worker *worker, const struct question *question,
				       const struct weft_vif *initiator, struct side *destination)
{
	struct weft_translation *translation = &worker->translation;
	enum weft_drop reason = WEFT_DROP_NONE;
	bool service;

	weft_translation_begin(worker, question->key, question->vrf_id, question->keep);
	if (initiator)
		translation->initiator_floating = weft_load(initiator->floating);
	if (!question->delivery)
		reason = weft_service_translate(worker);
	if (WEFT_UNLIKELY(reason))
		return reason;
	service = translation->made;
	if (WEFT_UNLIKELY(service))
		weft_translation_note_stamps(worker, question->key);
	if (question->delivery)
		*destination = (struct side){.leaf = {.label = WEFT_LABEL_NONE, .flags = WEFT_ROUTE_SAME_NETWORK},
					     .nexthop = question->delivery,
					     .vif = weft_vif_get(worker->plane, question->delivery->vif_id)};
	else
		reason = route_destination(worker, question, destination);
	if (destination->vif)
		translation->destination_floating = weft_load(destination->vif->floating);
	if (WEFT_UNLIKELY(!reason && translation->destination_floating && !service))
		reason = weft_nat_enter(worker);
	return reason ? reason : check_destination(worker, question, destination, translation->source);
}

static void fill_forward(struct weft_connection *forward, const struct question *question, const struct side *destination)
{
	forward->key = *question->key;
	forward->flags = WEFT_CONNECTION_INITIATOR | (question->delivery ? WEFT_CONNECTION_BY_LABEL : 0);
	forward->vif_id = question->vif_id;
	forward->entry_endpoint = question->entry;
	forward->vrf_id = question->vrf_id;
	forward->nexthop_id = destination->nexthop->nexthop_id;
	forward->label = destination->nexthop->type == WEFT_NEXTHOP_TUNNEL ? destination->leaf.label : WEFT_LABEL_NONE;
	forward->route_flags = (uint8_t)destination->leaf.flags;
	note_ecmp(forward, destination);
}

/* The answers: they enter where the destination is and leave by the path the first packet came by. */
static void fill_reverse(struct weft_worker *worker, struct weft_connection *reverse, const struct weft_connection *forward,
			 const struct side *source, const struct side *destination, const struct weft_vif *initiator,
			 struct stamps *stamps)
{
	const struct weft_connection_key *key = &forward->key;

	reverse->key = weft_translation_answers(&worker->translation);
	reverse->vif_id = WEFT_FROM_FABRIC;
	reverse->vrf_id = forward->vrf_id;
	if (destination->vif) {
		reverse->key.zone = destination->vif->zone;
		reverse->vif_id = destination->vif->vif_id;
		reverse->vrf_id = destination->vif->vrf_id;
	} else {
		reverse->entry_endpoint = destination->nexthop->endpoint->entry;
	}
	reverse->label = WEFT_LABEL_NONE;
	reverse->route_flags = source->leaf.prefix_len == WEFT_NO_ROUTE ? WEFT_ROUTE_SAME_NETWORK : (uint8_t)source->leaf.flags;
	if (reverse->vrf_id != forward->vrf_id && !worker->translation.made) {
		struct weft_leaf back;

		*stamps = stamps_of(worker, reverse->vrf_id, &reverse->key);
		back = weft_route_get(worker->plane, reverse->vrf_id, key->family, key->source);
		reverse->route_flags = back.prefix_len == WEFT_NO_ROUTE ? 0 : (uint8_t)back.flags;
	}
	if (!initiator) {
		reverse->nexthop_id = source->nexthop->nexthop_id;
		reverse->label = source->leaf.label;
		note_ecmp(reverse, source);
	} else if (source->vif == initiator ||
		   (source->vif && initiator->type == WEFT_VIF_PHYSICAL && source->vif->type == WEFT_VIF_PHYSICAL)) {
		reverse->nexthop_id = source->nexthop->nexthop_id;
		note_ecmp(reverse, source);
	} else {
		reverse->flags |= WEFT_CONNECTION_TO_VIF;
		reverse->label = initiator->vif_id;
	}
}

/*
 * What a translation changes in the pair. The answers' VRF is the one where the destination was looked up; between VRFs the
 * packet takes a hop, whatever a route says. Of the stamps one is left, weft_translation_stamp's.
 */
static void apply_translation(struct weft_worker *worker, const struct side *destination, struct stamps *stamps)
{
	struct weft_connection *forward = &worker->pair[0], *reverse = &worker->pair[1];
	const struct weft_translation *translation = &worker->translation;
	uint32_t flags = WEFT_CONNECTION_TRANSLATED | (translation->held ? WEFT_CONNECTION_POOL_PORT : 0);

	if (translation->vrf_id != forward->vrf_id || reverse->vrf_id != forward->vrf_id) {
		forward->route_flags &= (uint8_t)~WEFT_ROUTE_SAME_NETWORK;
		reverse->route_flags &= (uint8_t)~WEFT_ROUTE_SAME_NETWORK;
	}
	if (!destination->vif && translation->source)
		reverse->key.zone = translation->vrf_id;
	reverse->of_pair[WEFT_PAIR_SERVICE] = translation->service_id;
	reverse->of_pair[WEFT_PAIR_BACKEND] = translation->backend_id;
	forward->flags |= flags;
	reverse->flags |= flags;
	reverse->vrf_id = translation->vrf_id;
	stamps->source += stamps->destination + translation->stamps[0] + translation->stamps[1] + translation->stamps[2];
	stamps->destination = 0;
}

/* After the ports' stamps were read: what was read of them before is still so, else the pair must not seem fresh. */
static void confirm_floating(struct weft_worker *worker, const struct weft_vif *initiator, const struct weft_vif *destination)
{
	const struct weft_translation *translation = &worker->translation;

	if (WEFT_LIKELY((!initiator || weft_load(initiator->floating) == translation->initiator_floating) &&
			(!destination || weft_load(destination->floating) == translation->destination_floating)))
		return;
	worker->pair[0].flags |= WEFT_CONNECTION_UNSTAMPED;
	worker->pair[1].flags |= WEFT_CONNECTION_UNSTAMPED;
}

/*
 * Asks the sets of the port that opens, then those of the port it opens to. Each port looks at the other end from its own VRF;
 * of itself it knows its own identity. Of a translated connection the initiator's VRF tells who opens. The pair's stamps are in
 * place: what changes from here on makes it stale.
 */
static enum weft_drop judge(struct weft_worker *worker, const struct side *source, const struct side *destination,
			    const struct weft_vif *initiator)
{
	struct weft_connection *forward = &worker->pair[0], *reverse = &worker->pair[1];
	struct weft_opening opening = {.key = &worker->translation.key};
	enum weft_drop reason = WEFT_DROP_NONE;

	opening.source_identity = initiator ? initiator->identity_id : source->leaf.identity_id;
	opening.destination_identity = destination->leaf.identity_id;
	worker->verdict_count = 0;
	if (initiator)
		reason = weft_judge(worker, initiator, true, &opening);
	if (destination->vif) {
		opening.destination_identity = destination->vif->identity_id;
		if (!initiator && reverse->vrf_id != forward->vrf_id && !worker->translation.made) {
			const struct weft_connection_key *key = &forward->key;

			opening.source_identity =
			    weft_route_get(worker->plane, reverse->vrf_id, key->family, key->source).identity_id;
			forward->flags |= WEFT_CONNECTION_UNSTAMPED; /* its stamps are of the other VRF */
		}
		if (!reason)
			reason = weft_judge(worker, destination->vif, false, &opening);
	}
	forward->identity = opening.source_identity;
	reverse->identity = opening.destination_identity;
	return reason;
}

static bool wants_strict(const struct weft_vif *vif)
{
	return vif && (vif->flags & WEFT_VIF_STRICT_TCP);
}

/* Before the policy is asked. */
static void mark(struct weft_worker *worker, const struct weft_vif *initiator, const struct weft_vif *destination)
{
	uint32_t identities = weft_identities_word(worker->plane);
	uint32_t in = initiator ? weft_vif_stamp(initiator) : 0, out = destination ? weft_vif_stamp(destination) : 0;

	worker->pair[0].policy = weft_policy_mark(identities, in, out);
	worker->pair[1].policy = weft_policy_mark(identities, out, in);
}

/* Fills worker->pair from the tables as they are now, or says why the packet cannot pass. POLICY: the pair is filled all the
 * same. */
static enum weft_drop evaluate(struct weft_worker *worker, struct question *question)
{
	struct weft_connection *forward = &worker->pair[0], *reverse = &worker->pair[1];
	const struct weft_connection_key *key = question->key;
	/* stamps before lookups: a change between the two makes the answer stale, never the other way round */
	struct stamps stamps = stamps_of(worker, question->vrf_id, key), back;
	struct side source, destination;
	struct weft_vif *initiator;
	enum weft_drop reason;

	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	source = look_up(worker, question->vrf_id, key->family, key->source);
	if (WEFT_UNLIKELY(is_ecmp(&source)))
		settle_source(worker, question, &source);
	reason = locate_initiator(worker, question, &source, &initiator);
	if (reason)
		return reason;
	reason = find_destination(worker, question, initiator, &destination);
	if (reason)
		return reason;
	memset(worker->pair, 0, sizeof(worker->pair));
	fill_forward(forward, question, &destination);
	back = (struct stamps){stamps.destination, stamps.source};
	fill_reverse(worker, reverse, forward, &source, &destination, initiator, &back);
	if (WEFT_UNLIKELY(worker->translation.made)) {
		apply_translation(worker, &destination, &stamps);
		back = stamps;
	}
	if (WEFT_UNLIKELY(worker->translation.service_id))
		reason = weft_service_settle_port(worker);
	if (WEFT_UNLIKELY(reason))
		return reason;
	if (!memcmp(&forward->key, &reverse->key, sizeof(forward->key)))
		return WEFT_DROP_SAME_PORT; /* it would be its own answer */
	if (wants_strict(initiator) || wants_strict(destination.vif)) {
		forward->flags |= WEFT_CONNECTION_STRICT;
		reverse->flags |= WEFT_CONNECTION_STRICT;
	}
	forward->stamp =
	    weft_stamp(initiator, destination.vif, stamps.source, stamps.destination, destination.nexthop, destination.ecmp);
	reverse->stamp =
	    reverse->flags & WEFT_CONNECTION_TO_VIF
		? weft_stamp(destination.vif, initiator, back.source, back.destination, NULL, NULL)
		: weft_stamp(destination.vif, initiator, back.source, back.destination, source.nexthop, source.ecmp);
	if (destination.vif && destination.leaf.identity_id != destination.vif->identity_id) {
		forward->flags |= WEFT_CONNECTION_ROUTE_IDENTITY;
		reverse->flags |= WEFT_CONNECTION_ROUTE_IDENTITY;
	}
	mark(worker, initiator, destination.vif);
	confirm_floating(worker, initiator, destination.vif);
	forward->entropy_port = weft_entropy_port(weft_connection_hash(worker->plane, &forward->key));
	reverse->entropy_port = weft_entropy_port(weft_connection_hash(worker->plane, &reverse->key));
	return judge(worker, &source, &destination, initiator);
}

/* The answers' destination out of the pool, and what follows from it. */
static enum weft_drop take_source(struct weft_worker *worker, uint32_t attempt)
{
	struct weft_connection *forward = &worker->pair[0], *reverse = &worker->pair[1];
	struct weft_connection_key *answers = &reverse->key;
	enum weft_drop reason = weft_nat_take(worker, weft_connection_hash(worker->plane, &forward->key), attempt);
	uint32_t zone = answers->zone, port = worker->translation.held ? WEFT_CONNECTION_POOL_PORT : 0;

	if (reason)
		return reason;
	*answers = weft_translation_answers(&worker->translation);
	answers->zone = zone;
	forward->flags |= port;
	reverse->flags |= port;
	reverse->entropy_port = weft_entropy_port(weft_connection_hash(worker->plane, answers));
	return WEFT_DROP_NONE;
}

/* A pair with the forward key is there. Another worker's, it may be, whose translation is the one that holds. */
static void settle_answers(struct weft_worker *worker, const struct weft_connection *present)
{
	const struct weft_connection *other = weft_connection_reverse(worker->plane, present);
	struct weft_connection *reverse = &worker->pair[1];

	if (WEFT_LIKELY(!(reverse->flags & WEFT_CONNECTION_TRANSLATED)) ||
	    !memcmp(&other->key, &reverse->key, sizeof(reverse->key)))
		return;
	weft_nat_pool_release_pair(worker->plane, worker->pair);
	reverse->key = other->key;
}

/*
 * Puts worker->pair into the table. A stranger under the reverse key (its zone changed) is removed first; one with a pool's
 * port makes it another port. A port of a pool that the pair has is given back when it finds no place.
 */
static enum weft_drop insert_pair(struct weft_worker *worker)
{
	struct weft_connection *forward = &worker->pair[0], *reverse = &worker->pair[1], *present;
	bool pooled = worker->translation.pool;
	uint32_t left = pooled ? POOL_ATTEMPTS : 2;
	enum weft_drop refused;

	for (uint32_t attempt = 0; left--; attempt++) {
		refused = pooled ? take_source(worker, attempt) : WEFT_DROP_NONE;
		if (refused)
			return refused;
		present = weft_connection_insert(worker->plane, worker->index, forward, reverse, &refused);
		if (present) {
			settle_answers(worker, present);
			return WEFT_DROP_NONE;
		}
		if (pooled || refused || !left)
			weft_nat_pool_release_pair(worker->plane, worker->pair);
		if (refused)
			return refused;
		if (pooled || !left)
			continue;
		present =
		    weft_connection_find(worker->plane, &reverse->key, weft_connection_hash(worker->plane, &reverse->key));
		if (present)
			weft_nat_remove(worker, present);
	}
	return pooled ? WEFT_DROP_NAT_EXHAUSTED : WEFT_DROP_CONNECTION_LIMIT;
}

/* The connection of a port that has a zone of its own; step->view.key gets its zone when there is one. */
static struct weft_connection *find_in_zone(struct weft_worker *worker, struct weft_step *step,
					    const struct weft_nexthop *nexthop)
{
	struct weft_vif *vif =
	    nexthop && nexthop->type == WEFT_NEXTHOP_LOCAL ? weft_vif_get(worker->plane, nexthop->vif_id) : NULL;
	struct weft_connection_key key = step->view.key;
	struct weft_connection *found;
	uint32_t hash;

	if (!vif || vif->zone == key.zone)
		return NULL;
	key.zone = vif->zone;
	hash = weft_connection_hash(worker->plane, &key);
	found = weft_connection_find(worker->plane, &key, hash);
	if (found) {
		step->view.key = key;
		step->hash = hash;
	}
	return found;
}

struct weft_connection *weft_connection_find_at_port(struct weft_worker *worker, struct weft_step *step)
{
	const struct weft_connection_key *key = &step->view.key;
	struct weft_connection *found = NULL;
	struct side destination;

	if (step->vif_id != WEFT_FROM_FABRIC || step->delivery)
		return NULL;
	destination = look_up(worker, step->vrf_id, key->family, key->destination);
	if (!is_ecmp(&destination))
		return find_in_zone(worker, step, destination.nexthop);
	for (uint32_t i = 0; i < destination.nexthop->member_count && !found; i++)
		found = find_in_zone(worker, step, weft_nexthop_get(worker->plane, destination.nexthop->members[i].nexthop_id));
	return found;
}

/* The direction enters where this packet did. */
static bool enters(const struct weft_connection *direction, const struct weft_step *step)
{
	return direction->vif_id == step->vif_id && direction->entry_endpoint == step->entry;
}

/* A TCP connection may be older than this plane's, or a port's, knowledge of it. */
static bool may_be_midstream(struct weft_worker *worker, const struct weft_step *step)
{
	const struct weft_vif *from = weft_vif_get(worker->plane, worker->pair[0].vif_id);
	const struct weft_vif *to = weft_vif_get(worker->plane, worker->pair[1].vif_id);

	if (step->view.protocol != WEFT_PROTOCOL_TCP || step->view.fragment == WEFT_FRAGMENT_LATER ||
	    (step->view.tcp_flags & WEFT_TCP_SYN))
		return false;
	return worker->now_ns < weft_plane_midstream_until_ns(worker->plane) ||
	       (from && worker->now_ns < from->midstream_until_ns) || (to && worker->now_ns < to->midstream_until_ns);
}

/*
 * The packet's own direction was denied, with worker->pair filled: when the other end may have opened the connection, this is
 * its answer, and worker->pair becomes the other end's. POLICY: it may not, and the first verdict stands.
 */
static enum weft_drop turn_round(struct weft_worker *worker, const struct weft_step *step)
{
	struct weft_verdict denied = worker->verdicts[0];
	uint32_t denied_count = worker->verdict_count;
	struct weft_connection_key key = worker->pair[1].key, judged = worker->translation.key;
	const struct weft_vif *vif = weft_vif_get(worker->plane, worker->pair[1].vif_id);
	struct question question = {.key = &key,
				    .vif_id = worker->pair[1].vif_id,
				    .entry = worker->pair[1].entry_endpoint,
				    .vrf_id = vif ? vif->vrf_id : worker->pair[1].vrf_id};

	if (evaluate(worker, &question) == WEFT_DROP_NONE && enters(&worker->pair[1], step) &&
	    memcmp(&worker->pair[1].key, &step->view.key, sizeof(key)) == 0)
		return WEFT_DROP_NONE;
	worker->verdicts[0] = denied;
	worker->translation.key = judged; /* written over since */
	worker->verdicts[0].opening.key = &worker->translation.key;
	worker->verdict_count = denied_count;
	return WEFT_DROP_POLICY;
}

/* A connection that follows its state begins with a SYN, or may be older. */
static bool may_open(struct weft_worker *worker, const struct weft_step *step)
{
	const uint8_t begins = WEFT_TCP_SYN | WEFT_TCP_ACK | WEFT_TCP_FIN | WEFT_TCP_RST;

	if (step->view.protocol != WEFT_PROTOCOL_TCP || step->view.fragment == WEFT_FRAGMENT_LATER)
		return true;
	return (step->view.tcp_flags & begins) == WEFT_TCP_SYN || may_be_midstream(worker, step);
}

/* What the first packet says of its direction. */
static void note_first(struct weft_worker *worker, const struct weft_step *step, struct weft_connection *mine)
{
	uint8_t flags = step->view.tcp_flags;

	mine->packets = 1;
	mine->bytes = step->view.l3_bytes;
	worker->pair[0].seen = worker->pair[1].seen = weft_ticks(worker->now_ns);
	if (step->view.protocol != WEFT_PROTOCOL_TCP || step->view.fragment == WEFT_FRAGMENT_LATER)
		return;
	if (!(flags & WEFT_TCP_SYN) || (flags & WEFT_TCP_ACK)) {
		worker->pair[0].flags |= WEFT_CONNECTION_MIDSTREAM;
		worker->pair[1].flags |= WEFT_CONNECTION_MIDSTREAM;
	}
	mine->tcp_state =
	    (uint8_t)((flags & WEFT_TCP_SYN ? WEFT_TCP_STATE_SYN : 0) | (flags & WEFT_TCP_ACK ? WEFT_TCP_STATE_ACK : 0) |
		      (flags & WEFT_TCP_FIN ? WEFT_TCP_STATE_FIN : 0) | (flags & WEFT_TCP_RST ? WEFT_TCP_STATE_RST : 0));
}

/* `mine`: one of worker->pair. */
static enum weft_drop translate(struct weft_worker *worker, struct weft_step *step, const struct weft_connection *mine)
{
	const struct weft_connection *other = &worker->pair[mine == &worker->pair[0]];

	if (WEFT_LIKELY(!(mine->flags & WEFT_CONNECTION_TRANSLATED)))
		return WEFT_DROP_NONE;
	return weft_translate(worker, step, &mine->key, &other->key);
}

enum weft_drop weft_connection_set_up(struct weft_worker *worker, struct weft_step *step, struct weft_way *way)
{
	struct question question = {.key = &step->view.key,
				    .vif_id = step->vif_id,
				    .entry = step->entry,
				    .vrf_id = step->vrf_id,
				    .delivery = step->delivery,
				    .strict = true};
	struct weft_connection *mine = &worker->pair[0];
	enum weft_drop reason;

	if (step->view.kind == WEFT_KIND_ICMP_ERROR)
		return WEFT_DROP_POLICY; /* about a connection that does not exist */
	reason = evaluate(worker, &question);
	if (WEFT_UNLIKELY(reason == WEFT_DROP_NO_RECEIVER || reason == WEFT_DROP_NO_ROUTE))
		reason = weft_trap_destination(worker, step, reason);
	if (WEFT_UNLIKELY(reason == WEFT_DROP_NO_RECEIVER || reason == WEFT_DROP_NO_BACKEND))
		return weft_icmp_answer(worker, step, reason);
	if (!step->packet)
		return WEFT_DROP_NONE;
	if (reason == WEFT_DROP_POLICY && may_be_midstream(worker, step)) {
		reason = turn_round(worker, step);
		mine = reason ? mine : &worker->pair[1];
	}
	if (reason == WEFT_DROP_POLICY)
		weft_judge_commit(worker, step->view.l3_bytes);
	if (reason)
		return reason;
	if (WEFT_UNLIKELY(mine->flags & WEFT_CONNECTION_STRICT) && !may_open(worker, step))
		return WEFT_DROP_CONNECTION_STATE;
	note_first(worker, step, mine);
	reason = weft_connection_resolve(worker, mine, way);
	if (!reason)
		reason = insert_pair(worker);
	if (reason)
		return reason;
	weft_judge_commit(worker, step->view.l3_bytes);
	if (WEFT_UNLIKELY(worker->pair[1].of_pair[WEFT_PAIR_SERVICE]))
		weft_service_opened(worker);
	return translate(worker, step, mine);
}

static bool same_direction(const struct weft_connection *old, const struct weft_connection *new)
{
	uint32_t path = WEFT_CONNECTION_TO_VIF | WEFT_CONNECTION_BY_LABEL | WEFT_CONNECTION_INITIATOR | WEFT_CONNECTION_DENIED |
			WEFT_CONNECTION_UNSTAMPED | WEFT_CONNECTION_VIA_ECMP | WEFT_CONNECTION_TRANSLATED |
			WEFT_CONNECTION_STRICT | WEFT_CONNECTION_ROUTE_IDENTITY;

	return old->nexthop_id == new->nexthop_id && old->label == new->label && old->route_flags == new->route_flags &&
	       old->vif_id == new->vif_id && old->entry_endpoint == new->entry_endpoint && old->vrf_id == new->vrf_id &&
	       old->ecmp_id == new->ecmp_id && old->member_id == new->member_id && old->identity == new->identity &&
	       (old->flags & path) == (new->flags &path);
}

/* Under the pair's lock: stamps only when the answer is the old one, else everything but counters and TCP state. */
static void rewrite(struct weft_connection *old, const struct weft_connection *new)
{
	weft_put(old->stamp, new->stamp);
	weft_put(old->policy, new->policy);
	if (same_direction(old, new))
		return;
	weft_put(old->flags, (old->flags & WEFT_CONNECTION_MIDSTREAM) | new->flags);
	weft_put(old->vif_id, new->vif_id);
	weft_put(old->nexthop_id, new->nexthop_id);
	weft_put(old->label, new->label);
	weft_put(old->route_flags, new->route_flags);
	weft_put(old->entry_endpoint, new->entry_endpoint);
	weft_put(old->identity, new->identity);
	weft_put(old->vrf_id, new->vrf_id);
	weft_put(old->ecmp_id, new->ecmp_id);
	weft_put(old->member_id, new->member_id);
}

/* Policy denies what it had allowed: blocked both ways, each packet asks again. The entry stays, for the answer may change
 * back. */
static void deny(struct weft_worker *worker, struct weft_connection *forward, struct weft_connection *reverse)
{
	if (weft_get(forward->flags) & weft_get(reverse->flags) & WEFT_CONNECTION_DENIED)
		return;
	weft_connection_lock(worker->plane, forward);
	weft_put(forward->flags, forward->flags | WEFT_CONNECTION_DENIED);
	weft_put(reverse->flags, reverse->flags | WEFT_CONNECTION_DENIED);
	weft_connection_unlock(worker->plane, forward);
}

/* The port's zone changed: another key, so another pair with the life of the old one. */
static enum weft_drop replace(struct weft_worker *worker, struct weft_connection *forward,
			      const struct weft_connection *reverse)
{
	const struct weft_connection *old[2] = {forward, reverse};

	for (uint32_t i = 0; i < 2; i++) {
		struct weft_connection *new = &worker->pair[i];

		new->flags |= weft_get(old[i]->flags) & WEFT_CONNECTION_MIDSTREAM;
		if (!worker->pair[1].of_pair[WEFT_PAIR_BACKEND]) { /* the old backend keeps what it counted */
			new->packets = weft_get(old[i]->packets);
			new->bytes = weft_get(old[i]->bytes);
		}
		new->tcp_state = weft_get(old[i]->tcp_state);
		new->seen = weft_ticks(worker->now_ns);
	}
	weft_nat_remove(worker, forward);
	return insert_pair(worker);
}

/* Not only the zone differs: the answer came to an address or from one that the connection has no more. */
static bool is_another(const struct weft_connection_key *old, const struct weft_connection_key *new)
{
	struct weft_connection_key same = *old;

	same.zone = new->zone;
	return memcmp(&same, new, sizeof(same)) != 0;
}

/* The initiator's question, as it was asked first, or as its own packet asks it now. */
static struct question ask_again(struct weft_worker *worker, const struct weft_step *step,
				 const struct weft_connection *forward, const struct weft_connection *reverse, bool own)
{
	struct question question = {.key = &forward->key,
				    .vif_id = forward->vif_id,
				    .entry = forward->entry_endpoint,
				    .vrf_id = forward->vrf_id,
				    .strict = own,
				    .keep = reverse};

	if (forward->flags & WEFT_CONNECTION_VIA_ECMP) {
		question.keep_ecmp = forward->ecmp_id;
		question.keep_member = forward->member_id;
	}
	if (forward->flags & WEFT_CONNECTION_BY_LABEL)
		question.delivery = weft_nexthop_get(worker->plane, forward->nexthop_id);
	if (own) {
		question.vif_id = step->vif_id;
		question.entry = step->entry;
		question.vrf_id = step->vrf_id;
		question.delivery = step->delivery;
	}
	if (question.delivery && question.delivery->type != WEFT_NEXTHOP_LOCAL)
		question.delivery = NULL;
	return question;
}

enum weft_drop weft_connection_again(struct weft_worker *worker, struct weft_step *step, struct weft_connection *connection,
				     struct weft_way *way)
{
	bool own = weft_get(connection->flags) & WEFT_CONNECTION_INITIATOR;
	struct weft_connection *other = weft_connection_reverse(worker->plane, connection);
	struct weft_connection *forward = own ? connection : other, *reverse = own ? other : connection;
	const struct weft_connection *mine = &worker->pair[own ? 0 : 1];
	struct weft_connection asked, answered;
	struct question question;
	enum weft_drop reason;

	weft_connection_copy(forward, &asked);
	weft_connection_copy(reverse, &answered);
	question = ask_again(worker, step, &asked, &answered, own);
	reason = evaluate(worker, &question);
	if (reason == WEFT_DROP_POLICY) {
		weft_judge_commit(worker, step->view.l3_bytes);
		deny(worker, forward, reverse);
	}
	if (reason)
		return own ? weft_icmp_answer(worker, step, reason) : reason;
	/* the packet's own direction must be allowed to enter where this packet did */
	if (!enters(mine, step))
		return step->vif_id == WEFT_FROM_FABRIC ? WEFT_DROP_SOURCE_MISMATCH : WEFT_DROP_SPOOFED_SOURCE;
	weft_judge_commit(worker, step->view.l3_bytes);
	if (memcmp(&reverse->key, &worker->pair[1].key, sizeof(reverse->key)) ||
	    reverse->of_pair[WEFT_PAIR_BACKEND] != worker->pair[1].of_pair[WEFT_PAIR_BACKEND]) {
		if (!own && is_another(&answered.key, &worker->pair[1].key))
			return WEFT_DROP_TRANSLATION_GONE;
		reason = replace(worker, forward, reverse);
		reason = reason ? reason : weft_connection_resolve(worker, mine, way);
		return reason ? reason : translate(worker, step, mine);
	}
	weft_connection_lock(worker->plane, connection);
	rewrite(forward, &worker->pair[0]);
	rewrite(reverse, &worker->pair[1]);
	weft_connection_unlock(worker->plane, connection);
	reason = weft_connection_resolve(worker, mine, way);
	return reason ? reason : translate(worker, step, mine);
}
