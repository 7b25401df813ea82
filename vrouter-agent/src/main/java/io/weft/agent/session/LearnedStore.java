package io.weft.agent.session;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@link LearnedState} on disk: the file {@code learned}, replaced by rename, mode 0600. A file that cannot be read as a whole is renamed
 * to {@code learned.broken} and reported. Not synced: after a crash of the machine there is no port it would be for, and the checksum
 * finds what was lost. Any thread.
 */
public final class LearnedStore {
    private static final Logger LOG = LoggerFactory.getLogger(LearnedStore.class);

    private final Path file;
    private long written = -1;

    public LearnedStore(Path stateDir) {
        file = stateDir.resolve("learned");
    }

    /**
     * Empty: nothing was kept, or nothing that can be used.
     *
     * @throws IOException the file cannot be read or renamed
     */
    public synchronized Optional<LearnedState> read() throws IOException {
        try {
            return Optional.of(LearnedCodec.decode(Files.readAllBytes(file)));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            Path aside = file.resolveSibling("learned.broken");
            Files.move(file, aside, StandardCopyOption.REPLACE_EXISTING);
            LOG.warn("state file {} set aside as {}: {}", file, aside.getFileName(), e.getMessage());
            return Optional.empty();
        }
    }

    /**
     * Replaces the file, unless a newer state is there already.
     *
     * @param order grows with each state
     * @return bytes written
     */
    public synchronized long write(LearnedState state, long order) throws IOException {
        if (order <= written) {
            return 0;
        }
        byte[] bytes = LearnedCodec.encode(state);
        Path temporary = file.resolveSibling("learned.new");
        Files.deleteIfExists(temporary);
        Files.createFile(temporary, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.write(temporary, bytes);
        Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        written = order;
        return bytes.length;
    }
}
