package io.weft.config.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * An object of the model as it is stored. Immutable; the JSON values inside are never changed after they came here.
 *
 * @param type type name with '-'
 * @param uuid lower case, with dashes
 * @param fqName name from the domain down; not empty
 * @param parentType null for an object without parent (also when it stands under config-root)
 * @param parentUuid null exactly when parentType is
 * @param derived made by the transformer, which also deletes it
 * @param version counts the writes of this object, from 1
 * @param properties by name; no JSON nulls
 * @param references by target type name; no empty lists. Those to objects of its own type are stored at both ends and sorted by uuid
 */
public record Resource(
        String type,
        String uuid,
        List<String> fqName,
        String parentType,
        String parentUuid,
        boolean derived,
        long version,
        Map<String, JsonNode> properties,
        Map<String, List<Ref>> references) {
    private static final String ID_PERMS = "id_perms";

    public Resource {
        Objects.requireNonNull(type, "type");
        Objects.requireNonNull(uuid, "uuid");
        fqName = List.copyOf(fqName);
        if (fqName.isEmpty()) {
            throw new IllegalArgumentException("fq_name of " + type + " " + uuid + " is empty");
        }
        if ((parentType == null) != (parentUuid == null)) {
            throw new IllegalArgumentException("parent of " + type + " " + uuid + ": type or uuid is missing");
        }
        if (version < 1) {
            throw new IllegalArgumentException("version " + version + " of " + uuid + " is below 1");
        }
        properties = Collections.unmodifiableMap(new TreeMap<>(properties));
        TreeMap<String, List<Ref>> lists = new TreeMap<>();
        references.forEach((name, list) -> {
            if (!list.isEmpty()) {
                lists.put(name, name.equals(type) ? sorted(list) : List.copyOf(list));
            }
        });
        references = Collections.unmodifiableMap(lists);
    }

    private static List<Ref> sorted(List<Ref> list) {
        return list.stream().sorted(Comparator.comparing(Ref::uuid)).toList();
    }

    /** Last part of the fq_name. */
    public String name() {
        return fqName.getLast();
    }

    /** The fq_name joined by ':'. */
    public String fullName() {
        return String.join(":", fqName);
    }

    /** The property's value, or null. */
    public JsonNode property(String name) {
        return properties.get(name);
    }

    /** The property's text, or null when it is not there or not a text. */
    public String text(String name) {
        JsonNode value = properties.get(name);
        return value == null ? null : value.textValue();
    }

    /** References to objects of that type, perhaps none. */
    public List<Ref> refs(String target) {
        return references.getOrDefault(target, List.of());
    }

    public void forEachRef(Consumer<Ref> visitor) {
        references.values().forEach(list -> list.forEach(visitor));
    }

    /** With the property set; null removes it. */
    public Resource withProperty(String name, JsonNode value) {
        Map<String, JsonNode> changed = new TreeMap<>(properties);
        if (value == null) {
            changed.remove(name);
        } else {
            changed.put(name, value);
        }
        return new Resource(type, uuid, fqName, parentType, parentUuid, derived, version, changed, references);
    }

    public Resource withRefs(String target, List<Ref> list) {
        Map<String, List<Ref>> changed = new TreeMap<>(references);
        changed.put(target, list);
        return new Resource(type, uuid, fqName, parentType, parentUuid, derived, version, properties, changed);
    }

    /** Without any reference to that object. */
    public Resource withoutRefsTo(String targetType, String targetUuid) {
        List<Ref> kept = new ArrayList<>(refs(targetType));
        kept.removeIf(ref -> ref.uuid().equals(targetUuid));
        return withRefs(targetType, kept);
    }

    public Resource withVersion(long value) {
        return new Resource(type, uuid, fqName, parentType, parentUuid, derived, value, properties, references);
    }

    /** With the other object's last_modified. */
    Resource modifiedWith(Resource other) {
        if (!(property(ID_PERMS) instanceof ObjectNode present
                && other.property(ID_PERMS) instanceof ObjectNode theirs)) {
            return this;
        }
        ObjectNode changed = present.objectNode();
        changed.setAll(present);
        changed.set("last_modified", theirs.path("last_modified"));
        return withProperty(ID_PERMS, changed);
    }

    /** Whether both say the same, their version and last_modified aside. */
    public boolean sameContent(Resource other) {
        return properties.equals(other.properties) && references.equals(other.references);
    }
}
