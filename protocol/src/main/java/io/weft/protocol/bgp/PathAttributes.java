package io.weft.protocol.bgp;

import java.net.Inet4Address;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The path attributes of an UPDATE but MP_REACH_NLRI and MP_UNREACH_NLRI. Equal attributes may share messages.
 *
 * @param origin 0 IGP, 1 EGP, 2 incomplete; empty: not there
 * @param asPath empty list: a path of no AS; empty Optional: no attribute
 * @param nextHop of IPv4 unicast; VPN routes have theirs in MP_REACH_NLRI
 * @param communities 0..2^32-1 each
 * @param originatorId 0..2^32-1 (RFC 4456)
 * @param unknown as they came, optional transitive only
 */
public record PathAttributes(
        Optional<Integer> origin,
        Optional<List<Segment>> asPath,
        Optional<Inet4Address> nextHop,
        OptionalLong med,
        OptionalLong localPreference,
        boolean atomicAggregate,
        Optional<Aggregator> aggregator,
        List<Long> communities,
        OptionalLong originatorId,
        List<Long> clusterList,
        List<ExtendedCommunity> extendedCommunities,
        List<Raw> unknown) {
    public static final PathAttributes NONE = new PathAttributes(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            OptionalLong.empty(),
            OptionalLong.empty(),
            false,
            Optional.empty(),
            List.of(),
            OptionalLong.empty(),
            List.of(),
            List.of(),
            List.of());

    /**
     * Part of an AS_PATH.
     *
     * @param kind 1 AS_SET, 2 AS_SEQUENCE, 3 AS_CONFED_SEQUENCE, 4 AS_CONFED_SET
     * @param asns 1..255 numbers
     */
    public record Segment(int kind, List<Long> asns) {
        public static final int SET = 1;
        public static final int SEQUENCE = 2;

        public Segment {
            asns = List.copyOf(asns);
            if (kind < 1 || kind > 4 || asns.isEmpty() || asns.size() > 255) {
                throw new IllegalArgumentException(
                        "AS_PATH segment of kind " + kind + " with " + asns.size() + " ASes");
            }
            asns.forEach(asn -> Wire.range("AS number", asn, 0xffff_ffffL));
        }
    }

    /** RFC 4271 section 5.1.7. */
    public record Aggregator(long asn, Inet4Address address) {
        public Aggregator {
            Objects.requireNonNull(address, "address");
            Wire.range("AS number", asn, 0xffff_ffffL);
        }
    }

    /**
     * An attribute this codec does not know.
     *
     * @param flags upper four bits of the flags byte without Extended Length
     */
    public record Raw(int flags, int type, Bytes value) {
        public Raw {
            Objects.requireNonNull(value, "value");
        }
    }

    public PathAttributes {
        Objects.requireNonNull(nextHop, "nextHop");
        Objects.requireNonNull(med, "med");
        Objects.requireNonNull(localPreference, "localPreference");
        Objects.requireNonNull(aggregator, "aggregator");
        Objects.requireNonNull(originatorId, "originatorId");
        origin.ifPresent(value -> Wire.range("origin", value, 2));
        asPath = asPath.map(List::copyOf);
        communities = List.copyOf(communities);
        clusterList = List.copyOf(clusterList);
        extendedCommunities = List.copyOf(extendedCommunities);
        unknown = List.copyOf(unknown);
    }

    /** RFC 4271 section 9.1.2.2 a: an AS_SET counts one, confederation segments (RFC 5065) nothing. */
    public int asPathLength() {
        int length = 0;
        for (Segment segment : asPath.orElse(List.of())) {
            length +=
                    segment.kind() == Segment.SEQUENCE ? segment.asns().size() : segment.kind() == Segment.SET ? 1 : 0;
        }
        return length;
    }

    public boolean passed(long asn) {
        return asPath.orElse(List.of()).stream()
                .anyMatch(segment -> segment.asns().contains(asn));
    }

    /** 0: none. */
    public long neighbourAs() {
        List<Segment> path = asPath.orElse(List.of());
        return path.isEmpty() || path.getFirst().kind() != Segment.SEQUENCE
                ? 0
                : path.getFirst().asns().getFirst();
    }
}
