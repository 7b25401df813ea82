package io.weft.agent.compile;

import java.util.Map;

/** Everything the plane shall hold for tenants, by routing instance. The plane's own settings and the uplink come from HostFacts. */
public record DesiredState(Map<String, VrfState> vrfs) {
    public static final DesiredState EMPTY = new DesiredState(Map.of());

    public DesiredState {
        vrfs = Map.copyOf(vrfs);
    }
}
