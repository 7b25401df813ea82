package io.weft.controller.xmpp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.controller.bgp.BgpSpeaker;
import io.weft.controller.config.ConfigChange;
import io.weft.controller.config.WatchDecoder;
import io.weft.protocol.net.IpAddress;
import io.weft.protocol.net.MacAddress;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.xmpp.AgentEncoder;
import io.weft.protocol.xmpp.NextHop;
import io.weft.protocol.xmpp.RouteEntry;
import io.weft.protocol.xmpp.Stanza;
import io.weft.protocol.xmpp.StreamEvent;
import io.weft.protocol.xmpp.StreamParser;
import io.weft.protocol.xmpp.XmppException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** The core without sockets, with given time. */
class ControlCoreTest {
    private static final long S = 1_000_000_000L;
    private static final String RED = "d:red:web:web";
    private static final Prefix POD = Prefix.parse("10.1.1.3/32");

    private final Queue<CoreEvent> inbox = new ArrayDeque<>();
    private final ControlCore core = new ControlCore(
            inbox, new CoreSettings(90_000, 300_000, 30_000, 20_000), ribs -> BgpSpeaker.off(ribs, ribs));
    private long now = 1000 * S;

    /** An agent as the core sees it: what it writes is parsed with the agent's codec. */
    private final class Agent implements AgentLink {
        private final String name;
        private final String host;
        private final StreamParser in = new StreamParser();
        private final StreamParser out = new StreamParser();
        private final AgentEncoder encoder;
        private final List<StreamEvent> events = new ArrayList<>();
        private boolean writable = true;
        private boolean closed;

        private Agent(String name, String host) {
            this.name = name;
            this.host = host;
            this.encoder = new AgentEncoder(name);
            say(encoder.streamOpen());
        }

