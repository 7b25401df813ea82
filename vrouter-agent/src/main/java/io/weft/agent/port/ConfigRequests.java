package io.weft.agent.port;

import java.util.concurrent.CompletableFuture;

/** Requests to the config API. Any thread; every request may be repeated. */
public interface ConfigRequests {
    /**
     * @param status HTTP status
     * @param body text of the answer
     */
    record Answer(int status, String body) {}

    CompletableFuture<Answer> post(String path, String body);

    CompletableFuture<Answer> get(String path);
}
