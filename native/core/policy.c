/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Policy sets: checked, replaced whole, counted. What a set decides stands in judge.c, how it is compiled in classifier.c. */
#include "classify.h"
#include "plane.h"

#define RULE_CONTENT offsetof(struct weft_policy_rule, packets)

struct weft_policy_entry *weft_policy_entry_get(struct weft_plane *plane, uint32_t policy_id)
{
	return weft_sparse_pointer(&plane->policies, policy_id);
}

struct weft_policy *weft_policy_get(struct weft_plane *plane, uint32_t policy_id)
{
	struct weft_policy_entry *entry = weft_policy_entry_get(plane, policy_id);

	return entry ? &entry->seen : NULL;
}

static void use(struct weft_plane *plane, uint32_t policy_id, int change)
{
	struct weft_policy_entry *entry = weft_policy_entry_get(plane, policy_id);

	if (entry)
		entry->references += (uint32_t)change;
}

void weft_vif_use(struct weft_plane *plane, const struct weft_vif *vif, int change)
{
	weft_identity_use(plane, vif->identity_id, change);
	if (vif->flags & WEFT_VIF_STATELESS)
		weft_put(plane->stateless_ports, plane->stateless_ports + (uint32_t)change);
	for (uint32_t i = 0; i < WEFT_VIF_POLICIES; i++) {
		use(plane, vif->egress_policy_ids[i], change);
		use(plane, vif->ingress_policy_ids[i], change);
	}
}

/* ---- what a message may say ---- */

static int check_end(struct weft_context *context, uint32_t rule, const char *name, const struct weft_policy_end *end)
{
	bool own = end->kind == WEFT_ELEMENT_IDENTITY;

	if (end->kind > WEFT_ELEMENT_IDENTITY)
		return weft_refuse(context, EINVAL, "POLICY rules[%u].%s.kind %u: at most %u", rule, name, end->kind, WEFT_ELEMENT_IDENTITY);
	if (own && end->id != WEFT_IDENTITY_NODE && end->id != WEFT_IDENTITY_EXTERNAL)
		return weft_refuse(context, EINVAL, "POLICY rules[%u].%s.id %llu: want %u (node) or %u (external)", rule, name,
				   (unsigned long long)end->id, WEFT_IDENTITY_NODE, WEFT_IDENTITY_EXTERNAL);
	if (end->kind == WEFT_ELEMENT_ANY && end->id)
		return weft_refuse(context, EINVAL, "POLICY rules[%u].%s.id %llu: kind is any, want 0", rule, name,
				   (unsigned long long)end->id);
	if (end->zero0[0] || end->zero0[1])
		return weft_refuse(context, EINVAL, "POLICY rules[%u].%s.zero0: padding is not zero", rule, name);
	if (end->family != 0 && end->family != 4 && end->family != 6)
		return weft_refuse(context, EINVAL, "POLICY rules[%u].%s.family %u: want 0, 4 or 6", rule, name, end->family);
	if (end->prefix_len > (end->family ? weft_address_bits(end->family) : 0))
		return weft_refuse(context, EINVAL, "POLICY rules[%u].%s.prefix_len %u: at most %u", rule, name, end->prefix_len,
				   end->family ? weft_address_bits(end->family) : 0);
	for (uint32_t bit = end->prefix_len; bit < 128; bit++) {
		if (end->prefix[bit / 8] & (0x80 >> bit % 8))
			return weft_refuse(context, EINVAL, "POLICY rules[%u].%s.prefix: bit %u is set behind prefix_len %u", rule, name,
					   bit, end->prefix_len);
	}
	return 0;
}

