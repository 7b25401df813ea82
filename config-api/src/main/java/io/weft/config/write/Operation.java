package io.weft.config.write;

import com.fasterxml.jackson.databind.JsonNode;
import io.weft.config.schema.ObjectType;
import java.util.List;

/** One write a client asks for. */
public sealed interface Operation {
    /**
     * @param ifAbsent an object with the same uuid and fq_name is the answer instead of a refusal
     */
    record Create(ObjectType type, ObjectPatch patch, boolean ifAbsent) implements Operation {}

    record Update(ObjectType type, String uuid, ObjectPatch patch) implements Operation {}

    /**
     * @param ifPresent a missing object is no error
     */
    record Delete(ObjectType type, String uuid, boolean ifPresent) implements Operation {}

    /**
     * Adds or removes one reference, or replaces its attribute.
     *
     * @param refUuid or null: by name
     * @param refName or null: by uuid
     * @param relax the reference does not keep its target from being deleted
     */
    record RefUpdate(
            ObjectType type,
            String uuid,
            ObjectType refType,
            String refUuid,
            List<String> refName,
            boolean add,
            JsonNode attr,
            boolean relax)
            implements Operation {}

    /** From now on that reference does not keep its target from being deleted. */
    record RefRelax(String uuid, String refUuid) implements Operation {}

    /** Changes single elements of list and map properties. */
    record CollectionUpdate(String uuid, List<Step> steps) implements Operation {
        public CollectionUpdate {
            steps = List.copyOf(steps);
        }

        /**
         * @param action set or delete for a map; add, modify or delete for a list
         * @param value or null
         * @param position key of a map's element, index of a list's, or null
         */
        public record Step(String field, String action, JsonNode value, String position) {}
    }
}
