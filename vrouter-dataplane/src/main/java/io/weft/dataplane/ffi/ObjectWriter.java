package io.weft.dataplane.ffi;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import io.weft.dataplane.Ageing;
import io.weft.dataplane.FloatingIp;
import io.weft.dataplane.HashField;
import io.weft.dataplane.Identity;
import io.weft.dataplane.Label;
import io.weft.dataplane.NatPool;
import io.weft.dataplane.NextHop;
import io.weft.dataplane.PlaneObject;
import io.weft.dataplane.PlaneSettings;
import io.weft.dataplane.PolicySet;
import io.weft.dataplane.Route;
import io.weft.dataplane.Service;
import io.weft.dataplane.TunnelSettings;
import io.weft.dataplane.UnderlayPath;
import io.weft.dataplane.Vif;
import io.weft.dataplane.VifAddress;
import io.weft.dataplane.Vni;
import io.weft.dataplane.Vrf;
import java.lang.foreign.MemorySegment;

/** Records into the bodies of SET and DELETE messages. The body is all zero before. */
final class ObjectWriter {
    private ObjectWriter() {}

    /** enum weft_object. */
    static int code(PlaneObject object) {
        return switch (object) {
            case PlaneSettings ignored -> AbiCodes.WEFT_OBJECT_PLANE;
            case Ageing ignored -> AbiCodes.WEFT_OBJECT_AGEING;
            case Vif ignored -> AbiCodes.WEFT_OBJECT_VIF;
            case Vrf ignored -> AbiCodes.WEFT_OBJECT_VRF;
            case Identity ignored -> AbiCodes.WEFT_OBJECT_IDENTITY;
            case PolicySet ignored -> AbiCodes.WEFT_OBJECT_POLICY;
            case FloatingIp ignored -> AbiCodes.WEFT_OBJECT_FLOATING_IP;
            case NatPool ignored -> AbiCodes.WEFT_OBJECT_NAT_POOL;
            case Service ignored -> AbiCodes.WEFT_OBJECT_SERVICE;
            case NextHop ignored -> AbiCodes.WEFT_OBJECT_NEXTHOP;
            case Route ignored -> AbiCodes.WEFT_OBJECT_ROUTE;
            case Label ignored -> AbiCodes.WEFT_OBJECT_LABEL;
            case Vni ignored -> AbiCodes.WEFT_OBJECT_VNI;
            case UnderlayPath ignored -> AbiCodes.WEFT_OBJECT_PATH;
        };
    }

    /** Of a whole object, as SET takes it. */
    static int bodyBytes(PlaneObject object) {
        return switch (object) {
            case PlaneSettings ignored -> AbiLayout.PlaneMsg.SIZE_BYTES;
            case Ageing ageing ->
                AbiLayout.AgeingMsg.SIZE_BYTES + ageing.rows().size() * AbiLayout.AgeingRow.SIZE_BYTES;
            case Vif ignored -> AbiLayout.VifMsg.SIZE_BYTES;
            case Vrf ignored -> AbiLayout.VrfMsg.SIZE_BYTES;
            case Identity ignored -> AbiLayout.IdentityMsg.SIZE_BYTES;
            case PolicySet set -> PolicyCodec.bodyBytes(set);
            case FloatingIp floating -> NatCodec.bodyBytes(floating);
            case NatPool ignored -> AbiLayout.NatPoolMsg.SIZE_BYTES;
            case Service service -> ServiceCodec.bodyBytes(service);
            case NextHop.Ecmp ecmp ->
                AbiLayout.NexthopMsg.SIZE_BYTES + ecmp.members().size() * AbiLayout.NexthopMember.SIZE_BYTES;
            case NextHop ignored -> AbiLayout.NexthopMsg.SIZE_BYTES;
            case Route ignored -> AbiLayout.RouteMsg.SIZE_BYTES;
            case Label ignored -> AbiLayout.LabelMsg.SIZE_BYTES;
            case Vni ignored -> AbiLayout.VniMsg.SIZE_BYTES;
            case UnderlayPath ignored -> AbiLayout.PathMsg.SIZE_BYTES;
        };
    }

