package io.weft.config.watch;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.config.resource.Change;
import io.weft.config.resource.ChangeSet;
import io.weft.config.resource.ResourceJson;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;

/** One change-set as server-sent events (WHATWG HTML, section 9.2). Each change is written out once, when the first watcher wants it. Thread-safe. */
final class WatchEntry {
    private static final ObjectMapper JSON = new ObjectMapper();

    private final ChangeSet changeSet;
    private final String[] written;

    WatchEntry(ChangeSet changeSet) {
        this.changeSet = changeSet;
        this.written = new String[changeSet.changes().size()];
    }

    long revision() {
        return changeSet.revision();
    }

    /** Events for a watcher of those types (null: all); the last one carries the revision as its id. */
    byte[] events(Set<String> types) {
        int last = -1;
        for (int i = 0; i < written.length; i++) {
            if (wanted(types, i)) {
                last = i;
            }
        }
        if (last < 0) {
            return text("event: revision\nid: " + revision() + "\ndata: {}\n\n");
        }
        StringBuilder out = new StringBuilder();
        for (int i = 0; i <= last; i++) {
            if (wanted(types, i)) {
                out.append(i == last ? "id: " + revision() + "\n" : "").append(written(i));
            }
        }
        return text(out.toString());
    }

    private boolean wanted(Set<String> types, int index) {
        return types == null || types.contains(changeSet.changes().get(index).type());
    }

    private synchronized String written(int index) {
        if (written[index] == null) {
            written[index] = write(changeSet.changes().get(index));
        }
        return written[index];
    }

    private static String write(Change change) {
        ObjectNode data = JsonNodeFactory.instance.objectNode();
        String event = switch (change) {
            case Change.Put put -> {
                data.set(put.type(), ResourceJson.whole(put.resource(), null));
                yield put.created() ? "create" : "update";
            }
            case Change.Remove remove -> {
                ObjectNode gone = data.putObject(remove.type()).put("uuid", remove.uuid());
                gone.set("fq_name", ResourceJson.texts(remove.fqName()));
                yield "delete";
            }
        };
        return String.format(Locale.ROOT, "event: %s\ndata: %s\n\n", event, json(data));
    }

    /** One line: JSON written without indentation has no line breaks. */
    static String json(ObjectNode tree) {
        try {
            return JSON.writeValueAsString(tree);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree can always be written", e);
        }
    }

    static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
