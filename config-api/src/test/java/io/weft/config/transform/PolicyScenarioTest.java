package io.weft.config.transform;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.config.resource.Image;
import io.weft.config.resource.Resource;
import io.weft.config.schema.RefusedException;
import io.weft.config.write.Operation;
import io.weft.config.write.WriterFixture;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PolicyScenarioTest {
    private static final String PROJECT = "'fq_name':['default-domain','default-project','%s']";
    private static final String P = "default-domain:default-project:";
    private static final String ANY_PORT = "[{'start_port':-1,'end_port':-1}]";

    @TempDir
    Path folder;

    /** One write of a scenario; its order among the others must not matter, but for references to objects that must be there. */
    private interface Step extends Function<WriterFixture, Operation> {}

    private static String rule(
            int uuid, String direction, String protocol, String from, String to, String port, String more) {
        return "{'rule_uuid':'00000000-0000-4000-8000-%012d','direction':'%s','protocol':'%s','src_addresses':[%s],'src_ports':%s,'dst_addresses':[%s],'dst_ports':%s%s}"
                .formatted(uuid, direction, protocol, from, ANY_PORT, to, port, more);
    }

    private static String network(String name) {
        return "{'virtual_network':'" + (name.indexOf(':') < 0 && name.length() == 1 ? P + name : name) + "'}";
    }

    private static String ports(int from, int to) {
        return "[{'start_port':" + from + ",'end_port':" + to + "}]";
    }

    private static final String PASS = ",'action_list':{'simple_action':'pass'}";
    private static final String DENY = ",'action_list':{'simple_action':'deny'}";

    private static Step policy(String name, String... rules) {
        return api -> api.create(
                "network-policy",
                PROJECT.formatted(name) + ",'network_policy_entries':{'policy_rule':[" + String.join(",", rules)
                        + "]}");
    }

    private static Step net(String name, String... policies) {
        StringBuilder refs = new StringBuilder();
        for (int i = 0; i < policies.length; i++) {
            refs.append(i == 0 ? "" : ",")
                    .append("{'to':['default-domain','default-project','" + policies[i]
                            + "'],'attr':{'sequence':{'major':" + (i + 1) + ",'minor':0}}}");
        }
        return api -> api.create("virtual-network", PROJECT.formatted(name) + ",'network_policy_refs':[" + refs + "]");
    }

    private static Step group(String name, String more, String... rules) {
        return api -> api.create(
                "security-group",
                PROJECT.formatted(name) + more + ",'security_group_entries':{'policy_rule':[" + String.join(",", rules)
                        + "]}");
    }

    private static Step router(String name, int asn, String more) {
        return api -> api.create(
                "bgp-router",
                "'fq_name':['default-domain','default-project','ip-fabric','__default__','" + name
                        + "'],'bgp_router_parameters':{'autonomous_system':" + asn
                        + ",'identifier':'10.0.0.1','address':'10.0.0.1'" + more + "}");
    }

    private static List<Step> scenario() {
        return List.of(
                policy(
                        "web",
                        rule(1, "<>", "tcp", network("local"), network("b"), ports(80, 81), PASS),
                        rule(2, ">", "icmp", network("a"), network("any"), ANY_PORT, DENY),
                        rule(3, "<>", "any", network("c"), network("b"), ANY_PORT, PASS)),
                policy("back", rule(4, ">", "any", network("a"), network("b"), ANY_PORT, PASS)),
                policy("club", rule(5, "<>", "udp", member("club"), member("club"), ports(53, 53), PASS)),
                policy("late", rule(6, ">", "any", network("any"), network("any"), ANY_PORT, PASS)),
                net("a", "web", "club"),
                net("b", "back"),
                net("c", "club"),
                net("d"),
                net("e", "late"),
                net("f", "late"),
                group(
                        "front",
                        ",'configured_security_group_id':17",
                        rule(
                                11,
                                ">",
                                "tcp",
                                "{'subnet':{'ip_prefix':'0.0.0.0','ip_prefix_len':0}}",
                                LOCAL,
                                ports(80, 80),
                                ""),
                        rule(12, ">", "any", LOCAL, member("security_group", "db"), ANY_PORT, "")),
                group(
                        "db",
                        ",'configured_security_group_id':18",
                        rule(13, ">", "tcp", member("security_group", "front"), LOCAL, ports(5432, 5432), ""),
                        rule(14, ">", "tcp", member("security_group", "nowhere"), LOCAL, ports(1, 1), ""),
                        rule(15, "<>", "icmp6", LOCAL, "{'security_group':'any'}", ANY_PORT, ",'ethertype':'IPv6'")),
                router("cn1", 64512, ",'router_type':'control-node'"),
                router("cn2", 64512, ",'router_type':'external-control-node'"),
                router("gw", 64512, ",'router_type':'router'"),
                router("far", 65000, ",'router_type':'router'"),
                router("tenant", 64512, ",'router_type':'bgpaas-client'"));
    }

    private static final String LOCAL = "{'security_group':'local'}";

    private static String member(String policy) {
        return member("network_policy", policy);
    }

    private static String member(String kind, String name) {
        return "{'" + kind + "':'" + P + name + "'}";
    }

    private static void write(WriterFixture api, List<List<Step>> changeSets, Runnable between) {
        List<List<Step>> waiting = new ArrayList<>(changeSets);
        while (!waiting.isEmpty()) {
            List<List<Step>> again = new ArrayList<>();
            for (List<Step> changeSet : waiting) {
                try {
                    api.write(changeSet.stream().map(step -> step.apply(api)).toArray(Operation[]::new));
                } catch (RefusedException e) {
                    if (e.status() == 400 && e.getMessage().endsWith("does not exist")) {
                        again.add(changeSet);
                    } else {
                        assertEquals(409, e.status(), e.getMessage());
                    }
                }
                between.run();
            }
            assertTrue(again.size() < waiting.size(), "nothing more can be written");
            waiting = again;
        }
    }

    private <T> T run(String label, List<List<Step>> changeSets, Function<WriterFixture, T> result) {
        try (WriterFixture api = new WriterFixture(folder.resolve(label), false)) {
            int[] noise = {0};
            write(api, changeSets, () -> {
                if (label.equals("noise")) {
                    noise(api, noise[0]++);
                }
            });
            return result.apply(api);
        }
    }

    private static void noise(WriterFixture api, int number) {
        String name = "'fq_name':['default-domain','noise','n" + number + "']";
        if (number == 0) {
            api.write(api.create("project", "'fq_name':['default-domain','noise']"));
        }
        api.write(
                api.create(
                        "network-policy",
                        name + ",'network_policy_entries':{'policy_rule':["
                                + rule(20, "<>", "any", network("any"), network("any"), ANY_PORT, PASS) + "]}"),
                api.create(
                        "virtual-network",
                        name + ",'network_policy_refs':[{'to':['default-domain','noise','n" + number + "']}]"),
                api.create("virtual-machine", "'fq_name':['noise" + number + "']"));
    }

    private static TreeMap<String, String> stateWithoutUuids(WriterFixture api) {
        TreeMap<String, String> out = DerivedState.of(api.image());
        out.keySet().removeIf(name -> name.contains(":noise:"));
        // sessions are named after the routers' random uuids
        out.replaceAll((name, text) -> text.replaceAll("\"uuid\":\"[^\"]*\"", ""));
        return out;
    }

    private static List<List<Step>> single(List<Step> steps) {
        return steps.stream().map(List::of).toList();
    }

    @Test
    void endsInTheSameStateWhateverTheOrder() {
        List<Step> steps = scenario();
        List<List<Step>> doubled = new ArrayList<>();
        for (Step step : steps) {
            doubled.add(List.of(step));
            doubled.add(List.of(step));
        }
        TreeMap<String, String> asWritten = run("as-written", single(steps), PolicyScenarioTest::stateWithoutUuids);
        assertEquals(asWritten, run("reversed", single(steps.reversed()), PolicyScenarioTest::stateWithoutUuids));
        assertEquals(asWritten, run("doubled", doubled, PolicyScenarioTest::stateWithoutUuids));
        assertEquals(asWritten, run("together", List.of(steps), PolicyScenarioTest::stateWithoutUuids));
        assertEquals(asWritten, run("noise", single(steps), PolicyScenarioTest::stateWithoutUuids));
    }

    @Test
    void derivesWhatTheScenarioMeans() {
        run("meaning", single(scenario()), api -> {
            Image image = api.image();
            assertEquals(
                    List.of(
                            "pass 6 a > b:80-81 #000000000001",
                            "pass 6 b:80-81 > a #000000000001",
                            "deny 1 a > any #000000000002",
                            "pass 17 a > a:53-53 #000000000005",
                            "pass 17 a:53-53 > a #000000000005",
                            "pass 17 a > c:53-53 #000000000005",
                            "pass 17 c:53-53 > a #000000000005",
                            "pass 17 c > a:53-53 #000000000005",
                            "pass 17 a:53-53 > c #000000000005",
                            "pass any a > a #100000000001",
                            "deny any any > any #100000000002"),
                    DerivedState.lines(image, "default-domain", "default-project", "a", "a"));
            assertNull(DerivedState.lines(image, "default-domain", "default-project", "d", "d"));
            assertEquals(Set.of("b", "c"), connected(image, "a"));
            assertEquals(Set.of("a"), connected(image, "b"));
            assertEquals(Set.of("a"), connected(image, "c"));
            assertEquals(Set.of(), connected(image, "d"));
            assertEquals(Set.of("f"), connected(image, "e"));
            groups(image);
            routers(image);
            return null;
        });
    }

    private static void groups(Image image) {
        String in = "ingress-access-control-list";
        String out = "egress-access-control-list";
        assertEquals(
                List.of("pass 6 /0.0.0.0/0 > local:80-80 IPv4 #000000000011"),
                DerivedState.lines(image, "default-domain", "default-project", "front", in));
        assertEquals(
                List.of("pass any local > 18 #000000000012"),
                DerivedState.lines(image, "default-domain", "default-project", "front", out));
        assertEquals(
                List.of("pass 6 17 > local:5432-5432 #000000000013", "pass 58 -1 > local IPv6 #000000000015"),
                DerivedState.lines(image, "default-domain", "default-project", "db", in));
        assertEquals(
                List.of("pass 58 local > -1 IPv6 #000000000015"),
                DerivedState.lines(image, "default-domain", "default-project", "db", out));
        assertEquals(List.of(), DerivedState.lines(image, "default-domain", "default-project", "__no_rule__", in));
    }

    private static TreeSet<String> connected(Image image, String name) {
        return DerivedState.connected(image, "default-domain", "default-project", name);
    }

    private static TreeMap<String, TreeSet<String>> peers(Image image) {
        TreeMap<String, TreeSet<String>> out = new TreeMap<>();
        image.forEachOfType("bgp-router", router -> {
            TreeSet<String> names = new TreeSet<>();
            router.refs("bgp-router").forEach(ref -> names.add(ref.to().getLast()));
            out.put(router.name(), names);
        });
        return out;
    }

    private static void routers(Image image) {
        TreeMap<String, TreeSet<String>> peers = peers(image);
        assertEquals(Set.of("cn2", "gw"), peers.get("cn1"));
        assertEquals(Set.of("cn1", "gw"), peers.get("cn2"));
        assertEquals(Set.of(), peers.get("far"));
        assertEquals(Set.of(), peers.get("tenant"));
        image.forEachOfType(
                "bgp-router",
                router -> router.refs("bgp-router").forEach(ref -> {
                    assertEquals(
                            "[\"inet-vpn\",\"inet6-vpn\"]",
                            ref.attr()
                                    .at("/session/0/attributes/0/address_families/family")
                                    .toString());
                    Resource other = image.get(ref.uuid());
                    assertTrue(other.refs("bgp-router").stream()
                            .anyMatch(back -> back.uuid().equals(router.uuid())
                                    && back.attr().equals(ref.attr())));
                }));
    }

    private static String uuid(WriterFixture api, String type, String name) {
        return api.image()
                .named(type, List.of("default-domain", "default-project", name))
                .uuid();
    }

    private void after(String label, Consumer<WriterFixture> change) {
        run(label, single(scenario()), api -> {
            change.accept(api);
            assertEquals(DerivedState.fromNothing(api.image()), DerivedState.of(api.image()));
            return null;
        });
    }

    @Test
    void takesAConnectionAwayWithTheRuleAndGivesItBack() {
        after("connection", api -> {
            String back = uuid(api, "network-policy", "back");
            String entries = "'network_policy_entries':{'policy_rule':["
                    + rule(4, ">", "any", network("a"), network("b"), ANY_PORT, "%s") + "]}";
            Resource before =
                    api.image().named("access-control-list", List.of("default-domain", "default-project", "b", "b"));
            api.write(api.update("network-policy", back, entries.formatted(DENY)));
            assertEquals(Set.of("c"), connected(api.image(), "a"));
            assertEquals(Set.of(), connected(api.image(), "b"));
            Resource denied = api.image().get(before.uuid());
            assertNotEquals(before.property("access_control_list_hash"), denied.property("access_control_list_hash"));
            api.write(api.update("network-policy", back, entries.formatted(PASS)));
            assertEquals(Set.of("b", "c"), connected(api.image(), "a"));
            assertEquals(
                    before.property("access_control_list_hash"),
                    api.image().get(before.uuid()).property("access_control_list_hash"));
            api.write(api.update("virtual-network", uuid(api, "virtual-network", "b"), "'network_policy_refs':[]"));
            assertNull(DerivedState.lines(api.image(), "default-domain", "default-project", "b", "b"));
            assertEquals(Set.of("c"), connected(api.image(), "a"));
        });
    }

    @Test
    void aServiceChainThatIsNotDerivedLetsNothingPassBy() {
        after("chain", api -> {
            String back = uuid(api, "network-policy", "back");
            api.write(api.update(
                    "network-policy",
                    back,
                    "'network_policy_entries':{'policy_rule':["
                            + rule(
                                    4,
                                    ">",
                                    "any",
                                    network("a"),
                                    network("b"),
                                    ANY_PORT,
                                    ",'action_list':{'simple_action':'pass','apply_service':['" + P + "fw']}")
                            + "]}"));
            assertEquals(Set.of(), connected(api.image(), "b"));
            assertEquals(
                    "deny any a > b #000000000004",
                    DerivedState.lines(api.image(), "default-domain", "default-project", "b", "b")
                            .getFirst());
        });
    }

    @Test
    void aGroupThatComesLaterIsTakenIntoTheRulesThatNameIt() {
        after("late-group", api -> {
            String[] list = {"default-domain", "default-project", "db", "ingress-access-control-list"};
            api.write(group("nowhere", "").apply(api));
            assertTrue(DerivedState.lines(api.image(), list).contains("pass 6 8000001 > local:1-1 #000000000014"));
            api.write(api.update(
                    "security-group", uuid(api, "security-group", "nowhere"), "'configured_security_group_id':5"));
            assertTrue(DerivedState.lines(api.image(), list).contains("pass 6 5 > local:1-1 #000000000014"));
            api.write(api.delete("security-group", uuid(api, "security-group", "nowhere")));
            assertEquals(2, DerivedState.lines(api.image(), list).size());
        });
    }

    @Test
    void aNetworkThatLeavesAPolicyLeavesTheRulesThatMeanItsHolders() {
        after("club", api -> {
            api.write(api.update("virtual-network", uuid(api, "virtual-network", "c"), "'network_policy_refs':[]"));
            assertEquals(Set.of("b"), connected(api.image(), "a"));
            assertEquals(
                    7,
                    DerivedState.lines(api.image(), "default-domain", "default-project", "a", "a")
                            .size());
        });
    }

    @Test
    void reflectorsAndTheAutoMeshSettingDecideWhoPeers() {
        after("mesh", api -> {
            String global = api.image()
                    .named("global-system-config", List.of("default-global-system-config"))
                    .uuid();
            api.write(api.update("global-system-config", global, "'ibgp_auto_mesh':false"));
            assertEquals(Set.of(), peers(api.image()).get("cn1"));
            api.write(api.update("global-system-config", global, "'ibgp_auto_mesh':true"));
            assertEquals(Set.of("cn2", "gw"), peers(api.image()).get("cn1"));
            Resource gateway = api.image()
                    .named(
                            "bgp-router",
                            List.of("default-domain", "default-project", "ip-fabric", "__default__", "gw"));
            String parameters =
                    "'bgp_router_parameters':{'autonomous_system':%d,'identifier':'10.0.0.1','address':'10.0.0.1'%s}";
            api.write(api.update("bgp-router", gateway.uuid(), parameters.formatted(64512, ",'cluster_id':9")));
            assertEquals(
                    Map.of("cn1", Set.of("gw"), "cn2", Set.of("gw"), "gw", Set.of("cn1", "cn2")),
                    only(peers(api.image()), Set.of("cn1", "cn2", "gw")));
            api.write(api.update("bgp-router", gateway.uuid(), parameters.formatted(65000, "")));
            assertEquals(Set.of("far"), peers(api.image()).get("gw"));
            assertEquals(Set.of("cn2"), peers(api.image()).get("cn1"));
            api.write(api.delete("bgp-router", gateway.uuid()));
            assertEquals(Set.of(), peers(api.image()).get("far"));
        });
    }

    private static Map<String, TreeSet<String>> only(TreeMap<String, TreeSet<String>> all, Set<String> names) {
        Map<String, TreeSet<String>> out = new TreeMap<>(all);
        out.keySet().retainAll(names);
        return out;
    }

    @Test
    void usedPoliciesAndGroupsStayAndDerivedListsAreNobodysToDelete() {
        after("held", api -> {
            String network = uuid(api, "virtual-network", "b");
            String policy = uuid(api, "network-policy", "back");
            RefusedException held =
                    assertThrows(RefusedException.class, () -> api.write(api.delete("network-policy", policy)));
            assertEquals(409, held.status());
            assertTrue(held.getMessage().contains("/virtual-network/" + network), held.getMessage());
            String group = uuid(api, "security-group", "db");
            Resource port = api.write(api.create(
                    "virtual-machine-interface",
                    PROJECT.formatted("port") + ",'parent_type':'project','virtual_network_refs':[{'uuid':'" + network
                            + "'}],'security_group_refs':[{'uuid':'" + group + "'}]"));
            held = assertThrows(RefusedException.class, () -> api.write(api.delete("security-group", group)));
            assertEquals(409, held.status());
            assertTrue(held.getMessage().contains("/virtual-machine-interface/" + port.uuid()), held.getMessage());
            Resource list =
                    api.image().named("access-control-list", List.of("default-domain", "default-project", "b", "b"));
            RefusedException derived = assertThrows(
                    RefusedException.class, () -> api.write(api.delete("access-control-list", list.uuid())));
            assertEquals(403, derived.status());
            api.write(api.delete("virtual-machine-interface", port.uuid()));
            api.write(api.delete("virtual-network", network));
            api.write(api.delete("network-policy", policy));
            assertNull(api.image().get(list.uuid()));
            assertEquals(Set.of("c"), connected(api.image(), "a"));
        });
    }
}
