package io.weft.controller.vpn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.controller.rib.BgpAttributes;
import io.weft.controller.rib.Freshness;
import io.weft.controller.rib.Path;
import io.weft.controller.rib.PathOrder;
import io.weft.controller.rib.PathSource;
import io.weft.protocol.net.IpAddress;
import io.weft.protocol.net.MacAddress;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.net.RouteDistinguisher;
import io.weft.protocol.net.RouteTarget;
import io.weft.protocol.xmpp.NextHop;
import io.weft.protocol.xmpp.RouteEntry;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

class RibsTest {
    private static final int ROUNDS = 25;
    private static final int STEPS = 240;
    private static final int INSTANCES = 5;
    private static final int PREFIXES = 3;
    private static final int AGENTS = 4;
    private static final Prefix POD = Prefix.parse("10.1.1.3/32");

    private record Setup(Targets targets, Set<String> connections) {}

    private record Learned(PathSource.Bgp peer, VpnRoute route, BgpAttributes attributes, Freshness freshness) {}

    /** The same contract by lists and loops. */
    private static final class Twin {
        private final Map<String, Setup> configured = new HashMap<>();
        private final Map<String, Integer> networks = new HashMap<>();
        private final Map<String, RouteDistinguisher> distinguishers = new HashMap<>();
        private List<Path> paths = new ArrayList<>();
        private List<Learned> learned = new ArrayList<>();

        private Path stamped(Path path) {
            return path.with(
                    Optional.ofNullable(distinguishers.get(path.source().name() + "|" + path.instance())));
        }

        private boolean connected(String one, String other) {
            Setup left = configured.get(one);
            Setup right = configured.get(other);
            return !one.equals(other)
                    && left != null
                    && right != null
                    && (left.connections().contains(other)
                            || right.connections().contains(one));
        }

        private Path path(Learned of) {
            String network = "";
            for (Map.Entry<String, Integer> one : networks.entrySet()) {
                if (of.route().originNetwork().equals(OptionalInt.of(one.getValue()))) {
                    network = one.getKey();
                }
            }
            VpnRoute route = of.route();
            NextHop hop = new NextHop(
                    route.nextHop(),
                    route.routerMac(),
                    route.label(),
                    route.originNetwork().orElse(0),
                    route.encapsulations(),
                    route.tags(),
                    "");
            RouteEntry entry = RouteEntry.of(route.key().prefix(), network, List.of(hop))
                    .withLocalPreference(route.localPreference())
                    .withSecurityGroups(route.securityGroups());
            entry = new RouteEntry(
                    entry.prefix(),
                    entry.nextHops(),
                    network,
                    entry.securityGroups(),
                    entry.localPreference(),
                    0,
                    0,
                    Optional.empty(),
                    List.of(),
                    "",
                    Optional.empty());
            return new Path(
                    of.peer(), "", Optional.of(route.key().distinguisher()), entry, of.attributes(), of.freshness());
        }

        List<Path> best(String instance, Prefix prefix) {
            Setup of = configured.get(instance);
            Set<Path> seen = new HashSet<>();
            if (of == null) {
                return List.of();
            }
            for (Path path : paths) {
                Setup from = configured.get(path.instance());
                if (path.entry().prefix().equals(prefix)
                        && (path.instance().equals(instance)
                                || from != null
                                        && !Collections.disjoint(
                                                from.targets().exports(),
                                                of.targets().imports())
                                || connected(instance, path.instance()))) {
                    seen.add(stamped(path));
                }
            }
            for (Learned one : learned) {
                Set<RouteTarget> carried = one.route().targets();
                boolean takes = !Collections.disjoint(carried, of.targets().imports());
                for (String other : configured.keySet()) {
                    takes |= connected(instance, other)
                            && !Collections.disjoint(
                                    carried, configured.get(other).targets().exports())
                            && path(one).entry().virtualNetwork().equals(network(other));
                }
                if (takes && one.route().key().prefix().equals(prefix)) {
                    seen.add(path(one));
                }
            }
            return PathOrder.best(seen);
        }

