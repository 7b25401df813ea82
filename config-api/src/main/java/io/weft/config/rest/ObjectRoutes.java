package io.weft.config.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Context;
import io.vertx.core.MultiMap;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.weft.config.resource.Image;
import io.weft.config.resource.Resource;
import io.weft.config.resource.ResourceJson;
import io.weft.config.schema.ObjectType;
import io.weft.config.schema.RefusedException;
import io.weft.config.schema.Schema;
import io.weft.config.schema.Shown;
import io.weft.config.schema.TextFormat;
import io.weft.config.write.Committed;
import io.weft.config.write.ConfigWriter;
import io.weft.config.write.Operation;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** Create, read, update, delete and list, the same for every type of the schema. */
final class ObjectRoutes {
    private final Schema schema;
    private final ConfigWriter writer;
    private final OperationReader operations;

    ObjectRoutes(Schema schema, ConfigWriter writer) {
        this.schema = schema;
        this.writer = writer;
        this.operations = new OperationReader(schema);
    }

    void add(Router router) {
        for (ObjectType type : schema.types()) {
            String one = "/" + type.name() + "/:id";
            String all = "/" + type.collection();
            router.post(all).handler(RestServer.guarded(ctx -> create(ctx, type)));
            router.get(all).handler(RestServer.guarded(ctx -> list(ctx, type)));
            router.get(one).handler(RestServer.guarded(ctx -> read(ctx, type)));
            router.put(one).handler(RestServer.guarded(ctx -> update(ctx, type)));
            router.delete(one).handler(RestServer.guarded(ctx -> delete(ctx, type)));
        }
        ObjectType root = schema.type(ObjectType.ROOT);
        router.get("/" + ObjectType.ROOT).handler(RestServer.guarded(ctx -> list(ctx, root)));
    }

    /** The uuid in the path; what is no uuid is no object's. */
    private static String id(RoutingContext ctx) {
        String text = ctx.pathParam("id");
        return TextFormat.UUID
                .canonical(text)
                .orElseThrow(() -> RefusedException.notFound("'" + Shown.of(text) + "' is not the uuid of an object"));
    }

    private void create(RoutingContext ctx, ObjectType type) {
        submit(ctx, writer, operations.create(type, RestServer.body(ctx)), done -> {
            Resource resource = done.image().get(done.outcomes().getFirst().uuid());
            ObjectNode out = JsonNodeFactory.instance.objectNode();
            out.set(type.name(), ResourceJson.identity(resource, RestServer.baseUrl(ctx)));
            RestServer.sendJson(ctx, out);
        });
    }

    private void update(RoutingContext ctx, ObjectType type) {
        submit(ctx, writer, operations.update(type, id(ctx), RestServer.body(ctx)), done -> {
            ObjectNode out = JsonNodeFactory.instance.objectNode();
            out.putObject(type.name())
                    .put("uuid", id(ctx))
                    .put("href", ResourceJson.href(RestServer.baseUrl(ctx), type.name(), id(ctx)));
            RestServer.sendJson(ctx, out);
        });
    }

    private void delete(RoutingContext ctx, ObjectType type) {
        submit(
                ctx,
                writer,
                new Operation.Delete(type, id(ctx), false),
                done -> ctx.response().end());
    }

    /** Hands an operation to the writer; its answer or refusal comes back to this connection's event loop. */
    static void submit(RoutingContext ctx, ConfigWriter writer, Operation operation, Consumer<Committed> answer) {
        submit(ctx, writer, List.of(operation), false, answer);
    }

    static void submit(
            RoutingContext ctx,
            ConfigWriter writer,
            List<Operation> operations,
            boolean numbered,
            Consumer<Committed> answer) {
        Context context = ctx.vertx().getOrCreateContext();
        writer.submit(operations, numbered)
                .whenComplete((done, failure) -> context.runOnContext(nothing -> {
                    if (failure != null) {
                        RestServer.refuse(ctx, failure);
                    } else {
                        RestServer.guarded(same -> answer.accept(done)).handle(ctx);
                    }
                }));
    }

    private void read(RoutingContext ctx, ObjectType type) {
        Image image = writer.image();
        String id = id(ctx);
        Resource resource = image.get(type.name(), id);
        if (resource == null) {
            throw RefusedException.notFound(type.name() + " " + id + " does not exist");
        }
        ReadView view = ReadView.of(schema, type, parameters(ctx));
        JsonNode modified = resource.property("id_perms").path("last_modified");
        String etag = "\"" + modified.asText() + "\"";
        if (etag.equals(ctx.request().getHeader("If-None-Match"))) {
            ctx.response().setStatusCode(304).end();
            return;
        }
        ObjectNode out = JsonNodeFactory.instance.objectNode();
        out.set(type.name(), view.show(image, resource, RestServer.baseUrl(ctx)));
        ctx.response().putHeader("ETag", etag);
        RestServer.sendJson(ctx, out);
    }

    private void list(RoutingContext ctx, ObjectType type) {
        ListQuery query = new ListQuery(schema, type, parameters(ctx));
        RestServer.sendJson(ctx, query.run(writer.image(), RestServer.baseUrl(ctx)));
    }

    private static Map<String, String> parameters(RoutingContext ctx) {
        Map<String, String> out = new HashMap<>();
        MultiMap given = ctx.queryParams();
        given.names().forEach(name -> out.put(name, String.join(",", given.getAll(name))));
        return out;
    }
}
