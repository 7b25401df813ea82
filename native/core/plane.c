/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Life of a plane, its settings and its state. */
#include "plane.h"

#define CONNECTIONS_DEFAULT (1u << 20)
#define CONNECTIONS_MIN 1024u
#define CONNECTIONS_MAX (1u << 24)
#define SHARED_MAGIC 0x3164657261687357ull /* "Wshared1" */
/* To be raised with every change of what an entry of the connection table or struct weft_shared means. */
#define SHARED_LAYOUT 6u

static void copy_text(char *out, const char *text, size_t bytes)
{
	weft_text(out, bytes, "%s", text ? text : "");
}

static int create_workers(struct weft_plane *plane)
{
	for (uint32_t worker = 0; worker < plane->workers; worker++) {
		plane->worker_memory[worker] = weft_host_alloc(weft_worker_bytes());
		if (!plane->worker_memory[worker])
			return -ENOMEM;
		weft_worker_init(plane, worker, plane->worker_memory[worker]);
	}
	return 0;
}

static int create_tables(struct weft_plane *plane, uint32_t connections)
{
	plane->configured = weft_host_alloc(sizeof(*plane->configured));
	plane->unassigned = weft_host_alloc(sizeof(*plane->unassigned) * (plane->workers + 1));
	plane->datagrams = weft_host_alloc(weft_datagrams_bytes());
	plane->request = weft_host_alloc(WEFT_FRAME_BYTES_MAX);
	if (!plane->configured || !plane->unassigned || !plane->datagrams || !plane->request ||
	    weft_sparse_create(&plane->vrfs, WEFT_VRF_LIMIT) || weft_sparse_create(&plane->nexthops, WEFT_NEXTHOP_LIMIT) ||
	    weft_sparse_create(&plane->labels, WEFT_LABEL_LIMIT) || weft_sparse_create(&plane->vnis, WEFT_VNI_LIMIT) ||
	    weft_sparse_create(&plane->identities, WEFT_IDENTITY_LIMIT) ||
	    weft_sparse_create(&plane->policies, WEFT_POLICY_LIMIT) ||
	    weft_sparse_create(&plane->floating_ips, WEFT_FLOATING_IP_LIMIT) ||
	    weft_sparse_create(&plane->nat_pools, WEFT_NAT_POOL_LIMIT) || weft_services_create(plane) ||
	    weft_policy_log_create(plane) || weft_ageing_create(plane) || weft_slab_create(plane) ||
	    weft_endpoints_create(plane) || weft_connections_create(plane, connections) || weft_vrf_create_fabric(plane) ||
	    weft_nexthop_create_discard(plane))
		return -ENOMEM;
	return create_workers(plane);
}

/* Entries and states, so that what follows is aligned. */
static size_t connections_bytes(uint32_t pairs)
{
	return ((2 * sizeof(struct weft_connection) + 1) * (size_t)pairs + WEFT_CACHE_LINE - 1) &
	       ~(size_t)(WEFT_CACHE_LINE - 1);
}

size_t weft_plane_shared_bytes(uint32_t connections_max)
{
	uint32_t pairs = connections_max ? connections_max : CONNECTIONS_DEFAULT;

	return sizeof(struct weft_shared) + connections_bytes(pairs) + sizeof(struct weft_shared_backend) * WEFT_BACKEND_LIMIT +
	       weft_affinity_bytes();
}

bool weft_plane_shared_fits(const void *memory, uint32_t connections_max)
{
	const struct weft_shared *shared = memory;
	uint32_t pairs = connections_max ? connections_max : CONNECTIONS_DEFAULT;

	return shared->magic == SHARED_MAGIC && shared->layout == SHARED_LAYOUT &&
	       shared->bytes == weft_plane_shared_bytes(pairs) && shared->entry_bytes == sizeof(struct weft_connection) &&
	       shared->pairs == pairs && shared->used <= pairs && shared->backends_used <= WEFT_BACKEND_LIMIT;
}

bool weft_plane_adopted(const struct weft_plane *plane) { return plane->adopted; }

/* The part of the plane that the next process finds again; `memory` NULL: nobody will. */
static int share(struct weft_plane *plane, void *memory, uint32_t pairs)
{
	struct weft_shared *shared = memory ? memory : weft_host_alloc(weft_plane_shared_bytes(pairs));

	if (!shared)
		return -ENOMEM;
	plane->shared = shared;
	plane->shared_own = !memory;
	plane->adopted = weft_plane_shared_fits(shared, pairs);
	if (!plane->adopted) {
		memset(shared, 0, sizeof(*shared));
		shared->bytes = weft_plane_shared_bytes(pairs);
		shared->layout = SHARED_LAYOUT;
		shared->entry_bytes = sizeof(struct weft_connection);
		shared->pairs = pairs;
		shared->started_ns = weft_host_wall_ns();
		weft_host_random(&shared->seed, sizeof(shared->seed));
		weft_host_random(shared->hash_keys, sizeof(shared->hash_keys));
		__atomic_store_n(&shared->magic, SHARED_MAGIC, __ATOMIC_RELEASE); /* last: half a head is none */
	}
	plane->backend_slots = (struct weft_shared_backend *)((uint8_t *)(shared + 1) + connections_bytes(pairs));
	plane->affinity_memory = (struct weft_affinity *)(plane->backend_slots + WEFT_BACKEND_LIMIT);
	plane->seed = shared->seed;
	memcpy(plane->hash_keys, shared->hash_keys, sizeof(plane->hash_keys));
	plane->started_ns = shared->started_ns;
	plane->midstream_until_ns = plane->adopted ? 0 : weft_host_now_ns() + WEFT_MIDSTREAM_NS;
	plane->sets = shared->sets;
	plane->deletes = shared->deletes;
	return 0;
}

