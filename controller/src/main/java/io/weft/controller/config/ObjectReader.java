package io.weft.controller.config;

import io.weft.protocol.xmpp.ConfigLink;
import io.weft.protocol.xmpp.ConfigNode;
import io.weft.protocol.xmpp.XmlTree;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Objects in the JSON of the VNC API to {@link ConfigObject}. */
final class ObjectReader {
    private static final Set<String> ENVELOPE = Set.of(
            "name",
            "fq_name",
            "uuid",
            "href",
            "parent_type",
            "parent_uuid",
            "parent_href",
            "perms2",
            "configuration_version");

    private ObjectReader() {}

    static ConfigNode.Key key(String type, Map<?, ?> json) {
        return new ConfigNode.Key(type, joined(json.get("fq_name"), type));
    }

    /** @throws IllegalArgumentException no name, or values that have no XML form */
    static ConfigObject read(String type, Map<?, ?> json) {
        ConfigNode.Key key = key(type, json);
        Map<String, Object> properties = new LinkedHashMap<>();
        List<ConfigLink> links = new ArrayList<>();
        json.forEach((field, value) -> {
            String name = field.toString();
            if (ENVELOPE.contains(name) || value == null || name.endsWith("_back_refs")) {
                return;
            }
            if (value instanceof List<?> list
                    && !list.isEmpty()
                    && list.stream().allMatch(ObjectReader::isReference)) {
                if (name.endsWith("_refs")) {
                    String toType =
                            name.substring(0, name.length() - "_refs".length()).replace('_', '-');
                    list.forEach(item -> links.add(reference(key, toType, (Map<?, ?>) item)));
                }
                return;
            }
            properties.put(name, value);
        });
        if (json.get("parent_type") instanceof String parentType
                && !parentType.equals("config-root")
                && json.get("fq_name") instanceof List<?> fqName
                && fqName.size() > 1) {
            String parent = joined(fqName.subList(0, fqName.size() - 1), parentType);
            links.add(ConfigLink.of(new ConfigNode.Key(parentType, parent), key, XmlTree.EMPTY));
        }
        String uuid = json.get("uuid") instanceof String text ? text : "";
        return new ConfigObject(new ConfigNode(type, key.name(), XmlTree.fromJson(properties)), uuid, links);
    }

    private static boolean isReference(Object item) {
        return item instanceof Map<?, ?> map && map.get("to") instanceof List<?> && map.containsKey("uuid");
    }

    private static ConfigLink reference(ConfigNode.Key from, String toType, Map<?, ?> item) {
        Object attribute = item.get("attr");
        return ConfigLink.of(
                from,
                new ConfigNode.Key(toType, joined(item.get("to"), toType)),
                attribute instanceof Map<?, ?> map ? XmlTree.fromJson(map) : XmlTree.EMPTY);
    }

    private static String joined(Object fqName, String type) {
        if (!(fqName instanceof List<?> parts) || parts.isEmpty()) {
            throw new IllegalArgumentException("a " + type + " has fq_name " + fqName);
        }
        return String.join(":", parts.stream().map(String::valueOf).toList());
    }
}
