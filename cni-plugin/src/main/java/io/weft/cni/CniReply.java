package io.weft.cni;

import java.util.Objects;

/**
 * What the executable prints and returns.
 *
 * @param exit 0 or 1
 * @param output JSON for standard output; empty when there is nothing to say
 */
public record CniReply(int exit, String output) {
    public CniReply {
        Objects.requireNonNull(output, "output");
        if (exit != 0 && exit != 1) {
            throw new IllegalArgumentException("exit is " + exit + ", must be 0 or 1");
        }
    }
}
