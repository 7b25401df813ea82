package io.weft.config.write;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.config.resource.Resource;
import io.weft.config.schema.RefusedException;
import io.weft.config.schema.Shown;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * Checks the rules of a network-policy or security-group as a whole and gives each a rule_uuid that has none. Pure but for the random uuids.
 */
final class PolicyEntries {
    /** Entries of one object's rules, every pair of addresses and ports counted; what a plane's policy set holds. */
    static final int MAX_EXPANDED = 8_192;

    private static final List<String> NOT_COMPARED = List.of("rule_uuid", "created", "last_modified");

    private final String property;
    private final boolean group;

    /** @param group a security-group's rules, otherwise a network-policy's */
    PolicyEntries(String property, boolean group) {
        this.property = property;
        this.group = group;
    }

    /** @throws RefusedException 400 naming the rule, field, value and limit; 409 two equal rules */
    Resource checked(Resource before, Resource after) {
        JsonNode entries = after.property(property);
        if (entries == null || before != null && entries.equals(before.property(property))) {
            return after;
        }
        Map<JsonNode, String> present = before == null ? Map.of() : uuids(before.property(property));
        Map<JsonNode, Integer> seen = new HashMap<>();
        Set<String> usedUuids = new HashSet<>();
        ArrayNode rules = JsonNodeFactory.instance.arrayNode();
        long expanded = 0;
        int index = 0;
        for (JsonNode rule : entries.path("policy_rule")) {
            String where = property + ".policy_rule[" + index + "]";
            expanded += new PolicyRuleCheck(where, rule, group).expandedCount();
            if (expanded > MAX_EXPANDED) {
                throw RefusedException.bad(where + ": with this rule the pairs of addresses and ports are " + expanded
                        + ", more than " + MAX_EXPANDED);
            }
            JsonNode content = content(rule);
            Integer same = seen.put(content, index);
            if (same != null) {
                throw RefusedException.conflict(where + ": the same rule as policy_rule[" + same + "]");
            }
            String uuid = rule.path("rule_uuid").asText(present.get(content));
            if (uuid == null) {
                uuid = UUID.randomUUID().toString();
            }
            if (!usedUuids.add(uuid)) {
                throw RefusedException.bad(where + ".rule_uuid: '" + Shown.of(uuid) + "' is there twice");
            }
            rules.add(((ObjectNode) rule).deepCopy().put("rule_uuid", uuid));
            index++;
        }
        ObjectNode out = JsonNodeFactory.instance.objectNode();
        out.set("policy_rule", rules);
        return after.withProperty(property, out);
    }

    /** A rule written again without its uuid keeps it. */
    private static Map<JsonNode, String> uuids(JsonNode entries) {
        Map<JsonNode, String> out = new HashMap<>();
        if (entries != null) {
            for (JsonNode rule : entries.path("policy_rule")) {
                out.put(content(rule), rule.path("rule_uuid").textValue());
            }
        }
        return out;
    }

    private static JsonNode content(JsonNode rule) {
        return ((ObjectNode) rule).deepCopy().remove(NOT_COMPARED);
    }
}
