/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What a policy set decides: the first rule that matches the initiator's direction, else the default. Set-up and re-evaluation only. */
#include "worker.h"

#define PORT_ANY_MAX 0xffffu
#define PROTOCOL_ANY 0xffffu

/* What rules call ports: of ICMP the code (source) and the type (destination). False: this protocol has none. */
static bool ports_of(const struct weft_connection_key *key, uint16_t *source, uint16_t *destination)
{
	bool v4 = key->family == 4;

	*source = key->source_port;
	*destination = key->destination_port;
	switch (key->protocol) {
	case WEFT_PROTOCOL_TCP:
	case WEFT_PROTOCOL_UDP:
	case WEFT_PROTOCOL_SCTP:
		return true;
	case WEFT_PROTOCOL_ICMP:
	case WEFT_PROTOCOL_ICMPV6:
		if ((key->protocol == WEFT_PROTOCOL_ICMP) != v4)
			return false;
		if (weft_icmp_has_identifier(key->family, (uint8_t)key->destination_port))
			*source = 0; /* the key holds the identifier; a query's code is 0 */
		return true;
	default:
		return false;
	}
}

static bool in_prefix(const struct weft_policy_end *end, uint8_t family, const uint8_t *address)
{
	uint32_t bytes = end->prefix_len / 8, rest = end->prefix_len % 8;

	if (!end->family)
		return true;
	if (end->family != family || memcmp(end->prefix, address, bytes))
		return false;
	return !rest || !((end->prefix[bytes] ^ address[bytes]) & (0xff00 >> rest));
}

static bool has_element(const struct weft_identity *identity, uint32_t kind, uint64_t id)
{
	uint32_t low = 0, high = identity ? identity->element_count : 0;

	while (low < high) {
		uint32_t middle = (low + high) / 2;
		const struct weft_element *element = &identity->elements[middle];

		if (element->kind == kind && element->id == id)
			return true;
		if (element->kind < kind || (element->kind == kind && element->id < id))
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static bool matches_end(const struct weft_policy_end *end, uint32_t identity_id, const struct weft_identity *identity,
			uint8_t family, const uint8_t *address)
{
	if (!in_prefix(end, family, address))
		return false;
	switch (end->kind) {
	case WEFT_ELEMENT_ANY:
		return true;
	case WEFT_ELEMENT_IDENTITY:
		return end->id == identity_id;
	default:
		return has_element(identity, end->kind, end->id);
	}
}

static bool is_any(uint16_t min, uint16_t max)
{
	return min == 0 && max == PORT_ANY_MAX;
}

uint32_t weft_policy_match(struct weft_plane *plane, const struct weft_policy *policy, const struct weft_opening *opening)
{
	const struct weft_connection_key *key = opening->key;
	const struct weft_identity *source = weft_identity_get(plane, opening->source_identity);
	const struct weft_identity *destination = weft_identity_get(plane, opening->destination_identity);
	uint16_t source_port, destination_port;
	bool ports = ports_of(key, &source_port, &destination_port);

	for (uint32_t i = 0; i < policy->rule_count; i++) {
		const struct weft_policy_rule *rule = &policy->rules[i];

		if ((rule->family && rule->family != key->family) ||
		    (rule->protocol != PROTOCOL_ANY && rule->protocol != key->protocol))
			continue;
		if (ports) {
			if (source_port < rule->source_port_min || source_port > rule->source_port_max ||
			    destination_port < rule->destination_port_min || destination_port > rule->destination_port_max)
				continue;
		} else if (!is_any(rule->source_port_min, rule->source_port_max) ||
			   !is_any(rule->destination_port_min, rule->destination_port_max)) {
			continue;
		}
		if (matches_end(&rule->source, opening->source_identity, source, key->family, key->source) &&
		    matches_end(&rule->destination, opening->destination_identity, destination, key->family, key->destination))
			return i;
	}
	return policy->rule_count;
}

static bool allows(const struct weft_verdict *verdict)
{
	const struct weft_policy *policy = verdict->policy;

	return (verdict->rule < policy->rule_count ? policy->rules[verdict->rule].action : policy->default_action) ==
	       WEFT_POLICY_ALLOW;
}

enum weft_drop weft_judge(struct weft_worker *worker, const struct weft_vif *vif, bool egress, const struct weft_opening *opening)
{
	for (uint32_t i = 0; i < WEFT_VIF_POLICIES; i++) {
		uint32_t policy_id = egress ? vif->egress_policy_ids[i] : vif->ingress_policy_ids[i];
		struct weft_verdict verdict = {.vif = vif, .egress = egress, .opening = *opening};

		if (policy_id == WEFT_POLICY_NONE)
			continue;
		verdict.policy = weft_policy_get(worker->plane, policy_id);
		if (!verdict.policy) {
			worker->verdict_count = 0;
			return WEFT_DROP_POLICY; /* the vif was replaced by one without it, and this one is on its way out */
		}
		verdict.rule = weft_policy_match(worker->plane, verdict.policy, opening);
		if (!allows(&verdict)) {
			worker->verdicts[0] = verdict;
			worker->verdict_count = 1;
			return WEFT_DROP_POLICY;
		}
		worker->verdicts[worker->verdict_count++] = verdict;
	}
	return WEFT_DROP_NONE;
}

static void write_event(struct weft_worker *worker, const struct weft_verdict *verdict, uint32_t bytes)
{
	struct weft_log_msg *event = weft_policy_log_begin(worker->plane, worker->index, worker->now_ns);
	const struct weft_policy *policy = verdict->policy;
	const struct weft_connection_key *key = verdict->opening.key;
	bool rule = verdict->rule < policy->rule_count;

	if (!event)
		return;
	event->vif_id = verdict->vif->vif_id;
	event->vrf_id = verdict->vif->vrf_id;
	event->policy_id = policy->policy_id;
	event->rule = rule ? verdict->rule : 0xffffffffu;
	if (rule)
		memcpy(event->uuid, policy->rules[verdict->rule].uuid, sizeof(event->uuid));
	event->egress = verdict->egress;
	event->action = rule ? policy->rules[verdict->rule].action : policy->default_action;
	event->family = key->family;
	event->protocol = key->protocol;
	if (!ports_of(key, &event->source_port, &event->destination_port))
		event->source_port = event->destination_port = 0;
	memcpy(event->source, key->source, sizeof(event->source));
	memcpy(event->destination, key->destination, sizeof(event->destination));
	event->source_identity = verdict->opening.source_identity;
	event->destination_identity = verdict->opening.destination_identity;
	event->packet_bytes = bytes;
	weft_policy_log_commit(worker->plane, worker->index);
}

void weft_judge_commit(struct weft_worker *worker, uint32_t bytes)
{
	for (uint32_t i = 0; i < worker->verdict_count; i++) {
		const struct weft_verdict *verdict = &worker->verdicts[i];
		const struct weft_policy *policy = verdict->policy;
		struct weft_rule_counter *counter =
		    &policy->counters[worker->index * policy->counter_stride + verdict->rule];

		weft_count(&counter->packets, 1);
		weft_count(&counter->bytes, bytes);
		if (!allows(verdict) ||
		    (verdict->rule < policy->rule_count && (policy->rules[verdict->rule].flags & WEFT_POLICY_RULE_LOG)))
			write_event(worker, verdict, bytes);
	}
	worker->verdict_count = 0;
}
