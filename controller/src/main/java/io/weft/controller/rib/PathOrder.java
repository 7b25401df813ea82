package io.weft.controller.rib;

import io.weft.protocol.xmpp.RouteEntry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Order of paths to one prefix, best first (reference section 4.5, what applies to agents' paths): local preference high, sticky, mobility
 * sequence high, MED low. Paths equal so far are used together; agent and instance names only fix their order. Staleness does not count: a path
 * of a host whose agent restarts is as good as before.
 */
public final class PathOrder {
    private static final Comparator<Path> PREFERENCE = Comparator.<Path>comparingLong(
                    path -> -path.entry().localPreference())
            .thenComparing(path ->
                    !path.entry().mobility().map(RouteEntry.Mobility::sticky).orElse(false))
            .thenComparingLong(path -> -mobilitySequence(path))
            .thenComparingLong(path -> path.entry().med());

    private static final Comparator<Path> TOTAL =
            PREFERENCE.thenComparing(Path::agent).thenComparing(Path::instance);

    private PathOrder() {}

    private static long mobilitySequence(Path path) {
        return path.entry()
                .mobility()
                .map(RouteEntry.Mobility::sequence)
                .orElse(path.entry().sequence());
    }

    /** The paths to use together, in a fixed order; empty for none. */
    public static List<Path> best(List<Path> paths) {
        List<Path> sorted = new ArrayList<>(paths);
        sorted.sort(TOTAL);
        int count = 0;
        while (count < sorted.size() && PREFERENCE.compare(sorted.getFirst(), sorted.get(count)) == 0) {
            count++;
        }
        return List.copyOf(sorted.subList(0, count));
    }
}
