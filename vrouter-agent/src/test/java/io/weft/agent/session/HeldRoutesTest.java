package io.weft.agent.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.protocol.net.Prefix;
import io.weft.protocol.xmpp.RouteEntry;
import io.weft.protocol.xmpp.Stanza;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class HeldRoutesTest {
    private static Stanza.RouteItems add(String instance, long revision, String... prefixes) {
        List<RouteEntry> entries = new ArrayList<>();
        for (String prefix : prefixes) {
            entries.add(RouteEntry.of(Prefix.parse(prefix), "net", List.of()));
        }
        return new Stanza.RouteItems(instance, false, entries, List.of(), OptionalLong.of(revision));
    }

    private static boolean isAfter3(Stanza stanza) {
        return stanza instanceof Stanza.RouteItems items && items.revision().orElse(0) > 3;
    }

    private static List<Stanza> drain(HeldRoutes held) {
        List<Stanza> taken = new ArrayList<>();
        for (Optional<Stanza> next = held.takeUnless(HeldRoutesTest::isAfter3);
                next.isPresent();
                next = held.takeUnless(HeldRoutesTest::isAfter3)) {
            taken.add(next.get());
        }
        return taken;
    }

    @Test
    void givesMessagesInOrderUpToTheFirstThatIsEarly() {
        HeldRoutes held = new HeldRoutes();
        Stanza first = add("a", 3, "10.0.0.1/32");
        Stanza second = add("a", 4, "10.0.0.2/32");
        Stanza third = add("a", 3, "10.0.0.2/32");
        for (Stanza stanza : List.of(first, second, third, new Stanza.EndOfRib())) {
            assertTrue(held.add(stanza, 7));
        }
        assertEquals(List.of(first), drain(held));
        assertEquals(3, held.size());
        assertEquals(7, held.oldestNs());
    }

    @Test
    void aWithdrawalRemovesEveryHeldAdditionOfItsPrefixAndNoOther() {
        HeldRoutes held = new HeldRoutes();
        held.add(add("a", 3, "10.0.0.1/32", "10.0.0.2/32"), 1);
        held.add(add("b", 3, "10.0.0.1/32"), 2);
        held.add(add("a", 3, "10.0.0.1/32"), 3);
        held.add(new Stanza.EndOfRib(), 4);
        held.withdraw("a", List.of(Prefix.parse("10.0.0.1/32"), Prefix.parse("10.0.0.9/32")));
        assertEquals(3, held.size());
        held.forget("b");
        assertEquals(List.of(add("a", 3, "10.0.0.2/32"), new Stanza.EndOfRib()), drain(held));
        assertTrue(held.isEmpty());
    }

    @Test
    void refusesWhatIsBeyondItsBoundAndKeepsTheRest() {
        HeldRoutes held = new HeldRoutes(3);
        assertTrue(held.add(add("a", 9, "10.0.0.1/32", "10.0.0.2/32"), 1));
        assertFalse(held.add(add("a", 9, "10.0.0.3/32", "10.0.0.4/32"), 2));
        assertEquals(2, held.size());
        assertTrue(held.add(new Stanza.EndOfRib(), 3));
        assertFalse(held.add(new Stanza.EndOfRib(), 3));
        held.withdraw("a", List.of(Prefix.parse("10.0.0.1/32")));
        assertTrue(held.add(add("a", 9, "10.0.0.3/32"), 4), "what was withdrawn makes room");
    }
}
