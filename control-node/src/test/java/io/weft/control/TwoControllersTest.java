package io.weft.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.protocol.net.IpAddress;
import io.weft.protocol.net.MacAddress;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.xmpp.NextHop;
import io.weft.protocol.xmpp.RouteEntry;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two controllers in one configuration, each with an agent of its own, on loopback. */
class TwoControllersTest {
    private static final Prefix ONE = Prefix.parse("10.1.1.3/32");
    private static final Prefix TWO = Prefix.parse("fd00:1:1::4/128");

    @TempDir
    private Path folder;

    static int freePort(String address) throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByName(address))) {
            return socket.getLocalPort();
        }
    }

    private static void awaitBoth(Site site, ControlNode a, ControlNode b) {
        Site.await(() -> site.isUp(a) && site.isUp(b), () -> site.page(a, "/bgp") + site.page(b, "/bgp"));
    }

    @Test
    void tellEachOtherTheRoutesOfTheirAgents() throws IOException {
        try (Site site = new Site(folder)) {
            ControlNode a = site.start("a");
            ControlNode b = site.start("b");
            site.hostsAndNetwork();
            int portOfA = freePort("127.0.0.2");
            site.bgpRouter("a", "127.0.0.2", portOfA);
            site.bgpRouter("b", "127.0.0.3", freePort("127.0.0.3"));
            awaitBoth(site, a, b);
            String xmppOfA = Site.ready(a, "xmpp");
            try (TestAgent one = new TestAgent("h1", "192.0.2.1", xmppOfA, Site.RED);
                    TestAgent two = new TestAgent("h2", "192.0.2.2", Site.ready(b, "xmpp"), Site.RED)) {
                one.publish(Site.RED, ONE.toString(), 20);
                two.publish(Site.RED, TWO.toString(), 21);
                one.endOfRib();
                two.endOfRib();
                Site.await(
                        () -> two.routes.containsKey(ONE) && one.routes.containsKey(TWO),
                        () -> one.routes + " " + two.routes + site.page(a, "/bgp") + site.page(b, "/bgp"));
                check(two.routes.get(ONE), "192.0.2.1", 20);
                check(one.routes.get(TWO), "192.0.2.2", 21);

                // Another hold time resets the session; routes go and come back.
                site.update(
                        "bgp-router",
                        "b",
                        "'bgp_router_parameters':{'autonomous_system':64512,'identifier':'127.0.0.3','address':'127.0.0.3','port':"
                                + freePort("127.0.0.3") + ",'hold_time':12}");
                Site.await(
                        () -> site.page(a, "/bgp").contains("\"hold_time_ms\" : 9000")
                                && site.isUp(a)
                                && site.isUp(b)
                                && !site.page(b, "/bgp").contains("127.0.0.3:" + portOfA),
                        () -> site.page(a, "/bgp") + site.page(b, "/bgp"));
                Site.await(() -> two.routes.containsKey(ONE), () -> site.page(b, "/routes?instance=" + Site.RED));

                dieAndReturn(site, a, b, one, two);
            }
        }
    }

    /** The first keeps the second's routes until that is back and has told its own again. */
    private static void dieAndReturn(Site site, ControlNode a, ControlNode b, TestAgent one, TestAgent two)
            throws IOException {
        Site.await(() -> one.routes.containsKey(TWO), () -> site.page(a, "/routes?instance=" + Site.RED));
        site.stop(b);
        two.close();
        Site.await(
                () -> site.page(a, "/routes?instance=" + Site.RED).contains("\"stale\""),
                () -> site.page(a, "/routes?instance=" + Site.RED));
        assertTrue(one.routes.containsKey(TWO), "stale routes stay");
        ControlNode again = site.start("b");
        awaitBoth(site, a, again);
        Site.await(() -> !one.routes.containsKey(TWO), () -> site.page(a, "/bgp"));
        try (TestAgent back = new TestAgent("h2", "192.0.2.2", Site.ready(again, "xmpp"), Site.RED)) {
            back.publish(Site.RED, TWO.toString(), 22);
            back.endOfRib();
            Site.await(
                    () -> Optional.ofNullable(one.routes.get(TWO))
                            .map(entry -> entry.nextHops().getFirst().label() == 22)
                            .orElse(false),
                    () -> site.page(a, "/bgp"));
            Site.await(() -> back.routes.containsKey(ONE), () -> site.page(again, "/bgp"));
            one.withdraw(Site.RED, ONE.toString());
            Site.await(() -> !back.routes.containsKey(ONE), () -> site.page(again, "/bgp"));
        }
    }

    private static void check(RouteEntry entry, String host, int label) {
        NextHop hop = entry.nextHops().getFirst();
        assertEquals(IpAddress.parse(host), hop.address());
        assertEquals(label, hop.label());
        assertEquals(Optional.of(MacAddress.parse("02:00:00:00:00:01")), hop.mac());
        assertTrue(hop.l3Label() > 0, "VNI from the origin network");
        assertEquals("default-domain:default-project:red", entry.virtualNetwork());
        assertEquals(List.of("vxlan", "udp"), hop.encapsulations());
        assertEquals(100, entry.localPreference());
    }
}
