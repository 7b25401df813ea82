package io.weft.dataplane;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Objects;

/**
 * An IPv4 or IPv6 prefix.
 *
 * @param address the network address, host bits zero
 * @param length 0 .. 32 for IPv4, 0 .. 128 for IPv6
 */
public record IpPrefix(InetAddress address, int length) {
    public IpPrefix {
        Objects.requireNonNull(address, "address");
        byte[] bytes = address.getAddress();
        Limits.range("prefix length of " + address.getHostAddress(), length, 0, bytes.length * 8);
        for (int bit = length; bit < bytes.length * 8; bit++) {
            if ((bytes[bit >> 3] & 0x80 >> (bit & 7)) != 0) {
                throw new IllegalArgumentException("prefix is " + address.getHostAddress() + "/" + length
                        + ", must have zero host bits (bit " + bit + " is set)");
            }
        }
    }

    /** Parses "10.1.1.0/24" or "fd00::/64"; literals only, never a name lookup. */
    public static IpPrefix parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            throw new IllegalArgumentException("prefix is \"" + text + "\", must be like 10.1.1.0/24");
        }
        int length;
        try {
            length = Integer.parseInt(text.substring(slash + 1));
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("prefix is \"" + text + "\", its length must be a number", e);
        }
        return new IpPrefix(InetAddress.ofLiteral(text.substring(0, slash)), length);
    }

    /** The prefix of one address: /32 or /128. */
    public static IpPrefix host(InetAddress address) {
        return new IpPrefix(address, address.getAddress().length * 8);
    }

    /** 4 or 6. */
    public int family() {
        return address instanceof Inet4Address ? 4 : 6;
    }

    @Override
    public String toString() {
        return address.getHostAddress() + "/" + length;
    }
}
