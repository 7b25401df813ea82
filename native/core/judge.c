/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* What a policy set decides: the first rule that matches the initiator's direction, else the default. Set-up and re-evaluation
 * only. */
#include "classify.h"
#include "worker.h"

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

static void ask(struct weft_plane *plane, const struct weft_opening *opening, struct weft_subject *subject)
{
	const struct weft_connection_key *key = opening->key;

	subject->family = key->family;
	subject->protocol = key->protocol;
	subject->has_ports = ports_of(key, &subject->ports[0], &subject->ports[1]);
	subject->addresses[0] = key->source;
	subject->addresses[1] = key->destination;
	subject->identity_ids[0] = opening->source_identity;
	subject->identity_ids[1] = opening->destination_identity;
	for (uint32_t end = 0; end < 2; end++)
		subject->identities[end] = weft_identity_get(plane, subject->identity_ids[end]);
}

static struct weft_rule_counter *counter_of(const struct weft_worker *worker, const struct weft_verdict *verdict)
{
	return &verdict->policy->counters[worker->index * verdict->policy->counter_stride + verdict->rule];
}

/* What the set says, written behind the verdicts that are there. */
static struct weft_verdict *decide(struct weft_worker *worker, const struct weft_vif *vif, bool egress,
				   const struct weft_policy *policy, const struct weft_opening *opening,
				   const struct weft_subject *subject)
{
	struct weft_verdict *verdict = &worker->verdicts[worker->verdict_count];

	verdict->rule = weft_classify(policy->classifier, subject);
	verdict->decision = policy->classifier->decisions[verdict->rule];
	verdict->opening = *opening;
	verdict->policy = policy;
	verdict->vif = vif;
	verdict->egress = egress;
	__builtin_prefetch(counter_of(worker, verdict), 1);
	return verdict;
}

enum weft_drop weft_judge(struct weft_worker *worker, const struct weft_vif *vif, bool egress,
			  const struct weft_opening *opening)
{
	const uint32_t *ids = egress ? vif->egress_policy_ids : vif->ingress_policy_ids;
	struct weft_subject subject;
	bool asked = false;

	for (uint32_t i = 0; i < WEFT_VIF_POLICIES; i++) {
		const struct weft_policy *policy;
		struct weft_verdict *verdict;

		if (ids[i] == WEFT_POLICY_NONE)
			continue;
		policy = weft_policy_get(worker->plane, ids[i]);
		if (!policy) {
			worker->verdict_count = 0;
			return WEFT_DROP_POLICY; /* the vif was replaced by one without it, and this one is on its way out */
		}
		if (!asked)
			ask(worker->plane, opening, &subject);
		asked = true;
		verdict = decide(worker, vif, egress, policy, opening, &subject);
		if (verdict->decision & WEFT_DECISION_DENY) {
			if (verdict != &worker->verdicts[0])
				worker->verdicts[0] = *verdict;
			worker->verdict_count = 1;
			return WEFT_DROP_POLICY;
		}
		worker->verdict_count++;
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
		struct weft_rule_counter *counter = counter_of(worker, verdict);

		weft_count(&counter->packets, 1);
		weft_count(&counter->bytes, bytes);
		if (verdict->decision & WEFT_DECISION_LOG)
			write_event(worker, verdict, bytes);
	}
	worker->verdict_count = 0;
}

enum weft_drop weft_judge_destination(struct weft_worker *worker, const struct weft_step *step)
{
	const struct weft_view *view = &step->view;
	struct weft_opening opening = {.key = &view->key, .source_identity = worker->vif->identity_id};
	enum weft_drop reason;

	if (step->vif_id == WEFT_FROM_FABRIC || worker->vif->type == WEFT_VIF_PHYSICAL)
		return WEFT_DROP_NONE;
	opening.destination_identity = weft_route_get(worker->plane, step->vrf_id, view->family, view->destination).identity_id;
	worker->verdict_count = 0;
	reason = weft_judge(worker, worker->vif, true, &opening);
	weft_judge_commit(worker, view->l3_bytes);
	return reason;
}
