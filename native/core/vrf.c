/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* VRFs. */
#include "plane.h"

struct weft_vrf *weft_vrf_get(struct weft_plane *plane, uint32_t vrf_id) { return weft_sparse_pointer(&plane->vrfs, vrf_id); }

bool weft_vrf_known(struct weft_plane *plane, uint32_t vrf_id) { return weft_vrf_get(plane, vrf_id); }

static void init_tables(struct weft_vrf *vrf)
{
	vrf->fib[0].width = 4;
	vrf->fib[1].width = 16;
}

int weft_vrf_create_fabric(struct weft_plane *plane)
{
	struct weft_vrf *vrf = weft_host_alloc(sizeof(*vrf));

	if (!vrf || weft_sparse_reserve(plane, &plane->vrfs, WEFT_VRF_FABRIC)) {
		weft_host_free(vrf, sizeof(*vrf));
		return -ENOMEM;
	}
	init_tables(vrf);
	memcpy(vrf->message.name, "ip-fabric:__default__", sizeof("ip-fabric:__default__"));
	weft_sparse_set(plane, &plane->vrfs, WEFT_VRF_FABRIC, (uintptr_t)vrf);
	plane->vrf_count++;
	return 0;
}

int weft_vrf_set(struct weft_context *context, const void *body)
{
	struct weft_plane *plane = context->plane;
	struct weft_vrf_msg message;
	struct weft_vrf *vrf;

	memcpy(&message, body, sizeof(message));
	message.routes4 = message.routes6 = 0; /* answers only */
	message.connections_live = 0;
	if (message.vrf_id >= WEFT_VRF_LIMIT)
		return weft_refuse(context, EINVAL, "VRF vrf_id %u: at most %u", message.vrf_id, WEFT_VRF_LIMIT - 1);
	if (message.vni >= WEFT_VNI_LIMIT)
		return weft_refuse(context, EINVAL, "VRF vni %u: at most %u", message.vni, WEFT_VNI_LIMIT - 1);
	if (message.name[sizeof(message.name) - 1])
		return weft_refuse(context, EINVAL, "VRF name: longer than %u bytes", (uint32_t)sizeof(message.name) - 1);
	vrf = weft_vrf_get(plane, message.vrf_id);
	if (vrf) {
		vrf->epoch = context->epoch;
		if (memcmp(&vrf->message, &message, sizeof(message)) == 0)
			return 0;
		vrf->message = message;
		__atomic_store_n(&vrf->connections_max, message.connections_max, __ATOMIC_RELAXED);
		context->changed = true;
		return 0;
	}
	vrf = weft_host_alloc(sizeof(*vrf));
	if (!vrf || weft_sparse_reserve(plane, &plane->vrfs, message.vrf_id)) {
		weft_host_free(vrf, sizeof(*vrf));
		return weft_refuse(context, ENOMEM, "VRF %u: out of memory", message.vrf_id);
	}
	init_tables(vrf);
	vrf->vrf_id = message.vrf_id;
	vrf->epoch = context->epoch;
	vrf->message = message;
	vrf->connections_max = message.connections_max;
	weft_sparse_set(plane, &plane->vrfs, message.vrf_id, (uintptr_t)vrf);
	plane->vrf_count++;
	context->changed = true;
	return 0;
}

static int vrf_remove(struct weft_context *context, struct weft_vrf *vrf)
{
	struct weft_plane *plane = context->plane;

	if (vrf->vrf_id == WEFT_VRF_FABRIC)
		return weft_refuse(context, EPERM, "VRF vrf_id 0: the fabric's VRF cannot be deleted");
	if (vrf->vifs)
		return weft_refuse(context, EBUSY, "VRF %u: %u vifs are in it", vrf->vrf_id, vrf->vifs);
	if (vrf->nexthops)
		return weft_refuse(context, EBUSY, "VRF %u: %u next hops point to it", vrf->vrf_id, vrf->nexthops);
	if (vrf->floating_ips + vrf->nat_pools)
		return weft_refuse(context, EBUSY, "VRF %u: %u floating IPs and %u NAT pools are of it", vrf->vrf_id,
				   vrf->floating_ips, vrf->nat_pools);
	if (vrf->services)
		return weft_refuse(context, EBUSY, "VRF %u: %u services and backends are in it", vrf->vrf_id, vrf->services);
	if (vrf->fib[0].count + vrf->fib[1].count)
		return weft_refuse(context, EBUSY, "VRF %u: %llu routes are in it", vrf->vrf_id,
				   (unsigned long long)(vrf->fib[0].count + vrf->fib[1].count));
	weft_sparse_set(plane, &plane->vrfs, vrf->vrf_id, 0);
	for (unsigned int slot = 0; slot < 2; slot++)
		weft_host_free_deferred(plane, vrf->stamps[slot], sizeof(uint32_t) * WEFT_STAMP_BUCKETS);
	weft_host_free_deferred(plane, vrf, sizeof(*vrf));
	plane->vrf_count--;
	context->changed = true;
	return 0;
}

int weft_vrf_delete(struct weft_context *context, const void *body)
{
	const struct weft_vrf_msg *message = body;
	struct weft_vrf *vrf = weft_vrf_get(context->plane, message->vrf_id);

	if (!vrf)
		return weft_refuse(context, ENOENT, "VRF vrf_id %u: no such VRF", message->vrf_id);
	return vrf_remove(context, vrf);
}

int weft_vrf_sweep(struct weft_context *context)
{
	struct weft_plane *plane = context->plane;
	int result = 0;

	for (uint32_t id = weft_sparse_next(&plane->vrfs, 1); id < plane->vrfs.limit; id = weft_sparse_next(&plane->vrfs, id + 1)) {
		struct weft_vrf *vrf = weft_vrf_get(plane, id);

		if (vrf->epoch != context->epoch) {
			int error = vrf_remove(context, vrf);

			result = result ? result : error;
		}
	}
	return result;
}

void weft_vrfs_destroy(struct weft_plane *plane)
{
	if (!plane->vrfs.pages)
		return;
	for (uint32_t id = weft_sparse_next(&plane->vrfs, 0); id < plane->vrfs.limit; id = weft_sparse_next(&plane->vrfs, id + 1)) {
		struct weft_vrf *vrf = weft_vrf_get(plane, id);

		/* nodes and routes go with the slab */
		for (unsigned int slot = 0; slot < 2; slot++)
			weft_host_free(vrf->stamps[slot], sizeof(uint32_t) * WEFT_STAMP_BUCKETS);
		weft_host_free(vrf, sizeof(*vrf));
	}
	weft_sparse_destroy(&plane->vrfs);
}

void weft_vrf_fill(struct weft_plane *plane, const struct weft_vrf *vrf, struct weft_vrf_msg *out)
{
	*out = vrf->message;
	out->routes4 = vrf->fib[0].count;
	out->routes6 = vrf->fib[1].count;
	out->connections_live = weft_connections_opened_from(plane, vrf->vrf_id);
}
