package io.weft.controller.bgp;

import io.weft.controller.bgp.BgpConnection.State;
import io.weft.protocol.bgp.BgpDecoder;
import io.weft.protocol.bgp.BgpEncoder;
import io.weft.protocol.bgp.BgpException;
import io.weft.protocol.bgp.BgpMessage;
import io.weft.protocol.bgp.Capability;
import io.weft.protocol.bgp.DecodedUpdate;
import io.weft.protocol.bgp.Family;
import io.weft.protocol.bgp.Notification;
import io.weft.protocol.bgp.Open;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The state machine of RFC 4271 section 8 for one peer: at most one connection from us and one from the peer at a time (section 6.8 decides), timers with
 * jitter (section 10), and a growing pause after errors. Time is given; one thread.
 *
 * <p>While it pauses (Idle) a connection of the peer is closed without a word, so that the peer does not pause in turn.
 */
final class BgpPeer {
    private static final Logger LOG = LoggerFactory.getLogger(BgpPeer.class);
    private static final long MS = 1_000_000L;
    static final List<Family> FAMILIES = List.of(Family.INET_VPN, Family.INET6_VPN);

    final PeerConfig config;
    final Map<String, Long> counters = new TreeMap<>();
    private final PeerTimes times;
    private final BgpTransport transport;
    private final PeerListener listener;
    private final RandomGenerator random;
    private final LongSupplier attempts;
    private final BooleanSupplier restarting;
    private BgpConnection outgoing;
    private BgpConnection incoming;
    private long idleUntilNs = Long.MIN_VALUE;
    private long connectDueNs = Long.MIN_VALUE;
    private long idleHoldMs;
    private boolean stopped;
    private long nowNs;
    long establishedNs;
    String lastNotification = "";
    String lastError = "";

    /**
     * @param attempts numbers of connection attempts, unique among all peers
     * @param restarting whether to tell the peer that we have restarted (RFC 4724 section 4.1)
     */
    BgpPeer(
            PeerConfig config,
            PeerTimes times,
            BgpTransport transport,
            PeerListener listener,
            RandomGenerator random,
            LongSupplier attempts,
            BooleanSupplier restarting) {
        this.config = config;
        this.times = times;
        this.transport = transport;
        this.listener = listener;
        this.random = random;
        this.attempts = attempts;
        this.restarting = restarting;
    }

    // What others see

    /** Name of the state in RFC 4271 section 8.2.2. */
    String state() {
        State best = null;
        for (BgpConnection connection : connections()) {
            best = best == null || connection.state.compareTo(best) > 0 ? connection.state : best;
        }
        if (best == null) {
            return stopped || config.adminDown() || nowNs < idleUntilNs ? "Idle" : "Active";
        }
        return switch (best) {
            case CONNECT -> "Connect";
            case OPEN_SENT -> "OpenSent";
            case OPEN_CONFIRM -> "OpenConfirm";
            case ESTABLISHED -> "Established";
        };
    }

    /** The established connection. */
    Optional<BgpConnection> established() {
        return connections().stream()
                .filter(connection -> connection.is(State.ESTABLISHED))
                .findFirst();
    }

    boolean owns(BgpLink link) {
        return connections().stream().anyMatch(connection -> connection.link == link);
    }

    boolean awaits(long attempt) {
        return outgoing != null && outgoing.is(State.CONNECT) && outgoing.attempt == attempt;
    }

    /** Families both sides have. */
    Set<Family> families(Open theirs) {
        Set<Family> common = new LinkedHashSet<>(FAMILIES);
        common.retainAll(theirs.families());
        return common;
    }

    private List<BgpConnection> connections() {
        List<BgpConnection> all = new ArrayList<>(2);
        if (outgoing != null) {
            all.add(outgoing);
        }
        if (incoming != null) {
            all.add(incoming);
        }
        return all;
    }

    // Timers