        Optional<VpnExports.Best> bestVpn(VpnKey key) {
            List<Path> candidates = new ArrayList<>();
            for (Path path : paths) {
                if (path.entry().prefix().equals(key.prefix())
                        && configured.containsKey(path.instance())
                        && stamped(path).distinguisher().equals(Optional.of(key.distinguisher()))) {
                    candidates.add(stamped(path));
                }
            }
            learned.stream().filter(one -> one.route().key().equals(key)).forEach(one -> candidates.add(path(one)));
            List<Path> best = PathOrder.best(candidates);
            if (best.isEmpty()) {
                return Optional.empty();
            }
            for (Learned one : learned) {
                if (one.peer().equals(best.getFirst().source())
                        && one.route().key().equals(key)) {
                    return one.route().targets().isEmpty()
                            ? Optional.empty()
                            : Optional.of(new VpnExports.Best(one.peer(), one.route()));
                }
            }
            Path first = best.getFirst();
            Set<RouteTarget> exports =
                    configured.get(first.instance()).targets().exports();
            NextHop hop = first.entry().nextHops().getFirst();
            Integer id = networks.get(first.entry().virtualNetwork());
            return exports.isEmpty()
                    ? Optional.empty()
                    : Optional.of(new VpnExports.Best(
                            first.source(),
                            new VpnRoute(
                                    key,
                                    hop.address(),
                                    hop.label(),
                                    exports,
                                    hop.encapsulations(),
                                    id == null ? OptionalInt.empty() : OptionalInt.of(id),
                                    hop.mac(),
                                    first.entry().securityGroups(),
                                    List.of(),
                                    first.entry().localPreference(),
                                    0,
                                    Optional.empty(),
                                    List.of())));
        }
    }

    private static String network(String instance) {
        return instance.substring(0, instance.lastIndexOf(':'));
    }

    private static String instance(int number) {
        return "d:p:n" + number + ":n" + number;
    }

    private static Prefix prefix(int number) {
        return Prefix.parse("10.0.0." + number + "/32");
    }

    private static RouteDistinguisher distinguisher(int agent, int number) {
        return new RouteDistinguisher((Inet4Address) IpAddress.parse("192.0.2." + agent), number);
    }

    private static RouteEntry entry(Prefix prefix, String network, int host, long preference) {
        NextHop hop = NextHop.of(
                IpAddress.parse("192.0.2." + host),
                MacAddress.parse("02:00:00:00:00:0" + host),
                16 + host,
                7,
                List.of("udp", "vxlan"));
        return RouteEntry.of(prefix, network, List.of(hop))
                .withLocalPreference(preference)
                .withSecurityGroups(List.of(8000001L + host));
    }

    private static VpnRoute route(
            VpnKey key, int host, Set<RouteTarget> targets, OptionalInt network, long preference) {
        return new VpnRoute(
                key,
                IpAddress.parse("192.0.2." + host),
                16 + host,
                targets,
                List.of("udp"),
                network,
                Optional.empty(),
                List.of(8000001L),
                List.of(),
                preference,
                0,
                Optional.empty(),
                List.of());
    }

