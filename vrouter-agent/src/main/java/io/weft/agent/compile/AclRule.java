package io.weft.agent.compile;

import io.weft.dataplane.ElementKind;
import io.weft.dataplane.Identity.Element;
import io.weft.dataplane.IpPrefix;
import io.weft.dataplane.PolicyAction;
import io.weft.dataplane.PolicyEnd;
import io.weft.dataplane.PolicyRule;
import io.weft.dataplane.PortRange;
import io.weft.protocol.net.IpAddress;
import io.weft.protocol.net.Prefix;
import io.weft.protocol.xmpp.XmlTree;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * One entry of an access control list as rules of the plane. Its direction is that of who opens the connection, whatever the field
 * `direction` says: the transformer has made two entries of "&lt;&gt;".
 *
 * @param rules in order; none when an entry that would allow cannot be read
 * @param problems what could not be read
 */
record AclRule(List<PolicyRule> rules, List<String> problems) {
    /** Which ends an entry must name: both of a network's, the remote one of a group's. */
    enum Kind {
        NETWORK,
        GROUP_EGRESS,
        GROUP_INGRESS
    }

    private static final Set<String> CONDITIONS =
            Set.of("protocol", "src-address", "src-port", "dst-address", "dst-port", "ethertype");
    private static final Set<String> ADDRESS_FIELDS =
            Set.of("subnet", "subnet-list", "virtual-network", "security-group");
    /** They do not change what is allowed. */
    private static final Set<String> HARMLESS_ACTIONS =
            Set.of("simple-action", "log", "alert", "qos-action", "gateway-name", "mirror-to");

    private static final Map<String, Integer> PROTOCOLS = Map.of(
            "any", PolicyRule.ANY_PROTOCOL,
            "icmp", 1,
            "tcp", 6,
            "udp", 17,
            "icmp6", 58,
            "icmpv6", 58,
            "sctp", 132);
    private static final int ICMP6 = 58;
    private static final long GROUP_ID_MAX = 0xffff_ffffL;
    private static final String NO_GROUP = "-1";

    static AclRule read(XmlTree entry, Kind kind) {
        return new Reader(entry, kind).read();
    }

    /** Collects what is wrong; a condition that cannot be read is replaced by one that always holds. */
    private static final class Reader {
        private final XmlTree entry;
        private final XmlTree match;
        private final Kind kind;
        private final List<String> problems = new ArrayList<>();
        private boolean readable = true;

        Reader(XmlTree entry, Kind kind) {
            this.entry = entry;
            this.match = entry.at("match-condition").orElse(XmlTree.EMPTY);
            this.kind = kind;
        }

        AclRule read() {
            PolicyAction action = action();
            boolean log = orElse(false, () -> entry.flag("action-list/log", false));
            UUID uuid = uuid();
            unknown(match, CONDITIONS, "match-condition");
            int family = orElse(0, this::family);
            List<PolicyEnd> any = List.of(PolicyEnd.ANY);
            List<PolicyEnd> sources = orElse(any, () -> ends("src-address", kind != Kind.GROUP_EGRESS));
            List<PolicyEnd> destinations = orElse(any, () -> ends("dst-address", kind != Kind.GROUP_INGRESS));
            PortRange sourcePorts = orElse(PortRange.ANY, () -> ports("src-port"));
            PortRange destinationPorts = orElse(PortRange.ANY, () -> ports("dst-port"));
            String protocol = orElse("any", this::protocol);
            List<PolicyRule> rules = new ArrayList<>();
            for (PolicyEnd source : sources) {
                for (PolicyEnd destination : destinations) {
                    familyOf(family, source, destination)
                            .ifPresent(of -> rules.add(new PolicyRule(
                                    uuid,
                                    of,
                                    action,
                                    log,
                                    number(protocol, of),
                                    sourcePorts,
                                    destinationPorts,
                                    source,
                                    destination)));
                }
            }
            if (rules.isEmpty()) {
                bad("ethertype, source and destination are of different families");
                rules.add(new PolicyRule(
                        uuid,
                        0,
                        action,
                        log,
                        number(protocol, 0),
                        sourcePorts,
                        destinationPorts,
                        PolicyEnd.ANY,
                        PolicyEnd.ANY));
            }
            return readable || action == PolicyAction.DENY
                    ? new AclRule(rules, problems)
                    : new AclRule(List.of(), problems);
        }

