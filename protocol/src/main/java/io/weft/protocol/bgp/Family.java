package io.weft.protocol.bgp;

/**
 * Address family and subsequent address family (RFC 4760).
 *
 * @param afi 0..65535
 * @param safi 0..255
 */
public record Family(int afi, int safi) {
    public static final Family INET = new Family(1, 1);
    public static final Family INET_VPN = new Family(1, 128);
    public static final Family INET6_VPN = new Family(2, 128);

    public Family {
        if (afi < 0 || afi > 0xffff || safi < 0 || safi > 0xff) {
            throw new IllegalArgumentException("family " + afi + "/" + safi + " is not in 0..65535/0..255");
        }
    }

    /** inet-vpn or inet6-vpn: the families whose NLRI this codec reads. */
    public boolean isVpn() {
        return safi == 128 && (afi == 1 || afi == 2);
    }

    /** {@code inet-vpn}, {@code inet6-vpn}, else {@code 25/70}. */
    @Override
    public String toString() {
        if (isVpn()) {
            return afi == 1 ? "inet-vpn" : "inet6-vpn";
        }
        return afi + "/" + safi;
    }
}
