package io.weft.agent.port;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;

/** One lock per key, existing while somebody wants it. Any thread. */
final class KeyedLock {
    private static final class Counted {
        private final ReentrantLock lock = new ReentrantLock();
        private int users;
    }

    /** A lock that is held. */
    interface Held {
        /** Gives it back; once, on the thread that took it. */
        void release();
    }

    private final ConcurrentHashMap<String, Counted> locks = new ConcurrentHashMap<>();

    Held lock(String key) {
        Counted mine = locks.compute(key, (same, present) -> {
            Counted counted = present == null ? new Counted() : present;
            counted.users++;
            return counted;
        });
        mine.lock.lock();
        return () -> {
            mine.lock.unlock();
            locks.computeIfPresent(key, (same, counted) -> --counted.users == 0 ? null : counted);
        };
    }

    int size() {
        return locks.size();
    }
}
