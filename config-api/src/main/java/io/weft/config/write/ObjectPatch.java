package io.weft.config.write;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The body of a create or update, each value checked against the schema, nothing yet against the present objects.
 *
 * @param uuid or null
 * @param fqName or null
 * @param parentType or null
 * @param parentUuid or null
 * @param properties present = given; empty = given as null, which removes it
 * @param references whole lists, by target type
 */
public record ObjectPatch(
        String uuid,
        List<String> fqName,
        String parentType,
        String parentUuid,
        Map<String, Optional<JsonNode>> properties,
        Map<String, List<RefRequest>> references) {
    public ObjectPatch {
        properties = Map.copyOf(properties);
        references = Map.copyOf(references);
    }
}
