package io.weft.config.rest;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import io.weft.config.schema.ObjectType;
import io.weft.config.schema.RefusedException;
import io.weft.config.schema.Schema;
import io.weft.config.schema.Shown;
import io.weft.config.watch.WatchHub;
import io.weft.config.write.ConfigWriter;
import java.net.InetSocketAddress;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The VNC REST API over HTTP/1.1. Reads are answered on the event loop from the image; writes go to the writer, whose answer comes back to the
 * connection's event loop. Refusals are plain text.
 */
public final class RestServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(RestServer.class);
    private static final int MAX_URI_BYTES = 32 * 1024;
    private static final int IDLE_SECONDS = 120;
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final int START_SECONDS = 20;

    /**
     * @param maxRequestBytes largest body
     * @param keepaliveMs between comment lines of a watch
     */
    public record Options(InetSocketAddress listen, int maxRequestBytes, long keepaliveMs) {}

    private final Vertx vertx;
    private final HttpServer server;
    private final InetSocketAddress address;

    private RestServer(Vertx vertx, HttpServer server, InetSocketAddress address) {
        this.vertx = vertx;
        this.server = server;
        this.address = address;
    }

    /** @throws IllegalStateException the address cannot be used */
    public static RestServer start(Schema schema, ConfigWriter writer, WatchHub hub, Options options) {
        Vertx vertx = Vertx.vertx(new VertxOptions()
                .setEventLoopPoolSize(2)
                .setWorkerPoolSize(1)
                .setInternalBlockingPoolSize(1)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        Router router = Router.router(vertx);
        router.route().handler(BodyHandler.create(false).setBodyLimit(options.maxRequestBytes));
        ActionRoutes actions = new ActionRoutes(schema, writer);
        actions.add(router);
        new WatchRoute(schema, hub, vertx, options.keepaliveMs).add(router);
        new ObjectRoutes(schema, writer).add(router);
        router.get("/").handler(guarded(ctx -> sendJson(ctx, discovery(schema, baseUrl(ctx)))));
        router.route().handler(guarded(RestServer::unknownPath));
        router.route().failureHandler(RestServer::failed);
        HttpServer server = vertx.createHttpServer(new HttpServerOptions()
                .setMaxInitialLineLength(MAX_URI_BYTES)
                .setTcpNoDelay(true)
                .setHttp2ClearTextEnabled(false)
                .setPerMessageWebSocketCompressionSupported(false)
                .setPerFrameWebSocketCompressionSupported(false)
                .setIdleTimeout(IDLE_SECONDS));
        server.requestHandler(request -> {
            if (readable(request.path())) {
                router.handle(request);
            } else {
                request.response()
                        .setStatusCode(400)
                        .putHeader("Content-Type", TEXT)
                        .end("path: '" + Shown.of(request.path()) + "' is not a path with valid % escapes");
            }
        });
        InetSocketAddress listen = options.listen;
        try {
            HttpServer listening = server.listen(listen.getPort(), listen.getHostString())
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(START_SECONDS, TimeUnit.SECONDS);
            return new RestServer(
                    vertx, listening, new InetSocketAddress(listen.getHostString(), listening.actualPort()));
        } catch (ExecutionException | TimeoutException e) {
            vertx.close();
            Throwable cause = e.getCause() == null ? e : e.getCause();
            throw new IllegalStateException("rest-listen " + listen + ": " + cause.getMessage(), cause);
        } catch (InterruptedException e) {
            vertx.close();
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while starting to listen on " + listen, e);
        }
    }

    /** With the real port. */
    public InetSocketAddress address() {
        return address;
    }

    /** The router throws at a bad escape; such a path is answered before it. */
    private static boolean readable(String path) {
        if (path == null || !path.startsWith("/")) {
            return false;
        }
        for (int at = path.indexOf('%'); at >= 0; at = path.indexOf('%', at + 1)) {
            boolean escape = at + 2 < path.length()
                    && Character.digit(path.charAt(at + 1), 16) >= 0
                    && Character.digit(path.charAt(at + 2), 16) >= 0;
            if (!escape) {
                return false;
            }
        }
        return true;
    }

    private static void unknownPath(RoutingContext ctx) {
        String[] parts = ctx.request().path().split("/");
        String what = parts.length > 1 ? parts[1] : "";
        throw RefusedException.notFound(
                "'" + Shown.of(what) + "' is neither a type nor an action of this API, or not with "
                        + ctx.request().method());
    }

    /** Turns what a handler throws into the answer. */
    static Handler<RoutingContext> guarded(Handler<RoutingContext> handler) {
        return ctx -> {
            try {
                handler.handle(ctx);
            } catch (RuntimeException e) {
                refuse(ctx, e);
            }
        };
    }

    /** What the router itself refuses: too large, a bad path. */
    private static void failed(RoutingContext ctx) {
        int status = ctx.statusCode() < 400 ? 500 : ctx.statusCode();
        if (status == 413) {
            refuse(ctx, new RefusedException(413, "body: larger than the limit (setting rest-max-request-bytes)"));
        } else if (ctx.failure() != null && status >= 500) {
            refuse(ctx, ctx.failure());
        } else {
            refuse(ctx, new RefusedException(status, "the request cannot be read (status " + status + ")"));
        }
    }

    static void refuse(RoutingContext ctx, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        RefusedException refused;
        if (cause instanceof RefusedException known) {
            refused = known;
        } else {
            LOG.error(
                    "{} {} failed",
                    ctx.request().method(),
                    Shown.of(ctx.request().path()),
                    cause);
            refused = new RefusedException(500, "internal error, see the server's log");
        }
        if (ctx.response().ended() || ctx.response().closed()) {
            return;
        }
        if (ctx.response().headWritten()) {
            ctx.response().reset();
            return;
        }
        ctx.response()
                .setStatusCode(refused.status())
                .putHeader("Content-Type", TEXT)
                .end(refused.getMessage());
    }

    static void sendJson(RoutingContext ctx, JsonNode tree) {
        if (ctx.response().ended() || ctx.response().closed()) {
            return;
        }
        ctx.response().putHeader("Content-Type", "application/json").end(Buffer.buffer(JsonBody.write(tree)));
    }

    static JsonNode body(RoutingContext ctx) {
        Buffer buffer = ctx.body().buffer();
        if (buffer == null || buffer.length() == 0) {
            throw RefusedException.bad("body: empty, want JSON");
        }
        return JsonBody.read(buffer.getBytes());
    }

    /** Where the client believes this server to be. */
    static String baseUrl(RoutingContext ctx) {
        String host = ctx.request().getHeader("Host");
        if (host == null || !host.matches("[A-Za-z0-9._:\\[\\]-]{1,255}")) {
            host = ctx.request().localAddress().toString();
        }
        return "http://" + host;
    }

    private static ObjectNode discovery(Schema schema, String base) {
        ObjectNode out = JsonNodeFactory.instance.objectNode().put("href", base);
        ArrayNode links = out.putArray("links");
        link(links, base + "/" + ObjectType.ROOT, ObjectType.ROOT, "root", null);
        for (ObjectType type : schema.types()) {
            link(links, base + "/" + type.collection(), type.name(), "collection", null);
            link(links, base + "/" + type.name(), type.name(), "resource-base", null);
        }
        ActionRoutes.LINKS.forEach((path, action) -> link(
                links, base + path, action.name(), "action", action.method().name()));
        link(links, base + "/watch", "watch", "action", HttpMethod.GET.name());
        return out;
    }

    private static void link(ArrayNode links, String href, String name, String rel, String method) {
        links.addObject()
                .putObject("link")
                .put("href", href)
                .put("name", name)
                .put("rel", rel)
                .put("method", method);
    }

    /** Stops listening and disconnects everyone. */
    @Override
    public void close() {
        try {
            server.close().toCompletionStage().toCompletableFuture().get(START_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("stopping the REST server: {}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try {
            vertx.close().toCompletionStage().toCompletableFuture().get(START_SECONDS, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            LOG.warn("stopping the event loops: {}", e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
