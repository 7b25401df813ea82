package io.weft.controller.bgp;

import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Opens connections and listens. Calls never block; what comes of them is told as {@link BgpEvent}. */
public interface BgpTransport {
    /**
     * @param attempt comes back with {@link BgpEvent.Connected} or {@link BgpEvent.ConnectFailed}
     * @param local address to connect from
     */
    void connect(long attempt, InetSocketAddress remote, InetAddress local);

    /**
     * Listens there and nowhere else; outcome: {@link BgpEvent.Listening}.
     *
     * @param address null: nowhere
     */
    void listen(InetSocketAddress address);
}
