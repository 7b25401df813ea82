package io.weft.agent.runtime;

import io.weft.agent.compile.AttachedPort;
import io.weft.agent.compile.Compiler;
import io.weft.agent.compile.ConfigGraph;
import io.weft.agent.compile.HostFacts;
import io.weft.agent.compile.PortState;
import io.weft.agent.compile.RouteTable;
import io.weft.agent.port.ConfigObjects;
import io.weft.agent.port.ConfigRequests;
import io.weft.agent.port.ContainerPorts;
import io.weft.agent.port.PortApi;
import io.weft.agent.port.PortCore;
import io.weft.agent.port.PortStore;
import io.weft.agent.program.Programmer;
import io.weft.agent.session.ConfigInbox;
import io.weft.dataplane.PlaneSettings;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.xmpp.AgentEncoder;
import io.weft.protocol.xmpp.ConfigLink;
import io.weft.protocol.xmpp.ConfigNode;
import io.weft.protocol.xmpp.ConfigNode.Key;
import io.weft.protocol.xmpp.RouteEntry;
import io.weft.protocol.xmpp.ServerEncoder;
import io.weft.protocol.xmpp.Stanza;
import io.weft.protocol.xmpp.StreamEvent;
import io.weft.protocol.xmpp.StreamParser;
import io.weft.protocol.xmpp.XmlTree;
import io.weft.protocol.xmpp.XmppException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs the path of an attachment on throw-away objects before the agent says it is ready, so that the first real one does not pay for
 * loading and compiling classes. Touches nothing outside a temporary folder.
 */
final class Warmup {
    private static final Logger LOG = LoggerFactory.getLogger(Warmup.class);
    private static final int ROUNDS = 60;
    private static final long TIME_LIMIT_NS = 1_500_000_000L;
    private static final int UPLINK_MTU = 1500;
    private static final String ADD = """
            {"env":{"CNI_COMMAND":"ADD","CNI_CONTAINERID":"warm","CNI_NETNS":"/proc/self/ns/net","CNI_IFNAME":"eth0"},
             "config":{"cniVersion":"1.1.0","name":"warm","type":"weft-cni","weft":{"network":"d:p:n"}}}
            """;

    private Warmup() {}

