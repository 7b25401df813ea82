package io.weft.config.schema;

import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * A type of the object model.
 *
 * @param name with '-', as in URLs
 * @param parents names of the types its parent may have; config-root counts as no parent
 * @param references by target type name
 * @param properties by property name
 */
public record ObjectType(
        String name,
        List<String> parents,
        Map<String, ReferenceType> references,
        Map<String, PropertyType> properties) {
    public static final String ROOT = "config-root";

    public ObjectType {
        Objects.requireNonNull(name, "name");
        parents = List.copyOf(parents);
        references = Map.copyOf(references);
        properties = Map.copyOf(properties);
    }

    /** The name with '_', as in field names. */
    public String fieldName() {
        return name.replace('-', '_');
    }

    /** URL and list name of all objects of the type. */
    public String collection() {
        return name + "s";
    }

    /** Whether an object of the type stands alone (or under config-root, which is the same). */
    public boolean topLevel() {
        return parents.isEmpty() || parents.contains(ROOT);
    }
}
