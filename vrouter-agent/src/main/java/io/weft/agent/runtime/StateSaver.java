package io.weft.agent.runtime;

import io.weft.agent.session.LearnedState;
import io.weft.agent.session.LearnedStore;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps on disk what was learned: a second after a change at the earliest, off the core thread, one write at a time; and at the end. One
 * thread, injected time.
 */
final class StateSaver {
    /** Since the start. @param bytes of the last write */
    record Counters(long saves, long failures, long bytes) {}

    private static final Logger LOG = LoggerFactory.getLogger(StateSaver.class);
    private static final long PAUSE_NS = 1_000_000_000L;

    private final LearnedStore store;
    private final Executor writer;
    private final LongSupplier changes;
    private final Supplier<LearnedState> snapshot;
    private long taken;
    private long nextNs = Long.MAX_VALUE;
    private long order;
    private volatile boolean writing;
    private volatile boolean failed;
    private volatile Counters counters = new Counters(0, 0, 0);

    /**
     * @param writer runs a write that may block
     * @param changes a number that grows with each change
     * @param snapshot the state as it is, to be read by another thread
     */
    StateSaver(LearnedStore store, Executor writer, LongSupplier changes, Supplier<LearnedState> snapshot) {
        this.store = store;
        this.writer = writer;
        this.changes = changes;
        this.snapshot = snapshot;
        this.taken = changes.getAsLong();
    }

    long deadlineNs() {
        return nextNs;
    }

    void tick(long nowNs) {
        boolean due = changes.getAsLong() != taken || failed;
        if (nextNs == Long.MAX_VALUE) {
            nextNs = due ? nowNs + PAUSE_NS : Long.MAX_VALUE;
        } else if (nextNs - nowNs <= 0) {
            if (writing) {
                nextNs = nowNs + PAUSE_NS;
                return;
            }
            nextNs = Long.MAX_VALUE;
            LearnedState state = take();
            long number = order;
            writing = true;
            writer.execute(() -> write(state, number));
        }
    }

    private LearnedState take() {
        taken = changes.getAsLong();
        failed = false;
        order++;
        return snapshot.get();
    }

    private void write(LearnedState state, long number) {
        try {
            long bytes = store.write(state, number);
            counters = new Counters(counters.saves + 1, counters.failures, bytes);
        } catch (IOException e) {
            if (!failed && counters.failures == 0) {
                LOG.warn("what was learned cannot be kept on disk: {}", e.toString());
            }
            counters = new Counters(counters.saves, counters.failures + 1, counters.bytes);
            failed = true;
        } finally {
            writing = false;
        }
    }

    /** Writes what has changed since; blocks. */
    void close() {
        if (changes.getAsLong() != taken || failed || writing) {
            write(take(), order);
        }
    }

    Counters counters() {
        return counters;
    }
}
