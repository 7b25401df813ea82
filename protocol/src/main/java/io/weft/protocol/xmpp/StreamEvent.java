package io.weft.protocol.xmpp;

import java.util.Objects;

/** What a stream of bytes said. */
public sealed interface StreamEvent {
    /** The opening tag; an absent attribute is empty. */
    record StreamOpen(String from, String to, String id) implements StreamEvent {
        public StreamOpen {
            Objects.requireNonNull(from, "from");
            Objects.requireNonNull(to, "to");
            Objects.requireNonNull(id, "id");
        }
    }

    /** {@code </stream:stream>}. */
    record StreamClose() implements StreamEvent {}

    /** A run of space, line ends, tab and U+0200 between stanzas; a run that comes in pieces may be several. */
    record Keepalive() implements StreamEvent {}

    /** A whole stanza. */
    record Received(Stanza stanza) implements StreamEvent {
        public Received {
            Objects.requireNonNull(stanza, "stanza");
        }
    }
}
