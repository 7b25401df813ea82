package io.weft.protocol.xmpp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.protocol.net.IpAddress;
import io.weft.protocol.net.MacAddress;
import io.weft.protocol.net.Prefix;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every encoder against the bytes of reference section 4 (src/test/resources/xmpp), and those bytes through the parser. */
class GoldenStreamsTest {
    private static final String VN1 = "default-domain:admin:vn1:vn1";
    private static final String NETWORK = "default-domain:admin:vn1";
    private static final String ROUTER = "virtual-router:default-global-system-config:a6s17";
    private static final String MACHINE = "virtual-machine:7d9a2d2e-3a33-4b17-9b0a-0d4b5a9d0001";
    private static final Prefix HOST = Prefix.parse("10.1.0.3/32");
    private static final NextHop HOP = NextHop.of(
            IpAddress.parse("192.168.1.17"), MacAddress.parse("02:00:00:00:00:11"), 25, 7, List.of("udp", "vxlan"));

    /**
     * A golden file.
     *
     * @param encoded what the encoders make
     * @param stanzas what the bytes mean
     */
    record Golden(String file, byte[] encoded, List<Stanza> stanzas) {
        @Override
        public String toString() {
            return file;
        }
    }

    private static RouteEntry wholeEntry() {
        NextHop first = new NextHop(
                HOP.address(),
                HOP.mac(),
                25,
                7,
                HOP.encapsulations(),
                List.of(131073L, 4294967295L),
                "default-domain:admin:other");
        NextHop second =
                new NextHop(IpAddress.parse("2001:db8::17"), Optional.empty(), 0, 0, List.of("gre"), List.of(), "");
        return new RouteEntry(
                HOST,
                List.of(first, second),
                NETWORK,
                List.of(8000001L, 8000002L),
                200,
                100,
                4,
                Optional.of(new RouteEntry.Mobility(3, true)),
                List.of("accept-own"),
                "interface",
                Optional.of(new RouteEntry.LoadBalance(List.of("l3-source-address", "l4-protocol"), "field-hash")));
    }

    /** What an entry with only its nlri says. */
    private static RouteEntry bare(Prefix prefix) {
        return new RouteEntry(
                prefix, List.of(), "", List.of(), 100, 0, 0, Optional.empty(), List.of(), "", Optional.empty());
    }

    static List<Golden> goldens() {
        return Stream.concat(agentGoldens().stream(), serverGoldens().stream()).toList();
    }

    private static List<Golden> agentGoldens() {
        AgentEncoder subscriptions = new AgentEncoder("a6s17");
        AgentEncoder configs = new AgentEncoder("a6s17");
        RouteNode node = RouteNode.of(VN1, HOST);
        Prefix six = Prefix.parse("fd00:1:1::3/128");
        return List.of(
                new Golden(
                        "agent-subscribe.xml",
                        Streams.join(
                                subscriptions.subscribe(VN1, 5, false),
                                subscriptions.subscribe(
                                        "default-domain:default-project:ip-fabric:__default__", 0, true),
                                subscriptions.unsubscribe(VN1, 65535)),
                        List.of(
                                new Stanza.Subscribe(VN1, 5, false),
                                new Stanza.Subscribe("default-domain:default-project:ip-fabric:__default__", 0, true),
                                new Stanza.Unsubscribe(VN1, 65535))),
                new Golden(
                        "agent-publish.xml",
                        new AgentEncoder("a6s17").publish(VN1, wholeEntry()),
                        List.of(
                                new Stanza.Publish(node, Optional.of(wholeEntry())),
                                new Stanza.Collection(VN1, true, node))),
                new Golden(
                        "agent-withdraw.xml",
                        new AgentEncoder("a6s17").withdraw(VN1, six),
                        List.of(
                                new Stanza.Publish(RouteNode.of(VN1, six), Optional.of(bare(six))),
                                new Stanza.Collection(VN1, false, RouteNode.of(VN1, six)))),
                new Golden(
                        "agent-end-of-rib.xml",
                        new AgentEncoder("a6s17").endOfRib(),
                        List.of(new Stanza.EmptyPublish(), new Stanza.EmptyCollection())),
                new Golden(
                        "agent-config.xml",
                        Streams.join(
                                configs.configSubscribe(ROUTER),
                                configs.configSubscribe(MACHINE),
                                configs.configUnsubscribe(MACHINE)),
                        List.of(
                                new Stanza.ConfigSubscribe(ROUTER),
                                new Stanza.ConfigSubscribe(MACHINE),
                                new Stanza.ConfigUnsubscribe(MACHINE))));
    }

