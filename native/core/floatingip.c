/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Floating IPs: which addresses of other VRFs a port is known under. A port's list is replaced whole. */
#include "plane.h"

#define PROTOCOL_TCP 6
#define PROTOCOL_UDP 17
#define PROTOCOL_SCTP 132

static size_t floating_bytes(uint32_t mappings)
{
	return sizeof(struct weft_floating_ip) + mappings * sizeof(struct weft_port_mapping);
}

static size_t list_bytes(uint32_t count)
{
	return sizeof(struct weft_floating_ips) + count * sizeof(struct weft_floating_ip *);
}

const struct weft_floating_ip *weft_floating_ip_get(struct weft_plane *plane, uint32_t floating_ip_id)
{
	return weft_sparse_pointer(&plane->floating_ips, floating_ip_id);
}

/* ---- checks ---- */

static bool overlap(uint16_t one, uint16_t one_count, uint16_t other, uint16_t other_count)
{
	return one < (uint32_t)other + other_count && other < (uint32_t)one + one_count;
}

static bool mappings_collide(const struct weft_port_mapping *one, const struct weft_port_mapping *other)
{
	return one->protocol == other->protocol && overlap(one->port, one->count, other->port, other->count);
}

static int check_mapping(struct weft_context *context, const struct weft_floating_ip_msg *m, uint32_t index)
{
	const struct weft_port_mapping *mapping = &m->mappings[index];

	if (mapping->zero0)
		return weft_refuse(context, EINVAL, "FLOATING_IP mappings[%u] zero0: padding is not zero", index);
	if (mapping->protocol != PROTOCOL_TCP && mapping->protocol != PROTOCOL_UDP && mapping->protocol != PROTOCOL_SCTP)
		return weft_refuse(context, EINVAL,
				   "FLOATING_IP mappings[%u] protocol %u: want 6 (TCP), 17 (UDP) or 132 (SCTP)", index,
				   mapping->protocol);
	if (!mapping->count || (uint32_t)mapping->port + mapping->count > 65536 ||
	    (uint32_t)mapping->fixed_port + mapping->count > 65536)
		return weft_refuse(context, EINVAL,
				   "FLOATING_IP mappings[%u] count %u: want 1 or more, and no port above 65535", index,
				   mapping->count);
	for (uint32_t other = 0; other < index; other++) {
		if (mappings_collide(mapping, &m->mappings[other]))
			return weft_refuse(context, EINVAL, "FLOATING_IP mappings[%u] port %u: mappings[%u] maps it too", index,
					   mapping->port, other);
		if (mapping->protocol == m->mappings[other].protocol &&
		    overlap(mapping->fixed_port, mapping->count, m->mappings[other].fixed_port, m->mappings[other].count))
			return weft_refuse(context, EINVAL, "FLOATING_IP mappings[%u] fixed_port %u: mappings[%u] maps it too",
					   index, mapping->fixed_port, other);
	}
	return 0;
}

static bool is_address(uint8_t family, const uint8_t *address)
{
	return !weft_all_zero(address, 16) && (family == 6 || weft_all_zero(address + 4, 12));
}

