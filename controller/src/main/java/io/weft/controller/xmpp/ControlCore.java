package io.weft.controller.xmpp;

import io.weft.controller.bgp.BgpSpeaker;
import io.weft.controller.config.ConfigGraph;
import io.weft.controller.rib.Freshness;
import io.weft.controller.rib.PathSource;
import io.weft.controller.vpn.Ribs;
import io.weft.protocol.net.IpAddress;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.net.RouteDistinguisher;
import io.weft.protocol.xmpp.ConfigNode;
import io.weft.protocol.xmpp.Dialect;
import io.weft.protocol.xmpp.RouteChange;
import io.weft.protocol.xmpp.ServerEncoder;
import io.weft.protocol.xmpp.Stanza;
import io.weft.protocol.xmpp.XmppException;
import io.weft.protocol.xmpp.XmppException.Condition;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sessions, configuration and routes of the control node: the single writer of all of it. {@link #doWork} takes what the edges queued and
 * then sends what changed: configuration first, so that no agent learns a route before the revision it exists because of. Time is given; nothing
 * blocks. One thread.
 */
public final class ControlCore {
    private static final Logger LOG = LoggerFactory.getLogger(ControlCore.class);
    private static final String ROUTER = "virtual-router";
    private static final String INSTANCE = "routing-instance";
    private static final String NETWORK = "virtual-network";
    private static final String BGP_ROUTER = "bgp-router";
    private static final String ROUTER_PARENT = "default-global-system-config";
    private static final int MAX_HELD = 8192;
    private static final int MAX_EVENTS = 4096;
    private static final long MS = 1_000_000L;

    /** Agents let freed labels rest as long: a stale route must not outlive that. */
    private static final long MAX_STALE_MS = 600_000;

    final ConfigGraph graph = new ConfigGraph();
    final Ribs ribs = new Ribs();
    final Map<String, AgentSession> byJid = new TreeMap<>();
    final Map<AgentLink, AgentSession> byLink = new IdentityHashMap<>();

    /** Agents whose stale routes are swept at that time. */
    final Map<String, Long> staleUntilNs = new HashMap<>();

    final Map<String, Long> counters = new TreeMap<>();
    final BgpSpeaker bgp;
    private final Queue<CoreEvent> inbox;
    private final CoreSettings settings;
    private final BiFunction<String, Map<String, String>, Optional<Object>> pages;
    final HostLiveness liveness = new HostLiveness();
    private final RouteSender sender = new RouteSender(ribs);
    private final ConfigSender configSender = new ConfigSender(graph);
    private final RestartGate gate;
    private boolean livenessDue;
    private long nowNs;
    private long nextTimerNs = Long.MIN_VALUE;
    private long streams;

    /**
     * @param inbox bounded by its owner; filled by other threads
     * @param bgp what speaks BGP for the tables it is given
     */
    public ControlCore(Queue<CoreEvent> inbox, CoreSettings settings, Function<Ribs, BgpSpeaker> bgp) {
        this.inbox = inbox;
        this.bgp = bgp.apply(ribs);
        this.settings = settings;
        this.pages = new Pages(this)::answer;
        this.gate = new RestartGate(settings.endOfRibTimeMs() * MS);
    }

    /**
     * One turn. Never throws for what a peer or the configuration did.
     *
     * @param now monotonic time
     * @return events handled
     */
    public int doWork(long now) {
        nowNs = now;
        int handled = 0;
        for (CoreEvent event = inbox.poll(); event != null; event = inbox.poll()) {
            handle(event);
            if (++handled == MAX_EVENTS) {
                break;
            }
        }
        if (nowNs >= nextTimerNs) {
            timers();
        }
        send();
        return handled;
    }

    /** When {@link #doWork} must be called though nothing was queued. */
    public long nextTimerNs() {
        return Math.min(nextTimerNs, bgp.nextTimerNs());
    }

    private void handle(CoreEvent event) {
        switch (event) {
            case CoreEvent.Opened opened -> open(opened.link(), opened.jid());
            case CoreEvent.Received received -> {
                AgentSession session = byLink.get(received.link());
                if (session != null) {
                    session.lastHeardNs = nowNs;
                    guarded(session, received.stanza());
                }
            }
            case CoreEvent.Heard heard -> {
                AgentSession session = byLink.get(heard.link());
                if (session != null) {
                    session.lastHeardNs = nowNs;
                }
            }
            case CoreEvent.Writable writable -> count("links-writable-again");
            case CoreEvent.Closed closed -> {
                AgentSession session = byLink.get(closed.link());
                if (session != null) {
                    lost(session, closed.reason());
                }
            }
            case CoreEvent.Configured configured -> configure(configured);
            case CoreEvent.Bgp heard -> bgp.handle(heard.event(), nowNs);
            case CoreEvent.Asked asked -> asked.answer().complete(pages.apply(asked.path(), asked.parameters()));
        }
    }

    private void guarded(AgentSession session, Stanza stanza) {
        if (!session.admitted) {
            if (session.held.size() >= MAX_HELD) {
                refuse(session, Condition.RESOURCE_CONSTRAINT, "more than " + MAX_HELD + " stanzas before admission");
            } else {
                session.held.add(stanza);
            }
            return;
        }
        try {
            receive(session, stanza);
        } catch (XmppException e) {
            refuse(session, e.condition(), e.getMessage());
        }
    }

    // Sessions

    private void open(AgentLink link, String jid) {
        AgentSession session = new AgentSession(link, jid, nowNs);
        byLink.put(link, session);
        AgentSession old = byJid.get(jid);
        if (old != null && !old.link.remoteHost().equals(link.remoteHost())) {
            refuse(session, Condition.CONFLICT, "agent '" + jid + "' has a session from " + old.link.remote());
            return;
        }
        if (old != null) {
            refuse(old, Condition.CONFLICT, "the agent opened a new session");
        }
        byJid.put(jid, session);
        due(nowNs + settings.admitTimeMs() * MS);
        due(nowNs + settings.holdTimeMs() * MS / 3);
        admitIfKnown(session);
    }

    /** The place where the identity of an agent is checked: today its name must be a virtual-router's. */
    private void admitIfKnown(AgentSession session) {
        if (session.admitted || graph.node(routerKey(session.jid)).isEmpty()) {
            return;
        }
        session.admitted = true;
        session.openedNs = nowNs;
        due(nowNs + settings.endOfRibTimeMs() * MS);
        staleUntilNs.computeIfPresent(session.jid, (agent, until) -> {
            due(nowNs + staleTimeMs() * MS);
            return nowNs + staleTimeMs() * MS;
        });
        session.link.write(ServerEncoder.streamOpen(session.jid, "++" + ++streams));
        count("sessions-opened");
        LOG.info("agent {} is up from {}", session.jid, session.link.remote());
        List<Stanza> held = List.copyOf(session.held);
        session.held.clear();
        for (Stanza stanza : held) {
            if (byLink.get(session.link) == session) {
                guarded(session, stanza);
            }
        }
    }

    private static ConfigNode.Key routerKey(String jid) {
        return new ConfigNode.Key(ROUTER, ROUTER_PARENT + ":" + jid);
    }

    private void refuse(AgentSession session, Condition condition, String reason) {
        count("sessions-refused-" + condition.wireName());
        session.link.write(ServerEncoder.streamError(condition));
        session.link.write(ServerEncoder.streamClose());
        session.link.flush();
        session.link.close();
        lost(session, reason);
    }

    private void lost(AgentSession session, String reason) {
        byLink.remove(session.link);
        count("sessions-closed");
        LOG.info("session of agent {} from {} is closed: {}", session.jid, session.link.remote(), reason);
        if (!byJid.remove(session.jid, session) || !session.admitted) {
            return;
        }
        ribs.mark(new PathSource.Agent(session.jid), Freshness.FRESH, Freshness.STALE);
        liveness.forget(session.jid);
        livenessDue = true;
        long until = nowNs + staleTimeMs() * MS;
        staleUntilNs.put(session.jid, until);
        due(until);
    }

    /** The configured restart time of graceful restart wins. */
    private long staleTimeMs() {
        for (ConfigNode.Key key : graph.ofType("global-system-config")) {
            Optional<ConfigNode> node = graph.node(key);
            try {
                if (node.isPresent() && node.get().properties().flag("graceful_restart_parameters/enable", false)) {
                    long seconds = node.get()
                            .properties()
                            .number("graceful_restart_parameters/restart_time")
                            .orElse(0);
                    if (seconds > 0) {
                        return Math.min(seconds * 1000, MAX_STALE_MS);
                    }
                }
            } catch (IllegalArgumentException e) {
                LOG.warn("{}: {}", key, e.getMessage());
            }
        }
        return Math.min(settings.staleTimeMs(), MAX_STALE_MS);
    }

    private void due(long atNs) {
        nextTimerNs = Math.min(nextTimerNs, atNs);
    }

    private void timers() {
        nextTimerNs = Long.MAX_VALUE;
        long holdNs = settings.holdTimeMs() * MS;
        for (AgentSession session : new ArrayList<>(byLink.values())) {
            if (!session.admitted) {
                if (nowNs - session.openedNs >= settings.admitTimeMs() * MS) {
                    refuse(session, Condition.NOT_AUTHORIZED, "no virtual-router '" + session.jid + "' is configured");
                } else {
                    due(session.openedNs + settings.admitTimeMs() * MS);
                }
                continue;
            }
            if (nowNs - session.lastHeardNs >= holdNs) {
                refuse(session, Condition.CONNECTION_TIMEOUT, "silent for " + settings.holdTimeMs() + " ms");
                continue;
            }
            if (nowNs - session.lastKeepaliveNs >= holdNs / 3) {
                session.lastKeepaliveNs = nowNs;
                session.link.write(ServerEncoder.keepalive());
            }
            long endNs = session.openedNs + settings.endOfRibTimeMs() * MS;
            if (!session.endOfRibSent && nowNs >= endNs) {
                session.endOfRibDue = true;
            } else if (!session.endOfRibSent) {
                due(endNs);
            }
            due(session.lastHeardNs + holdNs);
            due(session.lastKeepaliveNs + holdNs / 3);
            if (session.idleEndNs > nowNs) {
                due(session.idleEndNs);
            }
        }
        gate.deadlineNs(this::openedNs).ifPresent(this::due);
        for (String agent : List.copyOf(staleUntilNs.keySet())) {
            if (nowNs >= staleUntilNs.get(agent)) {
                sweep(agent, "stale time is over");
            } else {
                due(staleUntilNs.get(agent));
            }
        }
    }

    private void sweep(String agent, String why) {
        if (staleUntilNs.remove(agent) != null) {
            int removed = ribs.sweep(new PathSource.Agent(agent));
            LOG.info("swept {} stale routes of agent {}: {}", removed, agent, why);
            if (!isUp(agent)) {
                ribs.forget(agent);
            }
        }
    }

    // Liveness of hosts whose agents are away

    private boolean isUp(String agent) {
        AgentSession session = byJid.get(agent);
        return session != null && session.admitted;
    }

    /** Empty: not configured, or no address. */
    Optional<InetAddress> address(String agent) {
        try {
            return graph.node(routerKey(agent))
                    .flatMap(node -> node.properties().text("virtual_router_ip_address"))
                    .map(IpAddress::parse);
        } catch (IllegalArgumentException e) {
            LOG.warn("virtual-router of agent {}: {}", agent, e.getMessage());
            return Optional.empty();
        }
    }

    /** Routes of a host that is down are not used while its agent is away; an agent with a session speaks for itself. */
    private void judge() {
        livenessDue = false;
        for (String agent : staleUntilNs.keySet()) {
            if (isUp(agent)) {
                continue;
            }
            HostLiveness.Verdict verdict =
                    address(agent).map(at -> liveness.verdict(agent, at)).orElse(HostLiveness.Verdict.UNKNOWN);
            boolean down = verdict == HostLiveness.Verdict.DOWN;
            int changed = ribs.mark(
                    new PathSource.Agent(agent),
                    down ? Freshness.STALE : Freshness.SUSPENDED,
                    down ? Freshness.SUSPENDED : Freshness.STALE);
            if (changed > 0) {
                count(down ? "hosts-down" : "hosts-up-again");
                LOG.info("host of agent {} is {}: {} routes {}", agent, verdict, changed, down ? "withdrawn" : "back");
            }
        }
    }

    // Stanzas

    private void receive(AgentSession session, Stanza stanza) throws XmppException {
        switch (stanza) {
            case Stanza.Subscribe subscribe -> {
                session.subscriptions.put(subscribe.instance(), subscribe.instanceId());
                if (subscribe.noRibout()) {
                    session.withoutRoutes.add(subscribe.instance());
                } else {
                    session.withoutRoutes.remove(subscribe.instance());
                }
                ribs.distinguish(session.jid, subscribe.instance(), distinguisher(session, subscribe.instanceId()));
                session.markPending(subscribe.instance(), ribs.prefixes(subscribe.instance()));
            }
            case Stanza.Unsubscribe unsubscribe -> {
                if (session.subscriptions.remove(unsubscribe.instance()) == null) {
                    count("unsubscribes-unknown");
                }
                session.pending.remove(unsubscribe.instance());
                session.sent.remove(unsubscribe.instance());
                ribs.remove(session.jid, unsubscribe.instance());
                ribs.distinguish(session.jid, unsubscribe.instance(), Optional.empty());
            }
            case Stanza.Publish publish -> session.pairing.publish(publish);
            case Stanza.EmptyPublish empty -> session.pairing.emptyPublish();
            case Stanza.Collection collection -> change(session, session.pairing.collection(collection));
            case Stanza.EmptyCollection empty -> {
                Optional<RouteChange> end = session.pairing.emptyCollection();
                if (end.isPresent()) {
                    change(session, end.get());
                }
            }
            case Stanza.ConfigSubscribe subscribe -> subscribeConfig(session, subscribe.node());
            case Stanza.ConfigUnsubscribe unsubscribe -> {
                session.configNodes.remove(unsubscribe.node());
                if (unsubscribe.node().equals(session.routerNode)) {
                    session.stopConfig();
                }
                session.configDue = session.routerNode != null;
            }
            case Stanza.Liveness report -> {
                livenessDue = true;
                if (!liveness.report(session.jid, report.hosts())) {
                    throw new XmppException(
                            Condition.RESOURCE_CONSTRAINT,
                            "liveness of more than " + HostLiveness.MAX_HOSTS + " hosts reported");
                }
            }
            case Stanza.UnsupportedRoute unsupported -> count("routes-unsupported");
            case Stanza.Ignored ignored -> count("stanzas-ignored");
            case Stanza.RouteItems items -> count("stanzas-ignored");
            case Stanza.EndOfRib end -> count("stanzas-ignored");
            case Stanza.ConfigUpdate update -> count("stanzas-ignored");
        }
    }

    /** {@code <agent ip>:<instance id>}; equal on every controller because the address is the configured one. */
    private Optional<RouteDistinguisher> distinguisher(AgentSession session, int instanceId) {
        try {
            InetAddress at = address(session.jid).orElseGet(() -> IpAddress.parse(session.link.remoteHost()));
            return Optional.of(RouteDistinguisher.of(at, instanceId));
        } catch (IllegalArgumentException e) {
            LOG.warn("agent {}: its routes are not told to BGP: {}", session.jid, e.getMessage());
            return Optional.empty();
        }
    }

    private void change(AgentSession session, RouteChange change) {
        switch (change) {
            case RouteChange.Published published -> {
                count("routes-published");
                ribs.publish(session.jid, published.instance(), published.entry());
            }
            case RouteChange.Withdrawn withdrawn -> {
                count("routes-withdrawn");
                ribs.withdraw(session.jid, withdrawn.instance(), withdrawn.prefix());
            }
            case RouteChange.EndOfRib end -> {
                sweep(session.jid, "the agent has published all it has");
                gate.settled(session.jid);
                session.endOfRibDue = !session.endOfRibSent;
            }
        }
    }

    private void subscribeConfig(AgentSession session, String node) throws XmppException {
        if (node.startsWith(Dialect.VIRTUAL_ROUTER)) {
            String want = Dialect.VIRTUAL_ROUTER + routerKey(session.jid).name();
            if (!node.equals(want)) {
                throw new XmppException(
                        Condition.NOT_AUTHORIZED, "config of '" + node + "' asked by the agent of '" + want + "'");
            }
            session.routerNode = node;
        } else if (!node.startsWith(Dialect.VIRTUAL_MACHINE)) {
            throw new XmppException(Condition.INVALID_XML, "config node '" + node + "' is no router or machine");
        }
        session.configNodes.add(node);
        session.configDue = session.routerNode != null;
    }

    // Configuration

    private void configure(CoreEvent.Configured configured) {
        Set<ConfigNode.Key> touched = graph.apply(configured.change());
        touched.forEach(this::configured);
        if (touched.stream().anyMatch(key -> key.type().equals(BGP_ROUTER))) {
            bgp.configure(graph, nowNs);
        }
        for (AgentSession session : new ArrayList<>(byLink.values())) {
            admitIfKnown(session);
            configSender.changed(session, touched, nowNs);
            if (session.idleEndNs != AgentSession.NEVER) {
                due(session.idleEndNs);
            }
        }
        gate.configured(agents(), nowNs);
        gate.deadlineNs(this::openedNs).ifPresent(this::due);
        livenessDue = true;
        count("config-changes");
    }

    /** Names of the virtual-routers, which are those of their agents. */
    Set<String> agents() {
        Set<String> names = new TreeSet<>();
        graph.ofType(ROUTER).forEach(key -> {
            if (key.name().startsWith(ROUTER_PARENT + ":")) {
                names.add(key.name().substring(ROUTER_PARENT.length() + 1));
            }
        });
        return names;
    }

    private Optional<Long> openedNs(String agent) {
        return isUp(agent) ? Optional.of(byJid.get(agent).openedNs) : Optional.empty();
    }

    private void configured(ConfigNode.Key key) {
        try {
            switch (key.type()) {
                case INSTANCE -> ribs.configure(key.name(), graph.targets(key), graph.connections(key));
                case NETWORK -> ribs.network(key.name(), graph.networkId(key));
                case ROUTER -> {
                    String agent = key.name().substring(key.name().lastIndexOf(':') + 1);
                    AgentSession session = byJid.get(agent);
                    if (session != null && routerKey(agent).equals(key)) {
                        session.subscriptions.forEach(
                                (instance, id) -> ribs.distinguish(agent, instance, distinguisher(session, id)));
                    }
                    if (graph.node(key).isEmpty()) {
                        gate.settled(agent);
                    }
                }
                default -> {
                    // concerns agents only
                }
            }
        } catch (IllegalArgumentException e) {
            count("config-errors");
            LOG.warn("{} has no effect on routes, what was known before stays: {}", key, e.getMessage());
        }
    }

    // Sending

    /** Every agent's configuration first, then routes: no route reaches anyone before the revision it exists because of reached all. */
    private void send() {
        if (livenessDue) {
            judge();
        }
        ribs.takeDirty().forEach((instance, prefixes) -> {
            for (AgentSession session : byJid.values()) {
                if (session.subscriptions.containsKey(instance)) {
                    session.markPending(instance, prefixes);
                }
            }
        });
        List<AgentSession> ready = new ArrayList<>();
        for (AgentSession session : byJid.values()) {
            if (session.admitted && configSender.send(session, nowNs)) {
                ready.add(session);
            }
        }
        boolean open = gate.isOpen(nowNs, this::openedNs);
        for (AgentSession session : ready) {
            if (open) {
                sendRoutes(session);
            }
        }
        byJid.values().forEach(session -> session.link.flush());
        sender.endRound();
        bgp.doWork(nowNs, open);
        counters.put("route-messages-serialised", sender.messagesSerialised());
    }

    private void sendRoutes(AgentSession session) {
        // An agent that takes its configuration elsewhere compares with what it got there.
        long revision = session.routerNode == null ? graph.revision() : session.configRevision;
        if (sender.send(session, revision) && session.endOfRibDue && session.link.writable()) {
            session.endOfRibDue = false;
            session.endOfRibSent = true;
            session.link.write(ServerEncoder.endOfRib(session.jid));
        }
    }

    void count(String counter) {
        counters.merge(counter, 1L, Long::sum);
    }

    /** Routes an agent has been sent for a prefix's instance; for the pages. */
    int sentCount(AgentSession session) {
        return session.sent.values().stream().mapToInt(Map::size).sum();
    }

    /** Prefixes an instance shows; for the pages. */
    Set<Prefix> prefixes(String instance) {
        return ribs.prefixes(instance);
    }

    long nowNs() {
        return nowNs;
    }
}
