/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * Policy against a slow twin: random identities, sets, routes and packets between two ports; what passes and what each rule
 * counts must be what the twin says. Messages about identities and sets, and what is refused.
 */
#include "plane.h"
#include "test.h"

#include "messages.h"

#define ROUNDS 120u
#define PACKETS 60u
#define IDENTITIES 8u
#define SETS 4u
#define RULES 12u
#define ROUTES 6u

union policy_body {
	struct weft_policy_msg m;
	uint8_t bytes[sizeof(struct weft_policy_msg) + WEFT_POLICY_RULES_MAX * sizeof(struct weft_policy_rule)];
};

static union policy_body sets[SETS];
static struct weft_identity_msg identities[IDENTITIES];
static struct weft_route_msg routes[ROUTES];
static struct weft_vif_msg ports[2];
static uint64_t counted[SETS][RULES + 1], counted_bytes[SETS][RULES + 1];

struct packet {
	uint8_t family, protocol;
	uint8_t source[16], destination[16];
	uint16_t source_port, destination_port; /* ICMP: identifier, type */
	uint8_t code;
	uint8_t frame[128];
	uint32_t bytes;
};

static uint32_t below(uint32_t limit)
{
	return (uint32_t)(test_random() >> 11) % limit;
}

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

/* ---- the twin: the words of the ABI's comments, one after the other ---- */

static bool twin_has(uint32_t identity_id, uint32_t kind, uint64_t id)
{
	for (uint32_t i = 0; i < IDENTITIES; i++) {
		for (uint32_t k = 0; k < identities[i].element_count; k++) {
			if (identities[i].identity_id == identity_id && identities[i].elements[k].kind == kind &&
			    identities[i].elements[k].id == id)
				return true;
		}
	}
	return false;
}

static bool twin_covers(const uint8_t *prefix, uint32_t bits, const uint8_t *address)
{
	for (uint32_t bit = 0; bit < bits; bit++) {
		if (((prefix[bit / 8] ^ address[bit / 8]) >> (7 - bit % 8)) & 1)
			return false;
	}
	return true;
}

static bool twin_end(const struct weft_policy_end *end, uint8_t family, const uint8_t *address, uint32_t identity_id)
{
	bool element = end->kind == WEFT_ELEMENT_ANY || (end->kind == WEFT_ELEMENT_IDENTITY && end->id == identity_id) ||
		       (end->kind != WEFT_ELEMENT_IDENTITY && twin_has(identity_id, end->kind, end->id));

	return element && (!end->family || (end->family == family && twin_covers(end->prefix, end->prefix_len, address)));
}

/* Index of the deciding rule; rule_count: the default. */
static uint32_t twin_rule(const struct weft_policy_msg *set, const struct packet *p, uint32_t source, uint32_t destination)
{
	bool icmp = p->protocol == 1 || p->protocol == 58, ports_known = icmp || p->protocol == 6 || p->protocol == 17;
	uint32_t first = icmp ? p->code : p->source_port, second = p->destination_port;

	for (uint32_t i = 0; i < set->rule_count; i++) {
		const struct weft_policy_rule *rule = &set->rules[i];
		bool all = rule->source_port_min == 0 && rule->source_port_max == 65535 && rule->destination_port_min == 0 &&
			   rule->destination_port_max == 65535;
		bool within = ports_known && rule->source_port_min <= first && first <= rule->source_port_max &&
			      rule->destination_port_min <= second && second <= rule->destination_port_max;

		if ((rule->family == 0 || rule->family == p->family) &&
		    (rule->protocol == 0xffff || rule->protocol == p->protocol) && (all || within) &&
		    twin_end(&rule->source, p->family, p->source, source) &&
		    twin_end(&rule->destination, p->family, p->destination, destination))
			return i;
	}
	return set->rule_count;
}

static bool twin_set_allows(uint32_t id, const struct packet *p, uint32_t source, uint32_t destination, uint32_t *rule)
{
	const struct weft_policy_msg *set = &sets[id - 1].m;

	*rule = twin_rule(set, p, source, destination);
	return (*rule < set->rule_count ? set->rules[*rule].action : set->default_action) == WEFT_POLICY_ALLOW;
}

static uint32_t twin_identity(const struct packet *p)
{
	int best = -1;
	uint32_t identity_id = WEFT_IDENTITY_UNKNOWN;

	for (uint32_t i = 0; i < ROUTES; i++) {
		if (routes[i].family == p->family && (int)routes[i].prefix_len > best &&
		    twin_covers(routes[i].prefix, routes[i].prefix_len, p->destination)) {
			best = routes[i].prefix_len;
			identity_id = routes[i].identity_id;
		}
	}
	return identity_id;
}

