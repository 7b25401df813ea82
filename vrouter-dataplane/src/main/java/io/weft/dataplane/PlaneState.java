package io.weft.dataplane;

import java.util.Objects;

/**
 * The plane as it is now.
 *
 * @param settings as set
 * @param epoch of the last SET of the settings
 * @param connectionsMax pairs the connection table holds
 * @param connectionsLive pairs in it
 * @param workers forwarding threads
 * @param pressure what went, or waits, for want of room
 * @param adoptions times a worker process took over from one that died
 * @param startedNs CLOCK_REALTIME nanoseconds of the plane's start
 * @param sets messages that changed something since the start
 * @param deletes messages that removed something since the start
 * @param reassembled packets that outer fragments became
 * @param reassemblyFailures outer packets given up: their fragments overlapped, did not come in time, or had no room
 * @param implementation "host", "dpdk" or "kernel"
 */
public record PlaneState(
        PlaneSettings settings,
        int epoch,
        int connectionsMax,
        int connectionsLive,
        int workers,
        int vifs,
        int nextHops,
        int vrfs,
        int identities,
        int policies,
        Pressure pressure,
        int adoptions,
        long routes,
        long startedNs,
        long sets,
        long deletes,
        long reassembled,
        long reassemblyFailures,
        String implementation,
        String version) {
    public PlaneState {
        Objects.requireNonNull(settings, "settings");
        Objects.requireNonNull(pressure, "pressure");
        Objects.requireNonNull(implementation, "implementation");
        Objects.requireNonNull(version, "version");
    }
}
