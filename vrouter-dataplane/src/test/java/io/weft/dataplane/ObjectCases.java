package io.weft.dataplane;

import io.weft.dataplane.ffi.AbiCodes;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;

/** The kinds of objects that the contract tests know. */
final class ObjectCases {
    private ObjectCases() {}

    static final ObjectKey KEY = new ObjectKey(0x0102030405060708L, 0x090a0b0c0d0e0f10L);
    static final ObjectKey OTHER_KEY = new ObjectKey(-1, Long.MIN_VALUE);
    static final MacAddress MAC = MacAddress.parse("02:aa:bb:cc:dd:ee");
    static final MacAddress OTHER_MAC = MacAddress.parse("fe:ff:ff:ff:ff:ff");
    static final Identity IDENTITY = new Identity(17, KEY, List.of(Identity.Element.network("default-domain:red:web")));
    static final PolicySet POLICY = new PolicySet(9, KEY, PolicyAction.DENY, List.of());
    static final Vrf VRF = new Vrf(3, 0, KEY, "default-domain:red:web:web");
    static final Vrf OTHER_VRF = new Vrf(65535, 1, OTHER_KEY, "blue");
    static final Vif VIF = vif(5, VRF.id());
    static final FloatingIp FLOATING =
            new FloatingIp(7, KEY, VRF.id(), VIF.id(), ip("203.0.113.10"), ip("10.1.1.5"), true, true, List.of());
    static final NatPool POOL =
            new NatPool(8, KEY, VRF.id(), ip("203.0.113.100"), 1, new PortRange(1024, 65535), 60_000);
    static final Vif UPLINK = plain(8, 0, VifType.PHYSICAL, false, MacAddress.ZERO, List.of("", "up", ""));
    static final NextHop LOCAL = new NextHop.Local(20, KEY, VIF.id());
    static final NextHop LOOKUP = new NextHop.VrfLookup(21, KEY, VRF.id());
    static final NextHop TUNNEL = tunnel(22, Encapsulation.MPLS_OVER_UDP, "192.0.2.1", "198.51.100.7", MacAddress.ZERO);
    static final NextHop VXLAN = tunnel(23, Encapsulation.VXLAN, "192.0.2.1", "198.51.100.7", MAC);

    static final List<ObjectCase> ALL = List.of(
            settings(),
            ageing(),
            vrfs(),
            identities(),
            policies(),
            vifs(),
            BalancingCases.floatingIps(),
            BalancingCases.natPools(),
            BalancingCases.services(),
            nextHops(),
            BalancingCases.ecmps(),
            routes(),
            labels(),
            vnis());

    /** Only a plane without devices takes these from its caller. */
    static final ObjectCase PATHS = BalancingCases.paths();

    static InetAddress ip(String text) {
        return InetAddress.ofLiteral(text);
    }

    static Vif vif(int id, int vrfId) {
        return new Vif(
                id,
                vrfId,
                KEY,
                VifType.VIRTUAL,
                PortKind.NONE,
                true,
                false,
                1450,
                Route.NO_LABEL,
                MAC,
                "eth0",
                "",
                "",
                List.of(VifAddress.configured(ip("10.1.1." + id % 128), 24)),
                0,
                Vif.NO_POLICIES,
                Vif.NO_POLICIES,
                0);
    }

    static NextHop tunnel(int id, Encapsulation encapsulation, String source, String destination, MacAddress inner) {
        return new NextHop.Tunnel(id, KEY, encapsulation, ip(source), ip(destination), inner);
    }

    static Route route(String prefix, NextHop nextHop, int label) {
        return new Route(VRF.id(), IpPrefix.parse(prefix), nextHop.id(), label, 0, true, false);
    }

