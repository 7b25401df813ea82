package io.weft.protocol.bgp;

import io.weft.protocol.bgp.PathAttributes.Segment;
import io.weft.protocol.net.Prefix;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Records to bytes. AS numbers in UPDATE have four bytes. */
public final class BgpEncoder {
    private static final int WITHDRAW_LABEL = 0x800000;
    private static final int MAX_PARAMETERS = 254;

    private BgpEncoder() {}

    public static byte[] encode(Open open) {
        Bag capabilities = new Bag();
        for (Capability capability : open.capabilities()) {
            Bag value = new Bag();
            int code = capability(capability, value);
            capabilities.u8(code).u8(value.size()).bytes(value.toByteArray());
        }
        int size = capabilities.size();
        Bag body = new Bag().u8(4).u16(open.as16()).u16(open.holdTimeS()).u32(open.identifier());
        if (size == 0) {
            body.u8(0);
        } else if (size + 2 <= MAX_PARAMETERS) {
            body.u8(size + 2).u8(2).u8(size).bytes(capabilities.toByteArray());
        } else {
            body.u8(255).u8(255).u16(size + 3).u8(2).u16(size).bytes(capabilities.toByteArray());
        }
        return message(Wire.OPEN, body);
    }

    private static int capability(Capability capability, Bag value) {
        return switch (capability) {
            case Capability.MultiProtocol multi -> {
                value.u16(multi.family().afi()).u8(0).u8(multi.family().safi());
                yield Capability.MULTI_PROTOCOL;
            }
            case Capability.RouteRefresh refresh -> Capability.ROUTE_REFRESH;
            case Capability.FourOctetAs four -> {
                value.u32(four.asn());
                yield Capability.FOUR_OCTET_AS;
            }
            case Capability.GracefulRestart restart -> {
                value.u16((restart.restarted() ? 0x8000 : 0)
                        | (restart.notifications() ? 0x4000 : 0)
                        | restart.restartTimeS());
                restart.families()
                        .forEach(kept -> value.u16(kept.family().afi())
                                .u8(kept.family().safi())
                                .u8(kept.forwarding() ? 0x80 : 0));
                yield Capability.GRACEFUL_RESTART;
            }
            case Capability.Unknown unknown -> {
                value.bytes(unknown.content().toArray());
                yield unknown.code();
            }
        };
    }

    public static byte[] encode(Notification notification) {
        return message(
                Wire.NOTIFICATION,
                new Bag()
                        .u8(notification.code())
                        .u8(notification.subcode())
                        .bytes(notification.content().toArray()));
    }

    public static byte[] keepalive() {
        return message(Wire.KEEPALIVE, new Bag());
    }

    public static byte[] routeRefresh(Family family) {
        return message(Wire.ROUTE_REFRESH, new Bag().u16(family.afi()).u8(0).u8(family.safi()));
    }

    /** End-of-RIB of a VPN family (RFC 4724 section 2). */
    public static byte[] endOfRib(Family family) {
        return encode(Update.unreach(new Update.Unreach(family, List.of())));
    }

    /**
     * One message.
     *
     * @throws IllegalArgumentException it would be longer than 4096 bytes
     */
    public static byte[] encode(Update update) {
        Bag withdrawn = new Bag();
        update.withdrawn().forEach(prefix -> prefix(withdrawn, prefix));
        Bag attributes = new Bag();
        // RFC 7606 section 5.1: the routes first.
        update.unreach().ifPresent(unreach -> {
            Bag value =
                    new Bag().u16(unreach.family().afi()).u8(unreach.family().safi());
            unreach.nlri().forEach(nlri -> nlri(value, nlri, false));
            attribute(attributes, Wire.FLAG_OPTIONAL, Wire.MP_UNREACH, value);
        });
        update.reach().ifPresent(reach -> {
            Bag value = reachHead(reach.family(), reach.nextHop());
            reach.nlri().forEach(nlri -> nlri(value, nlri, true));
            attribute(attributes, Wire.FLAG_OPTIONAL, Wire.MP_REACH, value);
        });
        attributes.bytes(encode(update.attributes()));
        Bag body = new Bag()
                .u16(withdrawn.size())
                .bytes(withdrawn.toByteArray())
                .u16(attributes.size())
                .bytes(attributes.toByteArray());
        update.announced().forEach(prefix -> prefix(body, prefix));
        return message(Wire.UPDATE, body);
    }

