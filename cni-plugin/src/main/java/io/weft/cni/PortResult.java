package io.weft.cni;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * A port as it is inside its namespace.
 *
 * @param ifname name of the interface
 * @param mac like "02:00:00:00:00:01"
 * @param mtu L3 bytes
 * @param netns path of the namespace
 * @param addresses in order of preference
 */
public record PortResult(String ifname, String mac, int mtu, String netns, List<Address> addresses) {
    public PortResult {
        Objects.requireNonNull(ifname, "ifname");
        Objects.requireNonNull(mac, "mac");
        Objects.requireNonNull(netns, "netns");
        addresses = List.copyOf(addresses);
    }

    /**
     * @param address of the port
     * @param prefixLength of its subnet
     * @param gateway default gateway of its family, when it has one
     */
    public record Address(InetAddress address, int prefixLength, Optional<InetAddress> gateway) {
        public Address {
            Objects.requireNonNull(address, "address");
            Objects.requireNonNull(gateway, "gateway");
            int bits = address.getAddress().length * 8;
            if (prefixLength < 0 || prefixLength > bits) {
                throw new IllegalArgumentException("prefix length of " + address.getHostAddress() + " is "
                        + prefixLength + ", must be 0 .. " + bits);
            }
        }

        boolean isV4() {
            return address instanceof Inet4Address;
        }
    }
}
