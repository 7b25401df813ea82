package io.weft.system;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Line 10: control node and agents are killed and come back in several orders; pods that are there notice nothing. */
final class ControlKillLine implements Line {
    private static final int LINE = 10;
    private static final Duration DEAD = Duration.ofMillis(1000);

    /** Names of programs in the order in which they are killed, and in which they are started again. */
    private record Order(List<String> killed, List<String> back) {
        @Override
        public String toString() {
            return "killed: " + String.join(", ", killed) + "; back: " + String.join(", ", back);
        }
    }

    private static List<Order> orders(Site site) {
        List<Order> orders = new ArrayList<>();
        if (site.controllers() > 1) {
            orders.add(new Order(List.of(Site.CONTROL_2), List.of(Site.CONTROL_2)));
            orders.add(new Order(List.of(Site.CONTROL, Site.CONTROL_2), List.of(Site.CONTROL, Site.CONTROL_2)));
        }
        orders.add(new Order(List.of(Site.CONTROL), List.of(Site.CONTROL)));
        orders.add(new Order(
                List.of("h1-agent", Site.CONTROL, "h2-agent"), List.of("h1-agent", "h2-agent", Site.CONTROL)));
        orders.add(new Order(
                List.of(Site.CONTROL, "h1-agent", "h2-agent"), List.of(Site.CONTROL, "h2-agent", "h1-agent")));
        return orders;
    }

    @Override
    public List<Row> check(Site site) {
        List<Row> rows = new ArrayList<>();
        for (Order order : orders(site)) {
            rows.add(check(site, order));
        }
        if (site.controllers() > 1) {
            rows.add(bgp(site));
        }
        return rows;
    }

    /** After all that, the two controllers tell each other their agents' routes again. */
    private static Row bgp(Site site) {
        site.awaitBgp();
        List<String> states = site.bgpPeers().stream()
                .map(peer -> "%s, %d routes told"
                        .formatted(
                                peer.path("state").asText(),
                                peer.path("routes_sent").asInt()))
                .toList();
        boolean good = states.size() == 2
                && site.bgpPeers().stream()
                        .allMatch(peer -> peer.path("routes_sent").asInt() > 0);
        return Row.check(
                LINE, "iBGP of the two controllers", "Established, both tell routes", String.join("; ", states), good);
    }

    private static Row check(Site site, Order order) {
        double seconds;
        Load.Result traffic;
        boolean equal;
        List<Programmed> before = site.hosts().stream().map(Programmed::of).toList();
        try (Load load = Load.start(site)) {
            order.killed().forEach(name -> site.program(name).kill());
            Await.elapse(DEAD);
            long start = System.nanoTime();
            order.back().forEach(site::restart);
            site.hosts().forEach(Host::awaitInSync);
            seconds = (System.nanoTime() - start) / 1e9;
            traffic = load.finish();
            equal = site.hosts().stream().allMatch(Programmed::equalsDesired)
                    && site.hosts().stream().map(Programmed::of).toList().equals(before);
        }
        return Row.check(
                LINE,
                order.toString(),
                Load.EXPECTED + ", planes unchanged",
                traffic + ", planes " + (equal ? "unchanged" : changes(site, before))
                        + ", in sync after %.1f s".formatted(seconds),
                traffic.whole() && equal);
    }

    private static String changes(Site site, List<Programmed> before) {
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < before.size(); i++) {
            Host host = site.hosts().get(i);
            texts.add(host.name() + ": " + Programmed.of(host).since(before.get(i)) + ", unlike desired: "
                    + Programmed.unlikeDesired(host));
        }
        return String.join("; ", texts);
    }
}
