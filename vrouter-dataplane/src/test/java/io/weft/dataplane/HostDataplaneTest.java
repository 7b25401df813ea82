package io.weft.dataplane;

import static io.weft.dataplane.ObjectCases.IDENTITY;
import static io.weft.dataplane.ObjectCases.KEY;
import static io.weft.dataplane.ObjectCases.POLICY;
import static io.weft.dataplane.ObjectCases.VIF;
import static io.weft.dataplane.ObjectCases.VRF;
import static io.weft.dataplane.ObjectCases.ip;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The contract on a plane inside this process, and what only such a plane can do. */
class HostDataplaneTest extends DataplaneContract {
    @Override
    protected Dataplane open() throws DataplaneException {
        return Dataplane.open("host:", "contract test");
    }

    @Override
    protected String implementation() {
        return "host";
    }

    @Test
    void everyKindOfPortComesBack() throws DataplaneException {
        apply(1, VRF);
        for (PortKind kind : PortKind.values()) {
            if (kind == PortKind.UNIX) {
                continue; // the agent's port: a daemon's own
            }
            Vif port = new Vif(
                    10 + kind.code(),
                    3,
                    KEY,
                    VifType.VIRTUAL,
                    kind,
                    true,
                    false,
                    1450,
                    17,
                    ObjectCases.MAC,
                    "eth0",
                    "dev",
                    "/run/netns/x",
                    List.of(),
                    0,
                    Vif.NO_POLICIES,
                    Vif.NO_POLICIES,
                    0);
            apply(1, port);
            assertEquals(port, plane.vif(port.id()).orElseThrow().vif());
            assertEquals(
                    kind == PortKind.TAP, plane.vif(port.id()).orElseThrow().created());
        }
    }

    @Test
    void everyFieldOfAPathComesBackAsItWasSet() throws DataplaneException {
        ObjectCase paths = ObjectCases.PATHS;
        apply(1, paths.needs());
        for (PlaneObject variant : paths.variants()) {
            apply(1, variant);
            assertTrue(
                    paths.reader().read(plane).contains(new Stored<>(variant, 0)),
                    () -> variant + " is not in " + assertReads(paths));
        }
        assertEquals(2, plane.paths().size());
        assertTrue(plane.paths().stream().allMatch(path -> path.changedNs() > 0));
    }

    private Object assertReads(ObjectCase tested) {
        try {
            return tested.reader().read(plane);
        } catch (DataplaneException e) {
            throw new AssertionError(e);
        }
    }

    private static final MacAddress ROUTER = MacAddress.parse("00:00:5e:00:01:00");

    /** Ethernet, IPv4, UDP 4000 -> 53 of 4 bytes without checksum. */
    private static byte[] datagram(Vif from, String source, String destination) {
        ByteBuffer frame = ByteBuffer.allocate(14 + 20 + 8 + 4);
        frame.put(ROUTER.toBytes()).put(from.mac().toBytes()).putShort((short) 0x0800);
        frame.putShort((short) 0x4500)
                .putShort((short) 32)
                .putInt(0)
                .putShort((short) 0x4011)
                .putShort((short) 0);
        frame.put(ip(source).getAddress()).put(ip(destination).getAddress());
        int sum = 0;
        for (int at = 14; at < 34; at += 2) {
            sum += frame.getShort(at) & 0xffff;
        }
        frame.putShort(24, (short) ~(sum + (sum >> 16)));
        frame.putShort((short) 4000)
                .putShort((short) 53)
                .putShort((short) 12)
                .putShort((short) 0)
                .putInt(0x01020304);
        return frame.array();
    }

