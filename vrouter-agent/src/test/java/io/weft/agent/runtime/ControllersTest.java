package io.weft.agent.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.agent.compile.ConfigGraph;
import io.weft.agent.compile.RouteTable;
import io.weft.agent.session.Connection;
import io.weft.agent.session.ControllerSession;
import io.weft.agent.session.HeldRoutes;
import io.weft.agent.session.Publications;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.settings.SettingValues;
import io.weft.protocol.xmpp.ConfigNode;
import io.weft.protocol.xmpp.RouteEntry;
import io.weft.protocol.xmpp.Stanza;
import io.weft.protocol.xmpp.StreamEvent;
import io.weft.protocol.xmpp.XmlTree;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ControllersTest {
    private static final long SECOND_NS = 1_000_000_000L;

    private final List<Connection.Listener> connections = new ArrayList<>();
    private final RouteTable routes = new RouteTable();
    private final Publications publications = new Publications();
    private Controllers controllers;

    @BeforeEach
    void open() {
        AgentSettings settings = AgentSettings.of(SettingValues.parse(
                AgentSettings.TABLE,
                List.of(
                        "--name=h1",
                        "--underlay-address=192.0.2.1",
                        "--uplink=fabric0",
                        "--controllers=127.0.0.1:1,127.0.0.1:2"),
                Map.of(),
                file -> ""));
        controllers = new Controllers(
                settings,
                (address, listener) -> {
                    connections.add(listener);
                    return new Connection() {
                        @Override
                        public void send(byte[] bytes) {
                            // what is said is not this test's matter
                        }

                        @Override
                        public void close() {
                            // nothing to close
                        }
                    };
                },
                new ConfigGraph(),
                routes,
                publications,
                new SplittableRandom(1),
                0);
        publications.join("net", 1);
        controllers.tick(0);
        connections.forEach(listener -> {
            listener.connected();
            listener.received(List.of(new StreamEvent.StreamOpen("server", "h1", "1")));
        });
        assertEquals(2, controllers.up());
    }

    private ControllerSession session(int index) {
        return controllers.sessions().get(index);
    }

    private void say(int index, Stanza stanza) {
        connections.get(index).received(List.of(new StreamEvent.Received(stanza)));
    }

    private static Stanza.RouteItems add(int first, int count, long revision) {
        List<RouteEntry> entries = new ArrayList<>();
        for (int i = first; i < first + count; i++) {
            String prefix = "10.%d.%d.%d/32".formatted(i >> 16, i >> 8 & 255, i & 255);
            entries.add(RouteEntry.of(Prefix.parse(prefix), "default-domain:red:web", List.of()));
        }
        return new Stanza.RouteItems("net", false, entries, List.of(), OptionalLong.of(revision));
    }

    private static Stanza endOfConfig(long revision) {
        return new Stanza.ConfigUpdate(List.of(), List.of(), List.of(), List.of(), OptionalLong.of(revision));
    }

    @Test
    void endsASessionWhoseRoutesAreTooManyToWaitAndLearnsNoneOfThem() {
        assertTrue(controllers.isConfigSession(session(0)));
        say(0, endOfConfig(4));
        say(1, add(0, HeldRoutes.ROUTES_MAX, 5));
        controllers.time(7 * SECOND_NS);
        assertEquals(new Controllers.Waiting(HeldRoutes.ROUTES_MAX, 7_000), controllers.waiting(session(1)));
        say(1, add(HeldRoutes.ROUTES_MAX, 1, 5));
        assertEquals(1, controllers.up());
        assertEquals(
                "more than 65536 routes wait for configuration newer than revision 4",
                session(1).counters().lastReason());
        assertEquals(1, controllers.counters().heldRefused());
        assertEquals(0, controllers.waiting(session(1)).routes());
        say(0, endOfConfig(5));
        assertEquals(0, routes.count());
        say(0, add(0, 3, 5));
        assertEquals(3, routes.count(), "the other session goes on");
    }

    @Test
    void aControllerThatNamesRevisionsMayStopInTheMiddleOfItsConfigurationForAsLongAsItLikes() {
        Stanza part = new Stanza.ConfigUpdate(
                List.of(new ConfigNode("virtual-network", "a:b:c", XmlTree.EMPTY)),
                List.of(),
                List.of(),
                List.of(),
                OptionalLong.empty());
        say(0, add(0, 2, 3));
        say(0, part);
        say(1, add(5, 2, 3));
        controllers.tick(20 * SECOND_NS);
        controllers.tick(40 * SECOND_NS);
        assertEquals(2, controllers.up());
        assertEquals(0, routes.count());
        say(0, endOfConfig(3));
        assertEquals(4, routes.count());

        connections.get(0).closed("gone");
        assertTrue(controllers.isConfigSession(session(1)));
        say(1, part);
        say(1, add(7, 1, 3));
        controllers.tick(80 * SECOND_NS);
        assertEquals(4, routes.count());
        say(1, endOfConfig(3));
        assertEquals(5, routes.count());
    }

    @Test
    void learnsUpToTheRevisionThatIsThereAndKeepsTheOrder() {
        say(0, add(0, 2, 3));
        assertEquals(0, routes.count(), "the configuration has not been sent as a whole");
        say(0, endOfConfig(3));
        assertEquals(2, routes.count());
        say(1, add(2, 2, 5));
        say(1, add(4, 2, 3));
        say(1, new Stanza.EndOfRib());
        assertEquals(2, routes.count());
        say(0, endOfConfig(4));
        assertEquals(2, routes.count());
        say(
                1,
                new Stanza.RouteItems(
                        "net", false, List.of(), List.of(Prefix.parse("10.0.0.2/32")), OptionalLong.of(5)));
        assertEquals(new Controllers.Waiting(4, 0), controllers.waiting(session(1)));
        say(0, endOfConfig(6));
        assertEquals(5, routes.count());
        assertEquals(0, controllers.waiting(session(1)).routes());
    }
}
