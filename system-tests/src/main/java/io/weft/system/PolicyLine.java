package io.weft.system;

import com.fasterxml.jackson.databind.JsonNode;
import io.weft.system.PolicyObjects.End;
import io.weft.system.PolicyObjects.Ref;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Line 7: what two networks, and two ports of one network, may say to each other is what their policies say, and changes at once. */
final class PolicyLine implements Line {
    private static final int LINE = 7;
    private static final int FORGED = 20;
    private static final Duration EFFECT_LIMIT = Duration.ofSeconds(5);
    private static final Duration AFTERWARDS = Duration.ofMillis(700);
    /** The rule that denies what no policy of a network allows. */
    private static final String TAIL_DENY = "00000000-0000-0000-0000-100000000002";

    private static final double GOAL_MS = 100;
    private static final String GATEWAY_MAC = "00:00:5e:00:01:00";

    @Override
    public List<Row> check(Site site) {
        List<Flow> servers = new ArrayList<>();
        try {
            for (String name : List.of("red-a", "red-b", "red-db")) {
                Pod pod = site.pod(name);
                for (int family : new int[] {4, 6}) {
                    servers.add(Flow.server(site, pod, pod.address(family), 1, Flow.PORT, Flow.OTHER_PORT));
                }
            }
            List<Row> rows = new ArrayList<>(networks(site));
            rows.addAll(groups(site));
            return rows;
        } finally {
            servers.forEach(Flow::close);
        }
    }

    private static List<Row> networks(Site site) {
        Pod web = site.pod("red-a");
        Pod db = site.pod("red-db");
        List<Probe> allowed = Probe.both(web, db, "tcp", Flow.PORT);
        List<Probe> denied = new ArrayList<>(Probe.both(web, db, "tcp", Flow.OTHER_PORT));
        denied.addAll(Probe.both(web, db, "udp", Flow.PORT));
        denied.addAll(Probe.both(db, web, "tcp", Flow.PORT));
        List<Probe> within = all(
                Probe.both(site.pod("red-b"), web, "tcp", Flow.PORT),
                Probe.both(web, site.pod("red-b"), "udp", Flow.PORT));
        List<Row> rows = new ArrayList<>();
        rows.add(Probe.row(
                site, LINE, "no policy: red/web within itself, red/web and red/db", within, all(allowed, denied)));
        String policy = PolicyObjects.create(
                site,
                "network-policy",
                "web-to-db",
                PolicyObjects.rule(
                        "tcp", new End("virtual_network", Site.RED), new End("virtual_network", Site.DB), Flow.PORT));
        Ref[] refs = Stream.of(Site.RED, Site.DB)
                .map(network ->
                        new Ref("virtual-network", site.network(network, "uuid").asText(), "network-policy", policy))
                .toArray(Ref[]::new);
        Rest.Answer attached = PolicyObjects.add(site, refs);
        double ms = awaitPassing(site, allowed, attached);
        rows.add(Probe.row(
                site,
                LINE,
                "network-policy TCP %d web > db on both, in effect after %.0f ms".formatted(Flow.PORT, ms),
                all(allowed, within),
                denied));
        rows.add(counted(site, web, db));
        rows.addAll(cut(site, "policy taken off", allowed, () -> PolicyObjects.remove(site, refs)));
        rows.add(Probe.row(site, LINE, "policy taken off: new flows", within, all(allowed, denied)));
        site.rest().mustCall("DELETE", "/network-policy/" + policy, null);
        return rows;
    }

    /** Hand-made datagrams, so that nothing but them is counted. */
    private static Row counted(Site site, Pod from, Pod to) {
        Traffic traffic = new Traffic(site.build());
        Map<String, Long> before = from.host().weftctl().drops();
        long deniedBefore = from.host().weftctl().decided(TAIL_DENY);
        try (Traffic.Watch watch = traffic.new Watch(to, Flow.PORT)) {
            traffic.forge(
                    from.netns(),
                    "udp",
                    "--interface",
                    "eth0",
                    "--count",
                    Integer.toString(FORGED),
                    "--source-mac",
                    from.mac(),
                    "--gateway-mac",
                    GATEWAY_MAC,
                    "--source",
                    from.address(4),
                    "--destination",
                    to.address(4),
                    "--port",
                    Integer.toString(Flow.PORT));
            Await.holds(Duration.ofSeconds(2), () -> policyDrops(from, before) >= FORGED);
            long arrived = watch.count();
            long dropped = policyDrops(from, before);
            long denied = from.host().weftctl().decided(TAIL_DENY) - deniedBefore;
            return Row.check(
                    LINE,
                    FORGED + " UDP datagrams that the policy does not allow: drops, and the rule's counter",
                    "POLICY +" + FORGED + ", rule +" + FORGED + ", 0 arrive",
                    "POLICY +" + dropped + ", rule +" + denied + ", " + arrived + " arrive",
                    dropped == FORGED && denied == FORGED && arrived == 0);
        }
    }

