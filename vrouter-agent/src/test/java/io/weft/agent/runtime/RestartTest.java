package io.weft.agent.runtime;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import io.weft.agent.session.LearnedStore;
import io.weft.dataplane.PlaneObject;
import io.weft.dataplane.Route;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** An agent that starts again without any controller. */
class RestartTest extends AgentFixture {
    private Path learned() {
        return folder.resolve("state/learned");
    }

    private void fill() throws Exception {
        control.guard(true);
        assertEquals(0, add("c1").exit());
        control.setRemote(remote(2));
        await().atMost(5, SECONDS).until(() -> hasTunnelTo("192.0.2.2"));
        await().atMost(5, SECONDS).until(() -> control.published().size() == 2);
    }

    private void stopAll() throws IOException {
        agent.close();
        control.first().stop();
        control.configDown(true);
        plane.takeChanges();
    }

    private void startAlone() throws Exception {
        agent = launchAgent();
        await().atMost(10, SECONDS)
                .until(() -> status(agent).path("planeConnected").asBoolean());
    }

    @Test
    void programsTheSameWithoutAnyController() throws Exception {
        fill();
        JsonNode desired = introspect(agent, "/desired");
        Set<PlaneObject> before = plane.contents();
        stopAll();
        startAlone();
        await().atMost(5, SECONDS).untilAsserted(() -> assertEquals(desired, introspect(agent, "/desired")));
        assertEquals(List.of(), plane.takeChanges());
        assertEquals(before, plane.contents());
        assertEquals(
                0, introspect(agent, "/counters").path("plane").path("deletes").asInt());
        assertTrue(status(agent).path("restored").asBoolean());
        assertFalse(status(agent).path("everInSync").asBoolean());

        Reply refused = add("c2");
        assertEquals(11, refused.body().path("code").asInt(), refused.body().toString());
        assertEquals(before, plane.contents());
        assertEquals(0, add("c1").exit(), "a port that is known is there");
        assertEquals(
                0,
                cni(
                                "CHECK",
                                "c1",
                                netns("c1"),
                                FakeControlNode.NETWORK,
                                ",\"prevResult\":" + add("c1").body())
                        .exit());
    }

    @Test
    void programsAnEmptyPlaneFromWhatItKept() throws Exception {
        fill();
        Set<PlaneObject> before = plane.contents();
        stopAll();
        plane.die();
        plane.restart();
        startAlone();
        await().atMost(5, SECONDS).until(() -> plane.contents().equals(before));
    }

    @Test
    void whatTheControllersDoNotRepeatGoesAfterTheyHaveSentAll() throws Exception {
        fill();
        control.removeRemote(remote(2), true);
        Set<PlaneObject> before = plane.contents();
        stopAll();
        startAlone();
        assertEquals(List.of(), plane.takeChanges());
        control.configDown(false);
        control.first().restart();
        await().atMost(10, SECONDS).until(() -> status(agent).path("inSync").asBoolean());
        await().atMost(5, SECONDS).until(() -> !hasTunnelTo("192.0.2.2"));
        Set<PlaneObject> gone = new HashSet<>(before);
        gone.removeAll(plane.contents());
        assertTrue(gone.stream().anyMatch(Route.class::isInstance), gone.toString());
        assertEquals(2, gone.size(), "only the route and its tunnel went: " + gone);
    }

    @Test
    void isKeptWhileTheAgentRunsAndNotOnlyWhenItStops() throws Exception {
        fill();
        await().atMost(5, SECONDS)
                .until(() -> new LearnedStore(folder.resolve("state"))
                        .read()
                        .filter(state -> state.routes().size() == 1)
                        .isPresent());
        byte[] kept = Files.readAllBytes(learned());
        Set<PlaneObject> before = plane.contents();
        stopAll();
        Files.write(learned(), kept);
        startAlone();
        assertEquals(List.of(), plane.takeChanges());
        assertEquals(before, plane.contents());
    }

    @Test
    void aDamagedFileIsSetAsideAndEverythingIsLearnedAnew() throws Exception {
        fill();
        Set<PlaneObject> before = plane.contents();
        stopAll();
        byte[] bytes = Files.readAllBytes(learned());
        bytes[bytes.length / 2] ^= 1;
        Files.write(learned(), bytes);
        control.configDown(false);
        control.first().restart();
        agent = startAgent();
        assertTrue(Files.exists(folder.resolve("state/learned.broken")));
        await().atMost(5, SECONDS).until(() -> plane.contents().equals(before));
        assertFalse(status(agent).path("restored").asBoolean());
        await().atMost(5, SECONDS).until(() -> Files.exists(learned()));
    }
}
