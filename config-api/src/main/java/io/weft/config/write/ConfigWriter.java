package io.weft.config.write;

import io.weft.config.resource.ChangeSet;
import io.weft.config.resource.Draft;
import io.weft.config.resource.Image;
import io.weft.config.resource.NumberSource;
import io.weft.config.resource.Resource;
import io.weft.config.resource.ResourceFactory;
import io.weft.config.schema.RefusedException;
import io.weft.config.schema.Schema;
import io.weft.config.store.Snapshot;
import io.weft.config.store.Store;
import io.weft.config.store.StoreException;
import io.weft.config.transform.Transformer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The only writer. One thread takes change-sets in order, carries each out on a draft of the image, appends all that were waiting to the
 * store together, and only then publishes the new image, tells the watchers and answers. Methods may be called from any thread.
 */
public final class ConfigWriter implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ConfigWriter.class);
    private static final int MAX_BATCH = 128;
    private static final long CLOSE_WAIT_MS = 10_000;

    private final Schema schema;
    private final ResourceFactory factory;
    private final Transformer transformer;
    private final NumberSource numbers = new NumberSource();
    private final Store store;
    private final BiConsumer<Image, List<ChangeSet>> watchers;
    private final BlockingQueue<Request> queue;
    private final long snapshotEvery;
    private final Thread thread;
    private volatile Image image;
    private volatile boolean closed;
    private Thread snapshotThread;
    private long lastSnapshot;

    /** A change-set in the queue: what to do with the draft, and who waits for it. */
    private record Request(
            Function<ChangeExecutor, List<Committed.Outcome>> work, CompletableFuture<Committed> answer) {}

    /** A change-set carried out but not yet durable. */
    private record Done(Request request, Image image, List<Committed.Outcome> outcomes) {}

    /**
     * @param image the store's content
     * @param queueLimit change-sets that may wait
     * @param lastSnapshot revision of the newest snapshot
     * @param snapshotEvery revisions between snapshots
     * @param watchers told of every durable batch, with the image after it, on the writer's thread
     */
    public ConfigWriter(
            Schema schema,
            ResourceFactory factory,
            Store store,
            Image image,
            int queueLimit,
            long lastSnapshot,
            long snapshotEvery,
            BiConsumer<Image, List<ChangeSet>> watchers) {
        this.schema = schema;
        this.factory = factory;
        this.transformer = new Transformer(factory);
        this.store = store;
        this.image = image;
        this.watchers = watchers;
        this.queue = new ArrayBlockingQueue<>(queueLimit);
        this.snapshotEvery = snapshotEvery;
        this.lastSnapshot = lastSnapshot;
        this.thread = Thread.ofPlatform().name("weft-config-writer").daemon().start(this::run);
    }

    /** The newest durable configuration. */
    public Image image() {
        return image;
    }

    /**
     * Asks for a change-set; all or nothing.
     *
     * @param numbered whether a refusal says which operation it is about
     * @return completes on the writer's thread; fails with {@link RefusedException}: 4xx refused, 503 queue full or store not usable
     */
    public CompletableFuture<Committed> submit(List<Operation> operations, boolean numbered) {
        return enqueue(executor -> {
            List<Committed.Outcome> outcomes = new ArrayList<>();
            for (int i = 0; i < operations.size(); i++) {
                try {
                    outcomes.add(executor.execute(operations.get(i)));
                } catch (RefusedException e) {
                    throw numbered ? new RefusedException(e.status(), "operation " + i + ": " + e.getMessage()) : e;
                }
            }
            return outcomes;
        });
    }

    /** Puts objects that only the system makes; skips those whose type and name are there. */
    public CompletableFuture<Committed> install(Function<Image, List<Resource>> objects) {
        return enqueue(executor -> {
            executor.install(objects);
            return List.of();
        });
    }

    private CompletableFuture<Committed> enqueue(Function<ChangeExecutor, List<Committed.Outcome>> work) {
        Request request = new Request(work, new CompletableFuture<>());
        if (closed) {
            request.answer.completeExceptionally(new RefusedException(503, "the server is stopping"));
        } else if (!queue.offer(request)) {
            request.answer.completeExceptionally(
                    new RefusedException(503, "more than " + (queue.size()) + " change-sets wait to be written"));
        } else if (closed) {
            failWaiting();
        }
        return request.answer;
    }

    private void run() {
        List<Request> batch = new ArrayList<>();
        try {
            while (!closed) {
                batch.add(queue.take());
                queue.drainTo(batch, MAX_BATCH - 1);
                write(batch);
                batch.clear();
                snapshotIfDue();
            }
        } catch (InterruptedException e) {
            LOG.debug("the writer stops");
        } finally {
            closed = true;
            failWaiting();
        }
    }

    private void failWaiting() {
        Request waiting = queue.poll();
        while (waiting != null) {
            waiting.answer.completeExceptionally(new RefusedException(503, "the server is stopping"));
            waiting = queue.poll();
        }
    }

    private void write(List<Request> batch) {
        List<Done> done = new ArrayList<>();
        List<ChangeSet> changeSets = new ArrayList<>();
        Image last = image;
        for (Request request : batch) {
            Draft draft = new Draft(last);
            try {
                List<Committed.Outcome> outcomes =
                        request.work.apply(new ChangeExecutor(schema, factory, numbers, draft));
                transformer.derive(draft, numbers);
                Optional<ChangeSet> changeSet = draft.changeSet();
                if (changeSet.isPresent()) {
                    last = draft.image().atRevision(changeSet.get().revision());
                    changeSets.add(changeSet.get());
                }
                done.add(new Done(request, last, outcomes));
            } catch (RefusedException e) {
                request.answer.completeExceptionally(e);
            } catch (RuntimeException e) {
                LOG.error("a change-set failed and was not carried out", e);
                request.answer.completeExceptionally(new RefusedException(
                        500,
                        "internal error, see the server's log: " + e.getClass().getSimpleName()));
            }
        }
        try {
            store.append(image.revision(), changeSets);
        } catch (StoreException e) {
            LOG.error("the store refused a batch of {}: {}", changeSets.size(), e.getMessage());
            done.forEach(one -> one.request.answer.completeExceptionally(
                    new RefusedException(503, "the store cannot be written: " + e.getMessage())));
            return;
        }
        image = last;
        if (!changeSets.isEmpty()) {
            tell(last, changeSets);
        }
        done.forEach(one -> one.request.answer.complete(new Committed(one.image, one.outcomes)));
    }

    /** What is durable is answered, whatever happens to those who watch. */
    private void tell(Image after, List<ChangeSet> changeSets) {
        try {
            watchers.accept(after, changeSets);
        } catch (RuntimeException e) {
            LOG.error("watchers were not told of revision {}", after.revision(), e);
        }
    }

    /** Images never change, so the snapshot is written beside the next change-sets. */
    private void snapshotIfDue() {
        Image present = image;
        boolean due = present.revision() - lastSnapshot >= snapshotEvery;
        if (!due || snapshotThread != null && snapshotThread.isAlive()) {
            return;
        }
        lastSnapshot = present.revision();
        snapshotThread = Thread.ofPlatform()
                .name("weft-config-snapshot")
                .daemon()
                .start(() -> {
                    try {
                        store.keep(Snapshot.of(present));
                    } catch (StoreException e) {
                        LOG.warn(
                                "snapshot {} was not kept, the log stays longer: {}",
                                present.revision(),
                                e.getMessage());
                    }
                });
    }

    /** Finishes the batch being written and refuses what waits. The store stays open. */
    @Override
    public void close() {
        closed = true;
        enqueueWakeUp();
        try {
            thread.join(CLOSE_WAIT_MS);
            if (snapshotThread != null) {
                snapshotThread.join(CLOSE_WAIT_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A writer that waits for work gets a change-set that does nothing; a full queue wakes it anyway. */
    private void enqueueWakeUp() {
        if (!queue.offer(new Request(executor -> List.of(), new CompletableFuture<>()))) {
            LOG.debug("the queue is full, the writer is awake");
        }
    }
}
