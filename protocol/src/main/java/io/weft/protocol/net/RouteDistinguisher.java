package io.weft.protocol.net;

import java.net.Inet4Address;
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

    @Override
    public String toString() {
        return IpAddress.format(address) + ":" + number;
    }
}
