package io.weft.controller.vpn;

import io.weft.controller.rib.Path;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.net.RouteDistinguisher;
import io.weft.protocol.net.RouteTarget;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** A routing instance: what was published in it, and whose routes it takes. Part of {@link Ribs}. */
final class Instance {
    /**
     * Which BGP paths an instance takes.
     *
     * @param network only those that originate in this network; empty: all
     */
    record Selector(RouteTarget target, String network) {}

    final String name;

    /** Null: not configured. */
    Targets targets;

    /** Instances its configuration names; the connection holds whichever side names the other. */
    Set<String> connections = Set.of();

    /** By prefix, by agent. */
    final Map<Prefix, TreeMap<String, Path>> paths = new TreeMap<>();

    /** By agent. */
    final Map<String, RouteDistinguisher> distinguishers = new HashMap<>();

    /** Configured instances connected to this one. */
    Set<Instance> connected = Set.of();

    /** Whose own paths this instance takes: by route target or connection. */
    Set<Instance> sources = Set.of();

    final Set<Instance> importers = new LinkedHashSet<>();
    Set<Selector> selectors = Set.of();

    Instance(String name) {
        this.name = name;
    }

    /** The network it belongs to: its name without the last part. */
    String network() {
        int last = name.lastIndexOf(':');
        return last < 0 ? "" : name.substring(0, last);
    }

    Collection<Path> pathsOf(Prefix prefix) {
        TreeMap<String, Path> byAgent = paths.get(prefix);
        return byAgent == null ? Set.of() : byAgent.values();
    }

    boolean isEmpty() {
        return targets == null && paths.isEmpty() && distinguishers.isEmpty();
    }
}
