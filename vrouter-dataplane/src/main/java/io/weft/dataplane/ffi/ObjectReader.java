package io.weft.dataplane.ffi;

import io.weft.dataplane.Ageing;
import io.weft.dataplane.Connection;
import io.weft.dataplane.DropCount;
import io.weft.dataplane.Encapsulation;
import io.weft.dataplane.HashField;
import io.weft.dataplane.IpPrefix;
import io.weft.dataplane.Label;
import io.weft.dataplane.Liveness;
import io.weft.dataplane.MacAddress;
import io.weft.dataplane.NextHop;
import io.weft.dataplane.ObjectKey;
import io.weft.dataplane.PlaneSettings;
import io.weft.dataplane.PlaneState;
import io.weft.dataplane.PortKind;
import io.weft.dataplane.Pressure;
import io.weft.dataplane.Route;
import io.weft.dataplane.TunnelSettings;
import io.weft.dataplane.UnderlayPath;
import io.weft.dataplane.Vif;
import io.weft.dataplane.VifAddress;
import io.weft.dataplane.VifState;
import io.weft.dataplane.VifType;
import io.weft.dataplane.Vni;
import io.weft.dataplane.Vrf;
import io.weft.dataplane.VrfState;
import java.lang.foreign.MemorySegment;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Bodies of answers into records. Each method takes exactly one body; IllegalArgumentException: the plane broke the ABI. */
final class ObjectReader {
    private ObjectReader() {}

    static VifState vif(MemorySegment body, int epoch) {
        int flags = Wire.unsignedShort(body, AbiLayout.VifMsg.FLAGS);
        Vif vif = new Vif(
                body.get(Wire.INT, AbiLayout.VifMsg.VIF_ID),
                body.get(Wire.INT, AbiLayout.VifMsg.VRF_ID),
                Wire.key(body, AbiLayout.VifMsg.KEY),
                VifType.ofCode(Wire.unsignedByte(body, AbiLayout.VifMsg.TYPE)),
                PortKind.ofCode(Wire.unsignedByte(body, AbiLayout.VifMsg.PORT_KIND)),
                (flags & AbiCodes.WEFT_VIF_ADDRESS_CHECK) != 0,
                (flags & AbiCodes.WEFT_VIF_SHARED_UPLINK) != 0,
                (flags & AbiCodes.WEFT_VIF_STRICT_TCP) != 0,
                (flags & AbiCodes.WEFT_VIF_NATIVE) != 0,
                (flags & AbiCodes.WEFT_VIF_STATELESS) != 0,
                body.get(Wire.INT, AbiLayout.VifMsg.MTU),
                body.get(Wire.INT, AbiLayout.VifMsg.LABEL),
                Wire.mac(body, AbiLayout.VifMsg.MAC),
                Wire.text(body, AbiLayout.VifMsg.NAME, AbiCodes.WEFT_IFNAME_BYTES),
                Wire.text(body, AbiLayout.VifMsg.DEVICE, AbiCodes.WEFT_NAME_BYTES),
                Wire.text(body, AbiLayout.VifMsg.NETNS, AbiCodes.WEFT_PATH_BYTES),
                vifAddresses(body),
                body.get(Wire.INT, AbiLayout.VifMsg.IDENTITY_ID),
                policyIds(body, AbiLayout.VifMsg.EGRESS_POLICY_IDS),
                policyIds(body, AbiLayout.VifMsg.INGRESS_POLICY_IDS),
                body.get(Wire.INT, AbiLayout.VifMsg.CONNECTIONS_MAX));
        return new VifState(
                vif,
                epoch,
                (flags & AbiCodes.WEFT_VIF_UP) != 0,
                (flags & AbiCodes.WEFT_VIF_CREATED) != 0,
                body.get(Wire.INT, AbiLayout.VifMsg.CONNECTIONS_LIVE),
                body.get(Wire.LONG, AbiLayout.VifMsg.RX_PACKETS),
                body.get(Wire.LONG, AbiLayout.VifMsg.RX_BYTES),
                body.get(Wire.LONG, AbiLayout.VifMsg.TX_PACKETS),
                body.get(Wire.LONG, AbiLayout.VifMsg.TX_BYTES),
                body.get(Wire.LONG, AbiLayout.VifMsg.DROPS));
    }

