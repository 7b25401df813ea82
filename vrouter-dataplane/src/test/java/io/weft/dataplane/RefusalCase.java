package io.weft.dataplane;

import static io.weft.dataplane.ObjectCases.FLOATING;
import static io.weft.dataplane.ObjectCases.IDENTITY;
import static io.weft.dataplane.ObjectCases.KEY;
import static io.weft.dataplane.ObjectCases.LOCAL;
import static io.weft.dataplane.ObjectCases.LOOKUP;
import static io.weft.dataplane.ObjectCases.MAC;
import static io.weft.dataplane.ObjectCases.POLICY;
import static io.weft.dataplane.ObjectCases.POOL;
import static io.weft.dataplane.ObjectCases.TUNNEL;
import static io.weft.dataplane.ObjectCases.VIF;
import static io.weft.dataplane.ObjectCases.VRF;
import static io.weft.dataplane.ObjectCases.VXLAN;
import static io.weft.dataplane.ObjectCases.ip;
import static io.weft.dataplane.ObjectCases.route;
import static io.weft.dataplane.ObjectCases.tunnel;
import static io.weft.dataplane.ObjectCases.vif;
import static io.weft.dataplane.ObjectCases.with;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * An operation that every plane refuses.
 *
 * @param needs what is there before
 * @param texts must be in the refusal: the object, the field, the value or the limit
 * @param onlyOn implementation it concerns; empty: all
 */
