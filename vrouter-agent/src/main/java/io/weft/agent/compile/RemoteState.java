package io.weft.agent.compile;

import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * What the controllers' routes of one prefix lead to.
 *
 * @param route empty: no next hop is usable
 * @param own networks of origin of next hops that name this host itself; `route` depends on the addresses held there
 */
record RemoteState(Optional<RouteState> route, Set<String> own) {
    static final RemoteState NONE = new RemoteState(Optional.empty(), Set.of());

    RemoteState {
        Objects.requireNonNull(route, "route");
        own = Set.copyOf(own);
    }
}
