package io.weft.controller.vpn;

import io.weft.protocol.net.MacAddress;
import io.weft.protocol.net.RouteTarget;
import io.weft.protocol.xmpp.RouteEntry;
import java.net.InetAddress;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * A VPN route with what BGP carries of it (reference section 4.5).
 *
 * @param nextHop host that has the destination
 * @param label MPLS label, 0..2^20-1
 * @param targets route targets (extended community 00|01|02,02)
 * @param encapsulations as in XMPP: {@code gre}, {@code udp}, {@code vxlan} (tunnel encapsulation, 03,0C: 2, 13, 8); empty: not said
 * @param originNetwork id of the network of origin, which is its VNI too (OriginVn, 80,71)
 * @param routerMac of the host, for VXLAN (06,03)
 * @param securityGroups ids, 0..2^32-1 (80,04)
 * @param tags 32-bit values (80,84)
 * @param localPreference 0..2^32-1
 * @param med 0..2^32-1
 * @param mobility sequence and stickiness (06,00), when said
 * @param communities as text in XMPP's form, e.g. {@code accept-own}
 */
public record VpnRoute(
        VpnKey key,
        InetAddress nextHop,
        int label,
        Set<RouteTarget> targets,
        List<String> encapsulations,
        OptionalInt originNetwork,
        Optional<MacAddress> routerMac,
        List<Long> securityGroups,
        List<Long> tags,
        long localPreference,
        long med,
        Optional<RouteEntry.Mobility> mobility,
        List<String> communities) {
    public VpnRoute {
        Objects.requireNonNull(key, "key");
        Objects.requireNonNull(nextHop, "nextHop");
        Objects.requireNonNull(originNetwork, "originNetwork");
        Objects.requireNonNull(routerMac, "routerMac");
        Objects.requireNonNull(mobility, "mobility");
        if (label < 0 || label >= 1 << 20) {
            throw new IllegalArgumentException("label " + label + " of " + key + " is not in 0..1048575");
        }
        if (originNetwork.isPresent() && (originNetwork.getAsInt() <= 0 || originNetwork.getAsInt() >= 1 << 24)) {
            throw new IllegalArgumentException(
                    "origin network " + originNetwork.getAsInt() + " of " + key + " is not in 1..16777215");
        }
        targets = Set.copyOf(targets);
        encapsulations = List.copyOf(encapsulations);
        securityGroups = List.copyOf(securityGroups);
        tags = List.copyOf(tags);
        communities = List.copyOf(communities);
    }
}
