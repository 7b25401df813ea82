package io.weft.agent.compile;

import io.weft.dataplane.IpPrefix;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;

/**
 * What changed in one VRF. Ports, addresses and routes not named are as before; an empty value means gone.
 *
 * @param network the network as it shall be; empty: the VRF goes, with everything in it named in the maps
 */
public record VrfDelta(
        String instance,
        Optional<Network> network,
        Map<UUID, Optional<PortState>> ports,
        Map<IpPrefix, Optional<HeldAddress>> held,
        Map<IpPrefix, Optional<RouteState>> routes) {
    public VrfDelta {
        Objects.requireNonNull(instance, "instance");
        Objects.requireNonNull(network, "network");
    }

    /** From one state to another; null: the VRF does not exist. At least one exists and both are of one instance. */
    public static VrfDelta between(VrfState before, VrfState after) {
        String instance = (after == null ? before : after).network().instance();
        return new VrfDelta(
                instance,
                Optional.ofNullable(after).map(VrfState::network),
                changes(before == null ? Map.of() : before.ports(), after == null ? Map.of() : after.ports()),
                changes(before == null ? Map.of() : before.held(), after == null ? Map.of() : after.held()),
                changes(before == null ? Map.of() : before.routes(), after == null ? Map.of() : after.routes()));
    }

    /** Keys whose value differs, with the new value. */
    static <K, V> Map<K, Optional<V>> changes(Map<K, V> before, Map<K, V> after) {
        Map<K, Optional<V>> changes = new HashMap<>();
        Set<K> gone = new HashSet<>(before.keySet());
        after.forEach((key, value) -> {
            gone.remove(key);
            if (!value.equals(before.get(key))) {
                changes.put(key, Optional.of(value));
            }
        });
        gone.forEach(key -> changes.put(key, Optional.empty()));
        return changes;
    }
}
