package io.weft.config.schema;

import java.math.BigInteger;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;

/**
 * An IPv4 or IPv6 address as a number.
 *
 * @param value 0 .. 2^bits - 1, network order
 * @param bits 32 or 128
 */
public record IpAddress(BigInteger value, int bits) implements Comparable<IpAddress> {
    private static final int MAX_TEXT = 45;

    public IpAddress {
        if (bits != 32 && bits != 128) {
            throw new IllegalArgumentException("bits " + bits + ": want 32 or 128");
        }
        if (value.signum() < 0 || value.bitLength() > bits) {
            throw new IllegalArgumentException("value " + value + " does not fit " + bits + " bits");
        }
    }

    /** Reads a literal; never asks a name server. Empty when the text is not an address; zones (%eth0) and v4-mapped forms are refused. */
    public static Optional<IpAddress> parse(String text) {
        if (text.isEmpty() || text.length() > MAX_TEXT) {
            return Optional.empty();
        }
        if (text.indexOf(':') < 0) {
            return parseV4(text);
        }
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c != ':' && c != '.' && Character.digit(c, 16) < 0) {
                return Optional.empty();
            }
        }
        try {
            InetAddress address = InetAddress.ofLiteral(text);
            return address instanceof Inet6Address
                    ? Optional.of(new IpAddress(new BigInteger(1, address.getAddress()), 128))
                    : Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** @throws IllegalArgumentException the text is not an address; for texts that were checked before */
    public static IpAddress of(String text) {
        return parse(text).orElseThrow(() -> new IllegalArgumentException("'" + text + "' is not an address"));
    }

    private static Optional<IpAddress> parseV4(String text) {
        String[] parts = text.split("\\.", -1);
        if (parts.length != 4) {
            return Optional.empty();
        }
        long value = 0;
        for (String part : parts) {
            if (!part.matches("0|[1-9][0-9]{0,2}") || Integer.parseInt(part) > 255) {
                return Optional.empty();
            }
            value = value << 8 | Integer.parseInt(part);
        }
        return Optional.of(new IpAddress(BigInteger.valueOf(value), 32));
    }

    public boolean v4() {
        return bits == 32;
    }

    /** {@code v4} or {@code v6}, as instance_ip_family says it. */
    public String family() {
        return v4() ? "v4" : "v6";
    }

    /** The address {@code distance} further; empty when that leaves the family's range. */
    public Optional<IpAddress> plus(long distance) {
        BigInteger moved = value.add(BigInteger.valueOf(distance));
        return moved.signum() < 0 || moved.bitLength() > bits
                ? Optional.empty()
                : Optional.of(new IpAddress(moved, bits));
    }

    /** Fixed-width hex whose order is the order of the addresses within a family: {@code 4} + 8 or {@code 6} + 32 digits. */
    public String sortKey() {
        String hex = value.toString(16);
        return (v4() ? "4" : "6") + "0".repeat(bits / 4 - hex.length()) + hex;
    }

    @Override
    public int compareTo(IpAddress other) {
        return bits != other.bits ? Integer.compare(bits, other.bits) : value.compareTo(other.value);
    }

    @Override
    public String toString() {
        byte[] raw = new byte[bits / 8];
        byte[] significant = value.toByteArray();
        int length = Math.min(significant.length, raw.length);
        System.arraycopy(significant, significant.length - length, raw, raw.length - length, length);
        return v4() ? v4Text(raw) : v6Text(raw);
    }

    private static String v4Text(byte[] raw) {
        try {
            return InetAddress.getByAddress(raw).getHostAddress();
        } catch (UnknownHostException e) {
            throw new IllegalStateException(raw.length + " bytes are an address", e);
        }
    }

    /** RFC 5952 section 4: lower case, no leading zeros, the longest run of two or more zero groups shortened. */
    private static String v6Text(byte[] raw) {
        int[] groups = new int[8];
        for (int i = 0; i < 8; i++) {
            groups[i] = (raw[2 * i] & 0xff) << 8 | raw[2 * i + 1] & 0xff;
        }
        int bestStart = -1;
        int bestLength = 1;
        for (int i = 0; i < 8; i++) {
            int length = 0;
            while (i + length < 8 && groups[i + length] == 0) {
                length++;
            }
            if (length > bestLength) {
                bestStart = i;
                bestLength = length;
            }
        }
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            if (i == bestStart) {
                out.append("::");
                i += bestLength - 1;
            } else {
                if (!out.isEmpty() && out.charAt(out.length() - 1) != ':') {
                    out.append(':');
                }
                out.append(Integer.toHexString(groups[i]));
            }
        }
        return out.toString();
    }
}
