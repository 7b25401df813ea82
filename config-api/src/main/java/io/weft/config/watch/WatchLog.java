package io.weft.config.watch;

import io.weft.config.resource.ChangeSet;

/** The newest change-sets, for watchers to read at their own pace. A ring; thread-safe. */
final class WatchLog {
    private final WatchEntry[] ring;
    private long last;
    private long count;

    /** @param capacity revisions kept, &gt;= 1 */
    WatchLog(int capacity, long revision) {
        ring = new WatchEntry[capacity];
        last = revision;
    }

    synchronized void add(ChangeSet changeSet) {
        if (changeSet.revision() != last + 1) {
            throw new IllegalArgumentException("revision " + changeSet.revision() + " after revision " + last);
        }
        last = changeSet.revision();
        ring[(int) (last % ring.length)] = new WatchEntry(changeSet);
        count = Math.min(count + 1, ring.length);
    }

    synchronized long last() {
        return last;
    }

    /** Whether every revision after this one is here. */
    synchronized boolean follows(long revision) {
        return revision <= last && revision >= last - count;
    }

    /** The change-set after that revision; null when there is none yet. Only when {@link #follows}. */
    synchronized WatchEntry after(long revision) {
        if (!follows(revision)) {
            throw new IllegalArgumentException("revision " + revision + " is no longer kept");
        }
        return revision == last ? null : ring[(int) ((revision + 1) % ring.length)];
    }
}
