package io.weft.config.store;

import io.weft.config.resource.ChangeSet;
import io.weft.config.resource.Image;
import java.util.List;

/**
 * An ordered, fenced log of change-sets, plus snapshots. One writer appends; anyone may read. Revisions are 1, 2, 3 … without gaps.
 *
 * <p>What every implementation promises: {@link #append} returns after the batch is durable; a crash keeps every batch that was answered and
 * at most the one that was not; a change-set is there whole or not at all; a writer that is no longer the only one is refused.
 */
public interface Store extends AutoCloseable {
    /** Revision of the last durable change-set; 0 when there is none. */
    long revision();

    /**
     * Appends change-sets and makes them durable together.
     *
     * @param expectedRevision where the caller believes the log ends; the batch starts at the revision after it
     * @throws StoreException.Fenced the log ends elsewhere
     * @throws StoreException nothing was appended (disk full, closed); after a failed flush every later append fails too
     * @throws IllegalArgumentException the batch's revisions do not follow expectedRevision one by one
     */
    void append(long expectedRevision, List<ChangeSet> batch);

    /**
     * Change-sets from a revision on, oldest first.
     *
     * @param from first revision wanted, &gt;= 1
     * @param limit at most so many, &gt;= 1
     * @return empty when {@code from} is after the last revision
     * @throws StoreException.Compacted they are no longer kept
     */
    List<ChangeSet> read(long from, int limit);

    /** The newest snapshot; {@link Snapshot#EMPTY} when none was ever kept. */
    Snapshot snapshot();

    /**
     * Keeps a snapshot; change-sets up to its revision need not be kept any longer. May run beside {@link #append}.
     *
     * @throws StoreException the snapshot could not be kept; the log is as before
     */
    void keep(Snapshot snapshot);

    @Override
    void close();

    /** The image at the store's revision: snapshot and what followed. */
    static Image load(Store store) {
        return load(store, store.snapshot());
    }

    /** The same with the store's newest snapshot, when the caller has it already. */
    static Image load(Store store, Snapshot snapshot) {
        Image image = snapshot.toImage();
        List<ChangeSet> next = store.read(image.revision() + 1, 1024);
        while (!next.isEmpty()) {
            for (ChangeSet changeSet : next) {
                image = image.after(changeSet);
            }
            next = store.read(image.revision() + 1, 1024);
        }
        return image;
    }
}
