package io.weft.config.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.weft.config.resource.Resource;
import io.weft.config.resource.ResourceJson;
import io.weft.config.schema.ObjectType;
import io.weft.config.schema.PropertyType;
import io.weft.config.schema.RefusedException;
import io.weft.config.schema.Schema;
import io.weft.config.schema.Shown;
import io.weft.config.schema.TextFormat;
import io.weft.config.write.Committed;
import io.weft.config.write.ConfigWriter;
import io.weft.config.write.Operation;
import io.weft.config.write.PatchReader;
import io.weft.config.write.Subnet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The calls that are not about one type: names, references, collections, bulk lists, change-sets. */
final class ActionRoutes {
    /** What the discovery page says of an action. */
    record Action(String name, HttpMethod method) {}

    /** Path -> action, in the order of the discovery page; the names are those VNC clients look for. */
    static final Map<String, Action> LINKS = new LinkedHashMap<>();

    static {
        LINKS.put("/fqname-to-id", new Action("name-to-id", HttpMethod.POST));
        LINKS.put("/id-to-fqname", new Action("id-to-name", HttpMethod.POST));
        LINKS.put("/ref-update", new Action("ref-update", HttpMethod.POST));
        LINKS.put("/ref-relax-for-delete", new Action("ref-relax-for-delete", HttpMethod.POST));
        LINKS.put("/prop-collection-get", new Action("prop-collection-get", HttpMethod.GET));
        LINKS.put("/prop-collection-update", new Action("prop-collection-update", HttpMethod.POST));
        LINKS.put("/list-bulk-collection", new Action("list-bulk-collection", HttpMethod.POST));
        LINKS.put(
                "/virtual-network/%s/subnet-ip-count", new Action("virtual-network-subnet-ip-count", HttpMethod.POST));
        LINKS.put("/change-set", new Action("change-set", HttpMethod.POST));
    }

    private final Schema schema;
    private final ConfigWriter writer;
    private final OperationReader operations;

    ActionRoutes(Schema schema, ConfigWriter writer) {
        this.schema = schema;
        this.writer = writer;
        this.operations = new OperationReader(schema);
    }

    void add(Router router) {
        router.post("/fqname-to-id").handler(RestServer.guarded(this::nameToId));
        router.post("/id-to-fqname").handler(RestServer.guarded(this::idToName));
        router.post("/ref-update")
                .handler(RestServer.guarded(ctx -> answerUuid(ctx, operations.refUpdate(RestServer.body(ctx)))));
        router.post("/ref-relax-for-delete")
                .handler(RestServer.guarded(ctx -> answerUuid(ctx, operations.refRelax(RestServer.body(ctx)))));
        router.get("/prop-collection-get").handler(RestServer.guarded(this::collectionGet));
        router.post("/prop-collection-update")
                .handler(RestServer.guarded(ctx -> answerUuid(ctx, operations.collectionUpdate(RestServer.body(ctx)))));
        router.post("/list-bulk-collection").handler(RestServer.guarded(this::bulkList));
        router.post("/virtual-network/:id/subnet-ip-count").handler(RestServer.guarded(this::subnetCount));
        router.post("/change-set").handler(RestServer.guarded(this::changeSet));
    }

    private void nameToId(RoutingContext ctx) {
        JsonNode body = RestServer.body(ctx);
        ObjectType type = schema.type(OperationReader.text(body, "type"));
        List<String> name = PatchReader.names("fq_name", body.path("fq_name"));
        Resource found = name == null ? null : writer.image().named(type.name(), name);
        if (found == null) {
            throw RefusedException.notFound(type.name() + " " + Shown.of(body.path("fq_name")) + " does not exist");
        }
        RestServer.sendJson(ctx, JsonNodeFactory.instance.objectNode().put("uuid", found.uuid()));
    }

    private void idToName(RoutingContext ctx) {
        Resource found = existing(OperationReader.text(RestServer.body(ctx), "uuid"));
        ObjectNode out = JsonNodeFactory.instance.objectNode().put("type", found.type());
        out.set("fq_name", ResourceJson.texts(found.fqName()));
        RestServer.sendJson(ctx, out);
    }

    private Resource existing(String text) {
        String uuid = TextFormat.UUID.require("uuid", text);
        Resource found = writer.image().get(uuid);
        if (found == null) {
            throw RefusedException.notFound("uuid " + uuid + " does not exist");
        }
        return found;
    }

