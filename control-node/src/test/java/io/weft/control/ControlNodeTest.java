package io.weft.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.protocol.settings.Setting;
import io.weft.protocol.settings.SettingValues;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ControlNodeTest {
    @TempDir
    private Path folder;

    private SettingValues values() {
        return SettingValues.parse(
                ControlNode.settings(),
                List.of(
                        "--rest-listen=127.0.0.1:0",
                        "--xmpp-listen=127.0.0.1:0",
                        "--introspect-listen=127.0.0.1:0",
                        "--store-dir=" + folder.resolve("store")),
                Map.of(),
                file -> "");
    }

    private static int status(HttpClient http, String address, String path) throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create("http://" + address + path)).build();
        return http.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
    }

    @Test
    void bothPartsAnswerOnTheAddressesOfTheReadyLine() throws Exception {
        try (ControlNode node = ControlNode.start(values());
                HttpClient http = HttpClient.newHttpClient()) {
            Matcher ready = Pattern.compile(
                            "ready rest=(\\S+:\\d+) xmpp=(\\S+:\\d+) introspect=(\\S+:\\d+) bgp=configured")
                    .matcher(node.readyLine());
            assertTrue(ready.matches(), node.readyLine());
            assertEquals(200, status(http, ready.group(1), "/virtual-networks"));
            assertEquals(200, status(http, ready.group(3), "/sessions"));
        }
    }

    @Test
    void secondProcessFollowsTheConfigApiOfTheFirst() throws Exception {
        try (ControlNode first = ControlNode.start(values());
                HttpClient http = HttpClient.newHttpClient()) {
            String rest = first.readyLine().replaceAll(".*rest=(\\S+).*", "$1");
            List<String> arguments = List.of(
                    "--config-api=" + rest,
                    "--xmpp-listen=127.0.0.1:0",
                    "--introspect-listen=127.0.0.1:0",
                    "--store-dir=" + folder.resolve("unused"));
            try (ControlNode second =
                    ControlNode.start(SettingValues.parse(ControlNode.settings(), arguments, Map.of(), file -> ""))) {
                assertTrue(second.readyLine().contains("rest=" + rest + " "), second.readyLine());
                String introspect = second.readyLine().replaceAll(".*introspect=(\\S+).*", "$1");
                Awaitility.await()
                        .atMost(Duration.ofSeconds(20))
                        .until(() -> body(http, introspect, "/instances").contains("__link_local__"));
                assertFalse(Files.exists(folder.resolve("unused")), "it has no store of its own");
            }
            assertEquals(200, status(http, rest, "/virtual-networks"), "the first goes on without the second");
        }
    }

    @Test
    void listensOnEveryAddressAndFollowsItself() throws Exception {
        List<String> arguments = List.of(
                "--rest-listen=0.0.0.0:0",
                "--xmpp-listen=127.0.0.1:0",
                "--introspect-listen=127.0.0.1:0",
                "--store-dir=" + folder.resolve("store"));
        try (ControlNode node = ControlNode.start(
                        SettingValues.parse(ControlNode.settings(), arguments, Map.of(), file -> ""));
                HttpClient http = HttpClient.newHttpClient()) {
            String introspect = node.readyLine().replaceAll(".*introspect=(\\S+).*", "$1");
            Awaitility.await()
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> body(http, introspect, "/instances").contains("__link_local__"));
        }
    }

    private static String body(HttpClient http, String address, String path) throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create("http://" + address + path)).build();
        return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }

    @Test
    void configApiThatIsNoAddressEndsWithStatus2() {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
        assertEquals(2, ControlNode.run(List.of("--config-api=nowhere"), Map.of(), stream, stream));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("config-api"), err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void startsAgainOnTheSameStore() {
        ControlNode.start(values()).close();
        ControlNode.start(values()).close();
    }

    @Test
    void tableHasEachSettingOnce() {
        Set<String> names = new HashSet<>();
        for (Setting setting : ControlNode.settings()) {
            assertTrue(names.add(setting.name()), setting.name());
        }
        assertTrue(names.containsAll(Set.of("rest-listen", "xmpp-listen", "introspect-listen")), names.toString());
        assertEquals(
                "", values().text("config-api"), "the config API is the one in this process unless told otherwise");
    }

    @Test
    void badSettingEndsWithStatus2AndNamesIt() {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
        assertEquals(2, ControlNode.run(List.of("--rest-listen=nowhere"), Map.of(), stream, stream));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("rest-listen"), err.toString(StandardCharsets.UTF_8));
    }

    @Test
    void missingSettingsFileEndsWithStatus2() {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
        assertEquals(2, ControlNode.run(List.of("--config=" + folder.resolve("none")), Map.of(), stream, stream));
        assertTrue(err.toString(StandardCharsets.UTF_8).contains("cannot be read"));
    }

    @Test
    void addressInUseEndsWithStatus1AndLeavesNothingOpen() throws Exception {
        try (ControlNode node = ControlNode.start(values())) {
            ByteArrayOutputStream err = new ByteArrayOutputStream();
            PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
            List<String> arguments = List.of(
                    "--rest-listen=127.0.0.1:0", "--store-dir=" + folder.resolve("store"), "--xmpp-listen=127.0.0.1:0");
            assertEquals(
                    1,
                    ControlNode.run(arguments, Map.of(), stream, stream),
                    "the store is locked by " + node.readyLine());
        }
    }
}
