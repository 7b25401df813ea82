package io.weft.agent.session;

import io.weft.agent.session.LearnedState.InstanceRoute;
import io.weft.protocol.xmpp.ConfigLink;
import io.weft.protocol.xmpp.ConfigNode;
import io.weft.protocol.xmpp.RouteEntry;
import io.weft.protocol.xmpp.ServerEncoder;
import io.weft.protocol.xmpp.Stanza;
import io.weft.protocol.xmpp.StreamEvent;
import io.weft.protocol.xmpp.StreamParser;
import io.weft.protocol.xmpp.XmppException;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.function.Consumer;

/**
 * {@link LearnedState} as bytes: a line {@code weft-agent-state 1 <SHA-256 of the rest, hex>}, then sections, each a line
 * {@code <name> <bytes>} and so many bytes. Section {@code config} and those named by a controller are what a controller would send: XMPP
 * streams. Pure.
 */
final class LearnedCodec {
    private static final String MAGIC = "weft-agent-state ";
    private static final int VERSION = 1;
    private static final String CONFIG = "config";
    private static final int ITEMS_MAX = 32;

    private LearnedCodec() {}

    static byte[] encode(LearnedState state) {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        section(body, CONFIG, stream -> {
            for (ConfigNode node : state.nodes()) {
                config(stream, List.of(node), List.of());
            }
            for (ConfigLink link : state.links()) {
                config(stream, List.of(), List.of(link));
            }
        });
        state.routes().forEach((controller, routes) -> section(body, controller, stream -> routes(stream, routes)));
        byte[] rest = body.toByteArray();
        ByteArrayOutputStream all = new ByteArrayOutputStream(rest.length + 100);
        all.writeBytes(head(rest).getBytes(StandardCharsets.US_ASCII));
        all.writeBytes(rest);
        return all.toByteArray();
    }

    private static String head(byte[] rest) {
        try {
            return MAGIC + VERSION + " "
                    + HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(rest)) + "\n";
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static void section(ByteArrayOutputStream into, String name, Consumer<ByteArrayOutputStream> content) {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        stream.writeBytes(ServerEncoder.streamOpen("agent", name));
        content.accept(stream);
        into.writeBytes((name + " " + stream.size() + "\n").getBytes(StandardCharsets.UTF_8));
        into.writeBytes(stream.toByteArray());
    }

    private static void config(ByteArrayOutputStream stream, List<ConfigNode> nodes, List<ConfigLink> links) {
        stream.writeBytes(ServerEncoder.config(
                "agent", new Stanza.ConfigUpdate(nodes, links, List.of(), List.of(), OptionalLong.empty())));
    }

    private static void routes(ByteArrayOutputStream stream, List<InstanceRoute> routes) {
        Map<String, List<RouteEntry>> lists = new TreeMap<>();
        for (InstanceRoute one : routes) {
            RouteEntry entry = RemoteRoutes.entry(one.route());
            List<RouteEntry> list = lists.computeIfAbsent(
                    (entry.prefix().isIpv6() ? "6" : "4") + one.instance(), absent -> new ArrayList<>());
            list.add(entry);
            if (list.size() == ITEMS_MAX) {
                items(stream, one.instance(), list);
                list.clear();
            }
        }
        lists.forEach((key, list) -> {
            if (!list.isEmpty()) {
                items(stream, key.substring(1), list);
            }
        });
    }

    private static void items(ByteArrayOutputStream stream, String instance, List<RouteEntry> list) {
        boolean six = list.getFirst().prefix().isIpv6();
        stream.writeBytes(ServerEncoder.routes(
                "agent", new Stanza.RouteItems(instance, six, list, List.of(), OptionalLong.empty())));
    }

    /**
     * @throws IllegalArgumentException what is wrong with the bytes
     */
    static LearnedState decode(byte[] bytes) {
        int at = lineEnd(bytes, 0);
        byte[] rest = Arrays.copyOfRange(bytes, at + 1, bytes.length);
        String head = new String(bytes, 0, at + 1, StandardCharsets.ISO_8859_1);
        if (!head.startsWith(MAGIC + VERSION + " ")) {
            throw new IllegalArgumentException("not a state of version " + VERSION);
        }
        if (!head.equals(head(rest))) {
            throw new IllegalArgumentException("checksum of " + rest.length + " bytes is wrong");
        }
        List<ConfigNode> nodes = new ArrayList<>();
        List<ConfigLink> links = new ArrayList<>();
        Map<String, List<InstanceRoute>> routes = new TreeMap<>();
        for (int from = 0; from < rest.length; ) {
            int end = lineEnd(rest, from);
            String line = new String(rest, from, end - from, StandardCharsets.UTF_8);
            int space = line.lastIndexOf(' ');
            int length = Integer.parseInt(line.substring(space + 1));
            List<InstanceRoute> of = new ArrayList<>();
            parse(rest, end + 1, length, stanza -> {
                switch (stanza) {
                    case Stanza.ConfigUpdate update -> {
                        nodes.addAll(update.nodes());
                        links.addAll(update.links());
                    }
                    case Stanza.RouteItems items ->
                        items.items()
                                .forEach(entry -> of.add(new InstanceRoute(items.instance(), RemoteRoutes.of(entry))));
                    default -> throw new IllegalArgumentException("a stanza that is no state: " + stanza);
                }
            });
            if (!of.isEmpty()) {
                routes.put(line.substring(0, space), of);
            }
            from = end + 1 + length;
        }
        return new LearnedState(nodes, links, routes);
    }

    private static int lineEnd(byte[] bytes, int from) {
        for (int i = from; i < bytes.length; i++) {
            if (bytes[i] == '\n') {
                return i;
            }
        }
        throw new IllegalArgumentException("ends within a line");
    }

    private static void parse(byte[] bytes, int from, int length, Consumer<Stanza> sink) {
        try {
            new StreamParser(StreamParser.MAX_SERVER_STANZA_BYTES).feed(bytes, from, length, event -> {
                if (event instanceof StreamEvent.Received received) {
                    sink.accept(received.stanza());
                }
            });
        } catch (XmppException e) {
            throw new IllegalArgumentException("a section cannot be read: " + e.getMessage(), e);
        }
    }
}
