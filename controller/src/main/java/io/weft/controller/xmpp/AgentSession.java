package io.weft.controller.xmpp;

import io.weft.controller.config.RouterView;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.xmpp.RouteEntry;
import io.weft.protocol.xmpp.RoutePairing;
import io.weft.protocol.xmpp.Stanza;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;

/** State of one connection in the core; the core's thread only. */
final class AgentSession {
    /** A time that does not come. */
    static final long NEVER = Long.MAX_VALUE;

    final AgentLink link;
    final String jid;

    /** Not admitted: the configuration does not know the agent yet, and its stanzas wait in {@link #held}. */
    boolean admitted;

    final List<Stanza> held = new ArrayList<>();
    long openedNs;
    long lastHeardNs;
    long lastKeepaliveNs;

    /** Instance to instance id. */
    final Map<String, Integer> subscriptions = new TreeMap<>();

    final Set<String> withoutRoutes = new LinkedHashSet<>();
    final Set<String> configNodes = new LinkedHashSet<>();
    RouterView view = new RouterView();
    final RoutePairing pairing = new RoutePairing();

    /** Node name the agent asked its configuration under; null: not yet. */
    String routerNode;

    boolean configDue;
    final Queue<Stanza.ConfigUpdate> configQueue = new ArrayDeque<>();

    /** When the agent is told a revision that does not concern it. */
    long idleEndNs = NEVER;

    /** Revision of the last end of config written; -1: none. */
    long configRevision = -1;

    /** What the agent has, by instance. */
    final Map<String, Map<Prefix, RouteEntry>> sent = new HashMap<>();

    /** What may have changed since, by instance: coalesced, so bounded by the tables. */
    final Map<String, Set<Prefix>> pending = new LinkedHashMap<>();

    boolean endOfRibDue;
    boolean endOfRibSent;
    long messagesSent;

    AgentSession(AgentLink link, String jid, long nowNs) {
        this.link = link;
        this.jid = jid;
        openedNs = nowNs;
        lastHeardNs = nowNs;
        lastKeepaliveNs = nowNs;
    }

    /** The agent takes its configuration elsewhere from now on; asking again begins from nothing. */
    void stopConfig() {
        routerNode = null;
        configDue = false;
        configQueue.clear();
        idleEndNs = NEVER;
        configRevision = -1;
        view = new RouterView();
    }

    void markPending(String instance, Set<Prefix> prefixes) {
        if (!prefixes.isEmpty()) {
            pending.computeIfAbsent(instance, absent -> new LinkedHashSet<>()).addAll(prefixes);
        }
    }
}
