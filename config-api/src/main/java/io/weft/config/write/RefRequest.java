package io.weft.config.write;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/**
 * A reference as a client wrote it: by uuid or by name.
 *
 * @param uuid or null
 * @param to fq_name, or null
 * @param attr already checked, or null
 */
public record RefRequest(String uuid, List<String> to, JsonNode attr) {
    public RefRequest {
        if (uuid == null && to == null) {
            throw new IllegalArgumentException("a reference has neither uuid nor to");
        }
        to = to == null ? null : List.copyOf(to);
    }
}
