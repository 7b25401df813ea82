/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Whose connections there are, and which go when there is no room. A pair is on the account of the VRF it was opened from and
 * of a port: the one that opened it, or, when it came through the fabric, the one it was opened to.
 *
 * An insertion that finds its port's or VRF's limit reached looks for a pair of the same port or VRF that may go: among those
 * the port opened or closed last, then among a fixed number of accounts, going on where the last search ended. When the table
 * is nearly full each insertion looks at a few pairs likewise. Never more, so the work of an insertion is bounded. What may go
 * says weft_connection_eviction: closed, idle beyond its time, or only one side has sent; an established connection never.
 */
#include "plane.h"

#define RECENT 13u
#define SCAN_ACCOUNTS 256u
#define SCAN_ENTRIES 16u
#define RELIEVE_PAIRS 16u
#define RELIEVE_MAX 2u
#define ONE_WAY_TICKS 1000u /* a pair whose answer may be on its way: about a second, see weft_ticks */
#define HIGH_WATER 16u	    /* nearly full: a sixteenth is left */
#define RESERVE 64u	    /* the last of it is for ports that hold less than an eighth of the table */
#define HEAVY 8u

#define NO_PORT 0x7fffu
#define OPENED_IT 0x8000u

struct port_account {
	uint32_t opened, held; /* pairs it opened; pairs on its account */
	uint32_t next;
	uint32_t recent[RECENT]; /* pairs plus one it opened or closed last */
} __attribute__((aligned(WEFT_CACHE_LINE)));

struct weft_pressure {
	uint32_t *accounts; /* [pairs]: VRF << 16 | OPENED_IT | port; the insertion's, never changed while the pair lives */
	struct port_account *ports; /* [WEFT_VIF_LIMIT] */
	uint32_t *vrfs;		    /* [WEFT_VRF_LIMIT]: pairs opened from it */
	uint32_t pairs;
	uint32_t cursor __attribute__((aligned(WEFT_CACHE_LINE)));
	uint64_t evicted[WEFT_EVICTIONS];
};

int weft_pressure_create(struct weft_plane *plane, uint32_t pairs)
{
	struct weft_pressure *p = weft_host_alloc(sizeof(*p));

	if (!p)
		return -ENOMEM;
	plane->pressure = p;
	p->pairs = pairs;
	p->accounts = weft_host_alloc(sizeof(*p->accounts) * pairs);
	p->ports = weft_host_alloc(sizeof(*p->ports) * WEFT_VIF_LIMIT);
	p->vrfs = weft_host_alloc(sizeof(*p->vrfs) * WEFT_VRF_LIMIT);
	return p->accounts && p->ports && p->vrfs ? 0 : -ENOMEM;
}

void weft_pressure_destroy(struct weft_plane *plane)
{
	struct weft_pressure *p = plane->pressure;

	if (!p)
		return;
	weft_host_free(p->accounts, sizeof(*p->accounts) * p->pairs);
	weft_host_free(p->ports, sizeof(*p->ports) * WEFT_VIF_LIMIT);
	weft_host_free(p->vrfs, sizeof(*p->vrfs) * WEFT_VRF_LIMIT);
	weft_host_free(p, sizeof(*p));
	plane->pressure = NULL;
}

uint32_t weft_connections_opened(const struct weft_plane *plane, uint32_t vif_id)
{
	return __atomic_load_n(&plane->pressure->ports[vif_id].opened, __ATOMIC_RELAXED);
}

uint32_t weft_connections_opened_from(const struct weft_plane *plane, uint32_t vrf_id)
{
	return __atomic_load_n(&plane->pressure->vrfs[vrf_id], __ATOMIC_RELAXED);
}

uint64_t weft_connections_evicted(const struct weft_plane *plane, enum weft_eviction why)
{
	return __atomic_load_n(&plane->pressure->evicted[why], __ATOMIC_RELAXED);
}

static uint32_t account_of(uint32_t owner_vif, uint32_t destination_vif, uint32_t vrf_id)
{
	uint32_t vrf = (vrf_id & 0xffff) << 16;

	if (owner_vif < WEFT_VIF_LIMIT)
		return vrf | OPENED_IT | owner_vif;
	return vrf | (destination_vif < WEFT_VIF_LIMIT ? destination_vif : NO_PORT);
}

