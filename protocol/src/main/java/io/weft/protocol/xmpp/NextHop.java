package io.weft.protocol.xmpp;

import io.weft.protocol.net.MacAddress;
import java.net.InetAddress;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * One next hop of a route.
 *
 * @param address of the host that has the destination
 * @param mac router MAC of that host
 * @param label MPLS label, 0..2^20-1; 0: none
 * @param l3Label VNI, 0..2^24-1; 0: none
 * @param encapsulations as on the wire ({@code gre}, {@code udp}, {@code vxlan}); unknown ones are kept
 * @param tags 32-bit tag values
 * @param virtualNetwork network of origin when it differs from the route's; empty: the route's
 */
public record NextHop(
        InetAddress address,
        Optional<MacAddress> mac,
        int label,
        int l3Label,
        List<String> encapsulations,
        List<Long> tags,
        String virtualNetwork) {
    static final int MAX_LABEL = (1 << 20) - 1;
    static final int MAX_L3_LABEL = (1 << 24) - 1;

    public NextHop {
        Objects.requireNonNull(address, "address");
        Objects.requireNonNull(mac, "mac");
        Objects.requireNonNull(virtualNetwork, "virtualNetwork");
        if (label < 0 || label > MAX_LABEL) {
            throw new IllegalArgumentException("label " + label + " is not in 0..1048575");
        }
        if (l3Label < 0 || l3Label > MAX_L3_LABEL) {
            throw new IllegalArgumentException("l3-label " + l3Label + " is not in 0..16777215");
        }
        encapsulations = List.copyOf(encapsulations);
        tags = List.copyOf(tags);
        for (long tag : tags) {
            if (tag < 0 || tag > 0xffff_ffffL) {
                throw new IllegalArgumentException("tag " + tag + " is not in 0..4294967295");
            }
        }
    }

    public static NextHop of(InetAddress address, MacAddress mac, int label, int l3Label, List<String> encapsulations) {
        return new NextHop(address, Optional.of(mac), label, l3Label, encapsulations, List.of(), "");
    }

    public NextHop withVirtualNetwork(String network) {
        return new NextHop(address, mac, label, l3Label, encapsulations, tags, network);
    }
}