    private static List<Golden> serverGoldens() {
        Stanza.RouteItems items = new Stanza.RouteItems(
                VN1,
                false,
                List.of(RouteEntry.of(HOST, NETWORK, List.of(HOP))),
                List.of(Prefix.parse("10.1.0.9/32"), Prefix.parse("10.2.0.0/16")),
                OptionalLong.of(17));
        Stanza.RouteItems retract = new Stanza.RouteItems(
                "default-domain:admin:vn&1:<vn\"1>",
                true,
                List.of(),
                List.of(Prefix.parse("fd00:1:1::/64")),
                OptionalLong.empty());
        Stanza.ConfigUpdate end =
                new Stanza.ConfigUpdate(List.of(), List.of(), List.of(), List.of(), OptionalLong.of(Long.MAX_VALUE));
        return List.of(
                new Golden("server-routes.xml", ServerEncoder.routes("a6s17", items), List.of(items)),
                new Golden("server-retract6.xml", ServerEncoder.routes("a6s17", retract), List.of(retract)),
                new Golden("server-end-of-rib.xml", ServerEncoder.endOfRib("a6s17"), List.of(new Stanza.EndOfRib())),
                new Golden("server-config.xml", ServerEncoder.config(ROUTER, configUpdate()), List.of(configUpdate())),
                new Golden("server-end-of-config.xml", ServerEncoder.config(ROUTER, end), List.of(end)),
                new Golden(
                        "server-error.xml",
                        ServerEncoder.streamError(XmppException.Condition.NOT_WELL_FORMED),
                        List.of(new Stanza.Ignored("stream error [not-well-formed]"))));
    }

