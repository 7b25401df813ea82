/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Policy sets of several shapes, openings that meet them, and the slow twin of the classifier: a walk over the rules in their
 * order. For test programs that include test.h.
 */
#ifndef WEFT_TEST_POLICY_SHAPES_H
#define WEFT_TEST_POLICY_SHAPES_H

#include "classify.h"
#include "weft_tables.h"

enum shape {
	SHAPE_SMALL,	 /* few values, all fields: everything meets */
	SHAPE_REALISTIC, /* security groups, network policies, prefixes, port ranges */
	SHAPE_PREFIXES,	 /* overlapping prefixes at both ends, both families */
	SHAPE_RANGES,	 /* overlapping ranges of both ports */
	SHAPE_ELEMENTS,	 /* many elements at both ends, identities full of them */
	SHAPE_HOSTILE,	 /* all of it, wide and overlapping */
	SHAPE_PORTS,	 /* one port a rule */
	SHAPES,
};
static const char *const shape_names[] = {"small", "realistic", "prefixes", "ranges", "elements", "hostile", "ports"};

#define SHAPE_IDENTITIES 64u

static union {
	struct weft_policy_msg m;
	uint8_t bytes[sizeof(struct weft_policy_msg) + WEFT_POLICY_RULES_MAX * sizeof(struct weft_policy_rule)];
} shape_set;
static union {
	struct weft_identity identity;
	uint8_t bytes[sizeof(struct weft_identity) + WEFT_IDENTITY_ELEMENTS_MAX * sizeof(struct weft_element)];
} shape_identities[SHAPE_IDENTITIES];

struct shape_opening {
	struct weft_subject subject;
	uint8_t addresses[2][16];
};

static inline uint32_t shape_below(uint32_t limit)
{
	return (uint32_t)(test_random() >> 20) % limit;
}

/* ---- the slow twin ---- */

static inline bool twin_in_prefix(const struct weft_policy_end *end, uint8_t family, const uint8_t *address)
{
	uint32_t bytes = end->prefix_len / 8, rest = end->prefix_len % 8;

	if (!end->family)
		return true;
	if (end->family != family || memcmp(end->prefix, address, bytes))
		return false;
	return !rest || !((end->prefix[bytes] ^ address[bytes]) & (0xff00 >> rest));
}

static inline bool twin_matches_end(const struct weft_policy_end *rule, const struct weft_subject *subject, uint32_t end)
{
	const struct weft_identity *identity = subject->identities[end];

	if (!twin_in_prefix(rule, subject->family, subject->addresses[end]))
		return false;
	if (rule->kind == WEFT_ELEMENT_ANY)
		return true;
	if (rule->kind == WEFT_ELEMENT_IDENTITY)
		return rule->id == subject->identity_ids[end];
	for (uint32_t low = 0, high = identity ? identity->element_count : 0; low < high;) {
		const struct weft_element *element = &identity->elements[(low + high) / 2];

		if (element->kind == rule->kind && element->id == rule->id)
			return true;
		if (element->kind < rule->kind || (element->kind == rule->kind && element->id < rule->id))
			low = (low + high) / 2 + 1;
		else
			high = (low + high) / 2;
	}
	return false;
}

static inline uint32_t twin_classify(const struct weft_policy_msg *set, const struct weft_subject *subject)
{
	for (uint32_t i = 0; i < set->rule_count; i++) {
		const struct weft_policy_rule *rule = &set->rules[i];

		if ((rule->family && rule->family != subject->family) ||
		    (rule->protocol != 0xffff && rule->protocol != subject->protocol))
			continue;
		if (subject->has_ports) {
			if (subject->ports[0] < rule->source_port_min || subject->ports[0] > rule->source_port_max ||
			    subject->ports[1] < rule->destination_port_min || subject->ports[1] > rule->destination_port_max)
				continue;
		} else if (rule->source_port_min || rule->source_port_max != 0xffff || rule->destination_port_min ||
			   rule->destination_port_max != 0xffff) {
			continue;
		}
		if (twin_matches_end(&rule->source, subject, 0) && twin_matches_end(&rule->destination, subject, 1))
			return i;
	}
	return set->rule_count;
}

/* ---- rules ---- */