/* Whether the packet from port 0 to port 1 passes; counts what decided. */
static bool twin_judge(const struct packet *p)
{
	uint32_t ids[4] = {ports[0].egress_policy_ids[0], ports[0].egress_policy_ids[1], ports[1].ingress_policy_ids[0],
			   ports[1].ingress_policy_ids[1]};
	uint32_t rules[4], l3 = p->bytes - 14;
	bool allowed = true;

	for (uint32_t i = 0; i < 4 && allowed; i++) {
		uint32_t destination = i < 2 ? twin_identity(p) : ports[1].identity_id;

		if (!ids[i])
			continue;
		allowed = twin_set_allows(ids[i], p, ports[0].identity_id, destination, &rules[i]);
		if (!allowed) {
			counted[ids[i] - 1][rules[i]]++;
			counted_bytes[ids[i] - 1][rules[i]] += l3;
		}
	}
	for (uint32_t i = 0; i < 4 && allowed; i++) {
		if (!ids[i])
			continue;
		counted[ids[i] - 1][rules[i]]++;
		counted_bytes[ids[i] - 1][rules[i]] += l3;
	}
	return allowed;
}

/* ---- random things, from few enough values that they meet ---- */

static void random_address(uint8_t family, uint8_t address[16])
{
	memset(address, 0, 16);
	address[0] = family == 4 ? 10 : 0xfd;
	address[1] = (uint8_t)below(2);
	address[family == 4 ? 3 : 15] = (uint8_t)(1 + below(14));
}

