package io.weft.protocol.xmpp;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One parsed element.
 *
 * @param attributes by local name; a prefixed one by {@code {namespace}name}
 * @param text character data directly inside, concatenated
 */
record XmlElement(
        String namespace, String name, Map<String, String> attributes, List<XmlElement> children, String text) {
    XmlElement {
        attributes = Map.copyOf(attributes);
        children = List.copyOf(children);
    }

    Optional<XmlElement> child(String wanted) {
        for (XmlElement child : children) {
            if (child.name.equals(wanted)) {
                return Optional.of(child);
            }
        }
        return Optional.empty();
    }

    List<XmlElement> all(String wanted) {
        return children.stream().filter(child -> child.name.equals(wanted)).toList();
    }

    /** Stripped text of a child; empty when there is none. */
    String childText(String wanted) {
        return child(wanted).map(found -> found.text.strip()).orElse("");
    }

    String attribute(String wanted) {
        return attributes.getOrDefault(wanted, "");
    }
}
