package io.weft.controller.xmpp;

import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/**
 * Holds routes and ends of RIB back after a start, until this controller knows again what its predecessor knew: its configuration, and what
 * every agent publishes. An agent has had its time when it has sent its end of RIB, or the end-of-rib time after it connected (after the
 * configuration came, when it did not) is over. An agent that got routes earlier would replace sets of next hops by parts of them, and
 * drop at the end of RIB what another agent is about to publish again. Opens once, for good. The core's thread only.
 */
final class RestartGate {
    private final long waitNs;
    private final Set<String> expected = new HashSet<>();
    private long configuredNs;
    private boolean configured;
    private boolean open;

    /** @param waitNs how long an agent may take */
    RestartGate(long waitNs) {
        this.waitNs = waitNs;
    }

    /** The first whole configuration is here; later calls do nothing. */
    void configured(Set<String> agents, long nowNs) {
        if (!configured) {
            configured = true;
            configuredNs = nowNs;
            expected.addAll(agents);
        }
    }

    /** The agent has published all it has, or is not configured any more. */
    void settled(String agent) {
        expected.remove(agent);
    }

    /**
     * Whether routes may be sent.
     *
     * @param openedNs when an agent's session began; empty: it has none
     */
    boolean isOpen(long nowNs, Function<String, Optional<Long>> openedNs) {
        if (!open && configured) {
            expected.removeIf(agent -> nowNs - deadlineNs(openedNs.apply(agent)) >= 0);
            open = expected.isEmpty();
        }
        return open;
    }

    /** When {@link #isOpen} may change by time alone; empty: it will not. */
    Optional<Long> deadlineNs(Function<String, Optional<Long>> openedNs) {
        return open
                ? Optional.empty()
                : expected.stream()
                        .map(agent -> deadlineNs(openedNs.apply(agent)))
                        .min(Long::compare);
    }

    private long deadlineNs(Optional<Long> openedNs) {
        long from = Math.max(configuredNs, openedNs.orElse(configuredNs));
        // An agent that comes and goes must not hold back the others for ever.
        return Math.min(from, configuredNs + waitNs) + waitNs;
    }
}
