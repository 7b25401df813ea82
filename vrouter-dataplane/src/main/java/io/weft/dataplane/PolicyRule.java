package io.weft.dataplane;

import java.util.Objects;
import java.util.UUID;

/**
 * A rule of a policy set, in the direction of who opens the connection.
 *
 * @param uuid of the access control entry, for reports; may be zero and may repeat
 * @param family 4 or 6; 0: both
 * @param log each decision is an event of the log
 * @param protocol 0 .. 255, or {@link #ANY_PROTOCOL}
 */
public record PolicyRule(
        UUID uuid,
        int family,
        PolicyAction action,
        boolean log,
        int protocol,
        PortRange sourcePorts,
        PortRange destinationPorts,
        PolicyEnd source,
        PolicyEnd destination) {
    public static final int ANY_PROTOCOL = 0xffff;
    public static final UUID NO_UUID = new UUID(0, 0);

    public PolicyRule {
        Objects.requireNonNull(uuid, "uuid");
        Objects.requireNonNull(action, "action");
        Objects.requireNonNull(sourcePorts, "sourcePorts");
        Objects.requireNonNull(destinationPorts, "destinationPorts");
        if (family != 0 && family != 4 && family != 6) {
            throw new IllegalArgumentException("family of rule " + uuid + " is " + family + ", must be 0, 4 or 6");
        }
        if (protocol != ANY_PROTOCOL) {
            Limits.range("protocol of rule " + uuid, protocol, 0, 255);
        }
        checkFamily(uuid, family, "source", source);
        checkFamily(uuid, family, "destination", destination);
        boolean differ = source.prefix().isPresent()
                && destination.prefix().isPresent()
                && source.prefix().get().family() != destination.prefix().get().family();
        if (differ) {
            throw new IllegalArgumentException("rule " + uuid + ": source prefix "
                    + source.prefix().get() + " and destination prefix "
                    + destination.prefix().get() + " must be of one family");
        }
    }

    private static void checkFamily(UUID uuid, int family, String name, PolicyEnd end) {
        if (family != 0 && end.prefix().isPresent() && end.prefix().get().family() != family) {
            throw new IllegalArgumentException(
                    name + " prefix of rule " + uuid + " is " + end.prefix().get() + ", must be of family " + family);
        }
    }
}
