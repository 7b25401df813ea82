package io.weft.controller.xmpp;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.weft.protocol.xmpp.ServerEncoder;
import io.weft.protocol.xmpp.StreamEvent;
import io.weft.protocol.xmpp.StreamParser;
import io.weft.protocol.xmpp.XmppException;
import io.weft.protocol.xmpp.XmppException.Condition;
import java.net.InetSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** Listens for agents: bytes to events on the event loop, events to the core. The sink may block: that is the back-pressure on all agents. */
public final class XmppServer implements AutoCloseable {
    private static final WriteBufferWaterMark WATER = new WriteBufferWaterMark(256 << 10, 1 << 20);

    private final Channel listening;

    /** @throws IllegalStateException the address cannot be listened on */
    public XmppServer(EventLoopGroup group, InetSocketAddress address, Consumer<CoreEvent> sink) {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(group)
                .channel(EpollServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new Handler(sink));
                    }
                });
        listening = Bound.listen(bootstrap, address, "xmpp-listen");
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) listening.localAddress();
    }

    @Override
    public void close() {
        listening.close().syncUninterruptibly();
    }

    private static final class Handler extends SimpleChannelInboundHandler<ByteBuf> {
        private final Consumer<CoreEvent> sink;
        private final StreamParser parser = new StreamParser();
        private Link link;
        private String reason = "the peer closed the connection";
        private boolean opened;
        private boolean broken;

        private Handler(Consumer<CoreEvent> sink) {
            this.sink = sink;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            link = new Link(context.channel());
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf buffer) {
            if (broken) {
                return;
            }
            byte[] bytes = new byte[buffer.readableBytes()];
            buffer.readBytes(bytes);
            try {
                parser.feed(bytes, 0, bytes.length, this::event);
            } catch (XmppException e) {
                breakStream(e.condition(), e.getMessage());
            }
        }

        private void event(StreamEvent event) {
            if (broken) {
                return;
            }
            switch (event) {
                case StreamEvent.StreamOpen open -> {
                    if (open.from().isEmpty() || open.from().length() > 255) {
                        breakStream(Condition.INVALID_FROM, "stream from '" + open.from() + "'");
                        return;
                    }
                    opened = true;
                    sink.accept(new CoreEvent.Opened(link, open.from()));
                }
                case StreamEvent.StreamClose close -> {
                    reason = "the peer closed the stream";
                    link.close();
                }
                case StreamEvent.Keepalive keepalive -> sink.accept(new CoreEvent.Heard(link));
                case StreamEvent.Received received -> sink.accept(new CoreEvent.Received(link, received.stanza()));
            }
        }

        private void breakStream(Condition condition, String why) {
            broken = true;
            reason = "broken stream: " + why;
            link.write(ServerEncoder.streamError(condition));
            link.write(ServerEncoder.streamClose());
            link.flush();
            link.close();
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            if (context.channel().isWritable() && opened) {
                sink.accept(new CoreEvent.Writable(link));
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (opened) {
                sink.accept(new CoreEvent.Closed(link, reason));
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            // What is still being written when the channel closes fails too: a consequence, not the reason.
            if (!broken && !(cause instanceof ClosedChannelException)) {
                reason = String.valueOf(cause);
            }
            context.close();
        }
    }

    private static final class Link implements AgentLink {
        private final Channel channel;
        private final InetSocketAddress remote;
        private volatile boolean unflushed;

        private Link(Channel channel) {
            this.channel = channel;
            this.remote = (InetSocketAddress) channel.remoteAddress();
        }

        @Override
        public String remote() {
            return remoteHost() + ":" + remote.getPort();
        }

        @Override
        public String remoteHost() {
            return remote.getAddress().getHostAddress();
        }

        @Override
        public boolean writable() {
            return channel.isWritable();
        }

        @Override
        public void write(byte[] bytes) {
            unflushed = true;
            channel.write(Unpooled.wrappedBuffer(bytes), channel.voidPromise());
        }

        @Override
        public void flush() {
            if (unflushed) {
                unflushed = false;
                channel.flush();
            }
        }

        @Override
        public CompletableFuture<Void> close() {
            CompletableFuture<Void> done = new CompletableFuture<>();
            channel.close().addListener(future -> done.complete(null));
            return done;
        }
    }
}
