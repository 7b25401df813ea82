package io.weft.agent.compile;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.agent.compile.Site.Entry;
import io.weft.dataplane.Identity;
import io.weft.dataplane.PolicyAction;
import io.weft.dataplane.PolicyEnd;
import io.weft.dataplane.PolicyRule;
import io.weft.dataplane.PortRange;
import io.weft.protocol.net.Prefix;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Compiled rules decide every packet as the access control list does when it is read word by word. */
class PolicyTwinTest {
    private static final int ROUNDS = 60;
    private static final Set<Integer> WITH_PORTS = Set.of(1, 6, 17, 58, 132);

    /** An end of a packet with what its route says. */
    private record End(InetAddress address, String network, Set<Long> groups) {}

    private record Packet(End source, End destination, int protocol, int sourcePort, int destinationPort) {}

    private static final List<String> ADDRESSES =
            List.of("10.1.0.3", "10.2.0.3", "192.0.2.9", "fd00:1::3", "fd00:2::3");
    private static final List<String> SUBNETS =
            List.of("10.1.0.0/16", "10.0.0.0/8", "0.0.0.0/0", "fd00:1::/64", "::/0", "10.2.0.3/32");

    private static List<End> ends() {
        List<End> ends = new ArrayList<>();
        for (String address : ADDRESSES) {
            ends.add(new End(InetAddress.ofLiteral(address), "", Set.of()));
            ends.add(new End(InetAddress.ofLiteral(address), Site.network(1), Set.of(Site.groupId(1))));
            ends.add(
                    new End(InetAddress.ofLiteral(address), Site.network(2), Set.of(Site.groupId(1), Site.groupId(2))));
        }
        return ends;
    }

    private static List<Packet> packets() {
        List<Packet> packets = new ArrayList<>();
        for (End source : ends()) {
            for (End destination : ends()) {
                if (source.address().getClass() != destination.address().getClass()) {
                    continue;
                }
                for (int protocol : List.of(1, 6, 17, 58, 99)) {
                    for (int port : protocol == 99 ? List.of(0) : List.of(0, 22, 80, 81, 65535)) {
                        packets.add(new Packet(source, destination, protocol, 40_000, port));
                    }
                }
            }
        }
        return packets;
    }

    private static <T> T one(Random random, List<T> of) {
        return of.get(random.nextInt(of.size()));
    }

    private static Map<String, Object> address(Random random) {
        return switch (random.nextInt(8)) {
            case 0, 1 -> Site.ofNetwork("any");
            case 2, 3 -> Site.ofNetwork(Site.network(1 + random.nextInt(3)));
            case 4 -> Site.ofGroup(1 + random.nextInt(3));
            case 5 -> Site.ofSubnet(one(random, SUBNETS));
            case 6 -> {
                Map<String, Object> both = new HashMap<>(Site.ofSubnet(one(random, SUBNETS)));
                both.putAll(Site.ofNetwork(Site.network(1 + random.nextInt(2))));
                yield both;
            }
            default ->
                Map.of(
                        "subnet_list",
                        List.of(
                                Site.ofSubnet(one(random, SUBNETS)).get("subnet"),
                                Site.ofSubnet(one(random, SUBNETS)).get("subnet")));
        };
    }

    private static Entry entry(Random random) {
        List<Integer> first =
                one(random, List.of(List.of(-1, -1), List.of(0, 65535), List.of(80, 80), List.of(22, 80)));
        String protocol =
                one(random, List.of("any", "tcp", "udp", "icmp", "icmp6", "6", "99", "58", "any", "nonsense", "300"));
        Map<String, Object> source = address(random);
        Map<String, Object> destination = address(random);
        // a deny that cannot be read denies more than it says, so it has no exact twin
        boolean readable = !protocol.equals("nonsense") && !protocol.equals("300");
        String action = readable && random.nextInt(3) == 0 ? "deny" : "pass";
        Entry plain = Site.rule(action, protocol, source, destination, first.get(0), first.get(1));
        Map<String, Object> match = new HashMap<>(condition(plain));
        match.put("ethertype", one(random, List.of("IPv4", "IPv6", "any", "any")));
        Map<String, Object> json = new HashMap<>(plain.json());
        json.put("match_condition", match);
        if (action.equals("deny") && pairs(match) == 0) {
            json.put("action_list", Map.of("simple_action", "pass"));
        }
        return new Entry(json);
    }

    @SuppressWarnings("unchecked")
    private static Map<String, Object> condition(Entry entry) {
        return (Map<String, Object>) entry.json().get("match_condition");
    }

    /** Pairs of subnets that a packet can be in. */
    private static long pairs(Map<String, Object> match) {
        return ADDRESSES.stream()
                .map(InetAddress::ofLiteral)
                .filter(address -> family(match, address)
                        && hasFamily(match.get("src_address"), address)
                        && hasFamily(match.get("dst_address"), address))
                .count();
    }

    private static boolean hasFamily(Object end, InetAddress address) {
        List<Prefix> subnets = subnets(end);
        return subnets.isEmpty()
                || subnets.stream().anyMatch(subnet -> subnet.isIpv6() == (address.getAddress().length == 16));
    }

