package io.weft.config.resource;

import java.util.List;

/**
 * Changes that happen together or not at all.
 *
 * @param revision of the configuration once they happened; the first is 1
 * @param changes not empty, in the order they are told to watchers; at most one per object
 */
public record ChangeSet(long revision, List<Change> changes) {
    public ChangeSet {
        if (revision < 1) {
            throw new IllegalArgumentException("revision " + revision + " is below 1");
        }
        changes = List.copyOf(changes);
        if (changes.isEmpty()) {
            throw new IllegalArgumentException("change-set " + revision + " is empty");
        }
    }
}
