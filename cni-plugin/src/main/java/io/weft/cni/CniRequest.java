package io.weft.cni;

import java.util.Map;
import java.util.Objects;

/**
 * One execution of the plugin.
 *
 * @param environment the CNI_* variables; absent ones are missing from the map
 * @param config standard input, not yet parsed
 */
public record CniRequest(Map<String, String> environment, String config) {
    public CniRequest {
        environment = Map.copyOf(environment);
        Objects.requireNonNull(config, "config");
    }
}
