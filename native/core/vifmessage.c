/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What a VIF message may say. */
#include "plane.h"

bool weft_all_zero(const void *memory, uint32_t bytes)
{
	const uint8_t *byte = memory;

	for (uint32_t i = 0; i < bytes; i++) {
		if (byte[i])
			return false;
	}
	return true;
}

static bool terminated(const char *text, uint32_t bytes)
{
	for (uint32_t i = 0; i < bytes; i++) {
		if (!text[i])
			return weft_all_zero(text + i, bytes - i);
	}
	return false;
}

static int check_addresses(struct weft_context *context, const struct weft_vif_msg *m)
{
	if (m->address_count > WEFT_VIF_ADDRESSES_MAX)
		return weft_refuse(context, EINVAL, "VIF address_count %u: at most %u", m->address_count, WEFT_VIF_ADDRESSES_MAX);
	for (uint32_t i = 0; i < m->address_count; i++) {
		const struct weft_vif_address *address = &m->addresses[i];

		if (address->family != 4 && address->family != 6)
			return weft_refuse(context, EINVAL, "VIF addresses[%u].family %u: want 4 or 6", i, address->family);
		if (address->prefix_len > weft_address_bits(address->family))
			return weft_refuse(context, EINVAL, "VIF addresses[%u].prefix_len %u: at most %u", i, address->prefix_len,
					   weft_address_bits(address->family));
		if (address->flags & ~(WEFT_VIF_ADDRESS_CONFIGURE | WEFT_VIF_ADDRESS_GATEWAY))
			return weft_refuse(context, EINVAL, "VIF addresses[%u].flags %x: unknown bits", i, address->flags);
		if (address->family == 4 && !weft_all_zero(address->address + 4, 12))
			return weft_refuse(context, EINVAL, "VIF addresses[%u].address: bytes behind the IPv4 address are not zero", i);
	}
	for (uint32_t i = m->address_count; i < WEFT_VIF_ADDRESSES_MAX; i++) {
		if (!weft_all_zero(&m->addresses[i], sizeof(m->addresses[i])))
			return weft_refuse(context, EINVAL, "VIF addresses[%u]: not zero, but address_count is %u", i, m->address_count);
	}
	return 0;
}

static int check_port(struct weft_context *context, const struct weft_vif_msg *m)
{
	if (!terminated(m->name, sizeof(m->name)))
		return weft_refuse(context, EINVAL, "VIF name: longer than %u bytes", (uint32_t)sizeof(m->name) - 1);
	if (!terminated(m->device, sizeof(m->device)))
		return weft_refuse(context, EINVAL, "VIF device: longer than %u bytes", (uint32_t)sizeof(m->device) - 1);
	if (!terminated(m->netns, sizeof(m->netns)))
		return weft_refuse(context, EINVAL, "VIF netns: longer than %u bytes", (uint32_t)sizeof(m->netns) - 1);
	if (m->port_kind == WEFT_PORT_TAP && (!m->name[0] || !m->netns[0]))
		return weft_refuse(context, EINVAL, "VIF %s: a TAP port needs name and netns", m->name[0] ? "netns" : "name");
	if ((m->port_kind == WEFT_PORT_AF_PACKET || m->port_kind == WEFT_PORT_ETHDEV) && !m->device[0])
		return weft_refuse(context, EINVAL, "VIF device: a port of kind %u needs one", m->port_kind);
	if (m->port_kind == WEFT_PORT_UNIX && (m->type != WEFT_VIF_AGENT || !m->netns[0]))
		return weft_refuse(context, EINVAL, "VIF %s: a unix socket needs type %u and its path in netns",
				   m->netns[0] ? "type" : "netns", WEFT_VIF_AGENT);
	if (m->type == WEFT_VIF_AGENT && m->port_kind != WEFT_PORT_NONE && m->port_kind != WEFT_PORT_UNIX)
		return weft_refuse(context, EINVAL, "VIF port_kind %u: the agent's is %u or %u", m->port_kind, WEFT_PORT_NONE,
				   WEFT_PORT_UNIX);
	return 0;
}

