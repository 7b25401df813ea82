package io.weft.dataplane;

import static io.weft.dataplane.ObjectCases.FLOATING;
import static io.weft.dataplane.ObjectCases.KEY;
import static io.weft.dataplane.ObjectCases.LOCAL;
import static io.weft.dataplane.ObjectCases.MAC;
import static io.weft.dataplane.ObjectCases.OTHER_KEY;
import static io.weft.dataplane.ObjectCases.OTHER_MAC;
import static io.weft.dataplane.ObjectCases.OTHER_VRF;
import static io.weft.dataplane.ObjectCases.POOL;
import static io.weft.dataplane.ObjectCases.TUNNEL;
import static io.weft.dataplane.ObjectCases.VIF;
import static io.weft.dataplane.ObjectCases.VRF;
import static io.weft.dataplane.ObjectCases.VXLAN;
import static io.weft.dataplane.ObjectCases.backend;
import static io.weft.dataplane.ObjectCases.ip;
import static io.weft.dataplane.ObjectCases.service;
import static io.weft.dataplane.ObjectCases.tunnel;
import static io.weft.dataplane.ObjectCases.vif;

import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** The kinds of objects by which one address stands for others, and the ways to tunnel destinations. */
final class BalancingCases {
    private BalancingCases() {}

    static ObjectCase floatingIps() {
        List<FloatingIp.PortMapping> most = IntStream.range(0, FloatingIp.MAPPINGS_MAX)
                .mapToObj(i -> new FloatingIp.PortMapping(17, 1000 * i, 1000 * i + 100, 900))
                .toList();
        List<FloatingIp.PortMapping> others = List.of(
                new FloatingIp.PortMapping(6, 0, 1, 65535),
                new FloatingIp.PortMapping(132, 65535, 65535, 1),
                new FloatingIp.PortMapping(17, 1, 0, 2));
        InetAddress six = ip("2001:db8::1");
        return new ObjectCase(
                "floating ip",
                List.of(VRF, OTHER_VRF, VIF, vif(6, VRF.id())),
                List.of(
                        FLOATING,
                        new FloatingIp(7, OTHER_KEY, OTHER_VRF.id(), 6, six, ip("fd00::5"), true, false, others),
                        new FloatingIp(
                                7, KEY, Vrf.FABRIC, VIF.id(), ip("255.255.255.255"), ip("0.0.0.1"), false, true, most),
                        new FloatingIp(1, KEY, VRF.id(), VIF.id(), six, ip("::ffff"), true, true, List.of()),
                        new FloatingIp(65535, KEY, VRF.id(), 6, six, six, true, true, List.of())),
                Set.of(),
                Dataplane::floatingIps,
                Optional.of(ObjectKind.FLOATING_IP));
    }

    static ObjectCase natPools() {
        return new ObjectCase(
                "nat pool",
                List.of(VRF, OTHER_VRF),
                List.of(
                        POOL,
                        new NatPool(8, OTHER_KEY, VRF.id(), POOL.first(), 1, POOL.ports(), 0),
                        new NatPool(8, KEY, OTHER_VRF.id(), ip("2001:db8::fff0"), 64, new PortRange(1, 1), 3_600_000),
                        new NatPool(1, KEY, VRF.id(), ip("203.0.113.250"), 6, new PortRange(65535, 65535), 1),
                        new NatPool(4095, KEY, Vrf.FABRIC, ip("203.0.113.100"), 1, new PortRange(1000, 1063), 1)),
                Set.of(),
                Dataplane::natPools,
                Optional.of(ObjectKind.NAT_POOL));
    }

    static ObjectCase services() {
        Service.Backend drains = new Service.Backend(
                OTHER_KEY, ip("255.255.255.254"), OTHER_VRF.id(), 65_535, true, 1000, Integer.MAX_VALUE);
        Service.Backend six = new Service.Backend(KEY, ip("fd00::2"), 0, 1, false, 7, 1);
        List<Service.Backend> most = IntStream.range(0, Service.BACKENDS_MAX)
                .mapToObj(i -> backend(Service.BACKENDS_MAX - i))
                .toList();
        return new ObjectCase(
                "service",
                List.of(VRF, OTHER_VRF, POOL),
                List.of(
                        service(7, 0, false, List.of()),
                        service(7, 0, true, List.of(drains, backend(3))),
                        service(7, 1, false, List.of(backend(3))),
                        new Service(
                                8,
                                VRF.id(),
                                KEY,
                                ip("10.96.0.8"),
                                Service.TCP,
                                80,
                                0,
                                false,
                                POOL.id(),
                                List.of(backend(1))),
                        service(7, 86_400, false, most),
                        new Service(
                                65_535,
                                65_535,
                                OTHER_KEY,
                                ip("fd00:96::1"),
                                Service.UDP,
                                65_535,
                                10_800,
                                true,
                                0,
                                List.of(six))),
                Set.of(),
                Dataplane::services,
                Optional.of(ObjectKind.SERVICE));
    }