    /** Expires timers. */
    void doWork(long now) {
        nowNs = now;
        for (BgpConnection connection : connections()) {
            if (now >= connection.holdUntilNs) {
                fail(connection, Notification.of(Notification.HOLD_TIMER, 0), "hold timer expired");
            } else if (now >= connection.keepaliveDueNs) {
                send(connection, BgpEncoder.keepalive(), "keepalives-sent");
                keepaliveLater(connection);
                connection.link.flush();
            }
        }
        if (!stopped
                && !config.adminDown()
                && !config.passive()
                && connections().isEmpty()
                && now >= idleUntilNs
                && now >= connectDueNs) {
            outgoing = new BgpConnection(true, attempts.getAsLong());
            outgoing.holdUntilNs = now + times.openHoldMs() * MS;
            connectDueNs = now + jittered(times.connectRetryMs() * MS);
            count("connect-attempts");
            transport.connect(outgoing.attempt, config.remote(), config.local());
        }
    }

    long nextTimerNs() {
        long next = BgpConnection.NEVER;
        for (BgpConnection connection : connections()) {
            next = Math.min(next, Math.min(connection.holdUntilNs, connection.keepaliveDueNs));
        }
        if (connections().isEmpty() && !stopped && !config.adminDown() && !config.passive()) {
            next = Math.max(idleUntilNs, connectDueNs);
        }
        return next;
    }

    private void keepaliveLater(BgpConnection connection) {
        connection.keepaliveDueNs =
                connection.holdNs == 0 ? BgpConnection.NEVER : nowNs + jittered(connection.holdNs / 3);
    }

    private void heard(BgpConnection connection) {
        connection.holdUntilNs = connection.holdNs == 0 ? BgpConnection.NEVER : nowNs + connection.holdNs;
    }

    /** RFC 4271 section 10: 0.75 to 1. */
    private long jittered(long ns) {
        return (long) (ns * (0.75 + 0.25 * random.nextDouble()));
    }

    // Connections

    void connected(BgpLink link, long now) {
        nowNs = now;
        outgoing.link = link;
        open(outgoing);
    }

    void connectFailed(String reason, long now) {
        nowNs = now;
        outgoing = null;
        lastError = reason;
        count("connect-failures");
    }

    /** False: not now. */
    boolean accept(BgpLink link, long now) {
        nowNs = now;
        if (stopped || config.adminDown() || now < idleUntilNs) {
            count("connections-refused");
            return false;
        }
        if (incoming != null && incoming.is(State.ESTABLISHED)) {
            if (!canRestart(incoming)) {
                count("connections-refused");
                return false;
            }
            // RFC 4724 section 4.2: the peer has restarted before we noticed.
            lost(incoming, "the peer connects again", true);
            idleUntilNs = now;
        } else if (incoming != null) {
            close(incoming, Notification.of(Notification.CEASE, Notification.COLLISION));
        }
        incoming = new BgpConnection(false, 0);
        incoming.link = link;
        open(incoming);
        return true;
    }

    private void open(BgpConnection connection) {
        connection.state = State.OPEN_SENT;
        connection.holdUntilNs = nowNs + times.openHoldMs() * MS;
        List<Capability> capabilities = new ArrayList<>();
        List<Capability.GracefulRestart.Kept> kept = new ArrayList<>();
        for (Family family : FAMILIES) {
            capabilities.add(new Capability.MultiProtocol(family));
            kept.add(new Capability.GracefulRestart.Kept(family, true));
        }
        capabilities.add(new Capability.RouteRefresh());
        capabilities.add(new Capability.GracefulRestart(restarting.getAsBoolean(), true, times.restartTimeS(), kept));
        Open ours = Open.of(config.localAsn(), config.holdTimeS(), config.identifier(), capabilities);
        send(connection, BgpEncoder.encode(ours), "opens-sent");
        connection.link.flush();
    }

    /** The connection is gone. */
    void closed(BgpLink link, String reason, long now) {
        nowNs = now;
        BgpConnection connection = of(link);
        if (connection.is(State.ESTABLISHED)) {
            lost(connection, reason, canRestart(connection));
        } else {
            lastError = reason;
            drop(connection);
            connectDueNs = Math.max(connectDueNs, now + jittered(times.connectRetryMs() * MS));
        }
    }

    private BgpConnection of(BgpLink link) {
        return outgoing != null && outgoing.link == link ? outgoing : incoming;
    }

    private void drop(BgpConnection connection) {
        if (connection == outgoing) {
            outgoing = null;
        } else if (connection == incoming) {
            incoming = null;
        }
    }

    // Ends of sessions

