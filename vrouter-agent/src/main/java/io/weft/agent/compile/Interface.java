package io.weft.agent.compile;

import io.weft.dataplane.MacAddress;
import java.net.InetAddress;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;

/**
 * A virtual-machine-interface with what the agent needs of it.
 *
 * @param network domain:project:network
 * @param vm uuid of its virtual machine; null: none
 * @param groups its security groups, in the order of their names
 * @param policyDisabled what its network and its groups say is not asked at the port
 * @param shared those of `addresses` that other interfaces have too
 * @param addresses of its instance-ips, in the order of their bytes, IPv4 first
 */
public record Interface(
        UUID vmi,
        String name,
        UUID vm,
        MacAddress mac,
        String network,
        List<Group> groups,
        boolean policyDisabled,
        List<InetAddress> addresses,
        Set<InetAddress> shared) {
    /**
     * A security group that the configuration names.
     *
     * @param name its fq_name
     * @param id security_group_id, 1 .. 2^32-1; empty: the group has not come, or has no number yet
     */
    public record Group(String name, OptionalLong id) {}

    public Interface {
        Objects.requireNonNull(vmi, "vmi");
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(mac, "mac");
        Objects.requireNonNull(network, "network");
        groups = List.copyOf(groups);
        addresses = List.copyOf(addresses);
        shared = Set.copyOf(shared);
    }

    /** Numbers of the groups that have one. */
    public List<Long> groupIds() {
        return groups.stream()
                .flatMapToLong(group -> group.id().stream())
                .sorted()
                .boxed()
                .toList();
    }

    /** What the port is to others. */
    public IdentityState identity() {
        return IdentityState.of(network, groupIds());
    }
}
