package io.weft.agent.compile;

import java.util.List;
import java.util.UUID;

/**
 * An address that ports of this host have, as it is to be published.
 *
 * @param ports that have it, ascending, at least one
 * @param groups ids of the security groups that all of them are in, ascending
 * @param shared the configuration says that other ports, perhaps on other hosts, have it too
 */
public record HeldAddress(List<UUID> ports, List<Long> groups, boolean shared) {
    public HeldAddress {
        ports = ports.stream().sorted().distinct().toList();
        groups = groups.stream().sorted().distinct().toList();
        if (ports.isEmpty()) {
            throw new IllegalArgumentException("number of ports of a held address is 0, must be at least 1");
        }
    }
}
