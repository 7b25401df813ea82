package io.weft.agent.runtime;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.weft.dataplane.Liveness;
import io.weft.dataplane.Operation;
import io.weft.dataplane.PlaneObject;
import io.weft.dataplane.PolicySet;
import io.weft.dataplane.Route;
import io.weft.dataplane.Vif;
import io.weft.dataplane.VifType;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** One agent, two controllers of one configuration. */
class TwoControllersTest extends AgentFixture {
    private FakeController left;
    private FakeController right;

    @Override
    void prepare() throws IOException {
        left = control.first();
        right = control.addController();
    }

    @Override
    String controllers() {
        return left.address() + "," + right.address();
    }

    /** The one that gives configuration. */
    private FakeController source() {
        return left.isConfigSource() ? left : right;
    }

    private FakeController other() {
        return left.isConfigSource() ? right : left;
    }

    private JsonNode session(FakeController controller) throws Exception {
        for (JsonNode session : introspect(agent, "/sessions").path("sessions")) {
            if (session.path("controller").asText().equals(controller.address())) {
                return session;
            }
        }
        throw new AssertionError("no session with " + controller.address());
    }

    private boolean hasRoute(String prefix) {
        return plane.all(Route.class).stream()
                .anyMatch(route -> route.prefix().toString().equals(prefix));
    }

    private void addPort() throws IOException {
        assertEquals(0, add("c1").exit());
        await().atMost(5, SECONDS)
                .until(() -> left.published().size() == 2 && right.published().size() == 2);
    }

    @Test
    void routesOfOneWaitForTheConfigurationThatTheOtherSendsLate() throws Exception {
        addPort();
        FakeController early = other();
        FakeController late = source();
        late.holdConfig(true);
        control.guard(true);
        plane.takeChanges();
        early.setRemote(remote(2));
        await().atMost(5, SECONDS)
                .until(() -> session(early).path("held").path("routes").asInt() == 1);
        await().during(2, SECONDS).atMost(4, SECONDS).until(() -> !hasRoute("10.1.1.9/32"));
        assertTrue(session(early).path("held").path("oldestMs").asLong() >= 1_900);
        assertEquals(List.of(), plane.takeChanges(), "nothing is open while the lists are missing");

        late.holdConfig(false);
        await().atMost(5, SECONDS).until(() -> hasRoute("10.1.1.9/32"));
        List<? extends PlaneObject> order = plane.takeChanges().stream()
                .filter(Operation.Set.class::isInstance)
                .map(change -> ((Operation.Set) change).object())
                .filter(object -> object instanceof PolicySet
                        || object instanceof Vif
                        || object instanceof Route route
                                && route.prefix().toString().equals("10.1.1.9/32"))
                .toList();
        assertTrue(order.getLast() instanceof Route, "the route comes last: " + order);
        assertEquals(3, order.stream().filter(PolicySet.class::isInstance).count());
        assertFalse(plane.all(Vif.class).stream()
                .filter(vif -> vif.type() == VifType.VIRTUAL)
                .findFirst()
                .orElseThrow()
                .ingressPolicyIds()
                .contains(PolicySet.NONE));
        assertEquals(0, session(early).path("held").path("routes").asInt());
    }

    @Test
    void routesWaitForTheEndOfConfigurationOfTheControllerThatTakesOver() throws Exception {
        addPort();
        FakeController gone = source();
        FakeController next = other();
        next.holdConfig(true);
        gone.stop();
        await().atMost(5, SECONDS).until(next::isConfigSource);
        next.setRemote(remote(2));
        await().atMost(5, SECONDS)
                .until(() -> session(next).path("held").path("routes").asInt() == 1);
        await().during(300, MILLISECONDS).atMost(2, SECONDS).until(() -> !hasRoute("10.1.1.9/32"));
        next.holdConfig(false);
        await().atMost(5, SECONDS).until(() -> hasRoute("10.1.1.9/32"));
    }

    @Test
    void aWithdrawalDoesNotWaitAndTakesTheWaitingRouteWithIt() throws Exception {
        addPort();
        FakeController early = other();
        FakeController late = source();
        early.setRemote(remote(2));
        await().atMost(5, SECONDS).until(() -> hasTunnelTo("192.0.2.2"));
        late.holdConfig(true);
        control.guard(true);
        early.setRemote(remote(3));
        await().atMost(5, SECONDS)
                .until(() -> session(early).path("held").path("routes").asInt() == 1);
        assertTrue(hasTunnelTo("192.0.2.2"), "the route of before counts until the new one may");
        early.removeRemote(remote(3), false);
        await().atMost(5, SECONDS).until(() -> !hasRoute("10.1.1.9/32"));
        late.holdConfig(false);
        await().atMost(5, SECONDS)
                .until(() -> session(early).path("held").path("routes").asInt() == 0);
        await().during(200, MILLISECONDS).atMost(2, SECONDS).until(() -> !hasRoute("10.1.1.9/32"));
    }

