package io.weft.controller.bgp;

/** The core's end of one TCP connection to a peer. Calls never block. */
public interface BgpLink {
    /** For logs: {@code 192.0.2.9:179}. */
    String remote();

    /** IP address of the peer as text. */
    String remoteHost();

    /** False while too much waits to be sent; {@link BgpEvent.Writable} follows. */
    boolean writable();

    /** Queues a message; nothing leaves before {@link #flush}. */
    void write(byte[] message);

    void flush();

    /** Closes after what was written. */
    void close();
}
