package io.weft.agent.compile;

import io.weft.dataplane.IpPrefix;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;

/**
 * One network as it shall be on this host.
 *
 * @param ports by vmi
 * @param held addresses of this host's ports, which it publishes
 * @param routes those of this host's ports and the network's subnets, and those the controllers sent
 */
public record VrfState(
        Network network,
        Map<UUID, PortState> ports,
        Map<IpPrefix, HeldAddress> held,
        Map<IpPrefix, RouteState> routes) {
    public VrfState {
        Objects.requireNonNull(network, "network");
        ports = Map.copyOf(ports);
        held = Map.copyOf(held);
        routes = Map.copyOf(routes);
    }
}
