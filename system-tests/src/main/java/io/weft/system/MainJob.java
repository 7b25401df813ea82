package io.weft.system;

import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;

/** The main job of a site: the pods and the six lines, in order. */
public final class MainJob {
    /** Every line, in the order in which they run. */
    static final List<Integer> ALL = List.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 0);

    private static final int TIMED_ATTACHMENTS = 50;

    private final Site site;
    private final RandomGenerator random;
    private final int ports;

    /**
     * @param seed makes the content of the transfers; printed so that a run can be repeated
     * @param ports how many more ports a host has whose agent is killed, at least 2
     */
    public MainJob(Site site, long seed, int ports) {
        this.ports = ports;
        this.site = site;
        this.random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
    }

    /** Attaches the pods that the lines talk about: red-a, red-c and blue-b on h1, red-b, red-db and blue-a on h2. */
    public void attachPods() {
        attach("red-a", site.h1(), Site.RED);
        attach("red-b", site.h2(), Site.RED);
        attach("red-c", site.h1(), Site.RED);
        attach("red-db", site.h2(), Site.DB);
        attach("blue-a", site.h2(), Site.BLUE);
        attach("blue-b", site.h1(), Site.BLUE);
    }

    private void attach(String name, Host host, String network) {
        Pod pod = site.attach(name, host, network);
        site.say("CNI ADD " + name + " on " + host.name() + " in " + network + ": " + pod.result());
    }

    /** The lines by number; 0 is the cost. */
    Line line(int number) {
        return switch (number) {
            case 1 -> new ReachLine(1, "two hosts", "red-a", "red-b", random);
            case 2 -> new ReachLine(2, "one host", "red-a", "red-c", random);
            case 3 -> new IsolationLine();
            case 4 -> new FabricLine();
            case 5 -> new OutageLine();
            case 6 -> new AttachLine(TIMED_ATTACHMENTS);
            case 7 -> new PolicyLine();
            case 8 -> new DelayedConfigLine();
            case 9 -> new AgentKillLine(ports);
            case 10 -> new ControlKillLine();
            case 11 -> new PlaneKillLine();
            case 12 -> new EcmpLine();
            case 0 -> new CostLine();
            default -> throw new IllegalArgumentException("line " + number + " is not one");
        };
    }

    /** One line; what could not even be tried is a failed row. */
    public List<Row> run(int number) {
        try {
            return line(number).check(site);
        } catch (SystemFailure e) {
            return List.of(Row.check(number, "could be tried", "yes", e.getMessage(), false));
        }
    }

    /** The lines that a site can run: 8 needs a second controller. */
    public List<Integer> possible() {
        return ALL.stream()
                .filter(number -> number != 8 || site.controllers() > 1)
                .toList();
    }

    /** Some lines, in the order given. */
    public List<Row> run(List<Integer> numbers) {
        List<Row> rows = new ArrayList<>();
        for (int number : numbers) {
            site.say(number == 0 ? "memory and idle CPU" : "line " + number);
            List<Row> found = run(number);
            found.stream()
                    .filter(row -> row.outcome() != Row.Outcome.OK)
                    .forEach(row -> site.say(row.outcome() + ": " + row.what() + ": " + row.measured()));
            rows.addAll(found);
        }
        return rows;
    }
}
