package io.weft.agent.port;

import java.util.Map;
import java.util.Objects;

/**
 * Answer of a small HTTP server.
 *
 * @param status HTTP status code
 * @param headers added to content type and length
 */
public record HttpReply(int status, Map<String, String> headers, String body) {
    public HttpReply {
        headers = Map.copyOf(headers);
        Objects.requireNonNull(body, "body");
    }

    public static HttpReply json(int status, String body) {
        return new HttpReply(status, Map.of(), body);
    }
}
