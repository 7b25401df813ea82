package io.weft.system;

import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** {@code ./weft demo}: runs the main job and prints its table. */
@CommandLine.Command(
        name = "./weft demo",
        description =
                "One overlay between two hosts, in network namespaces of its own, and what was checked as a table.",
        mixinStandardHelpOptions = true,
        sortOptions = false)
public final class Demo implements Callable<Integer> {
    @Option(
            names = "--encap",
            paramLabel = "vxlan|mplsoudp",
            defaultValue = "vxlan",
            description = "what the fabric carries (default: ${DEFAULT-VALUE})")
    private String encap;

    @Option(
            names = "--lines",
            paramLabel = "N,N…",
            split = ",",
            description = "only these lines of the table; 0 is memory and CPU")
    private List<Integer> lines = List.of();

    @Option(
            names = "--ports",
            paramLabel = "N",
            defaultValue = "20",
            description = "ports of the host whose agent is killed, 2..1000 (default: ${DEFAULT-VALUE})")
    private int ports;

    @Option(
            names = "--controllers",
            paramLabel = "1|2",
            defaultValue = "1",
            description = "2: a second controller that follows the first one's config API (default: ${DEFAULT-VALUE})")
    private int controllers;

    @Option(names = "--keep", description = "leave it running; ./weft down removes it")
    private boolean keep;

    @Option(names = "--json", description = "the table as JSON on stdout; progress goes to stderr")
    private boolean json;

    private final PrintStream out;
    private final PrintStream err;
    private final long started = System.nanoTime();

    Demo(PrintStream out, PrintStream err) {
        this.out = out;
        this.err = err;
    }

    /** Exit status: 0 every row as expected, 1 not, 2 bad usage. */
    public static void main(String[] arguments) {
        System.exit(new CommandLine(new Demo(System.out, System.err)).execute(arguments));
    }

    @Override
    public Integer call() {
        Encapsulation encapsulation;
        if (!MainJob.ALL.containsAll(lines)) {
            err.println("--lines: " + lines + " are not all of " + MainJob.ALL);
            return 2;
        }
        if (ports < 2 || ports > 1000) {
            err.println("--ports: " + ports + " is not in 2..1000");
            return 2;
        }
        if (controllers < 1 || controllers > 2) {
            err.println("--controllers: " + controllers + " is not 1 or 2");
            return 2;
        }
        try {
            encapsulation = Encapsulation.of(encap);
        } catch (IllegalArgumentException e) {
            err.println(e.getMessage());
            return 2;
        }
        Site site = Site.prepare(
                Build.ofProperties(),
                System.getProperty("weft.prefix", "weft"),
                encapsulation,
                controllers,
                this::progress);
        AtomicBoolean finished = new AtomicBoolean();
        Thread interrupted = new Thread(
                () -> {
                    if (!finished.get()) {
                        err.println("stopped: removing everything");
                        site.stop();
                    }
                },
                "weft-demo-stop");
        Runtime.getRuntime().addShutdownHook(interrupted);
        int status = 1;
        try {
            status = run(site);
        } catch (SystemFailure e) {
            err.println("the demo could not go on: " + e.getMessage());
            err.println(site.logs(12));
        } finally {
            status = end(site, status);
            finished.set(true);
        }
        return status;
    }

    private int run(Site site) {
        long seed = System.nanoTime();
        site.start();
        MainJob job = new MainJob(site, seed, ports);
        job.attachPods();
        List<Row> rows = job.run(lines.isEmpty() ? job.possible() : lines);
        boolean failed = rows.stream().anyMatch(Row::failed);
        if (failed) {
            err.println(site.logs(12));
        }
        if (json) {
            out.println(Table.json(rows));
        } else {
            out.println();
            out.print(Table.text(rows));
            out.println();
        }
        progress(Table.summary(rows) + "; random seed " + seed);
        return failed ? 1 : 0;
    }

    private int end(Site site, int status) {
        if (keep) {
            site.leaveRunning();
            (json ? err : out).print(hints(site));
            return status;
        }
        progress("stopping and removing everything");
        List<String> complaints = site.stop();
        complaints.forEach(err::println);
        return complaints.isEmpty() ? status : 1;
    }

    private static String hints(Site site) {
        String prefix = site.prefix();
        String weftctl = "native/build/tools/weftctl --socket " + site.h1().planeSocket();
        return """
                It keeps running. Try:
                  ip netns exec %1$s-pod-red-a ping 10.1.1.4
                  %2$s vif
                  %2$s route
                  %2$s connection
                  %2$s drops
                  ip netns exec %1$s-h1 curl -s http://127.0.0.1:8085/desired
                  ip netns exec %1$s-control curl -s http://%3$s:8082/virtual-networks
                  ip netns exec %1$s-control curl -s http://%3$s:8083/routes?instance=default-domain:red:web:web
                  ip netns exec %1$s-router tshark -n -i to-h1 -d udp.port==6635,mpls
                  logs: %4$s/logs
                ./weft down removes it.
                """.formatted(prefix, weftctl, site.fabric().control().address(), site.runDir());
    }

    private void progress(String step) {
        (json ? err : out).printf("%6.1f s  %s%n", (System.nanoTime() - started) / 1e9, step);
    }
}
