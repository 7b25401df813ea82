package io.weft.agent.compile;

import io.weft.dataplane.MacAddress;
import java.net.InetAddress;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * A pod's vif as it shall be.
 *
 * @param mtu L3 bytes
 * @param addresses own addresses first, then the gateways
 * @param identity of what is behind the port
 * @param networkPolicy both directions must pass it; empty: no network policy
 * @param egressPolicy connections opened from the port must pass it too; empty: no security group
 * @param ingressPolicy connections opened to the port must pass it too; empty: no security group
 * @param stateless policy is disabled: the port has none and its packets go by the routes alone
 */
public record PortState(
        UUID vmi,
        String instance,
        String netns,
        String ifname,
        MacAddress mac,
        int mtu,
        List<PortAddress> addresses,
        IdentityState identity,
        Optional<PolicySource> networkPolicy,
        Optional<PolicySource> egressPolicy,
        Optional<PolicySource> ingressPolicy,
        boolean stateless) {
    /**
     * @param prefixLength of the subnet, bits
     * @param gateway not the port's own: its default gateway
     */
    public record PortAddress(InetAddress address, int prefixLength, boolean gateway) {
        public PortAddress {
            int bits = 8 * address.getAddress().length;
            if (prefixLength < 0 || prefixLength > bits) {
                throw new IllegalArgumentException("prefix length " + prefixLength + " is not in 0.." + bits);
            }
        }
    }

    public PortState {
        Objects.requireNonNull(vmi, "vmi");
        Objects.requireNonNull(instance, "instance");
        Objects.requireNonNull(mac, "mac");
        Objects.requireNonNull(identity, "identity");
        Objects.requireNonNull(networkPolicy, "networkPolicy");
        Objects.requireNonNull(egressPolicy, "egressPolicy");
        Objects.requireNonNull(ingressPolicy, "ingressPolicy");
        addresses = List.copyOf(addresses);
        if (mtu < 68 || mtu > 65535) {
            throw new IllegalArgumentException("mtu " + mtu + " is not in 68..65535");
        }
        if (stateless && (networkPolicy.isPresent() || egressPolicy.isPresent() || ingressPolicy.isPresent())) {
            throw new IllegalArgumentException("port " + vmi + " is stateless, but has network policy " + networkPolicy
                    + ", egress policy " + egressPolicy + ", ingress policy " + ingressPolicy + ": must be none");
        }
    }

    /** The policy sets the port uses. */
    public List<PolicySource> policies() {
        return Stream.of(networkPolicy, egressPolicy, ingressPolicy)
                .flatMap(Optional::stream)
                .toList();
    }

    /** The port's own addresses. */
    public List<PortAddress> own() {
        return addresses.stream().filter(address -> !address.gateway()).toList();
    }
}
