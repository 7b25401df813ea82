package io.weft.controller.config;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.timeout.ReadTimeoutHandler;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows {@code GET /watch} of a config API: connects again with back-off when it ends and resumes after the last whole change-set. Changes
 * reach the sink on the event loop, which the sink may block.
 */
public final class WatchClient implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(WatchClient.class);
    private static final String PATH =
            "/watch?resource_type=global-system-config,global-vrouter-config,network-ipam,virtual-network,"
                    + "virtual-machine,virtual-machine-interface,instance-ip,virtual-router,routing-instance,route-target,"
                    + "security-group,access-control-list,bgp-router";
    private static final long FIRST_RETRY_MS = 50;
    private static final long LAST_RETRY_MS = 2000;

    /** Three of the comments that the config API sends every 10 s. */
    private static final int SILENCE_S = 30;

    private final EventLoopGroup group;
    private final InetSocketAddress address;
    private final Consumer<ConfigChange> sink;
    private volatile boolean closed;
    private volatile Channel channel;
    private long lastRevision = -1;
    private long retryMs = FIRST_RETRY_MS;
    private boolean reported;

    /** @param address host may be unresolved */
    public WatchClient(EventLoopGroup group, InetSocketAddress address, Consumer<ConfigChange> sink) {
        this.group = group;
        this.address = address;
        this.sink = sink;
    }

    /** Connects, now and for ever. */
    public void start() {
        Bootstrap bootstrap = new Bootstrap()
                .group(group)
                .channel(EpollSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 3000)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel made) {
                        made.pipeline()
                                .addLast(
                                        new HttpClientCodec(),
                                        new ReadTimeoutHandler(SILENCE_S, TimeUnit.SECONDS),
                                        new Handler());
                    }
                });
        connect(bootstrap);
    }

    private void connect(Bootstrap bootstrap) {
        if (closed) {
            return;
        }
        InetSocketAddress resolved = new InetSocketAddress(address.getHostString(), address.getPort());
        bootstrap.connect(resolved).addListener((ChannelFuture connected) -> {
            if (!connected.isSuccess()) {
                again(bootstrap, connected.channel(), String.valueOf(connected.cause()));
                return;
            }
            channel = connected.channel();
            if (closed) {
                channel.close();
            }
            channel.closeFuture().addListener(done -> again(bootstrap, connected.channel(), "the connection ended"));
        });
    }

    private void again(Bootstrap bootstrap, Channel of, String why) {
        if (closed) {
            return;
        }
        if (!reported) {
            reported = true;
            LOG.info("no config from {}:{}: {}; trying again", address.getHostString(), address.getPort(), why);
        }
        of.eventLoop().schedule(() -> connect(bootstrap), retryMs, TimeUnit.MILLISECONDS);
        retryMs = Math.min(LAST_RETRY_MS, 2 * retryMs);
    }

    @Override
    public void close() {
        closed = true;
        Channel open = channel;
        if (open != null) {
            open.close().syncUninterruptibly();
        }
    }

    private final class Handler extends SimpleChannelInboundHandler<HttpObject> {
        private final WatchDecoder decoder = new WatchDecoder(change -> {
            lastRevision = change.revision();
            retryMs = FIRST_RETRY_MS;
            if (reported) {
                LOG.info("config followed from revision {}", change.revision());
                reported = false;
            }
            sink.accept(change);
        });

        @Override
        public void channelActive(ChannelHandlerContext context) {
            DefaultFullHttpRequest request = new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, PATH);
            request.headers().set(HttpHeaderNames.HOST, address.getHostString() + ":" + address.getPort());
            request.headers().set(HttpHeaderNames.ACCEPT, "text/event-stream");
            if (lastRevision >= 0) {
                request.headers().set("Last-Event-ID", lastRevision);
            }
            context.writeAndFlush(request);
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, HttpObject message) {
            if (message instanceof HttpResponse response && response.status().code() != 200) {
                LOG.warn("config API answers {} to {}", response.status(), PATH);
                context.close();
                return;
            }
            if (message instanceof HttpContent content) {
                ByteBuf buffer = content.content();
                byte[] bytes = new byte[buffer.readableBytes()];
                buffer.readBytes(bytes);
                decoder.feed(bytes);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            LOG.warn("watch of the config API: {}", String.valueOf(cause));
            // Whatever could not be read was not applied: begin again with everything.
            lastRevision = -1;
            context.close();
        }
    }
}
