package io.weft.rules.canary;

import java.lang.foreign.Arena;

/** Breaks two rules on purpose: foreign memory outside its package, and a clock. */
public final class CanaryWithForeignMemory {
    private CanaryWithForeignMemory() {}

    public static long size() {
        try (Arena arena = Arena.ofConfined()) {
            return arena.allocate(8).byteSize() + System.nanoTime();
        }
    }
}
