package io.weft.controller.xmpp;

import io.weft.controller.bgp.BgpEvent;
import io.weft.controller.config.ConfigChange;
import io.weft.protocol.xmpp.Stanza;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** What the edges tell the core. */
public sealed interface CoreEvent {
    /** An agent opened its stream. */
    record Opened(AgentLink link, String jid) implements CoreEvent {}

    /** A stanza came. */
    record Received(AgentLink link, Stanza stanza) implements CoreEvent {}

    /** A keepalive came. */
    record Heard(AgentLink link) implements CoreEvent {}

    /** A connection takes bytes again. */
    record Writable(AgentLink link) implements CoreEvent {}

    /** A connection is gone. */
    record Closed(AgentLink link, String reason) implements CoreEvent {}

    /** A change-set was committed. */
    record Configured(ConfigChange change) implements CoreEvent {}

    /** Something about a BGP connection. */
    record Bgp(BgpEvent event) implements CoreEvent {}

    /** The introspect page wants to know; empty: no such page. */
    record Asked(String path, Map<String, String> parameters, CompletableFuture<Optional<Object>> answer)
            implements CoreEvent {}
}
