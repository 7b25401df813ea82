package io.weft.cni;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashSet;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/** Turns requests into calls of a {@link PortService} and their results into replies. Stateless; any thread. */
public final class CniPlugin {
    private final PortService ports;

    public CniPlugin(PortService ports) {
        this.ports = Objects.requireNonNull(ports, "ports");
    }

    /** Serves one request, also a broken one; never throws for what the runtime sent. */
    public CniReply serve(CniRequest request) {
        CniVersion answerIn = CniVersion.V1_1_0;
        try {
            String command = Environment.required(request.environment(), "CNI_COMMAND");
            if (command.equals("VERSION")) {
                return version(request);
            }
            JsonNode root = NetworkConfig.parse(request.config());
            answerIn = NetworkConfig.version(root);
            NetworkConfig config = NetworkConfig.of(root, answerIn);
            return switch (command) {
                case "ADD" -> add(request, config);
                case "DEL" -> delete(request, config);
                case "CHECK" -> check(request, config);
                case "GC" -> gc(config);
                case "STATUS" -> status(config);
                default ->
                    throw new CniException(
                            CniError.INVALID_ENVIRONMENT,
                            "CNI_COMMAND is \"" + command + "\", must be ADD, DEL, CHECK, GC, STATUS or VERSION");
            };
        } catch (CniException e) {
            return new CniReply(1, Results.error(answerIn, e));
        } catch (RuntimeException e) {
            CniException failure =
                    new CniException(CniError.FAILED, "internal error: " + e, "this is a bug of the agent");
            return new CniReply(1, Results.error(answerIn, failure));
        }
    }

    /** VERSION reads cniVersion when there is a configuration; runtimes send one, people do not. */
    private static CniReply version(CniRequest request) throws CniException {
        String asked = CniVersion.V1_1_0.text();
        if (!request.config().isBlank()) {
            asked = NetworkConfig.parse(request.config()).path("cniVersion").asText(asked);
        }
        ObjectNode reply = Json.object();
        reply.put("cniVersion", CniVersion.parse(asked).isPresent() ? asked : CniVersion.V1_1_0.text());
        ArrayNode versions = reply.putArray("supportedVersions");
        CniVersion.supported().forEach(versions::add);
        return new CniReply(0, Json.write(reply));
    }

    private CniReply add(CniRequest request, NetworkConfig config) throws CniException {
        Attachment attachment = Environment.attachment(request.environment());
        String netns = Environment.required(request.environment(), "CNI_NETNS");
        Environment.Arguments arguments = Environment.arguments(request.environment());
        Optional<String> network = arguments.network().or(config::network);
        PortResult result = ports.add(new PortRequest(
                attachment, Optional.of(netns), network, config.name(), arguments.others(), Optional.empty()));
        return new CniReply(0, Results.added(config.version(), result));
    }

    /** DEL must succeed when the namespace is gone and when there is nothing left to delete, so little is required here. */
    private CniReply delete(CniRequest request, NetworkConfig config) throws CniException {
        Attachment attachment = Environment.attachment(request.environment());
        Optional<String> netns = Environment.optional(request.environment(), "CNI_NETNS");
        Environment.Arguments arguments = Environment.arguments(request.environment());
        ports.delete(new PortRequest(
                attachment,
                netns,
                arguments.network().or(config::network),
                config.name(),
                arguments.others(),
                Optional.empty()));
        return new CniReply(0, "");
    }

    private CniReply check(CniRequest request, NetworkConfig config) throws CniException {
        requireVersion(config, "CHECK", CniVersion.V0_4_0);
        Attachment attachment = Environment.attachment(request.environment());
        String netns = Environment.required(request.environment(), "CNI_NETNS");
        Environment.Arguments arguments = Environment.arguments(request.environment());
        JsonNode previous = config.previousResult()
                .orElseThrow(() -> new CniException(
                        CniError.INVALID_CONFIG, "prevResult is missing, CHECK needs the result of ADD"));
        PortResult expected = Results.previous(previous, attachment, netns);
        ports.check(new PortRequest(
                attachment,
                Optional.of(netns),
                arguments.network().or(config::network),
                config.name(),
                arguments.others(),
                Optional.of(expected)));
        return new CniReply(0, "");
    }

    private CniReply gc(NetworkConfig config) throws CniException {
        requireVersion(config, "GC", CniVersion.V1_1_0);
        JsonNode list = config.validAttachments()
                .orElseThrow(() -> new CniException(
                        CniError.INVALID_CONFIG,
                        "cni.dev/valid-attachments is missing, GC needs the list of attachments to keep"));
        Set<Attachment> valid = new HashSet<>();
        for (JsonNode entry : list) {
            String containerId = entry.path("containerID").asText("");
            String ifname = entry.path("ifname").asText("");
            if (containerId.isEmpty() || ifname.isEmpty()) {
                throw new CniException(
                        CniError.INVALID_CONFIG,
                        "cni.dev/valid-attachments holds " + entry + ", must have containerID and ifname");
            }
            valid.add(new Attachment(containerId, ifname));
        }
        ports.gc(config.name(), valid);
        return new CniReply(0, "");
    }

    private CniReply status(NetworkConfig config) throws CniException {
        requireVersion(config, "STATUS", CniVersion.V1_1_0);
        ports.status();
        return new CniReply(0, "");
    }

    private static void requireVersion(NetworkConfig config, String command, CniVersion least) throws CniException {
        if (!config.version().atLeast(least)) {
            throw new CniException(
                    CniError.INCOMPATIBLE_VERSION,
                    "cniVersion is \"" + config.version().text() + "\", " + command + " needs at least "
                            + least.text());
        }
    }
}
