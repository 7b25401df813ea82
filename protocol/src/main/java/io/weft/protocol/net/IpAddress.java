package io.weft.protocol.net;

import java.net.InetAddress;

/** Literal IP addresses as text. Never resolves names. */
public final class IpAddress {
    private IpAddress() {}

    /**
     * @param text dotted quad or an IPv6 literal without zone
     * @throws IllegalArgumentException another form; IPv4-mapped IPv6 too, because the JDK turns it into IPv4
     */
    public static InetAddress parse(String text) {
        boolean six = text.indexOf(':') >= 0;
        if (!text.isEmpty() && text.length() <= 45 && (six ? text.matches("[0-9a-fA-F:.]+") : isDottedQuad(text))) {
            InetAddress address;
            try {
                address = InetAddress.ofLiteral(text);
            } catch (IllegalArgumentException e) {
                throw new IllegalArgumentException("'" + text + "' is not an IP address", e);
            }
            if (address.getAddress().length == (six ? 16 : 4)) {
                return address;
            }
        }
        throw new IllegalArgumentException("'" + text + "' is not an IP address");
    }

    /** Dotted quad, or RFC 5952 section 4 text of an IPv6 address. */
    public static String format(InetAddress address) {
        byte[] bytes = address.getAddress();
        return bytes.length == 4 ? address.getHostAddress() : formatSix(bytes);
    }

    private static boolean isDottedQuad(String text) {
        String[] parts = text.split("\\.", -1);
        if (parts.length != 4) {
            return false;
        }
        for (String part : parts) {
            if (!part.matches("0|[1-9][0-9]{0,2}") || Integer.parseInt(part) > 255) {
                return false;
            }
        }
        return true;
    }

    private static String formatSix(byte[] bytes) {
        int[] groups = new int[8];
        for (int i = 0; i < 8; i++) {
            groups[i] = (bytes[2 * i] & 0xff) << 8 | bytes[2 * i + 1] & 0xff;
        }
        int bestStart = -1;
        int bestCount = 1;
        for (int i = 0; i < 8; i++) {
            int count = 0;
            while (i + count < 8 && groups[i + count] == 0) {
                count++;
            }
            if (count > bestCount) {
                bestStart = i;
                bestCount = count;
            }
            i += count;
        }
        StringBuilder out = new StringBuilder(39);
        for (int i = 0; i < 8; i++) {
            if (i == bestStart) {
                out.append("::");
                i += bestCount - 1;
                continue;
            }
            if (!out.isEmpty() && out.charAt(out.length() - 1) != ':') {
                out.append(':');
            }
            out.append(Integer.toHexString(groups[i]));
        }
        return out.toString();
    }
}
