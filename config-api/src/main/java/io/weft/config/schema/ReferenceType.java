package io.weft.config.schema;

import java.util.Objects;

/**
 * A reference from one object type to another.
 *
 * @param target type name with '-'; it may name a type the schema does not have yet: such references are refused
 * @param attr type of the reference's attribute, or null when it carries none
 * @param required must be given on create
 */
public record ReferenceType(String target, ValueType attr, boolean required) {
    public ReferenceType {
        Objects.requireNonNull(target, "target");
    }

    /** Name of the field that lists these references: {@code network_ipam_refs}. */
    public String field() {
        return target.replace('-', '_') + "_refs";
    }
}
