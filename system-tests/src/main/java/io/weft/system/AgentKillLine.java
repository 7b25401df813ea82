package io.weft.system;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.weft.system.PolicyObjects.End;
import io.weft.system.PolicyObjects.Ref;
import io.weft.system.Programmed.Difference;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Line 9: an agent is killed, misses changes, and comes back: traffic notices nothing, the plane gets those changes and no others. */
final class AgentKillLine implements Line {
    private static final int LINE = 9;
    private static final Duration DEAD = Duration.ofMillis(500);
    private static final Duration EFFECT_LIMIT = Duration.ofSeconds(20);
    private static final double IN_SYNC_GOAL_S = 5;

    /** Two routes of the new pod, two of each of the two gone; vif, next hop and label of the port of this host; the policy and who had it. */
    private static final Difference EXPECTED = new Difference(
            Map.of("route", 2),
            Map.of("label", 1, "nextHop", 1, "policySet", 1, "route", 4, "vif", 1),
            Map.of("vif", 1));

    private final int ports;

    /** @param ports how many more ports there are on the host */
    AgentKillLine(int ports) {
        this.ports = ports;
    }

    @Override
    public List<Row> check(Site site) {
        List<Pod> pods = new ArrayList<>();
        for (int i = 0; i < ports; i++) {
            pods.add(site.attach("many-" + i, site.h1(), Site.MANY));
        }
        Pod gone = site.attach("gone", site.h2(), Site.RED);
        Ref guard = guardBlue(site);
        List<Row> rows = new ArrayList<>(killed(site, pods.getFirst(), gone, guard));
        pods.forEach(site::detach);
        site.detach(site.pod("late"));
        site.rest().mustCall("DELETE", "/network-policy/" + guard.toUuid(), null);
        return rows;
    }

    /** A policy that this host has because of blue-b. */
    private static Ref guardBlue(Site site) {
        End blue = new End("virtual_network", Site.BLUE);
        String policy = PolicyObjects.create(
                site, "network-policy", "doomed", PolicyObjects.rule("any", blue, blue, PolicyObjects.ANY_PORT));
        Ref guard = new Ref("virtual-network", site.network(Site.BLUE, "uuid").asText(), "network-policy", policy);
        PolicyObjects.add(site, guard);
        Await.until(
                "policy of " + Site.BLUE + " on h1",
                EFFECT_LIMIT,
                () -> !site.h1().agentPage("/programmed").path("policySet").isEmpty());
        return guard;
    }

    private List<Row> killed(Site site, Pod port, Pod gone, Ref guard) {
        Host host = site.h1();
        Await.until("plane of h1 as desired", EFFECT_LIMIT, () -> Programmed.equalsDesired(host));
        Programmed before = Programmed.of(host);
        JsonNode counters = host.weftctl().show("plane");
        Load.Result traffic;
        double inSync;
        try (Load load = Load.start(site)) {
            host.agent().kill();
            site.attach("late", site.h2(), Site.RED);
            PolicyObjects.remove(site, guard);
            deleteObjects(site, port);
            site.detach(gone);
            Await.elapse(DEAD);
            long start = System.nanoTime();
            host.startAgent();
            host.awaitInSync();
            inSync = (System.nanoTime() - start) / 1e9;
            Await.holds(EFFECT_LIMIT, () -> Programmed.of(host).since(before).equals(EXPECTED));
            traffic = load.finish();
        }
        boolean equal = Programmed.equalsDesired(host);
        Difference difference = Programmed.of(host).since(before);
        JsonNode counted = host.weftctl().show("plane");
        Map<String, Long> made = new TreeMap<>();
        for (String name : List.of("sets", "deletes")) {
            made.put(name, counted.path(name).asLong() - counters.path(name).asLong());
        }
        Map<String, Long> expected = new TreeMap<>(
                Map.of("sets", sum(EXPECTED.added()) + sum(EXPECTED.changed()), "deletes", sum(EXPECTED.removed())));
        return List.of(
                Row.check(
                        LINE,
                        "agent of h1 killed with " + before.objects().size()
                                + " objects in its plane, back after a pod was added, two removed, a policy removed",
                        Load.EXPECTED,
                        traffic.toString(),
                        traffic.whole()),
                Row.check(
                        LINE,
                        "what its plane holds afterwards: keys, ids and labels",
                        "as desired; " + EXPECTED,
                        (equal ? "as desired; " : "not as desired; ") + difference,
                        equal && difference.equals(EXPECTED)),
                Row.check(
                        LINE,
                        "what its plane counted as changes (an equal set is none)",
                        expected.toString(),
                        made.toString(),
                        made.equals(expected)),
                Row.goal(
                        LINE,
                        "from the start of its process until in sync, " + ports + " ports",
                        "goal %.0f s".formatted(IN_SYNC_GOAL_S),
                        "%.1f s".formatted(inSync),
                        inSync <= IN_SYNC_GOAL_S));
    }

    private static long sum(Map<String, Integer> counts) {
        return counts.values().stream().mapToLong(Integer::longValue).sum();
    }

    /** As an orchestrator that works on the config API alone: the host is not asked. */
    private static void deleteObjects(Site site, Pod pod) {
        String vmi = pod.vmi();
        JsonNode port = site.rest()
                .mustCall("GET", "/virtual-machine-interface/" + vmi, null)
                .path("virtual-machine-interface");
        ObjectNode body = Rest.object();
        ArrayNode operations = body.putArray("operations");
        port.path("instance_ip_back_refs")
                .forEach(ip -> delete(operations, "instance-ip", ip.path("uuid").asText()));
        delete(operations, "virtual-machine-interface", vmi);
        site.rest().mustCall("POST", "/change-set", body);
    }

    private static void delete(ArrayNode operations, String type, String uuid) {
        operations.addObject().putObject("delete").putObject(type).put("uuid", uuid);
    }
}
