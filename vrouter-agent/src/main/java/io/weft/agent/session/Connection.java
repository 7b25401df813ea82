package io.weft.agent.session;

import io.weft.protocol.xmpp.StreamEvent;
import java.net.InetSocketAddress;
import java.util.List;

/** A byte stream to a controller. Made by a Connector; calls and events are the core thread's. */
public interface Connection {
    /** Queues bytes; they leave in order. */
    void send(byte[] bytes);

    /** Ends it; no event follows. */
    void close();

    /** What happens on a connection, told on the core thread. Nothing is told after {@link #closed}. */
    interface Listener {
        void connected();

        void received(List<StreamEvent> events);

        /** It failed or ended, for a reason an operator understands. */
        void closed(String reason);
    }

    /** Opens connections; does not block. */
    interface Connector {
        Connection connect(InetSocketAddress address, Listener listener);
    }
}
