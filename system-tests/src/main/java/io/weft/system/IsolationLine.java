package io.weft.system;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Line 3: equal addresses do not meet, forged tunnel packets and spoofed sources are dropped under their own reasons. */
final class IsolationLine implements Line {
    private static final int LINE = 3;
    private static final int FORGED = 20;
    private static final int PORT = 40009;
    private static final Duration COUNT_LIMIT = Duration.ofSeconds(2);
    private static final String GATEWAY_MAC = "00:00:5e:00:01:00";
    private static final String STRANGE_MAC = "02:de:ad:be:ef:01";
    private static final String STRANGE_ADDRESS = "10.1.1.200";

    @Override
    public List<Row> check(Site site) {
        List<Row> rows = new ArrayList<>(networksApart(site));
        rows.add(controlPackets(site));
        for (Encapsulation encapsulation : Encapsulation.values()) {
            rows.add(forgedTunnel(site, encapsulation));
        }
        rows.add(spoofed(site));
        rows.add(tunnelFromPod(site));
        return rows;
    }

    private static List<Row> networksApart(Site site) {
        Pod red = site.pod("red-a");
        Pod blue = site.pod("blue-a");
        Pod onlyRed = site.pod("red-c");
        Traffic traffic = new Traffic(site.build());
        List<Row> rows = new ArrayList<>();
        for (int family : new int[] {4, 6}) {
            rows.addAll(traffic.whileServing(
                    List.of(red, blue, onlyRed), family, () -> networksApart(site, traffic, family)));
        }
        return rows;
    }

    private static List<Row> networksApart(Site site, Traffic traffic, int family) {
        String address = site.pod("red-a").address(family);
        String onlyRed = site.pod("red-c").address(family);
        String fromRed = traffic.whoAnswers(site.pod("red-b"), address);
        String fromBlue = traffic.whoAnswers(site.pod("blue-b"), address);
        String across = traffic.whoAnswers(site.pod("blue-b"), onlyRed);
        Traffic.Pings pings = Traffic.ping(site.pod("blue-b"), onlyRed, 3);
        boolean equal = address.equals(site.pod("blue-a").address(family));
        return List.of(
                Row.check(
                        LINE,
                        "who answers on " + address + " (red-a and blue-a both have it)",
                        "red-b: red-a, blue-b: blue-a",
                        "red-b: " + fromRed + ", blue-b: " + fromBlue + (equal ? "" : ", addresses differ"),
                        equal && fromRed.equals("red-a") && fromBlue.equals("blue-a")),
                Row.check(
                        LINE,
                        "blue-b to " + onlyRed + ", which only red has",
                        "nobody, 0 of 3 answered",
                        across + ", " + pings,
                        across.equals("nobody") && pings.answered() == 0));
    }

    /** Shows that the tool's frames and the count of arrivals mean something: an honest packet made the same way arrives. */
    private static Row controlPackets(Site site) {
        Pod from = site.pod("red-b");
        Pod to = site.pod("red-a");
        Traffic traffic = new Traffic(site.build());
        long arrived;
        try (Traffic.Watch watch = traffic.new Watch(to, PORT)) {
            sendFromPod(traffic, from, from.mac(), from.address(4), to.address(4), PORT);
            Traffic.ping(from, to.address(4), 2);
            arrived = watch.count();
        }
        return Row.check(
                LINE,
                "control: " + FORGED + " hand-made packets with red-b's own addresses",
                FORGED + " arrive in red-a",
                arrived + " arrive in red-a",
                arrived == FORGED);
    }

    private static void sendFromPod(
            Traffic traffic, Pod from, String mac, String source, String destination, int port) {
        traffic.forge(
                from.netns(),
                "udp",
                "--interface",
                "eth0",
                "--count",
                Integer.toString(FORGED),
                "--source-mac",
                mac,
                "--gateway-mac",
                GATEWAY_MAC,
                "--source",
                source,
                "--destination",
                destination,
                "--port",
                Integer.toString(port));
    }

    /** Everything in the packet is right for red-a but the outer source, which is no host of the overlay. */
    private static Row forgedTunnel(Site site, Encapsulation encapsulation) {
        Host host = site.h1();
        Pod victim = site.pod("red-a");
        Fabric.Machine stranger = site.fabric().stranger();
        Traffic traffic = new Traffic(site.build());
        Map<String, Long> before = host.weftctl().drops();
        long arrived;
        try (Traffic.Watch watch = traffic.new Watch(victim, PORT)) {
            List<String> options = new ArrayList<>(List.of(
                    "--interface",
                    Fabric.UPLINK,
                    "--count",
                    Integer.toString(FORGED),
                    "--gateway-mac",
                    Fabric.macOf(site.fabric().router(), stranger.routerInterface()),
                    "--outer-source",
                    stranger.address(),
                    "--outer-destination",
                    host.address(),
                    "--source",
                    site.pod("red-b").address(4),
                    "--destination",
                    victim.address(4),
                    "--port",
                    Integer.toString(PORT)));
            if (encapsulation == Encapsulation.VXLAN) {
                options.addAll(List.of("--vni", Long.toString(Identifiers.vni(site, Site.RED))));
                options.addAll(List.of("--inner-mac", Identifiers.routerMac(host)));
            } else {
                options.addAll(List.of("--label", Long.toString(Identifiers.label(victim))));
            }
            traffic.forge(stranger.netns(), encapsulation.option(), options.toArray(String[]::new));
            awaitCount(host, before, Set.of("UNKNOWN_TUNNEL_SOURCE"), FORGED);
            Traffic.ping(site.pod("red-b"), victim.address(4), 2);
            arrived = watch.count();
        }
        Map<String, Long> drops = Weftctl.since(before, host.weftctl().drops());
        return Row.check(
                LINE,
                FORGED + " forged " + encapsulation.configName() + " packets from " + stranger.address(),
                "UNKNOWN_TUNNEL_SOURCE +" + FORGED + ", 0 arrive",
                "UNKNOWN_TUNNEL_SOURCE +" + drops.getOrDefault("UNKNOWN_TUNNEL_SOURCE", 0L) + ", " + arrived
                        + " arrive",
                drops.getOrDefault("UNKNOWN_TUNNEL_SOURCE", 0L) == FORGED && arrived == 0);
    }

