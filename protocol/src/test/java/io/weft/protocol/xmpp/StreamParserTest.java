package io.weft.protocol.xmpp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.protocol.net.IpAddress;
import io.weft.protocol.net.MacAddress;
import io.weft.protocol.net.Prefix;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StreamParserTest {
    private static final String OPEN =
            "<?xml version='1.0'?><stream:stream from='a6s17' to='network-control@contrailsystems.com' "
                    + "version='1.0' xml:lang='en' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>";

    private static final List<Stanza.HostState> LIVENESS = List.of(
            new Stanza.HostState(IpAddress.parse("192.0.2.66"), false),
            new Stanza.HostState(IpAddress.parse("2001:db8::66"), true));

    static List<StreamEvent> parse(byte[] bytes, int piece) throws XmppException {
        StreamParser parser = new StreamParser();
        List<StreamEvent> events = new ArrayList<>();
        for (int at = 0; at < bytes.length; at += piece) {
            // A buffer of its own: the parser must not keep what it was fed.
            byte[] copy = java.util.Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + piece));
            parser.feed(copy, 0, copy.length, events::add);
        }
        return events;
    }

    private static List<StreamEvent> parse(String text) throws XmppException {
        return parse(text.getBytes(StandardCharsets.UTF_8), 1 << 16);
    }

    private static byte[] conversation() {
        AgentEncoder agent = new AgentEncoder("a6s17");
        NextHop hop = NextHop.of(
                IpAddress.parse("192.168.1.17"), MacAddress.parse("02:00:00:00:00:11"), 25, 7, List.of("udp", "vxlan"));
        RouteEntry entry = RouteEntry.of(Prefix.parse("10.1.0.3/32"), "default-domain:admin:vn1", List.of(hop));
        RouteEntry six = RouteEntry.of(Prefix.parse("fd00:1:1::3/128"), "default-domain:admin:vn1", List.of(hop));
        ConfigNode node = new ConfigNode(
                "virtual-network",
                "default-domain:admin:vné",
                XmlTree.fromJson(Map.of("virtual_network_network_id", 7, "list", List.of("a", "b <&> c"))));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : List.of(
                agent.streamOpen(),
                agent.keepalive(),
                agent.configSubscribe("virtual-router:default-global-system-config:a6s17"),
                agent.subscribe("default-domain:admin:vn1:vn1", 5, false),
                agent.publish("default-domain:admin:vn1:vn1", entry),
                agent.withdraw("default-domain:admin:vn1:vn1", six.prefix()),
                agent.endOfRib(),
                agent.liveness(LIVENESS),
                ServerEncoder.routes(
                        "a6s17",
                        new Stanza.RouteItems(
                                "default-domain:admin:vn1:vn1",
                                true,
                                List.of(six),
                                List.of(Prefix.parse("fd00::/64")),
                                OptionalLong.of(17))),
                ServerEncoder.endOfRib("a6s17"),
                ServerEncoder.config(
                        "virtual-router:default-global-system-config:a6s17",
                        new Stanza.ConfigUpdate(
                                List.of(node),
                                List.of(ConfigLink.of(
                                        new ConfigNode.Key("virtual-network", "n"),
                                        new ConfigNode.Key("network-ipam", "i"),
                                        XmlTree.fromJson(Map.of("ipam_subnets", List.of(Map.of("x", 1)))))),
                                List.of(),
                                List.of(new ConfigNode.Key("virtual-machine", "gone")),
                                OptionalLong.of(18))),
                agent.streamClose())) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }

    @Test
    void givesTheSameEventsForAnyPieces() throws XmppException {
        byte[] bytes = conversation();
        List<StreamEvent> whole = parse(bytes, bytes.length);
        assertEquals(new StreamEvent.StreamOpen("a6s17", Dialect.SERVER, ""), whole.getFirst());
        assertEquals(new StreamEvent.StreamClose(), whole.getLast());
        assertEquals(15, whole.size(), whole.toString());
        assertTrue(whole.stream()
                .noneMatch(event ->
                        event instanceof StreamEvent.Received received && received.stanza() instanceof Stanza.Ignored));
        for (int piece : new int[] {1, 2, 3, 7, 64, 1000}) {
            assertEquals(whole, parse(bytes, piece), "pieces of " + piece);
        }
    }

    @Test
    void carriesTheRevisionOfRoutesAndConfig() throws XmppException {
        List<Stanza> stanzas = new ArrayList<>();
        for (StreamEvent event : parse(conversation(), 100)) {
            if (event instanceof StreamEvent.Received received) {
                stanzas.add(received.stanza());
            }
        }
        Stanza.RouteItems items = stanzas.stream()
                .filter(Stanza.RouteItems.class::isInstance)
                .map(Stanza.RouteItems.class::cast)
                .findFirst()
                .orElseThrow();
        Stanza.ConfigUpdate update = (Stanza.ConfigUpdate) stanzas.getLast();
        assertEquals(OptionalLong.of(17), items.revision());
        assertEquals(Prefix.parse("fd00:1:1::3/128"), items.items().getFirst().prefix());
        assertEquals(OptionalLong.of(18), update.endOfConfig());
        assertEquals("default-domain:admin:vné", update.nodes().getFirst().name());
        assertEquals(
                List.of("a", "b <&> c"), update.nodes().getFirst().properties().texts("list"));
        assertEquals(
                "1",
                update.links().getFirst().attribute().text("ipam_subnets/x").orElseThrow());
    }

    @Test
    void writesLivenessAsAgreed() throws XmppException {
        AgentEncoder agent = new AgentEncoder("h1");
        byte[] bytes = agent.liveness(LIVENESS);
        assertEquals(
                "<iq type=\"set\" from=\"h1\" to=\"network-control@contrailsystems.com/bgp-peer\" id=\"liveness0\">"
                        + "<liveness xmlns=\"urn:weft:xmpp:1\"><host address=\"192.0.2.66\" state=\"down\"/>"
                        + "<host address=\"2001:db8::66\" state=\"up\"/></liveness></iq>",
                new String(bytes, StandardCharsets.UTF_8));
        assertEquals(
                new StreamEvent.Received(new Stanza.Liveness(LIVENESS)),
                parse(OPEN + new String(bytes, StandardCharsets.UTF_8)).getLast());
    }

    @Test
    void splitsLivenessOfManyHosts() throws XmppException {
        List<Stanza.HostState> many = new ArrayList<>();
        for (int i = 0; i < 2 * Dialect.MAX_HOSTS + 1; i++) {
            many.add(new Stanza.HostState(IpAddress.parse("10.0." + i / 256 + "." + i % 256), i % 3 == 0));
        }
        List<Stanza.HostState> read = new ArrayList<>();
        String text = new String(new AgentEncoder("h1").liveness(many), StandardCharsets.UTF_8);
        List<StreamEvent> events = parse(OPEN + text);
        assertEquals(1 + 3, events.size());
        events.stream()
                .skip(1)
                .forEach(event -> read.addAll(((Stanza.Liveness) ((StreamEvent.Received) event).stanza()).hosts()));
        assertEquals(many, read);
        assertEquals(0, new AgentEncoder("h1").liveness(List.of()).length);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "<iq type='set'><a></iq>|NOT_WELL_FORMED",
                "<iq a='1' a='2'/>|NOT_WELL_FORMED",
                "<xmlns:iq/>|NOT_WELL_FORMED",
                "<iq xmlns:xmlns='a'/>|NOT_WELL_FORMED",
                "<a:iq/>|NOT_WELL_FORMED",
                "<iq>&lol;</iq>|RESTRICTED_XML",
                "<!-- x -->|RESTRICTED_XML",
                "<?php x?>|RESTRICTED_XML",
                "stray text|BAD_FORMAT",
                "<iq type='set'><pubsub><publish node='1/1/a:b/10.0.0.1/33'/></pubsub></iq>|INVALID_XML",
                "<iq type='set'><pubsub><publish node='1/1/a:b/10.0.0.1/24'/></pubsub></iq>|INVALID_XML",
                "<iq type='set'><pubsub><subscribe node='a'/><options><instance-id>65536</instance-id></options></pubsub></iq>|INVALID_XML",
                "<iq type='set'><pubsub><subscribe/></pubsub></iq>|INVALID_XML",
                "<iq type='set'><liveness xmlns='urn:weft:xmpp:1'><host address='h2' state='up'/></liveness></iq>|INVALID_XML",
                "<iq type='set'><liveness xmlns='urn:weft:xmpp:1'><host address='10.0.0.1' state='?'/></liveness></iq>|INVALID_XML",
            })
    void refusesMalformedInputNamingTheCondition(String stanza, XmppException.Condition condition) {
        XmppException whole = assertThrows(XmppException.class, () -> parse(OPEN + stanza + "<iq/>"));
        assertEquals(condition, whole.condition(), whole.getMessage());
        byte[] bytes = (OPEN + stanza + "<iq/>").getBytes(StandardCharsets.UTF_8);
        assertEquals(
                condition,
                assertThrows(XmppException.class, () -> parse(bytes, 1)).condition());
    }

    /** Characters of one to four bytes, references and CDATA in attributes and text. */
    @Test
    void charactersCutInTheMiddleStayWhatTheyAre() throws XmppException {
        String odd = "aé€😀\u0200&#233;&#x20ac;&#128512;&#x1F600;&lt;&amp;&quot;z";
        String plain = "aé€😀\u0200é€😀😀<&\"z";
        String stanza = "<iq type='set'><pubsub><subscribe node='" + odd
                + "'/></pubsub></iq><iq type=\"set\"><config><update>" + "<node type=\"" + odd + "\"><name>" + odd
                + "</name><p>" + odd + "<![CDATA[é😀]]></p></node></update></config></iq>";
        byte[] bytes = (OPEN + stanza).getBytes(StandardCharsets.UTF_8);
        List<StreamEvent> whole = parse(bytes, bytes.length);
        assertEquals(new StreamEvent.Received(new Stanza.Subscribe(plain, 0, false)), whole.get(1));
        Stanza.ConfigUpdate update = (Stanza.ConfigUpdate) ((StreamEvent.Received) whole.get(2)).stanza();
        assertEquals(new ConfigNode.Key(plain, plain), update.nodes().getFirst().key());
        assertEquals(
                plain + "é😀", update.nodes().getFirst().properties().text("p").orElseThrow());
        for (int cut = 0; cut <= bytes.length; cut++) {
            assertEquals(whole, Streams.parse(bytes, cut), "cut at " + cut);
        }
        for (int piece = 1; piece < 8; piece++) {
            assertEquals(whole, parse(bytes, piece), "pieces of " + piece);
        }
    }

    @Test
    void largeStanzasAreNotGarbledWhereTheyAreSliced() throws XmppException {
        for (int shift = 0; shift < 4; shift++) {
            String name = "x".repeat(shift) + "😀".repeat(200);
            StringBuilder nodes = new StringBuilder();
            for (int i = 0; i < 40; i++) {
                nodes.append("<node type='")
                        .append(name)
                        .append("'><name>")
                        .append(i)
                        .append("</name></node>");
            }
            String stanza = "<iq type='set'><config><update>" + nodes + "</update></config></iq>";
            Stanza.ConfigUpdate update = (Stanza.ConfigUpdate)
                    ((StreamEvent.Received) parse(OPEN + stanza).get(1)).stanza();
            assertEquals(40, update.nodes().size());
            for (ConfigNode node : update.nodes()) {
                assertEquals(name, node.type());
            }
        }
    }

    @Test
    void refusesAFirstElementThatIsNoStream() {
        assertEquals(
                XmppException.Condition.BAD_FORMAT,
                assertThrows(XmppException.class, () -> parse("<iq/>")).condition());
    }

    @Test
    void refusesDocumentTypes() {
        XmppException thrown = assertThrows(
                XmppException.class,
                () -> parse("<!DOCTYPE a [<!ENTITY x 'y'>]>" + OPEN.substring(OPEN.indexOf("<stream"))));
        assertTrue(
                thrown.condition() == XmppException.Condition.RESTRICTED_XML
                        || thrown.condition() == XmppException.Condition.NOT_WELL_FORMED,
                thrown.getMessage());
    }

    @Test
    void boundsStanzaDepthSizeAndNames() {
        String deep = OPEN + "<a>".repeat(StreamParser.MAX_DEPTH + 1);
        assertEquals(
                XmppException.Condition.POLICY_VIOLATION,
                assertThrows(XmppException.class, () -> parse(deep)).condition());
        String large = OPEN + "<iq>" + "x".repeat(StreamParser.MAX_STANZA_BYTES + StreamParser.SLICE_BYTES);
        assertEquals(
                XmppException.Condition.POLICY_VIOLATION,
                assertThrows(XmppException.class, () -> parse(large)).condition());
        StringBuilder names = new StringBuilder(OPEN);
        for (int i = 0; i <= StreamParser.MAX_NAMES; i++) {
            names.append("<n").append(i).append("/>");
        }
        assertEquals(
                XmppException.Condition.POLICY_VIOLATION,
                assertThrows(XmppException.class, () -> parse(names.toString())).condition());
    }

    @Test
    void takesMoreOfAServerThanOfAnAgent() throws XmppException {
        byte[] large = (OPEN + "<iq>" + "x".repeat(2 * StreamParser.MAX_STANZA_BYTES) + "</iq>")
                .getBytes(StandardCharsets.UTF_8);
        List<StreamEvent> events = new ArrayList<>();
        new StreamParser(StreamParser.MAX_SERVER_STANZA_BYTES).feed(large, 0, large.length, events::add);
        assertEquals(2, events.size());
        assertThrows(XmppException.class, () -> parse(large, 1 << 16));
    }

    @Test
    void acceptsManyLargeStanzasBelowTheLimit() throws XmppException {
        String stanza = "<iq>" + "x".repeat(StreamParser.MAX_STANZA_BYTES / 2) + "</iq>";
        assertEquals(7, parse(OPEN + stanza.repeat(6)).size());
    }

    @Test
    void failsOnlyWithXmppExceptionOnDamagedStreams() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        byte[] good = conversation();
        int refused = 0;
        for (int round = 0; round < 3000; round++) {
            byte[] bad = good.clone();
            int changes = 1 + random.nextInt(4);
            for (int i = 0; i < changes; i++) {
                bad[random.nextInt(bad.length)] = (byte) random.nextInt(256);
            }
            try {
                parse(bad, 1 + random.nextInt(200));
            } catch (XmppException e) {
                refused++;
            }
        }
        assertTrue(refused > 1000, refused + " of 3000 refused");
    }
}
