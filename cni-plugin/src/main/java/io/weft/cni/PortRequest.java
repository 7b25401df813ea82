package io.weft.cni;

import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * What a runtime asks about one port.
 *
 * @param attachment whose port
 * @param netns path of the network namespace; empty for a DEL after the namespace went away
 * @param network "domain:project:network"; empty when neither CNI_ARGS nor the configuration names one (ADD is refused then, by
 *     the port service unless it knows the port already)
 * @param networkName "name" of the network configuration
 * @param args CNI_ARGS without WEFT_NETWORK and IgnoreUnknown: K8S_POD_NAMESPACE, K8S_POD_NAME, K8S_POD_UID, …
 * @param expected CHECK: what ADD answered, read from prevResult; empty otherwise
 */
public record PortRequest(
        Attachment attachment,
        Optional<String> netns,
        Optional<String> network,
        String networkName,
        Map<String, String> args,
        Optional<PortResult> expected) {
    public PortRequest {
        Objects.requireNonNull(attachment, "attachment");
        Objects.requireNonNull(netns, "netns");
        Objects.requireNonNull(network, "network");
        Objects.requireNonNull(networkName, "networkName");
        args = Map.copyOf(args);
        Objects.requireNonNull(expected, "expected");
    }
}
