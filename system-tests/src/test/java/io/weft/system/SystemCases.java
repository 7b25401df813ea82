package io.weft.system;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * The main job, and bad input, on one running site per encapsulation. The cases share the site and run in order: a later one may rely on
 * the pods of an earlier one, never on its outcome.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
abstract class SystemCases {
    private static final String PREFIX = "weft-test";

    private final Encapsulation encapsulation;
    private final int controllers;
    private Site site;
    private MainJob job;

    SystemCases(Encapsulation encapsulation, int controllers) {
        this.encapsulation = encapsulation;
        this.controllers = controllers;
    }

    @BeforeAll
    void startSite() {
        boolean root = System.getProperty("user.name").equals("root");
        if ("true".equals(System.getenv("CI"))) {
            assertTrue(root, "CI=true, but the system tests need root");
        }
        assumeTrue(root, "needs root: it makes network namespaces");
        long seed = System.nanoTime();
        site = Site.prepare(Build.ofProperties(), PREFIX, encapsulation, controllers, step -> {});
        try {
            site.start();
            job = new MainJob(site, seed, 20);
            job.attachPods();
        } catch (SystemFailure e) {
            throw new AssertionError(e.getMessage() + "\nseed " + seed + "\n" + site.logs(30), e);
        }
    }

    @AfterAll
    void stopSite() throws IOException {
        if (site == null) {
            return;
        }
        List<String> complaints = site.stop();
        assertEquals(List.of(), complaints);
        assertFalse(Files.exists(site.runDir()), "run folder is left");
        String namespaces = Command.of("ip", "netns", "list").mustRun().out();
        assertFalse(namespaces.contains(PREFIX + "-"), "namespaces are left: " + namespaces);
        String processes = Command.of("ps", "-eo", "args").mustRun().out();
        assertFalse(processes.contains("/" + PREFIX + "-demo"), "processes are left: " + processes);
    }

    final void assertLine(int number) {
        List<Row> rows = job.run(number);
        assertFalse(rows.isEmpty());
        List<Row> failed = rows.stream().filter(Row::failed).toList();
        assertTrue(failed.isEmpty(), () -> "\n" + Table.text(failed) + site.logs(30));
    }

    @Test
    @Order(1)
    void podsOnTwoHostsReachEachOther() {
        assertLine(1);
    }

    @Test
    @Order(2)
    void podsOnOneHostReachEachOther() {
        assertLine(2);
    }

    @Test
    @Order(3)
    void overlappingNetworksStayApartAndForgeriesAreCounted() {
        assertLine(3);
    }

    @Test
    @Order(4)
    void fabricCarriesOnlyTheChosenEncapsulation() {
        assertLine(4);
    }

    @Test
    @Order(5)
    void underlayChangeIsFollowedWithoutAgentsAndIdsSurvive() {
        assertLine(5);
    }

    @Test
    @Order(6)
    void attachAndDetachLeaveNothingBehind() {
        assertLine(6);
    }

    @Test
    @Order(6)
    void policiesAndGroupsDecideWhoTalksAndCutWhatWasEstablished() {
        assertLine(7);
    }

    /** Cut JSON names no socket: the shim refuses it itself (6), or says that no agent listens at the default one (11). */
    @Test
    @Order(7)
    void refusesNetworkConfigurationThatIsNotJson() {
        JsonNode error = error(cni("ADD", "bad-json", "/run/netns/nowhere", "{\"cniVersion\":", site.h1()));
        assertTrue(List.of(6, 11).contains(error.path("code").asInt()), error::toString);
    }

    @Test
    @Order(7)
    void refusesNetworkConfigurationOfWrongTypes() {
        String config = site.h1().cniConfig(Site.RED).replace("\"name\":\"weft\"", "\"name\":[5]");
        JsonNode error = error(cni("ADD", "bad-type", "/run/netns/nowhere", config, site.h1()));
        assertTrue(List.of(6, 7).contains(error.path("code").asInt()), error::toString);
        assertTrue(error.path("msg").asText().contains("name"), error::toString);
    }

