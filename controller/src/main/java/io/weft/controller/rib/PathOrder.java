package io.weft.controller.rib;

import io.weft.protocol.net.RouteDistinguisher;
import io.weft.protocol.xmpp.RouteEntry;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/**
 * Path selection (reference section 4.5). Usable paths are reduced step by step: local preference high, sticky, mobility sequence high, not
 * long-lived stale, AS path short, origin low, MED low among equal neighbour ASes. What is left carries traffic together. Its order, which
 * decides what is told to BGP: fresh before stale, XMPP before BGP, eBGP before iBGP, router id low, cluster list short, peer address low, names.
 *
 * <p>Staleness does not take a path out of the set: the plane of a host forwards while its agent restarts, and connections to it must not move.
 */
public final class PathOrder {
    private static final Comparator<Path> AMONG_EQUALS = Comparator.<Path>comparingInt(
                    path -> path.freshness() == Freshness.FRESH ? 0 : 1)
            .thenComparing(Path::isBgp)
            .thenComparing(path -> path.source() instanceof PathSource.Bgp bgp && bgp.internal())
            .thenComparingLong(path -> path.bgp().routerId())
            .thenComparingInt(path -> path.bgp().clusterListLength())
            .thenComparing(PathOrder::peerAddress, Arrays::compareUnsigned)
            .thenComparing(Path::source)
            .thenComparing(Path::instance)
            .thenComparing(path ->
                    path.distinguisher().map(RouteDistinguisher::toString).orElse(""));

    private PathOrder() {}

    /** The paths to use together, the best first; empty for none. Does not depend on the order of what is given. */
    public static List<Path> best(Collection<Path> paths) {
        List<Path> left = oncePerOrigin(paths);
        if (left.isEmpty()) {
            return List.of();
        }
        left = highest(left, path -> path.entry().localPreference());
        left = highest(
                left,
                path -> path.entry().mobility().map(RouteEntry.Mobility::sticky).orElse(false) ? 1 : 0);
        left = highest(left, PathOrder::mobilitySequence);
        left = highest(left, path -> path.freshness() == Freshness.LONG_LIVED_STALE ? 0 : 1);
        left = highest(left, path -> -path.bgp().asPathLength());
        left = highest(left, path -> -path.bgp().origin());
        left = lowestMed(left);
        left.sort(AMONG_EQUALS);
        return List.copyOf(left);
    }

    /**
     * An agent's route and the copies of it that came over BGP are one path: the agent's, unless its session to this controller is gone and a copy
     * is fresh.
     */
    private static List<Path> oncePerOrigin(Collection<Path> paths) {
        Map<RouteDistinguisher, Boolean> own = new HashMap<>();
        Map<RouteDistinguisher, Boolean> copies = new HashMap<>();
        for (Path path : paths) {
            if (path.isUsable() && path.distinguisher().isPresent()) {
                (path.isBgp() ? copies : own)
                        .merge(path.distinguisher().get(), path.freshness() == Freshness.FRESH, Boolean::logicalOr);
            }
        }
        List<Path> out = new ArrayList<>(paths.size());
        for (Path path : paths) {
            if (!path.isUsable()) {
                continue;
            }
            Boolean ownFresh = path.distinguisher().map(own::get).orElse(null);
            if (ownFresh == null) {
                out.add(path);
                continue;
            }
            boolean copyWins =
                    !ownFresh && copies.getOrDefault(path.distinguisher().get(), false);
            if (path.isBgp() ? copyWins && path.freshness() == Freshness.FRESH : !copyWins) {
                out.add(path);
            }
        }
        return out;
    }

    private static List<Path> highest(List<Path> paths, ToLongFunction<Path> rank) {
        long best = Long.MIN_VALUE;
        for (Path path : paths) {
            best = Math.max(best, rank.applyAsLong(path));
        }
        List<Path> out = new ArrayList<>(paths.size());
        for (Path path : paths) {
            if (rank.applyAsLong(path) == best) {
                out.add(path);
            }
        }
        return out;
    }

    /** RFC 4271 section 9.1.2.2 c: removes what has a higher MED than another path of the same neighbour AS. */
    private static List<Path> lowestMed(List<Path> paths) {
        Map<Long, Long> lowest = new HashMap<>();
        for (Path path : paths) {
            lowest.merge(path.bgp().neighbourAs(), path.entry().med(), Math::min);
        }
        List<Path> out = new ArrayList<>(paths.size());
        for (Path path : paths) {
            if (path.entry().med() == lowest.get(path.bgp().neighbourAs())) {
                out.add(path);
            }
        }
        return out;
    }

    private static long mobilitySequence(Path path) {
        return path.entry()
                .mobility()
                .map(RouteEntry.Mobility::sequence)
                .orElse(path.entry().sequence());
    }

    private static byte[] peerAddress(Path path) {
        return path.source() instanceof PathSource.Bgp bgp ? bgp.address().getAddress() : new byte[0];
    }
}
