package io.weft.dataplane;

/**
 * A virtual interface with what the plane says about it.
 *
 * @param vif as set; MAC of a PHYSICAL one as the device has it
 * @param epoch of its last SET
 * @param up it has carrier
 * @param created the plane made the device, which goes with the vif
 * @param connectionsLive pairs that this port has opened
 * @param rxPackets from the device into the plane
 * @param drops packets of this vif that were dropped, all reasons
 */
public record VifState(
        Vif vif,
        int epoch,
        boolean up,
        boolean created,
        int connectionsLive,
        long rxPackets,
        long rxBytes,
        long txPackets,
        long txBytes,
        long drops) {}