static struct port_account *port_of(struct weft_pressure *p, uint32_t account)
{
	uint32_t port = account & NO_PORT;

	return port < WEFT_VIF_LIMIT ? &p->ports[port] : NULL;
}

static void book(struct weft_pressure *p, uint32_t account, uint32_t change)
{
	struct port_account *port = port_of(p, account);

	__atomic_add_fetch(&p->vrfs[account >> 16], change, __ATOMIC_RELAXED);
	if (!port)
		return;
	__atomic_add_fetch(&port->held, change, __ATOMIC_RELAXED);
	if (account & OPENED_IT)
		__atomic_add_fetch(&port->opened, change, __ATOMIC_RELAXED);
}

void weft_pressure_close(struct weft_plane *plane, uint32_t account)
{
	book(plane->pressure, account, (uint32_t)-1);
}

void weft_pressure_retire(struct weft_plane *plane, uint32_t pair)
{
	weft_pressure_close(plane, __atomic_load_n(&plane->pressure->accounts[pair], __ATOMIC_RELAXED));
}

void weft_pressure_note(struct weft_plane *plane, uint32_t pair, uint32_t account)
{
	struct port_account *port = port_of(plane->pressure, account);
	uint32_t at;

	__atomic_store_n(&plane->pressure->accounts[pair], account, __ATOMIC_RELAXED);
	if (!port)
		return;
	at = __atomic_load_n(&port->next, __ATOMIC_RELAXED) % RECENT; /* of two writers at once one is forgotten */
	__atomic_store_n(&port->next, at + 1, __ATOMIC_RELAXED);
	__atomic_store_n(&port->recent[at], pair + 1, __ATOMIC_RELAXED);
}

void weft_pressure_adopt(struct weft_plane *plane, uint32_t pair)
{
	const struct weft_connection *forward = weft_connection_at(plane, 2 * pair);
	uint32_t account = account_of(forward->of_pair[WEFT_PAIR_OWNER], forward[1].vif_id, forward->vrf_id);

	__atomic_store_n(&plane->pressure->accounts[pair], account, __ATOMIC_RELAXED);
	book(plane->pressure, account, 1);
}

void weft_connection_closed(struct weft_plane *plane, const struct weft_connection *connection)
{
	uint32_t pair = weft_connection_index(plane, connection) / 2;

	weft_pressure_note(plane, pair, __atomic_load_n(&plane->pressure->accounts[pair], __ATOMIC_RELAXED));
}

/* ---- who goes ---- */

static void evict(struct weft_plane *plane, uint32_t pair, enum weft_eviction why)
{
	__atomic_add_fetch(&plane->pressure->evicted[why], 1, __ATOMIC_RELAXED);
	weft_connection_remove(plane, weft_connection_at(plane, 2 * pair));
}

/* What a search found: the pair that may go first. */
struct search {
	uint32_t wanted, mask; /* accounts that differ in no bit of the mask */
	uint32_t now;
	uint32_t pair, looked;
	enum weft_eviction best;
	uint32_t idle;
};

static void consider(struct weft_plane *plane, struct search *search, uint32_t pair)
{
	enum weft_eviction why;
	uint32_t idle;

	if (pair >= weft_connections_used(plane) || search->looked == SCAN_ENTRIES ||
	    ((__atomic_load_n(&plane->pressure->accounts[pair], __ATOMIC_RELAXED) ^ search->wanted) & search->mask) ||
	    !weft_connection_live(plane, 2 * pair))
		return;
	search->looked++;
	why = weft_connection_eviction(plane, weft_connection_at(plane, 2 * pair), search->now, &idle);
	if (why == WEFT_KEEP || (why == WEFT_ONE_WAY && idle < ONE_WAY_TICKS))
		return;
	if (why > search->best || (why == search->best && idle > search->idle)) {
		search->pair = pair;
		search->best = why;
		search->idle = idle;
	}
}