static int check_rule(struct weft_context *context, uint32_t index, const struct weft_policy_rule *rule)
{
	int error;

	if (rule->family != 0 && rule->family != 4 && rule->family != 6)
		return weft_refuse(context, EINVAL, "POLICY rules[%u].family %u: want 0, 4 or 6", index, rule->family);
	if (rule->action != WEFT_POLICY_ALLOW && rule->action != WEFT_POLICY_DENY)
		return weft_refuse(context, EINVAL, "POLICY rules[%u].action %u: want 1 (allow) or 2 (deny)", index, rule->action);
	if (rule->flags & ~WEFT_POLICY_RULE_LOG)
		return weft_refuse(context, EINVAL, "POLICY rules[%u].flags %x: unknown bits", index, rule->flags);
	if (rule->protocol > 255 && rule->protocol != 0xffff)
		return weft_refuse(context, EINVAL, "POLICY rules[%u].protocol %u: want 0 to 255 or 65535", index, rule->protocol);
	if (rule->source_port_min > rule->source_port_max)
		return weft_refuse(context, EINVAL, "POLICY rules[%u].source_port_min %u: above source_port_max %u", index,
				   rule->source_port_min, rule->source_port_max);
	if (rule->destination_port_min > rule->destination_port_max)
		return weft_refuse(context, EINVAL, "POLICY rules[%u].destination_port_min %u: above destination_port_max %u", index,
				   rule->destination_port_min, rule->destination_port_max);
	if (rule->zero0)
		return weft_refuse(context, EINVAL, "POLICY rules[%u].zero0: padding is not zero", index);
	error = check_end(context, index, "source", &rule->source);
	return error ? error : check_end(context, index, "destination", &rule->destination);
}

static int check(struct weft_context *context, const struct weft_policy_msg *m)
{
	if (m->policy_id == WEFT_POLICY_NONE || m->policy_id >= WEFT_POLICY_LIMIT)
		return weft_refuse(context, EINVAL, "POLICY policy_id %u: want 1 to %u", m->policy_id, WEFT_POLICY_LIMIT - 1);
	if (m->default_action != WEFT_POLICY_ALLOW && m->default_action != WEFT_POLICY_DENY)
		return weft_refuse(context, EINVAL, "POLICY default_action %u: want 1 (allow) or 2 (deny)", m->default_action);
	if (!weft_all_zero(m->zero0, sizeof(m->zero0)))
		return weft_refuse(context, EINVAL, "POLICY zero0: padding is not zero");
	for (uint32_t i = 0; i < m->rule_count; i++) {
		int error = check_rule(context, i, &m->rules[i]);

		if (error)
			return error;
	}
	return 0;
}

/* ---- memory ---- */

static size_t entry_bytes(uint32_t rules) { return sizeof(struct weft_policy_entry) + rules * sizeof(struct weft_policy_rule); }
static size_t from_bytes(uint32_t rules) { return (rules + 1) * sizeof(uint32_t); }
static size_t base_bytes(uint32_t rules) { return (rules + 1) * sizeof(struct weft_rule_counter); }
static uint32_t stride_of(uint32_t rules)
{
	uint32_t line = WEFT_CACHE_LINE / sizeof(struct weft_rule_counter);

	return (rules + 1 + line - 1) / line * line;
}
static size_t counters_bytes(const struct weft_plane *plane, uint32_t rules)
{
	return sizeof(struct weft_rule_counter) * stride_of(rules) * plane->workers;
}

static void entry_free(struct weft_plane *plane, struct weft_policy_entry *entry)
{
	uint32_t rules = entry->seen.rule_count;

	weft_host_free(entry->from, from_bytes(rules));
	weft_host_free(entry->base, base_bytes(rules));
	weft_host_free(entry->seen.counters, counters_bytes(plane, rules));
	weft_classifier_destroy(entry->seen.classifier);
	weft_host_free(entry, entry_bytes(rules));
}

static struct weft_policy_entry *make(struct weft_plane *plane, const struct weft_policy_msg *m, uint32_t epoch)
{
	struct weft_policy_entry *entry = weft_host_alloc(entry_bytes(m->rule_count));

	if (!entry)
		return NULL;
	entry->seen.rule_count = m->rule_count;
	entry->from = weft_host_alloc(from_bytes(m->rule_count));
	entry->base = weft_host_alloc(base_bytes(m->rule_count));
	entry->seen.counters = weft_host_alloc(counters_bytes(plane, m->rule_count));
	entry->seen.classifier = weft_classifier_create(m);
	if (!entry->from || !entry->base || !entry->seen.counters || !entry->seen.classifier) {
		entry_free(plane, entry);
		return NULL;
	}
	entry->epoch = epoch;
	memcpy(entry->key, m->key, WEFT_KEY_BYTES);
	entry->seen.policy_id = m->policy_id;
	entry->seen.default_action = m->default_action;
	entry->seen.counter_stride = stride_of(m->rule_count);
	memcpy(entry->seen.rules, m->rules, m->rule_count * sizeof(*m->rules));
	for (uint32_t i = 0; i < m->rule_count; i++)
		entry->seen.rules[i].packets = entry->seen.rules[i].bytes = 0; /* answers only */
	return entry;
}

