/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * The fragments of a datagram find together here: a later fragment gets the ports of the first one, or waits for it. One small
 * table of the whole plane, because a NIC spreads fragments over workers by other fields than their first one; a set is locked
 * while a fragment is looked at, the pool of waiting fragments while one is taken or given back. Nothing of this is on the path
 * of a whole packet.
 *
 * What may be in it is bounded: datagrams, pieces of one, waiting fragments and their bytes, and of those the share of each
 * port, or of each VRF for what comes through the fabric. A fragment that overlaps another makes its datagram refused (RFC
 * 5722, RFC 1858, RFC 3128).
 */
#include "worker.h"

#define SETS 512u
#define WAYS 4u
#define PIECES_MAX 64u
#define WAITING_MAX 512u
#define WAITING_BYTES_MAX (1u << 20)
#define SHARES 8u /* one owner may have an eighth of what may wait */
#define KEPT_NS 2000000000ull
#define ID_AGAIN_NS 100000000ull /* a host may use an IPv4 identification again after so long */
#define SCAN_NS 100000000ull

struct piece {
	uint16_t from, to; /* bytes of the fragmented part */
};

struct datagram {
	uint64_t expires_ns; /* 0: free */
	uint64_t begun_ns;
	uint8_t source[16], destination[16];
	uint32_t zone, id;
	uint32_t vif_id, entry; /* as struct weft_step has them: all fragments come the same way */
	uint32_t owner;
	uint16_t source_port, destination_port;
	uint8_t family, protocol; /* protocol: of IPv6 what the first fragment says */
	bool known, refused;	  /* known: the first fragment came */
	uint16_t head, tail;	  /* waiting, in order of arrival; plus one, 0: none */
	uint16_t total;		  /* 0: the last fragment has not come */
	uint16_t piece_count;
	struct piece pieces[PIECES_MAX];
};

struct waiting {
	struct weft_packet *packet;
	uint32_t received_by; /* vif */
	uint32_t vif_id, entry, vrf_id, zone;
	uint32_t delivery; /* next hop id plus one, 0: none */
	uint32_t owner, bytes;
	uint16_t source_port, destination_port;
	uint16_t next; /* plus one */
	uint8_t family, protocol;
};

struct share {
	uint32_t count, bytes;
};

struct set {
	uint32_t lock;
	struct datagram ways[WAYS];
} __attribute__((aligned(WEFT_CACHE_LINE)));

struct weft_datagrams {
	struct set sets[SETS];
	struct waiting waiting[WAITING_MAX];
	uint64_t scanned_ns;					 /* control thread */
	uint32_t lock __attribute__((aligned(WEFT_CACHE_LINE))); /* of what follows */
	uint32_t used, count, bytes;
	uint16_t free; /* plus one */
	struct share shares[WEFT_STEP_OWNERS];
};

static void lock_of(uint32_t *lock)
{
	while (__atomic_exchange_n(lock, 1, __ATOMIC_ACQUIRE)) {
		while (__atomic_load_n(lock, __ATOMIC_RELAXED))
			__builtin_ia32_pause();
	}
}

static void unlock(uint32_t *lock)
{
	__atomic_store_n(lock, 0, __ATOMIC_RELEASE);
}

size_t weft_datagrams_bytes(void)
{
	return sizeof(struct weft_datagrams);
}

uint32_t weft_datagrams_waiting(struct weft_plane *plane)
{
	return __atomic_load_n(&weft_datagrams(plane)->count, __ATOMIC_RELAXED);
}

static struct set *set_of(struct weft_plane *plane, const struct weft_view *view)
{
	uint64_t mix = (view->fragment_id + ((uint64_t)weft_plane_seed(plane) << 32)) * 0x9e3779b97f4a7c15ull ^ view->key.zone;
	uint64_t word;

