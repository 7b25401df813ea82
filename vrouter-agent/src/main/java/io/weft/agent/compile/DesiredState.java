package io.weft.agent.compile;

import java.util.Map;

/**
 * Everything the plane shall hold for tenants. The plane's own settings and the uplink come from HostFacts.
 *
 * @param vrfs by routing instance
 * @param policies those that a port uses
 */
public record DesiredState(Map<String, VrfState> vrfs, Map<PolicySource, PolicyState> policies) {
    public static final DesiredState EMPTY = new DesiredState(Map.of(), Map.of());

    public DesiredState {
        vrfs = Map.copyOf(vrfs);
        policies = Map.copyOf(policies);
    }
}
