/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* Table lines of packet vectors as ABI messages: "<object> <id> name=value ..." */
#include "vector.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

struct line {
	char **words;
	uint32_t count, taken; /* taken: words understood */
	char *text;	       /* "" while all is well */
};

bool vector_number(const char *word, uint64_t limit, uint64_t *value)
{
	char *end;

	if (word[0] < '0' || word[0] > '9')
		return false;
	*value = strtoull(word, &end, 0);
	return !*end && *value <= limit;
}

bool vector_mac(const char *word, uint8_t *mac)
{
	unsigned int b[6];
	int used = 0;

	if (sscanf(word, "%2x:%2x:%2x:%2x:%2x:%2x%n", &b[0], &b[1], &b[2], &b[3], &b[4], &b[5], &used) != 6 || word[used])
		return false;
	for (int i = 0; i < 6; i++)
		mac[i] = (uint8_t)b[i];
	return true;
}

bool vector_address(const char *word, uint8_t *family, uint8_t address[16])
{
	memset(address, 0, 16);
	*family = strchr(word, ':') ? 6 : 4;
	return inet_pton(*family == 6 ? AF_INET6 : AF_INET, word, address) == 1;
}

static void wrong(struct line *line, const char *name, const char *word)
{
	snprintf(line->text, VECTOR_TEXT_MAX, "%s: %s=%s is not understood", line->words[0], name, word);
}

/* The value of "name=value", or NULL. */
static const char *value_of(struct line *line, const char *name)
{
	size_t bytes = strlen(name);

	for (uint32_t i = 1; i < line->count; i++) {
		if (!strncmp(line->words[i], name, bytes) && line->words[i][bytes] == '=') {
			line->taken++;
			return line->words[i] + bytes + 1;
		}
	}
	return NULL;
}

static bool has(struct line *line, const char *word)
{
	for (uint32_t i = 1; i < line->count; i++) {
		if (!strcmp(line->words[i], word)) {
			line->taken++;
			return true;
		}
	}
	return false;
}

static uint32_t number_of(struct line *line, const char *name, uint32_t otherwise)
{
	const char *word = value_of(line, name);
	uint64_t value = otherwise;

	if (word && !vector_number(word, UINT32_MAX, &value))
		wrong(line, name, word);
	return (uint32_t)value;
}

static void mac_of(struct line *line, const char *name, uint8_t *mac)
{
	const char *word = value_of(line, name);

	if (word && !vector_mac(word, mac))
		wrong(line, name, word);
}

static uint8_t address_of(struct line *line, const char *name, uint8_t address[16])
{
	const char *word = value_of(line, name);
	uint8_t family = 0;

	if (word && !vector_address(word, &family, address))
		wrong(line, name, word);
	return family;
}

/* "10.1.1.3/24" */
static bool prefix(const char *word, uint8_t *family, uint8_t address[16], uint8_t *prefix_len)
{
	const char *slash = strchr(word, '/');
	char text[64];
	uint64_t bits;

	if (!slash || (size_t)(slash - word) >= sizeof(text))
		return false;
	memcpy(text, word, (size_t)(slash - word));
	text[slash - word] = 0;
	if (!vector_address(text, family, address) || !vector_number(slash + 1, *family == 4 ? 32 : 128, &bits))
		return false;
	*prefix_len = (uint8_t)bits;
	return true;
}

static uint32_t identity(struct line *line)
{
	uint64_t value = 0;

	if (line->count < 2 || !vector_number(line->words[1], UINT32_MAX, &value))
		wrong(line, "id", line->count < 2 ? "" : line->words[1]);
	line->taken++;
	return (uint32_t)value;
}