void weft_plane_restore_begin(struct weft_plane *plane) { plane->restoring = true; }

void weft_plane_restore_path(struct weft_plane *plane, const struct weft_path_msg *path, uint32_t index, uint64_t learned)
{
	weft_endpoint_restore(plane, path, index, learned);
}

void weft_plane_restore_end(struct weft_plane *plane)
{
	weft_endpoints_forget_unused(plane);
	plane->sets = plane->shared->sets;
	plane->deletes = plane->shared->deletes;
	plane->restoring = false;
}

struct weft_plane *weft_plane_create(const struct weft_plane_settings *settings)
{
	uint32_t connections = settings->connections_max ? settings->connections_max : CONNECTIONS_DEFAULT;
	struct weft_plane *plane;

	if (settings->workers == 0 || settings->workers > WEFT_WORKERS_MAX || connections < CONNECTIONS_MIN ||
	    connections > CONNECTIONS_MAX)
		return NULL;
	plane = weft_host_alloc(sizeof(*plane));
	if (!plane)
		return NULL;
	plane->host = settings->host;
	plane->applied = settings->applied;
	plane->learned = settings->learned;
	plane->adoptions = settings->adoptions;
	plane->workers = settings->workers;
	copy_text(plane->implementation, settings->implementation, sizeof(plane->implementation));
	copy_text(plane->version, settings->version, sizeof(plane->version));
	if (share(plane, settings->shared, connections) || create_tables(plane, connections)) {
		weft_plane_destroy(plane);
		return NULL;
	}
	return plane;
}

void weft_plane_destroy(struct weft_plane *plane)
{
	if (plane->datagrams)
		weft_datagrams_drain(plane, plane->workers);
	weft_host_free(plane->datagrams, weft_datagrams_bytes());
	weft_floating_ips_destroy(plane);
	weft_vifs_destroy(plane);
	weft_vrfs_destroy(plane);
	weft_nexthops_destroy(plane);
	weft_sparse_destroy(&plane->labels);
	weft_sparse_destroy(&plane->vnis);
	weft_services_destroy(plane);
	weft_policies_destroy(plane);
	weft_nat_pools_destroy(plane);
	weft_identities_destroy(plane);
	weft_policy_log_destroy(plane);
	weft_endpoints_destroy(plane);
	weft_connections_destroy(plane);
	weft_pressure_destroy(plane);
	weft_ageing_destroy(plane);
	weft_slab_destroy(plane);
	for (uint32_t worker = 0; worker < plane->workers; worker++)
		weft_host_free(plane->worker_memory[worker], weft_worker_bytes());
	if (plane->shared_own)
		weft_host_free(plane->shared, weft_plane_shared_bytes(plane->shared->pairs));
	weft_host_free(plane->unassigned, sizeof(*plane->unassigned) * (plane->workers + 1));
	weft_host_free(plane->configured, sizeof(*plane->configured));
	weft_host_free(plane->request, WEFT_FRAME_BYTES_MAX);
	weft_host_free(plane, sizeof(*plane));
}

void *weft_plane_host(const struct weft_plane *plane) { return plane->host; }
void *weft_worker_get(struct weft_plane *plane, uint32_t worker) { return plane->worker_memory[worker]; }
uint32_t weft_plane_seed(struct weft_plane *plane) { return plane->seed; }
uint32_t weft_plane_workers(const struct weft_plane *plane)
{
	return plane->workers;
}
uint64_t weft_plane_midstream_until_ns(const struct weft_plane *plane) { return plane->midstream_until_ns; }
const struct weft_plane_msg *weft_plane_configured(struct weft_plane *plane) { return weft_load(plane->configured); }

struct weft_datagrams *weft_datagrams(struct weft_plane *plane)
{
	return plane->datagrams;
}

void weft_plane_tick(struct weft_plane *plane, uint64_t now_ns)
{
	weft_connections_tick(plane, now_ns);
	weft_nat_pools_tick(plane, now_ns);
	weft_datagrams_tick(plane, plane->workers, now_ns);
	weft_endpoints_tick(plane, now_ns);
	weft_services_tick(plane);
	weft_slab_tick(plane);
}

