package io.weft.controller.config;

import io.weft.protocol.xmpp.ConfigNode;
import java.util.List;

/**
 * One change-set, or the whole configuration. Events are applied in order.
 *
 * @param whole what is not in it does not exist
 */
public record ConfigChange(long revision, boolean whole, List<Event> events) {
    /** One object: {@link Put} or {@link Gone}. */
    public sealed interface Event {}

    /** Created or replaced. */
    public record Put(ConfigObject object) implements Event {}

    /** Deleted. */
    public record Gone(ConfigNode.Key key) implements Event {}

    public ConfigChange {
        events = List.copyOf(events);
    }
}
