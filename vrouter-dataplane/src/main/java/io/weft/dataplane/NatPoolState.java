package io.weft.dataplane;

import java.util.Objects;

/**
 * A pool with what the plane counted.
 *
 * @param epoch of its last SET
 * @param references next hops and services that use it
 * @param blocks of 64 ports, taken by workers
 * @param portsUsed by connections
 * @param portsQuarantined freed and not yet given out again
 * @param exhausted connections refused because no port was free
 */
public record NatPoolState(
        NatPool pool, int epoch, int references, int blocks, long portsUsed, long portsQuarantined, long exhausted) {
    public NatPoolState {
        Objects.requireNonNull(pool, "pool");
    }
}
