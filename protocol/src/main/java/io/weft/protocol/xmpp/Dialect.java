package io.weft.protocol.xmpp;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Names of OpenContrail's dialect (reference section 4.2). */
public final class Dialect {
    /** Bare JID of every control node. */
    public static final String SERVER = "network-control@contrailsystems.com";

    /** Prefix of the config node of a host: {@code virtual-router:default-global-system-config:<host>}. */
    public static final String VIRTUAL_ROUTER = "virtual-router:";

    /** Prefix of the config node of a virtual machine. */
    public static final String VIRTUAL_MACHINE = "virtual-machine:";

    /** Namespace of what Weft adds. */
    public static final String WEFT = "urn:weft:xmpp:1";

    /** Routes in one message, at most. */
    public static final int MAX_ITEMS = 32;

    /** Retractions in one message, at most. */
    public static final int MAX_RETRACTS = 256;

    /** Next hops of one route, at most: what a plane can hold. */
    public static final int MAX_NEXT_HOPS = 128;

    /** Next hops in one message after which no further route is added: keeps messages far below the receiver's limit. */
    public static final int MAX_MESSAGE_NEXT_HOPS = 512;

    /** Hosts in one liveness iq, at most. */
    public static final int MAX_HOSTS = 1024;

    static final String PUBSUB = "http://jabber.org/protocol/pubsub";
    static final String END_OF_RIB = "0/0/EndOfRib";
    static final String ROUTES = "/bgp-peer";
    static final String CONFIG = "/config";

    private Dialect() {}

    static byte[] streamOpen(String from, String to, String id) {
        XmlWriter out = new XmlWriter();
        out.start("stream:stream").attribute("from", from).attribute("to", to);
        if (!id.isEmpty()) {
            out.attribute("id", id);
        }
        out.attribute("version", "1.0")
                .attribute("xml:lang", "en")
                .attribute("xmlns", "jabber:client")
                .attribute("xmlns:stream", "http://etherx.jabber.org/streams");
        byte[] head = "<?xml version='1.0'?>".getBytes(StandardCharsets.UTF_8);
        return join(head, out.bytes());
    }

    static byte[] streamClose() {
        return "</stream:stream>".getBytes(StandardCharsets.UTF_8);
    }

    static byte[] keepalive() {
        return new byte[] {(byte) 0xc8, (byte) 0x80};
    }

    static byte[] streamError(XmppException.Condition condition) {
        return new XmlWriter()
                .start("stream:error")
                .start(condition.wireName())
                .attribute("xmlns", "urn:ietf:params:xml:ns:xmpp-streams")
                .end()
                .end()
                .bytes();
    }

    static byte[] join(byte[] left, byte[] right) {
        byte[] both = Arrays.copyOf(left, left.length + right.length);
        System.arraycopy(right, 0, both, left.length, right.length);
        return both;
    }
}
