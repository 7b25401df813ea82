package io.weft.controller.vpn;

import io.weft.controller.rib.BgpAttributes;
import io.weft.controller.rib.Freshness;
import io.weft.controller.rib.Path;
import io.weft.controller.rib.PathOrder;
import io.weft.controller.rib.PathSource;
import io.weft.controller.vpn.Instance.Selector;
import io.weft.controller.vpn.VpnTable.Learned;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.net.RouteDistinguisher;
import io.weft.protocol.net.RouteTarget;
import io.weft.protocol.xmpp.NextHop;
import io.weft.protocol.xmpp.RouteEntry;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * The routes of all routing instances, and the VPN routes that BGP tells and is told. An instance sees
 *
 * <ul>
 *   <li>what agents published in it,
 *   <li>what agents published in an instance that exports a route target it imports, or that is connected to it (not what that one imported),
 *   <li>BGP paths that carry a target it imports; of a connected instance those that originate in its network and carry a target it exports.
 * </ul>
 *
 * Instances that are not configured keep what was published and show nothing. Changes are collected until {@link #takeDirty} and
 * {@link #takeVpnChanges}. One thread.
 */
public final class Ribs implements VpnImports, VpnExports {
    private final Map<String, Instance> instances = new TreeMap<>();
    private final Map<RouteTarget, Set<Instance>> importing = new HashMap<>();
    private final Map<RouteTarget, Set<Instance>> exporting = new HashMap<>();
    private final Map<String, Set<Instance>> connecting = new HashMap<>();
    private final Map<String, Set<Instance>> ofAgent = new HashMap<>();
    private final Map<RouteDistinguisher, Map<Instance, String>> distinguished = new HashMap<>();
    private final VpnTable vpn = new VpnTable();
    private final Networks networks = new Networks();
    private Map<String, Set<Prefix>> dirty = new LinkedHashMap<>();
    private Set<VpnKey> vpnDirty = new LinkedHashSet<>();

    // Configuration

    /**
     * @param targets null: the instance is not configured any more
     * @param connections names of instances it is connected to; either side is enough
     */
    public void configure(String name, Targets targets, Set<String> connections) {
        Instance instance = targets == null ? instances.get(name) : instance(name);
        Set<String> wanted = targets == null ? Set.of() : Set.copyOf(connections);
        if (instance == null || Objects.equals(instance.targets, targets) && instance.connections.equals(wanted)) {
            return;
        }
        Set<Instance> affected = new LinkedHashSet<>(instance.importers);
        affected.addAll(instance.connected);
        boolean shown = instance.targets != null;
        boolean exports = !Objects.equals(instance.targets, targets);
        index(instance, false);
        instance.targets = targets;
        instance.connections = wanted;
        index(instance, true);
        if (shown != (targets != null)) {
            touchAll(instance, instance);
        }
        if (exports) {
            instance.paths.forEach((prefix, byAgent) -> byAgent.values().forEach(this::touchVpn));
        }
        resource(instance);
        affected.addAll(instance.connected);
        if (targets != null) {
            targets.exports().forEach(target -> affected.addAll(importing.getOrDefault(target, Set.of())));
        }
        affected.remove(instance);
        affected.forEach(this::resource);
        forgetIfEmpty(instance);
    }

    private void index(Instance instance, boolean add) {
        if (instance.targets != null) {
            instance.targets.imports().forEach(target -> index(importing, target, instance, add));
            instance.targets.exports().forEach(target -> index(exporting, target, instance, add));
            instance.connections.forEach(other -> index(connecting, other, instance, add));
        }
    }

    private static <K> void index(Map<K, Set<Instance>> index, K key, Instance instance, boolean add) {
        if (add) {
            index.computeIfAbsent(key, absent -> new LinkedHashSet<>()).add(instance);
        } else {
            Set<Instance> of = index.get(key);
            of.remove(instance);
            if (of.isEmpty()) {
                index.remove(key);
            }
        }
    }

    /** Works out again whose paths an instance sees. */
    private void resource(Instance instance) {
        Set<Instance> connected = new LinkedHashSet<>();
        Set<Instance> now = new LinkedHashSet<>();
        Set<Selector> selectors = new LinkedHashSet<>();
        if (instance.targets != null) {
            instance.connections.stream().map(instances::get).forEach(connected::add);
            connected.addAll(connecting.getOrDefault(instance.name, Set.of()));
            connected.removeIf(other -> other == null || other.targets == null || other == instance);
            for (RouteTarget target : instance.targets.imports()) {
                now.addAll(exporting.getOrDefault(target, Set.of()));
                selectors.add(new Selector(target, ""));
            }
            now.addAll(connected);
            now.remove(instance);
            connected.forEach(other ->
                    other.targets.exports().forEach(target -> selectors.add(new Selector(target, other.network()))));
        }
        for (Instance source : instance.sources) {
            if (!now.contains(source)) {
                source.importers.remove(instance);
                touchAll(source, instance);
            }
        }
        for (Instance source : now) {
            if (!instance.sources.contains(source)) {
                source.importers.add(instance);
                touchAll(source, instance);
            }
        }
        touchSelected(instance, instance.selectors, selectors);
        touchSelected(instance, selectors, instance.selectors);
        instance.connected = connected;
        instance.sources = now;
        instance.selectors = selectors;
    }

    /** Touches what the first selectors show and the second do not. */
    private void touchSelected(Instance instance, Set<Selector> some, Set<Selector> others) {
        for (Selector selector : some) {
            if (!others.contains(selector)) {
                Set<Prefix> prefixes = vpn.prefixes(selector.target());
                if (!prefixes.isEmpty()) {
                    touched(instance).addAll(prefixes);
                }
            }
        }
    }

    /** @param id empty: the network is gone or has no id */
    public void network(String name, OptionalInt id) {
        OptionalInt before = networks.id(name);
        if (!networks.set(name, id)) {
            return;
        }
        for (Learned learned : vpn.all()) {
            OptionalInt origin = learned.route().originNetwork();
            if (origin.isPresent() && (origin.equals(id) || origin.equals(before))) {
                touchImporters(learned.route());
            }
        }
        for (Instance instance : instances.values()) {
            instance.paths
                    .values()
                    .forEach(byAgent -> byAgent.values().stream()
                            .filter(path -> path.entry().virtualNetwork().equals(name))
                            .forEach(this::touchVpn));
        }
    }

    // Agents

    /** @param distinguisher of the agent's routes in the instance; empty: none any more */
    public void distinguish(String agent, String instanceName, Optional<RouteDistinguisher> distinguisher) {
        Instance instance = distinguisher.isPresent() ? instance(instanceName) : instances.get(instanceName);
        if (instance == null
                || Optional.ofNullable(instance.distinguishers.get(agent)).equals(distinguisher)) {
            return;
        }
        RouteDistinguisher before = instance.distinguishers.remove(agent);
        restamp(instance, agent, Optional.empty());
        if (before != null) {
            distinguished.get(before).remove(instance, agent);
            if (distinguished.get(before).isEmpty()) {
                distinguished.remove(before);
            }
        }
        if (distinguisher.isPresent()) {
            instance.distinguishers.put(agent, distinguisher.get());
            distinguished
                    .computeIfAbsent(distinguisher.get(), absent -> new LinkedHashMap<>())
                    .put(instance, agent);
            restamp(instance, agent, distinguisher);
        }
        forgetIfEmpty(instance);
    }

    /** Removes all that is known of an agent. */
    public void forget(String agent) {
        removeAll(new PathSource.Agent(agent));
        for (String name : names()) {
            distinguish(agent, name, Optional.empty());
        }
    }

    private void restamp(Instance instance, String agent, Optional<RouteDistinguisher> distinguisher) {
        instance.paths.forEach((prefix, byAgent) -> byAgent.computeIfPresent(agent, (key, path) -> {
            touchVpn(path);
            touch(instance, prefix);
            Path now = path.with(distinguisher);
            touchVpn(now);
            return now;
        }));
    }

    public void publish(String agent, String instanceName, RouteEntry entry) {
        Instance instance = instance(instanceName);
        Path path = Path.ofAgent(agent, instanceName, Optional.ofNullable(instance.distinguishers.get(agent)), entry);
        Path before = instance.paths
                .computeIfAbsent(entry.prefix(), absent -> new TreeMap<>())
                .put(agent, path);
        ofAgent.computeIfAbsent(agent, absent -> new LinkedHashSet<>()).add(instance);
        if (!path.equals(before)) {
            touch(instance, entry.prefix());
            touchVpn(path);
        }
    }

    public void withdraw(String agent, String instanceName, Prefix prefix) {
        Instance instance = instances.get(instanceName);
        if (instance != null && remove(instance, agent, prefix)) {
            forgetIfEmpty(instance);
        }
    }

    /** Removes the agent's paths of one instance. How many. */
    public int remove(String agent, String instanceName) {
        return removeWhere(agent, instance -> instance.name.equals(instanceName), path -> true);
    }

    /** Paths of the agent in that state. */
    public int count(String agent, Freshness freshness) {
        int count = 0;
        for (Instance instance : ofAgent.getOrDefault(agent, Set.of())) {
            for (Map<String, Path> byAgent : instance.paths.values()) {
                Path path = byAgent.get(agent);
                count += path != null && path.freshness() == freshness ? 1 : 0;
            }
        }
        return count;
    }

    // All sources

    @Override
    public void mark(PathSource source, Freshness freshness) {
        mark(source, path -> true, freshness);
    }

    /** Puts the source's paths that are in one state into another. How many. */
    public int mark(PathSource source, Freshness from, Freshness to) {
        return mark(source, path -> path == from, to);
    }

    private int mark(PathSource source, Predicate<Freshness> which, Freshness to) {
        int[] changed = new int[1];
        switch (source) {
            case PathSource.Agent agent -> {
                for (Instance instance : ofAgent.getOrDefault(agent.name(), Set.of())) {
                    instance.paths.forEach((prefix, byAgent) -> byAgent.computeIfPresent(agent.name(), (key, path) -> {
                        if (!which.test(path.freshness()) || path.freshness() == to) {
                            return path;
                        }
                        touch(instance, prefix);
                        touchVpn(path);
                        changed[0]++;
                        return path.with(to);
                    }));
                }
            }
            case PathSource.Bgp peer -> {
                for (Learned learned : vpn.ofPeer(peer)) {
                    if (which.test(learned.freshness()) && learned.freshness() != to) {
                        vpn.put(new Learned(learned.peer(), learned.route(), learned.attributes(), to));
                        touchImporters(learned.route());
                        changed[0]++;
                    }
                }
            }
        }
        return changed[0];
    }

    @Override
    public int sweep(PathSource source) {
        return removeWhere(source, path -> path != Freshness.FRESH);
    }

    @Override
    public int removeAll(PathSource source) {
        return removeWhere(source, path -> true);
    }

    private int removeWhere(PathSource source, Predicate<Freshness> which) {
        return switch (source) {
            case PathSource.Agent agent ->
                removeWhere(agent.name(), instance -> true, path -> which.test(path.freshness()));
            case PathSource.Bgp peer -> {
                int removed = 0;
                for (Learned learned : vpn.ofPeer(peer)) {
                    if (which.test(learned.freshness())) {
                        withdraw(peer, learned.route().key());
                        removed++;
                    }
                }
                yield removed;
            }
        };
    }

    private int removeWhere(String agent, Predicate<Instance> where, Predicate<Path> which) {
        int removed = 0;
        for (Instance instance : List.copyOf(ofAgent.getOrDefault(agent, Set.of()))) {
            if (!where.test(instance)) {
                continue;
            }
            boolean left = false;
            for (Prefix prefix : List.copyOf(instance.paths.keySet())) {
                Path path = instance.paths.get(prefix).get(agent);
                if (path != null && which.test(path)) {
                    remove(instance, agent, prefix);
                    removed++;
                } else {
                    left |= path != null;
                }
            }
            if (!left) {
                ofAgent.get(agent).remove(instance);
            }
            forgetIfEmpty(instance);
        }
        if (ofAgent.getOrDefault(agent, Set.of()).isEmpty()) {
            ofAgent.remove(agent);
        }
        return removed;
    }

    private boolean remove(Instance instance, String agent, Prefix prefix) {
        Map<String, Path> byAgent = instance.paths.get(prefix);
        Path gone = byAgent == null ? null : byAgent.remove(agent);
        if (gone == null) {
            return false;
        }
        if (byAgent.isEmpty()) {
            instance.paths.remove(prefix);
        }
        touch(instance, prefix);
        touchVpn(gone);
        return true;
    }

    // BGP

    @Override
    public void put(PathSource.Bgp peer, VpnRoute route, BgpAttributes attributes) {
        Learned learned = new Learned(peer, route, attributes, Freshness.FRESH);
        Learned before = vpn.put(learned);
        if (!learned.equals(before)) {
            touchImporters(route);
            if (before != null) {
                touchImporters(before.route());
            }
        }
    }

    @Override
    public void withdraw(PathSource.Bgp peer, VpnKey key) {
        Learned gone = vpn.remove(peer, key);
        if (gone != null) {
            touchImporters(gone.route());
        }
    }

    @Override
    public Set<VpnKey> takeVpnChanges() {
        Set<VpnKey> taken = vpnDirty;
        vpnDirty = new LinkedHashSet<>();
        return taken;
    }

    @Override
    public Optional<Best> bestVpn(VpnKey key) {
        List<Path> candidates = new ArrayList<>();
        Map<PathSource, VpnRoute> routes = new HashMap<>();
        distinguished.getOrDefault(key.distinguisher(), Map.of()).forEach((instance, agent) -> {
            Path path =
                    instance.paths.getOrDefault(key.prefix(), new TreeMap<>()).get(agent);
            if (path != null
                    && instance.targets != null
                    && !path.entry().nextHops().isEmpty()) {
                candidates.add(path);
                routes.putIfAbsent(path.source(), exported(key, path.entry(), instance.targets));
            }
        });
        for (Learned learned : vpn.of(key)) {
            candidates.add(path(learned));
            routes.put(learned.peer(), learned.route());
        }
        return PathOrder.best(candidates).stream()
                .findFirst()
                .map(path -> new Best(path.source(), routes.get(path.source())))
                .filter(best -> !best.route().targets().isEmpty());
    }

    private VpnRoute exported(VpnKey key, RouteEntry entry, Targets targets) {
        NextHop hop = entry.nextHops().getFirst();
        return new VpnRoute(
                key,
                hop.address(),
                hop.label(),
                targets.exports(),
                hop.encapsulations(),
                networks.id(entry.virtualNetwork()),
                hop.mac(),
                entry.securityGroups(),
                hop.tags(),
                entry.localPreference(),
                entry.med(),
                entry.mobility(),
                entry.communities());
    }

    @Override
    public Set<VpnKey> vpnKeys() {
        Set<VpnKey> keys = new HashSet<>(vpn.keys());
        distinguished.forEach((distinguisher, of) ->
                of.forEach((instance, agent) -> instance.paths.forEach((prefix, byAgent) -> {
                    if (byAgent.containsKey(agent)) {
                        keys.add(new VpnKey(distinguisher, prefix));
                    }
                })));
        return keys;
    }

    @Override
    public Set<RouteTarget> importedTargets() {
        Set<RouteTarget> targets = new TreeSet<>(importing.keySet());
        instances.values().forEach(instance -> instance.selectors.forEach(selector -> targets.add(selector.target())));
        return targets;
    }

    // What is seen

    /** The paths an instance uses for a prefix, the best first; empty: no route. */
    public List<Path> best(String instanceName, Prefix prefix) {
        Instance instance = instances.get(instanceName);
        return instance == null || instance.targets == null ? List.of() : PathOrder.best(candidates(instance, prefix));
    }

    private Collection<Path> candidates(Instance instance, Prefix prefix) {
        Set<Path> candidates = new LinkedHashSet<>(instance.pathsOf(prefix));
        instance.sources.forEach(source -> candidates.addAll(source.pathsOf(prefix)));
        for (Selector selector : instance.selectors) {
            for (Learned learned : vpn.withTarget(selector.target(), prefix)) {
                Path path = path(learned);
                if (selector.network().isEmpty()
                        || selector.network().equals(path.entry().virtualNetwork())) {
                    candidates.add(path);
                }
            }
        }
        return candidates;
    }

    private Path path(Learned learned) {
        return VpnTable.path(learned, networks.name(learned.route().originNetwork()));
    }

    /** Every prefix an instance has a route for. */
    public Set<Prefix> prefixes(String instanceName) {
        Instance instance = instances.get(instanceName);
        if (instance == null || instance.targets == null) {
            return Set.of();
        }
        Set<Prefix> seen = new TreeSet<>(instance.paths.keySet());
        instance.sources.forEach(source -> seen.addAll(source.paths.keySet()));
        instance.selectors.forEach(selector -> seen.addAll(vpn.prefixes(selector.target())));
        seen.removeIf(prefix -> candidates(instance, prefix).stream().noneMatch(Path::isUsable));
        return seen;
    }

    /** Instances with configuration or paths, by name. */
    public Set<String> names() {
        return new TreeSet<>(instances.keySet());
    }

    /** Null: not configured. */
    public Targets targets(String instanceName) {
        Instance instance = instances.get(instanceName);
        return instance == null ? null : instance.targets;
    }

    /** Names of the instances whose routes it takes by connection. */
    public Set<String> connected(String instanceName) {
        Set<String> names = new TreeSet<>();
        Instance instance = instances.get(instanceName);
        if (instance != null) {
            instance.connected.forEach(other -> names.add(other.name));
        }
        return names;
    }

    /** What may have changed since the last call. */
    public Map<String, Set<Prefix>> takeDirty() {
        Map<String, Set<Prefix>> taken = dirty;
        dirty = new LinkedHashMap<>();
        return taken;
    }

    private Instance instance(String name) {
        return instances.computeIfAbsent(name, Instance::new);
    }

    private void forgetIfEmpty(Instance instance) {
        if (instance.isEmpty()) {
            instances.remove(instance.name);
            ofAgent.values().forEach(of -> of.remove(instance));
        }
    }

    // What changed

    private void touch(Instance instance, Prefix prefix) {
        touched(instance).add(prefix);
        instance.importers.forEach(importer -> touched(importer).add(prefix));
    }

    private void touchAll(Instance source, Instance seenIn) {
        if (!source.paths.isEmpty()) {
            touched(seenIn).addAll(source.paths.keySet());
        }
    }

    private void touchVpn(Path path) {
        path.distinguisher()
                .ifPresent(of -> vpnDirty.add(new VpnKey(of, path.entry().prefix())));
    }

    /** A BGP route changed: for all who see it, and for BGP. */
    private void touchImporters(VpnRoute route) {
        vpnDirty.add(route.key());
        for (RouteTarget target : route.targets()) {
            importing
                    .getOrDefault(target, Set.of())
                    .forEach(importer -> touched(importer).add(route.key().prefix()));
            for (Instance exporter : exporting.getOrDefault(target, Set.of())) {
                exporter.connected.forEach(
                        other -> touched(other).add(route.key().prefix()));
            }
        }
    }

    private Set<Prefix> touched(Instance instance) {
        return dirty.computeIfAbsent(instance.name, absent -> new HashSet<>());
    }
}
