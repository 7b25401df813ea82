package io.weft.agent.runtime;

import io.weft.agent.compile.AttachedPort;
import io.weft.agent.compile.Compiler;
import io.weft.agent.compile.ConfigGraph;
import io.weft.agent.compile.HostFacts;
import io.weft.agent.compile.RouteTable;
import io.weft.agent.program.Programmer;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.xmpp.AgentEncoder;
import io.weft.protocol.xmpp.ConfigNode.Key;
import io.weft.protocol.xmpp.RouteEntry;
import io.weft.protocol.xmpp.XmlTree;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/** Runs the path of an attachment on throw-away objects, so that the first real one does not pay for loading and linking classes. */
final class Warmup {
    private static final int ROUNDS = 200;
    private static final int UPLINK_MTU = 1500;

    private Warmup() {}

    static void run(AgentSettings settings) {
        AgentEncoder encoder = new AgentEncoder(settings.name());
        for (int round = 0; round < ROUNDS; round++) {
            UUID vmi = new UUID(1, round);
            ConfigGraph graph = graph(vmi);
            Compiler compiler = new Compiler(graph, new RouteTable());
            compiler.host(new HostFacts(settings.name(), settings.underlay(), UPLINK_MTU));
            compiler.attach(new AttachedPort(vmi, vmi, "warm", "/proc/self/ns/net", "eth0", "d:p:n", "", true));
            Programmer programmer = new Programmer(
                    new Programmer.Uplink(settings.uplink(), settings.uplinkEthdev()),
                    new io.weft.dataplane.PlaneSettings(
                            Optional.empty(), Optional.empty(), HostFacts.routerMac(settings.name())));
            compiler.step().forEach(delta -> programmer.apply(delta, 0));
            encoder.publish("d:p:n:n", RouteEntry.of(Prefix.parse("10.0.0.3/32"), "d:p:n", List.of()));
        }
    }

    private static ConfigGraph graph(UUID vmi) {
        ConfigGraph graph = new ConfigGraph();
        Key network = new Key("virtual-network", "d:p:n");
        Key instance = new Key("routing-instance", "d:p:n:n");
        Key port = new Key("virtual-machine-interface", "d:p:" + vmi);
        Key address = new Key("instance-ip", vmi.toString());
        Key ipam = new Key("network-ipam", "d:p:i");
        Map<String, Object> uuid = Map.of(
                "uuid",
                Map.of("uuid_mslong", vmi.getMostSignificantBits(), "uuid_lslong", vmi.getLeastSignificantBits()));
        graph.putNode(network, XmlTree.fromJson(Map.of("virtual_network_network_id", 5)));
        graph.putNode(instance, XmlTree.EMPTY);
        graph.putNode(ipam, XmlTree.EMPTY);
        graph.putNode(
                port,
                XmlTree.fromJson(Map.of(
                        "id_perms",
                        uuid,
                        "virtual_machine_interface_mac_addresses",
                        Map.of("mac_address", List.of("02:00:00:00:00:01")))));
        graph.putNode(address, XmlTree.fromJson(Map.of("instance_ip_address", "10.0.0.3")));
        graph.putLink(network, instance, XmlTree.EMPTY);
        graph.putLink(port, network, XmlTree.EMPTY);
        graph.putLink(address, port, XmlTree.EMPTY);
        graph.putLink(
                network,
                ipam,
                XmlTree.fromJson(Map.of(
                        "ipam_subnets",
                        List.of(Map.of(
                                "subnet", Map.of("ip_prefix", "10.0.0.0", "ip_prefix_len", 24),
                                "default_gateway", "10.0.0.1",
                                "dns_server_address", "10.0.0.2")))));
        return graph;
    }
}