static int check(struct weft_context *context, const struct weft_floating_ip_msg *m)
{
	const struct weft_vif *vif = weft_vif_get(context->plane, m->vif_id);
	int error = 0;

	if (m->floating_ip_id == 0 || m->floating_ip_id >= WEFT_FLOATING_IP_LIMIT)
		return weft_refuse(context, EINVAL, "FLOATING_IP floating_ip_id %u: want 1 to %u", m->floating_ip_id,
				   WEFT_FLOATING_IP_LIMIT - 1);
	if (m->zero0 || m->zero1)
		return weft_refuse(context, EINVAL, "FLOATING_IP zero0/zero1: padding is not zero");
	if (m->family != 4 && m->family != 6)
		return weft_refuse(context, EINVAL, "FLOATING_IP family %u: want 4 or 6", m->family);
	if (!m->flags || m->flags & ~(WEFT_FLOATING_IP_INGRESS | WEFT_FLOATING_IP_EGRESS))
		return weft_refuse(context, EINVAL, "FLOATING_IP flags %x: want 1 (ingress), 2 (egress) or 3 (both)", m->flags);
	if (!is_address(m->family, m->floating_address))
		return weft_refuse(context, EINVAL, "FLOATING_IP floating_address: zero, or bytes behind an IPv4 address");
	if (!is_address(m->family, m->fixed_address))
		return weft_refuse(context, EINVAL, "FLOATING_IP fixed_address: zero, or bytes behind an IPv4 address");
	if (!weft_vrf_get(context->plane, m->vrf_id))
		return weft_refuse(context, ENOENT, "FLOATING_IP vrf_id %u: no such VRF", m->vrf_id);
	if (!vif)
		return weft_refuse(context, ENOENT, "FLOATING_IP vif_id %u: no such vif", m->vif_id);
	if (vif->type != WEFT_VIF_VIRTUAL)
		return weft_refuse(context, EINVAL, "FLOATING_IP vif_id %u: its type is %u, want VIRTUAL", m->vif_id,
				   vif->type);
	for (uint32_t index = 0; index < m->mapping_count && !error; index++)
		error = check_mapping(context, m, index);
	return error;
}

/* Two of one port may share the floating address when they map different ports of it. */
static bool ambiguous(const struct weft_floating_ip *other, const struct weft_floating_ip_msg *m)
{
	if (other->vrf_id != m->vrf_id || other->family != m->family ||
	    memcmp(other->floating_address, m->floating_address, 16))
		return false;
	for (uint32_t i = 0; i < m->mapping_count; i++) {
		for (uint32_t j = 0; j < other->mapping_count; j++) {
			if (mappings_collide(&m->mappings[i], &other->mappings[j]))
				return true;
		}
	}
	return !m->mapping_count || !other->mapping_count;
}

static int check_list(struct weft_context *context, const struct weft_floating_ip_msg *m)
{
	const struct weft_floating_ips *list = weft_vif_get(context->plane, m->vif_id)->floating;
	uint32_t others = 0;

	for (uint32_t i = 0; list && i < list->count; i++) {
		if (list->items[i]->floating_ip_id == m->floating_ip_id)
			continue;
		if (ambiguous(list->items[i], m))
			return weft_refuse(context, EEXIST,
					   "FLOATING_IP floating_address: floating IP %u of vif %u has it, and these ports",
					   list->items[i]->floating_ip_id, m->vif_id);
		others++;
	}
	if (others >= WEFT_VIF_FLOATING_IPS_MAX)
		return weft_refuse(context, ENOSPC, "FLOATING_IP vif_id %u: it has %u, and may have no more", m->vif_id,
				   others);
	return 0;
}

/* ---- lists ---- */

static bool before(const struct weft_floating_ip *one, const struct weft_floating_ip *other)
{
	int order;

	if (one->vrf_id != other->vrf_id)
		return one->vrf_id < other->vrf_id;
	order = memcmp(one->floating_address, other->floating_address, 16);
	return order ? order < 0 : one->floating_ip_id < other->floating_ip_id;
}

/* The vif's list without `out` and with `in` (NULL: neither). False: out of memory. *list NULL: empty. */
static bool make_list(const struct weft_vif *vif, const struct weft_floating_ip *out, const struct weft_floating_ip *in,
		      struct weft_floating_ips **list)
{
	const struct weft_floating_ips *old = vif->floating;
	uint32_t count = (old ? old->count : 0) - (out != NULL) + (in != NULL), at = 0;

	*list = NULL;
	if (!count)
		return true;
	*list = weft_host_alloc(list_bytes(count));
	if (!*list)
		return false;
	(*list)->count = count;
	for (uint32_t i = 0; old && i < old->count; i++) {
		if (old->items[i] == out)
			continue;
		if (in && before(in, old->items[i])) {
			(*list)->items[at++] = in;
			in = NULL;
		}
		(*list)->items[at++] = old->items[i];
	}
	if (in)
		(*list)->items[at] = in;
	return true;
}

