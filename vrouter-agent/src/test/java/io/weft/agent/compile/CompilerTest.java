package io.weft.agent.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.dataplane.IpPrefix;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompilerTest {
    /** A scenario's steps are taken in several ways that must end in the same state. */
    enum Expansion {
        AS_WRITTEN,
        REVERSED,
        DUPLICATED,
        EMPTIES_BETWEEN
    }

    /** What a step works on. */
    private static final class Inputs {
        private final ConfigGraph graph = new ConfigGraph();
        private final RouteTable routes = new RouteTable();
        private final Compiler compiler = new Compiler(graph, routes);
        private final Replay replay = new Replay();

        Inputs() {
            compiler.host(Site.HOST);
        }

        void step() {
            replay.apply(compiler.step());
        }
    }

    /** Adds deltas up, as the programmer does. */
    private static final class Replay {
        private final Map<String, Map<UUID, PortState>> ports = new HashMap<>();
        private final Map<String, Map<IpPrefix, HeldAddress>> held = new HashMap<>();
        private final Map<String, Map<IpPrefix, RouteState>> routes = new HashMap<>();
        private final Map<PolicySource, PolicyState> policies = new HashMap<>();

        void apply(StateDelta delta) {
            put(policies, delta.policies());
            delta.vrfs().forEach(this::apply);
        }

        private void apply(VrfDelta delta) {
            put(ports.computeIfAbsent(delta.instance(), absent -> new HashMap<>()), delta.ports());
            put(held.computeIfAbsent(delta.instance(), absent -> new HashMap<>()), delta.held());
            put(routes.computeIfAbsent(delta.instance(), absent -> new HashMap<>()), delta.routes());
            if (delta.network().isEmpty()) {
                assertEquals(Map.of(), ports.remove(delta.instance()), "ports left in a VRF that went");
                assertEquals(Map.of(), held.remove(delta.instance()), "addresses left in a VRF that went");
                assertEquals(Map.of(), routes.remove(delta.instance()), "routes left in a VRF that went");
            }
        }

        private static <K, V> void put(Map<K, V> into, Map<K, Optional<V>> changes) {
            changes.forEach(
                    (key, value) -> value.ifPresentOrElse(present -> into.put(key, present), () -> into.remove(key)));
        }

        void assertSame(DesiredState state) {
            Map<String, Map<UUID, PortState>> wantPorts = new HashMap<>();
            Map<String, Map<IpPrefix, HeldAddress>> wantHeld = new HashMap<>();
            Map<String, Map<IpPrefix, RouteState>> wantRoutes = new HashMap<>();
            state.vrfs().forEach((instance, vrf) -> {
                wantPorts.put(instance, vrf.ports());
                wantHeld.put(instance, vrf.held());
                wantRoutes.put(instance, vrf.routes());
            });
            assertEquals(state.policies(), policies);
            assertEquals(wantHeld, held);
            assertEquals(wantPorts, ports);
            assertEquals(wantRoutes, routes);
        }
    }

    private interface Step {
        void take(Inputs inputs);
    }

    private static final RemoteRoute SEVENTH_GROUP =
            Site.withGroups(Site.route("10.1.0.9/32", 1, 2, 100), Site.groupId(7));

    private static List<Step> scenario() {
        return List.of(
                in -> Site.putNetwork(in.graph, 1),
                in -> Site.putNetwork(in.graph, 2),
                in -> Site.putPort(in.graph, 1, 1, 3),
                in -> Site.putPort(in.graph, 2, 1, 4),
                in -> Site.putPort(in.graph, 3, 2, 3),
                in -> {
                    Site.putPort(in.graph, 4, 2, 4);
                    Site.disablePolicy(in.graph, 4, "true");
                },
                in -> Site.putPriorities(in.graph, List.of("VXLAN", "MPLSoUDP")),
                in -> in.compiler.attach(Site.port(1, 1)),
                in -> in.compiler.attach(Site.port(3, 2)),
                in -> in.compiler.attach(Site.port(4, 2)),
                in -> Site.linkList(in.graph, 1),
                in -> Site.putList(
                        in.graph, 1, Site.rule("pass", "tcp", Site.ofNetwork("any"), Site.ofNetwork("any"), 80, 80)),
                in -> Site.linkList(in.graph, 2),
                in -> Site.putGroup(in.graph, 1),
                in -> Site.putGroup(in.graph, 2),
                in -> Site.linkGroup(in.graph, 1, 1),
                in -> Site.linkGroup(in.graph, 1, 2),
                in -> Site.linkGroup(in.graph, 3, 2),
                in -> Site.linkGroup(in.graph, 3, 3),
                in -> Site.linkGroup(in.graph, 4, 1),
                in -> Site.putGroupList(
                        in.graph, 1, false, Site.rule("pass", "any", Site.ofGroup(1), Map.of(), -1, -1)),
                in -> Site.putGroupList(
                        in.graph, 1, true, Site.rule("pass", "any", Map.of(), Site.ofSubnet("0.0.0.0/0"), -1, -1)),
                in -> Site.putGroupList(in.graph, 2, false),
                in -> Site.putGroupList(in.graph, 2, true, Site.rule("pass", "udp", Map.of(), Site.ofGroup(2), 53, 53)),
                in -> Site.putSharedAddress(in.graph, 1, "10.1.0.50", "active-active"),
                in -> in.routes.put(0, Site.instance(1), SEVENTH_GROUP),
                in -> in.routes.put(1, Site.instance(1), SEVENTH_GROUP),
                in -> in.routes.put(0, Site.instance(1), Site.route("10.1.0.50/32", 1, 3, 100)),
                in -> in.routes.put(
                        0,
                        Site.instance(1),
                        Site.and(Site.route("10.1.0.60/32", 1, 3, 100), Site.route("10.1.0.60/32", 1, 4, 100))),
                in -> in.routes.put(0, Site.instance(2), Site.route("10.1.0.3/32", 1, 1, 100)),
                in -> in.routes.put(
                        0,
                        Site.instance(2),
                        Site.and(Site.route("10.1.0.50/32", 1, 1, 100), Site.route("10.1.0.50/32", 1, 3, 100))),
                in -> in.routes.put(0, Site.instance(1), Site.route("10.1.0.3/32", 1, 3, 200)),
                in -> in.routes.put(0, Site.instance(2), Site.route("fd00:2::9/128", 2, 4, 100)));
    }

    private static DesiredState run(Expansion expansion) {
        List<Step> steps = new ArrayList<>(scenario());
        if (expansion == Expansion.REVERSED) {
            Collections.reverse(steps);
        }
        Inputs inputs = new Inputs();
        for (Step step : steps) {
            step.take(inputs);
            if (expansion == Expansion.DUPLICATED) {
                step.take(inputs);
            }
            inputs.step();
            if (expansion == Expansion.EMPTIES_BETWEEN) {
                assertEquals(StateDelta.NONE, inputs.compiler.step(), "an empty step changes nothing");
            }
        }
        inputs.replay.assertSame(inputs.compiler.state());
        return inputs.compiler.state();
    }

    @ParameterizedTest
    @EnumSource(Expansion.class)
    void endsInTheSameStateHoweverTheInputArrives(Expansion expansion) {
        Inputs all = new Inputs();
        scenario().forEach(step -> step.take(all));
        List<AttachedPort> attached = List.of(Site.port(1, 1), Site.port(3, 2), Site.port(4, 2));
        DesiredState expected = Compiler.compile(all.graph, attached, all.routes, Site.HOST);
        assertEquals(2, expected.vrfs().size());
        assertEquals(expected, run(expansion));
    }

    @Test
    void compilesAPortIntoVifAndRoutes() {
        VrfState vrf = run(Expansion.AS_WRITTEN).vrfs().get(Site.instance(1));
        assertEquals(101, vrf.network().vni());
        PortState port = vrf.ports().get(Site.vmi(1));
        assertEquals(1450, port.mtu());
        assertEquals(
                List.of(
                        "10.1.0.3/24 false",
                        "10.1.0.50/24 false",
                        "fd00:1:0:0:0:0:0:3/64 false",
                        "10.1.0.1/32 true",
                        "fd00:1:0:0:0:0:0:1/128 true"),
                port.addresses().stream()
                        .map(one -> one.address().getHostAddress() + "/" + one.prefixLength() + " " + one.gateway())
                        .toList());
        Map<IpPrefix, RouteState> routes = vrf.routes();
        IdentityState network = IdentityState.of(Site.network(1), List.of());
        assertEquals(
                new RouteState(new Hop.Discard(), -1, IdentityState.UNKNOWN, true, false),
                routes.get(IpPrefix.parse("10.1.0.0/24")));
        RouteState receive = new RouteState(new Hop.Receive(), -1, network, true, true);
        assertEquals(receive, routes.get(IpPrefix.parse("10.1.0.1/32")));
        assertEquals(receive, routes.get(IpPrefix.parse("fd00:1::2/128")));
        assertEquals(
                new RouteState(
                        new Hop.Local(Site.vmi(1)),
                        -1,
                        IdentityState.of(Site.network(1), List.of(Site.groupId(1), Site.groupId(2))),
                        true,
                        true),
                routes.get(IpPrefix.parse("10.1.0.3/32")));
        assertEquals(
                new RouteState(
                        new Hop.Tunnel(
                                Encap.VXLAN, Site.HOST.underlay(), InetAddress.ofLiteral("192.0.2.2"), Site.mac(2)),
                        101,
                        IdentityState.of(Site.network(1), List.of(Site.groupId(7))),
                        true,
                        true),
                routes.get(IpPrefix.parse("10.1.0.9/32")));
        assertFalse(routes.containsKey(IpPrefix.parse("10.1.0.4/32")), "port 2 is not attached here");
        assertEquals(11, routes.size());
    }

    private static PortState guarded(Consumer<ConfigGraph> more) {
        Inputs in = new Inputs();
        Site.putNetwork(in.graph, 1);
        Site.linkList(in.graph, 1);
        Site.putPort(in.graph, 1, 1, 3);
        Site.putGroup(in.graph, 1);
        Site.linkGroup(in.graph, 1, 1);
        more.accept(in.graph);
        DesiredState state = Compiler.compile(in.graph, List.of(Site.port(1, 1)), in.routes, Site.HOST);
        PortState port = state.vrfs().get(Site.instance(1)).ports().get(Site.vmi(1));
        assertEquals(Set.copyOf(port.policies()), state.policies().keySet());
        return port;
    }

    @Test
    void aPortWhosePolicyIsDisabledIsStatelessWithoutSetsAndOtherwiseAsItWas() {
        PortState guarded = guarded(graph -> {});
        PortState free = guarded(graph -> Site.disablePolicy(graph, 1, "true"));
        assertEquals(3, guarded.policies().size());
        assertFalse(guarded.stateless());
        assertEquals(List.of(), free.policies());
        assertTrue(free.stateless());
        assertEquals(
                IdentityState.of(Site.network(1), List.of(Site.groupId(1))),
                free.identity(),
                "others judge it by its groups");
        assertEquals(guarded.addresses(), free.addresses());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "false", "yes", "1", "TRUE"})
    void aPortKeepsItsPolicyUnlessItsConfigurationSaysTrue(String value) {
        assertEquals(guarded(graph -> {}), guarded(graph -> Site.disablePolicy(graph, 1, value)));
    }

    @Test
    void aPortWithoutAnyPolicyOfItsOwnIsNotStateless() {
        PortState port = guarded(graph -> {
            Site.unlinkList(graph, 1);
            Site.unlinkGroup(graph, 1, 1);
        });
        assertEquals(List.of(), port.policies());
        assertFalse(port.stateless());
    }

    @Test
    void incrementalStateEqualsCompilationFromNothing() {
        long seed = new Random().nextLong();
        System.out.println("incrementalStateEqualsCompilationFromNothing seed " + seed);
        Random random = new Random(seed);
        Inputs in = new Inputs();
        Map<Integer, Integer> networkOf = new HashMap<>();
        for (int round = 0; round < 400; round++) {
            change(random, in, networkOf);
            if (random.nextInt(3) == 0) {
                in.step();
                DesiredState whole = Compiler.compile(in.graph, in.compiler.attached(), in.routes, Site.HOST);
                assertEquals(whole, in.compiler.state(), "seed " + seed + " round " + round);
                in.replay.assertSame(whole);
            }
        }
    }

    /** One step of anything. */
    private static void change(Random random, Inputs in, Map<Integer, Integer> networkOf) {
        int port = random.nextInt(6);
        int network = 1 + random.nextInt(3);
        switch (random.nextInt(15)) {
            case 0 -> Site.putNetwork(in.graph, network);
            case 1, 2 -> {
                if (networkOf.putIfAbsent(port, network) == null) {
                    Site.putPort(in.graph, port, network, 3 + random.nextInt(4));
                }
            }
            case 3 -> {
                Integer of = networkOf.remove(port);
                if (of != null) {
                    Site.removePort(in.graph, port, of);
                }
            }
            case 4, 5 -> in.compiler.attach(Site.port(port, network));
            case 6 -> in.compiler.detach(Site.vmi(port));
            case 7, 8, 11 -> randomRoute(random, in.routes, network);
            case 9 -> randomPolicy(random, in.graph, network, port);
            case 10 -> randomGroup(random, in.graph, 1 + random.nextInt(3), port);
            case 13 -> {
                if (networkOf.containsKey(port)) {
                    Site.disablePolicy(in.graph, port, random.nextBoolean() ? "true" : "false");
                }
            }
            case 12 -> {
                if (networkOf.containsKey(port)) {
                    Site.putSharedAddress(
                            in.graph,
                            port,
                            "10." + networkOf.get(port) + ".0.8",
                            random.nextBoolean() ? "active-active" : "active-standby");
                } else {
                    in.routes.lost(random.nextInt(2));
                }
            }
            default -> {
                if (random.nextInt(5) == 0) {
                    Site.putPriorities(
                            in.graph,
                            random.nextBoolean() ? List.of("VXLAN", "MPLSoUDP") : List.of("MPLSoUDP", "VXLAN"));
                } else {
                    in.routes.remove(
                            random.nextInt(2),
                            Site.instance(network),
                            IpPrefix.parse("10." + network + ".0." + (3 + random.nextInt(6)) + "/32"));
                }
            }
        }
    }

    private static void randomRoute(Random random, RouteTable routes, int network) {
        String prefix = "10." + network + ".0." + (3 + random.nextInt(6)) + "/32";
        RemoteRoute one = Site.route(prefix, network, 1 + random.nextInt(4), 100 * (1 + random.nextInt(2)));
        if (random.nextInt(3) > 0) {
            routes.put(random.nextInt(2), Site.instance(network), one);
            return;
        }
        RemoteRoute several = Site.and(one, Site.route(prefix, network, 1 + random.nextInt(4), 100));
        routes.put(
                random.nextInt(2),
                Site.instance(1 + random.nextInt(3)),
                Site.withGroups(several, Site.groupId(1), Site.groupId(1 + random.nextInt(3))));
    }

    private static void randomPolicy(Random random, ConfigGraph graph, int network, int port) {
        switch (random.nextInt(5)) {
            case 0 -> Site.unlinkList(graph, network);
            case 1, 2 -> Site.linkList(graph, network);
            default ->
                Site.putList(
                        graph,
                        network,
                        Site.rule(
                                random.nextBoolean() ? "pass" : "deny",
                                random.nextBoolean() ? "tcp" : "nonsense",
                                Site.ofNetwork(Site.network(1 + random.nextInt(3))),
                                Site.ofNetwork("any"),
                                port,
                                80));
        }
    }

    private static void randomGroup(Random random, ConfigGraph graph, int group, int port) {
        switch (random.nextInt(7)) {
            case 0 -> Site.removeGroup(graph, group);
            case 1 -> Site.putGroup(graph, group);
            case 2, 3 -> Site.linkGroup(graph, port, group);
            case 4 -> Site.unlinkGroup(graph, port, group);
            default ->
                Site.putGroupList(
                        graph,
                        group,
                        random.nextBoolean(),
                        Site.rule(
                                "pass",
                                "udp",
                                Site.ofGroup(1 + random.nextInt(3)),
                                Site.ofGroup(1 + random.nextInt(3)),
                                port,
                                53));
        }
    }
}
