package io.weft.controller.bgp;

import io.weft.protocol.bgp.BgpDecoder;
import io.weft.protocol.bgp.BgpException;
import io.weft.protocol.bgp.BgpMessage;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** A transport of which the test is the other end. */
final class Wires implements BgpTransport {
    /** One connection: what the speaker wrote, and whether it closed. */
    static final class Wire implements BgpLink {
        final List<BgpMessage> written = new ArrayList<>();
        final List<byte[]> bytes = new ArrayList<>();
        boolean writable = true;
        boolean closed;
        private final String host;

        Wire(String host) {
            this.host = host;
        }

        BgpMessage last() {
            return written.getLast();
        }

        @Override
        public String remote() {
            return host + ":179";
        }

        @Override
        public String remoteHost() {
            return host;
        }

        @Override
        public boolean writable() {
            return writable;
        }

        @Override
        public void write(byte[] message) {
            try {
                bytes.add(message);
                written.add(BgpDecoder.decode(message, true, true));
            } catch (BgpException e) {
                throw new AssertionError(e);
            }
        }

        @Override
        public void flush() {
            // every message is read at once
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    /** Attempts not yet answered. */
    final List<Long> attempts = new ArrayList<>();

    final List<InetSocketAddress> listens = new ArrayList<>();

    @Override
    public void connect(long attempt, InetSocketAddress remote, InetAddress local) {
        attempts.add(attempt);
    }

    @Override
    public void listen(InetSocketAddress address) {
        listens.add(address);
    }
}
