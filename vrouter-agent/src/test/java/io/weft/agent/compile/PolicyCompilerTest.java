package io.weft.agent.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.agent.compile.Site.Entry;
import io.weft.dataplane.ElementKind;
import io.weft.dataplane.Identity;
import io.weft.dataplane.IpPrefix;
import io.weft.dataplane.PolicyAction;
import io.weft.dataplane.PolicyEnd;
import io.weft.dataplane.PolicyRule;
import io.weft.dataplane.PolicySet;
import io.weft.dataplane.PortRange;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PolicyCompilerTest {
    private static final PolicySource NETWORK = new PolicySource.OfNetwork(List.of(Site.list(1)));

    private static PolicyState network(Entry... rules) {
        ConfigGraph graph = new ConfigGraph();
        Site.putList(graph, 1, rules);
        return PolicyCompiler.compile(graph, NETWORK);
    }

    private static Entry any(String action, String protocol) {
        return Site.rule(action, protocol, Site.ofNetwork("any"), Site.ofNetwork("any"), -1, -1);
    }

    /** The entry with another value in its match_condition or action_list; null: without it. */
    private static Entry with(Entry entry, String part, String field, Object value) {
        Map<String, Object> json = new HashMap<>(entry.json());
        @SuppressWarnings("unchecked")
        Map<String, Object> of = new HashMap<>((Map<String, Object>) json.get(part));
        of.put(field, value);
        json.put(part, of);
        return new Entry(json);
    }

    private static Entry match(Entry entry, String field, Object value) {
        return with(entry, "match_condition", field, value);
    }

    @Test
    void readsEveryFieldOfAnEntry() {
        Map<String, Object> from = new HashMap<>(Site.ofSubnet("10.1.0.0/16"));
        from.putAll(Site.ofNetwork(Site.network(1)));
        Entry entry = Site.rule("deny", "TCP", from, Site.ofGroup(4), 80, 81);
        entry = with(entry, "action_list", "log", true);
        entry = match(entry, "src_port", Map.of("start_port", 0, "end_port", 65535));
        PolicyState state = network(entry);
        assertEquals(List.of(), state.problems());
        assertEquals(
                List.of(new PolicyRule(
                        new java.util.UUID(0x3000, 8081),
                        4,
                        PolicyAction.DENY,
                        true,
                        6,
                        PortRange.ANY,
                        new PortRange(80, 81),
                        new PolicyEnd(
                                ElementKind.NETWORK,
                                Identity.networkId(Site.network(1)),
                                Optional.of(IpPrefix.parse("10.1.0.0/16"))),
                        new PolicyEnd(ElementKind.SECURITY_GROUP, Site.groupId(4), Optional.empty()))),
                state.rules());
    }

    @ParameterizedTest
    @CsvSource({
        "any, , 65535",
        "tcp, , 6",
        "udp, IPv6, 17",
        "icmp, IPv4, 1",
        "icmp, , 1",
        "icmp, IPv6, 58",
        "icmp6, IPv6, 58",
        "icmpv6, , 58",
        "0, any, 0",
        "255, IPv4, 255",
        "1, IPv6, 1",
        "SCTP, , 132"
    })
    void readsProtocolsAsTextOrNumber(String protocol, String ethertype, int number) {
        PolicyState state = network(match(any("pass", protocol), "ethertype", ethertype == null ? "" : ethertype));
        assertEquals(List.of(), state.problems());
        assertEquals(number, state.rules().getFirst().protocol());
    }

    @Test
    void aListOfSubnetsIsOneRuleForEachPairOfOneFamily() {
        List<Object> subnets = List.of(
                Site.ofSubnet("10.1.0.0/16").get("subnet"),
                Site.ofSubnet("10.2.0.0/16").get("subnet"),
                Site.ofSubnet("fd00::/8").get("subnet"));
        Entry entry = match(any("pass", "icmp"), "src_address", Map.of("subnet_list", subnets));
        PolicyState state = network(match(entry, "dst_address", Map.of("subnet_list", subnets)));
        assertEquals(List.of(), state.problems());
        assertEquals(5, state.rules().size());
        assertEquals(58, state.rules().getLast().protocol());
    }

    /** Field, its value as JSON text with ' for ", and what the report says. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "match_condition | protocol | 'frob' | protocol 'frob'",
                "match_condition | protocol | '256' | protocol '256'",
                "match_condition | protocol | '' | protocol ''",
                "match_condition | ethertype | 'ARP' | ethertype 'ARP'",
                "match_condition | dst_port | {'start_port':9,'end_port':8} | dst-port 9..8",
                "match_condition | dst_port | {'start_port':0,'end_port':65536} | dst-port 0..65536",
                "match_condition | dst_port | {'start_port':-1,'end_port':80} | dst-port -1..80",
                "match_condition | dst_port | {'start_port':'http','end_port':80} | start-port 'http'",
                "match_condition | src_port | {'start_port':1} | src-port has no",
                "match_condition | src_address | {} | src-address names nothing",
                "match_condition | src_address | {'virtual_network':'local'} | network 'local'",
                "match_condition | src_address | {'security_group':'d:p:g'} | security group 'd:p:g'",
                "match_condition | src_address | {'security_group':'0'} | security group '0'",
                "match_condition | src_address | {'network_policy':'d:p:x'} | network-policy",
                "match_condition | src_address | {'subnet':{'ip_prefix':'10.0.0','ip_prefix_len':8}} | '10.0.0'",
                "match_condition | src_address | {'subnet':{'ip_prefix':'10.0.0.0','ip_prefix_len':33}} | 33",
                "match_condition | src_address | {'subnet':{'ip_prefix':'10.0.0.0'}} | ip_prefix_len",
                "match_condition | src_address | {'virtual_network':'d:p:n','security_group':'5'} | names network",
                "match_condition | application | ['web'] | 'application'",
                "action_list | simple_action | 'reject' | simple_action 'reject'",
                "action_list | simple_action | '' | simple_action ''",
                "action_list | apply_service | ['d:p:firewall'] | 'apply-service'",
                "action_list | assign_routing_instance | 'x' | 'assign-routing-instance'"
            })
    void whatCannotBeReadOpensNothingAndIsReported(String part, String field, String json, String report)
            throws Exception {
        Object value =
                new com.fasterxml.jackson.databind.ObjectMapper().readValue(json.replace('\'', '"'), Object.class);
        Entry later = any("pass", "udp");
        PolicyState pass = network(with(any("pass", "tcp"), part, field, value), later);
        assertTrue(pass.problems().stream().anyMatch(problem -> problem.contains(report)), pass.problems()::toString);
        assertTrue(pass.problems().getFirst().contains(Site.list(1) + " rule 0: "), pass.problems()::toString);
        List<PolicyRule> allowing = pass.rules().stream()
                .filter(rule -> rule.action() == PolicyAction.ALLOW)
                .toList();
        assertEquals(network(later).rules(), allowing, "the others are as they were, the bad one allows nothing");
        PolicyState deny = network(with(any("deny", "tcp"), part, field, value), later);
        assertEquals(PolicyAction.DENY, deny.rules().getFirst().action());
        assertEquals(2, deny.rules().size(), "what cannot be read of a deny is taken as any");
    }

    @Test
    void familiesThatExcludeEachOtherOpenNothing() {
        Entry entry = Site.rule("pass", "tcp", Site.ofSubnet("10.0.0.0/8"), Site.ofSubnet("fd00::/8"), -1, -1);
        assertEquals(List.of(), network(entry).rules());
        assertEquals(1, network(entry).problems().size());
        PolicyState deny = network(new Entry(Map.of(
                "action_list",
                Map.of("simple_action", "deny"),
                "match_condition",
                match(entry, "protocol", "any").json().get("match_condition"))));
        assertEquals(PolicyEnd.ANY, deny.rules().getFirst().source());
    }

    @Test
    void aListThatHasNotComeDeniesAll() {
        ConfigGraph graph = new ConfigGraph();
        PolicyState state = PolicyCompiler.compile(graph, NETWORK);
        assertEquals(List.of(), state.rules());
        assertTrue(state.problems().getFirst().contains("has not come"));
    }

    @Test
    void theRulesOfAllGroupsStandBehindEachOther() {
        ConfigGraph graph = new ConfigGraph();
        PolicySource ingress = new PolicySource.OfGroups(List.of(Site.group(2), Site.group(1)), false);
        Entry one = Site.rule("pass", "tcp", Site.ofGroup(1), Map.of(), 22, 22);
        Entry two = Site.rule("pass", "udp", Site.ofSubnet("0.0.0.0/0"), Map.of(), 53, 53);
        Site.putGroup(graph, 1);
        Site.putGroupList(graph, 1, false, one);
        Site.putGroupList(graph, 1, true);
        assertEquals(List.of(), PolicyCompiler.compile(graph, ingress).rules(), "group 2 has not come");
        Site.putGroup(graph, 2);
        assertEquals(List.of(), PolicyCompiler.compile(graph, ingress).rules(), "its list has not come");
        Site.putGroupList(graph, 2, false, two, match(two, "src_address", Map.of()));
        PolicyState state = PolicyCompiler.compile(graph, ingress);
        assertEquals(
                List.of(22, 53),
                state.rules().stream()
                        .map(rule -> rule.destinationPorts().min())
                        .toList());
        assertTrue(state.problems().getFirst().contains("src-address names nothing"), "the remote end must be named");
        assertEquals("policy/groups/default-domain:red:group1,default-domain:red:group2/ingress", ingress.identity());
        assertEquals("policy/default-domain:red:net1:net1", NETWORK.identity());
    }

    @Test
    void aGroupWhoseNumberIsMinusOneIsAny() {
        Entry entry =
                Site.rule("pass", "any", Map.of("security_group", "-1"), Map.of("virtual_network", "any"), -1, -1);
        assertEquals(PolicyEnd.ANY, network(entry).rules().getFirst().source());
    }

    @Test
    void moreRulesThanThePlaneHoldsAreCutSoThatTheRestIsDenied() {
        ConfigGraph graph = new ConfigGraph();
        Site.putEntries(graph, Site.list(1), Collections.nCopies(PolicySet.RULES_MAX + 1, any("pass", "tcp")));
        PolicyState state = PolicyCompiler.compile(graph, NETWORK);
        assertEquals(PolicySet.RULES_MAX, state.rules().size());
        assertTrue(state.problems().getFirst().contains("32769 rules, must be at most 32768"));
    }
}
