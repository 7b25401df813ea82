package io.weft.controller.config;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bytes of {@code GET /watch} (server-sent events, WHATWG HTML section 9.2) to change-sets: events are collected until one carries the
 * revision as its id. One per connection; one thread.
 */
public final class WatchDecoder {
    private static final Logger LOG = LoggerFactory.getLogger(WatchDecoder.class);
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Longest line: a whole configuration is one. */
    private static final int MAX_LINE_BYTES = 1 << 29;

    private final Consumer<ConfigChange> sink;
    private byte[] line = new byte[8192];
    private int lineBytes;
    private String event = "";
    private String id = "";
    private final StringBuilder data = new StringBuilder();
    private final List<ConfigChange.Event> events = new ArrayList<>();
    private boolean whole;

    public WatchDecoder(Consumer<ConfigChange> sink) {
        this.sink = sink;
    }

    /** @throws IllegalArgumentException what is not the format of docs/ARCHITECTURE.md; the connection is of no use any more */
    public void feed(byte[] bytes) {
        int start = 0;
        for (int i = 0; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                append(bytes, start, i - start);
                start = i + 1;
                int length = lineBytes > 0 && line[lineBytes - 1] == '\r' ? lineBytes - 1 : lineBytes;
                lineBytes = 0;
                line(new String(line, 0, length, StandardCharsets.UTF_8));
            }
        }
        append(bytes, start, bytes.length - start);
    }

    private void append(byte[] bytes, int offset, int length) {
        if (lineBytes + (long) length > MAX_LINE_BYTES) {
            throw new IllegalArgumentException("watch line is longer than " + MAX_LINE_BYTES + " bytes");
        }
        if (line.length < lineBytes + length) {
            line = Arrays.copyOf(line, Math.max(lineBytes + length, 2 * line.length));
        }
        System.arraycopy(bytes, offset, line, lineBytes, length);
        lineBytes += length;
    }

    private void line(String text) {
        if (text.isEmpty()) {
            dispatch();
            return;
        }
        int colon = text.indexOf(':');
        String field = colon < 0 ? text : text.substring(0, colon);
        String value = colon < 0 ? "" : text.substring(colon + 1);
        value = value.startsWith(" ") ? value.substring(1) : value;
        switch (field) {
            case "event" -> event = value;
            case "id" -> id = value;
            case "data" -> data.append(value);
            default -> {
                // a comment, or a field of no use here
            }
        }
    }

    private void dispatch() {
        if (!event.isEmpty()) {
            take(event, data.toString());
            if (!id.isEmpty()) {
                if (!id.matches("[0-9]{1,18}")) {
                    throw new IllegalArgumentException("watch id '" + id + "' is not a revision");
                }
                sink.accept(new ConfigChange(Long.parseLong(id), whole, events));
                events.clear();
                whole = false;
            }
        }
        event = "";
        id = "";
        data.setLength(0);
        if (line.length > 1 << 20) {
            line = new byte[8192];
        }
    }

    private void take(String kind, String text) {
        switch (kind) {
            case "init" -> {
                whole = true;
                json(text).forEach((type, list) -> {
                    if (!(list instanceof List<?> objects)) {
                        throw new IllegalArgumentException("init of " + type + " is no list");
                    }
                    objects.forEach(object -> put(type.toString(), object));
                });
            }
            case "create", "update" -> json(text).forEach((type, object) -> put(type.toString(), object));
            case "delete" ->
                json(text)
                        .forEach((type, object) -> events.add(new ConfigChange.Gone(
                                ObjectReader.key(type.toString(), map(type.toString(), object)))));
            case "revision" -> {
                // only its id counts
            }
            default -> LOG.warn("watch event '{}' is unknown", kind);
        }
    }

    private void put(String type, Object object) {
        Map<?, ?> json = map(type, object);
        try {
            events.add(new ConfigChange.Put(ObjectReader.read(type, json)));
        } catch (IllegalArgumentException e) {
            // One object that has no XML form must not keep every other from the agents.
            LOG.warn("{} {} is left out: {}", type, json.get("fq_name"), e.getMessage());
        }
    }

    private static Map<?, ?> map(String type, Object object) {
        if (object instanceof Map<?, ?> map) {
            return map;
        }
        throw new IllegalArgumentException("watch has a " + type + " that is no object");
    }

    private static Map<?, ?> json(String text) {
        try {
            return JSON.readValue(text, Map.class);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("watch data is not JSON: " + e.getOriginalMessage(), e);
        }
    }
}
