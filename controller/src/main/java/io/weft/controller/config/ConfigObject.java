package io.weft.controller.config;

import io.weft.protocol.xmpp.ConfigLink;
import io.weft.protocol.xmpp.ConfigNode;
import java.util.List;
import java.util.Objects;

/**
 * One object of the config API as the controller keeps it.
 *
 * @param uuid its text
 * @param links to its parent (from the parent) and of its references (from this object)
 */
public record ConfigObject(ConfigNode node, String uuid, List<ConfigLink> links) {
    public ConfigObject {
        Objects.requireNonNull(node, "node");
        Objects.requireNonNull(uuid, "uuid");
        links = List.copyOf(links);
    }

    public ConfigNode.Key key() {
        return node.key();
    }
}