    static void run(AgentSettings settings) throws IOException {
        long begin = System.nanoTime();
        Path folder = Files.createTempDirectory("weft-agent-warm");
        try {
            PortStore store = new PortStore(folder);
            DryRun dry = new DryRun(settings);
            ContainerPorts ports = new ContainerPorts(
                    new ContainerPorts.Limits("warm", 1_000, Set.of()),
                    dry,
                    store,
                    new ConfigObjects(dry, "warm"),
                    CompletableFuture.completedFuture(new UUID(1, 1)),
                    System::nanoTime);
            PortApi api = new PortApi(ports, dry);
            int round = 0;
            while (round < ROUNDS && System.nanoTime() - begin < TIME_LIMIT_NS) {
                api.handle("POST", "/cni", ADD);
                api.handle("POST", "/cni", ADD.replace("ADD", "DEL"));
                round++;
            }
            LOG.info("warm after {} rounds, {} ms", round, (System.nanoTime() - begin) / 1_000_000);
        } catch (Exception e) {
            LOG.warn("warming up ended early: {}", e.toString());
        } finally {
            delete(folder);
        }
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    /** A core and a config API that do what the real ones do, up to the sockets. */
    private static final class DryRun implements PortCore, ConfigRequests {
        private final AgentSettings settings;
        private final StreamParser parser = new StreamParser();
        private final AgentEncoder encoder;
        private AttachedPort port;

        DryRun(AgentSettings settings) throws XmppException {
            this.settings = settings;
            this.encoder = new AgentEncoder(settings.name());
            byte[] open = ServerEncoder.streamOpen(settings.name(), "1");
            parser.feed(open, 0, open.length, event -> {});
        }

        @Override
        public CompletableFuture<Known> lookup(String containerId, String ifname, UUID podUid, String network) {
            return CompletableFuture.completedFuture(
                    new Known(Optional.ofNullable(port), List.of(), Optional.of(Set.of(4))));
        }

        @Override
        public CompletableFuture<PortState> attach(AttachedPort attached, Set<Integer> families) {
            port = attached;
            ConfigGraph graph = new ConfigGraph();
            ConfigInbox inbox = new ConfigInbox(graph);
            byte[] config = ServerEncoder.config(
                    "virtual-router:default-global-system-config:" + settings.name(), update(attached.vmi()));
            try {
                parser.feed(config, 0, config.length, event -> {
                    if (event instanceof StreamEvent.Received received
                            && received.stanza() instanceof Stanza.ConfigUpdate update) {
                        inbox.receive(update, 0);
                    }
                });
            } catch (XmppException e) {
                return CompletableFuture.failedFuture(e);
            }
            Compiler compiler = new Compiler(graph, new RouteTable());
            compiler.host(new HostFacts(settings.name(), settings.underlay(), UPLINK_MTU));
            compiler.attach(attached);
            Programmer programmer = new Programmer(
                    new Programmer.Uplink(settings.uplink(), settings.uplinkEthdev()),
                    new PlaneSettings(Optional.empty(), Optional.empty(), HostFacts.routerMac(settings.name()), 0, 0));
            programmer.apply(compiler.step(), 0);
            encoder.publish("d:p:n:n", RouteEntry.of(Prefix.parse("10.0.0.3/32"), "d:p:n", List.of()));
            return programmer
                    .port(attached.vmi())
                    .map(CompletableFuture::completedFuture)
                    .orElseGet(() -> CompletableFuture.failedFuture(new IllegalStateException("not compiled")));
        }

        @Override
        public CompletableFuture<Void> detach(UUID vmi) {
            port = null;
            return CompletableFuture.completedFuture(null);
        }

        @Override
        public CompletableFuture<Optional<Status>> status(UUID vmi) {
            return CompletableFuture.completedFuture(Optional.empty());
        }

        @Override
        public CompletableFuture<List<AttachedPort>> ports() {
            return CompletableFuture.completedFuture(List.of());
        }

        @Override
        public CompletableFuture<Health> health() {
            return CompletableFuture.completedFuture(new Health(true, 1));
        }

        @Override
        public CompletableFuture<Answer> post(String path, String body) {
            return CompletableFuture.completedFuture(new Answer(200, "{\"revision\":1,\"results\":[]}"));
        }

        @Override
        public CompletableFuture<Answer> get(String path) {
            return CompletableFuture.completedFuture(new Answer(404, ""));
        }
    }

    private static Stanza.ConfigUpdate update(UUID vmi) {
        Key network = new Key("virtual-network", "d:p:n");
        Key instance = new Key("routing-instance", "d:p:n:n");
        Key port = new Key("virtual-machine-interface", "d:p:" + vmi);
        Key address = new Key("instance-ip", vmi.toString());
        Key ipam = new Key("network-ipam", "d:p:i");
        Map<String, Object> uuid = Map.of(
                "uuid",
                Map.of(
                        "uuid_mslong",
                        Long.toUnsignedString(vmi.getMostSignificantBits()),
                        "uuid_lslong",
                        Long.toUnsignedString(vmi.getLeastSignificantBits())));
        Map<String, Object> properties = new HashMap<>();
        properties.put("id_perms", uuid);
        properties.put("virtual_machine_interface_mac_addresses", Map.of("mac_address", List.of("02:00:00:00:00:01")));
        Map<String, Object> subnets = Map.of(
                "ipam_subnets",
                List.of(Map.of(
                        "subnet",
                        Map.of("ip_prefix", "10.0.0.0", "ip_prefix_len", 24),
                        "default_gateway",
                        "10.0.0.1",
                        "dns_server_address",
                        "10.0.0.2")));
        return new Stanza.ConfigUpdate(
                List.of(
                        node(network, Map.of("virtual_network_network_id", 5)),
                        node(instance, Map.of()),
                        node(ipam, Map.of()),
                        node(port, properties),
                        node(address, Map.of("instance_ip_address", "10.0.0.3"))),
                List.of(
                        ConfigLink.of(network, instance, XmlTree.EMPTY),
                        ConfigLink.of(port, network, XmlTree.EMPTY),
                        ConfigLink.of(address, port, XmlTree.EMPTY),
                        ConfigLink.of(network, ipam, XmlTree.fromJson(subnets))),
                List.of(),
                List.of(),
                OptionalLong.of(1));
    }

    private static ConfigNode node(Key key, Map<String, Object> properties) {
        return new ConfigNode(key.type(), key.name(), XmlTree.fromJson(properties));
    }

    /** Calls the agent's own socket, so that its classes are warm too. */
    static void socket(Path socket) throws IOException {
        String body =
                "{\"env\":{\"CNI_COMMAND\":\"VERSION\"},\"config\":{\"cniVersion\":\"1.1.0\",\"name\":\"warm\",\"type\":\"weft-cni\"}}";
        String request = "POST /cni HTTP/1.1\r\nHost: agent\r\nConnection: close\r\nContent-Length: " + body.length()
                + "\r\n\r\n" + body;
        byte[] bytes = request.getBytes(StandardCharsets.US_ASCII);
        for (int round = 0; round < ROUNDS; round++) {
            try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
                channel.connect(UnixDomainSocketAddress.of(socket));
                channel.write(ByteBuffer.wrap(bytes));
                ByteBuffer answer = ByteBuffer.allocate(4096);
                while (channel.read(answer) >= 0 && answer.hasRemaining()) {
                    LOG.trace("warming up: {} bytes", answer.position());
                }
            }
        }
    }
}