    private static List<VifAddress> vifAddresses(MemorySegment body) {
        int count = body.get(Wire.INT, AbiLayout.VifMsg.ADDRESS_COUNT);
        if (count < 0 || count > AbiCodes.WEFT_VIF_ADDRESSES_MAX) {
            throw new IllegalArgumentException(
                    "address count is " + count + ", must be 0 .. " + AbiCodes.WEFT_VIF_ADDRESSES_MAX);
        }
        List<VifAddress> addresses = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            long at = AbiLayout.VifMsg.ADDRESSES + (long) i * AbiLayout.VifAddress.SIZE_BYTES;
            int flags = Wire.unsignedShort(body, at + AbiLayout.VifAddress.FLAGS);
            addresses.add(new VifAddress(
                    Wire.address(
                            body,
                            at + AbiLayout.VifAddress.ADDRESS,
                            Wire.unsignedByte(body, at + AbiLayout.VifAddress.FAMILY)),
                    Wire.unsignedByte(body, at + AbiLayout.VifAddress.PREFIX_LEN),
                    (flags & AbiCodes.WEFT_VIF_ADDRESS_CONFIGURE) != 0,
                    (flags & AbiCodes.WEFT_VIF_ADDRESS_GATEWAY) != 0));
        }
        return addresses;
    }

    private static List<Integer> policyIds(MemorySegment body, long at) {
        List<Integer> ids = new ArrayList<>(AbiCodes.WEFT_VIF_POLICIES);
        for (int i = 0; i < AbiCodes.WEFT_VIF_POLICIES; i++) {
            ids.add(body.get(Wire.INT, at + 4L * i));
        }
        return ids;
    }

    static Vrf vrf(MemorySegment body) {
        return new Vrf(
                body.get(Wire.INT, AbiLayout.VrfMsg.VRF_ID),
                body.get(Wire.INT, AbiLayout.VrfMsg.VNI),
                Wire.key(body, AbiLayout.VrfMsg.KEY),
                Wire.text(body, AbiLayout.VrfMsg.NAME, AbiCodes.WEFT_PATH_BYTES),
                body.get(Wire.INT, AbiLayout.VrfMsg.CONNECTIONS_MAX));
    }

    static VrfState vrfState(MemorySegment body, int epoch) {
        return new VrfState(
                vrf(body),
                epoch,
                body.get(Wire.LONG, AbiLayout.VrfMsg.ROUTES4),
                body.get(Wire.LONG, AbiLayout.VrfMsg.ROUTES6),
                body.get(Wire.INT, AbiLayout.VrfMsg.CONNECTIONS_LIVE));
    }

    static Ageing ageing(MemorySegment body) {
        int count = body.get(Wire.INT, AbiLayout.AgeingMsg.ROW_COUNT);
        List<Ageing.Row> rows = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            long at = AbiLayout.AgeingMsg.SIZE_BYTES + (long) i * AbiLayout.AgeingRow.SIZE_BYTES;
            rows.add(new Ageing.Row(
                    Wire.unsignedShort(body, at + AbiLayout.AgeingRow.PROTOCOL),
                    Wire.unsignedShort(body, at + AbiLayout.AgeingRow.PORT),
                    body.get(Wire.INT, at + AbiLayout.AgeingRow.IDLE_SECONDS),
                    body.get(Wire.INT, at + AbiLayout.AgeingRow.OPENING_SECONDS),
                    body.get(Wire.INT, at + AbiLayout.AgeingRow.HALF_CLOSED_SECONDS),
                    body.get(Wire.INT, at + AbiLayout.AgeingRow.CLOSED_SECONDS)));
        }
        return new Ageing(rows);
    }

    static NextHop nextHop(MemorySegment body) {
        int id = body.get(Wire.INT, AbiLayout.NexthopMsg.NEXTHOP_ID);
        ObjectKey key = Wire.key(body, AbiLayout.NexthopMsg.KEY);
        int type = Wire.unsignedByte(body, AbiLayout.NexthopMsg.TYPE);
        return switch (type) {
            case AbiCodes.WEFT_NEXTHOP_DISCARD -> new NextHop.Discard(id, key);
            case AbiCodes.WEFT_NEXTHOP_RECEIVE -> new NextHop.Receive(id, key);
            case AbiCodes.WEFT_NEXTHOP_LOCAL ->
                new NextHop.Local(id, key, body.get(Wire.INT, AbiLayout.NexthopMsg.VIF_ID));
            case AbiCodes.WEFT_NEXTHOP_TUNNEL -> tunnel(body, id, key);
            case AbiCodes.WEFT_NEXTHOP_VRF ->
                new NextHop.VrfLookup(
                        id,
                        key,
                        body.get(Wire.INT, AbiLayout.NexthopMsg.VRF_ID),
                        body.get(Wire.INT, AbiLayout.NexthopMsg.NAT_POOL_ID));
            case AbiCodes.WEFT_NEXTHOP_NATIVE ->
                new NextHop.Native(
                        id,
                        key,
                        body.get(Wire.INT, AbiLayout.NexthopMsg.VIF_ID),
                        Wire.address(
                                body,
                                AbiLayout.NexthopMsg.DESTINATION,
                                Wire.unsignedByte(body, AbiLayout.NexthopMsg.FAMILY)));
            case AbiCodes.WEFT_NEXTHOP_ECMP ->
                new NextHop.Ecmp(
                        id,
                        key,
                        HashField.ofBits(Wire.unsignedByte(body, AbiLayout.NexthopMsg.HASH_FIELDS)),
                        members(body));
            default ->
                throw new IllegalArgumentException(
                        "next hop " + id + " has type " + type + ", which this version does not know");
        };
    }

    private static List<NextHop.Member> members(MemorySegment body) {
        int count = body.get(Wire.INT, AbiLayout.NexthopMsg.MEMBER_COUNT);
        List<NextHop.Member> members = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            long at = AbiLayout.NexthopMsg.SIZE_BYTES + (long) i * AbiLayout.NexthopMember.SIZE_BYTES;
            members.add(new NextHop.Member(
                    Integer.toUnsignedLong(body.get(Wire.INT, at + AbiLayout.NexthopMember.MEMBER_ID)),
                    body.get(Wire.INT, at + AbiLayout.NexthopMember.NEXTHOP_ID),
                    body.get(Wire.INT, at + AbiLayout.NexthopMember.LABEL),
                    body.get(Wire.INT, at + AbiLayout.NexthopMember.WEIGHT)));
        }
        return members;
    }

    private static NextHop tunnel(MemorySegment body, int id, ObjectKey key) {
        int family = Wire.unsignedByte(body, AbiLayout.NexthopMsg.FAMILY);
        return new NextHop.Tunnel(
                id,
                key,
                Encapsulation.ofCode(Wire.unsignedByte(body, AbiLayout.NexthopMsg.ENCAP)),
                Wire.address(body, AbiLayout.NexthopMsg.SOURCE, family),
                Wire.address(body, AbiLayout.NexthopMsg.DESTINATION, family),
                Wire.mac(body, AbiLayout.NexthopMsg.INNER_MAC));
    }

    static Route route(MemorySegment body) {
        int flags = body.get(Wire.INT, AbiLayout.RouteMsg.FLAGS);
        int family = Wire.unsignedByte(body, AbiLayout.RouteMsg.FAMILY);
        return new Route(
                body.get(Wire.INT, AbiLayout.RouteMsg.VRF_ID),
                new IpPrefix(
                        Wire.address(body, AbiLayout.RouteMsg.PREFIX, family),
                        Wire.unsignedByte(body, AbiLayout.RouteMsg.PREFIX_LEN)),
                body.get(Wire.INT, AbiLayout.RouteMsg.NEXTHOP_ID),
                body.get(Wire.INT, AbiLayout.RouteMsg.LABEL),
                body.get(Wire.INT, AbiLayout.RouteMsg.IDENTITY_ID),
                (flags & AbiCodes.WEFT_ROUTE_PROXY_NEIGHBOUR) != 0,
                (flags & AbiCodes.WEFT_ROUTE_SAME_NETWORK) != 0);
    }

    static Label label(MemorySegment body) {
        return new Label(
                body.get(Wire.INT, AbiLayout.LabelMsg.LABEL), body.get(Wire.INT, AbiLayout.LabelMsg.NEXTHOP_ID));
    }

    static Vni vni(MemorySegment body) {
        return new Vni(body.get(Wire.INT, AbiLayout.VniMsg.VNI), body.get(Wire.INT, AbiLayout.VniMsg.NEXTHOP_ID));
    }

    static UnderlayPath path(MemorySegment body) {
        int family = Wire.unsignedByte(body, AbiLayout.PathMsg.FAMILY);
        return new UnderlayPath(
                Wire.address(body, AbiLayout.PathMsg.DESTINATION, family),
                Wire.unsignedByte(body, AbiLayout.PathMsg.STATE) == AbiCodes.WEFT_PATH_RESOLVED,
                body.get(Wire.INT, AbiLayout.PathMsg.VIF_ID),
                gateway(body, AbiLayout.PathMsg.GATEWAY, family),
                Wire.mac(body, AbiLayout.PathMsg.SOURCE_MAC),
                Wire.mac(body, AbiLayout.PathMsg.DESTINATION_MAC),
                body.get(Wire.INT, AbiLayout.PathMsg.MTU),
                body.get(Wire.LONG, AbiLayout.PathMsg.CHANGED_NS),
                Liveness.ofCode(Wire.unsignedByte(body, AbiLayout.PathMsg.LIVENESS)),
                body.get(Wire.LONG, AbiLayout.PathMsg.LIVENESS_NS),
                body.get(Wire.INT, AbiLayout.PathMsg.LEARNED_MTU),
                ways(body, family),
                Wire.unsignedByte(body, AbiLayout.PathMsg.WEIGHTS) + 1);
    }

    private static Optional<InetAddress> gateway(MemorySegment body, long at, int family) {
        return Wire.isZero(body, at, 16) ? Optional.empty() : Optional.of(Wire.address(body, at, family));
    }

    private static List<UnderlayPath.Way> ways(MemorySegment body, int family) {
        int count = body.get(Wire.INT, AbiLayout.PathMsg.WAY_COUNT);
        if (count < 0 || count > UnderlayPath.MORE_WAYS_MAX) {
            throw new IllegalArgumentException(
                    "way count is " + count + ", must be 0 .. " + UnderlayPath.MORE_WAYS_MAX);
        }
        List<UnderlayPath.Way> ways = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            long at = AbiLayout.PathMsg.WAYS + (long) i * AbiLayout.PathWay.SIZE_BYTES;
            ways.add(new UnderlayPath.Way(
                    body.get(Wire.INT, at + AbiLayout.PathWay.VIF_ID),
                    gateway(body, at + AbiLayout.PathWay.GATEWAY, family),
                    Wire.mac(body, at + AbiLayout.PathWay.SOURCE_MAC),
                    Wire.mac(body, at + AbiLayout.PathWay.DESTINATION_MAC),
                    Wire.unsignedByte(body, AbiLayout.PathMsg.WEIGHTS + i + 1L) + 1));
        }
        return ways;
    }

    private static TunnelSettings tunnels(MemorySegment body) {
        int ttl = Wire.unsignedByte(body, AbiLayout.PlaneMsg.TUNNEL_TTL);
        int dscp = Wire.unsignedByte(body, AbiLayout.PlaneMsg.TUNNEL_DSCP);
        boolean pipe = Wire.unsignedByte(body, AbiLayout.PlaneMsg.TUNNEL_DSCP_MODE) == AbiCodes.WEFT_TUNNEL_DSCP_PIPE;
        return new TunnelSettings(
                ttl == 0 ? TunnelSettings.DEFAULT.ttl() : ttl,
                TunnelSettings.Df.ofCode(Wire.unsignedByte(body, AbiLayout.PlaneMsg.TUNNEL_DF)),
                pipe ? OptionalInt.of(dscp) : OptionalInt.empty());
    }

    static PlaneState plane(MemorySegment body, int epoch) {
        Optional<Inet4Address> underlay4 = Wire.isZero(body, AbiLayout.PlaneMsg.UNDERLAY4, 16)
                ? Optional.empty()
                : Optional.of(Wire.address4(body, AbiLayout.PlaneMsg.UNDERLAY4));
        Optional<Inet6Address> underlay6 = Wire.isZero(body, AbiLayout.PlaneMsg.UNDERLAY6, 16)
                ? Optional.empty()
                : Optional.of(Wire.address6(body, AbiLayout.PlaneMsg.UNDERLAY6));
        MacAddress routerMac = Wire.mac(body, AbiLayout.PlaneMsg.ROUTER_MAC);
        return new PlaneState(
                new PlaneSettings(
                        underlay4,
                        underlay6,
                        routerMac,
                        body.get(Wire.INT, AbiLayout.PlaneMsg.BFD_INTERVAL_MS),
                        body.get(Wire.INT, AbiLayout.PlaneMsg.BFD_MULTIPLIER),
                        tunnels(body)),
                epoch,
                body.get(Wire.INT, AbiLayout.PlaneMsg.CONNECTIONS_MAX),
                body.get(Wire.INT, AbiLayout.PlaneMsg.CONNECTIONS_LIVE),
                body.get(Wire.INT, AbiLayout.PlaneMsg.WORKERS),
                body.get(Wire.INT, AbiLayout.PlaneMsg.VIFS),
                body.get(Wire.INT, AbiLayout.PlaneMsg.NEXTHOPS),
                body.get(Wire.INT, AbiLayout.PlaneMsg.VRFS),
                body.get(Wire.INT, AbiLayout.PlaneMsg.IDENTITIES),
                body.get(Wire.INT, AbiLayout.PlaneMsg.POLICIES),
                new Pressure(
                        body.get(Wire.INT, AbiLayout.PlaneMsg.FRAGMENTS_WAITING),
                        body.get(Wire.LONG, AbiLayout.PlaneMsg.EVICTED_CLOSED),
                        body.get(Wire.LONG, AbiLayout.PlaneMsg.EVICTED_ONE_WAY),
                        body.get(Wire.LONG, AbiLayout.PlaneMsg.EVICTED_IDLE)),
                body.get(Wire.INT, AbiLayout.PlaneMsg.ADOPTIONS),
                body.get(Wire.LONG, AbiLayout.PlaneMsg.ROUTES),
                body.get(Wire.LONG, AbiLayout.PlaneMsg.STARTED_NS),
                body.get(Wire.LONG, AbiLayout.PlaneMsg.SETS),
                body.get(Wire.LONG, AbiLayout.PlaneMsg.DELETES),
                body.get(Wire.LONG, AbiLayout.PlaneMsg.REASSEMBLED),
                body.get(Wire.LONG, AbiLayout.PlaneMsg.REASSEMBLY_FAILURES),
                Wire.text(body, AbiLayout.PlaneMsg.IMPLEMENTATION, 16),
                Wire.text(body, AbiLayout.PlaneMsg.VERSION, 32));
    }

    static Connection connection(MemorySegment body) {
        int family = Wire.unsignedByte(body, AbiLayout.ConnectionMsg.FAMILY);
        int flags = body.get(Wire.INT, AbiLayout.ConnectionMsg.FLAGS);
        return new Connection(
                body.get(Wire.INT, AbiLayout.ConnectionMsg.INDEX),
                body.get(Wire.INT, AbiLayout.ConnectionMsg.REVERSE_INDEX),
                body.get(Wire.INT, AbiLayout.ConnectionMsg.VRF_ID),
                body.get(Wire.INT, AbiLayout.ConnectionMsg.ZONE),
                Wire.unsignedByte(body, AbiLayout.ConnectionMsg.PROTOCOL),
                Wire.unsignedByte(body, AbiLayout.ConnectionMsg.TCP_STATE),
                Wire.address(body, AbiLayout.ConnectionMsg.SOURCE, family),
                Wire.address(body, AbiLayout.ConnectionMsg.DESTINATION, family),
                Wire.unsignedShort(body, AbiLayout.ConnectionMsg.SOURCE_PORT),
                Wire.unsignedShort(body, AbiLayout.ConnectionMsg.DESTINATION_PORT),
                (flags & AbiCodes.WEFT_CONNECTION_INITIATOR) != 0,
                (flags & AbiCodes.WEFT_CONNECTION_DENIED) != 0,
                (flags & AbiCodes.WEFT_CONNECTION_MIDSTREAM) != 0,
                body.get(Wire.INT, AbiLayout.ConnectionMsg.VIF_ID),
                body.get(Wire.INT, AbiLayout.ConnectionMsg.NEXTHOP_ID),
                body.get(Wire.INT, AbiLayout.ConnectionMsg.LABEL),
                body.get(Wire.INT, AbiLayout.ConnectionMsg.SOURCE_IDENTITY),
                body.get(Wire.INT, AbiLayout.ConnectionMsg.DESTINATION_IDENTITY),
                body.get(Wire.LONG, AbiLayout.ConnectionMsg.PACKETS),
                body.get(Wire.LONG, AbiLayout.ConnectionMsg.BYTES),
                body.get(Wire.LONG, AbiLayout.ConnectionMsg.IDLE_NS),
                body.get(Wire.LONG, AbiLayout.ConnectionMsg.AGE_NS),
                NatCodec.translation(body, family, flags));
    }

    static DropCount drop(MemorySegment body) {
        return new DropCount(
                body.get(Wire.INT, AbiLayout.DropMsg.REASON),
                body.get(Wire.INT, AbiLayout.DropMsg.VIF_ID),
                body.get(Wire.LONG, AbiLayout.DropMsg.PACKETS));
    }
}
