package io.weft.config.write;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.weft.config.resource.ChangeSet;
import io.weft.config.resource.Image;
import io.weft.config.resource.Resource;
import io.weft.config.resource.ResourceFactory;
import io.weft.config.schema.ObjectType;
import io.weft.config.schema.RefusedException;
import io.weft.config.store.Snapshot;
import io.weft.config.store.Store;
import io.weft.config.store.StoreException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConfigWriterTest {
    @TempDir
    Path folder;

    /** A store in memory that can be told to fail, and to wait. */
    private static final class FakeStore implements Store {
        final List<Integer> batches = new ArrayList<>();
        volatile boolean failing;
        volatile CountDownLatch gate = new CountDownLatch(0);
        final CountDownLatch entered = new CountDownLatch(1);
        private long revision;

        @Override
        public long revision() {
            return revision;
        }

        @Override
        public void append(long expectedRevision, List<ChangeSet> batch) {
            entered.countDown();
            try {
                gate.await();
            } catch (InterruptedException e) {
                throw new StoreException("interrupted", e);
            }
            if (failing) {
                throw new StoreException("the disk is full");
            }
            batches.add(batch.size());
            revision += batch.size();
        }

        @Override
        public List<ChangeSet> read(long from, int limit) {
            return List.of();
        }

        @Override
        public Snapshot snapshot() {
            return Snapshot.EMPTY;
        }

        @Override
        public void keep(Snapshot snapshot) {
            throw new StoreException("not kept");
        }

        @Override
        public void close() {
            failing = true;
        }
    }

    private static ConfigWriter writer(Store store, int queue, List<Long> told) {
        return new ConfigWriter(
                WriterFixture.SCHEMA,
                new ResourceFactory(WriterFixture.SCHEMA, InstantSource.system()),
                store,
                Image.empty(),
                queue,
                0,
                1_000_000,
                (image, changeSets) -> changeSets.forEach(one -> told.add(one.revision())));
    }

    private static Operation machine(String name) {
        ObjectType type = WriterFixture.SCHEMA.type("virtual-machine");
        return new Operation.Create(
                type,
                new PatchReader(WriterFixture.SCHEMA).read(type, WriterFixture.json("{'fq_name':['" + name + "']}")),
                false);
    }

    @Test
    void answersUnavailableAndForgetsWhatTheStoreRefused() {
        FakeStore store = new FakeStore();
        List<Long> told = new ArrayList<>();
        try (ConfigWriter writer = writer(store, 10, told)) {
            store.failing = true;
            CompletionException failure = assertThrows(
                    CompletionException.class,
                    () -> writer.submit(List.of(machine("a")), false).join());
            RefusedException refused = assertInstanceOf(RefusedException.class, failure.getCause());
            assertEquals(503, refused.status());
            assertTrue(refused.getMessage().contains("the disk is full"), refused.getMessage());
            assertEquals(0, writer.image().size());
            store.failing = false;
            writer.submit(List.of(machine("a")), false).join();
            assertEquals(1, writer.image().size());
            assertEquals(List.of(1L), told);
        }
    }

    @Test
    void writesWhatWaitedTogetherAndRefusesWhatDoesNotFitTheQueue() throws InterruptedException {
        FakeStore store = new FakeStore();
        List<Long> told = new ArrayList<>();
        try (ConfigWriter writer = writer(store, 10, told)) {
            store.gate = new CountDownLatch(1);
            CompletableFuture<Committed> first = writer.submit(List.of(machine("first")), false);
            assertTrue(store.entered.await(10, TimeUnit.SECONDS), "the writer holds the first batch at the store");
            List<CompletableFuture<Committed>> answers = new ArrayList<>();
            for (int i = 0; i < 30; i++) {
                answers.add(writer.submit(List.of(machine("m" + i)), false));
            }
            List<CompletableFuture<Committed>> refused = answers.stream()
                    .filter(CompletableFuture::isCompletedExceptionally)
                    .toList();
            assertEquals(answers.subList(10, 30), refused, "the queue takes ten");
            RefusedException refusal =
                    assertInstanceOf(RefusedException.class, refused.getFirst().exceptionNow());
            assertEquals(503, refusal.status());
            store.gate.countDown();
            first.join();
            answers.subList(0, 10).forEach(CompletableFuture::join);
            assertEquals(List.of(1, 10), store.batches);
            assertEquals(11, writer.image().revision());
            assertEquals(11, told.size());
        }
    }

    @Test
    void leavesTheRevisionAloneWhenNothingChanges() {
        FakeStore store = new FakeStore();
        try (ConfigWriter writer = writer(store, 10, new ArrayList<>())) {
            Resource made = writer.submit(List.of(machine("a")), false)
                    .thenApply(
                            done -> done.image().get(done.outcomes().getFirst().uuid()))
                    .join();
            Image before = writer.image();
            ObjectType type = WriterFixture.SCHEMA.type("virtual-machine");
            writer.submit(
                            List.of(new Operation.Update(
                                    type,
                                    made.uuid(),
                                    new PatchReader(WriterFixture.SCHEMA).read(type, WriterFixture.json("{}")))),
                            false)
                    .join();
            assertSame(before, writer.image());
        }
    }

    @Test
    void givesEveryConcurrentClientAnAddressOfItsOwn() {
        try (WriterFixture api = new WriterFixture(folder, false)) {
            Resource network = api.write(
                    api.create(
                            "virtual-network",
                            "'fq_name':['default-domain','default-project','n'],'network_ipam_refs':[{'to':['default-domain',"
                                    + "'default-project','default-network-ipam'],'attr':{'ipam_subnets':[{'subnet':{'ip_prefix':'10.5.0.0','ip_prefix_len':24}}]}}]"));
            List<CompletableFuture<Committed>> answers = new ArrayList<>();
            for (int i = 0; i < 300; i++) {
                answers.add(api.writer()
                        .submit(
                                List.of(api.create(
                                        "instance-ip",
                                        "'fq_name':['i" + i + "'],'virtual_network_refs':[{'uuid':'" + network.uuid()
                                                + "'}]")),
                                false));
            }
            Set<String> given = new HashSet<>();
            int exhausted = 0;
            for (CompletableFuture<Committed> answer : answers) {
                try {
                    Committed done = answer.join();
                    Resource made = done.image().get(done.outcomes().getFirst().uuid());
                    assertTrue(given.add(made.text("instance_ip_address")));
                } catch (CompletionException e) {
                    assertEquals(
                            409,
                            assertInstanceOf(RefusedException.class, e.getCause())
                                    .status());
                    exhausted++;
                }
            }
            assertEquals(252, given.size());
            assertEquals(48, exhausted);
        }
    }

    @Test
    void staysFastWithManyObjects() {
        try (WriterFixture api = new WriterFixture(folder, false)) {
            Resource network = api.write(
                    api.create(
                            "virtual-network",
                            "'fq_name':['default-domain','default-project','n'],'network_ipam_refs':[{'to':['default-domain',"
                                    + "'default-project','default-network-ipam'],'attr':{'ipam_subnets':[{'subnet':{'ip_prefix':'10.0.0.0','ip_prefix_len':16}}]}}]"));
            long start = System.nanoTime();
            int count = 20_000;
            List<CompletableFuture<Committed>> answers = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                answers.add(api.writer()
                        .submit(
                                List.of(api.create(
                                        "instance-ip",
                                        "'fq_name':['i" + i + "'],'virtual_network_refs':[{'uuid':'" + network.uuid()
                                                + "'}]")),
                                false));
            }
            CompletableFuture.allOf(answers.toArray(CompletableFuture[]::new)).join();
            System.out.println("instance-ips per second: " + count * 1_000_000_000L / (System.nanoTime() - start));
            assertEquals(count, api.image().count("instance-ip"));
        }
    }
}