    /**
     * As few messages as hold the routes, each at most 4096 bytes.
     *
     * @throws IllegalArgumentException the attributes leave no room for a route
     */
    public static List<byte[]> reach(PathAttributes attributes, Update.Reach reach) {
        int fixed = Wire.HEADER
                + 4
                + encode(attributes).length
                + 4
                + reachHead(reach.family(), reach.nextHop()).size();
        List<byte[]> messages = new ArrayList<>();
        for (List<VpnNlri> some : split(reach.nlri(), Wire.MAX_MESSAGE - fixed, true)) {
            messages.add(encode(Update.reach(attributes, new Update.Reach(reach.family(), reach.nextHop(), some))));
        }
        return messages;
    }

    /** As few messages as hold the withdrawals. */
    public static List<byte[]> unreach(Update.Unreach unreach) {
        List<byte[]> messages = new ArrayList<>();
        for (List<VpnNlri> some : split(unreach.nlri(), Wire.MAX_MESSAGE - Wire.HEADER - 4 - 4 - 3, false)) {
            messages.add(encode(Update.unreach(new Update.Unreach(unreach.family(), some))));
        }
        return messages;
    }

    private static List<List<VpnNlri>> split(List<VpnNlri> nlri, int room, boolean announced) {
        List<List<VpnNlri>> parts = new ArrayList<>();
        int left = 0;
        for (VpnNlri one : nlri) {
            int size = 1
                    + 3 * (announced ? one.labels().size() : 1)
                    + 8
                    + (one.prefix().length() + 7) / 8;
            if (size > room) {
                throw new IllegalArgumentException("the attributes leave " + room + " bytes for " + one.prefix());
            }
            if (size > left) {
                parts.add(new ArrayList<>());
                left = room;
            }
            parts.getLast().add(one);
            left -= size;
        }
        return parts;
    }

    private static Bag reachHead(Family family, InetAddress nextHop) {
        byte[] address = nextHop.getAddress();
        if (family.afi() == 2 && address.length == 4) {
            // RFC 4659 section 3.2.1.2: IPv4 next hops are IPv4-mapped.
            byte[] mapped = new byte[16];
            mapped[10] = -1;
            mapped[11] = -1;
            System.arraycopy(address, 0, mapped, 12, 4);
            address = mapped;
        }
        return new Bag()
                .u16(family.afi())
                .u8(family.safi())
                .u8(8 + address.length)
                .u32(0)
                .u32(0)
                .bytes(address)
                .u8(0);
    }

    private static void nlri(Bag out, VpnNlri nlri, boolean announced) {
        List<Integer> labels = nlri.labels();
        int bits = 24 * (announced ? labels.size() : 1) + 64;
        out.u8(bits + nlri.prefix().length());
        if (!announced) {
            out.u24(WITHDRAW_LABEL);
        } else if (labels.isEmpty()) {
            throw new IllegalArgumentException("no label for " + nlri.prefix());
        } else {
            for (int i = 0; i < labels.size(); i++) {
                out.u24(labels.get(i) << 4 | (i == labels.size() - 1 ? 1 : 0));
            }
        }
        out.u32(nlri.distinguisher().bits() >>> 32).u32(nlri.distinguisher().bits() & 0xffff_ffffL);
        address(out, nlri.prefix());
    }

    private static void prefix(Bag out, Prefix prefix) {
        out.u8(prefix.length());
        address(out, prefix);
    }

    private static void address(Bag out, Prefix prefix) {
        out.bytes(Arrays.copyOf(prefix.address().getAddress(), (prefix.length() + 7) / 8));
    }

