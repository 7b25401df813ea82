package io.weft.system;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

/**
 * A question that a server on {@link Flow#PORT} and {@link Flow#OTHER_PORT} of a pod answers when nothing forbids it.
 *
 * @param protocol tcp or udp
 */
record Probe(Pod from, Pod to, int family, String protocol, int port) {
    private static final int FLOWS = 3;

    /** Over both families. */
    static List<Probe> both(Pod from, Pod to, String protocol, int port) {
        return Stream.of(4, 6)
                .map(family -> new Probe(from, to, family, protocol, port))
                .toList();
    }

    boolean passes(Site site) {
        return answered(site) == FLOWS;
    }

    private int answered(Site site) {
        return Flow.answered(site, from, to.address(family), protocol, port, FLOWS);
    }

    @Override
    public String toString() {
        return "%s > %s %s/%d v%d".formatted(from.name(), to.name(), protocol, port, family);
    }

    /** Asks all at once; each is a few new flows, which all pass or all do not. */
    static Row row(Site site, int line, String what, List<Probe> passing, List<Probe> blocked) {
        List<CompletableFuture<Integer>> answers = Stream.concat(passing.stream(), blocked.stream())
                .map(probe -> CompletableFuture.supplyAsync(() -> probe.answered(site), Thread::startVirtualThread))
                .toList();
        List<String> wrong = new ArrayList<>();
        int passed = 0;
        for (int i = 0; i < answers.size(); i++) {
            boolean shall = i < passing.size();
            Probe probe = shall ? passing.get(i) : blocked.get(i - passing.size());
            int answered = answers.get(i).join();
            passed += answered == FLOWS ? 1 : 0;
            if (answered != (shall ? FLOWS : 0)) {
                wrong.add(probe + ": " + answered + " of " + FLOWS);
            }
        }
        return Row.check(
                line,
                what,
                passing.size() + " kinds of flow pass, " + blocked.size() + " do not",
                passed + " pass, " + (answers.size() - passed) + " do not"
                        + (wrong.isEmpty() ? "" : "; wrong: " + String.join(", ", wrong)),
                wrong.isEmpty());
    }
}
