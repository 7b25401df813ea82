package io.weft.dataplane;

/**
 * Ports from `min` to `max`, both included. Of ICMP and ICMPv6: codes as source, types as destination.
 *
 * @param min 0 .. max
 * @param max 0 .. 65535
 */
public record PortRange(int min, int max) {
    /** Every port, and packets without ports. */
    public static final PortRange ANY = new PortRange(0, 65535);

    public PortRange {
        Limits.range("last port of a range", max, 0, 65535);
        Limits.range("first port of a range to " + max, min, 0, max);
    }

    @Override
    public String toString() {
        return equals(ANY) ? "any" : min == max ? Integer.toString(min) : min + ".." + max;
    }

    public boolean contains(int port) {
        return port >= min && port <= max;
    }
}
