package io.weft.agent.runtime;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.weft.agent.compile.Site;
import io.weft.agent.program.FakePlane;
import io.weft.dataplane.Label;
import io.weft.dataplane.NextHop;
import io.weft.dataplane.PlaneObject;
import io.weft.dataplane.PolicyAction;
import io.weft.dataplane.PolicySet;
import io.weft.dataplane.Route;
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
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The agent as a whole: real unix socket, TCP and HTTP; control node and plane are stand-ins. */
class AgentTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    private Path folder;

    private final FakePlane.Tables plane = new FakePlane.Tables();
    private FakeControlNode control;
    private Agent agent;

    @BeforeEach
    void start() throws IOException {
        control = new FakeControlNode();
        agent = startAgent();
    }

    @AfterEach
    void stop() throws IOException {
        agent.close();
        control.close();
    }

    private Agent startAgent() throws IOException {
        AgentSettings settings = AgentSettings.of(SettingValues.parse(
                AgentSettings.TABLE,
                List.of(
                        "--name=h1",
                        "--underlay-address=192.0.2.1",
                        "--uplink=fabric0",
                        "--controllers=" + control.controller(),
                        "--config-api=" + control.configApi(),
                        "--socket=" + folder.resolve("agent.sock"),
                        "--introspect-listen=127.0.0.1:0",
                        "--state-dir=" + folder.resolve("state"),
                        "--xmpp-hold-time-ms=3000",
                        "--cni-timeout-ms=5000"),
                Map.of(),
                file -> ""));
        Agent started = Agent.start(settings, plane::open);
        await().atMost(10, SECONDS).until(() -> status(started).path("inSync").asBoolean());
        return started;
    }

    private static JsonNode status(Agent agent) throws Exception {
        return introspect(agent, "/status");
    }

    private static JsonNode introspect(Agent agent, String path) throws Exception {
        try (HttpClient client = HttpClient.newHttpClient()) {
            String uri = "http://127.0.0.1:" + agent.introspectAddress().getPort() + path;
            HttpResponse<String> answer =
                    client.send(HttpRequest.newBuilder(URI.create(uri)).build(), HttpResponse.BodyHandlers.ofString());
            assertEquals(200, answer.statusCode(), answer.body());
            return JSON.readTree(answer.body());
        }
    }

    private record Reply(int status, int exit, JsonNode body) {}

    private Reply call(String method, String path, String body) throws IOException {
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

    private Reply cni(String command, String container, String netns, String network, String more) throws IOException {
        return call("POST", "/cni", """
                {"env":{"CNI_COMMAND":"%s","CNI_CONTAINERID":"%s","CNI_NETNS":"%s","CNI_IFNAME":"eth0","CNI_PATH":"/opt/cni/bin"},
                 "config":{"cniVersion":"1.1.0","name":"weft","type":"weft-cni","weft":{"network":"%s"}%s}}
                """.formatted(command, container, netns, network, more));
    }

    private String netns(String name) throws IOException {
        Path file = folder.resolve(name);
        if (!Files.exists(file)) {
            Files.createFile(file);
        }
        return file.toString();
    }

    private Reply add(String container) throws IOException {
        return cni("ADD", container, netns(container), FakeControlNode.NETWORK, "");
    }

    private Set<PlaneObject> tenants() {
        Set<PlaneObject> all = new HashSet<>(plane.contents());
        all.removeIf(object -> object instanceof Vif vif && vif.type() == VifType.PHYSICAL);
        return all;
    }

    private void assertNothingLeft() throws Exception {
        assertEquals(Set.of(), tenants());
        assertEquals(Set.of(), control.objects());
        await().atMost(5, SECONDS).until(() -> control.published().isEmpty());
        try (var files = Files.walk(folder.resolve("state"))) {
            assertEquals(List.of(), files.filter(Files::isRegularFile).toList());
        }
        assertEquals(0, introspect(agent, "/ports").size());
    }

    @Test
    void addsAPortAndRemovesEveryTraceOfItAgain() throws Exception {
        Reply added = add("c1");
        assertEquals(0, added.exit(), added.body().toString());
        assertEquals(
                "10.1.1.3/24", added.body().path("ips").path(0).path("address").asText());
        assertEquals(
                "fd00:1:1:0:0:0:0:3/64",
                longForm(added.body().path("ips").path(1).path("address").asText()));
        assertEquals(
                "10.1.1.1", added.body().path("ips").path(0).path("gateway").asText());
        assertEquals(1450, added.body().path("interfaces").path(0).path("mtu").asInt());

        Vif vif = plane.all(Vif.class).stream()
                .filter(one -> one.type() == VifType.VIRTUAL)
                .findFirst()
                .orElseThrow();
        assertTrue(vif.addressCheck());
        assertEquals("eth0", vif.name());
        assertEquals(vif.label(), plane.all(Label.class).getFirst().label());
        await().atMost(5, SECONDS).until(() -> control.published().size() == 2);
        RouteEntry route = control.published().get("10.1.1.3/32");
        assertEquals(vif.label(), route.nextHops().getFirst().label());
        assertEquals(FakeControlNode.VNI, route.nextHops().getFirst().l3Label());
        assertEquals(List.of("udp", "vxlan"), route.nextHops().getFirst().encapsulations());
        assertEquals(FakeControlNode.NETWORK, route.virtualNetwork());
        assertEquals(Map.of(FakeControlNode.INSTANCE, vif.vrfId()), control.subscribed());

        Reply again = add("c1");
        assertEquals(added.body(), again.body(), "a repeated ADD answers the same");
        Reply checked = cni("CHECK", "c1", netns("c1"), FakeControlNode.NETWORK, ",\"prevResult\":" + added.body());
        assertEquals(0, checked.exit(), checked.body().toString());

        assertEquals(
                0, cni("DEL", "c1", netns("c1"), FakeControlNode.NETWORK, "").exit());
        assertNothingLeft();
        assertEquals(
                0, cni("DEL", "c1", netns("c1"), FakeControlNode.NETWORK, "").exit());
        assertEquals(0, cni("DEL", "c1", "", FakeControlNode.NETWORK, "").exit());
        assertNothingLeft();
        assertEquals(
                1,
                cni("CHECK", "c1", netns("c1"), FakeControlNode.NETWORK, ",\"prevResult\":" + added.body())
                        .exit());
    }

    private static String longForm(String prefix) {
        int slash = prefix.indexOf('/');
        return InetAddress.ofLiteral(prefix.substring(0, slash)).getHostAddress() + prefix.substring(slash);
    }

    @Test
    void refusesAnUnknownNetworkByName() throws Exception {
        Reply reply = cni("ADD", "c1", netns("c1"), "default-domain:red:nowhere", "");
        assertEquals(1, reply.exit());
        assertTrue(
                reply.body().path("msg").asText().contains("default-domain:red:nowhere"),
                reply.body().toString());
        assertNothingLeft();
        Reply missing = cni("ADD", "c1", "/no/such/netns", FakeControlNode.NETWORK, "");
        assertEquals(1, missing.exit());
        assertTrue(missing.body().path("msg").asText().contains("/no/such/netns"));
        assertNothingLeft();
    }

    @Test
    void rollsBackWhenThePlaneRefusesThePort() throws Exception {
        plane.refuseNetns(netns("bad"));
        Reply reply = cni("ADD", "c1", netns("bad"), FakeControlNode.NETWORK, "");
        assertEquals(1, reply.exit());
        assertTrue(
                reply.body().path("msg").asText().contains("cannot be entered"),
                reply.body().toString());
        assertNothingLeft();
        assertEquals(0, add("c2").exit());
        Reply taken = cni("ADD", "c3", netns("c2"), FakeControlNode.NETWORK, "");
        assertTrue(
                taken.body().path("msg").asText().contains("is taken"),
                taken.body().toString());
        assertEquals(0, cni("DEL", "c2", "", FakeControlNode.NETWORK, "").exit());
        assertNothingLeft();
    }

    private static RouteEntry remote(int host) {
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

    private boolean hasTunnelTo(String address) {
        return plane.all(NextHop.Tunnel.class).stream()
                .anyMatch(hop -> hop.destination().equals(InetAddress.ofLiteral(address)));
    }

    @Test
    void keepsRoutesWithoutControllerAndSweepsThemWhenTheyDoNotComeBack() throws Exception {
        add("c1");
        control.setRemote(remote(2));
        await().atMost(5, SECONDS).until(() -> hasTunnelTo("192.0.2.2"));
        assertEquals(
                FakeControlNode.VNI,
                plane.all(Route.class).stream()
                        .filter(route -> route.prefix().toString().equals("10.1.1.9/32"))
                        .findFirst()
                        .orElseThrow()
                        .label());
        control.removeRemote(remote(2), true);
        Set<PlaneObject> before = plane.contents();
        long ups = upsOf(agent);
        control.dropSessions();
        await().atMost(10, SECONDS).until(() -> upsOf(agent) > ups && !hasTunnelTo("192.0.2.2"));
        Set<PlaneObject> lost = new HashSet<>(before);
        lost.removeAll(plane.contents());
        assertEquals(2, lost.size(), "only the route and its tunnel went: " + lost);
        await().atMost(5, SECONDS).until(() -> control.published().size() == 2);
        control.setRemote(remote(3));
        await().atMost(5, SECONDS).until(() -> hasTunnelTo("192.0.2.3"));
        control.removeRemote(remote(3), false);
        await().atMost(5, SECONDS).until(() -> !hasTunnelTo("192.0.2.3"));
    }

    private static long upsOf(Agent agent) throws Exception {
        return introspect(agent, "/sessions")
                .path("sessions")
                .path(0)
                .path("counters")
                .path("ups")
                .asLong();
    }

    @Test
    void restartsWithTheSameIdsAndWithoutTouchingThePlane() throws Exception {
        add("c1");
        add("c2");
        control.setRemote(remote(2));
        await().atMost(5, SECONDS).until(() -> hasTunnelTo("192.0.2.2"));
        Set<PlaneObject> before = plane.contents();
        agent.close();
        assertEquals(before, plane.contents(), "stopping leaves the plane alone");
        agent = startAgent();
        await().atMost(5, SECONDS).until(() -> control.published().size() == 4);
        assertEquals(before, plane.contents());
        assertEquals(0, cni("DEL", "c1", "", FakeControlNode.NETWORK, "").exit());
        assertEquals(0, cni("DEL", "c2", "", FakeControlNode.NETWORK, "").exit());
        assertNothingLeft();
    }

    @Test
    void reprogramsAPlaneThatRestarted() throws Exception {
        add("c1");
        Set<PlaneObject> before = plane.contents();
        plane.die();
        await().atMost(5, SECONDS)
                .until(() -> !status(agent).path("planeConnected").asBoolean());
        Reply status = cni("STATUS", "", "", FakeControlNode.NETWORK, "");
        assertEquals(50, status.body().path("code").asInt());
        plane.restart();
        await().atMost(5, SECONDS).until(() -> plane.contents().equals(before));
        assertEquals(0, cni("STATUS", "", "", FakeControlNode.NETWORK, "").exit());
    }

    @Test
    void deletesConfigurationLaterWhenTheConfigApiIsAway() throws Exception {
        add("c1");
        assertEquals(4, control.objects().size());
        control.configDown(true);
        assertEquals(0, cni("DEL", "c1", "", FakeControlNode.NETWORK, "").exit());
        assertEquals(Set.of(), tenants());
        await().atMost(5, SECONDS).until(() -> control.published().isEmpty());
        assertEquals(4, control.objects().size());
        assertEquals(11, add("c2").body().path("code").asInt());
        control.configDown(false);
        await().atMost(15, SECONDS).until(() -> control.objects().isEmpty());
        await().atMost(5, SECONDS).untilAsserted(this::assertNothingLeft);
    }

    @Test
    void collectsGarbageOfTheNetworkConfiguration() throws Exception {
        add("c1");
        add("c2");
        Reply reply = cni(
                "GC",
                "",
                "",
                FakeControlNode.NETWORK,
                ",\"cni.dev/valid-attachments\":[{\"containerID\":\"c1\",\"ifname\":\"eth0\"}]");
        assertEquals(0, reply.exit(), reply.body().toString());
        JsonNode ports = introspect(agent, "/ports");
        assertEquals(1, ports.size());
        assertEquals("c1", ports.path(0).path("port").path("containerId").asText());
        String vmi = ports.path(0).path("port").path("vmi").asText();
        assertEquals(
                "10.1.1.3",
                call("GET", "/port/" + vmi, "").body().path("ip-address").asText());
        assertEquals(200, call("DELETE", "/port/" + vmi, "").status());
        assertEquals(404, call("GET", "/port/" + vmi, "").status());
        assertNothingLeft();
    }

    @Test
    void setsABrokenPortFileAside() throws Exception {
        agent.close();
        Path ports = folder.resolve("state/ports");
        Files.writeString(ports.resolve("broken.json"), "{\"vmi\":");
        Files.writeString(ports.resolve("wrong.json"), "{\"vmi\":\"x\"}");
        agent = startAgent();
        assertTrue(Files.exists(ports.resolve("broken.json.broken")));
        assertTrue(Files.exists(ports.resolve("wrong.json.broken")));
        assertEquals(0, add("c1").exit());
        try (var files = Files.list(ports)) {
            Path file = files.filter(one -> one.toString().endsWith(".json"))
                    .findFirst()
                    .orElseThrow();
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        }
        assertEquals(
                "rw-------",
                PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("agent.sock"))));
    }

    @Test
    void addsManyPortsAtOnce() throws Exception {
        int count = 40;
        List<Future<Long>> answers = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(8)) {
            for (int i = 0; i < count; i++) {
                String container = "many" + i;
                Callable<Long> call = () -> {
                    long begin = System.nanoTime();
                    assertEquals(0, add(container).exit());
                    return System.nanoTime() - begin;
                };
                answers.add(threads.submit(call));
            }
        }
        long[] times = new long[count];
        for (int i = 0; i < count; i++) {
            times[i] = answers.get(i).get() / 1000;
        }
        Arrays.sort(times);
        System.out.println("ADD, 8 at once: p50 " + times[count / 2] + " us, max " + times[count - 1] + " us");
        await().atMost(5, SECONDS).until(() -> control.published().size() == 2 * count);
        for (int i = 0; i < count; i++) {
            assertEquals(
                    0, cni("DEL", "many" + i, "", FakeControlNode.NETWORK, "").exit());
        }
        assertNothingLeft();
        assertFalse(hasTunnelTo("192.0.2.2"));
    }

    @Test
    void aGuardedPortIsClosedUntilItsListsComeAndPublishesItsGroups() throws Exception {
        control.guard(false);
        Reply added = add("c1");
        assertEquals(0, added.exit(), added.body().toString());
        Vif vif = plane.all(Vif.class).stream()
                .filter(one -> one.type() == VifType.VIRTUAL)
                .findFirst()
                .orElseThrow();
        assertFalse(vif.egressPolicyIds().contains(PolicySet.NONE));
        assertFalse(vif.ingressPolicyIds().contains(PolicySet.NONE));
        assertEquals(3, plane.all(PolicySet.class).size());
        assertTrue(plane.all(PolicySet.class).stream()
                .allMatch(set -> set.rules().isEmpty() && set.defaultAction() == PolicyAction.DENY));
        await().atMost(5, SECONDS).until(() -> control.published().size() == 2);
        assertEquals(
                List.of(Site.groupId(1)), control.published().get("10.1.1.3/32").securityGroups());
        assertEquals(3, status(agent).path("policyProblems").asInt());

        control.guard(true);
        await().atMost(5, SECONDS)
                .until(() -> plane.all(PolicySet.class).stream()
                                .filter(set -> set.rules().size() == 1)
                                .count()
                        == 2);
        assertEquals(1, status(agent).path("policyProblems").asInt(), "a rule for protocol frob");
        JsonNode policies = introspect(agent, "/policies");
        JsonNode network = policies.path("policy/" + FakeControlNode.INSTANCE);
        assertEquals(vif.egressPolicyIds().getFirst(), network.path("id").asInt());
        assertEquals(
                "80", network.path("rules").path(0).path("destinationPorts").asText());
        JsonNode ingress = policies.path("policy/groups/" + Site.group(1) + "/ingress");
        assertTrue(ingress.path("problems").path(0).asText().contains("protocol 'frob'"), ingress.toString());
        assertEquals(1, ingress.path("ports").size());
        assertTrue(introspect(agent, "/programmed").path("identity").size() >= 1);
        assertEquals(
                introspect(agent, "/desired").path("policySet"),
                introspect(agent, "/programmed").path("policySet"));
        assertEquals(
                0, cni("DEL", "c1", netns("c1"), FakeControlNode.NETWORK, "").exit());
        assertNothingLeft();
    }
}
