package io.weft.protocol.net;

import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.Arrays;

/**
 * A route distinguisher (RFC 4364 section 4.2). Weft's own have type 1: {@code <agent address>:<instance id>}; those of other speakers are kept as
 * they came.
 *
 * @param bits the eight bytes as on the wire, the type in the upper 16 bits
 */
public record RouteDistinguisher(long bits) {
    /**
     * Of type 1.
     *
     * @param number 0..65535
     */
    public RouteDistinguisher(Inet4Address address, int number) {
        this(bits(address.getAddress(), number));
    }

    /**
     * Of type 1.
     *
     * @param host an IPv6 address counts with its last 32 bits
     * @throws IllegalArgumentException number out of range
     */
    public static RouteDistinguisher of(InetAddress host, int number) {
        byte[] bytes = host.getAddress();
        return new RouteDistinguisher(bits(Arrays.copyOfRange(bytes, bytes.length - 4, bytes.length), number));
    }

    private static long bits(byte[] address, int number) {
        if (number < 0 || number > 0xffff) {
            throw new IllegalArgumentException("route distinguisher number " + number + " is not in 0..65535");
        }
        long quad =
                (address[0] & 0xffL) << 24 | (address[1] & 0xff) << 16 | (address[2] & 0xff) << 8 | address[3] & 0xff;
        return 1L << 48 | quad << 16 | number;
    }

    /** {@code 64512:7} (type 0), {@code 192.0.2.1:7} (type 1), {@code 4200000000:7} (type 2), else {@code type3:0x…}. */
    @Override
    public String toString() {
        long value = bits & 0xffff_ffff_ffffL;
        return switch ((int) (bits >>> 48)) {
            case 0 -> (value >>> 32) + ":" + (value & 0xffff_ffffL);
            case 1 ->
                (value >>> 40) + "." + (value >>> 32 & 0xff) + "." + (value >>> 24 & 0xff) + "." + (value >>> 16 & 0xff)
                        + ":" + (value & 0xffff);
            case 2 -> (value >>> 16) + ":" + (value & 0xffff);
            default -> "type%d:0x%012x".formatted(bits >>> 48, value);
        };
    }
}
