package io.weft.system;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Line 12: one address of two pods on two hosts; one host loses its power, the other one only its agent. */
final class EcmpLine implements Line {
    private static final int LINE = 12;
    private static final int RATE = 200;
    private static final Duration EFFECT_LIMIT = Duration.ofSeconds(20);
    private static final Duration TRY_LIMIT = Duration.ofMillis(800);
    private static final Duration BEFORE = Duration.ofMillis(300);
    private static final Duration AGENT_DEAD = Duration.ofMillis(2500);
    private static final Duration AFTERWARDS = Duration.ofMillis(3500);
    private static final double AVOID_LIMIT_S = 1.5;

    @Override
    public List<Row> check(Site site) {
        Host third = site.startThird();
        Pod near = site.attach("ecmp-2", site.h2(), Site.RED);
        Pod far = site.attach("ecmp-3", third, Site.RED);
        JsonNode shared = share(site, near, far);
        String address = shared.path("instance_ip_address").asText();
        List<Flow> servers = new ArrayList<>();
        try {
            int id = 2;
            for (Pod pod : List.of(near, far)) {
                pod.command("ip", "address", "replace", address + "/32", "dev", "eth0")
                        .mustRun();
                servers.add(Flow.server(site, pod, address, id++, Flow.PORT));
            }
            List<Row> rows = new ArrayList<>();
            rows.add(spread(site, address));
            rows.add(agentKilled(site, address));
            rows.addAll(poweredOff(site, third, address));
            return rows;
        } finally {
            servers.forEach(Flow::close);
            site.forget(far);
            site.detach(near);
            site.rest().mustCall("DELETE", "/instance-ip/" + shared.path("uuid").asText(), null);
        }
    }

    private static JsonNode share(Site site, Pod... pods) {
        ObjectNode ip = Rest.object();
        ip.putArray("fq_name").add("shared-by-" + pods.length);
        ip.put("instance_ip_mode", "active-active").put("instance_ip_family", "v4");
        ArrayNode network = ip.putArray("virtual_network_refs").addObject().putArray("to");
        List.of(Site.RED.split(":")).forEach(network::add);
        ArrayNode ports = ip.putArray("virtual_machine_interface_refs");
        for (Pod pod : pods) {
            ports.addObject().putArray("to").add("default-domain").add("red").add(pod.vmi());
        }
        String uuid = site.rest().create("instance-ip", ip).path("uuid").asText();
        return site.rest().mustCall("GET", "/instance-ip/" + uuid, null).path("instance-ip");
    }

    private static boolean byBoth(JsonNode result) {
        return result.path("by_server").path("2").asInt() > 0
                && result.path("by_server").path("3").asInt() > 0;
    }

    private static Row spread(Site site, String address) {
        Pod client = site.pod("red-a");
        JsonNode[] last = {Rest.object()};
        boolean both = Await.holds(EFFECT_LIMIT, () -> {
            last[0] = openFor(site, client, address, BEFORE);
            return byBoth(last[0]) && failed(last[0]) == 0;
        });
        return Row.check(
                LINE,
                "new connections from red-a on h1 to " + address + " of a pod on h2 and one on h3",
                "both answer, none refused",
                text(last[0]),
                both);
    }

    private static JsonNode openFor(Site site, Pod client, String address, Duration time) {
        try (Flow opener = Flow.open(site, client, address, RATE, TRY_LIMIT)) {
            Await.elapse(time);
            return opener.finish();
        }
    }

    private static long failed(JsonNode result) {
        return result.path("refused").asLong() + result.path("timed_out").asLong();
    }

    private static String text(JsonNode result) {
        return "pod on h2: %d, on h3: %d, refused: %d"
                .formatted(
                        result.path("by_server").path("2").asInt(),
                        result.path("by_server").path("3").asInt(),
                        failed(result));
    }

    private static Row agentKilled(Site site, String address) {
        Programmed before = Programmed.of(site.h1());
        site.h2().agent().kill();
        JsonNode result = openFor(site, site.pod("red-a"), address, AGENT_DEAD);
        Programmed.Difference difference = Programmed.of(site.h1()).since(before);
        site.h2().startAgent();
        site.h2().awaitInSync();
        return Row.check(
                LINE,
                "only the agent of h2 killed, %.1f s".formatted(AGENT_DEAD.toMillis() / 1e3),
                "both answer, none refused, nothing withdrawn on h1",
                text(result) + ", " + (difference.count() == 0 ? "nothing withdrawn" : difference.toString()),
                byBoth(result) && failed(result) == 0 && difference.count() == 0);
    }

    private static List<Row> poweredOff(Site site, Host host, String address) {
        JsonNode result;
        long off;
        try (Flow opener = Flow.open(site, site.pod("red-a"), address, RATE, TRY_LIMIT)) {
            Await.elapse(BEFORE);
            off = System.nanoTime();
            site.powerOff(host);
            Await.elapse(AFTERWARDS);
            result = opener.finish();
        }
        double seconds = Math.max(0, (result.path("last_failed_ns").asLong() - off) / 1e9);
        JsonNode later = openFor(site, site.pod("red-a"), address, BEFORE);
        return List.of(
                Row.check(
                        LINE,
                        "h3 powered off: the last new connection that failed was tried",
                        "some fail, none later than %.1f s".formatted(AVOID_LIMIT_S),
                        "%d failed, the last after %.2f s".formatted(failed(result), seconds),
                        failed(result) > 0 && seconds <= AVOID_LIMIT_S),
                Row.check(
                        LINE,
                        "h3 powered off: new connections afterwards",
                        "all answered by the pod on h2",
                        text(later),
                        failed(later) == 0
                                && later.path("by_server").path("2").asInt()
                                        == later.path("opened").asInt()));
    }
}
