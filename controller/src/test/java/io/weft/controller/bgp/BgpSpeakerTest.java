package io.weft.controller.bgp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.controller.config.ConfigChange;
import io.weft.controller.config.ConfigGraph;
import io.weft.controller.config.WatchDecoder;
import io.weft.controller.rib.PathSource;
import io.weft.controller.vpn.Ribs;
import io.weft.controller.vpn.Targets;
import io.weft.controller.vpn.VpnKey;
import io.weft.protocol.bgp.BgpEncoder;
import io.weft.protocol.bgp.BgpMessage;
import io.weft.protocol.bgp.Capability;
import io.weft.protocol.bgp.DecodedUpdate;
import io.weft.protocol.bgp.ExtendedCommunity;
import io.weft.protocol.bgp.Family;
import io.weft.protocol.bgp.Notification;
import io.weft.protocol.bgp.Open;
import io.weft.protocol.bgp.PathAttributes;
import io.weft.protocol.bgp.Update;
import io.weft.protocol.bgp.VpnNlri;
import io.weft.protocol.net.IpAddress;
import io.weft.protocol.net.MacAddress;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.net.RouteDistinguisher;
import io.weft.protocol.net.RouteTarget;
import io.weft.protocol.xmpp.NextHop;
import io.weft.protocol.xmpp.RouteEntry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Speaker and tables together; the test is the peer. */
class BgpSpeakerTest {
    private static final long S = 1_000_000_000L;
    private static final String RED = "d:p:red:red";
    private static final RouteTarget TARGET = RouteTarget.parse("target:64512:8000001");
    private static final Prefix THEIRS = Prefix.parse("10.9.0.0/24");

    private final Ribs ribs = new Ribs();
    private final Wires wires = new Wires();
    private final BgpSpeaker speaker = new BgpSpeaker(
            new BgpSettings("a", true, 300_000, PeerTimes.of(30_000, 300)), wires, ribs, ribs, new Random(3));
    private final ConfigGraph graph = new ConfigGraph();
    private long now = 1000 * S;

    private void turn() {
        speaker.doWork(now, true);
    }

    private static String router(String name, int host, String more) {
        return "{\"fq_name\":[\"d\",\"p\",\"ip-fabric\",\"__default__\",\"" + name + "\"],\"uuid\":\"u-" + name
                + "\",\"bgp_router_parameters\":{\"autonomous_system\":64512,\"identifier\":\"192.0.2." + host
                + "\",\"address\":\"192.0.2." + host + "\"" + more + "},\"bgp_router_refs\":[{\"to\":[\"d\",\"p\","
                + "\"ip-fabric\",\"__default__\",\"" + (name.equals("a") ? "b" : "a") + "\"],\"uuid\":\"x\"}]}";
    }

    private void config(String more) {
        List<ConfigChange> changes = new ArrayList<>();
        new WatchDecoder(changes::add)
                .feed(("event: init\nid: 5\ndata: {\"bgp-router\":[" + router("a", 5, "") + "," + router("b", 9, more)
                                + "]}\n\n")
                        .getBytes(StandardCharsets.UTF_8));
        changes.forEach(graph::apply);
        speaker.configure(graph, now);
        turn();
    }

    private Wires.Wire establish() {
        Wires.Wire wire = new Wires.Wire("192.0.2.9");
        speaker.handle(new BgpEvent.Accepted(wire), now);
        List<Capability> capabilities = new ArrayList<>();
        List<Capability.GracefulRestart.Kept> kept = new ArrayList<>();
        for (Family family : BgpPeer.FAMILIES) {
            capabilities.add(new Capability.MultiProtocol(family));
            kept.add(new Capability.GracefulRestart.Kept(family, true));
        }
        capabilities.add(new Capability.GracefulRestart(false, true, 120, kept));
        say(wire, BgpEncoder.encode(Open.of(64512, 90, 0xc0000209L, capabilities)));
        say(wire, BgpEncoder.keepalive());
        return wire;
    }

    private void say(Wires.Wire wire, byte[] message) {
        speaker.handle(new BgpEvent.Received(wire, message), now);
        turn();
    }

    private void red() {
        ribs.configure(RED, new Targets(Set.of(TARGET), Set.of(TARGET)), Set.of());
        ribs.network("d:p:red", OptionalInt.of(7));
        ribs.distinguish("h1", RED, Optional.of(RouteDistinguisher.of(IpAddress.parse("192.0.2.1"), 7)));
    }

