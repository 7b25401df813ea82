package io.weft.agent.compile;

import io.weft.dataplane.IpPrefix;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/**
 * One network as it shall be on this host.
 *
 * @param ports by vmi
 * @param local routes that exist because of this host's ports and the network's subnets; they win over `remote`
 * @param remote routes to other hosts
 */
public record VrfState(
        Network network,
        Map<UUID, PortState> ports,
        Map<IpPrefix, RouteState> local,
        Map<IpPrefix, RouteState> remote) {
    public VrfState {
        Objects.requireNonNull(network, "network");
        ports = Map.copyOf(ports);
        local = Map.copyOf(local);
        remote = Map.copyOf(remote);
    }

    /** The routes of the VRF: local wins. */
    public Map<IpPrefix, RouteState> routes() {
        Map<IpPrefix, RouteState> all = new LinkedHashMap<>(remote);
        all.putAll(local);
        return all;
    }
}
