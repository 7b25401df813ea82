package io.weft.protocol.xmpp;

import java.nio.charset.StandardCharsets;
import java.util.OptionalLong;

/** Writes what a control node sends. Stateless. */
public final class ServerEncoder {
    private ServerEncoder() {}

    /** @param id of the stream, e.g. {@code ++123} */
    public static byte[] streamOpen(String to, String id) {
        return Dialect.streamOpen(Dialect.SERVER, to, id);
    }

    public static byte[] streamClose() {
        return Dialect.streamClose();
    }

    /** RFC 6120 section 4.9; the stream must be closed after it. */
    public static byte[] streamError(XmppException.Condition condition) {
        return Dialect.streamError(condition);
    }

    /** The single character U+0200. */
    public static byte[] keepalive() {
        return Dialect.keepalive();
    }

    /** A whole routes message: {@link #routesHead} and {@link #routesBody}. */
    public static byte[] routes(String agent, Stanza.RouteItems items) {
        return Dialect.join(routesHead(agent, items.revision()), routesBody(items));
    }

    /** The part of a routes message that names the agent. */
    public static byte[] routesHead(String agent, OptionalLong revision) {
        XmlWriter out = new XmlWriter()
                .start("message")
                .attribute("from", Dialect.SERVER)
                .attribute("to", agent + Dialect.ROUTES);
        if (revision.isPresent()) {
            out.attribute("xmlns:weft", Dialect.WEFT).attribute("weft:revision", Long.toString(revision.getAsLong()));
        }
        return out.bytes();
    }

    /** The rest, equal for every subscriber that gets the same routes; the revision is not in it. */
    public static byte[] routesBody(Stanza.RouteItems items) {
        XmlWriter out = new XmlWriter()
                .start("event")
                .attribute("xmlns", Dialect.PUBSUB)
                .start("items")
                .attribute("node", (items.ipv6() ? "2/1/" : "1/1/") + items.instance());
        items.items().forEach(entry -> {
            out.start("item").attribute("id", entry.prefix().toString());
            RouteXml.encode(out, entry);
            out.end();
        });
        items.retracts()
                .forEach(prefix ->
                        out.start("retract").attribute("id", prefix.toString()).end());
        return Dialect.join(out.end().end().bytes(), "</message>".getBytes(StandardCharsets.UTF_8));
    }

    /** The initial routes are complete. */
    public static byte[] endOfRib(String agent) {
        return new XmlWriter()
                .start("message")
                .attribute("from", Dialect.SERVER)
                .attribute("to", agent + Dialect.ROUTES)
                .start("event")
                .attribute("xmlns", Dialect.PUBSUB)
                .start("items")
                .attribute("node", Dialect.END_OF_RIB)
                .end()
                .end()
                .end()
                .bytes();
    }

    /** @param routerNode {@code virtual-router:default-global-system-config:<host>} of the agent */
    public static byte[] config(String routerNode, Stanza.ConfigUpdate update) {
        XmlWriter out = new XmlWriter()
                .start("iq")
                .attribute("type", "set")
                .attribute("from", Dialect.SERVER)
                .attribute("to", routerNode + Dialect.CONFIG)
                .start("config");
        if (!update.nodes().isEmpty() || !update.links().isEmpty()) {
            out.start("update");
            update.nodes().forEach(node -> {
                out.start("node").attribute("type", node.type()).leaf("name", node.name());
                node.properties().write(out);
                out.end();
            });
            update.links().forEach(link -> link(out, link));
            out.end();
        }
        if (!update.deletedLinks().isEmpty() || !update.deletedNodes().isEmpty()) {
            out.start("delete");
            update.deletedLinks().forEach(link -> link(out, link));
            update.deletedNodes().forEach(key -> node(out, key));
            out.end();
        }
        update.endOfConfig()
                .ifPresent(revision -> out.start("end-of-config")
                        .attribute("xmlns", Dialect.WEFT)
                        .attribute("revision", Long.toString(revision))
                        .end());
        return out.end().end().bytes();
    }

    private static void node(XmlWriter out, ConfigNode.Key key) {
        out.start("node").attribute("type", key.type()).leaf("name", key.name()).end();
    }

    private static void link(XmlWriter out, ConfigLink link) {
        out.start("link");
        node(out, link.from());
        node(out, link.to());
        out.start("metadata").attribute("type", link.metadata());
        if (!link.attribute().isEmpty()) {
            out.start("value");
            link.attribute().write(out);
            out.end();
        }
        out.end().end();
    }
}
