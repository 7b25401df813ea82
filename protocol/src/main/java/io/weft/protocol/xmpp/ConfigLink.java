package io.weft.protocol.xmpp;

import java.util.Objects;

/**
 * A link between two objects.
 *
 * @param metadata name of the link, {@code virtual-machine-interface-virtual-network}
 * @param attribute {@link XmlTree#EMPTY}: none
 */
public record ConfigLink(ConfigNode.Key from, ConfigNode.Key to, String metadata, XmlTree attribute) {
    public ConfigLink {
        Objects.requireNonNull(from, "from");
        Objects.requireNonNull(to, "to");
        Objects.requireNonNull(attribute, "attribute");
        if (metadata.isEmpty()) {
            throw new IllegalArgumentException("link of " + from + " to " + to + " has no name");
        }
    }

    /** A link named {@code <from type>-<to type>}. */
    public static ConfigLink of(ConfigNode.Key from, ConfigNode.Key to, XmlTree attribute) {
        return new ConfigLink(from, to, from.type() + "-" + to.type(), attribute);
    }
}
