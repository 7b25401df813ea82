package io.weft.config.write;

import com.fasterxml.jackson.databind.JsonNode;
import io.weft.config.schema.IpAddress;
import io.weft.config.schema.RefusedException;
import io.weft.config.schema.Shown;
import io.weft.config.schema.TextFormat;
import io.weft.config.transform.PolicyRule;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Checks one PolicyRuleType beyond its schema. Every refusal is a 400 that names the field, the value and the limit. */
final class PolicyRuleCheck {
    private static final Set<String> PROTOCOLS = Set.of("any", "tcp", "udp", "icmp", "icmp6");
    private static final List<String> OTHER_ACTIONS =
            List.of("apply_service", "assign_routing_instance", "gateway_name", "host_based_service", "mirror_to");
    private static final int MAX_NAME = 255;
    private static final int MAX_PROTOCOL = 255;

    private final String where;
    private final boolean group;
    private final JsonNode rule;
    private String ethertype;
    private String ethertypeFrom;

    /** @throws RefusedException 400 the rule is wrong */
    PolicyRuleCheck(String where, JsonNode rule, boolean group) {
        this.where = where;
        this.rule = rule;
        this.group = group;
        this.ethertype = rule.path("ethertype").textValue();
        this.ethertypeFrom = "ethertype";
        protocol();
        action();
        for (String side : List.of("src", "dst")) {
            ports(side + "_ports");
            addresses(side + "_addresses");
        }
        if (group) {
            localSide();
        }
    }

    /** Entries this rule becomes in an access-control-list when no address means several networks. */
    long expandedCount() {
        long pairs = (long) PolicyRule.addresses(rule.path("src_addresses")).size()
                * PolicyRule.addresses(rule.path("dst_addresses")).size();
        long ports =
                (long) rule.path("src_ports").size() * rule.path("dst_ports").size();
        return pairs * ports * (rule.path("direction").asText().equals("<>") ? 2 : 1);
    }

    private RefusedException bad(String field, String problem) {
        return RefusedException.bad(where + (field.isEmpty() ? "" : "." + field) + ": " + problem);
    }

    private void protocol() {
        String text = rule.path("protocol").asText();
        boolean number = text.matches("[0-9]{1,3}") && Integer.parseInt(text) <= MAX_PROTOCOL;
        if (!number && !PROTOCOLS.contains(text.toLowerCase(Locale.ROOT))) {
            throw bad("protocol", "'" + Shown.of(text) + "' is not any, tcp, udp, icmp, icmp6 or 0.." + MAX_PROTOCOL);
        }
    }

    private void action() {
        JsonNode action = rule.path("action_list");
        String simple = action.path("simple_action").textValue();
        if (group) {
            if (simple != null && !simple.equals("pass")) {
                throw bad(
                        "action_list.simple_action",
                        "'" + simple + "' is not pass, all a security-group's rule can do");
            }
        } else if (simple == null && OTHER_ACTIONS.stream().noneMatch(other -> given(action.path(other)))) {
            throw bad("action_list.simple_action", "neither pass nor deny is given, nor any of " + OTHER_ACTIONS);
        }
        if (group && OTHER_ACTIONS.stream().anyMatch(other -> given(action.path(other)))) {
            throw bad("action_list", "a security-group's rule has none of " + OTHER_ACTIONS);
        }
        int index = 0;
        for (JsonNode service : action.path("apply_service")) {
            name("action_list.apply_service[" + index++ + "]", service.textValue(), "domain:project:service-instance");
        }
    }

    private static boolean given(JsonNode value) {
        return value.isArray() || value.isObject() ? !value.isEmpty() : value.isTextual() || value.asBoolean();
    }

    private void ports(String field) {
        JsonNode list = notEmpty(field);
        for (int i = 0; i < list.size(); i++) {
            int start = list.get(i).path("start_port").intValue();
            int end = list.get(i).path("end_port").intValue();
            if (start > end) {
                throw bad(field + "[" + i + "].start_port", start + " is above end_port " + end);
            }
            if (start < 0 && end >= 0 && end < 65_535) {
                throw bad(
                        field + "[" + i + "].start_port",
                        start + " means any port and wants end_port -1 or 65535, not " + end);
            }
        }
    }

    private JsonNode notEmpty(String field) {
        JsonNode list = rule.path(field);
        if (list.isEmpty()) {
            throw bad(field, "is empty, so the rule would match nothing");
        }
        return list;
    }

