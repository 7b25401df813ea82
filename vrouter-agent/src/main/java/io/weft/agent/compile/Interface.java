package io.weft.agent.compile;

import io.weft.dataplane.MacAddress;
import java.net.InetAddress;
import java.util.List;
import java.util.Objects;
import java.util.UUID;

/**
 * A virtual-machine-interface with what the agent needs of it.
 *
 * @param network domain:project:network
 * @param vm uuid of its virtual machine; null: none
 * @param addresses of its instance-ips, in the order of their bytes, IPv4 first
 */
public record Interface(UUID vmi, String name, UUID vm, MacAddress mac, String network, List<InetAddress> addresses) {
    public Interface {
        Objects.requireNonNull(vmi, "vmi");
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(mac, "mac");
        Objects.requireNonNull(network, "network");
        addresses = List.copyOf(addresses);
    }
}
