package io.weft.agent.runtime;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.agent.program.FakePlane;
import io.weft.agent.program.Programmer;
import io.weft.dataplane.MacAddress;
import io.weft.dataplane.PlaneSettings;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PlaneLinkTest {
    private static final long MS = 1_000_000L;

    private final FakePlane.Tables tables = new FakePlane.Tables();
    private final Programmer programmer = new Programmer(
            new Programmer.Uplink("fabric0", false),
            new PlaneSettings(Optional.empty(), Optional.empty(), new MacAddress(2), 0, 0));
    private final PlaneLink link = new PlaneLink(tables::open, programmer, "h1", InetAddress.ofLiteral("192.0.2.1"), 0);
    private long nowNs;

    /** Lets time pass as the core does: a turn at each deadline. */
    private void pass(long ms) {
        long end = nowNs + ms * MS;
        while (link.deadlineNs() <= end) {
            nowNs = Math.max(nowNs, link.deadlineNs());
            link.tick(nowNs);
        }
        nowNs = end;
    }

    @Test
    void noticesWithin50MillisecondsThatThePlaneWentAwayAndThatItIsBack() {
        pass(1_000);
        assertTrue(programmer.isOpen());
        tables.takeChanges();
        for (int away : List.of(1, 40, 333, 4_000)) {
            tables.die();
            pass(51);
            assertFalse(programmer.isOpen(), "away for " + away);
            pass(away);
            tables.adopted();
            pass(51);
            assertTrue(programmer.isOpen(), "back after " + away);
            assertFalse(link.isGone(nowNs));
            assertEquals(List.of(), tables.takeChanges());
        }
        assertEquals(4, link.adoptions());
        assertEquals(5, programmer.counters().opens());
    }

    @Test
    void isGoneAfterFiveSecondsAndTriesEverySecondAfterTen() {
        pass(1_000);
        tables.die();
        pass(5_000);
        assertFalse(link.isGone(nowNs));
        pass(51);
        assertTrue(link.isGone(nowNs));
        pass(10_000);
        tables.adopted();
        pass(1_000);
        assertTrue(programmer.isOpen());
        assertFalse(link.isGone(nowNs));
    }

    @Test
    void comparesAgainWhenAnotherWorkerTookOverUnnoticed() {
        pass(1_000);
        tables.adoptedUnnoticed();
        pass(51);
        assertTrue(programmer.isOpen());
        assertEquals(1, link.adoptions());
        assertEquals(2, programmer.counters().opens());
    }
}
