package io.weft.dataplane;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Operations over few ids, so that references exist, dangle and are deleted while used. */
final class RandomOperations {
    private RandomOperations() {}

    static Operation next(Random random) {
        int what = random.nextInt(100);
        if (what < 3) {
            ObjectKind[] kinds = ObjectKind.values();
            return new Operation.Sweep(kinds[random.nextInt(kinds.length)], random.nextInt(3));
        }
        PlaneObject object = object(random);
        return what < 70 ? new Operation.Set(object, random.nextInt(3)) : new Operation.Delete(object);
    }

    private static PlaneObject object(Random random) {
        int id = 1 + random.nextInt(5);
        ObjectKey key = new ObjectKey(random.nextInt(2), random.nextLong());
        return switch (random.nextInt(16)) {
            case 0 -> new Vrf(id, random.nextInt(1 << 24), key, "vrf" + random.nextInt(3));
            case 1 ->
                ObjectCases.with(
                        ObjectCases.vif(id, random.nextInt(6)),
                        key,
                        random.nextBoolean(),
                        false,
                        68 + random.nextInt(9000),
                        random.nextInt(1 << 20),
                        ObjectCases.MAC,
                        List.of(VifAddress.configured(ObjectCases.ip("10.0.0." + (1 + random.nextInt(4))), 24)));
            case 2, 3 -> nextHop(random, id, key);
            case 4, 5, 6, 7 -> route(random);
            case 8 -> identity(Identity.FIRST + random.nextInt(3));
            case 9 -> new PolicySet(id, key, PolicyAction.DENY, List.of());
            case 10 -> floatingIp(random, id, key);
            case 11 ->
                new NatPool(
                        id,
                        key,
                        random.nextInt(6),
                        ObjectCases.ip("203.0.113." + random.nextInt(3)),
                        1,
                        new PortRange(1024, 1024 + random.nextInt(3)),
                        random.nextInt(3));
            case 12 -> new Label(16 + random.nextInt(5), random.nextInt(7));
            case 13, 14 -> service(random, id, key);
            default -> new Vni(1 + random.nextInt(5), random.nextInt(7));
        };
    }

    private static Service service(Random random, int id, ObjectKey key) {
        List<Service.Backend> backends = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
            backends.add(new Service.Backend(
                    new ObjectKey(i, 0),
                    ObjectCases.ip("10.1.1." + (1 + random.nextInt(3))),
                    random.nextInt(6),
                    8080,
                    random.nextBoolean(),
                    1 + random.nextInt(1000),
                    random.nextInt(3)));
        }
        return new Service(
                id,
                1 + random.nextInt(3),
                key,
                ObjectCases.ip("10.96.0." + (1 + random.nextInt(3))),
                Service.TCP,
                80,
                0,
                random.nextBoolean(),
                0,
                backends);
    }

    /** Its content never changes. */
    private static Identity identity(int id) {
        return new Identity(id, new ObjectKey(0, id), List.of(Identity.Element.securityGroup(id)));
    }

    private static FloatingIp floatingIp(Random random, int id, ObjectKey key) {
        return new FloatingIp(
                id,
                key,
                random.nextInt(6),
                1 + random.nextInt(5),
                ObjectCases.ip("203.0.113." + (1 + random.nextInt(3))),
                ObjectCases.ip("10.0.0." + (1 + random.nextInt(3))),
                true,
                random.nextBoolean(),
                List.of());
    }

    private static NextHop nextHop(Random random, int id, ObjectKey key) {
        return switch (random.nextInt(6)) {
            case 0 -> new NextHop.Discard(id, key);
            case 1 -> new NextHop.Receive(id, key);
            case 2 -> new NextHop.Local(id, key, 1 + random.nextInt(5));
            case 3 ->
                new NextHop.VrfLookup(id, key, random.nextInt(6), random.nextBoolean() ? 0 : 1 + random.nextInt(5));
            case 4 ->
                new NextHop.Tunnel(
                        id,
                        key,
                        Encapsulation.VXLAN,
                        ObjectCases.ip("192.0.2.1"),
                        ObjectCases.ip("198.51.100." + random.nextInt(4)),
                        ObjectCases.MAC);
            default ->
                new NextHop.Tunnel(
                        id,
                        key,
                        Encapsulation.MPLS_OVER_UDP,
                        ObjectCases.ip("2001:db8::1"),
                        ObjectCases.ip("2001:db8::" + (2 + random.nextInt(3))),
                        MacAddress.ZERO);
        };
    }

    private static Route route(Random random) {
        boolean six = random.nextBoolean();
        int length = random.nextInt(six ? 129 : 33);
        byte[] bytes = new byte[six ? 16 : 4];
        for (int bit = 0; bit < length; bit++) {
            if (random.nextInt(8) == 0) {
                bytes[bit >> 3] |= (byte) (0x80 >> (bit & 7));
            }
        }
        IpPrefix prefix;
        try {
            prefix = new IpPrefix(java.net.InetAddress.getByAddress(bytes), length);
        } catch (java.net.UnknownHostException e) {
            throw new AssertionError(e);
        }
        if (random.nextInt(4) > 0) {
            prefix = IpPrefix.parse((six ? "fd00:" : "10.") + random.nextInt(4) + (six ? "::/32" : ".0.0/16"));
        }
        int label = random.nextInt(3) == 0 ? Route.NO_LABEL : random.nextInt(1 << random.nextInt(25));
        return new Route(
                random.nextInt(6),
                prefix,
                random.nextInt(7),
                label,
                random.nextInt(Identity.FIRST + 3),
                random.nextBoolean(),
                random.nextBoolean());
    }
}
