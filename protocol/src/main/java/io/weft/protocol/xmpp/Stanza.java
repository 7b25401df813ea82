package io.weft.protocol.xmpp;

import io.weft.protocol.net.Prefix;
import java.net.InetAddress;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/** One stanza of OpenContrail's dialect (reference sections 4.3 and 4.4), without its envelope: from and to belong to the session. */
public sealed interface Stanza {
    /** Agent to server: wants the routes of a routing instance. */
    record Subscribe(String instance, int instanceId, boolean noRibout) implements Stanza {
        public Subscribe {
            named(instance);
            id(instanceId);
        }
    }

    /** Agent to server. */
    record Unsubscribe(String instance, int instanceId) implements Stanza {
        public Unsubscribe {
            named(instance);
            id(instanceId);
        }
    }

    /**
     * Agent to server: the first iq of a route. Nothing happens until the {@link Collection} comes: {@link RoutePairing}.
     *
     * @param entry empty: the iq named the route only
     */
    record Publish(RouteNode node, Optional<RouteEntry> entry) implements Stanza {
        public Publish {
            Objects.requireNonNull(node, "node");
            Objects.requireNonNull(entry, "entry");
        }
    }

    /** Agent to server: the second iq of a route. */
    record Collection(String instance, boolean associate, RouteNode node) implements Stanza {
        public Collection {
            named(instance);
            Objects.requireNonNull(node, "node");
        }
    }

    /** Agent to server: the empty publish that begins the agent's end of RIB. */
    record EmptyPublish() implements Stanza {}

    /** Agent to server: the empty collection that completes the agent's end of RIB. */
    record EmptyCollection() implements Stanza {}

    /**
     * Server to agent: routes of one instance and family.
     *
     * @param ipv6 false: 1/1, true: 2/1
     * @param revision config revision that must be applied before these routes; empty with an original peer
     */
    record RouteItems(
            String instance, boolean ipv6, List<RouteEntry> items, List<Prefix> retracts, OptionalLong revision)
            implements Stanza {
        public RouteItems {
            named(instance);
            items = List.copyOf(items);
            retracts = List.copyOf(retracts);
            notNegative(revision);
            items.forEach(entry -> sameFamily(instance, ipv6, entry.prefix()));
            retracts.forEach(prefix -> sameFamily(instance, ipv6, prefix));
        }
    }

    /** Server to agent: the initial routes are complete. */
    record EndOfRib() implements Stanza {}

    /** Agent to server: {@code virtual-router:…} or {@code virtual-machine:<uuid>}. */
    record ConfigSubscribe(String node) implements Stanza {
        public ConfigSubscribe {
            named(node);
        }
    }

    /** Agent to server. */
    record ConfigUnsubscribe(String node) implements Stanza {
        public ConfigUnsubscribe {
            named(node);
        }
    }

    /**
     * Server to agent: changes of its configuration; updates are applied before deletes. An update replaces the properties of a
     * node, the attribute of a link.
     *
     * @param endOfConfig everything up to this revision was sent; empty: more follows
     */
    record ConfigUpdate(
            List<ConfigNode> nodes,
            List<ConfigLink> links,
            List<ConfigLink> deletedLinks,
            List<ConfigNode.Key> deletedNodes,
            OptionalLong endOfConfig)
            implements Stanza {
        public ConfigUpdate {
            nodes = List.copyOf(nodes);
            links = List.copyOf(links);
            deletedLinks = List.copyOf(deletedLinks);
            deletedNodes = List.copyOf(deletedNodes);
            notNegative(endOfConfig);
        }
    }

    /**
     * Agent to server, Weft's own: what the agent's plane knows of other hosts. States not named stay as they were.
     *
     * @param hosts in the order of the wire; the last word on a host counts
     */
    record Liveness(List<HostState> hosts) implements Stanza {
        public Liveness {
            hosts = List.copyOf(hosts);
        }
    }

    /**
     * @param address underlay address of the host
     * @param up false: BFD (RFC 5880) has declared it down
     */
    record HostState(InetAddress address, boolean up) {
        public HostState {
            Objects.requireNonNull(address, "address");
        }
    }

    /** A route of a family that is not understood; to be counted and ignored. */
    record UnsupportedRoute(String node) implements Stanza {}

    /** A stanza that is none of the above; to be counted and ignored. */
    record Ignored(String what) implements Stanza {}

    private static void named(String name) {
        if (name.isEmpty() || name.length() > 1024) {
            throw new IllegalArgumentException("node name of " + name.length() + " characters is not in 1..1024");
        }
    }

    private static void sameFamily(String instance, boolean ipv6, Prefix prefix) {
        if (prefix.isIpv6() != ipv6) {
            throw new IllegalArgumentException("items of '" + instance + "' hold " + prefix + " of the other family");
        }
    }

    private static void notNegative(OptionalLong revision) {
        if (revision.orElse(0) < 0) {
            throw new IllegalArgumentException("revision " + revision.getAsLong() + " is negative");
        }
    }

    private static void id(int instanceId) {
        if (instanceId < 0 || instanceId > 0xffff) {
            throw new IllegalArgumentException("instance-id " + instanceId + " is not in 0..65535");
        }
    }
}
