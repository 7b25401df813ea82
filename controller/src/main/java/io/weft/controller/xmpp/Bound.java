package io.weft.controller.xmpp;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import java.net.InetSocketAddress;

/** Listening sockets with an error an operator understands. */
public final class Bound {
    private Bound() {}

    /**
     * @param address host may be unresolved
     * @throws IllegalStateException naming setting and address
     */
    public static Channel listen(ServerBootstrap bootstrap, InetSocketAddress address, String setting) {
        InetSocketAddress resolved = new InetSocketAddress(address.getHostString(), address.getPort());
        ChannelFuture future = bootstrap.bind(resolved).awaitUninterruptibly();
        if (!future.isSuccess()) {
            throw new IllegalStateException(
                    "setting '" + setting + "': cannot listen on " + address.getHostString() + ":" + address.getPort()
                            + ": " + future.cause().getMessage(),
                    future.cause());
        }
        return future.channel();
    }
}
