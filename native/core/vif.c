/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Virtual interfaces. What workers read is replaced whole; the device and the counters stay. */
#include "plane.h"

struct weft_vif *weft_vif_get(struct weft_plane *plane, uint32_t vif_id)
{
	return WEFT_LIKELY(vif_id < WEFT_VIF_LIMIT) ? weft_load(plane->vifs[vif_id]) : NULL;
}

struct weft_vif *weft_vif_agent(struct weft_plane *plane)
{
	uint32_t agent = weft_load(plane->agent_vif);

	return WEFT_UNLIKELY(agent) ? weft_vif_get(plane, agent - 1) : NULL;
}

static size_t counters_bytes(const struct weft_plane *plane)
{
	return sizeof(struct weft_vif_counters) * (plane->workers + 1);
}

static void vif_free(struct weft_vif *vif)
{
	weft_host_free(vif->message, sizeof(*vif->message));
	weft_host_free(vif, sizeof(*vif));
}

static void vif_free_deferred(struct weft_plane *plane, struct weft_vif *vif)
{
	weft_host_free_deferred(plane, vif->message, sizeof(*vif->message));
	weft_host_free_deferred(plane, vif, sizeof(*vif));
}

static void match_fill(struct weft_vif_match *match, const struct weft_vif_address *address)
{
	uint32_t limit = weft_address_bits(address->family);
	uint32_t bits = address->flags & WEFT_VIF_ADDRESS_CONFIGURE ? limit : address->prefix_len;
	uint8_t value[16] = {0}, mask[16] = {0};

	if (bits > limit)
		bits = limit;
	for (uint32_t bit = 0; bit < bits; bit++)
		mask[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	for (uint32_t byte = 0; byte < sizeof(value); byte++)
		value[byte] = address->address[byte] & mask[byte];
	memcpy(match->value, value, sizeof(value));
	memcpy(match->mask, mask, sizeof(mask));
	match->family = address->family;
}

static void express_fill(struct weft_vif *vif)
{
	bool check = vif->flags & WEFT_VIF_ADDRESS_CHECK;
	uint64_t mac = 0;

	memcpy(&mac, vif->mac, sizeof(vif->mac));
	vif->frame_mask = check ? ~0ull : 0xffffull << 48;
	vif->frame4 = (mac | 0x0008ull << 48) & vif->frame_mask;
	vif->frame6 = (mac | 0xdd86ull << 48) & vif->frame_mask;
	if (!check)
		return; /* every source is right: masks of zeros */
	memset(vif->own4.mask, 0xff, sizeof(vif->own4.mask));
	memset(vif->own4.value, 0xff, sizeof(vif->own4.value));
	vif->own6 = vif->own4;
	for (uint32_t i = vif->address_count; i > 0; i--)
		*(vif->matches[i - 1].family == 4 ? &vif->own4 : &vif->own6) = vif->matches[i - 1];
}

/* A vif as the message says; the live parts come from `old` when there is one. */
static struct weft_vif *vif_make(struct weft_plane *plane, const struct weft_vif_msg *message, const struct weft_vif *old)
{
	struct weft_vif *vif = weft_host_alloc(sizeof(*vif));

	if (!vif)
		return NULL;
	vif->message = weft_host_alloc(sizeof(*vif->message));
	vif->counters = old ? old->counters : weft_host_alloc(counters_bytes(plane));
	if (!vif->message || !vif->counters) {
		if (!old)
			weft_host_free(vif->counters, counters_bytes(plane));
		vif_free(vif);
		return NULL;
	}
	*vif->message = *message;
	vif->vif_id = message->vif_id;
	vif->vrf_id = vif->zone = message->vrf_id;
	vif->type = message->type;
	vif->port_kind = message->port_kind;
	vif->flags = message->flags & (WEFT_VIF_ADDRESS_CHECK | WEFT_VIF_SHARED_UPLINK | WEFT_VIF_STRICT_TCP | WEFT_VIF_NATIVE |
				       WEFT_VIF_STATELESS);
	vif->mtu = message->mtu;
	vif->label = message->label;
	memcpy(vif->mac, message->type == WEFT_VIF_PHYSICAL && old ? old->mac : message->mac, sizeof(vif->mac));
	for (uint32_t i = 0; i < message->address_count; i++) {
		if (!(message->addresses[i].flags & WEFT_VIF_ADDRESS_GATEWAY))
			vif->addresses[vif->address_count++] = message->addresses[i];
	}
	for (uint32_t i = 0; i < vif->address_count; i++)
		match_fill(&vif->matches[i], &vif->addresses[i]);
	express_fill(vif);
	/* whoever is behind an uplink, outside a tunnel, is an outsider */
	vif->identity_id = message->type == WEFT_VIF_PHYSICAL ? WEFT_IDENTITY_EXTERNAL : message->identity_id;
	memcpy(vif->egress_policy_ids, message->egress_policy_ids, sizeof(vif->egress_policy_ids));
	memcpy(vif->ingress_policy_ids, message->ingress_policy_ids, sizeof(vif->ingress_policy_ids));
	vif->connections_max = message->connections_max;
	if (old && !(old->flags & WEFT_VIF_STATELESS & ~vif->flags)) /* its connections are not known yet when that ends */
		vif->midstream_until_ns = old->midstream_until_ns;
	else if (!plane->restoring || !plane->adopted)
		vif->midstream_until_ns = weft_host_now_ns() + WEFT_MIDSTREAM_NS;
	vif->floating = old ? old->floating : NULL;
	vif->carrier = old ? old->carrier : false;
	vif->host = old ? old->host : NULL;
	vif->policy_stamp = weft_plane_generation(plane);
	return vif;
}

/* Puts `vif` in the place of `old` (or of nothing); readers see one or the other. */
static void publish(struct weft_plane *plane, struct weft_vif *vif, struct weft_vif *old)
{
	weft_store(plane->vifs[vif->vif_id], vif);
	if (!old)
		return;
	weft_endpoints_forget_vif(plane, old);
	vif_free_deferred(plane, old);
}

static bool share_address(const struct weft_vif *one, const struct weft_vif *other)
{
	for (uint32_t i = 0; i < one->address_count; i++) {
		for (uint32_t j = 0; j < other->address_count; j++) {
			if (one->addresses[i].family == other->addresses[j].family &&
			    memcmp(one->addresses[i].address, other->addresses[j].address, 16) == 0)
				return true;
		}
	}
	return false;
}

/* Local ports of one VRF that share an address get a connection zone each. A zone stays private until the vif is set again. */
static void choose_zone(struct weft_plane *plane, struct weft_vif *vif)
{
	for (uint32_t id = 0; id < plane->vif_limit; id++) {
		struct weft_vif *other = plane->vifs[id], *copy;

		if (!other || other->vif_id == vif->vif_id || other->vrf_id != vif->vrf_id || !share_address(vif, other))
			continue;
		vif->zone = WEFT_ZONE_PRIVATE + vif->vif_id;
		if (other->zone >= WEFT_ZONE_PRIVATE)
			continue;
		copy = vif_make(plane, other->message, other);
		if (!copy)
			continue; /* the one zone that differs keeps the two apart already */
		copy->zone = WEFT_ZONE_PRIVATE + other->vif_id;
		copy->epoch = other->epoch;
		publish(plane, copy, other);
	}
}

void weft_plane_restore_zone(struct weft_plane *plane, uint32_t vif_id, uint32_t zone)
{
	struct weft_vif *vif = weft_vif_get(plane, vif_id), *copy;

	if (!vif || vif->zone == zone)
		return;
	copy = vif_make(plane, vif->message, vif);
	if (!copy)
		return; /* connections of this port start anew */
	copy->zone = zone;
	copy->epoch = vif->epoch;
	publish(plane, copy, vif);
}

static int change(struct weft_context *context, struct weft_vif *old, const struct weft_vif_msg *message)
{
	struct weft_plane *plane = context->plane;
	const struct weft_vif_msg *was = old->message;
	struct weft_vif *vif;

	if (message->type != was->type)
		return weft_refuse(context, EINVAL, "VIF %u type %u: it is %u and cannot change", message->vif_id, message->type, was->type);
	if (message->port_kind != was->port_kind)
		return weft_refuse(context, EINVAL, "VIF %u port_kind %u: it is %u and cannot change", message->vif_id,
				   message->port_kind, was->port_kind);
	if (memcmp(message->name, was->name, sizeof(was->name)))
		return weft_refuse(context, EINVAL, "VIF %u name: it is %s and cannot change", message->vif_id, was->name);
	if (memcmp(message->device, was->device, sizeof(was->device)))
		return weft_refuse(context, EINVAL, "VIF %u device: it is %s and cannot change", message->vif_id, was->device);
	if (memcmp(message->netns, was->netns, sizeof(was->netns)))
		return weft_refuse(context, EINVAL, "VIF %u netns: it cannot change", message->vif_id);
	if (((message->flags ^ was->flags) & WEFT_VIF_NATIVE) && message->port_kind == WEFT_PORT_AF_PACKET)
		return weft_refuse(context, EINVAL, "VIF %u flags %x: NATIVE cannot change, the device's filter stands",
				   message->vif_id, message->flags);
	old->epoch = context->epoch;
	if (memcmp(message, was, offsetof(struct weft_vif_msg, rx_packets)) == 0)
		return 0;
	vif = vif_make(plane, message, old);
	if (!vif)
		return weft_refuse(context, ENOMEM, "VIF %u: out of memory", message->vif_id);
	vif->epoch = context->epoch;
	if (vif->vrf_id != old->vrf_id) {
		weft_vrf_get(plane, old->vrf_id)->vifs--;
		weft_vrf_get(plane, vif->vrf_id)->vifs++;
	}
	weft_vif_use(plane, vif, 1);
	weft_vif_use(plane, old, -1);
	choose_zone(plane, vif);
	publish(plane, vif, old);
	context->changed = true;
	return 0;
}

int weft_vif_set(struct weft_context *context, const void *body)
{
	struct weft_plane *plane = context->plane;
	struct weft_vif_msg *message = &plane->vif_message;
	struct weft_vif *vif, *old;
	int error;

	memcpy(message, body, sizeof(*message));
	message->rx_packets = message->rx_bytes = message->tx_packets = message->tx_bytes = message->drops = 0; /* answers only */
	message->connections_live = 0;
	message->flags &= (uint16_t)~(WEFT_VIF_UP | WEFT_VIF_CREATED); /* answers only */
	error = weft_vif_check(context, message);
	if (error)
		return error;
	old = plane->vifs[message->vif_id];
	if (old)
		return change(context, old, message);
	if (message->type == WEFT_VIF_AGENT && plane->agent_vif)
		return weft_refuse(context, EEXIST, "VIF %u type %u: vif %u is the agent's, and there is one at most", message->vif_id,
				   message->type, plane->agent_vif - 1);
	vif = vif_make(plane, message, NULL);
	if (!vif)
		return weft_refuse(context, ENOMEM, "VIF %u: out of memory", message->vif_id);
	vif->epoch = context->epoch;
	choose_zone(plane, vif);
	weft_store(plane->vifs[message->vif_id], vif); /* the device may speak before attach returns */
	if (plane->vif_limit <= message->vif_id)
		plane->vif_limit = message->vif_id + 1;
	error = weft_host_vif_attach(plane, vif, vif->message, context->text);
	if (error) {
		weft_store(plane->vifs[message->vif_id], NULL);
		weft_host_free_deferred(plane, vif->counters, counters_bytes(plane));
		vif_free_deferred(plane, vif);
		return error;
	}
	if (message->type == WEFT_VIF_AGENT)
		weft_store(plane->agent_vif, message->vif_id + 1);
	plane->vif_count++;
	weft_vif_use(plane, vif, 1);
	weft_vrf_get(plane, message->vrf_id)->vifs++;
	context->changed = true;
	return 0;
}

/* After the grace period: no worker holds the vif. */
static void detached(struct weft_plane *plane, void *argument)
{
	struct weft_vif *vif = argument;

	weft_host_vif_detach(plane, vif);
	weft_counters_retire(plane, vif);
	weft_host_free(vif->counters, counters_bytes(plane));
	vif_free(vif);
}

static int vif_remove(struct weft_context *context, struct weft_vif *vif)
{
	struct weft_plane *plane = context->plane;

	if (vif->floating)
		return weft_refuse(context, EBUSY, "VIF %u: %u floating IPs are bound to it", vif->vif_id,
				   vif->floating->count);
	if (vif->type == WEFT_VIF_AGENT)
		weft_store(plane->agent_vif, 0);
	weft_store(plane->vifs[vif->vif_id], NULL);
	weft_endpoints_forget_vif(plane, vif);
	weft_vrf_get(plane, vif->vrf_id)->vifs--;
	weft_vif_use(plane, vif, -1);
	plane->vif_count--;
	weft_host_call_deferred(plane, detached, vif);
	context->changed = true;
	return 0;
}

int weft_vif_delete(struct weft_context *context, const void *body)
{
	const struct weft_vif_msg *message = body;
	struct weft_vif *vif = weft_vif_get(context->plane, message->vif_id);

	if (!vif)
		return weft_refuse(context, ENOENT, "VIF vif_id %u: no such vif", message->vif_id);
	return vif_remove(context, vif);
}

int weft_vif_sweep(struct weft_context *context)
{
	int result = 0;

	for (uint32_t id = 0; id < context->plane->vif_limit; id++) {
		struct weft_vif *vif = context->plane->vifs[id];

		if (vif && vif->epoch != context->epoch) {
			int error = vif_remove(context, vif);

			result = result ? result : error;
		}
	}
	return result;
}

void weft_vifs_destroy(struct weft_plane *plane)
{
	for (uint32_t id = 0; id < plane->vif_limit; id++) {
		struct weft_vif *vif = plane->vifs[id];

		if (!vif)
			continue;
		plane->vifs[id] = NULL;
		weft_host_vif_detach(plane, vif);
		weft_host_free(vif->counters, counters_bytes(plane));
		vif_free(vif);
	}
}

void weft_plane_set_carrier(struct weft_plane *plane, struct weft_vif *vif, bool up)
{
	(void)plane;
	__atomic_store_n(&vif->carrier, up, __ATOMIC_RELEASE);
}

void weft_vif_fill(struct weft_plane *plane, const struct weft_vif *vif, struct weft_vif_msg *out)
{
	*out = *vif->message;
	memcpy(out->mac, vif->mac, sizeof(out->mac));
	if (vif->carrier)
		out->flags |= WEFT_VIF_UP;
	if (vif->port_kind == WEFT_PORT_TAP)
		out->flags |= WEFT_VIF_CREATED;
	out->connections_live = weft_connections_opened(plane, vif->vif_id);
	for (uint32_t worker = 0; worker < plane->workers; worker++) {
		const struct weft_vif_counters *counters = &vif->counters[worker];

		out->rx_packets += __atomic_load_n(&counters->rx_packets, __ATOMIC_RELAXED);
		out->rx_bytes += __atomic_load_n(&counters->rx_bytes, __ATOMIC_RELAXED);
		out->tx_packets += __atomic_load_n(&counters->tx_packets, __ATOMIC_RELAXED);
		out->tx_bytes += __atomic_load_n(&counters->tx_bytes, __ATOMIC_RELAXED);
	}
	for (uint32_t reason = 1; reason < WEFT_DROP_LIMIT; reason++)
		out->drops += weft_drops_sum(plane, vif, reason);
}
