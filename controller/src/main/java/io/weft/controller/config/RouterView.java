package io.weft.controller.config;

import io.weft.protocol.xmpp.ConfigLink;
import io.weft.protocol.xmpp.ConfigNode;
import io.weft.protocol.xmpp.ConfigNode.Key;
import io.weft.protocol.xmpp.Stanza.ConfigUpdate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;

/**
 * What of the configuration one agent has been sent: the subgraph of docs/ARCHITECTURE.md. A changed object concerns the agent only when the
 * view holds it, a link of the view leads to it or it is a root, because a new object joins by a link whose other end is in the view. One thread.
 */
public final class RouterView {
    /** Objects in one message, at most. */
    public static final int MAX_OBJECTS = 16;

    /** About how many characters a message has after which no further object is added. */
    public static final int MAX_CHARACTERS = 256 << 10;

    private static final Map<String, Set<String>> STEPS = Map.of(
            "virtual-router", Set.of("virtual-machine"),
            "virtual-machine", Set.of("virtual-machine-interface"),
            "virtual-machine-interface", Set.of("virtual-network", "instance-ip", "security-group"),
            "virtual-network", Set.of("routing-instance", "network-ipam", "access-control-list"),
            "security-group", Set.of("access-control-list"));

    /** Types every agent gets all objects of. */
    private static final Set<String> GLOBAL = Set.of("global-system-config", "global-vrouter-config");

    private static final Set<String> SENT_LINKS = Set.of(
            "global-system-config-global-vrouter-config",
            "global-system-config-virtual-router",
            "virtual-router-virtual-machine",
            "virtual-machine-interface-virtual-machine",
            "virtual-machine-interface-virtual-network",
            "instance-ip-virtual-machine-interface",
            "virtual-machine-interface-security-group",
            "security-group-access-control-list",
            "virtual-network-access-control-list",
            "virtual-network-network-ipam",
            "virtual-network-routing-instance");

    private Set<Key> roots = Set.of();
    private Map<Key, ConfigNode> nodes = Map.of();

    /** What links of the view lead to and does not exist. */
    private Set<Key> missing = Set.of();

    private Map<List<Key>, ConfigLink> links = Map.of();

    /** Whether a change of these objects can change what the agent sees. */
    public boolean concerns(Set<Key> touched) {
        for (Key key : touched) {
            if (nodes.containsKey(key) || missing.contains(key) || roots.contains(key) || GLOBAL.contains(key.type())) {
                return true;
            }
        }
        return false;
    }

    /** Where the walk starts, from the next {@link #advance} on. */
    public void setRoots(Set<Key> wanted) {
        roots = Set.copyOf(wanted);
    }

    public Map<Key, ConfigNode> nodes() {
        return nodes;
    }

    public Map<List<Key>, ConfigLink> links() {
        return links;
    }

    /** Moves the view to the present state of the graph. The messages that do the same to the agent, the last with the revision. */
    public List<ConfigUpdate> advance(ConfigGraph graph) {
        Map<Key, ConfigNode> newNodes = reach(graph);
        Map<List<Key>, ConfigLink> newLinks = new LinkedHashMap<>();
        for (Key key : newNodes.keySet()) {
            for (ConfigLink link : graph.links(key)) {
                if (SENT_LINKS.contains(link.metadata())
                        && newNodes.containsKey(link.from())
                        && newNodes.containsKey(link.to())) {
                    newLinks.put(List.of(link.from(), link.to()), link);
                }
            }
        }
        List<Object> updates = new ArrayList<>();
        newNodes.forEach((key, node) -> {
            if (nodes.get(key) != node) {
                updates.add(node);
            }
        });
        newLinks.forEach((ends, link) -> {
            if (!link.equals(links.get(ends))) {
                updates.add(link);
            }
        });
        List<Object> deletes = new ArrayList<>();
        links.forEach((ends, link) -> {
            if (!newLinks.containsKey(ends)) {
                deletes.add(link);
            }
        });
        nodes.keySet().stream().filter(key -> !newNodes.containsKey(key)).forEach(deletes::add);
        nodes = Collections.unmodifiableMap(newNodes);
        links = Collections.unmodifiableMap(newLinks);
        return messages(updates, deletes, graph.revision());
    }

    private Map<Key, ConfigNode> reach(ConfigGraph graph) {
        Map<Key, ConfigNode> reached = new LinkedHashMap<>();
        missing = new HashSet<>();
        Deque<Key> queue = new ArrayDeque<>();
        GLOBAL.stream().sorted().forEach(type -> queue.addAll(graph.ofType(type)));
        roots.stream().sorted().forEach(queue::add);
        Set<Key> seen = new HashSet<>(queue);
        while (!queue.isEmpty()) {
            Key key = queue.remove();
            ConfigNode node = graph.node(key).orElse(null);
            if (node == null) {
                missing.add(key);
                continue;
            }
            reached.put(key, node);
            Set<String> steps = STEPS.getOrDefault(key.type(), Set.of());
            for (ConfigLink link : graph.links(key)) {
                Key next = link.from().equals(key) ? link.to() : link.from();
                if (steps.contains(next.type()) && seen.add(next)) {
                    queue.add(next);
                }
            }
        }
        return reached;
    }

    private static List<ConfigUpdate> messages(List<Object> updates, List<Object> deletes, long revision) {
        List<ConfigUpdate> messages = new ArrayList<>();
        Message message = new Message();
        for (Object update : updates) {
            if (message.isFull()) {
                messages.add(message.end(OptionalLong.empty()));
                message = new Message();
            }
            switch (update) {
                case ConfigNode node -> message.nodes.add(node);
                case ConfigLink link -> message.links.add(link);
                default -> throw new IllegalStateException("neither node nor link");
            }
            message.characters += length(update);
        }
        for (Object delete : deletes) {
            if (message.isFull()) {
                messages.add(message.end(OptionalLong.empty()));
                message = new Message();
            }
            switch (delete) {
                case Key key -> message.deletedNodes.add(key);
                case ConfigLink link -> message.deletedLinks.add(link);
                default -> throw new IllegalStateException("neither node nor link");
            }
        }
        messages.add(message.end(OptionalLong.of(revision)));
        return messages;
    }

    private static int length(Object update) {
        return update instanceof ConfigNode node
                ? node.properties().length()
                : ((ConfigLink) update).attribute().length();
    }

    private static final class Message {
        private final List<ConfigNode> nodes = new ArrayList<>();
        private final List<ConfigLink> links = new ArrayList<>();
        private final List<ConfigLink> deletedLinks = new ArrayList<>();
        private final List<Key> deletedNodes = new ArrayList<>();
        private int characters;

        private boolean isFull() {
            return characters >= MAX_CHARACTERS
                    || nodes.size() + links.size() + deletedLinks.size() + deletedNodes.size() >= MAX_OBJECTS;
        }

        private ConfigUpdate end(OptionalLong revision) {
            return new ConfigUpdate(nodes, links, deletedLinks, deletedNodes, revision);
        }
    }
}
