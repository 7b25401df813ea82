package io.weft.system;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Policies and security groups as REST clients write them. */
final class PolicyObjects {
    static final int ANY_PORT = -1;

    private PolicyObjects() {}

    /**
     * One side of a rule.
     *
     * @param kind virtual_network or security_group
     * @param name fully qualified, or "local" or "any"
     */
    record End(String kind, String name) {}

    /** A reference between two objects. */
    record Ref(String type, String uuid, String toType, String toUuid) {}

    /** Passes; in one direction, to one port. */
    static ObjectNode rule(String protocol, End from, End to, int port) {
        ObjectNode rule = Rest.object();
        rule.put("direction", ">").put("protocol", protocol);
        end(rule, "src", from, ANY_PORT);
        end(rule, "dst", to, port);
        rule.putObject("action_list").put("simple_action", "pass");
        return rule;
    }

    private static void end(ObjectNode rule, String side, End end, int port) {
        rule.putArray(side + "_addresses").addObject().put(end.kind(), end.name());
        rule.putArray(side + "_ports").addObject().put("start_port", port).put("end_port", port);
    }

    /** Creates a network-policy or security-group of project red; its uuid. */
    static String create(Site site, String type, String name, ObjectNode... rules) {
        ObjectNode object = Rest.object();
        object.put("parent_type", "project");
        object.putArray("fq_name").add("default-domain").add("red").add(name);
        String entries = type.equals("network-policy") ? "network_policy_entries" : "security_group_entries";
        object.putObject(entries).putArray("policy_rule").addAll(List.of(rules));
        return site.rest().create(type, object).path("uuid").asText();
    }

    /** Adds references, all in one change. */
    static Rest.Answer add(Site site, Ref... refs) {
        return update(site, "ADD", refs);
    }

    /** Removes references, all in one change. */
    static Rest.Answer remove(Site site, Ref... refs) {
        return update(site, "DELETE", refs);
    }

    private static Rest.Answer update(Site site, String operation, Ref... refs) {
        ObjectNode body = Rest.object();
        ArrayNode operations = body.putArray("operations");
        for (Ref ref : refs) {
            ObjectNode update = operations.addObject().putObject("ref-update");
            update.put("type", ref.type()).put("uuid", ref.uuid());
            update.put("ref-type", ref.toType()).put("ref-uuid", ref.toUuid());
            update.put("operation", operation);
            if (ref.toType().equals("network-policy") && operation.equals("ADD")) {
                update.putObject("attr").putObject("sequence").put("major", 0).put("minor", 0);
            }
        }
        return site.rest().must("POST", "/change-set", body);
    }
}
