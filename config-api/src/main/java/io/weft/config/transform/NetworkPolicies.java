package io.weft.config.transform;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.config.resource.Image;
import io.weft.config.resource.Ref;
import io.weft.config.resource.Resource;
import io.weft.config.transform.PolicyRule.Address;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the network-policies of one image say of networks: their access-control-lists and which networks they connect (opencontrail section
 * 3). Pure; remembers what it read of the image, so it serves one image.
 */
final class NetworkPolicies {
    static final String POLICY = "network-policy";
    static final String NETWORK = "virtual-network";
    private static final String IMPLICIT_ALLOW = "00000000-0000-0000-0000-100000000001";
    private static final String IMPLICIT_DENY = "00000000-0000-0000-0000-100000000002";
    /** Order of a reference without a sequence: after all others. */
    private static final long LAST = Long.MAX_VALUE;

    private final Image image;
    private final Map<String, List<PolicyRule>> rules = new HashMap<>();
    private final Map<String, Set<String>> holders = new HashMap<>();

    NetworkPolicies(Image image) {
        this.image = image;
    }

    /** A name of a network, or any, with perhaps a subnet. */
    private record End(String network, JsonNode subnet) {
        boolean is(String name) {
            return network.equals(name) || network.equals(PolicyRule.ANY);
        }

        ObjectNode json() {
            return AclEntries.network(network, subnet);
        }
    }

    /** Entries of the network's access-control-list, or null when it has no policy. */
    ObjectNode entries(Resource network) {
        List<Ref> policies = ordered(network);
        if (policies.isEmpty()) {
            return null;
        }
        AclEntries out = new AclEntries();
        boolean dynamic = false;
        for (Ref policy : policies) {
            dynamic |= policy.attr() != null && policy.attr().hasNonNull("timer");
            for (PolicyRule rule : rules(policy.uuid())) {
                expand(network.fullName(), rule, out);
            }
        }
        ObjectNode self = AclEntries.network(network.fullName(), null);
        ObjectNode any = AclEntries.network(PolicyRule.ANY, null);
        out.addImplicit(self, self, "pass", IMPLICIT_ALLOW);
        out.addImplicit(any, any, "deny", IMPLICIT_DENY);
        return out.json(dynamic);
    }

    private static List<Ref> ordered(Resource network) {
        List<Ref> out = new ArrayList<>(network.refs(POLICY));
        out.sort(Comparator.<Ref>comparingLong(ref -> sequence(ref, "major"))
                .thenComparingLong(ref -> sequence(ref, "minor"))
                .thenComparing(ref -> String.join(":", ref.to())));
        return out;
    }

    private static long sequence(Ref ref, String part) {
        JsonNode number =
                ref.attr() == null ? null : ref.attr().path("sequence").get(part);
        return number == null ? LAST : number.longValue();
    }

    private List<PolicyRule> rules(String policyUuid) {
        return rules.computeIfAbsent(policyUuid, uuid -> PolicyRule.of(image.get(uuid)));
    }

    /** Full names of the networks that have the policy. */
    private Set<String> holders(String policyName) {
        return holders.computeIfAbsent(policyName, name -> {
            Set<String> out = new TreeSet<>();
            Resource policy = image.named(POLICY, List.of(name.split(":")));
            if (policy != null) {
                image.forEachBackRef(policy.uuid(), NETWORK, network -> out.add(network.fullName()));
            }
            return out;
        });
    }

    /** Only pairs with the network at one end: no other packet meets its list. */
    private void expand(String self, PolicyRule rule, AclEntries out) {
        for (Address source : rule.sources()) {
            for (Address destination : rule.destinations()) {
                String ethertype = ethertype(rule, source, destination);
                for (End from : ends(self, source)) {
                    for (End to : ends(self, destination)) {
                        if (from.is(self) || to.is(self)) {
                            out.add(rule, false, ethertype, from.json(), to.json());
                            if (rule.both()) {
                                out.add(rule, true, ethertype, to.json(), from.json());
                            }
                        }
                    }
                }
            }
        }
    }

    static String ethertype(PolicyRule rule, Address source, Address destination) {
        String found = rule.ethertype();
        found = found == null ? source.family() : found;
        return found == null ? destination.family() : found;
    }

    private List<End> ends(String self, Address address) {
        if (address.policy() != null) {
            return holders(address.policy()).stream()
                    .map(name -> new End(name, address.subnet()))
                    .toList();
        }
        String network = address.network() == null ? PolicyRule.ANY : address.network();
        return List.of(new End(network.equals(PolicyRule.LOCAL) ? self : network, address.subnet()));
    }

    /** The networks to which this one and which to this one are connected by a pass rule of each. By uuid. */
    Map<String, Resource> connected(Resource network) {
        Map<String, Resource> out = new TreeMap<>();
        for (Resource other : candidates(network)) {
            if (!other.uuid().equals(network.uuid()) && connects(network, other) && connects(other, network)) {
                out.put(other.uuid(), other);
            }
        }
        return out;
    }

    /** All networks that the network's pass rules may mean; perhaps more. */
    private List<Resource> candidates(Resource network) {
        Set<String> names = new TreeSet<>();
        boolean any = false;
        for (Ref policy : network.refs(POLICY)) {
            for (PolicyRule rule : rules(policy.uuid())) {
                if (rule.passes()) {
                    any |= candidates(rule.sources(), names) | candidates(rule.destinations(), names);
                }
            }
        }
        List<Resource> out = new ArrayList<>();
        for (String name : names) {
            Resource found = image.named(NETWORK, List.of(name.split(":")));
            if (found != null) {
                out.add(found);
            }
        }
        if (any) {
            image.forEachChild(network.parentUuid(), NETWORK, sibling -> {
                if (!sibling.refs(POLICY).isEmpty()) {
                    out.add(sibling);
                }
            });
        }
        return out;
    }

    private boolean candidates(List<Address> addresses, Set<String> names) {
        boolean any = false;
        for (Address address : addresses) {
            if (address.policy() != null) {
                names.addAll(holders(address.policy()));
            } else if (PolicyRule.ANY.equals(address.network())) {
                any = true;
            } else if (address.network() != null && !address.network().equals(PolicyRule.LOCAL)) {
                names.add(address.network());
            }
        }
        return any;
    }

    /** Whether a pass rule of {@code owner} has it at one end and the other network at the other. */
    private boolean connects(Resource owner, Resource other) {
        for (Ref policy : owner.refs(POLICY)) {
            for (PolicyRule rule : rules(policy.uuid())) {
                boolean there = covers(owner, rule.sources(), owner) && covers(owner, rule.destinations(), other);
                boolean back = covers(owner, rule.destinations(), owner) && covers(owner, rule.sources(), other);
                if (rule.passes() && (there || back)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** For connections "any" means the networks of the same project: tenants that allow anything are not joined by that. */
    private boolean covers(Resource owner, List<Address> addresses, Resource network) {
        for (Address address : addresses) {
            boolean covered;
            if (address.policy() != null) {
                covered = holders(address.policy()).contains(network.fullName());
            } else if (address.network() == null) {
                covered = false;
            } else {
                covered = switch (address.network()) {
                    case PolicyRule.LOCAL -> network.uuid().equals(owner.uuid());
                    case PolicyRule.ANY -> network.parentUuid().equals(owner.parentUuid());
                    default -> address.network().equals(network.fullName());
                };
            }
            if (covered) {
                return true;
            }
        }
        return false;
    }
}