    private void addresses(String field) {
        JsonNode list = notEmpty(field);
        for (int i = 0; i < list.size(); i++) {
            address(field + "[" + i + "]", list.get(i));
        }
    }

    private void address(String field, JsonNode address) {
        List<String> kinds = new ArrayList<>();
        boolean one = address.has("subnet");
        boolean several = !address.path("subnet_list").isEmpty();
        for (String kind : List.of("virtual_network", "security_group", "network_policy")) {
            if (address.has(kind)) {
                kinds.add(kind);
            }
        }
        if (one) {
            kinds.add("subnet");
        }
        if (several) {
            kinds.add("subnet_list");
        }
        boolean networkAndSubnet = kinds.size() == 2 && kinds.contains("virtual_network") && (one || several);
        if (kinds.size() != 1 && !networkAndSubnet) {
            throw bad(
                    field,
                    (kinds.isEmpty() ? "nothing" : kinds)
                            + " is given; want one of virtual_network (perhaps with subnet"
                            + " or subnet_list), subnet, subnet_list, "
                            + (group ? "security_group" : "network_policy"));
        }
        if (address.has(group ? "network_policy" : "security_group")) {
            throw bad(
                    field,
                    group
                            ? "network_policy: a security-group's rule names no policy"
                            : "security_group: a network-policy's rule names no group");
        }
        names(field, address);
        if (one) {
            subnet(field + ".subnet", address.get("subnet"));
        }
        for (int i = 0; i < address.path("subnet_list").size(); i++) {
            subnet(field + ".subnet_list[" + i + "]", address.get("subnet_list").get(i));
        }
    }

    private void names(String field, JsonNode address) {
        for (String kind : List.of("virtual_network", "security_group", "network_policy")) {
            String text = address.path(kind).textValue();
            boolean word = PolicyRule.LOCAL.equals(text) || PolicyRule.ANY.equals(text);
            if (text != null && !(word && !kind.equals("network_policy"))) {
                String words = kind.equals("network_policy") ? "" : " nor local or any";
                name(field + "." + kind, text, "domain:project:" + kind.replace('_', '-') + words);
            }
        }
    }

    /** Three names, whether there is such an object or not. */
    private void name(String field, String text, String wanted) {
        String[] parts = text.split(":", -1);
        boolean good = parts.length == 3;
        for (String part : parts) {
            good &= !part.isEmpty()
                    && part.length() <= MAX_NAME
                    && TextFormat.carriable(part)
                    && part.chars().noneMatch(c -> c < ' ' || "<>&\"'".indexOf(c) >= 0);
        }
        if (!good) {
            throw bad(field, "'" + Shown.of(text) + "' is not " + wanted);
        }
    }

    private void subnet(String field, JsonNode subnet) {
        String text = subnet.path("ip_prefix").textValue();
        if (text == null || !subnet.has("ip_prefix_len")) {
            throw bad(field, "ip_prefix and ip_prefix_len are required: " + Shown.of(subnet));
        }
        Optional<IpAddress> address = IpAddress.parse(text);
        int length = subnet.path("ip_prefix_len").intValue();
        if (address.isEmpty() || length > address.get().bits()) {
            throw bad(
                    field + ".ip_prefix_len",
                    length + " is not in 0.." + address.map(IpAddress::bits).orElse(0) + " for " + text);
        }
        String family = address.get().v4() ? "IPv4" : "IPv6";
        if (ethertype != null && !ethertype.equals(family)) {
            throw bad(
                    field,
                    text + "/" + length + " is " + family + " and does not fit " + ethertypeFrom + " " + ethertype);
        }
        if (ethertype == null) {
            ethertype = family;
            ethertypeFrom = field;
        }
    }

    /** The port is on one side, and alone there. */
    private void localSide() {
        List<PolicyRule.Address> sources = PolicyRule.addresses(rule.path("src_addresses"));
        List<PolicyRule.Address> destinations = PolicyRule.addresses(rule.path("dst_addresses"));
        boolean source = sources.stream().anyMatch(PolicyRule.Address::local);
        boolean destination = destinations.stream().anyMatch(PolicyRule.Address::local);
        if (source == destination) {
            throw bad(
                    "",
                    (source ? "both src_addresses and dst_addresses are" : "neither src_addresses nor dst_addresses is")
                            + " local; want one side, the port's own, with security_group local");
        }
        for (PolicyRule.Address address : source ? sources : destinations) {
            if (!address.local() || address.subnet() != null) {
                throw bad(
                        source ? "src_addresses" : "dst_addresses",
                        "the local side holds local alone, without subnets and other addresses");
            }
        }
    }
}
