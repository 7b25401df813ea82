package io.weft.agent.compile;

import java.util.List;
import java.util.Objects;

/**
 * One route of a VRF as it shall be.
 *
 * @param label MPLS label or VNI a tunnel puts on the wire, or NO_LABEL
 * @param identity of what is at the destination
 * @param proxyNeighbour the plane answers ARP and ND for the destination
 * @param sameNetwork the destination belongs to the VRF's own network (TTL unchanged)
 */
public record RouteState(Hop hop, int label, IdentityState identity, boolean proxyNeighbour, boolean sameNetwork) {
    public static final int NO_LABEL = -1;

    /** The ways it leads by: those of an ECMP hop, or the one it has. Only of routes to ports here or on other hosts. */
    public List<Hop.Way> ways() {
        return hop instanceof Hop.Ecmp ecmp ? ecmp.ways() : List.of(new Hop.Way(hop, label, 1));
    }

    public RouteState {
        Objects.requireNonNull(hop, "hop");
        Objects.requireNonNull(identity, "identity");
        if (label < NO_LABEL || label >= 1 << 24) {
            throw new IllegalArgumentException("label " + label + " is not in -1..2^24-1");
        }
    }
}
