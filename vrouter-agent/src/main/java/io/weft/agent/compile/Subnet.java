package io.weft.agent.compile;

import io.weft.dataplane.IpPrefix;
import java.net.InetAddress;
import java.util.Objects;
import java.util.Optional;

/** A subnet of a network as its IPAM reference says. */
public record Subnet(IpPrefix prefix, Optional<InetAddress> gateway, Optional<InetAddress> dns) {
    public Subnet {
        Objects.requireNonNull(prefix, "prefix");
        Objects.requireNonNull(gateway, "gateway");
        Objects.requireNonNull(dns, "dns");
    }
}
