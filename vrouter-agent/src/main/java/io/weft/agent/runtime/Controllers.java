package io.weft.agent.runtime;

import io.weft.agent.compile.ConfigGraph;
import io.weft.agent.compile.RouteTable;
import io.weft.agent.session.ConfigInbox;
import io.weft.agent.session.Connection;
import io.weft.agent.session.ControllerSession;
import io.weft.agent.session.HeldRoutes;
import io.weft.agent.session.Publications;
import io.weft.agent.session.RemoteRoutes;
import io.weft.protocol.xmpp.AgentEncoder;
import io.weft.protocol.xmpp.RouteEntry;
import io.weft.protocol.xmpp.Stanza;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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
        private final HeldRoutes held = new HeldRoutes();
        /** What it was told of other hosts. */
        private final Map<InetAddress, Boolean> hosts = new HashMap<>();
        /** It has named a revision in this session, so it understands what Weft adds. */
        private boolean weft;

        private boolean saidEnd;
        private long saidEndNs;
        private boolean heardEnd;
        private boolean heardEndAfterOurs;
        private boolean swept;

        Peer(ControllerSession session) {
            this.session = session;
        }
    }

    /**
     * Since the start.
     *
     * @param unsupportedRoutes of families the agent does not know
     * @param ignoredStanzas not understood
     * @param messagesHeld route messages that had to wait for their configuration
     * @param heldRefused route messages that were too many to wait; each ended its session
     */
    record Counters(long unsupportedRoutes, long ignoredStanzas, long messagesHeld, long heldRefused) {}

    /** Routes of a session that wait for their configuration. @param oldestMs how long the first has waited */
    record Waiting(int routes, long oldestMs) {}

    private static final Logger LOG = LoggerFactory.getLogger(Controllers.class);
    private static final long END_GRACE_NS = 2_000_000_000L;

    private final String configNode;
    private final RouteTable routes;
    private final ConfigInbox config;
    private final Publications publications;
    private final List<Peer> peers = new ArrayList<>();
    private Peer configPeer;
    private long nowNs;
    private long unsupportedRoutes;
    private long ignoredStanzas;
    private long messagesHeld;
    private long heldRefused;

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
            releaseReady(peer);
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
        peer.weft = false;
        peer.hosts.clear();
        peer.held.clear();
        routes.beginRound(session.index());
        publications.begin(session.index());
        if (configPeer == null) {
            subscribeConfig(peer);
        }
    }

    private void subscribeConfig(Peer peer) {
        configPeer = peer;
        config.begin(peer.session.index());
        if (peer.weft) {
            config.expectRevisions();
        }
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
                peer.weft |= update.endOfConfig().isPresent();
                if (peer == configPeer) {
                    config.receive(update, nowNs);
                    peers.forEach(this::releaseReady);
                }
            }
            case Stanza.RouteItems items -> {
                if (items.revision().isPresent()) {
                    peer.weft = true;
                    if (peer == configPeer) {
                        config.expectRevisions();
                    }
                }
                routes(peer, items);
            }
            case Stanza.EndOfRib end -> learnInOrder(peer, end);
            case Stanza.UnsupportedRoute unsupported -> unsupportedRoutes++;
            default -> ignoredStanzas++;
        }
    }

    /** Withdrawals count at once: they never open anything. Additions wait for the configuration they belong to. */
    private void routes(Peer peer, Stanza.RouteItems items) {
        if (!publications.isJoined(items.instance())) {
            return;
        }
        if (!items.retracts().isEmpty()) {
            peer.held.withdraw(items.instance(), items.retracts());
        }
        if (peer.held.isEmpty() && !isEarly(items)) {
            learn(peer, items);
            return;
        }
        withdraw(peer, items);
        List<RouteEntry> additions = items.items().stream()
                .filter(entry -> !items.retracts().contains(entry.prefix()))
                .toList();
        if (!additions.isEmpty()) {
            learnInOrder(
                    peer,
                    new Stanza.RouteItems(items.instance(), items.ipv6(), additions, List.of(), items.revision()));
        }
    }

    private void learnInOrder(Peer peer, Stanza stanza) {
        if (peer.held.isEmpty() && !isEarly(stanza)) {
            learn(peer, stanza);
        } else if (peer.held.add(stanza, nowNs)) {
            messagesHeld++;
        } else {
            heldRefused++;
            peer.session.restart("more than " + HeldRoutes.ROUTES_MAX
                    + " routes wait for configuration newer than revision " + config.revision());
        }
    }

    /**
     * Routes of a revision whose configuration has not come: while a controller sends the whole of it, and then until it has said that
     * revision. Routes without a revision are never early, and none is when configuration comes without revisions (an original controller).
     */
    private boolean isEarly(Stanza stanza) {
        return stanza instanceof Stanza.RouteItems items
                && items.revision().isPresent()
                && (!config.isComplete()
                        || config.hasRevisions() && items.revision().getAsLong() > config.revision());
    }

    private void releaseReady(Peer peer) {
        Optional<Stanza> next = peer.held.takeUnless(this::isEarly);
        while (next.isPresent()) {
            learn(peer, next.get());
            next = peer.held.takeUnless(this::isEarly);
        }
    }

    private void learn(Peer peer, Stanza stanza) {
        if (stanza instanceof Stanza.RouteItems items) {
            items.items().forEach(entry -> routes.put(peer.session.index(), items.instance(), RemoteRoutes.of(entry)));
            withdraw(peer, items);
        } else {
            peer.heardEnd = true;
            peer.heardEndAfterOurs |= peer.saidEnd;
        }
    }

    private void withdraw(Peer peer, Stanza.RouteItems items) {
        items.retracts()
                .forEach(prefix -> routes.remove(peer.session.index(), items.instance(), RemoteRoutes.prefix(prefix)));
    }

    /** The agent left an instance: nothing of it is known or waits any more. */
    void forget(String instance) {
        routes.forget(instance);
        peers.forEach(peer -> peer.held.forget(instance));
    }

    /** What is known of a host that differs from what the session was told. States that are unknown again cannot be told. */
    private static void tellHosts(Peer peer, Map<InetAddress, Boolean> hosts) {
        if (!peer.weft || peer.hosts.equals(hosts)) {
            return;
        }
        List<Stanza.HostState> news = new ArrayList<>();
        hosts.forEach((host, isUp) -> {
            if (!isUp.equals(peer.hosts.put(host, isUp))) {
                news.add(new Stanza.HostState(host, isUp));
            }
        });
        if (!news.isEmpty()) {
            peer.session.send(encoder -> encoder.liveness(news));
        }
    }

    /**
     * Tells every session what it does not know yet; sends all that is queued.
     *
     * @param hosts other hosts: whether they answer
     */
    void tell(Map<InetAddress, Boolean> hosts, long now) {
        nowNs = now;
        for (Peer peer : peers) {
            if (peer.session.isUp()) {
                publications.take(peer.session.index()).forEach(peer.session::send);
                if (!peer.saidEnd && config.isComplete()) {
                    peer.session.send(AgentEncoder::endOfRib);
                    peer.saidEnd = true;
                    peer.saidEndNs = now;
                }
                tellHosts(peer, hosts);
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

    Waiting waiting(ControllerSession session) {
        HeldRoutes held = peers.get(session.index()).held;
        return new Waiting(held.size(), held.isEmpty() ? 0 : (nowNs - held.oldestNs()) / 1_000_000);
    }

    Counters counters() {
        return new Counters(unsupportedRoutes, ignoredStanzas, messagesHeld, heldRefused);
    }

    /** Ends the sessions without withdrawing anything. */
    void close() {
        peers.forEach(peer -> peer.session.close());
    }
}