static void random_prefix(uint8_t family, uint8_t prefix[16], uint8_t *prefix_len)
{
	random_address(family, prefix);
	*prefix_len = (uint8_t)((family == 4 ? 32 : 128) - below(5)); /* where addresses differ */
	if (below(3) == 0)
		*prefix_len = (uint8_t)below(family == 4 ? 33 : 129);
	for (uint32_t bit = *prefix_len; bit < 128; bit++)
		prefix[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
}

static void random_identity(struct weft_identity_msg *m, uint32_t identity_id)
{
	memset(m, 0, sizeof(*m));
	m->identity_id = identity_id;
	for (uint32_t kind = WEFT_ELEMENT_NETWORK; kind <= WEFT_ELEMENT_TAG; kind++) {
		for (uint64_t id = 0; id < 4; id++) {
			if (below(3) == 0)
				m->elements[m->element_count++] = (struct weft_element){id, kind, 0};
		}
	}
	if (!m->element_count)
		m->elements[m->element_count++] = (struct weft_element){7, WEFT_ELEMENT_TAG, 0};
}

static void random_end(struct weft_policy_end *end)
{
	memset(end, 0, sizeof(*end));
	end->kind = below(2) ? WEFT_ELEMENT_ANY : below(5);
	if (end->kind == WEFT_ELEMENT_IDENTITY)
		end->id = 1 + below(2);
	else if (end->kind != WEFT_ELEMENT_ANY)
		end->id = below(4);
	end->family = (uint8_t)(below(3) ? 0 : below(2) ? 4 : 6);
	if (end->family)
		random_prefix(end->family, end->prefix, &end->prefix_len);
}

static void random_range(uint16_t *min, uint16_t *max)
{
	*min = (uint16_t)(below(2) ? 0 : below(12));
	*max = (uint16_t)(below(2) ? 65535 : *min + below(6));
}

static void random_rule(struct weft_policy_rule *rule)
{
	static const uint16_t protocols[] = {0xffff, 1, 6, 17, 50, 58};

	memset(rule, 0, sizeof(*rule));
	rule->family = (uint8_t)(below(3) ? 0 : below(2) ? 4 : 6);
	rule->action = (uint8_t)(1 + below(2));
	rule->flags = (uint16_t)(below(4) == 0);
	rule->protocol = protocols[below(6)];
	random_range(&rule->source_port_min, &rule->source_port_max);
	random_range(&rule->destination_port_min, &rule->destination_port_max);
	random_end(&rule->source);
	random_end(&rule->destination);
}

static void random_packet(struct packet *p, uint32_t number)
{
	static const uint8_t protocols[2][4] = {{1, 6, 17, 50}, {58, 6, 17, 50}};
	uint32_t l3, l4;

	memset(p, 0, sizeof(*p));
	p->family = below(2) ? 4 : 6;
	p->protocol = protocols[p->family == 6][below(4)];
	random_address(p->family, p->source);
	random_address(p->family, p->destination);
	p->source_port = (uint16_t)below(12);
	p->destination_port = (uint16_t)below(12);
	l3 = p->family == 4 ? 20 : 40;
	l4 = 14 + l3;
	p->bytes = l4 + (p->protocol == 6 ? 20 : 8);
	memcpy(p->frame, "\0\0\x5e\0\1\0\2\0\0\0\0\1", 12);
	put16(p->frame + 12, p->family == 4 ? 0x0800 : 0x86dd);
	if (p->family == 4) {
		uint32_t sum = 0;

		p->frame[14] = 0x45;
		put16(p->frame + 16, p->bytes - 14);
		p->frame[22] = 64;
		p->frame[23] = p->protocol;
		memcpy(p->frame + 26, p->source, 4);
		memcpy(p->frame + 30, p->destination, 4);
		for (uint32_t i = 14; i < 34; i += 2)
			sum += (uint32_t)p->frame[i] << 8 | p->frame[i + 1];
		sum = (sum & 0xffff) + (sum >> 16);
		put16(p->frame + 24, 0xffff ^ ((sum & 0xffff) + (sum >> 16)));
	} else {
		p->frame[14] = 0x60;
		put16(p->frame + 18, p->bytes - l4);
		p->frame[20] = p->protocol;
		p->frame[21] = 64;
		memcpy(p->frame + 22, p->source, 16);
		memcpy(p->frame + 38, p->destination, 16);
	}
	if (p->protocol == 1 || p->protocol == 58) {
		static const uint8_t types[2][2] = {{8, 42}, {128, 200}};

		p->destination_port = types[p->family == 6][below(2)];
		p->code = p->destination_port == 8 || p->destination_port == 128 ? 0 : (uint8_t)below(8);
		p->source_port =
		    p->destination_port == 8 || p->destination_port == 128 ? (uint16_t)number : 0; /* the identifier */
		p->frame[l4] = (uint8_t)p->destination_port;
		p->frame[l4 + 1] = p->code;
		put16(p->frame + l4 + 4, number);
	} else if (p->protocol == 50) {
		p->source_port = p->destination_port = 0;
	} else {
		put16(p->frame + l4, p->source_port);
		put16(p->frame + l4 + 2, p->destination_port);
		put16(p->frame + l4 + 4, 8); /* UDP length; of TCP a part of the sequence number */
		if (p->protocol == 6) {
			p->frame[l4 + 12] = 0x50;
			p->frame[l4 + 13] = 2; /* SYN */
		}
	}
}

/* ---- a plane with them ---- */

static void random_tables(void)
{
	struct weft_vrf_msg vrf = {.vrf_id = 3};
	struct weft_nexthop_msg to = {.nexthop_id = 2, .type = WEFT_NEXTHOP_LOCAL, .vif_id = 2};

	CHECK(SET(VRF, &vrf) == 0);
	for (uint32_t i = 0; i < IDENTITIES; i++) {
		random_identity(&identities[i], WEFT_IDENTITY_FIRST + i);
		CHECK(SET(IDENTITY, &identities[i]) == 0);
	}
	for (uint32_t i = 0; i < SETS; i++) {
		struct weft_policy_msg *m = &sets[i].m;

		memset(&sets[i], 0, sizeof(*m) + RULES * sizeof(m->rules[0]));
		m->policy_id = i + 1;
		m->default_action = (uint8_t)(1 + below(2));
		m->rule_count = below(RULES + 1);
		for (uint32_t k = 0; k < m->rule_count; k++)
			random_rule(&m->rules[k]);
		CHECK(set_policy(m) == 0);
	}
	for (uint32_t i = 0; i < 2; i++) {
		ports[i] = (struct weft_vif_msg){.vif_id = i + 1,
						 .vrf_id = 3,
						 .type = WEFT_VIF_VIRTUAL,
						 .mtu = 1450,
						 .label = WEFT_LABEL_NONE,
						 .mac = {2, 0, 0, 0, 0, (uint8_t)(i + 1)}};
		ports[i].identity_id = below(4) ? WEFT_IDENTITY_FIRST + below(IDENTITIES) : below(3);
		for (uint32_t k = 0; k < 2; k++) {
			ports[i].egress_policy_ids[k] = below(SETS + 1);
			ports[i].ingress_policy_ids[k] = below(SETS + 1);
		}
		CHECK(SET(VIF, &ports[i]) == 0);
	}
	CHECK(set_nexthop(&to) == 0);
	for (uint32_t i = 0; i < ROUTES; i++) {
		routes[i] = (struct weft_route_msg){.vrf_id = 3,
						    .family = i % 2 ? 6 : 4,
						    .nexthop_id = 2,
						    .label = WEFT_LABEL_NONE,
						    .flags = WEFT_ROUTE_SAME_NETWORK};
		routes[i].identity_id = below(IDENTITIES) + (below(4) ? WEFT_IDENTITY_FIRST : 0);
		if (routes[i].identity_id >= WEFT_IDENTITY_FIRST + IDENTITIES)
			routes[i].identity_id = WEFT_IDENTITY_UNKNOWN;
		if (i >= 2)
			random_prefix(routes[i].family, routes[i].prefix, &routes[i].prefix_len);
		for (uint32_t k = 0; k < i; k++) { /* the last of equal prefixes stands */
			if (routes[k].family == routes[i].family && routes[k].prefix_len == routes[i].prefix_len &&
			    !memcmp(routes[k].prefix, routes[i].prefix, 16))
				routes[k].identity_id = routes[i].identity_id;
		}
		CHECK(SET(ROUTE, &routes[i]) == 0);
	}
}

static void check_counters(void)
{
	struct weft_message_header header;
	const void *body;

	CHECK(dump(WEFT_OBJECT_POLICY, 0) == SETS);
	for (uint32_t at = next_object(0, &header, &body); at; at = next_object(at, &header, &body)) {
		const struct weft_policy_msg *m = body;
		uint32_t set = header.object == WEFT_OBJECT_POLICY ? m->policy_id - 1 : SETS;

		if (set >= SETS)
			continue;
		CHECK(m->default_packets == counted[set][m->rule_count] &&
		      m->default_bytes == counted_bytes[set][m->rule_count]);
		for (uint32_t i = 0; i < m->rule_count; i++)
			CHECK(m->rules[i].packets == counted[set][i] && m->rules[i].bytes == counted_bytes[set][i]);
	}
}

static uint32_t drain(uint32_t vif_id)
{
	static uint8_t frame[2048];
	uint32_t count = 0;

	while (weft_host_plane_collect(host, vif_id, NULL, frame, sizeof(frame)) > 0)
		count++;
	return count;
}

/* Each packet's connection is new, so that it is judged whole: neither direction has been seen. */
static bool seen_before(const struct packet *p, const struct packet *before, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		const struct packet *b = &before[i];

		if (b->family != p->family || b->protocol != p->protocol || b->code != p->code)
			continue;
		if (b->source_port == p->source_port && b->destination_port == p->destination_port &&
		    !memcmp(b->source, p->source, 32))
			return true;
		if (!memcmp(b->source, p->destination, 16) && !memcmp(b->destination, p->source, 16) &&
		    (b->source_port == p->destination_port || p->protocol == 1 || p->protocol == 58))
			return true;
	}
	return false;
}

