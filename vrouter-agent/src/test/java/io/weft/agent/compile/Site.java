package io.weft.agent.compile;

import io.weft.dataplane.IpPrefix;
import io.weft.dataplane.MacAddress;
import io.weft.protocol.xmpp.ConfigNode.Key;
import io.weft.protocol.xmpp.XmlTree;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.UUID;

/** Makes configuration and routes of small sites for tests. */
public final class Site {
    public static final HostFacts HOST = new HostFacts("h1", InetAddress.ofLiteral("192.0.2.1"), 1500);

    private Site() {}

    public static String network(int n) {
        return "default-domain:red:net" + n;
    }

    public static String instance(int n) {
        return network(n) + ":net" + n;
    }

    public static UUID vmi(int n) {
        return new UUID(0x1000, n);
    }

    public static AttachedPort port(int n, int network) {
        return new AttachedPort(
                vmi(n),
                new UUID(0x2000, n),
                "container" + n,
                "/run/netns/p" + n,
                "eth0",
                network(network),
                "weft",
                true);
    }

    private static Key key(String type, String name) {
        return new Key(type, name);
    }

    /** Network n: 10.n.0.0/24 and fd00:n::/64, VNI 100 + n. */
    public static void putNetwork(ConfigGraph graph, int n) {
        Key network = key("virtual-network", network(n));
        Key instance = key("routing-instance", instance(n));
        Key ipam = key("network-ipam", "default-domain:default-project:default-network-ipam");
        graph.putNode(network, XmlTree.fromJson(Map.of("virtual_network_network_id", 100 + n)));
        graph.putNode(instance, XmlTree.fromJson(Map.of("routing_instance_is_default", true)));
        graph.putNode(ipam, XmlTree.EMPTY);
        graph.putLink(network, instance, XmlTree.EMPTY);
        graph.putLink(
                network,
                ipam,
                XmlTree.fromJson(Map.of(
                        "ipam_subnets",
                        List.of(
                                subnet("10." + n + ".0.0", 24, "10." + n + ".0.1", "10." + n + ".0.2"),
                                subnet("fd00:" + n + "::", 64, "fd00:" + n + "::1", "fd00:" + n + "::2")))));
    }

    private static Map<String, Object> subnet(String prefix, int length, String gateway, String dns) {
        return Map.of(
                "subnet",
                Map.of("ip_prefix", prefix, "ip_prefix_len", length),
                "default_gateway",
                gateway,
                "dns_server_address",
                dns);
    }

    public static Map<String, Object> idPerms(UUID uuid) {
        return Map.of(
                "uuid",
                Map.of(
                        "uuid_mslong",
                        Long.toUnsignedString(uuid.getMostSignificantBits()),
                        "uuid_lslong",
                        Long.toUnsignedString(uuid.getLeastSignificantBits())));
    }

    /** Port n of a network with 10.network.0.host and fd00:network::host. */
    public static void putPort(ConfigGraph graph, int n, int network, int host) {
        Key port = portKey(n);
        Map<String, Object> properties = new HashMap<>();
        properties.put("id_perms", idPerms(vmi(n)));
        properties.put("virtual_machine_interface_mac_addresses", Map.of("mac_address", List.of(mac(n).toString())));
        graph.putNode(port, XmlTree.fromJson(properties));
        graph.putLink(port, key("virtual-network", network(network)), XmlTree.EMPTY);
        putAddress(graph, "ip4-" + n, port, "10." + network + ".0." + host);
        putAddress(graph, "ip6-" + n, port, "fd00:" + network + "::" + Integer.toHexString(host));
    }

    private static Key portKey(int n) {
        return key("virtual-machine-interface", "default-domain:red:port" + n);
    }

    /** What the configuration says of the policy of a port that is there: `true` takes it away. */
    public static void disablePolicy(ConfigGraph graph, int n, String value) {
        Key port = portKey(n);
        Map<String, List<XmlTree>> properties =
                new HashMap<>(graph.node(port).orElseThrow().children());
        properties.put("virtual-machine-interface-disable-policy", List.of(XmlTree.leaf(value)));
        graph.putNode(port, new XmlTree("", properties));
    }