static uint32_t read_plane(struct line *line, void *body)
{
	struct weft_plane_msg *plane = body;
	uint32_t dscp;

	address_of(line, "underlay4", plane->underlay4);
	address_of(line, "underlay6", plane->underlay6);
	mac_of(line, "router-mac", plane->router_mac);
	plane->tunnel_ttl = (uint8_t)number_of(line, "ttl", 0);
	plane->tunnel_df = has(line, "df=copy")	   ? WEFT_TUNNEL_DF_COPY
			   : has(line, "df=clear") ? WEFT_TUNNEL_DF_CLEAR
						   : WEFT_TUNNEL_DF_SET;
	dscp = number_of(line, "dscp", UINT32_MAX);
	plane->tunnel_dscp_mode = dscp == UINT32_MAX ? WEFT_TUNNEL_DSCP_UNIFORM : WEFT_TUNNEL_DSCP_PIPE;
	plane->tunnel_dscp = dscp == UINT32_MAX ? 0 : (uint8_t)dscp;
	return sizeof(*plane);
}

static uint32_t read_vrf(struct line *line, void *body)
{
	struct weft_vrf_msg *vrf = body;

	vrf->vrf_id = identity(line);
	vrf->vni = number_of(line, "vni", 0);
	vrf->connections_max = number_of(line, "connections", 0);
	snprintf(vrf->name, sizeof(vrf->name), "vrf%u", vrf->vrf_id);
	return sizeof(*vrf);
}

static void read_vif_addresses(struct line *line, struct weft_vif_msg *vif)
{
	static const struct {
		const char *name;
		uint16_t flags;
	} kinds[] = {{"address=", WEFT_VIF_ADDRESS_CONFIGURE}, {"allow=", 0}, {"gateway=", WEFT_VIF_ADDRESS_GATEWAY}};

	for (uint32_t i = 2; i < line->count; i++) {
		for (uint32_t kind = 0; kind < WEFT_ARRAY_COUNT(kinds); kind++) {
			struct weft_vif_address *address = &vif->addresses[vif->address_count];
			size_t bytes = strlen(kinds[kind].name);

			if (strncmp(line->words[i], kinds[kind].name, bytes) || vif->address_count == WEFT_VIF_ADDRESSES_MAX)
				continue;
			if (!prefix(line->words[i] + bytes, &address->family, address->address, &address->prefix_len))
				wrong(line, "address", line->words[i]);
			address->flags = kinds[kind].flags;
			vif->address_count++;
			line->taken++;
		}
	}
}

/* "5" or "5,6" */
static void read_pair(struct line *line, const char *name, uint32_t ids[WEFT_VIF_POLICIES])
{
	const char *word = value_of(line, name);

	if (word && sscanf(word, "%u,%u", &ids[0], &ids[1]) < 1)
		wrong(line, name, word);
}

static uint32_t read_vif(struct line *line, void *body)
{
	struct weft_vif_msg *vif = body;

	vif->vif_id = identity(line);
	vif->type = has(line, "physical")  ? WEFT_VIF_PHYSICAL
		    : has(line, "virtual") ? WEFT_VIF_VIRTUAL
		    : has(line, "agent")   ? WEFT_VIF_AGENT
					   : WEFT_VIF_HOST;
	vif->port_kind = WEFT_PORT_NONE;
	vif->flags =
	    (uint16_t)((has(line, "check") ? WEFT_VIF_ADDRESS_CHECK : 0) | (has(line, "strict") ? WEFT_VIF_STRICT_TCP : 0) |
		       (has(line, "native") ? WEFT_VIF_NATIVE : 0) | (has(line, "stateless") ? WEFT_VIF_STATELESS : 0));
	vif->vrf_id = number_of(line, "vrf", 0);
	vif->mtu = number_of(line, "mtu", 1500);
	vif->label = number_of(line, "label", WEFT_LABEL_NONE);
	mac_of(line, "mac", vif->mac);
	snprintf(vif->name, sizeof(vif->name), "vif%u", vif->vif_id);
	read_vif_addresses(line, vif);
	vif->identity_id = number_of(line, "identity", WEFT_IDENTITY_UNKNOWN);
	vif->connections_max = number_of(line, "connections", 0);
	read_pair(line, "egress", vif->egress_policy_ids);
	read_pair(line, "ingress", vif->ingress_policy_ids);
	return sizeof(*vif);
}