        private void bad(String problem) {
            readable = false;
            problems.add(problem + ": the entry allows nothing");
        }

        private <T> T orElse(T otherwise, Supplier<T> reading) {
            try {
                return reading.get();
            } catch (IllegalArgumentException e) {
                bad(e.getMessage());
                return otherwise;
            }
        }

        /** An unknown condition would narrow the entry, an unknown action would change it. */
        private boolean unknown(XmlTree of, Set<String> known, String where) {
            boolean any = false;
            for (Map.Entry<String, List<XmlTree>> child : of.children().entrySet()) {
                if (!known.contains(child.getKey())
                        && !child.getValue().stream().allMatch(Reader::isBlank)) {
                    bad(where + " has '" + child.getKey() + "', which is not supported");
                    any = true;
                }
            }
            return any;
        }

        private static boolean isBlank(XmlTree tree) {
            return (tree.text().isBlank() || tree.text().equals("false"))
                    && tree.children().values().stream()
                            .allMatch(values -> values.stream().allMatch(Reader::isBlank));
        }

        private PolicyAction action() {
            XmlTree list = entry.at("action-list").orElse(XmlTree.EMPTY);
            String simple = list.text("simple-action").orElse("");
            boolean known = simple.equals("pass") || simple.equals("deny");
            if (!known) {
                problems.add("simple_action '" + simple + "' is not pass or deny: the entry denies");
            }
            if (list.at("mirror-to").filter(mirror -> !isBlank(mirror)).isPresent()) {
                problems.add("mirror_to is not supported: nothing is mirrored");
            }
            boolean more = unknown(list, HARMLESS_ACTIONS, "action-list");
            return simple.equals("pass") && !more ? PolicyAction.ALLOW : PolicyAction.DENY;
        }

        private UUID uuid() {
            Optional<String> text = entry.text("rule-uuid");
            try {
                return text.map(UUID::fromString).orElse(PolicyRule.NO_UUID);
            } catch (IllegalArgumentException e) {
                problems.add("rule_uuid '" + text.get() + "' is not a uuid: reports do not name the entry");
                return PolicyRule.NO_UUID;
            }
        }

        private int family() {
            String text = match.text("ethertype").orElse("any");
            return switch (text.toLowerCase(Locale.ROOT)) {
                case "ipv4" -> 4;
                case "ipv6" -> 6;
                case "any" -> 0;
                default -> throw new IllegalArgumentException("ethertype '" + text + "' is not IPv4, IPv6 or any");
            };
        }

        private String protocol() {
            String text = match.text("protocol").orElse("").toLowerCase(Locale.ROOT);
            if (!PROTOCOLS.containsKey(text) && !(text.matches("[0-9]{1,3}") && Integer.parseInt(text) <= 255)) {
                throw new IllegalArgumentException(
                        "protocol '" + text + "' is not any, tcp, udp, icmp, icmp6, sctp or 0..255");
            }
            return text;
        }

        private static int number(String protocol, int family) {
            if (protocol.equals("icmp") && family == 6) {
                return ICMP6;
            }
            Integer named = PROTOCOLS.get(protocol);
            return named == null ? Integer.parseInt(protocol) : named;
        }

