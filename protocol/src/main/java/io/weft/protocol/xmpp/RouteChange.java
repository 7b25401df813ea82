package io.weft.protocol.xmpp;

import io.weft.protocol.net.Prefix;

/** What an agent said of its routes, once both iqs were there. */
public sealed interface RouteChange {
    /** The agent has this route. */
    record Published(String instance, RouteEntry entry) implements RouteChange {}

    /** The agent has this route no longer. */
    record Withdrawn(String instance, Prefix prefix) implements RouteChange {}

    /** The agent has published all it had. */
    record EndOfRib() implements RouteChange {}
}