    static ObjectCase ecmps() {
        List<NextHop.Member> most = IntStream.rangeClosed(1, NextHop.Ecmp.MEMBERS_MAX)
                .mapToObj(i -> new NextHop.Member(0xffff_ffffL - i, VXLAN.id(), i, i))
                .toList();
        return new ObjectCase(
                "ecmp next hop",
                List.of(VRF, VIF, LOCAL, TUNNEL, VXLAN),
                List.of(
                        new NextHop.Ecmp(
                                30,
                                KEY,
                                List.of(
                                        new NextHop.Member(1, LOCAL.id(), Route.NO_LABEL, 1),
                                        new NextHop.Member(0xffff_ffffL, TUNNEL.id(), 4098, 1000))),
                        new NextHop.Ecmp(30, KEY, List.of(new NextHop.Member(1, LOCAL.id(), Route.NO_LABEL, 1))),
                        new NextHop.Ecmp(
                                30,
                                KEY,
                                Set.of(HashField.SOURCE_ADDRESS, HashField.DESTINATION_PORT),
                                List.of(new NextHop.Member(1, LOCAL.id(), Route.NO_LABEL, 1))),
                        new NextHop.Ecmp(1048575, OTHER_KEY, most)),
                Set.of(),
                plane -> plane.nextHops().stream()
                        .filter(nextHop -> nextHop.object() instanceof NextHop.Ecmp)
                        .toList(),
                Optional.empty());
    }

    static ObjectCase paths() {
        InetAddress four = ip("198.51.100.7");
        InetAddress six = ip("2001:db8::7");
        NextHop over6 = tunnel(24, Encapsulation.MPLS_OVER_UDP, "2001:db8::1", "2001:db8::7", MacAddress.ZERO);
        Optional<InetAddress> gateway = Optional.of(ip("192.0.2.254"));
        return new ObjectCase(
                "path",
                List.of(VRF, VIF, vif(6, VRF.id()), TUNNEL, over6),
                List.of(
                        new UnderlayPath(four, true, 5, gateway, MAC, OTHER_MAC, 1500, 0, Liveness.UNKNOWN, 0),
                        new UnderlayPath(
                                four,
                                true,
                                5,
                                Optional.of(ip("192.0.2.253")),
                                MAC,
                                OTHER_MAC,
                                1500,
                                0,
                                Liveness.UNKNOWN,
                                0),
                        new UnderlayPath(four, true, 6, Optional.empty(), OTHER_MAC, MAC, 9000, 0, Liveness.UNKNOWN, 0),
                        new UnderlayPath(
                                four, false, 6, Optional.empty(), OTHER_MAC, MAC, 9000, 0, Liveness.UNKNOWN, 0),
                        twoMoreWays(four, gateway),
                        new UnderlayPath(
                                six,
                                true,
                                5,
                                Optional.of(ip("fe80::1")),
                                MAC,
                                OTHER_MAC,
                                1280,
                                0,
                                Liveness.UNKNOWN,
                                0)),
                Set.of(
                        "UnderlayPath.changedNs",
                        "UnderlayPath.liveness",
                        "UnderlayPath.livenessNs",
                        "UnderlayPath.learnedMtu"),
                plane -> plane.paths().stream()
                        .map(path -> new Stored<>(asTold(path), 0))
                        .toList(),
                Optional.empty());
    }

    /** Without what a plane finds out by itself. */
    private static UnderlayPath asTold(UnderlayPath path) {
        return new UnderlayPath(
                path.destination(),
                path.resolved(),
                path.vifId(),
                path.gateway(),
                path.sourceMac(),
                path.destinationMac(),
                path.mtu(),
                0,
                Liveness.UNKNOWN,
                0,
                0,
                path.ways(),
                path.weight());
    }

    private static UnderlayPath twoMoreWays(InetAddress destination, Optional<InetAddress> gateway) {
        List<UnderlayPath.Way> ways = List.of(
                new UnderlayPath.Way(6, Optional.of(ip("192.0.2.253")), OTHER_MAC, MAC, 256),
                new UnderlayPath.Way(5, Optional.empty(), MAC, OTHER_MAC, 2));
        return new UnderlayPath(
                destination, true, 5, gateway, MAC, OTHER_MAC, 1500, 0, Liveness.UNKNOWN, 0, 0, ways, 200);
    }
}
