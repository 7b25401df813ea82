package io.weft.agent.port;

import io.weft.agent.compile.AttachedPort;
import io.weft.agent.compile.Interface;
import io.weft.agent.compile.PortState;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;

/** What port calls need of the agent's core. Any thread may call; answers complete on the core thread. */
public interface PortCore {
    /** The plane refused the port; the message is its text. */
    final class RefusedException extends Exception {
        private static final long serialVersionUID = 1L;

        public RefusedException(String message) {
            super(message);
        }
    }

    /**
     * What is known about a container interface and a network.
     *
     * @param port the port that is attached
     * @param podInterfaces interfaces that the configuration has for the pod's uid
     * @param families 4 and 6, of the network's subnets; empty: the configuration of this host does not have the network
     */
    record Known(Optional<AttachedPort> port, List<Interface> podInterfaces, Optional<Set<Integer>> families) {}

    /**
     * A port as it is now.
     *
     * @param port as attached
     * @param state as compiled; empty while the configuration lacks it
     * @param programmed the plane holds it so
     */
    record Status(AttachedPort port, Optional<PortState> state, boolean programmed) {}

    /** @param plane connected @param controllers sessions that are up */
    record Health(boolean plane, int controllers) {}

    /** @param podUid null: none */
    CompletableFuture<Known> lookup(String containerId, String ifname, UUID podUid, String network);

    /**
     * Takes a port; completes when the plane holds it with an address of each family, or with RefusedException. A waiting call is
     * cancelled by {@link #detach}.
     */
    CompletableFuture<PortState> attach(AttachedPort port, Set<Integer> families);

    /** Forgets a port and deletes it from the plane; completes when done, also when there was none or no plane. */
    CompletableFuture<Void> detach(UUID vmi);

    CompletableFuture<Optional<Status>> status(UUID vmi);

    CompletableFuture<List<AttachedPort>> ports();

    CompletableFuture<Health> health();
}
