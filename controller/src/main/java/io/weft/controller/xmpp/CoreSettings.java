package io.weft.controller.xmpp;

/**
 * Times of the core.
 *
 * @param holdTimeMs silence after which a session is dead
 * @param staleTimeMs how long routes outlive their session
 * @param admitTimeMs how long an agent that the configuration does not know may wait for it
 * @param endOfRibTimeMs after which an agent gets the end of RIB though it has not sent its own
 */
public record CoreSettings(long holdTimeMs, long staleTimeMs, long admitTimeMs, long endOfRibTimeMs) {
    public CoreSettings {
        positive("xmpp-hold-time-ms", holdTimeMs);
        positive("stale-time-ms", staleTimeMs);
        positive("admit-time-ms", admitTimeMs);
        positive("end-of-rib-time-ms", endOfRibTimeMs);
    }

    private static void positive(String name, long value) {
        if (value <= 0) {
            throw new IllegalArgumentException(name + " " + value + " is not positive");
        }
    }
}