static void packetsPassAsTheTwinSays(void)
{
	static struct packet packets[PACKETS];
	uint32_t passed = 0, refused = 0;

	for (uint32_t round = 0; round < ROUNDS && !test_failed; round++) {
		uint32_t count = 0;

		host = weft_host_plane_open();
		memset(counted, 0, sizeof(counted));
		memset(counted_bytes, 0, sizeof(counted_bytes));
		random_tables();
		for (uint32_t i = 0; i < PACKETS && !test_failed; i++) {
			struct packet *p = &packets[count];
			bool expected;

			random_packet(p, i);
			if (!memcmp(p->source, p->destination, 16) || seen_before(p, packets, count))
				continue;
			count++;
			expected = twin_judge(p);
			CHECK(weft_host_plane_inject(host, 1, p->frame, p->bytes) == 0);
			CHECK(drain(2) == expected);
			passed += expected;
			refused += !expected;
		}
		check_counters();
		weft_host_plane_close(host);
	}
	CHECK(passed > 200 && refused > 200);
	printf("# %u passed, %u refused\n", passed, refused);
}

/* ---- messages ---- */

static struct weft_vrf_msg vrf = {.vrf_id = 3};
static struct weft_identity_msg identity = {
    .identity_id = 7,
    .element_count = 2,
    .elements = {{5, WEFT_ELEMENT_NETWORK, 0}, {8000001, WEFT_ELEMENT_SECURITY_GROUP, 0}}};
static struct weft_vif_msg port = {
    .vif_id = 8, .vrf_id = 3, .type = WEFT_VIF_VIRTUAL, .mtu = 1450, .label = WEFT_LABEL_NONE, .mac = {2, 0, 0, 0, 0, 9}};
static struct weft_route_msg route = {
    .vrf_id = 3, .family = 4, .prefix_len = 24, .prefix = {10, 1, 1}, .label = WEFT_LABEL_NONE};

