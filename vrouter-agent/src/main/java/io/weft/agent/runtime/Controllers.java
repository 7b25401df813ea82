package io.weft.agent.runtime;

import io.weft.agent.compile.ConfigGraph;
import io.weft.agent.compile.RouteTable;
import io.weft.agent.session.ConfigInbox;
import io.weft.agent.session.Connection;
import io.weft.agent.session.ControllerSession;
import io.weft.agent.session.Publications;
import io.weft.agent.session.RemoteRoutes;
import io.weft.protocol.xmpp.AgentEncoder;
import io.weft.protocol.xmpp.Stanza;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sessions with the controllers: configuration from one of them, routes from all. When all are gone everything learned stays.
 * After a session is back, what it does not repeat is swept: configuration at its end of configuration, routes at its end of routes. One
 * thread, injected time.
 */
final class Controllers implements ControllerSession.Owner {
    /** What the agent knows of a session beside its state. */
    private static final class Peer {
        private final ControllerSession session;
        /** Routes that came before the configuration they belong to. */
        private final Deque<Stanza> held = new ArrayDeque<>();

        private long heldSinceNs;
        private boolean saidEnd;
        private long saidEndNs;
        private boolean heardEnd;
        private boolean heardEndAfterOurs;
        private boolean swept;

        Peer(ControllerSession session) {
            this.session = session;
        }
    }

    /** Stanzas that were not understood, since the start. */
    record Counters(long unsupportedRoutes, long ignoredStanzas, long routesHeld) {}

    private static final Logger LOG = LoggerFactory.getLogger(Controllers.class);
    private static final long END_GRACE_NS = 2_000_000_000L;
    /** Nothing depends on the order of routes and configuration before there is policy, so the wait is short. */
    private static final long HOLD_NS = 5_000_000L;

    private static final int HELD_MAX = 10_000;

    private final String configNode;
    private final RouteTable routes;
    private final ConfigInbox config;
    private final Publications publications;
    private final List<Peer> peers = new ArrayList<>();
    private Peer configPeer;
    private long nowNs;
    private long unsupportedRoutes;
    private long ignoredStanzas;
    private long routesHeld;

    Controllers(
            AgentSettings settings,
            Connection.Connector connector,
            ConfigGraph graph,
            RouteTable routes,
            Publications publications,
            RandomGenerator random,
            long nowNs) {
        this.configNode = "virtual-router:default-global-system-config:" + settings.name();
        this.routes = routes;
        this.config = new ConfigInbox(graph);
        this.publications = publications;
        this.nowNs = nowNs;
        for (InetSocketAddress address : settings.controllers()) {
            peers.add(new Peer(new ControllerSession(
                    peers.size(),
                    address,
                    settings.name(),
                    settings.xmppHoldTimeMs() * 1_000_000L,
                    connector,
                    this,
                    random,
                    nowNs)));
        }
    }

    long deadlineNs() {
        long next = config.tick(nowNs);
        for (Peer peer : peers) {
            next = Math.min(next, peer.session.deadlineNs());
            if (!peer.held.isEmpty()) {
                next = Math.min(next, peer.heldSinceNs + HOLD_NS);
            }
            if (peer.session.isUp() && peer.saidEnd && peer.heardEnd && !peer.swept) {
                next = Math.min(next, peer.saidEndNs + END_GRACE_NS);
            }
        }
        return next;
    }

    void tick(long now) {
        nowNs = now;
        config.tick(now);
        for (Peer peer : peers) {
            peer.session.tick(now);
            if (!peer.held.isEmpty() && peer.heldSinceNs + HOLD_NS - now <= 0) {
                release(peer);
            }
        }
    }

    void time(long now) {
        nowNs = now;
    }

    @Override
    public void sessionUp(ControllerSession session) {
        Peer peer = peers.get(session.index());
        peer.saidEnd = false;
        peer.heardEnd = false;
        peer.heardEndAfterOurs = false;
        peer.swept = false;
        peer.held.clear();
        routes.beginRound(session.index());
        publications.begin(session.index());
        if (configPeer == null) {
            subscribeConfig(peer);
        }
    }

    private void subscribeConfig(Peer peer) {
        configPeer = peer;
        config.begin();
        peer.session.send(encoder -> encoder.configSubscribe(configNode));
    }

    @Override
    public void sessionDown(ControllerSession session, String reason) {
        Peer peer = peers.get(session.index());
        publications.end(session.index());
        routes.lost(session.index());
        peer.held.clear();
        if (configPeer == peer) {
            configPeer = null;
            config.end();
            peers.stream()
                    .filter(other -> other != peer && other.session.isUp())
                    .findFirst()
                    .ifPresent(this::subscribeConfig);
        }
    }