    /** Of what identifies an object, as DELETE takes it: the struct without items. */
    static int bodyBytesOfDelete(PlaneObject object) {
        return switch (object) {
            case PolicySet ignored -> AbiLayout.PolicyMsg.SIZE_BYTES;
            case FloatingIp ignored -> AbiLayout.FloatingIpMsg.SIZE_BYTES;
            case Service ignored -> AbiLayout.ServiceMsg.SIZE_BYTES;
            case NextHop ignored -> AbiLayout.NexthopMsg.SIZE_BYTES;
            default -> bodyBytes(object);
        };
    }

    /** What DELETE reads; of variable bodies the struct alone. */
    static void writeDelete(MemorySegment to, long at, PlaneObject object) {
        switch (object) {
            case PolicySet set -> to.set(Wire.INT, at + AbiLayout.PolicyMsg.POLICY_ID, set.id());
            case FloatingIp floating -> to.set(Wire.INT, at + AbiLayout.FloatingIpMsg.FLOATING_IP_ID, floating.id());
            case Service service -> to.set(Wire.INT, at + AbiLayout.ServiceMsg.SERVICE_ID, service.id());
            case NextHop nextHop -> to.set(Wire.INT, at + AbiLayout.NexthopMsg.NEXTHOP_ID, nextHop.id());
            default -> write(to, at, object);
        }
    }

    static void write(MemorySegment to, long at, PlaneObject object) {
        switch (object) {
            case PlaneSettings settings -> writePlane(to, at, settings);
            case Ageing ageing -> writeAgeing(to, at, ageing);
            case Vif vif -> writeVif(to, at, vif);
            case Vrf vrf -> writeVrf(to, at, vrf);
            case Identity identity -> PolicyCodec.writeIdentity(to, at, identity);
            case PolicySet set -> PolicyCodec.writeSet(to, at, set);
            case FloatingIp floating -> NatCodec.write(to, at, floating);
            case NatPool pool -> NatCodec.write(to, at, pool);
            case Service service -> ServiceCodec.write(to, at, service);
            case NextHop nextHop -> writeNextHop(to, at, nextHop);
            case Route route -> writeRoute(to, at, route);
            case Label label -> {
                to.set(Wire.INT, at + AbiLayout.LabelMsg.LABEL, label.label());
                to.set(Wire.INT, at + AbiLayout.LabelMsg.NEXTHOP_ID, label.nextHopId());
            }
            case Vni vni -> {
                to.set(Wire.INT, at + AbiLayout.VniMsg.VNI, vni.vni());
                to.set(Wire.INT, at + AbiLayout.VniMsg.NEXTHOP_ID, vni.nextHopId());
            }
            case UnderlayPath path -> writePath(to, at, path);
        }
    }

    private static void writePlane(MemorySegment to, long at, PlaneSettings settings) {
        settings.underlay4().ifPresent(a -> Wire.putAddress(to, at + AbiLayout.PlaneMsg.UNDERLAY4, a));
        settings.underlay6().ifPresent(a -> Wire.putAddress(to, at + AbiLayout.PlaneMsg.UNDERLAY6, a));
        Wire.putMac(to, at + AbiLayout.PlaneMsg.ROUTER_MAC, settings.routerMac());
        to.set(Wire.INT, at + AbiLayout.PlaneMsg.BFD_INTERVAL_MS, settings.bfdIntervalMs());
        to.set(Wire.INT, at + AbiLayout.PlaneMsg.BFD_MULTIPLIER, settings.bfdMultiplier());
        TunnelSettings tunnels = settings.tunnels();
        int ttl = tunnels.ttl() == TunnelSettings.DEFAULT.ttl() ? 0 : tunnels.ttl();
        int mode = tunnels.dscp().isPresent() ? AbiCodes.WEFT_TUNNEL_DSCP_PIPE : AbiCodes.WEFT_TUNNEL_DSCP_UNIFORM;
        to.set(JAVA_BYTE, at + AbiLayout.PlaneMsg.TUNNEL_TTL, (byte) ttl);
        to.set(JAVA_BYTE, at + AbiLayout.PlaneMsg.TUNNEL_DF, (byte) tunnels.df().code());
        to.set(JAVA_BYTE, at + AbiLayout.PlaneMsg.TUNNEL_DSCP_MODE, (byte) mode);
        to.set(JAVA_BYTE, at + AbiLayout.PlaneMsg.TUNNEL_DSCP, (byte)
                tunnels.dscp().orElse(0));
    }

