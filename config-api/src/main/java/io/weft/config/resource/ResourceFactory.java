package io.weft.config.resource;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.config.schema.ObjectType;
import io.weft.config.schema.PropertyType;
import io.weft.config.schema.Schema;
import java.math.BigInteger;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/** Makes new objects with what every object has: id_perms, perms2, display_name and the schema's defaults. Thread-safe. */
public final class ResourceFactory {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    private static final DateTimeFormatter ISO = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS");
    private static final String OWNER = "cloud-admin";
    private static final int FULL_ACCESS = 7;

    private final Schema schema;
    private final InstantSource clock;

    public ResourceFactory(Schema schema, InstantSource clock) {
        this.schema = schema;
        this.clock = clock;
    }

    /**
     * @param parent or null
     * @param properties already checked against the type; they win over the defaults
     */
    public Resource create(
            String typeName,
            String uuid,
            List<String> fqName,
            Resource parent,
            boolean derived,
            Map<String, JsonNode> properties,
            Map<String, List<Ref>> references) {
        ObjectType type = schema.type(typeName);
        Map<String, JsonNode> all = new TreeMap<>();
        for (PropertyType property : type.properties().values()) {
            if (property.byDefault() != null) {
                all.put(property.name(), property.byDefault());
            }
        }
        all.put("display_name", NODES.textNode(fqName.getLast()));
        all.putAll(properties);
        all.put("id_perms", newIdPerms(uuid, properties.get("id_perms")));
        all.put("perms2", perms(properties.get("perms2")));
        return new Resource(
                typeName,
                uuid,
                fqName,
                parent == null ? null : parent.type(),
                parent == null ? null : parent.uuid(),
                derived,
                1,
                all,
                references);
    }

    /** The object with last_modified now. */
    public Resource modified(Resource resource) {
        ObjectNode idPerms = NODES.objectNode();
        if (resource.property("id_perms") instanceof ObjectNode present) {
            idPerms.setAll(present);
        }
        return resource.withProperty("id_perms", idPerms.put("last_modified", now()));
    }

    /** What a client may change of id_perms, over what the server keeps. */
    public static JsonNode mergedIdPerms(JsonNode present, JsonNode given) {
        ObjectNode out = NODES.objectNode();
        out.setAll((ObjectNode) present);
        for (String field : List.of("enable", "description", "creator", "user_visible", "permissions")) {
            if (given.has(field)) {
                out.set(field, given.get(field));
            }
        }
        return out;
    }

    private String now() {
        return ISO.format(LocalDateTime.ofInstant(clock.instant(), ZoneOffset.UTC));
    }

    private JsonNode newIdPerms(String uuid, JsonNode given) {
        ObjectNode out = NODES.objectNode();
        out.put("enable", true).put("user_visible", true);
        out.putObject("permissions")
                .put("owner", OWNER)
                .put("owner_access", FULL_ACCESS)
                .put("group", OWNER + "-group")
                .put("group_access", FULL_ACCESS)
                .put("other_access", FULL_ACCESS);
        UUID id = UUID.fromString(uuid);
        out.putObject("uuid")
                .<ObjectNode>set("uuid_mslong", unsigned(id.getMostSignificantBits()))
                .set("uuid_lslong", unsigned(id.getLeastSignificantBits()));
        out.put("created", now()).put("last_modified", now());
        return given == null ? out : mergedIdPerms(out, given);
    }

    /** The same node a JSON reader makes, so that a stored object equals itself when it is read again. */
    public static JsonNode number(long value) {
        boolean fits = value >= Integer.MIN_VALUE && value <= Integer.MAX_VALUE;
        return fits ? NODES.numberNode((int) value) : NODES.numberNode(value);
    }

    private static JsonNode unsigned(long bits) {
        if (bits >= 0) {
            return number(bits);
        }
        return NODES.numberNode(new BigInteger(Long.toUnsignedString(bits)));
    }

    private static JsonNode perms(JsonNode given) {
        ObjectNode out = NODES.objectNode();
        out.put("owner", OWNER).put("owner_access", FULL_ACCESS).put("global_access", 0);
        out.putArray("share");
        if (given instanceof ObjectNode fields) {
            out.setAll(fields);
        }
        return out;
    }
}
