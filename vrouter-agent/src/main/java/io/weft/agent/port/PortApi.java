package io.weft.agent.port;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.agent.compile.AttachedPort;
import io.weft.agent.compile.PortState;
import io.weft.cni.CniException;
import io.weft.cni.CniPlugin;
import io.weft.cni.CniReply;
import io.weft.cni.CniRequest;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Requests of the unix socket: {@code POST /cni} of the CNI shim, and OpenContrail's port calls (reference section 6.2) as far as they make
 * sense here: {@code POST /vm} attaches a configured interface into a namespace, {@code GET} and {@code DELETE /port/<vmi>},
 * {@code GET /vm/<vm>[/<vmi>]}, {@code DELETE /vm/<vm>}. Called on virtual threads.
 */
public final class PortApi implements HttpServer.Handler {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final long LOOK_MS = 5_000;
    private static final String DONE = "{}";

    private final CniPlugin cni;
    private final ContainerPorts ports;
    private final PortCore core;

    public PortApi(ContainerPorts ports, PortCore core) {
        this.cni = new CniPlugin(ports);
        this.ports = ports;
        this.core = core;
    }

    @Override
    public HttpReply handle(String method, String uri, String body) throws Exception {
        String path = uri.contains("?") ? uri.substring(0, uri.indexOf('?')) : uri;
        String[] parts = path.substring(1).split("/", -1);
        try {
            return switch (method + " /" + parts[0]) {
                case "POST /cni" -> serve(body);
                case "POST /vm", "POST /port" -> attach(body);
                case "GET /port" -> onePort(uuid(parts, 1));
                case "DELETE /port" -> detach(List.of(uuid(parts, 1)));
                case "GET /vm" -> machine(uuid(parts, 1), parts.length > 2 ? uuid(parts, 2) : null);
                case "DELETE /vm" -> detach(portsOf(uuid(parts, 1)));
                default -> HttpReply.json(404, "{ no such call: " + method + " /" + parts[0] + " }");
            };
        } catch (IllegalArgumentException | JsonProcessingException e) {
            return HttpReply.json(400, "{ " + e.getMessage().lines().findFirst().orElse("") + " }");
        } catch (CniException e) {
            return HttpReply.json(500, "{ " + e.getMessage() + " }");
        }
    }

    private HttpReply serve(String body) {
        CniReply reply;
        try {
            JsonNode root = JSON.readTree(body);
            Map<String, String> environment = new HashMap<>();
            root.path("env").properties().forEach(entry -> {
                if (entry.getValue().isTextual()) {
                    environment.put(entry.getKey(), entry.getValue().textValue());
                }
            });
            JsonNode config = root.path("config");
            String text = config.isMissingNode() || config.isNull()
                    ? ""
                    : config.isTextual() ? config.textValue() : config.toString();
            reply = cni.serve(new CniRequest(environment, text));
        } catch (JsonProcessingException e) {
            reply = new CniReply(
                    1,
                    "{\"cniVersion\":\"1.1.0\",\"code\":6,\"msg\":\"the request to the agent is not JSON\",\"details\":\"\"}");
        }
        return new HttpReply(200, Map.of("X-Weft-Exit", Integer.toString(reply.exit())), reply.output());
    }

    private HttpReply attach(String body) throws Exception {
        JsonNode root = JSON.readTree(body);
        for (JsonNode one : root.isArray() ? root : List.of(root)) {
            UUID vmi = UUID.fromString(text(one, "vmi-uuid", "id"));
            UUID vm = UUID.fromString(text(one, "vm-uuid", "instance-id"));
            AttachedPort port = new AttachedPort(
                    vmi,
                    vm,
                    one.path("vm-id").asText(vm.toString()),
                    text(one, "vm-namespace", "vm-namespace"),
                    text(one, "vm-ifname", "system-name"),
                    "",
                    "",
                    false);
            ports.attachConfigured(port);
        }
        return HttpReply.json(200, DONE);
    }

    private static String text(JsonNode node, String field, String orField) {
        JsonNode value = node.path(field).isTextual() ? node.path(field) : node.path(orField);
        if (!value.isTextual()) {
            throw new IllegalArgumentException("field '" + field + "' is missing or not text");
        }
        return value.textValue();
    }

    private HttpReply onePort(UUID vmi) throws Exception {
        Optional<PortCore.Status> status = look(core.status(vmi));
        return status.isEmpty()
                ? HttpReply.json(404, "{ port " + vmi + " is not attached here }")
                : HttpReply.json(200, describe(status.get()).toString());
    }

    private HttpReply machine(UUID vm, UUID vmi) throws Exception {
        ArrayNode found = JSON.createArrayNode();
        for (UUID one : portsOf(vm)) {
            if (vmi == null || vmi.equals(one)) {
                look(core.status(one)).ifPresent(status -> found.add(describe(status)));
            }
        }
        return found.isEmpty()
                ? HttpReply.json(404, "{ machine " + vm + " has no port here }")
                : HttpReply.json(200, found.toString());
    }

    private List<UUID> portsOf(UUID vm) throws Exception {
        return look(core.ports()).stream()
                .filter(port -> port.vm().equals(vm))
                .map(AttachedPort::vmi)
                .toList();
    }

    private HttpReply detach(List<UUID> vmis) throws Exception {
        boolean any = false;
        for (UUID vmi : vmis) {
            any |= ports.detachByVmi(vmi);
        }
        return any ? HttpReply.json(200, DONE) : HttpReply.json(404, "{ no such port is attached here }");
    }

    private static ObjectNode describe(PortCore.Status status) {
        AttachedPort port = status.port();
        ObjectNode node = JSON.createObjectNode();
        node.put("id", port.vmi().toString());
        node.put("instance-id", port.vm().toString());
        node.put("system-name", port.ifname());
        node.put("vm-id", port.containerId());
        node.put("vm-namespace", port.netns());
        node.put("programmed", status.programmed());
        status.state().ifPresent(state -> describe(state, node));
        return node;
    }

    private static void describe(PortState state, ObjectNode node) {
        node.put("mac-address", state.mac().toString());
        node.put("mtu", state.mtu());
        for (PortState.PortAddress address : state.addresses()) {
            boolean six = address.address().getAddress().length == 16;
            String prefix = six ? "v6-" : "";
            if (address.gateway()) {
                node.put(prefix + "gateway", address.address().getHostAddress());
            } else {
                node.put(prefix + "ip-address", address.address().getHostAddress());
                node.put(prefix + "plen", address.prefixLength());
            }
        }
    }

    private static UUID uuid(String[] parts, int at) {
        if (parts.length <= at) {
            throw new IllegalArgumentException("a uuid is missing in the path");
        }
        try {
            return UUID.fromString(parts[at]);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("'" + parts[at] + "' in the path is not a uuid", e);
        }
    }

    private static <T> T look(java.util.concurrent.CompletableFuture<T> future) throws CniException {
        try {
            return future.get(LOOK_MS, TimeUnit.MILLISECONDS);
        } catch (ExecutionException | TimeoutException e) {
            throw new CniException(io.weft.cni.CniError.TRY_AGAIN, "the agent is busy: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CniException(io.weft.cni.CniError.TRY_AGAIN, "the agent is stopping");
        }
    }
}
