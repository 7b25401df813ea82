package io.weft.controller.rib;

import io.weft.protocol.xmpp.RouteEntry;
import java.util.Objects;

/**
 * A route as one agent published it in one instance.
 *
 * @param agent who published it
 * @param instance where it was published
 * @param stale the agent's session is gone and the agent has not confirmed the path since
 */
public record Path(String agent, String instance, RouteEntry entry, boolean stale) {
    public Path {
        Objects.requireNonNull(agent, "agent");
        Objects.requireNonNull(instance, "instance");
        Objects.requireNonNull(entry, "entry");
    }

    public Path asStale() {
        return stale ? this : new Path(agent, instance, entry, true);
    }
}
