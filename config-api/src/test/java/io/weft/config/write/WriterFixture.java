package io.weft.config.write;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.weft.config.resource.Image;
import io.weft.config.resource.Resource;
import io.weft.config.resource.ResourceFactory;
import io.weft.config.schema.ObjectType;
import io.weft.config.schema.RefusedException;
import io.weft.config.schema.Schema;
import io.weft.config.schema.SchemaReader;
import io.weft.config.store.Store;
import io.weft.config.store.embedded.EmbeddedStore;
import io.weft.config.transform.FirstObjects;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletionException;

/** A writer on an embedded store, without HTTP. */
public final class WriterFixture implements AutoCloseable {
    public static final Schema SCHEMA = SchemaReader.builtIn();
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Store store;
    private final ConfigWriter writer;
    private final PatchReader patches = new PatchReader(SCHEMA);

    public WriterFixture(Path folder, boolean sync) {
        store = EmbeddedStore.open(folder, sync, 1 << 24);
        ResourceFactory factory = new ResourceFactory(SCHEMA, InstantSource.system());
        writer = new ConfigWriter(
                SCHEMA, factory, store, Store.load(store), 100_000, 0, 1_000_000, (image, changeSets) -> {});
        writer.install(image -> FirstObjects.of(factory, image)).join();
    }

    public Image image() {
        return writer.image();
    }

    public ConfigWriter writer() {
        return writer;
    }

    public static JsonNode json(String text) {
        try {
            return JSON.readTree(text.replace('\'', '"'));
        } catch (IOException e) {
            throw new UncheckedIOException(text, e);
        }
    }

    public Operation create(String type, String fields) {
        ObjectType objectType = SCHEMA.type(type);
        return new Operation.Create(objectType, patches.read(objectType, json("{" + fields + "}")), false);
    }

    public Operation update(String type, String uuid, String fields) {
        ObjectType objectType = SCHEMA.type(type);
        return new Operation.Update(objectType, uuid, patches.read(objectType, json("{" + fields + "}")));
    }

    public Operation delete(String type, String uuid) {
        return new Operation.Delete(SCHEMA.type(type), uuid, false);
    }

    /** Carries out a change-set; the object of its first operation, null when that is gone. */
    public Resource write(Operation... operations) {
        try {
            Committed done = writer.submit(List.of(operations), false).join();
            return done.image().get(done.outcomes().getFirst().uuid());
        } catch (CompletionException e) {
            if (e.getCause() instanceof RefusedException refused) {
                throw refused;
            }
            throw e;
        }
    }

    @Override
    public void close() {
        writer.close();
        store.close();
    }
}