/* "source-address,source-port" */
static uint8_t read_hash_fields(struct line *line)
{
	static const char *const names[] = {"protocol", "source-address", "source-port", "destination-address",
					    "destination-port"};
	const char *word = value_of(line, "hash"), *part = word;
	uint8_t fields = 0;

	while (part && *part) {
		size_t bytes = strcspn(part, ",");
		uint8_t before = fields;

		for (uint32_t i = 0; i < WEFT_ARRAY_COUNT(names); i++) {
			if (strlen(names[i]) == bytes && !strncmp(names[i], part, bytes))
				fields |= (uint8_t)(1u << i);
		}
		if (fields == before)
			wrong(line, "hash", word);
		part += bytes + (part[bytes] == ',');
	}
	return fields;
}

/* "member=ID,NEXTHOP,WEIGHT[,LABEL]", again for each */
static void read_members(struct line *line, struct weft_nexthop_msg *nexthop)
{
	nexthop->type = WEFT_NEXTHOP_ECMP;
	nexthop->hash_fields = read_hash_fields(line);
	for (uint32_t i = 2; i < line->count && nexthop->member_count < WEFT_NEXTHOP_MEMBERS_MAX; i++) {
		struct weft_nexthop_member *member = &nexthop->members[nexthop->member_count];

		if (strncmp(line->words[i], "member=", 7))
			continue;
		member->label = WEFT_LABEL_NONE;
		if (sscanf(line->words[i] + 7, "%u,%u,%u,%u", &member->member_id, &member->nexthop_id, &member->weight,
			   &member->label) < 3)
			wrong(line, "member", line->words[i]);
		nexthop->member_count++;
		line->taken++;
	}
}

static uint32_t read_nexthop(struct line *line, void *body)
{
	struct weft_nexthop_msg *nexthop = body;
	const char *encap;

	nexthop->nexthop_id = identity(line);
	if (has(line, "receive"))
		nexthop->type = WEFT_NEXTHOP_RECEIVE;
	else if (has(line, "discard"))
		nexthop->type = WEFT_NEXTHOP_DISCARD;
	else if (has(line, "local"))
		nexthop->type = WEFT_NEXTHOP_LOCAL;
	else if (has(line, "lookup"))
		nexthop->type = WEFT_NEXTHOP_VRF;
	else if (has(line, "tunnel"))
		nexthop->type = WEFT_NEXTHOP_TUNNEL;
	else if (has(line, "native"))
		nexthop->type = WEFT_NEXTHOP_NATIVE;
	else if (has(line, "ecmp"))
		read_members(line, nexthop);
	else
		wrong(line, "type", "");
	nexthop->vif_id = number_of(line, "vif", 0);
	nexthop->vrf_id = number_of(line, "vrf", 0);
	nexthop->nat_pool_id = number_of(line, "pool", WEFT_NAT_POOL_NONE);
	encap = value_of(line, "encap");
	if (encap && !strcmp(encap, "vxlan"))
		nexthop->encap = WEFT_ENCAP_VXLAN;
	else if (encap && !strcmp(encap, "mplsoudp"))
		nexthop->encap = WEFT_ENCAP_MPLSOUDP;
	else if (encap && !strcmp(encap, "mplsogre"))
		nexthop->encap = WEFT_ENCAP_MPLSOGRE;
	else if (encap)
		wrong(line, "encap", encap);
	address_of(line, "source", nexthop->source);
	nexthop->family = address_of(line, "destination", nexthop->destination);
	mac_of(line, "inner-mac", nexthop->inner_mac);
	return (uint32_t)(sizeof(*nexthop) + nexthop->member_count * sizeof(nexthop->members[0]));
}

