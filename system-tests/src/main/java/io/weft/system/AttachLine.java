package io.weft.system;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Line 6: how fast a pod is on the network, and that nothing is left of it when it goes. */
final class AttachLine implements Line {
    private static final int LINE = 6;
    private static final double ECHO_GOAL_MS = 30;
    private static final double ADD_GOAL_MS = 14;
    private static final Duration GONE_LIMIT = Duration.ofSeconds(10);

    private final int count;

    AttachLine(int count) {
        this.count = count;
    }

    private record Timed(Netns netns, String containerId, JsonNode result) {}

    /** What exists outside the pods: rows and objects that must be as many afterwards as before. */
    private record Footprint(int vifs1, int routes1, int routes2, int instanceIps, int interfaces, int machines) {
        static Footprint of(Site site) {
            return new Footprint(
                    site.h1().weftctl().show("vif").size(),
                    site.h1().weftctl().show("route").size(),
                    site.h2().weftctl().show("route").size(),
                    site.rest().count("instance-ip"),
                    site.rest().count("virtual-machine-interface"),
                    site.rest().count("virtual-machine"));
        }
    }

    @Override
    public List<Row> check(Site site) {
        Footprint before = Footprint.of(site);
        List<Timed> pods = new ArrayList<>();
        double[] echo = new double[count];
        double[] add = new double[count];
        Set<String> addresses = new HashSet<>();
        for (int i = 0; i < count; i++) {
            Netns netns = new Netns(site.prefix() + "-pod-timed-" + i);
            netns.create();
            String containerId = Site.containerId("timed-" + i);
            JsonNode measured = attach(site, netns, containerId);
            echo[i] = measured.path("answered_ns").asDouble() / 1e6;
            add[i] = measured.path("exited_ns").asDouble() / 1e6;
            JsonNode result = Rest.parse(measured.path("output").asText());
            result.path("ips").forEach(ip -> addresses.add(ip.path("address").asText()));
            pods.add(new Timed(netns, containerId, result));
        }
        Footprint during = Footprint.of(site);
        List<Row> rows = new ArrayList<>();
        rows.add(Row.check(
                LINE,
                count + " x CNI ADD on h1, first echo from red-b on h2",
                count + " pods, " + 2 * count + " addresses, " + count + " ports",
                "%d pods, %d addresses, %d ports"
                        .formatted(pods.size(), addresses.size(), during.vifs1() - before.vifs1()),
                addresses.size() == 2 * count && during.vifs1() - before.vifs1() == count));
        rows.add(goal("exec until the first echo", echo, ECHO_GOAL_MS));
        rows.add(goal("the ADD call alone", add, ADD_GOAL_MS));
        rows.addAll(deleted(site, pods, before));
        return rows;
    }

    /** The plugin is executed and echoes are sent from the same instant on, by one program that only measures. */
    private static JsonNode attach(Site site, Netns netns, String containerId) {
        List<String> words = new ArrayList<>(site.h1()
                .netns()
                .inside(List.of(
                        site.build().tool("weft-echo"),
                        "--netns",
                        netns.path().toString(),
                        "--to",
                        site.pod("red-b").address(4),
                        "--timeout-ms",
                        "10000",
                        "--")));
        List<String> cni = site.h1().cniWords("ADD", containerId, netns.path().toString(), "");
        words.addAll(cni.subList(cni.indexOf("env"), cni.size()));
        Command.Result result =
                Command.of(words).withInput(site.h1().cniConfig(Site.RED)).run();
        if (!result.ok()) {
            throw new SystemFailure("timed attach: " + result.describe());
        }
        return Rest.parse(result.out());
    }

    private static Row goal(String what, double[] milliseconds, double goal) {
        double[] sorted = milliseconds.clone();
        Arrays.sort(sorted);
        double p50 = sorted[(sorted.length - 1) / 2];
        double p99 = sorted[(int) Math.ceil(sorted.length * 0.99) - 1];
        return Row.goal(
                LINE,
                what,
                "p50 goal " + Math.round(goal) + " ms",
                "p50 %.1f ms, p99 %.1f ms, min %.1f ms".formatted(p50, p99, sorted[0]),
                p50 <= goal);
    }

    private static List<Row> deleted(Site site, List<Timed> pods, Footprint before) {
        double[] times = new double[pods.size()];
        for (int i = 0; i < pods.size(); i++) {
            Command.Result result =
                    delete(site, pods.get(i), pods.get(i).netns().path().toString());
            times[i] = result.took().toNanos() / 1e6;
            if (!result.ok()) {
                throw new SystemFailure("CNI DEL: " + result.describe());
            }
        }
        Arrays.sort(times);
        boolean gone = Await.holds(GONE_LIMIT, () -> Footprint.of(site).equals(before));
        Footprint after = Footprint.of(site);
        List<Row> rows = new ArrayList<>();
        rows.add(Row.check(
                LINE,
                "CNI DEL of all",
                "ports, routes on both hosts and objects as before",
                (gone ? "as before" : "left: " + after + ", before: " + before)
                        + ", DEL p50 %.1f ms".formatted(times[(times.length - 1) / 2]),
                gone));
        boolean again = delete(
                        site, pods.getFirst(), pods.getFirst().netns().path().toString())
                .ok();
        boolean empty = delete(site, pods.getFirst(), "").ok();
        pods.forEach(pod -> pod.netns().delete());
        boolean late = delete(
                        site, pods.getLast(), pods.getLast().netns().path().toString())
                .ok();
        rows.add(Row.check(
                LINE,
                "DEL again, with an empty CNI_NETNS, with the namespace gone",
                "all succeed",
                (again ? "ok, " : "failed, ") + (empty ? "ok, " : "failed, ") + (late ? "ok" : "failed"),
                again && empty && late));
        return rows;
    }

    private static Command.Result delete(Site site, Timed pod, String netns) {
        return Command.of(site.h1().cniWords("DEL", pod.containerId(), netns, ""))
                .withInput(site.h1().cniConfig(Site.RED))
                .run();
    }
}