    private static ObjectCase settings() {
        Optional<Inet4Address> four = Optional.of((Inet4Address) ip("192.0.2.1"));
        Optional<Inet6Address> six = Optional.of((Inet6Address) ip("2001:db8::1"));
        return new ObjectCase(
                "plane settings",
                List.of(),
                List.of(
                        new PlaneSettings(four, six, MAC, 0, 0),
                        new PlaneSettings(four, six, MAC, 50, 2),
                        new PlaneSettings(four, six, MAC, 60_000, 50),
                        new PlaneSettings(Optional.empty(), six, MAC, 0, 0),
                        new PlaneSettings(four, Optional.empty(), OTHER_MAC, 0, 0),
                        new PlaneSettings(
                                four, six, MAC, 0, 0, new TunnelSettings(1, TunnelSettings.Df.COPY, OptionalInt.of(0))),
                        new PlaneSettings(
                                four,
                                six,
                                MAC,
                                0,
                                0,
                                new TunnelSettings(255, TunnelSettings.Df.CLEAR, OptionalInt.of(63))),
                        new PlaneSettings(Optional.empty(), Optional.empty(), MacAddress.ZERO, 0, 0)),
                Set.of(),
                plane -> List.of(
                        new Stored<>(plane.plane().settings(), plane.plane().epoch())),
                Optional.empty());
    }

    private static ObjectCase ageing() {
        List<Ageing.Row> most = IntStream.rangeClosed(1, Ageing.ROWS_MAX - 1)
                .mapToObj(port -> Ageing.Row.of(17, port * 64, port, 604_800 - port))
                .collect(java.util.stream.Collectors.toCollection(ArrayList::new));
        most.add(Ageing.Row.of(Ageing.ANY_PROTOCOL, 0, 604_800, 1));
        return new ObjectCase(
                "ageing",
                List.of(),
                List.of(
                        new Ageing(List.of(
                                Ageing.Row.of(0, 0, 1, 2),
                                Ageing.Row.tcp(0, 3, 4, 5, 6),
                                Ageing.Row.tcp(443, 604_800, 7, 8, 9),
                                Ageing.Row.of(132, 65535, 10, 11),
                                Ageing.Row.of(255, 0, 12, 13))),
                        new Ageing(List.of()),
                        new Ageing(most),
                        Ageing.BEGINNING),
                Set.of(),
                plane -> List.of(plane.ageing()),
                Optional.empty());
    }

    private static ObjectCase vrfs() {
        return new ObjectCase(
                "vrf",
                List.of(),
                List.of(
                        VRF,
                        new Vrf(3, 16777215, KEY, VRF.name()),
                        new Vrf(3, 16777215, OTHER_KEY, VRF.name()),
                        new Vrf(3, 16777215, OTHER_KEY, ""),
                        new Vrf(3, 16777215, OTHER_KEY, "", Integer.MAX_VALUE),
                        new Vrf(1, 1, ObjectKey.ZERO, "é".repeat(63) + "!"),
                        OTHER_VRF),
                Set.of(),
                plane -> plane.vrfs().stream()
                        .filter(vrf -> vrf.object().id() != Vrf.FABRIC)
                        .toList(),
                Optional.of(ObjectKind.VRF));
    }

    private static ObjectCase identities() {
        List<Identity.Element> most = new ArrayList<>();
        for (int i = 0; i < Identity.ELEMENTS_MAX - 2; i++) {
            most.add(Identity.Element.securityGroup(8_000_000L + i));
        }
        most.add(new Identity.Element(ElementKind.NETWORK, -1L));
        most.add(new Identity.Element(ElementKind.TAG, 0xffff_ffffL));
        return new ObjectCase(
                "identity",
                List.of(),
                List.of(IDENTITY, new Identity(Identity.FIRST, OTHER_KEY, most), new Identity(65535, KEY, most)),
                Set.of(),
                Dataplane::identities,
                Optional.of(ObjectKind.IDENTITY));
    }

