package io.weft.config.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.config.resource.ChangeSet;
import io.weft.config.resource.Image;
import io.weft.config.store.embedded.EmbeddedStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class EmbeddedStoreTest extends StoreContract {
    private static final int SEGMENT_BYTES = 8192;

    @Override
    Store open() {
        return open(folder.resolve("store"), SEGMENT_BYTES);
    }

    private static Store open(Path path, int segmentBytes) {
        return EmbeddedStore.open(path, false, segmentBytes);
    }

    private static List<Path> files(Path path, String prefix) throws IOException {
        try (Stream<Path> entries = Files.list(path)) {
            return entries.filter(file -> file.getFileName().toString().startsWith(prefix))
                    .sorted()
                    .toList();
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        for (Path file : files(from, "")) {
            Files.copy(file, to.resolve(file.getFileName()));
        }
    }

    @Test
    void lockedAgainstASecondWriterAndReadableByTheOwnerOnly() throws IOException {
        StoreException refused = assertThrows(StoreException.class, this::open);
        assertTrue(refused.getMessage().contains("in use"), refused.getMessage());
        assertEquals(
                "rwx------", PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("store"))));
        for (Path file : files(folder.resolve("store"), "")) {
            assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(file)));
        }
    }

    /** A crash leaves the files as they were at some byte: whatever that byte, the store holds exactly the batches before it. */
    @Test
    void keepsEveryWholeBatchWhereverACrashCutsTheLog() throws IOException {
        long seed = new Random().nextLong();
        System.out.println("EmbeddedStoreTest seed " + seed);
        Random random = new Random(seed);
        Path path = folder.resolve("model");
        ModelOperations operations = new ModelOperations(random);
        List<Image> images = new ArrayList<>(List.of(Image.empty()));
        TreeMap<Long, Long> endOfBatch = new TreeMap<>();
        Path log;
        try (Store model = open(path, 1 << 30)) {
            log = files(path, "log-").getFirst();
            endOfBatch.put(Files.size(log), 0L);
            while (images.getLast().revision() < 24) {
                List<ChangeSet> batch = new ArrayList<>();
                long expected = images.getLast().revision();
                for (int i = 0; i <= random.nextInt(3); i++) {
                    batch.add(operations.next(images.getLast()));
                    images.add(images.getLast().after(batch.getLast()));
                }
                model.append(expected, batch);
                endOfBatch.put(Files.size(log), images.getLast().revision());
            }
        }
        byte[] whole = Files.readAllBytes(log);
        Path crashed = folder.resolve("crashed");
        Files.createDirectories(crashed);
        for (int cut = 0; cut <= whole.length; cut += 1 + random.nextInt(4)) {
            Files.write(crashed.resolve(log.getFileName()), Arrays.copyOf(whole, cut));
            long wanted = endOfBatch
                    .floorEntry((long) Math.max(cut, endOfBatch.firstKey().intValue()))
                    .getValue();
            try (Store reopened = open(crashed, 1 << 30)) {
                assertEquals(wanted, reopened.revision(), "cut at " + cut);
                assertEquals(resources(images.get((int) wanted)), resources(Store.load(reopened)), "cut at " + cut);
                reopened.append(wanted, List.of(operations.next(images.get((int) wanted))));
            }
            try (Store again = open(crashed, 1 << 30)) {
                assertEquals(wanted + 1, again.revision(), "cut at " + cut);
            }
        }
    }

    @Test
    void behavesAsAMapOverRandomOperationsReopeningsAndSnapshots() {
        long seed = new Random().nextLong();
        System.out.println("EmbeddedStoreTest operations seed " + seed);
        Random random = new Random(seed);
        ModelOperations operations = new ModelOperations(random);
        Image model = Image.empty();
        for (int i = 0; i < 600; i++) {
            switch (random.nextInt(20)) {
                case 0 -> {
                    store.close();
                    store = open();
                }
                case 1 -> {
                    if (model.revision() > 0) {
                        store.keep(Snapshot.of(model));
                    }
                }
                default -> {
                    ChangeSet changeSet = operations.next(model);
                    store.append(model.revision(), List.of(changeSet));
                    model = model.after(changeSet);
                }
            }
            assertEquals(model.revision(), store.revision());
            if (i % 50 == 0) {
                assertEquals(resources(model), resources(Store.load(store)));
            }
        }
        assertEquals(resources(model), resources(Store.load(store)));
    }

    @Test
    void refusesALogDamagedInTheMiddle() throws IOException {
        long seed = new Random().nextLong();
        System.out.println("EmbeddedStoreTest damage seed " + seed);
        Random random = new Random(seed);
        Path path = folder.resolve("damage");
        ModelOperations operations = new ModelOperations(random);
        Image image = Image.empty();
        long lastBatch = 0;
        Path log;
        try (Store model = open(path, 1 << 30)) {
            log = files(path, "log-").getFirst();
            for (int i = 0; i < 10; i++) {
                lastBatch = Files.size(log);
                ChangeSet changeSet = operations.next(image);
                model.append(image.revision(), List.of(changeSet));
                image = image.after(changeSet);
            }
        }
        byte[] whole = Files.readAllBytes(log);
        for (int i = 0; i < 200; i++) {
            byte[] damaged = whole.clone();
            int at = random.nextInt((int) lastBatch);
            damaged[at] ^= (byte) (1 << random.nextInt(8));
            Files.write(log, damaged);
            StoreException.Corrupt refused =
                    assertThrows(StoreException.Corrupt.class, () -> open(path, 1 << 30), "byte " + at);
            assertTrue(refused.getMessage().contains(log.toString()), refused.getMessage());
        }
        Files.write(log, whole);
        try (Store well = open(path, 1 << 30)) {
            assertEquals(10, well.revision());
        }
    }

    @Test
    void refusesAMissingSegmentAndADamagedSnapshot() throws IOException {
        ModelOperations operations = new ModelOperations(new Random(7));
        Image image = Image.empty();
        for (int i = 0; i < 120; i++) {
            ChangeSet changeSet = operations.next(image);
            store.append(image.revision(), List.of(changeSet));
            image = image.after(changeSet);
        }
        Path gap = folder.resolve("gap");
        copy(folder.resolve("store"), gap);
        assertTrue(files(gap, "log-").size() > 2);
        Files.delete(files(gap, "log-").get(1));
        assertThrows(StoreException.Corrupt.class, () -> open(gap, SEGMENT_BYTES));

        store.keep(Snapshot.of(image));
        assertEquals(1, files(folder.resolve("store"), "log-").size());
        assertThrows(StoreException.Compacted.class, () -> store.read(1, 1));
        Path bad = folder.resolve("bad");
        copy(folder.resolve("store"), bad);
        Path snapshot = files(bad, "snapshot-").getFirst();
        byte[] bytes = Files.readAllBytes(snapshot);
        bytes[bytes.length / 2] ^= 1;
        Files.write(snapshot, bytes);
        try (Store damaged = open(bad, SEGMENT_BYTES)) {
            assertThrows(StoreException.Corrupt.class, damaged::snapshot);
        }
    }
}
