package io.weft.controller.config;

import io.weft.controller.vpn.Targets;
import io.weft.protocol.net.RouteTarget;
import io.weft.protocol.xmpp.ConfigLink;
import io.weft.protocol.xmpp.ConfigNode;
import io.weft.protocol.xmpp.ConfigNode.Key;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** The configuration in memory: objects and the links between them, walkable from both ends. One thread. */
public final class ConfigGraph {
    private final Map<Key, ConfigObject> objects = new HashMap<>();
    private final Map<Key, Map<Key, ConfigLink>> outgoing = new HashMap<>();
    private final Map<Key, Map<Key, ConfigLink>> incoming = new HashMap<>();
    private final Map<String, Key> byUuid = new HashMap<>();
    private final Map<String, Set<Key>> byType = new HashMap<>();
    private long revision = -1;

    /** Revision of the last change applied; -1: none yet. */
    public long revision() {
        return revision;
    }

    /** Applies a change whole. Objects that changed, and both ends of links that changed. */
    public Set<Key> apply(ConfigChange change) {
        Set<Key> touched = new LinkedHashSet<>();
        Set<Key> named = new HashSet<>();
        for (ConfigChange.Event event : change.events()) {
            switch (event) {
                case ConfigChange.Put put -> {
                    named.add(put.object().key());
                    put(put.object(), touched);
                }
                case ConfigChange.Gone gone -> remove(gone.key(), touched);
            }
        }
        if (change.whole()) {
            for (Key key : new ArrayList<>(objects.keySet())) {
                if (!named.contains(key)) {
                    remove(key, touched);
                }
            }
        }
        revision = change.revision();
        return touched;
    }

    private void put(ConfigObject object, Set<Key> touched) {
        ConfigObject before = objects.get(object.key());
        if (object.equals(before)) {
            return;
        }
        Set<ConfigLink> oldLinks = before == null ? Set.of() : new HashSet<>(before.links());
        Set<ConfigLink> newLinks = new LinkedHashSet<>(object.links());
        oldLinks.stream().filter(link -> !newLinks.contains(link)).forEach(link -> unlink(link, touched));
        newLinks.stream().filter(link -> !oldLinks.contains(link)).forEach(link -> link(link, touched));
        if (before != null && before.node().equals(object.node())) {
            // The same node object again: views compare nodes by identity.
            object = new ConfigObject(before.node(), object.uuid(), object.links());
        } else {
            touched.add(object.key());
        }
        objects.put(object.key(), object);
        byUuid.put(object.uuid(), object.key());
        byType.computeIfAbsent(object.key().type(), absent -> new LinkedHashSet<>())
                .add(object.key());
    }

    private void remove(Key key, Set<Key> touched) {
        ConfigObject before = objects.remove(key);
        if (before != null) {
            touched.add(key);
            before.links().forEach(link -> unlink(link, touched));
            byUuid.remove(before.uuid());
            byType.get(key.type()).remove(key);
        }
    }

    private void link(ConfigLink link, Set<Key> touched) {
        outgoing.computeIfAbsent(link.from(), absent -> new TreeMap<>()).put(link.to(), link);
        incoming.computeIfAbsent(link.to(), absent -> new TreeMap<>()).put(link.from(), link);
        touched.add(link.from());
        touched.add(link.to());
    }

    private void unlink(ConfigLink link, Set<Key> touched) {
        unlink(outgoing, link.from(), link.to());
        unlink(incoming, link.to(), link.from());
        touched.add(link.from());
        touched.add(link.to());
    }

    private static void unlink(Map<Key, Map<Key, ConfigLink>> links, Key at, Key other) {
        Map<Key, ConfigLink> of = links.get(at);
        if (of != null && of.remove(other) != null && of.isEmpty()) {
            links.remove(at);
        }
    }

    public Optional<ConfigNode> node(Key key) {
        return Optional.ofNullable(objects.get(key)).map(ConfigObject::node);
    }

    public Optional<Key> withUuid(String uuid) {
        return Optional.ofNullable(byUuid.get(uuid));
    }

    public Collection<Key> ofType(String type) {
        return byType.getOrDefault(type, Set.of());
    }

    /** Links from and to an object; the object at the other end need not exist. Two objects may name each other: that is two links. */
    public List<ConfigLink> links(Key key) {
        List<ConfigLink> all =
                new ArrayList<>(outgoing.getOrDefault(key, Map.of()).values());
        all.addAll(incoming.getOrDefault(key, Map.of()).values());
        return all;
    }

    public int size() {
        return objects.size();
    }

    /**
     * Route targets of a routing instance; null when it does not exist.
     *
     * @throws IllegalArgumentException a route target that is none
     */
    public Targets targets(Key instance) {
        ConfigObject object = objects.get(instance);
        if (object == null) {
            return null;
        }
        List<RouteTarget> imports = new ArrayList<>();
        List<RouteTarget> exports = new ArrayList<>();
        for (ConfigLink link : object.links()) {
            if (link.to().type().equals("route-target")) {
                RouteTarget target = RouteTarget.parse(link.to().name());
                String use = link.attribute().text("import_export").orElse("both");
                if (!use.equals("export")) {
                    imports.add(target);
                }
                if (!use.equals("import")) {
                    exports.add(target);
                }
            }
        }
        return new Targets(Set.copyOf(imports), Set.copyOf(exports));
    }

    /** Routing instances that a routing instance names or that name it; they need not exist. */
    public Set<String> connections(Key instance) {
        Set<String> names = new TreeSet<>();
        for (ConfigLink link : links(instance)) {
            Key other = link.from().equals(instance) ? link.to() : link.from();
            if (other.type().equals(instance.type()) && !other.equals(instance)) {
                names.add(other.name());
            }
        }
        return names;
    }

    /**
     * Id of a virtual network, which is its VNI; empty: it has none, or does not exist.
     *
     * @throws IllegalArgumentException not in 1..2^24-1
     */
    public OptionalInt networkId(Key network) {
        OptionalLong id = node(network)
                .map(node -> node.properties().number("virtual_network_network_id"))
                .orElse(OptionalLong.empty());
        if (id.isEmpty()) {
            return OptionalInt.empty();
        }
        if (id.getAsLong() <= 0 || id.getAsLong() >= 1 << 24) {
            throw new IllegalArgumentException(
                    "virtual_network_network_id " + id.getAsLong() + " is not in 1..16777215");
        }
        return OptionalInt.of((int) id.getAsLong());
    }
}