	for (uint32_t i = 0; i < 16; i += 8) {
		memcpy(&word, view->source + i, 8);
		mix = (mix ^ word) * 0xff51afd7ed558ccdull;
		memcpy(&word, view->destination + i, 8);
		mix = (mix ^ (mix >> 32) ^ word) * 0xc4ceb9fe1a85ec53ull;
	}
	return &weft_datagrams(plane)->sets[(uint32_t)(mix >> 40) % SETS];
}

/* ---- the pool of waiting fragments ---- */

/* NULL: the cache, or the owner's share of it, is full. */
static struct waiting *take_waiting(struct weft_datagrams *all, uint32_t owner, uint32_t bytes)
{
	struct share *share = &all->shares[owner];
	struct waiting *waiting = NULL;

	lock_of(&all->lock);
	if (all->count < WAITING_MAX && all->bytes + bytes <= WAITING_BYTES_MAX && share->count < WAITING_MAX / SHARES &&
	    share->bytes + bytes <= WAITING_BYTES_MAX / SHARES) {
		waiting = all->free ? &all->waiting[all->free - 1] : &all->waiting[all->used++];
		if (all->free)
			all->free = waiting->next;
		__atomic_store_n(&all->count, all->count + 1, __ATOMIC_RELAXED);
		all->bytes += bytes;
		share->count++;
		share->bytes += bytes;
		waiting->owner = owner;
		waiting->bytes = bytes;
		waiting->next = 0;
	}
	unlock(&all->lock);
	return waiting;
}

static void put_waiting(struct weft_datagrams *all, struct waiting *waiting)
{
	struct share *share = &all->shares[waiting->owner];

	lock_of(&all->lock);
	__atomic_store_n(&all->count, all->count - 1, __ATOMIC_RELAXED);
	all->bytes -= waiting->bytes;
	share->count--;
	share->bytes -= waiting->bytes;
	waiting->next = all->free;
	all->free = (uint16_t)(waiting - all->waiting + 1);
	unlock(&all->lock);
}

/* Drops a chain that no datagram leads to any more. `worker`: whose counters; the plane's number of workers for the control
 * thread. */
static void drop_chain(struct weft_plane *plane, uint32_t worker, uint16_t head, enum weft_drop reason)
{
	struct weft_datagrams *all = weft_datagrams(plane);

	while (head) {
		struct waiting *waiting = &all->waiting[head - 1];

		head = waiting->next;
		weft_plane_count_drop(plane, worker, weft_vif_get(plane, waiting->received_by), reason, 1);
		weft_host_packet_free(plane, worker, waiting->packet);
		put_waiting(all, waiting);
	}
}

/* ---- datagrams, under the lock of their set ---- */

static bool is_of(const struct datagram *datagram, const struct weft_step *step)
{
	const struct weft_view *view = &step->view;

	/* the next header of a later IPv6 fragment need not be the first one's (RFC 8200 4.5) */
	return datagram->id == view->fragment_id && datagram->zone == view->key.zone && datagram->family == view->family &&
	       (view->family == 6 || datagram->protocol == view->protocol) && datagram->vif_id == step->vif_id &&
	       datagram->entry == step->entry && !memcmp(datagram->source, view->source, 16) &&
	       !memcmp(datagram->destination, view->destination, 16);
}

/* Free, else the oldest of its owner's own, so that whoever sends many datagrams displaces his own; else the oldest. */
static struct datagram *place(struct set *set, uint32_t owner, uint64_t now_ns)
{
	struct datagram *oldest = &set->ways[0], *own = NULL;

	for (uint32_t i = 0; i < WAYS; i++) {
		struct datagram *each = &set->ways[i];

		if (each->expires_ns <= now_ns)
			return each;
		if (each->owner == owner && (!own || each->expires_ns < own->expires_ns))
			own = each;
		if (each->expires_ns < oldest->expires_ns)
			oldest = each;
	}
	return own ? own : oldest;
}