    @Test
    void framesConnectionsCountersAndDropsCanBeRead() throws DataplaneException {
        Vif one = ObjectCases.vif(5, 3);
        Vif two = ObjectCases.with(
                ObjectCases.vif(6, 3),
                KEY,
                true,
                false,
                1450,
                100,
                ObjectCases.OTHER_MAC,
                ObjectCases.vif(6, 3).addresses());
        NextHop toOne = new NextHop.Local(20, KEY, 5);
        NextHop toTwo = new NextHop.Local(21, KEY, 6);
        apply(1, VRF, one, two, toOne, toTwo);
        apply(1, ObjectCases.route("10.1.1.5/32", toOne, -1), ObjectCases.route("10.1.1.6/32", toTwo, -1));
        try (HostDataplane other = HostDataplane.open("another plane")) {
            assertEquals(Optional.empty(), other.vif(5));
        }
        HostDataplane host = (HostDataplane) plane;
        host.advance(5_000_000_000L);
        byte[] frame = datagram(one, "10.1.1.5", "10.1.1.6");
        host.inject(5, frame);
        byte[] out = host.collect(6).orElseThrow();
        assertEquals(Optional.empty(), host.collect(6));
        assertArrayEquals(two.mac().toBytes(), Arrays.copyOf(out, 6));
        assertArrayEquals(Arrays.copyOfRange(frame, 34, frame.length), Arrays.copyOfRange(out, 34, out.length));
        host.advance(7_000_000_000L);
        List<Connection> connections = plane.connections(Dataplane.ALL_VRFS, 10);
        assertEquals(2, connections.size());
        Connection opened =
                connections.stream().filter(Connection::initiator).findFirst().orElseThrow();
        assertEquals(
                List.of(3, 17, 4000, 53),
                List.of(opened.vrfId(), opened.protocol(), opened.sourcePort(), opened.destinationPort()));
        assertEquals(List.of(ip("10.1.1.5"), ip("10.1.1.6")), List.of(opened.source(), opened.destination()));
        assertEquals(1L, opened.packets());
        assertEquals(2e9, opened.idleNs(), 2 << 20, "ticks of 2^20 ns");
        assertEquals(opened.idleNs(), opened.ageNs());
        assertEquals(List.of(21, false, false), List.of(opened.nextHopId(), opened.denied(), opened.midstream()));
        assertEquals(1, plane.connections(3, 1).size());
        assertEquals(List.of(), plane.connections(0, 10));
        assertEquals(1, plane.plane().connectionsLive());
        assertThrows(IllegalArgumentException.class, () -> plane.connections(3, 0));

        host.inject(5, datagram(one, "10.1.1.9", "10.1.1.6"));
        assertEquals(Optional.empty(), host.collect(6));
        assertEquals(Set.of(new DropCount(plane.drops(5).getFirst().code(), 5, 1)), new HashSet<>(plane.drops(5)));
        assertEquals("SPOOFED_SOURCE", plane.drops(5).getFirst().name());
        assertEquals(List.of(), plane.drops(6));
        assertEquals(1, plane.drops().stream().mapToLong(DropCount::packets).sum());
        VifState state = plane.vif(5).orElseThrow();
        assertEquals(
                List.of(2L, 92L, 0L, 1L),
                List.of(state.rxPackets(), state.rxBytes(), state.txPackets(), state.drops()));
        assertEquals(46, plane.vif(6).orElseThrow().txBytes());
    }

    @Test
    void aConnectionByAPoolTellsWhatItsPacketsBecome() throws DataplaneException {
        Vif inside = ObjectCases.vif(5, VRF.id());
        Vif outside = ObjectCases.vif(6, ObjectCases.OTHER_VRF.id());
        NatPool pool = new NatPool(
                8, KEY, ObjectCases.OTHER_VRF.id(), ip("203.0.113.100"), 1, new PortRange(7000, 7000), 60_000);
        NextHop toOutside = new NextHop.Local(21, KEY, 6);
        NextHop through = new NextHop.VrfLookup(22, KEY, ObjectCases.OTHER_VRF.id(), pool.id());
        apply(1, VRF, ObjectCases.OTHER_VRF, inside, outside, pool, ObjectCases.LOCAL, toOutside, through);
        apply(1, ObjectCases.route("10.1.1.5/32", ObjectCases.LOCAL, -1), ObjectCases.route("0.0.0.0/0", through, -1));
        IpPrefix there = IpPrefix.parse("10.1.1.6/32");
        apply(1, new Route(ObjectCases.OTHER_VRF.id(), there, toOutside.id(), -1, 0, false, true));
        HostDataplane host = (HostDataplane) plane;
        host.advance(5_000_000_000L);
        host.inject(5, datagram(inside, "10.1.1.5", "10.1.1.6"));
        byte[] out = host.collect(6).orElseThrow();
        assertArrayEquals(ip("203.0.113.100").getAddress(), Arrays.copyOfRange(out, 26, 30));
        Connection opened = plane.connections(Dataplane.ALL_VRFS, 10).stream()
                .filter(Connection::initiator)
                .findFirst()
                .orElseThrow();
        assertEquals(ip("10.1.1.5"), opened.source());
        assertEquals(
                Optional.of(new Connection.Translation(ip("203.0.113.100"), ip("10.1.1.6"), 7000, 53)),
                opened.translation());
        Connection answers = plane.connections(Dataplane.ALL_VRFS, 10).stream()
                .filter(c -> !c.initiator())
                .findFirst()
                .orElseThrow();
        assertEquals(
                Optional.of(new Connection.Translation(ip("10.1.1.6"), ip("10.1.1.5"), 53, 4000)),
                answers.translation());
        NatPoolState state = plane.natPoolStates().getFirst();
        assertEquals(pool, state.pool());
        assertEquals(
                List.of(1, 1, 1L, 0L, 0L),
                List.of(
                        state.references(),
                        state.blocks(),
                        state.portsUsed(),
                        state.portsQuarantined(),
                        state.exhausted()));
    }