    private static ObjectCase policies() {
        UUID uuid = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
        PolicyEnd network = PolicyEnd.of(Identity.Element.network("default-domain:red:web"));
        PolicyEnd node = new PolicyEnd(ElementKind.IDENTITY, Identity.NODE, Optional.empty());
        PolicyEnd group = PolicyEnd.of(Identity.Element.securityGroup(8_000_001))
                .withPrefix(Optional.of(IpPrefix.parse("10.0.0.0/8")));
        PolicyRule any = new PolicyRule(
                PolicyRule.NO_UUID,
                0,
                PolicyAction.ALLOW,
                false,
                PolicyRule.ANY_PROTOCOL,
                PortRange.ANY,
                PortRange.ANY,
                PolicyEnd.ANY,
                PolicyEnd.ANY);
        PolicyRule four = new PolicyRule(
                uuid, 4, PolicyAction.DENY, true, 6, new PortRange(0, 0), new PortRange(65535, 65535), network, group);
        PolicyRule six = new PolicyRule(
                uuid,
                6,
                PolicyAction.ALLOW,
                false,
                58,
                new PortRange(3, 7),
                new PortRange(1, 2),
                node.withPrefix(Optional.of(IpPrefix.parse("fd00::/8"))),
                PolicyEnd.ANY.withPrefix(Optional.of(IpPrefix.parse("::/0"))));
        return new ObjectCase(
                "policy",
                List.of(),
                List.of(
                        POLICY,
                        new PolicySet(9, KEY, PolicyAction.ALLOW, List.of(any)),
                        new PolicySet(9, OTHER_KEY, PolicyAction.DENY, List.of(four, six, any)),
                        new PolicySet(1, KEY, PolicyAction.DENY, List.of(any, four)),
                        new PolicySet(65535, KEY, PolicyAction.ALLOW, Collections.nCopies(PolicySet.RULES_MAX, four))),
                Set.of(),
                Dataplane::policies,
                Optional.of(ObjectKind.POLICY));
    }

    static Service service(int id, int seconds, boolean hairpin, List<Service.Backend> backends) {
        return new Service(
                id, VRF.id(), KEY, ip("10.96.0." + id % 200), Service.TCP, 80, seconds, hairpin, 0, backends);
    }

    static Service.Backend backend(int number) {
        return new Service.Backend(new ObjectKey(0, number), ip("10.1.1.3"), VRF.id(), 8080, false, 1, 0);
    }

    private static ObjectCase vifs() {
        List<VifAddress> most = new ArrayList<>();
        IntStream.range(0, AbiCodes.WEFT_VIF_ADDRESSES_MAX - 3)
                .forEach(i -> most.add(VifAddress.allowed(ip("fd00:1:1::" + Integer.toHexString(i)), i * 4)));
        most.add(VifAddress.configured(ip("0.0.0.0"), 0));
        most.add(VifAddress.gateway(ip("255.255.255.254")));
        most.add(VifAddress.gateway(ip("fe80::1")));
        List<Vif> variants = new ArrayList<>();
        variants.add(VIF);
        variants.add(vif(VIF.id(), OTHER_VRF.id()));
        variants.add(guarded(VIF, IDENTITY.id(), List.of(POLICY.id(), 0), List.of(POLICY.id(), 8), 1000));
        variants.add(guarded(VIF, 0, List.of(0, POLICY.id()), List.of(8, POLICY.id()), Integer.MAX_VALUE));
        variants.add(with(VIF, OTHER_KEY, false, false, 68, 16, OTHER_MAC, List.of()));
        variants.add(with(VIF, KEY, false, true, 65535, 1048575, MAC, most));
        variants.add(with(VIF, KEY, true, true, 1500, 0, MAC, most.subList(0, 1)));
        variants.add(VIF.withStrictTcp(true));
        variants.add(VIF.withStateless(true));
        variants.add(
                guarded(VIF, IDENTITY.id(), Vif.NO_POLICIES, Vif.NO_POLICIES, 7).withStateless(true));
        variants.addAll(otherTypes());
        return new ObjectCase(
                "vif",
                List.of(VRF, OTHER_VRF, IDENTITY, POLICY, new PolicySet(8, KEY, PolicyAction.DENY, List.of())),
                variants,
                Set.of("Vif.portKind"), // needs devices: each plane's own test
                plane ->
                        plane.vifs().stream().map(ObjectCases::withoutDeviceMac).toList(),
                Optional.of(ObjectKind.VIF));
    }

    private static List<Vif> otherTypes() {
        String device = "d".repeat(63);
        String netns = "/" + "n".repeat(126);
        List<Vif> variants = new ArrayList<>();
        variants.add(nativeOf(UPLINK));
        variants.add(plain(0, 0, VifType.PHYSICAL, true, MacAddress.ZERO, List.of("", device, "")));
        variants.add(plain(4351, 3, VifType.HOST, false, MAC, List.of("fifteen-bytes-x", "", netns)));
        variants.add(plain(1, 3, VifType.AGENT, false, OTHER_MAC, List.of("pkt0", "", "")));
        return variants;
    }

