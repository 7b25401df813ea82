package io.weft.config.store.embedded;

import io.weft.config.store.StoreException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Names, permissions and headers of the files in a store's folder. */
final class StoreFiles {
    static final int HEADER_BYTES = 16;
    private static final Pattern NAME = Pattern.compile("(log|snapshot)-([0-9]{19})\\.weft");

    private StoreFiles() {}

    static Path log(Path folder, long firstRevision) {
        return folder.resolve(String.format(Locale.ROOT, "log-%019d.weft", firstRevision));
    }

    static Path snapshot(Path folder, long revision) {
        return folder.resolve(String.format(Locale.ROOT, "snapshot-%019d.weft", revision));
    }

    /** Files of a kind by the revision in their name. */
    static TreeMap<Long, Path> list(Path folder, String kind) throws IOException {
        TreeMap<Long, Path> found = new TreeMap<>();
        try (Stream<Path> entries = Files.list(folder)) {
            for (Path file : entries.toList()) {
                Matcher matcher = NAME.matcher(file.getFileName().toString());
                if (matcher.matches() && matcher.group(1).equals(kind)) {
                    found.put(Long.parseLong(matcher.group(2)), file);
                }
            }
        }
        return found;
    }

    /** Opens for reading and writing; a new file gets the mode 0600. */
    static FileChannel open(Path file, StandardOpenOption... more) throws IOException {
        Set<OpenOption> options =
                new java.util.HashSet<>(EnumSet.of(StandardOpenOption.READ, StandardOpenOption.WRITE));
        options.addAll(Set.of(more));
        return FileChannel.open(
                file, options, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }

    /** Makes creations, renames and deletions in the folder durable. */
    static void sync(Path folder) throws IOException {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }

    static ByteBuffer header(String magic, long revision) {
        ByteBuffer out = ByteBuffer.allocate(HEADER_BYTES);
        out.put(magic.getBytes(StandardCharsets.US_ASCII)).putLong(revision);
        return out.flip();
    }

    /** @throws StoreException.Corrupt the file does not start with this header */
    static void checkHeader(Path file, ByteBuffer content, String magic, long revision) {
        if (content.limit() < HEADER_BYTES || !content.slice(0, HEADER_BYTES).equals(header(magic, revision))) {
            throw new StoreException.Corrupt(file + ": does not start with the header of " + magic + " " + revision);
        }
    }

    static void writeFully(FileChannel channel, ByteBuffer bytes, long position) throws IOException {
        long at = position;
        while (bytes.hasRemaining()) {
            at += channel.write(bytes, at);
        }
    }
}