static int check_policy(struct weft_context *context, const struct weft_vif_msg *m)
{
	if (!weft_identity_known(context->plane, m->identity_id))
		return weft_refuse(context, ENOENT, "VIF identity_id %u: no such identity", m->identity_id);
	for (uint32_t i = 0; i < WEFT_VIF_POLICIES; i++) {
		if ((m->flags & WEFT_VIF_STATELESS) &&
		    (m->egress_policy_ids[i] != WEFT_POLICY_NONE || m->ingress_policy_ids[i] != WEFT_POLICY_NONE))
			return weft_refuse(context, EINVAL, "VIF flags %x: STATELESS, but it has policy set %u", m->flags,
					   m->egress_policy_ids[i] != WEFT_POLICY_NONE ? m->egress_policy_ids[i]
										       : m->ingress_policy_ids[i]);
		if (m->egress_policy_ids[i] != WEFT_POLICY_NONE && !weft_policy_get(context->plane, m->egress_policy_ids[i]))
			return weft_refuse(context, ENOENT, "VIF egress_policy_ids[%u] %u: no such policy set", i,
					   m->egress_policy_ids[i]);
		if (m->ingress_policy_ids[i] != WEFT_POLICY_NONE && !weft_policy_get(context->plane, m->ingress_policy_ids[i]))
			return weft_refuse(context, ENOENT, "VIF ingress_policy_ids[%u] %u: no such policy set", i,
					   m->ingress_policy_ids[i]);
	}
	return 0;
}

int weft_vif_check(struct weft_context *context, const struct weft_vif_msg *m)
{
	int error;

	if (m->vif_id >= WEFT_VIF_LIMIT)
		return weft_refuse(context, EINVAL, "VIF vif_id %u: at most %u", m->vif_id, WEFT_VIF_LIMIT - 1);
	if (m->type > WEFT_VIF_VIRTUAL)
		return weft_refuse(context, EINVAL, "VIF type %u: at most %u", m->type, WEFT_VIF_VIRTUAL);
	if (m->port_kind > WEFT_PORT_UNIX)
		return weft_refuse(context, EINVAL, "VIF port_kind %u: at most %u", m->port_kind, WEFT_PORT_UNIX);
	if (m->flags &
	    ~(WEFT_VIF_ADDRESS_CHECK | WEFT_VIF_SHARED_UPLINK | WEFT_VIF_STRICT_TCP | WEFT_VIF_NATIVE | WEFT_VIF_STATELESS))
		return weft_refuse(context, EINVAL, "VIF flags %x: unknown bits", m->flags);
	if ((m->flags & WEFT_VIF_NATIVE) && m->type != WEFT_VIF_PHYSICAL)
		return weft_refuse(context, EINVAL, "VIF flags %x: NATIVE is for type %u, this is %u", m->flags,
				   WEFT_VIF_PHYSICAL, m->type);
	if ((m->flags & WEFT_VIF_STATELESS) && (m->flags & WEFT_VIF_STRICT_TCP))
		return weft_refuse(context, EINVAL, "VIF flags %x: STATELESS and STRICT_TCP, of which only one can be", m->flags);
	if ((m->flags & WEFT_VIF_STATELESS) && m->type != WEFT_VIF_VIRTUAL)
		return weft_refuse(context, EINVAL, "VIF flags %x: STATELESS is for type %u, this is %u", m->flags,
				   WEFT_VIF_VIRTUAL, m->type);
	if (m->mtu < 68 || m->mtu > 65535)
		return weft_refuse(context, EINVAL, "VIF mtu %u: want 68 to 65535", m->mtu);
	if (m->label != WEFT_LABEL_NONE && m->label >= WEFT_LABEL_LIMIT)
		return weft_refuse(context, EINVAL, "VIF label %u: at most %u", m->label, WEFT_LABEL_LIMIT - 1);
	if (!weft_all_zero(m->zero0, sizeof(m->zero0)) || m->zero1)
		return weft_refuse(context, EINVAL, "VIF zero0/zero1: padding is not zero");
	if (m->type == WEFT_VIF_VIRTUAL && ((m->mac[0] & 1) || weft_all_zero(m->mac, 6)))
		return weft_refuse(context, EINVAL, "VIF mac: a virtual interface needs a unicast address");
	if (!weft_vrf_get(context->plane, m->vrf_id))
		return weft_refuse(context, ENOENT, "VIF vrf_id %u: no such VRF", m->vrf_id);
	error = check_port(context, m);
	error = error ? error : check_policy(context, m);
	return error ? error : check_addresses(context, m);
}
