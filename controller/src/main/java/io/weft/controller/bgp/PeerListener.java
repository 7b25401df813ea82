package io.weft.controller.bgp;

import io.weft.protocol.bgp.DecodedUpdate;
import io.weft.protocol.bgp.Family;

/** What a peer's session does to routes. */
interface PeerListener {
    /** Established. */
    void up(BgpPeer peer);

    /** No longer established. @param keep graceful restart: its routes outlive the session (RFC 4724) */
    void down(BgpPeer peer, boolean keep);

    void update(BgpPeer peer, DecodedUpdate update);

    /** The peer wants all routes of the family again. */
    void refresh(BgpPeer peer, Family family);
}
