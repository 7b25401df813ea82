package io.weft.dataplane;

import java.net.InetAddress;
import java.util.Objects;

/**
 * An address of a port, or the default gateway to configure inside its namespace.
 *
 * @param address the exact address
 * @param prefixLength of the subnet when {@code configure}; else of the allowed source prefix; 0 .. 32 or 128
 * @param configure set on the netdev inside the namespace too, without duplicate address detection
 * @param gateway not the port's own: the default gateway to configure inside the namespace
 */
public record VifAddress(InetAddress address, int prefixLength, boolean configure, boolean gateway) {
    public VifAddress {
        Objects.requireNonNull(address, "address");
        Limits.range("prefix length of " + address.getHostAddress(), prefixLength, 0, address.getAddress().length * 8);
    }

    /** An address of the port that is also configured on its netdev. */
    public static VifAddress configured(InetAddress address, int prefixLength) {
        return new VifAddress(address, prefixLength, true, false);
    }

    /** An address (whole prefix) that the port may use as source, not configured anywhere. */
    public static VifAddress allowed(InetAddress address, int prefixLength) {
        return new VifAddress(address, prefixLength, false, false);
    }

    /** The default gateway to configure inside the namespace. */
    public static VifAddress gateway(InetAddress address) {
        return new VifAddress(address, address.getAddress().length * 8, false, true);
    }
}
