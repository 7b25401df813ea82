package io.weft.cni;

import java.util.Objects;

/** What identifies a port to a container runtime: the container and the name of the interface in it. */
public record Attachment(String containerId, String ifname) {
    public Attachment {
        Objects.requireNonNull(containerId, "containerId");
        Objects.requireNonNull(ifname, "ifname");
    }
}
