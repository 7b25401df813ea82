package io.weft.agent.compile;

import io.weft.agent.compile.NetworkCompiler.PlacedPort;
import io.weft.dataplane.IpPrefix;
import io.weft.protocol.xmpp.ConfigNode.Key;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * Keeps the desired state equal to {@link #compile} of its inputs, working only on the VRFs that are touched. One thread; no I/O, no
 * clock.
 */
public final class Compiler {
    private static final class Vrf {
        private Network network;
        private boolean stale;
        private Map<UUID, PortState> ports = Map.of();
        private Map<IpPrefix, RouteState> local = Map.of();
        private final Map<IpPrefix, RouteState> remote = new HashMap<>();
    }

    private final ConfigGraph graph;
    private final RouteTable routes;
    private final Map<UUID, AttachedPort> ports = new HashMap<>();
    private final Map<String, Optional<Interface>> interfaces = new HashMap<>();
    private final Map<UUID, String> interfaceNames = new HashMap<>();
    private final Map<String, Optional<Network>> networks = new HashMap<>();
    /** By network name. */
    private final Map<String, Vrf> vrfs = new HashMap<>();

    private final Map<String, String> networkOfInstance = new HashMap<>();
    private final Set<String> dirtyNetworks = new LinkedHashSet<>();
    private List<Encap> priorities = Encap.DEFAULT_PRIORITIES;
    private HostFacts host;

    /** Reads `graph` and `routes` at each {@link #step}; takes their touched sets. */
    public Compiler(ConfigGraph graph, RouteTable routes) {
        this.graph = graph;
        this.routes = routes;
    }

    /** The desired state of these inputs, from nothing. */
    public static DesiredState compile(
            ConfigGraph graph, Collection<AttachedPort> ports, RouteTable routes, HostFacts host) {
        Map<UUID, AttachedPort> attached = new HashMap<>();
        ports.forEach(port -> attached.put(port.vmi(), port));
        Map<String, List<PlacedPort>> placed = new HashMap<>();
        for (Key id : graph.nodeIds()) {
            if (id.type().equals(ConfigReader.INTERFACE)) {
                ConfigReader.readInterface(graph, id)
                        .filter(configured -> attached.containsKey(configured.vmi()))
                        .ifPresent(
                                configured -> placed.computeIfAbsent(configured.network(), absent -> new ArrayList<>())
                                        .add(new PlacedPort(attached.get(configured.vmi()), configured)));
            }
        }
        List<Encap> priorities = ConfigReader.priorities(graph);
        Map<String, VrfState> vrfs = new HashMap<>();
        placed.forEach((name, members) -> ConfigReader.readNetwork(graph, name).ifPresent(network -> {
            Map<IpPrefix, RouteState> remote = new HashMap<>();
            for (IpPrefix prefix : routes.prefixes(network.instance())) {
                NetworkCompiler.remoteRoute(network, routes.routes(network.instance(), prefix), priorities, host)
                        .ifPresent(route -> remote.put(prefix, route));
            }
            vrfs.put(
                    network.instance(),
                    new VrfState(
                            network,
                            NetworkCompiler.ports(network, members, host),
                            NetworkCompiler.localRoutes(network, members),
                            remote));
        }));
        return new DesiredState(vrfs);
    }

    /** Facts of the host; all is compiled again when they differ. */
    public void host(HostFacts facts) {
        if (!facts.equals(host)) {
            host = facts;
            dirtyNetworks.addAll(networks.keySet());
            forgetNetworks();
        }
    }

    /** Every remote route is compiled again in the next step. */
    private void forgetNetworks() {
        vrfs.values().forEach(vrf -> vrf.stale = true);
    }

    public void attach(AttachedPort port) {
        ports.put(port.vmi(), port);
        configured(port.vmi()).ifPresent(found -> dirtyNetworks.add(found.network()));
    }

    public void detach(UUID vmi) {
        if (ports.remove(vmi) != null) {
            configured(vmi).ifPresent(found -> dirtyNetworks.add(found.network()));
        }
    }

    public Collection<AttachedPort> attached() {
        return List.copyOf(ports.values());
    }

    public Optional<AttachedPort> attached(UUID vmi) {
        return Optional.ofNullable(ports.get(vmi));
    }

    /** The interface as the configuration has it after the last step. */
    public Optional<Interface> configured(UUID vmi) {
        String name = interfaceNames.get(vmi);
        return name == null ? Optional.empty() : interfaces.getOrDefault(name, Optional.empty());
    }

    /** Interfaces of a virtual machine. */
    public List<Interface> interfacesOf(UUID vm) {
        return interfaces.values().stream()
                .flatMap(Optional::stream)
                .filter(found -> vm.equals(found.vm()))
                .toList();
    }

    /** A network that the configuration of this host knows. */
    public Optional<Network> network(String name) {
        return networks.getOrDefault(name, Optional.empty());
    }

    /** Compiles what is touched. The deltas since the last step, one per VRF, those that vanish first. No-op before the host is known. */
    public List<VrfDelta> step() {
        if (host == null) {
            return List.of();
        }
        readTouched();
        Map<String, Set<IpPrefix>> touchedRoutes = routes.takeTouched();
        List<VrfDelta> gone = new ArrayList<>();
        List<VrfDelta> deltas = new ArrayList<>();
        for (String name : dirtyNetworks) {
            compileNetwork(name, touchedRoutes, gone, deltas);
        }
        touchedRoutes.forEach((instance, prefixes) -> {
            String name = networkOfInstance.get(instance);
            if (name != null && !dirtyNetworks.contains(name)) {
                Map<IpPrefix, Optional<RouteState>> changes = remoteChanges(vrfs.get(name), prefixes);
                if (!changes.isEmpty()) {
                    deltas.add(new VrfDelta(instance, Optional.of(vrfs.get(name).network), Map.of(), changes));
                }
            }
        });
        dirtyNetworks.clear();
        gone.addAll(deltas);
        return gone;
    }

    /** The state the deltas so far add up to. */
    public DesiredState state() {
        Map<String, VrfState> states = new HashMap<>();
        for (Vrf vrf : vrfs.values()) {
            states.put(vrf.network.instance(), new VrfState(vrf.network, vrf.ports, vrf.local, vrf.remote));
        }
        return new DesiredState(states);
    }

    private void readTouched() {
        Set<Key> touched = graph.takeTouched();
        Set<Key> dirtyInterfaces = new HashSet<>();
        for (Key id : touched) {
            switch (id.type()) {
                case ConfigReader.INTERFACE -> dirtyInterfaces.add(id);
                case ConfigReader.INSTANCE_IP, ConfigReader.MACHINE ->
                    dirtyInterfaces.addAll(graph.neighbours(id, ConfigReader.INTERFACE));
                case ConfigReader.NETWORK -> dirtyNetwork(id.name());
                case ConfigReader.INSTANCE ->
                    graph.neighbours(id, ConfigReader.NETWORK).forEach(network -> dirtyNetwork(network.name()));
                case ConfigReader.GLOBAL_VROUTER -> {
                    priorities = ConfigReader.priorities(graph);
                    new ArrayList<>(networks.keySet()).forEach(this::dirtyNetwork);
                    forgetNetworks();
                }
                default -> {
                    // ipams, projects and others matter only through links, which touch both ends
                }
            }
        }
        for (Key id : dirtyInterfaces) {
            Optional<Interface> before = interfaces.getOrDefault(id.name(), Optional.empty());
            Optional<Interface> after = ConfigReader.readInterface(graph, id);
            before.ifPresent(found -> {
                interfaceNames.remove(found.vmi(), id.name());
                dirtyNetworks.add(found.network());
            });
            after.ifPresent(found -> {
                interfaceNames.put(found.vmi(), id.name());
                dirtyNetworks.add(found.network());
            });
            if (after.isPresent()) {
                interfaces.put(id.name(), after);
            } else {
                interfaces.remove(id.name());
            }
        }
    }

    private void dirtyNetwork(String name) {
        Optional<Network> after = ConfigReader.readNetwork(graph, name);
        if (after.isPresent()) {
            networks.put(name, after);
        } else {
            networks.remove(name);
        }
        dirtyNetworks.add(name);
    }

    private void compileNetwork(
            String name, Map<String, Set<IpPrefix>> touchedRoutes, List<VrfDelta> gone, List<VrfDelta> deltas) {
        List<PlacedPort> members = new ArrayList<>();
        for (AttachedPort port : ports.values()) {
            configured(port.vmi())
                    .filter(found -> found.network().equals(name))
                    .ifPresent(found -> members.add(new PlacedPort(port, found)));
        }
        Optional<Network> network = members.isEmpty() ? Optional.empty() : network(name);
        Vrf vrf = vrfs.get(name);
        String before = vrf == null ? null : instanceOf(name);
        if (vrf != null && (network.isEmpty() || !network.get().instance().equals(before))) {
            Map<IpPrefix, RouteState> all = new LinkedHashMap<>(vrf.remote);
            all.putAll(vrf.local);
            gone.add(new VrfDelta(
                    before, Optional.empty(), VrfDelta.changes(vrf.ports, Map.of()), VrfDelta.changes(all, Map.of())));
            vrfs.remove(name);
            networkOfInstance.remove(before);
            vrf = null;
        }
        if (network.isPresent()) {
            update(network.get(), members, vrf, touchedRoutes, deltas);
        }
    }

    private String instanceOf(String network) {
        for (Map.Entry<String, String> entry : networkOfInstance.entrySet()) {
            if (entry.getValue().equals(network)) {
                return entry.getKey();
            }
        }
        throw new IllegalStateException("network " + network + " is compiled but has no instance");
    }

    private void update(
            Network network,
            List<PlacedPort> members,
            Vrf present,
            Map<String, Set<IpPrefix>> touchedRoutes,
            List<VrfDelta> deltas) {
        Vrf vrf = present == null ? new Vrf() : present;
        boolean whole = vrf.stale || !network.equals(vrf.network);
        vrf.stale = false;
        boolean fresh = present == null;
        vrf.network = network;
        vrfs.put(network.name(), vrf);
        networkOfInstance.put(network.instance(), network.name());

        Map<UUID, PortState> portsNow = NetworkCompiler.ports(network, members, host);
        Map<UUID, Optional<PortState>> portChanges = VrfDelta.changes(vrf.ports, portsNow);
        vrf.ports = portsNow;

        Map<IpPrefix, RouteState> localNow = NetworkCompiler.localRoutes(network, members);
        Map<IpPrefix, Optional<RouteState>> routeChanges = VrfDelta.changes(vrf.local, localNow);
        vrf.local = localNow;
        routeChanges.replaceAll(
                (prefix, route) -> route.isPresent() ? route : Optional.ofNullable(vrf.remote.get(prefix)));

        Set<IpPrefix> prefixes = new HashSet<>(touchedRoutes.getOrDefault(network.instance(), Set.of()));
        if (whole) {
            prefixes.addAll(vrf.remote.keySet());
            prefixes.addAll(routes.prefixes(network.instance()));
        }
        routeChanges.putAll(remoteChanges(vrf, prefixes));
        if (fresh || whole || !portChanges.isEmpty() || !routeChanges.isEmpty()) {
            deltas.add(new VrfDelta(network.instance(), Optional.of(network), portChanges, routeChanges));
        }
    }

    /** Compiles these prefixes of the controllers' routes again; the changes that show, because no local route covers them. */
    private Map<IpPrefix, Optional<RouteState>> remoteChanges(Vrf vrf, Set<IpPrefix> prefixes) {
        Map<IpPrefix, Optional<RouteState>> changes = new HashMap<>();
        for (IpPrefix prefix : prefixes) {
            Optional<RouteState> after = NetworkCompiler.remoteRoute(
                    vrf.network, routes.routes(vrf.network.instance(), prefix), priorities, host);
            RouteState before = after.isPresent() ? vrf.remote.put(prefix, after.get()) : vrf.remote.remove(prefix);
            boolean differs = !after.equals(Optional.ofNullable(before));
            if (differs && !vrf.local.containsKey(prefix)) {
                changes.put(prefix, after);
            }
        }
        return changes;
    }
}
