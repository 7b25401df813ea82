package io.weft.agent.program;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.agent.compile.AttachedPort;
import io.weft.agent.compile.Compiler;
import io.weft.agent.compile.ConfigGraph;
import io.weft.agent.compile.DesiredState;
import io.weft.agent.compile.HostFacts;
import io.weft.agent.compile.RouteTable;
import io.weft.agent.compile.Site;
import io.weft.agent.compile.StateDelta;
import io.weft.dataplane.DataplaneException;
import io.weft.dataplane.Identity;
import io.weft.dataplane.Label;
import io.weft.dataplane.NextHop;
import io.weft.dataplane.ObjectKey;
import io.weft.dataplane.Operation;
import io.weft.dataplane.PlaneObject;
import io.weft.dataplane.PlaneSettings;
import io.weft.dataplane.PolicyAction;
import io.weft.dataplane.PolicySet;
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
            DesiredState after = random.nextInt(10) == 0 ? DesiredState.EMPTY : Site.random(random);
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
        DesiredState state = Site.random(new Random(7));
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
        DesiredState state = Site.random(new Random(8));
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
        DesiredState state = Site.random(new Random(7));
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

    /** A network with list and group, a shared address here and on host 3, a route with two ways. */
    private static final class Sample {
        private final ConfigGraph graph = new ConfigGraph();
        private final RouteTable routes = new RouteTable();

        Sample() {
            Site.putNetwork(graph, 1);
            Site.linkList(graph, 1);
            list(80);
            Site.putGroup(graph, 1);
            Site.putGroupList(graph, 1, true, Site.rule("pass", "any", Map.of(), Site.ofGroup(1), -1, -1));
            Site.putGroupList(graph, 1, false, Site.rule("pass", "any", Site.ofGroup(1), Map.of(), -1, -1));
            for (int port = 1; port <= 2; port++) {
                Site.putPort(graph, port, 1, 3 + port);
                Site.linkGroup(graph, port, 1);
            }
            Site.putSharedAddress(graph, 1, "10.1.0.50", "active-active");
            Site.putSharedAddress(graph, 2, "10.1.0.50", "active-active");
            route("10.1.0.50/32", 3);
            route("10.1.0.60/32", 3, 4);
        }

        void list(int port) {
            Site.putList(graph, 1, Site.rule("pass", "tcp", Site.ofNetwork("any"), Site.ofNetwork("any"), port, port));
        }

        void route(String prefix, int... hosts) {
            io.weft.agent.compile.RemoteRoute route = Site.route(prefix, 1, hosts[0], 100);
            for (int i = 1; i < hosts.length; i++) {
                route = Site.and(route, Site.route(prefix, 1, hosts[i], 100));
            }
            routes.put(0, Site.instance(1), route);
        }

        DesiredState state() {
            return Compiler.compile(graph, List.of(Site.port(1, 1), Site.port(2, 1)), routes, Site.HOST);
        }
    }

    @Test
    void portsShareSetsAndEachHasItsIdentity() throws DataplaneException {
        Programmer programmer = programmer();
        programmer.open(plane.open(), 0);
        apply(programmer, DesiredState.EMPTY, new Sample().state(), 0);
        assertEquals(3, plane.all(PolicySet.class).size());
        assertTrue(plane.all(PolicySet.class).stream().allMatch(set -> set.defaultAction() == PolicyAction.DENY));
        Vif first = programmer.vif(Site.vmi(1)).orElseThrow();
        Vif second = programmer.vif(Site.vmi(2)).orElseThrow();
        assertEquals(first.egressPolicyIds(), second.egressPolicyIds());
        assertEquals(
                first.egressPolicyIds().getFirst(), first.ingressPolicyIds().getFirst());
        assertNotEquals(
                first.egressPolicyIds().getLast(), first.ingressPolicyIds().getLast());
        Identity identity = plane.all(Identity.class).stream()
                .filter(one -> one.id() == first.identityId())
                .findFirst()
                .orElseThrow();
        assertEquals(
                List.of(Identity.Element.network(Site.network(1)), Identity.Element.securityGroup(Site.groupId(1))),
                identity.elements());
        assertEquals(
                ObjectKey.ofText("identity/" + identity.elements().get(0) + ","
                        + identity.elements().get(1)),
                identity.key());
        NextHop.Ecmp shared = ecmp("10.1.0.50/32");
        assertEquals(3, shared.members().size());
    }

    private NextHop.Ecmp ecmp(String prefix) {
        int id = plane.all(Route.class).stream()
                .filter(route -> route.prefix().toString().equals(prefix))
                .findFirst()
                .orElseThrow()
                .nextHopId();
        return plane.all(NextHop.Ecmp.class).stream()
                .filter(hop -> hop.id() == id)
                .findFirst()
                .orElseThrow();
    }

    @Test
    void aRestartFindsPoliciesIdentitiesAndMembersAsTheyWere() throws DataplaneException {
        DesiredState state = new Sample().state();
        Programmer first = programmer();
        first.open(plane.open(), 0);
        apply(first, DesiredState.EMPTY, state, 0);
        assertTrue(plane.takeChanges().size() > 20);
        Programmer second = programmer();
        second.open(plane.open(), 0);
        apply(second, DesiredState.EMPTY, state, 0);
        second.inSync();
        second.flush(0);
        assertEquals(List.of(), plane.takeChanges());
        assertEquals(Map.of(), second.refusals());
    }

    @Test
    void aRandomStateSurvivesARestartUnchanged() throws DataplaneException {
        long seed = new Random().nextLong();
        System.out.println("aRandomStateSurvivesARestartUnchanged seed " + seed);
        Random random = new Random(seed);
        DesiredState before = DesiredState.EMPTY;
        Programmer programmer = programmer();
        programmer.open(plane.open(), 0);
        programmer.inSync();
        for (int round = 0; round < 40; round++) {
            DesiredState after = Site.random(random);
            apply(programmer, before, after, round);
            plane.takeChanges();
            programmer = programmer();
            programmer.open(plane.open(), round);
            apply(programmer, DesiredState.EMPTY, after, round);
            programmer.inSync();
            programmer.flush(round);
            assertEquals(List.of(), plane.takeChanges(), "seed " + seed + " round " + round);
            before = after;
        }
    }

    private List<Operation> changes(Programmer programmer, DesiredState before, DesiredState after)
            throws DataplaneException {
        plane.takeChanges();
        apply(programmer, before, after, 1);
        assertEquals(Map.of(), programmer.refusals());
        return plane.takeChanges();
    }

    @Test
    void aChangedListTouchesItsSetOnlyAndTheSetKeepsItsId() throws DataplaneException {
        Sample sample = new Sample();
        Programmer programmer = programmer();
        programmer.open(plane.open(), 0);
        DesiredState before = sample.state();
        apply(programmer, DesiredState.EMPTY, before, 0);
        int id = programmer.vif(Site.vmi(1)).orElseThrow().egressPolicyIds().getFirst();
        sample.list(443);
        List<Operation> changes = changes(programmer, before, sample.state());
        assertEquals(1, changes.size(), changes::toString);
        PolicySet set = (PolicySet) ((Operation.Set) changes.getFirst()).object();
        assertEquals(id, set.id());
        assertEquals(443, set.rules().getFirst().destinationPorts().min());
    }

    @Test
    void aPortWithoutPolicyIsStatelessAndSetsThatNobodyNamesGo() throws DataplaneException {
        Sample sample = new Sample();
        Programmer programmer = programmer();
        programmer.open(plane.open(), 0);
        programmer.inSync();
        DesiredState guarded = sample.state();
        apply(programmer, DesiredState.EMPTY, guarded, 0);
        Vif before = programmer.vif(Site.vmi(1)).orElseThrow();
        assertFalse(before.stateless());

        Site.disablePolicy(sample.graph, 1, "true");
        DesiredState one = sample.state();
        List<Operation> changes = changes(programmer, guarded, one);
        assertEquals(1, changes.size(), "port 2 needs the sets: " + changes);
        Vif free = (Vif) ((Operation.Set) changes.getFirst()).object();
        assertTrue(free.stateless());
        assertEquals(Vif.NO_POLICIES, free.egressPolicyIds());
        assertEquals(Vif.NO_POLICIES, free.ingressPolicyIds());
        assertEquals(before.identityId(), free.identityId());

        Site.disablePolicy(sample.graph, 2, "true");
        DesiredState none = sample.state();
        changes(programmer, one, none);
        assertEquals(List.of(), plane.all(PolicySet.class));

        Site.disablePolicy(sample.graph, 1, "false");
        changes(programmer, none, sample.state());
        Vif after = programmer.vif(Site.vmi(1)).orElseThrow();
        assertFalse(after.stateless());
        assertFalse(after.egressPolicyIds().contains(PolicySet.NONE));
        assertEquals(desired(programmer), tenantObjects());
    }

    @Test
    void anEcmpNextHopKeepsItsIdAndTheMembersThatStayKeepTheirs() throws DataplaneException {
        Sample sample = new Sample();
        Programmer programmer = programmer();
        programmer.open(plane.open(), 0);
        DesiredState one = sample.state();
        apply(programmer, DesiredState.EMPTY, one, 0);
        NextHop.Ecmp before = ecmp("10.1.0.60/32");
        sample.route("10.1.0.60/32", 4, 3, 5);
        DesiredState two = sample.state();
        List<Operation> changes = changes(programmer, one, two);
        NextHop.Ecmp after = ecmp("10.1.0.60/32");
        assertEquals(before.id(), after.id());
        assertTrue(after.members().containsAll(before.members()));
        assertEquals(2, changes.size(), "the tunnel to host 5 and the ECMP next hop: " + changes);
        sample.route("10.1.0.60/32", 4);
        DesiredState three = sample.state();
        changes = changes(programmer, two, three);
        assertEquals(
                List.of(Route.class, NextHop.Ecmp.class, NextHop.Tunnel.class),
                changes.stream()
                        .map(change -> change instanceof Operation.Set set
                                ? set.object().getClass()
                                : ((Operation.Delete) change).object().getClass())
                        .toList(),
                "a single way is plain: the route changes, then the ECMP next hop and the tunnel to host 5 go");
    }

    @Test
    void aChangedRouteTouchesThatRouteOnly() throws DataplaneException {
        Sample sample = new Sample();
        Programmer programmer = programmer();
        programmer.open(plane.open(), 0);
        DesiredState before = sample.state();
        apply(programmer, DesiredState.EMPTY, before, 0);
        sample.route("10.1.0.70/32", 3);
        List<Operation> changes = changes(programmer, before, sample.state());
        assertEquals(1, changes.size(), changes::toString);
        assertEquals(
                "10.1.0.70/32",
                ((Route) ((Operation.Set) changes.getFirst()).object()).prefix().toString());
    }

    @Test
    void aPortInAnotherNamespaceIsSetAnewWithAllThatLeadsToIt() throws DataplaneException {
        Sample sample = new Sample();
        Programmer programmer = programmer();
        programmer.open(plane.open(), 0);
        DesiredState before = sample.state();
        apply(programmer, DesiredState.EMPTY, before, 0);
        AttachedPort port = Site.port(1, 1);
        AttachedPort moved = new AttachedPort(
                port.vmi(),
                port.vm(),
                port.containerId(),
                "/run/netns/other",
                port.ifname(),
                port.network(),
                port.configuration(),
                true);
        DesiredState after = Compiler.compile(sample.graph, List.of(moved, Site.port(2, 1)), sample.routes, Site.HOST);
        changes(programmer, before, after);
        assertEquals(desired(programmer), tenantObjects());
        assertEquals(
                "/run/netns/other", programmer.vif(Site.vmi(1)).orElseThrow().netns());
        assertEquals(3, ecmp("10.1.0.50/32").members().size());
    }

    @Test
    void aPortIsNotOpenedWhenItsSetIsRefused() throws DataplaneException {
        plane.full(PolicySet.class, true);
        Programmer programmer = programmer();
        programmer.open(plane.open(), 0);
        apply(programmer, DesiredState.EMPTY, new Sample().state(), 0);
        assertFalse(programmer.isProgrammed(Site.vmi(1)));
        assertTrue(plane.all(Vif.class).stream().noneMatch(vif -> vif.type() == VifType.VIRTUAL));
        assertTrue(programmer.refusal(Site.vmi(1)).orElseThrow().contains("no memory for policy"));
        plane.full(PolicySet.class, false);
        programmer.retryRefused(1);
        assertEquals(Map.of(), programmer.refusals());
        assertTrue(programmer.isProgrammed(Site.vmi(1)));
    }

    @Test
    void aPortWhoseListHasNotComeIsClosed() throws DataplaneException {
        ConfigGraph graph = new ConfigGraph();
        Site.putNetwork(graph, 1);
        Site.putPort(graph, 1, 1, 4);
        Site.linkList(graph, 1);
        Site.linkGroup(graph, 1, 1);
        Programmer programmer = programmer();
        programmer.open(plane.open(), 0);
        apply(
                programmer,
                DesiredState.EMPTY,
                Compiler.compile(graph, List.of(Site.port(1, 1)), new RouteTable(), Site.HOST),
                0);
        Vif vif = programmer.vif(Site.vmi(1)).orElseThrow();
        assertFalse(vif.egressPolicyIds().contains(PolicySet.NONE));
        assertFalse(vif.ingressPolicyIds().contains(PolicySet.NONE));
        for (PolicySet set : plane.all(PolicySet.class)) {
            assertEquals(List.of(), set.rules());
            assertEquals(PolicyAction.DENY, set.defaultAction());
        }
    }
}
