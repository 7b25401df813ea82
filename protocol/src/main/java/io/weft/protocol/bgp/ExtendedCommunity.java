package io.weft.protocol.bgp;

import io.weft.protocol.net.MacAddress;
import io.weft.protocol.net.RouteTarget;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * An extended community (RFC 4360). Types that Weft does not know are kept.
 *
 * @param bits the eight bytes as on the wire
 */
public record ExtendedCommunity(long bits) {
    private static final int ROUTE_TARGET = 0x0002;
    private static final int ROUTE_TARGET_IPV4 = 0x0102;
    private static final int ROUTE_TARGET_AS4 = 0x0202;
    private static final int ENCAPSULATION = 0x030c;
    private static final int MAC_MOBILITY = 0x0600;
    private static final int ROUTER_MAC = 0x0603;
    private static final int SECURITY_GROUP = 0x8004;
    private static final int ORIGIN_VN = 0x8071;
    private static final int TAG = 0x8084;
    private static final int SECURITY_GROUP_AS4 = 0x8204;
    private static final int ORIGIN_VN_AS4 = 0x8271;
    private static final int TAG_AS4 = 0x8284;

    /** RFC 4360 section 4, RFC 5668. */
    public static ExtendedCommunity of(RouteTarget target) {
        if (target.ipv4()) {
            return typed(ROUTE_TARGET_IPV4, target.administrator() << 16 | target.number());
        }
        return target.administrator() > 0xffff
                ? typed(ROUTE_TARGET_AS4, target.administrator() << 16 | target.number())
                : typed(ROUTE_TARGET, target.administrator() << 32 | target.number());
    }

    /** @param tunnelType of the IANA registry (RFC 9012 section 4.1): 2 GRE, 8 VXLAN, 13 MPLS in UDP; 0..65535 */
    public static ExtendedCommunity encapsulation(int tunnelType) {
        Wire.range("tunnel type", tunnelType, 0xffff);
        return typed(ENCAPSULATION, tunnelType);
    }

    /** EVPN Router's MAC (RFC 9135 section 8.1). */
    public static ExtendedCommunity routerMac(MacAddress mac) {
        return typed(ROUTER_MAC, mac.bits());
    }

    /** MAC mobility (RFC 7432 section 7.7). */
    public static ExtendedCommunity mobility(long sequence, boolean sticky) {
        Wire.range("mobility sequence", sequence, 0xffff_ffffL);
        return typed(MAC_MOBILITY, (sticky ? 1L << 40 : 0) | sequence);
    }

    /** @param asn 0..65535; AS_TRANS for a larger one */
    public static ExtendedCommunity securityGroup(int asn, long id) {
        return numbered(SECURITY_GROUP, asn, id);
    }

    public static ExtendedCommunity originNetwork(int asn, long id) {
        return numbered(ORIGIN_VN, asn, id);
    }

    public static ExtendedCommunity tag(int asn, long value) {
        return numbered(TAG, asn, value);
    }

    private static ExtendedCommunity numbered(int type, int asn, long value) {
        Wire.range("AS number", asn, 0xffff);
        Wire.range("value", value, 0xffff_ffffL);
        return typed(type, (long) asn << 32 | value);
    }

    private static ExtendedCommunity typed(int type, long value) {
        return new ExtendedCommunity((long) type << 48 | value);
    }

    private int type() {
        return (int) (bits >>> 48);
    }

    private long value() {
        return bits & 0xffff_ffff_ffffL;
    }

    public Optional<RouteTarget> routeTarget() {
        return switch (type()) {
            case ROUTE_TARGET -> Optional.of(new RouteTarget(value() >>> 32, false, value() & 0xffff_ffffL));
            case ROUTE_TARGET_IPV4 -> Optional.of(new RouteTarget(value() >>> 16, true, value() & 0xffff));
            case ROUTE_TARGET_AS4 -> Optional.of(new RouteTarget(value() >>> 16, false, value() & 0xffff));
            default -> Optional.empty();
        };
    }

    public OptionalInt encapsulation() {
        return type() == ENCAPSULATION ? OptionalInt.of((int) (value() & 0xffff)) : OptionalInt.empty();
    }

    public Optional<MacAddress> routerMac() {
        return type() == ROUTER_MAC ? Optional.of(new MacAddress(value())) : Optional.empty();
    }

    public OptionalLong mobilitySequence() {
        return type() == MAC_MOBILITY ? OptionalLong.of(value() & 0xffff_ffffL) : OptionalLong.empty();
    }

    public boolean isSticky() {
        return type() == MAC_MOBILITY && (value() >>> 40 & 1) == 1;
    }

    public OptionalLong securityGroup() {
        return number(SECURITY_GROUP, SECURITY_GROUP_AS4);
    }

    public OptionalLong originNetwork() {
        return number(ORIGIN_VN, ORIGIN_VN_AS4);
    }

    public OptionalLong tag() {
        return number(TAG, TAG_AS4);
    }

    private OptionalLong number(int as2, int as4) {
        if (type() == as2) {
            return OptionalLong.of(value() & 0xffff_ffffL);
        }
        return type() == as4 ? OptionalLong.of(value() & 0xffff) : OptionalLong.empty();
    }

    @Override
    public String toString() {
        return routeTarget().map(RouteTarget::toString).orElseGet(() -> "0x%016x".formatted(bits));
    }
}
