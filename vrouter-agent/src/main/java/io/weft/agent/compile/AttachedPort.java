package io.weft.agent.compile;

import java.util.Objects;
import java.util.UUID;

/**
 * A container interface that this host holds.
 *
 * @param vmi uuid of its virtual-machine-interface
 * @param vm uuid of its virtual-machine
 * @param containerId the runtime's id of the container
 * @param netns path of the container's network namespace, 1..127 bytes
 * @param ifname netdev name inside, 1..15 bytes
 * @param network domain:project:network asked for
 * @param configuration name of the CNI network configuration that attached it ("" by other means)
 * @param ownConfig the agent created the configuration objects, so it removes them with the port
 */
public record AttachedPort(
        UUID vmi,
        UUID vm,
        String containerId,
        String netns,
        String ifname,
        String network,
        String configuration,
        boolean ownConfig) {
    /** Bytes of WEFT_PATH_BYTES and WEFT_IFNAME_BYTES without the final zero. */
    private static final int PATH_MAX = 127;

    private static final int IFNAME_MAX = 15;

    public AttachedPort {
        Objects.requireNonNull(vmi, "vmi");
        Objects.requireNonNull(vm, "vm");
        Objects.requireNonNull(containerId, "containerId");
        Objects.requireNonNull(network, "network");
        Objects.requireNonNull(configuration, "configuration");
        if (netns.isEmpty() || netns.length() > PATH_MAX) {
            throw new IllegalArgumentException("netns '" + netns + "' is not 1.." + PATH_MAX + " bytes long");
        }
        if (ifname.isEmpty() || ifname.length() > IFNAME_MAX) {
            throw new IllegalArgumentException("ifname '" + ifname + "' is not 1.." + IFNAME_MAX + " bytes long");
        }
    }
}
