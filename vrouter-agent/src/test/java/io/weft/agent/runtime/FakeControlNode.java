package io.weft.agent.runtime;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.weft.agent.compile.Site;
import io.weft.protocol.xmpp.ConfigLink;
import io.weft.protocol.xmpp.ConfigNode;
import io.weft.protocol.xmpp.ConfigNode.Key;
import io.weft.protocol.xmpp.RouteEntry;
import io.weft.protocol.xmpp.XmlTree;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.Executors;

/** A config API and a controller, just enough for one agent: one network red/web and what the agent creates. */
final class FakeControlNode implements AutoCloseable {
    static final String NETWORK = "default-domain:red:web";
    static final String INSTANCE = NETWORK + ":web";
    static final int VNI = 77;

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpServer http;
    private final Object lock = new Object();
    private final Map<String, JsonNode> objects = new LinkedHashMap<>();
    private final Map<String, Integer> hosts = new HashMap<>();
    private final Set<String> linkedMachines = new TreeSet<>();
    private final List<FakeController> controllers = new ArrayList<>();
    private volatile boolean configDown;
    private long revision;
    private int nextHost = 3;
    private boolean guarded;
    private boolean listsKnown;
    private boolean policyDisabled;
    private volatile String router = "";

    FakeControlNode() throws IOException {
        http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        http.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        http.createContext("/", this::serve);
        http.start();
        addController();
    }

    String configApi() {
        return "127.0.0.1:" + http.getAddress().getPort();
    }

    /** One more controller that knows the same configuration. */
    FakeController addController() throws IOException {
        FakeController controller = new FakeController(this, lock);
        synchronized (lock) {
            controllers.add(controller);
        }
        return controller;
    }

    /** The first controller. */
    FakeController first() {
        return controllers.getFirst();
    }

    String controller() {
        return first().address();
    }

    /** Of the configuration as it is; for controllers, under the lock. */
    long revision() {
        return revision;
    }

    private void pushConfig() throws IOException {
        for (FakeController controller : controllers) {
            controller.pushConfig();
        }
    }

    void configDown(boolean down) {
        configDown = down;
    }

    /** Objects the agent created, without its virtual-router. */
    Set<String> objects() {
        synchronized (lock) {
            Set<String> names = new TreeSet<>(objects.keySet());
            names.removeIf(name -> name.startsWith("virtual-router/"));
            return names;
        }
    }

    Map<String, RouteEntry> published() {
        return first().published();
    }

    Map<String, Integer> subscribed() {
        return first().subscribed();
    }

    void dropSessions() throws IOException {
        first().dropSessions();
    }

    void setRemote(RouteEntry entry) throws IOException {
        first().setRemote(entry);
    }

    void removeRemote(RouteEntry entry, boolean quietly) throws IOException {
        first().removeRemote(entry, quietly);
    }

    /** From now on the network names a list and each port is in group 1; the lists themselves come when `known`. */
    void guard(boolean known) throws IOException {
        synchronized (lock) {
            guarded = true;
            listsKnown = known;
            revision++;
            pushConfig();
        }
    }

    /** What every port's configuration says from now on of its policy. */
    void disablePolicy(boolean disabled) throws IOException {
        synchronized (lock) {
            policyDisabled = disabled;
            revision++;
            pushConfig();
        }
    }

    private void guard(Map<Key, ConfigNode> nodes, Map<String, ConfigLink> links, Key network, Key port) {
        Map<String, Object> anywhere = Site.ofNetwork("any");
        Key group = node(nodes, "security-group", Site.group(1), Map.of("security_group_id", Site.groupId(1)));
        link(links, port, group, XmlTree.EMPTY);
        list(nodes, links, network, INSTANCE, Site.rule("pass", "tcp", anywhere, anywhere, 80, 80));
        list(
                nodes,
                links,
                group,
                Site.group(1) + ":egress-access-control-list",
                Site.rule("pass", "any", Map.of(), Site.ofGroup(1), -1, -1));
        list(
                nodes,
                links,
                group,
                Site.group(1) + ":ingress-access-control-list",
                Site.rule("pass", "frob", Site.ofGroup(1), Map.of(), -1, -1));
    }

