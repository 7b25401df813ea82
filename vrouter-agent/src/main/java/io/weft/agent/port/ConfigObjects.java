package io.weft.agent.port;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.agent.port.ConfigRequests.Answer;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** The objects an agent writes in the config API: its virtual router, and machine, interface and addresses of a container. */
public final class ConfigObjects {
    /** The config API answered with a refusal. */
    public static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1L;
        private final int status;

        RefusedException(int status, String text) {
            super("config API refused with " + status + ": " + text);
            this.status = status;
        }

        /** HTTP status. */
        public int status() {
            return status;
        }
    }

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String GLOBAL = "default-global-system-config";
    private static final int CONFLICT = 409;
    private static final int NOT_FOUND = 404;

    private final ConfigRequests client;
    private final String host;

    public ConfigObjects(ConfigRequests client, String host) {
        this.client = client;
        this.host = host;
    }

    /** Makes sure that the virtual-router object of this host exists; its uuid. */
    public CompletableFuture<UUID> register(InetAddress underlay) {
        UUID uuid = PortNames.virtualRouter(host);
        ObjectNode router = JSON.createObjectNode();
        router.put("uuid", uuid.toString());
        router.put("parent_type", "global-system-config");
        router.putArray("fq_name").add(GLOBAL).add(host);
        router.put("virtual_router_ip_address", underlay.getHostAddress());
        ArrayNode operations = JSON.createArrayNode();
        create(operations, "virtual-router", router);
        return changeSet(operations).handle((answer, failure) -> failure).thenCompose(failure -> {
            if (failure == null) {
                return CompletableFuture.completedFuture(uuid);
            }
            if (unwrap(failure) instanceof RefusedException refused && refused.status() == CONFLICT) {
                return find("virtual-router", List.of(GLOBAL, host))
                        .thenApply(found -> found.orElseThrow(() -> new IllegalStateException(refused.getMessage())));
            }
            return CompletableFuture.failedFuture(unwrap(failure));
        });
    }

    /** Families (4, 6) of a network's subnets; empty: there is no such network. */
    public CompletableFuture<Optional<Set<Integer>>> families(String network) {
        return find("virtual-network", List.of(network.split(":", -1))).thenCompose(uuid -> {
            if (uuid.isEmpty()) {
                return CompletableFuture.completedFuture(Optional.empty());
            }
            return client.get("/virtual-network/" + uuid.get()).thenApply(answer -> {
                if (answer.status() == NOT_FOUND) {
                    return Optional.empty();
                }
                Set<Integer> families = new TreeSet<>();
                for (JsonNode ipam : read(answer).path("virtual-network").path("network_ipam_refs")) {
                    for (JsonNode subnet : ipam.path("attr").path("ipam_subnets")) {
                        String prefix = subnet.path("subnet").path("ip_prefix").asText("");
                        if (!prefix.isEmpty()) {
                            families.add(prefix.contains(":") ? 6 : 4);
                        }
                    }
                }
                return Optional.of(families);
            });
        });
    }

    /** Creates machine, interface and one instance-ip per family, and links the machine to this virtual router; repeatable. */
    public CompletableFuture<Void> create(
            PortNames names, UUID virtualRouter, String network, Set<Integer> families, String displayName) {
        String[] path = network.split(":", -1);
        ArrayNode operations = JSON.createArrayNode();
        ObjectNode machine = JSON.createObjectNode();
        machine.put("uuid", names.vm().toString());
        machine.put("display_name", displayName);
        machine.putArray("fq_name").add(names.vm().toString());
        create(operations, "virtual-machine", machine);

        ObjectNode port = JSON.createObjectNode();
        port.put("uuid", names.vmi().toString());
        port.put("display_name", displayName);
        port.put("parent_type", "project");
        port.putArray("fq_name").add(path[0]).add(path[1]).add(names.vmi().toString());
        reference(port, "virtual_network_refs", path);
        reference(port, "virtual_machine_refs", names.vm().toString());
        create(operations, "virtual-machine-interface", port);

        for (int family : families) {
            UUID uuid = family == 4 ? names.instanceIp4() : names.instanceIp6();
            ObjectNode address = JSON.createObjectNode();
            address.put("uuid", uuid.toString());
            address.putArray("fq_name").add(uuid.toString());
            address.put("instance_ip_family", family == 4 ? "v4" : "v6");
            reference(address, "virtual_network_refs", path);
            reference(
                    address,
                    "virtual_machine_interface_refs",
                    path[0],
                    path[1],
                    names.vmi().toString());
            create(operations, "instance-ip", address);
        }
        operations.add(routerReference(names, virtualRouter, "ADD"));
        return changeSet(operations).thenApply(answer -> null);
    }

    /** Deletes what {@link #create} made; nothing there is success. */
    public CompletableFuture<Void> delete(PortNames names, UUID virtualRouter) {
        ArrayNode operations = JSON.createArrayNode();
        delete(operations, "instance-ip", names.instanceIp4());
        delete(operations, "instance-ip", names.instanceIp6());
        delete(operations, "virtual-machine-interface", names.vmi());
        ArrayNode linked = operations.deepCopy();
        linked.add(routerReference(names, virtualRouter, "DELETE"));
        delete(linked, "virtual-machine", names.vm());
        return changeSet(linked).handle((answer, failure) -> failure).thenCompose(failure -> {
            if (failure == null) {
                return CompletableFuture.<Void>completedFuture(null);
            }
            if (unwrap(failure) instanceof RefusedException refused && refused.status() == NOT_FOUND) {
                delete(operations, "virtual-machine", names.vm());
                return changeSet(operations).thenApply(answer -> null);
            }
            return CompletableFuture.failedFuture(unwrap(failure));
        });
    }

    private static ObjectNode routerReference(PortNames names, UUID virtualRouter, String operation) {
        ObjectNode one = JSON.createObjectNode();
        one.putObject("ref-update")
                .put("type", "virtual-router")
                .put("uuid", virtualRouter.toString())
                .put("ref-type", "virtual-machine")
                .put("ref-uuid", names.vm().toString())
                .put("operation", operation);
        return one;
    }

    private static void create(ArrayNode operations, String type, ObjectNode object) {
        ObjectNode operation = operations.addObject();
        operation.putObject("create").set(type, object);
        operation.put("if_absent", true);
    }

    private static void delete(ArrayNode operations, String type, UUID uuid) {
        ObjectNode operation = operations.addObject();
        operation.putObject("delete").putObject(type).put("uuid", uuid.toString());
        operation.put("if_present", true);
    }

    private static void reference(ObjectNode object, String field, String... to) {
        ArrayNode name = object.putArray(field).addObject().putArray("to");
        for (String part : to) {
            name.add(part);
        }
    }

    private CompletableFuture<Optional<UUID>> find(String type, List<String> name) {
        ObjectNode body = JSON.createObjectNode();
        body.put("type", type);
        ArrayNode parts = body.putArray("fq_name");
        name.forEach(parts::add);
        return client.post("/fqname-to-id", body.toString()).thenApply(answer -> {
            if (answer.status() == NOT_FOUND) {
                return Optional.empty();
            }
            return Optional.of(UUID.fromString(read(answer).path("uuid").asText()));
        });
    }

    private CompletableFuture<JsonNode> changeSet(ArrayNode operations) {
        ObjectNode body = JSON.createObjectNode();
        body.set("operations", operations);
        return client.post("/change-set", body.toString()).thenApply(ConfigObjects::read);
    }

    private static JsonNode read(Answer answer) {
        try {
            if (answer.status() < 200 || answer.status() > 299) {
                throw new RefusedException(answer.status(), answer.body().strip());
            }
            return JSON.readTree(answer.body());
        } catch (JsonProcessingException e) {
            throw new java.util.concurrent.CompletionException(
                    new IOException("config API answered something that is not JSON", e));
        } catch (RefusedException e) {
            throw new java.util.concurrent.CompletionException(e);
        }
    }

    static Throwable unwrap(Throwable failure) {
        boolean wrapped = failure instanceof java.util.concurrent.CompletionException
                || failure instanceof java.util.concurrent.ExecutionException;
        return wrapped && failure.getCause() != null ? unwrap(failure.getCause()) : failure;
    }
}
