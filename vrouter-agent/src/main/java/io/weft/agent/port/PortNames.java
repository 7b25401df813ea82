package io.weft.agent.port;

import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * Uuids of the objects the agent creates for a container interface, derived from host, container id and interface name (name-based,
 * RFC 9562 version 3), so that a repeated ADD or a DEL after a restart finds the same objects.
 */
public record PortNames(UUID vm, UUID vmi, UUID instanceIp4, UUID instanceIp6) {
    /**
     * @param host name of this virtual router; two hosts may see the same container id in tests
     */
    public static PortNames of(String host, String containerId, String ifname) {
        String port = host + "/" + containerId + "/" + ifname;
        return new PortNames(
                derive("virtual-machine/" + port),
                derive("virtual-machine-interface/" + port),
                derive("instance-ip-v4/" + port),
                derive("instance-ip-v6/" + port));
    }

    /** Uuid of the virtual-router object when this agent creates it. */
    public static UUID virtualRouter(String host) {
        return derive("virtual-router/" + host);
    }

    private static UUID derive(String name) {
        return UUID.nameUUIDFromBytes(("weft/" + name).getBytes(StandardCharsets.UTF_8));
    }
}