record RefusalCase(
        List<? extends PlaneObject> needs, Operation operation, int errno, List<String> texts, String onlyOn) {
    @Override
    public String toString() {
        return operation.getClass().getSimpleName() + ": " + String.join(" ", texts);
    }

    static Stream<RefusalCase> all() {
        return Stream.of(
                        vrfs(),
                        identitiesAndPolicies(),
                        vifs(),
                        nat(),
                        services(),
                        nextHops(),
                        routes(),
                        labelsAndVnis(),
                        others())
                .flatMap(s -> s);
    }

    private static RefusalCase set(List<? extends PlaneObject> needs, PlaneObject object, int errno, String... texts) {
        return new RefusalCase(needs, new Operation.Set(object, 9), errno, List.of(texts), "");
    }

    private static RefusalCase delete(
            List<? extends PlaneObject> needs, PlaneObject object, int errno, String... texts) {
        return new RefusalCase(needs, new Operation.Delete(object), errno, List.of(texts), "");
    }

    private static RefusalCase sweep(List<? extends PlaneObject> needs, ObjectKind kind, String... texts) {
        return new RefusalCase(needs, new Operation.Sweep(kind, 9), Errors.EBUSY, List.of(texts), "");
    }

    private static Stream<RefusalCase> vrfs() {
        Vrf fabric = new Vrf(0, 0, ObjectKey.ZERO, "");
        return Stream.of(
                delete(List.of(), fabric, Errors.EPERM, "VRF vrf_id 0", "cannot be deleted"),
                delete(List.of(), VRF, Errors.ENOENT, "VRF vrf_id 3", "no such VRF"),
                delete(List.of(VRF, VIF), VRF, Errors.EBUSY, "VRF 3", "1 vifs"),
                delete(List.of(VRF, LOOKUP), VRF, Errors.EBUSY, "VRF 3", "1 next hops"),
                delete(List.of(VRF, VIF, LOCAL, route("10.0.0.0/8", LOCAL, -1)), VRF, Errors.EBUSY, "VRF 3"),
                sweep(List.of(VRF, VIF), ObjectKind.VRF, "VRF 3", "1 vifs"));
    }

    private static Vif of(VifType type, PortKind kind, MacAddress mac, String name, String device, String netns) {
        return new Vif(
                VIF.id(),
                VRF.id(),
                KEY,
                type,
                kind,
                true,
                false,
                1450,
                -1,
                mac,
                name,
                device,
                netns,
                VIF.addresses(),
                0,
                Vif.NO_POLICIES,
                Vif.NO_POLICIES,
                0);
    }

    private static Stream<RefusalCase> vifs() {
        MacAddress group = MacAddress.parse("01:00:00:00:00:01");
        List<PlaneObject> none = List.of(VRF);
        List<PlaneObject> there = List.of(VRF, VIF);
        return Stream.of(
                set(List.of(), VIF, Errors.ENOENT, "VIF vrf_id 3", "no such VRF"),
                set(none, vif(6, 4), Errors.ENOENT, "VIF vrf_id 4", "no such VRF"),
                set(there, vif(5, 4), Errors.ENOENT, "VIF vrf_id 4", "no such VRF"),
                set(none, with(VIF, KEY, true, false, 1450, -1, group, List.of()), Errors.EINVAL, "VIF mac", "unicast"),
                set(none, with(VIF, KEY, true, false, 1450, -1, MacAddress.ZERO, List.of()), Errors.EINVAL, "VIF mac"),
                set(none, of(VifType.VIRTUAL, PortKind.TAP, MAC, "", "", "/x"), Errors.EINVAL, "VIF name", "TAP"),
                set(none, of(VifType.VIRTUAL, PortKind.TAP, MAC, "eth0", "", ""), Errors.EINVAL, "VIF netns", "TAP"),
                set(none, of(VifType.PHYSICAL, PortKind.AF_PACKET, MAC, "", "", ""), Errors.EINVAL, "VIF device"),
                set(none, of(VifType.PHYSICAL, PortKind.ETHDEV, MAC, "", "", ""), Errors.EINVAL, "VIF device"),
                set(
                        there,
                        of(VifType.HOST, PortKind.NONE, MAC, "eth0", "", ""),
                        Errors.EINVAL,
                        "VIF 5 type 0",
                        "cannot change"),
                set(
                        there,
                        of(VifType.VIRTUAL, PortKind.TAP, MAC, "eth0", "", "/x"),
                        Errors.EINVAL,
                        "VIF 5 port_kind 1"),
                set(
                        there,
                        of(VifType.VIRTUAL, PortKind.NONE, MAC, "eth1", "", ""),
                        Errors.EINVAL,
                        "VIF 5 name",
                        "eth0"),
                set(there, of(VifType.VIRTUAL, PortKind.NONE, MAC, "eth0", "d", ""), Errors.EINVAL, "VIF 5 device"),
                set(there, of(VifType.VIRTUAL, PortKind.NONE, MAC, "eth0", "", "/x"), Errors.EINVAL, "VIF 5 netns"),
                set(there, ObjectCases.nativeOf(VIF), Errors.EINVAL, "VIF flags", "NATIVE is for type 2"),
                delete(none, VIF, Errors.ENOENT, "VIF vif_id 5", "no such vif"));
    }

    private static Stream<RefusalCase> services() {
        Service one = ObjectCases.service(7, 0, false, List.of(ObjectCases.backend(1)));
        Service same = new Service(8, 3, KEY, one.address(), Service.TCP, 80, 0, false, 0, List.of());
        Service moved = new Service(7, 3, KEY, one.address(), Service.TCP, 81, 0, false, 0, List.of());
        Service pooled = new Service(7, 3, KEY, one.address(), Service.TCP, 80, 0, false, 9, List.of());
        Service.Backend far = new Service.Backend(KEY, ip("10.1.1.9"), 9, 80, false, 1, 0);
        return Stream.of(
                set(List.of(), one, Errors.ENOENT, "SERVICE vrf_id 3", "no such VRF"),
                set(
                        List.of(VRF),
                        ObjectCases.service(7, 0, false, List.of(far)),
                        Errors.ENOENT,
                        "SERVICE backends[0].vrf_id 9"),
                set(List.of(VRF), pooled, Errors.ENOENT, "SERVICE nat_pool_id 9", "no such pool"),
                set(List.of(VRF, one), same, Errors.EEXIST, "SERVICE 8", "service 7 has them in VRF 3"),
                set(List.of(VRF, one), moved, Errors.EBUSY, "SERVICE 7", "cannot change"),
                delete(List.of(VRF), one, Errors.ENOENT, "SERVICE service_id 7", "no such service"),
                delete(List.of(VRF, one), VRF, Errors.EBUSY, "VRF 3", "2 services and backends"));
    }

    private static Stream<RefusalCase> nextHops() {
        NextHop permanent = new NextHop.Discard(0, KEY);
        NextHop gateway = new NextHop.Native(7, KEY, VIF.id(), ip("192.0.2.254"));
        List<PlaneObject> used = List.of(VRF, VIF, LOCAL, route("10.0.0.0/8", LOCAL, -1), new Label(16, LOCAL.id()));
        return Stream.of(
                set(List.of(), permanent, Errors.EINVAL, "NEXTHOP nexthop_id 0", "1 to 1048575"),
                set(List.of(), LOCAL, Errors.ENOENT, "NEXTHOP vif_id 5", "no such vif"),
                set(List.of(), LOOKUP, Errors.ENOENT, "NEXTHOP vrf_id 3", "no such VRF"),
                set(List.of(TUNNEL), new NextHop.Local(22, KEY, 5), Errors.ENOENT, "NEXTHOP vif_id 5"),
                set(List.of(), gateway, Errors.ENOENT, "NEXTHOP vif_id 5", "no such vif"),
                set(List.of(VRF, VIF), gateway, Errors.EINVAL, "NEXTHOP vif_id 5", "an uplink"),
                set(
                        List.of(ObjectCases.UPLINK),
                        new NextHop.Native(7, KEY, ObjectCases.UPLINK.id(), ip("0.0.0.0")),
                        Errors.EINVAL,
                        "NEXTHOP destination"),
                set(
                        List.of(),
                        tunnel(7, Encapsulation.VXLAN, "0.0.0.0", "192.0.2.2", MAC),
                        Errors.EINVAL,
                        "NEXTHOP source"),
                set(List.of(), tunnel(7, Encapsulation.VXLAN, "::1", "::", MAC), Errors.EINVAL, "NEXTHOP destination"),
                set(
                        List.of(),
                        tunnel(7, Encapsulation.VXLAN, "192.0.2.1", "192.0.2.2", MacAddress.ZERO),
                        Errors.EINVAL,
                        "NEXTHOP inner_mac"),
                delete(List.of(), permanent, Errors.EPERM, "NEXTHOP nexthop_id 0", "cannot be deleted"),
                delete(List.of(), LOCAL, Errors.ENOENT, "NEXTHOP nexthop_id 20"),
                delete(used, LOCAL, Errors.EBUSY, "NEXTHOP 20", "1 routes", "1 labels", "0 VNIs"),
                sweep(used, ObjectKind.NEXT_HOP, "NEXTHOP 20", "1 routes"));
    }

    private static Stream<RefusalCase> nat() {
        FloatingIp twin = new FloatingIp(
                FLOATING.id() + 1,
                KEY,
                VRF.id(),
                VIF.id(),
                FLOATING.floating(),
                ip("10.1.1.6"),
                true,
                false,
                List.of(new FloatingIp.PortMapping(6, 80, 8080, 1)));
        NatPool overlapping = new NatPool(9, KEY, VRF.id(), ip("203.0.113.99"), 2, POOL.ports(), 0);
        NatPool moved = new NatPool(POOL.id(), KEY, Vrf.FABRIC, POOL.first(), 1, POOL.ports(), 0);
        NextHop through = new NextHop.VrfLookup(25, KEY, VRF.id(), POOL.id());
        List<PlaneObject> bound = List.of(VRF, VIF, FLOATING);
        List<PlaneObject> used = List.of(VRF, POOL, through);
        return Stream.of(
                set(List.of(VRF), FLOATING, Errors.ENOENT, "FLOATING_IP vif_id 5", "no such vif"),
                set(
                        List.of(VRF, VIF),
                        new FloatingIp(7, KEY, 4, 5, ip("::1"), ip("::2"), true, true, List.of()),
                        Errors.ENOENT,
                        "FLOATING_IP vrf_id 4"),
                set(
                        List.of(VRF, VIF),
                        new FloatingIp(7, KEY, 3, 5, ip("::"), ip("::2"), true, true, List.of()),
                        Errors.EINVAL,
                        "FLOATING_IP floating_address"),
                set(bound, twin, Errors.EEXIST, "FLOATING_IP floating_address", "floating IP 7 of vif 5"),
                delete(bound, VIF, Errors.EBUSY, "VIF 5", "1 floating IPs"),
                sweep(bound, ObjectKind.VIF, "VIF 5", "1 floating IPs"),
                delete(List.of(), FLOATING, Errors.ENOENT, "FLOATING_IP floating_ip_id 7"),
                set(List.of(), POOL, Errors.ENOENT, "NAT_POOL vrf_id 3", "no such VRF"),
                set(List.of(VRF, POOL), overlapping, Errors.EEXIST, "NAT_POOL first_address", "pool 8 of VRF 3"),
                set(used, moved, Errors.EBUSY, "NAT_POOL 8 vrf_id 0"),
                set(List.of(VRF), through, Errors.ENOENT, "NEXTHOP nat_pool_id 8"),
                delete(used, POOL, Errors.EBUSY, "NAT_POOL 8", "1 next hops"),
                sweep(used, ObjectKind.NAT_POOL, "NAT_POOL 8"),
                delete(List.of(VRF, POOL), VRF, Errors.EBUSY, "VRF 3", "1 NAT pools"),
                delete(List.of(), POOL, Errors.ENOENT, "NAT_POOL nat_pool_id 8"));
    }

    private static Stream<RefusalCase> identitiesAndPolicies() {
        Identity changed =
                new Identity(IDENTITY.id(), KEY, List.of(Identity.Element.network("default-domain:red:other")));
        Vif guarded = ObjectCases.guarded(VIF, IDENTITY.id(), List.of(POLICY.id(), 0), Vif.NO_POLICIES, 0);
        List<PlaneObject> used = List.of(VRF, IDENTITY, POLICY, guarded);
        Route known = new Route(VRF.id(), IpPrefix.parse("10.0.0.0/8"), 0, -1, IDENTITY.id(), false, false);
        return Stream.of(
                set(List.of(IDENTITY), changed, Errors.EBUSY, "IDENTITY 17"),
                set(List.of(VRF, POLICY), guarded, Errors.ENOENT, "VIF identity_id 17", "no such identity"),
                set(List.of(VRF, IDENTITY), guarded, Errors.ENOENT, "VIF egress_policy_ids", "9"),
                set(List.of(VRF), known, Errors.ENOENT, "ROUTE identity_id 17", "no such identity"),
                delete(used, IDENTITY, Errors.EBUSY, "IDENTITY 17"),
                delete(used, POLICY, Errors.EBUSY, "POLICY 9"),
                delete(List.of(VRF, IDENTITY, known), IDENTITY, Errors.EBUSY, "IDENTITY 17"),
                delete(List.of(), IDENTITY, Errors.ENOENT, "IDENTITY identity_id 17"),
                delete(List.of(), POLICY, Errors.ENOENT, "POLICY policy_id 9"));
    }

    private static Stream<RefusalCase> routes() {
        List<PlaneObject> needs = List.of(VRF, TUNNEL, VXLAN);
        Route there = route("10.1.0.0/16", TUNNEL, 16);
        List<PlaneObject> with = List.of(VRF, TUNNEL, there);
        return Stream.of(
                set(List.of(), route("10.0.0.0/8", LOCAL, -1), Errors.ENOENT, "ROUTE vrf_id 3", "no such VRF"),
                set(needs, route("10.0.0.0/8", LOCAL, -1), Errors.ENOENT, "ROUTE nexthop_id 20", "no such next hop"),
                set(needs, route("10.0.0.0/8", TUNNEL, -1), Errors.EINVAL, "ROUTE label", "1048575"),
                set(needs, route("10.0.0.0/8", TUNNEL, 1048576), Errors.EINVAL, "ROUTE label 1048576", "1048575"),
                set(needs, route("::/0", VXLAN, -1), Errors.EINVAL, "ROUTE label", "16777215"),
                set(with, route("10.1.0.0/16", LOCAL, -1), Errors.ENOENT, "ROUTE nexthop_id 20"),
                delete(needs, there, Errors.ENOENT, "ROUTE prefix", "VRF 3", "length 16"),
                delete(List.of(), there, Errors.ENOENT, "ROUTE vrf_id 3"),
                delete(with, route("10.1.0.0/17", TUNNEL, 16), Errors.ENOENT, "ROUTE prefix", "length 17"));
    }

    private static Stream<RefusalCase> labelsAndVnis() {
        List<PlaneObject> needs =
                List.of(VRF, VIF, LOCAL, LOOKUP, TUNNEL, new Label(16, LOOKUP.id()), new Vni(7, LOOKUP.id()));
        return Stream.of(
                set(needs, new Label(17, 999), Errors.ENOENT, "LABEL nexthop_id 999", "no such next hop"),
                set(needs, new Label(16, 999), Errors.ENOENT, "LABEL nexthop_id 999"),
                set(needs, new Label(17, TUNNEL.id()), Errors.EINVAL, "LABEL nexthop_id 22", "cannot end a tunnel"),
                set(needs, new Label(17, 0), Errors.EINVAL, "LABEL nexthop_id 0"),
                delete(needs, new Label(17, LOOKUP.id()), Errors.ENOENT, "LABEL label 17", "not configured"),
                set(needs, new Vni(8, 999), Errors.ENOENT, "VNI nexthop_id 999", "no such next hop"),
                set(needs, new Vni(7, LOCAL.id()), Errors.EINVAL, "VNI nexthop_id 20", "cannot end a tunnel"),
                delete(needs, new Vni(8, LOOKUP.id()), Errors.ENOENT, "VNI vni 8", "not configured"));
    }

    private static Stream<RefusalCase> others() {
        PlaneSettings group =
                new PlaneSettings(Optional.empty(), Optional.empty(), MacAddress.parse("ff:ff:ff:ff:ff:ff"), 0, 0);
        UnderlayPath path =
                new UnderlayPath(ip("198.51.100.7"), true, 5, Optional.empty(), MAC, MAC, 1500, 0, Liveness.UNKNOWN, 0);
        UnderlayPath elsewhere =
                new UnderlayPath(ip("198.51.100.8"), true, 5, Optional.empty(), MAC, MAC, 1500, 0, Liveness.UNKNOWN, 0);
        return Stream.of(
                set(List.of(), group, Errors.EINVAL, "PLANE router_mac"),
                delete(List.of(), group, Errors.EINVAL, "PLANE operation 2"),
                delete(List.of(), path, Errors.EINVAL, "PATH operation 2"),
                new RefusalCase(
                        List.of(TUNNEL), new Operation.Set(path, 1), Errors.EPERM, List.of("PATH", "mirror"), "dpdk"),
                new RefusalCase(
                        List.of(TUNNEL), new Operation.Set(path, 1), Errors.ENOENT, List.of("PATH vif_id 5"), "host"),
                new RefusalCase(
                        List.of(TUNNEL),
                        new Operation.Set(elsewhere, 1),
                        Errors.ENOENT,
                        List.of("PATH destination"),
                        "host"));
    }
}
