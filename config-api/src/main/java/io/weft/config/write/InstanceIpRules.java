package io.weft.config.write;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.weft.config.resource.Claims;
import io.weft.config.resource.Image;
import io.weft.config.resource.NumberSource;
import io.weft.config.resource.Ref;
import io.weft.config.resource.Resource;
import io.weft.config.schema.IpAddress;
import io.weft.config.schema.RefusedException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/** instance-ip: its address is checked or given out when it is created, and stays. */
final class InstanceIpRules implements TypeRules {
    private static final String ADDRESS = "instance_ip_address";
    private static final String FAMILY = "instance_ip_family";
    private static final String SUBNET = "subnet_uuid";

    @Override
    public Resource written(Image image, NumberSource numbers, Resource before, Resource after) {
        if (before != null) {
            unchanged(before, after);
            return after;
        }
        List<Ref> networks = after.refs("virtual-network");
        if (networks.size() != 1) {
            throw RefusedException.bad(
                    "virtual_network_refs: an instance-ip refers to one network and not to " + networks.size());
        }
        Resource network = image.get(networks.getFirst().uuid());
        Subnet subnet;
        IpAddress address;
        if (after.text(ADDRESS) != null) {
            address = IpAddress.of(after.text(ADDRESS));
            subnet = requested(image, network, after, address);
        } else {
            List<Subnet> candidates = candidates(network, after);
            Given given = given(image, network, candidates);
            subnet = given.subnet;
            address = given.address;
        }
        return after.withProperty(ADDRESS, text(address.toString()))
                .withProperty(FAMILY, text(address.family()))
                .withProperty(SUBNET, text(subnet.uuid()));
    }

    private record Given(Subnet subnet, IpAddress address) {}

    private static JsonNode text(String value) {
        return JsonNodeFactory.instance.textNode(value);
    }

    private static void unchanged(Resource before, Resource after) {
        for (String property : List.of(ADDRESS, FAMILY, SUBNET)) {
            if (!Objects.equals(before.property(property), after.property(property))) {
                throw RefusedException.bad(
                        property + " is " + before.text(property) + " and cannot change to " + after.text(property));
            }
        }
        if (!before.refs("virtual-network").equals(after.refs("virtual-network"))) {
            throw RefusedException.bad("virtual_network_refs of an instance-ip cannot change");
        }
    }

    private static Subnet requested(Image image, Resource network, Resource instanceIp, IpAddress address) {
        String family = instanceIp.text(FAMILY);
        if (family != null && !family.equals(address.family())) {
            throw RefusedException.bad(FAMILY + ": '" + family + "' does not fit the address " + address);
        }
        List<Subnet> all = Subnet.of(network);
        Subnet subnet = all.stream()
                .filter(one -> one.prefix().contains(address))
                .findFirst()
                .orElseThrow(() -> RefusedException.bad(
                        ADDRESS + ": " + address + " is in no subnet of " + network.fullName() + ": " + prefixes(all)));
        if (instanceIp.text(SUBNET) != null && !instanceIp.text(SUBNET).equals(subnet.uuid())) {
            throw RefusedException.bad(ADDRESS + ": " + address + " is not in the subnet " + instanceIp.text(SUBNET)
                    + " but in " + subnet.uuid());
        }
        if (subnet.edge(address)) {
            throw RefusedException.bad(
                    ADDRESS + ": " + address + " is the first or last address of " + subnet.prefix());
        }
        if (subnet.gateway().filter(address::equals).isPresent() && belongsToMachine(image, instanceIp)) {
            throw RefusedException.bad(ADDRESS + ": " + address + " is the gateway of " + subnet.prefix());
        }
        boolean service = subnet.service().filter(address::equals).isPresent()
                && subnet.gateway().filter(address::equals).isEmpty();
        if (service) {
            throw RefusedException.conflict(
                    ADDRESS + ": " + address + " is the dns_server_address of " + subnet.prefix());
        }
        String holder = image.claims().get(Claims.address(network.uuid(), address));
        if (holder != null) {
            throw RefusedException.conflict(
                    ADDRESS + ": " + address + " of " + network.fullName() + " is in use by instance-ip " + holder);
        }
        return subnet;
    }

    private static boolean belongsToMachine(Image image, Resource instanceIp) {
        return instanceIp.refs("virtual-machine-interface").stream()
                .map(ref -> image.get(ref.uuid()))
                .anyMatch(port -> port != null && !port.refs("virtual-machine").isEmpty());
    }

    private static List<Subnet> candidates(Resource network, Resource instanceIp) {
        List<Subnet> all = Subnet.of(network);
        String family = instanceIp.text(FAMILY);
        String uuid = instanceIp.text(SUBNET);
        if (uuid != null && all.stream().noneMatch(subnet -> subnet.uuid().equals(uuid))) {
            throw RefusedException.bad(SUBNET + ": " + uuid + " is no subnet of " + network.fullName());
        }
        boolean anyV4 = all.stream().anyMatch(subnet -> subnet.family().equals("v4"));
        String wanted = family != null ? family : uuid != null ? null : anyV4 ? "v4" : "v6";
        List<Subnet> fitting = new ArrayList<>(all);
        fitting.removeIf(subnet -> uuid != null && !subnet.uuid().equals(uuid)
                || wanted != null && !subnet.family().equals(wanted));
        if (fitting.isEmpty()) {
            throw RefusedException.bad((family == null ? "virtual_network_refs" : FAMILY) + ": " + network.fullName()
                    + " has no such subnet" + (wanted == null ? "" : " of family " + wanted) + ": " + prefixes(all));
        }
        return fitting;
    }

    private static Given given(Image image, Resource network, List<Subnet> candidates) {
        for (Subnet subnet : candidates) {
            Optional<IpAddress> free = subnet.free(image.claims(), network.uuid());
            if (free.isPresent()) {
                return new Given(subnet, free.get());
            }
        }
        throw RefusedException.conflict(
                "virtual-network " + network.fullName() + " has no free address in " + prefixes(candidates));
    }

    private static List<String> prefixes(List<Subnet> subnets) {
        return subnets.stream().map(subnet -> subnet.prefix().toString()).toList();
    }
}
