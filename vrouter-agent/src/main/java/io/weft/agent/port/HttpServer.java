package io.weft.agent.port;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.unix.PeerCredentials;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A small HTTP/1.1 server on a unix socket or a TCP address. Each request is answered on a virtual thread of its own. On the unix socket
 * (mode 0600) only root and the user of this process are served; the peer's identity is taken from the socket (SO_PEERCRED).
 */
public final class HttpServer implements AutoCloseable {
    /** Answers one request; may block. Not called with a body above the limit. */
    public interface Handler {
        HttpReply handle(String method, String uri, String body) throws Exception;
    }

    private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);
    private static final int BODY_BYTES_MAX = 1 << 20;

    private final Channel channel;
    private final Path socket;

    private HttpServer(Channel channel, Path socket) {
        this.channel = channel;
        this.socket = socket;
    }

    /**
     * Listens on a unix socket; a socket file nobody listens on is replaced.
     *
     * @throws IOException somebody listens there, or the path cannot be used
     */
    public static HttpServer unix(EventLoopGroup loop, Path path, Handler handler) throws IOException {
        if (path.toAbsolutePath().getParent() != null) {
            Files.createDirectories(path.toAbsolutePath().getParent());
        }
        if (Files.exists(path)) {
            try (var probe = java.nio.channels.SocketChannel.open(java.net.StandardProtocolFamily.UNIX)) {
                probe.connect(java.net.UnixDomainSocketAddress.of(path));
                throw new IOException("socket " + path + " is in use by another process");
            } catch (java.net.ConnectException e) {
                LOG.info("replacing the abandoned socket {}", path);
                Files.delete(path);
            }
        }
        long uid = ((Number) Files.getAttribute(Path.of("/proc/self"), "unix:uid")).longValue();
        Channel channel = bind(
                new ServerBootstrap().channel(EpollServerDomainSocketChannel.class),
                loop,
                new DomainSocketAddress(path.toFile()),
                handler,
                uid);
        Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
        return new HttpServer(channel, path);
    }

    /** Listens on a TCP address; port 0 takes a free one. */
    public static HttpServer tcp(EventLoopGroup loop, InetSocketAddress address, Handler handler) throws IOException {
        InetSocketAddress resolved = new InetSocketAddress(address.getHostString(), address.getPort());
        return new HttpServer(
                bind(new ServerBootstrap().channel(EpollServerSocketChannel.class), loop, resolved, handler, -1), null);
    }

    private static Channel bind(
            ServerBootstrap bootstrap,
            EventLoopGroup loop,
            java.net.SocketAddress address,
            Handler handler,
            long ownUid)
            throws IOException {
        Executor executor = Executors.newVirtualThreadPerTaskExecutor();
        bootstrap.group(loop).childHandler(new ChannelInitializer<Channel>() {
            @Override
            protected void initChannel(Channel child) throws IOException {
                if (ownUid >= 0 && !allowed((EpollDomainSocketChannel) child, ownUid)) {
                    child.close();
                    return;
                }
                child.pipeline()
                        .addLast(new HttpServerCodec())
                        .addLast(new HttpObjectAggregator(BODY_BYTES_MAX))
                        .addLast(new RequestHandler(handler, executor));
            }
        });
        var bound = bootstrap.bind(address).awaitUninterruptibly();
        if (!bound.isSuccess()) {
            throw new IOException(
                    "cannot listen on " + address + ": " + bound.cause().getMessage(), bound.cause());
        }
        return bound.channel();
    }

    private static boolean allowed(EpollDomainSocketChannel child, long ownUid) throws IOException {
        PeerCredentials peer = child.peerCredentials();
        if (peer.uid() == 0 || peer.uid() == ownUid) {
            return true;
        }
        LOG.warn("port API refuses uid {} (pid {}): only root and uid {} may call", peer.uid(), peer.pid(), ownUid);
        return false;
    }

    /** Address of a TCP server. */
    public InetSocketAddress address() {
        return (InetSocketAddress) channel.localAddress();
    }

    @Override
    public void close() {
        channel.close().awaitUninterruptibly();
        if (socket != null) {
            try {
                Files.deleteIfExists(socket);
            } catch (IOException e) {
                LOG.warn("socket {} stays behind: {}", socket, e.getMessage());
            }
        }
    }

    private static final class RequestHandler extends SimpleChannelInboundHandler<FullHttpRequest> {
        private final Handler handler;
        private final Executor executor;

        RequestHandler(Handler handler, Executor executor) {
            this.handler = handler;
            this.executor = executor;
        }

        @Override
        protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
            boolean keep = HttpUtil.isKeepAlive(request);
            if (!request.decoderResult().isSuccess()) {
                write(context, HttpReply.json(400, "{\"error\":\"malformed request\"}"), false);
                return;
            }
            String method = request.method().name();
            String uri = request.uri();
            String body = request.content().toString(StandardCharsets.UTF_8);
            executor.execute(() -> {
                HttpReply reply;
                try {
                    reply = handler.handle(method, uri, body);
                } catch (Exception e) {
                    LOG.error("request {} {} failed", method, uri, e);
                    reply = HttpReply.json(500, "{\"error\":\"internal error, see the agent's log\"}");
                }
                write(context, reply, keep);
            });
        }

        private static void write(ChannelHandlerContext context, HttpReply reply, boolean keep) {
            byte[] body = reply.body().getBytes(StandardCharsets.UTF_8);
            DefaultFullHttpResponse response = new DefaultFullHttpResponse(
                    HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(reply.status()), Unpooled.wrappedBuffer(body));
            response.headers()
                    .set(HttpHeaderNames.CONTENT_TYPE, "application/json")
                    .setInt(HttpHeaderNames.CONTENT_LENGTH, body.length);
            reply.headers().forEach((name, value) -> response.headers().set(name, value));
            HttpUtil.setKeepAlive(response, keep);
            var written = context.writeAndFlush(response);
            if (!keep) {
                written.addListener(io.netty.channel.ChannelFutureListener.CLOSE);
            }
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            LOG.debug("connection of the port or introspect API closed: {}", cause.toString());
            context.close();
        }
    }
}