    public static void removePort(ConfigGraph graph, int n, int network) {
        Key port = portKey(n);
        for (String name : List.of("ip4-" + n, "ip6-" + n)) {
            graph.removeLink(key("instance-ip", name), port);
            graph.removeNode(key("instance-ip", name));
        }
        graph.removeLink(port, key("virtual-network", network(network)));
        graph.removeNode(port);
    }

    private static void putAddress(ConfigGraph graph, String name, Key port, String address) {
        graph.putNode(key("instance-ip", name), XmlTree.fromJson(Map.of("instance_ip_address", address)));
        graph.putLink(key("instance-ip", name), port, XmlTree.EMPTY);
    }

    public static void putPriorities(ConfigGraph graph, List<String> names) {
        graph.putNode(
                key("global-vrouter-config", "default-global-system-config:default-global-vrouter-config"),
                XmlTree.fromJson(Map.of("encapsulation_priorities", Map.of("encapsulation", names))));
    }

    public static MacAddress mac(int n) {
        return new MacAddress(0x020000000000L + n);
    }

    public static RemoteRoute route(String prefix, int network, int host, long preference) {
        return new RemoteRoute(
                IpPrefix.parse(prefix),
                network(network),
                List.of(),
                preference,
                List.of(new RemoteRoute.RemoteHop(
                        InetAddress.ofLiteral("192.0.2." + host),
                        5000 + host,
                        100 + network,
                        Optional.of(mac(host)),
                        Set.of("udp", "vxlan"))));
    }

    /** The same route with another's next hops too. */
    public static RemoteRoute and(RemoteRoute route, RemoteRoute other) {
        List<RemoteRoute.RemoteHop> hops = new ArrayList<>(route.hops());
        hops.addAll(other.hops());
        return new RemoteRoute(route.prefix(), route.virtualNetwork(), route.groups(), route.localPreference(), hops);
    }

    public static RemoteRoute withGroups(RemoteRoute route, Long... groups) {
        return new RemoteRoute(
                route.prefix(), route.virtualNetwork(), List.of(groups), route.localPreference(), route.hops());
    }

    public static String list(int network) {
        return instance(network);
    }

    /** A network names its list, which may not have come. */
    public static void linkList(ConfigGraph graph, int network) {
        graph.putLink(
                key("virtual-network", network(network)), key("access-control-list", list(network)), XmlTree.EMPTY);
    }

    public static void unlinkList(ConfigGraph graph, int network) {
        graph.removeLink(key("virtual-network", network(network)), key("access-control-list", list(network)));
        graph.removeNode(key("access-control-list", list(network)));
    }

    /** The list of a network, without the link to it. */
    public static void putList(ConfigGraph graph, int network, Entry... rules) {
        putEntries(graph, list(network), List.of(rules));
    }

    public static void putEntries(ConfigGraph graph, String list, List<Entry> rules) {
        graph.putNode(
                key("access-control-list", list),
                XmlTree.fromJson(Map.of(
                        "access_control_list_entries",
                        Map.of(
                                "dynamic",
                                false,
                                "acl_rule",
                                rules.stream().map(Entry::json).toList()))));
    }

    public static String group(int n) {
        return "default-domain:red:group" + n;
    }

    public static long groupId(int n) {
        return 8_000_000L + n;
    }

    public static void putGroup(ConfigGraph graph, int n) {
        graph.putNode(key("security-group", group(n)), XmlTree.fromJson(Map.of("security_group_id", groupId(n))));
    }

    public static void removeGroup(ConfigGraph graph, int n) {
        graph.removeNode(key("security-group", group(n)));
    }

    /** One of the lists of a group with its link. */
    public static void putGroupList(ConfigGraph graph, int n, boolean egress, Entry... rules) {
        String name = group(n) + ":" + (egress ? "egress" : "ingress") + "-access-control-list";
        putEntries(graph, name, List.of(rules));
        graph.putLink(key("security-group", group(n)), key("access-control-list", name), XmlTree.EMPTY);
    }

    public static void linkGroup(ConfigGraph graph, int port, int group) {
        graph.putLink(portKey(port), key("security-group", group(group)), XmlTree.EMPTY);
    }

    public static void unlinkGroup(ConfigGraph graph, int port, int group) {
        graph.removeLink(portKey(port), key("security-group", group(group)));
    }

