package io.weft.config.store.embedded;

import io.weft.config.resource.Resource;
import io.weft.config.resource.ResourceCodec;
import io.weft.config.store.Snapshot;
import io.weft.config.store.StoreException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * A snapshot on disk: header, frames of objects, an empty frame as the end mark. It gets its name only when it is whole and durable, so a
 * damaged one is never the work of a crash.
 */
final class SnapshotFile {
    private static final String MAGIC = "WEFTSNP1";
    private static final int FRAME_OBJECTS = 256;

    private SnapshotFile() {}

    static void write(Path folder, Snapshot snapshot) throws IOException {
        Path unfinished = folder.resolve("snapshot.unfinished");
        try (FileChannel channel =
                StoreFiles.open(unfinished, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING)) {
            long at = put(channel, StoreFiles.header(MAGIC, snapshot.revision()), 0);
            List<byte[]> parts = new ArrayList<>();
            for (Resource resource : snapshot.resources()) {
                parts.add(ResourceCodec.encode(resource));
                if (parts.size() == FRAME_OBJECTS) {
                    at = put(channel, Frame.encode(parts), at);
                    parts.clear();
                }
            }
            if (!parts.isEmpty()) {
                at = put(channel, Frame.encode(parts), at);
            }
            put(channel, Frame.encode(List.of()), at);
            channel.force(true);
        }
        Files.move(unfinished, StoreFiles.snapshot(folder, snapshot.revision()), StandardCopyOption.ATOMIC_MOVE);
        StoreFiles.sync(folder);
    }

    private static long put(FileChannel channel, ByteBuffer bytes, long position) throws IOException {
        long end = position + bytes.remaining();
        StoreFiles.writeFully(channel, bytes, position);
        return end;
    }

    static Snapshot read(Path file, long revision) {
        try {
            ByteBuffer content = ByteBuffer.wrap(Files.readAllBytes(file));
            StoreFiles.checkHeader(file, content, MAGIC, revision);
            List<Resource> resources = new ArrayList<>();
            int at = StoreFiles.HEADER_BYTES;
            while (Frame.probe(content, at) == Frame.Found.WHOLE) {
                List<byte[]> parts = Frame.parts(content, at);
                at = Frame.end(content, at);
                if (parts.isEmpty() && at == content.limit()) {
                    return new Snapshot(revision, resources);
                }
                for (byte[] part : parts) {
                    resources.add(ResourceCodec.decodeResource(part));
                }
            }
            throw new StoreException.Corrupt(file + ": damaged at byte " + at + " of " + content.limit());
        } catch (IOException e) {
            throw new StoreException.Corrupt(file + ": " + e.getMessage(), e);
        }
    }
}
