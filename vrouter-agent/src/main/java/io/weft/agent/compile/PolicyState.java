package io.weft.agent.compile;

import io.weft.dataplane.PolicyRule;
import java.util.List;
import java.util.Objects;

/**
 * A policy set as it shall be. What no rule allows is denied.
 *
 * @param rules in order, at most what the plane holds
 * @param problems what could not be read or has not come; never opens anything
 */
public record PolicyState(PolicySource source, List<PolicyRule> rules, List<String> problems) {
    public PolicyState {
        Objects.requireNonNull(source, "source");
        rules = List.copyOf(rules);
        problems = List.copyOf(problems);
    }
}