    /** An address that a port has beside its own, perhaps with others. */
    public static void putSharedAddress(ConfigGraph graph, int port, String address, String mode) {
        Key instanceIp = key("instance-ip", "shared-" + address);
        graph.putNode(instanceIp, XmlTree.fromJson(Map.of("instance_ip_address", address, "instance_ip_mode", mode)));
        graph.putLink(instanceIp, portKey(port), XmlTree.EMPTY);
    }

    /** An entry of an access control list. */
    public record Entry(Map<String, Object> json) {}

    public static Entry rule(
            String action,
            String protocol,
            Map<String, Object> source,
            Map<String, Object> destination,
            int first,
            int last) {
        return new Entry(Map.of(
                "rule_uuid",
                new UUID(0x3000, 100L * first + last).toString(),
                "direction",
                ">",
                "action_list",
                Map.of("simple_action", action),
                "match_condition",
                Map.of(
                        "protocol",
                        protocol,
                        "src_address",
                        source,
                        "src_port",
                        Map.of("start_port", -1, "end_port", -1),
                        "dst_address",
                        destination,
                        "dst_port",
                        Map.of("start_port", first, "end_port", last))));
    }

    public static Map<String, Object> ofNetwork(String name) {
        return Map.of("virtual_network", name);
    }

    public static Map<String, Object> ofGroup(int group) {
        return Map.of("security_group", Long.toString(groupId(group)));
    }

    public static Map<String, Object> ofSubnet(String prefix) {
        IpPrefix parsed = IpPrefix.parse(prefix);
        return Map.of(
                "subnet", Map.of("ip_prefix", parsed.address().getHostAddress(), "ip_prefix_len", parsed.length()));
    }

    /** A site at random for tests of the programmer: networks 1 .. 4, ports 1 .. 6, policies, groups, shared addresses, several ways. */
    public static DesiredState random(Random random) {
        ConfigGraph graph = new ConfigGraph();
        RouteTable routes = new RouteTable();
        for (int group = 1; group <= 3; group++) {
            if (random.nextInt(4) > 0) {
                putGroup(graph, group);
                putGroupList(graph, group, true, rule("pass", "any", Map.of(), ofSubnet("0.0.0.0/0"), -1, -1));
                putGroupList(graph, group, false, rule("pass", "tcp", ofGroup(1), Map.of(), random.nextInt(3), 80));
            }
        }
        for (int network = 1; network <= 4; network++) {
            putNetwork(graph, network);
            if (random.nextBoolean()) {
                linkList(graph, network);
            }
            if (random.nextBoolean()) {
                putList(graph, network, rule("deny", "udp", ofNetwork("any"), ofNetwork("any"), random.nextInt(3), 9));
            }
            for (int i = 0; i < random.nextInt(4); i++) {
                routes.put(0, instance(network), randomRoute(random, "10." + network + ".0." + (10 + i), network));
            }
            // what another network's ports have
            int origin = 1 + random.nextInt(4);
            routes.put(
                    0,
                    instance(network),
                    randomRoute(random, "10." + origin + ".0." + (4 + random.nextInt(6)), origin));
        }
        List<AttachedPort> ports = new ArrayList<>();
        for (int port = 1; port <= 6; port++) {
            if (random.nextBoolean()) {
                int network = 1 + port % 4;
                putPort(graph, port, network, 3 + port);
                ports.add(port(port, network));
                for (int group = 1; group <= 3; group++) {
                    if (random.nextInt(3) == 0) {
                        linkGroup(graph, port, group);
                    }
                }
                if (random.nextBoolean()) {
                    putSharedAddress(graph, port, "10." + network + ".0.10", "active-active");
                }
            }
        }
        for (int port = 1; port <= 6; port++) {
            if (random.nextInt(3) == 0 && graph.node(portKey(port)).isPresent()) {
                disablePolicy(graph, port, "true");
            }
        }
        return Compiler.compile(graph, ports, routes, HOST);
    }

    private static RemoteRoute randomRoute(Random random, String address, int network) {
        RemoteRoute route = route(address + "/32", network, 1 + random.nextInt(5), 100);
        for (int more = random.nextInt(3); more > 0; more--) {
            route = and(route, route(address + "/32", network, 1 + random.nextInt(5), 100));
        }
        return withGroups(route, groupId(1 + random.nextInt(3)));
    }
}
