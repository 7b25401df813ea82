package io.weft.agent.compile;

import io.weft.protocol.xmpp.ConfigNode.Key;
import io.weft.protocol.xmpp.XmlTree;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * The configuration of this host as nodes and links. Links have no direction here: whichever end is named first, it is the same link.
 * A link may come before its nodes. One thread.
 */
public final class ConfigGraph {
    private static final class Node {
        private XmlTree properties;
        private int round;
    }

    private static final class Link {
        private XmlTree attribute;
        private int round;
    }

    private final Map<Key, Node> nodes = new HashMap<>();
    private final Map<Key, Map<Key, Link>> links = new HashMap<>();
    private final Set<Key> touched = new LinkedHashSet<>();
    private int round;
    private long changes;

    public void putNode(Key id, XmlTree properties) {
        Node node = nodes.computeIfAbsent(id, absent -> {
            touchLinked(id);
            return new Node();
        });
        node.round = round;
        if (!properties.equals(node.properties)) {
            node.properties = properties;
            touch(id);
        }
    }

    public void removeNode(Key id) {
        if (nodes.remove(id) != null) {
            touch(id);
            touchLinked(id);
        }
    }

    private void touch(Key id) {
        touched.add(id);
        changes++;
    }

    /** A node that comes or goes changes the neighbours of those linked to it. */
    private void touchLinked(Key id) {
        touched.addAll(links.getOrDefault(id, Map.of()).keySet());
    }

    /** @param attribute EMPTY: none */
    public void putLink(Key left, Key right, XmlTree attribute) {
        Link link = links.computeIfAbsent(left, absent -> new TreeMap<>()).get(right);
        boolean changed = link == null || !Objects.equals(link.attribute, attribute);
        if (link == null) {
            link = new Link();
            links.get(left).put(right, link);
            links.computeIfAbsent(right, absent -> new TreeMap<>()).put(left, link);
        }
        link.attribute = attribute;
        link.round = round;
        if (changed) {
            touch(left);
            touch(right);
        }
    }

    public void removeLink(Key left, Key right) {
        boolean removed = unlink(left, right);
        unlink(right, left);
        if (removed) {
            touch(left);
            touch(right);
        }
    }

    private boolean unlink(Key from, Key to) {
        Map<Key, Link> of = links.get(from);
        boolean removed = of != null && of.remove(to) != null;
        if (removed && of.isEmpty()) {
            links.remove(from);
        }
        return removed;
    }

    public Optional<XmlTree> node(Key id) {
        return Optional.ofNullable(nodes.get(id)).map(node -> node.properties);
    }

    /** Linked nodes of a type that exist, in the order of their names. */
    public List<Key> neighbours(Key id, String type) {
        List<Key> found = new ArrayList<>();
        for (Key other : links.getOrDefault(id, Map.of()).keySet()) {
            if (other.type().equals(type) && nodes.containsKey(other)) {
                found.add(other);
            }
        }
        return found;
    }

    /** Linked nodes of a type, also those that have not come yet, in the order of their names. */
    public List<Key> linked(Key id, String type) {
        return links.getOrDefault(id, Map.of()).keySet().stream()
                .filter(other -> other.type().equals(type))
                .toList();
    }

    /** Attribute of a link; empty: no such link, or one without attribute. */
    public Optional<XmlTree> attribute(Key left, Key right) {
        return Optional.ofNullable(links.getOrDefault(left, Map.of()).get(right))
                .map(link -> link.attribute);
    }

    /** A new transmission of the whole configuration begins; what is not sent again before {@link #sweep} goes. */
    public void beginRound() {
        round++;
    }

    /** The transmission is complete: removes what it did not name. How many nodes and links went. */
    public int sweep() {
        int gone = 0;
        for (Key id : new ArrayList<>(nodes.keySet())) {
            if (nodes.get(id).round != round) {
                removeNode(id);
                gone++;
            }
        }
        for (Key left : new ArrayList<>(links.keySet())) {
            for (Map.Entry<Key, Link> entry :
                    new ArrayList<>(links.getOrDefault(left, Map.of()).entrySet())) {
                if (entry.getValue().round != round) {
                    removeLink(left, entry.getKey());
                    gone++;
                }
            }
        }
        return gone;
    }

    /** Nodes changed, or with changed links, since the last call. */
    public Set<Key> takeTouched() {
        Set<Key> taken = new HashSet<>(touched);
        touched.clear();
        return taken;
    }

    public Collection<Key> nodeIds() {
        return new TreeMap<>(nodes).keySet();
    }

    /** Takes a link; its ends in the order of their names. */
    public interface LinkVisitor {
        void link(Key left, Key right, XmlTree attribute);
    }

    /** Each link once. */
    public void forEachLink(LinkVisitor visitor) {
        new TreeMap<>(links)
                .forEach((left, of) -> of.forEach((right, link) -> {
                    if (left.compareTo(right) < 0) {
                        visitor.link(left, right, link.attribute);
                    }
                }));
    }

    /** Grows with each change. */
    public long changes() {
        return changes;
    }

    public int linkCount() {
        return links.values().stream().mapToInt(Map::size).sum() / 2;
    }
}
