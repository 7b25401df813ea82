package io.weft.controller.vpn;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.controller.rib.Path;
import io.weft.protocol.net.IpAddress;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.net.RouteTarget;
import io.weft.protocol.xmpp.NextHop;
import io.weft.protocol.xmpp.RouteEntry;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RibsTest {
    private static final int ROUNDS = 60;
    private static final int STEPS = 200;

    /** The same contract by lists and loops. */
    private static final class Twin {
        private final Map<String, Targets> configured = new HashMap<>();
        private final List<Path> paths = new ArrayList<>();

        void publish(Path path) {
            withdraw(path.agent(), path.instance(), path.entry().prefix());
            paths.add(path);
        }

        void withdraw(String agent, String instance, Prefix prefix) {
            paths.removeIf(path -> path.agent().equals(agent)
                    && path.instance().equals(instance)
                    && path.entry().prefix().equals(prefix));
        }

        Set<Path> best(String instance, Prefix prefix) {
            Targets of = configured.get(instance);
            Set<Path> best = new HashSet<>();
            if (of == null) {
                return best;
            }
            long preference = -1;
            for (Path path : paths) {
                Targets from = configured.get(path.instance());
                boolean seen = path.instance().equals(instance)
                        || from != null && !Collections.disjoint(from.exports(), of.imports());
                if (!seen || !path.entry().prefix().equals(prefix)) {
                    continue;
                }
                if (path.entry().localPreference() > preference) {
                    preference = path.entry().localPreference();
                    best.clear();
                }
                if (path.entry().localPreference() == preference) {
                    best.add(path);
                }
            }
            return best;
        }
    }

    private static RouteEntry entry(Prefix prefix, int host, long preference) {
        NextHop hop = new NextHop(
                IpAddress.parse("192.0.2." + host), Optional.empty(), 16 + host, 0, List.of("udp"), List.of(), "");
        return RouteEntry.of(prefix, "d:p:n", List.of(hop)).withLocalPreference(preference);
    }

    @Test
    void agreesWithRecomputationAndReportsEveryChange() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            Ribs ribs = new Ribs();
            Twin twin = new Twin();
            Map<String, Set<Path>> shown = new HashMap<>();
            for (int step = 0; step < STEPS; step++) {
                operate(random, ribs, twin);
                if (random.nextInt(3) == 0) {
                    compare(ribs, twin, shown);
                }
            }
            compare(ribs, twin, shown);
        }
    }

    private static void operate(Random random, Ribs ribs, Twin twin) {
        String instance = "i" + random.nextInt(5);
        String agent = "a" + random.nextInt(4);
        Prefix prefix = Prefix.parse("10.0.0." + random.nextInt(4) + "/32");
        switch (random.nextInt(10)) {
            case 0 -> {
                twin.configured.remove(instance);
                ribs.configure(instance, null);
            }
            case 1, 2 -> {
                Targets targets = new Targets(targets(random), targets(random));
                twin.configured.put(instance, targets);
                ribs.configure(instance, targets);
            }
            case 3, 4 -> {
                twin.withdraw(agent, instance, prefix);
                ribs.withdraw(agent, instance, prefix);
            }
            case 5 -> {
                twin.paths.removeIf(
                        path -> path.agent().equals(agent) && path.instance().equals(instance));
                ribs.remove(agent, instance);
            }
            case 6 -> {
                twin.paths.replaceAll(path -> path.agent().equals(agent) ? path.asStale() : path);
                ribs.markStale(agent);
                if (random.nextBoolean()) {
                    twin.paths.removeIf(path -> path.agent().equals(agent) && path.stale());
                    ribs.sweep(agent);
                }
            }
            default -> {
                RouteEntry entry = entry(prefix, random.nextInt(3), 100 * (1 + random.nextInt(2)));
                twin.publish(new Path(agent, instance, entry, false));
                ribs.publish(agent, instance, entry);
            }
        }
    }

    private static Set<RouteTarget> targets(Random random) {
        Set<RouteTarget> targets = new HashSet<>();
        for (int i = random.nextInt(3); i > 0; i--) {
            targets.add(RouteTarget.parse("target:64512:" + random.nextInt(4)));
        }
        return targets;
    }

    /** What was shown before and is updated only where the tables say so must be what the twin shows everywhere. */
    private static void compare(Ribs ribs, Twin twin, Map<String, Set<Path>> shown) {
        ribs.takeDirty()
                .forEach((instance, prefixes) -> prefixes.forEach(
                        prefix -> shown.put(instance + " " + prefix, fresh(Set.copyOf(ribs.best(instance, prefix))))));
        for (int i = 0; i < 5; i++) {
            for (int p = 0; p < 4; p++) {
                Prefix prefix = Prefix.parse("10.0.0." + p + "/32");
                Set<Path> want = twin.best("i" + i, prefix);
                assertEquals(want, Set.copyOf(ribs.best("i" + i, prefix)));
                assertEquals(fresh(want), shown.getOrDefault("i" + i + " " + prefix, Set.of()));
                assertEquals(!want.isEmpty(), ribs.prefixes("i" + i).contains(prefix));
            }
        }
    }

    /** Staleness alone is no change that agents see. */
    private static Set<Path> fresh(Set<Path> paths) {
        Set<Path> out = new HashSet<>();
        paths.forEach(path -> out.add(new Path(path.agent(), path.instance(), path.entry(), false)));
        return out;
    }

    @Test
    void endsInTheSameStateWhateverTheOrder() {
        RouteTarget red = RouteTarget.parse("target:64512:8000001");
        RouteTarget blue = RouteTarget.parse("target:64512:8000002");
        List<java.util.function.Consumer<Ribs>> steps = List.of(
                ribs -> ribs.configure("red", new Targets(Set.of(red), Set.of(red))),
                ribs -> ribs.configure("blue", new Targets(Set.of(blue), Set.of(blue))),
                ribs -> ribs.configure("both", new Targets(Set.of(red, blue), Set.of())),
                ribs -> ribs.publish("a", "red", entry(Prefix.parse("10.1.1.3/32"), 1, 100)),
                ribs -> ribs.publish("b", "blue", entry(Prefix.parse("10.1.1.3/32"), 2, 100)),
                ribs -> ribs.publish("b", "red", entry(Prefix.parse("10.1.1.3/32"), 3, 100)));
        List<java.util.function.Consumer<Ribs>> duplicated = new ArrayList<>();
        steps.forEach(step -> duplicated.addAll(List.of(step, step)));
        for (List<java.util.function.Consumer<Ribs>> scenario : List.of(steps, steps.reversed(), duplicated)) {
            Ribs ribs = new Ribs();
            scenario.forEach(step -> step.accept(ribs));
            Prefix prefix = Prefix.parse("10.1.1.3/32");
            assertEquals(List.of("a", "b"), agents(ribs, "red", prefix));
            assertEquals(List.of("b"), agents(ribs, "blue", prefix));
            assertEquals(List.of("a", "b", "b"), agents(ribs, "both", prefix));
            assertTrue(ribs.takeDirty().keySet().containsAll(Set.of("red", "blue", "both")));
        }
    }

    private static List<String> agents(Ribs ribs, String instance, Prefix prefix) {
        return ribs.best(instance, prefix).stream()
                .map(Path::agent)
                .sorted(Comparator.naturalOrder())
                .toList();
    }
}
