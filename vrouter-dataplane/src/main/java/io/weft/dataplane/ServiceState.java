package io.weft.dataplane;

import java.util.List;
import java.util.Objects;

/**
 * A service with what the plane counted.
 *
 * @param epoch of its last SET
 * @param slots of the table that new connections choose from; 0: no backend is up
 * @param byBackend in the order of the backends
 */
public record ServiceState(Service service, int epoch, int slots, List<Counted> byBackend) {
    /**
     * Of one backend, by this plane. All but the connections that are there start again when a worker process takes over.
     *
     * @param backendId of this plane; never given to another
     * @param live connections that are there
     * @param opened connections since the backend came
     * @param packets both ways, of connections that are over
     */
    public record Counted(int backendId, int live, long opened, long packets, long bytes) {}

    public ServiceState {
        Objects.requireNonNull(service, "service");
        byBackend = List.copyOf(byBackend);
        Limits.range(
                "backend counters of service " + service.id(),
                byBackend.size(),
                service.backends().size(),
                service.backends().size());
    }
}