    private void publish(Prefix prefix) {
        NextHop hop = NextHop.of(
                IpAddress.parse("192.0.2.1"), MacAddress.parse("02:00:00:00:00:01"), 20, 7, List.of("vxlan", "udp"));
        ribs.publish("h1", RED, RouteEntry.of(prefix, "d:p:red", List.of(hop)));
    }

    private static byte[] theirs(PathAttributes attributes) {
        VpnNlri nlri = new VpnNlri(List.of(30), RouteDistinguisher.of(IpAddress.parse("192.0.2.2"), 7), THEIRS);
        return BgpEncoder.encode(Update.reach(
                attributes, new Update.Reach(Family.INET_VPN, IpAddress.parse("192.0.2.2"), List.of(nlri))));
    }

    private static PathAttributes attributes(OptionalLong preference) {
        return new PathAttributes(
                Optional.of(0),
                Optional.of(List.of()),
                Optional.empty(),
                OptionalLong.empty(),
                preference,
                false,
                Optional.empty(),
                List.of(),
                OptionalLong.empty(),
                List.of(),
                List.of(ExtendedCommunity.of(TARGET), ExtendedCommunity.originNetwork(64512, 7)),
                List.of());
    }

    private static List<Update> updates(Wires.Wire wire) {
        List<Update> out = new ArrayList<>();
        for (BgpMessage message : wire.written) {
            if (message instanceof DecodedUpdate update) {
                assertEquals(List.of(), update.malformed());
                out.add(update.update());
            }
        }
        return out;
    }

    private boolean seen() {
        return !ribs.best(RED, THEIRS).isEmpty();
    }

    @Test
    void tellsRoutesInFewMessagesThenEndOfRibThenChanges() {
        red();
        for (int i = 0; i < 1000; i++) {
            publish(Prefix.parse("10.1." + i / 250 + "." + i % 250 + "/32"));
        }
        config("");
        assertEquals(
                List.of("192.0.2.5:179"),
                List.of(wires.listens.getFirst().toString().substring(1)));
        Wires.Wire wire = establish();
        List<Update> updates = updates(wire);
        int routes = updates.stream()
                .mapToInt(update ->
                        update.reach().map(reach -> reach.nlri().size()).orElse(0))
                .sum();
        assertEquals(1000, routes);
        assertTrue(updates.size() <= 5 + 2, updates.size() + " messages");
        assertEquals(
                Optional.of(Family.INET_VPN), updates.get(updates.size() - 2).endOfRib());
        assertEquals(Optional.of(Family.INET6_VPN), updates.getLast().endOfRib());
        PathAttributes attributes = updates.getFirst().attributes();
        assertEquals(OptionalLong.of(100), attributes.localPreference());
        assertTrue(attributes.extendedCommunities().contains(ExtendedCommunity.originNetwork(64512, 7)));
        assertTrue(attributes
                .extendedCommunities()
                .contains(ExtendedCommunity.routerMac(MacAddress.parse("02:00:00:00:00:01"))));

        int before = updates.size();
        publish(Prefix.parse("10.1.0.1/32"));
        ribs.withdraw("h1", RED, Prefix.parse("10.1.0.2/32"));
        turn();
        updates = updates(wire);
        assertEquals(before + 1, updates.size(), "what did not change is not told again");
        assertEquals(
                Prefix.parse("10.1.0.2/32"),
                updates.getLast().unreach().orElseThrow().nlri().getFirst().prefix());

        say(wire, BgpEncoder.routeRefresh(Family.INET6_VPN));
        assertEquals(before + 1, updates(wire).size());
        say(wire, BgpEncoder.routeRefresh(Family.INET_VPN));
        Set<Prefix> again = new HashSet<>();
        updates(wire)
                .subList(before + 1, updates(wire).size())
                .forEach(update -> update.reach().orElseThrow().nlri().forEach(nlri -> again.add(nlri.prefix())));
        assertEquals(999, again.size());
    }

