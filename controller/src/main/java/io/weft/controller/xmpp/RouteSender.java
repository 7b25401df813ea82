package io.weft.controller.xmpp;

import io.weft.controller.rib.Path;
import io.weft.controller.rib.PathSource;
import io.weft.controller.vpn.Ribs;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.net.RouteDistinguisher;
import io.weft.protocol.xmpp.Dialect;
import io.weft.protocol.xmpp.NextHop;
import io.weft.protocol.xmpp.RouteEntry;
import io.weft.protocol.xmpp.ServerEncoder;
import io.weft.protocol.xmpp.Stanza.RouteItems;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * Writes what an agent should have and has not. Within a round a route is composed once and equal messages are serialised once for all
 * subscribers. All paths to use together are one item with their next hops; of security groups, which the dialect has once per item, it carries
 * those that every path has, so that no path gains a permission by another. The core's thread only.
 */
final class RouteSender {
    /**
     * @param entry null: no route
     * @param onlyAgent the agent all paths come from; null: several. That agent is not told its own.
     */
    private record Advertised(RouteEntry entry, String onlyAgent) {}

    private record Route(String instance, Prefix prefix) {}

    private static final Comparator<Path> STABLE = Comparator.comparing(Path::source)
            .thenComparing(Path::instance)
            .thenComparing(path ->
                    path.distinguisher().map(RouteDistinguisher::toString).orElse(""));

    private final Ribs ribs;
    private final Map<Route, Advertised> composed = new HashMap<>();
    private final Map<RouteItems, byte[]> bodies = new HashMap<>();
    private long messagesSerialised;

    RouteSender(Ribs ribs) {
        this.ribs = ribs;
    }

    long messagesSerialised() {
        return messagesSerialised;
    }

    /** The tables may change now. */
    void endRound() {
        composed.clear();
        bodies.clear();
    }

    /**
     * Writes pending changes while the link takes them. True: nothing is pending any more.
     *
     * @param revision of the configuration the routes are sent with
     */
    boolean send(AgentSession session, long revision) {
        Iterator<Map.Entry<String, Set<Prefix>>> instances =
                session.pending.entrySet().iterator();
        while (instances.hasNext()) {
            Map.Entry<String, Set<Prefix>> next = instances.next();
            while (!next.getValue().isEmpty()) {
                if (!session.link.writable()) {
                    return false;
                }
                sendSome(session, next.getKey(), next.getValue(), revision);
            }
            instances.remove();
        }
        return true;
    }

    /** Takes prefixes of one family until a message is full. */
    private void sendSome(AgentSession session, String instance, Set<Prefix> prefixes, long revision) {
        Map<Prefix, RouteEntry> sent = session.sent.computeIfAbsent(instance, absent -> new HashMap<>());
        boolean ipv6 = prefixes.iterator().next().isIpv6();
        List<RouteEntry> items = new ArrayList<>();
        List<Prefix> retracts = new ArrayList<>();
        Iterator<Prefix> each = prefixes.iterator();
        int hops = 0;
        while (each.hasNext()
                && items.size() < Dialect.MAX_ITEMS
                && retracts.size() < Dialect.MAX_RETRACTS
                && hops < Dialect.MAX_MESSAGE_NEXT_HOPS) {
            Prefix prefix = each.next();
            if (prefix.isIpv6() != ipv6) {
                continue;
            }
            each.remove();
            Advertised advertised = composed.computeIfAbsent(new Route(instance, prefix), this::compose);
            boolean wanted = advertised.entry() != null
                    && !session.jid.equals(advertised.onlyAgent())
                    && session.subscriptions.containsKey(instance)
                    && !session.withoutRoutes.contains(instance);
            if (!wanted) {
                if (sent.remove(prefix) != null) {
                    retracts.add(prefix);
                }
            } else if (!advertised.entry().equals(sent.put(prefix, advertised.entry()))) {
                items.add(advertised.entry());
                hops += advertised.entry().nextHops().size();
            }
        }
        if (!items.isEmpty() || !retracts.isEmpty()) {
            RouteItems message = new RouteItems(instance, ipv6, items, retracts, OptionalLong.empty());
            byte[] body = bodies.computeIfAbsent(message, absent -> {
                messagesSerialised++;
                return ServerEncoder.routesBody(message);
            });
            session.link.write(ServerEncoder.routesHead(session.jid, OptionalLong.of(revision)));
            session.link.write(body);
            session.messagesSent++;
        }
    }

    /** In an order that does not depend on freshness: an agent is told nothing new when a session goes. */
    private Advertised compose(Route route) {
        List<Path> best = new ArrayList<>(ribs.best(route.instance(), route.prefix()));
        if (best.isEmpty()) {
            return new Advertised(null, null);
        }
        best.sort(STABLE);
        PathSource source = best.getFirst().source();
        boolean one = best.stream().allMatch(path -> path.source().equals(source));
        RouteEntry first = best.getFirst().entry();
        Set<NextHop> hops = new LinkedHashSet<>();
        Set<Long> groups = new LinkedHashSet<>(first.securityGroups());
        for (Path path : best) {
            String network = path.entry().virtualNetwork();
            groups.retainAll(path.entry().securityGroups());
            for (NextHop hop : path.entry().nextHops()) {
                hops.add(
                        hop.virtualNetwork().isEmpty() && !network.equals(first.virtualNetwork())
                                ? hop.withVirtualNetwork(network)
                                : hop);
            }
        }
        RouteEntry entry = first.withNextHops(
                        hops.stream().limit(Dialect.MAX_NEXT_HOPS).toList())
                .withSecurityGroups(List.copyOf(groups));
        return new Advertised(entry, one && source instanceof PathSource.Agent agent ? agent.name() : null);
    }
}
