package io.weft.controller.rib;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.protocol.net.IpAddress;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.net.RouteDistinguisher;
import io.weft.protocol.xmpp.RouteEntry;
import java.net.Inet4Address;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PathOrderTest {
    private static final int ROUNDS = 20_000;
    private static final Prefix POD = Prefix.parse("10.1.1.3/32");

    private static Path path(PathSource source, long preference, long med, long sequence, BgpAttributes bgp) {
        RouteEntry entry = new RouteEntry(
                POD,
                List.of(),
                "n",
                List.of(),
                preference,
                med,
                0,
                Optional.of(new RouteEntry.Mobility(sequence, false)),
                List.of(),
                "",
                Optional.empty());
        return new Path(source, "", Optional.empty(), entry, bgp, Freshness.FRESH);
    }

    private static PathSource agent(String name) {
        return new PathSource.Agent(name);
    }

    private static PathSource peer(String name, int last, boolean internal) {
        return new PathSource.Bgp(name, IpAddress.parse("192.0.2." + last), internal);
    }

    /** Whether the first is strictly better by the first criterion in which they differ; MED only within one neighbour AS. */
    private static boolean beats(Path one, Path other) {
        long[] left = ranks(one);
        long[] right = ranks(other);
        for (int i = 0; i < left.length; i++) {
            if (left[i] != right[i]) {
                return left[i] > right[i];
            }
        }
        return one.bgp().neighbourAs() == other.bgp().neighbourAs()
                && one.entry().med() < other.entry().med();
    }

    private static long[] ranks(Path path) {
        return new long[] {
            path.entry().localPreference(),
            path.entry().mobility().orElseThrow().sequence(),
            path.freshness() == Freshness.LONG_LIVED_STALE ? 0 : 1,
            -path.bgp().asPathLength(),
            -path.bgp().origin()
        };
    }

    @Test
    void keepsExactlyThePathsThatNoOtherBeats() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int round = 0; round < ROUNDS; round++) {
            List<Path> paths = new ArrayList<>();
            for (int i = random.nextInt(6); i > 0; i--) {
                PathSource source =
                        random.nextBoolean() ? agent("a" + i) : peer("p" + i, random.nextInt(3), random.nextBoolean());
                BgpAttributes bgp = source instanceof PathSource.Agent
                        ? BgpAttributes.NONE
                        : new BgpAttributes(
                                random.nextInt(8) > 0,
                                random.nextInt(2),
                                random.nextInt(2),
                                random.nextInt(2),
                                random.nextInt(2),
                                random.nextInt(2));
                Path path = path(source, 100 + random.nextInt(2), random.nextInt(2), random.nextInt(2), bgp);
                paths.add(path.with(Freshness.values()[random.nextInt(4)]));
            }
            Set<Path> want = new HashSet<>();
            for (Path path : paths) {
                if (path.isUsable() && paths.stream().filter(Path::isUsable).noneMatch(other -> beats(other, path))) {
                    want.add(path);
                }
            }
            List<Path> best = PathOrder.best(paths);
            assertEquals(want, Set.copyOf(best));
            Collections.shuffle(paths, random);
            assertEquals(best, PathOrder.best(paths), "the order of what is given does not matter");
        }
    }

    @Test
    void ordersEqualPathsFreshThenXmppThenExternalThenRouterId() {
        Path stale = path(agent("a"), 100, 0, 0, BgpAttributes.NONE).with(Freshness.STALE);
        Path xmpp = path(agent("z"), 100, 0, 0, BgpAttributes.NONE);
        Path external = path(peer("p", 9, false), 100, 0, 0, new BgpAttributes(true, 0, 0, 0, 0, 9));
        Path low = path(peer("q", 8, true), 100, 0, 0, new BgpAttributes(true, 0, 0, 0, 1, 1));
        Path high = path(peer("r", 7, true), 100, 0, 0, new BgpAttributes(true, 0, 0, 0, 0, 2));
        assertEquals(
                List.of(xmpp, external, low, high, stale), PathOrder.best(List.of(stale, high, low, external, xmpp)));
    }

    @Test
    void keepsTheFreshOneOfTwoWaysToOneOrigin() {
        Optional<RouteDistinguisher> origin =
                Optional.of(new RouteDistinguisher((Inet4Address) IpAddress.parse("192.0.2.1"), 1));
        Path own = path(agent("a"), 100, 0, 0, BgpAttributes.NONE).with(origin);
        // Better by every measure, but a copy.
        Path copy = path(peer("p", 9, true), 200, 0, 0, BgpAttributes.NONE).with(origin);
        Path other = path(agent("b"), 100, 0, 0, BgpAttributes.NONE);
        assertEquals(List.of(own, other), PathOrder.best(List.of(other, copy, own)));
        assertEquals(List.of(copy), PathOrder.best(List.of(other, copy, own.with(Freshness.STALE))));
        assertEquals(
                List.of(other, own.with(Freshness.STALE)),
                PathOrder.best(List.of(other, copy.with(Freshness.STALE), own.with(Freshness.STALE))));
        assertTrue(PathOrder.best(List.of(own.with(Freshness.SUSPENDED))).isEmpty());
    }
}
