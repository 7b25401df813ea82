package io.weft.cni;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import java.util.regex.Pattern;

/** The parts of a network configuration that matter here. */
record NetworkConfig(
        CniVersion version,
        String name,
        Optional<String> network,
        Optional<JsonNode> previousResult,
        Optional<JsonNode> validAttachments) {
    /** CNI specification, "Network configuration format": the name starts alphanumeric. */
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]*");

    /** Each of domain, project and network: anything but ':', control characters and blanks at the ends. */
    private static final Pattern NETWORK = Pattern.compile("[^:\\p{Cntrl}]+:[^:\\p{Cntrl}]+:[^:\\p{Cntrl}]+");

    static JsonNode parse(String text) throws CniException {
        JsonNode root;
        try {
            root = Json.read(text);
        } catch (JsonProcessingException e) {
            throw new CniException(
                    CniError.DECODE, "the network configuration on standard input is not JSON", e.getOriginalMessage());
        }
        if (!root.isObject()) {
            throw new CniException(
                    CniError.DECODE,
                    "the network configuration on standard input is "
                            + (root.isMissingNode() ? "empty" : "a JSON " + kind(root)) + ", must be a JSON object");
        }
        return root;
    }

    static CniVersion version(JsonNode root) throws CniException {
        JsonNode version = root.path("cniVersion");
        if (!version.isTextual()) {
            throw new CniException(
                    CniError.INVALID_CONFIG,
                    version.isMissingNode()
                            ? "cniVersion is missing"
                            : "cniVersion is " + version + ", must be a string");
        }
        Optional<CniVersion> known = CniVersion.parse(version.asText());
        if (known.isEmpty()) {
            throw new CniException(
                    CniError.INCOMPATIBLE_VERSION,
                    "cniVersion is \"" + version.asText() + "\", which is not supported",
                    "supported: " + String.join(", ", CniVersion.supported()));
        }
        return known.get();
    }

    static NetworkConfig of(JsonNode root, CniVersion version) throws CniException {
        String name = text(root, "name")
                .orElseThrow(() -> new CniException(CniError.INVALID_CONFIG, "name of the network is missing"));
        if (!NAME.matcher(name).matches()) {
            throw new CniException(
                    CniError.INVALID_CONFIG,
                    "name is \"" + name
                            + "\", must start alphanumeric and hold only letters, digits, '_', '.' and '-'");
        }
        if (text(root, "type").isEmpty()) {
            throw new CniException(CniError.INVALID_CONFIG, "type of the plugin is missing");
        }
        return new NetworkConfig(
                version,
                name,
                network(root),
                child(root, "prevResult", false),
                child(root, "cni.dev/valid-attachments", true));
    }

    private static Optional<String> network(JsonNode root) throws CniException {
        Optional<JsonNode> weft = child(root, "weft", false);
        if (weft.isEmpty()) {
            return Optional.empty();
        }
        Optional<String> network = text(weft.get(), "network");
        if (network.isPresent() && !isNetwork(network.get())) {
            throw new CniException(
                    CniError.INVALID_CONFIG,
                    "weft.network is \"" + network.get() + "\", must be domain:project:network");
        }
        return network;
    }

    static boolean isNetwork(String text) {
        return NETWORK.matcher(text).matches();
    }

    private static Optional<String> text(JsonNode node, String field) throws CniException {
        JsonNode value = node.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return Optional.empty();
        }
        if (!value.isTextual() || value.asText().isEmpty()) {
            throw new CniException(
                    CniError.INVALID_CONFIG, field + " is " + value + ", must be a string with something in it");
        }
        return Optional.of(value.asText());
    }

    private static Optional<JsonNode> child(JsonNode node, String field, boolean array) throws CniException {
        JsonNode value = node.path(field);
        if (value.isMissingNode() || value.isNull()) {
            return Optional.empty();
        }
        if (array ? !value.isArray() : !value.isObject()) {
            throw new CniException(
                    CniError.INVALID_CONFIG,
                    field + " is a JSON " + kind(value) + ", must be " + (array ? "an array" : "an object"));
        }
        return Optional.of(value);
    }

    private static String kind(JsonNode node) {
        return node.getNodeType().name().toLowerCase(java.util.Locale.ROOT);
    }
}
