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
 */
public record PlaneSettings(Optional<Inet4Address> underlay4, Optional<Inet6Address> underlay6, MacAddress routerMac)
        implements PlaneObject {
    public PlaneSettings {
        Objects.requireNonNull(underlay4, "underlay4");
        Objects.requireNonNull(underlay6, "underlay6");
        Objects.requireNonNull(routerMac, "routerMac");
    }
}
