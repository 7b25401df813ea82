package io.weft.config.resource;

import com.fasterxml.jackson.databind.JsonNode;
import io.weft.config.schema.IpAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What an object holds for itself alone: addresses, network ids, route target numbers. Claims are keys of an index of the image, so a
 * discarded draft releases them and a restart rebuilds them. Numbers have fixed width, so that keys sort as the numbers do.
 */
public final class Claims {
    /** Names the types whose objects claim something. */
    public static final String INSTANCE_IP = "instance-ip";

    public static final String VIRTUAL_NETWORK = "virtual-network";
    public static final String ROUTE_TARGET = "route-target";
    public static final String SECURITY_GROUP = "security-group";

    private Claims() {}

    /** Key of an address in a network. */
    public static String address(String networkUuid, IpAddress address) {
        return addresses(networkUuid) + address.sortKey();
    }

    /** Prefix of the keys of a network's addresses. */
    public static String addresses(String networkUuid) {
        return "address/" + networkUuid + "/";
    }

    /** Key of a virtual network id (also its VNI in automatic mode), 1 .. 2^24 - 1. */
    public static String networkId(long number) {
        return number("network-id", number);
    }

    /** Key of the route target {@code target:<asn>:<number>}. */
    public static String target(long asn, long number) {
        return number("route-target/" + String.format(Locale.ROOT, "%010d", asn), number);
    }

    /** Key of a security group's number, configured or allocated. */
    public static String securityGroup(long number) {
        return number("security-group-id", number);
    }

    private static String number(String kind, long number) {
        return String.format(Locale.ROOT, "%s/%010d", kind, number);
    }

    /** The keys this object holds. */
    static List<String> of(Resource resource) {
        List<String> keys = new ArrayList<>();
        switch (resource.type()) {
            case INSTANCE_IP -> {
                String text = resource.text("instance_ip_address");
                if (text != null) {
                    for (Ref network : resource.refs(VIRTUAL_NETWORK)) {
                        keys.add(address(network.uuid(), IpAddress.of(text)));
                    }
                }
            }
            case VIRTUAL_NETWORK -> {
                JsonNode id = resource.property("virtual_network_network_id");
                if (id != null) {
                    keys.add(networkId(id.longValue()));
                }
            }
            case ROUTE_TARGET -> {
                String[] parts = resource.name().split(":");
                if (parts.length == 3 && parts[1].indexOf('.') < 0) {
                    keys.add(target(Long.parseLong(parts[1]), Long.parseLong(parts[2])));
                }
            }
            case SECURITY_GROUP -> {
                JsonNode id = resource.property("security_group_id");
                if (id != null) {
                    keys.add(securityGroup(id.longValue()));
                }
            }
            default -> {
                // other types claim nothing
            }
        }
        return keys;
    }
}
