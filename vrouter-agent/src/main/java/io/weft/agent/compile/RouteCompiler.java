package io.weft.agent.compile;

import io.weft.dataplane.IpPrefix;
import io.weft.dataplane.MacAddress;
import io.weft.dataplane.NextHop;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;

/**
 * Turns what the controllers sent for one prefix into a route of a network: the usable next hops of the highest local preference that
 * has one, each once. Pure: the same routes in any order give an equal one.
 */
final class RouteCompiler {
    /** What is constant while routes are compiled. */
    record Context(List<Encap> priorities, HostFacts host, BiFunction<String, IpPrefix, Optional<HeldAddress>> held) {}

    /** A way, who wants it and where it leads; ordered so that the first ones are kept when there are too many. */
    private record Candidate(byte[] address, Hop hop, int label) {
        private static final Comparator<Candidate> ORDER = Comparator.comparing(
                        Candidate::address, Arrays::compareUnsigned)
                .thenComparingInt(Candidate::label)
                .thenComparing(candidate -> candidate.hop().identity());
    }

    private final Network network;
    private final IpPrefix prefix;
    private final Context context;
    /** Next hops of the wire that lead by each way: two ports behind one tunnel weigh two. */
    private final Map<Candidate, Set<RemoteRoute.RemoteHop>> ways = new TreeMap<>(Candidate.ORDER);

    private final Set<String> own = new HashSet<>();
    private IdentityState identity;
    private boolean same = true;

    private RouteCompiler(Network network, IpPrefix prefix, Context context) {
        this.network = network;
        this.prefix = prefix;
        this.context = context;
    }

    static RemoteState compile(Network network, IpPrefix prefix, Collection<RemoteRoute> routes, Context context) {
        RouteCompiler compiler = new RouteCompiler(network, prefix, context);
        List<RemoteRoute> ordered = new ArrayList<>(routes);
        ordered.sort(Comparator.comparingLong(RemoteRoute::localPreference).reversed());
        long preference = 0;
        for (RemoteRoute route : ordered) {
            if (!compiler.ways.isEmpty() && route.localPreference() < preference) {
                break;
            }
            preference = route.localPreference();
            compiler.add(route);
        }
        return compiler.state();
    }

    private void add(RemoteRoute route) {
        boolean used = false;
        for (RemoteRoute.RemoteHop hop : route.hops()) {
            for (Candidate way : candidates(route, hop)) {
                ways.computeIfAbsent(way, absent -> new HashSet<>()).add(hop);
                used = true;
            }
        }
        if (used) {
            IdentityState of = IdentityState.of(route.virtualNetwork(), route.groups());
            identity = identity == null ? of : identity.intersect(of);
            same &= route.virtualNetwork().equals(network.name());
        }
    }

    private List<Candidate> candidates(RemoteRoute route, RemoteRoute.RemoteHop hop) {
        HostFacts host = context.host();
        if (hop.address().equals(host.underlay())) {
            own.add(route.virtualNetwork());
            return context.held().apply(route.virtualNetwork(), prefix).stream()
                    .flatMap(held -> held.ports().stream())
                    .map(port -> new Candidate(host.underlay().getAddress(), new Hop.Local(port), RouteState.NO_LABEL))
                    .toList();
        }
        if (hop.address().getAddress().length != host.underlay().getAddress().length) {
            return List.of();
        }
        return tunnel(hop).stream().toList();
    }

    private Optional<Candidate> tunnel(RemoteRoute.RemoteHop hop) {
        InetAddress from = context.host().underlay();
        for (Encap encap : context.priorities()) {
            if (!hop.encapsulations().contains(encap.wireName())) {
                continue;
            }
            int label = encap == Encap.VXLAN && hop.l3Label() > 0 ? hop.l3Label() : hop.label();
            boolean inRange = encap == Encap.VXLAN ? label > 0 && label < 1 << 24 : label >= 16 && label < 1 << 20;
            if (!inRange || encap == Encap.VXLAN && hop.mac().isEmpty()) {
                continue;
            }
            MacAddress mac = encap == Encap.VXLAN ? hop.mac().get() : MacAddress.ZERO;
            Hop tunnel = new Hop.Tunnel(encap, from, hop.address(), mac);
            return Optional.of(new Candidate(hop.address().getAddress(), tunnel, label));
        }
        return Optional.empty();
    }

    private RemoteState state() {
        if (ways.isEmpty()) {
            return own.isEmpty() ? RemoteState.NONE : new RemoteState(Optional.empty(), own);
        }
        List<Hop.Way> list = new ArrayList<>();
        ways.forEach((way, hops) ->
                list.add(new Hop.Way(way.hop(), way.label(), Math.min(hops.size(), NextHop.Member.WEIGHT_MAX))));
        return new RemoteState(Optional.of(route(network.instance(), prefix, list, identity, same)), own);
    }

    /** The route by these ways; more than a next hop of the plane holds are cut. */
    static RouteState route(
            String instance, IpPrefix prefix, List<Hop.Way> ways, IdentityState identity, boolean same) {
        if (ways.size() == 1) {
            return new RouteState(ways.getFirst().hop(), ways.getFirst().label(), identity, true, same);
        }
        List<Hop.Way> kept = ways.subList(0, Math.min(ways.size(), NextHop.Ecmp.MEMBERS_MAX));
        return new RouteState(new Hop.Ecmp(instance, prefix, kept), RouteState.NO_LABEL, identity, true, same);
    }

    /**
     * The route of an address that ports here hold and the controllers know elsewhere too. The ports here win, unless the configuration
     * says that the address is shared, or the controllers do, by naming this host beside the others.
     */
    static RouteState merge(Network network, IpPrefix prefix, RouteState local, HeldAddress held, RemoteState remote) {
        if (remote.route().isEmpty() || !held.shared() && !remote.own().contains(network.name())) {
            return local;
        }
        RouteState other = remote.route().get();
        List<Hop.Way> ways = new ArrayList<>(local.ways());
        Set<Hop> here = new HashSet<>();
        held.ports().forEach(port -> here.add(new Hop.Local(port)));
        other.ways().stream().filter(way -> !here.contains(way.hop())).forEach(ways::add);
        return ways.size() == local.ways().size()
                ? local
                : route(
                        network.instance(),
                        prefix,
                        ways,
                        local.identity().intersect(other.identity()),
                        local.sameNetwork() && other.sameNetwork());
    }
}
