package io.weft.dataplane;

import static io.weft.dataplane.ObjectCases.KEY;
import static io.weft.dataplane.ObjectCases.MAC;
import static io.weft.dataplane.ObjectCases.VIF;
import static io.weft.dataplane.ObjectCases.ip;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Records refuse what no plane could hold, naming field, value and limit, before anything is sent. */
class RecordLimitsTest {
    private static void refused(Executable construction, String... texts) {
        String message =
                assertThrows(IllegalArgumentException.class, construction).getMessage();
        for (String text : texts) {
            assertTrue(message.contains(text), () -> "'" + text + "' is not in: " + message);
        }
    }

    private static FloatingIp floating(int id, boolean ingress, boolean egress, FloatingIp.PortMapping... mappings) {
        return new FloatingIp(id, KEY, 3, 5, ip("203.0.113.1"), ip("10.0.0.1"), ingress, egress, List.of(mappings));
    }

    @Test
    void translationsThatNoPlaneCouldMakeAreNamed() {
        refused(() -> floating(0, true, true), "floating ip id is 0", "1 .. 65535");
        refused(() -> floating(7, false, false), "floating ip 7", "direction");
        refused(
                () -> new FloatingIp(7, KEY, 3, 5, ip("::1"), ip("10.0.0.1"), true, true, List.of()),
                "floating ip 7",
                "one family");
        FloatingIp.PortMapping one = new FloatingIp.PortMapping(6, 1, 1, 1);
        refused(
                () -> floating(7, true, true, Collections.nCopies(65, one).toArray(FloatingIp.PortMapping[]::new)),
                "mapping count of floating ip 7 is 65",
                "64");
        refused(() -> new FloatingIp.PortMapping(1, 1, 1, 1), "protocol of a port mapping is 1", "132");
        refused(() -> new FloatingIp.PortMapping(6, 65536, 1, 1), "port of a port mapping is 65536");
        refused(() -> new FloatingIp.PortMapping(6, 1, -1, 1), "fixed port of a port mapping is -1");
        refused(() -> new FloatingIp.PortMapping(6, 1, 65530, 7), "port count of a port mapping is 7", "1 .. 6");
        PortRange ports = new PortRange(1, 2);
        refused(() -> new NatPool(4096, KEY, 3, ip("::1"), 1, ports, 0), "nat pool id is 4096", "4095");
        refused(() -> new NatPool(1, KEY, 3, ip("::1"), 65, ports, 0), "address count of nat pool 1 is 65", "64");
        refused(() -> new NatPool(1, KEY, 3, ip("::1"), 1, PortRange.ANY, 0), "first port of nat pool 1 is 0");
        refused(() -> new NatPool(1, KEY, 3, ip("::1"), 1, ports, 3_600_001), "quarantine of nat pool 1 is 3600001");
    }

    @Test
    void idsOutOfRangeAreNamed() {
        refused(() -> new Vrf(65536, 0, KEY, ""), "vrf id is 65536", "0 .. 65535");
        refused(() -> new Vrf(-1, 0, KEY, ""), "vrf id is -1");
        refused(() -> new Vrf(3, 0, KEY, "", -1), "connections max of vrf 3 is -1", "0 .. 2147483647");
        refused(() -> new Vrf(3, 1 << 24, KEY, ""), "vni of vrf 3 is 16777216", "16777215");
        refused(() -> ObjectCases.vif(4352, 0), "vif id is 4352", "4351");
        refused(() -> ObjectCases.vif(5, 65536), "vrf id of vif 5 is 65536");
        refused(() -> new NextHop.Discard(1 << 20, KEY), "next hop id is 1048576", "1048575");
        refused(() -> new NextHop.Local(1, KEY, 4352), "vif id of next hop 1 is 4352");
        refused(() -> new NextHop.VrfLookup(1, KEY, 65536), "vrf id of next hop 1 is 65536");
        refused(() -> new NextHop.VrfLookup(1, KEY, 3, 4096), "nat pool id of next hop 1 is 4096", "4095");
        refused(() -> new Label(15, 1), "label is 15", "16 .. 1048575");
        refused(() -> new Label(1 << 20, 1), "label is 1048576");
        refused(() -> new Label(16, -1), "next hop id of label 16 is -1");
        refused(() -> new Vni(0, 1), "vni is 0", "1 .. 16777215");
        refused(() -> new Vni(1, 1 << 20), "next hop id of vni 1");
    }

