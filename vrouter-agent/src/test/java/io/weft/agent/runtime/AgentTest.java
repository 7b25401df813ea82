package io.weft.agent.runtime;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.weft.agent.compile.Site;
import io.weft.dataplane.Label;
import io.weft.dataplane.Operation;
import io.weft.dataplane.PlaneObject;
import io.weft.dataplane.PolicyAction;
import io.weft.dataplane.PolicySet;
import io.weft.dataplane.Route;
import io.weft.dataplane.Vif;
import io.weft.dataplane.VifType;
import io.weft.protocol.xmpp.RouteEntry;
import java.net.InetAddress;
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
import org.junit.jupiter.api.Test;

class AgentTest extends AgentFixture {
    private void assertNothingLeft() throws Exception {
        assertEquals(Set.of(), tenants());
        assertEquals(Set.of(), control.objects());
        await().atMost(5, SECONDS).until(() -> control.published().isEmpty());
        try (var files = Files.walk(folder.resolve("state"))) {
            assertEquals(
                    List.of(),
                    files.filter(Files::isRegularFile)
                            .filter(file -> !file.getFileName().toString().startsWith("learned"))
                            .toList());
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
    void changesNothingAndWithdrawsNothingWhenAnotherWorkerOfThePlaneTakesOver() throws Exception {
        assertEquals(0, add("c1").exit());
        control.setRemote(remote(2));
        await().atMost(5, SECONDS).until(() -> hasTunnelTo("192.0.2.2"));
        await().atMost(5, SECONDS).until(() -> control.published().size() == 2);
        Set<PlaneObject> before = plane.contents();
        long withdrawals = control.first().withdrawals();
        for (int i = 1; i <= 3; i++) {
            int adoptions = i;
            plane.takeChanges();
            plane.die();
            plane.adopted();
            await().atMost(5, SECONDS)
                    .until(() -> introspect(agent, "/counters")
                                            .path("planeAdoptions")
                                            .asInt()
                                    == adoptions
                            && status(agent).path("planeConnected").asBoolean());
            assertEquals(List.of(), plane.takeChanges());
            assertEquals(before, plane.contents());
        }
        assertEquals(0, add("c2").exit());
        await().atMost(5, SECONDS).until(() -> control.published().size() == 4);
        assertEquals(withdrawals, control.first().withdrawals());
        assertEquals(
                0, introspect(agent, "/counters").path("plane").path("deletes").asInt());
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
        Vif vif = port();
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

    private Vif port() {
        return plane.all(Vif.class).stream()
                .filter(one -> one.type() == VifType.VIRTUAL)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aPortIsStatelessWhileItsConfigurationDisablesPolicyAndIsNeverAway() throws Exception {
        control.guard(true);
        assertEquals(0, add("c1").exit());
        Vif guarded = port();
        assertFalse(guarded.stateless());
        assertEquals(3, plane.all(PolicySet.class).size());

        plane.takeChanges();
        control.disablePolicy(true);
        await().atMost(5, SECONDS).until(() -> port().stateless());
        assertEquals(guarded.id(), port().id());
        assertEquals(Vif.NO_POLICIES, port().egressPolicyIds());
        assertEquals(Vif.NO_POLICIES, port().ingressPolicyIds());
        await().atMost(5, SECONDS).until(() -> plane.all(PolicySet.class).isEmpty());
        assertEquals(
                List.of(Site.groupId(1)), control.published().get("10.1.1.3/32").securityGroups());
        JsonNode shown = introspect(agent, "/ports").path(0).path("state");
        assertTrue(shown.path("stateless").asBoolean(), shown.toString());

        control.disablePolicy(false);
        await().atMost(5, SECONDS).until(() -> !port().stateless());
        assertFalse(port().egressPolicyIds().contains(PolicySet.NONE));
        assertFalse(port().ingressPolicyIds().contains(PolicySet.NONE));
        assertTrue(plane.takeChanges().stream()
                .noneMatch(change -> change instanceof Operation.Delete delete && delete.object() instanceof Vif));
        assertEquals(
                0, cni("DEL", "c1", netns("c1"), FakeControlNode.NETWORK, "").exit());
        assertNothingLeft();
    }
}
