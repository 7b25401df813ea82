package io.weft.agent.compile;

import io.weft.dataplane.IpPrefix;
import io.weft.dataplane.MacAddress;
import io.weft.protocol.net.IpAddress;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.xmpp.ConfigNode.Key;
import io.weft.protocol.xmpp.XmlTree;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads typed values out of the configuration graph. What is incomplete is absent, because the rest may still come; what is malformed is
 * logged and absent.
 */
final class ConfigReader {
    static final String NETWORK = "virtual-network";
    static final String INTERFACE = "virtual-machine-interface";
    static final String INSTANCE = "routing-instance";
    static final String INSTANCE_IP = "instance-ip";
    static final String MACHINE = "virtual-machine";
    static final String GROUP = "security-group";
    static final String LIST = "access-control-list";
    static final String IPAM = "network-ipam";
    static final String GLOBAL_VROUTER = "global-vrouter-config";

    private static final long GROUP_ID_MAX = 0xffff_ffffL;
    private static final Key GLOBAL =
            new Key(GLOBAL_VROUTER, "default-global-system-config:default-global-vrouter-config");
    private static final Logger LOG = LoggerFactory.getLogger(ConfigReader.class);

    private ConfigReader() {}

    /** Encapsulations the site wants and this agent knows, most wanted first. */
    static List<Encap> priorities(ConfigGraph graph) {
        List<Encap> known = graph.node(GLOBAL).stream()
                .flatMap(node -> node.texts("encapsulation-priorities/encapsulation").stream())
                .map(name -> Encap.ofConfig(name.strip()))
                .flatMap(Optional::stream)
                .distinct()
                .toList();
        return known.isEmpty() ? Encap.DEFAULT_PRIORITIES : known;
    }

    static Optional<Network> readNetwork(ConfigGraph graph, String name) {
        Key id = new Key(NETWORK, name);
        Optional<XmlTree> node = graph.node(id);
        Optional<String> instance = instance(graph, id);
        if (node.isEmpty() || instance.isEmpty()) {
            return Optional.empty();
        }
        try {
            OptionalLong vni = vni(graph, node.get());
            if (vni.isEmpty()) {
                return Optional.empty();
            }
            List<Subnet> subnets = new ArrayList<>();
            for (Key ipam : graph.neighbours(id, IPAM)) {
                for (XmlTree subnet :
                        graph.attribute(id, ipam).orElse(XmlTree.EMPTY).list("ipam-subnets")) {
                    readSubnet(subnet).ifPresent(subnets::add);
                }
            }
            List<String> lists =
                    graph.linked(id, LIST).stream().map(Key::name).sorted().toList();
            subnets.sort(Comparator.comparing((Subnet subnet) ->
                    new Prefix(subnet.prefix().address(), subnet.prefix().length())));
            return Optional.of(new Network(name, instance.get(), Math.toIntExact(vni.getAsLong()), subnets, lists));
        } catch (IllegalArgumentException | ArithmeticException e) {
            LOG.warn("configuration of {} is not usable: {}", id, e.getMessage());
            return Optional.empty();
        }
    }

    private static OptionalLong vni(ConfigGraph graph, XmlTree network) {
        boolean configured = graph.node(GLOBAL)
                .flatMap(node -> node.text("vxlan-network-identifier-mode"))
                .filter("configured"::equals)
                .isPresent();
        OptionalLong own = network.number("virtual-network-properties/vxlan-network-identifier");
        return configured && own.isPresent() ? own : network.number("virtual-network-network-id");
    }

    private static Optional<String> instance(ConfigGraph graph, Key network) {
        List<Key> instances = graph.neighbours(network, INSTANCE);
        for (Key candidate : instances) {
            boolean byDefault = graph.node(candidate)
                    .flatMap(node -> node.text("routing-instance-is-default"))
                    .filter("true"::equals)
                    .isPresent();
            if (byDefault) {
                return Optional.of(candidate.name());
            }
        }
        String wanted =
                network.name() + ":" + network.name().substring(network.name().lastIndexOf(':') + 1);
        return instances.stream().map(Key::name).filter(wanted::equals).findFirst();
    }