    @Test
    void fieldsOutOfRangeAreNamed() {
        refused(
                () -> ObjectCases.with(VIF, KEY, true, false, 67, -1, MAC, List.of()),
                "mtu of vif 5 is 67",
                "68 .. 65535");
        refused(() -> ObjectCases.with(VIF, KEY, true, false, 65536, -1, MAC, List.of()), "mtu of vif 5 is 65536");
        refused(() -> ObjectCases.with(VIF, KEY, true, false, 1500, -2, MAC, List.of()), "label of vif 5 is -2");
        refused(() -> ObjectCases.with(VIF, KEY, true, false, 1500, 1 << 20, MAC, List.of()), "label of vif 5");
        List<VifAddress> many = Collections.nCopies(33, VifAddress.gateway(ip("10.0.0.1")));
        refused(
                () -> ObjectCases.with(VIF, KEY, true, false, 1500, -1, MAC, many),
                "address count of vif 5 is 33",
                "32");
        refused(() -> VifAddress.allowed(ip("10.0.0.1"), 33), "prefix length of 10.0.0.1 is 33", "0 .. 32");
        IpPrefix prefix = IpPrefix.parse("10.0.0.0/8");
        refused(() -> new Route(65536, prefix, 0, -1, 0, true, true), "vrf id of route 10.0.0.0/8 is 65536");
        refused(() -> new Route(0, prefix, 1 << 20, -1, 0, true, true), "next hop id of route 10.0.0.0/8");
        refused(() -> new Route(0, prefix, 0, 1 << 24, 0, true, true), "label of route 10.0.0.0/8 is 16777216");
        refused(
                () -> ObjectCases.tunnel(7, Encapsulation.VXLAN, "10.0.0.1", "::1", MAC),
                "next hop 7",
                "10.0.0.1",
                "one family");
        refused(
                () -> new UnderlayPath(
                        ip("10.0.0.1"), true, 0, Optional.of(ip("::1")), MAC, MAC, 1500, 0, Liveness.UNKNOWN, 0),
                "path to 10.0.0.1",
                "same family");
        refused(() -> new TunnelSettings(0, TunnelSettings.Df.SET, OptionalInt.empty()), "tunnel ttl is 0", "1 .. 255");
        refused(
                () -> new TunnelSettings(64, TunnelSettings.Df.SET, OptionalInt.of(64)),
                "tunnel dscp is 64",
                "0 .. 63");
        UnderlayPath.Way way = new UnderlayPath.Way(0, Optional.empty(), MAC, MAC, 1);
        refused(
                () -> new UnderlayPath.Way(3, Optional.empty(), MAC, MAC, 257),
                "weight of way by vif 3 is 257",
                "1 .. 256");
        refused(
                () -> new UnderlayPath(
                        ip("10.0.0.1"),
                        true,
                        0,
                        Optional.empty(),
                        MAC,
                        MAC,
                        1500,
                        0,
                        Liveness.UNKNOWN,
                        0,
                        0,
                        Collections.nCopies(8, way),
                        1),
                "way count of path to 10.0.0.1 is 8",
                "0 .. 7");
    }

    @Test
    void textsThatDoNotFitAreNamed() {
        refused(() -> named("sixteen-bytes-xx", "", ""), "name of vif 5", "16 bytes", "at most 15");
        refused(() -> named("", "d".repeat(64), ""), "device of vif 5", "at most 63");
        refused(() -> named("", "", "é".repeat(64)), "netns of vif 5", "128 bytes", "at most 127");
        refused(() -> named("a\0b", "", ""), "name of vif 5", "NUL");
        refused(() -> new Vrf(3, 0, KEY, "a\0"), "name of vrf 3", "NUL");
    }

    private static Vif named(String name, String device, String netns) {
        return new Vif(
                5,
                0,
                KEY,
                VifType.VIRTUAL,
                PortKind.NONE,
                true,
                false,
                1500,
                -1,
                MAC,
                name,
                device,
                netns,
                List.of(),
                0,
                Vif.NO_POLICIES,
                Vif.NO_POLICIES,
                0);
    }

    @Test
    void onlyAPodsPortWithoutPolicyIsStateless() {
        Vif port = named("", "", "");
        assertTrue(port.withStateless(true).stateless());
        assertFalse(port.withStateless(true).withStateless(false).stateless());
        for (VifType type : VifType.values()) {
            if (type != VifType.VIRTUAL) {
                refused(
                        () -> of(type, Vif.NO_POLICIES, Vif.NO_POLICIES).withStateless(true),
                        "stateless of vif 5 is true",
                        "its type is " + type);
            }
        }
        refused(() -> port.withStrictTcp(true).withStateless(true), "stateless and strictTcp of vif 5");
        refused(
                () -> of(VifType.VIRTUAL, List.of(0, 9), Vif.NO_POLICIES).withStateless(true),
                "egress policy id of stateless vif 5 is 9",
                "0 .. 0");
        refused(
                () -> of(VifType.VIRTUAL, Vif.NO_POLICIES, List.of(8, 0)).withStateless(true),
                "ingress policy id of stateless vif 5 is 8",
                "0 .. 0");
    }

