package io.weft.system;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** A {@code weft-flow} in a pod: traffic that goes on while something else happens. Its times compare with {@link System#nanoTime}. */
final class Flow implements AutoCloseable {
    /** A port the policies of the tests allow. */
    static final int PORT = 5432;

    /** A port that no policy allows. */
    static final int OTHER_PORT = 5433;

    private final Process process;
    private final String words;

    private Flow(Site site, Pod pod, List<String> words) {
        List<String> all = new ArrayList<>(List.of(site.build().tool("weft-flow")));
        all.addAll(words);
        this.words = String.join(" ", words);
        this.process = Traffic.startReady(pod.netns().inside(all));
    }

    /** Echoes TCP and UDP on ports of one address; its answers carry the id. */
    static Flow server(Site site, Pod pod, String address, int id, int... ports) {
        String list = Arrays.stream(ports).mapToObj(Integer::toString).collect(Collectors.joining(","));
        return new Flow(
                site, pod, List.of("server", "--listen", address, "--ports", list, "--id", Integer.toString(id)));
    }

    /**
     * Numbered messages in one flow.
     *
     * @param rate per second
     * @throws SystemFailure when not even the first is answered
     */
    static Flow stream(Site site, Pod from, String to, String protocol, int rate) {
        return new Flow(
                site,
                from,
                List.of(
                        "stream",
                        "--connect",
                        to,
                        "--port",
                        Integer.toString(PORT),
                        "--protocol",
                        protocol,
                        "--rate",
                        Integer.toString(rate)));
    }

    /** New TCP connections, each with one question and answer; one that is not answered in time has failed. */
    static Flow open(Site site, Pod from, String to, int rate, Duration timeout) {
        return new Flow(
                site,
                from,
                List.of(
                        "open",
                        "--connect",
                        to,
                        "--port",
                        Integer.toString(PORT),
                        "--rate",
                        Integer.toString(rate),
                        "--timeout-ms",
                        Long.toString(timeout.toMillis())));
    }

    /** Datagrams, each a new flow, to a port that no policy allows. */
    static Flow knock(Site site, Pod from, String to, int rate, Duration timeout) {
        return new Flow(
                site,
                from,
                List.of(
                        "open",
                        "--connect",
                        to,
                        "--port",
                        Integer.toString(OTHER_PORT),
                        "--protocol",
                        "udp",
                        "--rate",
                        Integer.toString(rate),
                        "--timeout-ms",
                        Long.toString(timeout.toMillis())));
    }

    /** How many of a few new flows are answered within 400 ms. */
    static int answered(Site site, Pod from, String to, String protocol, int port, int count) {
        return Rest.parse(from.command(
                                site.build().tool("weft-flow"),
                                "open",
                                "--connect",
                                to,
                                "--port",
                                Integer.toString(port),
                                "--protocol",
                                protocol,
                                "--count",
                                Integer.toString(count),
                                "--timeout-ms",
                                "400")
                        .mustRun()
                        .out()
                        .replaceFirst("^ready\n", ""))
                .path("answered")
                .asInt(-1);
    }

    /** Ends it; what it counted. */
    JsonNode finish() {
        try {
            process.outputWriter().close();
            String line = process.inputReader().readLine();
            if (line == null) {
                throw new SystemFailure("weft-flow " + words + " ended without a result");
            }
            return Rest.parse(line);
        } catch (IOException e) {
            throw new UncheckedIOException("weft-flow " + words, e);
        }
    }

    @Override
    public void close() {
        process.destroy();
        process.onExit().join();
    }
}