/* The port's connections ask again. */
static void put_list(struct weft_plane *plane, struct weft_vif *vif, struct weft_floating_ips *list)
{
	const struct weft_floating_ips *old = vif->floating;

	weft_store(vif->floating, list);
	__atomic_store_n(&vif->policy_stamp, weft_plane_generation(plane), __ATOMIC_RELEASE);
	if (old)
		weft_host_free_deferred(plane, (void *)(uintptr_t)old, list_bytes(old->count));
}

/* `next` (NULL: nothing) takes the place of `old` (NULL: nothing) at their ports. False: out of memory, nothing changed. */
static bool bind(struct weft_plane *plane, const struct weft_floating_ip *old, const struct weft_floating_ip *next)
{
	struct weft_vif *from = old ? weft_vif_get(plane, old->vif_id) : NULL;
	struct weft_vif *to = next ? weft_vif_get(plane, next->vif_id) : NULL;
	struct weft_floating_ips *without = NULL, *with = NULL;
	bool move = from && from != to;

	if (move && !make_list(from, old, NULL, &without))
		return false;
	if (to && !make_list(to, move ? NULL : old, next, &with)) {
		if (without)
			weft_host_free(without, list_bytes(without->count));
		return false;
	}
	if (move)
		put_list(plane, from, without);
	if (to)
		put_list(plane, to, with);
	return true;
}

/* ---- objects ---- */

static struct weft_floating_ip *make(const struct weft_floating_ip_msg *m, uint32_t epoch)
{
	struct weft_floating_ip *floating = weft_host_alloc(floating_bytes(m->mapping_count));

	if (!floating)
		return NULL;
	floating->floating_ip_id = m->floating_ip_id;
	floating->vrf_id = m->vrf_id;
	floating->vif_id = m->vif_id;
	floating->family = m->family;
	floating->flags = m->flags;
	memcpy(floating->floating_address, m->floating_address, 16);
	memcpy(floating->fixed_address, m->fixed_address, 16);
	memcpy(floating->key, m->key, WEFT_KEY_BYTES);
	floating->epoch = epoch;
	floating->mapping_count = m->mapping_count;
	memcpy(floating->mappings, m->mappings, m->mapping_count * sizeof(m->mappings[0]));
	return floating;
}

static bool same(const struct weft_floating_ip *one, const struct weft_floating_ip *other)
{
	return one->vrf_id == other->vrf_id && one->vif_id == other->vif_id && one->family == other->family &&
	       one->flags == other->flags && one->mapping_count == other->mapping_count &&
	       !memcmp(one->floating_address, other->floating_address, 16) &&
	       !memcmp(one->fixed_address, other->fixed_address, 16) && !memcmp(one->key, other->key, WEFT_KEY_BYTES) &&
	       !memcmp(one->mappings, other->mappings, one->mapping_count * sizeof(one->mappings[0]));
}

int weft_floating_ip_set(struct weft_context *context, const void *body)
{
	struct weft_plane *plane = context->plane;
	const struct weft_floating_ip_msg *m = body;
	struct weft_floating_ip *floating, *old;
	int error = check(context, m);

	error = error ? error : check_list(context, m);
	if (error)
		return error;
	old = weft_sparse_pointer(&plane->floating_ips, m->floating_ip_id);
	floating = make(m, context->epoch);
	if (floating && old && same(old, floating)) {
		old->epoch = context->epoch;
		weft_host_free(floating, floating_bytes(floating->mapping_count));
		return 0;
	}
	if (!floating || weft_sparse_reserve(plane, &plane->floating_ips, m->floating_ip_id) || !bind(plane, old, floating)) {
		if (floating)
			weft_host_free(floating, floating_bytes(floating->mapping_count));
		return weft_refuse(context, ENOMEM, "FLOATING_IP %u: out of memory", m->floating_ip_id);
	}
	weft_sparse_set(plane, &plane->floating_ips, m->floating_ip_id, (uintptr_t)floating);
	weft_vrf_get(plane, floating->vrf_id)->floating_ips++;
	if (old) {
		weft_vrf_get(plane, old->vrf_id)->floating_ips--;
		weft_host_free_deferred(plane, old, floating_bytes(old->mapping_count));
	}
	context->changed = true;
	return 0;
}

