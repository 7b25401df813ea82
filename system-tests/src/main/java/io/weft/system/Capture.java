package io.weft.system;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** What passed an interface: captured by dumpcap, decoded by tshark. */
final class Capture {
    private static final Duration START_LIMIT = Duration.ofSeconds(15);
    private static final List<String> FIELDS = List.of(
            "eth.type",
            "ip.src",
            "ip.dst",
            "ip.len",
            "ipv6.src",
            "ipv6.dst",
            "ipv6.plen",
            "udp.srcport",
            "udp.dstport",
            "udp.length",
            "tcp.srcport",
            "tcp.dstport",
            "vxlan.vni",
            "mpls.label",
            "arp.src.proto_ipv4",
            "arp.dst.proto_ipv4");

    private final Process process;
    private final Path file;

    private Capture(Process process, Path file) {
        this.process = process;
        this.file = file;
    }

    /** One captured frame: every value of each field, from the outermost header inward. */
    record Frame(List<List<String>> values) {
        List<String> all(String field) {
            return values.get(FIELDS.indexOf(field));
        }

        /** Value of the n-th header that has this field, or "". */
        String at(String field, int n) {
            List<String> found = all(field);
            return n < found.size() ? found.get(n) : "";
        }

        long number(String field, int n) {
            String text = at(field, n);
            return text.isEmpty() ? -1 : Long.decode(text);
        }
    }

    /** Returns when the capture runs. */
    static Capture start(Netns netns, String device, Path file) {
        try {
            Process process = new ProcessBuilder(netns.inside(
                            List.of("dumpcap", "-q", "-P", "-B", "16", "-i", device, "-w", file.toString())))
                    .redirectErrorStream(true)
                    .start();
            Capture capture = new Capture(process, file);
            BufferedReader out = process.inputReader();
            StringBuilder seen = new StringBuilder();
            long end = System.nanoTime() + START_LIMIT.toNanos();
            for (String line = out.readLine(); line != null && System.nanoTime() - end < 0; line = out.readLine()) {
                if (line.startsWith("File:")) {
                    return capture;
                }
                seen.append(line).append(" | ");
            }
            process.destroyForcibly();
            throw new SystemFailure("dumpcap did not start: " + seen);
        } catch (IOException e) {
            throw new UncheckedIOException("dumpcap", e);
        }
    }

    /** Ends the capture and decodes it. MPLS in UDP is told to tshark, which does not know port 6635 in every version. */
    List<Frame> finish() {
        process.destroy();
        process.onExit().join();
        List<String> words = new ArrayList<>(List.of(
                "tshark",
                "-n",
                "-r",
                file.toString(),
                "-d",
                "udp.port==" + Encapsulation.MPLS_OVER_UDP.port() + ",mpls",
                "-d",
                "udp.port==" + Encapsulation.VXLAN.port() + ",vxlan",
                "-T",
                "fields",
                "-E",
                "separator=;",
                "-E",
                "occurrence=a",
                "-E",
                "aggregator=,"));
        for (String field : FIELDS) {
            words.addAll(List.of("-e", field));
        }
        return Command.of(words)
                .withLimit(Duration.ofSeconds(60))
                .mustRun()
                .out()
                .lines()
                .map(Capture::frame)
                .toList();
    }

    private static Frame frame(String line) {
        List<List<String>> values = new ArrayList<>();
        for (String column : line.split(";", -1)) {
            values.add(column.isEmpty() ? List.of() : List.of(column.split(",")));
        }
        if (values.size() != FIELDS.size()) {
            throw new SystemFailure(
                    "tshark printed " + values.size() + " columns, want " + FIELDS.size() + ": " + line);
        }
        return new Frame(values);
    }

    /** Ends it without looking. */
    void abandon() {
        process.destroyForcibly();
    }
}