    /** The peer is not configured any more, or otherwise: its routes go with it. */
    void stop(int subcode, long now) {
        nowNs = now;
        stopped = true;
        for (BgpConnection connection : connections()) {
            Notification cease = Notification.of(Notification.CEASE, subcode);
            boolean up = connection.is(State.ESTABLISHED);
            close(connection, up && notifications(connection) ? cease.asHardReset() : cease);
            if (up) {
                count("sessions-lost");
                listener.down(this, false);
            }
        }
    }

    /** An error of the peer, or a timer: NOTIFICATION and a pause. */
    private void fail(BgpConnection connection, Notification notification, String reason) {
        boolean up = connection.is(State.ESTABLISHED);
        boolean keep = up && canRestart(connection) && notifications(connection);
        lastError = reason;
        LOG.warn("BGP peer {}: {}", config.name(), reason);
        if (connection.link == null) {
            drop(connection);
        } else {
            close(connection, notification);
        }
        if (up) {
            lost(connection, reason, keep);
        } else {
            pause();
        }
    }

    private void close(BgpConnection connection, Notification notification) {
        if (connection.link != null) {
            lastNotification = "sent " + notification.name();
            send(connection, BgpEncoder.encode(notification), "notifications-sent");
            connection.link.flush();
            connection.link.close();
        }
        drop(connection);
    }

    private void lost(BgpConnection connection, String reason, boolean keep) {
        lastError = reason;
        connection.link.close();
        drop(connection);
        count("sessions-lost");
        LOG.info("BGP session with {} is lost: {}{}", config.name(), reason, keep ? "; its routes stay" : "");
        pause();
        listener.down(this, keep);
    }

    /** RFC 4271 section 8.1.1 (DampPeerOscillations): each pause is twice the last until a session comes up. */
    private void pause() {
        idleHoldMs = idleHoldMs == 0 ? times.idleHoldMs() : Math.min(2 * idleHoldMs, times.maxIdleHoldMs());
        idleUntilNs = nowNs + jittered(idleHoldMs * MS);
        connectDueNs = idleUntilNs;
    }

    private static boolean canRestart(BgpConnection connection) {
        return connection.theirs != null
                && connection.theirs.gracefulRestart().isPresent()
                && !connection.theirs.gracefulRestart().get().families().isEmpty();
    }

    /** RFC 8538: both keep routes after a NOTIFICATION. */
    private static boolean notifications(BgpConnection connection) {
        return connection
                .theirs
                .gracefulRestart()
                .map(Capability.GracefulRestart::notifications)
                .orElse(false);
    }

    // Messages

    void broken(BgpLink link, BgpException error, long now) {
        nowNs = now;
        fail(of(link), error.notification(), error.getMessage());
    }

    void received(BgpLink link, byte[] message, long now) {
        nowNs = now;
        BgpConnection connection = of(link);
        try {
            BgpMessage decoded = BgpDecoder.decode(message, true, config.internal());
            switch (decoded) {
                case Open open -> opened(connection, open);
                case BgpMessage.Keepalive keepalive -> keepalive(connection);
                case Notification notification -> notified(connection, notification);
                case DecodedUpdate update -> {
                    expect(connection, State.ESTABLISHED, "UPDATE");
                    count("updates-received");
                    heard(connection);
                    listener.update(this, update);
                }
                case BgpMessage.RouteRefresh refresh -> {
                    expect(connection, State.ESTABLISHED, "ROUTE-REFRESH");
                    count("refreshes-received");
                    heard(connection);
                    listener.refresh(this, refresh.family());
                }
            }
        } catch (BgpException e) {
            fail(connection, e.notification(), e.getMessage());
        }
    }

    private static void expect(BgpConnection connection, State state, String what) throws BgpException {
        if (!connection.is(state)) {
            int subcode = switch (connection.state) {
                case CONNECT -> 0;
                case OPEN_SENT -> Notification.UNEXPECTED_IN_OPEN_SENT;
                case OPEN_CONFIRM -> Notification.UNEXPECTED_IN_OPEN_CONFIRM;
                case ESTABLISHED -> Notification.UNEXPECTED_IN_ESTABLISHED;
            };
            throw new BgpException(
                    Notification.of(Notification.STATE_MACHINE, subcode), what + " in state " + connection.state);
        }
    }