static void begin(struct datagram *datagram, const struct weft_step *step, uint32_t owner, uint64_t now_ns)
{
	const struct weft_view *view = &step->view;

	memcpy(datagram->source, view->source, 16);
	memcpy(datagram->destination, view->destination, 16);
	datagram->zone = view->key.zone;
	datagram->id = view->fragment_id;
	datagram->vif_id = step->vif_id;
	datagram->entry = step->entry;
	datagram->owner = owner;
	datagram->family = view->family;
	datagram->protocol = view->protocol;
	datagram->known = datagram->refused = false;
	datagram->head = datagram->tail = 0;
	datagram->total = datagram->piece_count = 0;
	datagram->begun_ns = now_ns;
	__atomic_store_n(&datagram->expires_ns, now_ns + KEPT_NS, __ATOMIC_RELAXED);
}

static uint16_t cut_chain(struct datagram *datagram)
{
	uint16_t head = datagram->head;

	datagram->head = datagram->tail = 0;
	return head;
}

/* The datagram of this fragment, perhaps a new one; *displaced: the chain of the one whose place it took. */
static struct datagram *find_datagram(struct set *set, const struct weft_step *step, uint64_t now_ns, uint16_t *displaced)
{
	uint32_t owner = weft_step_owner(step);
	struct datagram *datagram;

	for (uint32_t i = 0; i < WAYS; i++) {
		datagram = &set->ways[i];
		if (datagram->expires_ns > now_ns && is_of(datagram, step))
			return datagram;
	}
	datagram = place(set, owner, now_ns);
	*displaced = cut_chain(datagram);
	begin(datagram, step, owner, now_ns);
	return datagram;
}

static uint32_t transport_bytes(uint8_t protocol)
{
	switch (protocol) {
	case WEFT_PROTOCOL_TCP:
		return sizeof(struct weft_tcp);
	case WEFT_PROTOCOL_SCTP:
		return 12;
	default:
		return 8;
	}
}

/*
 * Adds the piece. OVERLAP: it covers bytes that another one has, or lies behind the end, or reaches into the transport header,
 * which the parser wants whole in the first fragment (RFC 1858 3, RFC 3128). An exact duplicate is none (RFC 8200 4.5).
 */
static enum weft_drop add_piece(struct datagram *datagram, const struct weft_view *view)
{
	uint32_t from = view->fragment_from, to = from + view->fragment_bytes;

	if (view->fragment == WEFT_FRAGMENT_LATER && from < transport_bytes(view->protocol))
		return WEFT_DROP_FRAGMENT_OVERLAP;
	if (datagram->total && (to > datagram->total || (!view->fragment_more && to != datagram->total)))
		return WEFT_DROP_FRAGMENT_OVERLAP;
	for (uint32_t i = 0; i < datagram->piece_count; i++) {
		const struct piece *other = &datagram->pieces[i];

		if (other->from == from && other->to == to)
			return WEFT_DROP_NONE;
		if ((from < other->to && other->from < to) || (!view->fragment_more && other->to > to))
			return WEFT_DROP_FRAGMENT_OVERLAP;
	}
	if (datagram->piece_count == PIECES_MAX)
		return WEFT_DROP_FRAGMENT_CACHE_FULL;
	datagram->pieces[datagram->piece_count++] = (struct piece){(uint16_t)from, (uint16_t)to};
	if (!view->fragment_more)
		datagram->total = (uint16_t)to;
	return WEFT_DROP_NONE;
}

/* Every byte was seen: the identification may be used again. */
static bool is_whole(const struct datagram *datagram)
{
	uint32_t bytes = 0;

	for (uint32_t i = 0; i < datagram->piece_count; i++)
		bytes += (uint32_t)datagram->pieces[i].to - datagram->pieces[i].from;
	return datagram->total && bytes == datagram->total;
}

/* The first fragment again: after a while an IPv4 identification that is used again, before an attack or a duplicate. */
static bool begins_anew(const struct datagram *datagram, const struct weft_view *view, uint64_t now_ns)
{
	if (view->fragment != WEFT_FRAGMENT_FIRST || view->family != 4 || !datagram->known)
		return false;
	return now_ns - datagram->begun_ns >= ID_AGAIN_NS;
}

