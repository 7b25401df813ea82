package io.weft.config.write;

import com.fasterxml.jackson.databind.JsonNode;
import io.weft.config.resource.Claims;
import io.weft.config.resource.Ref;
import io.weft.config.resource.Resource;
import io.weft.config.resource.SortedTree;
import io.weft.config.schema.IpAddress;
import io.weft.config.schema.IpPrefix;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * A subnet of a virtual network as addresses are given out of it. Pure.
 *
 * @param gateway empty when the network has none (0.0.0.0 or ::)
 * @param service address of DNS and DHCP; empty when there is none
 * @param fromStart addresses are given from the first one upwards, otherwise from the last one downwards
 * @param pools where addresses are given out; empty: in the whole subnet
 */
public record Subnet(
        String uuid,
        IpPrefix prefix,
        Optional<IpAddress> gateway,
        Optional<IpAddress> service,
        boolean fromStart,
        List<Range> pools) {
    /** Both ends are part of the range. */
    public record Range(IpAddress start, IpAddress end) {}

    public Subnet {
        pools = List.copyOf(pools);
    }

    /** The subnets of a stored network, all families. */
    public static List<Subnet> of(Resource network) {
        List<Subnet> out = new ArrayList<>();
        for (Ref ref : network.refs("network-ipam")) {
            if (ref.attr() != null) {
                ref.attr().path("ipam_subnets").forEach(one -> out.add(read(one)));
            }
        }
        return out;
    }

    private static Subnet read(JsonNode tree) {
        JsonNode subnet = tree.path("subnet");
        List<Range> pools = new ArrayList<>();
        for (JsonNode pool : tree.path("allocation_pools")) {
            if (!pool.path("vrouter_specific_pool").asBoolean()) {
                pools.add(new Range(
                        IpAddress.of(pool.path("start").textValue()),
                        IpAddress.of(pool.path("end").textValue())));
            }
        }
        return new Subnet(
                tree.path("subnet_uuid").textValue(),
                new IpPrefix(
                        IpAddress.of(subnet.path("ip_prefix").textValue()),
                        subnet.path("ip_prefix_len").intValue()),
                used(tree.path("default_gateway")),
                used(tree.path("dns_server_address")),
                tree.path("addr_from_start").asBoolean(),
                pools);
    }

    private static Optional<IpAddress> used(JsonNode text) {
        return Optional.ofNullable(text.textValue())
                .map(IpAddress::of)
                .filter(address -> address.value().signum() != 0);
    }

    public String family() {
        return prefix.network().family();
    }

    /** First and last address of the subnet: never a host's. */
    public boolean edge(IpAddress address) {
        return address.equals(prefix.network()) || address.equals(prefix.last());
    }

    /** Addresses that are never given out by themselves. */
    private TreeSet<IpAddress> reserved() {
        TreeSet<IpAddress> out = new TreeSet<>(List.of(prefix.network(), prefix.last()));
        gateway.ifPresent(out::add);
        service.ifPresent(out::add);
        return out;
    }

    /**
     * The address to give out next.
     *
     * @param claims of the image
     * @return empty when every address is in use
     */
    public Optional<IpAddress> free(SortedTree<String> claims, String networkUuid) {
        List<Range> ranges = new ArrayList<>();
        for (Range pool : pools.isEmpty() ? List.of(new Range(prefix.network(), prefix.last())) : pools) {
            split(pool, ranges);
        }
        if (!fromStart) {
            Collections.reverse(ranges);
        }
        for (Range range : ranges) {
            Optional<IpAddress> found = firstFree(claims, networkUuid, range);
            if (found.isPresent()) {
                return found;
            }
        }
        return Optional.empty();
    }

    /** The parts of a pool between reserved addresses, ascending. */
    private void split(Range pool, List<Range> out) {
        IpAddress start = pool.start;
        for (IpAddress address : reserved()) {
            if (address.compareTo(start) >= 0 && address.compareTo(pool.end) <= 0) {
                if (address.compareTo(start) > 0) {
                    out.add(new Range(start, moved(address, -1)));
                }
                if (address.equals(pool.end)) {
                    return;
                }
                start = moved(address, 1);
            }
        }
        out.add(new Range(start, pool.end));
    }

    private static IpAddress moved(IpAddress address, long distance) {
        return address.plus(distance).orElseThrow(() -> new IllegalStateException(address + " has no neighbour"));
    }

    /** Halves the range by the count of used addresses: O(log² n), however full the subnet is. */
    private Optional<IpAddress> firstFree(SortedTree<String> claims, String networkUuid, Range range) {
        BigInteger low = range.start.value();
        BigInteger high = range.end.value();
        int bits = range.start.bits();
        if (full(claims, networkUuid, low, high, bits)) {
            return Optional.empty();
        }
        while (!low.equals(high)) {
            BigInteger middle = low.add(high).shiftRight(1);
            boolean lowerFull = full(claims, networkUuid, low, middle, bits);
            boolean upperFull = full(claims, networkUuid, middle.add(BigInteger.ONE), high, bits);
            if (fromStart ? !lowerFull : upperFull) {
                high = middle;
            } else {
                low = middle.add(BigInteger.ONE);
            }
        }
        return Optional.of(new IpAddress(low, bits));
    }

    private static boolean full(
            SortedTree<String> claims, String networkUuid, BigInteger from, BigInteger to, int bits) {
        int used = claims.count(
                Claims.address(networkUuid, new IpAddress(from, bits)),
                Claims.address(networkUuid, new IpAddress(to, bits)));
        return BigInteger.valueOf(used).equals(to.subtract(from).add(BigInteger.ONE));
    }

    /** How many addresses cannot be given out any more: claimed ones and reserved ones. */
    public int usedCount(SortedTree<String> claims, String networkUuid) {
        int used =
                claims.count(Claims.address(networkUuid, prefix.network()), Claims.address(networkUuid, prefix.last()));
        for (IpAddress address : reserved()) {
            boolean edgeOfAll = address.equals(prefix.network());
            used += edgeOfAll || claims.has(Claims.address(networkUuid, address)) ? 0 : 1;
        }
        return used;
    }
}