static void identitiesAreCheckedAndNeverChange(void)
{
	struct weft_identity_msg bad = identity;

	CHECK(SET(VRF, &vrf) == 0);
	bad.identity_id = 2;
	CHECK(SET(IDENTITY, &bad) == EINVAL && strstr(error_text, "identity_id 2: want 3 to 65535"));
	bad.identity_id = WEFT_IDENTITY_LIMIT;
	CHECK(SET(IDENTITY, &bad) == EINVAL && strstr(error_text, "identity_id 65536"));
	bad = identity;
	bad.element_count = 33;
	CHECK(SET(IDENTITY, &bad) == EINVAL && strstr(error_text, "element_count 33: want 1 to 32"));
	bad = identity;
	bad.elements[1] = bad.elements[0];
	CHECK(SET(IDENTITY, &bad) == EINVAL && strstr(error_text, "elements[1]"));
	bad.elements[1] = (struct weft_element){9, WEFT_ELEMENT_IDENTITY, 0};
	CHECK(SET(IDENTITY, &bad) == EINVAL && strstr(error_text, "kind 4: want 1 to 3"));
	bad = identity;
	bad.elements[31].id = 1;
	CHECK(SET(IDENTITY, &bad) == EINVAL && strstr(error_text, "elements[31]"));
	CHECK(dump(WEFT_OBJECT_IDENTITY, 0) == 0);
	CHECK(SET(IDENTITY, &identity) == 0 && SET(IDENTITY, &identity) == 0);
	bad = identity;
	bad.elements[1].id = 8000002;
	CHECK(SET(IDENTITY, &bad) == EBUSY && strstr(error_text, "8000002") && strstr(error_text, "8000001"));
	bad.element_count = 1;
	memset(&bad.elements[1], 0, sizeof(bad.elements[1]));
	CHECK(SET(IDENTITY, &bad) == EBUSY && strstr(error_text, "element_count 1: it is 2"));
	CHECK(send_message(WEFT_OBJECT_IDENTITY, WEFT_OPERATION_GET, 0, &identity, sizeof(identity)) == 0 && dumped == 1);
}

static void portsAndRoutesNameWhatExistsAndHoldIt(void)
{
	static union policy_body set;
	struct weft_plane_msg state;

	set.m = (struct weft_policy_msg){.policy_id = 5, .default_action = WEFT_POLICY_ALLOW};
	route.identity_id = 9;
	CHECK(SET(ROUTE, &route) == ENOENT && strstr(error_text, "identity_id 9"));
	port.identity_id = 9;
	CHECK(SET(VIF, &port) == ENOENT && strstr(error_text, "identity_id 9"));
	port.identity_id = 7;
	port.egress_policy_ids[1] = 5;
	CHECK(SET(VIF, &port) == ENOENT && strstr(error_text, "egress_policy_ids[1] 5"));
	CHECK(dump(WEFT_OBJECT_VIF, 0) == 0 && dump(WEFT_OBJECT_ROUTE, 3) == 0);
	CHECK(DELETE(IDENTITY, &identity) == 0 && SET(IDENTITY, &identity) == 0); /* nobody holds it */
	CHECK(set_policy(&set.m) == 0 && SET(VIF, &port) == 0);
	CHECK(DELETE(IDENTITY, &identity) == EBUSY && strstr(error_text, "1 vifs and routes"));
	route.identity_id = 7;
	CHECK(SET(ROUTE, &route) == 0);
	CHECK(DELETE(IDENTITY, &identity) == EBUSY && strstr(error_text, "2 vifs and routes"));
	CHECK(DELETE(POLICY, &set.m) == EBUSY && strstr(error_text, "1 fields"));
	weft_plane_fill(weft_host_plane_core(host), &state);
	CHECK(state.identities == 1 && state.policies == 1);
	port.identity_id = WEFT_IDENTITY_EXTERNAL;
	port.egress_policy_ids[1] = WEFT_POLICY_NONE;
	CHECK(SET(VIF, &port) == 0 && DELETE(POLICY, &set.m) == 0);
	CHECK(DELETE(ROUTE, &route) == 0 && DELETE(IDENTITY, &identity) == 0);
	port.identity_id = 7;
	CHECK(SET(IDENTITY, &identity) == 0 && SET(VIF, &port) == 0);
	CHECK(send_message(WEFT_OBJECT_IDENTITY, WEFT_OPERATION_SWEEP, 2, NULL, 0) == EBUSY);
	CHECK(DELETE(VIF, &port) == 0 && send_message(WEFT_OBJECT_IDENTITY, WEFT_OPERATION_SWEEP, 2, NULL, 0) == 0);
	CHECK(dump(WEFT_OBJECT_IDENTITY, 0) == 0 && DELETE(VRF, &vrf) == 0);
}

