package io.weft.agent.port;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.concurrent.ScheduledFuture;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * HTTP/1.1 client of the config API: one request at a time per connection, idle connections kept open. Any thread may ask; the
 * answers complete on the event loop. A request that met a connection the server had just closed is sent again once on a new one: every
 * request of the agent may be repeated.
 */
public final class ConfigApiClient implements ConfigRequests {
    private static final int ANSWER_BYTES_MAX = 16 << 20;
    private static final int IDLE_MAX = 8;

    private final InetSocketAddress address;
    private final EventLoopGroup loop;
    private final int timeoutMs;
    /** Touched on the event loop only. */
    private final Deque<Channel> idle = new ArrayDeque<>();

    /**
     * @param address unresolved or resolved address of the config API
     * @param loop group of one event loop
     * @param timeoutMs longest wait for a connection, and for an answer
     */
    public ConfigApiClient(InetSocketAddress address, EventLoopGroup loop, int timeoutMs) {
        this.address = address;
        this.loop = loop;
        this.timeoutMs = timeoutMs;
    }

    /** Opens a connection so that the first request need not wait. Failures show at the first request. */
    public void warm() {
        loop.execute(() -> connect().addListener(done -> {
            if (done.isSuccess()) {
                idle.push((Channel) done.getNow());
            }
        }));
    }

    @Override
    public CompletableFuture<Answer> post(String path, String body) {
        return send(HttpMethod.POST, path, body);
    }

    @Override
    public CompletableFuture<Answer> get(String path) {
        return send(HttpMethod.GET, path, "");
    }

    private CompletableFuture<Answer> send(HttpMethod method, String path, String body) {
        CompletableFuture<Answer> answer = new CompletableFuture<>();
        loop.execute(() -> {
            Channel channel = idle.poll();
            while (channel != null && !channel.isActive()) {
                channel = idle.poll();
            }
            if (channel != null) {
                exchange(channel, new Exchange(method, path, body, answer, true));
            } else {
                connectAndSend(new Exchange(method, path, body, answer, false));
            }
        });
        return answer;
    }

    private void connectAndSend(Exchange exchange) {
        connect().addListener(done -> {
            if (done.isSuccess()) {
                exchange((Channel) done.getNow(), exchange);
            } else {
                exchange.answer.completeExceptionally(new IOException(
                        "config API " + address.getHostString() + ":" + address.getPort() + " does not answer: "
                                + done.cause().getMessage(),
                        done.cause()));
            }
        });
    }

    private io.netty.util.concurrent.Future<Channel> connect() {
        io.netty.util.concurrent.Promise<Channel> promise = loop.next().newPromise();
        new Bootstrap()
                .group(loop)
                .channel(EpollSocketChannel.class)
                .option(ChannelOption.TCP_NODELAY, true)
                .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, timeoutMs)
                .handler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline().addLast(new HttpClientCodec());
                        channel.pipeline().addLast(new HttpObjectAggregator(ANSWER_BYTES_MAX));
                        channel.pipeline().addLast("answer", new AnswerHandler());
                    }
                })
                .connect(address.getHostString(), address.getPort())
                .addListener((io.netty.channel.ChannelFuture done) -> {
                    if (done.isSuccess()) {
                        promise.setSuccess(done.channel());
                    } else {
                        promise.setFailure(done.cause());
                    }
                });
        return promise;
    }

    private void exchange(Channel channel, Exchange exchange) {
        AnswerHandler handler = (AnswerHandler) channel.pipeline().get("answer");
        handler.begin(channel, exchange);
        ByteBuf content = Unpooled.copiedBuffer(exchange.body, StandardCharsets.UTF_8);
        DefaultFullHttpRequest request =
                new DefaultFullHttpRequest(HttpVersion.HTTP_1_1, exchange.method, exchange.path, content);
        request.headers()
                .set(HttpHeaderNames.HOST, address.getHostString() + ":" + address.getPort())
                .set(HttpHeaderNames.CONTENT_TYPE, "application/json")
                .setInt(HttpHeaderNames.CONTENT_LENGTH, content.readableBytes());
        channel.writeAndFlush(request).addListener(done -> {
            if (!done.isSuccess()) {
                handler.failed(
                        channel,
                        new IOException("config API connection: " + done.cause().getMessage()));
            }
        });
    }

    private record Exchange(
            HttpMethod method, String path, String body, CompletableFuture<Answer> answer, boolean again) {}

    private final class AnswerHandler extends SimpleChannelInboundHandler<FullHttpResponse> {
        private Exchange waiting;
        private ScheduledFuture<?> deadline;

        void begin(Channel channel, Exchange exchange) {
            waiting = exchange;
            deadline = channel.eventLoop()
                    .schedule(
                            () -> {
                                Exchange late = take();
                                if (late != null) {
                                    late.answer.completeExceptionally(
                                            new IOException("config API: no answer within " + timeoutMs + " ms"));
                                }
                                channel.close();
                            },
                            timeoutMs,
                            TimeUnit.MILLISECONDS);
        }

        private Exchange take() {
            Exchange exchange = waiting;
            waiting = null;
            if (deadline != null) {
                deadline.cancel(false);
                deadline = null;
            }
            return exchange;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpResponse response) {
            Exchange exchange = take();
            String body = response.content().toString(StandardCharsets.UTF_8);
            if (HttpUtil.isKeepAlive(response) && exchange != null && idle.size() < IDLE_MAX) {
                idle.push(context.channel());
            } else {
                context.close();
            }
            if (exchange != null) {
                exchange.answer.complete(new Answer(response.status().code(), body));
            }
        }

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            failed(context.channel(), new IOException("config API closed the connection"));
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            failed(context.channel(), new IOException("config API connection: " + cause.getMessage(), cause));
        }

        void failed(Channel channel, IOException why) {
            idle.remove(channel);
            channel.close();
            Exchange exchange = take();
            if (exchange == null) {
                return;
            }
            if (exchange.again) {
                connectAndSend(new Exchange(exchange.method, exchange.path, exchange.body, exchange.answer, false));
            } else {
                exchange.answer.completeExceptionally(why);
            }
        }
    }
}
