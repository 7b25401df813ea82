/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Reading objects back: one, or page by page. A page holds whole objects; the marker says where the next begins. */
#include "message.h"

#define ALL 0xffffffffu
/* An answer with a page is no longer than this, so that others get their turn; but one object is whole, whatever it takes. */
#define PAGE_BYTES (1u << 20)

/* Where a dump goes on: `started` tells the all-zero marker of the beginning apart. */
struct place {
	uint32_t started, id;
	uint8_t slot, prefix_len, zero0[2];
	uint8_t prefix[16];
	uint8_t zero1[20];
};
WEFT_ABI_ASSERT(sizeof(struct place) == sizeof(((struct weft_done_msg *)0)->marker), "marker");

struct dump {
	struct weft_plane *plane;
	struct weft_answer *answer;
	struct place place;
	uint32_t filter, left;
	uint32_t objects; /* written */
	uint32_t missing; /* bytes of the object that did not fit, or 0 */
	bool full;
};

/* Room for an object's body. NULL: the page is full, and the object must come first on the next one. */
static uint8_t *room(struct dump *dump, uint16_t object, uint32_t epoch, uint32_t bytes)
{
	uint32_t end =
	    dump->answer->used + (uint32_t)sizeof(struct weft_message_header) + bytes + (uint32_t)WEFT_ANSWER_RESERVE;
	bool wanted = dump->left && (!dump->objects || end <= PAGE_BYTES);
	uint8_t *at = wanted ? weft_answer_room(dump->answer, object, WEFT_OPERATION_SET, epoch, bytes) : NULL;

	if (!at) {
		dump->missing = wanted ? bytes : 0;
		dump->full = true;
		return NULL;
	}
	dump->left--;
	dump->objects++;
	return at;
}

static bool emit(struct dump *dump, uint16_t object, uint32_t epoch, const void *body, uint32_t bytes)
{
	uint8_t *at = room(dump, object, epoch, bytes);

	if (at)
		memcpy(at, body, bytes);
	return at != NULL;
}

/* An object that does not fit into an answer with nothing of this dump in it would be asked for again without end. */
static int check_progress(struct weft_context *context, const struct dump *dump, uint16_t object)
{
	if (dump->objects || !dump->missing)
		return 0;
	return weft_refuse(context, EMSGSIZE, "object %u: one of %u bytes does not fit the answer of %u bytes, %u of them used", object,
			   dump->missing, dump->answer->capacity, dump->answer->used);
}

static void dump_vifs(struct dump *dump)
{
	struct weft_vif_msg *message = &dump->plane->vif_message;

	for (; dump->place.id < dump->plane->vif_limit; dump->place.id++) {
		const struct weft_vif *vif = dump->plane->vifs[dump->place.id];

		if (!vif)
			continue;
		weft_vif_fill(dump->plane, vif, message);
		if (!emit(dump, WEFT_OBJECT_VIF, vif->epoch, message, sizeof(*message)))
			return;
	}
}

static void dump_floating_ips(struct dump *dump)
{
	const struct weft_sparse *all = &dump->plane->floating_ips;

	for (;; dump->place.id++) {
		const struct weft_floating_ip *floating;
		uint8_t *out;

		dump->place.id = weft_sparse_next(all, dump->place.id);
		if (dump->place.id >= all->limit)
			return;
		floating = weft_floating_ip_get(dump->plane, dump->place.id);
		out = room(dump, WEFT_OBJECT_FLOATING_IP, floating->epoch, weft_floating_ip_bytes(floating));
		if (!out)
			return;
		weft_floating_ip_fill(floating, out);
	}
}

static void dump_nat_pools(struct dump *dump)
{
	const struct weft_sparse *all = &dump->plane->nat_pools;
	struct weft_nat_pool_msg message;

	for (;; dump->place.id++) {
		const struct weft_nat_pool *pool;

		dump->place.id = weft_sparse_next(all, dump->place.id);
		if (dump->place.id >= all->limit)
			return;
		pool = weft_nat_pool_get(dump->plane, dump->place.id);
		weft_nat_pool_fill(dump->plane, pool, &message);
		if (!emit(dump, WEFT_OBJECT_NAT_POOL, weft_nat_pool_epoch(pool), &message, sizeof(message)))
			return;
	}
}