static enum weft_drop note_first(struct datagram *datagram, const struct weft_view *view, uint64_t now_ns)
{
	if (datagram->known &&
	    (datagram->source_port != view->key.source_port || datagram->destination_port != view->key.destination_port))
		return WEFT_DROP_FRAGMENT_OVERLAP;
	datagram->known = true;
	datagram->protocol = view->protocol;
	datagram->source_port = view->key.source_port;
	datagram->destination_port = view->key.destination_port;
	__atomic_store_n(&datagram->expires_ns, now_ns + KEPT_NS, __ATOMIC_RELAXED);
	return WEFT_DROP_NONE;
}

static enum weft_drop wait_for_first(struct weft_worker *worker, struct datagram *datagram, struct weft_step *step)
{
	struct weft_datagrams *all = weft_datagrams(worker->plane);
	struct waiting *waiting = take_waiting(all, datagram->owner, step->packet->length);
	uint16_t index;

	if (!waiting)
		return WEFT_DROP_FRAGMENT_CACHE_FULL;
	waiting->packet = step->packet;
	waiting->received_by = worker->vif->vif_id;
	waiting->vif_id = step->vif_id;
	waiting->entry = step->entry;
	waiting->vrf_id = step->vrf_id;
	waiting->zone = step->view.key.zone;
	waiting->delivery = step->delivery ? step->delivery->nexthop_id + 1 : 0;
	waiting->family = step->view.family;
	index = (uint16_t)(waiting - all->waiting + 1);
	if (datagram->tail)
		all->waiting[datagram->tail - 1].next = index;
	else
		datagram->head = index;
	datagram->tail = index;
	step->packet = NULL;
	return WEFT_DROP_NONE;
}

/* The chain goes on behind this burst, as fragments of the datagram that is known now. */
static void make_due(struct weft_worker *worker, struct datagram *datagram)
{
	struct weft_datagrams *all = weft_datagrams(worker->plane);
	uint16_t tail = datagram->tail, head = cut_chain(datagram);

	for (uint16_t at = head; at; at = all->waiting[at - 1].next) {
		all->waiting[at - 1].source_port = datagram->source_port;
		all->waiting[at - 1].destination_port = datagram->destination_port;
		all->waiting[at - 1].protocol = datagram->protocol;
	}
	if (!head)
		return;
	if (worker->due)
		all->waiting[worker->due_tail - 1].next = head;
	else
		worker->due = head;
	worker->due_tail = tail;
}

static void take_ports(struct weft_view *view, uint8_t protocol, uint16_t source_port, uint16_t destination_port)
{
	view->protocol = view->key.protocol = protocol;
	view->key.source_port = source_port;
	view->key.destination_port = destination_port;
}

enum weft_drop weft_datagram_enter(struct weft_worker *worker, struct weft_step *step)
{
	struct set *set = set_of(worker->plane, &step->view);
	struct weft_view *view = &step->view;
	uint16_t displaced = 0, refused = 0;
	struct datagram *datagram;
	enum weft_drop reason;

	lock_of(&set->lock);
	datagram = find_datagram(set, step, worker->now_ns, &displaced);
	if (begins_anew(datagram, view, worker->now_ns))
		begin(datagram, step, datagram->owner, worker->now_ns);
	reason = datagram->refused ? WEFT_DROP_FRAGMENT_OVERLAP : add_piece(datagram, view);
	if (!reason && view->fragment == WEFT_FRAGMENT_FIRST)
		reason = note_first(datagram, view, worker->now_ns);
	if (reason == WEFT_DROP_FRAGMENT_OVERLAP) {
		datagram->refused = true;
		refused = cut_chain(datagram);
	} else if (!reason && view->fragment == WEFT_FRAGMENT_FIRST) {
		make_due(worker, datagram);
	} else if (!reason && datagram->known) {
		take_ports(view, datagram->protocol, datagram->source_port, datagram->destination_port);
	} else if (!reason) {
		reason = wait_for_first(worker, datagram, step);
	}
	if (datagram->known && !datagram->refused && is_whole(datagram))
		__atomic_store_n(&datagram->expires_ns, 0, __ATOMIC_RELAXED);
	unlock(&set->lock);
	drop_chain(worker->plane, worker->index, displaced, WEFT_DROP_FRAGMENT_CACHE_FULL);
	drop_chain(worker->plane, worker->index, refused, WEFT_DROP_FRAGMENT_OVERLAP);
	return reason;
}

