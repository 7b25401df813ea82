package io.weft.config.write;

import io.weft.config.resource.Image;
import java.util.List;

/**
 * What became of a change-set.
 *
 * @param image the configuration right after it
 * @param outcomes one per operation
 */
public record Committed(Image image, List<Outcome> outcomes) {
    public Committed {
        outcomes = List.copyOf(outcomes);
    }

    /** The object an operation was about; it may be gone. */
    public record Outcome(String type, String uuid) {}
}