    /** @param names name, device, netns */
    private static Vif plain(int id, int vrfId, VifType type, boolean shared, MacAddress mac, List<String> names) {
        return new Vif(
                id,
                vrfId,
                KEY,
                type,
                PortKind.NONE,
                false,
                shared,
                1500,
                -1,
                mac,
                names.get(0),
                names.get(1),
                names.get(2),
                List.of(),
                0,
                Vif.NO_POLICIES,
                Vif.NO_POLICIES,
                0);
    }

    /** The same, which also takes what comes outside tunnels. */
    static Vif nativeOf(Vif of) {
        return new Vif(
                of.id(),
                of.vrfId(),
                of.key(),
                of.type(),
                of.portKind(),
                of.addressCheck(),
                of.sharedUplink(),
                of.strictTcp(),
                true,
                of.stateless(),
                of.mtu(),
                of.label(),
                of.mac(),
                of.name(),
                of.device(),
                of.netns(),
                of.addresses(),
                of.identityId(),
                of.egressPolicyIds(),
                of.ingressPolicyIds(),
                of.connectionsMax());
    }

    static Vif guarded(Vif of, int identityId, List<Integer> egress, List<Integer> ingress, int connectionsMax) {
        return new Vif(
                of.id(),
                of.vrfId(),
                of.key(),
                of.type(),
                of.portKind(),
                of.addressCheck(),
                of.sharedUplink(),
                of.mtu(),
                of.label(),
                of.mac(),
                of.name(),
                of.device(),
                of.netns(),
                of.addresses(),
                identityId,
                egress,
                ingress,
                connectionsMax);
    }

    /** The MAC of a PHYSICAL vif is what its device has. */
    private static Stored<Vif> withoutDeviceMac(Stored<Vif> stored) {
        Vif vif = stored.object();
        return vif.type() == VifType.PHYSICAL
                ? new Stored<>(
                        with(
                                vif,
                                vif.key(),
                                vif.addressCheck(),
                                vif.sharedUplink(),
                                vif.mtu(),
                                vif.label(),
                                MacAddress.ZERO,
                                vif.addresses()),
                        stored.epoch())
                : stored;
    }

    static Vif with(
            Vif of,
            ObjectKey key,
            boolean addressCheck,
            boolean sharedUplink,
            int mtu,
            int label,
            MacAddress mac,
            List<VifAddress> addresses) {
        return new Vif(
                of.id(),
                of.vrfId(),
                key,
                of.type(),
                of.portKind(),
                addressCheck,
                sharedUplink,
                of.strictTcp(),
                of.nativeUplink(),
                of.stateless(),
                mtu,
                label,
                mac,
                of.name(),
                of.device(),
                of.netns(),
                addresses,
                0,
                Vif.NO_POLICIES,
                Vif.NO_POLICIES,
                0);
    }

    private static ObjectCase nextHops() {
        List<NextHop> variants = new ArrayList<>(List.of(
                new NextHop.Discard(1, KEY),
                new NextHop.Discard(1, OTHER_KEY),
                new NextHop.Discard(1048575, KEY),
                new NextHop.Receive(1, KEY),
                new NextHop.Receive(2, OTHER_KEY),
                new NextHop.Local(1, KEY, VIF.id()),
                new NextHop.Local(1, OTHER_KEY, 6),
                new NextHop.Local(3, KEY, 6),
                new NextHop.VrfLookup(1, KEY, VRF.id()),
                new NextHop.VrfLookup(1, OTHER_KEY, OTHER_VRF.id()),
                new NextHop.VrfLookup(4, KEY, VRF.id(), POOL.id()),
                new NextHop.VrfLookup(4, KEY, Vrf.FABRIC)));
        String[] sources = {"192.0.2.1", "203.0.113.9"};
        for (String source : sources) {
            variants.add(tunnel(5, Encapsulation.VXLAN, source, "198.51.100.7", MAC));
            variants.add(tunnel(5, Encapsulation.VXLAN, source, "198.51.100.8", OTHER_MAC));
            variants.add(tunnel(5, Encapsulation.MPLS_OVER_UDP, source, "198.51.100.8", MacAddress.ZERO));
        }
        variants.add(tunnel(5, Encapsulation.VXLAN, "2001:db8::1", "2001:db8:ffff::2", MAC));
        variants.add(tunnel(6, Encapsulation.MPLS_OVER_UDP, "2001:db8::1", "2001:db8:ffff::2", MacAddress.ZERO));
        variants.add(tunnel(7, Encapsulation.MPLS_OVER_GRE, "192.0.2.1", "198.51.100.8", MacAddress.ZERO));
        variants.add(new NextHop.Native(8, KEY, UPLINK.id(), ip("192.0.2.254")));
        variants.add(new NextHop.Native(8, OTHER_KEY, 0, ip("2001:db8::fe")));
        variants.add(new NextHop.Native(9, KEY, 0, ip("192.0.2.254")));
        variants.add(
                new NextHop.Tunnel(6, OTHER_KEY, Encapsulation.MPLS_OVER_UDP, ip("::1"), ip("::2"), MacAddress.ZERO));
        return new ObjectCase(
                "next hop",
                List.of(
                        VRF,
                        OTHER_VRF,
                        VIF,
                        vif(6, VRF.id()),
                        POOL,
                        UPLINK,
                        plain(0, 0, VifType.PHYSICAL, false, MacAddress.ZERO, List.of("", "other", ""))),
                variants,
                Set.of(),
                plane -> plane.nextHops().stream()
                        .filter(nextHop -> nextHop.object().id() != NextHop.Discard.PERMANENT_ID)
                        .toList(),
                Optional.of(ObjectKind.NEXT_HOP));
    }

