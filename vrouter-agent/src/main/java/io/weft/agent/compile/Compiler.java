package io.weft.agent.compile;

import io.weft.agent.compile.NetworkCompiler.PlacedPort;
import io.weft.dataplane.IpPrefix;
import io.weft.protocol.xmpp.ConfigNode.Key;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
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
        private Map<IpPrefix, HeldAddress> held = Map.of();
        private Map<IpPrefix, RouteState> local = Map.of();
        private final Map<IpPrefix, RemoteState> remote = new HashMap<>();

        /** The route that counts; empty: none. */
        Optional<RouteState> route(IpPrefix prefix) {
            RouteState here = local.get(prefix);
            RemoteState there = remote.getOrDefault(prefix, RemoteState.NONE);
            if (here == null) {
                return there.route();
            }
            HeldAddress address = held.get(prefix);
            return Optional.of(address == null ? here : RouteCompiler.merge(network, prefix, here, address, there));
        }

        void putRemote(IpPrefix prefix, RemoteState state) {
            if (state.equals(RemoteState.NONE)) {
                remote.remove(prefix);
            } else {
                remote.put(prefix, state);
            }
        }

        Set<IpPrefix> prefixes() {
            Set<IpPrefix> prefixes = new HashSet<>(local.keySet());
            prefixes.addAll(remote.keySet());
            return prefixes;
        }

        VrfState state() {
            Map<IpPrefix, RouteState> routes = new HashMap<>();
            prefixes().forEach(prefix -> route(prefix).ifPresent(route -> routes.put(prefix, route)));
            return new VrfState(network, ports, held, routes);
        }
    }

    private final ConfigGraph graph;
    private final RouteTable routes;
    private final Map<UUID, AttachedPort> ports = new HashMap<>();
    private final Map<String, Optional<Interface>> interfaces = new HashMap<>();
    private final Map<UUID, String> interfaceNames = new HashMap<>();
    private final Map<String, Optional<Network>> networks = new HashMap<>();
    /** By network name. */
    private final Map<String, Vrf> vrfs = new HashMap<>();

    /** Addresses of the ports here, by network name. */
    private final Map<String, Map<IpPrefix, HeldAddress>> held = new HashMap<>();

    private final PolicyTable policies;
    private final Set<PolicySource> wantedPolicies = new HashSet<>();

    private final Map<String, String> networkOfInstance = new HashMap<>();
    private final Set<String> dirtyNetworks = new LinkedHashSet<>();
    private List<Encap> priorities = Encap.DEFAULT_PRIORITIES;
    private HostFacts host;

    /** Reads `graph` and `routes` at each {@link #step}; takes their touched sets. */
    public Compiler(ConfigGraph graph, RouteTable routes) {
        this.graph = graph;
        this.routes = routes;
        this.policies = new PolicyTable(graph);
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
        Map<String, Vrf> vrfs = new HashMap<>();
        placed.forEach((name, members) -> ConfigReader.readNetwork(graph, name).ifPresent(network -> {
            Vrf vrf = new Vrf();
            vrf.network = network;
            vrf.ports = NetworkCompiler.ports(network, members, host);
            vrf.held = NetworkCompiler.held(network, members);
            vrf.local = NetworkCompiler.localRoutes(network, vrf.held);
            vrfs.put(name, vrf);
        }));
        RouteCompiler.Context context = new RouteCompiler.Context(
                ConfigReader.priorities(graph),
                host,
                (name, prefix) -> Optional.ofNullable(vrfs.get(name)).map(vrf -> vrf.held.get(prefix)));
        Map<String, VrfState> states = new HashMap<>();
        Map<PolicySource, PolicyState> policies = new HashMap<>();
        for (Vrf vrf : vrfs.values()) {
            String instance = vrf.network.instance();
            for (IpPrefix prefix : routes.prefixes(instance)) {
                vrf.putRemote(
                        prefix, RouteCompiler.compile(vrf.network, prefix, routes.routes(instance, prefix), context));
            }
            states.put(instance, vrf.state());
            vrf.ports.values().stream()
                    .flatMap(port -> port.policies().stream())
                    .forEach(source ->
                            policies.computeIfAbsent(source, absent -> PolicyCompiler.compile(graph, source)));
        }
        return new DesiredState(states, policies);
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

    /** Compiles what is touched: what changed since the last step. No-op before the host is known. */
    public StateDelta step() {
        if (host == null) {
            return StateDelta.NONE;
        }
        Set<Key> touched = graph.takeTouched();
        readTouched(touched);
        Map<String, Set<IpPrefix>> touchedRoutes = new HashMap<>();
        routes.takeTouched().forEach((instance, prefixes) -> touchedRoutes.put(instance, new HashSet<>(prefixes)));
        dirtyNetworks.forEach(name -> holdAddresses(name, touchedRoutes));
        List<VrfDelta> gone = new ArrayList<>();
        List<VrfDelta> deltas = new ArrayList<>();
        for (String name : dirtyNetworks) {
            compileNetwork(name, touchedRoutes, gone, deltas);
        }
        touchedRoutes.forEach((instance, prefixes) -> {
            String name = networkOfInstance.get(instance);
            if (name != null && !dirtyNetworks.contains(name)) {
                Vrf vrf = vrfs.get(name);
                Map<IpPrefix, Optional<RouteState>> changes = change(vrf, prefixes, prefixes, vrf.held, vrf.local);
                if (!changes.isEmpty()) {
                    deltas.add(new VrfDelta(instance, Optional.of(vrf.network), Map.of(), Map.of(), changes));
                }
            }
        });
        dirtyNetworks.clear();
        gone.addAll(deltas);
        if (gone.stream().anyMatch(delta -> !delta.ports().isEmpty())) {
            wantedPolicies.clear();
            vrfs.values().forEach(vrf -> vrf.ports.values().forEach(port -> wantedPolicies.addAll(port.policies())));
        }
        return new StateDelta(policies.step(wantedPolicies, touched), gone);
    }

    /** The state the deltas so far add up to. */
    public DesiredState state() {
        Map<String, VrfState> states = new HashMap<>();
        vrfs.values().forEach(vrf -> states.put(vrf.network.instance(), vrf.state()));
        return new DesiredState(states, policies.policies());
    }

    /** The policy sets that ports use, with what is wrong with them. */
    public Map<PolicySource, PolicyState> policies() {
        return policies.policies();
    }

    private void readTouched(Set<Key> touched) {
        Set<Key> dirtyInterfaces = new HashSet<>();
        for (Key id : touched) {
            switch (id.type()) {
                case ConfigReader.INTERFACE -> dirtyInterfaces.add(id);
                case ConfigReader.INSTANCE_IP, ConfigReader.MACHINE, ConfigReader.GROUP ->
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

    private List<PlacedPort> members(String name) {
        List<PlacedPort> members = new ArrayList<>();
        for (AttachedPort port : ports.values()) {
            configured(port.vmi())
                    .filter(found -> found.network().equals(name))
                    .ifPresent(found -> members.add(new PlacedPort(port, found)));
        }
        return members;
    }

    /** Reads the addresses of a network's ports; routes of other networks that lead to changed ones are touched. */
    private void holdAddresses(String name, Map<String, Set<IpPrefix>> touchedRoutes) {
        Map<IpPrefix, HeldAddress> before = held.getOrDefault(name, Map.of());
        Map<IpPrefix, HeldAddress> after = network(name)
                .map(found -> NetworkCompiler.held(found, members(name)))
                .orElse(Map.of());
        if (after.isEmpty()) {
            held.remove(name);
        } else {
            held.put(name, after);
        }
        Set<IpPrefix> changed = VrfDelta.changes(before, after).keySet();
        for (Vrf vrf : changed.isEmpty() ? Set.<Vrf>of() : Set.copyOf(vrfs.values())) {
            for (IpPrefix prefix : changed) {
                RemoteState remote = vrf.remote.get(prefix);
                if (remote != null && remote.own().contains(name)) {
                    touchedRoutes
                            .computeIfAbsent(vrf.network.instance(), absent -> new HashSet<>())
                            .add(prefix);
                }
            }
        }
    }

    private void compileNetwork(
            String name, Map<String, Set<IpPrefix>> touchedRoutes, List<VrfDelta> gone, List<VrfDelta> deltas) {
        List<PlacedPort> members = members(name);
        Optional<Network> network = members.isEmpty() ? Optional.empty() : network(name);
        Vrf vrf = vrfs.get(name);
        String before = vrf == null ? null : instanceOf(name);
        if (vrf != null && (network.isEmpty() || !network.get().instance().equals(before))) {
            VrfState last = vrf.state();
            gone.add(new VrfDelta(
                    before,
                    Optional.empty(),
                    VrfDelta.changes(last.ports(), Map.of()),
                    VrfDelta.changes(last.held(), Map.of()),
                    VrfDelta.changes(last.routes(), Map.of())));
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

        Map<IpPrefix, HeldAddress> heldNow = held.getOrDefault(network.name(), Map.of());
        Map<IpPrefix, Optional<HeldAddress>> heldChanges = VrfDelta.changes(vrf.held, heldNow);
        Map<IpPrefix, RouteState> localNow = NetworkCompiler.localRoutes(network, heldNow);
        Set<IpPrefix> touched = new HashSet<>(touchedRoutes.getOrDefault(network.instance(), Set.of()));
        if (whole) {
            touched.addAll(vrf.remote.keySet());
            touched.addAll(routes.prefixes(network.instance()));
        }
        Set<IpPrefix> all = new HashSet<>(touched);
        all.addAll(VrfDelta.changes(vrf.local, localNow).keySet());
        all.addAll(heldChanges.keySet());
        Map<IpPrefix, Optional<RouteState>> routeChanges = change(vrf, all, touched, heldNow, localNow);
        if (fresh || whole || !portChanges.isEmpty() || !heldChanges.isEmpty() || !routeChanges.isEmpty()) {
            deltas.add(new VrfDelta(network.instance(), Optional.of(network), portChanges, heldChanges, routeChanges));
        }
    }

    /**
     * Puts what is new into a VRF.
     *
     * @param all prefixes whose route may change
     * @param touched those of them whose remote routes are compiled again
     * @return the routes that changed
     */
    private Map<IpPrefix, Optional<RouteState>> change(
            Vrf vrf,
            Set<IpPrefix> all,
            Set<IpPrefix> touched,
            Map<IpPrefix, HeldAddress> heldNow,
            Map<IpPrefix, RouteState> localNow) {
        Map<IpPrefix, Optional<RouteState>> before = new HashMap<>();
        all.forEach(prefix -> before.put(prefix, vrf.route(prefix)));
        vrf.held = heldNow;
        vrf.local = localNow;
        RouteCompiler.Context context = new RouteCompiler.Context(
                priorities,
                host,
                (name, prefix) ->
                        Optional.ofNullable(held.getOrDefault(name, Map.of()).get(prefix)));
        for (IpPrefix prefix : touched) {
            vrf.putRemote(
                    prefix,
                    RouteCompiler.compile(vrf.network, prefix, routes.routes(vrf.network.instance(), prefix), context));
        }
        Map<IpPrefix, Optional<RouteState>> changes = new HashMap<>();
        before.forEach((prefix, route) -> {
            Optional<RouteState> after = vrf.route(prefix);
            if (!after.equals(route)) {
                changes.put(prefix, after);
            }
        });
        return changes;
    }
}
