package io.weft.config.store;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.config.resource.Change;
import io.weft.config.resource.ChangeSet;
import io.weft.config.resource.Image;
import io.weft.config.resource.Resource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What every store promises; a store's test extends this and says how to open it. */
abstract class StoreContract {
    @TempDir
    Path folder;

    protected Store store;

    abstract Store open();

    @BeforeEach
    void openStore() {
        store = open();
    }

    @AfterEach
    void closeStore() {
        store.close();
    }

    private Image grown(Image image, ModelOperations operations, int changeSets) {
        Image out = image;
        for (int i = 0; i < changeSets; i++) {
            ChangeSet changeSet = operations.next(out);
            store.append(out.revision(), List.of(changeSet));
            out = out.after(changeSet);
        }
        return out;
    }

    static List<Resource> resources(Image image) {
        List<Resource> out = new ArrayList<>();
        image.forEach(out::add);
        return out;
    }

    @Test
    void isEmptyWhenNew() {
        assertEquals(0, store.revision());
        assertEquals(Snapshot.EMPTY, store.snapshot());
        assertEquals(List.of(), store.read(1, 10));
    }

    @Test
    void givesBackWhatWasAppendedAlsoAfterReopening() {
        Image image = grown(Image.empty(), new ModelOperations(new Random(1)), 200);
        assertEquals(resources(image), resources(Store.load(store)));
        store.close();
        store = open();
        assertEquals(200, store.revision());
        assertEquals(resources(image), resources(Store.load(store)));
        assertEquals(5, store.read(150, 5).size());
        assertEquals(150, store.read(150, 5).getFirst().revision());
        assertEquals(List.of(), store.read(201, 5));
    }

    @Test
    void fencesAWriterThatIsBehind() {
        Image image = grown(Image.empty(), new ModelOperations(new Random(2)), 3);
        ChangeSet late = new ModelOperations(new Random(3)).next(Image.empty().atRevision(1));
        assertThrows(StoreException.Fenced.class, () -> store.append(1, List.of(late)));
        assertThrows(IllegalArgumentException.class, () -> store.append(3, List.of(late)));
        assertEquals(3, store.revision());
        assertEquals(resources(image), resources(Store.load(store)));
    }

    @Test
    void appendsABatchTogether() {
        ModelOperations operations = new ModelOperations(new Random(4));
        ChangeSet one = operations.next(Image.empty());
        ChangeSet two = operations.next(Image.empty().after(one));
        store.append(0, List.of(one, two));
        assertEquals(List.of(one, two), store.read(1, 10));
    }

    @Test
    void goesOnFromASnapshotWithoutTheOldLog() {
        ModelOperations operations = new ModelOperations(new Random(5));
        Image image = grown(Image.empty(), operations, 300);
        store.keep(Snapshot.of(image));
        image = grown(image, operations, 40);
        assertEquals(300, store.snapshot().revision());
        store.close();
        store = open();
        assertEquals(resources(image), resources(Store.load(store)));
        assertEquals(300, store.snapshot().revision());
        assertEquals(340, store.revision());
        Image last = image;
        store.keep(Snapshot.of(last));
        assertEquals(resources(last), resources(store.snapshot().toImage()));
        assertThrows(IllegalArgumentException.class, () -> store.keep(new Snapshot(341, List.of())));
    }

    /** Random change-sets that fit an image. */
    static final class ModelOperations {
        private final Random random;

        ModelOperations(Random random) {
            this.random = random;
        }

        ChangeSet next(Image image) {
            List<Change> changes = new ArrayList<>();
            int count = 1 + random.nextInt(3);
            Image now = image;
            List<String> touched = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                List<Resource> present = resources(now);
                present.removeIf(resource -> touched.contains(resource.uuid()));
                int choice = random.nextInt(4);
                if (present.isEmpty() || choice < 2) {
                    Resource made = object(new java.util.UUID(random.nextLong(), random.nextLong()).toString(), 1);
                    changes.add(new Change.Put(made, true));
                    now = now.with(made);
                    touched.add(made.uuid());
                } else {
                    Resource old = present.get(random.nextInt(present.size()));
                    touched.add(old.uuid());
                    if (choice == 2) {
                        Resource changed = object(old.uuid(), old.version() + 1);
                        changes.add(new Change.Put(changed, false));
                        now = now.with(changed);
                    } else {
                        changes.add(new Change.Remove(old.type(), old.uuid(), old.fqName()));
                        now = now.without(old.uuid());
                    }
                }
            }
            assertTrue(changes.size() == count);
            return new ChangeSet(image.revision() + 1, changes);
        }

        private Resource object(String uuid, long version) {
            com.fasterxml.jackson.databind.node.ObjectNode value =
                    com.fasterxml.jackson.databind.node.JsonNodeFactory.instance.objectNode();
            value.put("n", random.nextInt()).put("t", "ä".repeat(random.nextInt(200)));
            return new Resource(
                    "virtual-machine",
                    uuid,
                    List.of(uuid),
                    null,
                    null,
                    random.nextBoolean(),
                    version,
                    java.util.Map.of("annotations", value),
                    java.util.Map.of());
        }
    }
}
