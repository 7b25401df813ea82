package io.weft.dataplane.ffi;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.dataplane.ElementKind;
import io.weft.dataplane.FloatingIp;
import io.weft.dataplane.HashField;
import io.weft.dataplane.Identity;
import io.weft.dataplane.IpPrefix;
import io.weft.dataplane.Liveness;
import io.weft.dataplane.LogEvent;
import io.weft.dataplane.MacAddress;
import io.weft.dataplane.NatPool;
import io.weft.dataplane.NatPoolState;
import io.weft.dataplane.NextHop;
import io.weft.dataplane.ObjectKey;
import io.weft.dataplane.PlaneObject;
import io.weft.dataplane.PlaneSettings;
import io.weft.dataplane.PolicyAction;
import io.weft.dataplane.PolicyEnd;
import io.weft.dataplane.PolicyRule;
import io.weft.dataplane.PolicySet;
import io.weft.dataplane.PolicyState;
import io.weft.dataplane.PortKind;
import io.weft.dataplane.PortRange;
import io.weft.dataplane.Service;
import io.weft.dataplane.ServiceState;
import io.weft.dataplane.Vif;
import io.weft.dataplane.VifAddress;
import io.weft.dataplane.VifType;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** Bodies against bytes put down in the order of weft_abi.h. */
class BodyTest {
    private static final UUID RULE = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
    private static final ObjectKey KEY = new ObjectKey(0x0102030405060708L, 0x090a0b0c0d0e0f10L);

    private static MemorySegment written(PlaneObject object) {
        MemorySegment body = Arena.ofAuto().allocate(ObjectWriter.bodyBytes(object), 8);
        ObjectWriter.write(body, 0, object);
        return body;
    }

    private static byte[] bytes(MemorySegment body) {
        return Wire.bytes(body, 0, (int) body.byteSize());
    }

