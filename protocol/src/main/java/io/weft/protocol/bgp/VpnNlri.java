package io.weft.protocol.bgp;

import io.weft.protocol.net.Prefix;
import io.weft.protocol.net.RouteDistinguisher;
import java.util.List;
import java.util.Objects;

/**
 * A labelled VPN prefix (RFC 4364 section 4.3.4, RFC 8277).
 *
 * @param labels from the top, each 0..2^20-1; empty in a withdrawal
 */
public record VpnNlri(List<Integer> labels, RouteDistinguisher distinguisher, Prefix prefix) {
    /** More than 255 bits cannot be said. */
    private static final int MAX_BITS = 255;

    public VpnNlri {
        Objects.requireNonNull(distinguisher, "distinguisher");
        Objects.requireNonNull(prefix, "prefix");
        labels = List.copyOf(labels);
        for (int label : labels) {
            Wire.range("label", label, 0xfffff);
        }
        if (24 * Math.max(1, labels.size()) + 64 + prefix.length() > MAX_BITS) {
            throw new IllegalArgumentException(labels.size() + " labels and " + prefix + " exceed 255 bits");
        }
    }

    public Family family() {
        return prefix.isIpv6() ? Family.INET6_VPN : Family.INET_VPN;
    }
}