    @Test
    @Order(8)
    void refusesNamespaceThatIsNotThere() {
        int machines = site.rest().count("virtual-machine");
        JsonNode error = error(cni(
                "ADD",
                "no-netns",
                "/run/netns/" + PREFIX + "-nowhere",
                site.h1().cniConfig(Site.RED),
                site.h1()));
        assertTrue(error.toString().contains(PREFIX + "-nowhere"), "names the namespace: " + error);
        assertEquals(machines, site.rest().count("virtual-machine"), "objects left behind");
    }

    @Test
    @Order(9)
    void refusesUnknownNetworkByName() {
        int interfaces = site.rest().count("virtual-machine-interface");
        Netns netns = new Netns(PREFIX + "-pod-lost");
        netns.create();
        try {
            String config = site.h1().cniConfig("default-domain:red:nowhere");
            JsonNode error = error(cni("ADD", "lost", netns.path().toString(), config, site.h1()));
            assertTrue(error.toString().contains("default-domain:red:nowhere"), "names the network: " + error);
            assertEquals(interfaces, site.rest().count("virtual-machine-interface"), "objects left behind");
            String links = netns.command("ip", "-o", "link").mustRun().out();
            assertFalse(links.contains("eth0"), "interface left behind: " + links);
        } finally {
            netns.delete();
        }
    }

    @Test
    @Order(10)
    void statusIsGoodWhileTheAgentRuns() {
        Command.Result status = cni("STATUS", "", "", site.h1().cniConfig(Site.RED), site.h1());
        assertTrue(status.ok(), status::describe);
    }

    @Test
    @Order(20)
    void shimAnswersByItselfWhenTheAgentIsDown() {
        assertEquals("", site.h1().agent().stop());
        String config = site.h1().cniConfig(Site.RED);
        assertRefused(cni("STATUS", "", "", config, site.h1()), 50);
        assertRefused(cni("ADD", "late", "/run/netns/nowhere", config, site.h1()), 11);
        assertTrue(cni("VERSION", "", "", config, site.h1()).out().contains("1.1.0"));
        site.h1().startAgent();
        site.h1().awaitInSync();
    }

    @Test
    @Order(21)
    void killedAgentComesBackAndChangesOnlyWhatChanged() {
        assertLine(9);
    }

    @Test
    @Order(22)
    void killedControlNodeAndAgentsAreNotNoticedByPods() {
        assertLine(10);
    }

    @Test
    @Order(23)
    void killedWorkerOfAPlaneIsReplacedAndConnectionsGoOn() {
        assertLine(11);
    }

    @Test
    @Order(24)
    void addressOfTwoPodsSurvivesTheLossOfAHost() {
        assertLine(12);
    }

    @Test
    @Order(30)
    void programsLogNoErrors() throws IOException {
        StringBuilder errors = new StringBuilder();
        for (Program program : site.programs()) {
            for (String line : Files.readAllLines(Path.of(program.log().toString()))) {
                if (line.matches("^\\S+ ERROR .*|.*(AddressSanitizer|runtime error:|segfault).*")) {
                    errors.append(program.name()).append(": ").append(line).append('\n');
                }
            }
        }
        assertEquals("", errors.toString());
    }

    private static Command.Result cni(String command, String pod, String netns, String config, Host host) {
        String containerId = pod.isEmpty() ? "" : Site.containerId(pod);
        return Command.of(host.cniWords(command, containerId, netns, ""))
                .withInput(config)
                .run();
    }

    private static JsonNode error(Command.Result result) {
        assertNotEquals(0, result.status(), result::describe);
        JsonNode error = Rest.parse(result.out());
        assertTrue(
                error.path("code").isIntegralNumber()
                        && !error.path("msg").asText().isBlank(),
                result::describe);
        return error;
    }

    private static void assertRefused(Command.Result result, int code) {
        assertEquals(code, error(result).path("code").asInt(), result::describe);
    }

    /** So that a failed case in a report says what the site was. */
    @Override
    public String toString() {
        return List.of(getClass().getSimpleName(), encapsulation).stream()
                .map(Object::toString)
                .collect(Collectors.joining(" "));
    }
}
