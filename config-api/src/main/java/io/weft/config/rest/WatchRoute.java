package io.weft.config.rest;

import io.vertx.core.Vertx;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.weft.config.schema.ObjectType;
import io.weft.config.schema.Schema;
import io.weft.config.watch.WatchHub;
import io.weft.config.watch.Watcher;
import java.util.LinkedHashSet;
import java.util.Set;

/** {@code GET /watch?resource_type=a,b}: server-sent events (docs/ARCHITECTURE.md, Config API). */
final class WatchRoute {
    private final Schema schema;
    private final WatchHub hub;
    private final Vertx vertx;
    private final long keepaliveMs;
    private final Set<String> allTypes = new LinkedHashSet<>();

    WatchRoute(Schema schema, WatchHub hub, Vertx vertx, long keepaliveMs) {
        this.schema = schema;
        this.hub = hub;
        this.vertx = vertx;
        this.keepaliveMs = keepaliveMs;
        schema.types().stream().map(ObjectType::name).forEach(allTypes::add);
    }

    void add(Router router) {
        router.get("/watch").handler(RestServer.guarded(this::watch));
    }

    private void watch(RoutingContext ctx) {
        String csv = ctx.request().getParam("resource_type");
        Set<String> types = null;
        if (csv != null && !csv.isEmpty()) {
            types = new LinkedHashSet<>();
            for (String name : csv.split(",")) {
                types.add(schema.type(name.strip()).name());
            }
        }
        String lastId = ctx.request().getHeader("Last-Event-ID");
        boolean number = lastId != null && lastId.matches("[0-9]{1,18}");
        Watcher.start(
                hub,
                vertx,
                ctx.response(),
                types,
                allTypes,
                number ? Long.parseLong(lastId) : -1,
                String.valueOf(ctx.request().remoteAddress()),
                keepaliveMs);
    }
}
