package io.weft.config.store.embedded;

import io.weft.config.resource.ChangeSet;
import io.weft.config.resource.ResourceCodec;
import io.weft.config.store.Snapshot;
import io.weft.config.store.Store;
import io.weft.config.store.StoreException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store of one machine: segment files of framed change-sets and one snapshot, in a locked folder of its own (0700, files 0600).
 *
 * <p>Opening cuts a torn last frame, which only an unanswered batch can be. Damage anywhere else (a frame that does not check although
 * whole ones follow it, a missing segment, a damaged snapshot) refuses to open and names file and byte. Thread-safe.
 */
public final class EmbeddedStore implements Store {
    private static final Logger LOG = LoggerFactory.getLogger(EmbeddedStore.class);
    private static final String MAGIC = "WEFTLOG1";

    private final Path folder;
    private final boolean sync;
    private final long segmentBytes;
    private final FileChannel lockChannel;
    /** First revision -> file; the last one is being written. Guarded by this. */
    private final TreeMap<Long, Path> segments = new TreeMap<>();

    private FileChannel active;
    private long activeBytes;
    private long revision;
    private long snapshotRevision;
    private String failure;

    private EmbeddedStore(Path folder, boolean sync, long segmentBytes, FileChannel lockChannel) {
        this.folder = folder;
        this.sync = sync;
        this.segmentBytes = segmentBytes;
        this.lockChannel = lockChannel;
    }

    /**
     * @param folder made when it is not there
     * @param sync flush to the disk before an append returns; without it a power failure may lose or damage the end of the log
     * @param segmentBytes a segment that has grown beyond this is followed by a new one
     * @throws StoreException the folder is in use, cannot be used, or is damaged
     */
    public static EmbeddedStore open(Path folder, boolean sync, long segmentBytes) {
        FileChannel lockChannel = lock(folder);
        EmbeddedStore store = new EmbeddedStore(folder, sync, segmentBytes, lockChannel);
        try {
            store.recover();
            return store;
        } catch (IOException e) {
            store.close();
            throw new StoreException(folder + ": " + e, e);
        } catch (RuntimeException e) {
            store.close();
            throw e;
        }
    }