static int floating_remove(struct weft_context *context, struct weft_floating_ip *floating)
{
	struct weft_plane *plane = context->plane;

	if (!bind(plane, floating, NULL))
		return weft_refuse(context, ENOMEM, "FLOATING_IP %u: out of memory", floating->floating_ip_id);
	weft_sparse_set(plane, &plane->floating_ips, floating->floating_ip_id, 0);
	weft_vrf_get(plane, floating->vrf_id)->floating_ips--;
	weft_host_free_deferred(plane, floating, floating_bytes(floating->mapping_count));
	context->changed = true;
	return 0;
}

int weft_floating_ip_delete(struct weft_context *context, const void *body)
{
	const struct weft_floating_ip_msg *m = body;
	struct weft_floating_ip *floating = weft_sparse_pointer(&context->plane->floating_ips, m->floating_ip_id);

	if (!floating)
		return weft_refuse(context, ENOENT, "FLOATING_IP floating_ip_id %u: no such floating IP", m->floating_ip_id);
	return floating_remove(context, floating);
}

int weft_floating_ip_sweep(struct weft_context *context)
{
	struct weft_sparse *all = &context->plane->floating_ips;
	int result = 0;

	for (uint32_t id = weft_sparse_next(all, 0); id < all->limit; id = weft_sparse_next(all, id + 1)) {
		struct weft_floating_ip *floating = weft_sparse_pointer(all, id);

		if (floating->epoch != context->epoch) {
			int error = floating_remove(context, floating);

			result = result ? result : error;
		}
	}
	return result;
}

void weft_floating_ips_destroy(struct weft_plane *plane)
{
	struct weft_sparse *all = &plane->floating_ips;

	if (!all->pages)
		return;
	for (uint32_t id = 0; id < plane->vif_limit; id++) {
		struct weft_vif *vif = plane->vifs[id];

		if (vif && vif->floating)
			weft_host_free((void *)(uintptr_t)vif->floating, list_bytes(vif->floating->count));
	}
	for (uint32_t id = weft_sparse_next(all, 0); id < all->limit; id = weft_sparse_next(all, id + 1)) {
		struct weft_floating_ip *floating = weft_sparse_pointer(all, id);

		weft_host_free(floating, floating_bytes(floating->mapping_count));
	}
	weft_sparse_destroy(all);
}

uint32_t weft_floating_ip_bytes(const struct weft_floating_ip *floating)
{
	return (uint32_t)(sizeof(struct weft_floating_ip_msg) + floating->mapping_count * sizeof(struct weft_port_mapping));
}

void weft_floating_ip_fill(const struct weft_floating_ip *floating, void *out)
{
	struct weft_floating_ip_msg message = {.floating_ip_id = floating->floating_ip_id,
					       .vrf_id = floating->vrf_id,
					       .vif_id = floating->vif_id,
					       .family = floating->family,
					       .flags = floating->flags,
					       .mapping_count = floating->mapping_count};

	memcpy(message.key, floating->key, WEFT_KEY_BYTES);
	memcpy(message.floating_address, floating->floating_address, 16);
	memcpy(message.fixed_address, floating->fixed_address, 16);
	memcpy(out, &message, sizeof(message));
	memcpy((uint8_t *)out + sizeof(message), floating->mappings,
	       floating->mapping_count * sizeof(struct weft_port_mapping));
}
