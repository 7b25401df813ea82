package io.weft.config.write;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.config.resource.Image;
import io.weft.config.resource.NumberSource;
import io.weft.config.resource.Resource;
import io.weft.config.schema.IpAddress;
import io.weft.config.schema.RefusedException;

/** virtual-machine-interface: MAC address, allowed address pairs. */
final class InterfaceRules implements TypeRules {
    private static final String MACS = "virtual_machine_interface_mac_addresses";
    private static final String PAIRS = "virtual_machine_interface_allowed_address_pairs";

    @Override
    public Resource written(Image image, NumberSource numbers, Resource before, Resource after) {
        if (after.refs("virtual-network").size() > 1) {
            throw RefusedException.bad("virtual_network_refs: an interface refers to one network and not to "
                    + after.refs("virtual-network").size());
        }
        if (before != null
                && !before.refs("virtual-network").equals(after.refs("virtual-network"))
                && hasAddress(image, after)) {
            throw RefusedException.conflict(
                    "virtual_network_refs cannot change while instance-ips refer to the interface");
        }
        checkGroups(after);
        checkPairs(after);
        JsonNode macs = after.property(MACS);
        int count = macs == null ? 0 : macs.path("mac_address").size();
        if (count > 1) {
            throw RefusedException.bad(MACS + ": an interface has one address and not " + count);
        }
        return count == 1 ? after : after.withProperty(MACS, generated(after.uuid()));
    }

    private static boolean hasAddress(Image image, Resource port) {
        boolean[] any = {false};
        image.forEachBackRef(port.uuid(), "instance-ip", instanceIp -> any[0] = true);
        return any[0];
    }

    /** 02: and the first five octets of the uuid (opencontrail: Auto MAC). */
    private static JsonNode generated(String uuid) {
        String hex = uuid.replace("-", "");
        StringBuilder mac = new StringBuilder("02");
        for (int i = 0; i < 10; i += 2) {
            mac.append(':').append(hex, i, i + 2);
        }
        ObjectNode out = JsonNodeFactory.instance.objectNode();
        out.putArray("mac_address").add(mac.toString());
        return out;
    }

    private static void checkGroups(Resource port) {
        JsonNode security = port.property("port_security_enabled");
        if (security != null
                && !security.booleanValue()
                && !port.refs("security-group").isEmpty()) {
            throw RefusedException.bad("security_group_refs: not with port_security_enabled false");
        }
    }

    private static void checkPairs(Resource port) {
        JsonNode pairs = port.property(PAIRS);
        if (pairs == null) {
            return;
        }
        JsonNode security = port.property("port_security_enabled");
        if (security != null
                && !security.booleanValue()
                && !pairs.path("allowed_address_pair").isEmpty()) {
            throw RefusedException.bad(PAIRS + ": not with port_security_enabled false");
        }
        for (JsonNode pair : pairs.path("allowed_address_pair")) {
            String ip = pair.path("ip").path("ip_prefix").asText("");
            int length = pair.path("ip").path("ip_prefix_len").asInt(-1);
            int bits = IpAddress.parse(ip).map(IpAddress::bits).orElse(0);
            if (length < 0 || length > bits) {
                throw RefusedException.bad(PAIRS + ".ip: '" + ip + "/" + length + "' is not a prefix");
            }
            boolean standby = pair.path("address_mode").asText("").equals("active-standby");
            if (standby && length < bits - 8) {
                throw RefusedException.bad(PAIRS + ".ip: the length of " + ip + "/" + length + " is below " + (bits - 8)
                        + ", the limit with active-standby");
            }
        }
    }
}
