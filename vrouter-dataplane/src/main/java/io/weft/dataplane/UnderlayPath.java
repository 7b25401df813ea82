package io.weft.dataplane;

import java.net.InetAddress;
import java.util.Objects;
import java.util.Optional;

/**
 * How the underlay reaches a tunnel destination. Kept by the plane; only a plane without devices ("host:") takes it from its caller.
 *
 * @param destination identifies
 * @param resolved gateway and MAC addresses are known
 * @param vifId the uplink
 * @param gateway the neighbour used, of the destination's family; empty when none
 * @param liveness whether the other host's plane answers; read only
 * @param mtu of the path, L3 bytes
 * @param changedNs CLOCK_REALTIME nanoseconds of the last change; read only
 * @param livenessNs CLOCK_REALTIME nanoseconds of the last change of liveness, 0: none; read only
 */
public record UnderlayPath(
        InetAddress destination,
        boolean resolved,
        int vifId,
        Optional<InetAddress> gateway,
        MacAddress sourceMac,
        MacAddress destinationMac,
        int mtu,
        long changedNs,
        Liveness liveness,
        long livenessNs)
        implements PlaneObject {
    public UnderlayPath {
        Objects.requireNonNull(destination, "destination");
        Objects.requireNonNull(liveness, "liveness");
        Objects.requireNonNull(gateway, "gateway");
        Objects.requireNonNull(sourceMac, "sourceMac");
        Objects.requireNonNull(destinationMac, "destinationMac");
        if (gateway.isPresent() && gateway.get().getClass() != destination.getClass()) {
            throw new IllegalArgumentException("path to " + destination.getHostAddress() + ": gateway "
                    + gateway.get().getHostAddress() + " must be of the same family");
        }
    }
}
