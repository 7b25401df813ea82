/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
#include "random_tables.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_MAX_BYTES 1500u
#define WORDS_MAX 160u

/* {a|b|} is one of these, {3-9} a number; both may stand within another. What is common stands several times. */
static const char *const lines[] = {
    "plane {underlay4=192.0.2.1|} {underlay6=2001:db8:1::1|} router-mac=02:00:00:00:aa:0{1|1|2}",
    "vrf {1|2|3} vni={100-104}",
    "{|delete} vif {1-4} virtual vrf={1|1|2} mtu={68|600|1280|1450|9000} mac=02:00:00:00:00:1{1-4} {|check} {||stateless} {||strict} {|identity={0-5}} "
    "{|egress={0-3},{0-3}} {|ingress={0-3},{0-3}} {|connections={1-20}} address=10.{1|2}.1.{3-5}/{24|32} "
    "address=fd00:{1|2}::{3-5}/64 {|gateway=10.1.1.1/24} {|allow=10.0.0.0/8} {|allow=fd00::/16}",
    "{|delete} vif 5 agent vrf=0 mtu=1500 mac=02:00:00:00:00:15",
    "vif 9 physical vrf=0 mtu={576|1500|9000} mac=02:00:00:00:00:fe {|native}",
    "{|||delete} nexthop {1-24} {local vif={1-4}|local vif={1-4}|receive|discard|lookup vrf={1-3}|lookup vrf=3 pool={1-2}|"
    "native vif=9 destination={192.0.2.254|2001:db8:1::fe}}",
    "{|||delete} nexthop {20-28} tunnel encap={vxlan inner-mac=02:00:00:00:aa:02|mplsoudp|mplsogre} {source=192.0.2.1 "
    "destination=198.51.100.{2-3}|source=2001:db8:1::1 destination=2001:db8:2::{2-3}}",
    "{|||delete} nexthop {40-45} ecmp member=1,{1-24},{1-9}{|,{100-104}} {|member=2,{20-28},{1-1000},{100-104}} "
    "{|member=3,{1-4},1} {|member=7,{20-28},2,{16-2000}}",
    "{||||delete} route {1|2} "
    "{0.0.0.0/0|10.0.0.0/8|10.{1|2}.0.0/16|10.{1|2}.1.0/24|10.1.1.8/29|10.1.1.{0-12}/32|10.1.1.{0-12}/32|"
    "10.2.1.{1-9}/32|169.254.0.0/16|198.51.100.0/24|224.0.0.0/4|::/0|fd00::/16|fd00:{1|2}::/64|fd00:{1|2}::{1-9}/128|"
    "fd00:1::{1-9}/128|ff00::/8} nexthop={0-45} {|label={16-104}} {|identity={0-5}} {|proxy} {|same}",
    "{||delete} label {100|101|102|103|500} nexthop={1-24}",
    "{||delete} vni {100-104} nexthop={1-24}",
    "path destination={198.51.100.2|198.51.100.3|2001:db8:2::2|2001:db8:2::3} {|resolved vif={9|9|9|1} gateway=192.0.2.254 "
    "mtu={0|68|576|1300|1500|9000} source-mac=02:00:00:00:00:fe destination-mac=02:00:00:00:00:fd} {|up|down}",
    "{|||delete} floating-ip {1-4} vrf={2|3|3} vif={1-4} {floating={203.0.113.{10-12}|10.1.1.{3-4}} fixed=10.1.1.{3-5}|"
    "floating=fd00:1::{3-9} fixed=fd00:1::{3-5}} {||ingress|egress} {||map={6|17|132},{1-100},{1-100},{1-60000}}",
    "{|||delete} nat-pool {1-2} vrf=3 first={203.0.113.{100-102}|2001:db8:f::100} {|addresses={1-3}} "
    "{|ports={1|1024|5000}-{5000|5001|65535}} {|quarantine={0-5000}}",
    "{|||delete} service {1-3} vrf={1|1|2} {tcp|udp} address={10.96.0.{1-2}|10.1.1.20|10.1.1.4|fd00:96::1} port={53|80} "
    "{|affinity={1-60}} {|hairpin} {|pool={1-2}} {|backend={1-4},10.1.1.{3-10},{53|80}{|,weight={1-9}}{|,limit={1-3}}{|,draining}} "
    "{|backend={5-8},10.{1|2}.1.{3-10},{53|80},vrf={1|2}} {|backend=9,fd00:1::{3-5},80}",
    "ageing {6|17|1|0},{0|80},{1-9},{1-3} {|6,81,{1-9},{1-9},{1-9},{1-9}}",
    "{|||delete} identity {3-9} network:{1-3} {|group:8000001} {|tag:{1-9}}",
    "{|||delete} policy {1-4} {allow|deny} {|{rule {allow|deny} {|protocol={1|6|17}} {|ports={1|53|80}-{80|2000}} "
    "{|family={4|6}} {|log}}} "
    "{|rule {allow|deny} {|from={network:{1-3}|10.0.0.0/8|10.2.0.0/16,group:8000002|tag:7}} {|to={identity:1|10.1.1.0/24}}} "
    "{|rule {allow|deny} source-ports={0|100}-{200|65535}}",
};

