package io.weft.config.rest;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.weft.config.schema.RefusedException;
import io.weft.config.schema.Shown;
import java.io.IOException;

/** JSON of clients: bounded in depth and number length, no duplicate keys, nothing after the value. Thread-safe. */
final class JsonBody {
    private static final int MAX_DEPTH = 32;
    private static final int MAX_NUMBER = 40;
    private static final ObjectMapper JSON = new ObjectMapper(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(MAX_DEPTH)
                            .maxNumberLength(MAX_NUMBER)
                            .build())
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    private JsonBody() {}

    /** @throws RefusedException 400 the bytes are not acceptable JSON; the message says where */
    static JsonNode read(byte[] bytes) {
        try {
            JsonNode tree = JSON.readTree(bytes);
            if (tree == null || tree.isMissingNode()) {
                throw RefusedException.bad("body: empty, want JSON");
            }
            return tree;
        } catch (JacksonException e) {
            String where = e.getLocation() == null
                    ? ""
                    : " at line " + e.getLocation().getLineNr() + ", column "
                            + e.getLocation().getColumnNr();
            throw RefusedException.bad("body: not JSON" + where + ": " + Shown.of(e.getOriginalMessage()));
        } catch (IOException e) {
            throw RefusedException.bad("body: not JSON: " + Shown.of(e.getMessage()));
        }
    }

    /** A JSON value inside a query parameter. */
    static JsonNode value(String where, String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw RefusedException.bad(where + ": '" + Shown.of(text) + "' is not JSON");
        }
    }

    static byte[] write(JsonNode tree) {
        try {
            return JSON.writeValueAsBytes(tree);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree can always be written", e);
        }
    }
}
