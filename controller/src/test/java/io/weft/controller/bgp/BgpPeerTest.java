package io.weft.controller.bgp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.protocol.bgp.BgpEncoder;
import io.weft.protocol.bgp.BgpException;
import io.weft.protocol.bgp.BgpMessage;
import io.weft.protocol.bgp.Capability;
import io.weft.protocol.bgp.DecodedUpdate;
import io.weft.protocol.bgp.Family;
import io.weft.protocol.bgp.Notification;
import io.weft.protocol.bgp.Open;
import io.weft.protocol.net.IpAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The state machine with given time and a transport of the test's. */
class BgpPeerTest {
    private static final long S = 1_000_000_000L;
    private static final long OWN = 0xc0000205L;

    private final Wires wires = new Wires();
    private final List<String> heard = new ArrayList<>();
    private final PeerListener listener = new PeerListener() {
        @Override
        public void up(BgpPeer peer) {
            heard.add("up");
        }

        @Override
        public void down(BgpPeer peer, boolean keep) {
            heard.add(keep ? "down, keep" : "down");
        }

        @Override
        public void update(BgpPeer peer, DecodedUpdate update) {
            heard.add("update");
        }

        @Override
        public void refresh(BgpPeer peer, Family family) {
            heard.add("refresh " + family);
        }
    };
    private long now = 1000 * S;
    private long attempts;
    private BgpPeer peer = peer(false, false);

    private BgpPeer peer(boolean passive, boolean adminDown) {
        PeerConfig config = new PeerConfig(
                "d:p:ip-fabric:__default__:b",
                new InetSocketAddress(IpAddress.parse("192.0.2.9"), 179),
                IpAddress.parse("192.0.2.5"),
                64512,
                64512,
                OWN,
                90,
                passive,
                adminDown);
        return new BgpPeer(
                config, PeerTimes.of(30_000, 300), wires, listener, new Random(7), () -> ++attempts, () -> true);
    }

    private static Open open(long asn, long identifier, int holdTimeS, Capability... more) {
        List<Capability> capabilities = new ArrayList<>(List.of(more));
        capabilities.add(new Capability.MultiProtocol(Family.INET_VPN));
        return Open.of(asn, holdTimeS, identifier, capabilities);
    }

    private static Capability restart(boolean notifications) {
        return new Capability.GracefulRestart(
                false, notifications, 120, List.of(new Capability.GracefulRestart.Kept(Family.INET_VPN, true)));
    }

    private void after(long seconds) {
        now += seconds * S;
        peer.doWork(now);
    }

    private Wires.Wire connects() {
        after(0);
        return connected();
    }

    private Wires.Wire connected() {
        Wires.Wire wire = new Wires.Wire("192.0.2.9");
        peer.connected(wire, now);
        return wire;
    }

    private Wires.Wire accepts() {
        Wires.Wire wire = new Wires.Wire("192.0.2.9");
        assertTrue(peer.accept(wire, now));
        return wire;
    }

    private void say(Wires.Wire wire, byte[] message) {
        peer.received(wire, message, now);
    }

    private void say(Wires.Wire wire, Open open) {
        say(wire, BgpEncoder.encode(open));
    }

    private Wires.Wire establish(Capability... more) {
        Wires.Wire wire = connects();
        say(wire, open(64512, 9, 30, more));
        say(wire, BgpEncoder.keepalive());
        assertEquals("Established", peer.state());
        return wire;
    }

    private void notified(Wires.Wire wire, int code, int subcode) {
        Notification last = assertInstanceOf(Notification.class, wire.last());
        assertEquals(code + "/" + subcode, last.code() + "/" + last.subcode());
        assertTrue(wire.closed);
    }

    @Test
    void walksThroughAllStates() {
        assertEquals("Active", peer.state());
        after(0);
        assertEquals("Connect", peer.state());
        Wires.Wire wire = connected();
        assertEquals("OpenSent", peer.state());
        Open ours = (Open) wire.last();
        assertEquals(64512, ours.asn());
        assertEquals(90, ours.holdTimeS());
        assertTrue(ours.gracefulRestart().orElseThrow().restarted());
        assertTrue(ours.gracefulRestart().orElseThrow().forwards(Family.INET6_VPN));
        say(wire, open(64512, 9, 30));
        assertEquals("OpenConfirm", peer.state());
        assertEquals(new BgpMessage.Keepalive(), wire.last());
        say(wire, BgpEncoder.keepalive());
        assertEquals("Established", peer.state());
        assertEquals(List.of("up"), heard);
        say(wire, BgpEncoder.endOfRib(Family.INET_VPN));
        say(wire, BgpEncoder.routeRefresh(Family.INET_VPN));
        assertEquals(List.of("up", "update", "refresh inet-vpn"), heard);
    }