static void dump_vrfs(struct dump *dump)
{
	const struct weft_sparse *all = &dump->plane->vrfs;
	struct weft_vrf_msg message;

	for (;; dump->place.id++) {
		const struct weft_vrf *vrf;

		dump->place.id = weft_sparse_next(all, dump->place.id);
		if (dump->place.id >= all->limit)
			return;
		vrf = weft_vrf_get(dump->plane, dump->place.id);
		weft_vrf_fill(dump->plane, vrf, &message);
		if (!emit(dump, WEFT_OBJECT_VRF, vrf->epoch, &message, sizeof(message)))
			return;
	}
}

static void dump_nexthops(struct dump *dump)
{
	const struct weft_sparse *all = &dump->plane->nexthops;

	for (;; dump->place.id++) {
		const struct weft_nexthop_entry *entry;
		uint8_t *out;

		dump->place.id = weft_sparse_next(all, dump->place.id);
		if (dump->place.id >= all->limit)
			return;
		entry = weft_nexthop_entry_get(dump->plane, dump->place.id);
		out = room(dump, WEFT_OBJECT_NEXTHOP, entry->seen.epoch, weft_nexthop_bytes(entry));
		if (!out)
			return;
		weft_nexthop_fill(entry, out);
	}
}

/* LABEL and VNI messages have the same shape: number, next hop. */
static void dump_targets(struct dump *dump, const struct weft_sparse *all, uint16_t object)
{
	for (;; dump->place.id++) {
		struct weft_label_msg message;
		uint64_t value;

		dump->place.id = weft_sparse_next(all, dump->place.id);
		if (dump->place.id >= all->limit)
			return;
		value = weft_sparse_get(all, dump->place.id);
		message = (struct weft_label_msg){dump->place.id, (uint32_t)value - 1};
		if (!emit(dump, object, (uint32_t)(value >> 32), &message, sizeof(message)))
			return;
	}
}

/* place.prefix is the last route written when place.zero0[0] is set. */
static void dump_vrf_routes(struct dump *dump, const struct weft_vrf *vrf)
{
	struct place *place = &dump->place;
	struct weft_route_msg message;

	for (; place->slot < 2; place->slot++, place->zero0[0] = 0) {
		const struct weft_route *route;
		struct weft_fib_cursor cursor;

		weft_fib_cursor_begin(&cursor, &vrf->fib[place->slot], place->zero0[0] ? place->prefix : NULL, place->prefix_len);
		while ((route = weft_fib_cursor_next(&cursor))) {
			weft_route_fill(vrf, place->slot, route, &message);
			if (!emit(dump, WEFT_OBJECT_ROUTE, route->epoch, &message, sizeof(message)))
				return;
			place->zero0[0] = 1;
			place->prefix_len = route->leaf.prefix_len;
			memcpy(place->prefix, route->prefix, vrf->fib[place->slot].width);
		}
	}
	place->slot = 0;
}

static void dump_routes(struct dump *dump)
{
	const struct weft_sparse *all = &dump->plane->vrfs;

	if (dump->filter != ALL && !dump->place.started)
		dump->place.id = dump->filter;
	for (;; dump->place.id++) {
		uint32_t id = weft_sparse_next(all, dump->place.id);

		if (id != dump->place.id) { /* the place was in a VRF that is gone: the next one from its beginning */
			dump->place.slot = 0;
			dump->place.zero0[0] = 0;
		}
		dump->place.id = id;
		if (dump->place.id >= all->limit || (dump->filter != ALL && dump->place.id != dump->filter))
			return;
		dump_vrf_routes(dump, weft_vrf_get(dump->plane, dump->place.id));
		if (dump->full)
			return;
	}
}

static void dump_paths(struct dump *dump)
{
	struct weft_path_msg message;
	uint32_t index;

	while (weft_endpoint_next(dump->plane, dump->place.id, &message, &index)) {
		if (!emit(dump, WEFT_OBJECT_PATH, 0, &message, sizeof(message)))
			return;
		dump->place.id = index + 1;
	}
}

/* The other direction turned round. */
static void fill_translation(struct weft_connection_msg *out, const struct weft_connection_key *other)
{
	bool icmp = other->protocol == 1 || other->protocol == 58;

	memcpy(out->to_source, other->destination, sizeof(out->to_source));
	memcpy(out->to_destination, other->source, sizeof(out->to_destination));
	out->to_source_port = icmp ? other->source_port : other->destination_port;
	out->to_destination_port = icmp ? other->destination_port : other->source_port;
}

