package io.weft.agent.compile;

import io.weft.dataplane.MacAddress;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Objects;

/**
 * What compile knows of this host.
 *
 * @param name of the virtual router
 * @param underlay tunnel address
 * @param uplinkMtu L3 bytes, of the uplink as the plane reports it
 */
public record HostFacts(String name, InetAddress underlay, int uplinkMtu) {
    private static final int OVERHEAD_IPV4 = 50;
    private static final int OVERHEAD_IPV6 = 70;

    public HostFacts {
        Objects.requireNonNull(name, "name");
        int smallest = 1280 + (underlay.getAddress().length == 4 ? OVERHEAD_IPV4 : OVERHEAD_IPV6);
        if (uplinkMtu < smallest || uplinkMtu > 65535) {
            throw new IllegalArgumentException("uplink mtu " + uplinkMtu + " is not in " + smallest
                    + "..65535: pods need 1280 bytes (RFC 8200 section 5) inside the tunnel");
        }
    }

    /** MTU of pods: the uplink's less outer IP, UDP, VXLAN and inner Ethernet (14 bytes). */
    public int podMtu() {
        return uplinkMtu - (underlay.getAddress().length == 4 ? OVERHEAD_IPV4 : OVERHEAD_IPV6);
    }

    /** The stable, locally administered router MAC of this host: 02 and the first five bytes of SHA-256 of its name. */
    public MacAddress routerMac() {
        return routerMac(name);
    }

    /** As {@link #routerMac()}, of any host. */
    public static MacAddress routerMac(String name) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
            byte[] mac = {0x02, hash[0], hash[1], hash[2], hash[3], hash[4]};
            return MacAddress.of(mac);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
