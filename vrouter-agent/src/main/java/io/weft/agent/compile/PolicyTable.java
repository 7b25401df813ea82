package io.weft.agent.compile;

import io.weft.protocol.xmpp.ConfigNode.Key;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The policy sets that ports use, compiled again only when the configuration they are made of changed. One thread. */
final class PolicyTable {
    private static final Logger LOG = LoggerFactory.getLogger(PolicyTable.class);

    private final ConfigGraph graph;
    private final Map<PolicySource, PolicyState> policies = new HashMap<>();

    PolicyTable(ConfigGraph graph) {
        this.graph = graph;
    }

    /**
     * Brings the sets up to date.
     *
     * @param wanted those that a port uses
     * @param touched nodes of the configuration that changed
     * @return what differs from before
     */
    Map<PolicySource, Optional<PolicyState>> step(Set<PolicySource> wanted, Set<Key> touched) {
        Map<PolicySource, Optional<PolicyState>> changes = new HashMap<>();
        policies.keySet().removeIf(source -> {
            boolean gone = !wanted.contains(source);
            if (gone) {
                changes.put(source, Optional.empty());
            }
            return gone;
        });
        for (PolicySource source : wanted) {
            PolicyState before = policies.get(source);
            if (before != null && Collections.disjoint(touched, PolicyCompiler.inputs(graph, source))) {
                continue;
            }
            PolicyState after = PolicyCompiler.compile(graph, source);
            if (!after.equals(before)) {
                policies.put(source, after);
                changes.put(source, Optional.of(after));
                report(before, after);
            }
        }
        return changes;
    }

    private static void report(PolicyState before, PolicyState after) {
        for (String problem : after.problems()) {
            if (before == null || !before.problems().contains(problem)) {
                LOG.warn("{}: {}", after.source().identity(), problem);
            }
        }
    }

    Map<PolicySource, PolicyState> policies() {
        return Map.copyOf(policies);
    }
}
