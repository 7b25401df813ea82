package io.weft.dataplane;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** A weft-dpdk in a network namespace of its own. Closing it stops the program, if it still runs, and removes the namespace. */
final class PlaneDaemon implements AutoCloseable {
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final String namespace;
    private final Path folder;
    private final Path log;
    private final Process process;
    private final List<String> others = new ArrayList<>();

    private PlaneDaemon(String namespace, Path folder) throws IOException {
        this.namespace = namespace;
        this.folder = folder;
        this.log = folder.resolve("plane.log");
        this.process = new ProcessBuilder(
                        "ip",
                        "netns",
                        "exec",
                        namespace,
                        program().toString(),
                        "--socket=" + socket(),
                        "--connections=4096",
                        "--huge=off")
                .redirectError(log.toFile())
                .start();
    }

    private static Path program() {
        return Path.of(System.getProperty("weft.native"), "dpdk", "weft-dpdk");
    }

    /** Why no daemon can be started here; empty when it can. */
    static String obstacle() {
        if (!"root".equals(System.getProperty("user.name"))) {
            return "needs root: a network namespace for weft-dpdk";
        }
        return Files.isExecutable(program()) ? "" : "weft-dpdk is not built: " + program();
    }

    static PlaneDaemon start() throws IOException {
        String namespace = "weft-plane-" + ProcessHandle.current().pid() + "-" + COUNT.incrementAndGet();
        ip("netns", "add", namespace);
        PlaneDaemon daemon = null;
        try {
            ip("-n", namespace, "link", "set", "lo", "up");
            daemon = new PlaneDaemon(namespace, Files.createTempDirectory("weft-plane"));
            daemon.awaitReady();
            return daemon;
        } catch (IOException | RuntimeException | Error e) {
            if (daemon != null) {
                daemon.close();
            } else {
                ip("netns", "del", namespace);
            }
            throw e;
        }
    }

    private void awaitReady() throws IOException {
        BufferedReader out =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        CompletableFuture<String> line = CompletableFuture.supplyAsync(() -> {
            try {
                return out.readLine();
            } catch (IOException e) {
                return e.toString();
            }
        });
        String got = line.completeOnTimeout("nothing within 20 s", 20, TimeUnit.SECONDS)
                .join();
        if (!("ready socket=" + socket()).equals(got)) {
            throw new IOException("weft-dpdk said " + got + "\n" + Files.readString(log));
        }
    }

    Path socket() {
        return folder.resolve("plane.sock");
    }

    String url() {
        return "dpdk:" + socket();
    }

    String namespace() {
        return namespace;
    }

    String log() throws IOException {
        return Files.readString(log);
    }

    /** Another namespace that goes with this daemon; its path. */
    Path addPod(String suffix) throws IOException {
        String name = namespace + "-" + suffix;
        ip("netns", "add", name);
        others.add(name);
        return Path.of("/run/netns", name);
    }

    /** SIGKILL, and waits until it is gone. */
    void kill() {
        process.destroyForcibly();
        awaitEnd();
    }

    /** SIGTERM; the exit status. */
    int stop() {
        process.destroy();
        awaitEnd();
        return process.exitValue();
    }

    private void awaitEnd() {
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                throw new AssertionError("weft-dpdk still runs 10 s after its signal");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() throws IOException {
        if (process.isAlive()) {
            kill();
        }
        for (String name : others) {
            ip("netns", "del", name);
        }
        ip("netns", "del", namespace);
        for (Path file : List.of(socket(), log)) {
            Files.deleteIfExists(file);
        }
        Files.delete(folder);
    }

    /** Runs {@code ip} and returns what it printed. */
    static String ip(String... words) throws IOException {
        List<String> all = new ArrayList<>(List.of("ip"));
        all.addAll(List.of(words));
        Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IOException(String.join(" ", all) + ": " + printed);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
        return printed;
    }
}