static void fill_connection(struct weft_plane *plane, uint32_t index, struct weft_connection_msg *out)
{
	struct weft_connection copies[2], *c = &copies[0], *reverse = &copies[1];
	uint32_t now = weft_ticks(weft_host_now_ns());

	weft_connection_copy(weft_connection_at(plane, index), c);
	weft_connection_copy(weft_connection_at(plane, index ^ 1u), reverse);

	memset(out, 0, sizeof(*out));
	out->index = index;
	out->reverse_index = index ^ 1u;
	out->vrf_id = c->vrf_id;
	out->zone = c->key.zone;
	out->family = c->key.family;
	out->protocol = c->key.protocol;
	out->tcp_state = c->tcp_state;
	out->source_port = c->key.source_port;
	out->destination_port = c->key.destination_port;
	memcpy(out->source, c->key.source, sizeof(out->source));
	memcpy(out->destination, c->key.destination, sizeof(out->destination));
	out->flags = c->flags & (WEFT_CONNECTION_INITIATOR | WEFT_CONNECTION_DENIED | WEFT_CONNECTION_MIDSTREAM |
				 WEFT_CONNECTION_TRANSLATED);
	out->vif_id = c->vif_id;
	out->nexthop_id = c->nexthop_id;
	out->label = c->label;
	out->source_identity = c->identity;
	out->destination_identity = reverse->identity;
	out->packets = c->packets;
	out->bytes = c->bytes;
	out->idle_ns = weft_ticks_ns(now - c->seen);
	out->age_ns = weft_ticks_ns(now - (index & 1 ? reverse : c)->of_pair[WEFT_PAIR_CREATED]);
	if (out->flags & WEFT_CONNECTION_TRANSLATED)
		fill_translation(out, &reverse->key);
}

static void dump_connections(struct dump *dump)
{
	struct weft_connection_msg message;

	for (; dump->place.id < 2 * weft_connections_used(dump->plane); dump->place.id++) {
		if (!weft_connection_live(dump->plane, dump->place.id))
			continue;
		if (dump->filter != ALL && weft_get(weft_connection_at(dump->plane, dump->place.id)->vrf_id) != dump->filter)
			continue;
		fill_connection(dump->plane, dump->place.id, &message);
		if (!emit(dump, WEFT_OBJECT_CONNECTION, 0, &message, sizeof(message)))
			return;
	}
}

static void dump_drops(struct dump *dump, const struct weft_vif *vif)
{
	for (; dump->place.id < WEFT_DROP_LIMIT; dump->place.id++) {
		struct weft_drop_msg message = {dump->place.id, dump->filter, weft_drops_sum(dump->plane, vif, dump->place.id)};

		if (message.packets && !emit(dump, WEFT_OBJECT_DROP, 0, &message, sizeof(message)))
			return;
	}
}

static void dump_identities(struct dump *dump)
{
	const struct weft_sparse *all = &dump->plane->identities;
	struct weft_identity_msg message;

	for (;; dump->place.id++) {
		const struct weft_identity *identity;

		dump->place.id = weft_sparse_next(all, dump->place.id);
		if (dump->place.id >= all->limit)
			return;
		identity = weft_identity_get(dump->plane, dump->place.id);
		weft_identity_fill(identity, &message);
		if (!emit(dump, WEFT_OBJECT_IDENTITY, identity->epoch, &message, sizeof(message)))
			return;
	}
}

static void dump_policies(struct dump *dump)
{
	const struct weft_sparse *all = &dump->plane->policies;
	struct weft_policy_rule rule;
	struct weft_policy_msg message;

	for (;; dump->place.id++) {
		const struct weft_policy_entry *entry;
		uint8_t *at;

		dump->place.id = weft_sparse_next(all, dump->place.id);
		if (dump->place.id >= all->limit)
			return;
		entry = weft_policy_entry_get(dump->plane, dump->place.id);
		at = room(dump, WEFT_OBJECT_POLICY, entry->epoch,
			  (uint32_t)(sizeof(message) + entry->seen.rule_count * sizeof(rule)));
		if (!at)
			return;
		weft_policy_fill(dump->plane, entry, &message);
		memcpy(at, &message, sizeof(message));
		at += sizeof(message);
		for (uint32_t i = 0; i < entry->seen.rule_count; i++, at += sizeof(rule)) {
			weft_policy_rule_fill(dump->plane, entry, i, &rule);
			memcpy(at, &rule, sizeof(rule));
		}
	}
}