    @Test
    void tellsNobodyWhatAPeerSaid() {
        red();
        config("");
        Wires.Wire wire = establish();
        int before = wire.written.size();
        say(wire, theirs(attributes(OptionalLong.of(100))));
        assertTrue(seen());
        assertEquals(before, wire.written.size());
        assertEquals("d:p:red", ribs.best(RED, THEIRS).getFirst().entry().virtualNetwork(), "by the id of its network");
        assertEquals(
                7,
                ribs.best(RED, THEIRS).getFirst().entry().nextHops().getFirst().l3Label());
    }

    @Test
    void waitsForALinkThatIsFull() {
        red();
        config("");
        Wires.Wire wire = establish();
        int before = wire.written.size();
        wire.writable = false;
        publish(Prefix.parse("10.1.0.1/32"));
        turn();
        assertEquals(before, wire.written.size());
        wire.writable = true;
        turn();
        assertEquals(before + 1, wire.written.size());
    }

    @Test
    void withdrawsWhatIsMalformed() {
        red();
        config("");
        Wires.Wire wire = establish();
        say(wire, theirs(attributes(OptionalLong.of(100))));
        assertTrue(seen());
        say(wire, theirs(attributes(OptionalLong.empty())));
        assertTrue(!seen(), "no LOCAL_PREF from an internal peer");
        assertTrue(!wire.closed);
    }

    @Test
    void keepsRoutesOfAPeerThatRestartsUntilItsEndOfRib() {
        red();
        config("");
        Wires.Wire wire = establish();
        say(wire, theirs(attributes(OptionalLong.of(100))));
        speaker.handle(new BgpEvent.Closed(wire, "test"), now);
        now += 100 * S;
        turn();
        assertTrue(seen(), "within its restart time of 120 s");
        wire = establish();
        now += 80 * S;
        say(wire, BgpEncoder.keepalive());
        say(wire, BgpEncoder.endOfRib(Family.INET_VPN));
        assertTrue(seen(), "it is back: the restart time does not count any more");
        say(wire, BgpEncoder.endOfRib(Family.INET6_VPN));
        assertTrue(!seen());
    }

    @Test
    void removesRoutesOfAPeerThatDoesNotComeBack() {
        red();
        config("");
        Wires.Wire wire = establish();
        say(wire, theirs(attributes(OptionalLong.of(100))));
        speaker.handle(new BgpEvent.Closed(wire, "test"), now);
        now += 121 * S;
        turn();
        assertTrue(!seen());
    }

    @Test
    void changedParametersResetTheSessionAndItsRoutes() {
        red();
        config("");
        Wires.Wire wire = establish();
        say(wire, theirs(attributes(OptionalLong.of(100))));
        config("");
        assertTrue(!wire.closed, "nothing changed");
        config(",\"port\":1790");
        assertEquals(
                Notification.of(Notification.CEASE, Notification.CONFIGURATION_CHANGE)
                        .asHardReset(),
                wire.last());
        assertTrue(wire.closed && !seen());
        wire = establish();
        config(",\"admin_down\":true");
        assertEquals(
                Notification.of(Notification.CEASE, Notification.ADMINISTRATIVE_SHUTDOWN)
                        .asHardReset(),
                wire.last());
    }

    @Test
    void badParametersChangeNothing() {
        red();
        config("");
        Wires.Wire wire = establish();
        config(",\"hold_time\":1");
        assertTrue(!wire.closed, "a peer's own hold time is the peer's business");
        config(",\"port\":70000");
        assertTrue(!wire.closed);
        assertTrue(
                speaker.page().toString().contains("config-errors=1"),
                speaker.page().toString());
    }

    @Test
    void refusesStrangers() {
        config("");
        Wires.Wire wire = new Wires.Wire("192.0.2.66");
        speaker.handle(new BgpEvent.Accepted(wire), now);
        assertEquals(Notification.of(Notification.CEASE, Notification.CONNECTION_REJECTED), wire.last());
        assertTrue(wire.closed);
    }

    @Test
    void learnedPathsNameTheirPeer() {
        red();
        config("");
        say(establish(), theirs(attributes(OptionalLong.of(100))));
        assertEquals(
                new PathSource.Bgp("d:p:ip-fabric:__default__:b", IpAddress.parse("192.0.2.9"), true),
                ribs.best(RED, THEIRS).getFirst().source());
        assertTrue(ribs.vpnKeys().contains(new VpnKey(RouteDistinguisher.of(IpAddress.parse("192.0.2.2"), 7), THEIRS)));
    }
}
