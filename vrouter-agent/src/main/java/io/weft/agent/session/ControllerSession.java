package io.weft.agent.session;

import io.weft.protocol.xmpp.AgentEncoder;
import io.weft.protocol.xmpp.Stanza;
import io.weft.protocol.xmpp.StreamEvent;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Session with one controller: connection, stream opening, keepalives, hold timer, reconnection. One thread, injected time.
 */
public final class ControllerSession {
    /** Where a session is. */
    public enum State {
        WAITING,
        CONNECTING,
        OPENING,
        UP
    }

    /** Told to the owner, on the same thread. */
    public interface Owner {
        void sessionUp(ControllerSession session);

        /** Only after sessionUp. */
        void sessionDown(ControllerSession session, String reason);

        void received(ControllerSession session, Stanza stanza);
    }

    /** @param lastReason why it ended last, "" never */
    public record Counters(long connects, long ups, long received, long sent, String lastReason) {}

    private static final Logger LOG = LoggerFactory.getLogger(ControllerSession.class);
    private static final long OPEN_TIMEOUT_NS = 15_000_000_000L;
    private static final long RETRY_FIRST_NS = 250_000_000L;
    private static final long RETRY_MAX_NS = 4_000_000_000L;

    private final int index;
    private final InetSocketAddress address;
    private final String name;
    private final long holdNs;
    private final Connection.Connector connector;
    private final Owner owner;
    private final Backoff backoff;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private State state = State.WAITING;
    private Attempt current;
    private long nowNs;
    private long retryAtNs;
    private long sinceNs;
    private long lastReceivedNs;
    private long lastSentNs;
    private long connects;
    private long ups;
    private long received;
    private long sent;
    private String lastReason = "";

    /**
     * @param index position among the configured controllers
     * @param name of this agent, its JID
     * @param holdNs silence after which the session ends; keepalives go after a third of it
     */
    public ControllerSession(
            int index,
            InetSocketAddress address,
            String name,
            long holdNs,
            Connection.Connector connector,
            Owner owner,
            RandomGenerator random,
            long nowNs) {
        this.index = index;
        this.address = address;
        this.name = name;
        this.holdNs = holdNs;
        this.connector = connector;
        this.owner = owner;
        this.backoff = new Backoff(RETRY_FIRST_NS, RETRY_MAX_NS, random);
        this.nowNs = nowNs;
        this.retryAtNs = nowNs;
        this.sinceNs = nowNs;
    }

    public int index() {
        return index;
    }

    public InetSocketAddress address() {
        return address;
    }

    public State state() {
        return state;
    }

    public boolean isUp() {
        return state == State.UP;
    }

    /** When {@link #tick} has something to do at the latest. */
    public long deadlineNs() {
        return switch (state) {
            case WAITING -> retryAtNs;
            case CONNECTING, OPENING -> sinceNs + Math.min(OPEN_TIMEOUT_NS, holdNs);
            case UP -> Math.min(lastReceivedNs + holdNs, lastSentNs + holdNs / 3);
        };
    }

    /** Timers. */
    public void tick(long now) {
        nowNs = now;
        if (deadlineNs() - now > 0) {
            return;
        }
        switch (state) {
            case WAITING -> connect();
            case CONNECTING, OPENING -> end("not open within " + Math.min(OPEN_TIMEOUT_NS, holdNs) / 1_000_000 + " ms");
            case UP -> {
                if (lastReceivedNs + holdNs - now <= 0) {
                    end("hold time of " + holdNs / 1_000_000 + " ms expired");
                } else {
                    out.writeBytes(current.encoder.keepalive());
                }
            }
        }
    }

    /** Queues a message; {@link #flush} sends it. No-op when the session is not up. */
    public void send(Message message) {
        if (state == State.UP) {
            out.writeBytes(message.encode(current.encoder));
            sent++;
        }
    }

    /** Sends what is queued. */
    public void flush() {
        if (out.size() > 0 && current != null) {
            current.connection.send(out.toByteArray());
            lastSentNs = nowNs;
        }
        out.reset();
    }

    /** Ends the session for a reason found here; it is opened again after the longest pause. No-op when it is not up. */
    public void restart(String reason) {
        if (state == State.UP) {
            end(reason);
            retryAtNs = nowNs + RETRY_MAX_NS;
        }
    }

    /** Ends the session for good, without withdrawing anything. */
    public void close() {
        retryAtNs = Long.MAX_VALUE / 2;
        if (current != null) {
            current.connection.send(current.encoder.streamClose());
            current.connection.close();
            current = null;
        }
        state = State.WAITING;
    }

    public Counters counters() {
        return new Counters(connects, ups, received, sent, lastReason);
    }

    private void connect() {
        connects++;
        state = State.CONNECTING;
        sinceNs = nowNs;
        Attempt attempt = new Attempt();
        current = attempt;
        attempt.connection = connector.connect(address, attempt);
    }

    private void end(String reason) {
        if (current != null) {
            current.connection.close();
            current = null;
        }
        out.reset();
        boolean wasUp = state == State.UP;
        state = State.WAITING;
        retryAtNs = nowNs + backoff.next();
        if (wasUp || !reason.equals(lastReason)) {
            LOG.warn("controller {}:{}: {}", address.getHostString(), address.getPort(), reason);
        }
        lastReason = reason;
        if (wasUp) {
            owner.sessionDown(this, reason);
        }
    }

    /** One connection; events of an older one are ignored. */
    private final class Attempt implements Connection.Listener {
        private final AgentEncoder encoder = new AgentEncoder(name);
        private Connection connection;

        @Override
        public void connected() {
            if (current == this) {
                state = State.OPENING;
                sinceNs = nowNs;
                out.writeBytes(encoder.streamOpen());
                flush();
            }
        }

        @Override
        public void received(List<StreamEvent> events) {
            for (StreamEvent event : events) {
                if (current != this) {
                    return;
                }
                lastReceivedNs = nowNs;
                switch (event) {
                    case StreamEvent.StreamOpen open -> opened();
                    case StreamEvent.StreamClose close -> end("closed by the controller");
                    case StreamEvent.Keepalive keepalive -> {
                        // its arrival is what counts
                    }
                    case StreamEvent.Received stanza -> {
                        received++;
                        owner.received(ControllerSession.this, stanza.stanza());
                    }
                }
            }
        }

        private void opened() {
            if (state != State.OPENING) {
                end("a second stream header");
                return;
            }
            state = State.UP;
            ups++;
            lastSentNs = nowNs;
            backoff.reset();
            lastReason = "";
            LOG.info("controller {}:{}: session up", address.getHostString(), address.getPort());
            owner.sessionUp(ControllerSession.this);
        }

        @Override
        public void closed(String reason) {
            if (current == this) {
                end(reason);
            }
        }
    }
}
