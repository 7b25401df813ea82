package io.weft.protocol.bgp;

import static io.weft.protocol.bgp.Notification.ATTRIBUTE_FLAGS;
import static io.weft.protocol.bgp.Notification.ATTRIBUTE_LENGTH;
import static io.weft.protocol.bgp.Notification.INVALID_NEXT_HOP;
import static io.weft.protocol.bgp.Notification.INVALID_ORIGIN;
import static io.weft.protocol.bgp.Notification.MALFORMED_AS_PATH;
import static io.weft.protocol.bgp.Notification.OPTIONAL_ATTRIBUTE;

import io.weft.protocol.bgp.DecodedUpdate.Action;
import io.weft.protocol.bgp.DecodedUpdate.Malformed;
import io.weft.protocol.bgp.PathAttributes.Aggregator;
import io.weft.protocol.bgp.PathAttributes.Raw;
import io.weft.protocol.bgp.PathAttributes.Segment;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** The attributes of one UPDATE but MP_REACH and MP_UNREACH: collects what is well formed (RFC 7606 section 7). */
final class AttributeDecoder {
    private static final int WELL_KNOWN = Wire.FLAG_TRANSITIVE;
    private static final int OPTIONAL_TRANSITIVE = Wire.FLAG_OPTIONAL | Wire.FLAG_TRANSITIVE;
    private static final int OPTIONAL_LOCAL = Wire.FLAG_OPTIONAL;

    private final boolean fourOctetAs;
    private final boolean internal;
    private Optional<Integer> origin = Optional.empty();
    private Optional<List<Segment>> asPath = Optional.empty();
    private Optional<Inet4Address> nextHop = Optional.empty();
    private OptionalLong med = OptionalLong.empty();
    private OptionalLong localPreference = OptionalLong.empty();
    private boolean atomicAggregate;
    private Optional<Aggregator> aggregator = Optional.empty();
    private List<Long> communities = List.of();
    private OptionalLong originatorId = OptionalLong.empty();
    private List<Long> clusterList = List.of();
    private List<ExtendedCommunity> extended = List.of();
    private final List<Raw> unknown = new ArrayList<>();
    private boolean unrecognizedWellKnown;

    AttributeDecoder(boolean fourOctetAs, boolean internal) {
        this.fourOctetAs = fourOctetAs;
        this.internal = internal;
    }

    PathAttributes result() {
        return new PathAttributes(
                origin,
                asPath,
                nextHop,
                med,
                localPreference,
                atomicAggregate,
                aggregator,
                communities,
                originatorId,
                clusterList,
                extended,
                unknown);
    }

    boolean unrecognizedWellKnown() {
        return unrecognizedWellKnown;
    }

    Optional<Malformed> decode(int flags, int type, Reader value) {
        Integer wanted = wantedFlags(type);
        if (wanted == null) {
            return unknown(flags, type, value);
        }
        if ((flags & OPTIONAL_TRANSITIVE) != wanted) {
            return fault(type, ATTRIBUTE_FLAGS, "flags 0x%02x of attribute %d".formatted(flags, type));
        }
        return switch (type) {
            case Wire.ORIGIN -> origin(value);
            case Wire.AS_PATH -> asPath(value);
            case Wire.NEXT_HOP -> nextHop(value);
            case Wire.MED -> number(type, value, ATTRIBUTE_LENGTH, read -> med = read);
            case Wire.LOCAL_PREF ->
                internal
                        ? number(type, value, ATTRIBUTE_LENGTH, read -> localPreference = read)
                        : discard(type, "from outside");
            case Wire.ATOMIC_AGGREGATE -> atomicAggregate(value);
            case Wire.AGGREGATOR -> aggregator(value);
            case Wire.COMMUNITIES -> communities(value);
            case Wire.ORIGINATOR_ID ->
                internal
                        ? number(type, value, OPTIONAL_ATTRIBUTE, read -> originatorId = read)
                        : discard(type, "from outside");
            case Wire.CLUSTER_LIST -> internal ? clusterList(value) : discard(type, "from outside");
            case Wire.EXTENDED_COMMUNITIES -> extendedCommunities(value);
            // RFC 6793 section 4.1, 6: between speakers with four-octet numbers they are discarded.
            default -> fourOctetAs ? discard(type, "between four-octet speakers") : unknown(flags, type, value);
        };
    }

    private static Integer wantedFlags(int type) {
        return switch (type) {
            case Wire.ORIGIN, Wire.AS_PATH, Wire.NEXT_HOP, Wire.LOCAL_PREF, Wire.ATOMIC_AGGREGATE -> WELL_KNOWN;
            case Wire.MED, Wire.ORIGINATOR_ID, Wire.CLUSTER_LIST -> OPTIONAL_LOCAL;
            case Wire.AGGREGATOR, Wire.COMMUNITIES, Wire.EXTENDED_COMMUNITIES, Wire.AS4_PATH, Wire.AS4_AGGREGATOR ->
                OPTIONAL_TRANSITIVE;
            default -> null;
        };
    }

