package io.weft.controller.vpn;

import io.weft.controller.rib.BgpAttributes;
import io.weft.controller.rib.Freshness;
import io.weft.controller.rib.PathSource;

/** What BGP sessions put into the tables. A route is imported by every instance that imports one of its targets. The core's thread only. */
public interface VpnImports {
    /** Adds or replaces the peer's path of that key; it is fresh. */
    void put(PathSource.Bgp peer, VpnRoute route, BgpAttributes attributes);

    /** Removes the peer's path; no error when there is none. */
    void withdraw(PathSource.Bgp peer, VpnKey key);

    /** The session is gone and its paths stay for a while (RFC 4724, RFC 9494). */
    void mark(PathSource source, Freshness freshness);

    /** Removes the source's paths that are not fresh. How many. */
    int sweep(PathSource source);

    /** Removes all paths of the source. How many. */
    int removeAll(PathSource source);
}
