package io.weft.system;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** Real packets between pods. */
final class Traffic {
    static final long TRANSFER_BYTES = 64L << 20;
    private static final int PORT = 5001;

    private final Build build;

    Traffic(Build build) {
        this.build = build;
    }

    /** Packets answered of those sent. */
    record Pings(int sent, int answered) {
        boolean all() {
            return sent == answered;
        }

        @Override
        public String toString() {
            return answered + " of " + sent + " answered";
        }
    }

    /** Ten per second, so that a whole check takes half a second; each may take up to a second. */
    static Pings ping(Pod from, String to, int count) {
        Command.Result result = from.command(
                        "ping", "-n", "-q", "-i", "0.05", "-W", "1", "-c", Integer.toString(count), to)
                .withLimit(Duration.ofSeconds(20L + count))
                .run();
        int answered = result.out()
                .lines()
                .filter(line -> line.contains(" received"))
                .map(line -> line.replaceFirst(".*transmitted, (\\d+) received.*", "$1"))
                .mapToInt(Integer::parseInt)
                .findFirst()
                .orElseThrow(() -> new SystemFailure(result.describe()));
        return new Pings(count, answered);
    }

    /** Does something while servers of checked transfers listen on one address of each pod; their answers carry the pod's name. */
    <T> T whileServing(List<Pod> pods, int family, Supplier<T> work) {
        List<Process> servers = new ArrayList<>();
        try {
            for (Pod pod : pods) {
                servers.add(serve(pod, family));
            }
            return work.get();
        } finally {
            servers.forEach(Process::destroy);
            servers.forEach(server -> server.onExit().join());
        }
    }

    private Process serve(Pod pod, int family) {
        List<String> words = pod.netns()
                .inside(List.of(
                        build.tool("weft-transfer"),
                        "server",
                        "--listen",
                        pod.address(family),
                        "--port",
                        Integer.toString(PORT),
                        "--token",
                        pod.name()));
        return startReady(words);
    }

    /** Starts a program and waits for its line "ready". */
    static Process startReady(List<String> words) {
        try {
            Process process = new ProcessBuilder(words)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            BufferedReader out = process.inputReader();
            String line = out.readLine();
            if (!"ready".equals(line)) {
                process.destroyForcibly();
                throw new SystemFailure("'" + String.join(" ", words) + "' printed '" + line + "' instead of 'ready'");
            }
            return process;
        } catch (IOException e) {
            throw new UncheckedIOException("start " + words, e);
        }
    }

    /** A transfer to a server on this address; zero bytes only ask who answers. */
    JsonNode transfer(Pod from, String to, long bytes, long seed, Duration limit) {
        return Rest.parse(from.command(
                        build.tool("weft-transfer"),
                        "client",
                        "--connect",
                        to,
                        "--port",
                        Integer.toString(PORT),
                        "--bytes",
                        Long.toString(bytes),
                        "--seed",
                        Long.toString(seed),
                        "--timeout-ms",
                        Long.toString(limit.toMillis()))
                .withLimit(limit.plusSeconds(20))
                .run()
                .out());
    }

    /** Name of the pod that answers on an address, or "nobody". */
    String whoAnswers(Pod from, String to) {
        JsonNode answer = transfer(from, to, 0, 1, Duration.ofSeconds(2));
        return answer.path("verified").asBoolean() ? answer.path("token").asText() : "nobody";
    }

    /** Sends forged frames from a namespace. */
    void forge(Netns from, String kind, String... options) {
        List<String> words = new ArrayList<>(List.of(build.tool("weft-forge"), kind));
        words.addAll(List.of(options));
        Command.of(from.inside(words)).mustRun();
    }

    /** Counts UDP datagrams that arrive in a pod on one port. */
    final class Watch implements AutoCloseable {
        private final Process process;

        Watch(Pod pod, int port) {
            process = startReady(pod.netns()
                    .inside(List.of(
                            build.tool("weft-forge"),
                            "watch",
                            "--interface",
                            "eth0",
                            "--port",
                            Integer.toString(port))));
        }

        /** Ends it; how many arrived. */
        long count() {
            try {
                process.outputWriter().close();
                return Rest.parse(process.inputReader().readLine())
                        .path("packets")
                        .asLong(-1);
            } catch (IOException e) {
                throw new UncheckedIOException("watch", e);
            }
        }

        @Override
        public void close() {
            process.destroy();
        }
    }
}
