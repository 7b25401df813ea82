package io.weft.agent.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.agent.compile.Compiler;
import io.weft.agent.compile.ConfigGraph;
import io.weft.agent.compile.DesiredState;
import io.weft.agent.compile.HostFacts;
import io.weft.agent.compile.RouteTable;
import io.weft.agent.compile.Site;
import io.weft.agent.compile.StateDelta;
import io.weft.dataplane.DataplaneException;
import io.weft.dataplane.Label;
import io.weft.dataplane.NextHop;
import io.weft.dataplane.PlaneObject;
import io.weft.dataplane.PlaneSettings;
import io.weft.dataplane.Route;
import io.weft.dataplane.Vif;
import io.weft.dataplane.VifType;
import io.weft.dataplane.Vrf;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class ProgrammerTest {
    private final FakePlane.Tables plane = new FakePlane.Tables();

    private static Programmer programmer() {
        return new Programmer(
                new Programmer.Uplink("fabric0", false),
                new PlaneSettings(Optional.empty(), Optional.empty(), HostFacts.routerMac("h1"), 300, 3));
    }

    /** Ports and routes at random: some of 4 networks, 6 ports, 5 remote hosts. */
    private static DesiredState random(Random random) {
        ConfigGraph graph = new ConfigGraph();
        RouteTable routes = new RouteTable();
        Compiler compiler = new Compiler(graph, routes);
        for (int network = 1; network <= 4; network++) {
            Site.putNetwork(graph, network);
            for (int i = 0; i < random.nextInt(4); i++) {
                routes.put(
                        0,
                        Site.instance(network),
                        Site.route("10." + network + ".0." + (10 + i) + "/32", network, 2 + random.nextInt(5), 100));
            }
        }
        for (int port = 1; port <= 6; port++) {
            if (random.nextBoolean()) {
                int network = 1 + port % 4;
                Site.putPort(graph, port, network, 3 + port);
                compiler.attach(Site.port(port, network));
            }
        }
        return Compiler.compile(graph, compiler.attached(), routes, Site.HOST);
    }

    private static void apply(Programmer programmer, DesiredState before, DesiredState after, long nowNs)
            throws DataplaneException {
        programmer.apply(StateDelta.between(before, after), nowNs);
        programmer.flush(nowNs);
    }

    private Set<PlaneObject> tenantObjects() {
        return plane.contents().stream()
                .filter(object -> !(object instanceof Vif vif && vif.type() == VifType.PHYSICAL))
                .collect(Collectors.toSet());
    }

    private static Set<PlaneObject> desired(Programmer programmer) {
        return programmer.desired().stream()
                .filter(object -> !(object instanceof PlaneSettings)
                        && !(object instanceof Vif vif && vif.type() == VifType.PHYSICAL))
                .collect(Collectors.toSet());
    }

    @Test
    void makesThePlaneEqualToRandomDesiredStates() throws DataplaneException {
        long seed = new Random().nextLong();
        System.out.println("makesThePlaneEqualToRandomDesiredStates seed " + seed);
        Random random = new Random(seed);
        Programmer programmer = programmer();
        programmer.open(plane.open(), 0);
        programmer.inSync();
        DesiredState before = DesiredState.EMPTY;
        for (int round = 0; round < 200; round++) {
            DesiredState after = random.nextInt(10) == 0 ? DesiredState.EMPTY : random(random);
            apply(programmer, before, after, round);
            assertEquals(desired(programmer), tenantObjects(), "seed " + seed + " round " + round);
            assertEquals(Map.of(), programmer.refusals(), "seed " + seed + " round " + round);
            Programmer fresh = programmer();
            fresh.open(new FakePlane.Tables().open(), 0);
            apply(fresh, DesiredState.EMPTY, after, 0);
            assertEquals(desired(fresh).size(), desired(programmer).size(), "as many objects as from nothing");
            before = after;
        }
        apply(programmer, before, DesiredState.EMPTY, 1_000);
        assertEquals(Set.of(), tenantObjects());
    }

    @Test
    void adoptsIdsAfterARestartAndSweepsOnlyWhenInSync() throws DataplaneException {
        DesiredState state = random(new Random(7));
        assertTrue(state.vrfs().size() > 1);
        Programmer first = programmer();
        first.open(plane.open(), 0);
        apply(first, DesiredState.EMPTY, state, 0);
        Set<PlaneObject> before = new HashSet<>(plane.contents());

        Programmer second = programmer();
        second.open(plane.open(), 0);
        assertEquals(before, plane.contents(), "opening changes nothing");
        String kept = new TreeSet<>(state.vrfs().keySet()).first();
        DesiredState part = new DesiredState(Map.of(kept, state.vrfs().get(kept)), state.policies());
        apply(second, DesiredState.EMPTY, part, 0);
        assertEquals(before, plane.contents(), "ids are the old ones, nothing is deleted before in sync");
        second.inSync();
        second.flush(0);
        assertEquals(desired(second), tenantObjects());
        assertEquals(1, plane.all(Vrf.class).size());
    }

    @Test
    void reprogramsAPlaneThatLostEverything() throws DataplaneException {
        DesiredState state = random(new Random(8));
        Programmer programmer = programmer();
        programmer.open(plane.open(), 0);
        apply(programmer, DesiredState.EMPTY, state, 0);
        Set<PlaneObject> before = new HashSet<>(plane.contents());
        programmer.lost();
        plane.restart();
        programmer.open(plane.open(), 1);
        assertEquals(before, plane.contents());
    }

    @Test
    void evictsAPortThatIsNotDesiredYet() throws DataplaneException {
        DesiredState state = random(new Random(7));
        Programmer first = programmer();
        first.open(plane.open(), 0);
        apply(first, DesiredState.EMPTY, state, 0);
        int vmi = 1;
        while (!first.isProgrammed(Site.vmi(vmi))) {
            vmi++;
        }
        Vif vif = first.vif(Site.vmi(vmi)).orElseThrow();
        Programmer second = programmer();
        second.open(plane.open(), 0);
        second.evict(Site.vmi(vmi), 0);
        assertFalse(plane.all(Vif.class).contains(vif));
        assertTrue(plane.all(NextHop.Local.class).stream().noneMatch(hop -> hop.vifId() == vif.id()));
        assertTrue(plane.all(Label.class).stream().noneMatch(label -> label.label() == vif.label()));
        assertTrue(plane.all(Route.class).stream()
                .allMatch(route -> route.nextHopId() == 0
                        || plane.all(NextHop.class).stream().anyMatch(hop -> hop.id() == route.nextHopId())));
    }

    @Test
    void keepsTheRefusalOfABadNamespaceAndRemovesThePortAgain() throws DataplaneException {
        ConfigGraph graph = new ConfigGraph();
        Site.putNetwork(graph, 1);
        Site.putPort(graph, 1, 1, 3);
        DesiredState state = Compiler.compile(graph, List.of(Site.port(1, 1)), new RouteTable(), Site.HOST);
        plane.refuseNetns("/run/netns/p1");
        Programmer programmer = programmer();
        programmer.open(plane.open(), 0);
        apply(programmer, DesiredState.EMPTY, state, 0);
        assertTrue(programmer.refusal(Site.vmi(1)).orElseThrow().contains("/run/netns/p1"));
        assertFalse(programmer.isProgrammed(Site.vmi(1)));
        apply(programmer, state, DesiredState.EMPTY, 0);
        assertEquals(Set.of(), tenantObjects());
        assertEquals(Map.of(), programmer.refusals());
    }

    @Test
    void restsFreedLabelsBeforeAnotherPortGetsThem() {
        IdPool<String> pool = new IdPool<>("label", 10, 12, 1_000);
        assertEquals(10, pool.get("a", 0));
        pool.free("a", 0);
        assertEquals(11, pool.get("b", 1));
        IllegalStateException full =
                org.junit.jupiter.api.Assertions.assertThrows(IllegalStateException.class, () -> pool.get("c", 2));
        assertTrue(full.getMessage().contains("label"));
        assertEquals(10, pool.get("c", 1_001));
        pool.free("c", 1_001);
        assertEquals(10, pool.get("c", 1_002), "its old number while it rests");
        assertNotEquals(pool.get("b", 0), pool.get("c", 0));
    }
}