/* One pair of the port (mask: its bits) or VRF less. False: none was found that may go. */
static bool make_room(struct weft_plane *plane, uint32_t account, uint32_t mask)
{
	struct search search = {.wanted = account, .mask = mask, .now = weft_ticks(weft_host_now_ns())};
	uint32_t used = weft_connections_used(plane), at;
	struct port_account *port = port_of(plane->pressure, account);

	for (uint32_t i = 0; port && i < RECENT; i++) {
		at = __atomic_load_n(&port->recent[i], __ATOMIC_RELAXED);
		if (at)
			consider(plane, &search, at - 1);
	}
	search.looked = 0;
	at = search.best == WEFT_KEEP && used ? __atomic_fetch_add(&plane->pressure->cursor, SCAN_ACCOUNTS, __ATOMIC_RELAXED)
					      : 0;
	for (uint32_t i = 0; search.best == WEFT_KEEP && i < SCAN_ACCOUNTS && i < used; i++)
		consider(plane, &search, (at + i) % used);
	if (search.best == WEFT_KEEP)
		return false;
	evict(plane, search.pair, search.best);
	return true;
}

enum weft_drop weft_pressure_open(struct weft_plane *plane, const struct weft_connection *forward,
				  const struct weft_connection *reverse, uint32_t *account)
{
	struct weft_pressure *p = plane->pressure;
	const struct weft_vif *vif = weft_vif_get(plane, forward->vif_id);
	const struct weft_vrf *vrf = weft_vrf_get(plane, forward->vrf_id);
	uint32_t port_max = vif ? vif->connections_max : 0;
	uint32_t vrf_max = vrf ? __atomic_load_n(&vrf->connections_max, __ATOMIC_RELAXED) : 0;
	enum weft_drop refused = WEFT_DROP_NONE;

	*account = account_of(forward->vif_id, reverse->vif_id, forward->vrf_id);
	book(p, *account, 1);
	if (WEFT_UNLIKELY(port_max && weft_connections_opened(plane, vif->vif_id) > port_max) &&
	    !make_room(plane, *account, 0xffff))
		refused = WEFT_DROP_VIF_CONNECTION_LIMIT;
	else if (WEFT_UNLIKELY(vrf_max && weft_connections_opened_from(plane, vrf->vrf_id) > vrf_max) &&
		 !make_room(plane, *account, 0xffff0000))
		refused = WEFT_DROP_VRF_CONNECTION_LIMIT;
	if (refused)
		weft_pressure_close(plane, *account);
	return refused;
}

/* A pair that only waits for its answer goes at once when its port holds more than the one that wants room. */
static bool may_go(struct weft_pressure *p, uint32_t pair, uint32_t account, enum weft_eviction why, uint32_t idle)
{
	const struct port_account *theirs = port_of(p, __atomic_load_n(&p->accounts[pair], __ATOMIC_RELAXED));
	const struct port_account *mine = port_of(p, account);

	if (why != WEFT_ONE_WAY || idle >= ONE_WAY_TICKS)
		return why != WEFT_KEEP;
	return theirs && theirs != mine &&
	       __atomic_load_n(&theirs->held, __ATOMIC_RELAXED) > (mine ? __atomic_load_n(&mine->held, __ATOMIC_RELAXED) : 0);
}

bool weft_pressure_relieve(struct weft_plane *plane, uint32_t account, uint32_t spare)
{
	struct weft_pressure *p = plane->pressure;
	const struct port_account *mine = port_of(p, account);
	uint32_t used = weft_connections_used(plane), now = weft_ticks(weft_host_now_ns()), evicted = 0, at;

	if (WEFT_LIKELY(spare >= p->pairs / HIGH_WATER) || !used)
		return true;
	at = __atomic_fetch_add(&p->cursor, RELIEVE_PAIRS, __ATOMIC_RELAXED);
	for (uint32_t i = 0; i < RELIEVE_PAIRS && evicted < RELIEVE_MAX; i++) {
		uint32_t pair = (at + i) % used, idle;
		enum weft_eviction why;

		if (!weft_connection_live(plane, 2 * pair))
			continue;
		why = weft_connection_eviction(plane, weft_connection_at(plane, 2 * pair), now, &idle);
		if (!may_go(p, pair, account, why, idle))
			continue;
		evict(plane, pair, why);
		evicted++;
	}
	return spare >= p->pairs / RESERVE || !mine || __atomic_load_n(&mine->held, __ATOMIC_RELAXED) <= p->pairs / HEAVY;
}
