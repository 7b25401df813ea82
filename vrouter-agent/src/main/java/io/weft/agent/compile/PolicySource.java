package io.weft.agent.compile;

import java.util.List;

/** The access control lists of which a policy set is made, by names. Ports with an equal source share one set. */
public sealed interface PolicySource {
    /** Text that identifies the set for ever, whatever its rules are; its hash is the key in the plane. */
    String identity();

    /**
     * Network policies, for both directions of every port of a network.
     *
     * @param lists fq_names of its access-control-lists, ascending; one, unless the configuration is odd
     */
    record OfNetwork(List<String> lists) implements PolicySource {
        public OfNetwork {
            lists = notEmpty("access control lists of a network", lists);
        }

        @Override
        public String identity() {
            return "policy/" + String.join(",", lists);
        }
    }

    /**
     * Security groups, for one direction.
     *
     * @param groups their fq_names, ascending
     * @param egress connections opened from the port; else to it
     */
    record OfGroups(List<String> groups, boolean egress) implements PolicySource {
        public OfGroups {
            groups = notEmpty("security groups of a port", groups);
        }

        @Override
        public String identity() {
            return "policy/groups/" + String.join(",", groups) + "/" + (egress ? "egress" : "ingress");
        }
    }

    private static List<String> notEmpty(String what, List<String> names) {
        if (names.isEmpty()) {
            throw new IllegalArgumentException("number of " + what + " is 0, must be at least 1");
        }
        return names.stream().sorted().distinct().toList();
    }
}
