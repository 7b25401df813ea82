package io.weft.agent.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.agent.compile.ConfigGraph;
import io.weft.agent.session.Publications.RouteKey;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.xmpp.AgentEncoder;
import io.weft.protocol.xmpp.ConfigNode;
import io.weft.protocol.xmpp.ConfigNode.Key;
import io.weft.protocol.xmpp.RouteChange;
import io.weft.protocol.xmpp.RouteEntry;
import io.weft.protocol.xmpp.RoutePairing;
import io.weft.protocol.xmpp.Stanza;
import io.weft.protocol.xmpp.StreamEvent;
import io.weft.protocol.xmpp.StreamParser;
import io.weft.protocol.xmpp.XmlTree;
import io.weft.protocol.xmpp.XmppException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import org.junit.jupiter.api.Test;

class PublicationsTest {
    /** What a controller makes of the bytes. */
    private static final class Peer {
        private final AgentEncoder encoder = new AgentEncoder("h1");
        private final StreamParser parser = new StreamParser();
        private final RoutePairing pairing = new RoutePairing();
        private final Map<String, Integer> instances = new HashMap<>();
        private final Map<RouteKey, RouteEntry> routes = new HashMap<>();

        Peer() throws XmppException {
            feed(encoder.streamOpen());
        }

        void take(List<Message> messages) throws XmppException {
            for (Message message : messages) {
                feed(message.encode(encoder));
            }
        }

        private void feed(byte[] bytes) throws XmppException {
            List<StreamEvent> events = new java.util.ArrayList<>();
            parser.feed(bytes, 0, bytes.length, events::add);
            for (StreamEvent event : events) {
                if (event instanceof StreamEvent.Received received) {
                    stanza(received.stanza());
                }
            }
        }

        private void stanza(Stanza stanza) throws XmppException {
            switch (stanza) {
                case Stanza.Subscribe subscribe ->
                    assertEquals(null, instances.put(subscribe.instance(), subscribe.instanceId()), "subscribed twice");
                case Stanza.Unsubscribe leave -> {
                    assertEquals(leave.instanceId(), instances.remove(leave.instance()));
                    assertTrue(
                            routes.keySet().stream()
                                    .noneMatch(key -> key.instance().equals(leave.instance())),
                            "routes are withdrawn before the instance is left");
                }
                case Stanza.Publish publish -> pairing.publish(publish);
                case Stanza.Collection collection -> {
                    switch (pairing.collection(collection)) {
                        case RouteChange.Published route -> {
                            assertTrue(instances.containsKey(route.instance()), "published before it subscribed");
                            routes.put(
                                    new RouteKey(route.instance(), route.entry().prefix()), route.entry());
                        }
                        case RouteChange.Withdrawn route ->
                            routes.remove(new RouteKey(route.instance(), route.prefix()));
                        case RouteChange.EndOfRib end -> throw new AssertionError(end);
                    }
                }
                default -> throw new AssertionError(stanza);
            }
        }
    }

    @Test
    void everySessionKnowsWhatIsPublishedAfterRandomChanges() throws XmppException {
        long seed = new Random().nextLong();
        System.out.println("everySessionKnowsWhatIsPublishedAfterRandomChanges seed " + seed);
        Random random = new Random(seed);
        Publications publications = new Publications();
        Map<Integer, Peer> peers = new HashMap<>();
        for (int round = 0; round < 500; round++) {
            String instance = "d:p:n" + random.nextInt(3);
            RouteKey key = new RouteKey(instance, Prefix.parse("10.0.0." + random.nextInt(5) + "/32"));
            int session = random.nextInt(2);
            switch (random.nextInt(7)) {
                case 0 -> publications.leave(instance);
                case 1 -> publications.join(instance, 1 + random.nextInt(2));
                case 2, 3 -> {
                    if (publications.instances().containsKey(instance)) {
                        publications.publish(key, RouteEntry.of(key.prefix(), "d:p:v" + random.nextInt(2), List.of()));
                    }
                }
                case 4 -> publications.withdraw(key);
                case 5 -> {
                    publications.begin(session);
                    peers.put(session, new Peer());
                }
                default -> {
                    publications.end(session);
                    peers.remove(session);
                }
            }
            if (random.nextInt(3) == 0) {
                for (Map.Entry<Integer, Peer> peer : peers.entrySet()) {
                    peer.getValue().take(publications.take(peer.getKey()));
                    assertEquals(publications.instances(), peer.getValue().instances, "seed " + seed);
                    assertEquals(publications.routes(), peer.getValue().routes, "seed " + seed);
                }
            }
        }
    }

