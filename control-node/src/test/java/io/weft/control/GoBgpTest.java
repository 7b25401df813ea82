package io.weft.control;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.weft.protocol.net.IpAddress;
import io.weft.protocol.net.Prefix;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A controller and GoBGP in a network namespace of its own, joined by a veth: VPN routes both ways. */
class GoBgpTest {
    private static final String SPACE = "weft-gobgp-" + ProcessHandle.current().pid();
    private static final String VETH = "wgb" + ProcessHandle.current().pid() % 100000;
    private static final String OURS = "198.51.100.1";
    private static final String THEIRS = "198.51.100.2";
    private static final Prefix V4 = Prefix.parse("10.9.0.0/24");
    private static final Prefix V6 = Prefix.parse("fd00:9::/64");

    @TempDir
    private Path folder;

    private static String run(String... command) {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertTrue(process.waitFor(20, TimeUnit.SECONDS), String.join(" ", command));
            return process.exitValue() == 0 ? out : "exit " + process.exitValue() + ": " + out;
        } catch (IOException e) {
            throw new AssertionError(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    private static void ok(String command) {
        String out = run(command.split(" "));
        assertTrue(!out.startsWith("exit "), command + ": " + out);
    }

    private static String gobgp(String command) {
        List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", SPACE, "timeout", "15", "gobgp"));
        all.addAll(List.of(command.split(" ")));
        return run(all.toArray(String[]::new));
    }

    private Process daemon() throws IOException {
        Path config = folder.resolve("gobgpd.toml");
        Files.writeString(config, """
                [global.config]
                  as = 64512
                  router-id = "%s"
                [[neighbors]]
                  [neighbors.config]
                    neighbor-address = "%s"
                    peer-as = 64512
                  [neighbors.timers.config]
                    connect-retry = 5
                    hold-time = 9
                  [[neighbors.afi-safis]]
                    [neighbors.afi-safis.config]
                      afi-safi-name = "l3vpn-ipv4-unicast"
                  [[neighbors.afi-safis]]
                    [neighbors.afi-safis.config]
                      afi-safi-name = "l3vpn-ipv6-unicast"
                """.formatted(THEIRS, OURS));
        return new ProcessBuilder("ip", "netns", "exec", SPACE, "gobgpd", "-f", config.toString(), "--pprof-disable")
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("gobgpd.log").toFile())
                .start();
    }

    @Test
    void exchangesVpnRoutesWithGoBgp() throws Exception {
        assumeTrue(run("id", "-u").strip().equals("0"), "not root: no network namespaces");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/gobgpd")), "gobgpd is not installed");
        ok("ip netns add " + SPACE);
        Process daemon = null;
        try (Site site = new Site(folder)) {
            ok("ip link add " + VETH + " type veth peer name eth0 netns " + SPACE);
            ok("ip addr add " + OURS + "/30 dev " + VETH);
            ok("ip link set " + VETH + " up");
            ok("ip -n " + SPACE + " addr add " + THEIRS + "/30 dev eth0");
            ok("ip -n " + SPACE + " link set lo up");
            ok("ip -n " + SPACE + " link set eth0 up");
            daemon = daemon();
            exchange(site);
        } finally {
            if (daemon != null) {
                daemon.destroy();
                daemon.waitFor(10, TimeUnit.SECONDS);
            }
            run("ip", "link", "del", VETH);
            run("ip", "netns", "del", SPACE);
        }
    }

    private void exchange(Site site) throws IOException {
        ControlNode node = site.start("a");
        site.hostsAndNetwork();
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName(OURS))) {
            port = free.getLocalPort();
        }
        site.bgpRouter("a", OURS, port);
        site.bgpRouter("gobgp", THEIRS, 179);
        Site.await(() -> site.isUp(node), () -> site.page(node, "/bgp") + log());
        String target = site.target(node).substring("target:".length());
        try (TestAgent agent = new TestAgent("h1", "192.0.2.1", Site.ready(node, "xmpp"), Site.RED)) {
            agent.publish(Site.RED, "10.1.1.3/32", 20);
            agent.publish(Site.RED, "fd00:1:1::3/128", 21);
            agent.endOfRib();
            ours("vpnv4", "192.0.2.1:7:10.1.1.3/32", "[20]", target);
            ours("vpnv6", "192.0.2.1:7:fd00:1:1::3/128", "[21]", target);

            assertEquals(
                    "",
                    gobgp("global rib add -a vpnv4 " + V4 + " label 1001 rd 64512:9 rt " + target
                            + " nexthop 192.0.2.77"));
            assertEquals(
                    "",
                    gobgp("global rib add -a vpnv6 " + V6 + " label 1002 rd 192.0.2.77:9 rt " + target
                            + " nexthop 192.0.2.77"));
            Site.await(
                    () -> agent.routes.containsKey(V4) && agent.routes.containsKey(V6),
                    () -> agent.routes + site.page(node, "/bgp") + gobgp("global rib -a vpnv6"));
            assertEquals(1001, agent.routes.get(V4).nextHops().getFirst().label());
            assertEquals(1002, agent.routes.get(V6).nextHops().getFirst().label());
            assertEquals(
                    IpAddress.parse("192.0.2.77"),
                    agent.routes.get(V6).nextHops().getFirst().address());

            assertEquals("", gobgp("global rib del -a vpnv4 " + V4 + " label 1001 rd 64512:9 rt " + target));
            Site.await(() -> !agent.routes.containsKey(V4), () -> site.page(node, "/bgp"));
            assertTrue(agent.routes.containsKey(V6));

            agent.withdraw(Site.RED, "10.1.1.3/32");
            Site.await(() -> !gobgp("global rib -a vpnv4").contains("10.1.1.3"), () -> gobgp("global rib -a vpnv4"));
            assertTrue(gobgp("global rib -a vpnv6").contains("fd00:1:1::3"));

            gobgp("neighbor " + OURS + " shutdown");
            Site.await(
                    () -> !site.isUp(node) && !agent.routes.containsKey(V6),
                    () -> agent.routes + site.page(node, "/bgp"));
            gobgp("neighbor " + OURS + " enable");
            Site.await(
                    () -> site.isUp(node) && agent.routes.containsKey(V6),
                    () -> agent.routes + site.page(node, "/bgp"));
        }
    }

    private void ours(String family, String route, String label, String target) {
        Site.await(
                () -> gobgp("global rib -a " + family)
                        .lines()
                        .anyMatch(line -> line.contains(route)
                                && line.contains(label)
                                && line.contains("192.0.2.1")
                                && line.contains(target)),
                () -> gobgp("global rib -a " + family) + log());
    }

    private String log() {
        try {
            return Files.readString(folder.resolve("gobgpd.log"));
        } catch (IOException e) {
            return e.toString();
        }
    }
}