        private PortRange ports(String name) {
            Optional<XmlTree> port = match.at(name).filter(found -> !found.isEmpty());
            if (port.isEmpty()) {
                return PortRange.ANY;
            }
            OptionalLong first = port.get().number("start-port");
            OptionalLong last = port.get().number("end-port");
            if (first.isEmpty() || last.isEmpty()) {
                throw new IllegalArgumentException(name + " has no start-port or no end-port");
            }
            long from = first.getAsLong();
            long to = last.getAsLong();
            if (from == -1 && to == -1) {
                return PortRange.ANY;
            }
            if (from < 0 || from > to || to > 65535) {
                throw new IllegalArgumentException(
                        name + " " + from + ".." + to + " is not a range within 0..65535, or -1..-1");
            }
            return new PortRange((int) from, (int) to);
        }

        /** One end per subnet, or one. */
        private List<PolicyEnd> ends(String name, boolean named) {
            XmlTree address = match.at(name).orElse(XmlTree.EMPTY);
            unknown(address, ADDRESS_FIELDS, name);
            PolicyEnd element = element(name, address);
            List<XmlTree> subnets = new ArrayList<>(address.list("subnet"));
            subnets.addAll(address.list("subnet-list"));
            subnets.removeIf(Reader::isBlank);
            boolean says = !subnets.isEmpty()
                    || address.text("virtual-network").isPresent()
                    || address.text("security-group").isPresent();
            if (named && !says) {
                throw new IllegalArgumentException(name + " names nothing");
            }
            if (subnets.isEmpty()) {
                return List.of(element);
            }
            return subnets.stream()
                    .map(subnet -> element.withPrefix(Optional.of(prefix(name, subnet))))
                    .toList();
        }

        private static PolicyEnd element(String name, XmlTree address) {
            Optional<String> network = address.text("virtual-network").filter(text -> !text.equals("any"));
            Optional<String> group = address.text("security-group").filter(text -> !text.equals(NO_GROUP));
            if (network.isPresent() && group.isPresent()) {
                throw new IllegalArgumentException(
                        name + " names network '" + network.get() + "' and security group '" + group.get() + "'");
            }
            if (network.isPresent()) {
                if (!network.get().matches("[^:]+:[^:]+:[^:]+")) {
                    throw new IllegalArgumentException(
                            name + ": network '" + network.get() + "' is not domain:project:network or any");
                }
                return PolicyEnd.of(Element.network(network.get()));
            }
            if (group.isPresent()) {
                long id = group.get().matches("[0-9]{1,10}") ? Long.parseLong(group.get()) : 0;
                if (id < 1 || id > GROUP_ID_MAX) {
                    throw new IllegalArgumentException(name + ": security group '" + group.get()
                            + "' is not a number in 1.." + GROUP_ID_MAX + ", or -1");
                }
                return new PolicyEnd(ElementKind.SECURITY_GROUP, id, Optional.empty());
            }
            return PolicyEnd.ANY;
        }

        private static IpPrefix prefix(String name, XmlTree subnet) {
            OptionalLong length = subnet.number("ip-prefix-len");
            Optional<String> address = subnet.text("ip-prefix");
            if (length.isEmpty() || address.isEmpty()) {
                throw new IllegalArgumentException(name + ": subnet has no ip_prefix or no ip_prefix_len");
            }
            long bits = length.getAsLong();
            if (bits < 0 || bits > 128) {
                throw new IllegalArgumentException(name + ": ip_prefix_len " + bits + " is not in 0..128");
            }
            Prefix prefix = Prefix.containing(IpAddress.parse(address.get()), (int) bits);
            return new IpPrefix(prefix.address(), prefix.length());
        }

        /** The family in which all conditions can hold; 0: both; empty: none. */
        private static Optional<Integer> familyOf(int family, PolicyEnd source, PolicyEnd destination) {
            int of = family;
            for (PolicyEnd end : List.of(source, destination)) {
                if (end.prefix().isPresent()) {
                    int wanted = end.prefix().get().family();
                    if (of != 0 && of != wanted) {
                        return Optional.empty();
                    }
                    of = wanted;
                }
            }
            return Optional.of(of);
        }
    }
}