    private static void writeAgeing(MemorySegment to, long at, Ageing ageing) {
        to.set(Wire.INT, at + AbiLayout.AgeingMsg.ROW_COUNT, ageing.rows().size());
        long row = at + AbiLayout.AgeingMsg.SIZE_BYTES;
        for (Ageing.Row each : ageing.rows()) {
            to.set(Wire.SHORT, row + AbiLayout.AgeingRow.PROTOCOL, (short) each.protocol());
            to.set(Wire.SHORT, row + AbiLayout.AgeingRow.PORT, (short) each.port());
            to.set(Wire.INT, row + AbiLayout.AgeingRow.IDLE_SECONDS, each.idleSeconds());
            to.set(Wire.INT, row + AbiLayout.AgeingRow.OPENING_SECONDS, each.openingSeconds());
            to.set(Wire.INT, row + AbiLayout.AgeingRow.HALF_CLOSED_SECONDS, each.halfClosedSeconds());
            to.set(Wire.INT, row + AbiLayout.AgeingRow.CLOSED_SECONDS, each.closedSeconds());
            row += AbiLayout.AgeingRow.SIZE_BYTES;
        }
    }

    private static void writeVif(MemorySegment to, long at, Vif vif) {
        int flags = (vif.addressCheck() ? AbiCodes.WEFT_VIF_ADDRESS_CHECK : 0)
                | (vif.sharedUplink() ? AbiCodes.WEFT_VIF_SHARED_UPLINK : 0)
                | (vif.strictTcp() ? AbiCodes.WEFT_VIF_STRICT_TCP : 0)
                | (vif.nativeUplink() ? AbiCodes.WEFT_VIF_NATIVE : 0)
                | (vif.stateless() ? AbiCodes.WEFT_VIF_STATELESS : 0);
        to.set(Wire.INT, at + AbiLayout.VifMsg.VIF_ID, vif.id());
        to.set(Wire.INT, at + AbiLayout.VifMsg.VRF_ID, vif.vrfId());
        Wire.putKey(to, at + AbiLayout.VifMsg.KEY, vif.key());
        to.set(JAVA_BYTE, at + AbiLayout.VifMsg.TYPE, (byte) vif.type().code());
        to.set(JAVA_BYTE, at + AbiLayout.VifMsg.PORT_KIND, (byte) vif.portKind().code());
        to.set(Wire.SHORT, at + AbiLayout.VifMsg.FLAGS, (short) flags);
        to.set(Wire.INT, at + AbiLayout.VifMsg.MTU, vif.mtu());
        to.set(Wire.INT, at + AbiLayout.VifMsg.LABEL, vif.label());
        Wire.putMac(to, at + AbiLayout.VifMsg.MAC, vif.mac());
        Wire.putText(to, at + AbiLayout.VifMsg.NAME, vif.name());
        Wire.putText(to, at + AbiLayout.VifMsg.DEVICE, vif.device());
        Wire.putText(to, at + AbiLayout.VifMsg.NETNS, vif.netns());
        to.set(Wire.INT, at + AbiLayout.VifMsg.ADDRESS_COUNT, vif.addresses().size());
        long entry = at + AbiLayout.VifMsg.ADDRESSES;
        for (VifAddress address : vif.addresses()) {
            writeVifAddress(to, entry, address);
            entry += AbiLayout.VifAddress.SIZE_BYTES;
        }
        to.set(Wire.INT, at + AbiLayout.VifMsg.IDENTITY_ID, vif.identityId());
        for (int i = 0; i < AbiCodes.WEFT_VIF_POLICIES; i++) {
            to.set(
                    Wire.INT,
                    at + AbiLayout.VifMsg.EGRESS_POLICY_IDS + 4L * i,
                    vif.egressPolicyIds().get(i));
            to.set(
                    Wire.INT,
                    at + AbiLayout.VifMsg.INGRESS_POLICY_IDS + 4L * i,
                    vif.ingressPolicyIds().get(i));
        }
        to.set(Wire.INT, at + AbiLayout.VifMsg.CONNECTIONS_MAX, vif.connectionsMax());
    }

