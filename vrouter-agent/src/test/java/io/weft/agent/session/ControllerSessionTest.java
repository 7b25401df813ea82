package io.weft.agent.session;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.protocol.xmpp.AgentEncoder;
import io.weft.protocol.xmpp.Stanza;
import io.weft.protocol.xmpp.StreamEvent;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ControllerSessionTest {
    private static final long MS = 1_000_000L;
    private static final long HOLD_NS = 9_000 * MS;

    /** The network as a list of what was tried and sent. */
    private static final class Wire implements Connection.Connector {
        private final List<Connection.Listener> attempts = new ArrayList<>();
        private final List<byte[]> sent = new ArrayList<>();
        private int closed;

        @Override
        public Connection connect(InetSocketAddress address, Connection.Listener listener) {
            attempts.add(listener);
            return new Connection() {
                @Override
                public void send(byte[] bytes) {
                    sent.add(bytes);
                }

                @Override
                public void close() {
                    closed++;
                }
            };
        }

        Connection.Listener last() {
            return attempts.getLast();
        }
    }

    private static final class Log implements ControllerSession.Owner {
        private final List<String> events = new ArrayList<>();

        @Override
        public void sessionUp(ControllerSession session) {
            events.add("up");
        }

        @Override
        public void sessionDown(ControllerSession session, String reason) {
            events.add("down: " + reason);
        }

        @Override
        public void received(ControllerSession session, Stanza stanza) {
            events.add(stanza.toString());
        }
    }

    private final Wire wire = new Wire();
    private final Log log = new Log();
    private ControllerSession session;

    @BeforeEach
    void create() {
        session = new ControllerSession(
                0,
                InetSocketAddress.createUnresolved("c1", 5269),
                "h1",
                HOLD_NS,
                wire,
                log,
                new SplittableRandom(1),
                0);
    }

    private void open(long now) {
        session.tick(now);
        wire.last().connected();
        wire.last().received(List.of(new StreamEvent.StreamOpen("server", "h1", "1")));
        assertTrue(session.isUp());
    }

    @Test
    void opensTheStreamAndIsUpWhenTheControllerAnswers() {
        session.tick(0);
        assertEquals(ControllerSession.State.CONNECTING, session.state());
        wire.last().connected();
        assertArrayEquals(new AgentEncoder("h1").streamOpen(), wire.sent.getFirst());
        wire.last().received(List.of(new StreamEvent.StreamOpen("server", "h1", "1")));
        assertEquals(List.of("up"), log.events);
    }

    @Test
    void sendsKeepalivesAtAThirdOfTheHoldTimeAndEndsAfterSilence() {
        open(0);
        int before = wire.sent.size();
        session.tick(2_999 * MS);
        session.flush();
        assertEquals(before, wire.sent.size());
        session.tick(3_000 * MS);
        session.flush();
        assertEquals("\u0200", new String(wire.sent.getLast(), StandardCharsets.UTF_8));
        wire.last().received(List.of(new StreamEvent.Keepalive()));
        session.tick(11_999 * MS);
        session.flush();
        assertTrue(session.isUp());
        session.tick(12_000 * MS);
        assertEquals("down: hold time of 9000 ms expired", log.events.getLast());
        assertEquals(1, wire.closed);
    }

    @Test
    void retriesAtOnceAndThenWithGrowingPauses() {
        List<Long> pauses = new ArrayList<>();
        long now = 0;
        for (int i = 0; i < 8; i++) {
            session.tick(now);
            wire.last().closed("refused");
            pauses.add((session.deadlineNs() - now) / MS);
            now = session.deadlineNs();
        }
        assertEquals(0, pauses.getFirst());
        assertTrue(pauses.get(1) >= 200 && pauses.get(1) <= 300, pauses.toString());
        assertTrue(pauses.get(2) >= 400 && pauses.get(2) <= 600, pauses.toString());
        assertTrue(pauses.getLast() >= 3_200 && pauses.getLast() <= 4_800, pauses.toString());
        assertEquals(List.of(), log.events, "a session that never was up does not go down");
    }

    @Test
    void ignoresEventsOfAnOlderConnection() {
        open(0);
        Connection.Listener old = wire.last();
        old.closed("gone");
        session.tick(0);
        assertEquals(2, wire.attempts.size());
        old.connected();
        old.received(List.of(new StreamEvent.StreamOpen("server", "h1", "1")));
        old.closed("again");
        assertEquals(ControllerSession.State.CONNECTING, session.state());
        assertEquals(List.of("up", "down: gone"), log.events);
    }

    @Test
    void endsWhenTheControllerDoesNotOpenTheStreamInTime() {
        session.tick(0);
        wire.last().connected();
        session.tick(9_000 * MS);
        assertEquals(ControllerSession.State.WAITING, session.state());
        assertEquals("not open within 9000 ms", session.counters().lastReason());
    }

    @Test
    void restartsForAReasonOfItsOwnerAfterTheLongestPause() {
        session.restart("never up");
        assertEquals(List.of(), log.events);
        open(0);
        session.restart("too many routes wait");
        assertEquals("down: too many routes wait", log.events.getLast());
        assertEquals("too many routes wait", session.counters().lastReason());
        session.tick(3_999 * MS);
        assertEquals(1, wire.attempts.size());
        session.tick(4_000 * MS);
        assertEquals(2, wire.attempts.size());
    }
}