    private static ByteBuffer buffer(int bytes) {
        return ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static ByteBuffer key(ByteBuffer to) {
        for (int i = 1; i <= 16; i++) {
            to.put((byte) i);
        }
        return to;
    }

    private static PolicyRule rule() {
        return new PolicyRule(
                RULE,
                4,
                PolicyAction.DENY,
                true,
                6,
                PortRange.ANY,
                new PortRange(40_000, 50_000),
                new PolicyEnd(ElementKind.NETWORK, 0x1122334455667788L, Optional.of(IpPrefix.parse("10.1.0.0/16"))),
                PolicyEnd.of(Identity.Element.securityGroup(8_000_001)));
    }

    @Test
    void writesAnIdentityInTheOrderOfItsElements() {
        Identity identity = new Identity(
                7, KEY, List.of(Identity.Element.securityGroup(9), new Identity.Element(ElementKind.NETWORK, -1L)));
        ByteBuffer want = key(buffer(536).putInt(7).putInt(2));
        want.putLong(-1).putInt(1).putInt(0).putLong(9).putInt(2).putInt(0);
        assertArrayEquals(want.array(), bytes(written(identity)));
        assertEquals(identity, PolicyCodec.identity(written(identity)));
    }

    @Test
    void writesAPolicySetWithItsRulesBehindIt() {
        PolicySet set = new PolicySet(5, KEY, PolicyAction.DENY, List.of(rule()));
        ByteBuffer want = key(buffer(48 + 112).putInt(5).putInt(1));
        want.put((byte) 2).put(new byte[3]).putInt(0).putLong(0).putLong(0);
        for (int i = 0; i < 16; i++) {
            want.put((byte) (0x11 * i));
        }
        want.put((byte) 4).put((byte) 2).putShort((short) 1).putShort((short) 6);
        want.putShort((short) 0)
                .putShort((short) 65535)
                .putShort((short) 40_000)
                .putShort((short) 50_000);
        want.putShort((short) 0);
        want.putLong(0x1122334455667788L).putInt(1).put((byte) 4).put((byte) 16).putShort((short) 0);
        want.put(new byte[] {10, 1}).put(new byte[14]);
        want.putLong(8_000_001).putInt(2).putInt(0).put(new byte[16]);
        want.putLong(0).putLong(0);
        assertEquals(0, want.remaining());
        assertArrayEquals(want.array(), bytes(written(set)));
    }

    @Test
    void readsAPolicySetWithWhatThePlaneCounted() {
        PolicyRule any = new PolicyRule(
                PolicyRule.NO_UUID,
                0,
                PolicyAction.ALLOW,
                false,
                PolicyRule.ANY_PROTOCOL,
                PortRange.ANY,
                PortRange.ANY,
                PolicyEnd.ANY,
                new PolicyEnd(ElementKind.IDENTITY, Identity.NODE, Optional.of(IpPrefix.parse("fd00::/8"))));
        PolicySet set = new PolicySet(65_535, KEY, PolicyAction.ALLOW, List.of(rule(), any));
        MemorySegment body = written(set);
        body.set(Wire.INT, AbiLayout.PolicyMsg.REFERENCES, 3);
        body.set(Wire.LONG, AbiLayout.PolicyMsg.DEFAULT_PACKETS, 11);
        body.set(Wire.LONG, AbiLayout.PolicyMsg.DEFAULT_BYTES, 12);
        long second = AbiLayout.PolicyMsg.SIZE_BYTES + AbiLayout.PolicyRule.SIZE_BYTES;
        body.set(Wire.LONG, second + AbiLayout.PolicyRule.PACKETS, 21);
        body.set(Wire.LONG, second + AbiLayout.PolicyRule.BYTES, 22);
        assertEquals(
                new PolicyState(
                        set,
                        9,
                        3,
                        new PolicyState.Decided(11, 12),
                        List.of(new PolicyState.Decided(0, 0), new PolicyState.Decided(21, 22))),
                PolicyCodec.set(body, 9));
    }

    @Test
    void writesAFloatingIpWithItsMappingsBehindIt() {
        FloatingIp floating = new FloatingIp(
                7,
                KEY,
                3,
                5,
                InetAddress.ofLiteral("203.0.113.10"),
                InetAddress.ofLiteral("10.1.1.3"),
                true,
                false,
                List.of(new FloatingIp.PortMapping(17, 53, 5353, 2)));
        ByteBuffer want = key(buffer(72 + 8).putInt(7).putInt(3)).putInt(5);
        want.put((byte) 4).put((byte) 0).putShort((short) 1);
        want.put(new byte[] {(byte) 203, 0, 113, 10}).put(new byte[12]);
        want.put(new byte[] {10, 1, 1, 3}).put(new byte[12]).putInt(1).putInt(0);
        want.put((byte) 17)
                .put((byte) 0)
                .putShort((short) 53)
                .putShort((short) 5353)
                .putShort((short) 2);
        assertEquals(0, want.remaining());
        assertArrayEquals(want.array(), bytes(written(floating)));
        assertEquals(floating, NatCodec.floatingIp(written(floating)));
    }

    @Test
    void readsANatPoolWithTheUseOfItsPorts() {
        NatPool pool =
                new NatPool(9, KEY, 3, InetAddress.ofLiteral("2001:db8::1"), 4, new PortRange(40_000, 65_535), 60_000);
        ByteBuffer want = key(buffer(88).putInt(9).putInt(3));
        want.put((byte) 6).put(new byte[3]).putShort((short) 40_000).putShort((short) 65_535);
        want.put(new byte[] {0x20, 1, 0x0d, (byte) 0xb8})
                .put(new byte[11])
                .put((byte) 1)
                .putInt(4)
                .putInt(60_000);
        assertArrayEquals(want.array(), bytes(written(pool)));
        MemorySegment body = written(pool);
        body.set(Wire.INT, AbiLayout.NatPoolMsg.REFERENCES, 1);
        body.set(Wire.INT, AbiLayout.NatPoolMsg.BLOCKS, 2);
        body.set(Wire.LONG, AbiLayout.NatPoolMsg.PORTS_USED, 3);
        body.set(Wire.LONG, AbiLayout.NatPoolMsg.PORTS_QUARANTINED, 4);
        body.set(Wire.LONG, AbiLayout.NatPoolMsg.EXHAUSTED, 5);
        assertEquals(new NatPoolState(pool, 8, 1, 2, 3, 4, 5), NatCodec.natPool(body, 8));
    }

    @Test
    void writesEcmpMembersBehindTheirNextHop() {
        NextHop.Ecmp ecmp = new NextHop.Ecmp(
                12, KEY, List.of(new NextHop.Member(0xffff_ffffL, 4, -1, 2), new NextHop.Member(3, 5, 4100, 1000)));
        ByteBuffer want = key(buffer(88 + 32).putInt(12).put((byte) 5).put(new byte[3]));
        want.put(new byte[48]).putInt(2).putInt(0).putLong(0);
        want.putInt(3).putInt(5).putInt(4100).putInt(1000);
        want.putInt(-1).putInt(4).putInt(-1).putInt(2);
        assertEquals(0, want.remaining());
        assertArrayEquals(want.array(), bytes(written(ecmp)));
        assertEquals(ecmp, ObjectReader.nextHop(written(ecmp)));
    }

    private static Service service() {
        return new Service(
                7,
                3,
                KEY,
                InetAddress.ofLiteral("10.96.0.1"),
                Service.UDP,
                53,
                90,
                true,
                5,
                List.of(new Service.Backend(KEY, InetAddress.ofLiteral("10.1.1.3"), 4, 5353, true, 1000, 9)));
    }

    @Test
    void writesAServiceWithItsBackendsBehindIt() {
        ByteBuffer want = key(buffer(72 + 80).putInt(7).putInt(3));
        want.put(new byte[] {10, 96, 0, 1})
                .put(new byte[12])
                .put((byte) 4)
                .put((byte) 17)
                .putShort((short) 53);
        want.put((byte) 1)
                .put(new byte[3])
                .putInt(90)
                .putInt(1)
                .putInt(5)
                .putInt(1)
                .putLong(0);
        key(want).put(new byte[] {10, 1, 1, 3}).put(new byte[12]).putInt(4).putShort((short) 5353);
        want.put((byte) 2).put((byte) 0).putInt(1000).putInt(9).putLong(0).put(new byte[24]);
        assertEquals(0, want.remaining());
        assertArrayEquals(want.array(), bytes(written(service())));
    }

    @Test
    void readsAServiceWithWhatThePlaneCounted() {
        MemorySegment body = written(service());
        body.set(Wire.INT, AbiLayout.ServiceMsg.SLOTS, 251);
        long backend = AbiLayout.ServiceMsg.SIZE_BYTES;
        body.set(Wire.INT, backend + AbiLayout.ServiceBackend.BACKEND_ID, 262_144);
        body.set(Wire.INT, backend + AbiLayout.ServiceBackend.CONNECTIONS_LIVE, 2);
        body.set(Wire.LONG, backend + AbiLayout.ServiceBackend.CONNECTIONS, 3);
        body.set(Wire.LONG, backend + AbiLayout.ServiceBackend.PACKETS, 4);
        body.set(Wire.LONG, backend + AbiLayout.ServiceBackend.BYTES, 5);
        assertEquals(
                new ServiceState(service(), 9, 251, List.of(new ServiceState.Counted(262_144, 2, 3, 4, 5))),
                ServiceCodec.service(body, 9));
    }

    @Test
    void writesTheFieldsThatDecideAMember() {
        NextHop.Ecmp ecmp = new NextHop.Ecmp(
                12,
                KEY,
                Set.of(HashField.PROTOCOL, HashField.DESTINATION_PORT),
                List.of(new NextHop.Member(3, 5, 4100, 1)));
        assertEquals(1 | 16, written(ecmp).get(JAVA_BYTE, 7));
        assertEquals(ecmp, ObjectReader.nextHop(written(ecmp)));
    }

    @Test
    void aDeleteOfWhatHasItemsIsTheStructAlone() {
        PlaneObject set = new PolicySet(5, KEY, PolicyAction.DENY, List.of(rule(), rule()));
        PlaneObject ecmp = new NextHop.Ecmp(12, KEY, List.of(new NextHop.Member(1, 4, -1, 1)));
        PlaneObject service = service();
        for (PlaneObject object : List.of(set, ecmp, service)) {
            int bytes = ObjectWriter.bodyBytesOfDelete(object);
            MemorySegment body = Arena.ofAuto().allocate(bytes, 8);
            ObjectWriter.writeDelete(body, 0, object);
            assertEquals(object == set ? 48 : object == service ? 72 : 88, bytes);
            assertEquals(object == set ? 5 : object == service ? 7 : 12, body.get(Wire.INT, 0));
            assertTrue(Wire.isZero(body, 4, bytes - 4), "only what identifies it is said");
        }
    }

    @Test
    void theLargestPolicySetFitsAFrame() {
        PolicySet set =
                new PolicySet(5, KEY, PolicyAction.DENY, java.util.Collections.nCopies(PolicySet.RULES_MAX, rule()));
        int bytes = ObjectWriter.bodyBytes(set);
        assertEquals(48 + 32768 * 112, bytes);
        assertTrue(16 + 16 + bytes + 16 + AbiLayout.DoneMsg.SIZE_BYTES <= AbiCodes.WEFT_FRAME_BYTES_MAX, "both ways");
        Frame frame = new Frame(Arena.ofAuto());
        assertTrue(frame.hasRoom(bytes));
        long at = frame.add(AbiCodes.WEFT_OBJECT_POLICY, AbiCodes.WEFT_OPERATION_SET, 0, bytes);
        ObjectWriter.write(frame.buffer(), at, set);
        assertEquals(set, PolicyCodec.set(frame.buffer().asSlice(at, bytes), 0).set());
        assertFalse(frame.hasRoom(0), "nothing goes with it");
        assertEquals(set, PolicyCodec.set(written(set), 0).set());
    }

    @Test
    void keepsIdentityAndPoliciesOfAVif() {
        Vif vif = new Vif(
                3,
                2,
                KEY,
                VifType.VIRTUAL,
                PortKind.TAP,
                true,
                false,
                1450,
                4098,
                MacAddress.parse("02:00:00:00:00:01"),
                "eth0",
                "",
                "/run/netns/a",
                List.of(VifAddress.configured(InetAddress.ofLiteral("10.1.1.3"), 24)),
                17,
                List.of(1, 2),
                List.of(1, 65_535),
                1000);
        MemorySegment body = written(vif);
        ByteBuffer want = buffer(24)
                .putInt(17)
                .putInt(1)
                .putInt(2)
                .putInt(1)
                .putInt(65_535)
                .putInt(1000);
        assertArrayEquals(want.array(), Wire.bytes(body, 900, 24));
        body.set(Wire.INT, 924, 44);
        assertEquals(vif, ObjectReader.vif(body, 1).vif());
        assertEquals(44, ObjectReader.vif(body, 1).connectionsLive());
    }

    @Test
    void aStatelessVifSaysSoInOneBitOfItsFlags() {
        Vif vif = new Vif(
                3,
                2,
                KEY,
                VifType.VIRTUAL,
                PortKind.NONE,
                true,
                false,
                1450,
                4098,
                MacAddress.parse("02:00:00:00:00:01"),
                "eth0",
                "",
                "",
                List.of(),
                17,
                Vif.NO_POLICIES,
                Vif.NO_POLICIES,
                0);
        MemorySegment plain = written(vif);
        MemorySegment stateless = written(vif.withStateless(true));
        assertEquals(1, Wire.unsignedShort(plain, AbiLayout.VifMsg.FLAGS));
        assertEquals(1 | 64, Wire.unsignedShort(stateless, AbiLayout.VifMsg.FLAGS));
        assertEquals(vif, ObjectReader.vif(plain, 1).vif());
        assertEquals(vif.withStateless(true), ObjectReader.vif(stateless, 1).vif());
        stateless.set(Wire.SHORT, AbiLayout.VifMsg.FLAGS, (short) 1);
        assertEquals(-1, plain.mismatch(stateless), "nothing else differs");
    }

    @Test
    void keepsTheBfdSettingsOfThePlane() {
        PlaneSettings settings =
                new PlaneSettings(Optional.empty(), Optional.empty(), MacAddress.parse("02:00:00:00:00:01"), 300, 3);
        MemorySegment body = written(settings);
        body.set(Wire.INT, AbiLayout.PlaneMsg.ADOPTIONS, 2);
        assertEquals(settings, ObjectReader.plane(body, 4).settings());
        assertEquals(2, ObjectReader.plane(body, 4).adoptions());
    }

    @Test
    void readsLivenessOfAPath() {
        MemorySegment body = Arena.ofAuto().allocate(AbiLayout.PathMsg.SIZE_BYTES, 8);
        body.set(java.lang.foreign.ValueLayout.JAVA_BYTE, 0, (byte) 4);
        body.set(java.lang.foreign.ValueLayout.JAVA_BYTE, 2, (byte) 2);
        body.set(Wire.LONG, 64, 99);
        assertEquals(Liveness.DOWN, ObjectReader.path(body).liveness());
        assertEquals(99, ObjectReader.path(body).livenessNs());
    }

    @Test
    void readsALogEvent() {
        ByteBuffer event =
                buffer(112).putLong(5).putLong(6).putLong(7).putInt(8).putInt(9).putInt(10);
        event.putInt(-1).put(new byte[16]).put(new byte[] {1, 2, 4, 17});
        event.putShort((short) 50_000).putShort((short) 53).put(new byte[] {10, 0, 0, 1});
        event.put(new byte[12])
                .put(new byte[] {10, 0, 0, 2})
                .put(new byte[12])
                .putInt(3)
                .putInt(0);
        event.putInt(98).putInt(0);
        LogEvent want = new LogEvent(
                5,
                6,
                7,
                8,
                9,
                10,
                LogEvent.DEFAULT_RULE,
                PolicyRule.NO_UUID,
                true,
                PolicyAction.DENY,
                17,
                InetAddress.ofLiteral("10.0.0.1"),
                InetAddress.ofLiteral("10.0.0.2"),
                50_000,
                53,
                3,
                0,
                98);
        assertEquals(want, PolicyCodec.event(MemorySegment.ofArray(event.array())));
    }

    @Test
    void refusesWhatThePlaneCannotHold() {
        refused("element count of identity 3 is 0, must be 1 .. 32", () -> new Identity(3, KEY, List.of()));
        refused("identity id is 2, must be 3 .. 65535", () -> new Identity(2, KEY, List.of()));
        refused("policy id is 0, must be 1 .. 65535", () -> new PolicySet(0, KEY, PolicyAction.DENY, List.of()));
        refused("first port of a range to 9 is 10, must be 0 .. 9", () -> new PortRange(10, 9));
        refused("weight of member 1 is 0, must be 1 .. 1000", () -> new NextHop.Member(1, 1, -1, 0));
        refused("member id is 0, must be 1 .. 4294967295", () -> new NextHop.Member(0, 1, -1, 1));
        refused("bfd interval in ms is 49, must be 50 .. 60000", () -> settings(49, 3));
        refused("bfd multiplier is 1, must be 2 .. 50", () -> settings(300, 1));
        NextHop.Member member = new NextHop.Member(6, 1, -1, 1);
        refused(
                "next hop 1 has member id 6 twice, must be unique",
                () -> new NextHop.Ecmp(1, KEY, List.of(member, member)));
        refused(
                "source prefix of rule " + RULE + " is 10.0.0.0/8, must be of family 6",
                () -> new PolicyRule(
                        RULE,
                        6,
                        PolicyAction.ALLOW,
                        false,
                        6,
                        PortRange.ANY,
                        PortRange.ANY,
                        PolicyEnd.ANY.withPrefix(Optional.of(IpPrefix.parse("10.0.0.0/8"))),
                        PolicyEnd.ANY));
    }

    private static PlaneSettings settings(int intervalMs, int multiplier) {
        return new PlaneSettings(Optional.empty(), Optional.empty(), MacAddress.ZERO, intervalMs, multiplier);
    }

    private static void refused(String message, org.junit.jupiter.api.function.Executable making) {
        assertEquals(
                message, assertThrows(IllegalArgumentException.class, making).getMessage());
    }
}
