package io.weft.protocol.net;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.Objects;

/**
 * A route distinguisher of type 1 (RFC 4364 section 4.2): {@code <agent address>:<instance id>}.
 *
 * @param number 0..65535
 */
public record RouteDistinguisher(Inet4Address address, int number) {
    public RouteDistinguisher {
        Objects.requireNonNull(address, "address");
        if (number < 0 || number > 0xffff) {
            throw new IllegalArgumentException("route distinguisher number " + number + " is not in 0..65535");
        }
    }

    /**
     * @param host an IPv6 address counts with its last 32 bits
     * @throws IllegalArgumentException number out of range
     */
    public static RouteDistinguisher of(InetAddress host, int number) {
        byte[] bytes = host.getAddress();
        byte[] last = Arrays.copyOfRange(bytes, bytes.length - 4, bytes.length);
        try {
            return new RouteDistinguisher((Inet4Address) InetAddress.getByAddress(last), number);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 bytes are always an address", e);
        }
    }

    @Override
    public String toString() {
        return IpAddress.format(address) + ":" + number;
    }
}
