package io.weft.controller.bgp;

import io.weft.controller.config.ConfigGraph;
import io.weft.controller.vpn.VpnExports;
import io.weft.controller.vpn.VpnImports;
import io.weft.controller.vpn.VpnKey;
import io.weft.protocol.bgp.BgpEncoder;
import io.weft.protocol.bgp.DecodedUpdate;
import io.weft.protocol.bgp.Family;
import io.weft.protocol.bgp.Notification;
import io.weft.protocol.bgp.Open;
import io.weft.protocol.net.IpAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All BGP sessions of a controller between its VPN tables and its peers. Part of the core: its thread, its time; nothing blocks. */
public final class BgpSpeaker {
    private static final Logger LOG = LoggerFactory.getLogger(BgpSpeaker.class);
    private static final long MS = 1_000_000L;
    private static final long NEVER = Long.MAX_VALUE;

    /** One peer with what is told to it and learned from it; {@code out} is null while it is not established. */
    private static final class Peering implements PeerListener {
        private BgpPeer peer;
        private RibIn in;
        private RibOut out;
        private final BgpSpeaker speaker;

        private Peering(BgpSpeaker speaker) {
            this.speaker = speaker;
        }

        @Override
        public void up(BgpPeer of) {
            Open theirs = of.established().orElseThrow().theirs;
            Set<Family> families = of.families(theirs);
            in.up(theirs, families, speaker.nowNs);
            out = new RibOut(speaker.exports, of.config.localAsn(), families);
        }

        @Override
        public void down(BgpPeer of, boolean keep) {
            out = null;
            in.down(keep, speaker.nowNs);
        }

        @Override
        public void update(BgpPeer of, DecodedUpdate update) {
            in.update(of, update);
        }

        @Override
        public void refresh(BgpPeer of, Family family) {
            out.refresh(family);
        }
    }

    private final BgpSettings settings;
    private final BgpTransport transport;
    private final VpnImports imports;
    private final VpnExports exports;
    private final RandomGenerator random;
    private final Map<String, Peering> peers = new TreeMap<>();
    private final Map<String, Long> counters = new TreeMap<>();
    private BgpConfig config = BgpConfig.NONE;
    private Optional<InetSocketAddress> listen = Optional.empty();
    private String listening = "";
    private long listenDueNs = NEVER;
    private boolean complete;
    private long attempts;
    private long nowNs;

    /** @param random jitter of timers */
    public BgpSpeaker(
            BgpSettings settings,
            BgpTransport transport,
            VpnImports imports,
            VpnExports exports,
            RandomGenerator random) {
        this.settings = settings;
        this.transport = transport;
        this.imports = imports;
        this.exports = exports;
        this.random = random;
    }

    /** One that has no name, hence no peers. */
    public static BgpSpeaker off(VpnImports imports, VpnExports exports) {
        BgpTransport none = new BgpTransport() {
            @Override
            public void connect(long attempt, InetSocketAddress remote, InetAddress local) {
                throw new IllegalStateException("no BGP");
            }

            @Override
            public void listen(InetSocketAddress address) {
                throw new IllegalStateException("no BGP");
            }
        };
        return new BgpSpeaker(BgpSettings.NONE, none, imports, exports, new SplittableRandom(0));
    }

    // Configuration

    /** Some bgp-router or reference changed. */
    public void configure(ConfigGraph graph, long now) {
        nowNs = now;
        config = BgpConfig.read(graph, settings.name());
        config.errors().forEach((router, error) -> {
            count("config-errors");
            LOG.warn("bgp-router {} has no effect, what was known before stays: {}", router, error);
        });
        if (config.errors().keySet().stream().anyMatch(router -> router.endsWith(":" + settings.name()))) {
            return;
        }
        for (String name : List.copyOf(peers.keySet())) {
            PeerConfig wanted = config.peers().get(name);
            Peering present = peers.get(name);
            if (!present.peer.config.equals(wanted) && !config.errors().containsKey(name)) {
                peers.remove(name);
                int subcode = wanted == null
                        ? Notification.PEER_DECONFIGURED
                        : wanted.adminDown() ? Notification.ADMINISTRATIVE_SHUTDOWN : Notification.CONFIGURATION_CHANGE;
                present.peer.stop(subcode, now);
                present.in.down(false, now);
            }
        }
        config.peers().forEach((name, wanted) -> peers.computeIfAbsent(name, absent -> peering(wanted)));
        if (settings.listensByConfig() && !config.listen().equals(listen)) {
            listen = config.listen();
            transport.listen(listen.orElse(null));
        }
    }

    private Peering peering(PeerConfig wanted) {
        Peering peering = new Peering(this);
        peering.in = new RibIn(wanted, imports, settings.staleTimeMs() * MS);
        peering.peer =
                new BgpPeer(wanted, settings.times(), transport, peering, random, () -> ++attempts, () -> !complete);
        return peering;
    }

    // Events