    private static void writeVifAddress(MemorySegment to, long at, VifAddress address) {
        int flags = (address.configure() ? AbiCodes.WEFT_VIF_ADDRESS_CONFIGURE : 0)
                | (address.gateway() ? AbiCodes.WEFT_VIF_ADDRESS_GATEWAY : 0);
        to.set(JAVA_BYTE, at + AbiLayout.VifAddress.FAMILY, (byte) Wire.family(address.address()));
        to.set(JAVA_BYTE, at + AbiLayout.VifAddress.PREFIX_LEN, (byte) address.prefixLength());
        to.set(Wire.SHORT, at + AbiLayout.VifAddress.FLAGS, (short) flags);
        Wire.putAddress(to, at + AbiLayout.VifAddress.ADDRESS, address.address());
    }

    private static void writeVrf(MemorySegment to, long at, Vrf vrf) {
        to.set(Wire.INT, at + AbiLayout.VrfMsg.VRF_ID, vrf.id());
        to.set(Wire.INT, at + AbiLayout.VrfMsg.VNI, vrf.vni());
        Wire.putKey(to, at + AbiLayout.VrfMsg.KEY, vrf.key());
        Wire.putText(to, at + AbiLayout.VrfMsg.NAME, vrf.name());
        to.set(Wire.INT, at + AbiLayout.VrfMsg.CONNECTIONS_MAX, vrf.connectionsMax());
    }

    private static void writeNextHop(MemorySegment to, long at, NextHop nextHop) {
        to.set(Wire.INT, at + AbiLayout.NexthopMsg.NEXTHOP_ID, nextHop.id());
        Wire.putKey(to, at + AbiLayout.NexthopMsg.KEY, nextHop.key());
        int type = switch (nextHop) {
            case NextHop.Discard ignored -> AbiCodes.WEFT_NEXTHOP_DISCARD;
            case NextHop.Receive ignored -> AbiCodes.WEFT_NEXTHOP_RECEIVE;
            case NextHop.Local local -> {
                to.set(Wire.INT, at + AbiLayout.NexthopMsg.VIF_ID, local.vifId());
                yield AbiCodes.WEFT_NEXTHOP_LOCAL;
            }
            case NextHop.Tunnel tunnel -> {
                to.set(JAVA_BYTE, at + AbiLayout.NexthopMsg.ENCAP, (byte)
                        tunnel.encapsulation().code());
                to.set(JAVA_BYTE, at + AbiLayout.NexthopMsg.FAMILY, (byte) Wire.family(tunnel.source()));
                Wire.putAddress(to, at + AbiLayout.NexthopMsg.SOURCE, tunnel.source());
                Wire.putAddress(to, at + AbiLayout.NexthopMsg.DESTINATION, tunnel.destination());
                Wire.putMac(to, at + AbiLayout.NexthopMsg.INNER_MAC, tunnel.innerMac());
                yield AbiCodes.WEFT_NEXTHOP_TUNNEL;
            }
            case NextHop.Native out -> {
                to.set(Wire.INT, at + AbiLayout.NexthopMsg.VIF_ID, out.vifId());
                to.set(JAVA_BYTE, at + AbiLayout.NexthopMsg.FAMILY, (byte) Wire.family(out.gateway()));
                Wire.putAddress(to, at + AbiLayout.NexthopMsg.DESTINATION, out.gateway());
                yield AbiCodes.WEFT_NEXTHOP_NATIVE;
            }
            case NextHop.VrfLookup lookup -> {
                to.set(Wire.INT, at + AbiLayout.NexthopMsg.VRF_ID, lookup.vrfId());
                to.set(Wire.INT, at + AbiLayout.NexthopMsg.NAT_POOL_ID, lookup.natPoolId());
                yield AbiCodes.WEFT_NEXTHOP_VRF;
            }
            case NextHop.Ecmp ecmp -> {
                writeMembers(to, at, ecmp);
                yield AbiCodes.WEFT_NEXTHOP_ECMP;
            }
        };
        to.set(JAVA_BYTE, at + AbiLayout.NexthopMsg.TYPE, (byte) type);
    }

