package io.weft.config.transform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.config.resource.Image;
import io.weft.config.resource.Resource;
import io.weft.config.transform.PolicyRule.Address;
import java.util.List;

/**
 * The two access-control-lists of a security-group (opencontrail section 3): the port's side is left blank, a remote group is its number. A
 * rule that names a group which is not there is left out. Pure functions.
 */
final class GroupEntries {
    static final String GROUP = "security-group";
    static final String INGRESS = "ingress-access-control-list";
    static final String EGRESS = "egress-access-control-list";
    private static final String ANY_GROUP = "-1";

    private GroupEntries() {}

    /** @param ingress what comes to the port, otherwise what it opens itself */
    static ObjectNode of(Image image, Resource group, boolean ingress) {
        AclEntries out = new AclEntries();
        ObjectNode local = AclEntries.address("", null, null);
        for (PolicyRule rule : PolicyRule.of(group)) {
            boolean localSource = rule.sources().stream().anyMatch(Address::local);
            // from the port when its side is the source; with <> both
            boolean asWritten = localSource != ingress;
            if (!asWritten && !rule.both()) {
                continue;
            }
            for (Address remote : localSource ? rule.destinations() : rule.sources()) {
                ObjectNode end = remote(image, remote);
                String ethertype = NetworkPolicies.ethertype(rule, remote, remote);
                if (end != null && ingress) {
                    out.add(rule, !asWritten, ethertype, end, local);
                } else if (end != null) {
                    out.add(rule, !asWritten, ethertype, local, end);
                }
            }
        }
        return out.json(false);
    }

    private static ObjectNode remote(Image image, Address address) {
        if (address.group() == null) {
            return AclEntries.network(address.network(), address.subnet());
        }
        if (address.group().equals(PolicyRule.ANY)) {
            return AclEntries.address("security_group", ANY_GROUP, address.subnet());
        }
        Resource group = image.named(GROUP, List.of(address.group().split(":")));
        JsonNode id = group == null ? null : group.property("security_group_id");
        return id == null ? null : AclEntries.address("security_group", id.asText(), address.subnet());
    }
}
