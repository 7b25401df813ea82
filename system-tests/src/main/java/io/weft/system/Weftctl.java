package io.weft.system;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A host's plane as {@code weftctl --json} shows it. Works whether the agent runs or not. */
final class Weftctl {
    private final Path program;
    private final Path socket;

    Weftctl(Path program, Path socket) {
        this.program = program;
        this.socket = socket;
    }

    JsonNode show(String... what) {
        List<String> words = new ArrayList<>(List.of(program.toString(), "--socket", socket.toString(), "--json"));
        words.addAll(List.of(what));
        return Rest.parse(Command.of(words).mustRun().out());
    }

    /** Drop counters by reason; a reason that is not there has counted nothing. */
    Map<String, Long> drops() {
        Map<String, Long> drops = new LinkedHashMap<>();
        for (JsonNode one : show("drops")) {
            drops.merge(one.path("reason").asText(), one.path("packets").asLong(), Long::sum);
        }
        return drops;
    }

    /** Packets that the rules with this uuid decided, in all policy sets. */
    long decided(String rule) {
        long packets = 0;
        for (JsonNode one : show("policy")) {
            packets +=
                    one.path("uuid").asText().equals(rule) ? one.path("packets").asLong() : 0;
        }
        return packets;
    }

    /** What was counted since an earlier {@link #drops()}. */
    static Map<String, Long> since(Map<String, Long> before, Map<String, Long> now) {
        Map<String, Long> delta = new LinkedHashMap<>();
        now.forEach((reason, packets) -> {
            long more = packets - before.getOrDefault(reason, 0L);
            if (more != 0) {
                delta.put(reason, more);
            }
        });
        return delta;
    }
}
