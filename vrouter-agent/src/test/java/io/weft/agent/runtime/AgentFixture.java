package io.weft.agent.runtime;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.weft.agent.program.FakePlane;
import io.weft.dataplane.NextHop;
import io.weft.dataplane.PlaneObject;
import io.weft.dataplane.Vif;
import io.weft.dataplane.VifType;
import io.weft.protocol.net.MacAddress;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.settings.SettingValues;
import io.weft.protocol.xmpp.RouteEntry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** The agent as a whole: real unix socket, TCP and HTTP; control node and plane are stand-ins. */
abstract class AgentFixture {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    final FakePlane.Tables plane = new FakePlane.Tables();
    FakeControlNode control;
    Agent agent;

    @BeforeEach
    void start() throws IOException {
        control = new FakeControlNode();
        prepare();
        agent = startAgent();
    }

    /** Before the agent starts. */
    void prepare() throws IOException {
        // nothing to do with one controller
    }

    @AfterEach
    void stop() throws IOException {
        agent.close();
        control.close();
    }

    /** Starts an agent and awaits that it is in sync. */
    final Agent startAgent() throws IOException {
        Agent started = launchAgent();
        await().atMost(10, SECONDS).until(() -> status(started).path("inSync").asBoolean());
        return started;
    }

    /** Starts an agent. */
    final Agent launchAgent() throws IOException {
        AgentSettings settings = AgentSettings.of(SettingValues.parse(
                AgentSettings.TABLE,
                List.of(
                        "--name=h1",
                        "--underlay-address=192.0.2.1",
                        "--uplink=fabric0",
                        "--controllers=" + controllers(),
                        "--config-api=" + control.configApi(),
                        "--socket=" + folder.resolve("agent.sock"),
                        "--introspect-listen=127.0.0.1:0",
                        "--state-dir=" + folder.resolve("state"),
                        "--xmpp-hold-time-ms=3000",
                        "--cni-timeout-ms=5000"),
                Map.of(),
                file -> ""));
        return Agent.start(settings, plane::open);
    }

    /** The setting of this name. */
    String controllers() {
        return control.controller();
    }

    static JsonNode status(Agent agent) throws Exception {
        return introspect(agent, "/status");
    }

    static JsonNode introspect(Agent agent, String path) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            String uri = "http://127.0.0.1:" + agent.introspectAddress().getPort() + path;
            HttpResponse<String> answer =
                    client.send(HttpRequest.newBuilder(URI.create(uri)).build(), HttpResponse.BodyHandlers.ofString());
            assertEquals(200, answer.statusCode(), answer.body());
            return JSON.readTree(answer.body());
        }
    }

    record Reply(int status, int exit, JsonNode body) {}

    final Reply call(String method, String path, String body) throws IOException {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(folder.resolve("agent.sock")));
            byte[] content = body.getBytes(StandardCharsets.UTF_8);
            String head = method + " " + path + " HTTP/1.1\r\nHost: agent\r\nConnection: close\r\nContent-Length: "
                    + content.length + "\r\n\r\n";
            channel.write(ByteBuffer.wrap(head.getBytes(StandardCharsets.US_ASCII)));
            channel.write(ByteBuffer.wrap(content));
            ByteBuffer answer = ByteBuffer.allocate(1 << 20);
            while (channel.read(answer) >= 0) {
                assertTrue(answer.hasRemaining());
            }
            String text = new String(answer.array(), 0, answer.position(), StandardCharsets.UTF_8);
            String headers = text.substring(0, text.indexOf("\r\n\r\n"));
            int exit = headers.toLowerCase(java.util.Locale.ROOT).contains("x-weft-exit: 1") ? 1 : 0;
            String payload = text.substring(headers.length() + 4);
            return new Reply(
                    Integer.parseInt(headers.split(" ")[1]),
                    exit,
                    payload.startsWith("{ ") ? JSON.getNodeFactory().textNode(payload) : JSON.readTree(payload));
        }
    }

    final Reply cni(String command, String container, String netns, String network, String more) throws IOException {
        return call("POST", "/cni", """
                {"env":{"CNI_COMMAND":"%s","CNI_CONTAINERID":"%s","CNI_NETNS":"%s","CNI_IFNAME":"eth0","CNI_PATH":"/opt/cni/bin"},
                 "config":{"cniVersion":"1.1.0","name":"weft","type":"weft-cni","weft":{"network":"%s"}%s}}
                """.formatted(command, container, netns, network, more));
    }

    final String netns(String name) throws IOException {
        Path file = folder.resolve(name);
        if (!Files.exists(file)) {
            Files.createFile(file);
        }
        return file.toString();
    }

    final Reply add(String container) throws IOException {
        return cni("ADD", container, netns(container), FakeControlNode.NETWORK, "");
    }

    final Set<PlaneObject> tenants() {
        Set<PlaneObject> all = new HashSet<>(plane.contents());
        all.removeIf(object -> object instanceof Vif vif && vif.type() == VifType.PHYSICAL);
        return all;
    }

    static RouteEntry remote(int host) {
        return RouteEntry.of(
                Prefix.parse("10.1.1.9/32"),
                FakeControlNode.NETWORK,
                List.of(io.weft.protocol.xmpp.NextHop.of(
                        InetAddress.ofLiteral("192.0.2." + host),
                        new MacAddress(0x020000000009L),
                        4711,
                        FakeControlNode.VNI,
                        List.of("udp", "vxlan"))));
    }

    final boolean hasTunnelTo(String address) {
        return plane.all(NextHop.Tunnel.class).stream()
                .anyMatch(hop -> hop.destination().equals(InetAddress.ofLiteral(address)));
    }

    static long upsOf(Agent agent) throws Exception {
        return introspect(agent, "/sessions")
                .path("sessions")
                .path(0)
                .path("counters")
                .path("ups")
                .asLong();
    }
}
