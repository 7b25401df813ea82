package io.weft.system;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A long-running program of the system: its process, its log and what it costs. It is recorded under {@code pids/} of the run folder so
 * that {@code ./weft down} finds it.
 */
final class Program {
    private static final Duration READY_LIMIT = Duration.ofSeconds(30);
    private static final Duration STOP_LIMIT = Duration.ofSeconds(10);
    private static final long TICKS_PER_SECOND = 100;

    private final String name;
    private final Process process;
    private final Path log;
    private final Path pidFile;

    private Program(String name, Process process, Path log, Path pidFile) {
        this.name = name;
        this.process = process;
        this.log = log;
        this.pidFile = pidFile;
    }

    /**
     * Starts it and waits for its line on stdout that begins with "ready".
     *
     * @throws SystemFailure it ended or was not ready in time; the message has the end of its log
     */
    static Program start(String name, Netns netns, List<String> words, Path runDir) {
        // A session of its own: Ctrl-C is for the demo, which then stops its programs in order.
        List<String> all = new ArrayList<>(List.of("setsid"));
        all.addAll(netns.inside(words));
        Path out = runDir.resolve("logs").resolve(name + ".out");
        Path log = runDir.resolve("logs").resolve(name + ".log");
        try {
            Files.createDirectories(log.getParent());
            Files.createDirectories(runDir.resolve("pids"));
            Files.writeString(out, "");
            Process process = new ProcessBuilder(all)
                    .redirectInput(Path.of("/dev/null").toFile())
                    .redirectOutput(out.toFile())
                    .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                    .start();
            Program program =
                    new Program(name, process, log, runDir.resolve("pids").resolve(name));
            Files.writeString(program.pidFile, record(process.pid()));
            program.awaitReady(out);
            return program;
        } catch (IOException e) {
            throw new UncheckedIOException("program " + name, e);
        }
    }

    /** "PID START-TIME", as {@code ./weft down} reads it. */
    static String record(long pid) {
        return pid + " " + statFields(pid)[19] + "\n";
    }

    private void awaitReady(Path out) {
        long end = System.nanoTime() + READY_LIMIT.toNanos();
        try {
            while (Files.readString(out).lines().noneMatch(line -> line.startsWith("ready"))) {
                if (process.waitFor(5, TimeUnit.MILLISECONDS)) {
                    throw new SystemFailure(
                            name + " ended with status " + process.exitValue() + " before it was ready\n" + tail(8));
                }
                if (System.nanoTime() - end >= 0) {
                    throw new SystemFailure(
                            name + " was not ready within " + READY_LIMIT.toSeconds() + " s\n" + tail(8));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException("output of " + name, e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SystemFailure("interrupted while waiting for " + name, e);
        }
    }

    String name() {
        return name;
    }

    boolean running() {
        return process.isAlive();
    }

    Path log() {
        return log;
    }

    /** SIGTERM, and SIGKILL when that is not enough; returns what was wrong with the end, or "". */
    String stop() {
        if (!process.isAlive() && process.exitValue() != 0) {
            delete(pidFile);
            return name + " had ended with status " + process.exitValue();
        }
        process.destroy();
        try {
            boolean ended = process.waitFor(STOP_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
            if (!ended) {
                process.destroyForcibly().waitFor();
            }
            delete(pidFile);
            if (!ended) {
                return name + " did not stop on SIGTERM within " + STOP_LIMIT.toSeconds() + " s";
            }
            return process.exitValue() == 0 ? "" : name + " stopped with status " + process.exitValue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.destroyForcibly();
            return name + ": interrupted while stopping";
        }
    }

    /** SIGKILL, as a crash or the kernel's lack of memory would end it. */
    void kill() {
        process.destroyForcibly();
        process.onExit().join();
        delete(pidFile);
    }

    /** SIGKILL to processes of programs, all at once. */
    static void kill(List<Long> pids) {
        List<String> words = new ArrayList<>(List.of("kill", "-KILL"));
        pids.forEach(pid -> words.add(Long.toString(pid)));
        Command.of(words).mustRun();
    }

    long pid() {
        return process.pid();
    }

    /** Processes it has started itself and that run. */
    List<Long> children() {
        return process.children()
                .filter(ProcessHandle::isAlive)
                .map(ProcessHandle::pid)
                .toList();
    }

    private List<Long> family() {
        List<Long> pids = new ArrayList<>(children());
        pids.add(process.pid());
        return pids;
    }

    /** Resident memory in KiB, of it and the processes it has started. */
    long residentKib() {
        return family().stream().mapToLong(this::residentKib).sum();
    }

    private long residentKib(long pid) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), "status"))
                    .lines()
                    .filter(line -> line.startsWith("VmRSS:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException("memory of " + name, e);
        }
    }

    /** Processor time used since the start, by it and the processes it has started that run. */
    Duration cpu() {
        long ticks = 0;
        for (long pid : family()) {
            String[] fields = statFields(pid);
            ticks += Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
        }
        return Duration.ofMillis(ticks * 1000 / TICKS_PER_SECOND);
    }

    /** The fields of /proc/PID/stat behind the name in parentheses; [0] is the state. */
    private static String[] statFields(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            return stat.substring(stat.lastIndexOf(')') + 2).strip().split(" ");
        } catch (IOException e) {
            throw new UncheckedIOException("process " + pid, e);
        }
    }

    /** The last lines of its log. */
    String tail(int lines) {
        try {
            List<String> all = List.of(new String(Files.readAllBytes(log), StandardCharsets.UTF_8).split("\\R"));
            return String.join("\n", all.subList(Math.max(0, all.size() - lines), all.size()));
        } catch (IOException e) {
            return "no log: " + e.getMessage();
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw new UncheckedIOException("pid file " + file, e);
        }
    }
}