static uint32_t read_route(struct line *line, void *body)
{
	struct weft_route_msg *route = body;

	route->vrf_id = identity(line);
	if (line->count < 3 || !prefix(line->words[2], &route->family, route->prefix, &route->prefix_len))
		wrong(line, "prefix", line->count < 3 ? "" : line->words[2]);
	line->taken++;
	route->nexthop_id = number_of(line, "nexthop", 0);
	route->label = number_of(line, "label", WEFT_LABEL_NONE);
	route->identity_id = number_of(line, "identity", WEFT_IDENTITY_UNKNOWN);
	route->flags =
	    (has(line, "proxy") ? WEFT_ROUTE_PROXY_NEIGHBOUR : 0u) | (has(line, "same") ? WEFT_ROUTE_SAME_NETWORK : 0u);
	return sizeof(*route);
}

/* "network:7", "group:8000001" */
static bool element(const char *word, size_t bytes, uint32_t *kind, uint64_t *id)
{
	static const char *const kinds[] = {"any", "network", "group", "tag", "identity"};
	const char *colon = memchr(word, ':', bytes);
	char number[24];

	for (uint32_t i = 1; colon && i < WEFT_ARRAY_COUNT(kinds); i++) {
		if (strlen(kinds[i]) != (size_t)(colon - word) || strncmp(word, kinds[i], strlen(kinds[i])))
			continue;
		*kind = i;
		snprintf(number, sizeof(number), "%.*s", (int)(bytes - (size_t)(colon - word) - 1), colon + 1);
		return vector_number(number, UINT64_MAX, id);
	}
	return false;
}

static uint32_t read_identity(struct line *line, void *body)
{
	struct weft_identity_msg *message = body;

	message->identity_id = identity(line);
	for (uint32_t i = 2; i < line->count && message->element_count < WEFT_IDENTITY_ELEMENTS_MAX; i++) {
		struct weft_element *next = &message->elements[message->element_count++];

		if (!element(line->words[i], strlen(line->words[i]), &next->kind, &next->id))
			wrong(line, "element", line->words[i]);
		line->taken++;
	}
	return sizeof(*message);
}

/* "group:8000001", "10.1.1.0/24", both with a comma between, or nothing: any */
static void read_end(struct line *line, const char *name, struct weft_policy_end *end)
{
	const char *word = value_of(line, name), *part = word;

	while (part) {
		const char *comma = strchr(part, ',');
		size_t bytes = comma ? (size_t)(comma - part) : strlen(part);
		char text[64];

		snprintf(text, sizeof(text), "%.*s", (int)bytes, part);
		if (!element(part, bytes, &end->kind, &end->id) && !prefix(text, &end->family, end->prefix, &end->prefix_len))
			wrong(line, name, word);
		part = comma ? comma + 1 : NULL;
	}
}

static void read_ports(struct line *line, const char *name, uint16_t *min, uint16_t *max)
{
	const char *word = value_of(line, name);
	unsigned int low = 0, high = 65535;
	int found = word ? sscanf(word, "%u-%u", &low, &high) : 2;

	if (found < 1 || low > 65535 || high > 65535)
		wrong(line, name, word ? word : "");
	*min = (uint16_t)low;
	*max = (uint16_t)(found == 1 ? low : high);
}

static void read_rule(struct line *line, struct weft_policy_rule *rule, uint32_t number)
{
	rule->uuid[15] = (uint8_t)(number + 1);
	rule->action = has(line, "allow") ? WEFT_POLICY_ALLOW : has(line, "deny") ? WEFT_POLICY_DENY : 0;
	rule->flags = has(line, "log") ? WEFT_POLICY_RULE_LOG : 0;
	rule->family = (uint8_t)number_of(line, "family", 0);
	rule->protocol = (uint16_t)number_of(line, "protocol", 0xffff);
	read_ports(line, "source-ports", &rule->source_port_min, &rule->source_port_max);
	read_ports(line, "ports", &rule->destination_port_min, &rule->destination_port_max);
	read_end(line, "from", &rule->source);
	read_end(line, "to", &rule->destination);
}

