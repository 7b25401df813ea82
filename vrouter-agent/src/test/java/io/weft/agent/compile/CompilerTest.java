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
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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
            compiler.step().forEach(replay::apply);
        }
    }

    /** Adds deltas up, as the programmer does. */
    private static final class Replay {
        private final Map<String, Map<UUID, PortState>> ports = new HashMap<>();
        private final Map<String, Map<IpPrefix, RouteState>> routes = new HashMap<>();

        void apply(VrfDelta delta) {
            put(ports.computeIfAbsent(delta.instance(), absent -> new HashMap<>()), delta.ports());
            put(routes.computeIfAbsent(delta.instance(), absent -> new HashMap<>()), delta.routes());
            if (delta.network().isEmpty()) {
                assertEquals(Map.of(), ports.remove(delta.instance()), "ports left in a VRF that went");
                assertEquals(Map.of(), routes.remove(delta.instance()), "routes left in a VRF that went");
            }
        }

        private static <K, V> void put(Map<K, V> into, Map<K, Optional<V>> changes) {
            changes.forEach(
                    (key, value) -> value.ifPresentOrElse(present -> into.put(key, present), () -> into.remove(key)));
        }

        void assertSame(DesiredState state) {
            Map<String, Map<UUID, PortState>> wantPorts = new HashMap<>();
            Map<String, Map<IpPrefix, RouteState>> wantRoutes = new HashMap<>();
            state.vrfs().forEach((instance, vrf) -> {
                wantPorts.put(instance, vrf.ports());
                wantRoutes.put(instance, vrf.routes());
            });
            assertEquals(wantPorts, ports);
            assertEquals(wantRoutes, routes);
        }
    }

    private interface Step {
        void take(Inputs inputs);
    }

    private static List<Step> scenario() {
        return List.of(
                in -> Site.putNetwork(in.graph, 1),
                in -> Site.putNetwork(in.graph, 2),
                in -> Site.putPort(in.graph, 1, 1, 3),
                in -> Site.putPort(in.graph, 2, 1, 4),
                in -> Site.putPort(in.graph, 3, 2, 3),
                in -> Site.putPriorities(in.graph, List.of("VXLAN", "MPLSoUDP")),
                in -> in.compiler.attach(Site.port(1, 1)),
                in -> in.compiler.attach(Site.port(3, 2)),
                in -> in.routes.put(0, Site.instance(1), Site.route("10.1.0.9/32", 1, 2, 100)),
                in -> in.routes.put(1, Site.instance(1), Site.route("10.1.0.9/32", 1, 2, 100)),
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
                assertEquals(List.of(), inputs.compiler.step(), "an empty step changes nothing");
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
        DesiredState expected =
                Compiler.compile(all.graph, List.of(Site.port(1, 1), Site.port(3, 2)), all.routes, Site.HOST);
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
                        "fd00:1:0:0:0:0:0:3/64 false",
                        "10.1.0.1/32 true",
                        "fd00:1:0:0:0:0:0:1/128 true"),
                port.addresses().stream()
                        .map(one -> one.address().getHostAddress() + "/" + one.prefixLength() + " " + one.gateway())
                        .toList());
        Map<IpPrefix, RouteState> routes = vrf.routes();
        assertEquals(new RouteState(new Hop.Discard(), -1, true, false), routes.get(IpPrefix.parse("10.1.0.0/24")));
        assertEquals(new RouteState(new Hop.Receive(), -1, true, true), routes.get(IpPrefix.parse("10.1.0.1/32")));
        assertEquals(new RouteState(new Hop.Receive(), -1, true, true), routes.get(IpPrefix.parse("fd00:1::2/128")));
        assertEquals(
                new RouteState(new Hop.Local(Site.vmi(1)), -1, true, true), routes.get(IpPrefix.parse("10.1.0.3/32")));
        assertEquals(
                new RouteState(
                        new Hop.Tunnel(
                                Encap.VXLAN, Site.HOST.underlay(), InetAddress.ofLiteral("192.0.2.2"), Site.mac(2)),
                        101,
                        true,
                        true),
                routes.get(IpPrefix.parse("10.1.0.9/32")));
        assertFalse(routes.containsKey(IpPrefix.parse("10.1.0.4/32")), "port 2 is not attached here");
        assertEquals(9, routes.size());
    }

    @Test
    void choosesTheFirstEncapsulationThatTheRouteOffers() {
        Network network = new Network(Site.network(1), Site.instance(1), 101, List.of());
        RemoteRoute route = Site.route("10.1.0.9/32", 1, 2, 100);
        RouteState mpls = NetworkCompiler.remoteRoute(network, List.of(route), Encap.DEFAULT_PRIORITIES, Site.HOST)
                .orElseThrow();
        assertEquals(5002, mpls.label());
        RemoteRoute own = Site.route("10.1.0.9/32", 1, 1, 100);
        assertTrue(NetworkCompiler.remoteRoute(network, List.of(own), Encap.DEFAULT_PRIORITIES, Site.HOST)
                .isEmpty());
        RouteState best = NetworkCompiler.remoteRoute(
                        network,
                        List.of(route, Site.route("10.1.0.9/32", 1, 7, 200), Site.route("10.1.0.9/32", 1, 6, 200)),
                        Encap.DEFAULT_PRIORITIES,
                        Site.HOST)
                .orElseThrow();
        assertEquals(5006, best.label());
    }

    @Test
    void incrementalStateEqualsCompilationFromNothing() {
        long seed = new Random().nextLong();
        System.out.println("incrementalStateEqualsCompilationFromNothing seed " + seed);
        Random random = new Random(seed);
        Inputs in = new Inputs();
        Map<Integer, Integer> networkOf = new HashMap<>();
        for (int round = 0; round < 400; round++) {
            int port = random.nextInt(6);
            int network = 1 + random.nextInt(3);
            switch (random.nextInt(10)) {
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
                case 7, 8 ->
                    in.routes.put(
                            random.nextInt(2),
                            Site.instance(network),
                            Site.route(
                                    "10." + network + ".0." + (3 + random.nextInt(6)) + "/32",
                                    network,
                                    1 + random.nextInt(4),
                                    100 * (1 + random.nextInt(2))));
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
            if (random.nextInt(3) == 0) {
                in.step();
                DesiredState whole = Compiler.compile(in.graph, in.compiler.attached(), in.routes, Site.HOST);
                assertEquals(whole, in.compiler.state(), "seed " + seed + " round " + round);
                in.replay.assertSame(whole);
            }
        }
    }
}
