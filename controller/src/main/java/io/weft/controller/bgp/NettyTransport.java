package io.weft.controller.bgp;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.GlobalEventExecutor;
import io.weft.controller.xmpp.Bound;
import io.weft.protocol.bgp.BgpException;
import io.weft.protocol.bgp.MessageSplitter;
import io.weft.protocol.net.IpAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.function.Consumer;

/** BGP over TCP. Events go to the sink from the event loop; the sink may block: that is the back-pressure. */
public final class NettyTransport implements BgpTransport, AutoCloseable {
    private static final WriteBufferWaterMark WATER = new WriteBufferWaterMark(256 << 10, 1 << 20);
    private static final int CONNECT_TIMEOUT_MS = 20_000;

    private final EventLoopGroup group;
    private final Consumer<BgpEvent> sink;
    private final ChannelGroup open = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
    private Channel listening;
    private volatile boolean closed;

    public NettyTransport(EventLoopGroup group, Consumer<BgpEvent> sink) {
        this.group = group;
        this.sink = sink;
    }

    @Override
    public void connect(long attempt, InetSocketAddress remote, InetAddress local) {
        if (closed) {
            return;
        }
        new Bootstrap()
                .group(group)
                .channel(EpollSocketChannel.class)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, CONNECT_TIMEOUT_MS)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER)
                .handler(new Handler(attempt))
                .connect(remote, new InetSocketAddress(local, 0))
                .addListener(done -> {
                    if (!done.isSuccess()) {
                        sink.accept(new BgpEvent.ConnectFailed(
                                attempt, String.valueOf(done.cause().getMessage())));
                    }
                });
    }

    @Override
    public synchronized void listen(InetSocketAddress address) {
        if (listening != null) {
            listening.close();
            listening = null;
        }
        if (address == null || closed) {
            return;
        }
        serverBootstrap().bind(address).addListener((ChannelFutureListener)
                done -> bound(address, done.channel(), done.cause()));
    }

    /** The sink is not called under the lock: it may wait for the core, which may be in {@link #listen}. */
    private void bound(InetSocketAddress asked, Channel channel, Throwable error) {
        if (error != null) {
            sink.accept(new BgpEvent.Listening(text(asked), String.valueOf(error.getMessage())));
            return;
        }
        synchronized (this) {
            if (closed || listening != null) {
                channel.close();
                return;
            }
            listening = channel;
        }
        sink.accept(new BgpEvent.Listening(text((InetSocketAddress) channel.localAddress()), ""));
    }

    /**
     * Listens at once.
     *
     * @throws IllegalStateException the address cannot be listened on
     */
    public synchronized InetSocketAddress listenNow(InetSocketAddress address) {
        listening = Bound.listen(serverBootstrap(), address, "bgp-listen");
        InetSocketAddress at = (InetSocketAddress) listening.localAddress();
        sink.accept(new BgpEvent.Listening(text(at), ""));
        return at;
    }

    private ServerBootstrap serverBootstrap() {
        return new ServerBootstrap()
                .group(group)
                .channel(EpollServerSocketChannel.class)
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new Handler(-1));
                    }
                });
    }

    /** Connections end without NOTIFICATION: peers keep the routes, this speaker may come back (RFC 4724). */
    @Override
    public void close() {
        closed = true;
        listen(null);
        open.close().awaitUninterruptibly();
    }

    private static String text(InetSocketAddress address) {
        String host = IpAddress.format(address.getAddress());
        return (host.contains(":") ? "[" + host + "]" : host) + ":" + address.getPort();
    }

    private final class Handler extends SimpleChannelInboundHandler<ByteBuf> {
        private final long attempt;
        private final MessageSplitter splitter = new MessageSplitter();
        private Link link;
        private String reason = "the peer closed the connection";
        private boolean broken;

        /** @param attempt -1: the peer connected */
        private Handler(long attempt) {
            this.attempt = attempt;
        }

        @Override
        public void channelActive(ChannelHandlerContext context) {
            open.add(context.channel());
            if (closed) {
                context.close();
                return;
            }
            link = new Link(context.channel());
            sink.accept(attempt < 0 ? new BgpEvent.Accepted(link) : new BgpEvent.Connected(attempt, link));
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf buffer) {
            if (broken) {
                return;
            }
            byte[] bytes = new byte[buffer.readableBytes()];
            buffer.readBytes(bytes);
            try {
                splitter.feed(bytes, message -> sink.accept(new BgpEvent.Received(link, message)));
            } catch (BgpException e) {
                broken = true;
                sink.accept(new BgpEvent.Broken(link, e));
            }
        }

        @Override
        public void channelWritabilityChanged(ChannelHandlerContext context) {
            if (context.channel().isWritable() && link != null) {
                sink.accept(new BgpEvent.Writable(link));
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            if (link != null) {
                sink.accept(new BgpEvent.Closed(link, reason));
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            reason = String.valueOf(cause.getMessage());
            context.close();
        }
    }

    private static final class Link implements BgpLink {
        private final Channel channel;
        private final InetSocketAddress remote;

        private Link(Channel channel) {
            this.channel = channel;
            this.remote = (InetSocketAddress) channel.remoteAddress();
        }

        @Override
        public String remote() {
            return text(remote);
        }

        @Override
        public String remoteHost() {
            return IpAddress.format(remote.getAddress());
        }

        @Override
        public boolean writable() {
            return channel.isWritable();
        }

        @Override
        public void write(byte[] message) {
            channel.write(Unpooled.wrappedBuffer(message), channel.voidPromise());
        }

        @Override
        public void flush() {
            channel.flush();
        }

        @Override
        public void close() {
            // From another thread each call is a task of the event loop: this one comes after the writes.
            channel.close();
        }
    }
}
