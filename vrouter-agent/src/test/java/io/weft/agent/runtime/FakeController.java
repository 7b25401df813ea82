package io.weft.agent.runtime;

import io.weft.protocol.xmpp.ConfigLink;
import io.weft.protocol.xmpp.ConfigNode;
import io.weft.protocol.xmpp.ConfigNode.Key;
import io.weft.protocol.xmpp.RouteChange;
import io.weft.protocol.xmpp.RouteEntry;
import io.weft.protocol.xmpp.RoutePairing;
import io.weft.protocol.xmpp.ServerEncoder;
import io.weft.protocol.xmpp.Stanza;
import io.weft.protocol.xmpp.StreamEvent;
import io.weft.protocol.xmpp.StreamParser;
import io.weft.protocol.xmpp.XmppException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/** The XMPP side of a controller: sends the configuration of a {@link FakeControlNode} and the remote routes it is given. */
final class FakeController implements AutoCloseable {
    private static final class Session {
        private Socket socket;
        private boolean config;
        private String jid = "";
        private Map<Key, ConfigNode> nodes = Map.of();
        private Map<String, ConfigLink> links = Map.of();
    }

    private final FakeControlNode node;
    private final Object lock;
    private final int port;
    private ServerSocket listener;
    private final List<Session> sessions = new ArrayList<>();
    private final Map<String, RouteEntry> published = new ConcurrentHashMap<>();
    private final Map<String, Integer> subscribed = new ConcurrentHashMap<>();
    private final Map<String, Boolean> liveness = new ConcurrentHashMap<>();
    private final Map<String, RouteEntry> remote = new TreeMap<>();
    private boolean configHeld;
    private boolean original;
    private volatile long withdrawals;

    FakeController(FakeControlNode node, Object lock) throws IOException {
        this.node = node;
        this.lock = lock;
        listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        port = listener.getLocalPort();
        start();
    }

    private void start() {
        ServerSocket of = listener;
        Thread.startVirtualThread(() -> accept(of));
    }

    /** Dies: no session and no listener. */
    void stop() throws IOException {
        listener.close();
        dropSessions();
    }

    /** Is back under the same address, and knows nothing of agents. */
    void restart() throws IOException {
        listener = new ServerSocket();
        listener.setReuseAddress(true);
        listener.bind(new java.net.InetSocketAddress(InetAddress.getLoopbackAddress(), port), 50);
        start();
    }

    /** From now on it names no revision, as an original controller. */
    void original() {
        synchronized (lock) {
            original = true;
        }
    }

    private OptionalLong revision() {
        return original ? OptionalLong.empty() : OptionalLong.of(node.revision());
    }

    String address() {
        return "127.0.0.1:" + port;
    }

    Map<String, RouteEntry> published() {
        return Map.copyOf(published);
    }

    Map<String, Integer> subscribed() {
        return Map.copyOf(subscribed);
    }

    /** Routes withdrawn by agents since the start. */
    long withdrawals() {
        return withdrawals;
    }

    /** What the agent said of other hosts, by address. */
    Map<String, Boolean> liveness() {
        return Map.copyOf(liveness);
    }

    /** Whether an agent takes its configuration here. */
    boolean isConfigSource() {
        synchronized (lock) {
            return sessions.stream().anyMatch(session -> session.config);
        }
    }

    /** While held no configuration is sent; then all that is due. */
    void holdConfig(boolean held) throws IOException {
        synchronized (lock) {
            configHeld = held;
            pushConfig();
        }
    }

    /** Sends what changed to those that want it; under the lock. */
    void pushConfig() throws IOException {
        for (Session session : sessions) {
            if (session.config && !configHeld) {
                pushConfig(session);
            }
        }
    }

    /** Closes every session, as a controller that dies. */
    void dropSessions() throws IOException {
        synchronized (lock) {
            for (Session session : sessions) {
                session.socket.close();
            }
            sessions.clear();
        }
    }

    /** Sends a remote route now and to whoever subscribes later. */
    void setRemote(RouteEntry entry) throws IOException {
        synchronized (lock) {
            remote.put(entry.prefix().toString(), entry);
            for (Session session : sessions) {
                sendRoutes(session, List.of(entry), List.of());
            }
        }
    }

    /** Removes a remote route; without telling anybody when `quietly`. */
    void removeRemote(RouteEntry entry, boolean quietly) throws IOException {
        synchronized (lock) {
            remote.remove(entry.prefix().toString());
            if (!quietly) {
                for (Session session : sessions) {
                    sendRoutes(session, List.of(), List.of(entry.prefix()));
                }
            }
        }
    }