    private static Stanza.ConfigUpdate configUpdate() {
        ConfigNode.Key network = new ConfigNode.Key("virtual-network", "default-domain:admin:vné");
        ConfigNode.Key machine = new ConfigNode.Key("virtual-machine", "gone");
        Map<String, Object> properties = new LinkedHashMap<>();
        Map<String, Object> inner = new LinkedHashMap<>();
        inner.put("forwarding_mode", "l3");
        inner.put("rpf", "");
        properties.put("virtual_network_properties", inner);
        properties.put("route_target_list", Map.of("route_target", List.of("target:64512:1", "a <&> \"b\"")));
        return new Stanza.ConfigUpdate(
                List.of(new ConfigNode(network.type(), network.name(), XmlTree.fromJson(properties))),
                List.of(
                        ConfigLink.of(
                                new ConfigNode.Key("virtual-machine-interface", "default-domain:admin:port"),
                                network,
                                XmlTree.EMPTY),
                        ConfigLink.of(
                                network,
                                new ConfigNode.Key("network-ipam", "default-domain:admin:ipam"),
                                XmlTree.fromJson(
                                        Map.of("ipam_subnets", List.of(Map.of("default_gateway", "10.1.0.1")))))),
                List.of(ConfigLink.of(
                        new ConfigNode.Key("virtual-router", "default-global-system-config:a6s17"),
                        machine,
                        XmlTree.EMPTY)),
                List.of(machine),
                OptionalLong.of(18));
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void encodersWriteTheBytesOfTheReference(Golden golden) {
        assertEquals(
                new String(Streams.golden(golden.file()), StandardCharsets.UTF_8),
                new String(golden.encoded(), StandardCharsets.UTF_8));
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void theBytesMeanTheSameStanzasCutAtEveryByte(Golden golden) throws XmppException {
        assertEquals(golden.stanzas(), Streams.stanzas(Streams.golden(golden.file())));
        byte[] bytes = Streams.join(Streams.OPEN, Streams.golden(golden.file()));
        List<StreamEvent> whole = Streams.parse(bytes);
        for (int cut = 0; cut <= bytes.length; cut++) {
            assertEquals(whole, Streams.parse(bytes, cut), "cut at " + cut);
        }
    }

    @Test
    void streamsOpenStayAliveAndClose() throws XmppException {
        byte[] agent = Streams.golden("agent-open.xml");
        byte[] server = Streams.golden("server-open.xml");
        byte[] end = Streams.golden("keepalive-close.xml");
        assertEquals(
                new String(agent, StandardCharsets.UTF_8),
                new String(new AgentEncoder("a6s17").streamOpen(), StandardCharsets.UTF_8));
        assertEquals(
                new String(server, StandardCharsets.UTF_8),
                new String(ServerEncoder.streamOpen("a6s17", "++123"), StandardCharsets.UTF_8));
        AgentEncoder encoder = new AgentEncoder("a6s17");
        assertEquals(
                new String(end, StandardCharsets.UTF_8),
                new String(Streams.join(encoder.keepalive(), encoder.streamClose()), StandardCharsets.UTF_8));
        assertEquals(
                new String(end, StandardCharsets.UTF_8),
                new String(
                        Streams.join(ServerEncoder.keepalive(), ServerEncoder.streamClose()), StandardCharsets.UTF_8));
        byte[] both = Streams.join(server, end);
        for (int cut = 0; cut <= both.length; cut++) {
            assertEquals(
                    List.of(
                            new StreamEvent.StreamOpen(Dialect.SERVER, "a6s17", "++123"),
                            new StreamEvent.Keepalive(),
                            new StreamEvent.StreamClose()),
                    Streams.parse(both, cut),
                    "cut at " + cut);
        }
        assertEquals(List.of(new StreamEvent.StreamOpen("a6s17", Dialect.SERVER, "")), Streams.parse(agent));
    }

    @Test
    void everyGoldenFileIsUsed() throws IOException {
        Path folder = Path.of(System.getProperty("weft.root"), "protocol/src/test/resources/xmpp/golden");
        TreeSet<String> used = new TreeSet<>(List.of("agent-open.xml", "server-open.xml", "keepalive-close.xml"));
        goldens().forEach(golden -> used.add(golden.file()));
        try (Stream<Path> files = Files.list(folder)) {
            assertEquals(
                    used,
                    new TreeSet<>(
                            files.map(file -> file.getFileName().toString()).toList()));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"agent.xml", "server.xml"})
    void originalStreamsAreUnderstoodCutAtEveryByte(String name) throws XmppException {
        byte[] bytes = Streams.original(name);
        List<StreamEvent> whole = Streams.withoutKeepalives(Streams.parse(bytes));
        for (int cut = 0; cut <= bytes.length; cut++) {
            assertEquals(whole, Streams.withoutKeepalives(Streams.parse(bytes, cut)), "cut at " + cut);
        }
    }

    private static List<Stanza> original(String name) throws XmppException {
        return Streams.parse(Streams.original(name)).stream()
                .filter(StreamEvent.Received.class::isInstance)
                .map(event -> ((StreamEvent.Received) event).stanza())
                .toList();
    }

    @Test
    void understandsAnOriginalAgent() throws XmppException {
        NextHop hop = new NextHop(
                IpAddress.parse("192.168.1.17"),
                Optional.of(MacAddress.parse("02:00:00:00:00:ab")),
                25,
                0,
                List.of("gre", "udp"),
                List.of(131073L),
                "");
        RouteEntry entry = new RouteEntry(
                HOST,
                List.of(hop),
                NETWORK,
                List.of(8000001L),
                100,
                0,
                0,
                Optional.of(new RouteEntry.Mobility(0, false)),
                List.of("accept-own"),
                "interface",
                Optional.of(new RouteEntry.LoadBalance(List.of("l3-source-address"), "field-hash")));
        Prefix native4 = Prefix.parse("192.168.1.17/32");
        RouteNode indexed = new RouteNode("default-domain:default-project:ip-fabric:__default__", native4, 12);
        String evpn = "25/242/02:00:00:00:00:11,10.1.0.3/32";
        assertEquals(
                List.of(
                        new Stanza.Subscribe(VN1, 5, false),
                        new Stanza.Publish(RouteNode.of(VN1, HOST), Optional.of(entry)),
                        new Stanza.Collection(VN1, true, RouteNode.of(VN1, HOST)),
                        new Stanza.Publish(indexed, Optional.of(bare(native4))),
                        new Stanza.UnsupportedRoute(evpn),
                        new Stanza.UnsupportedRoute(evpn),
                        new Stanza.UnsupportedRoute("1/241/default-domain:admin:vn1:vn1/255.255.255.255,0.0.0.0"),
                        new Stanza.EmptyPublish(),
                        new Stanza.EmptyCollection(),
                        new Stanza.ConfigSubscribe(ROUTER),
                        new Stanza.Ignored("iq of type 'get'"),
                        new Stanza.Ignored("stanza presence")),
                original("agent.xml"));
        assertEquals(
                new StreamEvent.StreamClose(),
                Streams.parse(Streams.original("agent.xml")).getLast());
    }

    @Test
    void understandsAnOriginalServer() throws XmppException {
        List<Stanza> stanzas = original("server.xml");
        NextHop first = new NextHop(
                IpAddress.parse("192.168.1.17"), Optional.empty(), 25, 0, List.of("gre"), List.of(), NETWORK);
        NextHop second =
                new NextHop(IpAddress.parse("192.168.1.18"), Optional.empty(), 31, 0, List.of(), List.of(), "");
        RouteEntry entry = new RouteEntry(
                HOST,
                List.of(first, second),
                NETWORK,
                List.of(),
                100,
                0,
                0,
                Optional.empty(),
                List.of(),
                "",
                Optional.empty());
        assertEquals(
                List.of(
                        new Stanza.Ignored("stanza features"),
                        new Stanza.RouteItems(
                                VN1, false, List.of(entry), List.of(Prefix.parse("10.1.0.9/32")), OptionalLong.empty()),
                        new Stanza.UnsupportedRoute("25/242/default-domain:admin:vn1:vn1"),
                        new Stanza.EndOfRib()),
                stanzas.subList(0, 4));
        Stanza.ConfigUpdate update = (Stanza.ConfigUpdate) stanzas.get(4);
        assertEquals(5, stanzas.size());
        ConfigNode network = update.nodes().getFirst();
        assertEquals(new ConfigNode.Key("virtual-network", NETWORK), network.key());
        assertEquals(Optional.of("false"), network.properties().text("virtual_network_properties/allow_transit"));
        assertEquals(
                Optional.of(new UUID(9045600000000000001L, -1)),
                network.properties().uuid());
        assertEquals(
                "virtual-machine-interface-virtual-network",
                update.links().getFirst().metadata());
        assertEquals(XmlTree.EMPTY, update.links().getFirst().attribute());
        assertEquals(
                "virtual-machine-interface-virtual-network",
                update.deletedLinks().getFirst().metadata());
        assertEquals(List.of(new ConfigNode.Key("virtual-machine", "vm")), update.deletedNodes());
        assertEquals(OptionalLong.empty(), update.endOfConfig());
        assertTrue(update.nodes().size() == 1 && update.links().size() == 1);
    }
}
