package io.weft.protocol.xmpp;

import io.weft.protocol.net.IpAddress;
import io.weft.protocol.net.Prefix;
import java.util.List;
import java.util.Objects;

/** Writes what an agent sends. Counts the ids of its iqs: one per stream, one thread. */
public final class AgentEncoder {
    private final String jid;
    private long iqs;

    /** @param jid the host's name, e.g. {@code a6s17} */
    public AgentEncoder(String jid) {
        this.jid = Objects.requireNonNull(jid, "jid");
    }

    public byte[] streamOpen() {
        return Dialect.streamOpen(jid, Dialect.SERVER, "");
    }

    public byte[] streamClose() {
        return Dialect.streamClose();
    }

    /** The single character U+0200. */
    public byte[] keepalive() {
        return Dialect.keepalive();
    }

    public byte[] subscribe(String instance, int instanceId, boolean noRibout) {
        return subscription("subscribe", instance, instanceId, noRibout);
    }

    public byte[] unsubscribe(String instance, int instanceId) {
        return subscription("unsubscribe", instance, instanceId, false);
    }

    private byte[] subscription(String verb, String instance, int instanceId, boolean noRibout) {
        XmlWriter out = iq(verb, Dialect.ROUTES);
        out.start(verb).attribute("node", instance).end();
        out.start("options").leaf("instance-id", instanceId);
        if (noRibout) {
            out.leaf("no-ribout", "true");
        }
        return out.end().end().end().bytes();
    }

    /** Both iqs of a route that this agent has. */
    public byte[] publish(String instance, RouteEntry entry) {
        return routeIqs(instance, entry, "associate");
    }

    /** Both iqs of a route that this agent has no longer. */
    public byte[] withdraw(String instance, Prefix prefix) {
        return routeIqs(instance, RouteEntry.of(prefix, "", List.of()), "dissociate");
    }

    private byte[] routeIqs(String instance, RouteEntry entry, String verb) {
        String node = RouteNode.of(instance, entry.prefix()).toString();
        XmlWriter publish = iq("pubsub", Dialect.ROUTES);
        publish.start("publish").attribute("node", node).start("item");
        if (verb.equals("associate")) {
            RouteXml.encode(publish, entry);
        } else {
            publish.start("entry").start("nlri");
            publish.leaf("af", entry.prefix().isIpv6() ? 2 : 1).leaf("safi", 1);
            publish.leaf("address", entry.prefix().toString()).end().end();
        }
        publish.end().end().end().end();
        XmlWriter collection = iq("collection", Dialect.ROUTES);
        collection.start("collection").attribute("node", instance);
        collection.start(verb).attribute("node", node).end().end().end().end();
        return Dialect.join(publish.bytes(), collection.bytes());
    }

    /** This agent has published everything it had: an empty publish, then an empty collection. */
    public byte[] endOfRib() {
        XmlWriter publish = iq("pubsub", Dialect.ROUTES);
        publish.start("publish").end().end().end();
        XmlWriter collection = iq("collection", Dialect.ROUTES);
        collection.start("collection").end().end().end();
        return Dialect.join(publish.bytes(), collection.bytes());
    }

    /** @param node {@code virtual-router:…} or {@code virtual-machine:<uuid>} */
    public byte[] configSubscribe(String node) {
        return config("subscribe", node);
    }

    public byte[] configUnsubscribe(String node) {
        return config("unsubscribe", node);
    }

    private byte[] config(String verb, String node) {
        XmlWriter out = iq(verb, Dialect.CONFIG);
        return out.start(verb).attribute("node", node).end().end().end().bytes();
    }

    /**
     * What the plane knows of other hosts; only for a server that has shown {@link Dialect#WEFT}. As many iqs as {@link Dialect#MAX_HOSTS} asks for;
     * empty for no host.
     */
    public byte[] liveness(List<Stanza.HostState> hosts) {
        byte[] all = new byte[0];
        for (int at = 0; at < hosts.size(); at += Dialect.MAX_HOSTS) {
            XmlWriter out =
                    envelope("liveness", Dialect.ROUTES).start("liveness").attribute("xmlns", Dialect.WEFT);
            for (Stanza.HostState host : hosts.subList(at, Math.min(hosts.size(), at + Dialect.MAX_HOSTS))) {
                out.start("host")
                        .attribute("address", IpAddress.format(host.address()))
                        .attribute("state", host.up() ? "up" : "down")
                        .end();
            }
            all = Dialect.join(all, out.end().end().bytes());
        }
        return all;
    }

    private XmlWriter iq(String idPrefix, String resource) {
        return envelope(idPrefix, resource).start("pubsub").attribute("xmlns", Dialect.PUBSUB);
    }

    private XmlWriter envelope(String idPrefix, String resource) {
        return new XmlWriter()
                .start("iq")
                .attribute("type", "set")
                .attribute("from", jid)
                .attribute("to", Dialect.SERVER + resource)
                .attribute("id", idPrefix + iqs++);
    }
}
