package io.weft.system;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** The config API as its users see it, asked by curl inside a namespace that reaches it. */
final class Rest {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration LIMIT = Duration.ofSeconds(20);

    private final Netns netns;
    private final String base;

    Rest(Netns netns, String address) {
        this.netns = netns;
        this.base = "http://" + address;
    }

    /**
     * Status and body of an answer.
     *
     * @param answeredNs {@link System#nanoTime} when the answer was there, or up to some milliseconds before: the start of the client is not counted
     */
    record Answer(int status, String body, long answeredNs) {
        JsonNode json() {
            return parse(body);
        }
    }

    static JsonNode parse(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException e) {
            throw new SystemFailure("not JSON: '" + text + "'", e);
        }
    }

    static ObjectNode object() {
        return JSON.createObjectNode();
    }

    /** Any call; body null: none. */
    Answer call(String method, String path, JsonNode body) {
        List<String> words = new ArrayList<>(List.of(
                "curl", "-sS", "--max-time", "15", "-X", method, "-w", "\n%{http_code} %{time_total}", base + path));
        if (body != null) {
            words.addAll(List.of("-H", "Content-Type: application/json", "--data-binary", "@-"));
        }
        long start = System.nanoTime();
        String text = Command.of(netns.inside(words))
                .withInput(body == null ? "" : body.toString())
                .withLimit(LIMIT)
                .mustRun()
                .out();
        int cut = text.lastIndexOf('\n');
        String[] facts = text.substring(cut + 1).strip().split(" ");
        long answeredNs = start + (long) (Double.parseDouble(facts[1]) * 1e9);
        return new Answer(Integer.parseInt(facts[0]), text.substring(0, cut), answeredNs);
    }

    /**
     * A call that must be answered 200.
     *
     * @throws SystemFailure any other status, with the body
     */
    Answer must(String method, String path, JsonNode body) {
        Answer answer = call(method, path, body);
        if (answer.status() != 200) {
            throw new SystemFailure(method + " " + path + " answered " + answer.status() + ": " + answer.body());
        }
        return answer;
    }

    /** As {@link #must}; only the body. */
    JsonNode mustCall(String method, String path, JsonNode body) {
        Answer answer = must(method, path, body);
        return answer.body().isBlank() ? object() : answer.json();
    }

    /** Creates an object; returns what the API made of it. */
    JsonNode create(String type, ObjectNode attributes) {
        ObjectNode body = object();
        body.set(type, attributes);
        return mustCall("POST", "/" + type + "s", body).path(type);
    }

    /** Whole object by fully qualified name. */
    JsonNode read(String type, String... fqName) {
        return mustCall("GET", "/" + type + "/" + uuid(type, fqName), null).path(type);
    }

    String uuid(String type, String... fqName) {
        ObjectNode body = object();
        body.put("type", type);
        for (String part : fqName) {
            body.withArray("fq_name").add(part);
        }
        return mustCall("POST", "/fqname-to-id", body).path("uuid").asText();
    }

    /** How many objects of a type there are. */
    int count(String type) {
        return mustCall("GET", "/" + type + "s?count=true", null)
                .path(type + "s")
                .path("count")
                .asInt(-1);
    }
}
