package io.weft.controller.xmpp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.protocol.net.IpAddress;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.xmpp.RouteEntry;
import io.weft.protocol.xmpp.Stanza;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class RestartAndLivenessTest extends CoreScenario {
    /** What a controller finds that starts in a running site. */
    private void restarted() {
        config("event: init\nid: 5\ndata: {\"virtual-router\":[" + router("a") + "," + router("b") + "," + router("c")
                + "],\"routing-instance\":[" + instance("red", 8000001) + "]}\n\n");
    }

    private Agent subscriber(String name, int host) {
        Agent agent = new Agent(name, "192.0.2." + host);
        agent.asksConfig();
        agent.say(agent.encoder.subscribe(RED, 1, false));
        return agent;
    }

    private static boolean hasEnd(Agent agent) {
        return agent.stanzas().contains(new Stanza.EndOfRib());
    }

    @Test
    void waitsAfterAStartUntilEveryAgentHasPublishedAgain() {
        Agent a = subscriber("a", 1);
        Agent b = subscriber("b", 2);
        Agent c = subscriber("c", 3);
        turn();
        assertTrue(a.events.isEmpty(), "no stream before the configuration");
        restarted();
        a.say(a.encoder.publish(RED, route(1)));
        a.say(a.encoder.endOfRib());
        c.say(c.encoder.endOfRib());
        turn();
        for (Agent agent : List.of(a, b, c)) {
            assertEquals(5, agent.revision, "configuration does not wait");
            assertEquals(List.of(), agent.routes());
            assertFalse(hasEnd(agent));
        }
        b.say(b.encoder.publish(RED, route(2)));
        b.say(b.encoder.endOfRib());
        turn();
        assertEquals(1, c.routes().size());
        assertEquals(2, c.routes().getFirst().items().getFirst().nextHops().size(), "never a part of the set");
        assertTrue(hasEnd(a) && hasEnd(b) && hasEnd(c));
    }

    @Test
    void waitsForAMissingAgentOnlyItsTime() {
        restarted();
        Agent a = subscriber("a", 1);
        Agent c = subscriber("c", 3);
        a.say(a.encoder.publish(RED, route(1)));
        a.say(a.encoder.endOfRib());
        c.say(c.encoder.endOfRib());
        turn();
        after(19);
        assertEquals(List.of(), c.routes());
        assertTrue(core.nextTimerNs() <= now + S, "wakes by itself");
        after(1);
        assertEquals(1, c.routes().size());
        assertTrue(hasEnd(c));
    }

    @Test
    void givesALateAgentItsTimeButNoAgentMoreThanTwice() {
        restarted();
        Agent a = subscriber("a", 1);
        a.say(a.encoder.endOfRib());
        turn();
        subscriber("c", 3);
        after(18);
        subscriber("b", 2);
        turn();
        for (int i = 0; i < 7; i++) {
            after(3);
            assertEquals(18 + 3 * (i + 1) >= 38, hasEnd(a), "at " + (18 + 3 * (i + 1)) + " s");
        }
    }

    @Test
    void doesNotWaitForAnAgentThatIsRemovedFromTheConfiguration() {
        restarted();
        Agent a = subscriber("a", 1);
        Agent b = subscriber("b", 2);
        a.say(a.encoder.endOfRib());
        b.say(b.encoder.endOfRib());
        turn();
        assertFalse(hasEnd(a));
        config("event: delete\nid: 6\ndata: {\"virtual-router\":" + router("c") + "}\n\n");
        assertTrue(hasEnd(a));
    }

    private record Trio(Agent a, Agent b, Agent c) {}

    /** a has a route; b and c watch. */
    private Trio trio() {
        twoRoutersAndRed();
        config("event: create\nid: 6\ndata: {\"virtual-router\":" + router("c") + "}\n\n");
        Trio trio = new Trio(subscriber("a", 1), subscriber("b", 2), subscriber("c", 3));
        trio.a.say(trio.a.encoder.publish(RED, route(1)));
        turn();
        assertEquals(1, trio.c.routes().size());
        return trio;
    }

    private void reports(Agent by, int host, boolean up) {
        by.say(by.encoder.liveness(List.of(new Stanza.HostState(IpAddress.parse("192.0.2." + host), up))));
    }

    private static boolean isWithdrawn(Agent at) {
        return at.routes().getLast().retracts().contains(POD);
    }

    @Test
    void withdrawsAtOnceWhenSessionAndHostAreGoneInWhateverOrder() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        for (int order = 0; order < 6; order++) {
            RestartAndLivenessTest site = new RestartAndLivenessTest();
            Trio trio = site.trio();
            List<Runnable> steps = new ArrayList<>(
                    List.of(trio.a::lose, () -> site.reports(trio.b, 1, false), () -> site.reports(trio.c, 1, false)));
            Collections.shuffle(steps, new Random(seed + order));
            for (Runnable step : steps) {
                step.run();
                site.turn();
            }
            assertTrue(isWithdrawn(trio.b) && isWithdrawn(trio.c));
        }
    }

    @Test
    void keepsTheRoutesWhileSomebodyReachesTheHostOrNobodyKnows() {
        Trio trio = trio();
        trio.a.lose();
        turn();
        assertFalse(isWithdrawn(trio.b), "nobody says anything");
        reports(trio.c, 1, true);
        reports(trio.b, 1, false);
        turn();
        assertFalse(isWithdrawn(trio.b), "c has a way to it");
        trio.c.lose();
        turn();
        assertTrue(isWithdrawn(trio.b), "c's word ends with its session");
    }

    @Test
    void keepsEverythingWhenItIsCutOffFromAll() {
        Trio trio = trio();
        reports(trio.b, 1, false);
        turn();
        trio.b.lose();
        trio.c.lose();
        trio.a.lose();
        turn();
        Agent back = subscriber("c", 3);
        turn();
        assertEquals(POD, back.routes().getFirst().items().getFirst().prefix());
    }

    @Test
    void neverWithdrawsWhileTheSessionIsUp() {
        Trio trio = trio();
        reports(trio.b, 1, false);
        reports(trio.c, 1, false);
        turn();
        Agent again = subscriber("a", 1);
        turn();
        assertTrue(trio.a.closed, "replaced");
        assertFalse(again.closed);
        assertEquals(1, trio.b.routes().size());
    }

    @Test
    void bringsTheRoutesBackWithTheHost() {
        Trio trio = trio();
        trio.a.lose();
        reports(trio.b, 1, false);
        turn();
        assertTrue(isWithdrawn(trio.b));
        reports(trio.b, 1, true);
        turn();
        assertEquals(List.of(route(1)), trio.b.routes().getLast().items());
    }

    @Test
    void aReturnedAgentSpeaksForItselfAndUnconfirmedRoutesGoAtItsEnd() {
        Trio trio = trio();
        RouteEntry kept = RouteEntry.of(Prefix.parse("10.1.1.9/32"), "d:red:web", route(1).nextHops());
        trio.a.say(trio.a.encoder.publish(RED, kept));
        turn();
        trio.a.lose();
        reports(trio.b, 1, false);
        turn();
        assertEquals(2, trio.b.routes().getLast().retracts().size());
        Agent again = subscriber("a", 1);
        again.say(again.encoder.publish(RED, kept));
        turn();
        assertEquals(List.of(kept), trio.b.routes().getLast().items());
        again.say(again.encoder.endOfRib());
        turn();
        assertEquals(0, core.ribs.count("a", io.weft.controller.rib.Freshness.SUSPENDED));
        assertEquals(1, core.prefixes(RED).size());
    }

    @Test
    void showsHostsWithSessionReportersAndRoutes() {
        Trio trio = trio();
        trio.a.lose();
        reports(trio.b, 1, false);
        turn();
        CompletableFuture<Optional<Object>> answer = new CompletableFuture<>();
        inbox.add(new CoreEvent.Asked("/hosts", Map.of(), answer));
        turn();
        Map<?, ?> page = (Map<?, ?>) answer.join().orElseThrow();
        Map<?, ?> a = (Map<?, ?>) ((List<?>) page.get("hosts")).getFirst();
        assertEquals("a", a.get("host"));
        assertEquals("down", a.get("session"));
        assertEquals("down", a.get("liveness"));
        assertEquals(Map.of("b", "down"), a.get("reported_by"));
        assertEquals(1, a.get("routes_withdrawn"));
        assertEquals(0, a.get("routes_stale"));
        assertEquals(300_000L, a.get("stale_ms_left"));
    }

    @Test
    void refusesAReporterWithoutBound() {
        Trio trio = trio();
        List<Stanza.HostState> many = new ArrayList<>();
        for (int i = 0; i <= HostLiveness.MAX_HOSTS; i++) {
            many.add(new Stanza.HostState(
                    IpAddress.parse("10." + (i >> 16) + "." + (i >> 8 & 255) + "." + (i & 255)), true));
        }
        trio.b.say(trio.b.encoder.liveness(many));
        turn();
        assertTrue(trio.b.closed);
        assertFalse(trio.c.closed);
    }
}