    private void list(
            Map<Key, ConfigNode> nodes, Map<String, ConfigLink> links, Key owner, String name, Site.Entry rule) {
        link(links, owner, new Key("access-control-list", name), XmlTree.EMPTY);
        if (listsKnown) {
            node(
                    nodes,
                    "access-control-list",
                    name,
                    Map.of("access_control_list_entries", Map.of("acl_rule", List.of(rule.json()))));
        }
    }

    /** The configuration as it is, under the lock. */
    void graph(Map<Key, ConfigNode> nodes, Map<String, ConfigLink> links) {
        Key routerKey = node(nodes, "virtual-router", "default-global-system-config:" + router, Map.of());
        node(
                nodes,
                "global-vrouter-config",
                "default-global-system-config:default-global-vrouter-config",
                Map.of("encapsulation_priorities", Map.of("encapsulation", List.of("VXLAN", "MPLSoUDP"))));
        Key network = null;
        for (JsonNode port : ofType("virtual-machine-interface")) {
            String machine =
                    port.path("virtual_machine_refs").path(0).path("to").path(0).asText();
            if (!linkedMachines.contains(machine)) {
                continue;
            }
            if (network == null) {
                network = putNetwork(nodes, links);
            }
            Key machineKey = node(nodes, "virtual-machine", machine, Site.idPerms(UUID.fromString(machine)));
            UUID uuid = UUID.fromString(port.path("uuid").asText());
            Map<String, Object> properties = new HashMap<>();
            properties.put("id_perms", Site.idPerms(uuid));
            properties.put(
                    "virtual_machine_interface_mac_addresses",
                    Map.of("mac_address", List.of("02:%02x:00:00:00:01".formatted(Math.abs(uuid.hashCode() % 256)))));
            properties.put("virtual_machine_interface_disable_policy", policyDisabled);
            Key portKey = node(nodes, "virtual-machine-interface", name(port), properties);
            link(links, routerKey, machineKey, XmlTree.EMPTY);
            link(links, portKey, machineKey, XmlTree.EMPTY);
            link(links, portKey, network, XmlTree.EMPTY);
            if (guarded) {
                guard(nodes, links, network, portKey);
            }
            for (JsonNode address : ofType("instance-ip")) {
                if (address.path("virtual_machine_interface_refs")
                        .path(0)
                        .path("to")
                        .path(2)
                        .asText()
                        .equals(uuid.toString())) {
                    Key key =
                            node(nodes, "instance-ip", name(address), Map.of("instance_ip_address", address(address)));
                    link(links, key, portKey, XmlTree.EMPTY);
                }
            }
        }
    }

    private static Key putNetwork(Map<Key, ConfigNode> nodes, Map<String, ConfigLink> links) {
        Key network = node(nodes, "virtual-network", NETWORK, Map.of("virtual_network_network_id", VNI));
        Key instance = node(nodes, "routing-instance", INSTANCE, Map.of("routing_instance_is_default", true));
        Key ipam = node(nodes, "network-ipam", "default-domain:default-project:default-network-ipam", Map.of());
        link(links, network, instance, XmlTree.EMPTY);
        link(
                links,
                network,
                ipam,
                XmlTree.fromJson(Map.of(
                        "ipam_subnets",
                        List.of(
                                Map.of(
                                        "subnet", Map.of("ip_prefix", "10.1.1.0", "ip_prefix_len", 24),
                                        "default_gateway", "10.1.1.1",
                                        "dns_server_address", "10.1.1.2"),
                                Map.of(
                                        "subnet", Map.of("ip_prefix", "fd00:1:1::", "ip_prefix_len", 64),
                                        "default_gateway", "fd00:1:1::1",
                                        "dns_server_address", "fd00:1:1::2")))));
        return network;
    }

