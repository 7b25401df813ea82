package io.weft.controller.xmpp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.controller.bgp.BgpSpeaker;
import io.weft.controller.config.ConfigChange;
import io.weft.controller.config.RouterView;
import io.weft.controller.config.WatchDecoder;
import io.weft.protocol.net.IpAddress;
import io.weft.protocol.net.MacAddress;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.xmpp.AgentEncoder;
import io.weft.protocol.xmpp.ConfigLink;
import io.weft.protocol.xmpp.ConfigNode;
import io.weft.protocol.xmpp.NextHop;
import io.weft.protocol.xmpp.RouteEntry;
import io.weft.protocol.xmpp.Stanza;
import io.weft.protocol.xmpp.StreamEvent;
import io.weft.protocol.xmpp.StreamParser;
import io.weft.protocol.xmpp.XmppException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** A core without sockets, with given time, and agents as it sees them. Everything an agent is sent is checked against the order of revisions. */
abstract class CoreScenario {
    static final long S = 1_000_000_000L;
    static final String RED = "d:red:web:web";
    static final Prefix POD = Prefix.parse("10.1.1.3/32");

    final List<Agent> agents = new ArrayList<>();

    /** Route messages that were checked. */
    int checked;

    final Queue<CoreEvent> inbox = new ArrayDeque<>();
    final ControlCore core = new ControlCore(
            inbox, new CoreSettings(90_000, 300_000, 30_000, 20_000), ribs -> BgpSpeaker.off(ribs, ribs));
    long now = 1000 * S;

    /** An agent as the core sees it: what it writes is parsed with the agent's codec. */
    final class Agent implements AgentLink {
        final String name;
        final String host;
        final StreamParser in = new StreamParser();
        final StreamParser out = new StreamParser();
        final AgentEncoder encoder;
        final List<StreamEvent> events = new ArrayList<>();
        final Map<ConfigNode.Key, ConfigNode> nodes = new HashMap<>();
        final Map<List<ConfigNode.Key>, ConfigLink> links = new HashMap<>();
        long revision = -1;
        boolean midRevision;
        boolean takesConfig;
        boolean writable = true;
        boolean closed;

        Agent(String name, String host) {
            this.name = name;
            this.host = host;
            this.encoder = new AgentEncoder(name);
            agents.add(this);
            say(encoder.streamOpen());
        }

        void say(byte[] bytes) {
            try {
                out.feed(bytes, 0, bytes.length, event -> {
                    switch (event) {
                        case StreamEvent.StreamOpen open -> inbox.add(new CoreEvent.Opened(this, open.from()));
                        case StreamEvent.Received received ->
                            inbox.add(new CoreEvent.Received(this, received.stanza()));
                        case StreamEvent.Keepalive keepalive -> inbox.add(new CoreEvent.Heard(this));
                        case StreamEvent.StreamClose close -> inbox.add(new CoreEvent.Closed(this, "closed"));
                    }
                });
            } catch (XmppException e) {
                throw new AssertionError(e);
            }
        }

        void lose() {
            inbox.add(new CoreEvent.Closed(this, "the test cut it"));
        }

        void asksConfig() {
            takesConfig = true;
            say(encoder.configSubscribe("virtual-router:default-global-system-config:" + name));
        }

        List<Stanza> stanzas() {
            return events.stream()
                    .filter(StreamEvent.Received.class::isInstance)
                    .map(event -> ((StreamEvent.Received) event).stanza())
                    .toList();
        }

        List<Stanza.RouteItems> routes() {
            return stanzas().stream()
                    .filter(Stanza.RouteItems.class::isInstance)
                    .map(Stanza.RouteItems.class::cast)
                    .toList();
        }