static int check_tunnels(struct weft_context *context, const struct weft_plane_msg *m)
{
	if (m->tunnel_df > WEFT_TUNNEL_DF_CLEAR)
		return weft_refuse(context, EINVAL, "PLANE tunnel_df %u: at most %u", m->tunnel_df, WEFT_TUNNEL_DF_CLEAR);
	if (m->tunnel_dscp_mode > WEFT_TUNNEL_DSCP_PIPE)
		return weft_refuse(context, EINVAL, "PLANE tunnel_dscp_mode %u: at most %u", m->tunnel_dscp_mode,
				   WEFT_TUNNEL_DSCP_PIPE);
	if (m->tunnel_dscp > (m->tunnel_dscp_mode == WEFT_TUNNEL_DSCP_PIPE ? 63 : 0))
		return weft_refuse(context, EINVAL, "PLANE tunnel_dscp %u: at most %u with tunnel_dscp_mode %u", m->tunnel_dscp,
				   m->tunnel_dscp_mode == WEFT_TUNNEL_DSCP_PIPE ? 63u : 0u, m->tunnel_dscp_mode);
	if (m->zero2)
		return weft_refuse(context, EINVAL, "PLANE zero2: padding is not zero");
	return 0;
}

/* The settings stand at both ends of the message, state between them. */
#define SETTINGS_BYTES offsetof(struct weft_plane_msg, connections_max)
#define TUNNELS_AT offsetof(struct weft_plane_msg, tunnel_ttl)
#define TUNNELS_BYTES (offsetof(struct weft_plane_msg, reassembled) - TUNNELS_AT)

static bool same_settings(const struct weft_plane_msg *a, const struct weft_plane_msg *b)
{
	return !memcmp(a, b, SETTINGS_BYTES) &&
	       !memcmp((const uint8_t *)a + TUNNELS_AT, (const uint8_t *)b + TUNNELS_AT, TUNNELS_BYTES);
}

int weft_plane_set(struct weft_context *context, const void *body)
{
	struct weft_plane *plane = context->plane;
	const struct weft_plane_msg *m = body;
	struct weft_plane_msg *fresh, *old = plane->configured;
	int error;

	if (m->zero0[0] || m->zero0[1])
		return weft_refuse(context, EINVAL, "PLANE zero0: padding is not zero");
	if (!weft_all_zero(m->underlay4 + 4, 12))
		return weft_refuse(context, EINVAL, "PLANE underlay4: bytes behind the IPv4 address are not zero");
	if (m->router_mac[0] & 1)
		return weft_refuse(context, EINVAL, "PLANE router_mac: a group address");
	if (m->bfd_interval_ms && (m->bfd_interval_ms < 50 || m->bfd_interval_ms > 60000))
		return weft_refuse(context, EINVAL, "PLANE bfd_interval_ms %u: want 50 to 60000, or 0", m->bfd_interval_ms);
	if (m->bfd_interval_ms && (m->bfd_multiplier < 2 || m->bfd_multiplier > 50))
		return weft_refuse(context, EINVAL, "PLANE bfd_multiplier %u: want 2 to 50", m->bfd_multiplier);
	error = check_tunnels(context, m);
	if (error)
		return error;
	plane->plane_epoch = context->epoch;
	if (same_settings(old, m))
		return 0;
	fresh = weft_host_alloc(sizeof(*fresh));
	if (!fresh)
		return weft_refuse(context, ENOMEM, "PLANE: out of memory");
	memcpy(fresh, m, SETTINGS_BYTES);
	memcpy((uint8_t *)fresh + TUNNELS_AT, (const uint8_t *)m + TUNNELS_AT, TUNNELS_BYTES);
	weft_store(plane->configured, fresh);
	weft_host_free_deferred(plane, old, sizeof(*old));
	context->changed = true;
	return 0;
}

void weft_plane_state(struct weft_plane *plane, struct weft_plane_msg *out) { weft_plane_fill(plane, out); }

void weft_plane_fill(struct weft_plane *plane, struct weft_plane_msg *out)
{
	*out = *plane->configured;
	out->connections_max = weft_connections_max(plane);
	out->connections_live = weft_connections_live(plane);
	out->workers = plane->workers;
	out->adoptions = plane->adoptions;
	out->vifs = plane->vif_count;
	out->nexthops = plane->nexthop_count;
	out->vrfs = plane->vrf_count;
	out->identities = plane->identity_count;
	out->policies = plane->policy_count;
	out->fragments_waiting = weft_datagrams_waiting(plane);
	out->routes = plane->route_count;
	out->started_ns = plane->started_ns;
	out->sets = plane->sets;
	out->deletes = plane->deletes;
	for (uint32_t worker = 0; worker < plane->workers; worker++)
		weft_worker_reassembly(plane->worker_memory[worker], &out->reassembled, &out->reassembly_failures);
	weft_packets_sum(plane, out);
	weft_host_buffers(plane, out->buffers, out->buffers_free);
	memcpy(out->implementation, plane->implementation, sizeof(out->implementation));
	memcpy(out->version, plane->version, sizeof(out->version));
	out->evicted_closed = weft_connections_evicted(plane, WEFT_CLOSED);
	out->evicted_one_way = weft_connections_evicted(plane, WEFT_ONE_WAY);
	out->evicted_idle = weft_connections_evicted(plane, WEFT_IDLE);
}
