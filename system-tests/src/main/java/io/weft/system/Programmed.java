package io.weft.system;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/**
 * What a host's plane holds, as its agent read it from the plane: every object by kind and key, with its ids.
 *
 * @param objects text of each object by "kind key"
 */
record Programmed(Map<String, String> objects) {
    private static final Duration EQUAL_LIMIT = Duration.ofSeconds(5);

    static Programmed of(Host host) {
        return read(host, "/programmed");
    }

    /** Waits until it equals what the agent wants; false when that does not happen. */
    static boolean equalsDesired(Host host) {
        return Await.holds(EQUAL_LIMIT, () -> unlikeDesired(host).isEmpty());
    }

    /** Objects that the agent wants and the plane has otherwise or not, or the other way round. */
    static String unlikeDesired(Host host) {
        Difference difference = read(host, "/programmed").since(read(host, "/desired"));
        return difference.count() == 0 ? "" : difference.toString();
    }

    private static Programmed read(Host host, String page) {
        Map<String, String> objects = new TreeMap<>();
        host.agentPage(page)
                .properties()
                .forEach(kind -> kind.getValue().forEach(one -> {
                    JsonNode value = one.has("value") ? one.path("value") : one;
                    if (value.path("type").asText().equals("PHYSICAL")) {
                        // The device's own; nobody sets it.
                        ((ObjectNode) value).remove("mac");
                    }
                    objects.put(kind.getKey() + " " + key(kind.getKey(), value), one.toString());
                }));
        return new Programmed(objects);
    }

    private static String key(String kind, JsonNode object) {
        if (object.has("key")) {
            return object.path("key").asText();
        }
        return switch (kind) {
            case "route" -> object.path("vrfId") + " " + object.path("prefix").asText();
            case "label", "labelEntry" -> object.path("label").asText();
            case "vni", "vniEntry" -> object.path("vni").asText();
            default -> object.path("id").asText();
        };
    }

    /** How many objects of which kinds are new, gone, or the same key with another content. */
    record Difference(Map<String, Integer> added, Map<String, Integer> removed, Map<String, Integer> changed) {
        Difference {
            added = new TreeMap<>(added);
            removed = new TreeMap<>(removed);
            changed = new TreeMap<>(changed);
        }

        int count() {
            return sum(added) + sum(removed) + sum(changed);
        }

        private static int sum(Map<String, Integer> counts) {
            return counts.values().stream().mapToInt(Integer::intValue).sum();
        }

        @Override
        public String toString() {
            return "new " + added + ", gone " + removed + ", changed " + changed;
        }
    }

    Difference since(Programmed before) {
        Map<String, Integer> added = new TreeMap<>();
        Map<String, Integer> removed = new TreeMap<>();
        Map<String, Integer> changed = new TreeMap<>();
        objects.forEach((key, text) -> {
            String old = before.objects.get(key);
            if (old == null) {
                added.merge(kind(key), 1, Integer::sum);
            } else if (!old.equals(text)) {
                changed.merge(kind(key), 1, Integer::sum);
            }
        });
        before.objects.keySet().stream()
                .filter(key -> !objects.containsKey(key))
                .forEach(key -> removed.merge(kind(key), 1, Integer::sum));
        return new Difference(added, removed, changed);
    }

    private static String kind(String key) {
        return key.substring(0, key.indexOf(' '));
    }
}
