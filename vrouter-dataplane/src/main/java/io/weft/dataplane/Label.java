package io.weft.dataplane;

import io.weft.dataplane.ffi.AbiCodes;

/**
 * An incoming MPLS label.
 *
 * @param label 16 .. 2^20-1
 * @param nextHopId a LOCAL or VRF next hop
 */
public record Label(int label, int nextHopId) implements PlaneObject {
    public Label {
        Limits.range("label", label, 16, AbiCodes.WEFT_LABEL_LIMIT - 1);
        Limits.nextHopId("next hop id of label " + label, nextHopId);
    }
}
