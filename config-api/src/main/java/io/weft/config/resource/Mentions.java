package io.weft.config.resource;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;
import java.util.TreeSet;

/**
 * Names inside an object's properties that mean other objects, whether those are there or not. They are keys of an index of the image, so
 * that what depends on a name is found without walking all objects. Pure functions.
 */
public final class Mentions {
    private static final String ENTRIES = "_entries";

    private Mentions() {}

    /** Key of network-policies whose rules name that policy. */
    public static String policy(String fullName) {
        return "network-policy/" + fullName;
    }

    /** Key of security-groups whose rules name that group. */
    public static String group(String fullName) {
        return "security-group/" + fullName;
    }

    /** Key of bgp-routers of that autonomous system. */
    public static String autonomousSystem(long asn) {
        return "autonomous-system/" + asn;
    }

    /** The keys of this object. */
    static Set<String> of(Resource resource) {
        return switch (resource.type()) {
            case "network-policy", "security-group" ->
                named(resource.property(resource.type().replace('-', '_') + ENTRIES));
            case "bgp-router" -> {
                JsonNode parameters = resource.property("bgp_router_parameters");
                yield parameters == null
                        ? Set.of()
                        : Set.of(autonomousSystem(
                                parameters.path("autonomous_system").longValue()));
            }
            // other types name nothing but by reference
            default -> Set.of();
        };
    }

    private static Set<String> named(JsonNode entries) {
        Set<String> keys = new TreeSet<>();
        if (entries != null) {
            for (JsonNode rule : entries.path("policy_rule")) {
                addresses(rule.path("src_addresses"), keys);
                addresses(rule.path("dst_addresses"), keys);
            }
        }
        return keys;
    }

    private static void addresses(JsonNode list, Set<String> keys) {
        for (JsonNode address : list) {
            if (address.hasNonNull("network_policy")) {
                keys.add(policy(address.get("network_policy").textValue()));
            }
            if (address.hasNonNull("security_group")) {
                keys.add(group(address.get("security_group").textValue()));
            }
        }
    }
}
