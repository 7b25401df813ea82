package io.weft.config.runtime;

import io.weft.config.resource.ChangeSet;
import io.weft.config.resource.Image;
import io.weft.config.resource.ResourceFactory;
import io.weft.config.rest.RestServer;
import io.weft.config.schema.Schema;
import io.weft.config.schema.SchemaReader;
import io.weft.config.store.Snapshot;
import io.weft.config.store.Store;
import io.weft.config.store.StoreException;
import io.weft.config.store.embedded.EmbeddedStore;
import io.weft.config.transform.FirstObjects;
import io.weft.config.watch.WatchHub;
import io.weft.config.write.ConfigWriter;
import io.weft.protocol.settings.Setting;
import io.weft.protocol.settings.SettingValues;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletionException;

/** The config API of one process: store, writer, REST and watch. Thread-safe. */
public final class ConfigApi implements AutoCloseable {
    private final Store store;
    private final ConfigWriter writer;
    private final RestServer rest;

    private ConfigApi(Store store, ConfigWriter writer, RestServer rest) {
        this.store = store;
        this.writer = writer;
        this.rest = rest;
    }

    /** The settings table; a program that holds more than this part joins the tables. */
    public static List<Setting> settings() {
        return List.of(
                Setting.address("rest-listen", "127.0.0.1:8082", "Where the REST API listens."),
                Setting.number(
                        "rest-max-request-bytes",
                        1_024_000,
                        1_024,
                        64_000_000,
                        "Largest body of a REST request; larger ones are answered 413."),
                Setting.number(
                        "rest-write-queue",
                        1_024,
                        1,
                        100_000,
                        "Change-sets that may wait to be written; more are answered 503."),
                Setting.path("store-dir", "/var/lib/weft/config", "Folder of the embedded store."),
                Setting.flag(
                        "store-sync",
                        true,
                        "Flush every change to the disk before it is answered; false may lose the last ones."),
                Setting.number(
                        "store-segment-bytes",
                        16_777_216,
                        4_096,
                        1_073_741_824,
                        "Size after which the store's log goes on in a new file."),
                Setting.number(
                        "store-snapshot-revisions",
                        10_000,
                        1,
                        10_000_000,
                        "Revisions between two snapshots of the store."),
                Setting.number(
                        "watch-retained-revisions",
                        8_192,
                        2,
                        1_000_000,
                        "Newest revisions kept in memory for watch clients that reconnect."),
                Setting.number(
                        "watch-queue-revisions",
                        2_048,
                        1,
                        1_000_000,
                        "A watch client that does not read is disconnected when it is this far behind."),
                Setting.number(
                        "watch-keepalive-ms",
                        10_000,
                        100,
                        60_000,
                        "Time between two comment lines of a watch stream."));
    }

    /**
     * Opens the store, creates the objects of a first start and listens.
     *
     * @throws IllegalStateException the store or the address cannot be used; the message says why
     */
    public static ConfigApi start(SettingValues values) {
        Schema schema = SchemaReader.builtIn();
        Store store;
        try {
            store = EmbeddedStore.open(
                    Path.of(values.text("store-dir")), values.flag("store-sync"), values.number("store-segment-bytes"));
        } catch (StoreException e) {
            throw new IllegalStateException(e.getMessage(), e);
        }
        ConfigWriter writer = null;
        try {
            Snapshot snapshot = store.snapshot();
            Image image = Store.load(store, snapshot);
            int retained = (int) values.number("watch-retained-revisions");
            WatchHub hub = new WatchHub(
                    retained,
                    (int) values.number("watch-queue-revisions"),
                    image,
                    recent(store, snapshot, image, retained));
            ResourceFactory factory = new ResourceFactory(schema, InstantSource.system());
            writer = new ConfigWriter(
                    schema,
                    factory,
                    store,
                    image,
                    (int) values.number("rest-write-queue"),
                    snapshot.revision(),
                    values.number("store-snapshot-revisions"),
                    hub::publish);
            writer.install(present -> FirstObjects.of(factory, present)).join();
            RestServer rest = RestServer.start(
                    schema,
                    writer,
                    hub,
                    new RestServer.Options(
                            values.address("rest-listen"),
                            (int) values.number("rest-max-request-bytes"),
                            values.number("watch-keepalive-ms")));
            return new ConfigApi(store, writer, rest);
        } catch (StoreException | CompletionException e) {
            closeAfterFailure(writer, store);
            throw new IllegalStateException(e.getMessage(), e);
        } catch (RuntimeException e) {
            closeAfterFailure(writer, store);
            throw e;
        }
    }

    private static void closeAfterFailure(ConfigWriter writer, Store store) {
        if (writer != null) {
            writer.close();
        }
        store.close();
    }

    /** The newest change-sets the store still has, so that watch clients survive a restart of this process. */
    private static List<ChangeSet> recent(Store store, Snapshot snapshot, Image image, int retained) {
        long from = Math.max(snapshot.revision(), image.revision() - retained) + 1;
        return from > image.revision() ? List.of() : store.read(from, retained);
    }

    /** Where REST listens, with the real port when the setting said 0. */
    public InetSocketAddress restAddress() {
        return rest.address();
    }

    /** Newest durable revision. */
    public long revision() {
        return writer.image().revision();
    }

    /** Stops listening, finishes the change-set being written, closes the store. */
    @Override
    public void close() {
        rest.close();
        writer.close();
        store.close();
    }
}