    @Test
    void losingControllersInAnyOrderChangesNothing() throws Exception {
        addPort();
        left.setRemote(remote(2));
        right.setRemote(remote(2));
        await().atMost(5, SECONDS)
                .until(() -> introspect(agent, "/counters").path("remoteRoutes").asInt() == 2);
        await().atMost(5, SECONDS).until(() -> hasTunnelTo("192.0.2.2"));
        Set<PlaneObject> before = plane.contents();
        long deletes = deletes();
        plane.takeChanges();
        for (List<FakeController> order : List.of(List.of(left, right), List.of(right, left))) {
            for (boolean sameOrder : List.of(true, false)) {
                loseAndReturn(order, sameOrder);
                String what = "lost " + order.getFirst().address() + " first, back in the same order: " + sameOrder;
                assertEquals(List.of(), plane.takeChanges(), what);
                assertEquals(before, plane.contents(), what);
                assertEquals(deletes, deletes(), what);
            }
        }
    }

    @Test
    void tellsEveryControllerWhatThePlaneSaysOfOtherHosts() throws Exception {
        addPort();
        InetAddress host = InetAddress.ofLiteral("192.0.2.2");
        left.setRemote(remote(2));
        right.setRemote(remote(2));
        await().atMost(5, SECONDS).until(() -> hasTunnelTo("192.0.2.2"));
        assertEquals(Map.of(), left.liveness(), "nothing is known yet");
        plane.liveness(host, Liveness.UP);
        for (FakeController controller : List.of(left, right)) {
            await().atMost(5, SECONDS).until(() -> controller.liveness().equals(Map.of("192.0.2.2", true)));
        }
        plane.liveness(host, Liveness.DOWN);
        for (FakeController controller : List.of(left, right)) {
            await().atMost(5, SECONDS).until(() -> controller.liveness().equals(Map.of("192.0.2.2", false)));
        }
        long ups = session(right).path("counters").path("ups").asLong();
        right.dropSessions();
        await().atMost(5, SECONDS)
                .until(() -> session(right).path("counters").path("ups").asLong() > ups);
        await().atMost(5, SECONDS).until(() -> right.liveness().equals(Map.of("192.0.2.2", false)));
        assertEquals(
                "down",
                introspect(agent, "/sessions").path("hosts").path("192.0.2.2").asText());
    }

    @Test
    void anOriginalControllerIsHeardAtOnceAndHearsNothingItDoesNotKnow() throws Exception {
        addPort();
        right.original();
        long ups = session(right).path("counters").path("ups").asLong();
        right.dropSessions();
        await().atMost(5, SECONDS)
                .until(() -> session(right).path("counters").path("ups").asLong() > ups && left.isConfigSource());
        left.holdConfig(true);
        control.guard(true);
        right.setRemote(remote(2));
        await().atMost(5, SECONDS).until(() -> hasRoute("10.1.1.9/32"));
        plane.liveness(InetAddress.ofLiteral("192.0.2.2"), Liveness.UP);
        await().atMost(5, SECONDS).until(() -> left.liveness().equals(Map.of("192.0.2.2", true)));
        assertEquals(Map.of(), right.liveness());
    }

    private void loseAndReturn(List<FakeController> order, boolean sameOrder) throws Exception {
        order.getFirst().stop();
        await().atMost(5, SECONDS)
                .until(() -> up() == 1 && other(order.getFirst()).isConfigSource());
        await().atMost(5, SECONDS).until(() -> status(agent).path("inSync").asBoolean());
        order.getLast().stop();
        await().atMost(5, SECONDS).until(() -> up() == 0);
        for (FakeController back : sameOrder ? order : order.reversed()) {
            back.restart();
            await().atMost(10, SECONDS)
                    .until(() -> session(back).path("allRoutesReceived").asBoolean()
                            && back.published().size() == 2);
        }
        await().atMost(10, SECONDS)
                .until(() -> up() == 2 && status(agent).path("inSync").asBoolean());
    }

    private FakeController other(FakeController controller) {
        return controller == left ? right : left;
    }

    private int up() throws Exception {
        return status(agent).path("sessionsUp").asInt();
    }

    private long deletes() throws Exception {
        return introspect(agent, "/counters").path("plane").path("deletes").asLong();
    }
}
