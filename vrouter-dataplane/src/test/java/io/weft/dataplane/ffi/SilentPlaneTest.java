package io.weft.dataplane.ffi;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A plane that takes requests and says nothing: the call ends at its limit, and the handle is dead. */
class SilentPlaneTest {
    private static final int EINVAL = 22;
    private static final int ETIMEDOUT = 110;
    private static final int TIMEOUT_MS = 300;

    @TempDir
    private Path folder;

    /** Answers HELLO with its equal; then only holds the connection. */
    private static SocketChannel greet(ServerSocketChannel server) {
        try {
            SocketChannel client = server.accept();
            int helloBytes = AbiLayout.MessageHeader.SIZE_BYTES + AbiLayout.HelloMsg.SIZE_BYTES;
            ByteBuffer frame = ByteBuffer.allocate(AbiLayout.FrameHeader.SIZE_BYTES + helloBytes)
                    .order(ByteOrder.LITTLE_ENDIAN);
            while (frame.hasRemaining()) {
                client.read(frame);
            }
            client.write(frame.flip());
            return client;
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test
    void aCallEndsAtItsLimitAndTheHandleIsDead() throws Exception {
        Path path = folder.resolve("plane.sock");
        LibWeft library = LibWeft.get();
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                Arena arena = Arena.ofConfined()) {
            server.bind(UnixDomainSocketAddress.of(path));
            CompletableFuture<SocketChannel> greeted = CompletableFuture.supplyAsync(() -> greet(server));
            MemorySegment out = arena.allocate(ADDRESS);
            MemorySegment text = arena.allocate(AbiCodes.WEFT_ERROR_TEXT_BYTES);
            int error = library.open(arena.allocateFrom("dpdk:" + path), arena.allocateFrom("test"), out, text);
            assertEquals(0, error, text.getString(0));
            MemorySegment handle = out.get(ADDRESS, 0);
            try (SocketChannel held = greeted.get(5, TimeUnit.SECONDS)) {
                assertTrue(held.isConnected());
                MemorySegment request = arena.allocate(AbiLayout.FrameHeader.SIZE_BYTES, 8);
                request.set(Wire.INT, AbiLayout.FrameHeader.BYTES, AbiLayout.FrameHeader.SIZE_BYTES);
                MemorySegment answer = arena.allocate(4096, 8);
                long started = System.nanoTime();
                assertEquals(-EINVAL, library.receive(handle, answer, 4096, TIMEOUT_MS), "nothing was sent");
                assertEquals(0, library.send(handle, request, 16, TIMEOUT_MS));
                assertEquals(-EINVAL, library.send(handle, request, 16, TIMEOUT_MS), "one at a time");
                assertEquals(-ETIMEDOUT, library.receive(handle, answer, 4096, TIMEOUT_MS));
                long spentMs = (System.nanoTime() - started) / 1_000_000;
                assertTrue(spentMs >= TIMEOUT_MS && spentMs < TIMEOUT_MS + 5_000, spentMs + " ms");
                // At once, not after ten more seconds: a late answer could not be told from the next one.
                assertEquals(-ETIMEDOUT, library.send(handle, request, 16, 60_000));
                assertEquals(-ETIMEDOUT, library.receive(handle, answer, 4096, 60_000));
                assertTrue((System.nanoTime() - started) / 1_000_000 < TIMEOUT_MS + 10_000);
            } finally {
                library.close(handle);
            }
        }
    }
}
