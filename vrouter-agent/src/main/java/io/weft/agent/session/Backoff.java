package io.weft.agent.session;

import java.util.random.RandomGenerator;

/** When to try again: at once, then after doubling pauses with 20 % jitter. One thread. */
final class Backoff {
    private final long firstNs;
    private final long maxNs;
    private final RandomGenerator random;
    private int failures;

    Backoff(long firstNs, long maxNs, RandomGenerator random) {
        this.firstNs = firstNs;
        this.maxNs = maxNs;
        this.random = random;
    }

    /** Pause before the next try, after one more failure. */
    long next() {
        failures++;
        if (failures == 1) {
            return 0;
        }
        long pause = Math.min(maxNs, firstNs << Math.min(failures - 2, 20));
        return (long) (pause * (0.8 + 0.4 * random.nextDouble()));
    }

    void reset() {
        failures = 0;
    }
}
