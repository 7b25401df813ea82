package io.weft.protocol.net;

import java.net.InetAddress;
import java.util.Arrays;
import java.util.Objects;

/**
 * An IPv4 or IPv6 prefix.
 *
 * @param address network address; bits beyond the length are zero
 * @param length 0..32 for IPv4, 0..128 for IPv6
 */
public record Prefix(InetAddress address, int length) implements Comparable<Prefix> {
    public Prefix {
        Objects.requireNonNull(address, "address");
        byte[] bytes = address.getAddress();
        if (length < 0 || length > 8 * bytes.length) {
            throw new IllegalArgumentException("prefix length " + length + " is not in 0.." + 8 * bytes.length);
        }
        if (!Arrays.equals(bytes, masked(bytes, length))) {
            throw new IllegalArgumentException(
                    "prefix " + IpAddress.format(address) + "/" + length + " has bits set beyond its length");
        }
    }

    /** The host route of an address. */
    public static Prefix host(InetAddress address) {
        return new Prefix(address, 8 * address.getAddress().length);
    }

    /** The prefix of this length that holds the address. */
    public static Prefix containing(InetAddress address, int length) {
        byte[] bytes = address.getAddress();
        if (length < 0 || length > 8 * bytes.length) {
            throw new IllegalArgumentException("prefix length " + length + " is not in 0.." + 8 * bytes.length);
        }
        try {
            return new Prefix(InetAddress.getByAddress(masked(bytes, length)), length);
        } catch (java.net.UnknownHostException e) {
            throw new IllegalStateException("4 or 16 bytes are always an address", e);
        }
    }

    /**
     * @param text {@code address/length}; an address alone is its host route
     * @throws IllegalArgumentException another form, or bits set beyond the length
     */
    public static Prefix parse(String text) {
        int slash = text.indexOf('/');
        if (slash < 0) {
            return host(IpAddress.parse(text));
        }
        String length = text.substring(slash + 1);
        if (!length.matches("0|[1-9][0-9]{0,2}")) {
            throw new IllegalArgumentException("prefix '" + text + "': length '" + length + "' is not a number");
        }
        return new Prefix(IpAddress.parse(text.substring(0, slash)), Integer.parseInt(length));
    }

    public boolean isIpv6() {
        return address.getAddress().length == 16;
    }

    public boolean isHost() {
        return length == 8 * address.getAddress().length;
    }

    public boolean contains(InetAddress other) {
        byte[] bytes = other.getAddress();
        return bytes.length == address.getAddress().length
                && Arrays.equals(masked(bytes, length), address.getAddress());
    }

    /** IPv4 before IPv6, then address, then length. */
    @Override
    public int compareTo(Prefix other) {
        byte[] left = address.getAddress();
        byte[] right = other.address.getAddress();
        int order = Integer.compare(left.length, right.length);
        if (order == 0) {
            order = Arrays.compareUnsigned(left, right);
        }
        return order != 0 ? order : Integer.compare(length, other.length);
    }

    /** {@code 10.1.0.0/16}; IPv6 as RFC 5952 writes it. */
    @Override
    public String toString() {
        return IpAddress.format(address) + "/" + length;
    }

    private static byte[] masked(byte[] bytes, int length) {
        byte[] out = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            int bits = Math.clamp(length - 8L * i, 0, 8);
            out[i] = (byte) (bytes[i] & 0xff << 8 - bits);
        }
        return out;
    }
}