    private static List<Prefix> subnets(Object end) {
        Map<?, ?> of = (Map<?, ?>) end;
        List<Object> all = new ArrayList<>();
        if (of.get("subnet") != null) {
            all.add(of.get("subnet"));
        }
        if (of.get("subnet_list") instanceof List<?> list) {
            all.addAll(list);
        }
        return all.stream()
                .map(one ->
                        Prefix.parse(((Map<?, ?>) one).get("ip_prefix") + "/" + ((Map<?, ?>) one).get("ip_prefix_len")))
                .toList();
    }

    private static boolean family(Map<String, Object> match, InetAddress address) {
        return switch ((String) match.get("ethertype")) {
            case "IPv4" -> address.getAddress().length == 4;
            case "IPv6" -> address.getAddress().length == 16;
            default -> true;
        };
    }

    private static boolean readsEnd(Object end, End packet) {
        Map<?, ?> of = (Map<?, ?>) end;
        List<Prefix> subnets = subnets(end);
        boolean inside = subnets.isEmpty() || subnets.stream().anyMatch(subnet -> subnet.contains(packet.address()));
        Object network = of.get("virtual_network");
        Object group = of.get("security_group");
        return inside
                && (network == null || network.equals("any") || network.equals(packet.network()))
                && (group == null || packet.groups().contains(Long.parseLong((String) group)));
    }

    /** As the list says, in no hurry. */
    private static boolean reads(Map<String, Object> match, Packet packet) {
        boolean six = packet.source().address().getAddress().length == 16;
        boolean sixOnly = match.get("ethertype").equals("IPv6")
                || subnets(match.get("src_address")).stream().anyMatch(Prefix::isIpv6) && six
                || subnets(match.get("dst_address")).stream().anyMatch(Prefix::isIpv6) && six;
        boolean protocol = switch ((String) match.get("protocol")) {
            case "any" -> true;
            case "tcp" -> packet.protocol() == 6;
            case "udp" -> packet.protocol() == 17;
            case "icmp" -> packet.protocol() == (sixOnly ? 58 : 1);
            case "icmp6" -> packet.protocol() == 58;
            case "nonsense", "300" -> false;
            case String number -> packet.protocol() == Integer.parseInt(number);
        };
        Map<?, ?> ports = (Map<?, ?>) match.get("dst_port");
        int first = (Integer) ports.get("start_port");
        int last = (Integer) ports.get("end_port");
        boolean anyPort = first == -1 || first == 0 && last == 65535;
        return protocol
                && family(match, packet.source().address())
                && (anyPort
                        || WITH_PORTS.contains(packet.protocol())
                                && packet.destinationPort() >= first
                                && packet.destinationPort() <= last)
                && readsEnd(match.get("src_address"), packet.source())
                && readsEnd(match.get("dst_address"), packet.destination());
    }

    private static boolean matches(PolicyEnd end, End packet) {
        boolean element = switch (end.kind()) {
            case ANY -> true;
            case NETWORK -> !packet.network().isEmpty() && Identity.networkId(packet.network()) == end.id();
            case SECURITY_GROUP -> packet.groups().contains(end.id());
            case TAG, IDENTITY -> false;
        };
        return element
                && end.prefix()
                        .map(prefix -> new Prefix(prefix.address(), prefix.length()).contains(packet.address()))
                        .orElse(true);
    }

    private static boolean matches(PolicyRule rule, Packet packet) {
        int family = packet.source().address().getAddress().length == 4 ? 4 : 6;
        boolean ports = WITH_PORTS.contains(packet.protocol())
                ? rule.sourcePorts().contains(packet.sourcePort())
                        && rule.destinationPorts().contains(packet.destinationPort())
                : rule.sourcePorts().equals(PortRange.ANY)
                        && rule.destinationPorts().equals(PortRange.ANY);
        return ports
                && (rule.family() == 0 || rule.family() == family)
                && (rule.protocol() == PolicyRule.ANY_PROTOCOL || rule.protocol() == packet.protocol())
                && matches(rule.source(), packet.source())
                && matches(rule.destination(), packet.destination());
    }

    @Test
    void compiledRulesDecideAsTheListSays() {
        long seed = new Random().nextLong();
        System.out.println("compiledRulesDecideAsTheListSays seed " + seed);
        Random random = new Random(seed);
        List<Packet> packets = packets();
        PolicySource source = new PolicySource.OfNetwork(List.of(Site.list(1)));
        long allowed = 0;
        for (int round = 0; round < ROUNDS; round++) {
            List<Entry> entries = new ArrayList<>();
            for (int i = random.nextInt(8); i >= 0; i--) {
                entries.add(entry(random));
            }
            ConfigGraph graph = new ConfigGraph();
            Site.putEntries(graph, Site.list(1), entries);
            PolicyState state = PolicyCompiler.compile(graph, source);
            for (Packet packet : packets) {
                boolean want = entries.stream()
                        .filter(entry -> reads(condition(entry), packet))
                        .findFirst()
                        .map(entry -> ((Map<?, ?>) entry.json().get("action_list"))
                                .get("simple_action")
                                .equals("pass"))
                        .orElse(false);
                boolean have = state.rules().stream()
                        .filter(rule -> matches(rule, packet))
                        .findFirst()
                        .map(rule -> rule.action() == PolicyAction.ALLOW)
                        .orElse(false);
                allowed += have ? 1 : 0;
                assertEquals(
                        want, have, () -> "seed " + seed + ": " + packet + " by " + entries + " as " + state.rules());
            }
        }
        long decided = (long) ROUNDS * packets.size();
        assertTrue(allowed > decided / 100 && allowed < decided - decided / 100, allowed + " of " + decided);
    }
}
