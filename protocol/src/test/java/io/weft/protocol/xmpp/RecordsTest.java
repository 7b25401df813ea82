package io.weft.protocol.xmpp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.protocol.net.IpAddress;
import io.weft.protocol.net.MacAddress;
import io.weft.protocol.net.Prefix;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** Records hold nothing that the other side would refuse. */
class RecordsTest {
    private static final Prefix FOUR = Prefix.parse("10.0.0.0/8");
    private static final Prefix SIX = Prefix.parse("fd00::/8");

    private static void refused(Executable construction, String text) {
        String message =
                assertThrows(IllegalArgumentException.class, construction).getMessage();
        assertTrue(message.contains(text), () -> "'" + text + "' is not in: " + message);
    }

    private static Stanza.RouteItems items(boolean ipv6, List<RouteEntry> items, List<Prefix> retracts, long revision) {
        return new Stanza.RouteItems("i", ipv6, items, retracts, OptionalLong.of(revision));
    }

    @Test
    void itemsAreOfOneFamilyAndOfARevision() {
        RouteEntry six = RouteEntry.of(SIX, "n", List.of());
        assertEquals(
                SIX,
                items(true, List.of(six), List.of(SIX), 0).items().getFirst().prefix());
        refused(() -> items(false, List.of(six), List.of(), 0), "fd00::/8 of the other family");
        refused(() -> items(true, List.of(six), List.of(FOUR), 0), "10.0.0.0/8 of the other family");
        refused(() -> items(true, List.of(), List.of(), -1), "revision -1");
        refused(
                () -> new Stanza.ConfigUpdate(List.of(), List.of(), List.of(), List.of(), OptionalLong.of(-5)),
                "revision -5");
    }

    private static NextHop hop(int label, int l3Label, List<Long> tags) {
        return new NextHop(
                IpAddress.parse("10.0.0.1"), Optional.<MacAddress>empty(), label, l3Label, List.of(), tags, "");
    }

    @Test
    void nextHopsHoldLabelsAndTagsInRange() {
        assertEquals(1048575, hop(1048575, 16777215, List.of(4294967295L)).label());
        refused(() -> hop(-1, 0, List.of()), "label -1 is not in 0..1048575");
        refused(() -> hop(1048576, 0, List.of()), "label 1048576");
        refused(() -> hop(0, 16777216, List.of()), "l3-label 16777216 is not in 0..16777215");
        refused(() -> hop(0, 0, List.of(4294967296L)), "tag 4294967296");
        refused(() -> hop(0, 0, List.of(-1L)), "tag -1");
    }

    @Test
    void entriesHoldNumbersInRange() {
        RouteEntry entry = RouteEntry.of(FOUR, "n", List.of());
        refused(() -> entry.withLocalPreference(4294967296L), "local-preference 4294967296");
        refused(() -> entry.withSecurityGroups(List.of(-1L)), "security-group -1");
        refused(() -> new RouteEntry.Mobility(-1, true), "mobility seqno -1");
        assertEquals(List.of(7L), entry.withSecurityGroups(List.of(7L)).securityGroups());
        assertEquals(0, entry.withLocalPreference(0).localPreference());
    }

    @Test
    void namesAreThere() {
        refused(() -> new Stanza.Subscribe("", 1, false), "node name of 0 characters");
        refused(() -> new Stanza.Subscribe("a", 65536, false), "instance-id 65536");
        refused(() -> new Stanza.Unsubscribe("a", -1), "instance-id -1");
        refused(() -> new Stanza.ConfigSubscribe("x".repeat(1025)), "1025");
        refused(() -> RouteNode.of("", FOUR), "instance name of 0");
        refused(() -> new ConfigNode.Key("", "n"), "type ''");
        refused(() -> new ConfigNode("t", "", XmlTree.EMPTY), "name ''");
        refused(() -> new ConfigNode("t", "n", XmlTree.leaf("x")), "properties of t:n");
        refused(() -> new ConfigNode("t", "n", XmlTree.fromJson(Map.of("name", "x"))), "hold 'name'");
        ConfigNode.Key key = new ConfigNode.Key("t", "n");
        refused(() -> new ConfigLink(key, key, "", XmlTree.EMPTY), "link of t:n to t:n has no name");
        assertEquals("t-t", ConfigLink.of(key, key, XmlTree.EMPTY).metadata());
    }
}
