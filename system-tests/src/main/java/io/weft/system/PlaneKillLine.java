package io.weft.system;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Line 11: the process that forwards is killed; its parent keeps the ports and starts another one. */
final class PlaneKillLine implements Line {
    private static final int LINE = 11;
    private static final Duration BACK_LIMIT = Duration.ofSeconds(10);
    private static final Duration AFTERWARDS = Duration.ofMillis(1500);
    private static final double GAP_GOAL_S = 1;

    @Override
    public List<Row> check(Site site) {
        Pod from = site.pod("red-a");
        Pod to = site.pod("red-b");
        List<Flow> servers = Stream.of(4, 6)
                .map(family -> Flow.server(site, to, to.address(family), 1, Flow.PORT))
                .toList();
        List<Flow> streams = new ArrayList<>();
        try {
            streams.add(Flow.stream(site, from, to.address(4), "tcp", 1000));
            streams.add(Flow.stream(site, from, to.address(6), "tcp", 1000));
            return check(site, from, streams);
        } finally {
            streams.forEach(Flow::close);
            servers.forEach(Flow::close);
        }
    }

    private static List<Row> check(Site site, Pod from, List<Flow> streams) {
        Program plane = from.host().plane();
        Programmed before = Programmed.of(from.host());
        String link = link(from);
        long worker = onlyChild(plane);
        long killed = System.nanoTime();
        Program.kill(List.of(worker));
        Await.until(
                "another worker of " + plane.name(),
                BACK_LIMIT,
                () -> plane.children().stream().anyMatch(pid -> pid != worker));
        Await.elapse(AFTERWARDS);
        List<JsonNode> results = streams.stream().map(Flow::finish).toList();
        from.host().awaitInSync();
        boolean same = Programmed.equalsDesired(from.host())
                && Programmed.of(from.host()).equals(before);
        String after = link(from);
        boolean whole = results.stream()
                .allMatch(one -> !one.path("broken").asBoolean()
                        && one.path("last_answer_ns").asLong() > killed
                        && one.path("lost").asLong(-1) == 0);
        double gap = results.stream()
                        .mapToLong(one -> one.path("longest_gap_ns").asLong())
                        .max()
                        .orElseThrow()
                / 1e9;
        return List.of(
                Row.check(
                        LINE,
                        "worker of h1's plane killed: index and carrier of eth0 in red-a",
                        link,
                        after,
                        link.equals(after)),
                Row.check(
                        LINE,
                        "established TCP connections, v4 and v6",
                        "go on, every message answered",
                        String.join(
                                ", ",
                                results.stream()
                                        .map(one -> one.path("answered").asText() + " of "
                                                + one.path("sent").asText())
                                        .toList()),
                        whole),
                Row.check(
                        LINE,
                        "what the plane holds: keys, ids and labels",
                        "all " + before.objects().size() + " as before",
                        same
                                ? "as before"
                                : "changed: " + Programmed.of(from.host()).since(before),
                        same),
                Row.goal(
                        LINE,
                        "longest gap of the connections",
                        "goal %.0f s".formatted(GAP_GOAL_S),
                        "%.2f s".formatted(gap),
                        gap <= GAP_GOAL_S));
    }

    private static long onlyChild(Program plane) {
        List<Long> children = plane.children();
        if (children.size() != 1) {
            throw new SystemFailure(plane.name() + " has not one worker but " + children);
        }
        return children.getFirst();
    }

    /** The kernel counts how often the carrier came or went. */
    private static String link(Pod pod) {
        JsonNode link = Rest.parse(pod.command("ip", "-j", "link", "show", "dev", "eth0")
                        .mustRun()
                        .out())
                .path(0);
        String changes = pod.command("cat", "/sys/class/net/eth0/carrier_changes")
                .mustRun()
                .out()
                .strip();
        return "ifindex %s, %s, %s changes of carrier"
                .formatted(link.path("ifindex").asText(), link.path("operstate").asText(), changes);
    }
}