static void rulesAreCheckedOneByOneAndARefusalLeavesTheOldSet(void)
{
	static union policy_body set;
	struct weft_policy_rule *rule = &set.m.rules[1];
	static const struct weft_policy_rule any = {
	    .action = WEFT_POLICY_ALLOW, .protocol = 0xffff, .source_port_max = 65535, .destination_port_max = 65535};

#define REFUSED(field, value, text) \
	do { \
		*rule = any; \
		rule->field = value; \
		CHECK(set_policy(&set.m) == EINVAL && strstr(error_text, "rules[1]." text)); \
	} while (0)
	set.m = (struct weft_policy_msg){.policy_id = 5, .default_action = WEFT_POLICY_DENY, .rule_count = 2};
	set.m.rules[0] = *rule = any;
	CHECK(set_policy(&set.m) == 0);
	REFUSED(action, 0, "action 0");
	REFUSED(family, 5, "family 5");
	REFUSED(flags, 2, "flags 2");
	REFUSED(protocol, 256, "protocol 256");
	REFUSED(zero0, 1, "zero0");
	REFUSED(source.kind, 5, "source.kind 5");
	REFUSED(source.id, 5, "source.id 5");
	REFUSED(destination.family, 3, "destination.family 3");
	REFUSED(destination.prefix_len, 1, "destination.prefix_len 1: at most 0");
	REFUSED(destination.prefix[3], 1, "destination.prefix: bit 31");
#undef REFUSED
	*rule = any;
	rule->source = (struct weft_policy_end){.kind = WEFT_ELEMENT_IDENTITY, .id = 3};
	CHECK(set_policy(&set.m) == EINVAL && strstr(error_text, "source.id 3: want 1 (node) or 2"));
	*rule = any;
	set.m.default_action = 3;
	CHECK(set_policy(&set.m) == EINVAL && strstr(error_text, "default_action 3"));
	set.m.default_action = WEFT_POLICY_DENY;
	set.m.policy_id = 0;
	CHECK(set_policy(&set.m) == EINVAL && strstr(error_text, "policy_id 0: want 1 to 65535"));
	set.m.rule_count = WEFT_POLICY_RULES_MAX + 1;
	CHECK(send_message(WEFT_OBJECT_POLICY, WEFT_OPERATION_SET, 1, &set, sizeof(set)) == EINVAL &&
	      strstr(error_text, "rule_count 32769: at most 32768"));
	CHECK(dump(WEFT_OBJECT_POLICY, 0) == 1);
	CHECK(weft_policy_get(weft_host_plane_core(host), 5)->rule_count == 2);
}

static void aLargeSetIsReadBackWholeOrRefused(void)
{
	static union policy_body set;
	struct weft_dump_msg request = {.vrf_id = 0xffffffffu};
	struct weft_policy_msg key = {.policy_id = 6};
	struct weft_message_header header;
	const void *body;

	set.m =
	    (struct weft_policy_msg){.policy_id = 6, .default_action = WEFT_POLICY_DENY, .rule_count = WEFT_POLICY_RULES_MAX};
	for (uint32_t i = 0; i < WEFT_POLICY_RULES_MAX; i++)
		set.m.rules[i] = (struct weft_policy_rule){.action = WEFT_POLICY_ALLOW,
							   .protocol = 6,
							   .source_port_max = 65535,
							   .destination_port_min = (uint16_t)i,
							   .destination_port_max = (uint16_t)i};
	CHECK(set_policy(&set.m) == 0);
	CHECK(send_message(WEFT_OBJECT_POLICY, WEFT_OPERATION_GET, 0, &key, sizeof(key)) == 0 && dumped == 1);
	next_object(0, &header, &body);
	CHECK(header.bytes - sizeof(header) == sizeof(set));
	CHECK(memcmp((const uint8_t *)body + sizeof(set.m), set.m.rules, sizeof(set) - sizeof(set.m)) == 0);
	CHECK(dump(WEFT_OBJECT_POLICY, 0) == 1 &&
	      done.more); /* a page ends before it is too long, and goes on with what is longer */
	memcpy(request.marker, done.marker, sizeof(request.marker));
	CHECK(send_message(WEFT_OBJECT_POLICY, WEFT_OPERATION_DUMP, 0, &request, sizeof(request)) == 0 && dumped == 1 &&
	      !done.more);
	memset(request.marker, 0, sizeof(request.marker));
	answer_capacity = 8192; /* set 5 fits, set 6 never will */
	CHECK(send_message(WEFT_OBJECT_POLICY, WEFT_OPERATION_DUMP, 0, &request, sizeof(request)) == 0 && dumped == 1 &&
	      done.more);
	memcpy(request.marker, done.marker, sizeof(request.marker));
	CHECK(send_message(WEFT_OBJECT_POLICY, WEFT_OPERATION_DUMP, 0, &request, sizeof(request)) == EMSGSIZE);
	CHECK(strstr(error_text, "3670064 bytes") && strstr(error_text, "8192"));
	CHECK(send_message(WEFT_OBJECT_POLICY, WEFT_OPERATION_GET, 0, &key, sizeof(key)) == EMSGSIZE);
	answer_capacity = sizeof(answer_words);
	CHECK(DELETE(POLICY, &key) == 0);
}