/* ---- counters over a replacement ---- */

static uint32_t hash_of(const struct weft_policy_rule *rule)
{
	const uint8_t *byte = (const uint8_t *)rule;
	uint32_t h = 0x811c9dc5u;

	for (uint32_t i = 0; i < RULE_CONTENT; i++)
		h = (h ^ byte[i]) * 0x01000193u;
	return h ^ h >> 15;
}

/* Fills entry->from: for each rule the equal one of `old`, each taken once. 0 or -ENOMEM. */
static int match_rules(struct weft_policy_entry *entry, const struct weft_policy_entry *old)
{
	const struct weft_policy *is = &entry->seen, *was = &old->seen;
	uint32_t slots = 16, *table;

	while (slots < 2 * was->rule_count)
		slots *= 2;
	table = weft_host_alloc(slots * sizeof(*table)); /* open addressing: index plus one; WEFT_NO_RULE: taken */
	if (!table)
		return -ENOMEM;
	for (uint32_t i = 0; i < was->rule_count; i++) {
		uint32_t slot = hash_of(&was->rules[i]) % slots;

		while (table[slot])
			slot = (slot + 1) % slots;
		table[slot] = i + 1;
	}
	for (uint32_t i = 0; i < is->rule_count; i++) {
		uint32_t slot = hash_of(&is->rules[i]) % slots;

		entry->from[i] = WEFT_NO_RULE;
		for (; table[slot] && entry->from[i] == WEFT_NO_RULE; slot = (slot + 1) % slots) {
			if (table[slot] == WEFT_NO_RULE || memcmp(&was->rules[table[slot] - 1], &is->rules[i], RULE_CONTENT))
				continue;
			entry->from[i] = table[slot] - 1;
			table[slot] = WEFT_NO_RULE;
		}
	}
	entry->from[is->rule_count] = is->default_action == was->default_action ? was->rule_count : WEFT_NO_RULE;
	weft_host_free(table, slots * sizeof(*table));
	return 0;
}

/* What was counted for a rule (rule_count: the default) by this set, and by those it follows. */
static struct weft_rule_counter sum(const struct weft_plane *plane, const struct weft_policy_entry *entry, uint32_t index)
{
	struct weft_rule_counter all = {0, 0};

	for (; entry && index != WEFT_NO_RULE; index = entry->previous ? entry->from[index] : WEFT_NO_RULE, entry = entry->previous) {
		all.packets += entry->base[index].packets;
		all.bytes += entry->base[index].bytes;
		for (uint32_t worker = 0; worker < plane->workers; worker++) {
			const struct weft_rule_counter *counter = &entry->seen.counters[worker * entry->seen.counter_stride + index];

			all.packets += __atomic_load_n(&counter->packets, __ATOMIC_RELAXED);
			all.bytes += __atomic_load_n(&counter->bytes, __ATOMIC_RELAXED);
		}
	}
	return all;
}

/* After the grace period nobody counts here any more: what was counted moves to the set that followed. */
static void retire(struct weft_plane *plane, void *argument)
{
	struct weft_policy_entry *entry = argument, *next = entry->next;

	if (entry->previous)
		entry->previous->next = NULL;
	if (next) {
		for (uint32_t i = 0; i <= next->seen.rule_count; i++) {
			struct weft_rule_counter all = sum(plane, entry, next->from[i]);

			next->base[i].packets += all.packets;
			next->base[i].bytes += all.bytes;
		}
		next->previous = NULL;
	}
	entry_free(plane, entry);
}

/* ---- messages ---- */

/* What the ports' connections were allowed by has changed: each asks again with its next packet. */
static void stamp_users(struct weft_plane *plane, uint32_t policy_id)
{
	for (uint32_t id = 0; id < plane->vif_limit; id++) {
		struct weft_vif *vif = plane->vifs[id];
		bool uses = false;

		for (uint32_t i = 0; vif && i < WEFT_VIF_POLICIES; i++)
			uses |= vif->egress_policy_ids[i] == policy_id || vif->ingress_policy_ids[i] == policy_id;
		if (uses)
			__atomic_store_n(&vif->policy_stamp, weft_plane_generation(plane), __ATOMIC_RELEASE);
	}
}

