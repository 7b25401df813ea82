package io.weft.config.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.weft.config.runtime.RunningApi;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.ConnectException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WatchTest {
    @TempDir
    Path folder;

    private RunningApi api;

    @BeforeEach
    void start() {
        api = open();
    }

    private RunningApi open() {
        return new RunningApi(
                folder.resolve("store"),
                "--store-sync=false",
                "--watch-keepalive-ms=100",
                "--watch-retained-revisions=64",
                "--watch-queue-revisions=32");
    }

    @AfterEach
    void stop() {
        api.close();
    }

    /** An event as it came; id null when it had none. */
    private record Event(String name, String id, JsonNode data) {}

    /** A watch client that parses the stream by the rules of server-sent events. */
    private static final class Client implements AutoCloseable {
        private final Socket socket;
        private final BufferedReader reader;
        private int comments;

        Client(int port, String query, String lastEventId) throws IOException {
            this("127.0.0.1", port, query, lastEventId);
        }

        Client(String host, int port, String query, String lastEventId) throws IOException {
            socket = new Socket(host, port);
            socket.setSoTimeout(10_000);
            String resume = lastEventId == null ? "" : "Last-Event-ID: " + lastEventId + "\r\n";
            socket.getOutputStream()
                    .write(("GET /watch" + query + " HTTP/1.0\r\nHost: t\r\n" + resume + "\r\n")
                            .getBytes(StandardCharsets.US_ASCII));
            reader = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
            assertTrue(reader.readLine().contains("200"));
            String header = reader.readLine();
            while (!header.isEmpty()) {
                header = reader.readLine();
            }
        }

        Event next() throws IOException {
            String name = null;
            String id = null;
            String data = null;
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (line.startsWith(":")) {
                    comments++;
                } else if (line.startsWith("event: ")) {
                    name = line.substring(7);
                } else if (line.startsWith("id: ")) {
                    id = line.substring(4);
                } else if (line.startsWith("data: ")) {
                    data = line.substring(6);
                } else if (line.isEmpty() && data != null) {
                    return new Event(name, id, RunningApi.parse(data));
                }
            }
            return null;
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    @Test
    void startsWithAPictureAndGoesOnWithEveryChangeInOrder() throws IOException {
        try (Client client = new Client(api.port(), "", null)) {
            Event init = client.next();
            assertEquals("init", init.name());
            assertEquals(Long.toString(api.api().revision()), init.id());
            assertEquals(0, init.data().path("virtual-machine").size());
            assertEquals(2, init.data().path("virtual-network").size());

            String network = api.createNetwork("red", "");
            assertEquals("create", client.next().name());
            List<Event> events = new ArrayList<>();
            do {
                events.add(client.next());
            } while (events.getLast().id() == null);
            assertEquals(List.of("virtual-network", "route-target", "routing-instance"), types(events));
            assertEquals(
                    network,
                    events.getFirst().data().at("/virtual-network/uuid").asText());
            assertEquals(
                    "default-network-ipam",
                    events.getFirst()
                            .data()
                            .at("/virtual-network/network_ipam_refs/0/to/2")
                            .asText());
            assertNull(events.getFirst().id());
            assertEquals(Long.toString(api.api().revision()), events.getLast().id());

            api.put("/virtual-network/" + network, "{'virtual-network':{'mtu':1300}}");
            Event update = client.next();
            assertEquals("update", update.name());
            assertEquals(1300, update.data().at("/virtual-network/mtu").asInt());

            api.delete("/virtual-network/" + network);
            List<Event> gone = List.of(client.next(), client.next(), client.next());
            // children before their parents
            assertEquals(List.of("routing-instance", "virtual-network", "route-target"), types(gone));
            assertEquals(
                    List.of("delete", "delete", "delete"),
                    gone.stream().map(Event::name).toList());
            assertEquals(
                    RunningApi.parse(RunningApi.json(
                            "{'virtual-network':{'uuid':'" + network + "','fq_name':['default-domain','red','web']}}")),
                    gone.get(1).data());
        }
    }

    @Test
    void servesClientsOnAnAddressOfTheNetworkToo() throws IOException {
        try (RunningApi remote = RunningApi.onNetwork(folder.resolve("remote"), "--store-sync=false");
                Client client = new Client(remote.host(), remote.port(), "?resource_type=virtual-machine", null)) {
            assertNotEquals("127.0.0.1", remote.host());
            assertEquals("init", client.next().name());
            String made = remote.create("virtual-machine", "'fq_name':['a']");
            assertEquals(made, client.next().data().at("/virtual-machine/uuid").asText());
            assertThrows(ConnectException.class, () -> new Socket("127.0.0.1", remote.port()).close());
            assertTrue(remote.get("/").text().contains(remote.base() + "/virtual-machines"));
        }
    }

    @Test
    void carriesPoliciesGroupsAndWhatIsDerivedFromThem() throws IOException {
        String types = "network-policy,security-group,access-control-list,bgp-router";
        try (Client client = new Client(api.port(), "?resource_type=" + types, null)) {
            assertEquals(
                    "__no_rule__",
                    client.next().data().at("/security-group/0/name").asText());
            String group = api.create("security-group", "'fq_name':['default-domain','default-project','g']");
            List<Event> made = List.of(client.next(), client.next(), client.next());
            assertEquals(List.of("security-group", "access-control-list", "access-control-list"), types(made));
            assertEquals(
                    8_000_001,
                    made.getFirst()
                            .data()
                            .at("/security-group/security_group_id")
                            .asInt());
            assertEquals(
                    group,
                    made.get(1).data().at("/access-control-list/parent_uuid").asText());
            assertTrue(made.get(1)
                    .data()
                    .at("/access-control-list/access_control_list_entries/acl_rule")
                    .isArray());
            String policy = api.create("network-policy", "'fq_name':['default-domain','default-project','p']");
            assertEquals(List.of("network-policy"), types(List.of(client.next())));
            String network = api.create(
                    "virtual-network",
                    "'fq_name':['default-domain','default-project','n'],'network_policy_refs':[{'uuid':'" + policy
                            + "'}]");
            Event list = client.next();
            assertEquals(
                    "[\"default-domain\",\"default-project\",\"n\",\"n\"]",
                    list.data().at("/access-control-list/fq_name").toString());
            api.put("/virtual-network/" + network, "{'virtual-network':{'network_policy_refs':[]}}");
            Event gone = client.next();
            assertEquals("delete", gone.name());
            assertEquals(
                    list.data().at("/access-control-list/uuid"), gone.data().at("/access-control-list/uuid"));
        }
    }

    @Test
    void tellsThatThePolicyOfAPortIsDisabledAndLosesNothingToAValueThatIsNeither() throws IOException {
        String property = "virtual_machine_interface_disable_policy";
        String network = api.createNetwork("red", "");
        try (Client client = new Client(api.port(), "?resource_type=virtual-machine-interface", null)) {
            assertEquals("init", client.next().name());
            String port = api.create(
                    "virtual-machine-interface",
                    "'fq_name':['default-domain','red','p'],'parent_type':'project','virtual_network_refs':[{'uuid':'"
                            + network + "'}]");
            JsonNode made = client.next().data().path("virtual-machine-interface");
            assertFalse(made.path(property).asBoolean(), made.toString());
            String path = "/virtual-machine-interface/" + port;
            for (boolean disabled : List.of(true, false, true)) {
                api.put(path, "{'virtual-machine-interface':{'" + property + "':" + disabled + "}}");
                JsonNode told = client.next().data().at("/virtual-machine-interface/" + property);
                assertTrue(told.isBoolean(), told.toString());
                assertEquals(disabled, told.asBoolean());
            }
            RunningApi.Answer refused = api.put(path, "{'virtual-machine-interface':{'" + property + "':'no'}}");
            assertEquals(400, refused.status());
            assertTrue(refused.text().contains(property + ": \"no\" is not true or false"), refused.text());
            assertTrue(
                    api.object("virtual-machine-interface", port).path(property).asBoolean());
        }
    }

    private static List<String> types(List<Event> events) {
        return events.stream().map(event -> event.data().fieldNames().next()).toList();
    }

    @Test
    void tellsOnlyTheAskedTypesButEveryRevision() throws IOException {
        try (Client client = new Client(api.port(), "?resource_type=virtual-machine,project", null)) {
            assertEquals(
                    List.of("project", "virtual-machine"),
                    client.next().data().properties().stream()
                            .map(entry -> entry.getKey())
                            .sorted()
                            .toList());
            api.createNetwork("red", "");
            Event project = client.next();
            Event other = client.next();
            assertEquals("project", types(List.of(project)).getFirst());
            assertEquals("revision", other.name());
            assertEquals(Long.parseLong(project.id()) + 1, Long.parseLong(other.id()));
        }
    }

    @Test
    void resumesAfterTheLastEventAlsoOverARestart() throws IOException {
        String seen;
        try (Client client = new Client(api.port(), "", null)) {
            seen = client.next().id();
        }
        api.create("virtual-machine", "'fq_name':['a']");
        api.create("virtual-machine", "'fq_name':['b']");
        try (Client client = new Client(api.port(), "", seen)) {
            assertEquals("a", client.next().data().at("/virtual-machine/name").asText());
            assertEquals("b", client.next().data().at("/virtual-machine/name").asText());
        }
        api.close();
        api = open();
        try (Client client = new Client(api.port(), "", seen)) {
            assertEquals("a", client.next().data().at("/virtual-machine/name").asText());
        }
    }

    @Test
    void startsAfreshWhenTheRevisionIsNoLongerKeptOrFromElsewhere() throws IOException {
        for (int i = 0; i < 70; i++) {
            api.create("virtual-machine", "'fq_name':['vm" + i + "']");
        }
        for (String seen : List.of("1", "999999", "x", "-1")) {
            try (Client client = new Client(api.port(), "", seen)) {
                assertEquals("init", client.next().name(), seen);
            }
        }
    }

    @Test
    void keepsAnIdleStreamAlive() throws IOException {
        try (Client client = new Client(api.port(), "?resource_type=virtual-machine", null)) {
            client.next();
            int before = client.comments;
            Awaitility.await().atMost(Duration.ofSeconds(10)).pollInSameThread().until(() -> {
                String line = client.reader.readLine();
                client.comments += line != null && line.startsWith(":") ? 1 : 0;
                return client.comments >= before + 3;
            });
        }
    }

    @Test
    void disconnectsAClientThatDoesNotRead() throws IOException {
        char[] big = new char[400_000];
        Arrays.fill(big, 'x');
        try (Client slow = new Client(api.port(), "", null);
                Client reading = new Client(api.port(), "?resource_type=project", null)) {
            slow.next();
            reading.next();
            String vm = api.create("virtual-machine", "'fq_name':['a']");
            for (int i = 0; i < 80; i++) {
                String text = String.format(Locale.ROOT, "%04d", i) + new String(big);
                assertEquals(
                        200,
                        api.put("/virtual-machine/" + vm, "{'virtual-machine':{'display_name':'" + text + "'}}")
                                .status());
            }
            int seen = 0;
            while (!readFails(slow)) {
                seen++;
            }
            assertTrue(seen < 81, "the slow client got all " + seen + " events");
            for (int i = 0; i < 81; i++) {
                assertEquals("revision", reading.next().name());
            }
            assertFalse(api.get("/virtual-machines").text().isEmpty());
        }
    }

    private static boolean readFails(Client client) {
        try {
            return client.next() == null;
        } catch (IOException e) {
            assertFalse(e instanceof java.net.SocketTimeoutException, "still connected");
            return true;
        }
    }
}
