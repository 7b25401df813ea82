package io.weft.agent.compile;

import io.weft.dataplane.IpPrefix;
import io.weft.dataplane.MacAddress;
import java.net.InetAddress;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * A route as one controller sent it, reduced to what the agent uses.
 *
 * @param virtualNetwork network of origin
 * @param groups ids of security groups of what is at the destination
 */
public record RemoteRoute(
        IpPrefix prefix, String virtualNetwork, List<Long> groups, long localPreference, List<RemoteHop> hops) {
    /**
     * @param label MPLS label
     * @param l3Label VNI of L3 VXLAN, 0: not sent
     * @param mac router MAC of the host; empty: not sent
     * @param encapsulations as on the wire; an unknown one is kept and never chosen
     */
    public record RemoteHop(
            InetAddress address, int label, int l3Label, Optional<MacAddress> mac, Set<String> encapsulations) {
        public RemoteHop {
            Objects.requireNonNull(address, "address");
            Objects.requireNonNull(mac, "mac");
            encapsulations = Set.copyOf(encapsulations);
        }
    }

    public RemoteRoute {
        Objects.requireNonNull(prefix, "prefix");
        Objects.requireNonNull(virtualNetwork, "virtualNetwork");
        groups = List.copyOf(groups);
        hops = List.copyOf(hops);
    }
}