    @Test
    void retriesToConnect() {
        after(0);
        peer.connectFailed("refused", now);
        assertEquals("Active", peer.state());
        after(22);
        assertEquals(1, wires.attempts.size(), "not before 0.75 of 30 s");
        after(9);
        assertEquals(2, wires.attempts.size());
        assertTrue(peer.awaits(wires.attempts.getLast()));
        assertFalse(peer.awaits(wires.attempts.getFirst()));
    }

    @Test
    void keepsAliveAndExpires() {
        Wires.Wire wire = establish();
        int before = wire.written.size();
        after(10);
        assertEquals(before + 1, wire.written.size(), "hold time is the smaller one, 30 s; a third of it");
        after(10);
        say(wire, BgpEncoder.keepalive());
        after(29);
        assertFalse(wire.closed);
        after(1);
        notified(wire, Notification.HOLD_TIMER, 0);
        assertEquals(List.of("up", "down"), heard);
        assertEquals("Idle", peer.state());
    }

    @Test
    void holdTimeZeroNeverExpires() {
        Wires.Wire wire = connects();
        say(wire, open(64512, 9, 0));
        say(wire, BgpEncoder.keepalive());
        after(100_000);
        assertFalse(wire.closed);
        assertEquals(2, wire.written.size(), "OPEN, one KEEPALIVE to confirm it, no more");
        assertEquals(BgpConnection.NEVER, peer.nextTimerNs());
    }

    @Test
    void silenceInsteadOfOpenEndsIt() {
        Wires.Wire wire = connects();
        after(239);
        assertFalse(wire.closed);
        after(1);
        notified(wire, Notification.HOLD_TIMER, 0);
    }

    @Test
    void refusesWrongOpens() {
        refused(Notification.BAD_PEER_AS, open(64513, 9, 90));
        refused(Notification.BAD_IDENTIFIER, open(64512, OWN, 90));
        refused(Notification.UNSUPPORTED_CAPABILITY, new Open(64512, 90, 9, List.of()));
        refused(
                Notification.UNSUPPORTED_CAPABILITY,
                Open.of(64512, 90, 9, List.of(new Capability.MultiProtocol(Family.INET))));
    }

    private void refused(int subcode, Open open) {
        peer = peer(false, false);
        Wires.Wire wire = connects();
        say(wire, open);
        notified(wire, Notification.OPEN, subcode);
        assertEquals("sent open/" + subcode, peer.lastNotification);
    }

    @Test
    void messagesOutOfPlaceAreErrorsOfTheStateMachine() {
        Wires.Wire wire = connects();
        say(wire, BgpEncoder.keepalive());
        notified(wire, Notification.STATE_MACHINE, Notification.UNEXPECTED_IN_OPEN_SENT);
        peer = peer(false, false);
        wire = connects();
        say(wire, open(64512, 9, 90));
        say(wire, BgpEncoder.endOfRib(Family.INET_VPN));
        notified(wire, Notification.STATE_MACHINE, Notification.UNEXPECTED_IN_OPEN_CONFIRM);
        peer = peer(false, false);
        wire = establish();
        say(wire, open(64512, 9, 90));
        notified(wire, Notification.STATE_MACHINE, Notification.UNEXPECTED_IN_ESTABLISHED);
    }

    @Test
    void brokenHeaderIsAnswered() {
        Wires.Wire wire = establish();
        peer.broken(wire, new BgpException(Notification.of(1, 1), "marker"), now);
        notified(wire, Notification.HEADER, Notification.NOT_SYNCHRONIZED);
        assertEquals(List.of("up", "down"), heard);
    }

