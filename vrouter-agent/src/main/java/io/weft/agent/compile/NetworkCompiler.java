package io.weft.agent.compile;

import io.weft.agent.compile.PortState.PortAddress;
import io.weft.dataplane.IpPrefix;
import java.net.InetAddress;
import java.util.ArrayList;
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

    /** The addresses of the ports, but those that the network itself answers for. */
    public static Map<IpPrefix, HeldAddress> held(Network network, Collection<PlacedPort> ports) {
        Map<IpPrefix, List<PlacedPort>> holders = new HashMap<>();
        for (PlacedPort placed : ports) {
            for (InetAddress address : placed.configured().addresses()) {
                holders.computeIfAbsent(host(address), absent -> new ArrayList<>())
                        .add(placed);
            }
        }
        own(network).forEach(holders::remove);
        Map<IpPrefix, HeldAddress> held = new HashMap<>();
        holders.forEach((prefix, of) -> {
            List<Long> groups = new ArrayList<>(of.getFirst().configured().groupIds());
            of.forEach(placed -> groups.retainAll(placed.configured().groupIds()));
            boolean shared =
                    of.stream().anyMatch(placed -> placed.configured().shared().contains(prefix.address()));
            held.put(
                    prefix,
                    new HeldAddress(
                            of.stream().map(placed -> placed.port().vmi()).toList(), groups, shared));
        });
        return held;
    }

    private static Set<IpPrefix> own(Network network) {
        Set<IpPrefix> own = new HashSet<>();
        for (Subnet subnet : network.subnets()) {
            subnet.gateway().ifPresent(address -> own.add(host(address)));
            subnet.dns().ifPresent(address -> own.add(host(address)));
        }
        return own;
    }

    /** The routes this host adds to a network: subnets, gateways, DNS addresses, ports. */
    public static Map<IpPrefix, RouteState> localRoutes(Network network, Map<IpPrefix, HeldAddress> held) {
        Map<IpPrefix, RouteState> routes = new HashMap<>();
        for (Subnet subnet : network.subnets()) {
            routes.put(
                    subnet.prefix(),
                    new RouteState(new Hop.Discard(), RouteState.NO_LABEL, IdentityState.UNKNOWN, true, false));
        }
        held.forEach((prefix, address) -> {
            List<Hop.Way> ways = address.ports().stream()
                    .map(port -> new Hop.Way(new Hop.Local(port), RouteState.NO_LABEL, 1))
                    .toList();
            IdentityState identity = IdentityState.of(network.name(), address.groups());
            routes.put(prefix, RouteCompiler.route(network.instance(), prefix, ways, identity, true));
        });
        IdentityState itself = IdentityState.of(network.name(), List.of());
        own(network)
                .forEach(prefix ->
                        routes.put(prefix, new RouteState(new Hop.Receive(), RouteState.NO_LABEL, itself, true, true)));
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
                addresses,
                placed.configured().identity(),
                lists(network, placed.configured()),
                groups(placed.configured(), true),
                groups(placed.configured(), false),
                placed.configured().policyDisabled());
    }

    private static Optional<PolicySource> lists(Network network, Interface configured) {
        return configured.policyDisabled() || network.lists().isEmpty()
                ? Optional.empty()
                : Optional.of(new PolicySource.OfNetwork(network.lists()));
    }

    private static Optional<PolicySource> groups(Interface configured, boolean egress) {
        List<String> names =
                configured.groups().stream().map(Interface.Group::name).toList();
        return configured.policyDisabled() || names.isEmpty()
                ? Optional.empty()
                : Optional.of(new PolicySource.OfGroups(names, egress));
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