/* "policy ID allow|deny [rule ...]...": the default, then what each rule says up to the next "rule" */
static uint32_t read_policy(struct line *line, void *body)
{
	struct weft_policy_msg *policy = body;
	uint32_t first = 1, room = (VECTOR_MESSAGE_MAX - sizeof(struct weft_message_header) - sizeof(*policy)) / sizeof(policy->rules[0]);

	policy->policy_id = identity(line);
	while (first < line->count && strcmp(line->words[first], "rule"))
		first++;
	policy->default_action = line->count > 2 && !strcmp(line->words[2], "allow") ? WEFT_POLICY_ALLOW : WEFT_POLICY_DENY;
	line->taken += line->count > 2 && (!strcmp(line->words[2], "allow") || !strcmp(line->words[2], "deny"));
	while (first < line->count && policy->rule_count < room) {
		struct line rule = {line->words + first, 1, 1, line->text};

		while (first + rule.count < line->count && strcmp(rule.words[rule.count], "rule"))
			rule.count++;
		read_rule(&rule, &policy->rules[policy->rule_count], policy->rule_count);
		policy->rule_count++;
		line->taken += rule.taken;
		first += rule.count;
	}
	return (uint32_t)(sizeof(*policy) + policy->rule_count * sizeof(policy->rules[0]));
}

/* "KEY,ADDRESS,PORT[,weight=N][,limit=N][,vrf=N][,draining]": KEY a number, the key's last four bytes */
static bool service_backend(const char *word, struct weft_service_backend *backend)
{
	char text[160], *rest, *part;
	uint64_t value;
	uint8_t family;

	snprintf(text, sizeof(text), "%s", word);
	for (uint32_t field = 0; (part = field ? strtok_r(NULL, ",", &rest) : strtok_r(text, ",", &rest)); field++) {
		char *equals = strchr(part, '=');
		bool ok = true;

		if (field == 0) {
			ok = vector_number(part, UINT32_MAX, &value);
			for (uint32_t i = 0; ok && i < 4; i++)
				backend->key[15 - i] = (uint8_t)(value >> 8 * i);
		} else if (field == 1) {
			ok = vector_address(part, &family, backend->address);
		} else if (field == 2) {
			ok = vector_number(part, 65535, &value);
			backend->port = (uint16_t)value;
		} else if (!strcmp(part, "draining")) {
			backend->state = WEFT_BACKEND_DRAINING;
		} else {
			ok = equals && vector_number(equals + 1, UINT32_MAX, &value);
			if (ok && !strncmp(part, "weight=", 7))
				backend->weight = (uint32_t)value;
			else if (ok && !strncmp(part, "limit=", 6))
				backend->connections_max = (uint32_t)value;
			else if (ok && !strncmp(part, "vrf=", 4))
				backend->vrf_id = (uint32_t)value;
			else
				ok = false;
		}
		if (!ok)
			return false;
	}
	return backend->port != 0;
}

static uint32_t read_service(struct line *line, void *body)
{
	struct weft_service_msg *service = body;
	uint32_t room =
	    (VECTOR_MESSAGE_MAX - sizeof(struct weft_message_header) - sizeof(*service)) / sizeof(service->backends[0]);

	service->service_id = identity(line);
	service->vrf_id = number_of(line, "vrf", 0);
	service->family = address_of(line, "address", service->address);
	service->protocol = has(line, "tcp") ? 6 : has(line, "udp") ? 17 : 0;
	service->port = (uint16_t)number_of(line, "port", 0);
	service->affinity_s = number_of(line, "affinity", 0);
	service->affinity = service->affinity_s ? WEFT_SERVICE_AFFINITY_CLIENT : WEFT_SERVICE_AFFINITY_NONE;
	service->nat_pool_id = number_of(line, "pool", 0);
	service->flags = has(line, "hairpin") ? WEFT_SERVICE_HAIRPIN : 0;
	for (uint32_t i = 2; i < line->count && service->backend_count < room; i++) {
		struct weft_service_backend *backend = &service->backends[service->backend_count];

		if (strncmp(line->words[i], "backend=", 8))
			continue;
		*backend = (struct weft_service_backend){.vrf_id = service->vrf_id, .state = WEFT_BACKEND_UP, .weight = 1};
		if (!service_backend(line->words[i] + 8, backend))
			wrong(line, "backend", line->words[i]);
		service->backend_count++;
		line->taken++;
	}
	return (uint32_t)(sizeof(*service) + service->backend_count * sizeof(service->backends[0]));
}