    private void answerUuid(RoutingContext ctx, Operation operation) {
        ObjectRoutes.submit(
                ctx,
                writer,
                operation,
                done -> RestServer.sendJson(
                        ctx,
                        JsonNodeFactory.instance
                                .objectNode()
                                .put("uuid", done.outcomes().getFirst().uuid())));
    }

    private void collectionGet(RoutingContext ctx) {
        String uuid = ctx.request().getParam("uuid");
        String fields = ctx.request().getParam("fields");
        if (uuid == null || fields == null) {
            throw RefusedException.bad("uuid and fields are required");
        }
        Resource resource = existing(uuid);
        String position = ctx.request().getParam("position");
        ObjectNode out = JsonNodeFactory.instance.objectNode();
        for (String field : fields.split(",")) {
            PropertyType property = schema.type(resource.type()).properties().get(field);
            if (property == null || property.collection() == PropertyType.Collection.NONE) {
                throw RefusedException.bad(
                        "fields: '" + Shown.of(field) + "' is not a list or map of " + resource.type());
            }
            addElements(out.putArray(field), property, resource.property(field), position);
        }
        RestServer.sendJson(ctx, out);
    }

    private static void addElements(ArrayNode out, PropertyType property, JsonNode value, String wanted) {
        if (value == null) {
            return;
        }
        int index = 0;
        for (JsonNode element : value.path(property.listField())) {
            String position = property.collection() == PropertyType.Collection.MAP
                    ? element.path(property.keyField()).asText()
                    : Integer.toString(index);
            if (wanted == null || wanted.equals(position)) {
                out.addArray().add(element).add(position);
            }
            index++;
        }
    }

    private void bulkList(RoutingContext ctx) {
        JsonNode body = RestServer.body(ctx);
        ObjectType type = schema.type(OperationReader.text(body, "type"));
        Map<String, String> parameters = new HashMap<>();
        for (Map.Entry<String, JsonNode> entry : body.properties()) {
            JsonNode value = entry.getValue();
            if (value.isArray()) {
                List<String> parts = new ArrayList<>();
                value.forEach(part -> parts.add(part.asText()));
                parameters.put(entry.getKey(), String.join(",", parts));
            } else if (value.isValueNode() && !value.isNull()) {
                parameters.put(entry.getKey(), value.asText());
            }
        }
        RestServer.sendJson(ctx, new ListQuery(schema, type, parameters).run(writer.image(), RestServer.baseUrl(ctx)));
    }

    private void subnetCount(RoutingContext ctx) {
        Resource network = writer.image().get("virtual-network", ctx.pathParam("id"));
        if (network == null) {
            throw RefusedException.notFound("virtual-network " + Shown.of(ctx.pathParam("id")) + " does not exist");
        }
        List<String> wanted =
                PatchReader.names("subnet_list", RestServer.body(ctx).path("subnet_list"));
        if (wanted == null) {
            throw RefusedException.bad("subnet_list is required and not given");
        }
        ObjectNode out = JsonNodeFactory.instance.objectNode();
        ArrayNode counts = out.putArray("ip_count_list");
        for (String uuid : wanted) {
            Subnet subnet = Subnet.of(network).stream()
                    .filter(one -> one.uuid().equals(uuid))
                    .findFirst()
                    .orElseThrow(() -> RefusedException.notFound(
                            "subnet_list: '" + Shown.of(uuid) + "' is no subnet of " + network.fullName()));
            counts.add(subnet.usedCount(writer.image().claims(), network.uuid()));
        }
        RestServer.sendJson(ctx, out);
    }

    private void changeSet(RoutingContext ctx) {
        List<Operation> wanted = operations.changeSet(RestServer.body(ctx));
        ObjectRoutes.submit(ctx, writer, wanted, true, done -> {
            ObjectNode out = JsonNodeFactory.instance.objectNode();
            out.put("revision", done.image().revision());
            ArrayNode results = out.putArray("results");
            for (Committed.Outcome outcome : done.outcomes()) {
                Resource resource = done.image().get(outcome.uuid());
                results.addObject()
                        .set(
                                outcome.type(),
                                resource == null
                                        ? JsonNodeFactory.instance.objectNode().put("uuid", outcome.uuid())
                                        : ResourceJson.whole(resource, RestServer.baseUrl(ctx)));
            }
            RestServer.sendJson(ctx, out);
        });
    }
}