static bool same(const struct weft_policy *old, const struct weft_policy_msg *m)
{
	if (old->rule_count != m->rule_count || old->default_action != m->default_action)
		return false;
	for (uint32_t i = 0; i < m->rule_count; i++) {
		if (memcmp(&old->rules[i], &m->rules[i], RULE_CONTENT))
			return false;
	}
	return true;
}

int weft_policy_set(struct weft_context *context, const void *body)
{
	const struct weft_policy_msg *m = body;
	struct weft_plane *plane = context->plane;
	struct weft_policy_entry *old, *entry;
	int error = check(context, m);

	if (error)
		return error;
	old = weft_policy_entry_get(plane, m->policy_id);
	if (old && same(&old->seen, m)) {
		old->epoch = context->epoch;
		context->changed = memcmp(old->key, m->key, WEFT_KEY_BYTES) != 0;
		memcpy(old->key, m->key, WEFT_KEY_BYTES);
		return 0;
	}
	entry = make(plane, m, context->epoch);
	if (!entry || (old && match_rules(entry, old)) || weft_sparse_reserve(plane, &plane->policies, m->policy_id)) {
		if (entry)
			entry_free(plane, entry);
		return weft_refuse(context, ENOMEM, "POLICY %u: out of memory", m->policy_id);
	}
	if (old) {
		entry->references = old->references;
		entry->previous = old;
		old->next = entry;
	} else {
		plane->policy_count++;
	}
	weft_sparse_set(plane, &plane->policies, m->policy_id, (uintptr_t)entry);
	if (old) {
		stamp_users(plane, m->policy_id); /* behind the pointer: whoever sees the stamp sees the rules */
		weft_host_call_deferred(plane, retire, old);
	}
	context->changed = true;
	return 0;
}

static int policy_remove(struct weft_context *context, struct weft_policy_entry *entry)
{
	struct weft_plane *plane = context->plane;

	if (entry->references)
		return weft_refuse(context, EBUSY, "POLICY %u: %u fields of vifs name it", entry->seen.policy_id, entry->references);
	weft_sparse_set(plane, &plane->policies, entry->seen.policy_id, 0);
	plane->policy_count--;
	weft_host_call_deferred(plane, retire, entry);
	context->changed = true;
	return 0;
}

int weft_policy_delete(struct weft_context *context, const void *body)
{
	const struct weft_policy_msg *m = body;
	struct weft_policy_entry *entry = weft_policy_entry_get(context->plane, m->policy_id);

	if (!entry)
		return weft_refuse(context, ENOENT, "POLICY policy_id %u: no such policy set", m->policy_id);
	return policy_remove(context, entry);
}

int weft_policy_sweep(struct weft_context *context)
{
	struct weft_sparse *all = &context->plane->policies;
	int result = 0;

	for (uint32_t id = weft_sparse_next(all, 0); id < all->limit; id = weft_sparse_next(all, id + 1)) {
		struct weft_policy_entry *entry = weft_policy_entry_get(context->plane, id);

		if (entry->epoch != context->epoch) {
			int error = policy_remove(context, entry);

			result = result ? result : error;
		}
	}
	return result;
}

void weft_policies_destroy(struct weft_plane *plane)
{
	struct weft_sparse *all = &plane->policies;

	if (!all->pages)
		return;
	for (uint32_t id = weft_sparse_next(all, 0); id < all->limit; id = weft_sparse_next(all, id + 1))
		entry_free(plane, weft_policy_entry_get(plane, id));
	weft_sparse_destroy(all);
}

void weft_policy_fill(struct weft_plane *plane, const struct weft_policy_entry *entry, struct weft_policy_msg *out)
{
	struct weft_rule_counter counted = sum(plane, entry, entry->seen.rule_count);

	memset(out, 0, sizeof(*out));
	out->policy_id = entry->seen.policy_id;
	out->rule_count = entry->seen.rule_count;
	memcpy(out->key, entry->key, WEFT_KEY_BYTES);
	out->default_action = entry->seen.default_action;
	out->references = entry->references;
	out->default_packets = counted.packets;
	out->default_bytes = counted.bytes;
}

void weft_policy_rule_fill(struct weft_plane *plane, const struct weft_policy_entry *entry, uint32_t index,
			   struct weft_policy_rule *out)
{
	struct weft_rule_counter counted = sum(plane, entry, index);

	*out = entry->seen.rules[index];
	out->packets = counted.packets;
	out->bytes = counted.bytes;
}
