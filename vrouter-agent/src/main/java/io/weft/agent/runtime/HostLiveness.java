package io.weft.agent.runtime;

import io.weft.agent.program.Programmer;
import io.weft.dataplane.DataplaneException;
import io.weft.dataplane.Liveness;
import io.weft.dataplane.UnderlayPath;
import java.net.InetAddress;
import java.util.HashMap;
import java.util.Map;

/**
 * What the plane's BFD (RFC 5880) says of other hosts, read twice a second while there are tunnels. A host without an answer yet is not
 * in it. What was known stays while the plane is away. One thread, injected time.
 */
final class HostLiveness {
    private static final long POLL_NS = 500_000_000L;

    private final Programmer programmer;
    private final Map<InetAddress, Boolean> states = new HashMap<>();
    private long nextNs;

    HostLiveness(Programmer programmer, long nowNs) {
        this.programmer = programmer;
        this.nextNs = nowNs;
    }

    long deadlineNs() {
        return nextNs;
    }

    /** @throws DataplaneException the plane went away */
    void tick(long nowNs) throws DataplaneException {
        if (nextNs - nowNs > 0) {
            return;
        }
        nextNs = nowNs + POLL_NS;
        if (!programmer.isOpen()) {
            return;
        }
        Map<InetAddress, Boolean> found = new HashMap<>();
        if (programmer.hasTunnels()) {
            for (UnderlayPath path : programmer.paths()) {
                if (path.liveness() != Liveness.UNKNOWN) {
                    found.put(path.destination(), path.liveness() == Liveness.UP);
                }
            }
        }
        states.clear();
        states.putAll(found);
    }

    /** True: the host's plane answers; false: it did and does not any more. */
    Map<InetAddress, Boolean> states() {
        return states;
    }
}
