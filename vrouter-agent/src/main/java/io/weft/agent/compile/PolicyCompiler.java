package io.weft.agent.compile;

import io.weft.dataplane.PolicyRule;
import io.weft.dataplane.PolicySet;
import io.weft.protocol.xmpp.ConfigNode.Key;
import io.weft.protocol.xmpp.XmlTree;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Turns access control lists into the rules of a policy set. Pure. What has not come or cannot be read opens nothing: a missing list
 * leaves the set without rules, a bad entry that would allow allows nothing, one that would deny denies more.
 */
final class PolicyCompiler {
    private static final String ENTRIES = "access-control-list-entries";

    private final ConfigGraph graph;
    private final PolicySource source;
    private final List<PolicyRule> rules = new ArrayList<>();
    private final List<String> problems = new ArrayList<>();
    private boolean waiting;

    private PolicyCompiler(ConfigGraph graph, PolicySource source) {
        this.graph = graph;
        this.source = source;
    }

    static PolicyState compile(ConfigGraph graph, PolicySource source) {
        PolicyCompiler compiler = new PolicyCompiler(graph, source);
        switch (source) {
            case PolicySource.OfNetwork network ->
                network.lists().forEach(name -> compiler.add(new Key(ConfigReader.LIST, name), AclRule.Kind.NETWORK));
            case PolicySource.OfGroups groups ->
                groups.groups().forEach(name -> compiler.addGroup(name, groups.egress()));
        }
        return compiler.state();
    }

    /** Nodes of the configuration that the set is made of, also those that have not come. */
    static Set<Key> inputs(ConfigGraph graph, PolicySource source) {
        Set<Key> inputs = new HashSet<>();
        switch (source) {
            case PolicySource.OfNetwork network ->
                network.lists().forEach(name -> inputs.add(new Key(ConfigReader.LIST, name)));
            case PolicySource.OfGroups groups -> {
                for (String name : groups.groups()) {
                    Key group = new Key(ConfigReader.GROUP, name);
                    inputs.add(group);
                    inputs.addAll(graph.linked(group, ConfigReader.LIST));
                }
            }
        }
        return inputs;
    }

    private void addGroup(String name, boolean egress) {
        Key group = new Key(ConfigReader.GROUP, name);
        String suffix = (egress ? "egress" : "ingress") + "-access-control-list";
        Optional<Key> list = graph.linked(group, ConfigReader.LIST).stream()
                .filter(found -> found.name().endsWith(":" + suffix))
                .findFirst();
        if (graph.node(group).isEmpty()) {
            await(group.toString());
        } else if (list.isEmpty()) {
            await(suffix + " of " + group);
        } else {
            add(list.get(), egress ? AclRule.Kind.GROUP_EGRESS : AclRule.Kind.GROUP_INGRESS);
        }
    }

    private void await(String what) {
        waiting = true;
        problems.add(what + " has not come: all is denied until it does");
    }

    private void add(Key list, AclRule.Kind kind) {
        Optional<XmlTree> node = graph.node(list);
        if (node.isEmpty()) {
            await(list.toString());
            return;
        }
        int index = 0;
        for (XmlTree entry : node.get().list(ENTRIES + "/acl-rule")) {
            AclRule rule = AclRule.read(entry, kind);
            rules.addAll(rule.rules());
            String where = list + " rule " + index + ": ";
            rule.problems().forEach(problem -> problems.add(where + problem));
            index++;
        }
    }

    private PolicyState state() {
        List<PolicyRule> kept = waiting ? List.of() : rules;
        if (kept.size() > PolicySet.RULES_MAX) {
            problems.add(source.identity() + " has " + kept.size() + " rules, must be at most " + PolicySet.RULES_MAX
                    + ": the first " + PolicySet.RULES_MAX + " are used, what they do not decide is denied");
            kept = kept.subList(0, PolicySet.RULES_MAX);
        }
        return new PolicyState(source, kept, problems);
    }
}