/* place.prefix: the last event written, and which plane counted it: another one begins anew. */
static void dump_services(struct dump *dump)
{
	const struct weft_sparse *all = &dump->plane->services;

	for (;; dump->place.id++) {
		const struct weft_service_entry *entry;
		uint8_t *out;

		dump->place.id = weft_sparse_next(all, dump->place.id);
		if (dump->place.id >= all->limit)
			return;
		entry = weft_service_entry_get(dump->plane, dump->place.id);
		out = room(dump, WEFT_OBJECT_SERVICE, entry->epoch, weft_service_bytes(entry));
		if (!out)
			return;
		weft_service_fill(entry, out);
	}
}

static void dump_log(struct dump *dump)
{
	uint64_t seen[2];
	struct weft_log_cursor cursor;
	struct weft_log_msg message;

	memcpy(seen, dump->place.prefix, sizeof(seen));
	if (seen[1] != dump->plane->started_ns)
		seen[0] = 0;
	seen[1] = dump->plane->started_ns;
	weft_policy_log_start(dump->plane, &cursor, seen[0]);
	while (weft_policy_log_next(dump->plane, &cursor, &message)) {
		if (!emit(dump, WEFT_OBJECT_LOG, 0, &message, sizeof(message)))
			break;
		seen[0] = message.sequence;
	}
	memcpy(dump->place.prefix, seen, sizeof(seen));
}

static void dump_plane(struct dump *dump)
{
	struct weft_plane_msg message;

	weft_plane_fill(dump->plane, &message);
	emit(dump, WEFT_OBJECT_PLANE, dump->plane->plane_epoch, &message, sizeof(message));
}

static void dump_ageing(struct dump *dump)
{
	uint8_t *at = room(dump, WEFT_OBJECT_AGEING, weft_ageing_epoch(dump->plane), weft_ageing_bytes(dump->plane));

	if (at)
		weft_ageing_fill(dump->plane, at);
}

static int dump_object(struct weft_context *context, struct dump *dump, uint16_t object)
{
	const struct weft_vif *vif = NULL;

	switch (object) {
	case WEFT_OBJECT_PLANE: dump_plane(dump); return 0;
	case WEFT_OBJECT_VIF: dump_vifs(dump); return 0;
	case WEFT_OBJECT_VRF: dump_vrfs(dump); return 0;
	case WEFT_OBJECT_NEXTHOP: dump_nexthops(dump); return 0;
	case WEFT_OBJECT_ROUTE:
		if (dump->filter != ALL && !weft_vrf_get(dump->plane, dump->filter))
			return weft_refuse(context, ENOENT, "DUMP vrf_id %u: no such VRF", dump->filter);
		dump_routes(dump);
		return 0;
	case WEFT_OBJECT_LABEL: dump_targets(dump, &dump->plane->labels, object); return 0;
	case WEFT_OBJECT_VNI: dump_targets(dump, &dump->plane->vnis, object); return 0;
	case WEFT_OBJECT_PATH: dump_paths(dump); return 0;
	case WEFT_OBJECT_CONNECTION: dump_connections(dump); return 0;
	case WEFT_OBJECT_IDENTITY: dump_identities(dump); return 0;
	case WEFT_OBJECT_POLICY: dump_policies(dump); return 0;
	case WEFT_OBJECT_SERVICE:
		dump_services(dump);
		return 0;
	case WEFT_OBJECT_LOG: dump_log(dump); return 0;
	case WEFT_OBJECT_FLOATING_IP:
		dump_floating_ips(dump);
		return 0;
	case WEFT_OBJECT_NAT_POOL:
		dump_nat_pools(dump);
		return 0;
	case WEFT_OBJECT_AGEING:
		dump_ageing(dump);
		return 0;
	default:
		if (dump->filter != ALL) {
			vif = weft_vif_get(dump->plane, dump->filter);
			if (!vif)
				return weft_refuse(context, ENOENT, "DUMP vrf_id %u: no such vif (DROP: vif id or 0xffffffff)", dump->filter);
		}
		dump_drops(dump, vif);
		return 0;
	}
}

int weft_message_dump(struct weft_context *context, struct weft_answer *answer, uint16_t object, const struct weft_dump_msg *request,
		      struct weft_done_msg *done)
{
	struct dump dump = {.plane = context->plane, .answer = answer, .filter = request->vrf_id,
			    .left = request->limit ? request->limit : ALL};
	int error;

