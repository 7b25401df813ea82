package io.weft.controller.vpn;

import io.weft.controller.rib.BgpAttributes;
import io.weft.controller.rib.Freshness;
import io.weft.controller.rib.Path;
import io.weft.controller.rib.PathSource;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.net.RouteTarget;
import io.weft.protocol.xmpp.NextHop;
import io.weft.protocol.xmpp.RouteEntry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Paths of BGP peers, by route and by route target. Part of {@link Ribs}. */
final class VpnTable {
    /** One peer's path as it came. */
    record Learned(PathSource.Bgp peer, VpnRoute route, BgpAttributes attributes, Freshness freshness) {}

    private final Map<VpnKey, TreeMap<PathSource, Learned>> byKey = new HashMap<>();
    private final Map<PathSource, Set<VpnKey>> ofPeer = new HashMap<>();
    private final Map<RouteTarget, Map<Prefix, Set<VpnKey>>> byTarget = new HashMap<>();

    /** What the peer said before; null: nothing. */
    Learned put(Learned learned) {
        VpnKey key = learned.route().key();
        Learned before = remove(learned.peer(), key);
        byKey.computeIfAbsent(key, absent -> new TreeMap<>()).put(learned.peer(), learned);
        ofPeer.computeIfAbsent(learned.peer(), absent -> new LinkedHashSet<>()).add(key);
        for (RouteTarget target : learned.route().targets()) {
            byTarget.computeIfAbsent(target, absent -> new HashMap<>())
                    .computeIfAbsent(key.prefix(), absent -> new HashSet<>())
                    .add(key);
        }
        return before;
    }

    /** What was removed; null: nothing. */
    Learned remove(PathSource peer, VpnKey key) {
        TreeMap<PathSource, Learned> byPeer = byKey.get(key);
        Learned gone = byPeer == null ? null : byPeer.remove(peer);
        if (gone == null) {
            return null;
        }
        if (byPeer.isEmpty()) {
            byKey.remove(key);
        }
        Set<VpnKey> keys = ofPeer.get(peer);
        keys.remove(key);
        if (keys.isEmpty()) {
            ofPeer.remove(peer);
        }
        for (RouteTarget target : gone.route().targets()) {
            if (byPeer.values().stream()
                    .noneMatch(left -> left.route().targets().contains(target))) {
                unindex(target, key);
            }
        }
        return gone;
    }

    private void unindex(RouteTarget target, VpnKey key) {
        Map<Prefix, Set<VpnKey>> prefixes = byTarget.get(target);
        Set<VpnKey> keys = prefixes.get(key.prefix());
        keys.remove(key);
        if (keys.isEmpty()) {
            prefixes.remove(key.prefix());
            if (prefixes.isEmpty()) {
                byTarget.remove(target);
            }
        }
    }

    Collection<Learned> of(VpnKey key) {
        TreeMap<PathSource, Learned> byPeer = byKey.get(key);
        return byPeer == null ? List.of() : byPeer.values();
    }

    List<Learned> ofPeer(PathSource peer) {
        List<Learned> out = new ArrayList<>();
        ofPeer.getOrDefault(peer, Set.of())
                .forEach(key -> out.add(byKey.get(key).get(peer)));
        return out;
    }

    Set<Prefix> prefixes(RouteTarget target) {
        return byTarget.getOrDefault(target, Map.of()).keySet();
    }

    /** Paths to a prefix that carry the target. */
    List<Learned> withTarget(RouteTarget target, Prefix prefix) {
        List<Learned> out = new ArrayList<>();
        for (VpnKey key : byTarget.getOrDefault(target, Map.of()).getOrDefault(prefix, Set.of())) {
            for (Learned learned : byKey.get(key).values()) {
                if (learned.route().targets().contains(target)) {
                    out.add(learned);
                }
            }
        }
        return out;
    }

    Set<VpnKey> keys() {
        return byKey.keySet();
    }

    List<Learned> all() {
        List<Learned> out = new ArrayList<>();
        byKey.values().forEach(byPeer -> out.addAll(byPeer.values()));
        return out;
    }

    /** @param network fq_name of the network of origin; empty: unknown */
    static Path path(Learned learned, String network) {
        VpnRoute route = learned.route();
        NextHop hop = new NextHop(
                route.nextHop(),
                route.routerMac(),
                route.label(),
                route.originNetwork().orElse(0),
                route.encapsulations(),
                route.tags(),
                "");
        RouteEntry entry = new RouteEntry(
                route.key().prefix(),
                List.of(hop),
                network,
                route.securityGroups(),
                route.localPreference(),
                route.med(),
                0,
                route.mobility(),
                route.communities(),
                "",
                Optional.empty());
        return new Path(
                learned.peer(),
                "",
                Optional.of(route.key().distinguisher()),
                entry,
                learned.attributes(),
                learned.freshness());
    }
}
