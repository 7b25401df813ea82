package io.weft.dataplane;

import java.util.Objects;

/**
 * An object as the plane holds it.
 *
 * @param epoch given with its last SET
 */
public record Stored<T>(T object, int epoch) {
    public Stored {
        Objects.requireNonNull(object, "object");
    }
}