    private void opened(BgpConnection connection, Open theirs) throws BgpException {
        expect(connection, State.OPEN_SENT, "OPEN");
        if (theirs.asn() != config.remoteAsn()) {
            throw new BgpException(
                    Notification.of(Notification.OPEN, Notification.BAD_PEER_AS),
                    "AS " + theirs.asn() + ", configured is " + config.remoteAsn());
        }
        if (config.internal() && theirs.identifier() == config.identifier()) {
            throw new BgpException(
                    Notification.of(Notification.OPEN, Notification.BAD_IDENTIFIER), "the peer has our identifier");
        }
        if (!theirs.isFourOctetAs() || families(theirs).isEmpty()) {
            throw new BgpException(
                    Notification.of(Notification.OPEN, Notification.UNSUPPORTED_CAPABILITY, wanted()),
                    "the peer lacks four-octet AS numbers, or inet-vpn and inet6-vpn");
        }
        connection.theirs = theirs;
        if (!wins(connection)) {
            count("collisions");
            close(connection, Notification.of(Notification.CEASE, Notification.COLLISION));
            return;
        }
        connection.state = State.OPEN_CONFIRM;
        connection.holdNs = 1000 * MS * Math.min(config.holdTimeS(), theirs.holdTimeS());
        heard(connection);
        send(connection, BgpEncoder.keepalive(), "keepalives-sent");
        keepaliveLater(connection);
        connection.link.flush();
    }

    /** RFC 5492 section 5: the capabilities that are missed. */
    private static byte[] wanted() {
        return new byte[] {1, 4, 0, 1, 0, (byte) 128, 1, 4, 0, 2, 0, (byte) 128, 65, 4, 0, 0, 0, 0};
    }

    /**
     * RFC 4271 section 6.8: of two connections that have got that far the one of the speaker with the higher identifier stays. False: the other one, and
     * this must close.
     */
    private boolean wins(BgpConnection connection) {
        BgpConnection other = connection == outgoing ? incoming : outgoing;
        if (other == null) {
            return true;
        }
        if (other.is(State.ESTABLISHED)) {
            if (!canRestart(other)) {
                return false;
            }
            lost(other, "the peer connects again", true);
            idleUntilNs = nowNs;
            return true;
        }
        if (!other.is(State.OPEN_CONFIRM)) {
            return true;
        }
        boolean ours = Long.compareUnsigned(config.identifier(), connection.theirs.identifier()) > 0;
        if (connection.outgoing != ours) {
            return false;
        }
        count("collisions");
        close(other, Notification.of(Notification.CEASE, Notification.COLLISION));
        return true;
    }

    private void keepalive(BgpConnection connection) throws BgpException {
        count("keepalives-received");
        if (connection.is(State.OPEN_CONFIRM)) {
            connection.state = State.ESTABLISHED;
            heard(connection);
            BgpConnection other = connection == outgoing ? incoming : outgoing;
            if (other != null) {
                close(other, Notification.of(Notification.CEASE, Notification.COLLISION));
            }
            idleHoldMs = 0;
            idleUntilNs = nowNs;
            establishedNs = nowNs;
            lastError = "";
            count("sessions-established");
            LOG.info("BGP session with {} at {} is up", config.name(), connection.link.remote());
            listener.up(this);
            return;
        }
        expect(connection, State.ESTABLISHED, "KEEPALIVE");
        heard(connection);
    }

    private void notified(BgpConnection connection, Notification notification) {
        count("notifications-received");
        lastNotification = "received " + notification.name();
        boolean up = connection.is(State.ESTABLISHED);
        String reason = "the peer says " + notification.name();
        if (up) {
            boolean keep = canRestart(connection) && notifications(connection) && !notification.isHardReset();
            lost(connection, reason, keep);
            return;
        }
        lastError = reason;
        connection.link.close();
        drop(connection);
        // Losing a collision is no error (RFC 4271 section 6.8).
        if (notification.code() != Notification.CEASE || notification.subcode() != Notification.COLLISION) {
            pause();
        } else {
            connectDueNs = Math.max(connectDueNs, nowNs + jittered(times.connectRetryMs() * MS));
        }
    }

    private void send(BgpConnection connection, byte[] message, String counter) {
        connection.link.write(message);
        count(counter);
    }

    void count(String counter) {
        counters.merge(counter, 1L, Long::sum);
    }
}
