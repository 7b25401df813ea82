package io.weft.protocol.xmpp;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Streams of bytes in tests: stored texts, and what the parser makes of them. */
final class Streams {
    /** The opening of a stream, for bytes that begin behind it. */
    static final byte[] OPEN = new AgentEncoder("a6s17").streamOpen();

    private Streams() {}

    private static String resource(String path) {
        try (InputStream in = Streams.class.getResourceAsStream("/xmpp/" + path)) {
            if (in == null) {
                throw new IllegalArgumentException("no resource /xmpp/" + path);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(path, e);
        }
    }

    /** A golden file: its lines joined without their indentation; those that begin with # are comments. */
    static byte[] golden(String name) {
        return resource("golden/" + name)
                .lines()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.replaceFirst("^ +", ""))
                .collect(Collectors.joining())
                .getBytes(StandardCharsets.UTF_8);
    }

    /** A stream as an original peer writes it, blanks and all. */
    static byte[] original(String name) {
        return resource("original/" + name).getBytes(StandardCharsets.UTF_8);
    }

    static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    /** Fed in two pieces, cut at {@code cut}. */
    static List<StreamEvent> parse(byte[] bytes, int cut) throws XmppException {
        StreamParser parser = new StreamParser();
        List<StreamEvent> events = new ArrayList<>();
        // Buffers of their own: the parser must not keep what it was fed.
        byte[] first = Arrays.copyOfRange(bytes, 0, cut);
        parser.feed(first, 0, first.length, events::add);
        Arrays.fill(first, (byte) '!');
        byte[] second = Arrays.copyOfRange(bytes, cut, bytes.length);
        parser.feed(second, 0, second.length, events::add);
        return events;
    }

    static List<StreamEvent> parse(byte[] bytes) throws XmppException {
        return parse(bytes, bytes.length);
    }

    /** The stanzas of a piece of a stream behind its opening. */
    static List<Stanza> stanzas(byte[] bytes) throws XmppException {
        return parse(join(OPEN, bytes)).stream()
                .filter(StreamEvent.Received.class::isInstance)
                .map(event -> ((StreamEvent.Received) event).stanza())
                .toList();
    }

    /** Keepalives may come in other pieces when bytes do. */
    static List<StreamEvent> withoutKeepalives(List<StreamEvent> events) {
        return events.stream()
                .filter(event -> !(event instanceof StreamEvent.Keepalive))
                .toList();
    }
}