    @Override
    public void received(ControllerSession session, Stanza stanza) {
        Peer peer = peers.get(session.index());
        switch (stanza) {
            case Stanza.ConfigUpdate update -> {
                if (peer == configPeer) {
                    config.receive(update, nowNs);
                    peers.forEach(this::releaseReady);
                }
            }
            case Stanza.RouteItems items -> hold(peer, items);
            case Stanza.EndOfRib end -> hold(peer, end);
            case Stanza.UnsupportedRoute unsupported -> unsupportedRoutes++;
            default -> ignoredStanzas++;
        }
    }

    private void hold(Peer peer, Stanza stanza) {
        if (peer.held.isEmpty() && !isEarly(stanza)) {
            learn(peer, stanza);
            return;
        }
        if (peer.held.isEmpty()) {
            peer.heldSinceNs = nowNs;
        }
        routesHeld++;
        peer.held.add(stanza);
        if (peer.held.size() > HELD_MAX) {
            release(peer);
        }
    }

    /** Routes of a revision whose configuration has not come yet; only while a session delivers configuration with revisions. */
    private boolean isEarly(Stanza stanza) {
        return stanza instanceof Stanza.RouteItems items
                && items.revision().isPresent()
                && configPeer != null
                && config.revision() >= 0
                && items.revision().getAsLong() > config.revision();
    }

    private void releaseReady(Peer peer) {
        while (!peer.held.isEmpty() && !isEarly(peer.held.peek())) {
            learn(peer, peer.held.remove());
        }
    }

    private void release(Peer peer) {
        peer.held.forEach(stanza -> learn(peer, stanza));
        peer.held.clear();
    }

    private void learn(Peer peer, Stanza stanza) {
        int index = peer.session.index();
        if (stanza instanceof Stanza.RouteItems items) {
            if (!publications.instances().containsKey(items.instance())) {
                return;
            }
            items.items().forEach(entry -> routes.put(index, items.instance(), RemoteRoutes.of(entry)));
            items.retracts().forEach(prefix -> routes.remove(index, items.instance(), RemoteRoutes.prefix(prefix)));
        } else {
            peer.heardEnd = true;
            peer.heardEndAfterOurs |= peer.saidEnd;
        }
    }

    /** Tells every session what it does not know yet; sends all that is queued. */
    void tell(long now) {
        nowNs = now;
        for (Peer peer : peers) {
            if (peer.session.isUp()) {
                publications.take(peer.session.index()).forEach(peer.session::send);
                if (!peer.saidEnd && config.isComplete()) {
                    peer.session.send(AgentEncoder::endOfRib);
                    peer.saidEnd = true;
                    peer.saidEndNs = now;
                }
            }
            peer.session.flush();
        }
    }

    /**
     * Sweeps the routes of sessions that have sent all. A controller may say so before it knew all our instances; then a pause after
     * our own end of routes has to pass. True: routes may have changed.
     */
    boolean sweep(long now) {
        boolean any = false;
        for (Peer peer : peers) {
            boolean late = peer.heardEnd && now - peer.saidEndNs >= END_GRACE_NS;
            if (peer.session.isUp() && peer.saidEnd && !peer.swept && (peer.heardEndAfterOurs || late)) {
                peer.swept = true;
                int gone = routes.sweep(peer.session.index());
                LOG.info("controller {}: all routes received, {} old ones removed", peer.session.index(), gone);
                any = true;
            }
        }
        return any;
    }

    /** Configuration complete, at least one session, and all sessions have sent their routes. */
    boolean isInSync() {
        boolean any = false;
        for (Peer peer : peers) {
            if (peer.session.isUp()) {
                any = true;
                if (!peer.swept) {
                    return false;
                }
            }
        }
        return any && config.isComplete();
    }

    int up() {
        return (int) peers.stream().filter(peer -> peer.session.isUp()).count();
    }

    ConfigInbox config() {
        return config;
    }

    List<ControllerSession> sessions() {
        return peers.stream().map(peer -> peer.session).toList();
    }

    /** Whether configuration comes from this session. */
    boolean isConfigSession(ControllerSession session) {
        return configPeer != null && configPeer.session == session;
    }

    boolean hasSentAll(ControllerSession session) {
        return peers.get(session.index()).swept;
    }

    Counters counters() {
        return new Counters(unsupportedRoutes, ignoredStanzas, routesHeld);
    }

    /** Ends the sessions without withdrawing anything. */
    void close() {
        peers.forEach(peer -> peer.session.close());
    }
}