static uint32_t read_label(struct line *line, void *body)
{
	struct weft_label_msg *label = body;

	label->label = identity(line);
	label->nexthop_id = number_of(line, "nexthop", 0);
	return sizeof(*label);
}

/* "way=VIF,SOURCE-MAC,DESTINATION-MAC[,WEIGHT]", again for each way beside the first */
static void read_ways(struct line *line, struct weft_path_msg *path)
{
	for (uint32_t i = 1; i < line->count && path->way_count < WEFT_PATH_WAYS_MAX - 1; i++) {
		struct weft_path_way *way = &path->ways[path->way_count];
		char source[24] = "", destination[24] = "";
		uint32_t weight = 1;

		if (strncmp(line->words[i], "way=", 4))
			continue;
		if (sscanf(line->words[i] + 4, "%u,%17[^,],%17[^,],%u", &way->vif_id, source, destination, &weight) < 3 ||
		    !vector_mac(source, way->source_mac) || !vector_mac(destination, way->destination_mac) || weight - 1 > 255)
			wrong(line, "way", line->words[i]);
		path->weights[++path->way_count] = (uint8_t)(weight - 1);
		line->taken++;
	}
}

static uint32_t read_path(struct line *line, void *body)
{
	struct weft_path_msg *path = body;

	path->family = address_of(line, "destination", path->destination);
	address_of(line, "gateway", path->gateway);
	path->state = has(line, "resolved") ? WEFT_PATH_RESOLVED : WEFT_PATH_UNRESOLVED;
	path->liveness = has(line, "up") ? WEFT_LIVENESS_UP : has(line, "down") ? WEFT_LIVENESS_DOWN : WEFT_LIVENESS_UNKNOWN;
	path->vif_id = number_of(line, "vif", 0);
	path->mtu = number_of(line, "mtu", 0);
	mac_of(line, "source-mac", path->source_mac);
	mac_of(line, "destination-mac", path->destination_mac);
	path->weights[0] = (uint8_t)(number_of(line, "weight", 1) - 1);
	read_ways(line, path);
	return sizeof(*path);
}

/* "map=PROTOCOL,PORT,FIXED-PORT,COUNT", again for each */
static uint32_t read_floating_ip(struct line *line, void *body)
{
	struct weft_floating_ip_msg *floating = body;

	floating->floating_ip_id = identity(line);
	floating->vrf_id = number_of(line, "vrf", 0);
	floating->vif_id = number_of(line, "vif", 0);
	floating->family = address_of(line, "floating", floating->floating_address);
	address_of(line, "fixed", floating->fixed_address);
	floating->flags = has(line, "ingress")	? WEFT_FLOATING_IP_INGRESS
			  : has(line, "egress") ? WEFT_FLOATING_IP_EGRESS
						: WEFT_FLOATING_IP_INGRESS | WEFT_FLOATING_IP_EGRESS;
	for (uint32_t i = 2; i < line->count && floating->mapping_count < WEFT_PORT_MAPPINGS_MAX; i++) {
		struct weft_port_mapping *mapping = &floating->mappings[floating->mapping_count];

		if (strncmp(line->words[i], "map=", 4))
			continue;
		if (sscanf(line->words[i] + 4, "%hhu,%hu,%hu,%hu", &mapping->protocol, &mapping->port, &mapping->fixed_port,
			   &mapping->count) != 4)
			wrong(line, "map", line->words[i]);
		floating->mapping_count++;
		line->taken++;
	}
	return (uint32_t)(sizeof(*floating) + floating->mapping_count * sizeof(floating->mappings[0]));
}