    private static void writeMembers(MemorySegment to, long at, NextHop.Ecmp ecmp) {
        int fields = ecmp.hashFields().equals(HashField.ALL) ? 0 : HashField.bits(ecmp.hashFields());
        to.set(JAVA_BYTE, at + AbiLayout.NexthopMsg.HASH_FIELDS, (byte) fields);
        to.set(Wire.INT, at + AbiLayout.NexthopMsg.MEMBER_COUNT, ecmp.members().size());
        long entry = at + AbiLayout.NexthopMsg.SIZE_BYTES;
        for (NextHop.Member member : ecmp.members()) {
            to.set(Wire.INT, entry + AbiLayout.NexthopMember.MEMBER_ID, (int) member.id());
            to.set(Wire.INT, entry + AbiLayout.NexthopMember.NEXTHOP_ID, member.nextHopId());
            to.set(Wire.INT, entry + AbiLayout.NexthopMember.LABEL, member.label());
            to.set(Wire.INT, entry + AbiLayout.NexthopMember.WEIGHT, member.weight());
            entry += AbiLayout.NexthopMember.SIZE_BYTES;
        }
    }

    static void writeRoute(MemorySegment to, long at, Route route) {
        int flags = (route.proxyNeighbour() ? AbiCodes.WEFT_ROUTE_PROXY_NEIGHBOUR : 0)
                | (route.sameNetwork() ? AbiCodes.WEFT_ROUTE_SAME_NETWORK : 0);
        to.set(Wire.INT, at + AbiLayout.RouteMsg.VRF_ID, route.vrfId());
        to.set(JAVA_BYTE, at + AbiLayout.RouteMsg.FAMILY, (byte) route.prefix().family());
        to.set(JAVA_BYTE, at + AbiLayout.RouteMsg.PREFIX_LEN, (byte)
                route.prefix().length());
        Wire.putAddress(to, at + AbiLayout.RouteMsg.PREFIX, route.prefix().address());
        to.set(Wire.INT, at + AbiLayout.RouteMsg.NEXTHOP_ID, route.nextHopId());
        to.set(Wire.INT, at + AbiLayout.RouteMsg.LABEL, route.label());
        to.set(Wire.INT, at + AbiLayout.RouteMsg.IDENTITY_ID, route.identityId());
        to.set(Wire.INT, at + AbiLayout.RouteMsg.FLAGS, flags);
    }

    private static void writePath(MemorySegment to, long at, UnderlayPath path) {
        int state = path.resolved() ? AbiCodes.WEFT_PATH_RESOLVED : AbiCodes.WEFT_PATH_UNRESOLVED;
        to.set(JAVA_BYTE, at + AbiLayout.PathMsg.FAMILY, (byte) Wire.family(path.destination()));
        to.set(JAVA_BYTE, at + AbiLayout.PathMsg.STATE, (byte) state);
        to.set(Wire.INT, at + AbiLayout.PathMsg.VIF_ID, path.vifId());
        Wire.putAddress(to, at + AbiLayout.PathMsg.DESTINATION, path.destination());
        path.gateway().ifPresent(gateway -> Wire.putAddress(to, at + AbiLayout.PathMsg.GATEWAY, gateway));
        Wire.putMac(to, at + AbiLayout.PathMsg.SOURCE_MAC, path.sourceMac());
        Wire.putMac(to, at + AbiLayout.PathMsg.DESTINATION_MAC, path.destinationMac());
        to.set(Wire.INT, at + AbiLayout.PathMsg.MTU, path.mtu());
        to.set(Wire.INT, at + AbiLayout.PathMsg.WAY_COUNT, path.ways().size());
        long entry = at + AbiLayout.PathMsg.WAYS;
        long weight = at + AbiLayout.PathMsg.WEIGHTS;
        to.set(JAVA_BYTE, weight, (byte) (path.weight() - 1));
        for (UnderlayPath.Way way : path.ways()) {
            long gateway = entry + AbiLayout.PathWay.GATEWAY;
            to.set(Wire.INT, entry + AbiLayout.PathWay.VIF_ID, way.vifId());
            Wire.putMac(to, entry + AbiLayout.PathWay.SOURCE_MAC, way.sourceMac());
            Wire.putMac(to, entry + AbiLayout.PathWay.DESTINATION_MAC, way.destinationMac());
            way.gateway().ifPresent(address -> Wire.putAddress(to, gateway, address));
            entry += AbiLayout.PathWay.SIZE_BYTES;
            weight++;
            to.set(JAVA_BYTE, weight, (byte) (way.weight() - 1));
        }
    }
}
