package io.weft.config.write;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.config.schema.IpAddress;
import io.weft.config.schema.IpPrefix;
import io.weft.config.schema.RefusedException;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/**
 * Checks the subnets of a network's reference to an IPAM (VnSubnetsType) and fills in what the client left out: subnet_uuid,
 * default_gateway, dns_server_address, enable_dhcp, addr_from_start, alloc_unit. What is filled in stays the same for the life of the
 * subnet. Pure but for the random uuid.
 */
final class SubnetDefaults {
    private static final String WHERE = "network_ipam_refs ipam_subnets: ";
    private final Map<IpPrefix, JsonNode> present = new HashMap<>();

    /** @param presentAttrs stored attributes of the same network, from before this write */
    SubnetDefaults(Iterable<JsonNode> presentAttrs) {
        for (JsonNode attr : presentAttrs) {
            attr.path("ipam_subnets").forEach(subnet -> present.put(prefix(subnet), subnet));
        }
    }

    /** @throws RefusedException 400 or 409, naming the value and the subnet */
    JsonNode filled(JsonNode attr) {
        if (attr == null) {
            return JsonNodeFactory.instance.objectNode();
        }
        ObjectNode out = attr.deepCopy();
        ArrayNode subnets = JsonNodeFactory.instance.arrayNode();
        for (JsonNode subnet : attr.path("ipam_subnets")) {
            subnets.add(filledSubnet(subnet));
        }
        if (attr.has("ipam_subnets")) {
            out.set("ipam_subnets", subnets);
        }
        return out;
    }

    private ObjectNode filledSubnet(JsonNode given) {
        IpPrefix prefix = prefix(given);
        JsonNode old = present.get(prefix);
        ObjectNode out = given.deepCopy();
        ((ObjectNode) out.get("subnet"))
                .put("ip_prefix", prefix.network().toString())
                .put("ip_prefix_len", prefix.length());
        inherit(out, old, "subnet_uuid", UUID.randomUUID().toString());
        if (!out.has("addr_from_start")) {
            out.put(
                    "addr_from_start",
                    old != null && old.path("addr_from_start").asBoolean());
        }
        boolean fromStart = out.get("addr_from_start").asBoolean();
        IpAddress edge = fromStart ? prefix.network() : prefix.last();
        inherit(
                out,
                old,
                "default_gateway",
                edge.plus(fromStart ? 1 : -1).orElse(edge).toString());
        inherit(
                out,
                old,
                "dns_server_address",
                edge.plus(fromStart ? 2 : -2).orElse(edge).toString());
        if (!out.has("enable_dhcp")) {
            out.put("enable_dhcp", true);
        }
        if (!out.has("alloc_unit")) {
            out.put("alloc_unit", 1);
        }
        check(out, prefix, old);
        return out;
    }

    private static void inherit(ObjectNode out, JsonNode old, String field, String byDefault) {
        if (!out.has(field)) {
            out.put(field, old != null && old.has(field) ? old.get(field).textValue() : byDefault);
        }
    }

    private static void check(ObjectNode subnet, IpPrefix prefix, JsonNode old) {
        for (String field : new String[] {"default_gateway", "dns_server_address"}) {
            IpAddress address = IpAddress.of(subnet.get(field).textValue());
            if (address.value().signum() != 0 && !prefix.contains(address)) {
                throw RefusedException.conflict(WHERE + field + " " + address + " is not in the subnet " + prefix);
            }
        }
        boolean gatewayMoved = old != null && !old.path("default_gateway").equals(subnet.get("default_gateway"));
        if (gatewayMoved) {
            throw RefusedException.bad(WHERE + "default_gateway of " + prefix + " is "
                    + old.path("default_gateway").textValue() + " and cannot change to "
                    + subnet.get("default_gateway").textValue());
        }
        if (old != null && !old.path("subnet_uuid").equals(subnet.get("subnet_uuid"))) {
            throw RefusedException.bad(WHERE + "subnet_uuid of " + prefix + " cannot change");
        }
        for (JsonNode pool : subnet.path("allocation_pools")) {
            String start = pool.path("start").asText("");
            String end = pool.path("end").asText("");
            boolean good = IpAddress.parse(start).filter(prefix::contains).isPresent()
                    && IpAddress.parse(end).filter(prefix::contains).isPresent()
                    && IpAddress.of(start).compareTo(IpAddress.of(end)) <= 0;
            if (!good) {
                throw RefusedException.conflict(
                        WHERE + "allocation_pools " + start + " - " + end + " is not a range in the subnet " + prefix);
            }
        }
    }

    private static IpPrefix prefix(JsonNode subnet) {
        JsonNode given = subnet.path("subnet");
        if (!given.has("ip_prefix") || !given.has("ip_prefix_len")) {
            throw RefusedException.bad(WHERE + "subnet.ip_prefix and subnet.ip_prefix_len are required");
        }
        IpAddress address = IpAddress.of(given.get("ip_prefix").textValue());
        int length = given.get("ip_prefix_len").intValue();
        if (length < 1 || length > address.bits() - 2) {
            throw RefusedException.conflict(WHERE + "ip_prefix_len " + length + " of " + address + " is not in 1.."
                    + (address.bits() - 2) + " (network, gateway, service address and last address need room)");
        }
        return IpPrefix.containing(address, length);
    }
}