        private void say(byte[] bytes) {
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

        private void lose() {
            inbox.add(new CoreEvent.Closed(this, "the test cut it"));
        }

        private void asksConfig() {
            say(encoder.configSubscribe("virtual-router:default-global-system-config:" + name));
        }

        private List<Stanza> stanzas() {
            return events.stream()
                    .filter(StreamEvent.Received.class::isInstance)
                    .map(event -> ((StreamEvent.Received) event).stanza())
                    .toList();
        }

        private List<Stanza.RouteItems> routes() {
            return stanzas().stream()
                    .filter(Stanza.RouteItems.class::isInstance)
                    .map(Stanza.RouteItems.class::cast)
                    .toList();
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
                in.feed(bytes, 0, bytes.length, events::add);
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

    private void turn() {
        core.doWork(now);
    }

    private void after(long seconds) {
        now += seconds * S;
        turn();
    }

    private void config(String events) {
        List<ConfigChange> changes = new ArrayList<>();
        new WatchDecoder(changes::add).feed(events.getBytes(StandardCharsets.UTF_8));
        assertFalse(changes.isEmpty());
        changes.forEach(change -> inbox.add(new CoreEvent.Configured(change)));
        turn();
    }

    private static String router(String name) {
        return "{\"fq_name\":[\"default-global-system-config\",\"" + name + "\"],\"uuid\":\"u-" + name
                + "\",\"parent_type\":\"global-system-config\",\"virtual_router_ip_address\":\"192.0.2.1\"}";
    }

    private static String instance(String project, int target) {
        return "{\"fq_name\":[\"d\",\"" + project + "\",\"web\",\"web\"],\"uuid\":\"ri-" + project
                + "\",\"parent_type\":\"virtual-network\",\"route_target_refs\":[{\"to\":[\"target:64512:" + target
                + "\"],\"uuid\":\"t\",\"attr\":{\"import_export\":null}}]}";
    }

    /** The site grows under a running controller: it waits for nobody. */
    private void twoRoutersAndRed() {
        config("event: init\nid: 4\ndata: {}\n\n"
                + "event: create\ndata: {\"virtual-router\":" + router("a") + "}\n\n"
                + "event: create\ndata: {\"virtual-router\":" + router("b") + "}\n\n"
                + "event: create\nid: 5\ndata: {\"routing-instance\":" + instance("red", 8000001) + "}\n\n");
    }

    private static RouteEntry route(int host) {
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

    @Test
    void sendsARouteToTheOtherSubscriberOnly() {
        twoRoutersAndRed();
        Agent a = new Agent("a", "192.0.2.1");
        Agent b = new Agent("b", "192.0.2.2");
        for (Agent agent : List.of(a, b)) {
            agent.asksConfig();
            agent.say(agent.encoder.subscribe(RED, 1, false));
        }
        a.say(a.encoder.publish(RED, route(1)));
        turn();
        assertEquals(List.of(), a.routes());
        assertEquals(
                List.of(new Stanza.RouteItems(RED, false, List.of(route(1)), List.of(), OptionalLong.of(5))),
                b.routes());
        a.say(a.encoder.withdraw(RED, POD));
        turn();
        assertEquals(List.of(POD), b.routes().getLast().retracts());
    }

    @Test
    void advertisesEqualPathsTogetherToBoth() {
        twoRoutersAndRed();
        Agent a = new Agent("a", "192.0.2.1");
        Agent b = new Agent("b", "192.0.2.2");
        for (Agent agent : List.of(a, b)) {
            agent.say(agent.encoder.subscribe(RED, 1, false));
        }
        a.say(a.encoder.publish(RED, route(1)));
        b.say(b.encoder.publish(RED, route(2)));
        turn();
        assertEquals(2, a.routes().getLast().items().getFirst().nextHops().size());
        assertEquals(a.routes().getLast().items(), b.routes().getLast().items());
    }

    @Test
    void keepsStaleRoutesUntilTheirTimeIsOver() {
        twoRoutersAndRed();
        Agent a = new Agent("a", "192.0.2.1");
        Agent b = new Agent("b", "192.0.2.2");
        a.say(a.encoder.publish(RED, route(1)));
        b.say(b.encoder.subscribe(RED, 1, false));
        turn();
        a.lose();
        turn();
        assertEquals(1, b.routes().size());
        for (int i = 0; i < 5; i++) {
            b.say(b.encoder.keepalive());
            after(59);
        }
        assertEquals(1, b.routes().size(), "295 s after the loss");
        b.say(b.encoder.keepalive());
        after(6);
        assertEquals(List.of(POD), b.routes().getLast().retracts());
    }

    @Test
    void sweepsWhatAReturnedAgentDoesNotConfirm() {
        twoRoutersAndRed();
        Agent a = new Agent("a", "192.0.2.1");
        Agent b = new Agent("b", "192.0.2.2");
        b.say(b.encoder.subscribe(RED, 1, false));
        RouteEntry kept = RouteEntry.of(Prefix.parse("10.1.1.4/32"), "d:red:web", route(1).nextHops());
        a.say(a.encoder.publish(RED, route(1)));
        a.say(a.encoder.publish(RED, kept));
        turn();
        assertEquals(1, b.routes().size());
        Agent again = new Agent("a", "192.0.2.1");
        again.say(again.encoder.publish(RED, kept));
        turn();
        assertTrue(a.closed, "the old session gave way");
        assertEquals(1, b.routes().size(), "nothing changed yet");
        again.say(again.encoder.endOfRib());
        turn();
        assertEquals(List.of(POD), b.routes().getLast().retracts());
        assertTrue(again.stanzas().contains(new Stanza.EndOfRib()));
    }

    @Test
    void refusesASecondSessionOfALiveAgentFromElsewhere() {
        twoRoutersAndRed();
        Agent a = new Agent("a", "192.0.2.1");
        turn();
        Agent thief = new Agent("a", "192.0.2.66");
        turn();
        assertTrue(thief.closed);
        assertFalse(a.closed);
    }

    @Test
    void closesASilentSession() {
        twoRoutersAndRed();
        Agent a = new Agent("a", "192.0.2.1");
        turn();
        after(45);
        assertTrue(a.events.contains(new StreamEvent.Keepalive()));
        assertFalse(a.closed);
        after(46);
        assertTrue(a.closed);
    }

    @Test
    void holdsAnUnknownAgentUntilItIsConfigured() {
        Agent a = new Agent("a", "192.0.2.1");
        a.say(a.encoder.publish(RED, route(1)));
        turn();
        assertEquals(List.of(), a.events);
        twoRoutersAndRed();
        assertEquals(StreamEvent.StreamOpen.class, a.events.getFirst().getClass());
        assertEquals(1, core.prefixes(RED).size());
    }

    @Test
    void refusesAnAgentThatStaysUnknown() {
        Agent a = new Agent("nobody", "192.0.2.1");
        twoRoutersAndRed();
        after(29);
        assertFalse(a.closed);
        after(2);
        assertTrue(a.closed);
    }

    @Test
    void defersASubscriptionUntilTheInstanceExists() {
        config("event: init\nid: 4\ndata: {}\n\n"
                + "event: create\ndata: {\"virtual-router\":" + router("a") + "}\n\n"
                + "event: create\nid: 5\ndata: {\"virtual-router\":" + router("b") + "}\n\n");
        Agent a = new Agent("a", "192.0.2.1");
        Agent b = new Agent("b", "192.0.2.2");
        b.say(b.encoder.subscribe(RED, 1, false));
        a.say(a.encoder.publish(RED, route(1)));
        turn();
        assertEquals(List.of(), b.routes());
        config("event: create\nid: 6\ndata: {\"routing-instance\":" + instance("red", 8000001) + "}\n\n");
        assertEquals(1, b.routes().size());
        config("event: delete\nid: 7\ndata: {\"routing-instance\":" + instance("red", 8000001) + "}\n\n");
        assertEquals(List.of(POD), b.routes().getLast().retracts());
    }

    @Test
    void coalescesWhatASlowAgentMisses() {
        twoRoutersAndRed();
        Agent a = new Agent("a", "192.0.2.1");
        Agent b = new Agent("b", "192.0.2.2");
        b.say(b.encoder.subscribe(RED, 1, false));
        turn();
        b.writable = false;
        for (int i = 0; i < 50; i++) {
            a.say(a.encoder.publish(RED, route(1).withLocalPreference(100 + i)));
            turn();
        }
        assertEquals(List.of(), b.routes());
        b.writable = true;
        inbox.add(new CoreEvent.Writable(b));
        turn();
        assertEquals(1, b.routes().size());
        assertEquals(149, b.routes().getFirst().items().getFirst().localPreference());
    }

    @Test
    void sendsConfigBeforeTheRoutesThatNeedIt() {
        twoRoutersAndRed();
        Agent a = new Agent("a", "192.0.2.1");
        Agent b = new Agent("b", "192.0.2.2");
        a.say(a.encoder.publish(RED, route(1)));
        b.say(b.encoder.subscribe(RED, 1, false));
        b.asksConfig();
        turn();
        List<Class<?>> kinds = new ArrayList<>();
        b.stanzas().forEach(stanza -> kinds.add(stanza.getClass()));
        assertEquals(List.of(Stanza.ConfigUpdate.class, Stanza.RouteItems.class), kinds);
    }

    @Test
    void followsLinksOfTheConfigToNewAndGoneObjects() {
        twoRoutersAndRed();
        Agent a = new Agent("a", "192.0.2.1");
        a.asksConfig();
        turn();
        int before = a.stanzas().size();
        String vm = "{\"fq_name\":[\"vm1\"],\"uuid\":\"vm1\"}";
        String linked = router("a").replace("}", ",\"virtual_machine_refs\":[{\"to\":[\"vm1\"],\"uuid\":\"vm1\"}]}");
        String port = "{\"fq_name\":[\"d\",\"red\",\"p1\"],\"uuid\":\"p1\",\"parent_type\":\"project\","
                + "\"virtual_machine_refs\":[{\"to\":[\"vm1\"],\"uuid\":\"vm1\",\"attr\":null}],"
                + "\"virtual_network_refs\":[{\"to\":[\"d\",\"red\",\"web\"],\"uuid\":\"n\"}]}";
        config("event: create\ndata: {\"virtual-machine\":" + vm + "}\n\n"
                + "event: create\ndata: {\"virtual-machine-interface\":" + port + "}\n\n"
                + "event: create\ndata: {\"virtual-network\":{\"fq_name\":[\"d\",\"red\",\"web\"],\"uuid\":\"n\"}}\n\n"
                + "event: update\nid: 6\ndata: {\"virtual-router\":" + linked + "}\n\n");
        assertEquals(before + 1, a.stanzas().size());
        Stanza.ConfigUpdate added = (Stanza.ConfigUpdate) a.stanzas().getLast();
        assertEquals(
                List.of("virtual-machine", "virtual-machine-interface", "virtual-network", "routing-instance"),
                added.nodes().stream().map(node -> node.type()).toList());
        assertEquals(4, added.links().size());
        assertEquals(OptionalLong.of(6), added.endOfConfig());
        config("event: update\nid: 7\ndata: {\"virtual-router\":" + router("a") + "}\n\n");
        Stanza.ConfigUpdate gone = (Stanza.ConfigUpdate) a.stanzas().getLast();
        assertEquals(4, gone.deletedNodes().size());
        assertEquals(4, gone.deletedLinks().size());
        assertEquals(List.of(), gone.nodes());
        config("event: revision\nid: 8\ndata: {}\n\n");
        assertEquals(before + 2, a.stanzas().size(), "nothing that concerns the agent");
    }
}
