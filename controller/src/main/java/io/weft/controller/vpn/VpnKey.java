package io.weft.controller.vpn;

import io.weft.protocol.net.Prefix;
import io.weft.protocol.net.RouteDistinguisher;
import java.util.Objects;

/** Name of a route in inet-vpn and inet6-vpn (RFC 4364 section 4.1): {@code <agent address>:<instance id>} and the prefix. */
public record VpnKey(RouteDistinguisher distinguisher, Prefix prefix) {
    public VpnKey {
        Objects.requireNonNull(distinguisher, "distinguisher");
        Objects.requireNonNull(prefix, "prefix");
    }

    @Override
    public String toString() {
        return distinguisher + ":" + prefix;
    }
}
