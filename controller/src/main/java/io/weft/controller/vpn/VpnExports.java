package io.weft.controller.vpn;

import io.weft.controller.rib.PathSource;
import io.weft.protocol.net.RouteTarget;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * The VPN routes as BGP tells them. Changes are keys, coalesced: the one reader takes them, asks for what is best now and compares with what each
 * peer was told. The core's thread only.
 */
public interface VpnExports {
    /**
     * The best path of a VPN route.
     *
     * @param source whom it came from: an agent, or a BGP peer (the reader decides to whom it may be told)
     */
    record Best(PathSource source, VpnRoute route) {
        public Best {
            Objects.requireNonNull(source, "source");
            Objects.requireNonNull(route, "route");
        }
    }

    /** Keys whose best path may have changed since the last call. */
    Set<VpnKey> takeVpnChanges();

    /** Empty: withdrawn, or without a route target. */
    Optional<Best> bestVpn(VpnKey key);

    /** Every key that has or may have a best path: for a peer that has just come up. */
    Set<VpnKey> vpnKeys();

    /** What the instances here import, connections included: for route target constraint (RFC 4684). */
    Set<RouteTarget> importedTargets();
}