        /** What every message must hold to, in every test. */
        private void learn(Stanza stanza) {
            switch (stanza) {
                case Stanza.ConfigUpdate update -> {
                    update.nodes().forEach(node -> nodes.put(node.key(), node));
                    update.links().forEach(link -> links.put(List.of(link.from(), link.to()), link));
                    update.deletedLinks().forEach(link -> links.remove(List.of(link.from(), link.to())));
                    update.deletedNodes().forEach(nodes::remove);
                    midRevision = update.endOfConfig().isEmpty();
                    if (update.endOfConfig().isPresent()) {
                        assertTrue(update.endOfConfig().getAsLong() >= revision, "revisions go back");
                        revision = update.endOfConfig().getAsLong();
                    }
                }
                case Stanza.RouteItems items -> {
                    checked++;
                    assertFalse(midRevision, "routes in the middle of a revision");
                    long carried = items.revision().orElseThrow();
                    assertEquals(takesConfig ? revision : core.graph.revision(), carried, "revision of routes");
                    for (Agent agent : agents) {
                        if (agent.takesConfig && agent.writable && core.byLink.containsKey(agent)) {
                            agent.hasAllConfig();
                        }
                    }
                }
                case Stanza.EndOfRib end -> assertTrue(core.graph.revision() >= 0, "end of RIB before configuration");
                default -> {
                    // nothing to hold to
                }
            }
        }

        /** The slow twin of what a session was sent: the view of the present configuration made from nothing. */
        private void hasAllConfig() {
            RouterView view = new RouterView();
            view.setRoots(Set.of(new ConfigNode.Key("virtual-router", "default-global-system-config:" + name)));
            view.advance(core.graph);
            assertEquals(view.nodes(), nodes, "config of " + name + " when routes of a later revision are sent");
            assertEquals(Map.copyOf(view.links()), links);
        }

        @Override
        public String remote() {
            return host + ":1";
        }

        @Override
        public String remoteHost() {
            return host;
        }

        @Override
        public boolean writable() {
            return writable;
        }

        @Override
        public void write(byte[] bytes) {
            try {
                in.feed(bytes, 0, bytes.length, event -> {
                    events.add(event);
                    if (event instanceof StreamEvent.Received received) {
                        learn(received.stanza());
                    }
                });
            } catch (XmppException e) {
                // A stream error before the stream was answered is no well-formed stream.
                closed = true;
            }
        }

        @Override
        public void flush() {
            // every write is parsed at once
        }

        @Override
        public CompletableFuture<Void> close() {
            closed = true;
            return CompletableFuture.completedFuture(null);
        }
    }

    void turn() {
        core.doWork(now);
    }

    void after(long seconds) {
        now += seconds * S;
        turn();
    }

    void config(String events) {
        List<ConfigChange> changes = new ArrayList<>();
        new WatchDecoder(changes::add).feed(events.getBytes(StandardCharsets.UTF_8));
        assertFalse(changes.isEmpty());
        changes.forEach(change -> inbox.add(new CoreEvent.Configured(change)));
        turn();
    }

    /** Host a has 192.0.2.1, b has 192.0.2.2. */
    static String router(String name) {
        return "{\"fq_name\":[\"default-global-system-config\",\"" + name + "\"],\"uuid\":\"u-" + name
                + "\",\"parent_type\":\"global-system-config\",\"virtual_router_ip_address\":\"192.0.2."
                + (name.charAt(0) - 'a' + 1) + "\"}";
    }

    static String instance(String project, int target) {
        return "{\"fq_name\":[\"d\",\"" + project + "\",\"web\",\"web\"],\"uuid\":\"ri-" + project
                + "\",\"parent_type\":\"virtual-network\",\"route_target_refs\":[{\"to\":[\"target:64512:" + target
                + "\"],\"uuid\":\"t\",\"attr\":{\"import_export\":null}}]}";
    }

    /** The site grows under a running controller: it waits for nobody. */
    void twoRoutersAndRed() {
        config("event: init\nid: 4\ndata: {}\n\n"
                + "event: create\ndata: {\"virtual-router\":" + router("a") + "}\n\n"
                + "event: create\ndata: {\"virtual-router\":" + router("b") + "}\n\n"
                + "event: create\nid: 5\ndata: {\"routing-instance\":" + instance("red", 8000001) + "}\n\n");
    }

    static RouteEntry route(int host) {
        return RouteEntry.of(
                POD,
                "d:red:web",
                List.of(NextHop.of(
                        IpAddress.parse("192.0.2." + host),
                        MacAddress.parse("02:00:00:00:00:01"),
                        20,
                        7,
                        List.of("vxlan", "udp"))));
    }
}
