package io.weft.agent.compile;

import java.util.List;
import java.util.Objects;

/**
 * A virtual network with what the agent needs of it.
 *
 * @param name domain:project:network
 * @param instance name of its default routing instance
 * @param lists fq_names of its access-control-lists, ascending, also of those that have not come; none: no network policy
 * @param vni 1 .. 2^24-1
 */
public record Network(String name, String instance, int vni, List<Subnet> subnets, List<String> lists) {
    public Network {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(instance, "instance");
        subnets = List.copyOf(subnets);
        lists = List.copyOf(lists);
        if (vni < 1 || vni >= 1 << 24) {
            throw new IllegalArgumentException("network " + name + ": vni " + vni + " is not in 1..2^24-1");
        }
    }
}
