package io.weft.controller.xmpp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.controller.rib.BgpAttributes;
import io.weft.controller.rib.PathSource;
import io.weft.controller.vpn.VpnKey;
import io.weft.controller.vpn.VpnRoute;
import io.weft.protocol.net.IpAddress;
import io.weft.protocol.net.MacAddress;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.net.RouteDistinguisher;
import io.weft.protocol.net.RouteTarget;
import io.weft.protocol.xmpp.ConfigNode;
import io.weft.protocol.xmpp.NextHop;
import io.weft.protocol.xmpp.RouteEntry;
import io.weft.protocol.xmpp.Stanza;
import io.weft.protocol.xmpp.XmlTree;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class PolicyAndPathsTest extends CoreScenario {
    private static final String BLUE = "d:blue:web:web";
    private static final Prefix OTHER = Prefix.parse("10.2.2.3/32");

    private static String event(String kind, String type, String json) {
        return "event: " + kind + "\ndata: {\"" + type + "\":" + json + "}\n\n";
    }

    private static String port(String groups) {
        return "{\"fq_name\":[\"d\",\"red\",\"p1\"],\"uuid\":\"p1\",\"parent_type\":\"project\","
                + "\"virtual_machine_refs\":[{\"to\":[\"vm1\"],\"uuid\":\"vm1\",\"attr\":null}],"
                + "\"virtual_network_refs\":[{\"to\":[\"d\",\"red\",\"web\"],\"uuid\":\"n\"}]" + groups + "}";
    }

    private static final String IN_GROUP =
            ",\"security_group_refs\":[{\"to\":[\"d\",\"red\",\"sg\"],\"uuid\":\"sg\",\"attr\":null}]";

    private static String acl(String parentType, String parent, String name, String port) {
        return "{\"fq_name\":[\"d\",\"red\",\"" + parent + "\",\"" + name + "\"],\"uuid\":\"acl-" + name
                + "\",\"parent_type\":\"" + parentType + "\",\"access_control_list_hash\":null,"
                + "\"access_control_list_entries\":{\"dynamic\":null,\"acl_rule\":["
                + "{\"rule_uuid\":\"r1\",\"direction\":\">\",\"match_condition\":{\"protocol\":\"tcp\",\"ethertype\":\"IPv4\","
                + "\"src_address\":{\"security_group\":\"8000001\",\"subnet\":null},\"src_port\":{\"start_port\":0,\"end_port\":65535},"
                + "\"dst_address\":{},\"dst_port\":{\"start_port\":" + port + ",\"end_port\":" + port + "}},"
                + "\"action_list\":{\"simple_action\":\"pass\",\"log\":true}},"
                + "{\"rule_uuid\":\"r2\",\"match_condition\":{\"protocol\":\"any\",\"src_address\":{\"subnet\":"
                + "{\"ip_prefix\":\"10.0.0.0\",\"ip_prefix_len\":8}}},\"action_list\":{\"simple_action\":\"deny\"}}]}}";
    }

    private static List<String> policyEvents() {
        return List.of(
                event("create", "virtual-machine", "{\"fq_name\":[\"vm1\"],\"uuid\":\"vm1\"}"),
                event("create", "virtual-machine-interface", port(IN_GROUP)),
                event("create", "virtual-network", "{\"fq_name\":[\"d\",\"red\",\"web\"],\"uuid\":\"n\"}"),
                event(
                        "create",
                        "security-group",
                        "{\"fq_name\":[\"d\",\"red\",\"sg\"],\"uuid\":\"sg\",\"parent_type\":\"project\","
                                + "\"security_group_id\":8000001}"),
                event(
                        "create",
                        "access-control-list",
                        acl("security-group", "sg", "ingress-access-control-list", "80")),
                event("create", "access-control-list", acl("security-group", "sg", "egress-access-control-list", "81")),
                event("create", "access-control-list", acl("virtual-network", "web", "web", "82")),
                event(
                        "update",
                        "virtual-router",
                        router("a").replace("}", ",\"virtual_machine_refs\":[{\"to\":[\"vm1\"],\"uuid\":\"vm1\"}]}")));
    }

    private static ConfigNode.Key list(String name) {
        return new ConfigNode.Key("access-control-list", "d:red:" + name);
    }

    @Test
    void sendsGroupsAndListsOfItsPortsWhateverTheOrderOfTheConfiguration() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        for (int order = 0; order < 30; order++) {
            PolicyAndPathsTest site = new PolicyAndPathsTest();
            site.twoRoutersAndRed();
            Agent a = site.new Agent("a", "192.0.2.1");
            Agent b = site.new Agent("b", "192.0.2.2");
            a.asksConfig();
            b.asksConfig();
            List<String> events = new ArrayList<>(policyEvents());
            if (order > 0) {
                Collections.shuffle(events, new Random(seed + order));
            }
            long revision = 10;
            for (String event : events) {
                site.config(event.replace("\ndata", "\nid: " + revision++ + "\ndata"));
            }
            assertTrue(a.nodes
                    .keySet()
                    .containsAll(Set.of(
                            list("web:web"),
                            list("sg:ingress-access-control-list"),
                            list("sg:egress-access-control-list"),
                            new ConfigNode.Key("security-group", "d:red:sg"))));
            List<String> names = a.links.values().stream()
                    .map(link -> link.metadata())
                    .filter(name -> name.contains("security") || name.contains("access"))
                    .sorted()
                    .toList();
            assertEquals(
                    List.of(
                            "security-group-access-control-list",
                            "security-group-access-control-list",
                            "virtual-machine-interface-security-group",
                            "virtual-network-access-control-list"),
                    names);
            assertTrue(b.nodes.keySet().stream().noneMatch(key -> key.type().contains("access")), "not its business");
        }
    }

    @Test
    void carriesRulesAsRepeatedElements() {
        twoRoutersAndRed();
        Agent a = new Agent("a", "192.0.2.1");
        a.asksConfig();
        config(String.join("", policyEvents()) + "event: revision\nid: 6\ndata: {}\n\n");
        XmlTree properties = a.nodes.get(list("sg:ingress-access-control-list")).properties();
        List<XmlTree> rules = properties.list("access-control-list-entries/acl-rule");
        assertEquals(2, rules.size());
        assertEquals(Optional.of("tcp"), rules.get(0).text("match-condition/protocol"));
        assertEquals(Optional.of("8000001"), rules.get(0).text("match-condition/src-address/security-group"));
        assertEquals(OptionalLong.of(80), rules.get(0).number("match-condition/dst-port/end-port"));
        assertTrue(rules.get(0).at("match-condition/dst-address").orElseThrow().isEmpty());
        assertTrue(rules.get(0).flag("action-list/log", false));
        assertEquals(OptionalLong.of(8), rules.get(1).number("match-condition/src-address/subnet/ip-prefix-len"));
        assertEquals(
                OptionalLong.of(8000001),
                a.nodes
                        .get(new ConfigNode.Key("security-group", "d:red:sg"))
                        .properties()
                        .number("security_group_id"));
    }

    @Test
    void sendsExactlyWhatChangedAgain() {
        twoRoutersAndRed();
        Agent a = new Agent("a", "192.0.2.1");
        a.asksConfig();
        config(String.join("", policyEvents()) + "event: revision\nid: 6\ndata: {}\n\n");
        config("event: update\nid: 7\ndata: {\"access-control-list\":" + acl("virtual-network", "web", "web", "443")
                + "}\n\n");
        Stanza.ConfigUpdate changed = (Stanza.ConfigUpdate) a.stanzas().getLast();
        assertEquals(
                List.of(list("web:web")),
                changed.nodes().stream().map(ConfigNode::key).toList());
        assertEquals(List.of(), changed.links());
        config("event: update\nid: 8\ndata: {\"virtual-machine-interface\":" + port("") + "}\n\n");
        Stanza.ConfigUpdate left = (Stanza.ConfigUpdate) a.stanzas().getLast();
        assertEquals(List.of(), left.nodes(), "the port itself is as before");
        assertEquals(3, left.deletedNodes().size());
        config("event: update\nid: 9\ndata: {\"virtual-machine-interface\":" + port(IN_GROUP) + "}\n\n");
        Stanza.ConfigUpdate joined = (Stanza.ConfigUpdate) a.stanzas().getLast();
        assertEquals(3, joined.nodes().size());
        assertEquals(3, joined.links().size());
    }

    @Test
    void tellsThePortsAgentThatPolicyIsDisabledAndEnabledAgain() {
        twoRoutersAndRed();
        Agent a = new Agent("a", "192.0.2.1");
        Agent b = new Agent("b", "192.0.2.2");
        a.asksConfig();
        b.asksConfig();
        config(String.join("", policyEvents()) + "event: revision\nid: 6\ndata: {}\n\n");
        ConfigNode.Key key = new ConfigNode.Key("virtual-machine-interface", "d:red:p1");
        String property = "virtual-machine-interface-disable-policy";
        assertEquals(Optional.empty(), a.nodes.get(key).properties().text(property));
        int revision = 7;
        for (boolean disabled : List.of(true, false)) {
            String json = port(IN_GROUP + ",\"virtual_machine_interface_disable_policy\":" + disabled);
            config("event: update\nid: " + revision++ + "\ndata: {\"virtual-machine-interface\":" + json + "}\n\n");
            Stanza.ConfigUpdate told = (Stanza.ConfigUpdate) a.stanzas().getLast();
            assertEquals(
                    List.of(key), told.nodes().stream().map(ConfigNode::key).toList());
            assertEquals(List.of(), told.links(), "its groups stay");
            assertEquals(List.of(), told.deletedNodes());
            assertEquals(
                    Optional.of(Boolean.toString(disabled)),
                    told.nodes().getFirst().properties().text(property));
        }
        assertFalse(b.nodes.containsKey(key), "not its business");
    }

    @Test
    void cutsLargeListsIntoSeveralMessagesAndEndsTheRevisionWithTheLast() {
        twoRoutersAndRed();
        Agent a = new Agent("a", "192.0.2.1");
        a.asksConfig();
        String rule = acl("virtual-network", "web", "web", "82");
        rule = rule.substring(rule.indexOf("{\"rule_uuid"), rule.indexOf("]}}"));
        String large = acl("virtual-network", "web", "web", "82").replace("]}}", ("," + rule).repeat(800) + "]}}");
        int before = a.stanzas().size();
        config(String.join("", policyEvents()) + "event: update\nid: 6\ndata: {\"access-control-list\":" + large
                + "}\n\n");
        assertTrue(a.stanzas().size() - before >= 2, "one object fills a message");
        assertEquals(
                1602,
                a.nodes
                        .get(list("web:web"))
                        .properties()
                        .list("access-control-list-entries/acl-rule")
                        .size());
        assertEquals(6, a.revision);
    }

    @Test
    void tellsARevisionThatDoesNotConcernAnAgentWithinATenthOfASecond() {
        twoRoutersAndRed();
        Agent a = new Agent("a", "192.0.2.1");
        a.asksConfig();
        turn();
        config("event: revision\nid: 8\ndata: {}\n\n");
        config("event: revision\nid: 9\ndata: {}\n\n");
        int before = a.stanzas().size();
        assertEquals(5, a.revision);
        assertTrue(core.nextTimerNs() <= now + S / 10);
        now += S / 10;
        turn();
        assertEquals(before + 1, a.stanzas().size());
        assertEquals(9, a.revision);
        after(1);
        assertEquals(before + 1, a.stanzas().size(), "once");
    }

    @Test
    void routesCarryTheControllersRevisionToAnAgentConfiguredElsewhere() {
        twoRoutersAndRed();
        Agent a = new Agent("a", "192.0.2.1");
        Agent b = new Agent("b", "192.0.2.2");
        b.say(b.encoder.subscribe(RED, 1, false));
        config("event: revision\nid: 8\ndata: {}\n\n");
        a.say(a.encoder.publish(RED, route(1)));
        turn();
        assertEquals(OptionalLong.of(8), b.routes().getLast().revision());
        assertFalse(b.stanzas().stream().anyMatch(Stanza.ConfigUpdate.class::isInstance));
    }

    private static String connected(String project, int target, String other) {
        String refs = other.isEmpty()
                ? ""
                : ",\"routing_instance_refs\":[{\"to\":[\"d\",\"" + other
                        + "\",\"web\",\"web\"],\"uuid\":\"x\",\"attr\":{}}]";
        String json = instance(project, target);
        return json.substring(0, json.length() - 1) + refs + "}";
    }

    @Test
    void importsBetweenConnectedInstancesUntilNeitherSideNamesTheOther() {
        twoRoutersAndRed();
        config("event: create\ndata: {\"routing-instance\":" + connected("blue", 8000002, "red") + "}\n\n"
                + "event: update\nid: 6\ndata: {\"routing-instance\":" + connected("red", 8000001, "blue") + "}\n\n");
        Agent a = new Agent("a", "192.0.2.1");
        Agent b = new Agent("b", "192.0.2.2");
        a.asksConfig();
        b.asksConfig();
        a.say(a.encoder.subscribe(RED, 1, false));
        b.say(b.encoder.subscribe(BLUE, 1, false));
        RouteEntry entry = route(1).withSecurityGroups(List.of(8000001L, 8000002L));
        a.say(a.encoder.publish(RED, entry));
        b.say(b.encoder.publish(BLUE, RouteEntry.of(OTHER, "d:blue:web", route(2).nextHops())));
        turn();
        assertEquals(List.of(entry), b.routes().getLast().items(), "network, groups, labels as published");
        assertEquals("d:blue:web", a.routes().getLast().items().getFirst().virtualNetwork());
        int before = b.routes().size();
        config("event: update\nid: 7\ndata: {\"routing-instance\":" + connected("red", 8000001, "") + "}\n\n");
        assertEquals(before, b.routes().size(), "blue still names red");
        config("event: update\nid: 8\ndata: {\"routing-instance\":" + connected("blue", 8000002, "") + "}\n\n");
        assertEquals(List.of(POD), b.routes().getLast().retracts());
        assertEquals(List.of(OTHER), a.routes().getLast().retracts());
    }

    @Test
    void sendsEqualPathsAsOneItemAndOnlyTheGroupsThatAllHave() {
        twoRoutersAndRed();
        Agent a = new Agent("a", "192.0.2.1");
        Agent b = new Agent("b", "192.0.2.2");
        b.say(b.encoder.subscribe(RED, 1, false));
        NextHop one = NextHop.of(
                IpAddress.parse("192.0.2.1"), MacAddress.parse("02:00:00:00:00:01"), 21, 7, List.of("vxlan"));
        NextHop two =
                NextHop.of(IpAddress.parse("192.0.2.2"), MacAddress.parse("02:00:00:00:00:02"), 22, 7, List.of("udp"));
        a.say(a.encoder.publish(
                RED, RouteEntry.of(POD, "d:red:web", List.of(one)).withSecurityGroups(List.of(1L, 2L))));
        b.say(b.encoder.publish(
                RED, RouteEntry.of(POD, "d:red:other", List.of(two)).withSecurityGroups(List.of(2L, 3L))));
        turn();
        RouteEntry item = b.routes().getLast().items().getFirst();
        assertEquals(List.of(one, two.withVirtualNetwork("d:red:other")), item.nextHops());
        assertEquals(List.of(2L), item.securityGroups());
        int before = b.routes().size();
        a.lose();
        turn();
        assertEquals(before, b.routes().size(), "a restarted agent moves no connection");
    }

    @Test
    void usesAnAgentsOwnWordBeforeTheCopyThatCameByBgp() {
        twoRoutersAndRed();
        config("event: create\nid: 6\ndata: {\"virtual-network\":{\"fq_name\":[\"d\",\"red\",\"web\"],\"uuid\":\"n\","
                + "\"virtual_network_network_id\":7}}\n\n");
        Agent a = new Agent("a", "192.0.2.1");
        Agent b = new Agent("b", "192.0.2.2");
        a.say(a.encoder.subscribe(RED, 4, false));
        b.say(b.encoder.subscribe(RED, 1, false));
        VpnKey key = new VpnKey(RouteDistinguisher.of(IpAddress.parse("192.0.2.1"), 4), POD);
        VpnRoute copy = new VpnRoute(
                key,
                IpAddress.parse("192.0.2.1"),
                99,
                Set.of(RouteTarget.parse("target:64512:8000001")),
                List.of("udp"),
                OptionalInt.of(7),
                Optional.empty(),
                List.of(),
                List.of(),
                100,
                0,
                Optional.empty(),
                List.of());
        PathSource.Bgp other = new PathSource.Bgp("other", IpAddress.parse("192.0.2.200"), true);
        core.ribs.put(other, copy, BgpAttributes.NONE);
        turn();
        RouteEntry ofBgp = b.routes().getLast().items().getFirst();
        assertEquals(99, ofBgp.nextHops().getFirst().label());
        assertEquals("d:red:web", ofBgp.virtualNetwork());
        a.say(a.encoder.publish(RED, route(1)));
        turn();
        assertEquals(List.of(route(1)), b.routes().getLast().items());
        VpnRoute told = core.ribs.bestVpn(key).orElseThrow().route();
        assertEquals(OptionalInt.of(7), told.originNetwork());
        assertEquals(copy.targets(), told.targets());
        assertEquals(20, told.label());
        a.lose();
        turn();
        assertEquals(
                99,
                b.routes().getLast().items().getFirst().nextHops().getFirst().label());
    }

    /** Random lives of a site; at the end everybody must have exactly what the tables say, made from nothing. */
    @Test
    void everybodyEndsWithWhatTheTablesSay() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        int checks = 0;
        for (int round = 0; round < 40; round++) {
            PolicyAndPathsTest site = new PolicyAndPathsTest();
            site.live(random);
            checks += site.checked;
        }
        assertTrue(checks > 500, checks + " route messages checked");
    }

    /** The agent of this name, which comes up, with or without configuration from here, when it is not there. */
    private Agent present(Random random, Map<String, Agent> up, String name, int host) {
        Agent present = up.get(name);
        if (present != null && !present.closed) {
            return present;
        }
        Agent agent = new Agent(name, "192.0.2." + host);
        up.put(name, agent);
        if (random.nextInt(3) > 0) {
            agent.asksConfig();
        }
        agent.say(agent.encoder.subscribe(RED, 1, false));
        agent.say(agent.encoder.subscribe(BLUE, 2, false));
        return agent;
    }

    private void live(Random random) {
        twoRoutersAndRed();
        Map<String, Agent> up = new TreeMap<>();
        long revision = 10;
        for (int step = 0; step < 120; step++) {
            String name = random.nextBoolean() ? "a" : "b";
            int host = name.charAt(0) - 'a' + 1;
            String project = random.nextBoolean() ? "red" : "blue";
            String instance = "d:" + project + ":web:web";
            Agent agent = present(random, up, name, host);
            Prefix prefix = random.nextBoolean() ? POD : OTHER;
            switch (random.nextInt(9)) {
                case 0 ->
                    config("event: update\nid: " + revision++ + "\ndata: {\"routing-instance\":"
                            + connected(project, 8000001 + random.nextInt(2), random.nextBoolean() ? "red" : "blue")
                            + "}\n\n");
                case 1 ->
                    config("event: delete\nid: " + revision++ + "\ndata: {\"routing-instance\":" + instance(project, 1)
                            + "}\n\n");
                case 2 -> {
                    List<String> events = policyEvents();
                    config(events.get(random.nextInt(events.size()))
                            .replace("\ndata", "\nid: " + revision++ + "\ndata"));
                }
                case 3 -> agent.say(agent.encoder.withdraw(instance, prefix));
                case 4 -> agent.say(agent.encoder.endOfRib());
                case 5 -> {
                    agent.lose();
                    turn();
                    up.remove(name);
                }
                case 6 -> {
                    agent.writable = !agent.writable;
                    inbox.add(new CoreEvent.Writable(agent));
                }
                default ->
                    agent.say(agent.encoder.publish(
                            instance,
                            RouteEntry.of(
                                            prefix,
                                            "d:" + project + ":web",
                                            route(host).nextHops())
                                    .withLocalPreference(100 + random.nextInt(2))));
            }
            if (random.nextInt(3) == 0) {
                turn();
            }
        }
        for (Agent agent : up.values()) {
            agent.writable = true;
        }
        after(1);
        up.values().forEach(this::hasExactlyTheTables);
    }

    private void hasExactlyTheTables(Agent agent) {
        for (String instance : List.of(RED, BLUE)) {
            Map<Prefix, RouteEntry> has = new HashMap<>();
            for (Stanza.RouteItems items : agent.routes()) {
                if (items.instance().equals(instance)) {
                    items.items().forEach(item -> has.put(item.prefix(), item));
                    items.retracts().forEach(has::remove);
                }
            }
            Map<Prefix, Set<NextHop>> want = new HashMap<>();
            for (Prefix prefix : List.of(POD, OTHER)) {
                Set<NextHop> hops = new java.util.HashSet<>();
                boolean others = false;
                for (io.weft.controller.rib.Path path : core.ribs.best(instance, prefix)) {
                    path.entry().nextHops().forEach(hop -> hops.add(hop.withVirtualNetwork("")));
                    others |= !path.source().name().equals(agent.name);
                }
                if (others) {
                    want.put(prefix, hops);
                }
            }
            Map<Prefix, Set<NextHop>> hops = new HashMap<>();
            has.forEach((prefix, entry) -> {
                Set<NextHop> of = new java.util.HashSet<>();
                entry.nextHops().forEach(hop -> of.add(hop.withVirtualNetwork("")));
                hops.put(prefix, of);
            });
            assertEquals(want, hops, agent.name + " in " + instance);
        }
    }
}
