package io.weft.protocol.xmpp;

import io.weft.protocol.net.Prefix;
import java.util.List;
import java.util.Objects;
import java.util.Optional;

/**
 * An inet (1/1) or inet6 (2/1) route: the {@code <entry>} of a publish or of items.
 *
 * @param nextHops none in a withdrawal that only names the route
 * @param virtualNetwork network of origin
 * @param securityGroups ids, 0..2^32-1
 * @param localPreference 0..2^32-1, higher wins
 * @param med 0..2^32-1
 * @param sequence sequence number of older agents
 * @param mobility of a moving address, when sent
 * @param communities as text
 * @param subProtocol {@code interface}, {@code service-interface}, …; empty: not sent
 * @param loadBalance field names of the hash; empty: not sent
 */
public record RouteEntry(
        Prefix prefix,
        List<NextHop> nextHops,
        String virtualNetwork,
        List<Long> securityGroups,
        long localPreference,
        long med,
        long sequence,
        Optional<Mobility> mobility,
        List<String> communities,
        String subProtocol,
        Optional<LoadBalance> loadBalance) {
    /** What local preference an entry has that says nothing. */
    public static final long DEFAULT_LOCAL_PREFERENCE = 100;

    /** @param sequence 0..2^32-1 */
    public record Mobility(long sequence, boolean sticky) {
        public Mobility {
            range("mobility seqno", sequence);
        }
    }

    /** @param decision {@code field-hash} or {@code source-bias} */
    public record LoadBalance(List<String> fields, String decision) {
        public LoadBalance {
            fields = List.copyOf(fields);
            Objects.requireNonNull(decision, "decision");
        }
    }

    public RouteEntry {
        Objects.requireNonNull(prefix, "prefix");
        Objects.requireNonNull(virtualNetwork, "virtualNetwork");
        Objects.requireNonNull(mobility, "mobility");
        Objects.requireNonNull(subProtocol, "subProtocol");
        Objects.requireNonNull(loadBalance, "loadBalance");
        nextHops = List.copyOf(nextHops);
        securityGroups = List.copyOf(securityGroups);
        communities = List.copyOf(communities);
        securityGroups.forEach(id -> range("security-group", id));
        range("local-preference", localPreference);
        range("med", med);
        range("sequence-number", sequence);
    }

    /** An ordinary route of a port. */
    public static RouteEntry of(Prefix prefix, String virtualNetwork, List<NextHop> nextHops) {
        return new RouteEntry(
                prefix,
                nextHops,
                virtualNetwork,
                List.of(),
                DEFAULT_LOCAL_PREFERENCE,
                0,
                0,
                Optional.empty(),
                List.of(),
                "interface",
                Optional.empty());
    }

    public RouteEntry withNextHops(List<NextHop> hops) {
        return new RouteEntry(
                prefix,
                hops,
                virtualNetwork,
                securityGroups,
                localPreference,
                med,
                sequence,
                mobility,
                communities,
                subProtocol,
                loadBalance);
    }

    public RouteEntry withLocalPreference(long value) {
        return new RouteEntry(
                prefix,
                nextHops,
                virtualNetwork,
                securityGroups,
                value,
                med,
                sequence,
                mobility,
                communities,
                subProtocol,
                loadBalance);
    }

    public RouteEntry withSecurityGroups(List<Long> ids) {
        return new RouteEntry(
                prefix,
                nextHops,
                virtualNetwork,
                ids,
                localPreference,
                med,
                sequence,
                mobility,
                communities,
                subProtocol,
                loadBalance);
    }

    private static void range(String field, long value) {
        if (value < 0 || value > 0xffff_ffffL) {
            throw new IllegalArgumentException(field + " " + value + " is not in 0..4294967295");
        }
    }
}
