package io.weft.system;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;

/** Line 5: the underlay changes while no agent runs; then the agents come back and find everything as it was. */
final class OutageLine implements Line {
    private static final int LINE = 5;
    private static final Duration RECOVERY_LIMIT = Duration.ofSeconds(20);

    /** Twenty per second: three seconds. */
    private static final int RESTART_PINGS = 60;

    @Override
    public List<Row> check(Site site) {
        List<Row> rows = new ArrayList<>();
        Pod from = site.pod("red-a");
        Pod to = site.pod("red-b");
        Set<String> idsBefore = ids(site);
        List<String> complaints = new ArrayList<>();
        for (Host host : site.hosts()) {
            String complaint = host.agent().stop();
            if (!complaint.isEmpty()) {
                complaints.add(complaint);
            }
        }
        Traffic.Pings without = Traffic.ping(from, to.address(4), 5);
        rows.add(Row.check(
                LINE,
                "both agents stopped: red-a -> " + to.address(4),
                "clean stops, 5 of 5 answered",
                (complaints.isEmpty() ? "clean stops, " : String.join(", ", complaints) + ", ") + without,
                complaints.isEmpty() && without.all()));
        rows.add(changedMac(site, from, to));
        rows.addAll(agentsBack(site, from, to, idsBefore));
        return rows;
    }

    private static Row changedMac(Site site, Pod from, Pod to) {
        int number = 1;
        for (Host host : site.hosts()) {
            site.fabric().changeRouterMac(host.machine(), "02:00:00:00:f0:0" + number++);
        }
        JsonNode echo = Rest.parse(Command.of(
                        site.build().tool("weft-echo"),
                        "--netns",
                        from.netns().path().toString(),
                        "--to",
                        to.address(4),
                        "--interval-us",
                        "10000",
                        "--timeout-ms",
                        Long.toString(RECOVERY_LIMIT.toMillis()))
                .withLimit(RECOVERY_LIMIT.plusSeconds(10))
                .run()
                .out());
        Traffic.Pings v6 = Traffic.ping(from, to.address(6), 3);
        boolean resumed = echo.path("answered").asBoolean();
        return Row.check(
                LINE,
                "the router's MAC changes on both hosts' links, no agent runs",
                "traffic resumes by itself within " + RECOVERY_LIMIT.toSeconds() + " s",
                resumed
                        ? "after %.2f s, %d echoes unanswered; v6: %s"
                                .formatted(
                                        echo.path("answered_ns").asDouble() / 1e9,
                                        echo.path("sent").asInt() - 1,
                                        v6)
                        : "not within " + RECOVERY_LIMIT.toSeconds() + " s",
                resumed && v6.all());
    }

    private static List<Row> agentsBack(Site site, Pod from, Pod to, Set<String> idsBefore) {
        Traffic.Pings during;
        long start = System.nanoTime();
        CompletableFuture<Traffic.Pings> pings =
                CompletableFuture.supplyAsync(() -> Traffic.ping(from, to.address(4), RESTART_PINGS));
        try {
            site.hosts().forEach(Host::startAgent);
            site.hosts().forEach(Host::awaitInSync);
        } finally {
            during = pings.join();
        }
        double took = (System.nanoTime() - start) / 1e9;
        Set<String> idsAfter = ids(site);
        Set<String> lost = new TreeSet<>(idsBefore);
        lost.removeAll(idsAfter);
        Set<String> added = new TreeSet<>(idsAfter);
        added.removeAll(idsBefore);
        Traffic.Pings after = Traffic.ping(from, to.address(6), 3);
        return List.of(
                Row.check(
                        LINE,
                        "agents start again while red-a pings",
                        "in sync, no ping lost",
                        "in sync within %.1f s, %s, then v6 %s".formatted(took, during, after),
                        during.all() && after.all()),
                Row.check(
                        LINE,
                        "ids of interfaces, VRFs, next hops, labels",
                        "all " + idsBefore.size() + " as before",
                        lost.isEmpty() && added.isEmpty()
                                ? "all " + idsAfter.size() + " as before"
                                : "gone: " + lost + ", new: " + added,
                        lost.isEmpty() && added.isEmpty()));
    }

    /** Ids and keys of everything a wire format or a neighbour could know, of both hosts. */
    private static Set<String> ids(Site site) {
        Set<String> ids = new TreeSet<>();
        for (Host host : site.hosts()) {
            Weftctl weftctl = host.weftctl();
            weftctl.show("vif").forEach(one -> ids.add(text(host, "vif", one, "vif", "key", "label")));
            weftctl.show("vrf").forEach(one -> ids.add(text(host, "vrf", one, "vrf", "key", "vni")));
            weftctl.show("nexthop").forEach(one -> ids.add(text(host, "nexthop", one, "nexthop", "key", "target")));
            weftctl.show("label").forEach(one -> ids.add(text(host, "label", one, "label", "nexthop")));
            weftctl.show("vni").forEach(one -> ids.add(text(host, "vni", one, "vni", "nexthop")));
        }
        return ids;
    }

    private static String text(Host host, String kind, JsonNode object, String... fields) {
        StringBuilder text = new StringBuilder(host.name() + " " + kind);
        for (String field : fields) {
            text.append(' ').append(object.path(field).asText());
        }
        return text.toString();
    }
}
