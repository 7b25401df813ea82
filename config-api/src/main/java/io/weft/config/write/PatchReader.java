package io.weft.config.write;

import com.fasterxml.jackson.databind.JsonNode;
import io.weft.config.schema.ObjectType;
import io.weft.config.schema.PropertyType;
import io.weft.config.schema.ReferenceType;
import io.weft.config.schema.RefusedException;
import io.weft.config.schema.Schema;
import io.weft.config.schema.Shown;
import io.weft.config.schema.TextFormat;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/** Reads the bodies of creates and updates. Thread-safe; every refusal is a 400 that names the field. */
public final class PatchReader {
    /** What reads carry and writes may repeat without effect. */
    private static final Set<String> READ_ONLY = Set.of("href", "parent_href", "name", "configuration_version");

    private static final int MAX_NAME = 255;
    private static final int MAX_REFS = 10_000;

    private final Schema schema;

    public PatchReader(Schema schema) {
        this.schema = schema;
    }

    /** The object inside {@code {"<type>":{…}}}. */
    public static JsonNode inner(ObjectType type, JsonNode body) {
        if (!body.isObject() || body.size() != 1 || !body.path(type.name()).isObject()) {
            throw RefusedException.bad("body: want {\"" + type.name() + "\":{...}}");
        }
        return body.get(type.name());
    }

    public ObjectPatch read(ObjectType type, JsonNode object) {
        if (!object.isObject()) {
            throw RefusedException.bad(type.name() + ": want an object");
        }
        Map<String, Optional<JsonNode>> properties = new TreeMap<>();
        Map<String, List<RefRequest>> references = new TreeMap<>();
        for (Map.Entry<String, JsonNode> entry : object.properties()) {
            String field = entry.getKey();
            JsonNode value = entry.getValue();
            PropertyType property = type.properties().get(field);
            if (property != null) {
                properties.put(field, property(property, value));
            } else if (field.endsWith("_refs") && !field.endsWith("_back_refs")) {
                ReferenceType reference = reference(type, field);
                references.put(reference.target(), refs(field, reference, value));
            } else if (!identity(field) && !ignored(type, field)) {
                throw RefusedException.bad(type.name() + " has no property '" + Shown.of(field) + "'");
            }
        }
        JsonNode parentUuid = object.path("parent_uuid");
        return new ObjectPatch(
                uuid("uuid", object.path("uuid")),
                fqName(type, object.path("fq_name")),
                text("parent_type", object.path("parent_type")),
                uuid("parent_uuid", parentUuid),
                properties,
                references);
    }

    private static boolean identity(String field) {
        return switch (field) {
            case "uuid", "fq_name", "parent_type", "parent_uuid" -> true;
            default -> false;
        };
    }

    private boolean ignored(ObjectType type, String field) {
        return READ_ONLY.contains(field)
                || field.endsWith("_back_refs")
                || schema.childrenOf(type.name()).stream().anyMatch(child -> field.equals(child.fieldName() + "s"));
    }

    private static Optional<JsonNode> property(PropertyType property, JsonNode value) {
        if (!value.isNull()) {
            return Optional.of(property.type().check(property.name(), value));
        }
        if (property.required()) {
            throw RefusedException.bad(property.name() + " is required and cannot be removed");
        }
        return Optional.empty();
    }

    /** The reference a {@code _refs} field holds; its target type must be in the schema. */
    public ReferenceType reference(ObjectType type, String field) {
        for (ReferenceType reference : type.references().values()) {
            if (reference.field().equals(field)) {
                if (!schema.has(reference.target())) {
                    throw RefusedException.bad(field + ": type '" + reference.target() + "' is not known");
                }
                return reference;
            }
        }
        throw RefusedException.bad(type.name() + " has no reference '" + Shown.of(field) + "'");
    }

    private static List<RefRequest> refs(String field, ReferenceType type, JsonNode list) {
        if (list.isNull()) {
            return refs(field, type, com.fasterxml.jackson.databind.node.JsonNodeFactory.instance.arrayNode());
        }
        if (!list.isArray() || list.size() > MAX_REFS) {
            throw RefusedException.bad(field + ": want a list of at most " + MAX_REFS + " references");
        }
        if (list.isEmpty() && type.required()) {
            throw RefusedException.bad(field + " is required and cannot be empty");
        }
        List<RefRequest> out = new ArrayList<>();
        int index = 0;
        for (JsonNode one : list) {
            String where = field + "[" + index++ + "]";
            if (!one.isObject()) {
                throw RefusedException.bad(where + ": want an object with to or uuid");
            }
            for (Map.Entry<String, JsonNode> entry : one.properties()) {
                if (!Set.of("to", "uuid", "attr", "href").contains(entry.getKey())) {
                    throw RefusedException.bad(where + ": has no field '" + Shown.of(entry.getKey()) + "'");
                }
            }
            String uuid = uuid(where + ".uuid", one.path("uuid"));
            List<String> to = names(where + ".to", one.path("to"));
            if (uuid == null && to == null) {
                throw RefusedException.bad(where + ": has neither to nor uuid");
            }
            out.add(new RefRequest(uuid, to, attr(where + ".attr", type, one.path("attr"))));
        }
        return out;
    }

    /** A reference's attribute, checked; null when there is none. */
    public static JsonNode attr(String where, ReferenceType type, JsonNode value) {
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (type.attr() == null) {
            throw RefusedException.bad(where + ": references to " + type.target() + " carry no attribute");
        }
        return type.attr().check(where, value);
    }

    private static String text(String where, JsonNode value) {
        if (value.isMissingNode() || value.isNull()) {
            return null;
        }
        if (!value.isTextual()) {
            throw RefusedException.bad(where + ": " + Shown.of(value) + " is not a text");
        }
        return value.textValue();
    }

    /** A uuid in lower case, or null when not given. */
    public static String uuid(String where, JsonNode value) {
        String text = text(where, value);
        return text == null ? null : TextFormat.UUID.require(where, text);
    }

    /** A list of names, or null when not given. */
    public static List<String> names(String where, JsonNode list) {
        if (list.isMissingNode() || list.isNull()) {
            return null;
        }
        List<String> out = new ArrayList<>();
        if (list.isArray()) {
            list.forEach(one -> out.add(text(where, one)));
        }
        if (out.isEmpty() || out.contains(null)) {
            throw RefusedException.bad(where + ": " + Shown.of(list) + " is not a list of names");
        }
        return out;
    }

    private static List<String> fqName(ObjectType type, JsonNode list) {
        List<String> names = names("fq_name", list);
        if (names == null) {
            return null;
        }
        for (String name : names) {
            if (name.isEmpty() || name.length() > MAX_NAME) {
                throw RefusedException.bad(
                        "fq_name: '" + Shown.of(name) + "' has " + name.length() + " characters, not 1.." + MAX_NAME);
            }
            boolean colon = name.indexOf(':') >= 0 && !type.name().equals("route-target");
            if (colon
                    || name.chars().anyMatch(c -> c < ' ' || "<>&\"'".indexOf(c) >= 0)
                    || !TextFormat.carriable(name)) {
                throw RefusedException.bad(
                        "fq_name: '" + Shown.of(name) + "' contains ':', a control character or one of < > & \" '");
            }
        }
        return names;
    }
}
