package io.weft.dataplane;

import java.util.Objects;

/**
 * A VRF with what the plane says about it.
 *
 * @param vrf as set
 * @param epoch of its last SET
 * @param routes4 IPv4 routes in it
 * @param routes6 IPv6 routes in it
 * @param connectionsLive pairs that were opened from it
 */
public record VrfState(Vrf vrf, int epoch, long routes4, long routes6, int connectionsLive) {
    public VrfState {
        Objects.requireNonNull(vrf, "vrf");
    }
}
