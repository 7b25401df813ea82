package io.weft.system;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waits for what another process does; always bounded. */
final class Await {
    private static final long INTERVAL_NS = 2_000_000;

    private Await() {}

    /** True when the condition held within the limit. */
    static boolean holds(Duration limit, BooleanSupplier condition) {
        long end = System.nanoTime() + limit.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - end >= 0) {
                return false;
            }
            LockSupport.parkNanos(INTERVAL_NS);
        }
        return true;
    }

    /**
     * As {@link #holds}.
     *
     * @throws SystemFailure naming what did not happen
     */
    static void until(String what, Duration limit, BooleanSupplier condition) {
        if (!holds(limit, condition)) {
            throw new SystemFailure(what + ": not within " + limit.toMillis() + " ms");
        }
    }

    /** Lets this much time pass: for measurements over time, never to wait for something. */
    static void elapse(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        for (long left = time.toNanos(); left > 0; left = end - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }
}