    @Test
    void pausesLongerAfterEachErrorUntilASessionComesUp() {
        after(0);
        for (long pauseS : new long[] {1, 2, 4, 8, 16, 32, 64, 100, 100}) {
            say(connected(), open(64513, 9, 90));
            assertEquals("Idle", peer.state());
            assertFalse(peer.accept(new Wires.Wire("192.0.2.9"), now), "Idle takes no connection");
            long pauseNs = peer.nextTimerNs() - now;
            assertTrue(pauseNs <= pauseS * S && pauseNs >= pauseS * S * 3 / 4, pauseNs + " ns, not " + pauseS + " s");
            after(pauseS);
        }
        Wires.Wire wire = connected();
        say(wire, open(64512, 9, 90));
        say(wire, BgpEncoder.keepalive());
        peer.closed(wire, "the test", now);
        assertTrue(peer.nextTimerNs() - now <= S, "short again");
    }

    @Test
    void highestIdentifierKeepsItsConnection() {
        for (long theirs : new long[] {9, 0xdf000001L}) {
            for (boolean incomingFirst : new boolean[] {true, false}) {
                peer = peer(false, false);
                heard.clear();
                Wires.Wire out = connects();
                Wires.Wire in = accepts();
                say(incomingFirst ? in : out, open(64512, theirs, 90));
                say(incomingFirst ? out : in, open(64512, theirs, 90));
                Wires.Wire loser = theirs > OWN ? out : in;
                Wires.Wire winner = theirs > OWN ? in : out;
                notified(loser, Notification.CEASE, Notification.COLLISION);
                assertFalse(winner.closed);
                say(winner, BgpEncoder.keepalive());
                assertEquals(List.of("up"), heard);
                assertEquals(1L, peer.counters.get("collisions"));
            }
        }
    }

    @Test
    void connectionBesideASessionIsRefused() {
        Wires.Wire wire = establish();
        Wires.Wire second = accepts();
        say(second, open(64512, 9, 90));
        notified(second, Notification.CEASE, Notification.COLLISION);
        assertFalse(wire.closed);
        assertEquals(List.of("up"), heard);
    }

    @Test
    void restartedPeerReplacesItsSessionAndKeepsItsRoutes() {
        Wires.Wire wire = establish(restart(true));
        Wires.Wire second = accepts();
        say(second, open(64512, 9, 90, restart(true)));
        say(second, BgpEncoder.keepalive());
        assertTrue(wire.closed);
        assertEquals(List.of("up", "down, keep", "up"), heard);
    }

    @Test
    void lossOfTheConnectionKeepsRoutesOfAPeerThatRestarts() {
        Wires.Wire wire = establish(restart(false));
        peer.closed(wire, "gone", now);
        assertEquals(List.of("up", "down, keep"), heard);
    }

    @Test
    void notificationKeepsRoutesOnlyWhenBothSaidSo() {
        Wires.Wire wire = establish(restart(false));
        say(wire, BgpEncoder.encode(Notification.of(Notification.CEASE, 4)));
        after(2);
        wire = again(restart(true));
        say(wire, BgpEncoder.encode(Notification.of(Notification.CEASE, 4)));
        after(2);
        wire = again(restart(true));
        say(wire, BgpEncoder.encode(Notification.of(Notification.CEASE, 4).asHardReset()));
        assertEquals(List.of("up", "down", "up", "down, keep", "up", "down"), heard);
        assertEquals("received cease/9", peer.lastNotification);
        assertTrue(wire.closed);
    }

    private Wires.Wire again(Capability... more) {
        Wires.Wire wire = connected();
        say(wire, open(64512, 9, 30, more));
        say(wire, BgpEncoder.keepalive());
        return wire;
    }

    @Test
    void stoppingIsAHardReset() {
        Wires.Wire wire = establish(restart(true));
        peer.stop(Notification.PEER_DECONFIGURED, now);
        notified(wire, Notification.CEASE, Notification.HARD_RESET);
        assertEquals(List.of("up", "down"), heard);
        after(1000);
        assertEquals(1, wires.attempts.size());
        assertEquals("Idle", peer.state());
    }

    @Test
    void passivePeerWaitsAndAdminDownRefuses() {
        peer = peer(true, false);
        after(1000);
        assertEquals(List.of(), wires.attempts);
        assertEquals("Active", peer.state());
        Wires.Wire wire = accepts();
        assertInstanceOf(Open.class, wire.last());
        peer = peer(false, true);
        after(1000);
        assertEquals(List.of(), wires.attempts);
        assertFalse(peer.accept(new Wires.Wire("192.0.2.9"), now));
    }
}