    /** Never throws for what a peer did. */
    public void handle(BgpEvent event, long now) {
        nowNs = now;
        switch (event) {
            case BgpEvent.Accepted accepted -> accept(accepted.link());
            case BgpEvent.Connected connected -> {
                Optional<Peering> peering = find(peer -> peer.awaits(connected.attempt()));
                peering.ifPresentOrElse(
                        found -> found.peer.connected(connected.link(), now),
                        () -> connected.link().close());
            }
            case BgpEvent.ConnectFailed failed ->
                find(peer -> peer.awaits(failed.attempt()))
                        .ifPresent(found -> found.peer.connectFailed(failed.reason(), now));
            case BgpEvent.Received received ->
                owner(received.link())
                        .ifPresent(found -> found.peer.received(received.link(), received.message(), now));
            case BgpEvent.Broken broken ->
                owner(broken.link()).ifPresent(found -> found.peer.broken(broken.link(), broken.error(), now));
            case BgpEvent.Closed closed ->
                owner(closed.link()).ifPresent(found -> found.peer.closed(closed.link(), closed.reason(), now));
            case BgpEvent.Writable writable -> count("links-writable-again");
            case BgpEvent.Listening heard -> listening(heard);
        }
    }

    private void accept(BgpLink link) {
        List<Peering> candidates = peers.values().stream()
                .filter(peering -> IpAddress.format(peering.peer.config.remote().getAddress())
                        .equals(link.remoteHost()))
                .toList();
        if (candidates.isEmpty()) {
            count("connections-of-strangers");
            LOG.info("BGP connection from {} refused: no such peer", link.remote());
            link.write(BgpEncoder.encode(Notification.of(Notification.CEASE, Notification.CONNECTION_REJECTED)));
            link.flush();
            link.close();
            return;
        }
        // Several peers at one address: whichever has no session.
        Peering peering = candidates.stream()
                .filter(one -> one.peer.established().isEmpty())
                .findFirst()
                .orElse(candidates.getFirst());
        if (!peering.peer.accept(link, nowNs)) {
            link.close();
        }
    }

    private void listening(BgpEvent.Listening heard) {
        if (heard.error().isEmpty()) {
            listening = heard.where();
            listenDueNs = NEVER;
            LOG.info("BGP listens on {}", heard.where());
        } else {
            listening = "";
            count("listen-failures");
            LOG.warn("BGP cannot listen on {}: {}; trying again", heard.where(), heard.error());
            listenDueNs = nowNs + settings.times().connectRetryMs() * MS;
        }
    }

    private Optional<Peering> owner(BgpLink link) {
        return find(peer -> peer.owns(link));
    }

    private Optional<Peering> find(Predicate<BgpPeer> which) {
        return peers.values().stream()
                .filter(peering -> which.test(peering.peer))
                .findFirst();
    }

    // Turns

    /** Expires timers and sends what changed. @param complete whether the first routes of the agents are all here */
    public void doWork(long now, boolean complete) {
        nowNs = now;
        this.complete = complete;
        if (now >= listenDueNs) {
            listenDueNs = NEVER;
            listen.ifPresent(transport::listen);
        }
        for (Peering peering : new ArrayList<>(peers.values())) {
            peering.peer.doWork(now);
            peering.in.doWork(now);
        }
        Set<VpnKey> changes = exports.takeVpnChanges();
        for (Peering peering : peers.values()) {
            if (peering.out != null) {
                BgpLink link = peering.peer.established().orElseThrow().link;
                peering.out.changed(changes);
                peering.out.send(link, complete);
                link.flush();
            }
        }
    }

    /** When {@link #doWork} must be called though nothing happened. */
    public long nextTimerNs() {
        long next = listenDueNs;
        for (Peering peering : peers.values()) {
            next = Math.min(next, Math.min(peering.peer.nextTimerNs(), peering.in.nextTimerNs()));
        }
        return next;
    }

    private void count(String counter) {
        counters.merge(counter, 1L, Long::sum);
    }

    // Introspect

    /** The page {@code /bgp}. */
    public Map<String, Object> page() {
        Map<String, Object> page = new LinkedHashMap<>();
        page.put("name", settings.name());
        page.put("listening", listening);
        page.put("counters", new TreeMap<>(counters));
        List<Object> list = new ArrayList<>();
        peers.forEach((name, peering) -> list.add(page(peering)));
        page.put("peers", list);
        return page;
    }

    private Map<String, Object> page(Peering peering) {
        BgpPeer peer = peering.peer;
        Map<String, Object> one = new LinkedHashMap<>();
        one.put("peer", peer.config.name());
        one.put(
                "remote",
                IpAddress.format(peer.config.remote().getAddress()) + ":"
                        + peer.config.remote().getPort());
        one.put("autonomous_system", peer.config.remoteAsn());
        one.put("state", peer.state());
        peer.established().ifPresent(connection -> {
            one.put("up_ms", (nowNs - peer.establishedNs) / MS);
            one.put("opened_by", connection.outgoing ? "us" : "peer");
            one.put("hold_time_ms", connection.holdNs / MS);
            one.put(
                    "families",
                    peer.families(connection.theirs).stream()
                            .map(Family::toString)
                            .toList());
            one.put("routes_sent", peering.out.routes());
            one.put("updates_sent", peering.out.messages());
        });
        one.put("stale", peering.in.isStale());
        one.put("last_notification", peer.lastNotification);
        one.put("last_error", peer.lastError);
        one.put("counters", new TreeMap<>(peer.counters));
        return one;
    }
}