    private static Vif of(VifType type, List<Integer> egress, List<Integer> ingress) {
        return new Vif(
                5,
                0,
                KEY,
                type,
                PortKind.NONE,
                true,
                false,
                1500,
                -1,
                MAC,
                "",
                "",
                "",
                List.of(),
                0,
                egress,
                ingress,
                0);
    }

    @Test
    void namesOfVrfsAreCutBetweenCharacters() {
        assertEquals("é".repeat(63), new Vrf(3, 0, KEY, "é".repeat(100)).name());
        assertEquals("x".repeat(127), new Vrf(3, 0, KEY, "x".repeat(128)).name());
        assertEquals("x".repeat(127), new Vrf(3, 0, KEY, "x".repeat(127)).name());
        String emoji = "😀".repeat(40);
        assertEquals(124, new Vrf(3, 0, KEY, emoji).name().getBytes(StandardCharsets.UTF_8).length);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "10.0.0.0",
                "10.0.0.0/",
                "10.0.0.0/x",
                "10.0.0.0/33",
                "fd00::/129",
                "10.0.0.0/-1",
                "host/8",
                "10.0.0.1/31"
            })
    void textsThatAreNoPrefixAreNamed(String text) {
        refused(() -> IpPrefix.parse(text), text.isEmpty() ? "prefix is" : text.replaceFirst("(::)?/.*", ""));
    }

    @Test
    void prefixesAndKeysAndMacsComeBackFromTheirText() {
        for (String text : List.of("10.1.1.0/24", "0.0.0.0/0", "255.255.255.255/32")) {
            assertEquals(text, IpPrefix.parse(text).toString());
        }
        assertEquals(6, IpPrefix.parse("fd00::/64").family());
        assertEquals("fe:dc:ba:98:76:54", MacAddress.parse("FE-DC-BA-98-76-54").toString());
        assertEquals(
                MacAddress.parse("fe:dc:ba:98:76:54"),
                MacAddress.of(MacAddress.parse("fe:dc:ba:98:76:54").toBytes()));
        UUID uuid = UUID.fromString("01020304-0506-0708-890a-0b0c0d0e0f10");
        assertEquals(uuid, ObjectKey.of(uuid).toUuid());
        // printf abc | sha256sum
        assertEquals(
                "ba7816bf-8f01-cfea-4141-40de5dae2223", ObjectKey.ofText("abc").toString());
        refused(() -> MacAddress.parse("02:00:00:00:00"), "02:00:00:00:00", "must be like");
        refused(() -> new MacAddress(1L << 48), "281474976710656");
        refused(() -> MacAddress.of(new byte[5]), "5 bytes");
    }

    @Test
    void codesThatAreNotKnownAreNamed() {
        refused(() -> VifType.ofCode(99), "VifType", "99");
        refused(() -> PortKind.ofCode(99), "PortKind", "99");
        refused(() -> Encapsulation.ofCode(0), "Encapsulation", "0");
        refused(() -> ObjectKind.ofCode(99), "ObjectKind", "99");
        for (ObjectKind kind : ObjectKind.values()) {
            assertEquals(kind, ObjectKind.ofCode(kind.code()));
        }
        assertEquals("DROP_999", new DropCount(999, -1, 1).name());
        assertEquals("", new DropCount(999, -1, 1).doc());
    }

    @Test
    void anAgeingTableIsAscendingAndItsTimesAreWithinAWeek() {
        Ageing.Row ssh = Ageing.Row.tcp(22, 1, 1, 1, 1);
        refused(() -> new Ageing(List.of(ssh, ssh)), "ageing row 1 is protocol 6 port 22", "above the row before it");
        refused(() -> new Ageing(List.of(Ageing.Row.of(17, 0, 1, 1), ssh)), "ageing row 1", "above the row before it");
        refused(() -> Ageing.Row.of(256, 0, 1, 1), "ageing protocol is 256", "0 .. 255");
        refused(() -> Ageing.Row.of(1, 8, 1, 1), "ageing port of protocol 1 is 8", "0 .. 0");
        refused(() -> Ageing.Row.of(17, 65536, 1, 1), "ageing port of protocol 17 is 65536", "0 .. 65535");
        refused(() -> Ageing.Row.of(17, 0, 0, 1), "idle seconds of protocol 17 is 0", "1 .. 604800");
        refused(() -> Ageing.Row.of(17, 0, 1, 604_801), "opening seconds of protocol 17 is 604801", "1 .. 604800");
        refused(() -> new Ageing.Row(17, 0, 1, 1, 1, 0), "half-closed seconds of protocol 17 is 1", "0 .. 0");
        refused(() -> Ageing.Row.of(6, 0, 1, 1), "half-closed seconds of protocol 6 is 0", "1 .. 604800");
        assertEquals(5, Ageing.BEGINNING.rows().size());
    }
}
