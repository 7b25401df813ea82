package io.weft.dataplane;

import java.net.Inet4Address;
import java.net.Inet6Address;
import java.util.Objects;
import java.util.Optional;

/**
 * What the owner sets on the plane as a whole.
 *
 * @param underlay4 this host's IPv4 tunnel address
 * @param underlay6 this host's IPv6 tunnel address
 * @param routerMac inner destination MAC of L3 VXLAN to this host
 * @param bfdIntervalMs how often every tunnel destination is asked for a sign of life (RFC 5880 Desired Min TX and Required Min RX):
 *     50 .. 60000; 0: never
 * @param bfdMultiplier so many signs missing mean down (Detect Mult): 2 .. 50; 0 .. 50 when bfdIntervalMs is 0
 * @param tunnels the outer headers of every tunnel
 */
public record PlaneSettings(
        Optional<Inet4Address> underlay4,
        Optional<Inet6Address> underlay6,
        MacAddress routerMac,
        int bfdIntervalMs,
        int bfdMultiplier,
        TunnelSettings tunnels)
        implements PlaneObject {
    public PlaneSettings {
        Objects.requireNonNull(underlay4, "underlay4");
        Objects.requireNonNull(underlay6, "underlay6");
        Objects.requireNonNull(routerMac, "routerMac");
        Objects.requireNonNull(tunnels, "tunnels");
        if (bfdIntervalMs != 0) {
            Limits.range("bfd interval in ms", bfdIntervalMs, 50, 60_000);
        }
        Limits.range("bfd multiplier", bfdMultiplier, bfdIntervalMs == 0 ? 0 : 2, 50);
    }

    /** With the default outer headers. */
    public PlaneSettings(
            Optional<Inet4Address> underlay4,
            Optional<Inet6Address> underlay6,
            MacAddress routerMac,
            int bfdIntervalMs,
            int bfdMultiplier) {
        this(underlay4, underlay6, routerMac, bfdIntervalMs, bfdMultiplier, TunnelSettings.DEFAULT);
    }
}
