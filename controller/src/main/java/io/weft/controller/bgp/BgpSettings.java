package io.weft.controller.bgp;

import java.util.Objects;

/**
 * What the speaker is told beside the configuration.
 *
 * @param name of this controller; empty: no BGP
 * @param listensByConfig true: where its bgp-router object says; false: the transport listens where a setting says
 * @param staleTimeMs how long a peer that is back may take until its End-of-RIB
 */
public record BgpSettings(String name, boolean listensByConfig, long staleTimeMs, PeerTimes times) {
    /** No BGP. */
    public static final BgpSettings NONE = new BgpSettings("", false, 1, PeerTimes.of(30_000, 300));

    public BgpSettings {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(times, "times");
        if (staleTimeMs <= 0) {
            throw new IllegalArgumentException("stale-time-ms " + staleTimeMs + " is not positive");
        }
    }
}