    private static Stanza.ConfigUpdate update(String name, OptionalLong end) {
        return new Stanza.ConfigUpdate(
                List.of(new ConfigNode("virtual-network", name, XmlTree.EMPTY)), List.of(), List.of(), List.of(), end);
    }

    @Test
    void appliesAConfigurationWholeAndSweepsWhatIsNotRepeated() {
        ConfigGraph graph = new ConfigGraph();
        ConfigInbox inbox = new ConfigInbox(graph);
        inbox.begin(0);
        inbox.receive(update("a", OptionalLong.empty()), 0);
        assertTrue(graph.node(new Key("virtual-network", "a")).isEmpty(), "more follows");
        inbox.receive(update("b", OptionalLong.of(4)), 0);
        assertTrue(inbox.isComplete());
        assertEquals(4, inbox.revision());
        assertTrue(graph.node(new Key("virtual-network", "a")).isPresent());
        inbox.end();
        inbox.begin(0);
        assertFalse(inbox.isComplete());
        assertTrue(graph.node(new Key("virtual-network", "a")).isPresent(), "kept while there is no controller");
        inbox.receive(update("b", OptionalLong.of(5)), 0);
        assertTrue(graph.node(new Key("virtual-network", "a")).isEmpty());
        assertTrue(graph.node(new Key("virtual-network", "b")).isPresent());
    }

    @Test
    void aControllerThatTakesOverIsNotHeardBeforeItKnowsAsMuchAsTheOneBefore() {
        long second = 1_000_000_000L;
        ConfigGraph graph = new ConfigGraph();
        ConfigInbox inbox = new ConfigInbox(graph);
        Key fresh = new Key("virtual-network", "new");
        inbox.begin(0);
        inbox.receive(update("new", OptionalLong.of(7)), 0);
        for (boolean catchesUp : List.of(true, false)) {
            inbox.end();
            inbox.begin(1);
            inbox.receive(update("old", OptionalLong.of(5)), second);
            inbox.receive(update("old", OptionalLong.of(6)), 2 * second);
            assertEquals(11 * second, inbox.tick(2 * second));
            assertFalse(inbox.isComplete());
            assertTrue(graph.node(fresh).isPresent(), "nothing is taken back");
            if (catchesUp) {
                inbox.receive(update("new", OptionalLong.of(7)), 3 * second);
            } else {
                inbox.tick(11 * second);
            }
            assertTrue(inbox.isComplete());
            assertEquals(catchesUp ? 7 : 6, inbox.revision());
            assertEquals(catchesUp, graph.node(fresh).isPresent());
            inbox.end();
            inbox.begin(0);
            inbox.receive(update("new", OptionalLong.of(7)), 0);
            assertTrue(inbox.isComplete(), "newer is taken at once");
        }
        inbox.begin(0);
        inbox.receive(update("new", OptionalLong.of(1)), 0);
        assertTrue(inbox.isComplete(), "the same controller may count anew");
    }

    @Test
    void takesConfigurationOfAPeerWithoutMarkersAfterASilence() {
        ConfigGraph graph = new ConfigGraph();
        ConfigInbox inbox = new ConfigInbox(graph);
        inbox.begin(0);
        inbox.tick(60_000_000_000L);
        assertFalse(inbox.isComplete(), "nothing was sent yet");
        inbox.receive(update("a", OptionalLong.empty()), 60_000_000_000L);
        inbox.tick(60_100_000_000L);
        assertTrue(graph.node(new Key("virtual-network", "a")).isEmpty());
        inbox.tick(60_200_000_000L);
        assertTrue(graph.node(new Key("virtual-network", "a")).isPresent());
        assertFalse(inbox.isComplete());
        inbox.tick(75_000_000_000L);
        assertTrue(inbox.isComplete());
    }
}