static inline void shape_prefix(struct weft_policy_end *end, uint8_t family, uint32_t shortest, uint32_t bytes)
{
	uint32_t bits = family == 4 ? 32 : 128;

	end->family = family;
	end->prefix_len = (uint8_t)(shortest + shape_below(bits + 1 - shortest));
	memset(end->prefix, 0, sizeof(end->prefix));
	end->prefix[0] = family == 4 ? 10 : 0xfd;
	for (uint32_t i = bits / 8 - bytes; i < bits / 8; i++)
		end->prefix[i] = (uint8_t)shape_below(bytes == 1 ? 16 : 256);
	if (end->prefix_len == bits && shape_below(50) == 0)
		memset(end->prefix, shape_below(2) ? 0xff : 0, bits / 8);
	for (uint32_t bit = end->prefix_len; bit < 128; bit++)
		end->prefix[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
}

static inline void shape_range(uint16_t *min, uint16_t *max, uint32_t widest)
{
	uint32_t first = shape_below(65536), last = first + shape_below(widest);

	*min = (uint16_t)first;
	*max = (uint16_t)(last > 65535 ? 65535 : last);
	if (shape_below(40) == 0)
		*min = 0;
	if (shape_below(40) == 0)
		*max = 65535;
}

static inline void shape_element(struct weft_policy_end *end, uint32_t values)
{
	end->kind = 1 + shape_below(3);
	end->id = shape_below(values);
	if (shape_below(64) == 0) {
		end->kind = WEFT_ELEMENT_IDENTITY;
		end->id = 1 + shape_below(2);
	}
}

static inline void shape_small(struct weft_policy_rule *rule)
{
	static const uint16_t protocols[] = {0xffff, 0, 1, 6, 17, 50, 58, 132, 255};
	struct weft_policy_end *ends[] = {&rule->source, &rule->destination};

	rule->family = (uint8_t)(shape_below(3) ? 0 : shape_below(2) ? 4 : 6);
	rule->protocol = protocols[shape_below(9)];
	if (shape_below(2))
		rule->source_port_max = rule->source_port_min = (uint16_t)(shape_below(2) ? 0 : 65535);
	if (shape_below(2)) {
		rule->destination_port_min = (uint16_t)shape_below(12);
		rule->destination_port_max = (uint16_t)(rule->destination_port_min + shape_below(6));
	}
	for (uint32_t end = 0; end < 2; end++) {
		if (shape_below(2))
			shape_element(ends[end], 4);
		if (shape_below(3) == 0)
			shape_prefix(ends[end], shape_below(2) ? 4 : 6, 0, 1);
	}
}

/* What agents compile: a port's groups and networks, their peers, and addresses outside. `groups` grows with the set. */
static inline void shape_realistic(struct weft_policy_rule *rule, uint32_t groups)
{
	static const uint16_t services[] = {22, 53, 80, 123, 443, 3306, 5432, 6379, 8080, 8443, 9092, 9200};
	static const uint16_t ranges[][2] = {{1024, 65535}, {30000, 32767}, {8000, 8999},
					     {5900, 5910},  {6000, 6063},   {49152, 65535}};
	uint32_t kind = shape_below(10);

	rule->family = shape_below(4) ? 4 : 6;
	rule->protocol = shape_below(3) ? 6 : 17;
	rule->destination_port_min = rule->destination_port_max = services[shape_below(12)];
	if (shape_below(4) == 0) {
		rule->destination_port_min = ranges[shape_below(6)][0];
		rule->destination_port_max = ranges[shape_below(6)][1];
		if (rule->destination_port_min > rule->destination_port_max || shape_below(10) == 0)
			shape_range(&rule->destination_port_min, &rule->destination_port_max, 3000);
	}
	if (shape_below(20) == 0) {
		rule->destination_port_min = 0;
		rule->destination_port_max = 65535;
		rule->protocol = shape_below(2) ? 0xffff : 1;
	}
	if (kind < 5) {
		rule->source.kind = WEFT_ELEMENT_SECURITY_GROUP;
		rule->source.id = 8000000 + shape_below(groups);
	} else if (kind < 7) {
		rule->source.kind = rule->destination.kind = WEFT_ELEMENT_NETWORK;
		rule->source.id = shape_below(groups) * 0x9e3779b97f4a7c15ull;
		rule->destination.id = shape_below(8) * 0x9e3779b97f4a7c15ull;
	} else {
		shape_prefix(&rule->source, rule->family, rule->family == 4 ? 16 : 48, 3);
		if (shape_below(3))
			rule->source.prefix_len = rule->family == 4 ? 32 : 128;
		if (kind == 9) {
			rule->destination.kind = WEFT_ELEMENT_TAG;
			rule->destination.id = shape_below(16);
		}
		for (uint32_t bit = rule->source.prefix_len; bit < 128; bit++)
			rule->source.prefix[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	}
}

static inline void shape_hostile(struct weft_policy_rule *rule)
{
	uint8_t family = shape_below(2) ? 4 : 6;

	rule->protocol = shape_below(2) ? 0xffff : (uint16_t)shape_below(256);
	shape_range(&rule->source_port_min, &rule->source_port_max, 65536);
	shape_range(&rule->destination_port_min, &rule->destination_port_max, 65536);
	shape_prefix(&rule->source, family, 4, family == 4 ? 3 : 15);
	shape_prefix(&rule->destination, family, 4, family == 4 ? 3 : 15);
	if (shape_below(2))
		shape_element(&rule->source, 40);
	if (shape_below(2))
		shape_element(&rule->destination, 40);
}

static inline void shape_rule(enum shape shape, uint32_t number, uint32_t count, struct weft_policy_rule *rule)
{
	uint8_t family = shape_below(2) ? 4 : 6;

	*rule = (struct weft_policy_rule){.protocol = 0xffff, .source_port_max = 65535, .destination_port_max = 65535};
	rule->action = (uint8_t)(1 + shape_below(2));
	switch (shape) {
	case SHAPE_REALISTIC:
		shape_realistic(rule, 4 + count / 40);
		return;
	case SHAPE_PREFIXES:
		shape_prefix(&rule->source, family, 0, family == 4 ? 3 : 15);
		shape_prefix(&rule->destination, family, 0, family == 4 ? 3 : 15);
		return;
	case SHAPE_RANGES:
		shape_range(&rule->source_port_min, &rule->source_port_max, 20000);
		shape_range(&rule->destination_port_min, &rule->destination_port_max, 20000);
		return;
	case SHAPE_ELEMENTS:
		shape_element(&rule->source, 4 + count / 100);
		shape_element(&rule->destination, 4 + count / 100);
		return;
	case SHAPE_HOSTILE:
		shape_hostile(rule);
		return;
	case SHAPE_PORTS:
		rule->protocol = 6;
		rule->destination_port_min = rule->destination_port_max = (uint16_t)number;
		return;
	default:
		shape_small(rule);
		return;
	}
}

static inline uint32_t shape_elements_before(const struct weft_identity *identity, uint32_t kind, uint64_t id)
{
	uint32_t at = 0;

	while (at < identity->element_count &&
	       (identity->elements[at].kind < kind || (identity->elements[at].kind == kind && identity->elements[at].id < id)))
		at++;
	return at;
}

/* Elements that rules of the set name, up to `most` of them. */
static inline void shape_identity(struct weft_identity *identity, uint32_t identity_id, uint32_t most)
{
	uint32_t wanted = 1 + shape_below(most);

	memset(identity, 0, sizeof(*identity) + WEFT_IDENTITY_ELEMENTS_MAX * sizeof(struct weft_element));
	identity->identity_id = identity_id;
	for (uint32_t i = 0; i < 4 * wanted && identity->element_count < wanted; i++) {
		const struct weft_policy_rule *rule = &shape_set.m.rules[shape_below(shape_set.m.rule_count)];
		const struct weft_policy_end *end = shape_below(2) ? &rule->source : &rule->destination;
		uint32_t at = shape_elements_before(identity, end->kind, end->id);
		struct weft_element *element = &identity->elements[at];

		if (end->kind == WEFT_ELEMENT_ANY || end->kind == WEFT_ELEMENT_IDENTITY ||
		    (at < identity->element_count && element->kind == end->kind && element->id == end->id))
			continue;
		memmove(element + 1, element, (identity->element_count - at) * sizeof(*element));
		*element = (struct weft_element){end->id, end->kind, 0};
		identity->element_count++;
	}
	for (uint32_t i = 0; i < identity->element_count; i++)
		identity->hashes[i] = weft_element_hash(identity->elements[i].kind, identity->elements[i].id);
}

static inline void shape_make(enum shape shape, uint32_t count)
{
	memset(&shape_set.m, 0, sizeof(shape_set.m));
	shape_set.m.policy_id = 5;
	shape_set.m.rule_count = count;
	shape_set.m.default_action = (uint8_t)(1 + shape_below(2));
	for (uint32_t i = 0; i < count; i++)
		shape_rule(shape, i, count, &shape_set.m.rules[i]);
	for (uint32_t i = 0; i < SHAPE_IDENTITIES && count; i++)
		shape_identity(&shape_identities[i].identity, WEFT_IDENTITY_FIRST + i, shape == SHAPE_REALISTIC ? 5 : 32);
}

/* ---- openings: most are made to fit some rule, or to miss it by one ---- */

static inline uint16_t shape_port(uint16_t min, uint16_t max)
{
	switch (shape_below(8)) {
	case 0:
		return min;
	case 1:
		return max;
	case 2:
		return (uint16_t)(min - 1);
	case 3:
		return (uint16_t)(max + 1);
	case 4:
		return (uint16_t)(shape_below(2) ? 65535 : 0);
	default:
		return (uint16_t)(min + shape_below((uint32_t)(max - min) + 1));
	}
}

static inline void shape_address(const struct weft_policy_end *end, uint8_t family, uint8_t address[16])
{
	uint32_t bits = family == 4 ? 32 : 128, free_from = end->family == family ? end->prefix_len : 0, how = shape_below(6);

	memset(address, 0, 16);
	if (end->family == family)
		memcpy(address, end->prefix, 16);
	else
		address[0] = family == 4 ? 10 : 0xfd;
	for (uint32_t bit = free_from ? free_from : 8; bit < bits; bit++) {
		if (how == 1 || (how > 1 && shape_below(2)))
			address[bit / 8] |= (uint8_t)(0x80 >> bit % 8); /* 0: the first of the prefix, 1: its last */
	}
	if (free_from && shape_below(8) == 0)
		address[(free_from - 1) / 8] ^= (uint8_t)(0x80 >> (free_from - 1) % 8); /* its neighbour */
	if (shape_below(100) == 0)
		memset(address, shape_below(2) ? 0xff : 0, bits / 8);
}

static inline void shape_ask_identity(struct weft_subject *subject, uint32_t end, const struct weft_policy_end *rule)
{
	uint32_t number = shape_below(SHAPE_IDENTITIES), id = shape_below(16);

	for (uint32_t tries = 0; tries < 8 && rule->kind != WEFT_ELEMENT_ANY; tries++) {
		const struct weft_identity *identity = &shape_identities[number].identity;
		uint32_t at = shape_elements_before(identity, rule->kind, rule->id);

		if (at < identity->element_count && identity->elements[at].id == rule->id &&
		    identity->elements[at].kind == rule->kind)
			break;
		number = shape_below(SHAPE_IDENTITIES);
	}
	if (id >= WEFT_IDENTITY_FIRST) {
		subject->identities[end] = &shape_identities[number].identity;
		subject->identity_ids[end] = WEFT_IDENTITY_FIRST + number;
	} else {
		subject->identities[end] = NULL;
		subject->identity_ids[end] = id; /* unknown, node, external */
	}
}

static inline void shape_open(struct shape_opening *opening)
{
	static const struct weft_policy_rule none = {
	    .protocol = 0xffff, .source_port_max = 65535, .destination_port_max = 65535};
	static const uint8_t protocols[] = {6, 6, 6, 17, 17, 1, 58, 132, 50, 0, 255};
	const struct weft_policy_rule *rule =
	    shape_set.m.rule_count ? &shape_set.m.rules[shape_below(shape_set.m.rule_count)] : &none;
	struct weft_subject *subject = &opening->subject;

	subject->family = rule->source.family	     ? rule->source.family
			  : rule->destination.family ? rule->destination.family
			  : rule->family	     ? rule->family
			  : shape_below(2)	     ? 4
						     : 6;
	subject->protocol = rule->protocol != 0xffff && shape_below(8) ? (uint8_t)rule->protocol : protocols[shape_below(11)];
	subject->has_ports = subject->protocol != 50 && subject->protocol != 0 && subject->protocol != 255 && shape_below(64);
	subject->ports[0] = shape_port(rule->source_port_min, rule->source_port_max);
	subject->ports[1] = shape_port(rule->destination_port_min, rule->destination_port_max);
	for (uint32_t end = 0; end < 2; end++) {
		const struct weft_policy_end *of_rule = end ? &rule->destination : &rule->source;

		shape_address(of_rule, subject->family, opening->addresses[end]);
		subject->addresses[end] = opening->addresses[end];
		shape_ask_identity(subject, end, of_rule);
	}
}

#endif