static uint32_t read_nat_pool(struct line *line, void *body)
{
	struct weft_nat_pool_msg *pool = body;

	pool->nat_pool_id = identity(line);
	pool->vrf_id = number_of(line, "vrf", 0);
	pool->family = address_of(line, "first", pool->first_address);
	pool->address_count = number_of(line, "addresses", 1);
	read_ports(line, "ports", &pool->port_min, &pool->port_max);
	pool->quarantine_ms = number_of(line, "quarantine", 0);
	return sizeof(*pool);
}

/* "ageing PROTOCOL,PORT,IDLE,OPENING[,HALF-CLOSED,CLOSED]..." */
static uint32_t read_ageing(struct line *line, void *body)
{
	struct weft_ageing_msg *ageing = body;

	for (uint32_t i = 1; i < line->count && ageing->row_count < 64; i++) {
		struct weft_ageing_row *row = &ageing->rows[ageing->row_count++];

		if (sscanf(line->words[i], "%hu,%hu,%u,%u,%u,%u", &row->protocol, &row->port, &row->idle_seconds,
			   &row->opening_seconds, &row->half_closed_seconds, &row->closed_seconds) < 4)
			wrong(line, "row", line->words[i]);
		line->taken++;
	}
	return (uint32_t)(sizeof(*ageing) + ageing->row_count * sizeof(ageing->rows[0]));
}

uint32_t vector_table(char **words, uint32_t word_count, uint8_t *message, char *text)
{
	static const struct {
		const char *name;
		uint16_t object;
		uint32_t (*read)(struct line *, void *);
	} objects[] = {
	    {"plane", WEFT_OBJECT_PLANE, read_plane},
	    {"vrf", WEFT_OBJECT_VRF, read_vrf},
	    {"vif", WEFT_OBJECT_VIF, read_vif},
	    {"nexthop", WEFT_OBJECT_NEXTHOP, read_nexthop},
	    {"route", WEFT_OBJECT_ROUTE, read_route},
	    {"label", WEFT_OBJECT_LABEL, read_label},
	    {"vni", WEFT_OBJECT_VNI, read_label},
	    {"path", WEFT_OBJECT_PATH, read_path},
	    {"identity", WEFT_OBJECT_IDENTITY, read_identity},
	    {"policy", WEFT_OBJECT_POLICY, read_policy},
	    {"floating-ip", WEFT_OBJECT_FLOATING_IP, read_floating_ip},
	    {"nat-pool", WEFT_OBJECT_NAT_POOL, read_nat_pool},
	    {"ageing", WEFT_OBJECT_AGEING, read_ageing},
	    {"service", WEFT_OBJECT_SERVICE, read_service},
	};
	struct line line = {words, word_count, 1, text};
	struct weft_message_header *header = (void *)message;
	bool delete = !strcmp(words[0], "delete") && word_count > 1;

	if (delete) {
		line.words++;
		line.count--;
	}
	for (uint32_t i = 0; i < WEFT_ARRAY_COUNT(objects); i++) {
		if (strcmp(line.words[0], objects[i].name))
			continue;
		header->object = objects[i].object;
		header->operation = delete ? WEFT_OPERATION_DELETE : WEFT_OPERATION_SET;
		header->bytes = (uint32_t)sizeof(*header) + objects[i].read(&line, header + 1);
		header->epoch = 1;
		if (!text[0] && line.taken != line.count)
			snprintf(text, VECTOR_TEXT_MAX, "%s: %u of %u words understood", line.words[0], line.taken, line.count);
		return text[0] ? 0 : header->bytes;
	}
	snprintf(text, VECTOR_TEXT_MAX, "no such line: %s", line.words[0]);
	return 0;
}
