package io.weft.agent.session;

import io.weft.agent.compile.RemoteRoute;
import io.weft.agent.compile.RemoteRoute.RemoteHop;
import io.weft.dataplane.IpPrefix;
import io.weft.dataplane.MacAddress;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.xmpp.NextHop;
import io.weft.protocol.xmpp.RouteEntry;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;

/** Turns routes of the wire into those of compile, and back. Pure. */
public final class RemoteRoutes {
    private RemoteRoutes() {}

    public static IpPrefix prefix(Prefix prefix) {
        return new IpPrefix(prefix.address(), prefix.length());
    }

    public static Prefix prefix(IpPrefix prefix) {
        return new Prefix(prefix.address(), prefix.length());
    }

    /** An entry that {@link #of} turns into this route. */
    public static RouteEntry entry(RemoteRoute route) {
        List<NextHop> hops = new ArrayList<>();
        for (RemoteHop hop : route.hops()) {
            hops.add(new NextHop(
                    hop.address(),
                    hop.mac().map(mac -> new io.weft.protocol.net.MacAddress(mac.value())),
                    hop.label(),
                    hop.l3Label(),
                    hop.encapsulations().stream().sorted().toList(),
                    List.of(),
                    ""));
        }
        return RouteEntry.of(prefix(route.prefix()), route.virtualNetwork(), hops)
                .withSecurityGroups(route.groups())
                .withLocalPreference(route.localPreference());
    }

    public static RemoteRoute of(RouteEntry entry) {
        List<RemoteHop> hops = new ArrayList<>();
        for (NextHop hop : entry.nextHops()) {
            hops.add(new RemoteHop(
                    hop.address(),
                    hop.label(),
                    hop.l3Label(),
                    hop.mac().map(mac -> new MacAddress(mac.bits())),
                    new HashSet<>(hop.encapsulations())));
        }
        return new RemoteRoute(
                prefix(entry.prefix()), entry.virtualNetwork(), entry.securityGroups(), entry.localPreference(), hops);
    }
}
