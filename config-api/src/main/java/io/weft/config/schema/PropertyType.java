package io.weft.config.schema;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Objects;

/**
 * A property of an object type.
 *
 * @param name with '_'
 * @param required must be given on create and cannot be removed
 * @param byDefault value when not given on create, or null
 * @param system only the system writes it
 * @param collection how prop-collection-update addresses elements
 * @param listField for a collection: the field of the value's structure that holds the list; otherwise null
 * @param keyField for a MAP: the element's field that is its key; otherwise null
 */
public record PropertyType(
        String name,
        ValueType type,
        boolean required,
        JsonNode byDefault,
        boolean system,
        Collection collection,
        String listField,
        String keyField) {
    /** Whether single elements can be addressed, and by what. */
    public enum Collection {
        NONE,
        LIST,
        MAP
    }

    public PropertyType {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(type, "type");
        if (collection != Collection.NONE) {
            Objects.requireNonNull(listField, "listField of " + name);
        }
        if (collection == Collection.MAP) {
            Objects.requireNonNull(keyField, "keyField of " + name);
        }
        if (byDefault != null) {
            type.check(name + " default", byDefault);
        }
    }
}