    /** RFC 4271 section 5, 9: kept with Partial when transitive, ignored quietly when not. */
    private Optional<Malformed> unknown(int flags, int type, Reader value) {
        if ((flags & Wire.FLAG_OPTIONAL) == 0) {
            unrecognizedWellKnown = true;
        } else if ((flags & Wire.FLAG_TRANSITIVE) != 0) {
            unknown.add(new Raw(OPTIONAL_TRANSITIVE | Wire.FLAG_PARTIAL, type, Bytes.of(value.bytes(value.left()))));
        }
        return Optional.empty();
    }

    private Optional<Malformed> origin(Reader value) {
        if (value.left() != 1) {
            return length(Wire.ORIGIN, value);
        }
        int read = value.u8();
        if (read > 2) {
            return fault(Wire.ORIGIN, INVALID_ORIGIN, "origin " + read);
        }
        origin = Optional.of(read);
        return Optional.empty();
    }

    private Optional<Malformed> asPath(Reader value) {
        int size = fourOctetAs ? 4 : 2;
        List<Segment> segments = new ArrayList<>();
        while (value.left() > 0) {
            int kind = value.u8();
            int count = value.left() == 0 ? 0 : value.u8();
            if (kind < 1 || kind > 4 || count == 0 || count * size > value.left()) {
                return fault(Wire.AS_PATH, MALFORMED_AS_PATH, "AS_PATH segment of kind " + kind + ", count " + count);
            }
            List<Long> asns = new ArrayList<>(count);
            for (int i = 0; i < count; i++) {
                asns.add(size == 4 ? value.u32() : (long) value.u16());
            }
            segments.add(new Segment(kind, asns));
        }
        asPath = Optional.of(segments);
        return Optional.empty();
    }

    private Optional<Malformed> nextHop(Reader value) {
        if (value.left() != 4) {
            return length(Wire.NEXT_HOP, value);
        }
        Inet4Address address = inet4(value.bytes(4));
        if (address.isAnyLocalAddress() || address.isMulticastAddress() || address.isLoopbackAddress()) {
            return fault(Wire.NEXT_HOP, INVALID_NEXT_HOP, "next hop " + address.getHostAddress());
        }
        nextHop = Optional.of(address);
        return Optional.empty();
    }

    private interface Number {
        void set(OptionalLong value);
    }

    private static Optional<Malformed> number(int type, Reader value, int subcode, Number to) {
        if (value.left() != 4) {
            return fault(type, subcode, "attribute " + type + " of " + value.left() + " bytes");
        }
        to.set(OptionalLong.of(value.u32()));
        return Optional.empty();
    }

    private Optional<Malformed> atomicAggregate(Reader value) {
        if (value.left() != 0) {
            return discard(Wire.ATOMIC_AGGREGATE, value.left() + " bytes");
        }
        atomicAggregate = true;
        return Optional.empty();
    }

    private Optional<Malformed> aggregator(Reader value) {
        if (value.left() != (fourOctetAs ? 8 : 6)) {
            return discard(Wire.AGGREGATOR, value.left() + " bytes");
        }
        long asn = fourOctetAs ? value.u32() : value.u16();
        aggregator = Optional.of(new Aggregator(asn, inet4(value.bytes(4))));
        return Optional.empty();
    }

    private Optional<Malformed> communities(Reader value) {
        if (value.left() == 0 || value.left() % 4 != 0) {
            return fault(Wire.COMMUNITIES, OPTIONAL_ATTRIBUTE, "communities of " + value.left() + " bytes");
        }
        communities = numbers(value);
        return Optional.empty();
    }

    private Optional<Malformed> clusterList(Reader value) {
        if (value.left() == 0 || value.left() % 4 != 0) {
            return fault(Wire.CLUSTER_LIST, OPTIONAL_ATTRIBUTE, "cluster list of " + value.left() + " bytes");
        }
        clusterList = numbers(value);
        return Optional.empty();
    }

    private static List<Long> numbers(Reader value) {
        List<Long> read = new ArrayList<>(value.left() / 4);
        while (value.left() > 0) {
            read.add(value.u32());
        }
        return read;
    }

    private Optional<Malformed> extendedCommunities(Reader value) {
        if (value.left() == 0 || value.left() % 8 != 0) {
            return fault(
                    Wire.EXTENDED_COMMUNITIES,
                    OPTIONAL_ATTRIBUTE,
                    "extended communities of " + value.left() + " bytes");
        }
        List<ExtendedCommunity> read = new ArrayList<>(value.left() / 8);
        while (value.left() > 0) {
            read.add(new ExtendedCommunity(value.u64()));
        }
        extended = read;
        return Optional.empty();
    }

    private static Inet4Address inet4(byte[] four) {
        try {
            return (Inet4Address) InetAddress.getByAddress(four);
        } catch (UnknownHostException e) {
            throw new IllegalStateException("4 bytes are always an address", e);
        }
    }

    private static Optional<Malformed> length(int type, Reader value) {
        return fault(type, ATTRIBUTE_LENGTH, "attribute " + type + " of " + value.left() + " bytes");
    }

    private static Optional<Malformed> fault(int type, int subcode, String reason) {
        return Optional.of(new Malformed(Action.TREAT_AS_WITHDRAW, type, subcode, reason));
    }

    private static Optional<Malformed> discard(int type, String reason) {
        return Optional.of(
                new Malformed(Action.ATTRIBUTE_DISCARD, type, OPTIONAL_ATTRIBUTE, "attribute " + type + " " + reason));
    }
}
