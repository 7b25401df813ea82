package io.weft.controller.vpn;

import io.weft.controller.rib.Path;
import io.weft.controller.rib.PathOrder;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.net.RouteTarget;
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
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The routes of all routing instances. A path belongs to the instance it was published in; an instance sees its own paths and those of every
 * instance that exports a route target it imports. Instances that are not configured keep what was published and show nothing. Changes are
 * collected as (instance, prefix) pairs until {@link #takeDirty}. One thread.
 */
public final class Ribs {
    private static final class Instance {
        private final String name;
        private Targets targets;
        private final Map<Prefix, TreeMap<String, Path>> paths = new TreeMap<>();
        private Set<Instance> sources = Set.of();
        private final Set<Instance> importers = new LinkedHashSet<>();

        private Instance(String name) {
            this.name = name;
        }
    }

    private final Map<String, Instance> instances = new TreeMap<>();
    private final Map<RouteTarget, Set<Instance>> importing = new HashMap<>();
    private final Map<RouteTarget, Set<Instance>> exporting = new HashMap<>();
    private final Map<String, Set<Instance>> ofAgent = new HashMap<>();
    private Map<String, Set<Prefix>> dirty = new LinkedHashMap<>();

    /** @param targets null: the instance is not configured any more */
    public void configure(String name, Targets targets) {
        Instance instance = targets == null ? instances.get(name) : instance(name);
        if (instance == null || Objects.equals(instance.targets, targets)) {
            return;
        }
        boolean shown = instance.targets != null;
        index(instance, false);
        instance.targets = targets;
        index(instance, true);
        if (shown != (targets != null)) {
            touchAll(instance, instance);
        }
        resource(instance);
        Set<Instance> affected = new LinkedHashSet<>(instance.importers);
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
        }
    }

    private static void index(
            Map<RouteTarget, Set<Instance>> index, RouteTarget target, Instance instance, boolean add) {
        if (add) {
            index.computeIfAbsent(target, absent -> new LinkedHashSet<>()).add(instance);
        } else {
            Set<Instance> of = index.get(target);
            of.remove(instance);
            if (of.isEmpty()) {
                index.remove(target);
            }
        }
    }

    /** Works out again whose paths an instance sees. */
    private void resource(Instance instance) {
        Set<Instance> now = new LinkedHashSet<>();
        if (instance.targets != null) {
            instance.targets.imports().forEach(target -> now.addAll(exporting.getOrDefault(target, Set.of())));
            now.remove(instance);
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
        instance.sources = now;
    }

    public void publish(String agent, String instanceName, RouteEntry entry) {
        Instance instance = instance(instanceName);
        Path path = new Path(agent, instanceName, entry, false);
        Path before = instance.paths
                .computeIfAbsent(entry.prefix(), absent -> new TreeMap<>())
                .put(agent, path);
        ofAgent.computeIfAbsent(agent, absent -> new LinkedHashSet<>()).add(instance);
        if (before == null || !before.entry().equals(entry)) {
            touch(instance, entry.prefix());
        }
    }

    public void withdraw(String agent, String instanceName, Prefix prefix) {
        Instance instance = instances.get(instanceName);
        if (instance != null && remove(instance, agent, prefix)) {
            forgetIfEmpty(instance);
        }
    }

    /** Marks every path of the agent stale; nothing changes for others. */
    public void markStale(String agent) {
        for (Instance instance : ofAgent.getOrDefault(agent, Set.of())) {
            instance.paths.values().forEach(byAgent -> byAgent.computeIfPresent(agent, (key, path) -> path.asStale()));
        }
    }

    /** Removes the agent's paths that are still stale. How many. */
    public int sweep(String agent) {
        return removeWhere(agent, null, true);
    }

    /** Removes the agent's paths of one instance. How many. */
    public int remove(String agent, String instanceName) {
        return removeWhere(agent, instanceName, false);
    }

    private int removeWhere(String agent, String instanceName, boolean staleOnly) {
        int removed = 0;
        for (Instance instance : new ArrayList<>(ofAgent.getOrDefault(agent, Set.of()))) {
            if (instanceName != null && !instance.name.equals(instanceName)) {
                continue;
            }
            boolean left = false;
            for (Prefix prefix : new ArrayList<>(instance.paths.keySet())) {
                Path path = instance.paths.get(prefix).get(agent);
                if (path != null && (path.stale() || !staleOnly)) {
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
        if (byAgent == null || byAgent.remove(agent) == null) {
            return false;
        }
        if (byAgent.isEmpty()) {
            instance.paths.remove(prefix);
        }
        touch(instance, prefix);
        return true;
    }

    /** The paths an instance uses for a prefix; empty: no route. */
    public List<Path> best(String instanceName, Prefix prefix) {
        Instance instance = instances.get(instanceName);
        if (instance == null || instance.targets == null) {
            return List.of();
        }
        List<Path> candidates = new ArrayList<>(pathsOf(instance, prefix));
        instance.sources.forEach(source -> candidates.addAll(pathsOf(source, prefix)));
        return PathOrder.best(candidates);
    }

    private static Collection<Path> pathsOf(Instance instance, Prefix prefix) {
        TreeMap<String, Path> byAgent = instance.paths.get(prefix);
        return byAgent == null ? List.of() : byAgent.values();
    }

    /** Every prefix an instance sees. */
    public Set<Prefix> prefixes(String instanceName) {
        Instance instance = instances.get(instanceName);
        if (instance == null || instance.targets == null) {
            return Set.of();
        }
        Set<Prefix> seen = new TreeSet<>(instance.paths.keySet());
        instance.sources.forEach(source -> seen.addAll(source.paths.keySet()));
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
        if (instance.targets == null && instance.paths.isEmpty()) {
            instances.remove(instance.name);
            ofAgent.values().forEach(of -> of.remove(instance));
        }
    }

    private void touch(Instance instance, Prefix prefix) {
        touched(instance).add(prefix);
        instance.importers.forEach(importer -> touched(importer).add(prefix));
    }

    private void touchAll(Instance source, Instance seenIn) {
        if (!source.paths.isEmpty()) {
            touched(seenIn).addAll(source.paths.keySet());
        }
    }

    private Set<Prefix> touched(Instance instance) {
        return dirty.computeIfAbsent(instance.name, absent -> new HashSet<>());
    }
}
