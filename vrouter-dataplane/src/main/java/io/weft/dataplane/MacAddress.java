package io.weft.dataplane;

/**
 * An Ethernet address.
 *
 * @param value 0 .. 2^48-1; the first octet on the wire is the most significant
 */
public record MacAddress(long value) {
    public static final MacAddress ZERO = new MacAddress(0);

    public MacAddress {
        if (value < 0 || value >>> 48 != 0) {
            throw new IllegalArgumentException("MAC address is " + value + ", must be 0 .. 2^48-1");
        }
    }

    /** Parses six hexadecimal octets with ':' or '-' between. */
    public static MacAddress parse(String text) {
        if (!text.matches("[0-9A-Fa-f]{2}([:-][0-9A-Fa-f]{2}){5}")) {
            throw new IllegalArgumentException("MAC address is \"" + text + "\", must be like 02:00:00:00:00:01");
        }
        return new MacAddress(Long.parseLong(text.replaceAll("[:-]", ""), 16));
    }

    /** From the six octets at the front of {@code bytes}. */
    public static MacAddress of(byte[] bytes) {
        if (bytes.length != 6) {
            throw new IllegalArgumentException("MAC address has " + bytes.length + " bytes, must be 6");
        }
        long value = 0;
        for (byte octet : bytes) {
            value = value << 8 | octet & 0xff;
        }
        return new MacAddress(value);
    }

    public byte[] toBytes() {
        byte[] bytes = new byte[6];
        for (int i = 0; i < 6; i++) {
            bytes[i] = (byte) (value >>> (40 - 8 * i));
        }
        return bytes;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(17);
        for (int shift = 40; shift >= 0; shift -= 8) {
            int octet = (int) (value >>> shift) & 0xff;
            text.append(Character.forDigit(octet >> 4, 16)).append(Character.forDigit(octet & 15, 16));
            if (shift > 0) {
                text.append(':');
            }
        }
        return text.toString();
    }
}