    @Test
    void policyDecidesCountsAndTellsWhatItDenied() throws DataplaneException {
        PolicyRule ntp = allow(123);
        PolicyRule domain = allow(53);
        Vif one = ObjectCases.guarded(VIF, 0, List.of(POLICY.id(), 0), Vif.NO_POLICIES, 0);
        Vif two = ObjectCases.guarded(ObjectCases.vif(6, 3), IDENTITY.id(), Vif.NO_POLICIES, Vif.NO_POLICIES, 0);
        NextHop toOne = new NextHop.Local(20, KEY, 5);
        NextHop toTwo = new NextHop.Local(21, KEY, 6);
        apply(1, VRF, IDENTITY, policy(ntp), one, two, toOne, toTwo);
        IpPrefix there = IpPrefix.parse("10.1.1.6/32");
        apply(1, ObjectCases.route("10.1.1.5/32", toOne, -1));
        apply(1, new Route(VRF.id(), there, toTwo.id(), -1, IDENTITY.id(), false, true));
        HostDataplane host = (HostDataplane) plane;
        host.advance(5_000_000_000L);
        LogPage.Marker before = plane.log(LogPage.Marker.START, 10_000).marker();
        host.inject(5, datagram(one, "10.1.1.5", "10.1.1.6"));
        assertEquals(Optional.empty(), host.collect(6), "53 is not 123");
        LogPage denied = plane.log(before, 10);
        LogEvent event = denied.events().getFirst();
        assertEquals(1, denied.events().size());
        assertEquals(
                List.of(5, VRF.id(), POLICY.id(), LogEvent.DEFAULT_RULE, true, PolicyAction.DENY),
                List.of(event.vifId(), event.vrfId(), event.policyId(), event.rule(), event.egress(), event.action()));
        assertEquals(
                List.of(17, 4000, 53, 0, IDENTITY.id(), ip("10.1.1.5"), ip("10.1.1.6")),
                List.of(
                        event.protocol(),
                        event.sourcePort(),
                        event.destinationPort(),
                        event.sourceIdentity(),
                        event.destinationIdentity(),
                        event.source(),
                        event.destination()));
        assertEquals(List.of(), plane.log(denied.marker(), 10).events(), "each event is seen once");
        assertEquals(1, plane.policyStates().getFirst().byDefault().packets());
        assertEquals(1, plane.policyStates().getFirst().references());

        apply(1, policy(ntp, domain));
        host.advance(6_000_000_000L);
        host.inject(5, datagram(one, "10.1.1.5", "10.1.1.6"));
        assertTrue(host.collect(6).isPresent(), "the set was replaced");
        LogPage allowed = plane.log(denied.marker(), 10);
        assertEquals(1, allowed.events().size());
        assertEquals(1, allowed.events().getFirst().rule());
        assertEquals(domain.uuid(), allowed.events().getFirst().uuid());
        assertEquals(event.sequence() + 1, allowed.events().getFirst().sequence());
        PolicyState state = plane.policyStates().getFirst();
        assertEquals(
                List.of(0L, 1L),
                List.of(state.byRule().get(0).packets(), state.byRule().get(1).packets()));
        Connection opened = plane.connections(Dataplane.ALL_VRFS, 10).stream()
                .filter(Connection::initiator)
                .findFirst()
                .orElseThrow();
        assertEquals(
                List.of(0, IDENTITY.id(), false),
                List.of(opened.sourceIdentity(), opened.destinationIdentity(), opened.denied()));
        assertEquals(1, plane.vif(5).orElseThrow().connectionsLive());
        assertThrows(IllegalArgumentException.class, () -> plane.log(LogPage.Marker.START, 0));
    }

    /** UDP to a port of what has IDENTITY, logged. */
    private static PolicyRule allow(int port) {
        return new PolicyRule(
                new java.util.UUID(1, port),
                4,
                PolicyAction.ALLOW,
                true,
                17,
                PortRange.ANY,
                new PortRange(port, port),
                PolicyEnd.ANY,
                PolicyEnd.of(IDENTITY.elements().getFirst()));
    }

    private static PolicySet policy(PolicyRule... rules) {
        return new PolicySet(POLICY.id(), KEY, PolicyAction.DENY, List.of(rules));
    }

    @Test
    void wrongUseOfTheHostPlaneIsRefused() throws DataplaneException {
        HostDataplane host = (HostDataplane) plane;
        assertEquals(
                Errors.EINVAL,
                assertThrows(DataplaneException.class, () -> host.inject(5, new byte[0]))
                        .errno());
        assertThrows(DataplaneException.class, () -> host.advance(1));
        DataplaneException thrown = assertThrows(DataplaneException.class, () -> host.collect(4000));
        assertEquals(Errors.ENOENT, thrown.errno());
        assertTrue(thrown.getMessage().contains("vif 4000"), thrown.getMessage());
    }
}
