package io.weft.dataplane;

import io.weft.dataplane.ffi.AbiCodes;

/**
 * An incoming VXLAN network identifier.
 *
 * @param vni 1 .. 2^24-1
 * @param nextHopId a VRF next hop
 */
public record Vni(int vni, int nextHopId) implements PlaneObject {
    public Vni {
        Limits.range("vni", vni, 1, AbiCodes.WEFT_VNI_LIMIT - 1);
        Limits.nextHopId("next hop id of vni " + vni, nextHopId);
    }
}