/* Makes `step` what the waiting fragment was when it entered, its ports known. */
static enum weft_drop resume(struct weft_worker *worker, struct weft_step *step, const struct waiting *waiting)
{
	enum weft_drop reason;

	step->packet = waiting->packet;
	step->vif_id = waiting->vif_id;
	step->entry = waiting->entry;
	step->vrf_id = waiting->vrf_id;
	step->delivery = NULL;
	step->candidate = NULL;
	if (!worker->vif)
		return WEFT_DROP_INVALID_VIF;
	reason = weft_parse_ip(worker, step->packet, waiting->family, &step->view);
	if (reason)
		return reason;
	step->view.key.zone = waiting->zone;
	take_ports(&step->view, waiting->protocol, waiting->source_port, waiting->destination_port);
	if (waiting->delivery) {
		step->delivery = weft_nexthop_get(worker->plane, waiting->delivery - 1);
		if (!step->delivery || step->delivery->type != WEFT_NEXTHOP_LOCAL)
			return WEFT_DROP_INVALID_NEXTHOP;
	}
	if (step->vif_id != WEFT_FROM_FABRIC && weft_forges_tunnel(worker, step->view.family, step->view.protocol,
								   step->view.destination, step->view.key.destination_port))
		return WEFT_DROP_TUNNEL_FROM_PORT;
	step->hash = weft_connection_hash(worker->plane, &step->view.key);
	step->packet->hash = step->hash;
	return WEFT_DROP_NONE;
}

enum weft_drop weft_datagram_resume(struct weft_worker *worker, struct weft_step *step)
{
	struct weft_datagrams *all = weft_datagrams(worker->plane);
	struct waiting *waiting = &all->waiting[worker->due - 1];
	enum weft_drop reason;

	worker->due = waiting->next;
	worker->vif = weft_vif_get(worker->plane, waiting->received_by);
	reason = resume(worker, step, waiting);
	put_waiting(all, waiting);
	return reason;
}

/* ---- control thread ---- */

void weft_datagrams_tick(struct weft_plane *plane, uint32_t counters, uint64_t now_ns)
{
	struct weft_datagrams *all = weft_datagrams(plane);

	if (!weft_datagrams_waiting(plane) || now_ns - all->scanned_ns < SCAN_NS)
		return;
	all->scanned_ns = now_ns;
	for (uint32_t i = 0; i < SETS * WAYS; i++) {
		struct datagram *datagram = &all->sets[i / WAYS].ways[i % WAYS];
		uint16_t expired = 0;

		if (__atomic_load_n(&datagram->expires_ns, __ATOMIC_RELAXED) > now_ns)
			continue;
		lock_of(&all->sets[i / WAYS].lock);
		if (datagram->expires_ns <= now_ns)
			expired = cut_chain(datagram);
		unlock(&all->sets[i / WAYS].lock);
		drop_chain(plane, counters, expired, WEFT_DROP_FRAGMENT);
	}
}

void weft_datagrams_drain(struct weft_plane *plane, uint32_t counters)
{
	struct weft_datagrams *all = weft_datagrams(plane);

	for (uint32_t i = 0; i < SETS * WAYS; i++)
		drop_chain(plane, counters, cut_chain(&all->sets[i / WAYS].ways[i % WAYS]), WEFT_DROP_FRAGMENT);
}
