package io.weft.dataplane;

import io.weft.dataplane.ffi.AbiCodes;
import java.net.InetAddress;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * How the underlay reaches a tunnel destination or the gateway of a native next hop. Kept by the plane; only a plane without devices ("host:") takes it from its caller.
 *
 * @param destination identifies
 * @param resolved gateway and MAC addresses are known
 * @param vifId the uplink
 * @param gateway the neighbour used, of the destination's family; empty when none
 * @param liveness whether the other host's plane answers; read only
 * @param mtu of the path, L3 bytes
 * @param changedNs CLOCK_REALTIME nanoseconds of the last change; read only
 * @param livenessNs CLOCK_REALTIME nanoseconds of the last change of liveness, 0: none; read only
 * @param learnedMtu what a too-big message of the underlay said, 0: nothing; counts while it is below mtu; read only
 * @param ways ways beside the one above, at most 7; mtu is the smallest of all
 * @param weight of the one above among all ways, 1 .. 256
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
        long livenessNs,
        int learnedMtu,
        List<Way> ways,
        int weight)
        implements PlaneObject {
    /** Most ways beside the first. */
    public static final int MORE_WAYS_MAX = AbiCodes.WEFT_PATH_WAYS_MAX - 1;

    /** Largest weight of a way. */
    public static final int WEIGHT_MAX = 256;

    /**
     * One of several ways.
     *
     * @param vifId the uplink
     * @param gateway the neighbour used, of the destination's family; empty when none
     * @param weight its share among all ways, 1 .. 256
     */
    public record Way(
            int vifId, Optional<InetAddress> gateway, MacAddress sourceMac, MacAddress destinationMac, int weight) {
        public Way {
            Objects.requireNonNull(gateway, "gateway");
            Objects.requireNonNull(sourceMac, "sourceMac");
            Objects.requireNonNull(destinationMac, "destinationMac");
            Limits.range("weight of way by vif " + vifId, weight, 1, WEIGHT_MAX);
        }
    }

    public UnderlayPath {
        Objects.requireNonNull(destination, "destination");
        Objects.requireNonNull(liveness, "liveness");
        Objects.requireNonNull(gateway, "gateway");
        Objects.requireNonNull(sourceMac, "sourceMac");
        Objects.requireNonNull(destinationMac, "destinationMac");
        ways = List.copyOf(ways);
        Limits.range("way count of path to " + destination.getHostAddress(), ways.size(), 0, MORE_WAYS_MAX);
        Limits.range("weight of path to " + destination.getHostAddress(), weight, 1, WEIGHT_MAX);
        sameFamily(destination, gateway);
        for (Way way : ways) {
            sameFamily(destination, way.gateway());
        }
    }

    /** With one way, and nothing learned. */
    public UnderlayPath(
            InetAddress destination,
            boolean resolved,
            int vifId,
            Optional<InetAddress> gateway,
            MacAddress sourceMac,
            MacAddress destinationMac,
            int mtu,
            long changedNs,
            Liveness liveness,
            long livenessNs) {
        this(
                destination,
                resolved,
                vifId,
                gateway,
                sourceMac,
                destinationMac,
                mtu,
                changedNs,
                liveness,
                livenessNs,
                0,
                List.of(),
                1);
    }

    private static void sameFamily(InetAddress destination, Optional<InetAddress> gateway) {
        if (gateway.isPresent() && gateway.get().getClass() != destination.getClass()) {
            throw new IllegalArgumentException("path to " + destination.getHostAddress() + ": gateway "
                    + gateway.get().getHostAddress() + " must be of the same family");
        }
    }
}
