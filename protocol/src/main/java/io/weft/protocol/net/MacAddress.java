package io.weft.protocol.net;

import java.util.HexFormat;

/**
 * An Ethernet address.
 *
 * @param bits the 48 bits, first byte on the wire highest; 0..2^48-1
 */
public record MacAddress(long bits) {
    public MacAddress {
        if (bits < 0 || bits >= 1L << 48) {
            throw new IllegalArgumentException("MAC " + bits + " is not in 0..2^48-1");
        }
    }

    /**
     * @param text six two-digit hexadecimal bytes joined by ':'
     * @throws IllegalArgumentException another form
     */
    public static MacAddress parse(String text) {
        if (!text.matches("[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")) {
            throw new IllegalArgumentException("MAC '" + text + "' is not six bytes joined by ':'");
        }
        return new MacAddress(Long.parseLong(text.replace(":", ""), 16));
    }

    @Override
    public String toString() {
        return HexFormat.ofDelimiter(":").formatHex(new byte[] {
            (byte) (bits >>> 40),
            (byte) (bits >>> 32),
            (byte) (bits >>> 24),
            (byte) (bits >>> 16),
            (byte) (bits >>> 8),
            (byte) bits
        });
    }
}
