package io.weft.config.write;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.config.resource.Image;
import io.weft.config.resource.NumberSource;
import io.weft.config.resource.Ref;
import io.weft.config.resource.Resource;
import io.weft.config.schema.IpAddress;
import io.weft.config.schema.RefusedException;
import io.weft.config.transform.RouteTargets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** virtual-network: subnets, network id, route targets. */
final class NetworkRules implements TypeRules {
    private static final Set<List<String>> KEPT = Set.of(
            List.of("default-domain", "default-project", "ip-fabric"),
            List.of("default-domain", "default-project", "__link_local__"));

    @Override
    public Resource written(Image image, NumberSource numbers, Resource before, Resource after) {
        Resource network = after;
        if (before == null) {
            int id = (int) numbers.networkId(image);
            network = network.withProperty("virtual_network_network_id", JsonNodeFactory.instance.numberNode(id));
        }
        network = withSubnets(before, network);
        checkSubnets(image, network);
        for (String property : RouteTargets.LISTS) {
            checkTargets(image, network, property);
        }
        checkVxlanId(image, network);
        JsonNode shared = network.property("is_shared");
        if (shared != null && shared.booleanValue()) {
            ObjectNode perms = network.property("perms2").deepCopy();
            network = network.withProperty("perms2", perms.put("global_access", 7));
        }
        return network;
    }

    @Override
    public void deleted(Image image, Resource network) {
        if (KEPT.contains(network.fqName())) {
            throw RefusedException.conflict("virtual-network " + network.fullName() + " is the system's and stays");
        }
    }

    private static Resource withSubnets(Resource before, Resource network) {
        List<JsonNode> present = new ArrayList<>();
        if (before != null) {
            before.refs("network-ipam").stream()
                    .map(Ref::attr)
                    .filter(attr -> attr != null)
                    .forEach(present::add);
        }
        SubnetDefaults defaults = new SubnetDefaults(present);
        List<Ref> refs = new ArrayList<>();
        for (Ref ref : network.refs("network-ipam")) {
            refs.add(new Ref(
                    ref.type(), ref.uuid(), ref.to(), defaults.filled(ref.attr()), ref.derived(), ref.relaxed()));
        }
        return network.withRefs("network-ipam", refs);
    }

    private static void checkSubnets(Image image, Resource network) {
        List<Subnet> subnets = Subnet.of(network);
        for (int i = 0; i < subnets.size(); i++) {
            for (int j = 0; j < i; j++) {
                if (subnets.get(i).prefix().overlaps(subnets.get(j).prefix())) {
                    throw RefusedException.bad(
                            "network_ipam_refs: subnet " + subnets.get(i).prefix() + " overlaps "
                                    + subnets.get(j).prefix());
                }
            }
        }
        image.forEachBackRef(network.uuid(), "instance-ip", instanceIp -> {
            String text = instanceIp.text("instance_ip_address");
            boolean inside = text == null
                    || subnets.stream().anyMatch(subnet -> subnet.prefix().contains(IpAddress.of(text)));
            if (!inside) {
                throw RefusedException.conflict("network_ipam_refs: instance-ip " + instanceIp.uuid()
                        + " has the address " + text + ", which no remaining subnet contains");
            }
        });
    }

    private static void checkTargets(Image image, Resource network, String property) {
        for (String target : RouteTargets.listed(network, property)) {
            if (RouteTargets.automatic(target, RouteTargets.asn(image))) {
                throw RefusedException.bad(property + ": '" + target + "' is in the range of automatic route targets");
            }
        }
    }

    private static void checkVxlanId(Image image, Resource network) {
        JsonNode properties = network.property("virtual_network_properties");
        JsonNode id = properties == null ? null : properties.get("vxlan_network_identifier");
        if (id == null) {
            return;
        }
        image.forEachOfType("virtual-network", other -> {
            JsonNode theirs = other.property("virtual_network_properties");
            if (!other.uuid().equals(network.uuid())
                    && theirs != null
                    && id.equals(theirs.get("vxlan_network_identifier"))) {
                throw RefusedException.bad("virtual_network_properties.vxlan_network_identifier: " + id
                        + " is in use by virtual-network " + other.fullName());
            }
        });
    }
}
