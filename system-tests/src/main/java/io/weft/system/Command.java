package io.weft.system;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A program run to its end.
 *
 * @param words program and arguments
 * @param input what it reads from stdin
 * @param environment added to this process's
 * @param limit after this long it is killed
 */
public record Command(List<String> words, String input, Map<String, String> environment, Duration limit) {
    private static final Duration DEFAULT_LIMIT = Duration.ofSeconds(30);

    public Command {
        words = List.copyOf(words);
        Objects.requireNonNull(input, "input");
        environment = Map.copyOf(environment);
        if (words.isEmpty() || limit.isNegative() || limit.isZero()) {
            throw new IllegalArgumentException("want a program and a positive limit, got " + words + " and " + limit);
        }
    }

    /** How it ended. */
    public record Result(Command command, int status, String out, String err, Duration took) {
        public boolean ok() {
            return status == 0;
        }

        /** Command, status and the ends of both outputs in one line, for a message. */
        public String describe() {
            return "'" + String.join(" ", command.words) + "' ended with status " + status + ": "
                    + tail(err.isBlank() ? out : err);
        }

        private static String tail(String text) {
            String line = text.strip().replaceAll("\\s*\\R\\s*", " | ");
            return line.length() <= 600 ? line : "…" + line.substring(line.length() - 600);
        }
    }

    public static Command of(String... words) {
        return new Command(List.of(words), "", Map.of(), DEFAULT_LIMIT);
    }

    public static Command of(List<String> words) {
        return new Command(words, "", Map.of(), DEFAULT_LIMIT);
    }

    public Command withInput(String text) {
        return new Command(words, text, environment, limit);
    }

    public Command withLimit(Duration longest) {
        return new Command(words, input, environment, longest);
    }

    /**
     * Runs it.
     *
     * @throws SystemFailure it could not be started or did not end in time
     */
    public Result run() {
        ProcessBuilder builder = new ProcessBuilder(words);
        builder.environment().putAll(environment);
        long start = System.nanoTime();
        try {
            Process process = builder.start();
            CompletableFuture<String> out = text(process.getInputStream());
            CompletableFuture<String> err = text(process.getErrorStream());
            try (OutputStream in = process.getOutputStream()) {
                in.write(input.getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                // A program that does not read its input closes the pipe; its status says what it made of that.
                if (process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)
                        && process.exitValue() == 0
                        && !input.isEmpty()) {
                    throw new SystemFailure("'" + String.join(" ", words) + "' did not read its input", e);
                }
            }
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                process.destroyForcibly().waitFor();
                throw new SystemFailure(
                        "'" + String.join(" ", words) + "' did not end within " + limit.toMillis() + " ms");
            }
            return new Result(
                    this, process.exitValue(), out.join(), err.join(), Duration.ofNanos(System.nanoTime() - start));
        } catch (IOException e) {
            throw new SystemFailure("'" + String.join(" ", words) + "' could not be started: " + e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new SystemFailure("interrupted while '" + String.join(" ", words) + "' ran", e);
        }
    }

    /**
     * Runs it; status 0 is the only good end.
     *
     * @throws SystemFailure any other end, with what it printed
     */
    public Result mustRun() {
        Result result = run();
        if (!result.ok()) {
            throw new SystemFailure(result.describe());
        }
        return result;
    }

    private static CompletableFuture<String> text(InputStream from) {
        CompletableFuture<String> text = new CompletableFuture<>();
        Thread.startVirtualThread(() -> {
            try (from) {
                text.complete(new String(from.readAllBytes(), StandardCharsets.UTF_8));
            } catch (IOException e) {
                text.completeExceptionally(new UncheckedIOException(e));
            }
        });
        return text;
    }
}