/* Two replacements in one grace period: what workers count meanwhile in the old sets is not lost. */
static void countersFollowTheRulesThatStay(void)
{
	static union policy_body set;
	struct weft_plane *plane = weft_host_plane_core(host);
	struct weft_policy *old, *older;
	struct weft_context context = {.plane = plane, .epoch = 1};
	struct weft_policy_rule rule = {
	    .action = WEFT_POLICY_ALLOW, .protocol = 6, .source_port_max = 65535, .destination_port_max = 65535};
	struct weft_policy_rule out;

	set.m = (struct weft_policy_msg){.policy_id = 9, .default_action = WEFT_POLICY_DENY, .rule_count = 2};
	set.m.rules[0] = set.m.rules[1] = rule;
	set.m.rules[1].protocol = 17;
	CHECK(set_policy(&set.m) == 0);
	older = weft_policy_get(plane, 9);
	older->counters[0] = (struct weft_rule_counter){10, 1000};
	older->counters[1] = (struct weft_rule_counter){20, 2000};
	older->counters[2] = (struct weft_rule_counter){30, 3000};
	set.m.rule_count = 3; /* the rules in another order, and one more in front */
	set.m.rules[0].protocol = 1;
	set.m.rules[2] = rule;
	CHECK(weft_policy_set(&context, &set.m) == 0); /* no call of the host: its grace period does not end */
	old = weft_policy_get(plane, 9);
	older->counters[0].packets++;
	old->counters[2].packets++;
	set.m.rules[1].protocol = 50; /* 17 goes */
	CHECK(weft_policy_set(&context, &set.m) == 0);
	for (uint32_t i = 0; i < 2; i++) {
		const struct weft_policy_entry *entry = weft_policy_entry_get(plane, 9);

		weft_policy_rule_fill(plane, entry, 2, &out);
		CHECK(out.packets == 12 && out.bytes == 1000);
		weft_policy_rule_fill(plane, entry, 0, &out);
		CHECK(out.packets == 0);
		weft_policy_rule_fill(plane, entry, 1, &out);
		CHECK(out.packets == 0 && entry->seen.counters[1].packets == 0);
		CHECK(dump(WEFT_OBJECT_POLICY, 0) >= 1); /* ends the grace period */
	}
	CHECK(DELETE(POLICY, &set.m) == EINVAL); /* rules are counted but not sent */
	set.m.rule_count = 0;
	CHECK(DELETE(POLICY, &set.m) == 0);
}

/* What was denied, with its tuple, once; the marker goes on where the last dump ended. */
static void deniedPacketsAreLoggedOnce(void)
{
	struct weft_vif_msg one = {.vif_id = 1,
				   .vrf_id = 3,
				   .type = WEFT_VIF_VIRTUAL,
				   .mtu = 1450,
				   .label = WEFT_LABEL_NONE,
				   .mac = {2, 0, 0, 0, 0, 1},
				   .egress_policy_ids = {5},
				   .ingress_policy_ids = {5}};
	struct weft_vif_msg two = {.vif_id = 2,
				   .vrf_id = 3,
				   .type = WEFT_VIF_VIRTUAL,
				   .mtu = 1450,
				   .label = WEFT_LABEL_NONE,
				   .mac = {2, 0, 0, 0, 0, 2}};
	struct weft_route_msg all = {.vrf_id = 3, .family = 4, .nexthop_id = 2, .label = WEFT_LABEL_NONE};
	struct weft_nexthop_msg to = {.nexthop_id = 2, .type = WEFT_NEXTHOP_LOCAL, .vif_id = 2};
	struct weft_nexthop_msg back = {.nexthop_id = 1, .type = WEFT_NEXTHOP_LOCAL, .vif_id = 1};
	struct weft_route_msg own = {.vrf_id = 3, .family = 4, .prefix_len = 32, .nexthop_id = 1, .label = WEFT_LABEL_NONE};
	struct weft_policy_msg set = {.policy_id = 5, .default_action = WEFT_POLICY_DENY};
	struct weft_dump_msg request = {.vrf_id = 0xffffffffu};
	struct weft_message_header header;
	const struct weft_log_msg *event;
	const void *body;
	struct packet p;

	CHECK(SET(VRF, &vrf) == 0 && set_policy(&set) == 0 && SET(VIF, &one) == 0 && SET(VIF, &two) == 0);
	CHECK(set_nexthop(&to) == 0 && SET(ROUTE, &all) == 0);
	do {
		random_packet(&p, 1);
	} while (p.family != 4 || p.protocol != 6 || !memcmp(p.source, p.destination, 16));
	memcpy(own.prefix, p.source, 4);
	CHECK(set_nexthop(&back) == 0 && SET(ROUTE, &own) == 0);
	p.frame[47] = 0x10; /* no SYN: the other direction is tried, denied too, and must leave no trace */
	CHECK(weft_host_plane_inject(host, 1, p.frame, p.bytes) == 0 && drain(2) == 0);
	CHECK(send_message(WEFT_OBJECT_LOG, WEFT_OPERATION_DUMP, 0, &request, sizeof(request)) == 0 && dumped == 1);
	next_object(0, &header, &body);
	event = body;
	CHECK(event->sequence == 1 && event->lost == 0 && event->vif_id == 1 && event->vrf_id == 3 && event->policy_id == 5);
	CHECK(event->rule == 0xffffffffu && event->egress == 1 && event->action == WEFT_POLICY_DENY && event->protocol == 6);
	CHECK(event->source_port == p.source_port && event->destination_port == p.destination_port);
	CHECK(!memcmp(event->source, p.source, 16) && !memcmp(event->destination, p.destination, 16));
	CHECK(event->packet_bytes == p.bytes - 14 && event->time_ns > 1600000000000000000ull);
	memcpy(request.marker, done.marker, sizeof(request.marker));
	CHECK(send_message(WEFT_OBJECT_LOG, WEFT_OPERATION_DUMP, 0, &request, sizeof(request)) == 0 && dumped == 0);
	CHECK(weft_host_plane_inject(host, 1, p.frame, p.bytes) == 0);
	memcpy(request.marker, done.marker, sizeof(request.marker));
	CHECK(send_message(WEFT_OBJECT_LOG, WEFT_OPERATION_DUMP, 0, &request, sizeof(request)) == 0 && dumped == 1);
	for (uint32_t i = 0; i < 1000; i++)
		CHECK(weft_host_plane_inject(host, 1, p.frame, p.bytes) == 0);
	weft_host_plane_advance(host, 2000000000ull); /* the rate allows one more */
	CHECK(weft_host_plane_inject(host, 1, p.frame, p.bytes) == 0);
	memcpy(request.marker, done.marker, sizeof(request.marker));
	CHECK(send_message(WEFT_OBJECT_LOG, WEFT_OPERATION_DUMP, 0, &request, sizeof(request)) == 0 && dumped == 255);
	for (uint32_t at = next_object(0, &header, &body); at && header.object == WEFT_OBJECT_LOG;
	     at = next_object(at, &header, &body))
		event = body;
	CHECK(event->sequence == 1003 && event->lost == 1000 - 254);
}

