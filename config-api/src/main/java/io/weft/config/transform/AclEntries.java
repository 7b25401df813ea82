package io.weft.config.transform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.TreeSet;

/** The entries of an access-control-list being made, in their order (AclEntriesType). An entry that is there already is not added again. */
final class AclEntries {
    private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
    /** Bits of the hash: every JSON reader keeps that many. */
    private static final int HASH_BITS = 52;

    private final Set<JsonNode> entries = new LinkedHashSet<>();

    /** AddressType with that network; the subnet may be null. */
    static ObjectNode network(String name, JsonNode subnet) {
        return address("virtual_network", name, subnet);
    }

    /** AddressType with that field, subnet or both; either may be null. */
    static ObjectNode address(String field, String name, JsonNode subnet) {
        ObjectNode out = NODES.objectNode();
        if (name != null) {
            out.put(field, name);
        }
        if (subnet != null) {
            out.set("subnet", subnet);
        }
        return out;
    }

    /**
     * Adds a rule's entries for one pair of addresses, one per pair of port ranges.
     *
     * @param turned from destination to source
     * @param from AddressType of the side that opens the connection
     */
    void add(PolicyRule rule, boolean turned, String ethertype, ObjectNode from, ObjectNode to) {
        for (JsonNode fromPorts : turned ? rule.destinationPorts() : rule.sourcePorts()) {
            for (JsonNode toPorts : turned ? rule.sourcePorts() : rule.destinationPorts()) {
                ObjectNode match = NODES.objectNode();
                match.put("protocol", protocol(rule.protocol(), ethertype));
                match.set("src_address", from);
                match.set("src_port", ports(fromPorts));
                match.set("dst_address", to);
                match.set("dst_port", ports(toPorts));
                if (ethertype != null) {
                    match.put("ethertype", ethertype);
                }
                add(match, rule.effectiveAction(NODES.objectNode()), rule.uuid());
            }
        }
    }

    /** Adds an entry for every protocol and port. */
    void addImplicit(ObjectNode from, ObjectNode to, String action, String uuid) {
        ObjectNode any = NODES.objectNode().put("start_port", -1).put("end_port", -1);
        ObjectNode match = NODES.objectNode().put("protocol", PolicyRule.ANY);
        match.set("src_address", from);
        match.set("src_port", any);
        match.set("dst_address", to);
        match.set("dst_port", any);
        add(match, NODES.objectNode().put("simple_action", action), uuid);
    }

    private void add(ObjectNode match, ObjectNode action, String uuid) {
        ObjectNode entry = NODES.objectNode();
        entry.set("match_condition", match);
        entry.set("action_list", action);
        entry.put("direction", ">");
        if (uuid != null) {
            entry.put("rule_uuid", uuid);
        }
        entries.add(entry);
    }

    private static JsonNode ports(JsonNode range) {
        return range.path("start_port").intValue() < 0
                ? NODES.objectNode().put("start_port", -1).put("end_port", -1)
                : range;
    }

    /** IANA protocol numbers; icmp is that of the family. */
    private static String protocol(String name, String ethertype) {
        return switch (name) {
            case "tcp" -> "6";
            case "udp" -> "17";
            case "icmp" -> "IPv6".equals(ethertype) ? "58" : "1";
            case "icmp6" -> "58";
            default -> name;
        };
    }

    ObjectNode json(boolean dynamic) {
        ObjectNode out = NODES.objectNode().put("dynamic", dynamic);
        entries.forEach(out.putArray("acl_rule")::add);
        return out;
    }

    /** access_control_list_hash: equal exactly when the entries say the same, whatever the order of their fields. Not negative. */
    static long hash(JsonNode entries) {
        StringBuilder text = new StringBuilder();
        canonical(entries, text);
        try {
            byte[] digest =
                    MessageDigest.getInstance("SHA-256").digest(text.toString().getBytes(StandardCharsets.UTF_8));
            return ByteBuffer.wrap(digest).getLong() >>> (Long.SIZE - HASH_BITS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    private static void canonical(JsonNode node, StringBuilder out) {
        if (node.isObject()) {
            Set<String> fields = new TreeSet<>();
            node.fieldNames().forEachRemaining(fields::add);
            out.append('{');
            for (String field : fields) {
                out.append(field).append(':');
                canonical(node.get(field), out);
                out.append(',');
            }
            out.append('}');
        } else if (node.isArray()) {
            out.append('[');
            for (JsonNode one : node) {
                canonical(one, out);
                out.append(',');
            }
            out.append(']');
        } else {
            out.append(node);
        }
    }
}
