package io.weft.agent.session;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.weft.protocol.xmpp.StreamEvent;
import io.weft.protocol.xmpp.StreamParser;
import io.weft.protocol.xmpp.XmppException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Connections over TCP. Bytes are parsed on the event loop and handed to the core's inbox; a full inbox ends the connection. */
public final class NettyConnector implements Connection.Connector {
    private static final Logger LOG = LoggerFactory.getLogger(NettyConnector.class);
    private static final int CONNECT_TIMEOUT_MS = 5_000;

    private final EventLoopGroup loop;
    private final Executor core;

    public NettyConnector(EventLoopGroup loop, Executor core) {
        this.loop = loop;
        this.core = core;
    }

    @Override
    public Connection connect(InetSocketAddress address, Connection.Listener listener) {
        Handler handler = new Handler(listener);
        ChannelFuture connecting = new Bootstrap()
                .group(loop)
                .channel(EpollSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MS)
                .handler(handler)
                .connect(address.getHostString(), address.getPort());
        connecting.addListener((ChannelFutureListener) done -> {
            if (!done.isSuccess()) {
                handler.tellClosed("cannot connect: " + done.cause().getMessage());
            }
        });
        return new NettyConnection(connecting.channel(), handler);
    }

    private record NettyConnection(Channel channel, Handler handler) implements Connection {
        @Override
        public void send(byte[] bytes) {
            channel.writeAndFlush(Unpooled.wrappedBuffer(bytes));
        }

        @Override
        public void close() {
            handler.told = true;
            channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
        }
    }

    private final class Handler extends SimpleChannelInboundHandler<ByteBuf> {
        private final Connection.Listener listener;
        private final StreamParser parser = new StreamParser(StreamParser.MAX_SERVER_STANZA_BYTES);
        private volatile boolean told;

        Handler(Connection.Listener listener) {
            this.listener = listener;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            hand(context, listener::connected);
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf bytes) {
            byte[] copy = new byte[bytes.readableBytes()];
            bytes.readBytes(copy);
            List<StreamEvent> events = new ArrayList<>();
            String broken = null;
            try {
                parser.feed(copy, 0, copy.length, events::add);
            } catch (XmppException e) {
                broken = "broken stream: " + e.getMessage();
            }
            if (!events.isEmpty()) {
                hand(context, () -> listener.received(events));
            }
            if (broken != null) {
                tellClosed(broken);
                context.close();
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            tellClosed("connection closed by the controller");
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            tellClosed("connection failed: " + cause.getMessage());
            context.close();
        }

        private void hand(ChannelHandlerContext context, Runnable event) {
            try {
                core.execute(event);
            } catch (RejectedExecutionException e) {
                LOG.warn("connection to a controller closed: {}", e.getMessage());
                context.close();
            }
        }

        private void tellClosed(String reason) {
            if (told) {
                return;
            }
            told = true;
            try {
                core.execute(() -> listener.closed(reason));
            } catch (RejectedExecutionException e) {
                LOG.warn("end of a connection ({}) found the inbox full; the hold timer will end it", reason);
            }
        }
    }
}
