package io.weft.agent.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.dataplane.IpPrefix;
import io.weft.dataplane.NextHop;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class RouteCompilerTest {
    private static final IpPrefix PREFIX = IpPrefix.parse("10.1.0.9/32");
    private static final Network NETWORK = new Network(Site.network(1), Site.instance(1), 101, List.of(), List.of());

    private static RemoteState compile(List<RemoteRoute> routes, Map<String, HeldAddress> held) {
        return RouteCompiler.compile(
                NETWORK,
                PREFIX,
                routes,
                new RouteCompiler.Context(
                        List.of(Encap.MPLS_OVER_UDP, Encap.VXLAN),
                        Site.HOST,
                        (network, prefix) ->
                                Optional.ofNullable(held.get(network)).filter(any -> prefix.equals(PREFIX))));
    }

    private static RouteState route(RemoteRoute... routes) {
        return compile(List.of(routes), Map.of()).route().orElseThrow();
    }

    private static RemoteRoute to(int host, long preference) {
        return Site.route(PREFIX.toString(), 1, host, preference);
    }

    private static Map<String, Long> members(RouteState route) {
        Hop.Ecmp ecmp = (Hop.Ecmp) route.hop();
        Map<String, Long> members = new java.util.HashMap<>();
        for (int i = 0; i < ecmp.ways().size(); i++) {
            members.put(ecmp.ways().get(i).identity(), ecmp.memberIds().get(i));
        }
        return members;
    }

    @Test
    void choosesTheFirstEncapsulationThatTheRouteOffers() {
        assertEquals(5002, route(to(2, 100)).label());
        assertEquals(Encap.MPLS_OVER_UDP, ((Hop.Tunnel) route(to(2, 100)).hop()).encap());
    }

    @Test
    void theHighestPreferenceThatHasAUsableNextHopWins() {
        assertEquals(5007, route(to(2, 100), to(7, 200)).label());
        assertEquals(
                5002, route(to(2, 100), to(1, 200)).label(), "the better one leads to this host, where no port has it");
    }

    @Test
    void equalNextHopsOfOneItemAndOfTwoControllersAreWaysOnce() {
        RemoteRoute both = Site.and(to(2, 100), to(3, 100));
        RouteState one = route(both);
        assertEquals(one, route(both, both));
        assertEquals(one, route(to(3, 100), to(2, 100)), "the order does not matter");
        Hop.Ecmp ecmp = (Hop.Ecmp) one.hop();
        assertEquals(
                Set.of(5002, 5003), ecmp.ways().stream().map(Hop.Way::label).collect(Collectors.toSet()));
        assertTrue(ecmp.ways().stream().allMatch(way -> way.weight() == 1));
        assertEquals(RouteState.NO_LABEL, one.label());
    }

    @Test
    void aSingleNextHopStaysPlain() {
        assertTrue(route(to(2, 100), to(2, 100)).hop() instanceof Hop.Tunnel);
    }

    @Test
    void twoPortsBehindOneTunnelAndVniWeighTwo() {
        RemoteRoute.RemoteHop first = to(2, 100).hops().getFirst();
        RemoteRoute.RemoteHop second = new RemoteRoute.RemoteHop(
                first.address(), first.label() + 1, first.l3Label(), first.mac(), first.encapsulations());
        RemoteRoute three = new RemoteRoute(
                PREFIX,
                Site.network(1),
                List.of(),
                100,
                List.of(first, second, to(3, 100).hops().getFirst()));
        RouteState state = RouteCompiler.compile(
                        NETWORK,
                        PREFIX,
                        List.of(three, three),
                        new RouteCompiler.Context(
                                List.of(Encap.VXLAN), Site.HOST, (network, prefix) -> Optional.empty()))
                .route()
                .orElseThrow();
        Map<Integer, Integer> weights = ((Hop.Ecmp) state.hop())
                .ways().stream()
                        .collect(Collectors.toMap(
                                way -> ((Hop.Tunnel) way.hop()).destination().getAddress()[3] & 0xff, Hop.Way::weight));
        assertEquals(Map.of(2, 2, 3, 1), weights);
    }

    @Test
    void aMemberKeepsItsIdWhileOthersComeAndGo() {
        Map<String, Long> two = members(route(to(2, 100), to(3, 100)));
        Map<String, Long> three = members(route(to(4, 100), to(3, 100), to(2, 100)));
        two.forEach((way, id) -> assertEquals(id, three.get(way)));
        assertEquals(
                ((Hop.Ecmp) route(to(2, 100), to(3, 100)).hop()).identity(),
                ((Hop.Ecmp) route(to(3, 100), to(4, 100)).hop()).identity());
        assertEquals(
                "ecmp/default-domain:red:net1:net1/10.1.0.9/32",
                route(to(2, 100), to(3, 100)).hop().identity());
    }

    @Test
    void moreWaysThanThePlaneHoldsAreCutAtTheSamePlaceAlways() {
        List<RemoteRoute> many = new ArrayList<>();
        for (int host = 2; host < 200; host++) {
            many.add(to(host, 100));
        }
        RouteState state = compile(many, Map.of()).route().orElseThrow();
        assertEquals(NextHop.Ecmp.MEMBERS_MAX, ((Hop.Ecmp) state.hop()).ways().size());
        assertEquals(state, compile(many.reversed(), Map.of()).route().orElseThrow());
        assertEquals(NextHop.Ecmp.MEMBERS_MAX, new HashSet<>(((Hop.Ecmp) state.hop()).memberIds()).size());
    }

    @Test
    void aNextHopThatNamesThisHostIsThePortThatHoldsTheAddress() {
        HeldAddress held = new HeldAddress(List.of(Site.vmi(5)), List.of(), false);
        RemoteRoute own = Site.route(PREFIX.toString(), 2, 1, 100);
        RemoteState state = compile(List.of(own), Map.of(Site.network(2), held));
        assertEquals(new Hop.Local(Site.vmi(5)), state.route().orElseThrow().hop());
        assertEquals(false, state.route().orElseThrow().sameNetwork());
        assertEquals(Set.of(Site.network(2)), state.own());
        RemoteState nobody = compile(List.of(own), Map.of(Site.network(1), held));
        assertEquals(Optional.empty(), nobody.route(), "never a tunnel to itself");
        assertEquals(Set.of(Site.network(2)), nobody.own());
        RouteState mixed = compile(
                        List.of(Site.and(own, Site.route(PREFIX.toString(), 2, 3, 100))), Map.of(Site.network(2), held))
                .route()
                .orElseThrow();
        assertEquals(
                Set.of(
                        "local/" + Site.vmi(5) + "#-1",
                        "tunnel/MPLS_OVER_UDP/192.0.2.1/192.0.2.3/00:00:00:00:00:00#5003"),
                members(mixed).keySet());
    }

    @Test
    void anAddressIsOnlyWhatAllItsHoldersAre() {
        RemoteRoute left = Site.withGroups(to(2, 100), 1L, 2L);
        RemoteRoute right = Site.withGroups(to(3, 100), 2L, 3L);
        assertEquals(
                IdentityState.of(Site.network(1), List.of(2L)),
                route(left, right).identity());
        assertEquals(
                IdentityState.of(Site.network(1), List.of(1L, 2L)),
                route(left, Site.withGroups(to(3, 50), 3L)).identity(),
                "who is not used does not count");
    }

    @Test
    void anIdentityKeepsItsNetworkAndTheLowestGroupsWhenThereAreTooMany() {
        List<Long> groups = new ArrayList<>();
        for (long id = 100; id > 0; id--) {
            groups.add(id);
        }
        IdentityState identity = IdentityState.of("d:p:n", groups);
        assertEquals(32, identity.elements().size());
        assertEquals(identity, IdentityState.of("d:p:n", groups.subList(69, 100)));
        assertNotEquals(identity, IdentityState.of("d:p:m", groups));
        assertEquals(
                "identity/1:3,2:9",
                new IdentityState(List.of(
                                io.weft.dataplane.Identity.Element.securityGroup(9),
                                new io.weft.dataplane.Identity.Element(io.weft.dataplane.ElementKind.NETWORK, 3)))
                        .identity());
    }

    @Test
    void localPortsWinUnlessTheAddressIsShared() {
        HeldAddress alone = new HeldAddress(List.of(Site.vmi(1)), List.of(), false);
        HeldAddress shared = new HeldAddress(List.of(Site.vmi(1)), List.of(), true);
        RouteState local = new RouteState(
                new Hop.Local(Site.vmi(1)), -1, IdentityState.of(Site.network(1), List.of()), true, true);
        RemoteState other = compile(List.of(to(2, 100)), Map.of());
        RemoteState itself = compile(List.of(to(1, 100)), Map.of(Site.network(1), alone));
        RemoteState both = compile(List.of(Site.and(to(1, 100), to(2, 100))), Map.of(Site.network(1), alone));
        assertEquals(local, RouteCompiler.merge(NETWORK, PREFIX, local, alone, other));
        assertEquals(local, RouteCompiler.merge(NETWORK, PREFIX, local, shared, RemoteState.NONE));
        assertEquals(local, RouteCompiler.merge(NETWORK, PREFIX, local, alone, itself));
        RouteState merged = RouteCompiler.merge(NETWORK, PREFIX, local, shared, other);
        assertEquals(2, members(merged).size());
        assertEquals(merged, RouteCompiler.merge(NETWORK, PREFIX, local, alone, both), "the controller names both");
    }

    @Test
    void anEndedSessionsRoutesGiveWayToThoseOfAPresentOne() {
        RouteTable table = new RouteTable();
        table.put(0, "i", Site.and(to(2, 100), to(3, 100)));
        table.put(1, "i", to(3, 100));
        assertEquals(2, table.routes("i", PREFIX).size());
        table.takeTouched();
        table.lost(0);
        assertEquals(List.of(to(3, 100)), table.routes("i", PREFIX));
        assertEquals(Map.of("i", Set.of(PREFIX)), table.takeTouched());
        table.lost(1);
        assertEquals(2, table.routes("i", PREFIX).size(), "with nobody present all that was known counts");
        table.beginRound(0);
        table.put(0, "i", to(2, 100));
        assertEquals(List.of(to(2, 100)), table.routes("i", PREFIX));
        assertEquals(0, table.sweep(0));
        table.beginRound(1);
        assertEquals(1, table.sweep(1));
    }
}
