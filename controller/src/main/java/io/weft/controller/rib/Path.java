package io.weft.controller.rib;

import io.weft.protocol.net.RouteDistinguisher;
import io.weft.protocol.xmpp.RouteEntry;
import java.util.Objects;
import java.util.Optional;

/**
 * A route as one source gave it.
 *
 * @param instance where an agent published it; empty for a path of BGP, which belongs to whoever imports its route targets
 * @param distinguisher names the origin: paths of one prefix with equal distinguishers are the same route by two ways. Empty: unknown
 * @param entry what agents are told of it
 */
public record Path(
        PathSource source,
        String instance,
        Optional<RouteDistinguisher> distinguisher,
        RouteEntry entry,
        BgpAttributes bgp,
        Freshness freshness) {
    public Path {
        Objects.requireNonNull(source, "source");
        Objects.requireNonNull(instance, "instance");
        Objects.requireNonNull(distinguisher, "distinguisher");
        Objects.requireNonNull(entry, "entry");
        Objects.requireNonNull(bgp, "bgp");
        Objects.requireNonNull(freshness, "freshness");
    }

    /** A path an agent has just published. */
    public static Path ofAgent(
            String agent, String instance, Optional<RouteDistinguisher> distinguisher, RouteEntry entry) {
        return new Path(
                new PathSource.Agent(agent), instance, distinguisher, entry, BgpAttributes.NONE, Freshness.FRESH);
    }

    public boolean isBgp() {
        return source instanceof PathSource.Bgp;
    }

    /** May carry packets. */
    public boolean isUsable() {
        return bgp.feasible() && freshness != Freshness.SUSPENDED;
    }

    public Path with(Freshness now) {
        return freshness == now ? this : new Path(source, instance, distinguisher, entry, bgp, now);
    }

    public Path with(Optional<RouteDistinguisher> now) {
        return distinguisher.equals(now) ? this : new Path(source, instance, now, entry, bgp, freshness);
    }
}
