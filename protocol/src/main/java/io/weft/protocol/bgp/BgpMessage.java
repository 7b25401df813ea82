package io.weft.protocol.bgp;

/** A received message. */
public sealed interface BgpMessage
        permits Open, DecodedUpdate, Notification, BgpMessage.Keepalive, BgpMessage.RouteRefresh {
    /** KEEPALIVE (RFC 4271 section 4.4). */
    record Keepalive() implements BgpMessage {}

    /** ROUTE-REFRESH (RFC 2918): please tell all routes of the family again. */
    record RouteRefresh(Family family) implements BgpMessage {}
}
