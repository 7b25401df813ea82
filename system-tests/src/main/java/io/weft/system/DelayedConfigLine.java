package io.weft.system;

import com.fasterxml.jackson.databind.JsonNode;
import io.weft.system.PolicyObjects.End;
import io.weft.system.PolicyObjects.Ref;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Line 8: what a second controller learns of the configuration comes two seconds late, to the host it configures as well, while the routes
 * of the first one do not wait. A policy comes and goes several times: what it does not allow never passes.
 */
final class DelayedConfigLine implements Line {
    private static final int LINE = 8;
    private static final int ROUNDS = 2;
    private static final int RATE = 1000;
    private static final Duration DELAY = Duration.ofSeconds(2);
    private static final Duration EFFECT_LIMIT = Duration.ofSeconds(10);
    private static final Duration DENIED_LIMIT = Duration.ofMillis(100);

    @Override
    public List<Row> check(Site site) {
        List<Row> rows = new ArrayList<>();
        try (Site.Delay delay = site.delaySecondController(DELAY)) {
            String follows = site.configOf(site.h2());
            rows.add(Row.check(
                    LINE,
                    "the agent of h2 takes its configuration from",
                    "the second controller, " + delay.time().toSeconds() + " s late",
                    follows,
                    follows.endsWith(":" + Site.XMPP_PORT_2)));
            List<Flow> servers = servers(site);
            try {
                rows.add(rounds(site));
            } finally {
                servers.forEach(Flow::close);
            }
        }
        return rows;
    }

    private static List<Flow> servers(Site site) {
        List<Flow> servers = new ArrayList<>();
        for (String name : List.of("red-a", "red-db")) {
            for (int family : new int[] {4, 6}) {
                Pod pod = site.pod(name);
                servers.add(Flow.server(site, pod, pod.address(family), 1, Flow.PORT, Flow.OTHER_PORT));
            }
        }
        return servers;
    }

    private static Row rounds(Site site) {
        Pod web = site.pod("red-a");
        Pod db = site.pod("red-db");
        String policy = PolicyObjects.create(
                site,
                "network-policy",
                "late",
                PolicyObjects.rule(
                        "tcp", new End("virtual_network", Site.RED), new End("virtual_network", Site.DB), Flow.PORT));
        Ref[] refs = Stream.of(Site.RED, Site.DB)
                .map(network ->
                        new Ref("virtual-network", site.network(network, "uuid").asText(), "network-policy", policy))
                .toArray(Ref[]::new);
        List<Probe> allowed = Probe.both(web, db, "tcp", Flow.PORT);
        List<Flow> denied = new ArrayList<>();
        long arrived;
        List<JsonNode> results;
        int opened = 0;
        try (Traffic.Watch watch = new Traffic(site.build()).new Watch(db, Flow.OTHER_PORT);
                Traffic.Watch back = new Traffic(site.build()).new Watch(web, Flow.OTHER_PORT)) {
            for (int family : new int[] {4, 6}) {
                denied.add(Flow.knock(site, web, db.address(family), RATE / 2, DENIED_LIMIT));
                denied.add(Flow.knock(site, db, web.address(family), RATE / 2, DENIED_LIMIT));
            }
            for (int round = 0; round < ROUNDS; round++) {
                PolicyObjects.add(site, refs);
                opened +=
                        Await.holds(EFFECT_LIMIT, () -> allowed.stream().allMatch(probe -> probe.passes(site))) ? 1 : 0;
                PolicyObjects.remove(site, refs);
                Await.holds(EFFECT_LIMIT, () -> allowed.stream().noneMatch(probe -> probe.passes(site)));
                Await.elapse(DELAY);
            }
            results = denied.stream().map(Flow::finish).toList();
            arrived = watch.count() + back.count();
        } finally {
            denied.forEach(Flow::close);
            site.rest().mustCall("DELETE", "/network-policy/" + policy, null);
        }
        long tried =
                results.stream().mapToLong(one -> one.path("opened").asLong()).sum();
        long answered =
                results.stream().mapToLong(one -> one.path("answered").asLong()).sum();
        return Row.check(
                LINE,
                "UDP on a port that the policy does not allow, both directions, v4 and v6, while it comes and goes",
                "the allowed port opens " + ROUNDS + " times, 0 of the others arrive",
                "opened %d times, %d of %d arrive".formatted(opened, arrived + answered, tried),
                opened == ROUNDS && tried > 0 && arrived == 0 && answered == 0);
    }
}
