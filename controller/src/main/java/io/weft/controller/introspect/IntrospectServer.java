package io.weft.controller.introspect;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.weft.controller.xmpp.Bound;
import io.weft.controller.xmpp.CoreEvent;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/** JSON pages about the running controller; GET only. The core answers; this writes. */
public final class IntrospectServer implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

    private final Channel listening;

    /** @throws IllegalStateException the address cannot be listened on */
    public IntrospectServer(EventLoopGroup group, InetSocketAddress address, Consumer<CoreEvent> sink) {
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(group)
                .channel(EpollServerSocketChannel.class)
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel channel) {
                        channel.pipeline()
                                .addLast(new HttpServerCodec(), new HttpObjectAggregator(65536), new Handler(sink));
                    }
                });
        listening = Bound.listen(bootstrap, address, "introspect-listen");
    }

    public InetSocketAddress address() {
        return (InetSocketAddress) listening.localAddress();
    }

    @Override
    public void close() {
        listening.close().syncUninterruptibly();
    }

    private static final class Handler extends SimpleChannelInboundHandler<FullHttpRequest> {
        private final Consumer<CoreEvent> sink;

        private Handler(Consumer<CoreEvent> sink) {
            this.sink = sink;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
            boolean keep = HttpUtil.isKeepAlive(request);
            if (!request.method().equals(HttpMethod.GET)) {
                reply(context, HttpResponseStatus.METHOD_NOT_ALLOWED, Map.of("error", "only GET"), keep);
                return;
            }
            QueryStringDecoder query = new QueryStringDecoder(request.uri());
            Map<String, String> parameters = new HashMap<>();
            query.parameters().forEach((name, values) -> parameters.put(name, values.getFirst()));
            CompletableFuture<Optional<Object>> answer = new CompletableFuture<>();
            String path = query.path();
            answer.thenAccept(found -> context.executor()
                    .execute(() -> reply(
                            context,
                            found.isPresent() ? HttpResponseStatus.OK : HttpResponseStatus.NOT_FOUND,
                            found.orElse(Map.of("error", "nothing at " + path + " " + parameters)),
                            keep)));
            sink.accept(new CoreEvent.Asked(path, parameters, answer));
        }

        private static void reply(ChannelHandlerContext context, HttpResponseStatus status, Object body, boolean keep) {
            byte[] bytes;
            try {
                bytes = (JSON.writeValueAsString(body) + "\n").getBytes(StandardCharsets.UTF_8);
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("maps and lists can always be written", e);
            }
            FullHttpResponse response =
                    new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.wrappedBuffer(bytes));
            response.headers().set(HttpHeaderNames.CONTENT_TYPE, "application/json");
            response.headers().set(HttpHeaderNames.CONTENT_LENGTH, bytes.length);
            HttpUtil.setKeepAlive(response, keep);
            var written = context.writeAndFlush(response);
            if (!keep) {
                written.addListener(ChannelFutureListener.CLOSE);
            }
        }
    }
}
