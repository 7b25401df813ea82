package io.weft.dataplane;

import java.util.Objects;

/**
 * An operation that the plane refused, which changed nothing.
 *
 * @param operation the refused one
 * @param index of it in the list given to {@link Dataplane#apply}
 * @param errno positive errno
 * @param text names the field, the value and the limit
 */
public record Refusal(Operation operation, int index, int errno, String text) {
    public Refusal {
        Objects.requireNonNull(operation, "operation");
        Objects.requireNonNull(text, "text");
    }
}
