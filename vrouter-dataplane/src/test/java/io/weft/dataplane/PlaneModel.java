package io.weft.dataplane;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The slow twin of a plane's tables: maps and scans. */
final class PlaneModel {
    private final Map<ObjectKind, Map<Object, Stored<PlaneObject>>> tables = new EnumMap<>(ObjectKind.class);
    private int taken;
    private int refused;

    PlaneModel() {
        Arrays.stream(ObjectKind.values()).forEach(kind -> tables.put(kind, new LinkedHashMap<>()));
    }

    int taken() {
        return taken;
    }

    int refused() {
        return refused;
    }

    Set<Stored<PlaneObject>> stored(ObjectKind kind) {
        return new HashSet<>(tables.get(kind).values());
    }

    static ObjectKind kindOf(PlaneObject object) {
        return switch (object) {
            case Vif ignored -> ObjectKind.VIF;
            case Vrf ignored -> ObjectKind.VRF;
            case Identity ignored -> ObjectKind.IDENTITY;
            case PolicySet ignored -> ObjectKind.POLICY;
            case FloatingIp ignored -> ObjectKind.FLOATING_IP;
            case NatPool ignored -> ObjectKind.NAT_POOL;
            case Service ignored -> ObjectKind.SERVICE;
            case NextHop ignored -> ObjectKind.NEXT_HOP;
            case Route ignored -> ObjectKind.ROUTE;
            case Label ignored -> ObjectKind.LABEL;
            case Vni ignored -> ObjectKind.VNI;
            case PlaneSettings settings -> throw new IllegalArgumentException("not in the model: " + settings);
            case Ageing ageing -> throw new IllegalArgumentException("not in the model: " + ageing);
            case UnderlayPath path -> throw new IllegalArgumentException("not in the model: " + path);
        };
    }

    /** Whether the plane must take it. */
    boolean apply(Operation operation) {
        boolean good = switch (operation) {
            case Operation.Set set -> set(set.object(), set.epoch());
            case Operation.Delete delete -> delete(delete.object());
            case Operation.Sweep sweep -> sweep(sweep);
        };
        if (good) {
            taken++;
        } else {
            refused++;
        }
        return good;
    }

    private boolean set(PlaneObject object, int epoch) {
        if (!allowed(object)) {
            return false;
        }
        tables.get(kindOf(object)).put(ObjectCase.identity(object), new Stored<>(object, epoch));
        return true;
    }

    private boolean has(ObjectKind kind, int id) {
        return tables.get(kind).containsKey(id);
    }

    private boolean vrf(int id) {
        return id == Vrf.FABRIC || has(ObjectKind.VRF, id);
    }

    private NextHop nextHop(int id) {
        if (id == NextHop.Discard.PERMANENT_ID) {
            return new NextHop.Discard(0, ObjectKey.ZERO);
        }
        Stored<PlaneObject> stored = tables.get(ObjectKind.NEXT_HOP).get(id);
        return stored == null ? null : (NextHop) stored.object();
    }

    private boolean allowed(PlaneObject object) {
        return switch (object) {
            case Vif vif ->
                vrf(vif.vrfId())
                        && identity(vif.identityId())
                        && vif.egressPolicyIds().stream().allMatch(this::policy)
                        && vif.ingressPolicyIds().stream().allMatch(this::policy);
            case Service service ->
                vrf(service.vrfId())
                        && service.backends().stream().allMatch(backend -> vrf(backend.vrfId()))
                        && place(service);
            case NextHop.Local local -> has(ObjectKind.VIF, local.vifId());
            case NextHop.VrfLookup lookup -> vrf(lookup.vrfId()) && pool(lookup);
            case FloatingIp floating ->
                vrf(floating.vrfId()) && has(ObjectKind.VIF, floating.vifId()) && alone(floating);
            case NatPool pool -> vrf(pool.vrfId()) && alone(pool) && !moves(pool);
            case NextHop.Ecmp ecmp -> ecmp.members().stream().allMatch(this::member);
            case Route route -> vrf(route.vrfId()) && identity(route.identityId()) && target(route);
            case Label label -> {
                NextHop end = nextHop(label.nextHopId());
                yield end instanceof NextHop.Local || end instanceof NextHop.VrfLookup;
            }
            case Vni vni -> nextHop(vni.nextHopId()) instanceof NextHop.VrfLookup;
            default -> true;
        };
    }

    private boolean pool(NextHop.VrfLookup lookup) {
        return lookup.natPoolId() == NatPool.NONE
                || any(
                        ObjectKind.NAT_POOL,
                        o -> o instanceof NatPool pool
                                && pool.id() == lookup.natPoolId()
                                && pool.vrfId() == lookup.vrfId());
    }

    /** No other of the port without mappings has the address. */
    private boolean alone(FloatingIp floating) {
        return !any(
                ObjectKind.FLOATING_IP,
                o -> o instanceof FloatingIp other
                        && other.id() != floating.id()
                        && other.vifId() == floating.vifId()
                        && other.vrfId() == floating.vrfId()
                        && other.floating().equals(floating.floating()));
    }

