package io.weft.controller.xmpp;

import java.util.concurrent.CompletableFuture;

/** The core's end of one connection. Calls never block. */
public interface AgentLink {
    /** For logs, e.g. {@code 192.168.1.17:40112}. */
    String remote();

    /** IP address of the peer as text. */
    String remoteHost();

    /** False while too much waits to be sent; {@link CoreEvent.Writable} follows. */
    boolean writable();

    /** Queues bytes; nothing leaves before {@link #flush}. */
    void write(byte[] bytes);

    void flush();

    /** Closes after what was written; completes when it is closed. */
    CompletableFuture<Void> close();
}
