package io.weft.control;

import io.weft.protocol.settings.SettingValues;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.awaitility.Awaitility;

/** Control nodes of a test with their configuration: one network, two hosts, bgp-routers. */
final class Site implements AutoCloseable {
    static final String RED = "default-domain:default-project:red:red";
    private final HttpClient http = HttpClient.newHttpClient();
    private final Path folder;
    private final List<ControlNode> nodes = new ArrayList<>();
    private String rest = "";

    Site(Path folder) {
        this.folder = folder;
    }

    /** The first has the config API, others follow it. */
    ControlNode start(String name) {
        List<String> arguments = new ArrayList<>(List.of(
                "--name=" + name,
                "--rest-listen=127.0.0.1:0",
                "--xmpp-listen=127.0.0.1:0",
                "--introspect-listen=127.0.0.1:0",
                "--bgp-connect-retry-ms=500",
                "--end-of-rib-time-ms=1000",
                "--store-dir=" + folder.resolve(name)));
        if (!rest.isEmpty()) {
            arguments.add("--config-api=" + rest);
        }
        ControlNode node = ControlNode.start(SettingValues.parse(ControlNode.settings(), arguments, Map.of(), f -> ""));
        nodes.add(node);
        if (rest.isEmpty()) {
            rest = ready(node, "rest");
        }
        return node;
    }

    void stop(ControlNode node) {
        nodes.remove(node);
        node.close();
    }

    static String ready(ControlNode node, String what) {
        return node.readyLine().replaceAll(".*\\b" + what + "=(\\S+).*", "$1");
    }

    void create(String type, String fields) {
        String json = ("{'" + type + "':{" + fields + "}}").replace('\'', '"');
        send("POST", "http://" + rest + "/" + type + "s", json);
    }

    void hostsAndNetwork() {
        for (int host = 1; host <= 2; host++) {
            create(
                    "virtual-router",
                    "'fq_name':['default-global-system-config','h" + host
                            + "'],'parent_type':'global-system-config','virtual_router_ip_address':'192.0.2." + host
                            + "'");
        }
        create("virtual-network", "'fq_name':['default-domain','default-project','red'],'parent_type':'project'");
    }

    void bgpRouter(String name, String address, int port) {
        create(
                "bgp-router",
                "'fq_name':['default-domain','default-project','ip-fabric','__default__','" + name
                        + "'],'parent_type':'routing-instance','bgp_router_parameters':{'autonomous_system':64512,'identifier':'"
                        + address + "','address':'" + address + "','port':" + port + ",'hold_time':9}");
    }

    /** Replaces the hold time of a bgp-router. */
    void update(String type, String name, String fields) {
        String found = send("GET", "http://" + rest + "/" + type + "s", "");
        String uuid = found.replaceAll("(?s).*\"" + name + "\"\\s*\\][^}]*\"uuid\"\\s*:\\s*\"([^\"]+)\".*", "$1");
        send(
                "PUT",
                "http://" + rest + "/" + type + "/" + uuid,
                ("{'" + type + "':{" + fields + "}}").replace('\'', '"'));
    }

    String page(ControlNode node, String path) {
        return send("GET", "http://" + ready(node, "introspect") + path, "");
    }

    /** The instance's target, as {@code target:64512:8000003}. */
    String target(ControlNode node) {
        await(() -> page(node, "/instances").contains("\"" + RED + "\""), () -> page(node, "/instances"));
        String page = page(node, "/instances");
        return page.substring(page.indexOf("\"" + RED + "\"")).replaceAll("(?s).*?\"(target:[^\"]+)\".*", "$1");
    }

    /** State of the node's only peer. */
    boolean isUp(ControlNode node) {
        return page(node, "/bgp").contains("\"state\" : \"Established\"");
    }

    static void await(BooleanSupplier condition, java.util.function.Supplier<String> otherwise) {
        try {
            Awaitility.await()
                    .atMost(Duration.ofSeconds(30))
                    .pollInterval(Duration.ofMillis(50))
                    .until(condition::getAsBoolean);
        } catch (org.awaitility.core.ConditionTimeoutException e) {
            throw new AssertionError(otherwise.get(), e);
        }
    }

    private String send(String method, String uri, String body) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(uri))
                .header("Content-Type", "application/json")
                .timeout(Duration.ofSeconds(20))
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build();
        try {
            HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() != 200) {
                throw new AssertionError(method + " " + uri + " " + body + ": " + response.body());
            }
            return response.body();
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        nodes.reversed().forEach(ControlNode::close);
        http.close();
    }
}