    @Test
    void agreesWithRecomputationAndReportsEveryChange() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            Ribs ribs = new Ribs();
            Twin twin = new Twin();
            Map<String, List<Path>> shown = new HashMap<>();
            Map<VpnKey, VpnExports.Best> exported = new HashMap<>();
            for (int step = 0; step < STEPS; step++) {
                if (random.nextBoolean()) {
                    byAgentOrConfig(random, ribs, twin);
                } else {
                    byBgpOrSession(random, ribs, twin);
                }
                if (random.nextInt(6) == 0) {
                    compare(ribs, twin, shown, exported);
                }
            }
            compare(ribs, twin, shown, exported);
        }
    }

    private static void byAgentOrConfig(Random random, Ribs ribs, Twin twin) {
        String instance = instance(random.nextInt(INSTANCES));
        String agent = "a" + random.nextInt(AGENTS);
        Prefix prefix = prefix(random.nextInt(PREFIXES));
        Predicate<Path> ofAgent =
                path -> path.source().name().equals(agent) && path.instance().equals(instance);
        switch (random.nextInt(8)) {
            case 0 -> {
                twin.configured.remove(instance);
                ribs.configure(instance, null, Set.of());
            }
            case 1, 2 -> {
                Targets targets = new Targets(targets(random), targets(random));
                Set<String> connections = new HashSet<>();
                for (int i = random.nextInt(3); i > 0; i--) {
                    connections.add(instance(random.nextInt(INSTANCES)));
                }
                twin.configured.put(instance, new Setup(targets, connections));
                ribs.configure(instance, targets, connections);
            }
            case 3 -> {
                twin.paths.removeIf(
                        path -> ofAgent.test(path) && path.entry().prefix().equals(prefix));
                ribs.withdraw(agent, instance, prefix);
            }
            case 4 -> {
                twin.paths.removeIf(ofAgent);
                ribs.remove(agent, instance);
            }
            default -> {
                RouteEntry entry = entry(prefix, network(instance), random.nextInt(3), 100 * (1 + random.nextInt(2)));
                twin.paths.removeIf(
                        path -> ofAgent.test(path) && path.entry().prefix().equals(prefix));
                twin.paths.add(Path.ofAgent(agent, instance, Optional.empty(), entry));
                ribs.publish(agent, instance, entry);
            }
        }
    }

    private static void byBgpOrSession(Random random, Ribs ribs, Twin twin) {
        PathSource.Bgp peer = peer(random.nextInt(2));
        PathSource.Agent agent = new PathSource.Agent("a" + random.nextInt(AGENTS));
        PathSource source = random.nextBoolean() ? peer : agent;
        VpnKey key =
                new VpnKey(distinguisher(random.nextInt(AGENTS), random.nextInt(3)), prefix(random.nextInt(PREFIXES)));
        switch (random.nextInt(8)) {
            case 0 -> renumber(random, ribs, twin);
            case 1 -> {
                String instance = instance(random.nextInt(INSTANCES));
                Optional<RouteDistinguisher> distinguisher = random.nextInt(4) == 0
                        ? Optional.empty()
                        : Optional.of(distinguisher(agent.name().charAt(1) - '0', random.nextInt(3)));
                twin.distinguishers.remove(agent.name() + "|" + instance);
                distinguisher.ifPresent(of -> twin.distinguishers.put(agent.name() + "|" + instance, of));
                ribs.distinguish(agent.name(), instance, distinguisher);
            }
            case 2 -> {
                Freshness freshness = Freshness.values()[1 + random.nextInt(3)];
                twin.paths.replaceAll(path -> path.source().equals(source) ? path.with(freshness) : path);
                twin.learned.replaceAll(one -> one.peer().equals(source)
                        ? new Learned(one.peer(), one.route(), one.attributes(), freshness)
                        : one);
                ribs.mark(source, freshness);
            }
            case 3 -> {
                boolean all = random.nextBoolean();
                twin.paths.removeIf(
                        path -> path.source().equals(source) && (all || path.freshness() != Freshness.FRESH));
                twin.learned.removeIf(one -> one.peer().equals(source) && (all || one.freshness() != Freshness.FRESH));
                if (all) {
                    ribs.removeAll(source);
                } else {
                    ribs.sweep(source);
                }
            }
            case 4 -> {
                twin.learned.removeIf(
                        one -> one.peer().equals(peer) && one.route().key().equals(key));
                ribs.withdraw(peer, key);
            }
            default -> {
                OptionalInt network =
                        random.nextInt(4) == 0 ? OptionalInt.empty() : OptionalInt.of(1 + random.nextInt(INSTANCES));
                VpnRoute route = route(key, random.nextInt(3), targets(random), network, 100 * (1 + random.nextInt(2)));
                BgpAttributes attributes =
                        new BgpAttributes(random.nextInt(6) > 0, random.nextInt(2), 0, 0, 0, random.nextInt(2));
                twin.learned.removeIf(
                        one -> one.peer().equals(peer) && one.route().key().equals(key));
                twin.learned.add(new Learned(peer, route, attributes, Freshness.FRESH));
                ribs.put(peer, route, attributes);
            }
        }
    }

    private static void renumber(Random random, Ribs ribs, Twin twin) {
        String network = "d:p:n" + random.nextInt(INSTANCES);
        OptionalInt id = random.nextInt(4) == 0 ? OptionalInt.empty() : OptionalInt.of(1 + network.charAt(5) - '0');
        twin.networks.remove(network);
        id.ifPresent(value -> twin.networks.put(network, value));
        ribs.network(network, id);
    }

    private static PathSource.Bgp peer(int number) {
        return new PathSource.Bgp("p" + number, IpAddress.parse("192.0.2.20" + number), number == 0);
    }

    private static Set<RouteTarget> targets(Random random) {
        Set<RouteTarget> targets = new HashSet<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            targets.add(RouteTarget.parse("target:64512:" + random.nextInt(4)));
        }
        return targets;
    }

    /** What was shown before and is updated only where the tables say so must be what the twin shows everywhere. */
    private static void compare(
            Ribs ribs, Twin twin, Map<String, List<Path>> shown, Map<VpnKey, VpnExports.Best> exported) {
        ribs.takeDirty()
                .forEach((instance, prefixes) ->
                        prefixes.forEach(prefix -> shown.put(instance + " " + prefix, ribs.best(instance, prefix))));
        ribs.takeVpnChanges().forEach(key -> {
            exported.remove(key);
            ribs.bestVpn(key).ifPresent(best -> exported.put(key, best));
        });
        for (int i = 0; i < INSTANCES; i++) {
            for (int p = 0; p < PREFIXES; p++) {
                List<Path> want = twin.best(instance(i), prefix(p));
                assertEquals(want, ribs.best(instance(i), prefix(p)));
                assertEquals(want, shown.getOrDefault(instance(i) + " " + prefix(p), List.of()));
                assertEquals(!want.isEmpty(), ribs.prefixes(instance(i)).contains(prefix(p)));
            }
        }
        for (int a = 0; a < AGENTS; a++) {
            for (int number = 0; number < 3; number++) {
                for (int p = 0; p < PREFIXES; p++) {
                    VpnKey key = new VpnKey(distinguisher(a, number), prefix(p));
                    // Two instances of one agent with one distinguisher: which is told is open, not whether.
                    Optional<VpnExports.Best> want = twin.bestVpn(key);
                    long holders = twin.distinguishers.values().stream()
                            .filter(key.distinguisher()::equals)
                            .count();
                    if (holders < 2) {
                        assertEquals(want, ribs.bestVpn(key));
                        assertEquals(want, Optional.ofNullable(exported.get(key)));
                    }
                    assertTrue(want.isEmpty() || ribs.vpnKeys().contains(key));
                }
            }
        }
    }

    /** Every scenario is run as written, reversed, doubled and shuffled, and must end in the same state. */
    private static void inAnyOrder(List<Consumer<Ribs>> steps, Consumer<Ribs> check) {
        List<Consumer<Ribs>> doubled = new ArrayList<>();
        steps.forEach(step -> doubled.addAll(List.of(step, step)));
        List<List<Consumer<Ribs>>> scenarios = new ArrayList<>(List.of(steps, steps.reversed(), doubled));
        Random random = new Random(1);
        for (int i = 0; i < 20; i++) {
            List<Consumer<Ribs>> shuffled = new ArrayList<>(steps);
            Collections.shuffle(shuffled, random);
            scenarios.add(shuffled);
        }
        for (List<Consumer<Ribs>> scenario : scenarios) {
            Ribs ribs = new Ribs();
            scenario.forEach(step -> step.accept(ribs));
            check.accept(ribs);
        }
    }

    private static Targets both(int number) {
        Set<RouteTarget> target = Set.of(RouteTarget.parse("target:64512:" + number));
        return new Targets(target, target);
    }

    private static List<String> sources(Ribs ribs, String instance, Prefix prefix) {
        return ribs.best(instance, prefix).stream()
                .map(path -> path.source().name())
                .sorted()
                .toList();
    }

    @Test
    void importsByRouteTargetWhateverTheOrder() {
        RouteTarget red = RouteTarget.parse("target:64512:1");
        RouteTarget blue = RouteTarget.parse("target:64512:2");
        inAnyOrder(
                List.of(
                        ribs -> ribs.configure("red", both(1), Set.of()),
                        ribs -> ribs.configure("blue", both(2), Set.of()),
                        ribs -> ribs.configure("both", new Targets(Set.of(red, blue), Set.of()), Set.of()),
                        ribs -> ribs.publish("a", "red", entry(POD, "n", 1, 100)),
                        ribs -> ribs.publish("b", "blue", entry(POD, "n", 2, 100)),
                        ribs -> ribs.publish("b", "red", entry(POD, "n", 3, 100))),
                ribs -> {
                    assertEquals(List.of("a", "b"), sources(ribs, "red", POD));
                    assertEquals(List.of("b"), sources(ribs, "blue", POD));
                    assertEquals(List.of("a", "b", "b"), sources(ribs, "both", POD));
                    assertTrue(ribs.takeDirty().keySet().containsAll(Set.of("red", "blue", "both")));
                });
    }

    @Test
    void connectedInstancesSeeEachOthersOwnRoutesOnly() {
        Prefix other = Prefix.parse("10.2.2.3/32");
        Prefix far = Prefix.parse("10.3.3.3/32");
        RouteEntry blue = entry(other, "d:p:blue", 2, 100);
        inAnyOrder(
                List.of(
                        // one names blue, green names one: a chain, each link stored on one side
                        ribs -> ribs.configure("d:p:one:one", both(1), Set.of("d:p:blue:blue")),
                        ribs -> ribs.configure("d:p:blue:blue", both(2), Set.of()),
                        ribs -> ribs.configure("d:p:green:green", both(3), Set.of("d:p:blue:blue")),
                        ribs -> ribs.publish("a", "d:p:one:one", entry(POD, "d:p:one", 1, 100)),
                        ribs -> ribs.publish("b", "d:p:blue:blue", blue),
                        ribs -> ribs.publish("c", "d:p:green:green", entry(far, "d:p:green", 3, 100))),
                ribs -> {
                    assertEquals(Set.of(POD, other), ribs.prefixes("d:p:one:one"));
                    assertEquals(Set.of(POD, other, far), ribs.prefixes("d:p:blue:blue"));
                    assertEquals(Set.of(other, far), ribs.prefixes("d:p:green:green"));
                    assertEquals(
                            blue, ribs.best("d:p:one:one", other).getFirst().entry(), "every attribute is kept");
                    ribs.takeDirty();
                    ribs.configure("d:p:one:one", both(1), Set.of());
                    assertEquals(Set.of(POD), ribs.prefixes("d:p:one:one"));
                    assertEquals(Set.of(other, far), ribs.prefixes("d:p:blue:blue"));
                    Map<String, Set<Prefix>> dirty = ribs.takeDirty();
                    assertEquals(Set.of(other), dirty.get("d:p:one:one"));
                    assertEquals(Set.of(POD), dirty.get("d:p:blue:blue"));
                });
    }

    @Test
    void connectionTakesOfBgpOnlyWhatOriginatesInTheNetwork() {
        Set<RouteTarget> shared = Set.of(RouteTarget.parse("target:64512:2"));
        VpnKey own = new VpnKey(distinguisher(9, 1), POD);
        VpnKey gateway = new VpnKey(distinguisher(10, 1), Prefix.parse("0.0.0.0/0"));
        inAnyOrder(
                List.of(
                        ribs -> ribs.configure("d:p:one:one", both(1), Set.of("d:p:blue:blue")),
                        ribs -> ribs.configure("d:p:blue:blue", both(2), Set.of()),
                        ribs -> ribs.network("d:p:blue", OptionalInt.of(7)),
                        ribs -> ribs.put(peer(0), route(own, 9, shared, OptionalInt.of(7), 100), BgpAttributes.NONE),
                        ribs -> ribs.put(
                                peer(1), route(gateway, 10, shared, OptionalInt.empty(), 100), BgpAttributes.NONE)),
                ribs -> {
                    assertEquals(Set.of(POD), ribs.prefixes("d:p:one:one"));
                    assertEquals(Set.of(POD, gateway.prefix()), ribs.prefixes("d:p:blue:blue"));
                    RouteEntry entry = ribs.best("d:p:one:one", POD).getFirst().entry();
                    assertEquals("d:p:blue", entry.virtualNetwork());
                    assertEquals(7, entry.nextHops().getFirst().l3Label());
                });
    }

    @Test
    void countsAnAgentsRouteAndItsCopyOverBgpOnce() {
        RouteDistinguisher origin = distinguisher(1, 4);
        VpnKey key = new VpnKey(origin, POD);
        VpnRoute copy = route(key, 1, both(1).exports(), OptionalInt.of(7), 100);
        inAnyOrder(
                List.of(
                        ribs -> ribs.configure("red", both(1), Set.of()),
                        ribs -> ribs.distinguish("a", "red", Optional.of(origin)),
                        ribs -> ribs.publish("a", "red", entry(POD, "n", 1, 100)),
                        ribs -> ribs.put(peer(0), copy, BgpAttributes.NONE)),
                ribs -> {
                    assertEquals(List.of("a"), sources(ribs, "red", POD));
                    assertEquals(
                            new PathSource.Agent("a"),
                            ribs.bestVpn(key).orElseThrow().source());
                    ribs.mark(new PathSource.Agent("a"), Freshness.STALE);
                    assertEquals(List.of("p0"), sources(ribs, "red", POD), "the other controller knows better");
                    ribs.withdraw(peer(0), key);
                    assertEquals(List.of("a"), sources(ribs, "red", POD), "stale, but nothing else is there");
                    ribs.mark(new PathSource.Agent("a"), Freshness.SUSPENDED);
                    assertEquals(List.of(), ribs.best("red", POD));
                    assertEquals(Set.of(), ribs.prefixes("red"));
                });
    }
}
