package io.weft.config.watch;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connected watch client. It reads the shared log as fast as its connection takes it; one that falls too far behind, or takes nothing
 * for three keepalives, is disconnected and may come back. All but {@link #wake} runs on the connection's event loop.
 */
public final class Watcher {
    private static final Logger LOG = LoggerFactory.getLogger(Watcher.class);
    private static final int WRITE_QUEUE_BYTES = 256 * 1024;
    private static final int MAX_STALLED_KEEPALIVES = 3;
    private static final Buffer KEEPALIVE = Buffer.buffer(":\n\n");

    private final WatchHub hub;
    private final Vertx vertx;
    private final Context context;
    private final HttpServerResponse response;
    private final Set<String> types;
    private final String peer;
    private final AtomicBoolean scheduled = new AtomicBoolean();
    private long position;
    private long timer;
    private int stalled;
    private boolean closed;

    private Watcher(
            WatchHub hub, Vertx vertx, HttpServerResponse response, Set<String> types, String peer, long position) {
        this.hub = hub;
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.response = response;
        this.types = types;
        this.peer = peer;
        this.position = position;
    }

    /**
     * Starts a watch on the current event loop.
     *
     * @param types asked for, or null for all
     * @param allTypes every type of the schema
     * @param lastEventId revision the client has seen, or negative
     * @param peer for the log
     * @param keepaliveMs between comment lines
     */
    public static void start(
            WatchHub hub,
            Vertx vertx,
            HttpServerResponse response,
            Set<String> types,
            Set<String> allTypes,
            long lastEventId,
            String peer,
            long keepaliveMs) {
        response.setChunked(true).setWriteQueueMaxSize(WRITE_QUEUE_BYTES);
        response.putHeader("Content-Type", "text/event-stream").putHeader("Cache-Control", "no-cache");
        Buffer first;
        long position;
        if (lastEventId >= 0 && hub.follows(lastEventId)) {
            position = lastEventId;
            first = KEEPALIVE;
        } else {
            var image = hub.image();
            position = image.revision();
            first = Buffer.buffer(WatchHub.init(image, types == null ? allTypes : types));
        }
        Watcher watcher = new Watcher(hub, vertx, response, types, peer, position);
        response.exceptionHandler(failure -> watcher.end("failed: " + failure.getMessage()));
        response.closeHandler(nothing -> watcher.end("closed"));
        response.drainHandler(nothing -> watcher.drain());
        watcher.timer = vertx.setPeriodic(keepaliveMs, id -> watcher.keepalive());
        watcher.write(first);
        hub.add(watcher);
    }

    /** There is something new; any thread. */
    void wake() {
        if (scheduled.compareAndSet(false, true)) {
            context.runOnContext(nothing -> {
                scheduled.set(false);
                drain();
            });
        }
    }

    private void drain() {
        while (!closed) {
            if (!hub.follows(position)) {
                disconnect("is too far behind, at revision " + position);
                return;
            }
            if (response.writeQueueFull()) {
                if (hub.lag(position) > hub.queueRevisions()) {
                    disconnect("does not read, at revision " + position);
                }
                return;
            }
            WatchEntry entry = hub.after(position);
            if (entry == null) {
                return;
            }
            position = entry.revision();
            write(Buffer.buffer(entry.events(types)));
        }
    }

    private void write(Buffer buffer) {
        response.write(buffer).onFailure(failure -> end("failed: " + failure.getMessage()));
    }

    private void keepalive() {
        if (!response.writeQueueFull()) {
            stalled = 0;
            write(KEEPALIVE);
        } else if (++stalled >= MAX_STALLED_KEEPALIVES) {
            disconnect("has taken nothing for " + stalled + " keepalives");
        }
    }

    private void disconnect(String why) {
        LOG.info("watch client {} {}: disconnected", peer, why);
        end("disconnected");
        response.reset();
    }

    private void end(String why) {
        if (!closed) {
            closed = true;
            LOG.debug("watch client {} {}", peer, why);
            vertx.cancelTimer(timer);
            hub.remove(this);
        }
    }
}
