package io.weft.config.rest;

import com.fasterxml.jackson.databind.JsonNode;
import io.weft.config.schema.ObjectType;
import io.weft.config.schema.RefusedException;
import io.weft.config.schema.Schema;
import io.weft.config.schema.Shown;
import io.weft.config.write.ObjectPatch;
import io.weft.config.write.Operation;
import io.weft.config.write.PatchReader;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Reads the bodies of writes into operations. Thread-safe; every refusal is a 400 or 404 that names the field. */
final class OperationReader {
    private static final int MAX_OPERATIONS = 1000;
    private static final Set<String> KINDS = Set.of("create", "update", "delete", "ref-update");

    private final Schema schema;
    private final PatchReader patches;

    OperationReader(Schema schema) {
        this.schema = schema;
        this.patches = new PatchReader(schema);
    }

    Operation create(ObjectType type, JsonNode body) {
        return new Operation.Create(type, patches.read(type, PatchReader.inner(type, body)), false);
    }

    Operation update(ObjectType type, String uuid, JsonNode body) {
        return new Operation.Update(type, uuid, patches.read(type, PatchReader.inner(type, body)));
    }

    /** The body of {@code POST /change-set}. */
    List<Operation> changeSet(JsonNode body) {
        JsonNode list = body.path("operations");
        if (!list.isArray() || list.isEmpty() || list.size() > MAX_OPERATIONS) {
            throw RefusedException.bad("operations: want a list of 1.." + MAX_OPERATIONS + " operations");
        }
        List<Operation> out = new ArrayList<>();
        for (JsonNode one : list) {
            try {
                out.add(operation(one));
            } catch (RefusedException e) {
                throw new RefusedException(e.status(), "operation " + out.size() + ": " + e.getMessage());
            }
        }
        return out;
    }

    private Operation operation(JsonNode one) {
        String kind = null;
        for (Map.Entry<String, JsonNode> entry : one.properties()) {
            if (KINDS.contains(entry.getKey())) {
                if (kind != null) {
                    throw RefusedException.bad("both " + kind + " and " + entry.getKey());
                }
                kind = entry.getKey();
            } else if (!entry.getKey().equals("if_absent") && !entry.getKey().equals("if_present")) {
                throw RefusedException.bad("'" + Shown.of(entry.getKey()) + "' is not one of " + KINDS);
            }
        }
        if (kind == null) {
            throw RefusedException.bad("want one of create, update, delete, ref-update");
        }
        if (kind.equals("ref-update")) {
            return refUpdate(one.get(kind));
        }
        JsonNode body = one.get(kind);
        if (!body.isObject() || body.size() != 1) {
            throw RefusedException.bad(kind + ": want {\"<type>\":{...}}");
        }
        ObjectType type = schema.type(body.fieldNames().next());
        JsonNode object = PatchReader.inner(type, body);
        return switch (kind) {
            case "create" -> new Operation.Create(type, patches.read(type, object), flag(one, "if_absent"));
            case "update" -> {
                ObjectPatch patch = patches.read(type, object);
                yield new Operation.Update(type, required("uuid", patch.uuid()), patch);
            }
            default ->
                new Operation.Delete(
                        type, required("uuid", PatchReader.uuid("uuid", object.path("uuid"))), flag(one, "if_present"));
        };
    }

    private static boolean flag(JsonNode one, String name) {
        JsonNode value = one.path(name);
        if (!value.isMissingNode() && !value.isBoolean()) {
            throw RefusedException.bad(name + ": " + Shown.of(value) + " is not true or false");
        }
        return value.asBoolean();
    }

    private static String required(String field, String value) {
        if (value == null) {
            throw RefusedException.bad(field + " is required and not given");
        }
        return value;
    }

    /** The body of {@code POST /ref-update}. */
    Operation refUpdate(JsonNode body) {
        ObjectType type = schema.type(text(body, "type"));
        ObjectType refType = schema.type(text(body, "ref-type"));
        String uuid = required("uuid", PatchReader.uuid("uuid", body.path("uuid")));
        String refUuid = PatchReader.uuid("ref-uuid", body.path("ref-uuid"));
        List<String> refName = PatchReader.names("ref-fq-name", body.path("ref-fq-name"));
        if (refUuid == null && refName == null) {
            throw RefusedException.bad("neither ref-uuid nor ref-fq-name is given");
        }
        String operation = text(body, "operation");
        if (!operation.equals("ADD") && !operation.equals("DELETE")) {
            throw RefusedException.bad("operation: '" + Shown.of(operation) + "' is not ADD or DELETE");
        }
        return new Operation.RefUpdate(
                type,
                uuid,
                refType,
                refUuid,
                refName,
                operation.equals("ADD"),
                body.path("attr").isMissingNode() || body.path("attr").isNull() ? null : body.get("attr"),
                body.path("relax_ref_for_delete").asBoolean());
    }

    Operation refRelax(JsonNode body) {
        return new Operation.RefRelax(
                required("uuid", PatchReader.uuid("uuid", body.path("uuid"))),
                required("ref-uuid", PatchReader.uuid("ref-uuid", body.path("ref-uuid"))));
    }

    Operation collectionUpdate(JsonNode body) {
        String uuid = required("uuid", PatchReader.uuid("uuid", body.path("uuid")));
        JsonNode updates = body.path("updates");
        if (!updates.isArray() || updates.isEmpty() || updates.size() > MAX_OPERATIONS) {
            throw RefusedException.bad("updates: want a list of 1.." + MAX_OPERATIONS + " updates");
        }
        List<Operation.CollectionUpdate.Step> steps = new ArrayList<>();
        for (JsonNode update : updates) {
            JsonNode value = update.path("value");
            steps.add(new Operation.CollectionUpdate.Step(
                    text(update, "field"),
                    text(update, "operation"),
                    value.isMissingNode() || value.isNull() ? null : value,
                    update.path("position").isMissingNode()
                                    || update.path("position").isNull()
                            ? null
                            : update.path("position").asText()));
        }
        return new Operation.CollectionUpdate(uuid, steps);
    }

    /** A text that must be there. */
    static String text(JsonNode body, String field) {
        JsonNode value = body.path(field);
        if (!value.isTextual()) {
            throw RefusedException.bad(
                    field + ": " + (value.isMissingNode() ? "not given" : Shown.of(value)) + ", want a text");
        }
        return value.textValue();
    }
}