/* The flags of both directions of the only connection. */
static uint32_t connection_flags(void)
{
	struct weft_message_header header;
	uint32_t flags = ~0u;
	const void *body;

	CHECK(dump(WEFT_OBJECT_CONNECTION, 0xffffffffu) == 2);
	for (uint32_t at = next_object(0, &header, &body); at; at = next_object(at, &header, &body)) {
		if (header.object == WEFT_OBJECT_CONNECTION)
			flags &= ((const struct weft_connection_msg *)body)->flags;
	}
	return flags;
}

/* Uses the ports and routes of the case before it. */
static void aConnectionThatPolicyBlocksSaysSo(void)
{
	struct weft_policy_msg set = {.policy_id = 5, .default_action = WEFT_POLICY_ALLOW};
	struct packet p;

	do {
		random_packet(&p, 1);
	} while (p.family != 4 || p.protocol != 17 || !memcmp(p.source, p.destination, 16) ||
		 weft_route_get(weft_host_plane_core(host), 3, 4, p.destination).nexthop_id != 2);
	CHECK(set_policy(&set) == 0 && weft_host_plane_inject(host, 1, p.frame, p.bytes) == 0 && drain(2) == 1);
	CHECK(!(connection_flags() & WEFT_CONNECTION_DENIED));
	set.default_action = WEFT_POLICY_DENY;
	CHECK(set_policy(&set) == 0 && weft_host_plane_inject(host, 1, p.frame, p.bytes) == 0 && drain(2) == 0);
	CHECK(connection_flags() & WEFT_CONNECTION_DENIED);
	set.default_action = WEFT_POLICY_ALLOW;
	CHECK(set_policy(&set) == 0 && weft_host_plane_inject(host, 1, p.frame, p.bytes) == 0 && drain(2) == 1);
	CHECK(!(connection_flags() & WEFT_CONNECTION_DENIED));
}

int main(void)
{
	test_seed();
	RUN(packetsPassAsTheTwinSays);
	host = weft_host_plane_open();
	if (!host)
		return 1;
	RUN(identitiesAreCheckedAndNeverChange);
	RUN(portsAndRoutesNameWhatExistsAndHoldIt);
	RUN(rulesAreCheckedOneByOneAndARefusalLeavesTheOldSet);
	RUN(aLargeSetIsReadBackWholeOrRefused);
	RUN(countersFollowTheRulesThatStay);
	RUN(deniedPacketsAreLoggedOnce);
	RUN(aConnectionThatPolicyBlocksSaysSo);
	weft_host_plane_close(host);
	return test_end();
}