    private static Optional<Subnet> readSubnet(XmlTree subnet) {
        Optional<String> address = subnet.text("subnet/ip-prefix");
        OptionalLong length = subnet.number("subnet/ip-prefix-len");
        if (address.isEmpty() || length.isEmpty()) {
            return Optional.empty();
        }
        Prefix prefix = Prefix.containing(IpAddress.parse(address.get()), Math.toIntExact(length.getAsLong()));
        return Optional.of(new Subnet(
                new IpPrefix(prefix.address(), prefix.length()),
                address(subnet, "default-gateway", prefix),
                address(subnet, "dns-server-address", prefix)));
    }

    /** An address of the subnet; the unspecified address means none. */
    private static Optional<InetAddress> address(XmlTree subnet, String field, Prefix prefix) {
        return subnet.text(field).map(IpAddress::parse).filter(prefix::contains);
    }

    static Optional<Interface> readInterface(ConfigGraph graph, Key id) {
        Optional<XmlTree> node = graph.node(id);
        List<Key> networks = graph.neighbours(id, NETWORK);
        if (node.isEmpty() || networks.isEmpty()) {
            return Optional.empty();
        }
        try {
            Optional<UUID> uuid = node.get().uuid();
            Optional<String> mac = node.get().text("virtual-machine-interface-mac-addresses/mac-address");
            if (uuid.isEmpty() || mac.isEmpty()) {
                return Optional.empty();
            }
            UUID machine = graph.neighbours(id, MACHINE).stream()
                    .flatMap(vm -> graph.node(vm).stream())
                    .flatMap(vm -> vm.uuid().stream())
                    .findFirst()
                    .orElse(null);
            List<InetAddress> addresses = new ArrayList<>();
            Set<InetAddress> shared = new HashSet<>();
            for (Key instanceIp : graph.neighbours(id, INSTANCE_IP)) {
                Optional<InetAddress> address = graph.node(instanceIp)
                        .flatMap(found -> found.text("instance-ip-address"))
                        .map(IpAddress::parse);
                address.ifPresent(addresses::add);
                address.filter(found -> isShared(graph, instanceIp)).ifPresent(shared::add);
            }
            addresses.sort(Comparator.comparing((InetAddress address) -> address.getAddress().length)
                    .thenComparing(InetAddress::getAddress, Arrays::compareUnsigned));
            return Optional.of(new Interface(
                    uuid.get(),
                    id.name(),
                    machine,
                    MacAddress.parse(mac.get()),
                    networks.getFirst().name(),
                    groups(graph, id),
                    isPolicyDisabled(id, node.get()),
                    addresses,
                    shared));
        } catch (IllegalArgumentException e) {
            LOG.warn("configuration of {} is not usable: {}", id, e.getMessage());
            return Optional.empty();
        }
    }

    /** Its interfaces use the address at the same time: it says so, or several are known here. */
    private static boolean isShared(ConfigGraph graph, Key instanceIp) {
        Optional<String> mode = graph.node(instanceIp).flatMap(node -> node.text("instance-ip-mode"));
        return mode.map("active-active"::equals)
                .orElseGet(() -> graph.linked(instanceIp, INTERFACE).size() > 1);
    }

    /** What cannot be read opens nothing: the port keeps its policy. */
    private static boolean isPolicyDisabled(Key id, XmlTree port) {
        try {
            return port.flag("virtual-machine-interface-disable-policy", false);
        } catch (IllegalArgumentException e) {
            LOG.warn("configuration of {} is not usable, its policy stays: {}", id, e.getMessage());
            return false;
        }
    }

    private static List<Interface.Group> groups(ConfigGraph graph, Key port) {
        List<Interface.Group> groups = new ArrayList<>();
        for (Key id : graph.linked(port, GROUP)) {
            groups.add(new Interface.Group(
                    id.name(), graph.node(id).map(node -> groupId(id, node)).orElse(OptionalLong.empty())));
        }
        return groups;
    }

    private static OptionalLong groupId(Key id, XmlTree group) {
        try {
            OptionalLong found = group.number("security-group-id");
            if (found.isPresent() && (found.getAsLong() < 1 || found.getAsLong() > GROUP_ID_MAX)) {
                throw new IllegalArgumentException(
                        "security-group-id " + found.getAsLong() + " is not in 1.." + GROUP_ID_MAX);
            }
            return found;
        } catch (IllegalArgumentException e) {
            LOG.warn("configuration of {} is not usable: {}", id, e.getMessage());
            return OptionalLong.empty();
        }
    }
}
