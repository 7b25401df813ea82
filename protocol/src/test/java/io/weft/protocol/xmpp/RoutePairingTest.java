package io.weft.protocol.xmpp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.protocol.net.Prefix;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RoutePairingTest {
    private final RoutePairing pairing = new RoutePairing();

    private static RouteEntry entry(String prefix, String network) {
        return RouteEntry.of(Prefix.parse(prefix), network, List.of());
    }

    private static Stanza.Publish publish(String prefix, String network) {
        RouteEntry entry = entry(prefix, network);
        return new Stanza.Publish(RouteNode.of("i", entry.prefix()), Optional.of(entry));
    }

    private static Stanza.Collection collection(String instance, boolean associate, String prefix) {
        return new Stanza.Collection(instance, associate, RouteNode.of("i", Prefix.parse(prefix)));
    }

    @Test
    void aRouteIsPublishedByItsSecondIqWithTheLastItem() throws XmppException {
        pairing.publish(publish("10.0.0.1/32", "a"));
        pairing.publish(publish("10.0.0.2/32", "b"));
        pairing.publish(publish("10.0.0.1/32", "c"));
        assertEquals(
                new RouteChange.Published("i", entry("10.0.0.1/32", "c")),
                pairing.collection(collection("i", true, "10.0.0.1/32")));
        assertEquals(
                new RouteChange.Published("i", entry("10.0.0.2/32", "b")),
                pairing.collection(collection("i", true, "10.0.0.2/32")));
    }

    @Test
    void anAssociationNeedsItsItemEachTime() throws XmppException {
        pairing.publish(publish("10.0.0.1/32", "a"));
        pairing.collection(collection("i", true, "10.0.0.1/32"));
        XmppException thrown =
                assertThrows(XmppException.class, () -> pairing.collection(collection("i", true, "10.0.0.1/32")));
        assertTrue(thrown.getMessage().contains("'1/1/i/10.0.0.1/32' without its publish"), thrown.getMessage());
        pairing.publish(publish("10.0.0.1/32", "a"));
        pairing.publish(new Stanza.Publish(RouteNode.of("i", Prefix.parse("10.0.0.1/32")), Optional.empty()));
        assertThrows(XmppException.class, () -> pairing.collection(collection("i", true, "10.0.0.1/32")));
    }

    @Test
    void aDissociationNeedsNoItemAndForgetsAWaitingOne() throws XmppException {
        RouteChange withdrawn = new RouteChange.Withdrawn("i", Prefix.parse("10.0.0.1/32"));
        assertEquals(withdrawn, pairing.collection(collection("i", false, "10.0.0.1/32")));
        pairing.publish(publish("10.0.0.1/32", "a"));
        assertEquals(withdrawn, pairing.collection(collection("i", false, "10.0.0.1/32")));
        assertThrows(XmppException.class, () -> pairing.collection(collection("i", true, "10.0.0.1/32")));
    }

    @Test
    void aCollectionOfAnotherInstanceIsRefusedNamingBoth() {
        XmppException thrown =
                assertThrows(XmppException.class, () -> pairing.collection(collection("j", false, "10.0.0.1/32")));
        assertTrue(thrown.getMessage().contains("'j'") && thrown.getMessage().contains("1/1/i/"), thrown.getMessage());
    }

    @Test
    void waitingItemsAreBounded() throws XmppException {
        for (int i = 0; i < RoutePairing.MAX_WAITING; i++) {
            pairing.publish(publish("10.0." + (i >> 8) + "." + (i & 255) + "/32", "a"));
        }
        pairing.publish(publish("10.0.0.0/32", "again"));
        XmppException thrown = assertThrows(XmppException.class, () -> pairing.publish(publish("10.9.0.0/32", "a")));
        assertEquals(XmppException.Condition.RESOURCE_CONSTRAINT, thrown.condition());
        pairing.collection(collection("i", true, "10.0.0.0/32"));
        pairing.publish(publish("10.9.0.0/32", "a"));
    }

    @Test
    void theEndOfRibIsAnEmptyPublishThenAnEmptyCollection() {
        assertEquals(Optional.empty(), pairing.emptyCollection());
        pairing.emptyPublish();
        assertEquals(Optional.of(new RouteChange.EndOfRib()), pairing.emptyCollection());
        assertEquals(Optional.empty(), pairing.emptyCollection());
    }
}
