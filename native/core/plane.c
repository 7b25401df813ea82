/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Life of a plane, its settings and its state. */
#include "plane.h"

#define CONNECTIONS_DEFAULT (1u << 20)
#define CONNECTIONS_MIN 1024u
#define CONNECTIONS_MAX (1u << 24)

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
	plane->unassigned = weft_host_alloc(sizeof(*plane->unassigned) * plane->workers);
	plane->request = weft_host_alloc(WEFT_FRAME_BYTES_MAX);
	if (!plane->configured || !plane->unassigned || !plane->request || weft_sparse_create(&plane->vrfs, WEFT_VRF_LIMIT) ||
	    weft_sparse_create(&plane->nexthops, WEFT_NEXTHOP_LIMIT) || weft_sparse_create(&plane->labels, WEFT_LABEL_LIMIT) ||
	    weft_sparse_create(&plane->vnis, WEFT_VNI_LIMIT) || weft_sparse_create(&plane->identities, WEFT_IDENTITY_LIMIT) ||
	    weft_sparse_create(&plane->policies, WEFT_POLICY_LIMIT) || weft_policy_log_create(plane) || weft_endpoints_create(plane) ||
	    weft_connections_create(plane, connections) || weft_vrf_create_fabric(plane) || weft_nexthop_create_discard(plane))
		return -ENOMEM;
	return create_workers(plane);
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
	plane->workers = settings->workers;
	plane->started_ns = weft_host_wall_ns();
	plane->midstream_until_ns = weft_host_now_ns() + WEFT_MIDSTREAM_NS;
	copy_text(plane->implementation, settings->implementation, sizeof(plane->implementation));
	copy_text(plane->version, settings->version, sizeof(plane->version));
	weft_host_random(&plane->seed, sizeof(plane->seed));
	weft_host_random(plane->hash_keys, sizeof(plane->hash_keys));
	if (create_tables(plane, connections)) {
		weft_plane_destroy(plane);
		return NULL;
	}
	return plane;
}

void weft_plane_destroy(struct weft_plane *plane)
{
	weft_vifs_destroy(plane);
	weft_vrfs_destroy(plane);
	weft_nexthops_destroy(plane);
	weft_sparse_destroy(&plane->labels);
	weft_sparse_destroy(&plane->vnis);
	weft_policies_destroy(plane);
	weft_identities_destroy(plane);
	weft_policy_log_destroy(plane);
	weft_endpoints_destroy(plane);
	weft_connections_destroy(plane);
	for (uint32_t worker = 0; worker < plane->workers; worker++)
		weft_host_free(plane->worker_memory[worker], weft_worker_bytes());
	weft_host_free(plane->unassigned, sizeof(*plane->unassigned) * plane->workers);
	weft_host_free(plane->configured, sizeof(*plane->configured));
	weft_host_free(plane->request, WEFT_FRAME_BYTES_MAX);
	weft_host_free(plane, sizeof(*plane));
}

void *weft_plane_host(const struct weft_plane *plane) { return plane->host; }
void *weft_worker_get(struct weft_plane *plane, uint32_t worker) { return plane->worker_memory[worker]; }
uint32_t weft_plane_seed(struct weft_plane *plane) { return plane->seed; }
uint64_t weft_plane_midstream_until_ns(const struct weft_plane *plane) { return plane->midstream_until_ns; }
const struct weft_plane_msg *weft_plane_configured(struct weft_plane *plane) { return weft_load(plane->configured); }

void weft_plane_tick(struct weft_plane *plane, uint64_t now_ns) { weft_connections_tick(plane, now_ns); }

int weft_plane_set(struct weft_context *context, const void *body)
{
	struct weft_plane *plane = context->plane;
	const struct weft_plane_msg *m = body;
	struct weft_plane_msg *fresh, *old = plane->configured;

	if (m->zero0[0] || m->zero0[1])
		return weft_refuse(context, EINVAL, "PLANE zero0: padding is not zero");
	if (!weft_all_zero(m->underlay4 + 4, 12))
		return weft_refuse(context, EINVAL, "PLANE underlay4: bytes behind the IPv4 address are not zero");
	if (m->router_mac[0] & 1)
		return weft_refuse(context, EINVAL, "PLANE router_mac: a group address");
	plane->plane_epoch = context->epoch;
	if (memcmp(old, m, offsetof(struct weft_plane_msg, connections_max)) == 0)
		return 0;
	fresh = weft_host_alloc(sizeof(*fresh));
	if (!fresh)
		return weft_refuse(context, ENOMEM, "PLANE: out of memory");
	memcpy(fresh, m, offsetof(struct weft_plane_msg, connections_max));
	weft_store(plane->configured, fresh);
	weft_host_free_deferred(plane, old, sizeof(*old));
	context->changed = true;
	return 0;
}

void weft_plane_fill(struct weft_plane *plane, struct weft_plane_msg *out)
{
	*out = *plane->configured;
	out->connections_max = weft_connections_max(plane);
	out->connections_live = weft_connections_live(plane);
	out->workers = plane->workers;
	out->vifs = plane->vif_count;
	out->nexthops = plane->nexthop_count;
	out->vrfs = plane->vrf_count;
	out->identities = plane->identity_count;
	out->policies = plane->policy_count;
	out->routes = plane->route_count;
	out->started_ns = plane->started_ns;
	out->sets = plane->sets;
	out->deletes = plane->deletes;
	memcpy(out->implementation, plane->implementation, sizeof(out->implementation));
	memcpy(out->version, plane->version, sizeof(out->version));
}
