package io.weft.dataplane;

import io.weft.dataplane.ffi.AbiCodes;
import java.net.InetAddress;
import java.util.Objects;

/**
 * Addresses of a VRF, and ports of each per protocol, that connections are given as their source: those that a route sends by a
 * {@link NextHop.VrfLookup} with this pool.
 *
 * @param id chosen by the owner, 1 .. 4095
 * @param key the owner's
 * @param vrfId where the addresses are known and answers arrive
 * @param first address
 * @param addressCount consecutive ones, 1 .. 64
 * @param ports given out; of ICMP echo the identifiers; from 1 on
 * @param quarantineMs a port that was freed is not given out for so long, 0 .. 3600000
 */
public record NatPool(
        int id, ObjectKey key, int vrfId, InetAddress first, int addressCount, PortRange ports, int quarantineMs)
        implements PlaneObject {
    /** In place of an id: no source translation. */
    public static final int NONE = AbiCodes.WEFT_NAT_POOL_NONE;

    /** Most addresses of one pool. */
    public static final int ADDRESSES_MAX = AbiCodes.WEFT_NAT_POOL_ADDRESSES_MAX;

    public NatPool {
        Limits.range("nat pool id", id, 1, AbiCodes.WEFT_NAT_POOL_LIMIT - 1);
        Objects.requireNonNull(key, "key");
        Limits.vrfId("vrf id of nat pool " + id, vrfId);
        Objects.requireNonNull(first, "first");
        Limits.range("address count of nat pool " + id, addressCount, 1, ADDRESSES_MAX);
        Limits.range("first port of nat pool " + id, ports.min(), 1, 65535);
        Limits.range("quarantine of nat pool " + id, quarantineMs, 0, AbiCodes.WEFT_NAT_QUARANTINE_MS_MAX);
    }
}
