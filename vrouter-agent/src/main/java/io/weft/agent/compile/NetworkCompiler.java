package io.weft.agent.compile;

import io.weft.agent.compile.PortState.PortAddress;
import io.weft.dataplane.IpPrefix;
import io.weft.dataplane.MacAddress;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/** Turns one network, its ports here and its routes into the state of a VRF. Pure: the same input in any order gives an equal state. */
public final class NetworkCompiler {
    private NetworkCompiler() {}

    /** A port with its configuration; compile leaves out a port without addresses. */
    public record PlacedPort(AttachedPort port, Interface configured) {}

    /** The routes this host adds to a network: subnets, gateways, DNS addresses, ports. */
    public static Map<IpPrefix, RouteState> localRoutes(Network network, Collection<PlacedPort> ports) {
        Map<IpPrefix, RouteState> routes = new HashMap<>();
        for (Subnet subnet : network.subnets()) {
            routes.put(subnet.prefix(), new RouteState(new Hop.Discard(), RouteState.NO_LABEL, true, false));
        }
        List<PlacedPort> ordered = new ArrayList<>(ports);
        ordered.sort(
                Comparator.comparing((PlacedPort placed) -> placed.port().vmi()).reversed());
        for (PlacedPort placed : ordered) {
            for (InetAddress address : placed.configured().addresses()) {
                Hop hop = new Hop.Local(placed.port().vmi());
                routes.put(host(address), new RouteState(hop, RouteState.NO_LABEL, true, true));
            }
        }
        for (Subnet subnet : network.subnets()) {
            for (Optional<InetAddress> own : List.of(subnet.gateway(), subnet.dns())) {
                own.ifPresent(address ->
                        routes.put(host(address), new RouteState(new Hop.Receive(), RouteState.NO_LABEL, true, true)));
            }
        }
        return routes;
    }

    /** The vif of every port that has an address. */
    public static Map<UUID, PortState> ports(Network network, Collection<PlacedPort> ports, HostFacts host) {
        Map<UUID, PortState> states = new HashMap<>();
        for (PlacedPort placed : ports) {
            if (!placed.configured().addresses().isEmpty()) {
                states.put(placed.port().vmi(), port(network, placed, host));
            }
        }
        return states;
    }

    private static PortState port(Network network, PlacedPort placed, HostFacts host) {
        List<PortAddress> addresses = new ArrayList<>();
        Set<InetAddress> gateways = new HashSet<>();
        List<PortAddress> gatewayList = new ArrayList<>();
        for (InetAddress address : placed.configured().addresses()) {
            Optional<Subnet> subnet = network.subnets().stream()
                    .filter(candidate -> contains(candidate.prefix(), address))
                    .max(Comparator.comparingInt(candidate -> candidate.prefix().length()));
            int bits = 8 * address.getAddress().length;
            addresses.add(new PortAddress(
                    address, subnet.map(found -> found.prefix().length()).orElse(bits), false));
            subnet.flatMap(Subnet::gateway).ifPresent(gateway -> {
                boolean first =
                        gatewayList.stream().noneMatch(other -> other.address().getClass() == gateway.getClass());
                if (first && gateways.add(gateway)) {
                    gatewayList.add(new PortAddress(gateway, bits, true));
                }
            });
        }
        addresses.addAll(gatewayList);
        AttachedPort port = placed.port();
        return new PortState(
                port.vmi(),
                network.instance(),
                port.netns(),
                port.ifname(),
                placed.configured().mac(),
                host.podMtu(),
                addresses);
    }

    /**
     * The best usable next hop of what the controllers sent for one prefix: highest local preference, then the lowest tunnel
     * address; one of several equal ones. Empty: none is usable (own address, other family, no common encapsulation).
     *
     * @param priorities encapsulations, most wanted first
     */
    public static Optional<RouteState> remoteRoute(
            Network network, Collection<RemoteRoute> routes, List<Encap> priorities, HostFacts host) {
        List<RemoteRoute> ordered = new ArrayList<>(routes);
        ordered.sort(Comparator.comparingLong(RemoteRoute::localPreference).reversed());
        RouteState best = null;
        byte[] bestAddress = null;
        long bestPreference = 0;
        for (RemoteRoute route : ordered) {
            if (best != null && route.localPreference() < bestPreference) {
                break;
            }
            for (RemoteRoute.RemoteHop hop : route.hops()) {
                Optional<RouteState> usable = tunnel(network, route, hop, priorities, host);
                byte[] address = hop.address().getAddress();
                if (usable.isPresent() && (best == null || before(usable.get(), address, best, bestAddress))) {
                    best = usable.get();
                    bestAddress = address;
                    bestPreference = route.localPreference();
                }
            }
        }
        return Optional.ofNullable(best);
    }

    private static boolean before(RouteState left, byte[] leftAddress, RouteState right, byte[] rightAddress) {
        int order = Arrays.compareUnsigned(leftAddress, rightAddress);
        if (order == 0) {
            order = Integer.compare(left.label(), right.label());
        }
        if (order == 0) {
            order = left.hop().identity().compareTo(right.hop().identity());
        }
        if (order == 0) {
            order = Boolean.compare(right.sameNetwork(), left.sameNetwork());
        }
        return order < 0;
    }

    private static Optional<RouteState> tunnel(
            Network network, RemoteRoute route, RemoteRoute.RemoteHop hop, List<Encap> priorities, HostFacts host) {
        boolean family = hop.address().getAddress().length == host.underlay().getAddress().length;
        if (!family || hop.address().equals(host.underlay())) {
            return Optional.empty();
        }
        boolean same = route.virtualNetwork().equals(network.name());
        for (Encap encap : priorities) {
            if (!hop.encapsulations().contains(encap.wireName())) {
                continue;
            }
            int label = encap == Encap.VXLAN && hop.l3Label() > 0 ? hop.l3Label() : hop.label();
            boolean inRange = encap == Encap.VXLAN ? label > 0 && label < 1 << 24 : label >= 16 && label < 1 << 20;
            if (!inRange || encap == Encap.VXLAN && hop.mac().isEmpty()) {
                continue;
            }
            MacAddress mac = encap == Encap.VXLAN ? hop.mac().get() : MacAddress.ZERO;
            Hop tunnel = new Hop.Tunnel(encap, host.underlay(), hop.address(), mac);
            return Optional.of(new RouteState(tunnel, label, true, same));
        }
        return Optional.empty();
    }

    /** The /32 or /128 of an address. */
    public static IpPrefix host(InetAddress address) {
        return IpPrefix.host(address);
    }

    static boolean contains(IpPrefix prefix, InetAddress address) {
        byte[] want = prefix.address().getAddress();
        byte[] have = address.getAddress();
        if (want.length != have.length) {
            return false;
        }
        for (int bit = 0; bit < prefix.length(); bit += 8) {
            int mask = prefix.length() - bit >= 8 ? 0xff : 0xff << 8 - (prefix.length() - bit) & 0xff;
            if ((want[bit / 8] & mask) != (have[bit / 8] & mask)) {
                return false;
            }
        }
        return true;
    }
}
