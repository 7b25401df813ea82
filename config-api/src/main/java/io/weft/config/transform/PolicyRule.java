package io.weft.config.transform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.config.resource.Resource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One rule of a network-policy or security-group as it was checked and stored (PolicyRuleType).
 *
 * @param both direction {@code <>}
 * @param protocol lower case: any, tcp, udp, icmp, icmp6 or a number
 * @param ethertype IPv4, IPv6 or null for both
 * @param action action_list, or null
 */
public record PolicyRule(
        String uuid,
        boolean both,
        String protocol,
        String ethertype,
        List<Address> sources,
        List<JsonNode> sourcePorts,
        List<Address> destinations,
        List<JsonNode> destinationPorts,
        JsonNode action) {
    /** Names what an address list may say instead of a name. */
    public static final String LOCAL = "local";

    public static final String ANY = "any";

    public PolicyRule {
        sources = List.copyOf(sources);
        sourcePorts = List.copyOf(sourcePorts);
        destinations = List.copyOf(destinations);
        destinationPorts = List.copyOf(destinationPorts);
    }

    /**
     * One end of a rule. At most one of the names is there; a subnet alone means any network.
     *
     * @param network local, any, a network's full name, or null
     * @param policy a policy's full name: every network that has it, or null
     * @param group local, any, a group's full name, or null
     * @param subnet SubnetType, or null
     */
    public record Address(String network, String policy, String group, JsonNode subnet) {
        /** The side of the port itself in a security group's rule. */
        public boolean local() {
            return LOCAL.equals(network) || LOCAL.equals(group);
        }

        /** IPv4 or IPv6 when there is a subnet, otherwise null. */
        String family() {
            if (subnet == null) {
                return null;
            }
            return subnet.path("ip_prefix").asText().indexOf(':') < 0 ? "IPv4" : "IPv6";
        }
    }

    /** The rules of network_policy_entries or security_group_entries, in their order. */
    static List<PolicyRule> of(Resource owner) {
        JsonNode entries = owner.property(owner.type().replace('-', '_') + "_entries");
        List<PolicyRule> out = new ArrayList<>();
        if (entries != null) {
            entries.path("policy_rule").forEach(rule -> out.add(read(rule)));
        }
        return out;
    }

    private static PolicyRule read(JsonNode rule) {
        return new PolicyRule(
                rule.path("rule_uuid").textValue(),
                rule.path("direction").asText().equals("<>"),
                rule.path("protocol").asText().toLowerCase(Locale.ROOT),
                rule.path("ethertype").textValue(),
                addresses(rule.path("src_addresses")),
                list(rule.path("src_ports")),
                addresses(rule.path("dst_addresses")),
                list(rule.path("dst_ports")),
                rule.get("action_list"));
    }

    private static List<JsonNode> list(JsonNode nodes) {
        List<JsonNode> out = new ArrayList<>();
        nodes.forEach(out::add);
        return out;
    }

    /** The addresses of one side, a list of subnets taken apart. */
    public static List<Address> addresses(JsonNode list) {
        List<Address> out = new ArrayList<>();
        for (JsonNode address : list) {
            List<JsonNode> subnets = list(address.path("subnet_list"));
            if (address.has("subnet")) {
                subnets.add(address.get("subnet"));
            }
            String network = address.path("virtual_network").textValue();
            String policy = address.path("network_policy").textValue();
            String group = address.path("security_group").textValue();
            if (subnets.isEmpty()) {
                out.add(new Address(network, policy, group, null));
            }
            subnets.forEach(subnet -> out.add(new Address(network, policy, group, subnet)));
        }
        return out;
    }

    /**
     * Whether what matches is allowed. A rule that sends traffic elsewhere first (a service chain, another instance, a host's firewall) denies
     * as long as that is not derived: what should be inspected must not pass by.
     */
    public boolean passes() {
        if (action == null) {
            return true;
        }
        boolean redirects = !action.path("apply_service").isEmpty()
                || action.hasNonNull("assign_routing_instance")
                || action.hasNonNull("gateway_name")
                || action.path("host_based_service").asBoolean();
        return !redirects && !action.path("simple_action").asText("pass").equals("deny");
    }

    /** action_list of the ACL entries: as configured, with the simple_action that holds. */
    ObjectNode effectiveAction(ObjectNode into) {
        if (action instanceof ObjectNode present) {
            into.setAll(present);
        }
        return into.put("simple_action", passes() ? "pass" : "deny");
    }
}
