package io.weft.agent.runtime;

import io.weft.agent.compile.Encap;
import io.weft.agent.compile.HeldAddress;
import io.weft.agent.compile.HostFacts;
import io.weft.agent.compile.Network;
import io.weft.agent.compile.VrfDelta;
import io.weft.agent.program.Programmer;
import io.weft.agent.session.Publications;
import io.weft.agent.session.Publications.RouteKey;
import io.weft.agent.session.RemoteRoutes;
import io.weft.protocol.net.MacAddress;
import io.weft.protocol.xmpp.NextHop;
import io.weft.protocol.xmpp.RouteEntry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;

/**
 * Publishes the addresses of this host's ports, each from the moment the plane holds its port; an address of several ports has a next hop
 * for each. One thread.
 */
final class LocalRoutes {
    private record Owner(HeldAddress held, Network network) {}

    private final Programmer programmer;
    private final Publications publications;
    private final Map<RouteKey, Owner> wanted = new HashMap<>();
    private final Set<RouteKey> waiting = new HashSet<>();
    private boolean held;

    LocalRoutes(Programmer programmer, Publications publications) {
        this.programmer = programmer;
        this.publications = publications;
    }

    /** Takes what changed in a VRF. */
    void apply(VrfDelta delta) {
        if (delta.network().isEmpty()) {
            wanted.keySet().removeIf(key -> key.instance().equals(delta.instance()));
            waiting.removeIf(key -> key.instance().equals(delta.instance()));
            publications.leave(delta.instance());
            return;
        }
        Network network = delta.network().get();
        programmer.instanceId(delta.instance()).ifPresent(id -> publications.join(delta.instance(), id));
        delta.held().forEach((prefix, held) -> {
            RouteKey key = new RouteKey(delta.instance(), RemoteRoutes.prefix(prefix));
            if (held.isPresent()) {
                wanted.put(key, new Owner(held.get(), network));
                waiting.add(key);
            } else if (wanted.remove(key) != null) {
                waiting.remove(key);
                publications.withdraw(key);
            }
        });
        wanted.replaceAll((key, owner) -> {
            boolean changed =
                    key.instance().equals(delta.instance()) && !owner.network().equals(network);
            if (changed) {
                waiting.add(key);
            }
            return changed ? new Owner(owner.held(), network) : owner;
        });
    }

    /** Publishes what became possible. */
    void publish(HostFacts host) {
        if (held || waiting.isEmpty()) {
            return;
        }
        waiting.removeIf(key -> {
            Owner owner = wanted.get(key);
            List<NextHop> hops = new ArrayList<>();
            for (UUID vmi : owner.held().ports()) {
                OptionalInt label = programmer.label(vmi);
                if (programmer.isProgrammed(vmi) && label.isPresent()) {
                    hops.add(hop(host, owner.network(), label.getAsInt()));
                }
            }
            if (hops.isEmpty()) {
                publications.withdraw(key);
                return false;
            }
            publications.publish(
                    key,
                    RouteEntry.of(key.prefix(), owner.network().name(), hops)
                            .withSecurityGroups(owner.held().groups()));
            return hops.size() == owner.held().ports().size();
        });
    }

    private static NextHop hop(HostFacts host, Network network, int label) {
        return NextHop.of(
                host.underlay(),
                new MacAddress(host.routerMac().value()),
                label,
                network.vni(),
                List.of(Encap.MPLS_OVER_UDP.wireName(), Encap.VXLAN.wireName()));
    }

    /** The plane is gone for long: the ports are not reachable. */
    void withdrawAll() {
        if (!held) {
            held = true;
            wanted.keySet().forEach(publications::withdraw);
            waiting.addAll(wanted.keySet());
        }
    }

    /** The plane is back. */
    void resume() {
        held = false;
    }
}
