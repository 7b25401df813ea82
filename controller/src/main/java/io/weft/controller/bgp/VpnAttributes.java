package io.weft.controller.bgp;

import io.weft.controller.vpn.VpnKey;
import io.weft.controller.vpn.VpnRoute;
import io.weft.protocol.bgp.ExtendedCommunity;
import io.weft.protocol.bgp.Open;
import io.weft.protocol.bgp.PathAttributes;
import io.weft.protocol.bgp.VpnNlri;
import io.weft.protocol.net.MacAddress;
import io.weft.protocol.net.RouteTarget;
import io.weft.protocol.xmpp.RouteEntry;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;

/** VPN routes as path attributes and back; docs/design/bgp.md has the table. Pure functions. */
final class VpnAttributes {
    private static final Map<String, Integer> TUNNELS = Map.of("gre", 2, "vxlan", 8, "udp", 13);
    private static final Map<String, Long> COMMUNITIES = Map.of(
            "no-export", 0xffffff01L,
            "no-advertise", 0xffffff02L,
            "no-export-subconfed", 0xffffff03L,
            "accept-own", 0xffff0001L,
            "llgr-stale", 0xffff0006L,
            "no-llgr", 0xffff0007L,
            "accept-own-nexthop", 0xffff0008L,
            "no-reoriginate", 0xfffff000L);
    private static final Map<Integer, String> TUNNEL_NAMES = reversed(TUNNELS);
    private static final Map<Long, String> COMMUNITY_NAMES = reversed(COMMUNITIES);
    private static final long MAX_NETWORK_ID = (1 << 24) - 1;

    private VpnAttributes() {}

    private static <K, V> Map<V, K> reversed(Map<K, V> map) {
        Map<V, K> out = new HashMap<>();
        map.forEach((key, value) -> out.put(value, key));
        return Map.copyOf(out);
    }

    /** Attributes of an own route for a peer of the same autonomous system. Equal routes but for prefix and label have equal ones. */
    static PathAttributes toInternal(VpnRoute route, long asn) {
        int as2 = asn > 0xffff ? Open.AS_TRANS : (int) asn;
        List<ExtendedCommunity> extended = new ArrayList<>();
        route.targets().stream().sorted().map(ExtendedCommunity::of).forEach(extended::add);
        for (String encapsulation : route.encapsulations()) {
            Integer tunnel = TUNNELS.get(encapsulation);
            if (tunnel != null) {
                extended.add(ExtendedCommunity.encapsulation(tunnel));
            }
        }
        route.originNetwork().ifPresent(id -> extended.add(ExtendedCommunity.originNetwork(as2, id)));
        route.routerMac().ifPresent(mac -> extended.add(ExtendedCommunity.routerMac(mac)));
        route.securityGroups().forEach(id -> extended.add(ExtendedCommunity.securityGroup(as2, id)));
        route.tags().forEach(tag -> extended.add(ExtendedCommunity.tag(as2, tag)));
        route.mobility().ifPresent(of -> extended.add(ExtendedCommunity.mobility(of.sequence(), of.sticky())));
        return new PathAttributes(
                Optional.of(0),
                Optional.of(List.of()),
                Optional.empty(),
                route.med() == 0 ? OptionalLong.empty() : OptionalLong.of(route.med()),
                OptionalLong.of(route.localPreference()),
                false,
                Optional.empty(),
                communities(route.communities()),
                OptionalLong.empty(),
                List.of(),
                extended,
                List.of());
    }

    /** Texts that are no community are left out. */
    private static List<Long> communities(List<String> texts) {
        List<Long> out = new ArrayList<>();
        for (String text : texts) {
            Long known = COMMUNITIES.get(text);
            if (known != null) {
                out.add(known);
            } else if (text.matches("[0-9]{1,5}:[0-9]{1,5}")) {
                long high = Long.parseLong(text.substring(0, text.indexOf(':')));
                long low = Long.parseLong(text.substring(text.indexOf(':') + 1));
                if (high <= 0xffff && low <= 0xffff) {
                    out.add(high << 16 | low);
                }
            }
        }
        return out;
    }

    static VpnKey key(VpnNlri nlri) {
        return new VpnKey(nlri.distinguisher(), nlri.prefix());
    }

    /** A learned route; the outermost label counts. */
    static VpnRoute route(VpnNlri nlri, InetAddress nextHop, PathAttributes attributes) {
        Set<RouteTarget> targets = new LinkedHashSet<>();
        List<String> encapsulations = new ArrayList<>();
        List<Long> groups = new ArrayList<>();
        List<Long> tags = new ArrayList<>();
        OptionalInt network = OptionalInt.empty();
        Optional<MacAddress> mac = Optional.empty();
        Optional<RouteEntry.Mobility> mobility = Optional.empty();
        for (ExtendedCommunity one : attributes.extendedCommunities()) {
            one.routeTarget().ifPresent(targets::add);
            one.encapsulation().ifPresent(type -> {
                String name = TUNNEL_NAMES.get(type);
                if (name != null && !encapsulations.contains(name)) {
                    encapsulations.add(name);
                }
            });
            one.securityGroup().ifPresent(groups::add);
            one.tag().ifPresent(tags::add);
            OptionalLong origin = one.originNetwork();
            if (origin.isPresent() && origin.getAsLong() > 0 && origin.getAsLong() <= MAX_NETWORK_ID) {
                network = OptionalInt.of((int) origin.getAsLong());
            }
            if (one.routerMac().isPresent()) {
                mac = one.routerMac();
            }
            if (one.mobilitySequence().isPresent()) {
                mobility = Optional.of(
                        new RouteEntry.Mobility(one.mobilitySequence().getAsLong(), one.isSticky()));
            }
        }
        return new VpnRoute(
                key(nlri),
                nextHop,
                nlri.labels().getFirst(),
                targets,
                encapsulations,
                network,
                mac,
                groups,
                tags,
                attributes.localPreference().orElse(RouteEntry.DEFAULT_LOCAL_PREFERENCE),
                attributes.med().orElse(0),
                mobility,
                attributes.communities().stream().map(VpnAttributes::community).toList());
    }

    private static String community(long value) {
        String name = COMMUNITY_NAMES.get(value);
        return name != null ? name : (value >>> 16) + ":" + (value & 0xffff);
    }
}
