package io.weft.config.resource;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Change-sets and objects as the JSON a store keeps. Pure functions; this form is Weft's own and not that of REST. */
public final class ResourceCodec {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;

    private ResourceCodec() {}

    public static byte[] encode(ChangeSet changeSet) {
        ObjectNode out = NODES.objectNode();
        out.put("revision", changeSet.revision());
        ArrayNode changes = out.putArray("changes");
        for (Change change : changeSet.changes()) {
            switch (change) {
                case Change.Put put ->
                    changes.addObject().put("created", put.created()).set("put", tree(put.resource()));
                case Change.Remove remove -> {
                    ObjectNode gone = changes.addObject().putObject("remove");
                    gone.put("type", remove.type()).put("uuid", remove.uuid());
                    remove.fqName().forEach(gone.withArray("fq_name")::add);
                }
            }
        }
        return bytes(out);
    }

    /** @throws IOException the bytes are not a change-set */
    public static ChangeSet decodeChangeSet(byte[] encoded) throws IOException {
        JsonNode tree = JSON.readTree(encoded);
        try {
            List<Change> changes = new ArrayList<>();
            for (JsonNode change : tree.path("changes")) {
                JsonNode put = change.get("put");
                JsonNode gone = change.path("remove");
                changes.add(
                        put != null
                                ? new Change.Put(
                                        resource(put), change.path("created").asBoolean())
                                : new Change.Remove(
                                        gone.path("type").textValue(),
                                        gone.path("uuid").textValue(),
                                        texts(gone.path("fq_name"))));
            }
            return new ChangeSet(tree.path("revision").longValue(), changes);
        } catch (IllegalArgumentException | NullPointerException e) {
            throw new IOException("not a change-set: " + e.getMessage(), e);
        }
    }

    public static byte[] encode(Resource resource) {
        return bytes(tree(resource));
    }

    /** @throws IOException the bytes are not an object */
    public static Resource decodeResource(byte[] encoded) throws IOException {
        try {
            return resource(JSON.readTree(encoded));
        } catch (IllegalArgumentException | NullPointerException e) {
            throw new IOException("not an object: " + e.getMessage(), e);
        }
    }

    private static byte[] bytes(ObjectNode tree) {
        try {
            return JSON.writeValueAsBytes(tree);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree can always be written", e);
        }
    }

    private static ObjectNode tree(Resource resource) {
        ObjectNode out = NODES.objectNode();
        out.put("type", resource.type()).put("uuid", resource.uuid());
        resource.fqName().forEach(out.putArray("fq_name")::add);
        if (resource.parentUuid() != null) {
            out.put("parent_type", resource.parentType()).put("parent_uuid", resource.parentUuid());
        }
        if (resource.derived()) {
            out.put("derived", true);
        }
        out.put("version", resource.version());
        ObjectNode properties = out.putObject("properties");
        resource.properties().forEach(properties::set);
        ObjectNode references = out.putObject("references");
        resource.references().forEach((type, refs) -> {
            ArrayNode list = references.putArray(type);
            for (Ref ref : refs) {
                ObjectNode one = list.addObject().put("uuid", ref.uuid());
                ref.to().forEach(one.putArray("to")::add);
                if (ref.attr() != null) {
                    one.set("attr", ref.attr());
                }
                if (ref.derived()) {
                    one.put("derived", true);
                }
                if (ref.relaxed()) {
                    one.put("relaxed", true);
                }
            }
        });
        return out;
    }

    private static Resource resource(JsonNode tree) {
        Map<String, JsonNode> properties = new TreeMap<>();
        tree.path("properties").properties().forEach(entry -> properties.put(entry.getKey(), entry.getValue()));
        Map<String, List<Ref>> references = new TreeMap<>();
        tree.path("references").properties().forEach(entry -> {
            List<Ref> refs = new ArrayList<>();
            for (JsonNode ref : entry.getValue()) {
                refs.add(new Ref(
                        entry.getKey(),
                        ref.path("uuid").textValue(),
                        texts(ref.path("to")),
                        ref.get("attr"),
                        ref.path("derived").asBoolean(),
                        ref.path("relaxed").asBoolean()));
            }
            references.put(entry.getKey(), refs);
        });
        return new Resource(
                tree.path("type").textValue(),
                tree.path("uuid").textValue(),
                texts(tree.path("fq_name")),
                tree.path("parent_type").textValue(),
                tree.path("parent_uuid").textValue(),
                tree.path("derived").asBoolean(),
                tree.path("version").longValue(),
                properties,
                references);
    }

    private static List<String> texts(JsonNode list) {
        List<String> out = new ArrayList<>();
        list.forEach(one -> out.add(one.textValue()));
        return out;
    }
}