    private static Key node(Map<Key, ConfigNode> nodes, String type, String name, Map<String, Object> properties) {
        ConfigNode node = new ConfigNode(type, name, XmlTree.fromJson(properties));
        nodes.put(node.key(), node);
        return node.key();
    }

    private static void link(Map<String, ConfigLink> links, Key from, Key to, XmlTree attribute) {
        links.put(from + " " + to, ConfigLink.of(from, to, attribute));
    }

    private List<JsonNode> ofType(String type) {
        return objects.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith(type + "/"))
                .map(Map.Entry::getValue)
                .toList();
    }

    private static String name(JsonNode object) {
        List<String> parts = new ArrayList<>();
        object.path("fq_name").forEach(part -> parts.add(part.asText()));
        return String.join(":", parts);
    }

    private String address(JsonNode instanceIp) {
        String port = instanceIp
                .path("virtual_machine_interface_refs")
                .path(0)
                .path("to")
                .path(2)
                .asText();
        int host = hosts.computeIfAbsent(port, absent -> nextHost++);
        return instanceIp.path("instance_ip_family").asText().equals("v4")
                ? "10.1.1." + host
                : "fd00:1:1::" + Integer.toHexString(host);
    }

    private void serve(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        JsonNode body = JSON.readTree(exchange.getRequestBody().readAllBytes());
        if (configDown) {
            answer(exchange, 503, "down for a test");
            return;
        }
        switch (path) {
            case "/fqname-to-id" -> {
                boolean known = String.join(":", NETWORK).equals(name(body));
                answer(exchange, known ? 200 : 404, known ? "{\"uuid\":\"" + new UUID(9, 9) + "\"}" : "not found");
            }
            case "/change-set" -> {
                String refusal;
                synchronized (lock) {
                    refusal = change(body.path("operations"));
                    if (refusal == null) {
                        revision++;
                        pushConfig();
                    }
                }
                answer(exchange, refusal == null ? 200 : 404, refusal == null ? "{\"results\":[]}" : refusal);
            }
            default ->
                answer(
                        exchange,
                        200,
                        "{\"virtual-network\":{\"network_ipam_refs\":[{\"attr\":{\"ipam_subnets\":["
                                + "{\"subnet\":{\"ip_prefix\":\"10.1.1.0\",\"ip_prefix_len\":24}},"
                                + "{\"subnet\":{\"ip_prefix\":\"fd00:1:1::\",\"ip_prefix_len\":64}}]}}]}}");
        }
    }

    private String change(JsonNode operations) {
        Map<String, JsonNode> after = new LinkedHashMap<>(objects);
        Set<String> linked = new TreeSet<>(linkedMachines);
        for (JsonNode operation : operations) {
            if (operation.has("create")) {
                String type = operation.path("create").fieldNames().next();
                JsonNode object = operation.path("create").path(type);
                after.putIfAbsent(type + "/" + object.path("uuid").asText(), object);
                if (type.equals("virtual-router")) {
                    router = object.path("fq_name").path(1).asText();
                }
            } else if (operation.has("delete")) {
                String type = operation.path("delete").fieldNames().next();
                after.remove(type + "/"
                        + operation.path("delete").path(type).path("uuid").asText());
            } else {
                JsonNode reference = operation.path("ref-update");
                String machine = reference.path("ref-uuid").asText();
                if (!after.containsKey("virtual-machine/" + machine)) {
                    return "operation: ref-uuid: virtual-machine " + machine + " does not exist";
                }
                if (reference.path("operation").asText().equals("ADD")) {
                    linked.add(machine);
                } else {
                    linked.remove(machine);
                }
            }
        }
        objects.clear();
        objects.putAll(after);
        linkedMachines.clear();
        linkedMachines.addAll(linked);
        return null;
    }

    private static void answer(HttpExchange exchange, int status, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    @Override
    public void close() throws IOException {
        for (FakeController controller : controllers) {
            controller.close();
        }
        http.stop(0);
    }
}
