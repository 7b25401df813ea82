package io.weft.dataplane;

import java.util.List;
import java.util.Objects;

/**
 * A policy set with what the plane counted.
 *
 * @param epoch of its last SET
 * @param references ports that use it
 * @param byDefault what no rule decided
 * @param byRule in the order of the rules
 */
public record PolicyState(PolicySet set, int epoch, int references, Decided byDefault, List<Decided> byRule) {
    /** Packets decided: each denied one; of an allowed connection those that opened or re-evaluated it. */
    public record Decided(long packets, long bytes) {}

    public PolicyState {
        Objects.requireNonNull(set, "set");
        Objects.requireNonNull(byDefault, "byDefault");
        byRule = List.copyOf(byRule);
        Limits.range(
                "rule counters of policy " + set.id(),
                byRule.size(),
                set.rules().size(),
                set.rules().size());
    }
}