    private boolean alone(NatPool pool) {
        return !any(
                ObjectKind.NAT_POOL,
                o -> o instanceof NatPool other
                        && other.id() != pool.id()
                        && other.vrfId() == pool.vrfId()
                        && other.first().equals(pool.first()));
    }

    /** To another VRF while next hops use it. */
    private boolean moves(NatPool pool) {
        return any(ObjectKind.NAT_POOL, o -> ((NatPool) o).id() == pool.id() && ((NatPool) o).vrfId() != pool.vrfId())
                && used(pool);
    }

    private static List<Object> placeOf(Service service) {
        return List.of(service.vrfId(), service.address(), service.protocol(), service.port());
    }

    /** Its own for ever, and no other's. */
    private boolean place(Service service) {
        return tables.get(ObjectKind.SERVICE).values().stream()
                .map(stored -> (Service) stored.object())
                .allMatch(
                        other -> (other.id() == service.id()) == placeOf(other).equals(placeOf(service)));
    }

    private boolean identity(int id) {
        return id < Identity.FIRST || has(ObjectKind.IDENTITY, id);
    }

    private boolean policy(int id) {
        return id == PolicySet.NONE || has(ObjectKind.POLICY, id);
    }

    private boolean member(NextHop.Member member) {
        return switch (nextHop(member.nextHopId())) {
            case NextHop.Local ignored -> true;
            case NextHop.Tunnel tunnel -> fits(tunnel, member.label());
            case null, default -> false;
        };
    }

    private static boolean fits(NextHop.Tunnel tunnel, int label) {
        return label >= 0 && label < (tunnel.encapsulation() == Encapsulation.VXLAN ? 1 << 24 : 1 << 20);
    }

    private boolean target(Route route) {
        NextHop target = nextHop(route.nextHopId());
        if (target instanceof NextHop.Tunnel tunnel) {
            return fits(tunnel, route.label());
        }
        return target != null;
    }

    private boolean delete(PlaneObject object) {
        ObjectKind kind = kindOf(object);
        Stored<PlaneObject> stored = tables.get(kind).get(ObjectCase.identity(object));
        if (stored == null || used(stored.object())) {
            return false;
        }
        tables.get(kind).remove(ObjectCase.identity(object));
        return true;
    }

    private boolean used(PlaneObject object) {
        return switch (object) {
            case Vrf vrf ->
                any(ObjectKind.VIF, o -> ((Vif) o).vrfId() == vrf.id())
                        || any(ObjectKind.NEXT_HOP, o -> o instanceof NextHop.VrfLookup l && l.vrfId() == vrf.id())
                        || any(ObjectKind.FLOATING_IP, o -> ((FloatingIp) o).vrfId() == vrf.id())
                        || any(ObjectKind.NAT_POOL, o -> ((NatPool) o).vrfId() == vrf.id())
                        || any(ObjectKind.ROUTE, o -> ((Route) o).vrfId() == vrf.id())
                        || any(ObjectKind.SERVICE, o -> uses((Service) o, vrf));
            case NextHop hop ->
                any(ObjectKind.ROUTE, o -> ((Route) o).nextHopId() == hop.id())
                        || any(ObjectKind.LABEL, o -> ((Label) o).nextHopId() == hop.id())
                        || any(ObjectKind.VNI, o -> ((Vni) o).nextHopId() == hop.id())
                        || any(
                                ObjectKind.NEXT_HOP,
                                o -> o instanceof NextHop.Ecmp ecmp
                                        && ecmp.members().stream().anyMatch(member -> member.nextHopId() == hop.id()));
            case Vif vif -> any(ObjectKind.FLOATING_IP, o -> ((FloatingIp) o).vifId() == vif.id());
            case NatPool pool ->
                any(ObjectKind.NEXT_HOP, o -> o instanceof NextHop.VrfLookup l && l.natPoolId() == pool.id())
                        || any(ObjectKind.SERVICE, o -> ((Service) o).natPoolId() == pool.id());
            case Identity identity ->
                any(ObjectKind.VIF, o -> ((Vif) o).identityId() == identity.id())
                        || any(ObjectKind.ROUTE, o -> ((Route) o).identityId() == identity.id());
            case PolicySet set ->
                any(
                        ObjectKind.VIF,
                        o -> ((Vif) o).egressPolicyIds().contains(set.id())
                                || ((Vif) o).ingressPolicyIds().contains(set.id()));
            default -> false;
        };
    }

    private static boolean uses(Service service, Vrf vrf) {
        return service.vrfId() == vrf.id()
                || service.backends().stream().anyMatch(backend -> backend.vrfId() == vrf.id());
    }

    private boolean any(ObjectKind kind, java.util.function.Predicate<PlaneObject> test) {
        return tables.get(kind).values().stream().map(Stored::object).anyMatch(test);
    }

    /** Deletes what it can; refused when something had to stay. */
    private boolean sweep(Operation.Sweep sweep) {
        boolean all = true;
        for (Stored<PlaneObject> stored : List.copyOf(tables.get(sweep.kind()).values())) {
            if (stored.epoch() != sweep.epoch()) {
                all &= delete(stored.object());
            }
        }
        return all;
    }
}
