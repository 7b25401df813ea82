package io.weft.cni;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** The CNI_* variables, checked as the specification says under "Parameters". */
final class Environment {
    private static final Pattern CONTAINER_ID = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]*");

    /** Arguments every plugin may get; others are an error unless IgnoreUnknown says otherwise. */
    private static final String KUBERNETES = "K8S_";

    private Environment() {}

    /**
     * CNI_ARGS.
     *
     * @param network of WEFT_NETWORK
     * @param others all but WEFT_NETWORK and IgnoreUnknown
     */
    record Arguments(Optional<String> network, Map<String, String> others) {}

    static Optional<String> optional(Map<String, String> environment, String name) {
        return Optional.ofNullable(environment.get(name)).filter(value -> !value.isEmpty());
    }

    static String required(Map<String, String> environment, String name) throws CniException {
        return optional(environment, name)
                .orElseThrow(() -> new CniException(CniError.INVALID_ENVIRONMENT, name + " is missing or empty"));
    }

    static Attachment attachment(Map<String, String> environment) throws CniException {
        String containerId = required(environment, "CNI_CONTAINERID");
        if (!CONTAINER_ID.matcher(containerId).matches()) {
            throw new CniException(
                    CniError.INVALID_ENVIRONMENT,
                    "CNI_CONTAINERID is \"" + containerId
                            + "\", must start alphanumeric and hold only letters, digits, '_', '.' and '-'");
        }
        return new Attachment(containerId, ifname(required(environment, "CNI_IFNAME")));
    }

    private static String ifname(String ifname) throws CniException {
        String must = null;
        if (ifname.getBytes(StandardCharsets.UTF_8).length > 15) {
            must = "must be at most 15 bytes long";
        } else if (ifname.equals(".") || ifname.equals("..")) {
            must = "must not be . or ..";
        } else if (ifname.chars().anyMatch(c -> c == '/' || c == ':' || Character.isWhitespace(c) || c < 32)) {
            must = "must not hold '/', ':', blanks or control characters";
        }
        if (must != null) {
            throw new CniException(CniError.INVALID_ENVIRONMENT, "CNI_IFNAME is \"" + ifname + "\", " + must);
        }
        return ifname;
    }

    static Arguments arguments(Map<String, String> environment) throws CniException {
        Map<String, String> pairs = new HashMap<>();
        for (String pair : environment.getOrDefault("CNI_ARGS", "").split(";")) {
            if (pair.isEmpty()) {
                continue;
            }
            int equals = pair.indexOf('=');
            if (equals <= 0) {
                throw new CniException(
                        CniError.INVALID_ENVIRONMENT,
                        "CNI_ARGS holds \"" + pair + "\", must be KEY=VALUE pairs with ';' between");
            }
            pairs.put(pair.substring(0, equals), pair.substring(equals + 1));
        }
        boolean ignoreUnknown = isTrue(pairs.remove("IgnoreUnknown"));
        Optional<String> network = Optional.ofNullable(pairs.remove("WEFT_NETWORK"));
        if (network.isPresent() && !NetworkConfig.isNetwork(network.get())) {
            throw new CniException(
                    CniError.INVALID_ENVIRONMENT,
                    "CNI_ARGS: WEFT_NETWORK is \"" + network.get() + "\", must be domain:project:network");
        }
        for (String key : pairs.keySet()) {
            if (!ignoreUnknown && !key.startsWith(KUBERNETES)) {
                throw new CniException(
                        CniError.INVALID_ENVIRONMENT,
                        "CNI_ARGS: \"" + key + "\" is not known",
                        "known: WEFT_NETWORK, K8S_*, IgnoreUnknown; IgnoreUnknown=1 lets others pass");
            }
        }
        return new Arguments(network, pairs);
    }

    private static boolean isTrue(String value) throws CniException {
        return switch (value == null ? "0" : value.toLowerCase(java.util.Locale.ROOT)) {
            case "1", "true" -> true;
            case "0", "false", "" -> false;
            default ->
                throw new CniException(
                        CniError.INVALID_ENVIRONMENT,
                        "CNI_ARGS: IgnoreUnknown is \"" + value + "\", must be 1, true, 0 or false");
        };
    }
}
