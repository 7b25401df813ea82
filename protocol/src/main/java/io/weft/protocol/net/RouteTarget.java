package io.weft.protocol.net;

/**
 * A route target, {@code target:64512:8000001} (RFC 4360 section 4).
 *
 * @param administrator AS number, 0..2^32-1, or an IPv4 address as a number when {@code ipv4}
 * @param number assigned number; 0..2^32-1 for an AS number below 65536, otherwise 0..65535
 */
public record RouteTarget(long administrator, boolean ipv4, long number) implements Comparable<RouteTarget> {
    public RouteTarget {
        if (administrator < 0 || administrator > 0xffff_ffffL) {
            throw new IllegalArgumentException("route target administrator " + administrator + " is not in 0..2^32-1");
        }
        long max = ipv4 || administrator > 0xffff ? 0xffff : 0xffff_ffffL;
        if (number < 0 || number > max) {
            throw new IllegalArgumentException("route target number " + number + " is not in 0.." + max);
        }
    }

    /** @throws IllegalArgumentException not {@code target:ASN:n} or {@code target:a.b.c.d:n} in range */
    public static RouteTarget parse(String text) {
        String[] parts = text.split(":", -1);
        if (parts.length != 3 || !parts[0].equals("target") || !parts[2].matches("[0-9]{1,10}")) {
            throw new IllegalArgumentException("route target '" + text + "' is not target:administrator:number");
        }
        boolean ipv4 = parts[1].indexOf('.') >= 0;
        if (!ipv4 && !parts[1].matches("[0-9]{1,10}")) {
            throw new IllegalArgumentException("route target '" + text + "': '" + parts[1] + "' is not an AS number");
        }
        long administrator = ipv4 ? quad(parts[1]) : Long.parseLong(parts[1]);
        return new RouteTarget(administrator, ipv4, Long.parseLong(parts[2]));
    }

    @Override
    public int compareTo(RouteTarget other) {
        int order = Boolean.compare(ipv4, other.ipv4);
        if (order == 0) {
            order = Long.compare(administrator, other.administrator);
        }
        return order != 0 ? order : Long.compare(number, other.number);
    }

    @Override
    public String toString() {
        String left = ipv4
                ? (administrator >>> 24) + "." + (administrator >>> 16 & 0xff) + "." + (administrator >>> 8 & 0xff)
                        + "." + (administrator & 0xff)
                : Long.toString(administrator);
        return "target:" + left + ":" + number;
    }

    private static long quad(String text) {
        byte[] bytes = IpAddress.parse(text).getAddress();
        return (bytes[0] & 0xffL) << 24 | (bytes[1] & 0xff) << 16 | (bytes[2] & 0xff) << 8 | bytes[3] & 0xff;
    }
}
