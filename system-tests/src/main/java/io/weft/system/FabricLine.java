package io.weft.system;

import io.weft.system.Capture.Frame;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Line 4: what the fabric carried while the pods talked, as tshark decodes it. */
final class FabricLine implements Line {
    private static final int LINE = 4;
    private static final int FLOWS = 6;
    private static final long FLOW_BYTES = 200_000;
    private static final int ENTROPY_MIN = 49_152;

    @Override
    public List<Row> check(Site site) {
        Pod from = site.pod("red-a");
        Pod to = site.pod("red-b");
        long[] labels = new long[] {IsolationLine.Identifiers.label(from), IsolationLine.Identifiers.label(to)};
        long vni = IsolationLine.Identifiers.vni(site, Site.RED);
        List<Frame> frames = captured(site, from, to);
        List<Frame> tunnel = new ArrayList<>();
        long otherEncapsulation = 0;
        long leaks = 0;
        for (Frame frame : frames) {
            long port = frame.number("udp.dstport", 0);
            if (port == site.encapsulation().port()) {
                tunnel.add(frame);
            } else if (port == site.encapsulation().other().port()) {
                otherEncapsulation++;
            } else if (hasTenantAddress(frame)) {
                leaks++;
            }
        }
        List<Row> rows = new ArrayList<>();
        rows.add(Row.check(
                LINE,
                "packets of " + FLOWS + " TCP flows and pings are "
                        + site.encapsulation().configName() + ", UDP "
                        + site.encapsulation().port(),
                "all of them",
                tunnel.size() + " are, " + otherEncapsulation + " are not",
                tunnel.size() > 100 && otherEncapsulation == 0));
        rows.add(identifiers(site, tunnel, vni, labels));
        rows.add(outerHeaders(site, tunnel));
        rows.add(entropy(tunnel));
        rows.add(Row.check(
                LINE,
                "tenant addresses outside a tunnel, in " + frames.size() + " frames",
                "none",
                leaks == 0 ? "none" : leaks + " frames",
                leaks == 0));
        return rows;
    }

    private static List<Frame> captured(Site site, Pod from, Pod to) {
        Traffic traffic = new Traffic(site.build());
        Path file = site.runDir().resolve("fabric.pcap");
        site.fabric().segmentation(false);
        Capture capture =
                Capture.start(site.fabric().router(), site.h1().machine().routerInterface(), file);
        try {
            return traffic.whileServing(List.of(to), 4, () -> {
                Traffic.ping(from, to.address(4), 3);
                Traffic.ping(from, to.address(6), 3);
                for (int flow = 0; flow < FLOWS; flow++) {
                    traffic.transfer(from, to.address(4), FLOW_BYTES, flow, Duration.ofSeconds(10));
                }
                return capture.finish();
            });
        } finally {
            capture.abandon();
            site.fabric().segmentation(true);
        }
    }

    private static boolean hasTenantAddress(Frame frame) {
        for (String field :
                List.of("ip.src", "ip.dst", "arp.src.proto_ipv4", "arp.dst.proto_ipv4", "ipv6.src", "ipv6.dst")) {
            if (frame.all(field).stream().anyMatch(FabricLine::isTenant)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isTenant(String address) {
        return address.startsWith("10.1.1.") || address.startsWith("fd00:1:1:");
    }

    /** VXLAN: the network's id both ways. MPLS: the label of the port the packet goes to. */
    private static Row identifiers(Site site, List<Frame> tunnel, long vni, long[] labels) {
        Set<String> seen = new TreeSet<>();
        boolean right = !tunnel.isEmpty();
        String expected;
        if (site.encapsulation() == Encapsulation.VXLAN) {
            expected = "VNI " + vni;
            for (Frame frame : tunnel) {
                seen.add("VNI " + frame.at("vxlan.vni", 0));
                right &= frame.number("vxlan.vni", 0) == vni;
            }
        } else {
            expected = "label " + labels[1] + " to " + site.h2().name() + ", " + labels[0] + " to "
                    + site.h1().name();
            for (Frame frame : tunnel) {
                boolean toH2 = frame.at("ip.dst", 0).equals(site.h2().address());
                seen.add("label " + frame.at("mpls.label", 0) + " to " + (toH2 ? site.h2() : site.h1()).name());
                right &= frame.number("mpls.label", 0) == labels[toH2 ? 1 : 0];
            }
        }
        return Row.check(LINE, "identifier in the tunnel header", expected, String.join(", ", seen), right);
    }

    /** Outer addresses are the hosts'; outer lengths are the inner length and the headers of the encapsulation. */
    private static Row outerHeaders(Site site, List<Frame> tunnel) {
        Set<String> hosts = Set.of(site.h1().address(), site.h2().address());
        Set<String> directions = new TreeSet<>();
        String wrong = "";
        int header = site.encapsulation() == Encapsulation.VXLAN ? 8 + 14 : 4;
        for (Frame frame : tunnel) {
            String source = frame.at("ip.src", 0);
            String destination = frame.at("ip.dst", 0);
            directions.add(source + " > " + destination);
            long inner = frame.all("ip.len").size() > 1 ? frame.number("ip.len", 1) : 40 + frame.number("ipv6.plen", 0);
            long udp = 8 + header + inner;
            boolean fine = hosts.contains(source)
                    && hosts.contains(destination)
                    && frame.number("udp.length", 0) == udp
                    && frame.number("ip.len", 0) == udp + 20;
            if (!fine && wrong.isEmpty()) {
                wrong = "ip.len " + frame.all("ip.len") + " udp.length " + frame.all("udp.length") + " inner " + inner;
            }
        }
        return Row.check(
                LINE,
                "outer addresses and lengths",
                "the two hosts', inner + " + (28 + header) + " bytes",
                String.join(", ", directions) + (wrong.isEmpty() ? ", lengths right" : ", wrong: " + wrong),
                wrong.isEmpty() && directions.size() == 2);
    }

    /** One source port per inner flow and direction, from the dynamic range, and different flows differ. */
    private static Row entropy(List<Frame> tunnel) {
        Map<String, Set<Long>> ports = new HashMap<>();
        Set<Long> distinct = new HashSet<>();
        boolean inRange = true;
        for (Frame frame : tunnel) {
            long port = frame.number("udp.srcport", 0);
            inRange &= port >= ENTROPY_MIN && port <= 65_535;
            if (!frame.all("tcp.srcport").isEmpty()) {
                String flow =
                        frame.at("ip.src", 0) + " " + frame.at("tcp.srcport", 0) + " " + frame.at("tcp.dstport", 0);
                ports.computeIfAbsent(flow, key -> new HashSet<>()).add(port);
                distinct.add(port);
            }
        }
        boolean steady = ports.values().stream().allMatch(one -> one.size() == 1);
        return Row.check(
                LINE,
                "UDP source port (entropy)",
                "in 49152..65535, one per flow, differs between flows",
                distinct.size() + " ports for " + ports.size() + " directions of " + FLOWS + " flows"
                        + (inRange ? "" : ", some out of range") + (steady ? "" : ", a flow changed its port"),
                inRange && steady && ports.size() >= 2 * FLOWS && distinct.size() > FLOWS / 2);
    }
}