	memcpy(&dump.place, request->marker, sizeof(dump.place));
	if (dump.place.slot > 1 || dump.place.prefix_len > 128)
		return weft_refuse(context, EINVAL, "DUMP marker: not one that this plane gave");
	error = dump_object(context, &dump, object);
	error = error ? error : check_progress(context, &dump, object);
	if (error)
		return error;
	dump.place.started = 1;
	done->more = dump.full;
	memset(done->marker, 0, sizeof(done->marker));
	if (dump.full || object == WEFT_OBJECT_LOG) /* the log goes on from here another time */
		memcpy(done->marker, &dump.place, sizeof(dump.place));
	return 0;
}

static int get_route(struct weft_context *context, struct dump *dump, const struct weft_route_msg *m)
{
	const struct weft_vrf *vrf = weft_vrf_get(context->plane, m->vrf_id);
	const struct weft_route *route = NULL;
	struct weft_route_msg found;

	if (vrf && (m->family == 4 || m->family == 6) && m->prefix_len <= weft_address_bits(m->family))
		route = weft_fib_exact(&vrf->fib[weft_family_slot(m->family)], m->prefix, m->prefix_len);
	if (!route)
		return weft_refuse(context, ENOENT, "ROUTE prefix: VRF %u has no such route", m->vrf_id);
	weft_route_fill(vrf, weft_family_slot(m->family), route, &found);
	emit(dump, WEFT_OBJECT_ROUTE, route->epoch, &found, sizeof(found));
	return 0;
}

static bool exists(struct weft_plane *plane, uint16_t object, uint32_t id)
{
	switch (object) {
	case WEFT_OBJECT_VIF: return weft_vif_get(plane, id) != NULL;
	case WEFT_OBJECT_VRF: return weft_vrf_get(plane, id) != NULL;
	case WEFT_OBJECT_NEXTHOP: return weft_nexthop_entry_get(plane, id) != NULL;
	case WEFT_OBJECT_LABEL: return weft_sparse_get(&plane->labels, id) != 0;
	case WEFT_OBJECT_IDENTITY: return weft_identity_get(plane, id) != NULL;
	case WEFT_OBJECT_POLICY: return weft_policy_get(plane, id) != NULL;
	case WEFT_OBJECT_FLOATING_IP:
		return weft_floating_ip_get(plane, id) != NULL;
	case WEFT_OBJECT_NAT_POOL:
		return weft_nat_pool_get(plane, id) != NULL;
	case WEFT_OBJECT_SERVICE:
		return weft_service_get(plane, id) != NULL;
	default: return weft_sparse_get(&plane->vnis, id) != 0;
	}
}

/* The identifying field is what a dump would begin at; the object found must be the very one. */
int weft_message_get(struct weft_context *context, struct weft_answer *answer, uint16_t object, const void *body)
{
	struct dump dump = {.plane = context->plane, .answer = answer, .filter = ALL, .left = 1};
	uint32_t id;
	int error;

	memcpy(&id, body, sizeof(id)); /* first field of every object with an id */
	switch (object) {
	case WEFT_OBJECT_ROUTE:
		error = get_route(context, &dump, body);
		break;
	case WEFT_OBJECT_VIF:
	case WEFT_OBJECT_VRF:
	case WEFT_OBJECT_NEXTHOP:
	case WEFT_OBJECT_LABEL:
	case WEFT_OBJECT_VNI:
	case WEFT_OBJECT_IDENTITY:
	case WEFT_OBJECT_POLICY:
	case WEFT_OBJECT_FLOATING_IP:
	case WEFT_OBJECT_NAT_POOL:
	case WEFT_OBJECT_SERVICE:
		if (!exists(context->plane, object, id))
			return weft_refuse(context, ENOENT, "GET: no object %u with id %u", object, id);
		dump.place.id = id;
		error = dump_object(context, &dump, object);
		break;
	case WEFT_OBJECT_PLANE:
		dump_plane(&dump);
		error = 0;
		break;
	case WEFT_OBJECT_AGEING:
		dump_ageing(&dump);
		error = 0;
		break;
	default:
		return weft_refuse(context, EINVAL, "GET: object %u is read by DUMP only", object);
	}
	return error ? error : check_progress(context, &dump, object);
}
