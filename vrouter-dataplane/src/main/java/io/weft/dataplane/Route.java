package io.weft.dataplane;

import io.weft.dataplane.ffi.AbiCodes;
import java.util.Objects;

/**
 * A route of one VRF; identified by VRF and prefix.
 *
 * @param nextHopId 0 .. 2^20-1
 * @param label MPLS label or VNI that a tunnel next hop puts on the wire, or {@link #NO_LABEL}
 * @param identityId security identity of the destination; 0 unknown
 * @param proxyNeighbour the plane answers ARP and neighbour discovery for this destination
 * @param sameNetwork the destination belongs to this VRF's own network: TTL unchanged
 */
public record Route(
        int vrfId,
        IpPrefix prefix,
        int nextHopId,
        int label,
        int identityId,
        boolean proxyNeighbour,
        boolean sameNetwork)
        implements PlaneObject {
    /** No label: WEFT_LABEL_NONE as a Java int. */
    public static final int NO_LABEL = AbiCodes.WEFT_LABEL_NONE;

    public Route {
        Limits.vrfId("vrf id of route " + prefix, vrfId);
        Objects.requireNonNull(prefix, "prefix");
        Limits.nextHopId("next hop id of route " + prefix, nextHopId);
        Limits.range("identity id of route " + prefix, identityId, 0, AbiCodes.WEFT_IDENTITY_LIMIT - 1);
        Limits.range("label of route " + prefix, label, NO_LABEL, AbiCodes.WEFT_VNI_LIMIT - 1);
    }
}