    private static long policyDrops(Pod pod, Map<String, Long> before) {
        return Weftctl.since(before, pod.host().weftctl().drops()).getOrDefault("POLICY", 0L);
    }

    private static List<Row> groups(Site site) {
        Pod member = site.pod("red-a");
        Pod outside = site.pod("red-c");
        Pod store = site.pod("red-b");
        End local = new End("security_group", "local");
        End any = new End("virtual_network", "any");
        String front = PolicyObjects.create(
                site,
                "security-group",
                "front",
                PolicyObjects.rule("any", local, any, PolicyObjects.ANY_PORT),
                PolicyObjects.rule("any", any, local, PolicyObjects.ANY_PORT));
        String back = PolicyObjects.create(
                site,
                "security-group",
                "store",
                PolicyObjects.rule("tcp", new End("security_group", "default-domain:red:front"), local, Flow.PORT));
        Ref inFront = new Ref("virtual-machine-interface", member.vmi(), "security-group", front);
        Ref inStore = new Ref("virtual-machine-interface", store.vmi(), "security-group", back);
        List<Probe> allowed = Probe.both(member, store, "tcp", Flow.PORT);
        List<Probe> denied = new ArrayList<>(Probe.both(outside, store, "tcp", Flow.PORT));
        denied.addAll(Probe.both(member, store, "tcp", Flow.OTHER_PORT));
        denied.addAll(Probe.both(member, store, "udp", Flow.PORT));
        denied.addAll(Probe.both(store, member, "tcp", Flow.PORT));
        List<Row> rows = new ArrayList<>();
        rows.add(Probe.row(site, LINE, "no security groups: red-a, red-b, red-c", all(allowed, denied), List.of()));
        Rest.Answer attached = PolicyObjects.add(site, inFront, inStore);
        double ms = awaitBlocked(site, denied.getFirst(), attached);
        rows.add(Probe.row(
                site,
                LINE,
                "red-b's group lets group of red-a in, TCP %d, in effect after %.0f ms".formatted(Flow.PORT, ms),
                allowed,
                denied));
        rows.addAll(cut(site, "red-a leaves the group", allowed, () -> PolicyObjects.remove(site, inFront)));
        rows.add(Probe.row(site, LINE, "red-a outside of the group: new flows", List.of(), all(allowed, denied)));
        PolicyObjects.remove(site, inStore);
        Await.holds(EFFECT_LIMIT, () -> allowed.getFirst().passes(site));
        rows.add(Probe.row(site, LINE, "groups taken off", all(allowed, denied), List.of()));
        site.rest().mustCall("DELETE", "/security-group/" + back, null);
        site.rest().mustCall("DELETE", "/security-group/" + front, null);
        return rows;
    }

    private static List<Probe> all(List<Probe> first, List<Probe> second) {
        return Stream.concat(first.stream(), second.stream()).toList();
    }

    private static double awaitPassing(Site site, List<Probe> probes, Rest.Answer since) {
        Await.holds(EFFECT_LIMIT, () -> probes.stream().allMatch(probe -> probe.passes(site)));
        return (System.nanoTime() - since.answeredNs()) / 1e6;
    }

    private static double awaitBlocked(Site site, Probe probe, Rest.Answer since) {
        Await.holds(EFFECT_LIMIT, () -> !probe.passes(site));
        return (System.nanoTime() - since.answeredNs()) / 1e6;
    }

    private interface Change {
        Rest.Answer make();
    }

    /** Connections that are established and in use end when what allowed them goes; one row of function, one of its goal. */
    private static List<Row> cut(Site site, String what, List<Probe> allowed, Change change) {
        List<Flow> streams = new ArrayList<>();
        try {
            for (Probe probe : allowed) {
                streams.add(Flow.stream(site, probe.from(), probe.to().address(probe.family()), "tcp", 1000));
            }
            Rest.Answer changed = change.make();
            Await.elapse(AFTERWARDS);
            long end = System.nanoTime();
            List<JsonNode> results = streams.stream().map(Flow::finish).toList();
            long last = results.stream()
                    .mapToLong(one -> one.path("last_answer_ns").asLong())
                    .max()
                    .orElseThrow();
            double ms = (last - changed.answeredNs()) / 1e6;
            boolean blocked = last < end - AFTERWARDS.toNanos() / 2;
            String answered = results.stream()
                    .map(one -> one.path("answered").asText())
                    .reduce((a, b) -> a + " and " + b)
                    .orElse("none");
            return List.of(
                    Row.check(
                            LINE,
                            what + ": established connections, v4 and v6",
                            "nothing passes any more",
                            answered + " messages before, " + (blocked ? "none after" : "still passing"),
                            blocked),
                    Row.goal(
                            LINE,
                            what + ": from the answer of REST until the last answer",
                            "goal %.0f ms".formatted(GOAL_MS),
                            "%.1f ms".formatted(ms),
                            ms <= GOAL_MS));
        } finally {
            streams.forEach(Flow::close);
        }
    }
}