    private void sendRoutes(Session session, List<RouteEntry> items, List<io.weft.protocol.net.Prefix> retracts)
            throws IOException {
        write(
                session,
                ServerEncoder.routes(
                        session.jid,
                        new Stanza.RouteItems(FakeControlNode.INSTANCE, false, items, retracts, revision())));
    }

    private static void write(Session session, byte[] bytes) throws IOException {
        session.socket.getOutputStream().write(bytes);
    }

    private void accept(ServerSocket of) {
        while (!of.isClosed()) {
            try {
                Session session = new Session();
                session.socket = of.accept();
                session.socket.setTcpNoDelay(true);
                Thread.startVirtualThread(() -> read(session));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void read(Session session) {
        StreamParser parser = new StreamParser();
        RoutePairing pairing = new RoutePairing();
        byte[] buffer = new byte[65536];
        try (Socket socket = session.socket) {
            for (int n = socket.getInputStream().read(buffer);
                    n >= 0;
                    n = socket.getInputStream().read(buffer)) {
                List<StreamEvent> events = new ArrayList<>();
                parser.feed(buffer, 0, n, events::add);
                synchronized (lock) {
                    for (StreamEvent event : events) {
                        event(session, pairing, event);
                    }
                }
            }
        } catch (IOException e) {
            // the agent or the test closed it
        } catch (XmppException e) {
            throw new AssertionError("the agent sent a broken stream", e);
        } finally {
            synchronized (lock) {
                sessions.remove(session);
            }
        }
    }

    private void event(Session session, RoutePairing pairing, StreamEvent event) throws IOException, XmppException {
        switch (event) {
            case StreamEvent.StreamOpen open -> {
                session.jid = open.from();
                sessions.add(session);
                published.clear();
                subscribed.clear();
                liveness.clear();
                write(session, ServerEncoder.streamOpen(open.from(), "++1"));
            }
            case StreamEvent.Received received -> stanza(session, pairing, received.stanza());
            default -> {
                // keepalives and the end
            }
        }
    }

    private void stanza(Session session, RoutePairing pairing, Stanza stanza) throws IOException, XmppException {
        switch (stanza) {
            case Stanza.ConfigSubscribe subscribe -> {
                session.config = true;
                if (!configHeld) {
                    pushConfig(session);
                }
            }
            case Stanza.Subscribe subscribe -> {
                subscribed.put(subscribe.instance(), subscribe.instanceId());
                if (!remote.isEmpty()) {
                    sendRoutes(session, List.copyOf(remote.values()), List.of());
                }
            }
            case Stanza.Unsubscribe unsubscribe -> subscribed.remove(unsubscribe.instance());
            case Stanza.Publish publish -> pairing.publish(publish);
            case Stanza.Collection collection -> change(session, pairing.collection(collection));
            case Stanza.EmptyPublish empty -> pairing.emptyPublish();
            case Stanza.EmptyCollection empty -> {
                if (pairing.emptyCollection().isPresent()) {
                    write(session, ServerEncoder.endOfRib(session.jid));
                }
            }
            case Stanza.Liveness said ->
                said.hosts().forEach(host -> liveness.put(host.address().getHostAddress(), host.up()));
            default -> throw new AssertionError("unexpected " + stanza);
        }
    }

    private void change(Session session, RouteChange change) {
        switch (change) {
            case RouteChange.Published route ->
                published.put(route.entry().prefix().toString(), route.entry());
            case RouteChange.Withdrawn route -> {
                withdrawals++;
                published.remove(route.prefix().toString());
            }
            case RouteChange.EndOfRib end -> {
                // answered where the collection is read
            }
        }
    }

    private void pushConfig(Session session) throws IOException {
        Map<Key, ConfigNode> nodes = new LinkedHashMap<>();
        Map<String, ConfigLink> links = new LinkedHashMap<>();
        node.graph(nodes, links);
        List<ConfigNode> newNodes = nodes.values().stream()
                .filter(found -> !found.equals(session.nodes.get(found.key())))
                .toList();
        List<ConfigLink> newLinks = links.entrySet().stream()
                .filter(entry -> !entry.getValue().equals(session.links.get(entry.getKey())))
                .map(Map.Entry::getValue)
                .toList();
        Set<Key> goneNodes = new HashSet<>(session.nodes.keySet());
        goneNodes.removeAll(nodes.keySet());
        List<ConfigLink> goneLinks = session.links.entrySet().stream()
                .filter(entry -> !links.containsKey(entry.getKey()))
                .map(Map.Entry::getValue)
                .toList();
        session.nodes = nodes;
        session.links = links;
        write(
                session,
                ServerEncoder.config(
                        "virtual-router:default-global-system-config:" + session.jid,
                        new Stanza.ConfigUpdate(newNodes, newLinks, goneLinks, List.copyOf(goneNodes), revision())));
    }

    @Override
    public void close() throws IOException {
        stop();
    }
}
