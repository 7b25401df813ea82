package io.weft.protocol.xmpp;

import java.util.Objects;

/**
 * An object of the configuration.
 *
 * @param properties its elements except {@code name}
 */
public record ConfigNode(String type, String name, XmlTree properties) {
    /** What names an object: its type and fully qualified name joined by ':'. */
    public record Key(String type, String name) implements Comparable<Key> {
        public Key {
            if (type.isEmpty() || name.isEmpty()) {
                throw new IllegalArgumentException("config node type '" + type + "' or name '" + name + "' is empty");
            }
        }

        @Override
        public int compareTo(Key other) {
            int order = type.compareTo(other.type);
            return order != 0 ? order : name.compareTo(other.name);
        }

        @Override
        public String toString() {
            return type + ":" + name;
        }
    }

    public ConfigNode {
        Objects.requireNonNull(properties, "properties");
        if (type.isEmpty() || name.isEmpty()) {
            throw new IllegalArgumentException("config node type '" + type + "' or name '" + name + "' is empty");
        }
        if (!properties.text().isEmpty() || properties.children().containsKey("name")) {
            throw new IllegalArgumentException("properties of " + type + ":" + name + " are text or hold 'name'");
        }
    }

    public Key key() {
        return new Key(type, name);
    }
}