    /** Wrong IP, wrong MAC, and ARP for another's address. */
    private static Row spoofed(Site site) {
        Pod from = site.pod("red-b");
        Pod to = site.pod("red-a");
        Traffic traffic = new Traffic(site.build());
        Map<String, Long> before = from.host().weftctl().drops();
        long arrived;
        try (Traffic.Watch watch = traffic.new Watch(to, PORT)) {
            sendFromPod(traffic, from, from.mac(), STRANGE_ADDRESS, to.address(4), PORT);
            sendFromPod(traffic, from, STRANGE_MAC, from.address(4), to.address(4), PORT);
            traffic.forge(
                    from.netns(),
                    "arp",
                    "--interface",
                    "eth0",
                    "--count",
                    Integer.toString(FORGED),
                    "--source-mac",
                    from.mac(),
                    "--sender",
                    STRANGE_ADDRESS,
                    "--target",
                    to.address(4));
            awaitCount(from.host(), before, Set.of("SPOOFED_SOURCE"), 3 * FORGED);
            Traffic.ping(from, to.address(4), 2);
            arrived = watch.count();
        }
        long counted = Weftctl.since(before, from.host().weftctl().drops()).getOrDefault("SPOOFED_SOURCE", 0L);
        return Row.check(
                LINE,
                "red-b with another's IP, another's MAC, ARP for another (" + FORGED + " each)",
                "SPOOFED_SOURCE +" + 3 * FORGED + ", 0 arrive",
                "SPOOFED_SOURCE +" + counted + ", " + arrived + " arrive",
                counted == 3 * FORGED && arrived == 0);
    }

    /** A tenant that speaks VXLAN to a host: no route leads there, and if one did it would still be refused. */
    private static Row tunnelFromPod(Site site) {
        Pod from = site.pod("red-b");
        Map<String, Long> before = from.host().weftctl().drops();
        Set<String> reasons = Set.of("TUNNEL_FROM_PORT", "NO_ROUTE", "DISCARD");
        sendFromPod(
                new Traffic(site.build()),
                from,
                from.mac(),
                from.address(4),
                site.h1().address(),
                Encapsulation.VXLAN.port());
        awaitCount(from.host(), before, reasons, FORGED);
        Map<String, Long> drops = Weftctl.since(before, from.host().weftctl().drops());
        return Row.check(
                LINE,
                "red-b sends VXLAN to host " + site.h1().address(),
                "TUNNEL_FROM_PORT or no route +" + FORGED,
                drops.toString(),
                count(drops, reasons) == FORGED);
    }

    private static long count(Map<String, Long> drops, Set<String> reasons) {
        return drops.entrySet().stream()
                .filter(one -> reasons.contains(one.getKey()))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    /** Counters may lag behind the packets; what is there in the end is compared by the caller. */
    private static boolean awaitCount(Host host, Map<String, Long> before, Set<String> reasons, long wanted) {
        return Await.holds(
                COUNT_LIMIT, () -> count(Weftctl.since(before, host.weftctl().drops()), reasons) >= wanted);
    }

    /** Ids on the wire, as plane and config API show them. */
    static final class Identifiers {
        private Identifiers() {}

        /** VXLAN network identifier of a network. */
        static long vni(Site site, String network) {
            JsonNode id = site.network(network, "virtual_network_network_id");
            if (!id.isIntegralNumber()) {
                throw new SystemFailure("network " + network + " has no virtual_network_network_id");
            }
            return id.asLong();
        }

        /** MPLS label of a pod's port. */
        static long label(Pod pod) {
            for (JsonNode vif : pod.host().weftctl().show("vif")) {
                if (vif.path("mac").asText().equals(pod.mac())) {
                    return vif.path("label").asLong();
                }
            }
            throw new SystemFailure("plane of " + pod.host().name() + " has no interface with MAC " + pod.mac());
        }

        /** Inner destination of VXLAN packets to a host. */
        static String routerMac(Host host) {
            return host.weftctl().show("plane").path("router_mac").asText();
        }
    }
}