    private static ObjectCase routes() {
        IpPrefix prefix = IpPrefix.parse("10.1.1.0/24");
        return new ObjectCase(
                "route",
                List.of(VRF, OTHER_VRF, IDENTITY, VIF, LOCAL, LOOKUP, TUNNEL, VXLAN),
                List.of(
                        new Route(3, prefix, 0, Route.NO_LABEL, 0, false, false),
                        new Route(3, prefix, LOCAL.id(), Route.NO_LABEL, 0, false, false),
                        new Route(3, prefix, LOCAL.id(), 7, 0, true, false),
                        new Route(3, prefix, TUNNEL.id(), 1048575, 0, false, true),
                        new Route(3, prefix, VXLAN.id(), 16777215, 17, true, true),
                        new Route(3, IpPrefix.parse("10.1.1.0/25"), LOOKUP.id(), Route.NO_LABEL, 17, true, false),
                        new Route(3, IpPrefix.parse("0.0.0.0/0"), VXLAN.id(), 0, Identity.NODE, true, false),
                        new Route(
                                3, IpPrefix.parse("255.255.255.255/32"), VXLAN.id(), 1, Identity.EXTERNAL, true, false),
                        new Route(65535, prefix, LOOKUP.id(), Route.NO_LABEL, 17, true, false),
                        new Route(0, IpPrefix.parse("::/0"), LOCAL.id(), Route.NO_LABEL, 17, true, false),
                        new Route(3, IpPrefix.parse("::/0"), TUNNEL.id(), 16, 0, false, false),
                        new Route(3, IpPrefix.parse("2001:db8::/33"), TUNNEL.id(), 16, 17, false, false),
                        new Route(3, IpPrefix.host(ip("2001:db8::ffff")), TUNNEL.id(), 16, 1, false, false)),
                Set.of(),
                plane -> plane.routes(Dataplane.ALL_VRFS),
                Optional.of(ObjectKind.ROUTE));
    }

    private static ObjectCase labels() {
        return new ObjectCase(
                "label",
                List.of(VRF, VIF, LOCAL, LOOKUP),
                List.of(
                        new Label(16, LOCAL.id()),
                        new Label(16, LOOKUP.id()),
                        new Label(1048575, LOCAL.id()),
                        new Label(4098, LOCAL.id())),
                Set.of(),
                Dataplane::labels,
                Optional.of(ObjectKind.LABEL));
    }

    private static ObjectCase vnis() {
        NextHop other = new NextHop.VrfLookup(24, KEY, OTHER_VRF.id());
        return new ObjectCase(
                "vni",
                List.of(VRF, OTHER_VRF, LOOKUP, other),
                List.of(
                        new Vni(1, LOOKUP.id()),
                        new Vni(1, other.id()),
                        new Vni(16777215, LOOKUP.id()),
                        new Vni(16, 21)),
                Set.of(),
                Dataplane::vnis,
                Optional.of(ObjectKind.VNI));
    }
}