    private static FileChannel lock(Path folder) {
        FileChannel channel = null;
        try {
            Files.createDirectories(
                    folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            channel = StoreFiles.open(folder.resolve("lock"), StandardOpenOption.CREATE);
            FileLock lock = channel.tryLock();
            if (lock != null) {
                return channel;
            }
            channel.close();
        } catch (OverlappingFileLockException e) {
            LOG.debug("store {} is locked by this process", folder);
            closeQuietly(channel);
        } catch (IOException e) {
            closeQuietly(channel);
            throw new StoreException("store-dir " + folder + " cannot be used: " + e, e);
        }
        throw new StoreException("store-dir " + folder + " is in use by another writer (its file 'lock' is locked)");
    }

    private synchronized void recover() throws IOException {
        Files.deleteIfExists(folder.resolve("snapshot.unfinished"));
        NavigableMap<Long, Path> snapshots = StoreFiles.list(folder, "snapshot");
        snapshotRevision = snapshots.isEmpty() ? 0 : snapshots.lastKey();
        segments.putAll(StoreFiles.list(folder, "log"));
        dropUnstartedSegment();
        revision = segments.isEmpty() ? snapshotRevision : segments.firstKey() - 1;
        if (revision > snapshotRevision) {
            throw new StoreException.Corrupt(folder + ": the oldest segment starts at revision " + (revision + 1)
                    + " but the snapshot ends at " + snapshotRevision);
        }
        for (Map.Entry<Long, Path> segment : List.copyOf(segments.entrySet())) {
            if (segment.getKey() != revision + 1) {
                throw new StoreException.Corrupt(
                        segment.getValue() + ": starts where revision " + (revision + 1) + " should follow");
            }
            recoverSegment(segment.getValue(), segment.getKey());
        }
        if (revision < snapshotRevision) {
            dropLogBeforeSnapshot();
        }
        if (segments.isEmpty()) {
            startSegment();
        } else {
            Path last = segments.lastEntry().getValue();
            active = StoreFiles.open(last);
            activeBytes = active.size();
        }
    }

    /** Without flushing, a power failure may keep the snapshot and lose the end of the log: the snapshot holds all of it. */
    private void dropLogBeforeSnapshot() throws IOException {
        LOG.warn(
                "store {}: the log ends at revision {}, going on from snapshot {}", folder, revision, snapshotRevision);
        while (!segments.isEmpty()) {
            Files.delete(segments.pollFirstEntry().getValue());
        }
        revision = snapshotRevision;
    }

    /** A last segment without its whole header was torn while it was made and holds nothing. */
    private void dropUnstartedSegment() throws IOException {
        if (!segments.isEmpty() && Files.size(segments.lastEntry().getValue()) < StoreFiles.HEADER_BYTES) {
            Files.delete(segments.pollLastEntry().getValue());
        }
    }

    private void recoverSegment(Path file, long first) throws IOException {
        boolean last = first == segments.lastKey();
        ByteBuffer content = ByteBuffer.wrap(Files.readAllBytes(file));
        StoreFiles.checkHeader(file, content, MAGIC, first);
        int at = StoreFiles.HEADER_BYTES;
        while (Frame.probe(content, at) == Frame.Found.WHOLE) {
            for (ChangeSet changeSet : changeSets(file, content, at)) {
                if (changeSet.revision() != revision + 1) {
                    throw new StoreException.Corrupt(file + ": revision " + changeSet.revision() + " at byte " + at
                            + " where " + (revision + 1) + " should be");
                }
                revision = changeSet.revision();
            }
            at = Frame.end(content, at);
        }
        if (at == content.limit()) {
            return;
        }
        if (!last || Frame.anyAfter(content, at + 1)) {
            throw new StoreException.Corrupt(file + ": damaged at byte " + at + " of " + content.limit()
                    + ", after revision " + revision + ", although more follows; restore the store from a copy");
        }
        LOG.info("store {}: cut {} bytes of a torn batch after revision {}", file, content.limit() - at, revision);
        try (FileChannel channel = StoreFiles.open(file)) {
            channel.truncate(at);
            channel.force(true);
        }
    }

    private static List<ChangeSet> changeSets(Path file, ByteBuffer content, int at) {
        List<ChangeSet> out = new ArrayList<>();
        try {
            for (byte[] part : Frame.parts(content, at)) {
                out.add(ResourceCodec.decodeChangeSet(part));
            }
        } catch (IOException e) {
            throw new StoreException.Corrupt(file + ": the frame at byte " + at + ": " + e.getMessage(), e);
        }
        return out;
    }

    private void startSegment() throws IOException {
        Path file = StoreFiles.log(folder, revision + 1);
        FileChannel channel = StoreFiles.open(file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING);
        StoreFiles.writeFully(channel, StoreFiles.header(MAGIC, revision + 1), 0);
        if (sync) {
            channel.force(true);
            StoreFiles.sync(folder);
        }
        if (active != null) {
            active.close();
        }
        active = channel;
        activeBytes = StoreFiles.HEADER_BYTES;
        segments.put(revision + 1, file);
    }

    @Override
    public synchronized long revision() {
        return revision;
    }

    @Override
    public synchronized void append(long expectedRevision, List<ChangeSet> batch) {
        usable();
        if (expectedRevision != revision) {
            throw new StoreException.Fenced(expectedRevision, revision);
        }
        List<byte[]> parts = new ArrayList<>(batch.size());
        long next = expectedRevision;
        for (ChangeSet changeSet : batch) {
            if (changeSet.revision() != ++next) {
                throw new IllegalArgumentException(
                        "revision " + changeSet.revision() + " in a batch where " + next + " should be");
            }
            parts.add(ResourceCodec.encode(changeSet));
        }
        if (parts.isEmpty()) {
            return;
        }
        ByteBuffer frame = Frame.encode(parts);
        int bytes = frame.remaining();
        write(frame);
        if (sync) {
            flush();
        }
        activeBytes += bytes;
        revision = next;
    }

    private void write(ByteBuffer frame) {
        try {
            if (activeBytes > segmentBytes) {
                startSegment();
            }
            StoreFiles.writeFully(active, frame, activeBytes);
        } catch (IOException e) {
            try {
                active.truncate(activeBytes);
            } catch (IOException again) {
                failure = "a write failed (" + e + ") and its beginning could not be removed (" + again + ")";
            }
            throw new StoreException("store " + folder + ": " + e, e);
        }
    }

    /** After a failed flush nobody knows what is on the disk: nothing more may be built on it. */
    private void flush() {
        try {
            active.force(false);
        } catch (IOException e) {
            failure = "a flush to the disk failed (" + e + "); restart after the disk is well";
            throw new StoreException("store " + folder + ": " + failure, e);
        }
    }

    private void usable() {
        if (failure != null) {
            throw new StoreException("store " + folder + ": " + failure);
        }
    }

    @Override
    public synchronized List<ChangeSet> read(long from, int limit) {
        usable();
        if (from < 1 || limit < 1) {
            throw new IllegalArgumentException("read from " + from + ", limit " + limit + ": both start at 1");
        }
        if (from > revision) {
            return List.of();
        }
        Map.Entry<Long, Path> start = segments.floorEntry(from);
        if (start == null) {
            throw new StoreException.Compacted(from, segments.firstKey());
        }
        List<ChangeSet> out = new ArrayList<>();
        Iterator<Path> files = segments.tailMap(start.getKey(), true).values().iterator();
        while (files.hasNext() && out.size() < limit) {
            readSegment(files.next(), from, limit, out);
        }
        return out;
    }

    private void readSegment(Path file, long from, int limit, List<ChangeSet> out) {
        try {
            ByteBuffer content = ByteBuffer.wrap(Files.readAllBytes(file));
            int at = StoreFiles.HEADER_BYTES;
            while (out.size() < limit && Frame.probe(content, at) == Frame.Found.WHOLE) {
                for (ChangeSet changeSet : changeSets(file, content, at)) {
                    if (changeSet.revision() >= from && changeSet.revision() <= revision && out.size() < limit) {
                        out.add(changeSet);
                    }
                }
                at = Frame.end(content, at);
            }
        } catch (IOException e) {
            throw new StoreException(file + ": " + e, e);
        }
    }

    @Override
    public Snapshot snapshot() {
        long newest;
        synchronized (this) {
            usable();
            newest = snapshotRevision;
        }
        return newest == 0 ? Snapshot.EMPTY : SnapshotFile.read(StoreFiles.snapshot(folder, newest), newest);
    }

    @Override
    public void keep(Snapshot snapshot) {
        synchronized (this) {
            usable();
            if (snapshot.revision() <= snapshotRevision) {
                return;
            }
            if (snapshot.revision() > revision) {
                throw new IllegalArgumentException(
                        "snapshot of revision " + snapshot.revision() + " after the log's " + revision);
            }
        }
        try {
            SnapshotFile.write(folder, snapshot);
            synchronized (this) {
                snapshotRevision = snapshot.revision();
                dropCovered();
            }
        } catch (IOException e) {
            throw new StoreException("store " + folder + ": snapshot " + snapshot.revision() + ": " + e, e);
        }
    }

    /** Deletes older snapshots and the segments that hold nothing after the snapshot; the active one stays. */
    private void dropCovered() throws IOException {
        for (Path old :
                StoreFiles.list(folder, "snapshot").headMap(snapshotRevision).values()) {
            Files.deleteIfExists(old);
        }
        while (segments.size() > 1) {
            long nextFirst = segments.higherKey(segments.firstKey());
            if (nextFirst - 1 > snapshotRevision) {
                return;
            }
            Files.deleteIfExists(segments.pollFirstEntry().getValue());
        }
    }

    @Override
    public synchronized void close() {
        failure = failure == null ? "it is closed" : failure;
        closeQuietly(active);
        closeQuietly(lockChannel);
    }

    private static void closeQuietly(FileChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                LOG.warn("closing a store file: {}", e.toString());
            }
        }
    }
}