    /** In ascending order of types (RFC 4271 appendix F.4). */
    private static byte[] encode(PathAttributes attributes) {
        Bag out = new Bag();
        int wellKnown = Wire.FLAG_TRANSITIVE;
        int transitive = Wire.FLAG_OPTIONAL | Wire.FLAG_TRANSITIVE;
        attributes.origin().ifPresent(origin -> attribute(out, wellKnown, Wire.ORIGIN, new Bag().u8(origin)));
        attributes.asPath().ifPresent(segments -> {
            Bag value = new Bag();
            for (Segment segment : segments) {
                value.u8(segment.kind()).u8(segment.asns().size());
                segment.asns().forEach(value::u32);
            }
            attribute(out, wellKnown, Wire.AS_PATH, value);
        });
        attributes
                .nextHop()
                .ifPresent(hop -> attribute(out, wellKnown, Wire.NEXT_HOP, new Bag().bytes(hop.getAddress())));
        attributes.med().ifPresent(med -> attribute(out, Wire.FLAG_OPTIONAL, Wire.MED, new Bag().u32(med)));
        attributes
                .localPreference()
                .ifPresent(value -> attribute(out, wellKnown, Wire.LOCAL_PREF, new Bag().u32(value)));
        if (attributes.atomicAggregate()) {
            attribute(out, wellKnown, Wire.ATOMIC_AGGREGATE, new Bag());
        }
        attributes
                .aggregator()
                .ifPresent(by -> attribute(
                        out,
                        transitive,
                        Wire.AGGREGATOR,
                        new Bag().u32(by.asn()).bytes(by.address().getAddress())));
        numbers(out, transitive, Wire.COMMUNITIES, attributes.communities());
        attributes
                .originatorId()
                .ifPresent(id -> attribute(out, Wire.FLAG_OPTIONAL, Wire.ORIGINATOR_ID, new Bag().u32(id)));
        numbers(out, Wire.FLAG_OPTIONAL, Wire.CLUSTER_LIST, attributes.clusterList());
        if (!attributes.extendedCommunities().isEmpty()) {
            Bag value = new Bag();
            attributes
                    .extendedCommunities()
                    .forEach(one -> value.u32(one.bits() >>> 32).u32(one.bits() & 0xffff_ffffL));
            attribute(out, transitive, Wire.EXTENDED_COMMUNITIES, value);
        }
        attributes
                .unknown()
                .forEach(raw -> attribute(
                        out,
                        raw.flags(),
                        raw.type(),
                        new Bag().bytes(raw.value().toArray())));
        return out.toByteArray();
    }

    private static void numbers(Bag out, int flags, int type, List<Long> values) {
        if (!values.isEmpty()) {
            Bag value = new Bag();
            values.forEach(value::u32);
            attribute(out, flags, type, value);
        }
    }

    /** MP attributes always with Extended Length: how many bytes a header takes must not depend on what is in it. */
    private static void attribute(Bag out, int flags, int type, Bag value) {
        boolean extended = value.size() > 255 || type == Wire.MP_REACH || type == Wire.MP_UNREACH;
        out.u8(extended ? flags | Wire.FLAG_EXTENDED : flags).u8(type);
        if (extended) {
            out.u16(value.size());
        } else {
            out.u8(value.size());
        }
        out.bytes(value.toByteArray());
    }

    private static byte[] message(int type, Bag body) {
        int length = Wire.HEADER + body.size();
        if (length > Wire.MAX_MESSAGE) {
            throw new IllegalArgumentException("message of " + length + " bytes; at most " + Wire.MAX_MESSAGE);
        }
        Bag out = new Bag();
        for (int i = 0; i < 16; i++) {
            out.u8(0xff);
        }
        return out.u16(length).u8(type).bytes(body.toByteArray()).toByteArray();
    }

    /** Bytes in network order. */
    private static final class Bag extends ByteArrayOutputStream {
        Bag u8(int value) {
            write(value);
            return this;
        }

        Bag u16(int value) {
            return u8(value >>> 8).u8(value);
        }

        Bag u24(int value) {
            return u8(value >>> 16).u16(value);
        }

        Bag u32(long value) {
            return u16((int) (value >>> 16)).u16((int) value);
        }

        Bag bytes(byte[] value) {
            writeBytes(value);
            return this;
        }
    }
}