uint32_t fuzz_random_below(struct fuzz_random *random, uint32_t limit)
{
	random->state ^= random->state << 13;
	random->state ^= random->state >> 7;
	random->state ^= random->state << 17;
	return (uint32_t)(random->state >> 16) % limit;
}

/* The end of the choice that begins at `at`: its '|' or '}'. */
static const char *choice_end(const char *at)
{
	uint32_t depth = 0;

	for (; *at; at++) {
		if (!depth && (*at == '|' || *at == '}'))
			return at;
		depth += *at == '{';
		depth -= *at == '}';
	}
	return at;
}

static char *expand(struct fuzz_random *random, const char *from, const char *end, char *to, const char *limit)
{
	while (from < end && to < limit) {
		uint32_t choices = 1, chosen;
		unsigned int low, high;
		const char *at, *after;
		int used = 0;

		if (*from != '{') {
			*to++ = *from++;
			continue;
		}
		from++;
		for (at = choice_end(from); *at == '|'; at = choice_end(at + 1))
			choices++;
		after = *at ? at + 1 : at;
		if (choices == 1 && sscanf(from, "%u-%u}%n", &low, &high, &used) == 2 && used) {
			to += snprintf(to, (size_t)(limit - to), "%u", low + fuzz_random_below(random, high - low + 1));
		} else {
			for (chosen = fuzz_random_below(random, choices); chosen; chosen--)
				from = choice_end(from) + 1;
			to = expand(random, from, choice_end(from), to, limit);
		}
		from = after;
	}
	return to < limit ? to : (char *)(uintptr_t)limit;
}

uint32_t fuzz_random_message(struct fuzz_random *random, uint8_t *message)
{
	const char *line = lines[fuzz_random_below(random, WEFT_ARRAY_COUNT(lines))];
	char expanded[LINE_MAX_BYTES + 16] = "", text[VECTOR_TEXT_MAX] = "", *words[WORDS_MAX], *rest = NULL;
	uint32_t count = 0, bytes;

	*expand(random, line, line + strlen(line), expanded, expanded + LINE_MAX_BYTES) = 0;
	for (char *word = strtok_r(expanded, " ", &rest); word && count < WORDS_MAX; word = strtok_r(NULL, " ", &rest))
		words[count++] = word;
	memset(message, 0, VECTOR_MESSAGE_MAX);
	bytes = vector_table(words, count, message, text);
	if (!bytes) {
		fprintf(stderr, "%s: %s\n", line, text);
		abort(); /* the lists above, not the plane */
	}
	return bytes;
}

void fuzz_random_tables(struct weft_host_plane *host, struct fuzz_random *random, uint32_t count)
{
	static uint64_t message[VECTOR_MESSAGE_MAX / 8];
	char text[VECTOR_TEXT_MAX];

	for (uint32_t i = 0; i < count; i++)
		play_message(host, message, fuzz_random_message(random, (uint8_t *)message), text);
}
